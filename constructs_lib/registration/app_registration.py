"""The Entra application that stands for a function app: its audience and its callers' role.

Entra issues a token for it to nobody without the role: the service principal requires an
assignment, and `grant` is the only thing that makes one.

Sources: azuread `azuread_application`, `azuread_service_principal`,
`azuread_app_role_assignment`; Entra docs "Access tokens" (versions) and "Restrictions on identifier
URIs of Microsoft Entra applications".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cdktf import TerraformLocal, TerraformResourceLifecycle
from cdktf_cdktf_provider_azuread.app_role_assignment import AppRoleAssignment
from cdktf_cdktf_provider_azuread.application import (
    Application,
    ApplicationApi,
    ApplicationAppRole,
)
from cdktf_cdktf_provider_azuread.service_principal import ServicePrincipal
from constructs import Construct

from constructs_lib._cdk.arguments import check_pattern, refuse
from constructs_lib._cdk.props.checked import checked
from constructs_lib._core.azure_names import (
    OBJECT_ID,
    DisplayName,
    IdentifierUri,
    ObjectId,
    RoleValue,
    TenantId,
)
from constructs_lib._core.problems import Count
from constructs_lib.registration.app_role import APP_ROLE_ID, ROLE
from constructs_lib.registration.existing import ExistingRegistration, issuer
from constructs_lib.registration.owners import owners_with, remember_maker, signed_in
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azuread.application_identifier_uri import ApplicationIdentifierUri


class AppRegistration(Construct):
    """A new application registration with version-2 tokens, one tenant and one app role.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`, part of Terraform addresses.
        display_name: 1 to 120 characters, shown in the directory; unique within a stack.
        tenant_id: The tenant; the one that the azuread provider is signed in to if left out.
        role: The app role's value, which tokens carry in `roles`.
        identifier_uri: Only for callers that must ask by URI; the gateway asks by client id.
            `{client_id}` stands for the application's own.
        owners: Object ids of its owners besides whoever makes it, at most 99. Name everybody who
            is to apply later with no more than the right `Application.ReadWrite.OwnedBy`.

    Attributes:
        maker: The `terraform_data` that remembers who made it, so that its owners do not change
            with whoever applies.
        application: The `azuread_application`.
        service_principal: The `azuread_service_principal`, with assignment required.
        client_id: The audience of its tokens.
        tenant_id: The tenant that it lives in.
        issuer: The issuer URL of its tokens.
        audiences: Empty: a version-2 token's audience is always the client id.
        token_version: 2.
        grants: The role assignments, by the principal's name.

    Raises:
        InputError: For a name, URI, role or owner that Entra refuses.
    """

    audiences: tuple[str, ...] = ()
    token_version: Literal[1, 2] = 2

    @checked()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        display_name: DisplayName,
        tenant_id: TenantId | None = None,
        role: RoleValue = ROLE,
        identifier_uri: IdentifierUri | None = None,
        owners: Annotated[
            Sequence[ObjectId], Count(0, 99, "write at most 99 object ids besides the maker's")
        ] = (),
    ) -> None:
        super().__init__(scope, id)
        self.maker = remember_maker(self)
        all_owners = owners_with(self.maker, owners)
        self.application = self._make_application(
            display_name, role, all_owners, named_later=bool(identifier_uri)
        )
        self.client_id = self.application.client_id
        self.identifier_uri = self._name(identifier_uri) if identifier_uri else None
        self.service_principal = ServicePrincipal(
            self,
            "principal",
            client_id=self.client_id,
            app_role_assignment_required=True,
            owners=all_owners,
        )
        self._service_principal_id = self.service_principal.object_id
        self.tenant_id = tenant_id or current_tenant_id(scope)
        self.issuer = issuer(self.tenant_id)
        self.grants: dict[str, AppRoleAssignment] = {}
        self._principals: dict[str, Principal] = {}

    def _make_application(
        self, display_name: str, role: str, owners: list[str], *, named_later: bool
    ) -> Application:
        return Application(
            self,
            "application",
            display_name=display_name,
            sign_in_audience="AzureADMyOrg",
            api=ApplicationApi(requested_access_token_version=2),
            app_role=[
                ApplicationAppRole(
                    id=APP_ROLE_ID,
                    allowed_member_types=["Application"],
                    display_name=role,
                    description="Call the functions",
                    value=role,
                    enabled=True,
                )
            ],
            owners=owners,
            # Without this, the second plan takes the URI of the separate resource away again.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["identifier_uris"])
            if named_later
            else None,
        )

    def _name(self, identifier_uri: str) -> ApplicationIdentifierUri:
        from cdktf_cdktf_provider_azuread.application_identifier_uri import (
            ApplicationIdentifierUri,
        )

        return ApplicationIdentifierUri(
            self,
            "identifier-uri",
            application_id=self.application.id,
            identifier_uri=identifier_uri.replace("{client_id}", self.client_id),
        )

    @staticmethod
    def existing(
        *,
        client_id: str,
        tenant_id: str,
        audiences: Sequence[str] = (),
        token_version: Literal[1, 2] = 2,
    ) -> ExistingRegistration:
        """Take a registration that somebody else manages; see `ExistingRegistration`."""
        return ExistingRegistration(
            client_id=client_id,
            tenant_id=tenant_id,
            audiences=tuple(audiences),
            token_version=token_version,
        )

    @staticmethod
    def from_contract(path: str | Path, name: str) -> ExistingRegistration:
        """Take a registration from the contract that the directory team handed over.

        Args:
            path: The file; see `directory_contract` for what it holds.
            name: The registration's name in it.

        Raises:
            InputError: If the file is no contract, or does not have it; with the file and the key.
        """
        # For a stack that reads a contract only.
        from constructs_lib.registration.contract import DirectoryContract

        return DirectoryContract.read(path).registration(name)

    @property
    def principals(self) -> tuple[Principal, ...]:
        """Who was assigned the role."""
        return tuple(self._principals.values())

    def grant(self, principal: Principal) -> AppRoleAssignment:
        """Assign the app role to `principal`, so that Entra issues it tokens for the functions.

        Args:
            principal: The gateway's identity or a further caller; its name becomes part of the
                assignment's Terraform address.

        Returns:
            The assignment; the one made before if the principal was granted already.

        Raises:
            InputError: If the name stands for another principal, or the id is no UUID.
        """
        found = self.grants.get(principal.name)
        if self._principals.setdefault(principal.name, principal) != principal:
            refuse(
                self,
                "grant",
                f"{principal.name!r} already names another principal",
                "give each principal a name of its own",
            )
        if found is None:
            check_pattern(self, "grant", principal.object_id, OBJECT_ID)
            found = self.grants[principal.name] = AppRoleAssignment(
                self,
                f"grant-{principal.name}",
                app_role_id=APP_ROLE_ID,
                principal_object_id=principal.object_id,
                resource_object_id=self._service_principal_id,
            )
            if principal.formerly:
                found.move_from_id(self._former_address(principal.formerly))
        return found

    def _former_address(self, name: str) -> str:
        """Return the address that the role assignment to a principal of that name had."""
        # CDKTF makes addresses of paths: ask it for that of a construct in the old place.
        former = TerraformLocal(self, f"grant-{name}", "")
        address = f"azuread_app_role_assignment.{former.friendly_unique_id}"
        self.node.try_remove_child(former.node.id)
        return address


Registration = AppRegistration | ExistingRegistration


def current_tenant_id(scope: Construct) -> str:
    """Return the tenant that the azuread provider is signed in to, looked up once a stack."""
    return signed_in(scope).tenant_id
