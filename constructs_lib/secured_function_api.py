"""The pattern: a function app that only the gateway can call, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

from cdktf import (
    Fn,
    ITerraformDependable,
    Op,
    Precondition,
    TerraformResource,
    TerraformResourceLifecycle,
    TerraformStack,
)
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct
from typing_extensions import Unpack

from constructs_lib._cdk.apply_order import apply_after
from constructs_lib._cdk.arguments import is_token, refuse
from constructs_lib._cdk.placement import Placement, placement
from constructs_lib._cdk.policy_source import PolicySource
from constructs_lib.api.function_api import FunctionApi
from constructs_lib.api.key_migration import KEYS_REASON, Stage
from constructs_lib.api.props import (
    ApiVersion,
    CircuitBreaker,
    Diagnostics,
    KeyVaultSecret,
    Product,
    SubscriptionKey,
)
from constructs_lib.function_app.anonymous_paths import AnonymousPaths
from constructs_lib.function_app.easy_auth import EasyAuth
from constructs_lib.function_app.existing import ProtectedFunctionApp
from constructs_lib.function_app.function_app import FunctionApp
from constructs_lib.function_app.network import Inbound
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.function_app.protected_outside import ProtectedOutsideApp
from constructs_lib.function_app.sign_in import SignIn
from constructs_lib.gateway.gateway import Gateway
from constructs_lib.gateway.references import GatewayReferences
from constructs_lib.operations import Operation, Operations
from constructs_lib.policy import Document
from constructs_lib.registration.app_registration import AppRegistration, Registration
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource


# What has its Easy Auth already.
_MADE = (FunctionApp, ProtectedFunctionApp, ProtectedOutsideApp)


class ApiProps(TypedDict, total=False):
    """The props of `FunctionApi` that the pattern passes on; see there for what they mean."""

    display_name: str
    description: str
    route_prefix: str
    subscription_key: SubscriptionKey
    subscription_required: bool
    anonymous_reason: str
    policy: PolicySource
    operation_policies: Mapping[str, PolicySource]
    revision: str
    version: ApiVersion
    product: Product
    subscriptions: Sequence[str]
    named_values: Mapping[str, KeyVaultSecret | str]
    diagnostics: Diagnostics
    circuit_breaker: CircuitBreaker
    migration: Stage
    function_key: KeyVaultSecret | str


class SecuredFunctionApi(Construct):
    """Registration, Easy Auth, function app and API, wired so that only the gateway gets in.

    The audience is one reference wherever it stands: the registration's client id is what the
    policy asks a token for and what Easy Auth accepts. The gateway's identity is assigned the app
    role and is on both allow-lists, on every slot too. The policy waits for the assignment, because
    a token without the role is cached for up to a day.

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
        api: The further props of `FunctionApi`, `migration` and `function_key` among them.

    Attributes:
        registration: The registration.
        easy_auth: Who may call the function app; None if it came with its own.
        function_app: The function app.
        function_api: The API, its operations, backend and policy.
        gateway: The gateway that was given.

    Raises:
        InputError: For what one of the parts refuses.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        gateway: GatewayReferences,
        path: str,
        operations: Operations | Sequence[Operation | str],
        function_app: FunctionAppProps
        | AppResource
        | OutsideFunctionApp
        | FunctionApp
        | ProtectedFunctionApp
        | ProtectedOutsideApp,
        registration: Registration | None = None,
        name: str | None = None,
        function_app_name: str | None = None,
        resource_group: ResourceGroup | Placement | None = None,
        slots: Mapping[str, SlotResource] | None = None,
        inbound: Inbound | None = None,
        deployment: Inbound | None = None,
        further_callers: Sequence[Principal] = (),
        unauthenticated_action: Literal["Return401", "Return403"] = "Return401",
        allowed_tenants: Sequence[str] = (),
        allow_anonymous_paths: AnonymousPaths | None = None,
        sign_in: SignIn | None = None,
        function_app_hostname: str | None = None,
        **api: Unpack[ApiProps],
    ) -> None:
        super().__init__(scope, id)
        self.gateway = gateway
        made = isinstance(function_app, _MADE)
        new = isinstance(function_app, FunctionAppProps)
        stage = api.get("migration")
        misplaced = {
            "slots": bool(slots) and (made or new),
            "inbound": inbound is not None and (made or new),
            "deployment": deployment is not None and (made or new),
            "unauthenticated_action": unauthenticated_action != "Return401" and made,
            "allowed_tenants": bool(allowed_tenants) and made,
            "allow_anonymous_paths": allow_anonymous_paths is not None and made,
            "sign_in": sign_in is not None and made,
        }
        for argument, wrong in misplaced.items():
            if wrong:
                refuse(
                    self,
                    argument,
                    "says nothing of a function app that has its own",
                    f"leave it out; a new function app takes FunctionAppProps({argument}=…)"
                    if new
                    else "leave it out, and say it where the function app's Easy Auth is made",
                )
        if made and registration is None:
            refuse(
                self,
                "registration",
                "the function app came with its Easy Auth",
                "give the registration that this Easy Auth names",
            )
        if stage and (new or isinstance(function_app, FunctionApp)):
            refuse(
                self,
                "migration",
                "only a function app that exists already moves from keys to the identity",
                "give the function app resource or an OutsideFunctionApp, or leave it out",
            )
        self.registration = registration or AppRegistration(
            self, "registration", display_name=name or id
        )
        callers = [gateway.caller, *further_callers]
        before = self._grant(registration, callers)

        self.easy_auth: EasyAuth | None = None
        if made:
            self.function_app = function_app
        else:
            self.easy_auth = EasyAuth(
                self,
                "easy-auth",
                client_id=self.registration.client_id,
                issuer=self.registration.issuer,
                callers=callers,
                audiences=self.registration.audiences,
                unauthenticated_action=unauthenticated_action,
                allowed_tenants=allowed_tenants,
                allow_anonymous_paths=allow_anonymous_paths,
                sign_in=sign_in,
                off_reason=KEYS_REASON if stage == "keys" else None,
            )
            if isinstance(function_app, FunctionAppProps):
                self.function_app = FunctionApp(
                    self,
                    "function-app",
                    name=function_app_name or f"func-{id}-{self.node.addr[2:10]}",
                    resource_group=self._placement(resource_group),
                    easy_auth=self.easy_auth,
                    props=function_app,
                )
            elif isinstance(function_app, OutsideFunctionApp):
                if slots or inbound or deployment:
                    refuse(
                        self,
                        "function_app",
                        "slots, inbound and deployment are for a function app of the stack",
                        "name slots in OutsideFunctionApp(slots=…); adopt the app for the others",
                    )
                self.function_app = ProtectedOutsideApp(
                    self, "function-app", app=function_app, easy_auth=self.easy_auth
                )
            else:
                self.function_app = ProtectedFunctionApp(
                    self,
                    "function-app",
                    app=function_app,
                    easy_auth=self.easy_auth,
                    slots=slots,
                    inbound=inbound,
                    deployment=deployment,
                )

        hostname: str = self.function_app.hostname
        app_id: str | None = self.function_app.id
        literal: str | None = None
        if stage in ("keys", "both") and isinstance(self.function_app, ProtectedFunctionApp):
            # In the stage both the app is changed after the policy, so the backend may not refer
            # to it; in both stages alike, so that the backend is not changed on the way.
            app_id = None
            literal = function_app_hostname or self._default_hostname(self.function_app.resource)
        sites = self._sites()
        if stage != "both" and isinstance(self.function_app, ProtectedOutsideApp):
            # A resource of the stack comes first anyway, as the backend refers to it.
            before += sites
        self.function_api = FunctionApi(
            self,
            "api",
            name=name or id,
            gateway=gateway,
            path=path,
            hostname=literal if literal and stage == "both" else hostname,
            function_app_id=app_id,
            audience=self.registration.client_id,
            operations=operations,
            depends_on=before,
            **api,
        )
        if stage == "both":
            for site in sites:
                apply_after(site, self.function_api.api_policy)
        elif literal:
            self.function_api.backend.lifecycle = _expects(hostname, literal)

    @property
    def policy(self) -> Document:
        """The caller's part of the API's policy, which can be changed until synth."""
        return self.function_api.policy

    @property
    def url(self) -> str:
        """The API's address in the gateway."""
        return self.function_api.url

    def _grant(
        self, given: Registration | None, callers: Sequence[Principal]
    ) -> list[ITerraformDependable]:
        """Have the role assigned to every caller; return what the policy must wait for."""
        if isinstance(self.registration, ExistingRegistration):
            self._check_granted(self.registration, callers)
            return []
        grants = [self.registration.grant(caller) for caller in callers]
        # Another stack is applied as a whole before this one, and depends_on ends at its border.
        if self.registration is not given:
            return list(grants)
        stack = TerraformStack.of(self)
        return [grant for grant in grants if TerraformStack.of(grant) is stack]

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

    def _sites(self) -> list[TerraformResource]:
        """The resources that hold the Easy Auth of an app that exists and of its slots."""
        app = self.function_app
        if isinstance(app, ProtectedOutsideApp):
            return list(app.auth_settings.values())
        if isinstance(app, ProtectedFunctionApp):
            return [app.resource, *app.slots.values()]
        return []

    def _default_hostname(self, app: AppResource) -> str:
        name = app.name_input
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


def _expects(hostname: str, expected: str) -> TerraformResourceLifecycle:
    """Have the plan fail in the stage `keys` if the stage `both` would name another host."""
    return TerraformResourceLifecycle(
        precondition=[
            Precondition(
                condition=Op.eq(Fn.lower(hostname), expected.lower()),
                error_message=f"The function app's default host name is not {expected}: give it as "
                "function_app_hostname, or the next stage of the migration calls another host.",
            )
        ]
    )
