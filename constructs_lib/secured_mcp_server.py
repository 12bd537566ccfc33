"""The pattern for an MCP server on Azure Functions: Entra authorizes callers, no key anywhere.

```
client ──token of a user, for the server──▶ API Management ──token of its identity──▶ Function App
         aud = registration of the callers    (the policy)    aud = registration      (Easy Auth)
```

Callers never reach the function app's own sign-in, so there are two registrations: that of the
callers, whose metadata the gateway serves, and that of the chain behind it.

Sources: Model Context Protocol 2026-07-28, "Authorization"; Learn, "Secure access to MCP servers in
API Management", "Configure API for server-sent events"; Azure/azure-functions-mcp-extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypedDict, cast, overload

from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct
from typing_extensions import Required, TypeVar, Unpack

from constructs_lib._cdk.arguments import refuse
from constructs_lib._cdk.placement import Placement
from constructs_lib._cdk.policy_source import PolicySource, read_policy
from constructs_lib._cdk.props.checked import checked
from constructs_lib._cdk.warnings import warn
from constructs_lib._core.azure_names import ApiName, ApiPath, ChildName, SiteName, Text
from constructs_lib._core.problems import Between, Pattern, Problem
from constructs_lib.api.props import CircuitBreaker, Diagnostics, KeyVaultSecret
from constructs_lib.api.resource_metadata import ResourceMetadata
from constructs_lib.function_app.network import Inbound
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.function_app.protected import ProtectedApp
from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.gateway.tiers import CLASSIC, tier_of
from constructs_lib.operations import Operation, Operations
from constructs_lib.policy import AuthenticationManagedIdentity, Document, Element
from constructs_lib.policy.composition import elements
from constructs_lib.policy.mcp import (
    METHODS,
    Callers,
    ProtectedResource,
    from_gateway,
    not_offered,
    server_policy,
)
from constructs_lib.registration.delegated import DelegatedAccess
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.registration.principal import Principal
from constructs_lib.secured_function_api import SecuredFunctionApi

# The constructs of which a stack uses one kind and not the others are imported where they are made.
if TYPE_CHECKING:
    from constructs_lib.api.native_mcp_api import NativeMcpApi
    from constructs_lib.function_app.existing import ProtectedFunctionApp
    from constructs_lib.function_app.function_app import FunctionApp
    from constructs_lib.function_app.protected_outside import ProtectedOutsideApp
    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource
    from constructs_lib.registration.app_registration import Registration

App = TypeVar("App", bound=ProtectedApp, default="FunctionApp")
_Resource = TypeVar("_Resource", bound="AppResource")

ROLE = "Mcp.Invoke"
"""The app role of applications that call with a token of their own."""

EXTENSION = "runtime/webhooks/mcp"
"""Where the MCP extension of Azure Functions serves streamable HTTP, whatever the route prefix."""

LEVEL_SETTING = "AzureFunctionsJobHost__extensions__mcp__system__webhookAuthorizationLevel"
"""App setting of `extensions.mcp.system.webhookAuthorizationLevel`, which host.json has too."""

_NO_KEY = (
    "Callers are clients of MCP: the policy asks each for a token of Entra. A key in a client's "
    "settings would be a stored secret."
)
_TOOLS_REASON = (
    "Operations that are tools of an MCP server. Only the gateway calls them: the policy asks for "
    "a token of its own identity."
)
Endpoint = Annotated[
    str, Pattern(r"[\w.-]+(/[\w.-]+)*", "write a path without slashes at the ends, for example mcp")
]
Origin = Annotated[
    str,
    Pattern(
        r"https://[\w.-]+(:\d+)?|http://localhost(:\d+)?", "write an origin, https://app.example"
    ),
]
GatewayUrl = Annotated[
    str, Pattern(r"https://[a-z0-9.-]+", "write https:// and the host name in lower case, no path")
]


class McpServerProps(TypedDict, total=False):
    """The props of the pattern besides the function app."""

    gateway: Required[GatewayReferences]
    path: Required[ApiPath]
    callers: DelegatedAccess
    agents: Sequence[Principal]
    callers_registration: ExistingRegistration
    identifier_uri: Literal["url", "client_id"]
    gateway_url: GatewayUrl
    resource_metadata: ResourceMetadata
    tools: Operations | Sequence[Operation | str]
    endpoint: Endpoint
    methods: Sequence[Literal["POST", "GET", "DELETE"]]
    allowed_origins: Sequence[Origin]
    calls_per_minute: Annotated[int, Between(1, 1_000_000)]
    timeout: Annotated[int, Between(1, 240)]
    policy: PolicySource
    registration: Registration
    name: ApiName
    display_name: Text
    description: str
    function_app_name: SiteName
    resource_group: ResourceGroup | Placement
    slots: Mapping[str, SlotResource]
    inbound: Inbound
    deployment: Inbound
    named_values: Mapping[ChildName, KeyVaultSecret | str]
    diagnostics: Diagnostics
    circuit_breaker: CircuitBreaker | bool


# What the chain takes as it is given here.
_PASSED_ON = (
    *("registration", "resource_group", "slots", "inbound"),
    *("deployment", "named_values", "circuit_breaker"),
)
# What is said of an endpoint of the app's own.
_OF_ENDPOINT = ("endpoint", "methods")


def _problems(
    *,
    gateway: GatewayReferences | None = None,
    function_app: object = None,
    callers: DelegatedAccess | None = None,
    agents: Sequence[Principal] = (),
    callers_registration: ExistingRegistration | None = None,
    methods: Sequence[str] = ("POST",),
    tools: Sequence[object] | None = None,
    **given: Any,
) -> Iterator[Problem]:
    """Find what does not go together; what can be said of the function app, the parts say."""
    callers = callers or DelegatedAccess()
    if not callers.clients and not agents:
        yield Problem(
            "callers",
            "no client may call the server",
            "name the client ids of its clients in callers.clients, or applications in agents",
        )
    if callers_registration is None and callers.clients:
        if not (callers.users or callers.all_users_reason):
            yield Problem(
                ("callers", "users"),
                "nobody may sign in to the clients",
                "name users or groups, or say in all_users_reason why every user of the tenant may",
            )
    elif callers_registration is not None:
        if callers.users or callers.all_users_reason:
            yield Problem(
                ("callers", "users"),
                "whoever manages the registration of the callers assigns users to it",
                "leave users and all_users_reason out",
            )
        if callers_registration.token_version != 2:
            yield Problem(
                ("callers_registration", "token_version"),
                "the audience of a version-1 token is no client id",
                "have requestedAccessTokenVersion set to 2",
            )
    if "POST" not in methods:
        yield Problem("methods", "every message of a client is a POST", "add POST")
    if tools is not None:
        given |= {"methods": methods} if methods != ("POST",) else {}
        for argument in _OF_ENDPOINT:
            if argument in given:
                yield Problem(
                    argument, "API Management itself answers for tools", "leave it or tools out"
                )
        if not tools:
            yield Problem("tools", "there is no tool", "name operations, for example GET /orders")
    yield from _app_problems(gateway.sku if gateway else None, function_app)


def _app_problems(sku: str | None, function_app: object) -> Iterator[Problem]:
    if sku and tier_of(sku) == "Consumption":
        yield Problem(
            "gateway",
            "the Consumption tier keeps no connection open and counts no calls by caller",
            "choose another tier",
        )
    if (
        sku
        and tier_of(sku) not in CLASSIC
        and isinstance(function_app, FunctionAppProps)
        and function_app.minimum_tls_version == "1.3"
    ):
        yield Problem(
            ("function_app", "minimum_tls_version"),
            f"a gateway of the tier {tier_of(sku)} answers 500 in front of an app that takes "
            "TLS 1.3 only",
            "write 1.2, which still negotiates 1.3 with others",
        )
    if isinstance(function_app, FunctionAppProps):
        for settings in (function_app, *function_app.all_slots):
            level = settings.app_settings.get(LEVEL_SETTING, "Anonymous")
            if level.lower() != "anonymous":
                yield Problem(
                    ("function_app", "app_settings", LEVEL_SETTING),
                    f"with the level {level} the host asks for a key, which the gateway has not",
                    "leave it out: Easy Auth lets the gateway in and nobody else",
                )


class SecuredMcpServer(Construct, Generic[App]):
    """An MCP server on a function app, behind a gateway that Entra's callers alone get through.

    A client that has no token gets 401 with the address of the metadata, which names Entra and the
    scope. With a token of a client and user that are on the list it gets through; the gateway puts
    the token of its own identity in the place of the caller's, and Easy Auth lets only that in.

    Three strings are one: the server's address, the `resource` of its metadata and the identifier
    URI of the callers' registration. Entra refuses a token for any other `resource`.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`, part of Terraform addresses, and the API's name.
        gateway: The gateway, new or existing; not of the Consumption tier.
        path: Where the API is served below the gateway's URL; the endpoint is at `/mcp` below.
        function_app: What to make; or a function app resource of your stack, to be secured in
            place; or one outside Terraform; or the `function_app` of another API, which has its
            Easy Auth, together with its `registration`. A new one gets the app setting that lets
            the host answer without a key; of another one host.json has to say so.
        callers: The client applications that may call, and the users who may sign in to them.
        agents: Applications and managed identities that call with a token of their own.
        callers_registration: The registration that callers get tokens for, if somebody else manages
            it; a new one if left out. Its identifier URI and scope are as `identifier_uri` and
            `callers.scope` say, its role is `Mcp.Invoke`, and its tokens are of version 2.
        identifier_uri: `url`: the server's address. `client_id`: `api://<client id>`, where the
            tenant does not allow that; clients that send `resource`, as the protocol demands, then
            get no token from Entra.
        gateway_url: The gateway's address that clients use, if it has a host name of its own.
        resource_metadata: Where the metadata is served; the gateway's one API for all servers of
            the stack if left out. A second stack on the gateway gives
            `ResourceMetadata.of(stack, gateway, existing=True)`.
        tools: Operations of the app that are the server's tools, in the place of an endpoint of its
            own: API Management answers the protocol itself (a preview; needs
            `add_azapi_provider`). They are published as an API of their own, at the path with
            `-tools` after it, which only the gateway can call.
        endpoint: The server's path on the function app's host: that of the MCP extension if left
            out; `mcp`, for example, for a server that the app runs as a custom handler.
        methods: The methods that the server serves; the gateway answers 405 to the others.
        allowed_origins: Origins of clients in a browser; every other `Origin` is refused.
        calls_per_minute: How many calls one user or application has.
        timeout: Seconds to wait for an answer to begin; the platform ends it after 230.
        policy: A further policy, whose `<base />` in each section stands for what is said here.
        registration: Of the function app; a new one if left out.
        name: The API's name, `id` if left out.
        display_name: Its name in the developer portal, `name` if left out.
        description: What it does; why it takes no subscription key if left out.
        function_app_name: Of a new function app, unique in the world; made from `id` and the
            construct's path if left out.
        resource_group: Of a new function app; the new gateway's if left out.
        slots: The slots of a function app resource that is secured in place, by name: all of them.
        inbound: Who reaches the function app that is secured in place at all; as it is if left out.
        deployment: Who reaches its deployment site; as it is if left out.
        named_values: Named values that `policy` reads as `{{name}}`.
        diagnostics: Traces of requests, without any payload.
        circuit_breaker: When to stop calling a failing function app; true for the defaults.

    Attributes:
        callers_registration: The registration that callers get tokens for.
        resource_metadata: The API that serves the metadata.
        chain: Registration, Easy Auth, function app and API.
        function_app: The function app.
        native: The API of API Management's own type, None without `tools`.
        resource: What callers need to know to get a token.
        url: The server's address, which clients are given.
        endpoint: The server's path on the function app's host; that of the first tool of `tools`.

    Raises:
        InputError: For what one of the parts refuses.
    """

    @overload
    def __init__(
        self: SecuredMcpServer[FunctionApp],
        scope: Construct,
        id: str,
        *,
        function_app: FunctionAppProps,
        **props: Unpack[McpServerProps],
    ) -> None: ...

    @overload
    def __init__(
        self: SecuredMcpServer[ProtectedOutsideApp],
        scope: Construct,
        id: str,
        *,
        function_app: OutsideFunctionApp,
        **props: Unpack[McpServerProps],
    ) -> None: ...

    @overload
    def __init__(
        self: SecuredMcpServer[ProtectedFunctionApp[_Resource]],
        scope: Construct,
        id: str,
        *,
        function_app: _Resource,
        **props: Unpack[McpServerProps],
    ) -> None: ...

    @overload
    def __init__(
        self, scope: Construct, id: str, *, function_app: App, **props: Unpack[McpServerProps]
    ) -> None: ...

    @checked(_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function_app: FunctionAppProps | OutsideFunctionApp | AppResource | ProtectedApp,
        **props: Unpack[McpServerProps],
    ) -> None:
        super().__init__(scope, id)
        tools = props.get("tools")
        self.endpoint = props.get("endpoint") or EXTENSION
        base = props.get("gateway_url") or props["gateway"].url
        path = f"{props['path']}/{self.endpoint.rpartition('/')[2]}".lstrip("/")
        self.url = f"{base}/{path}"
        props["gateway"].claim(self, "path", "MCP server's address", path)
        callers, agents = props.get("callers") or DelegatedAccess(), props.get("agents") or ()
        self.callers_registration: Registration = props.get(
            "callers_registration"
        ) or self._register(callers, props)
        audience = self.callers_registration.client_id
        identifier = self.url if _by_url(props) else f"api://{audience}"
        self.resource = ProtectedResource(
            url=self.url,
            metadata_url=ResourceMetadata.url(base, path),
            scope=f"{identifier}/{callers.scope}",
            authorization_server=self.callers_registration.issuer,
        )
        self.resource_metadata = props.get("resource_metadata") or ResourceMetadata.of(
            self, props["gateway"]
        )
        self.resource_metadata.add(path, self.resource)
        self.native: NativeMcpApi | None = None
        allowed = Callers(
            tenant_id=self.callers_registration.tenant_id,
            audience=audience,
            client_ids=[*callers.clients.values(), *(each.client_id for each in agents)],
            scope=callers.scope if callers.clients else None,
            role=ROLE if agents else None,
        )
        document = self._policy(allowed, props)
        self.chain: SecuredFunctionApi[App] = (
            self._publish(function_app, document, props)
            if tools is None
            else self._publish_tools(function_app, tools, document, props)
        )
        self.function_app: App = self.chain.function_app

    @property
    def policy(self) -> Document:
        """The caller's part of the API's policy, which can be changed until synth."""
        return self.native.policy if self.native else self.chain.policy

    def _register(self, callers: DelegatedAccess, props: McpServerProps) -> Registration:
        from constructs_lib.registration.app_registration import AppRegistration

        registration = AppRegistration(
            self,
            "callers",
            display_name=f"{props.get('name') or self.node.id} (MCP server)",
            role=ROLE,
            identifier_uri=self.url if _by_url(props) else "api://{client_id}",
            delegated=callers,
        )
        for agent in props.get("agents") or ():
            registration.grant(agent)
        if not _by_url(props):
            warn(
                self,
                "identifier_uri: Entra refuses a token to a client that sends the server's address "
                "as `resource`, as the protocol demands: only clients that leave it out get in",
            )
        return registration

    def _publish(self, app: object, document: Document, props: McpServerProps) -> Any:
        """Make the chain behind; the overloads say which of the constructs its app is."""
        methods = props.get("methods") or ("POST",)
        folder, _, tail = self.endpoint.rpartition("/")
        operations = [
            Operation(method=method, url_template=f"/{tail}", id=f"mcp-{method.lower()}")
            for method in METHODS
        ]
        return self._chain(
            _without_key(app, self.endpoint),
            props,
            path=props["path"],
            name=props.get("name") or self.node.id,
            display_name=props.get("display_name"),
            operations=operations,
            operation_policies={
                operation.id: not_offered(methods)
                for operation in operations
                if operation.method not in methods
            },
            route_prefix=folder,
            anonymous_reason=_NO_KEY,
            description=props.get("description") or _NO_KEY,
            policy=document,
        )

    def _publish_tools(
        self,
        app: object,
        given: Operations | Sequence[Operation | str],
        document: Document,
        props: McpServerProps,
    ) -> Any:
        """Make the chain behind, and the API of the type `mcp` in front of it."""
        from constructs_lib.api.native_mcp_api import NativeMcpApi
        from constructs_lib.registration.app_registration import AppRegistration

        gateway, name = props["gateway"], props.get("name") or self.node.id
        tools = given if isinstance(given, Operations) else Operations.of(*given)
        prefix = "api" if tools.route_prefix is None else tools.route_prefix
        self.endpoint = f"{prefix}{tools[0].url_template}".partition("{")[0].strip("/") or "api"
        registration = props.get("registration") or AppRegistration(
            self, "registration", display_name=name
        )
        chain = self._chain(
            app,
            {**props, "registration": registration},
            path=f"{props['path']}-tools".lstrip("-"),
            name=f"{name}-tools",
            operations=tools,
            anonymous_reason=_TOOLS_REASON,
            description=_TOOLS_REASON,
            policy=from_gateway(
                registration.tenant_id,
                [registration.client_id, *registration.audiences],
                [caller.client_id for caller in gateway.callers],
            ),
        )
        # The caller's token ends here: the operations get, and ask for, the gateway's own.
        document.inbound.append(
            AuthenticationManagedIdentity(
                resource=registration.client_id, client_id=gateway.policy_client_id
            )
        )
        self.native = NativeMcpApi(
            self,
            "native",
            gateway=gateway,
            path=props["path"],
            api=chain.function_api,
            policy=document,
            name=name,
            **{key: props[key] for key in ("display_name",) if key in props},
            description=props.get("description") or _NO_KEY,
            diagnostics=_without_payload(props.get("diagnostics")),
        )
        return chain

    def _chain(self, app: object, props: McpServerProps, **api: Any) -> Any:
        return cast("Any", SecuredFunctionApi)(
            self,
            "chain",
            gateway=props["gateway"],
            function_app=app,
            function_app_name=self._app_name(app, props),
            subscription_required=False,
            diagnostics=_without_payload(props.get("diagnostics")),
            **api,
            **{key: props[key] for key in _PASSED_ON if key in props},
        )

    def _app_name(self, app: object, props: McpServerProps) -> str | None:
        given = props.get("function_app_name")
        if given or not isinstance(app, FunctionAppProps):
            return given
        return f"func-{self.node.id}-{self.node.addr[2:10]}"

    def _policy(self, callers: Callers, props: McpServerProps) -> Document:
        """Put what is said here in the place of each `<base />` of a further policy."""
        own = server_policy(
            self.resource,
            callers,
            calls=props.get("calls_per_minute") or 300,
            renewal_period=60,
            timeout=props.get("timeout") or 230,
            allowed_origins=props.get("allowed_origins") or (),
            native=props.get("tools") is not None,
        )
        further = read_policy(self, "policy", props.get("policy"))
        for element in elements(further):
            texts = [*element.attributes.values(), element.text]
            if any("context.Response.Body" in text for text in texts):
                refuse(
                    self,
                    "policy",
                    f"<{element.name}> reads the answer's body, so that nothing of it streams",
                    "leave it out; what the tools answer is the server's to shape",
                )
        for section, nodes in further.sections().items():
            first = next((node for node in nodes if isinstance(node, Element)), None)
            if first is None or first.name != "base":
                refuse(
                    self,
                    "policy",
                    f"the section {section} does not begin with <base />, which stands for the "
                    "check of the caller's token and for what forwards its request",
                    "begin each section with <base />",
                )
            base = own.sections()[section]
            nodes[:] = [
                each
                for node in nodes
                for each in (base if isinstance(node, Element) and node.name == "base" else [node])
            ]
        return further


def _by_url(props: McpServerProps) -> bool:
    return props.get("identifier_uri") != "client_id"


def _without_key(app: object, endpoint: str) -> object:
    """Let the host of a new app answer the gateway without a key: Easy Auth has let it in."""
    if not isinstance(app, FunctionAppProps) or endpoint != EXTENSION:
        return app
    return replace(app, app_settings={LEVEL_SETTING: "Anonymous", **app.app_settings})


def _without_payload(diagnostics: Diagnostics | None) -> Any:
    return replace(diagnostics, payload=False) if diagnostics else None
