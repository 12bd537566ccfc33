"""What the policies of a stack refer to and nothing in it defines, read from its Terraform JSON.

Only gateways that the stack itself makes are looked at: of one that exists elsewhere, nobody can
tell here which named values, backends and fragments it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding
from constructs_lib.policy.checks import Known, check
from constructs_lib.policy.model import Document
from constructs_lib.policy.reader import read

_POLICIES = {
    "azurerm_api_management_policy": "xml_content",
    "azurerm_api_management_product_policy": "xml_content",
    "azurerm_api_management_api_policy": "xml_content",
    "azurerm_api_management_api_operation_policy": "xml_content",
    "azurerm_api_management_policy_fragment": "value",
}
_DEFINING = {
    "azurerm_api_management_named_value": ("named_values", "display_name"),
    "azurerm_api_management_backend": ("backends", "name"),
    "azurerm_api_management_policy_fragment": ("fragments", "name"),
}
_UNDEFINED = frozenset({"SFP405", "SFP406", "SFP407"})
_GATEWAY = re.compile(r"\$\{azurerm_api_management\.([\w-]+)\.(?:name|id)\}")


def undefined_references(configuration: Mapping[str, Any]) -> list[Finding]:
    """Find named values, backends and fragments that a stack's policies name and nothing defines.

    Args:
        configuration: The stack's Terraform JSON.
    """
    resources = _mapping(configuration.get("resource"))
    known: dict[str, dict[str, set[str]]] = {}
    for kind, (what, attribute) in _DEFINING.items():
        for _, gateway, body in _in_own_gateways(resources, kind):
            names = known.setdefault(gateway, {})
            names.setdefault(what, set()).add(str(body.get(attribute)))
    findings: list[Finding] = []
    for kind, attribute in _POLICIES.items():
        for address, gateway, body in _in_own_gateways(resources, kind):
            try:
                document = read(str(body.get(attribute, "")), address, terraform=True)
            except InputError:
                continue  # not ours to say: reading it is the access check's business
            there = known.get(gateway, {})
            found = check(
                document,
                scope="api" if isinstance(document, Document) else "fragment",
                known=Known(
                    named_values=there.get("named_values", set()),
                    backends=there.get("backends", set()),
                    fragments=there.get("fragments", set()),
                ),
            )
            findings += [
                Finding(
                    rule=finding.rule,
                    severity="error",
                    message=finding.message,
                    fix=finding.fix,
                    address=address,
                    attribute=attribute,
                )
                for finding in found
                if finding.rule in _UNDEFINED
            ]
    return findings


def defined(configuration: Mapping[str, Any]) -> Known:
    """Return what a stack defines for policies, in whichever gateway.

    Args:
        configuration: The stack's Terraform JSON.
    """
    resources = _mapping(configuration.get("resource"))
    names: dict[str, set[str] | None] = {}
    for kind, (what, attribute) in _DEFINING.items():
        found = {
            str(_mapping(body).get(attribute)) for body in _mapping(resources.get(kind)).values()
        }
        # Of a name that only Terraform knows nobody can say here that it is not the one.
        names[what] = None if any("${" in name for name in found) else found
    return Known(**names)


def _in_own_gateways(
    resources: Mapping[str, Any], kind: str
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield address, gateway and body of the resources in gateways that the stack makes."""
    for name, body in _mapping(resources.get(kind)).items():
        body = _mapping(body)
        given = body.get("api_management_name") or body.get("api_management_id")
        match = _GATEWAY.fullmatch(given) if isinstance(given, str) else None
        if match:
            yield f"{kind}.{name}", match[1], body


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
