"""Reads `cdktf.out`, `cdk.tf.json`, and `terraform show -json` of a plan or a state."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from constructs_lib._core.errors import InputError
from constructs_lib.access.terraform.configuration import (
    Configuration,
    Deferred,
    Module,
    Raw,
    Resource,
)

_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|"
    r"(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_SHOW = "give a cdktf.out directory, a cdk.tf.json, or the output of `terraform show -json`"
_CONFIGURATION_KEYS = frozenset(
    {"//", "terraform", "provider", "variable", "locals", "data", "resource", "module", "output"}
    | {"moved", "import", "check", "removed", "ephemeral"}
)


def read_terraform(path: str | Path) -> Configuration:
    """Read Terraform JSON.

    Args:
        path: A `cdktf.out` directory or a directory with `*.tf.json`, one such file, the output of
            `terraform show -json` of a plan or a state, or `-` for one of the latter on the
            standard input.

    Raises:
        InputError: When it is none of these.
    """
    source = str(path)
    if source == "-":
        return _configuration(source, [("", "standard input", sys.stdin.buffer.read())])
    path = Path(path)
    try:
        if path.is_dir():
            stacks = [(stack, str(file), file.read_bytes()) for stack, file in _stack_files(path)]
        else:
            stacks = [("", source, path.read_bytes())]
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise InputError(problem, where=source, fix=_SHOW) from error
    except ValueError as error:  # A null byte in the path.
        raise InputError(f"cannot be read: {error}", where=repr(source), fix=_SHOW) from error
    if not stacks:
        plain = any(path.glob("*.tf"))
        raise InputError(
            "holds no Terraform JSON",
            where=source,
            fix="run `terraform plan -out plan` and `terraform show -json plan`"
            if plain
            else "run `cdktf synth` first",
        )
    return _configuration(source, stacks)


def read_stacks(stacks: Mapping[str, Mapping[str, Any]], source: str = "synth") -> Configuration:
    """The same, from what `TerraformStack.to_terraform` gives, by the name of the stack.

    Raises:
        InputError: When a stack is not a Terraform configuration.
    """
    resources: list[Resource] = []
    modules: dict[tuple[str, str], Module] = {}
    for stack, document in stacks.items():
        _add_stack(stack, stack, document, resources, modules)
    return Configuration(source, resources, modules)


def _stack_files(directory: Path) -> Iterable[tuple[str, Path]]:
    """Each file with the name of its stack; the files of one plain directory are one stack."""
    synthesized = sorted((directory / "stacks").glob("*/*.tf.json"))
    if synthesized:
        return [(file.parent.name, file) for file in synthesized]
    return [("", file) for file in sorted(directory.glob("*.tf.json"))]


def _configuration(source: str, files: Sequence[tuple[str, str, bytes]]) -> Configuration:
    resources: list[Resource] = []
    modules: dict[tuple[str, str], Module] = {}
    for stack, file, content in files:
        shown = document(file, content)
        if "format_version" in shown and ("planned_values" in shown or "values" in shown):
            complete = "planned_values" not in shown
            if len(files) > 1:
                raise InputError("is a plan or a state among stacks", where=file, fix=_SHOW)
            _Shown(shown, file, resources, modules).add()
            return Configuration(source, resources, modules, complete=complete)
        _add_stack(stack, file, shown, resources, modules)
    return Configuration(source, resources, modules)


def document(file: str, content: bytes, *, fix: str = _SHOW) -> dict[str, Any]:
    """Return the object of a JSON file.

    Args:
        file: Its name, for messages.
        content: What it holds.
        fix: What to give instead, for messages.

    Raises:
        InputError: When that is none, with line and column.
    """
    try:
        text = content.decode("utf-8-sig")
        found: Any = json.loads(_LONE_SURROGATE.sub(r"\\ufffd", text))
    except UnicodeDecodeError as error:
        raise InputError(
            "is not text in UTF-8", where=f"{file}: byte {error.start}", fix=fix
        ) from error
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}:{error.colno}"
        raise InputError(f"is not JSON: {error.msg}", where=where, fix=fix) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", where=file, fix=fix) from error
    except ValueError as error:  # An integer of more digits than Python converts.
        raise InputError(f"is not usable JSON: {error}", where=file, fix=fix) from error
    if not isinstance(found, dict):
        raise InputError("is JSON, but not an object", where=file, fix=fix)
    return cast("dict[str, Any]", found)


def _add_stack(
    stack: str,
    file: str,
    document: Mapping[str, Any],
    resources: list[Resource],
    modules: dict[tuple[str, str], Module],
) -> None:
    if "lineage" in document or ("serial" in document and "resources" in document):
        raise InputError(
            "is a state file", where=file, fix="give the output of `terraform show -json` instead"
        )
    if not _CONFIGURATION_KEYS.intersection(document):
        raise InputError("is JSON, but no Terraform configuration", where=file, fix=_SHOW)
    names = modules.setdefault((stack, ""), Module())
    for name, variable in _entries(document.get("variable")):
        for each in _objects(variable):
            if "default" in each:
                names.variables[name] = each["default"]
    names.local_values.update(_entries(document.get("locals")))
    for name, output in _entries(document.get("output")):
        for each in _objects(output):
            if "value" in each:
                names.outputs[name] = each["value"]
    for settings in _objects(document.get("terraform")):
        for kind, backend in _entries(settings.get("backend")):
            names.backend = (kind, _object(backend))
    for name, provider in _entries(document.get("provider")):
        if name in ("azuread", "azurerm"):
            names.tenants += [e["tenant_id"] for e in _objects(provider) if "tenant_id" in e]
    for section, managed in (("resource", True), ("data", False)):
        for kind, by_name in _entries(document.get(section)):
            for name, body in _entries(by_name):
                for each in _objects(body):
                    address = f"{kind}.{name}" if managed else f"data.{kind}.{name}"
                    resources.append(
                        Resource(
                            stack,
                            address,
                            kind,
                            each,
                            managed,
                            literal=False,
                            construct=_construct(each),
                            path=file,
                        )
                    )


def _construct(body: Mapping[str, Any]) -> str | None:
    """CDKTF writes the construct's path into the comment of each resource."""
    for comment in _objects(body.get("//")):
        for metadata in _objects(comment.get("metadata")):
            path = metadata.get("path")
            return path if isinstance(path, str) else None
    return None


class _Shown:
    """A plan or a state as `terraform show -json` writes it.

    Source: HashiCorp, JSON Output Format, format version 1.x.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        file: str,
        resources: list[Resource],
        modules: dict[tuple[str, str], Module],
    ) -> None:
        self.document = document
        self.file = file
        self.resources = resources
        self.modules = modules
        self.unknown: dict[str, Any] = {}
        self.seen: set[str] = set()

    def add(self) -> None:
        document = self.document
        for change in _objects(document.get("resource_changes")):
            details = _object(change.get("change"))
            self.unknown[str(change.get("address"))] = details.get("after_unknown")
        values = _object(document.get("planned_values", document.get("values")))
        configuration = _object(_object(document.get("configuration")).get("root_module"))
        root = self.modules[("", "")] = Module(literal=True)
        for name, variable in _entries(document.get("variables")):
            root.variables[name] = _object(variable).get("value")
        providers = _object(_object(document.get("configuration")).get("provider_config"))
        for provider in providers.values():
            told = _object(_object(provider).get("expressions")).get("tenant_id")
            if told is not None:
                root.tenants.append(_deferred(told, "", None))
        declared = _object(configuration.get("outputs"))
        for name, output in _entries(values.get("outputs")):
            if "value" in _object(output):
                root.outputs[name] = _object(output)["value"]
        for name, output in declared.items():
            if name not in root.outputs:
                root.outputs[name] = _deferred(_object(output).get("expression"), "", None)
        self._module(_object(values.get("root_module")), configuration, "")
        # Data sources that are read before the plan stand only in the state before it.
        earlier = _object(_object(document.get("prior_state")).get("values"))
        self._module(_object(earlier.get("root_module")), configuration, "", only_data=True)

    def _module(
        self,
        values: Mapping[str, Any],
        configuration: Mapping[str, Any],
        module: str,
        *,
        only_data: bool = False,
    ) -> None:
        declared = {
            str(each.get("address")): each for each in _objects(configuration.get("resources"))
        }
        for each in _objects(values.get("resources")):
            managed = each.get("mode") != "data"
            address = str(each.get("address"))
            if address in self.seen or (only_data and managed):
                continue
            self.seen.add(address)
            kind, name = str(each.get("type")), str(each.get("name"))
            local = f"{kind}.{name}" if managed else f"data.{kind}.{name}"
            body = _merged(
                each.get("values"),
                self.unknown.get(address),
                _object(declared.get(local)).get("expressions"),
                module,
                _key(each.get("index")),
            )
            self.resources.append(
                Resource(
                    "",
                    address,
                    kind,
                    _object(body),
                    managed,
                    literal=True,
                    module=module,
                    path=self.file,
                )
            )
        calls = _object(configuration.get("module_calls"))
        for child in _objects(values.get("child_modules")):
            address = str(child.get("address"))
            call = _object(calls.get(_call_name(address)))
            inner = _object(call.get("module"))
            self._names(address, module, call, inner)
            self._module(child, inner, address, only_data=only_data)

    def _names(
        self, address: str, module: str, call: Mapping[str, Any], inner: Mapping[str, Any]
    ) -> None:
        """What variables and outputs of one instance of a module mean."""
        if ("", address) in self.modules:
            return
        names = self.modules[("", address)] = Module(literal=True)
        key = _instance_key(address)
        given = _object(call.get("expressions"))
        for name, variable in _entries(inner.get("variables")):
            if name in given:
                names.variables[name] = _deferred(given[name], module, key)
            elif "default" in _object(variable):
                names.variables[name] = _object(variable)["default"]
        for name, output in _entries(inner.get("outputs")):
            names.outputs[name] = _deferred(_object(output).get("expression"), address, None)


def _merged(planned: Raw, unknown: Raw, expression: Raw, module: str, key: str | int | None) -> Raw:
    """Planned values, with what their expressions mention where they are known only after apply."""
    if unknown is True:
        return _deferred(expression, module, key)
    if isinstance(planned, dict):
        values = cast("dict[str, Raw]", planned)
        unknowns, expressions = _object(unknown), _object(expression)
        if "references" in expressions:
            # A map or object is one expression, not a block of several.
            constant = _object(expressions.get("constant_value"))
            mentions = expressions["references"]
            expressions = {
                name: {"constant_value": constant.get(name), "references": mentions}
                for name in {*values, *unknowns}
            }
        names = [*values, *(name for name in unknowns if name not in values)]
        merged = {
            name: _merged(values.get(name), unknowns.get(name), expressions.get(name), module, key)
            for name in names
        }
        return {name: value for name, value in merged.items() if value is not None}
    if isinstance(planned, list):
        items = cast("list[Raw]", planned)
        unknowns = cast("list[Raw]", unknown) if isinstance(unknown, list) else []
        unknowns = unknowns + [None] * (len(items) - len(unknowns))
        if isinstance(expression, list):
            expressions = cast("list[Raw]", expression)
        else:
            expressions = _one_each(expression, unknowns)
        expressions = expressions + [None] * (len(items) - len(expressions))
        return [
            _merged(item, item_unknown, item_expression, module, key)
            for item, item_unknown, item_expression in zip(
                items, unknowns, expressions, strict=False
            )
        ]
    return planned


def _one_each(expression: Raw, unknowns: Sequence[Raw]) -> list[Raw]:
    """The mention that belongs to each unknown item of a list, when there is one for each."""
    constant = _object(expression).get("constant_value")
    if isinstance(constant, list) and len(cast("list[Raw]", constant)) == len(unknowns):
        mentions = _mentions(expression)
        return [
            {"constant_value": item, "references": mentions} for item in cast("list[Raw]", constant)
        ]
    mentions = [
        mention
        for group in _groups(_mentions(expression))
        for mention in group[:1]
        if not mention.startswith(("each.", "count."))
    ]
    waiting = [position for position, unknown in enumerate(unknowns) if unknown is True]
    if len(mentions) != len(waiting):
        return [expression if unknown is True else None for unknown in unknowns]
    paired: list[Raw] = [None] * len(unknowns)
    keyed = [mention for mention in _mentions(expression) if mention.startswith("each.")]
    for position, mention in zip(waiting, mentions, strict=True):
        paired[position] = {"references": [mention, *keyed]}
    return paired


def _groups(mentions: Sequence[str]) -> list[list[str]]:
    """Terraform lists each mention and then its prefixes, the longest first."""
    groups: list[list[str]] = []
    for mention in mentions:
        if groups and groups[-1][-1].startswith((f"{mention}.", f"{mention}[")):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def _deferred(expression: Raw, module: str, key: str | int | None) -> Raw:
    entry, mentions = _object(expression), tuple(_mentions(expression))
    if not mentions:
        return entry.get("constant_value")
    # In JSON syntax any text is a constant to Terraform's plan, references and all.
    return Deferred(mentions, module, key, entry.get("constant_value"))


def _mentions(expression: Raw) -> list[str]:
    references = _object(expression).get("references")
    if not isinstance(references, list):
        return []
    return [each for each in cast("list[Raw]", references) if isinstance(each, str)]


_LAST_CALL = re.compile(r'module\.([^.\[]+)(?:\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\])?$')


def _call_name(address: str) -> str:
    found = _LAST_CALL.search(address)
    return found[1] if found else ""


def _instance_key(address: str) -> str | int | None:
    found = _LAST_CALL.search(address)
    if not found:
        return None
    return int(found[2]) if found[2] else found[3]


def _key(index: Raw) -> str | int | None:
    return index if isinstance(index, (str, int)) else None


def _object(raw: Raw) -> dict[str, Raw]:
    return cast("dict[str, Raw]", raw) if isinstance(raw, dict) else {}


def _objects(raw: Raw) -> list[dict[str, Raw]]:
    items = cast("list[Raw]", raw) if isinstance(raw, list) else [raw]
    return [cast("dict[str, Raw]", item) for item in items if isinstance(item, dict)]


def _entries(raw: Raw) -> list[tuple[str, Raw]]:
    """Names and contents of an object, or of a list of objects as Terraform allows too."""
    return [(str(name), value) for each in _objects(raw) for name, value in each.items()]
