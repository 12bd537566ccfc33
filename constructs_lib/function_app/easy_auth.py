"""App Service authentication ("Easy Auth") that lets only named principals in.

The settings are those of `auth_settings_v2`, which Linux, Windows and Flex Consumption function
apps and their slots share (azurerm `helpers/auth_v2_schema.go`, the same in 4 and 5).

Sources: Learn, "Configure your App Service or Azure Functions app to use Microsoft Entra sign-in"
and "Use a managed identity instead of a secret".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from cdktf import Fn, Token
from constructs import Construct

from constructs_lib._cdk.acceptance import accept
from constructs_lib._cdk.arguments import (
    check_pattern,
    is_token,
    refuse,
)
from constructs_lib._cdk.props.checked import checked
from constructs_lib._core.azure_names import ISSUER, ClientId, TenantId, Why
from constructs_lib._core.problems import Count
from constructs_lib.function_app.anonymous_paths import AnonymousPaths
from constructs_lib.function_app.resource_kinds import is_slot
from constructs_lib.function_app.sign_in import SignIn
from constructs_lib.registration.identity import ManagedIdentity
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azuread.application_federated_identity_credential import (
        ApplicationFederatedIdentityCredential,
    )

    from constructs_lib.function_app.resource_kinds import AppResource, SlotResource


# App Service reads a managed identity's client id from it, in the place of a client secret.
SIGN_IN_SETTING = "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"
TENANTS_SETTING = "WEBSITE_AUTH_AAD_ALLOWED_TENANTS"
ANONYMOUS_TAG = "secured-functions:anonymous-paths"

# App Service keeps each of these lists in 500 characters, 13 ids.
_LIST_LENGTH = 500


Callers = Annotated[
    Sequence[Principal],
    Count(1, None, "write at least the gateway's identity: without any App Service decides"),
]
Tenants = Annotated[Sequence[TenantId], Count(0, 9, "write up to 9 tenants")]


class EasyAuth(Construct):
    """Who may call a function app: requests without a token of a named principal are refused.

    It validates tokens without any secret and stores none. Both of a caller's ids are enforced:
    what App Service does with a list that is missing has changed over time.

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        client_id: Application (client) id of the registration that represents the function API;
            also the first allowed audience.
        issuer: `https://login.microsoftonline.com/<tenant id>/v2.0`, of that registration's tenant
            (without `/v2.0` only for a registration with version-1 tokens).
        callers: The gateway's identity and further principals, together up to 13.
        audiences: Allowed besides the client id, for example an App ID URI.
        unauthenticated_action: What a request without a valid token gets.
        allowed_tenants: Up to nine tenants that tokens may come from besides the issuer's. The
            issuer stays that of one tenant, so this never widens what its validation accepts.
        allow_anonymous_paths: Paths that need no token, with the reason.
        sign_in: Interactive sign-in of named users, without a secret.
        off_reason: Why the settings are written but not enforced yet, which lets every request
            through; for the first stage of a migration. The reports show it.
        app: A function app or slot that exists already in the stack, to put the settings on.

    Attributes:
        settings: The `auth_settings_v2` block, in snake case, for any function app resource.
        app_settings: App settings that the block needs; they have to stick to their slot.
        tags: Tags that carry the reasons for what lowers the floor.
        identities: User-assigned identities that the app has to carry.
        federated_credential: The `azuread_application_federated_identity_credential` of sign-in.
        off_reason: Why it is off, None if it is enforced.

    Raises:
        InputError: If a value that is known at synth breaks a rule.
    """

    @checked()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        client_id: ClientId,
        issuer: str,
        callers: Callers,
        audiences: Sequence[str] = (),
        unauthenticated_action: Literal["Return401", "Return403"] = "Return401",
        allowed_tenants: Tenants = (),
        allow_anonymous_paths: AnonymousPaths | None = None,
        sign_in: SignIn | None = None,
        off_reason: Why | None = None,
        app: AppResource | SlotResource | None = None,
    ) -> None:
        super().__init__(scope, id)
        tenant = self._tenant(issuer)
        self.off_reason = off_reason
        self.app_settings: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.identities: Sequence[ManagedIdentity] = ()
        self.federated_credential: ApplicationFederatedIdentityCredential | None = None
        directory: dict[str, Any] = {
            "client_id": client_id,
            "tenant_auth_endpoint": issuer,
            "allowed_audiences": self._bounded("audiences", [client_id, *audiences]),
        }
        applications = [caller.client_id for caller in callers]
        identities = [caller.object_id for caller in callers]
        if allowed_tenants:
            self._accept_tenants([tenant, *allowed_tenants])
        if sign_in:
            self._let_sign_in(sign_in, issuer)
            # A user's token names the registration itself as the client that asked for it.
            applications.append(client_id)
            identities.extend(sign_in.users)
            directory["client_secret_setting_name"] = SIGN_IN_SETTING
        directory["allowed_applications"] = self._bounded("callers", applications)
        directory["allowed_identities"] = self._bounded("callers", identities)
        settings: dict[str, Any] = {
            "auth_enabled": off_reason is None,
            "require_authentication": True,
            "unauthenticated_action": unauthenticated_action,
            "require_https": True,
            "active_directory_v2": directory,
            "login": {"token_store_enabled": False},
        }
        if allow_anonymous_paths:
            self.tags[ANONYMOUS_TAG] = allow_anonymous_paths.reason
            settings["excluded_paths"] = list(allow_anonymous_paths.paths)
        self.settings: Mapping[str, Any] = settings
        if app is not None:
            self.apply_to(app)

    def apply_to(self, app: AppResource | SlotResource) -> None:
        """Put the settings on a function app or slot that is defined already.

        Keeps the app settings, identity and tags that it has. Call it once per app and per slot.

        Raises:
            InputError: If the app has authentication settings already: those of version 1, which
                Azure refuses next to these, or a block that would silently be replaced.
        """
        for block, value in (
            ("auth_settings", app.auth_settings_input),
            ("auth_settings_v2", app.auth_settings_v2_input),
        ):
            if value is not None:
                refuse(
                    self,
                    "app",
                    f"{app.node.path} has the block `{block}`",
                    "remove it; this construct writes the only one",
                )
        app.put_auth_settings_v2(**self.settings)
        if self.off_reason:
            accept(app, "SF101", reason=self.off_reason)
        if self.app_settings:
            app.app_settings = merged(app.app_settings_input, self.app_settings)
            if not is_slot(app):
                _stick(app, self.app_settings)
        if self.tags:
            app.tags = merged(app.tags_input, self.tags)
        if self.identities:
            _carry(app, [identity.id for identity in self.identities])

    def _accept_tenants(self, tenants: Sequence[str]) -> None:
        """Accept tokens of these tenants; the first is the issuer's."""
        self.app_settings[TENANTS_SETTING] = ",".join(_distinct(tenants))

    def _let_sign_in(self, sign_in: SignIn, issuer: str) -> None:
        """Let App Service prove itself with a managed identity when users sign in."""
        self.app_settings[SIGN_IN_SETTING] = sign_in.identity.client_id
        self.identities = (sign_in.identity,)
        from cdktf_cdktf_provider_azuread.application_federated_identity_credential import (
            ApplicationFederatedIdentityCredential,
        )

        self.federated_credential = ApplicationFederatedIdentityCredential(
            self,
            "federated-credential",
            application_id=sign_in.application_id,
            display_name="app-service-sign-in",
            description="The function app's managed identity, in the place of a client secret",
            audiences=["api://AzureADTokenExchange"],
            issuer=issuer,
            subject=sign_in.identity.principal_id,
        )

    def _tenant(self, issuer: str) -> str:
        """Check the issuer (Easy Auth checks no tenant behind `common`) and return its tenant."""
        if issuer.startswith("${") and issuer.endswith("}"):
            return Token.as_string(Fn.element(Fn.split("/", issuer), 3))
        # The tenant may be a reference; the rest of the URL is checked all the same.
        literal = re.sub(r"\$\{.*\}", "00000000-0000-0000-0000-000000000000", issuer)
        check_pattern(self, "issuer", literal, ISSUER)
        return issuer.split("/")[3]

    def _bounded(self, argument: str, values: Iterable[str]) -> list[str]:
        """Return the distinct values, refusing more than App Service stores."""
        distinct = _distinct(values)
        # What is not known yet is an id of 36 characters.
        length = sum(36 if is_token(value) else len(value) for value in distinct)
        if length + len(distinct) - 1 > _LIST_LENGTH:
            refuse(
                self,
                argument,
                f"the list is longer than the {_LIST_LENGTH} characters that App Service stores",
                "name fewer; for more callers use one registration and app role per group",
            )
        return distinct


def merged(existing: object, added: Mapping[str, str]) -> Mapping[str, str]:
    """Return a map argument of an L1 with entries added, even if it is only known to Terraform."""
    if existing is None:
        return dict(added)
    if isinstance(existing, Mapping):
        known = cast("Mapping[str, str]", existing)
        # A map that only Terraform knows is encoded as an entry of this kind.
        if not any("{TfToken[" in key for key in known):
            return {**known, **added}
    return Token.as_string_map(Fn.merge([existing, added]))


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _stick(app: AppResource, names: Iterable[str]) -> None:
    """Keep app settings with their slot when slots are swapped."""
    before = app.sticky_settings_input
    app.put_sticky_settings(
        app_setting_names=_distinct([*(before.app_setting_names or () if before else ()), *names]),
        connection_string_names=before.connection_string_names if before else None,
    )


def _carry(app: AppResource | SlotResource, identity_ids: Sequence[str]) -> None:
    """Assign user-assigned identities to an app, next to the ones that it has."""
    before = app.identity_input
    system = before is not None and "SystemAssigned" in before.type
    app.put_identity(
        type="SystemAssigned, UserAssigned" if system else "UserAssigned",
        identity_ids=_distinct([*(before.identity_ids or () if before else ()), *identity_ids]),
    )
