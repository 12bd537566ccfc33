"""A stack's configuration in Terraform's JSON syntax, entered file by file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.json_text import SHOW, Repeated, entries, object_of, objects
from constructs_lib.access.terraform.resources import Gap, Module, Raw, Resource

_KEYS = frozenset(
    {"//", "terraform", "provider", "variable", "locals", "data", "resource", "module", "output"}
    | {"moved", "import", "check", "removed", "ephemeral"}
)


class Stacks:
    """The stacks of a configuration, as far as they are read."""

    def __init__(self) -> None:
        self._resources: list[Resource] = []
        self._modules: dict[tuple[str, str], Module] = {}
        self._gaps: list[Gap] = []

    def configuration(self, source: str) -> Configuration:
        """Everything that was entered."""
        return Configuration(source, self._resources, self._modules, gaps=self._gaps)

    def gap(
        self,
        stack: str,
        file: str,
        reason: str,
        passed: Raw = None,
        *,
        everything: bool = False,
    ) -> None:
        """Note what was not read."""
        self._gaps.append(Gap(stack, file, reason, passed, everything))

    def set_variables(self, stack: str, values: Mapping[str, Raw]) -> None:
        """Give variables their values; only those that the stack declares have a meaning."""
        names = self._modules[stack, ""]
        for name, value in values.items():
            if name in names.declared:
                names.variables[name] = value

    def add(self, stack: str, file: str, document: Mapping[str, Any]) -> None:
        """Enter a file.

        Raises:
            InputError: When it is no configuration.
        """
        if "lineage" in document or ("serial" in document and "resources" in document):
            raise InputError(
                "is a state file",
                where=file,
                fix="give the output of `terraform show -json` instead",
            )
        if not _KEYS.intersection(document):
            raise InputError("is JSON, but no Terraform configuration", where=file, fix=SHOW)
        names = self._modules.setdefault((stack, ""), Module())
        self._names(names, document)
        for name, call in entries(document.get("module")):
            for each in objects(call):
                reason = f"what module.{name} makes and changes is not read here"
                self.gap(stack, file, reason, each)
        for each in objects(document.get("removed")):
            if any(life.get("destroy") is False for life in objects(each.get("lifecycle"))):
                reason = f"{each.get('from')} stays in Azure and is not managed any more"
                self.gap(stack, file, reason)
        imported = {str(each.get("to")).strip("${} ") for each in objects(document.get("import"))}
        for section, managed in (("resource", True), ("data", False)):
            for kind, by_name in entries(document.get(section)):
                for name, content in entries(by_name):
                    for body in objects(content):
                        address = f"{kind}.{name}" if managed else f"data.{kind}.{name}"
                        self._resource(stack, file, kind, address, body, managed, imported)

    def _names(self, names: Module, document: Mapping[str, Any]) -> None:
        for name, variable in entries(document.get("variable")):
            names.declared.add(name)
            for each in objects(variable):
                if "default" in each:
                    names.variables[name] = each["default"]
        names.local_values.update(entries(document.get("locals")))
        for name, output in entries(document.get("output")):
            for each in objects(output):
                if "value" in each:
                    names.outputs[name] = each["value"]
        for settings in objects(document.get("terraform")):
            for kind, backend in entries(settings.get("backend")):
                names.backend = (kind, object_of(backend))
        for name, provider in entries(document.get("provider")):
            if name in ("azuread", "azurerm"):
                for each in objects(provider):
                    alias = each.get("alias")
                    tenant = each.get("tenant_id")
                    names.tenants.append((f"{name}.{alias}" if alias else name, tenant))

    def _resource(
        self,
        stack: str,
        file: str,
        kind: str,
        address: str,
        body: Mapping[str, Any],
        managed: bool,
        imported: set[str],
    ) -> None:
        for name, value in body.items():
            if isinstance(value, Repeated) and not all(isinstance(item, dict) for item in value):
                reason = f"{address} says twice what its {name} is"
                self.gap(stack, file, reason)
        self._resources.append(
            Resource(
                stack,
                address,
                kind,
                body,
                managed,
                literal=False,
                construct=_construct(body),
                path=file,
                provider=_provider(body, kind),
                imported=managed and address in imported,
            )
        )


def _provider(body: Mapping[str, Any], kind: str) -> str:
    given = body.get("provider")
    return given.strip("${} ") if isinstance(given, str) else kind.partition("_")[0]


def _construct(body: Mapping[str, Any]) -> str | None:
    """CDKTF writes the construct's path into the comment of each resource."""
    for comment in objects(body.get("//")):
        for metadata in objects(comment.get("metadata")):
            path = metadata.get("path")
            return path if isinstance(path, str) else None
    return None
