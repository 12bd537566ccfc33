"""Writes a `.tftest.json` with which `terraform test` plans and applies a stack without a cloud.

Terraform makes up what a mocked provider computes, but from the schema alone: a resource id comes
out as `k3v8qz1x`, and the next resource refuses it. So each resource of the stack gets values of
the right shape, its own and the same each time, from the tables below.

Sources: provider documentation of azurerm 4 and 5 and azuread ("Attributes Reference",
"Import"); https://developer.hashicorp.com/terraform/language/tests/mocking.
"""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.writing import write_whole

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"

_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mock"
_APIM = "Microsoft.ApiManagement/service"
_NETWORK = "Microsoft.Network"
_SERVICE = f"{_APIM}/mock"
_API = f"{_SERVICE}/apis/mock"
_VNET = f"{_NETWORK}/virtualNetworks"
_BLOBS = "Microsoft.Storage/storageAccounts/mock/blobServices/default/containers"

IDS: Mapping[str, str] = {
    "azurerm_api_management": f"{_APIM}/{{name}}",
    "azurerm_api_management_api": f"{_SERVICE}/apis/{{name}};rev=1",
    "azurerm_api_management_api_diagnostic": f"{_API}/diagnostics/{{name}}",
    "azurerm_api_management_api_operation": f"{_API}/operations/{{name}}",
    "azurerm_api_management_api_operation_policy": f"{_API}/operations/{{name}}",
    "azurerm_api_management_api_policy": f"{_SERVICE}/apis/{{name}}",
    "azurerm_api_management_api_schema": f"{_API}/schemas/{{name}}",
    "azurerm_api_management_api_version_set": f"{_SERVICE}/apiVersionSets/{{name}}",
    "azurerm_api_management_backend": f"{_SERVICE}/backends/{{name}}",
    "azurerm_api_management_logger": f"{_SERVICE}/loggers/{{name}}",
    "azurerm_api_management_named_value": f"{_SERVICE}/namedValues/{{name}}",
    "azurerm_api_management_policy": _SERVICE,
    "azurerm_api_management_policy_fragment": f"{_SERVICE}/policyFragments/{{name}}",
    "azurerm_api_management_product": f"{_SERVICE}/products/{{name}}",
    "azurerm_api_management_product_api": f"{_SERVICE}/products/mock/apis/{{name}}",
    "azurerm_api_management_product_policy": f"{_SERVICE}/products/{{name}}",
    "azurerm_api_management_subscription": f"{_SERVICE}/subscriptions/{{name}}",
    "azurerm_application_insights": "Microsoft.Insights/components/{name}",
    "azurerm_function_app_flex_consumption": "Microsoft.Web/sites/{name}",
    "azurerm_key_vault": "Microsoft.KeyVault/vaults/{name}",
    "azurerm_linux_function_app": "Microsoft.Web/sites/{name}",
    "azurerm_linux_function_app_slot": "Microsoft.Web/sites/mock/slots/{name}",
    "azurerm_log_analytics_workspace": "Microsoft.OperationalInsights/workspaces/{name}",
    "azurerm_network_security_group": f"{_NETWORK}/networkSecurityGroups/{{name}}",
    "azurerm_private_dns_zone": f"{_NETWORK}/privateDnsZones/{{name}}",
    "azurerm_private_endpoint": f"{_NETWORK}/privateEndpoints/{{name}}",
    "azurerm_public_ip": f"{_NETWORK}/publicIPAddresses/{{name}}",
    "azurerm_role_assignment": "Microsoft.Authorization/roleAssignments/{assignment_id}",
    "azurerm_service_plan": "Microsoft.Web/serverFarms/{name}",
    "azurerm_storage_account": "Microsoft.Storage/storageAccounts/{name}",
    "azurerm_storage_container": f"{_BLOBS}/{{name}}",
    "azurerm_subnet": f"{_VNET}/mock/subnets/{{name}}",
    "azurerm_user_assigned_identity": "Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
    "azurerm_virtual_network": f"{_VNET}/{{name}}",
    "azurerm_windows_function_app": "Microsoft.Web/sites/{name}",
    "azurerm_windows_function_app_slot": "Microsoft.Web/sites/mock/slots/{name}",
}
"""Path of each type's id below a resource group. Data sources have the ids of their resources."""

_IDENTITY = {"principal_id": "{principal_id}", "tenant_id": TENANT}
_APP = {"default_hostname": "{name}.azurewebsites.net", "identity": _IDENTITY}
_SLOT = {"default_hostname": "mock-{name}.azurewebsites.net", "identity": _IDENTITY}
_APPLICATION = {
    "id": "/applications/{object_id}",
    "object_id": "{object_id}",
    "client_id": "{client_id}",
}

VALUES: Mapping[str, Mapping[str, Any]] = {
    "azuread_app_role_assignment": {
        "id": "/servicePrincipals/{resource_id}/appRoleAssignedTo/{assignment_id}"
    },
    "azuread_application": {**_APPLICATION, "app_role_ids": "{app_roles}"},
    "azuread_application_app_role": {"id": "/applications/{object_id}/appRoles/{role_id}"},
    "azuread_application_federated_identity_credential": {
        "id": "{object_id}/federatedIdentityCredential/{credential_id}",
        "credential_id": "{credential_id}",
    },
    "azuread_application_identifier_uri": {
        "id": "/applications/{object_id}/identifierUris/bW9jaw=="
    },
    "azuread_application_registration": _APPLICATION,
    "azuread_client_config": {
        "tenant_id": TENANT,
        "client_id": "{client_id}",
        "object_id": "{object_id}",
    },
    "azuread_service_principal": {
        "id": "/servicePrincipals/{object_id}",
        "object_id": "{object_id}",
        "client_id": "{client_id}",
        "app_role_ids": "{app_roles}",
    },
    "azurerm_api_management": {
        "gateway_url": "https://{name}.azure-api.net",
        "gateway_regional_url": "https://{name}-westeurope-01.regional.azure-api.net",
        "public_ip_addresses": ["203.0.113.10"],
        "identity": _IDENTITY,
    },
    "azurerm_application_insights": {
        "app_id": "{app_id}",
        "instrumentation_key": "{instrumentation_id}",
        "connection_string": "InstrumentationKey={instrumentation_id}",
    },
    "azurerm_client_config": {
        "tenant_id": TENANT,
        "subscription_id": SUBSCRIPTION,
        "client_id": "{client_id}",
        "object_id": "{object_id}",
    },
    "azurerm_function_app_flex_consumption": _APP,
    "azurerm_key_vault": {"vault_uri": "https://{name}.vault.azure.net/"},
    "azurerm_key_vault_secret": {
        "id": "https://mock.vault.azure.net/secrets/{name}/{version_id}",
        "versionless_id": "https://mock.vault.azure.net/secrets/{name}",
    },
    "azurerm_linux_function_app": _APP,
    "azurerm_linux_function_app_slot": _SLOT,
    "azurerm_log_analytics_workspace": {"workspace_id": "{workspace_id}"},
    "azurerm_public_ip": {"ip_address": "203.0.113.11"},
    "azurerm_resource_group": {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{{name}}"},
    "azurerm_storage_account": {
        "primary_blob_endpoint": "https://{name}.blob.core.windows.net/",
        "primary_queue_endpoint": "https://{name}.queue.core.windows.net/",
        "primary_table_endpoint": "https://{name}.table.core.windows.net/",
        "identity": _IDENTITY,
    },
    "azurerm_subscription": {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscription_id": SUBSCRIPTION,
        "tenant_id": TENANT,
    },
    "azurerm_user_assigned_identity": {
        "principal_id": "{principal_id}",
        "client_id": "{client_id}",
        "tenant_id": TENANT,
    },
    "azurerm_windows_function_app": _APP,
    "azurerm_windows_function_app_slot": _SLOT,
}
"""What else each type computes. `{name}` is the resource's name, `{…_id}` a UUID of its own."""

_NAMES = ("name", "operation_id", "product_id", "schema_id", "identifier")


def mock_values(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each resource and data source of a stack computes, by address.

    Args:
        document: The stack's Terraform JSON (`cdk.tf.json`).
    """
    roles = _app_roles(document)
    return {
        address: values
        for address, kind, config in _blocks(document)
        if (values := _values(address, kind, config, roles))
    }


def write_terraform_test(
    folder: str | Path,
    *,
    file_name: str = "mocked.tftest.json",
    variables: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    conditions: Mapping[str, str] | None = None,
    stacks: str | Path | None = None,
) -> Path:
    """Write a test beside a stack's JSON that plans and applies it with mocked providers.

    Afterwards `terraform init -backend=false` and `terraform test` in that folder need the
    providers' programs, for their schemas, but no account, no login and no state.

    Args:
        folder: The stack's folder, for example `cdktf.out/stacks/dev`.
        file_name: Name of the file to write; `terraform test` needs the ending `.tftest.json`.
        variables: Values of the stack's variables; those without a default need one.
        overrides: More computed values by address (`azurerm_lb.front`), on top of the tables or in
            their place.
        conditions: Terraform expressions (`output.url != ""`) that must be true after the apply,
            each with the message of its failure.
        stacks: Folder of the app's stacks, for what this one takes from the others' outputs; the
            parent of `folder` if left out.

    Returns:
        The path of the file.

    Raises:
        InputError: There is no Terraform JSON in the folder, a variable has no value, or an
            override is of no resource of the stack.
    """
    folder = Path(folder)
    if not file_name.endswith(".tftest.json"):
        raise InputError(
            f"{file_name}: terraform test would not read it", fix="end in .tftest.json"
        )
    document = read_stack(folder)
    given = dict(variables or {})
    for name, variable in cast("dict[str, Any]", document.get("variable", {})).items():
        if "default" not in variable and name not in given:
            raise InputError(f"variable {name} has no value", where=str(folder), fix="variables=")
    values = mock_values(document) | _remote_states(document, Path(stacks or folder.parent))
    addresses = {address for address, _, _ in _blocks(document)}
    for address, more in (overrides or {}).items():
        if address not in addresses:
            raise InputError(f"no resource {address} to override", where=str(folder))
        values[address] = {**values.get(address, {}), **more}
    assertions = [
        {"condition": f"${{{condition}}}", "error_message": message}
        for condition, message in (conditions or {}).items()
    ]
    test: dict[str, Any] = {
        "mock_provider": _providers(document),
        "override_resource": _overrides(values, data=False),
        "override_data": _overrides(values, data=True),
        "variables": given,
        "run": {"plan": {"command": "plan"}, "apply": {"command": "apply", "assert": assertions}},
    }
    path = folder / file_name
    test = {key: value for key, value in test.items() if value}
    write_whole(path, json.dumps(test, indent=2) + "\n")
    return path


def read_stack(folder: Path) -> dict[str, Any]:
    """Return the Terraform JSON of a folder.

    Raises:
        InputError: There is none, or more than one file of it.
    """
    files = sorted(folder.glob("*.tf.json"))
    files = [file for file in files if not file.name.endswith("override.tf.json")]
    if len(files) != 1:
        raise InputError(
            f"{len(files)} files of Terraform JSON where one is needed",
            where=str(folder),
            fix="give the folder of one stack, for example cdktf.out/stacks/dev",
        )
    try:
        return json.loads(files[0].read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"not JSON: {error}", where=str(files[0])) from None


def _blocks(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for section, prefix in (("resource", ""), ("data", "data.")):
        for kind, blocks in document.get(section, {}).items():
            for name, config in blocks.items():
                yield f"{prefix}{kind}.{name}", kind, config


def _values(
    address: str, kind: str, config: Mapping[str, Any], roles: Mapping[str, str]
) -> dict[str, Any]:
    path = IDS.get(kind)
    if path is None and kind.startswith("azurerm_"):
        path = f"Microsoft.Mock/{kind.removeprefix('azurerm_')}/{{name}}"
    template: dict[str, Any] = {"id": f"{_GROUP}/providers/{path}"} if path else {}
    template |= VALUES.get(kind, {})
    data = address.startswith("data.")
    # A data source computes the whole block; a resource adds to the block that is configured.
    if data and "identity" in template:
        template["identity"] = [template["identity"]]
    if kind == "azapi_resource":
        template |= _of_azapi(config)
    return {
        key: _filled(value, address, _name(address, config), roles)
        for key, value in template.items()
        if key not in config or (key == "identity" and not data)
    }


def _of_azapi(config: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(config.get("type", "")).partition("@")[0]
    output: dict[str, Any] = {}
    exported: Any = config.get("response_export_values", [])
    for dotted in cast("list[str]", exported) if isinstance(exported, list) else []:
        place = output
        *parents, last = dotted.split(".")
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = "mock"
    return {
        "id": f"{_GROUP}/providers/{kind or 'Microsoft.Mock/things'}/{{name}}",
        "output": output,
    }


def _name(address: str, config: Mapping[str, Any]) -> str:
    for key in _NAMES:
        name = config.get(key)
        if isinstance(name, str) and "${" not in name:
            return name
    return address.rpartition(".")[2]


def _filled(template: Any, address: str, name: str, roles: Mapping[str, str]) -> Any:
    if isinstance(template, dict):
        inner = cast("dict[str, Any]", template)
        return {key: _filled(value, address, name, roles) for key, value in inner.items()}
    if isinstance(template, list):
        return [_filled(value, address, name, roles) for value in cast("list[Any]", template)]
    if template == "{app_roles}":
        return dict(roles)
    ids = {key: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{address}/{key}")) for key in _ids(template)}
    return template.format(name=name, **ids)


def _ids(template: str) -> set[str]:
    return set(re.findall(r"\{(\w+_id)\}", template))


def _app_roles(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids of all app roles of the stack by value: any service principal may be asked."""
    resources = document.get("resource", {})
    roles = list(resources.get("azuread_application_app_role", {}).values())
    for application in resources.get("azuread_application", {}).values():
        inline = application.get("app_role", [])
        roles += inline if isinstance(inline, list) else [inline]
    found: dict[str, str] = {}
    for role in roles:
        value = role.get("value")
        if isinstance(value, str):
            stated = str(role.get("role_id", role.get("id", "")))
            literal = re.fullmatch(r"[0-9a-fA-F-]{36}", stated)
            found[value] = stated if literal else str(uuid.uuid5(uuid.NAMESPACE_URL, value))
    return found


def _remote_states(document: Mapping[str, Any], stacks: Path) -> dict[str, dict[str, Any]]:
    """Return what the stack reads of other stacks' states, from their JSON and their mocks."""
    states: dict[str, dict[str, Any]] = {
        f"data.terraform_remote_state.{name}": {}
        for name in document.get("data", {}).get("terraform_remote_state", {})
    }
    if not states:
        return {}
    outputs: dict[str, Any] = {}
    for file in sorted(stacks.glob("*/cdk.tf.json")):
        # What lies beside the stack need not be another one of the app.
        with contextlib.suppress(ValueError, AttributeError):
            outputs |= _output_values(json.loads(file.read_text("utf-8")))
    reference = r"(data\.terraform_remote_state\.[\w-]+)\.outputs\.([\w-]+)"
    for address, name in re.findall(reference, json.dumps(document)):
        states[address][name] = outputs.get(name, "mock")
    return {address: {"outputs": values} for address, values in states.items()}


def _output_values(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs that are a literal or a plain reference to a resource."""
    computed = mock_values(document)
    known = {a: {**config, **computed.get(a, {})} for a, _, config in _blocks(document)}
    reference = re.compile(r"\$\{((?:data\.)?[\w-]+\.[\w-]+)((?:\.\w+|\[0\])+)\}")
    found: dict[str, Any] = {}
    for name, output in document.get("output", {}).items():
        value: Any = output["value"]
        if match := reference.fullmatch(str(value)):
            value = _looked_up(known.get(match[1]), re.findall(r"\w+", match[2]))
        if value is not None:
            found[name] = value
    return found


def _looked_up(value: Any, keys: Sequence[str]) -> Any:
    if not keys:
        return value
    key, *rest = keys
    if isinstance(value, dict):
        # A block may be written as it is where an expression indexes the list of them.
        block = cast("dict[str, Any]", value)
        return _looked_up(block if key == "0" else block.get(key), rest)
    if isinstance(value, list) and value and key == "0":
        return _looked_up(cast("list[Any]", value)[0], rest)
    return None


def _providers(document: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Mock every provider of the stack, and every alias of it."""
    required = cast("dict[str, Any]", document.get("terraform", {}).get("required_providers", {}))
    configured = cast("dict[str, Any]", document.get("provider", {}))
    mocked: dict[str, list[dict[str, str]]] = {}
    for name in sorted({*required, *configured}):
        configurations = configured.get(name, [{}])
        if not isinstance(configurations, list):
            configurations = [configurations]
        aliases = [entry.get("alias") for entry in cast("list[dict[str, Any]]", configurations)]
        mocked[name] = [{"alias": alias} if alias else {} for alias in aliases]
    return mocked


def _overrides(values: Mapping[str, Mapping[str, Any]], *, data: bool) -> list[dict[str, Any]]:
    return [
        {"target": address, "values": computed}
        for address, computed in values.items()
        if address.startswith("data.") == data
    ]
