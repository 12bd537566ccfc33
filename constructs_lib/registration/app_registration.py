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
    ApplicationApiOauth2PermissionScope,
    ApplicationAppRole,
)
from cdktf_cdktf_provider_azuread.service_principal import ServicePrincipal
from constructs import Construct

from constructs_lib._cdk.acceptance import accept
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
from constructs_lib.registration.delegated import (
    DEFAULT_ACCESS,
    SCOPE_ID,
    DelegatedAccess,
    delegated_problems,
)
from constructs_lib.registration.existing import ExistingRegistration, issuer
from constructs_lib.registration.owners import owners_with, remember_maker, signed_in
from constructs_lib.registration.principal import Principal

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azuread.application_identifier_uri import ApplicationIdentifierUri
    from cdktf_cdktf_provider_azuread.application_pre_authorized import ApplicationPreAuthorized


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
        delegated: The scope that users of client applications get tokens for; none if left out.

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
        pre_authorized: The `azuread_application_pre_authorized` of client applications, by name.
        user_grants: The assignments of users and groups, by name.

    Raises:
        InputError: For a name, URI, role or owner that Entra refuses.
    """

    audiences: tuple[str, ...] = ()
    token_version: Literal[1, 2] = 2

    @checked(delegated_problems)
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
        delegated: DelegatedAccess | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.maker = remember_maker(self)
        all_owners = owners_with(self.maker, owners)
        # Entra takes a URI on a domain that the tenant has not verified only together with the
        # version of the tokens (Learn, "Restrictions on identifier URIs", exemptions), so what is
        # known at once is sent at once. A registration without a scope keeps the address it had.
        at_once = (
            identifier_uri if delegated and "{client_id}" not in (identifier_uri or "") else None
        )
        later = None if at_once else identifier_uri
        self.application = self._make_application(
            display_name,
            role,
            all_owners,
            at_once=at_once,
            named_later=bool(later),
            delegated=delegated,
        )
        self.client_id = self.application.client_id
        self.identifier_uri = self._name(later) if later else None
        self.service_principal = ServicePrincipal(
            self,
            "principal",
            client_id=self.client_id,
            app_role_assignment_required=not (delegated and delegated.all_users_reason),
            owners=all_owners,
        )
        if delegated and delegated.all_users_reason:
            accept(self.service_principal, "SF204", reason=delegated.all_users_reason)
        self._service_principal_id = self.service_principal.object_id
        self.tenant_id = tenant_id or current_tenant_id(scope)
        self.issuer = issuer(self.tenant_id)
        self.grants: dict[str, AppRoleAssignment] = {}
        self._principals: dict[str, Principal] = {}
        self.pre_authorized: dict[str, ApplicationPreAuthorized] = {}
        self.user_grants: dict[str, AppRoleAssignment] = {}
        if delegated:
            self._delegate(delegated)

    def _make_application(
        self,
        display_name: str,
        role: str,
        owners: list[str],
        *,
        at_once: str | None,
        named_later: bool,
        delegated: DelegatedAccess | None,
    ) -> Application:
        return Application(
            self,
            "application",
            display_name=display_name,
            sign_in_audience="AzureADMyOrg",
            identifier_uris=[at_once] if at_once else None,
            api=ApplicationApi(
                requested_access_token_version=2,
                oauth2_permission_scope=[_scope(delegated, display_name)] if delegated else None,
            ),
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

    def _delegate(self, delegated: DelegatedAccess) -> None:
        """Let the clients ask without consent, and the users sign in to them."""
        from cdktf_cdktf_provider_azuread.application_pre_authorized import (
            ApplicationPreAuthorized,
        )

        for name, client_id in delegated.clients.items():
            self.pre_authorized[name] = ApplicationPreAuthorized(
                self,
                f"client-{name}",
                application_id=self.application.id,
                authorized_client_id=client_id,
                permission_ids=[SCOPE_ID],
            )
        for name, object_id in delegated.users.items():
            self.user_grants[name] = AppRoleAssignment(
                self,
                f"user-{name}",
                app_role_id=DEFAULT_ACCESS,
                principal_object_id=object_id,
                resource_object_id=self._service_principal_id,
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


def _scope(delegated: DelegatedAccess, display_name: str) -> ApplicationApiOauth2PermissionScope:
    return ApplicationApiOauth2PermissionScope(
        id=SCOPE_ID,
        value=delegated.scope,
        type="User",
        enabled=True,
        admin_consent_display_name=f"Call {display_name}",
        admin_consent_description=f"Call {display_name} as the user who signed in.",
        user_consent_display_name=f"Call {display_name}",
        user_consent_description=f"Call {display_name} as you.",
    )


Registration = AppRegistration | ExistingRegistration


def current_tenant_id(scope: Construct) -> str:
    """Return the tenant that the azuread provider is signed in to, looked up once a stack."""
    return signed_in(scope).tenant_id
