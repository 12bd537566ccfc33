"""An application registration that somebody else manages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from constructs_lib._core.azure_names import ClientId, TenantId
from constructs_lib._core.problems import ValueObject
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azuread.app_role_assignment import AppRoleAssignment

_ENDPOINT = "https://login.microsoftonline.com"


def issuer(tenant_id: str, token_version: Literal[1, 2] = 2) -> str:
    """Return the issuer URL that Easy Auth must name for tokens of this version.

    Learn, "Configure your App Service app to use Microsoft Entra sign-in": the `/v2.0` at the end
    belongs to version 2 only, and a mismatch makes every call a 401.
    """
    return f"{_ENDPOINT}/{tenant_id}" + ("/v2.0" if token_version == 2 else "")


@dataclass(frozen=True, kw_only=True)
class ExistingRegistration(ValueObject):
    """An application registration that somebody else manages; needs no right in the directory.

    Attributes:
        client_id: Its application (client) id, a UUID.
        tenant_id: The tenant that it lives in, a UUID.
        audiences: What its tokens carry as `aud` besides the client id: its identifier URI, if
            it has version-1 tokens.
        token_version: Its `requestedAccessTokenVersion`; null there means 1.
        callers: To whom its role is assigned, as its contract says; empty if nothing says so.
        grants: Empty; whoever manages the registration assigns its role to the gateway.
    """

    client_id: ClientId
    tenant_id: TenantId
    audiences: tuple[str, ...] = ()
    token_version: Literal[1, 2] = 2
    callers: tuple[Principal, ...] = ()
    grants: dict[str, AppRoleAssignment] = field(default_factory=dict[str, "AppRoleAssignment"])

    @property
    def issuer(self) -> str:
        """The issuer URL of its tokens."""
        return issuer(self.tenant_id, self.token_version)
