"""Easy Auth, its issuers and its callers: nothing is said to be closed that may be open."""

from __future__ import annotations

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.kinds import APP, AUTH, DIRECTORY, POLICY, REMOVED, RESOURCE, Case, put
from tests.access.samples import AUDIENCE, CLIENT, PRINCIPAL, TENANT, Document, policy

ID = "11111111-2222-4333-8444-555555555555"
V1 = {"client_id": AUDIENCE}
SETTINGS = f"{RESOURCE}.app_settings"
UNASSIGNED = {"resource.azuread_service_principal.orders.app_role_assignment_required": False}
GITHUB = "https://token.actions.githubusercontent.com"


def version_1(**settings: object) -> dict[str, object]:
    return {
        AUTH: REMOVED,
        f"{RESOURCE}.auth_settings": {"enabled": True, "active_directory": V1, **settings},
    }


def issuer(value: str) -> dict[str, object]:
    return {f"{DIRECTORY}.tenant_auth_endpoint": value}


def without_lists(value: str) -> dict[str, object]:
    return issuer(value) | {
        f"{DIRECTORY}.allowed_applications": REMOVED,
        f"{DIRECTORY}.allowed_identities": REMOVED,
    }


def further_audience(document: Document) -> None:
    """The policy gets a token for another registration, whose audience the app accepts as well."""
    client = "${azuread_application.legacy.client_id}"
    put(
        document,
        "resource.azuread_application.legacy",
        {"display_name": "legacy", "api": {"requested_access_token_version": 2}},
    )
    put(document, "resource.azuread_service_principal.legacy", {"client_id": client})
    put(document, f"{DIRECTORY}.allowed_audiences", [AUDIENCE, client])
    put(document, POLICY, policy(resource=client))


OPTIONAL = {
    f"{AUTH}.require_authentication": False,
    f"{AUTH}.unauthenticated_action": "AllowAnonymous",
}
ALIASED = {
    "provider": {"azuread": [{}, {"alias": "other", "tenant_id": ID}]},
    "data.azuread_client_config.other": {"provider": "azuread.other"},
}
IDENTITY = "${azurerm_user_assigned_identity.gateway.id}"

CASES = [
    # Version 1
    Case(
        "version 1 that allows anonymous requests is open",
        "error",
        version_1(unauthenticated_client_action="AllowAnonymous"),
        {"anonymous": "open", "function-key": "open"},
    ),
    Case(
        "version 1 without an action is open as Azure's default is",
        "SF102",
        version_1(),
        {"anonymous": "open"},
    ),
    Case(
        "version 1 that redirects says nothing of applications",
        "SF124",
        version_1(unauthenticated_client_action="RedirectToLoginPage"),
        {"anonymous": "closed", "application": "unknown", "user": "unknown"},
    ),
    Case(
        "version 1 cannot answer 401",
        "SF124",
        version_1(unauthenticated_client_action="Return401"),
        {"anonymous": "unknown"},
    ),
    Case(
        "version 1 that is turned off is no Easy Auth",
        "SF101",
        version_1(enabled=False),
        {"anonymous": "open"},
    ),
    Case(
        "version 1 with a client secret keeps one",
        "SF122",
        version_1(active_directory={**V1, "client_secret": "x"}),
    ),
    *(
        Case(
            f"version {version} that lets all in is open whether or not it is on",
            "error",
            changes,
            {"anonymous": "open"},
        )
        for version, changes in (
            ("1", version_1(enabled="${var.on}")),
            ("2", {f"{AUTH}.auth_enabled": "${var.on}", f"{AUTH}.require_authentication": False}),
        )
    ),
    # Optional sign-in
    Case(
        "whoever is refused with a token gets in without one",
        "SF102",
        OPTIONAL,
        {"anonymous": "open", "application": "open", "user": "open", "foreign": "open"},
    ),
    Case(
        "authentication that is not required lets everybody in",
        "SF102",
        {f"{AUTH}.require_authentication": False},
        {"application-with-role": "open"},
    ),
    Case(
        "a sign-in that is known later may be optional",
        "no error",
        {f"{AUTH}.require_authentication": "${var.required}"},
        {"anonymous": "unknown", "application": "unknown", "user": "unknown"},
    ),
    Case(
        "an action that is known later may let everybody in",
        "no error",
        {f"{AUTH}.unauthenticated_action": "${var.action}"},
        {"anonymous": "unknown", "application": "unknown"},
    ),
    # Issuers
    Case(
        "an issuer over plain HTTP is none",
        "error",
        issuer(f"http://login.microsoftonline.com/{TENANT}/v2.0"),
    ),
    Case("an issuer without a scheme is none", "error", issuer("login.microsoftonline.com/x/v2.0")),
    Case("an issuer of another host is none", "error", issuer(f"https://login.example/{ID}/v2.0")),
    Case(
        "user info does not make an issuer Entra's",
        "error",
        issuer(f"https://login.microsoftonline.com@evil.example/{ID}/v2.0"),
    ),
    Case(
        "customers of External ID may be let in",
        "SF105",
        without_lists(f"https://contoso.ciamlogin.com/{ID}/v2.0"),
        {"user": "unknown", "application-with-role": "unknown", "foreign": "unknown"},
    ),
    Case(
        "users of Azure AD B2C may be let in",
        "SF105",
        without_lists("https://contoso.b2clogin.com/contoso/v2.0"),
        {"user": "unknown", "foreign": "unknown"},
    ),
    Case(
        "whoever another issuer issues tokens to may be let in",
        "SF105",
        without_lists("https://accounts.example/x/v2.0"),
        {"user": "unknown"},
    ),
    Case(
        "an issuer that is known later may be anybody's",
        "told",
        without_lists("https://${var.issuer}/v2.0"),
        {"user": "unknown", "gateway": "unknown"},
    ),
    Case(
        "the tenant of another provider's alias is another tenant",
        "warning",
        ALIASED
        | issuer(
            "https://login.microsoftonline.com/${data.azuread_client_config.other.tenant_id}/v2.0"
        ),
    ),
    Case("an alias that is not used changes nothing", "clean", ALIASED),
    Case(
        "an alias with the same tenant is the same",
        "clean",
        ALIASED
        | {"provider": {"azuread": [{"tenant_id": ID}, {"alias": "other", "tenant_id": ID}]}}
        | issuer(
            "https://login.microsoftonline.com/${data.azuread_client_config.other.tenant_id}/v2.0"
        ),
    ),
    Case(
        "a registration that an alias makes is another tenant's too",
        "SF121",
        ALIASED
        | {
            "resource.azuread_application.orders.provider": "azuread.other",
            "resource.azuread_service_principal.orders.provider": "azuread.other",
        },
    ),
    Case(
        "another tenant written out is not that of the provider",
        "SF121",
        {"provider": {"azuread": [{"tenant_id": ID}, {"alias": "b", "tenant_id": ID[:-1] + "4"}]}}
        | issuer(f"https://login.microsoftonline.com/{ID[:-1]}4/v2.0"),
    ),
    # Who is let in
    Case(
        "an object id beside the registration's own client is a stranger",
        "told",
        {
            f"{DIRECTORY}.allowed_applications": [CLIENT, AUDIENCE],
            f"{DIRECTORY}.allowed_identities": [PRINCIPAL, ID],
        },
        {"listed-application": "open/unknown"},
    ),
    Case(
        "two strangers are both told",
        "SF125",
        {
            f"{DIRECTORY}.allowed_applications": [AUDIENCE, CLIENT],
            f"{DIRECTORY}.allowed_identities": [ID, PRINCIPAL, ID[:-1] + "4"],
        },
    ),
    Case(
        "the own client alone lets nobody else in",
        "clean",
        {f"{DIRECTORY}.allowed_applications": [CLIENT, AUDIENCE]},
    ),
    Case(
        "an identity without its application is told",
        "SF116",
        {f"{DIRECTORY}.allowed_identities": [PRINCIPAL, "somebody-else"]},
    ),
    Case(
        "ids that are written out may be those of what exists",
        "no error",
        {
            f"{DIRECTORY}.allowed_applications": [ID],
            f"{DIRECTORY}.allowed_identities": [ID[:-1] + "4"],
        },
    ),
    Case(
        "an audience that is written out may be that of what exists",
        "no error",
        {f"{DIRECTORY}.client_id": ID},
    ),
    Case(
        "an assignment to an id that is written out may be the gateway's",
        "no error",
        {"resource.azuread_app_role_assignment.gateway.principal_object_id": ID},
    ),
    Case(
        "an id of another kind is surely another",
        "SF109",
        {f"{DIRECTORY}.allowed_applications": [PRINCIPAL]},
        {"gateway": "closed"},
    ),
    # Secrets
    Case(
        "a certificate's thumbprint is a secret of the registration",
        "told",
        {f"{DIRECTORY}.client_secret_certificate_thumbprint": "AB12"},
    ),
    Case("a setting's name is one too", "SF122", {f"{DIRECTORY}.client_secret_setting_name": "X"}),
    Case(
        "a managed identity in its place is none",
        "clean",
        {f"{DIRECTORY}.client_secret_setting_name": "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"},
    ),
    Case("an empty name is none", "clean", {f"{DIRECTORY}.client_secret_setting_name": ""}),
    Case(
        "a signing key in the settings makes sessions",
        "warning",
        {SETTINGS: {"WEBSITE_AUTH_SIGNING_KEY": "00ff"}},
    ),
    Case("so does an encryption key", "SF126", {SETTINGS: {"WEBSITE_AUTH_ENCRYPTION_KEY": "00"}}),
    Case("in whatever case it is written", "SF126", {SETTINGS: {"Website_Auth_Signing_Key": "x"}}),
    Case("one that is null is none", "clean", {SETTINGS: {"WEBSITE_AUTH_SIGNING_KEY": None}}),
    Case(
        "settings that are computed as a whole may hold one",
        "told",
        {SETTINGS: "${var.settings}", "variable.settings": {}},
        {"anonymous": "closed"},
    ),
    Case("another setting is no key", "clean", {SETTINGS: {"WEBSITE_TIME_ZONE": "UTC"}}),
    # Who else has the identity
    Case(
        "nodes of a cluster have their kubelet's identity",
        "SF502",
        {
            "resource.azurerm_kubernetes_cluster.k": {
                "name": "k",
                "kubelet_identity": {"user_assigned_identity_id": IDENTITY},
            }
        },
    ),
    Case(
        "a credential that azapi makes signs in as the identity",
        "SF502",
        {
            "resource.azapi_resource.x": {
                "type": "Microsoft.ManagedIdentity/userAssignedIdentities/"
                "federatedIdentityCredentials@2023-01-31",
                "name": "x",
                "parent_id": IDENTITY,
                "body": {"properties": {"issuer": GITHUB, "subject": "repo:x/x:ref:refs/heads/x"}},
            }
        },
    ),
    *(
        Case(
            f"so it does by {how}",
            "SF502",
            {
                f"resource.{kind}.x": {
                    "type": "Microsoft.ManagedIdentity/userAssignedIdentities/"
                    "federatedIdentityCredentials@2023-01-31",
                    "body": {"properties": {"issuer": GITHUB}},
                    **where,
                }
            },
        )
        for how, kind, where in (
            (
                "an id with a subscription that is known later",
                "azapi_resource",
                {
                    "name": "x",
                    "parent_id": "/subscriptions/${var.s}/resourceGroups/rg/providers/"
                    "Microsoft.ManagedIdentity/userAssignedIdentities/id-gateway",
                },
            ),
            (
                "the credential's own id",
                "azapi_update_resource",
                {"resource_id": f"{IDENTITY}/federatedIdentityCredentials/x"},
            ),
        )
    ),
    Case(
        "a program that azapi makes can have the identity",
        "SF502",
        {
            "resource.azapi_resource.x": {
                "type": "Microsoft.App/containerApps@2024-03-01",
                "name": "x",
                "identity": {"type": "UserAssigned", "identity_ids": [IDENTITY]},
            }
        },
    ),
    Case(
        "in the body of azapi it is a key",
        "SF502",
        {
            "resource.azapi_resource.x": {
                "type": "Microsoft.App/containerApps@2024-03-01",
                "name": "x",
                "body": {"identity": {"userAssignedIdentities": {IDENTITY: {}}}},
            }
        },
    ),
    Case(
        "a batch pool can have it",
        "SF502",
        {
            "resource.azurerm_batch_pool.x": {
                "name": "x",
                "identity": {"type": "UserAssigned", "identity_ids": [IDENTITY]},
            }
        },
    ),
    Case(
        "rights on the identity are no calls",
        "clean",
        {
            "resource.azurerm_role_assignment.x": {
                "scope": IDENTITY,
                "role_definition_name": "Reader",
                "principal_id": ID,
            }
        },
    ),
    # Users who sign in at the app
    Case(
        "the registration's own client on the list lets its users in",
        "SF204",
        UNASSIGNED
        | {f"{DIRECTORY}.allowed_applications": [AUDIENCE, CLIENT]}
        | {f"{DIRECTORY}.allowed_identities": REMOVED},
        {"user": "open", "application": "closed"},
    ),
    Case(
        "a list of identities keeps them out",
        "SF204",
        UNASSIGNED | {f"{DIRECTORY}.allowed_applications": [AUDIENCE, CLIENT]},
        {"user": "closed"},
    ),
    Case(
        "but not those of a group, which counts beside it",
        "SF111",
        UNASSIGNED
        | {f"{DIRECTORY}.allowed_applications": [AUDIENCE, CLIENT]}
        | {f"{DIRECTORY}.allowed_groups": ["g"]},
        {"user": "unknown"},
    ),
    # Issuers that name no tenant
    *(
        Case(
            f"whose tokens {url or 'no URL'} stands for is not known",
            "told",
            UNASSIGNED | without_lists(f"https://login.microsoftonline.com{url}"),
            {"application": "unknown", "user": "unknown", "foreign": "unknown"},
        )
        for url in ("", "/", "/v2.0", f"/v2.0/{TENANT}", f"/v2.0/{ID}/")
    ),
    # Further audiences
    Case(
        "a token for a further audience is accepted",
        "no error",
        further_audience,
        {"gateway": "open", "gateway-without-key": "closed"},
    ),
    # Other ways in
    Case(
        "another provider may be made by a dynamic block",
        "SF901",
        {
            f"{AUTH}.dynamic": {
                "google_v2": {"for_each": "${var.providers}", "content": {"client_id": "x"}}
            }
        },
    ),
    Case(
        "a provider of version 1 is another one too",
        "SF114",
        version_1(unauthenticated_client_action="RedirectToLoginPage", google={"client_id": "x"}),
    ),
    Case(
        "the path of the warm-up is not checked",
        "SF113",
        {f"{SETTINGS}.WEBSITE_WARMUP_PATH": "/api/ping"},
        {"excluded-path": "open", "anonymous": "closed"},
    ),
    Case(
        "a setting of Easy Auth that is not described is in doubt",
        "SF906",
        {f"{SETTINGS}.WEBSITE_AUTH_V2_CONFIG_JSON": "{}"},
        {"anonymous": "unknown"},
    ),
    Case(
        "one that is described lets nobody in",
        "clean",
        {f"{SETTINGS}.WEBSITE_AUTH_USE_LEGACY_CLAIMS": "true"},
    ),
    Case(
        "settings are read through merge",
        "SF126",
        {SETTINGS: '${merge({A = "b"}, {WEBSITE_AUTH_SIGNING_KEY = "x"})}'},
    ),
    Case(
        "and switches through contains and lookup",
        "error",
        {f"{AUTH}.auth_enabled": '${contains(["prod"], lookup({e = "dev"}, "e", "prod"))}'},
        {"anonymous": "open"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    "required", [False, REMOVED, "${var.required}"], ids=["not required", "not said", "not known"]
)
def test_whoever_is_let_through_is_not_redirected(required: object) -> None:
    document = Case(
        "no token is demanded",
        "told",
        {
            f"{AUTH}.require_authentication": required,
            f"{AUTH}.unauthenticated_action": "RedirectToLoginPage",
        },
    ).document()
    found = {each.rule for each in analyse(read_stacks({"stack": document})).findings}
    assert found & {"SF102", "SF901"}
    assert not {"SF102", "SF117"} <= found


def test_the_slots_of_the_old_type_are_targets() -> None:
    old = {
        "resource_group_name": "rg",
        "storage_account_name": "st",
        "auth_settings": {"enabled": True, "unauthenticated_client_action": "RedirectToLoginPage"},
    }
    slot = {"name": "blue", "function_app_name": "${azurerm_function_app.old.name}"}
    Case(
        "its slot is open",
        "SF101",
        {
            "resource.azurerm_function_app.old": {"name": "func-old", **old},
            "resource.azurerm_function_app_slot.blue": slot,
        },
    ).check()
    assert APP == "azurerm_linux_function_app"


def test_an_app_that_no_gateway_calls_is_no_broken_chain() -> None:
    sign_in = {
        "name": "func-site",
        "https_only": True,
        "ftp_publish_basic_authentication_enabled": False,
        "webdeploy_publish_basic_authentication_enabled": False,
        "site_config": {"scm_ip_restriction_default_action": "Deny"},
        "auth_settings_v2": {
            "auth_enabled": True,
            "require_authentication": True,
            "unauthenticated_action": "RedirectToLoginPage",
            "login": {},
            "github_v2": {"client_id": "x"},
        },
    }
    alone = Case("alone", "SF114", {f"resource.{APP}.site": sign_in})
    alone.check()
    analysis = analyse(read_stacks({"stack": alone.document()}))
    assert {each.rule for each in analysis.findings} == {"SF114"}
