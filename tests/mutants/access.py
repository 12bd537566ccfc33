"""Makes mutants of Terraform JSON: each differs from the original in one attribute.

Attributes are enumerated from the JSON itself, so that one that our stacks begin to emit is mutated
too, and has to be spoken of in the table of `test_mutants_access.py`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Surely no id of anything: one that is written out may be that of something applied before.
OTHER_ID = "00000000-dead-4bad-8bad-nobody"

# Everything that the chain runs through; of other types no attribute decides who can call.
LINKS = re.compile(
    r"azurerm_(linux|windows)_function_app(_slot)?|azurerm_function_app_flex_consumption|"
    r"azurerm_api_management(_(api|api_policy|api_operation_policy|backend|policy|product"
    r"|product_api|product_policy|policy_fragment|named_value))?|"
    r"azurerm_user_assigned_identity|azuread_application|azuread_service_principal|"
    r"azuread_app_role_assignment|azuread_application_pre_authorized"
)
APPS = re.compile(r"azurerm_((linux|windows)_function_app|function_app_flex_consumption)")
SLOTS = re.compile(r"azurerm_(linux|windows)_function_app_slot")

# Other values that the providers take, where any text or the opposite would not do.
VALUES: dict[str, dict[str, Any]] = {
    "unauthenticated_action": {"anonymous": "AllowAnonymous", "redirect": "RedirectToLoginPage"},
    "ftps_state": {"on": "FtpsOnly"},
    "minimum_tls_version": {"old": "1.0"},
    "scm_minimum_tls_version": {"old": "1.1"},
    "ip_restriction_default_action": {"allow": "Allow", "deny": "Deny"},
    "scm_ip_restriction_default_action": {"allow": "Allow", "deny": "Deny"},
    "action": {"allow": "Allow", "deny": "Deny"},
    "ip_address": {"everywhere": "0.0.0.0/0", "replaced": "203.0.113.7/32"},
    "protocols": {"http": ["http", "https"]},
    "sign_in_audience": {"many": "AzureADMultipleOrgs"},
    "tenant_auth_endpoint": {
        "any tenant": "https://login.microsoftonline.com/common/v2.0",
        "other tenant": f"https://login.microsoftonline.com/{OTHER_ID}/v2.0",
        "version 1": "https://sts.windows.net/${data.azuread_client_config.entra-client-config"
        ".tenant_id}/",
        "no issuer": "https://login.example",
    },
    "url": {"elsewhere": "https://evil.example/api", "no url": "api"},
    "allowed_member_types": {"users": ["User"]},
    "storage_authentication_type": {"key": "StorageAccountConnectionString"},
    "identity.type": {"system": "SystemAssigned", "user": "UserAssigned"},
    "requested_access_token_version": {"other": 1},
}


@dataclass(frozen=True)
class Mutant:
    """A changed document.

    Attributes:
        kind: What sort of change.
        type: Type of the changed resource; `app` and `slot` for those of each hosting.
        path: The changed attribute as a dotted path, without indices of lists.
        address: The changed resource.
        document: The Terraform JSON after the change.
    """

    kind: str
    type: str
    path: str
    address: str
    document: dict[str, Any]


def mutants(document: dict[str, Any]) -> Iterator[Mutant]:
    """Every mutant of every attribute of every link."""
    for section in ("resource", "data"):
        for kind, resources in document.get(section, {}).items():
            if not LINKS.fullmatch(kind) and section == "resource":
                continue
            name_of_type = (
                "app" if APPS.fullmatch(kind) else "slot" if SLOTS.fullmatch(kind) else kind
            )
            if section == "data":
                name_of_type = f"data.{kind}"
            for name in resources:
                address = f"{kind}.{name}" if section == "resource" else f"data.{kind}.{name}"
                without = _copy(document, section, kind, name)
                del without[section][kind][name]
                yield Mutant("gone", name_of_type, "", address, without)
                for steps, value in _leaves(resources[name], ()):
                    path = ".".join(step for step in steps if isinstance(step, str))
                    for change, replacement in _changes(value, document, path):
                        changed = _copy(document, section, kind, name)
                        _put(changed[section][kind][name], steps, replacement)
                        yield Mutant(change, name_of_type, path, address, changed)


def _copy(document: dict[str, Any], section: str, kind: str, name: str) -> dict[str, Any]:
    """The document with one resource of its own, which can be changed; the others are shared."""
    resources = document[section][kind]
    one = {kind: {**resources, name: copy.deepcopy(resources[name])}}
    return {**document, section: {**document[section], **one}}


def _leaves(
    value: Any, steps: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Attributes with their values; a list of plain values is one attribute, a block is not."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("//", "depends_on", "lifecycle", "timeouts", "xml_content"):
                yield from _leaves(inner, (*steps, name))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for position, inner in enumerate(value):
            yield from _leaves(inner, (*steps, position))
    else:
        yield steps, value


_REMOVED: Any = object()


def _changes(value: Any, document: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    yield "removed", _REMOVED
    values = VALUES.get(path.rpartition(".")[2]) or VALUES.get(path)
    if isinstance(value, str) and value.startswith("https://") and path == "url":
        yield "plain", value.replace("https://", "http://")
    if values is not None:
        yield from ((name, other) for name, other in values.items() if other != value)
        value = value if isinstance(value, str) and "${" in value else None
        if value is None:
            return
    if isinstance(value, bool):
        yield "flipped", not value
    elif isinstance(value, list):
        yield "emptied", []
        yield "replaced", [OTHER_ID]
        yield "extended", [*value, OTHER_ID]
    elif isinstance(value, (int, float)):
        yield "replaced", 1 if value == 2 else value + 1
    elif isinstance(value, str):
        if values is None:
            yield "replaced", OTHER_ID
        sibling = _sibling(value, document)
        if sibling is not None:
            yield "rewired", sibling


_REFERENCE = re.compile(r"\$\{((?:data\.)?(\w+)\.([\w-]+))((?:\.|\[)[^}]*)\}")


def _sibling(value: str, document: dict[str, Any]) -> str | None:
    """The same attribute of another resource of the type, if there is one."""
    found = _REFERENCE.search(value)
    if not found or found[1].startswith("data."):
        return None
    for other in document["resource"].get(found[2], {}):
        if other != found[3]:
            return value.replace(f"{found[2]}.{found[3]}", f"{found[2]}.{other}")
    return None


def _put(body: Any, steps: tuple[str | int, ...], value: Any) -> None:
    for step in steps[:-1]:
        body = body[step]
    if value is _REMOVED:
        del body[steps[-1]]
    else:
        body[steps[-1]] = value


def insertions(document: dict[str, Any]) -> Iterator[Mutant]:
    """Mutants with something dangerous that our stacks do not emit."""
    for section, kind, path, value in INSERTIONS:
        for actual, resources in document[section].items():
            group = "app" if APPS.fullmatch(actual) else actual
            for name in resources if group == kind else ():
                changed = _copy(document, section, actual, name)
                body = changed[section][actual][name]
                *blocks, last = path.split(".")
                for block in blocks:
                    body = body.setdefault(block, {})
                body[last] = value
                yield Mutant("inserted", kind, path, f"{actual}.{name}", changed)


_AD = "auth_settings_v2.active_directory_v2"
INSERTIONS: list[tuple[str, str, str, Any]] = [
    ("resource", "app", "auth_settings_v2.excluded_paths", ["/api/*"]),
    ("resource", "app", "auth_settings_v2.github_v2", {"client_id": "x"}),
    ("resource", "app", "auth_settings_v2.config_file_path", "auth.json"),
    ("resource", "app", f"{_AD}.allowed_groups", [OTHER_ID]),
    ("resource", "app", f"{_AD}.jwt_allowed_groups", [OTHER_ID]),
    ("resource", "app", f"{_AD}.jwt_allowed_client_applications", [OTHER_ID]),
    ("resource", "app", f"{_AD}.client_secret_setting_name", "SECRET"),
    ("resource", "app", "auth_settings", {"enabled": True}),
    ("resource", "app", "storage_account_access_key", "${var.key}"),
    ("resource", "app", "app_settings.Storage", "AccountName=x;AccountKey=${var.key}"),
    ("resource", "app", "app_settings.PARTNER_PASSWORD", "hunter2"),
    ("resource", "azuread_service_principal", "account_enabled", False),
    ("resource", "azuread_application", "password", {"display_name": "x"}),
    ("resource", "azurerm_api_management_backend", "credentials", {"header": {"x": "y"}}),
    ("resource", "azurerm_api_management", "security.frontend_tls10_enabled", True),
]


def rewritten(
    document: dict[str, Any], replacement: str, by: str, scope: str = "api"
) -> Iterator[Mutant]:
    """Mutants of every policy of a scope with one pattern rewritten, where it stands in it."""
    kind = f"azurerm_api_management_{scope}_policy"
    for name, body in document["resource"].get(kind, {}).items():
        text, count = re.subn(replacement, by, body["xml_content"], count=1, flags=re.DOTALL)
        if count:
            changed = _copy(document, "resource", kind, name)
            changed["resource"][kind][name]["xml_content"] = text
            yield Mutant("rewritten", kind, replacement, f"{kind}.{name}", changed)
