"""Who else writes what the links say: it is read, or what it could change is in doubt."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.access import analyse, read_stacks
from tests.access.kinds import APP, AUTH, DIRECTORY, GATEWAY, POLICY, RESOURCE, Case, holds, inbound
from tests.access.samples import Document, chain, easy_auth

SITE = f"${{{APP}.orders.id}}"
X = "resource.azapi_update_resource.x"
DOUBTED = dict.fromkeys(("anonymous", "application", "user", "foreign", "gateway"), "unknown")
FRAGMENT = f"{GATEWAY}_policy_fragment"


def config(name: str, body: Any, **more: Any) -> dict[str, Any]:
    return {
        X: {
            "type": "Microsoft.Web/sites/config@2023-12-01",
            "name": name,
            "parent_id": SITE,
            "body": body,
            **more,
        }
    }


def auth(properties: Any) -> dict[str, Any]:
    return config("authsettingsV2", {"properties": properties})


def ignoring(*names: str) -> dict[str, Any]:
    return {f"{RESOURCE}.lifecycle": {"ignore_changes": list(names)}}


def with_uri() -> dict[str, Any]:
    """A registration whose URI a resource of its own writes, as azuread wants it."""
    return {
        "resource.azuread_application.orders.lifecycle": {"ignore_changes": ["identifier_uris"]},
        "resource.azuread_application_identifier_uri.own": {
            "application_id": "${azuread_application.orders.id}",
            "identifier_uri": "api://${azuread_application.orders.client_id}",
        },
    }


def command(text: str, kind: str = "local-exec") -> dict[str, Any]:
    return {"resource.terraform_data.x": {"provisioner": [{kind: {"command": text}}]}}


def template(content: Any) -> dict[str, Any]:
    return {
        "resource.azurerm_resource_group_template_deployment.x": {
            "name": "x",
            "resource_group_name": "rg",
            "deployment_mode": "Incremental",
            "template_content": content if isinstance(content, str) else json.dumps(content),
        }
    }


def fragment(written: Any) -> dict[str, Any]:
    return {
        f"resource.{FRAGMENT}.f": {
            "api_management_id": f"${{{GATEWAY}.gateway.id}}",
            "name": "f",
            "value": "<fragment />",
        },
        POLICY: inbound('<include-fragment fragment-id="f" />', after=False),
        X: {
            "type": "Microsoft.ApiManagement/service/policyFragments@2022-08-01",
            "resource_id": f"${{{FRAGMENT}.f.id}}",
            "body": written,
        },
    }


PLACE = "/resourceGroups/rg/providers/Microsoft.Web/sites/func-orders"
LOOKED_UP = {"data.azurerm_function_app.d": {"name": "func-orders", "resource_group_name": "rg"}}
TURNED_OFF = {
    "resources": [{"type": "Microsoft.Web/sites/config", "name": "func-orders/authsettingsV2"}]
}
STORAGE = {"resources": [{"type": "Microsoft.Storage/storageAccounts", "name": "st"}]}


def arm(kind: str, body: Any = None, *, provider: str = "Web") -> dict[str, Any]:
    return {
        "resource.azapi_resource.x": {
            "type": f"Microsoft.{provider}/{kind}@2024-04-01",
            "name": "x",
            "parent_id": SITE,
            "body": body or {"properties": {"backendResourceId": SITE}},
        }
    }


def action(**arguments: Any) -> dict[str, Any]:
    return {
        "resource.azapi_resource_action.x": {
            "type": "Microsoft.Web/sites@2024-04-01",
            "resource_id": SITE,
            **arguments,
        }
    }


def linked(kind: str, **arguments: Any) -> dict[str, Any]:
    return {f"resource.{kind}.x": {"name": "x", **arguments}}


ADDS_EVIL = (
    "<fragment><authentication-managed-identity resource='${azuread_application.orders.client_id}'"
    " client-id='${azurerm_user_assigned_identity.gateway.client_id}' />"
    "<set-backend-service base-url='https://evil.example'/></fragment>"
)

OFF = "{ properties = { platform = { enabled = false } } }"
CASES = [
    # The body of azapi 1 is JSON text
    Case(
        "what jsonencode writes is read",
        "SF101",
        config("authsettingsV2", f"${{jsonencode({OFF})}}"),
        {"anonymous": "open"},
    ),
    Case(
        "what is written as JSON text is read",
        "SF101",
        config("authsettingsV2", '{"properties": {"platform": {"enabled": false}}}'),
        {"anonymous": "open"},
    ),
    Case(
        "text that is not JSON is not read",
        "SF903",
        config("authsettingsV2", "{properties"),
        DOUBTED,
    ),
    Case(
        "an object of which a state has left nothing says nothing",
        "told",
        auth(
            {"identityProviders": {"azureActiveDirectory": {"validation": {"jwtClaimChecks": {}}}}}
        ),
        {"anonymous": "closed", "gateway": "open"},
    ),
    # Easy Auth by azapi
    Case("azapi turns Easy Auth off", "SF101", auth({"platform": {"enabled": False}})),
    Case(
        "azapi lets anonymous requests through",
        "SF102",
        auth({"globalValidation": {"requireAuthentication": False}}),
        {"anonymous": "open", "application": "open"},
    ),
    Case(
        "azapi leaves a path out",
        "SF113",
        auth({"globalValidation": {"excludedPaths": ["/api/x"]}}),
    ),
    Case(
        "a body that is computed may say anything",
        "told",
        config("authsettingsV2", "${var.b}"),
        DOUBTED,
    ),
    Case("a property that is not known may too", "told", auth({"aProperty": {"x": 1}}), DOUBTED),
    Case(
        "by the id of the settings it is the same",
        "SF101",
        {
            X: {
                "type": "Microsoft.Web/sites/config@2023-12-01",
                "resource_id": f"${{{APP}.orders.id}}/config/authsettingsV2",
                "body": {"properties": {"platform": {"enabled": False}}},
            }
        },
    ),
    Case(
        "by one with a subscription that is known later as well",
        "SF101",
        {
            X: {
                "type": "Microsoft.Web/sites/config@2023-12-01",
                "resource_id": f"/subscriptions/${{var.s}}{PLACE}/config/authsettingsV2",
                "body": {"properties": {"platform": {"enabled": False}}},
            },
            "variable.s": {},
        },
        {"anonymous": "open"},
    ),
    Case(
        "network rules by azapi are read",
        "SF411",
        config(
            "web",
            {
                "properties": {
                    "ipSecurityRestrictions": [
                        {"ipAddress": "Any", "action": "Allow", "priority": 1}
                    ]
                }
            },
        ),
    ),
    Case(
        "a part of a site that is not known is told", "told", config("newPart", {"properties": {}})
    ),
    Case(
        "connection strings decide nothing",
        "no error",
        config("connectionstrings", {"properties": {}}),
        {"anonymous": "closed"},
    ),
    Case(
        "an action that is not known is told",
        "told",
        action(action="config/authsettingsV2", method="POST"),
        {"anonymous": "unknown"},
    ),
    Case("a restart changes nothing", "clean", action(action="restart", method="POST") | {}),
    Case(
        "to read keys is no writing", "clean", action(action="host/default/listKeys", method="POST")
    ),
    # The gateway by azapi
    Case("azapi writes a fragment", "told", fragment({"properties": {"value": ADDS_EVIL}})),
    Case(
        "a fragment that is computed may say anything",
        "told",
        fragment("${var.b}"),
        {"gateway": "unknown"},
    ),
    Case(
        "azapi writes over a backend",
        "SF310",
        {
            X: {
                "type": "Microsoft.ApiManagement/service/backends@2022-08-01",
                "resource_id": f"${{{GATEWAY}_backend.orders.id}}",
                "body": {"properties": {"url": "https://evil.example/api"}},
            }
        },
    ),
    Case(
        "azapi writes over an API",
        "SF501",
        {
            X: {
                "type": "Microsoft.ApiManagement/service/apis@2022-08-01",
                "resource_id": f"${{{GATEWAY}_api.orders.id}}",
                "body": {"properties": {"subscriptionRequired": False}},
            }
        },
        {"gateway-without-key": "open"},
    ),
    # ignore_changes
    Case(
        "ignored changes of Easy Auth are not applied",
        "SF907",
        ignoring("auth_settings_v2"),
        {"anonymous": "unknown"},
    ),
    Case("of a part of it", "told", ignoring("auth_settings_v2[0].auth_enabled")),
    Case(
        "of everything",
        "told",
        {f"{RESOURCE}.lifecycle": {"ignore_changes": "all"}},
        {"anonymous": "unknown"},
    ),
    Case("of the site's settings", "told", ignoring("site_config")),
    Case("of tags they decide nothing", "clean", ignoring("tags")),
    Case("of what runs they do not either", "clean", ignoring("site_config[0].application_stack")),
    Case(
        "what exists already and is ignored stays as it is",
        "told",
        ignoring("auth_settings_v2") | {"import": [{"to": f"{APP}.orders", "id": "/x"}]},
    ),
    Case("an import alone is applied", "clean", {"import": [{"to": f"{APP}.orders", "id": "/x"}]}),
    Case(
        "within template marks it is ignored too", "told", ignoring("${auth_settings_v2}"), DOUBTED
    ),
    Case(
        "ignored changes of the gateway's identity are not applied",
        "told",
        {f"resource.{GATEWAY}.gateway.lifecycle": {"ignore_changes": ["identity"]}},
        {"gateway": "unknown", "anonymous": "closed"},
    ),
    Case(
        "of the version of tokens neither",
        "told",
        {"resource.azuread_application.orders.lifecycle": {"ignore_changes": ["api"]}},
        {"gateway": "unknown", "anonymous": "closed"},
    ),
    Case("what a resource of its own writes has to be ignored", "clean", with_uri()),
    Case(
        "unless the application says it as well",
        "SF907",
        with_uri() | {"resource.azuread_application.orders.identifier_uris": ["api://x"]},
    ),
    Case(
        "an ignored policy is not applied",
        "told",
        {f"resource.{GATEWAY}_api_policy.orders.lifecycle": {"ignore_changes": ["xml_content"]}},
        {"gateway": "unknown"},
    ),
    # Commands
    Case(
        "a command may turn Easy Auth off",
        "told",
        command("az webapp auth update --enabled false"),
        DOUBTED,
    ),
    Case("a script may", "told", command("./deploy.sh"), DOUBTED),
    Case("on another machine too", "told", command("x", "remote-exec"), DOUBTED),
    Case("after a harmless one", "told", command("npm ci && az rest --method put"), DOUBTED),
    Case("one that builds does not", "clean", command("npm ci && npm run build")),
    Case(
        "of the app itself",
        "told",
        {f"{RESOURCE}.provisioner": [{"local-exec": {"command": "az x"}}]},
        DOUBTED,
    ),
    # Templates
    Case(
        "a template with a site may change it",
        "told",
        template({"resources": [{"type": "Microsoft.Web/sites/config"}]}),
        DOUBTED,
    ),
    Case("one that is computed may", "told", template("${file(var.t)}"), DOUBTED),
    Case(
        "a nested one may",
        "told",
        template({"resources": [{"type": "Microsoft.Resources/deployments"}]}),
        DOUBTED,
    ),
    Case(
        "one of something else does not",
        "clean",
        template({"resources": [{"type": "Microsoft.Insights/components"}]}),
    ),
    Case(
        "a deployment script may",
        "told",
        linked("azurerm_resource_deployment_script_azure_cli", script_content="az x"),
        DOUBTED,
    ),
    # Links
    Case(
        "a Static Web App that is linked calls it",
        "SF504",
        linked("azurerm_static_web_app_function_app_registration", function_app_id=SITE),
        {"anonymous": "unknown"},
    ),
    Case(
        "by an id that is written out nobody is found",
        "clean",
        linked("azurerm_static_web_app_function_app_registration", function_app_id="/x/sites/y"),
    ),
    *(
        Case(
            f"by {how} it is found",
            "SF504",
            linked("azurerm_static_web_app_function_app_registration", function_app_id=of)
            | looked_up,
            {"anonymous": "unknown"},
        )
        for how, of, looked_up in (
            (
                "an id with a subscription that is known later",
                f"/subscriptions/${{var.s}}{PLACE}",
                {},
            ),
            ("the data source that looks it up", "${data.azurerm_function_app.d.id}", LOOKED_UP),
        )
    ),
    Case(
        "a type that is not known may change what it refers to",
        "told",
        linked("azurerm_new_thing", site=SITE),
        {"anonymous": "unknown"},
    ),
    Case("one that refers to nothing does not", "clean", linked("azurerm_new_thing", site="x")),
    Case(
        "a metric alert only watches",
        "clean",
        linked("azurerm_monitor_metric_alert", scopes=[SITE]),
    ),
    Case("a private endpoint is a way to it", "clean", linked("azurerm_private_endpoint", x=SITE)),
    Case(
        "a service connection writes settings",
        "SF906",
        linked("azurerm_function_app_connection", function_app_id=SITE),
    ),
    # Arguments
    Case(
        "an argument that is not known is told",
        "told",
        {f"{AUTH}.new_argument": True},
        {"anonymous": "unknown"},
    ),
    Case("of the directory too", "told", {f"{DIRECTORY}.new_argument": "x"}),
    Case("of the site", "told", {f"{RESOURCE}.new_argument": "x"}, {"anonymous": "unknown"}),
    Case("one that is null is none", "clean", {f"{AUTH}.new_argument": None}),
    Case(
        "a policy of another API's", "told", {f"resource.{GATEWAY}_api.orders.source_api_id": "/x"}
    ),
    # What azapi writes that is no site and no gateway
    *(
        Case(f"a Static Web App is linked by azapi as {kind}", "SF504", arm(f"staticSites/{kind}"))
        for kind in ("linkedBackends", "userProvidedFunctionApps", "builds/linkedBackends")
    ),
    Case(
        "a template that azapi deploys is one",
        "SF903",
        arm("deployments", {"properties": {"template": TURNED_OFF}}, provider="Resources"),
        DOUBTED,
    ),
    Case(
        "one that makes a storage account changes nothing",
        "clean",
        arm("deployments", {"properties": {"template": STORAGE}}, provider="Resources"),
    ),
    Case(
        "a script that azapi runs may change everything",
        "SF903",
        arm("deploymentScripts", {"properties": {}}, provider="Resources"),
        DOUBTED,
    ),
    Case("a type of the future may change what it names", "SF903", arm("x", provider="Future")),
    *(
        Case(f"{kind} of the app changes nothing", "clean", arm(kind, provider=provider))
        for provider, kind in (
            ("Authorization", "roleAssignments"),
            ("Insights", "diagnosticSettings"),
            ("Network", "privateEndpoints"),
        )
    ),
    # Commands, templates and actions that hide what they do
    *(
        Case(f"it is not known what is done by: {text}", "SF903", command(text), DOUBTED)
        for text in (
            "sleep 5 & az webapp auth update --enabled false",
            "echo <(az webapp auth update --enabled false)",
            "npm run open-the-door",
            "uv run open.py",
            "mvn azure-functions:deploy",
            "func azure functionapp publish func-orders --publish-settings-only",
        )
    ),
    *(
        Case(f"nothing is changed by: {text}", "clean", command(text))
        for text in ("cd app && npm ci 2>&1 && npm run build", "mvn -q package", "uv sync")
    ),
    Case(
        "scripts of another provider are run as well",
        "SF903",
        {"resource.shell_script.x": {"lifecycle_commands": [{"create": "az webapp auth update"}]}},
        DOUBTED,
    ),
    Case(
        "a type in a template may be spelled in many ways",
        "SF903",
        template(json.dumps(TURNED_OFF).replace("/sites", "\\u002fsites")),
        DOUBTED,
    ),
    Case(
        "or computed",
        "SF903",
        template({"resources": [{"type": "[parameters('type')]", "name": "x"}]}),
        DOUBTED,
    ),
    Case(
        "a template by jsonencode is read",
        "clean",
        template('${jsonencode({resources = [{type = "Microsoft.Storage/storageAccounts"}]})}'),
    ),
    Case(
        "so is that of the first provider",
        "SF903",
        {
            "resource.azurerm_template_deployment.x": {
                "name": "x",
                "template_body": json.dumps(TURNED_OFF),
            }
        },
        DOUBTED,
    ),
    Case(
        "what an action does is not read",
        "SF905",
        {"action.local_command.x": {"config": {"command": "az"}}},
        DOUBTED,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is(case: Case) -> None:
    case.check()


def made_by_azapi(**properties: Any) -> Document:
    document = chain()
    app = document["resource"].pop(APP)["orders"]
    settings = app["auth_settings_v2"]
    directory = settings["active_directory_v2"]
    document["resource"]["azapi_resource"] = {
        "orders": {
            "type": "Microsoft.Web/sites@2024-04-01",
            "name": "func-orders",
            "parent_id": "/subscriptions/s/resourceGroups/rg",
            "location": "westeurope",
            "body": {
                "kind": "functionapp,linux",
                "properties": {
                    "httpsOnly": True,
                    "siteConfig": {"scmIpSecurityRestrictionsDefaultAction": "Deny"},
                    **properties,
                },
            },
        },
        **{
            name: {
                "type": "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01",
                "name": name,
                "parent_id": "${azapi_resource.orders.id}",
                "body": {"properties": {"allow": False}},
            }
            for name in ("scm", "ftp")
        },
        "auth": {
            "type": "Microsoft.Web/sites/config@2024-04-01",
            "name": "authsettingsV2",
            "parent_id": "${azapi_resource.orders.id}",
            "body": {
                "properties": {
                    "platform": {"enabled": True},
                    "globalValidation": {
                        "requireAuthentication": True,
                        "unauthenticatedClientAction": "Return401",
                    },
                    "identityProviders": {
                        "azureActiveDirectory": {
                            "enabled": True,
                            "registration": {
                                "clientId": directory["client_id"],
                                "openIdIssuer": directory["tenant_auth_endpoint"],
                            },
                            "validation": {
                                "defaultAuthorizationPolicy": {
                                    "allowedApplications": directory["allowed_applications"],
                                    "allowedPrincipals": {
                                        "identities": directory["allowed_identities"]
                                    },
                                }
                            },
                        }
                    },
                }
            },
        },
    }
    backend = document["resource"][f"{GATEWAY}_backend"]["orders"]
    backend["url"] = "https://func-orders.azurewebsites.net/api"
    return document


def test_an_app_that_azapi_makes_is_a_target_like_any_other() -> None:
    analysis = analyse(read_stacks({"stack": made_by_azapi()}))
    assert [each.address for each in analysis.function_apps] == ["azapi_resource.orders"]
    holds(analysis, "clean", {"anonymous": "closed", "gateway": "open"})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"siteConfig": {"scmIpSecurityRestrictionsDefaultAction": "Deny", "ftpsState": "Disabled"}},
        {"siteConfig": {"scmIpSecurityRestrictionsDefaultAction": "Deny", "alwaysOn": False}},
    ],
)
def test_on_flex_consumption_it_has_the_same_properties(more: dict[str, Any]) -> None:
    document = made_by_azapi(functionAppConfig={"runtime": {"name": "node"}}, **more)
    analysis = analyse(read_stacks({"stack": document}))
    holds(analysis, "clean", {"anonymous": "closed", "publishing": "closed"})


def test_what_only_flex_consumption_has_makes_it_one() -> None:
    document = made_by_azapi(functionAppConfig={"runtime": {"name": "node", "version": "22"}})
    del document["resource"]["azapi_resource"]["orders"]["body"]["kind"]
    analysis = analyse(read_stacks({"stack": document}))
    assert [each.name for each in analysis.function_apps] == ["func-orders"]


def test_without_easy_auth_it_is_open() -> None:
    document = made_by_azapi()
    del document["resource"]["azapi_resource"]["auth"]
    holds(analyse(read_stacks({"stack": document})), "SF101", {"anonymous": "open"})


def test_what_is_not_read_of_it_is_in_doubt() -> None:
    document = made_by_azapi(aProperty=1)
    holds(analyse(read_stacks({"stack": document})), "told", {"anonymous": "unknown"})


@pytest.mark.parametrize("word", ["Disabled", "disabled"])
def test_arm_takes_its_words_in_any_case(word: str) -> None:
    document = made_by_azapi(publicNetworkAccess=word)
    del document["resource"]["azapi_resource"]["auth"]
    verdicts = {
        each.caller.kind: each.verdict for each in analyse(read_stacks({"s": document})).answers
    }
    assert verdicts["anonymous"] == "closed"


def test_a_web_app_is_no_target() -> None:
    document = made_by_azapi()
    document["resource"]["azapi_resource"]["orders"]["body"]["kind"] = "app,linux"
    assert analyse(read_stacks({"stack": document})).function_apps == ()


def test_a_slot_that_azapi_makes_is_a_target() -> None:
    document = chain()
    document["resource"]["azapi_resource"] = {
        "blue": {
            "type": "Microsoft.Web/sites/slots@2024-04-01",
            "name": "blue",
            "parent_id": SITE,
            "body": {"kind": "functionapp", "properties": {}},
        }
    }
    analysis = analyse(read_stacks({"stack": document}))
    assert "func-orders/blue" in [each.name for each in analysis.function_apps]
    assert "SF101" in {each.rule for each in analysis.findings}
    assert easy_auth(document)["auth_enabled"]


@pytest.mark.parametrize("body", ["${var.body}", {"kind": "${var.kind}", "properties": {}}])
def test_a_site_of_a_kind_that_is_not_known_may_be_a_function_app(body: Any) -> None:
    document = chain()
    document["resource"]["azapi_resource"] = {
        "x": {
            "type": "Microsoft.Web/sites@2024-04-01",
            "name": "func-x",
            "parent_id": "/subscriptions/s/resourceGroups/rg",
            "body": body,
        }
    }
    analysis = analyse(read_stacks({"stack": document}))
    answers = [each for each in analysis.answers if each.target.name == "func-x"]
    assert {each.verdict for each in answers} == {"unknown"}
    assert "whether func-x is a function app" in answers[0].reason.lower()
    assert {each.severity for each in analysis.findings} <= {"note", "warning"}
    holds(analysis, "told", {"anonymous": "unknown/closed"})


def test_a_logic_app_is_no_target() -> None:
    document = made_by_azapi()
    document["resource"]["azapi_resource"]["orders"]["body"]["kind"] = "functionapp,workflowapp"
    assert analyse(read_stacks({"stack": document})).function_apps == ()


def test_a_slot_is_of_the_kind_of_its_app() -> None:
    document = chain()
    document["resource"]["azapi_resource"] = {
        "blue": {
            "type": "Microsoft.Web/sites/slots@2024-04-01",
            "name": "blue",
            "parent_id": SITE,
            "body": {"properties": {}},
        }
    }
    assert "SF101" in {each.rule for each in analyse(read_stacks({"stack": document})).findings}


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ({"ipAddress": "192.0.2.0/24", "action": "Allow"}, "closed"),
        ({"ipAddress": "192.0.2.0/24", "action": "Allow", "tag": "XffProxy"}, "unknown"),
    ],
)
def test_whom_no_rule_of_a_site_that_azapi_makes_matches_is_denied(rule: Any, verdict: str) -> None:
    document = made_by_azapi(siteConfig={"ipSecurityRestrictions": [rule]})
    del document["resource"]["azapi_resource"]["auth"]
    analysis = analyse(read_stacks({"stack": document}))
    assert {a.verdict for a in analysis.answers if a.caller.kind == "anonymous"} == {verdict}
