"""App Service authentication ("Easy Auth") that lets only named principals in.

The settings are those of `auth_settings_v2`, which Linux, Windows and Flex Consumption function apps
and their slots share (azurerm 4.55 `helpers/auth_v2_schema.go`, the same in 5.10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from cdktf_cdktf_provider_azurerm.function_app_flex_consumption import FunctionAppFlexConsumption
from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
from cdktf_cdktf_provider_azurerm.linux_function_app_slot import LinuxFunctionAppSlot
from cdktf_cdktf_provider_azurerm.windows_function_app import WindowsFunctionApp
from cdktf_cdktf_provider_azurerm.windows_function_app_slot import WindowsFunctionAppSlot
from constructs import Construct

from constructs_lib.principal import Principal

AppResource = LinuxFunctionApp | WindowsFunctionApp | FunctionAppFlexConsumption
SlotResource = LinuxFunctionAppSlot | WindowsFunctionAppSlot


class ManagedIdentity(Protocol):
    """A user-assigned identity: azurerm's `UserAssignedIdentity` or any record with its three ids."""

    @property
    def id(self) -> str:
        """Resource id."""
        ...

    @property
    def client_id(self) -> str:
        """Application id."""
        ...

    @property
    def principal_id(self) -> str:
        """Object id of its service principal."""
        ...


@dataclass(frozen=True, kw_only=True)
class AnonymousPaths:
    """Paths that anybody may call, and why.

    Attributes:
        paths: Absolute paths such as `/api/health`; the whole site (`/`, `/*`) is refused.
        reason: Who accepted this and why; up to 256 characters. It becomes a tag of the app, so
            that the synthesized JSON, the plan and the portal all show it.
    """

    paths: Sequence[str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Interactive sign-in of named users without a client secret (a federated credential; preview).

    Attributes:
        application_id: `id` of the `azuread_application`: `/applications/<object id>`.
        identity: User-assigned identity that stands in for the secret; assign it to this app alone.
        users: Object ids of the users who may sign in; nobody else of the tenant can.
    """

    application_id: str
    identity: ManagedIdentity
    users: Sequence[str]


class EasyAuth(Construct):
    """Who may call a function app: requests without a token of a named principal are refused.

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        client_id: Application (client) id of the registration that represents the function API;
            also the first allowed audience.
        issuer: `https://login.microsoftonline.com/<tenant id>/v2.0`, of that registration's tenant.
        callers: The gateway's identity and further principals; both of their ids are enforced.
        audiences: Allowed besides the client id, for example an App ID URI.
        unauthenticated_action: What a request without a valid token gets.
        allowed_tenants: Tenant ids whose tokens are accepted besides the issuer's own.
        allow_anonymous_paths: Paths that need no token, with the reason.
        sign_in: Interactive sign-in of named users, without a secret.
        app: A function app or slot that exists already in the stack, to put the settings on.

    Attributes:
        settings: The `auth_settings_v2` block, in snake case, for any function app resource.
        app_settings: App settings that the block needs; they have to stick to their slot.
        tags: Tags that carry the reasons for what lowers the floor.
        identities: User-assigned identities that the app has to carry.
        federated_credential: The `azuread_application_federated_identity_credential`, with sign-in.

    Raises:
        InputError: If a value that is known at synth breaks a rule.
    """

    settings: Mapping[str, Any]
    app_settings: Mapping[str, str]
    tags: Mapping[str, str]
    identities: Sequence[ManagedIdentity]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        client_id: str,
        issuer: str,
        callers: Sequence[Principal],
        audiences: Sequence[str] = (),
        unauthenticated_action: Literal["Return401", "Return403"] = "Return401",
        allowed_tenants: Sequence[str] = (),
        allow_anonymous_paths: AnonymousPaths | None = None,
        sign_in: SignIn | None = None,
        app: AppResource | SlotResource | None = None,
    ) -> None:
        super().__init__(scope, id)

    def apply_to(self, app: AppResource | SlotResource) -> None:
        """Put the settings on a function app or slot that is defined already.

        Keeps the app settings and tags that it has. Call it once per app and per slot.

        Raises:
            InputError: If the app has version-1 settings (`auth_settings`) or a plain HTTP default
                that was asked for explicitly.
        """
