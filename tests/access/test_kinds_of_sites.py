"""The site: access restrictions as App Service applies them, side doors, storage and keys."""

from __future__ import annotations

import pytest

from tests.access.kinds import (
    APP,
    AUTH,
    BACKEND,
    GATEWAY,
    POLICY,
    REMOVED,
    RESOURCE,
    SITE,
    Case,
    inbound,
)

OPEN = {AUTH: REMOVED}
STORAGE = "resource.azurerm_storage_account.s"
SETTINGS = f"{RESOURCE}.app_settings"
ACCOUNT = {"name": "st", "resource_group_name": "rg", "location": "w"}
OLD = {
    "name": "func-old",
    "resource_group_name": "rg",
    "storage_account_name": "st",
    "https_only": True,
}


def endpoint(target: str) -> dict[str, object]:
    """A private endpoint that leads to a site."""
    connection = {"private_connection_resource_id": f"${{{target}.id}}"}
    return {
        "resource.azurerm_private_endpoint.it": {
            "name": "it",
            "private_service_connection": [{**connection, "subresource_names": ["sites"]}],
        }
    }


def rules(*given: dict[str, object], default: str | None = "Deny", scm: bool = False) -> dict:
    """No Easy Auth, so that the network rules alone decide."""
    name = "scm_ip_restriction" if scm else "ip_restriction"
    changes: dict[str, object] = {} if scm else dict(OPEN)
    changes[f"{SITE}.{name}"] = [
        {"priority": 100 * (place + 1), "action": "Allow", **each}
        for place, each in enumerate(given)
    ]
    if default is not None:
        changes[f"{SITE}.{name}_default_action"] = default
    return changes


def tag(name: str, **more: object) -> dict[str, object]:
    return {"service_tag": name, **more}


def address(text: str, action: str = "Allow", **more: object) -> dict[str, object]:
    return {"ip_address": text, "action": action, **more}


def azapi_storage(properties: dict[str, object]) -> dict[str, object]:
    return {
        "resource.azapi_resource.s": {
            "type": "Microsoft.Storage/storageAccounts@2023-05-01",
            "name": "st",
            "parent_id": "/subscriptions/s/resourceGroups/rg",
            "body": {"properties": properties},
        }
    }


FRONT_DOOR = "11111111-2222-4333-8444-555555555555"
DOOR = {"x_azure_fdid": [FRONT_DOOR]}
DENY_ALL = (address("0.0.0.0/0", "Deny"), address("::/0", "Deny"))
HALF, OTHER_HALF = address("0.0.0.0/1", "Deny"), address("128.0.0.0/1", "Deny")
CLOSED = {"anonymous": "closed"}
OPENED = {"anonymous": "open"}
UNKNOWN = {"anonymous": "unknown"}
SUBNET = {"virtual_network_subnet_id": "${azurerm_subnet.s.id}"}
JOINED = {
    f"resource.{GATEWAY}.gateway.virtual_network_type": "External",
    f"resource.{GATEWAY}.gateway.virtual_network_configuration": {
        "subnet_id": "${azurerm_subnet.s.id}"
    },
    "resource.azurerm_subnet.s": {"name": "s"},
}

CASES = [
    # Service tags
    Case("everybody has a Front Door", "error", rules(tag("AzureFrontDoor.Backend")), OPENED),
    Case(
        "a Front Door of one's own is named by its id",
        "SF101",
        rules(tag("AzureFrontDoor.Backend", headers=[DOOR])),
        CLOSED,
    ),
    Case(
        "a forwarded host is no proof of a Front Door",
        "error",
        rules(tag("AzureFrontDoor.Backend", headers=[{"x_forwarded_host": ["x"]}])),
        OPENED,
    ),
    Case("everybody has an app", "error", rules(tag("AppService.WestEurope")), OPENED),
    Case("everybody has a workflow", "error", rules(tag("LogicApps")), OPENED),
    Case("everybody rents a machine", "error", rules(tag("AzureCloud")), OPENED),
    Case("the control plane calls nothing", "SF406", rules(tag("ApiManagement")), CLOSED),
    Case("a tag that is not known may be anybody's", "error", rules(tag("NewService")), UNKNOWN),
    Case("a tag that is known later may be anybody's", "error", rules(tag("${var.t}")), UNKNOWN),
    Case(
        "whom a new tag lets in besides is no matter where all are let in",
        "error",
        rules(tag("AzurePortal"), default="Allow"),
        OPENED,
    ),
    Case(
        "nor is a tag that is known later",
        "error",
        rules(tag("${var.t}"), default="Allow"),
        OPENED,
    ),
    Case(
        "it is where all others are denied",
        "error",
        rules(tag("NewService"), address("0.0.0.0/0", "Deny"), default="Allow"),
        UNKNOWN,
    ),
    # Ranges
    Case(
        "one of several ranges is everybody",
        "error",
        rules(address("0.0.0.0/0,10.0.0.0/8")),
        OPENED,
    ),
    Case("the last of several is", "error", rules(address("10.0.0.0/8, 0.0.0.0/0")), OPENED),
    Case("two halves are everybody", "error", rules(address("0.0.0.0/1,128.0.0.0/1")), OPENED),
    Case(
        "several named ranges are not", "error", rules(address("10.0.0.0/8,192.0.2.0/24")), CLOSED
    ),
    Case("a range that is no range is not known", "error", rules(address("x")), UNKNOWN),
    # Order, denial, default
    Case(
        "everybody is denied after a named network",
        "error",
        rules(address("203.0.113.9/32"), *DENY_ALL, default="Allow"),
        CLOSED,
    ),
    Case(
        "in two halves as well",
        "error",
        rules(
            address("203.0.113.9/32"),
            address("0.0.0.0/1", "Deny"),
            address("128.0.0.0/1", "Deny"),
            default="Allow",
        ),
        CLOSED,
    ),
    Case(
        "a denial after everybody was let in closes nothing",
        "error",
        rules(address("0.0.0.0/0"), *DENY_ALL, default="Deny"),
        OPENED,
    ),
    Case(
        "a denial of a part closes nothing for the rest",
        "error",
        rules(address("203.0.113.0/24", "Deny"), default="Allow"),
        OPENED,
    ),
    Case(
        "priorities decide, not the order in which rules stand",
        "error",
        rules(
            address("0.0.0.0/0", "Deny", priority=200),
            address("0.0.0.0/0", "Allow", priority=100),
            default="Deny",
        ),
        OPENED,
    ),
    Case(
        "priorities that are known later decide later",
        "error",
        rules(
            address("0.0.0.0/0", "Deny", priority="${var.p}"),
            address("0.0.0.0/0", "Allow", priority=100),
        ),
        UNKNOWN,
    ),
    Case(
        "an action that is known later may let everybody in",
        "error",
        rules(address("0.0.0.0/0", "${var.action}")),
        UNKNOWN,
    ),
    Case(
        "a default that is known later may let everybody in",
        "error",
        rules(address("10.0.0.0/8"), default="${var.action}"),
        UNKNOWN,
    ),
    Case(
        "the gateway's subnet and nobody else is no open end",
        "clean",
        {
            **JOINED,
            f"{SITE}.ip_restriction": [
                {"priority": 1, "action": "Allow", **SUBNET},
                {"priority": 2, **DENY_ALL[0]},
                {"priority": 3, **DENY_ALL[1]},
            ],
        },
    ),
    Case(
        "named networks with an open end are said",
        "SF411",
        {f"{SITE}.ip_restriction": [address("10.0.0.0/8", priority=1)]},
    ),
    # SCM
    Case(
        "the deployment site of everybody's Front Door is open",
        "SF410 or SF411",
        rules(tag("AzureFrontDoor.Backend"), scm=True),
    ),
    Case(
        "the deployment site's first range is everybody",
        "SF410",
        rules(address("0.0.0.0/0,10.0.0.0/8"), scm=True),
    ),
    Case(
        "the deployment site of a named network is closed",
        "clean",
        rules(address("10.0.0.0/8"), scm=True),
    ),
    Case(
        "the deployment site may share the rules of the main one",
        "SF410",
        {f"{SITE}.scm_use_main_ip_restriction": True},
    ),
    Case(
        "whom rules of the deployment site name may be known later",
        "told",
        {
            f"{SITE}.dynamic": {
                "scm_ip_restriction": {
                    "for_each": "${var.ranges}",
                    "content": {"ip_address": "${scm_ip_restriction.value}", "priority": 1},
                }
            },
            "variable.ranges": {},
        },
    ),
    # Stopped
    Case(
        "a stopped app is closed to everybody",
        "SF413",
        {**OPEN, f"{RESOURCE}.enabled": False},
        {"anonymous": "closed", "function-key": "closed", "application": "closed"},
    ),
    Case("a running app is not", "error", {**OPEN, f"{RESOURCE}.enabled": True}, OPENED),
    Case(
        "one that may be stopped may be open",
        "error",
        {**OPEN, f"{RESOURCE}.enabled": "${var.on}"},
        UNKNOWN,
    ),
    Case(
        "one that azapi starts runs",
        "error",
        {
            **OPEN,
            f"{RESOURCE}.enabled": False,
            "resource.azapi_resource_action.x": {
                "type": "Microsoft.Web/sites@2023-12-01",
                "resource_id": f"${{{APP}.orders.id}}",
                "action": "start",
            },
        },
        OPENED,
    ),
    Case(
        "a stopped app with Easy Auth is closed too",
        "SF413",
        {f"{RESOURCE}.enabled": False},
        CLOSED,
    ),
    # The old type
    Case(
        "the old type denies whom no rule matches",
        "SF101",
        {
            "resource.azurerm_function_app.old": {
                **OLD,
                "site_config": {"ip_restriction": [address("198.51.100.0/24")]},
            }
        },
    ),
    Case(
        "the old type speaks of TLS otherwise",
        "SF407",
        {"resource.azurerm_function_app.old": {**OLD, "site_config": {"min_tls_version": "1.0"}}},
    ),
    Case(
        "of the old type a private endpoint may take public access away",
        "SF101",
        {"resource.azurerm_function_app.old": OLD, **endpoint("azurerm_function_app.old")},
        {"anonymous": "closed/unknown"},
    ),
    Case(
        "that of another does not",
        "SF101",
        {"resource.azurerm_function_app.old": OLD, **endpoint("azurerm_storage_account.x")},
        {"anonymous": "closed/open"},
    ),
    Case(
        "the later types say that they have it",
        "error",
        {f"{AUTH}.auth_enabled": False, **endpoint(f"{APP}.orders")},
        {"anonymous": "open"},
    ),
    # TLS
    Case("a version of TLS may be a number", "SF407", {f"{SITE}.minimum_tls_version": 1.1}),
    Case("of the deployment site too", "SF407", {f"{SITE}.scm_minimum_tls_version": 1.0}),
    Case("1.3 is not outdated", "clean", {f"{SITE}.minimum_tls_version": 1.3}),
    Case("1.2 is not either", "clean", {f"{SITE}.minimum_tls_version": "1.2"}),
    # Storage
    Case(
        "a reference to a connection string is a key",
        "SF409",
        {
            SETTINGS: {
                "AzureWebJobsStorage": "${azurerm_storage_account.s.primary_connection_string}"
            },
            STORAGE: {**ACCOUNT, "shared_access_key_enabled": False},
        },
    ),
    Case(
        "so is one to the second key",
        "SF409",
        {
            SETTINGS: {"Key": "${azurerm_storage_account.s.secondary_access_key}"},
            STORAGE: {**ACCOUNT, "shared_access_key_enabled": False},
        },
    ),
    Case(
        "within a text as well",
        "SF409",
        {
            SETTINGS: {"S": "AccountName=st;K=${azurerm_storage_account.s.primary_access_key}"},
            STORAGE: {**ACCOUNT, "shared_access_key_enabled": False},
        },
    ),
    Case(
        "a connection string of another kind of setting is one too",
        "SF409",
        {
            f"{RESOURCE}.connection_string": {
                "name": "x",
                "type": "Custom",
                "value": "AccountKey=abc",
            }
        },
    ),
    Case(
        "a signature that may write opens the code",
        "SF409",
        {SETTINGS: {"S": "BlobEndpoint=https://x/;SharedAccessSignature=sv=1&sp=rwdlac&sig=a"}},
    ),
    Case(
        "one that may only read is a secret, and opens no code",
        "SF414",
        {SETTINGS: {"WEBSITE_RUN_FROM_PACKAGE": "https://x/p.zip?sv=1&sp=r&sig=a"}},
    ),
    Case("one whose rights are not told may", "SF409", {SETTINGS: {"S": "https://x/?sig=a"}}),
    Case(
        "the storage of the app that takes keys is said",
        "told",
        {f"{RESOURCE}.storage_account_name": "${azurerm_storage_account.s.name}", STORAGE: ACCOUNT},
    ),
    Case(
        "also where it is named in a setting",
        "SF416",
        {SETTINGS: {"AzureWebJobsStorage__accountName": "st"}, STORAGE: ACCOUNT},
    ),
    *(
        Case(
            f"so is one {what}",
            "SF416",
            {f"{RESOURCE}.storage_account_name": "st", **account},
        )
        for what, account in (
            (
                "of which nobody knows",
                {STORAGE: ACCOUNT | {"shared_access_key_enabled": "${var.k}"}},
            ),
            ("that azapi makes", azapi_storage({})),
            ("that azapi makes with keys", azapi_storage({"allowSharedKeyAccess": True})),
        )
    ),
    Case(
        "one that azapi makes without keys is not",
        "clean",
        {
            f"{RESOURCE}.storage_account_name": "st",
            **azapi_storage({"allowSharedKeyAccess": False}),
        },
    ),
    Case(
        "one that takes no keys is not",
        "clean",
        {
            f"{RESOURCE}.storage_account_name": "${azurerm_storage_account.s.name}",
            STORAGE: {**ACCOUNT, "shared_access_key_enabled": False},
        },
    ),
    Case("another app's storage is not", "clean", {STORAGE: ACCOUNT}),
    # Keys of the host
    Case(
        "a key of the host that is put out is said",
        "told",
        {
            "data.azurerm_function_app_host_keys.k": {"name": "x", "resource_group_name": "rg"},
            "output.k": {"value": "${data.azurerm_function_app_host_keys.k.primary_key}"},
        },
    ),
    Case(
        "within an object as well",
        "SF417",
        {
            "data.azurerm_function_app_host_keys.k": {"name": "x", "resource_group_name": "rg"},
            "output.k": {
                "value": {"a": "${data.azurerm_function_app_host_keys.k.default_function_key}"}
            },
        },
    ),
    *(
        Case(
            f"by azapi it is one too, as {kind}",
            "SF417",
            {
                f"{kind}.azapi_resource_action.k": {
                    "type": "Microsoft.Web/sites/host@2023-12-01",
                    "resource_id": f"${{{APP}.orders.id}}/host/default",
                    "action": "listkeys",
                },
                "output.k": {"value": f"${{{prefix}azapi_resource_action.k.output.masterKey}}"},
            },
        )
        for kind, prefix in (("resource", ""), ("data", "data."))
    ),
    Case("another output is not", "clean", {"output.name": {"value": f"${{{APP}.orders.name}}"}}),
    Case(
        "with a key in the backend the host decides on requests without one",
        "SF314",
        {**OPEN, f"{BACKEND}.credentials": {"header": {"x-functions-key": "k"}}},
        {"anonymous": "unknown", "function-key": "open"},
    ),
    *(
        Case(
            f"so it does with one in {where} that a policy sets",
            "error",
            {**OPEN, POLICY: inbound(statement)},
            {"anonymous": "unknown", "function-key": "open"},
        )
        for where, statement in (
            ("a header", '<set-header name="x-functions-key"><value>{{k}}</value></set-header>'),
            (
                "the address",
                '<set-query-parameter name="code"><value>k</value></set-query-parameter>',
            ),
        )
    ),
    Case(
        "with an authLevel of a function too",
        "error",
        {
            **OPEN,
            "resource.azurerm_function_app_function.f": {
                "name": "f",
                "function_app_id": f"${{{APP}.orders.id}}",
                "config_json": '{"bindings": [{"authLevel": "function"}]}',
            },
        },
        {"anonymous": "unknown", "function-key": "open"},
    ),
    Case(
        "with an anonymous one nothing decides",
        "error",
        {
            **OPEN,
            "resource.azurerm_function_app_function.f": {
                "name": "f",
                "function_app_id": f"${{{APP}.orders.id}}",
                "config_json": '{"bindings": [{"authLevel": "anonymous"}]}',
            },
        },
        OPENED,
    ),
    Case(
        "whose rules the deployment site has may be known later",
        "no error",
        {f"{SITE}.scm_use_main_ip_restriction": "${var.shared}"},
    ),
    # Deployment
    Case(
        "a zip cannot be deployed without passwords", "SF415", {f"{RESOURCE}.zip_deploy_file": "a"}
    ),
    Case(
        "with them it can",
        "SF403",
        {
            f"{RESOURCE}.zip_deploy_file": "a",
            f"{RESOURCE}.webdeploy_publish_basic_authentication_enabled": True,
        },
    ),
    # Whom several rules let in together
    Case("to deny a half is not to deny all", "error", rules(HALF, default=None), OPENED),
    Case("to deny both halves is", "SF101", rules(HALF, OTHER_HALF, default=None), CLOSED),
    Case("who is denied before is not let in", "SF101", rules(HALF, address("0.0.0.0/2")), CLOSED),
    Case("who is not denied before is", "error", rules(HALF, address("0.0.0.0/0")), OPENED),
    Case(
        "many named ranges together are everybody",
        "error",
        rules(*(address(f"{first}.0.0.0/8") for first in range(16, 32))),
        OPENED,
    ),
    Case(
        "version 6 in halves is too", "error", rules(address("::/1"), address("8000::/1")), OPENED
    ),
    Case(
        "to deny everybody's machines is not to deny all",
        "error",
        rules(tag("AzureCloud", action="Deny"), default="Allow"),
        OPENED,
    ),
    Case(
        "to deny Front Doors is not either",
        "error",
        rules(tag("AzureFrontDoor.Backend", action="Deny"), default="Allow"),
        OPENED,
    ),
    Case(
        "to deny the internet is",
        "SF101",
        rules(tag("Internet", action="Deny"), default="Allow"),
        CLOSED,
    ),
    Case(
        "of two tags nobody knows whom they share",
        "error",
        rules(tag("AzureCloud", action="Deny"), tag("AzureFrontDoor.Backend")),
        UNKNOWN,
    ),
    Case(
        "whoever leaves a header out is not denied by it",
        "error",
        rules(
            address("0.0.0.0/0", "Deny", headers={"x_forwarded_for": ["192.0.2.0/24"]}),
            default="Allow",
        ),
        OPENED,
    ),
    Case(
        "a named network before it hides no Front Door",
        "error",
        rules(address("192.0.2.0/24"), tag("AzureFrontDoor.Backend")),
        OPENED,
    ),
    Case(
        "to deny a half of the deployment site leaves the other",
        "SF403",
        rules(HALF, default="Allow", scm=True)
        | {f"{RESOURCE}.webdeploy_publish_basic_authentication_enabled": True},
        {"publishing": "open"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is(case: Case) -> None:
    case.check()
