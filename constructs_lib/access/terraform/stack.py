"""A stack's configuration in Terraform's JSON syntax, entered file by file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib._core.creation_sites import site_of
from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform import coverage
from constructs_lib.access.terraform.configuration import Configuration, index_of
from constructs_lib.access.terraform.folder import folder, merge_overrides
from constructs_lib.access.terraform.hcl import Lines
from constructs_lib.access.terraform.json_text import SHOW, Repeated, entries, object_of, objects
from constructs_lib.access.terraform.resources import (
    Bound,
    Deferred,
    Gap,
    Module,
    Raw,
    Resource,
)

_KEYS = frozenset(
    {"//", "terraform", "provider", "variable", "locals", "data", "resource", "module", "output"}
    | {"moved", "import", "check", "removed", "ephemeral", "action"}
)


class Stacks:
    """The stacks of a configuration, as far as they are read."""

    def __init__(self) -> None:
        self._resources: list[Resource] = []
        self._modules: dict[tuple[str, str], Module] = {}
        self._gaps: list[Gap] = []
        self._calls: list[_Call] = []
        self.creation_sites: dict[str, str] = {}

    def configuration(self, source: str) -> Configuration:
        """Everything that was entered, and what the modules make that it calls."""
        self._enter_modules(source)
        return self._so_far(source)

    def _so_far(self, source: str) -> Configuration:
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

    def forget_variables(self, stack: str, names: Iterable[str]) -> None:
        """Take away the defaults of variables that may be given another value."""
        for name in names:
            self._modules[stack, ""].variables.pop(name, None)

    def add(
        self,
        stack: str,
        file: str,
        document: Mapping[str, Any],
        *,
        module: str = "",
        lines: Mapping[tuple[str, ...], Lines] | None = None,
    ) -> None:
        """Enter a file.

        Args:
            stack: The stack that it belongs to.
            file: Its name.
            document: What it says, in JSON syntax.
            module: The address of the module that it is a part of.
            lines: Of its blocks, by type and labels.

        Raises:
            InputError: When it is no configuration.
        """
        if "lineage" in document or ("serial" in document and "resources" in document):
            raise InputError(
                "is a state file",
                where=file,
                fix="give the output of `terraform show -json` instead",
            )
        # Other files have such a key too, but with a text: "output" in a cdktf.json.
        known = [key == "//" or not isinstance(document[key], str) for key in _KEYS & {*document}]
        if document and not any(known):
            raise InputError("is JSON, but no Terraform configuration", where=file, fix=SHOW)
        names = self._modules.setdefault((stack, module), Module())
        if names.folder is None and Path(file).is_file():
            names.folder = Path(file).parent
        self._names(names, document)
        for name, call in entries(document.get("module")):
            self._calls += [_Call(stack, module, file, name, each) for each in objects(call)]
        for each in objects(document.get("removed")):
            left = any(life.get("destroy") is False for life in objects(each.get("lifecycle")))
            if left and not _harmless(str(each.get("from"))):
                reason = f"{each.get('from')} stays in Azure and is not managed any more"
                self.gap(stack, file, reason)
        for kind, by_name in entries(document.get("action")):
            for name, _ in entries(by_name):
                # Terraform 1.14 invokes actions beside its plan, as scripts and requests.
                reason = f"what the action {kind}.{name} does is not read here"
                self.gap(stack, file, reason, everything=True)
        imported = {str(each.get("to")).strip("${} ") for each in objects(document.get("import"))}
        for section, managed in (("resource", True), ("data", False)):
            for kind, by_name in entries(document.get(section)):
                for name, content in entries(by_name):
                    for body in objects(content):
                        address = f"{kind}.{name}" if managed else f"data.{kind}.{name}"
                        construct = _construct(body)
                        site = site_of(self.creation_sites, construct)
                        self._resource(
                            Resource(
                                stack,
                                f"{module}.{address}" if module else address,
                                kind,
                                body,
                                managed,
                                literal=False,
                                module=module,
                                construct=construct,
                                path=site[0] if site else file,
                                provider=_provider(body, kind),
                                imported=managed and address in imported,
                                lines={"": site[1]}
                                if site
                                else (lines or {}).get((section, kind, name), {}),
                            )
                        )

    def _names(self, names: Module, document: Mapping[str, Any]) -> None:
        for name, variable in entries(document.get("variable")):
            names.declared.add(name)
            for each in objects(variable):
                if "default" in each:
                    names.variables[name] = each["default"]
                if each.get("nullable") is False and "default" in each:
                    names.never_null[name] = each["default"]
                if "optional(" in str(each.get("type")):
                    names.types[name] = str(each["type"])
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

    def _resource(self, resource: Resource) -> None:
        for name, value in resource.body.items():
            if isinstance(value, Repeated) and not all(isinstance(item, dict) for item in value):
                reason = f"{resource.address} defines its {name} twice"
                self.gap(resource.stack, resource.path, reason)
        self._resources.append(resource)

    # Modules ------------------------------------------------------------------------------------

    def _enter_modules(self, source: str) -> None:
        """Enter what the modules make that are called, as far as they stand beside the caller."""
        depth = 0
        while self._calls:
            calls, self._calls = self._calls, []
            # Keys of `for_each` are values of the modules above, all of which are entered by now.
            above = self._so_far(source)
            depth += 1
            for call in calls:
                reason = self._enter_module(call, above) if depth <= _DEEPEST else "it has no end"
                if reason:
                    what = f"what {call.address} makes and changes is not read here: {reason}"
                    self.gap(call.stack, call.file, what, call.body)

    def _enter_module(self, call: _Call, above: Configuration) -> str | None:
        """Enter a module, each instance by itself; the reason if that cannot be."""
        directory = _beside(call.file, call.body.get("source"))
        if directory is None:
            return f"its source is {call.body.get('source')}"
        try:
            content = folder(directory)
        except (InputError, OSError) as error:
            return f"{directory} cannot be read: {error}"
        if not content.documents:
            return f"{directory} holds nothing that can be read"
        instances = _instances(call, above)
        if instances is None:
            return "how many there are of it is known only in a plan"
        merge_overrides([each for _, each in content.documents], content.overrides)
        for key, bound in instances.items():
            address = call.address + ("" if key is None else index_of(key))
            names = self._modules.setdefault((call.stack, address), Module())
            for file, document in content.documents:
                self.add(call.stack, file, document, module=address, lines=content.lines.get(file))
            for name in names.declared & call.body.keys():
                template = call.body[name]
                names.variables[name] = Deferred((), call.module, None, template, bound)
        for file, reason in content.unread:
            self.gap(call.stack, str(file), reason, everything=True)
        return None


_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a module: where it stands, and what it says."""

    stack: str
    module: str
    file: str
    name: str
    body: Mapping[str, Any]

    @property
    def address(self) -> str:
        return f"{self.module}.module.{self.name}" if self.module else f"module.{self.name}"


def _beside(file: str, source: Raw) -> Path | None:
    """The folder of a module that stands beside its caller."""
    if not isinstance(source, str) or not source.startswith(("./", "../")):
        return None
    if not Path(file).is_file():  # What is synthesized in memory stands beside nothing.
        return None
    directory = Path(os.path.normpath(Path(file).parent / source))
    return directory if directory.is_dir() else None


def _instances(call: _Call, above: Configuration) -> dict[str | int | None, Bound] | None:
    """The keys of a module's instances, and what `each` and `count` mean in them."""
    if "count" not in call.body and "for_each" not in call.body:
        return {None: {}}
    # The same as of a resource of these arguments.
    several = Resource(
        call.stack,
        call.address,
        "",
        {name: call.body[name] for name in ("count", "for_each") if name in call.body},
        True,
        literal=False,
        module=call.module,
    )
    repetition = above.repetition(several)
    return None if repetition is None else dict(repetition.items())


def _harmless(address: str) -> bool:
    """Whether what an address names is of a type that decides nothing."""
    kind = re.search(r"(?:^|\.)([a-z]+_\w+)\.\w[\w-]*(\[[^]]*\])?$", address.strip("${} "))
    entry = coverage.of_type(kind[1]) if kind else None
    return entry is not None and entry.standing == "harmless"


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
