"""In which order Terraform makes and removes things, and what stands open in between.

Terraform makes a resource after all that it refers to or names in `depends_on`, and removes it
before them; between others there is no order. So a resource that another needs, directly or
through others, is there whenever the other is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_REFERENCE = re.compile(r"\b((?:data\.)?(?:(?:azurerm|azuread|azapi)_\w+|terraform_data)\.[\w-]+)")
_SITES = re.compile(
    r"azurerm_(function_app_flex_consumption|(linux|windows)_function_app(_slot)?)$"
)


@dataclass
class Order:
    """The order that a stack's JSON imposes.

    Attributes:
        document: The Terraform JSON.
        resources: The body of each resource and data source by its address.
        needs: All that each address needs, directly or through others.
    """

    document: dict[str, Any]
    resources: dict[str, dict[str, Any]] = field(init=False)
    needs: dict[str, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.resources = {
            f"{prefix}{kind}.{name}": body
            for block, prefix in (("resource", ""), ("data", "data."))
            for kind, bodies in self.document.get(block, {}).items()
            for name, body in bodies.items()
        }
        direct = {
            address: {found for found in _REFERENCE.findall(_text(body)) if found in self.resources}
            for address, body in self.resources.items()
        }
        self.needs = {address: _closure(address, direct) for address in direct}

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Address and body of each resource of a type."""
        for address, body in self.resources.items():
            if address.startswith(f"{kind}."):
                yield address, body

    def policies_of(self, operation: str) -> set[str]:
        """The policies in force for each operation of the API: those of the API itself."""
        api = self.resources[operation]["api_name"]
        return {
            address
            for address, body in self.of_type("azurerm_api_management_api_policy")
            if body["api_name"] == api
        }

    def answers_itself(self, operation: str) -> bool:
        """Whether there is nothing that an operation could forward to, as its API has no backend.

        So it is with metadata that the gateway serves: without its own policy it answers 500.
        """
        reference = f"${{{operation}."
        name = self.resources[operation]["api_name"]
        api = self.resources.get(name[2:-1].removesuffix(".name"), {})
        own = (
            body["xml_content"]
            for _, body in self.of_type("azurerm_api_management_api_operation_policy")
            if body["operation_id"].startswith(reference)
        )
        nowhere = not (api.get("service_url") or api.get("import") or self.policies_of(operation))
        return bool(api) and nowhere and any("<return-response" in policy for policy in own)

    def open_doors(self, live: set[str]) -> list[str]:
        """What stands open when exactly these addresses are there."""
        doors: list[str] = []
        for address in live:
            kind = address.split(".")[0]
            body = self.resources[address]
            if kind == "azurerm_api_management_api_operation":
                policies = self.policies_of(address)
                if not policies <= live or not (policies or self.answers_itself(address)):
                    doors.append(f"{address} answers without the policy of its API")
            elif kind == "azurerm_api_management_api_policy":
                doors += [
                    f"{address} is there without {needed}"
                    for needed in self.needs[address]
                    if needed not in live and not needed.startswith("data.")
                ]
            elif kind == "azurerm_api_management_api":
                if body.get("service_url") or leads_somewhere(body.get("import")):
                    doors.append(f"{address} forwards before its policy says where")
            elif _SITES.match(kind):
                settings = body.get("auth_settings_v2", {})
                if not (settings.get("auth_enabled") and settings.get("require_authentication")):
                    doors.append(f"{address} is made without Easy Auth")
        return doors


def leads_somewhere(imported: dict[str, Any] | None) -> bool:
    """Whether a document that API Management imports names a server to forward to."""
    if not imported:
        return False
    # Terraform's own escape of `${`.
    described = json.loads(imported["content_value"].replace("$${", "${").replace("%%{", "%{"))
    texts = [described, *described.get("paths", {}).values()]
    texts += [each for path in texts[1:] for each in path.values() if isinstance(each, dict)]
    return any({"servers", "host", "basePath"} & text.keys() for text in texts)


def _text(body: dict[str, Any]) -> str:
    """What Terraform evaluates of a body: all but CDKTF's comment."""
    return json.dumps({key: value for key, value in body.items() if key != "//"})


def _closure(address: str, direct: dict[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(direct[address])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += direct[each]
    return frozenset(found)
