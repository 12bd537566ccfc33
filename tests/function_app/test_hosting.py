"""Every hosting model and every runtime leads to an app that is closed and holds no key."""

from __future__ import annotations

import json

import pytest
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity

from constructs_lib import AppIdentity, Hosting, Inbound, InputError, Runtime, Slot, Storage
from constructs_lib._core.provider_facts import runtimes

PLAN = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/serverFarms/shared"
ACCOUNT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/shared"

HOSTINGS = {
    "flex": Hosting.flex_consumption(),
    "consumption-linux": Hosting.consumption(),
    "consumption-windows": Hosting.consumption(os="Windows"),
    "premium-linux": Hosting.premium("EP1"),
    "premium-windows": Hosting.premium("EP3", os="Windows", maximum_elastic_worker_count=5),
    "dedicated-linux": Hosting.dedicated("P1v3", worker_count=3, zone_balancing=True),
    "dedicated-windows": Hosting.dedicated("S1", os="Windows"),
}
TYPES = {
    "Flex Consumption": "azurerm_function_app_flex_consumption",
    "Linux": "azurerm_linux_function_app",
    "Windows": "azurerm_windows_function_app",
}


@pytest.fixture(scope="module")
def hosted(resources_of, function_app):
    """The resources of a stack with an app on each hosting, with identities of both kinds."""

    def make(stack):
        own = UserAssignedIdentity(
            stack, "own", name="id-own", resource_group_name="rg", location="westeurope"
        )
        for id, hosting in HOSTINGS.items():
            for suffix, identity in (
                ("", AppIdentity.system_assigned()),
                ("-own", AppIdentity.of(own)),
            ):
                function_app(
                    stack,
                    id + suffix,
                    hosting=hosting,
                    runtime=Runtime.node("22"),
                    identity=identity,
                )

    return resources_of(make)


def app_of(resources, id):
    return resources.at(TYPES[HOSTINGS[id.removesuffix("-own")].target], f"{id}/app")


IDS = [*HOSTINGS, *(f"{id}-own" for id in HOSTINGS)]


@pytest.mark.parametrize("id", IDS)
def test_the_insecure_defaults_are_turned_round(hosted, id):
    app = app_of(hosted, id)
    assert app["https_only"] is True
    assert app["webdeploy_publish_basic_authentication_enabled"] is False
    assert app["auth_settings_v2"]["require_authentication"] is True
    config = app["site_config"]
    assert config["minimum_tls_version"] == "1.2"
    assert config["scm_minimum_tls_version"] == "1.2"
    assert config["remote_debugging_enabled"] is False
    assert config["scm_ip_restriction_default_action"] == "Deny"
    assert config["scm_use_main_ip_restriction"] is False
    if not id.startswith("flex"):
        assert app["ftp_publish_basic_authentication_enabled"] is False
        assert config["ftps_state"] == "Disabled"


@pytest.mark.parametrize("id", IDS)
def test_the_host_reaches_its_storage_without_a_key(hosted, id):
    app = app_of(hosted, id)
    settings = app["app_settings"]
    assert settings["AzureWebJobsStorage__credential"] == "managedidentity"
    if id.startswith("flex"):
        assert settings["AzureWebJobsStorage__accountName"].endswith(".name}")
    else:
        assert app["storage_uses_managed_identity"] is True
        assert app["storage_account_name"].endswith(".name}")


@pytest.mark.parametrize("id", IDS)
def test_the_identity_gets_one_role_on_the_account(hosted, id):
    role = hosted.at("azurerm_role_assignment", f"{id}/app-storage-blob-data-owner")
    app = app_of(hosted, id)
    account = hosted.at("azurerm_storage_account", f"{id}/storage/account")
    assert role["scope"] == f"${{azurerm_storage_account.{account['_id']}.id}}"
    if id.endswith("-own"):
        assert role["principal_id"] == "${azurerm_user_assigned_identity.own.principal_id}"
        assert app["identity"] == {
            "type": "UserAssigned",
            "identity_ids": ["${azurerm_user_assigned_identity.own.id}"],
        }
        # The role comes first, or the host's first start finds its storage closed.
        assert f"azurerm_role_assignment.{role['_id']}" in app["depends_on"]
    else:
        assert f".{app['_id']}.identity[0].principal_id" in role["principal_id"]
        assert app["identity"] == {"type": "SystemAssigned"}


def test_there_is_one_role_for_each_app_and_no_key_at_all(hosted):
    assert len(hosted["azurerm_role_assignment"]) == len(IDS)
    text = json.dumps(hosted)
    for key in ('access_key"', "AccountKey", "primary_connection_string", "SharedAccess"):
        assert key not in text


@pytest.mark.parametrize("id", IDS)
def test_the_storage_account_takes_no_keys_and_shows_nothing(hosted, id):
    account = hosted.at("azurerm_storage_account", f"{id}/storage/account")
    assert account["shared_access_key_enabled"] is False
    assert account["allow_nested_items_to_be_public"] is False
    assert account["https_traffic_only_enabled"] is True
    assert account["min_tls_version"] == "TLS1_2"
    assert account["local_user_enabled"] is False
    assert account["cross_tenant_replication_enabled"] is False


def test_storage_accounts_have_distinct_stable_names(hosted):
    names = [each["name"] for each in hosted["azurerm_storage_account"].values()]
    assert len(set(names)) == len(IDS)
    assert all(3 <= len(name) <= 24 and name.isalnum() and name.islower() for name in names)
    assert hosted.at("azurerm_storage_account", "flex/storage/account")["name"] == (
        "stfuncflexbfc7d590"
    )


@pytest.mark.parametrize("id", HOSTINGS)
def test_the_plan_is_what_was_asked_for(hosted, id):
    plan, hosting = hosted.at("azurerm_service_plan", f"{id}/plan"), HOSTINGS[id]
    assert (plan["sku_name"], plan["os_type"]) == (hosting.sku, hosting.os)
    assert plan.get("worker_count") == hosting.worker_count
    assert plan.get("zone_balancing_enabled", False) is hosting.zone_balancing
    assert plan.get("maximum_elastic_worker_count") == hosting.maximum_elastic_worker_count


def test_only_dedicated_plans_stay_warm(hosted):
    for id in HOSTINGS:
        assert app_of(hosted, id)["site_config"].get("always_on", False) is id.startswith(
            "dedicated"
        )


def test_flex_consumption_deploys_to_a_private_container_by_identity(hosted):
    app = app_of(hosted, "flex")
    container = hosted.at("azurerm_storage_container", "flex/storage/deployments")
    assert container["container_access_type"] == "private"
    assert app["storage_container_endpoint"].endswith(
        f".primary_blob_endpoint}}{container['name']}"
    )
    assert app["storage_authentication_type"] == "SystemAssignedIdentity"
    assert f"azurerm_storage_container.{container['_id']}" in app["depends_on"]
    own = app_of(hosted, "flex-own")
    assert own["storage_authentication_type"] == "UserAssignedIdentity"
    assert own["storage_user_assigned_identity_id"] == "${azurerm_user_assigned_identity.own.id}"


def test_flex_consumption_replaces_the_connection_string_that_azurerm_adds(hosted):
    # In lower case: azurerm's read drops `AzureWebJobsStorage` and would plan it again each time.
    for id in ("flex", "flex-own"):
        settings = app_of(hosted, id)["app_settings"]
        assert settings["azurewebjobsstorage"] == ""
        assert "AzureWebJobsStorage" not in settings


# What the newest azurerm accepts in `application_stack` (helpers/function_app_schema.go).
ACCEPTED = {
    "Linux": {
        "dotnet_version": {"3.1", "6.0", "7.0", "8.0", "9.0", "10.0"},
        "python_version": {"3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"},
        "node_version": {"12", "14", "16", "18", "20", "22", "24"},
        "powershell_core_version": {"7", "7.2", "7.4"},
        "java_version": {"8", "11", "17", "21", "25"},
    },
    "Windows": {
        "dotnet_version": {"v3.0", "v4.0", "v6.0", "v7.0", "v8.0", "v9.0", "v10.0"},
        "node_version": {"~12", "~14", "~16", "~18", "~20", "~22", "~24"},
        "powershell_core_version": {"7", "7.2", "7.4", "7.6"},
        "java_version": {"1.8", "11", "17", "21", "25"},
    },
}
RUNTIMES = [
    (target, Runtime(stack=each.stack, version=each.version))
    for target in TYPES
    for each in runtimes(target)
    if each.stack != "docker"
]


def runtime_id(target, runtime):
    return f"{target}-{runtime.stack}-{runtime.version or 'any'}".replace(" ", "").replace(".", "-")


@pytest.fixture(scope="module")
def running(resources_of, function_app, easy_auth):
    """An app of every runtime and version, on plans and storage that exist."""

    def make(stack):
        auth = easy_auth(stack)
        kinds = {"Flex Consumption": "flex_consumption"}
        for target, runtime in RUNTIMES:
            function_app(
                stack,
                runtime_id(target, runtime),
                auth=auth,
                runtime=runtime,
                storage=Storage.existing(name="shared", account_id=ACCOUNT, grant_roles=False),
                hosting=Hosting.existing_plan(
                    PLAN,
                    kind=kinds.get(target, "dedicated"),
                    os="Windows" if target == "Windows" else "Linux",
                ),
            )

    return resources_of(make)


@pytest.mark.parametrize(
    ("target", "runtime"), RUNTIMES, ids=[runtime_id(*each) for each in RUNTIMES]
)
def test_every_runtime_is_spelled_as_its_resource_wants_it(running, target, runtime):
    app = running.at(TYPES[target], f"{runtime_id(target, runtime)}/app")
    if target == "Flex Consumption":
        told = (runtime.stack, runtime.version or "1.0")
        assert (app["runtime_name"], app["runtime_version"]) == told
        assert "application_stack" not in app["site_config"]
        return
    stack = dict(app["site_config"]["application_stack"])
    if runtime.stack == "custom":
        assert stack == {"use_custom_runtime": True}
        return
    assert stack.pop("use_dotnet_isolated_runtime", False) is (runtime.stack == "dotnet-isolated")
    [(argument, version)] = stack.items()
    assert argument.split("_")[0] == runtime.stack.split("-")[0]
    assert version in ACCEPTED[target][argument]


@pytest.mark.parametrize("target", ACCEPTED)
def test_no_version_of_the_provider_is_missing(running, target):
    written = {
        (argument, version)
        for app in running[TYPES[target]].values()
        for argument, version in app["site_config"]["application_stack"].items()
        if argument.endswith("_version")
    }
    assert written == {
        (argument, version) for argument, all in ACCEPTED[target].items() for version in all
    }


def test_an_existing_plan_and_account_are_used_and_nothing_else_is_made(running):
    made = set(running) - set(TYPES.values())
    assert made == {"azurerm_storage_container", "terraform_data"}
    app = running.at(TYPES["Linux"], "Linux-node-22/app")
    assert app["service_plan_id"] == PLAN
    assert app["storage_account_name"] == "shared"


def test_apps_that_share_an_account_have_containers_of_their_own(running):
    containers = running["azurerm_storage_container"].values()
    assert len({each["name"] for each in containers}) == len(containers) == 18


@pytest.fixture(scope="module")
def special(resources_of, function_app):
    def make(stack):
        own = AppIdentity.of(
            UserAssignedIdentity(
                stack, "own", name="id", resource_group_name="rg", location="westeurope"
            )
        )
        image = Runtime.docker("contoso/orders:1.4", registry_url="https://contoso.azurecr.io")
        function_app(stack, "image", runtime=image, hosting=Hosting.premium(), identity=own)
        function_app(
            stack,
            "scaled",
            hosting=Hosting.flex_consumption(
                instance_memory_in_mb=4096,
                maximum_instance_count=40,
                http_concurrency=16,
                always_ready={"http": 30, "function:Nightly": 10},
            ),
        )
        function_app(
            stack,
            "stateful",
            storage=Storage(name="stcontoso", uses=["blob_trigger", "durable"], replication="ZRS"),
        )

    return resources_of(make)


def test_a_container_is_pulled_with_the_identity(special):
    config = special.at(TYPES["Linux"], "image/app")["site_config"]
    assert config["application_stack"] == {
        "docker": [
            {
                "image_name": "contoso/orders",
                "image_tag": "1.4",
                "registry_url": "https://contoso.azurecr.io",
            }
        ]
    }
    assert config["container_registry_use_managed_identity"] is True
    assert config["container_registry_managed_identity_client_id"] == (
        "${azurerm_user_assigned_identity.own.client_id}"
    )


def test_flex_consumption_scales_as_asked(special):
    app = special.at(TYPES["Flex Consumption"], "scaled/app")
    assert app["instance_memory_in_mb"] == 4096
    assert app["maximum_instance_count"] == 40
    assert app["http_concurrency"] == 16
    assert app["always_ready"] == [
        {"name": "http", "instance_count": 30},
        {"name": "function:nightly", "instance_count": 10},
    ]


def test_roles_follow_from_what_the_functions_do(special):
    roles = {
        each["role_definition_name"]
        for id, each in special["azurerm_role_assignment"].items()
        if id.startswith("stateful_")
    }
    assert roles == {
        "Storage Blob Data Owner",
        "Storage Queue Data Contributor",
        "Storage Table Data Contributor",
        "Storage Account Contributor",
    }
    account = special.at("azurerm_storage_account", "stateful/storage/account")
    assert (account["name"], account["account_replication_type"]) == ("stcontoso", "ZRS")


REFUSED = {
    "python on windows": (
        {"hosting": Hosting.consumption(os="Windows")},
        "python does not run on Windows",
    ),
    "in-process .net on flex": ({"runtime": Runtime.dotnet("8.0")}, "dotnet does not run on Flex"),
    "version": ({"runtime": Runtime.python("3.6")}, "'3.6' is not allowed (write one of 3.10"),
    "framework on linux": (
        {"runtime": Runtime.dotnet_isolated("4.8"), "hosting": Hosting.premium()},
        "'4.8' is not allowed",
    ),
    "container on consumption": (
        {
            "runtime": Runtime.docker("a/b:1", registry_url="https://r.example"),
            "hosting": Hosting.consumption(),
        },
        "the Consumption plan runs no containers",
    ),
    "image without tag": (
        {
            "runtime": Runtime.docker("contoso/orders", registry_url="https://r.example"),
            "hosting": Hosting.premium(),
        },
        "write the image with its tag",
    ),
    "registry without scheme": (
        {
            "runtime": Runtime.docker("contoso/orders:1", registry_url="r.example"),
            "hosting": Hosting.premium(),
        },
        "write the registry's address",
    ),
    "premium sku": ({"hosting": Hosting.premium("P1v3")}, "hosting.sku: 'P1v3' is not allowed"),
    "free sku": ({"hosting": Hosting.dedicated("F1")}, "hosting.sku: 'F1' is not allowed"),
    "flex on windows": (
        {"hosting": Hosting(kind="flex_consumption", sku="FC1", os="Windows")},
        "Flex Consumption runs on Linux only",
    ),
    "zones on basic": (
        {"hosting": Hosting.dedicated("B1", zone_balancing=True)},
        "B1 is not spread over zones",
    ),
    "one worker in many zones": (
        {"hosting": Hosting.dedicated("P1v3", worker_count=1, zone_balancing=True)},
        "one worker cannot be spread over zones",
    ),
    "elastic dedicated plan": (
        {"hosting": Hosting(kind="dedicated", sku="S1", maximum_elastic_worker_count=3)},
        "S1 does not scale elastically",
    ),
    "memory": (
        {"hosting": Hosting.flex_consumption(instance_memory_in_mb=1024)},
        "write one of 512, 2048, 4096",
    ),
    "too few instances": (
        {"hosting": Hosting.flex_consumption(maximum_instance_count=0)},
        "write 1 to 1000",
    ),
    "concurrency": ({"hosting": Hosting.flex_consumption(http_concurrency=0)}, "write 1 to 1000"),
    "always ready": (
        {"hosting": Hosting.flex_consumption(always_ready={"http": 90, "durable": 11})},
        "more instances are always ready than there may be at all",
    ),
    "less than nothing ready": (
        {"hosting": Hosting.flex_consumption(always_ready={"http": -1})},
        "write how many",
    ),
    "no worker": ({"hosting": Hosting.premium(worker_count=0)}, "write 1 to 1000"),
    "fewer than no workers": (
        {"hosting": Hosting.premium(maximum_elastic_worker_count=-1)},
        "write 0 to 1000",
    ),
    "a setting that is no text": (
        {"app_settings": {"Flag": True}},
        "Flag: True is not allowed (write 'true', as text)",
    ),
    "a default action that is none": (
        {"inbound": Inbound(default_action="deny")},
        "write one of Allow, Deny",
    ),
    "slots on flex": ({"slots": [Slot(name="staging")]}, "Flex Consumption has no deployment"),
    "slots on basic": (
        {"hosting": Hosting.dedicated("B1"), "slots": [Slot(name="staging")]},
        "B1 has no slot besides production, not 1",
    ),
    "slots on consumption": (
        {"hosting": Hosting.consumption(), "slots": [Slot(name="a"), Slot(name="b")]},
        "Y1 has 1 slot besides production, not 2",
    ),
    "storage name": ({"storage": Storage(name="st-contoso")}, "write 3 to 24 lower-case"),
    "storage container": ({"storage": Storage(container="A")}, "storage.container:"),
    "storage use": ({"storage": Storage(uses=["ftp"])}, "storage.uses.0: 'ftp' is not allowed"),
    "replication": ({"storage": Storage(replication="XRS")}, "'XRS' is not allowed"),
    "existing account without name": (
        {"storage": Storage(account_id=ACCOUNT)},
        "the account's name cannot be told",
    ),
    "reference as name": ({"name": "${var.name}"}, "the account's name cannot be told"),
    "name": ({"name": "orders_api"}, "write 2 to 60 letters, digits and hyphens"),
    "name with a hyphen at its end": ({"name": "orders-"}, "no hyphen first or last"),
}


@pytest.mark.parametrize(("props", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(stack, function_app, props, message):
    with pytest.raises(InputError) as error:
        function_app(stack, **props)
    assert message in str(error.value)
    assert str(error.value).startswith("test/orders")


def test_a_name_that_only_terraform_knows_passes(resources_of, function_app):
    resources = resources_of(
        lambda stack: function_app(stack, name="${var.name}", storage=Storage(name="stcontoso"))
    )
    assert resources.at(TYPES["Flex Consumption"], "orders/app")["name"] == "${var.name}"
    assert resources.at("azurerm_service_plan", "orders/plan")["name"] == "plan-${var.name}"


def test_the_longest_name_fits_the_names_made_from_it(resources_of, function_app):
    resources = resources_of(lambda stack: function_app(stack, name="a" * 60))
    assert len(resources.at("azurerm_service_plan", "orders/plan")["name"]) == 60
    assert len(resources.at("azurerm_storage_account", "orders/storage/account")["name"]) == 24
    container = resources.at("azurerm_storage_container", "orders/storage/deployments")
    assert len(container["name"]) == 63
