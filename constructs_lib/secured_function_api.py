"""The pattern: a function app that only the gateway can call, in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, cast, overload

from cdktf import (
    Fn,
    ITerraformDependable,
    Op,
    TerraformResource,
    Token,
)
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct
from typing_extensions import Required, TypeVar, Unpack

from constructs_lib._cdk.apply_order import apply_after
from constructs_lib._cdk.arguments import is_token, refuse
from constructs_lib._cdk.per_stack import stack_of
from constructs_lib._cdk.placement import Placement, placement
from constructs_lib._cdk.policy_source import PolicySource
from constructs_lib._cdk.props.checked import checked
from constructs_lib._core.azure_names import (
    ApiName,
    ApiPath,
    ChildName,
    Hostname,
    NamedValueName,
    RoutePrefix,
    SiteName,
    Text,
)
from constructs_lib._core.problems import Problem
from constructs_lib._lazy_bindings import ahead
from constructs_lib.api.function_api import FunctionApi
from constructs_lib.api.key_migration import KEYS_REASON, Stage
from constructs_lib.api.problems import api_problems
from constructs_lib.api.props import (
    ApiVersion,
    CircuitBreaker,
    Diagnostics,
    KeyVaultSecret,
    Product,
    SubscriptionKey,
)
from constructs_lib.function_app.anonymous_paths import AnonymousPaths
from constructs_lib.function_app.easy_auth import EasyAuth, Tenants
from constructs_lib.function_app.network import Inbound
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.function_app.protected import ProtectedApp
from constructs_lib.function_app.sign_in import SignIn
from constructs_lib.gateway.gateway import Gateway
from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.operations import Operation, Operations
from constructs_lib.policy import Document
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.registration.principal import Principal

# The constructs of which a stack uses one kind and not the others are imported where they are made.
if TYPE_CHECKING:
    from constructs_lib.function_app.existing import ProtectedFunctionApp
    from constructs_lib.function_app.function_app import FunctionApp
    from constructs_lib.function_app.protected_outside import ProtectedOutsideApp
    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource
    from constructs_lib.registration.app_registration import Registration

# Most stacks make these.
ahead.expect(
    "constructs_lib.registration.app_registration",
    "constructs_lib.function_app.function_app",
    "cdktf_cdktf_provider_azurerm.linux_function_app",
)

App = TypeVar("App", bound=ProtectedApp, default="FunctionApp")
_Resource = TypeVar("_Resource", bound="AppResource")


class ApiProps(TypedDict, total=False):
    """The props of `FunctionApi` that the pattern passes on; see there for what they mean."""

    display_name: Text
    description: str
    route_prefix: RoutePrefix
    subscription_key: SubscriptionKey
    subscription_required: bool
    anonymous_reason: str
    policy: PolicySource
    operation_policies: Mapping[str, PolicySource]
    revision: Text
    version: ApiVersion
    product: Product
    subscriptions: Sequence[str]
    named_values: Mapping[ChildName, KeyVaultSecret | str]
    diagnostics: Diagnostics
    circuit_breaker: CircuitBreaker | bool
    migration: Stage
    function_key: KeyVaultSecret | NamedValueName


def _problems(
    *,
    function_app: object,
    migration: Stage | None = None,
    allowed_tenants: Sequence[str] = (),
    allow_anonymous_paths: AnonymousPaths | None = None,
    sign_in: SignIn | None = None,
    **api: Any,
) -> Iterator[Problem]:
    """Find what does not go together; what can be said of the function app, the parts say."""
    made = isinstance(function_app, ProtectedApp) and not function_app.sites()
    if migration and (isinstance(function_app, FunctionAppProps) or made):
        yield Problem(
            "migration",
            "only a function app that exists already moves from keys to the identity",
            "give a function app that exists, or leave it out",
        )
    if isinstance(function_app, OutsideFunctionApp) and (
        allowed_tenants or allow_anonymous_paths or sign_in
    ):
        yield Problem(
            "function_app",
            "sign_in, allowed_tenants and allow_anonymous_paths need app settings or tags, "
            "which are not managed here",
            "adopt the app with an import block, or leave them out",
        )
    yield from api_problems(migration=migration, **api)


class EasyAuthProps(TypedDict, total=False):
    """The props of `EasyAuth` that the pattern passes on."""

    unauthenticated_action: Literal["Return401", "Return403"]
    allowed_tenants: Tenants
    allow_anonymous_paths: AnonymousPaths | None
    sign_in: SignIn | None


class SiteProps(TypedDict, total=False):
    """The props of `ProtectedFunctionApp` that the pattern passes on."""

    slots: Mapping[str, SlotResource] | None
    inbound: Inbound | None
    deployment: Inbound | None


class ChainProps(EasyAuthProps, SiteProps, total=False):
    """The props of the pattern besides the function app and those of its API."""

    gateway: Required[GatewayReferences]
    path: Required[ApiPath]
    operations: Required[Operations | Sequence[Operation | str]]
    registration: Registration | None
    name: ApiName | None
    function_app_name: SiteName | None
    resource_group: ResourceGroup | Placement | None
    further_callers: Sequence[Principal]
    function_app_hostname: Hostname | None


class PatternProps(ChainProps, ApiProps, total=False):
    """The props of the pattern besides the function app."""


class SecuredFunctionApi(Construct, Generic[App]):
    """Registration, Easy Auth, function app and API, wired so that only the gateway gets in.

    The audience is one reference wherever it stands: the registration's client id is what the
    policy asks a token for and what Easy Auth accepts. The gateway's identity is assigned the app
    role and is on both allow-lists, on every slot too. The policy waits for the assignment, because
    a token without the role is cached for up to a day.

    The props that are not explained here, `migration` and `function_key` among them, are passed on
    to `FunctionApi` and explained there.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`, part of Terraform addresses, and the API's name.
        gateway: The gateway, new or existing.
        path: Where the API is served below the gateway's URL.
        operations: What is published.
        function_app: What to make; or a function app resource of your stack, to be secured in
            place; or one outside Terraform; or the `function_app` of another API, which has its
            Easy Auth, together with its `registration`.
        registration: Of the function app; a new one if left out.
        name: The API's name, `id` if left out.
        function_app_name: Of a new function app, unique in the world; made from `id` and the
            construct's path if left out.
        resource_group: Of a new function app; the new gateway's if left out.
        slots: The slots of a function app resource that is secured in place, by name: all of them.
        inbound: Who reaches the function app that is secured in place at all; as it is if left out.
        deployment: Who reaches its deployment site; as it is if left out.
        further_callers: Who may call the functions besides the gateway.
        unauthenticated_action: What a caller without a valid token gets.
        allowed_tenants: Tenants besides the registration's whose tokens are accepted.
        allow_anonymous_paths: Paths that answer without a token, with the reason.
        sign_in: Interactive sign-in of named users, without a secret.
        function_app_hostname: The default host name of a function app resource, for the stage
            `both` of a migration; `<name>.azurewebsites.net` if left out.

    Attributes:
        registration: The registration.
        easy_auth: Who may call the function app; None if it came with its own.
        function_app: The function app: a `FunctionApp` if it was made here; of a resource a
            `ProtectedFunctionApp`, of one outside Terraform a `ProtectedOutsideApp`.
        function_api: The API, its operations, backend and policy.
        gateway: The gateway that was given.

    Raises:
        InputError: For what one of the parts refuses.
    """

    @overload
    def __init__(
        self: SecuredFunctionApi[FunctionApp],
        scope: Construct,
        id: str,
        *,
        function_app: FunctionAppProps,
        **props: Unpack[PatternProps],
    ) -> None: ...

    @overload
    def __init__(
        self: SecuredFunctionApi[ProtectedOutsideApp],
        scope: Construct,
        id: str,
        *,
        function_app: OutsideFunctionApp,
        **props: Unpack[PatternProps],
    ) -> None: ...

    @overload
    def __init__(
        self: SecuredFunctionApi[ProtectedFunctionApp[_Resource]],
        scope: Construct,
        id: str,
        *,
        function_app: _Resource,
        **props: Unpack[PatternProps],
    ) -> None: ...

    @overload
    def __init__(
        self, scope: Construct, id: str, *, function_app: App, **props: Unpack[PatternProps]
    ) -> None: ...

    @checked(_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function_app: FunctionAppProps | OutsideFunctionApp | AppResource | ProtectedApp,
        **props: Unpack[PatternProps],
    ) -> None:
        super().__init__(scope, id)
        self._check(function_app, props)
        self.gateway = props["gateway"]
        name = props.get("name") or id
        callers = [*self.gateway.callers, *props.get("further_callers", ())]
        given = props.get("registration")
        self.registration: Registration = given or self._register(name)
        before = self._grant(callers, ours=given is None)
        self.easy_auth: EasyAuth | None = None
        if isinstance(function_app, ProtectedApp):
            protected = function_app
        else:
            self.easy_auth = self._make_easy_auth(callers, props)
            protected = self._protect(function_app, self.easy_auth, props)
        # The overloads say which of the constructs it is.
        self.function_app = cast("App", protected)
        self.function_api = self._publish(name, protected, before, props)

    @property
    def policy(self) -> Document:
        """The caller's part of the API's policy, which can be changed until synth."""
        return self.function_api.policy

    @property
    def url(self) -> str:
        """The API's address in the gateway."""
        return self.function_api.url

    def _check(self, function_app: object, props: PatternProps) -> None:
        made = isinstance(function_app, ProtectedApp)
        new = isinstance(function_app, FunctionAppProps)
        own = [*SiteProps.__annotations__] if made or new else []
        own += EasyAuthProps.__annotations__ if made else ()
        for argument in own:
            if props.get(argument) not in (None, "Return401") and props.get(argument):
                refuse(
                    self,
                    argument,
                    "says nothing of a function app that has its own",
                    f"leave it out; a new function app takes FunctionAppProps({argument}=…)"
                    if new
                    else "leave it out, and say it where the function app's Easy Auth is made",
                )
        if made and props.get("registration") is None:
            refuse(
                self,
                "registration",
                "the function app came with its Easy Auth",
                "give the registration that this Easy Auth names",
            )
        if isinstance(function_app, OutsideFunctionApp) and _part(props, SiteProps):
            refuse(
                self,
                "function_app",
                "slots, inbound and deployment are for a function app of the stack",
                "name slots in OutsideFunctionApp(slots=…); adopt the app for the others",
            )

    def _register(self, name: str) -> Registration:
        from constructs_lib.registration.app_registration import AppRegistration

        return AppRegistration(self, "registration", display_name=name)

    def _grant(self, callers: Sequence[Principal], *, ours: bool) -> list[ITerraformDependable]:
        """Have the role assigned to every caller; return what the policy must wait for."""
        if isinstance(self.registration, ExistingRegistration):
            self._check_granted(self.registration, callers)
            return []
        grants = [self.registration.grant(caller) for caller in callers]
        # Another stack is applied as a whole before this one, and depends_on ends at its border.
        if ours:
            return list(grants)
        return [grant for grant in grants if stack_of(grant) is stack_of(self)]

    def _check_granted(
        self, registration: ExistingRegistration, callers: Sequence[Principal]
    ) -> None:
        """Refuse a caller that the registration's contract does not name."""
        if not registration.callers:
            return
        granted = {caller.object_id.lower() for caller in registration.callers}
        for caller in callers:
            if not is_token(caller.object_id) and caller.object_id.lower() not in granted:
                refuse(
                    self,
                    "registration",
                    f"its contract assigns the role to {len(granted)} principals, and "
                    f"{caller.name} ({caller.object_id}) is none of them",
                    "ask the directory team for the assignment; `secured-functions request` says "
                    "what to ask for",
                )

    def _make_easy_auth(self, callers: Sequence[Principal], props: PatternProps) -> EasyAuth:
        return EasyAuth(
            self,
            "easy-auth",
            client_id=self.registration.client_id,
            issuer=self.registration.issuer,
            callers=callers,
            audiences=self.registration.audiences,
            off_reason=KEYS_REASON if props.get("migration") == "keys" else None,
            **_part(props, EasyAuthProps),
        )

    def _protect(
        self,
        app: FunctionAppProps | OutsideFunctionApp | AppResource,
        easy_auth: EasyAuth,
        props: PatternProps,
    ) -> ProtectedApp:
        """Make the function app, or secure the one that is there."""
        if isinstance(app, FunctionAppProps):
            from constructs_lib.function_app.function_app import FunctionApp

            return FunctionApp(
                self,
                "function-app",
                name=props.get("function_app_name")
                or f"func-{self.node.id}-{self.node.addr[2:10]}",
                resource_group=self._placement(props.get("resource_group")),
                easy_auth=easy_auth,
                props=replace(
                    app,
                    inbound=_from_gateway(app.inbound, self.gateway),
                    deployment=_from_gateway(app.deployment, self.gateway),
                ),
            )
        if isinstance(app, OutsideFunctionApp):
            from constructs_lib.function_app.protected_outside import ProtectedOutsideApp

            return ProtectedOutsideApp(self, "function-app", app=app, easy_auth=easy_auth)
        from constructs_lib.function_app.existing import ProtectedFunctionApp

        site = _part(props, SiteProps)
        for argument in ("inbound", "deployment"):
            if inbound := site.get(argument):
                site[argument] = _from_gateway(inbound, self.gateway)
        return ProtectedFunctionApp(self, "function-app", app=app, easy_auth=easy_auth, **site)

    def _publish(
        self, name: str, app: ProtectedApp, before: list[ITerraformDependable], props: PatternProps
    ) -> FunctionApi:
        """Make the API; see `key_migration` for what is applied first in which stage."""
        stage = props.get("migration")
        hostname: str = app.hostname
        literal = None
        if stage in ("keys", "both") and not app.outside:
            # In the stage both the app is changed after the policy, so the backend may not refer
            # to it; in both stages alike, so that the backend is not changed on the way.
            literal = props.get("function_app_hostname") or self._default_hostname(app.sites()[0])
        if stage != "both" and app.outside:
            # A resource of the stack comes first anyway, as the backend refers to it.
            before = [*before, *app.sites()]
        further = {key: value for key, value in props.items() if key not in _CHAIN}
        api = FunctionApi(
            self,
            "api",
            name=name,
            gateway=self.gateway,
            path=props["path"],
            hostname=literal if literal and stage == "both" else hostname,
            function_app_id=None if literal else app.id,
            audience=self.registration.client_id,
            operations=props["operations"],
            depends_on=before,
            **cast("ApiProps", further),
        )
        if stage == "both":
            for site in app.sites():
                apply_after(site, api.api_policy)
        elif literal:
            condition = _expects(hostname, literal)
            api.backend.add_override("lifecycle.precondition", [condition])
        return api

    def _default_hostname(self, app: TerraformResource) -> str:
        name = cast("AppResource", app).name_input
        if name is None or is_token(name):
            refuse(
                self,
                "function_app_hostname",
                "the function app's name is only known to Terraform",
                "give its default host name, for example func-orders.azurewebsites.net",
            )
        return f"{name.lower()}.azurewebsites.net"

    def _placement(self, given: ResourceGroup | Placement | None) -> Placement:
        if given is not None:
            return placement(given)
        if not isinstance(self.gateway, Gateway):
            refuse(
                self,
                "resource_group",
                "an existing gateway does not say where a new function app belongs",
                "give the resource group of the function app",
            )
        return self.gateway.placement


_CHAIN = frozenset(ChainProps.__annotations__)
_Part = TypeVar("_Part")


def _part(props: PatternProps, kind: type[_Part]) -> _Part:
    """Return those of the props that one of the parts takes."""
    known = kind.__annotations__
    return cast("_Part", {key: value for key, value in props.items() if key in known and value})


def _from_gateway(inbound: Inbound, gateway: GatewayReferences) -> Inbound:
    return inbound.with_gateway(gateway.public_ip_address) if inbound.gateway else inbound


def _expects(hostname: str, expected: str) -> dict[str, str]:
    """Have the plan fail in the stage `keys` if the stage `both` would name another host."""
    return {
        "condition": Token.as_string(Op.eq(Fn.lower(hostname), expected.lower())),
        "error_message": f"The function app's default host name is not {expected}: give it as "
        "function_app_hostname, or the next stage of the migration calls another host.",
    }
