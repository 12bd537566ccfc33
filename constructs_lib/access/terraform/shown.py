"""A plan or a state as `terraform show -json` writes it.

Source: HashiCorp, JSON Output Format, format version 1.x.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from constructs_lib.access.terraform import coverage
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.json_text import entries, object_of, objects
from constructs_lib.access.terraform.resources import Deferred, Gap, Module, Raw, Resource
from constructs_lib.access.terraform.sources import Sources, sources_of, without_keys


def is_shown(document: Mapping[str, Any]) -> bool:
    """Whether a document is a plan or a state."""
    return "format_version" in document and ("planned_values" in document or "values" in document)


def read_shown(
    source: str, file: str, document: Mapping[str, Any], beside: Path | None = None
) -> Configuration:
    """Read a plan or a state.

    Args:
        source: What is read, as the user named it.
        file: Its name.
        document: What it holds.
        beside: The folder that it lies in, where the HCL of a plan may be.
    """
    resources: list[Resource] = []
    modules: dict[tuple[str, str], Module] = {}
    gaps: list[Gap] = []
    shown = _Shown(document, file, resources, modules, gaps)
    shown.sources = sources_of(document, beside)
    shown.add()
    complete = "planned_values" not in document
    return Configuration(source, resources, modules, complete=complete, gaps=gaps)


class _Shown:
    """Enters what a plan or a state holds."""

    def __init__(
        self,
        document: Mapping[str, Any],
        file: str,
        resources: list[Resource],
        modules: dict[tuple[str, str], Module],
        gaps: list[Gap],
    ) -> None:
        self.gaps = gaps
        self.document = document
        self.file = file
        self.resources = resources
        self.modules = modules
        self.unknown: dict[str, Any] = {}
        self.actions: dict[str, list[str]] = {}
        self.seen: set[str] = set()
        self.sources: Sources = {}

    def add(self) -> None:
        document = self.document
        for change in objects(document.get("resource_changes")):
            details = object_of(change.get("change"))
            address = str(change.get("address"))
            self.unknown[address] = details.get("after_unknown")
            self.actions[address] = [str(each) for each in details.get("actions") or ()]
        self._partial()
        values = object_of(document.get("planned_values", document.get("values")))
        configuration = object_of(object_of(document.get("configuration")).get("root_module"))
        root = self.modules[("", "")] = Module(literal=True)
        for name, variable in entries(document.get("variables")):
            root.variables[name] = object_of(variable).get("value")
        providers = object_of(object_of(document.get("configuration")).get("provider_config"))
        for provider in providers.values():
            name, alias = object_of(provider).get("name"), object_of(provider).get("alias")
            if name in ("azuread", "azurerm"):
                told = object_of(object_of(provider).get("expressions")).get("tenant_id")
                tenant = None if told is None else _deferred(told, "", None)
                root.tenants.append((f"{name}.{alias}" if alias else str(name), tenant))
        declared = object_of(configuration.get("outputs"))
        for name, output in entries(values.get("outputs")):
            if "value" in object_of(output):
                root.outputs[name] = object_of(output)["value"]
        for name, output in declared.items():
            if name not in root.outputs:
                root.outputs[name] = _deferred(object_of(output).get("expression"), "", None)
        self._module(object_of(values.get("root_module")), configuration, "")
        # Data sources that are read before the plan stand only in the state before it.
        earlier = object_of(object_of(document.get("prior_state")).get("values"))
        self._module(object_of(earlier.get("root_module")), configuration, "", only_data=True)

    def _partial(self) -> None:
        """Note what a plan says of itself: that it is not all that there will be."""
        if self.document.get("errored") is True:
            self._gap("the plan ended with an error, so it is only a part")
        if self.document.get("deferred_changes"):
            deferred = [
                str(object_of(each.get("resource_change")).get("address"))
                for each in objects(self.document["deferred_changes"])
            ]
            self._gap("the plan puts off " + ", ".join(deferred))
        told = self.document.get("errored") or self.document.get("deferred_changes")
        if self.document.get("complete") is False and not told:
            self._gap("the plan says that it is not complete")
        for each in objects(self.document.get("action_invocations")):
            reason = f"what {each.get('address')} does is not read here"
            self.gaps.append(Gap("", self.file, reason, everything=True))
        for address, actions in self.actions.items():
            if "forget" in actions:
                self._gap(f"{address} stays in Azure and is not managed any more")

    def _gap(self, reason: str) -> None:
        self.gaps.append(Gap("", self.file, reason))

    def _module(
        self,
        values: Mapping[str, Any],
        configuration: Mapping[str, Any],
        module: str,
        *,
        only_data: bool = False,
    ) -> None:
        declared = {
            str(each.get("address")): each for each in objects(configuration.get("resources"))
        }
        for each in objects(values.get("resources")):
            managed = each.get("mode") != "data"
            address = str(each.get("address"))
            if address in self.seen or (only_data and managed):
                continue
            self.seen.add(address)
            kind, name = str(each.get("type")), str(each.get("name"))
            local = f"{kind}.{name}" if managed else f"data.{kind}.{name}"
            written = object_of(declared.get(local))
            body = _whole(
                each.get("values"),
                self.unknown.get(address),
                written.get("expressions"),
                module,
                _key(each.get("index")),
                kind if managed else "",
            )
            if written.get("provisioners"):
                body["provisioner"] = [
                    {str(one.get("type")): _commands(one, module)}
                    for one in objects(written["provisioners"])
                ]
            provider = str(written.get("provider_config_key") or kind.partition("_")[0])
            path, lines = self.sources.get(without_keys(address), (self.file, {}))
            self.resources.append(
                Resource(
                    "",
                    address,
                    kind,
                    body,
                    managed,
                    literal=True,
                    module=module,
                    path=path,
                    lines=lines,
                    provider=provider.rpartition(":")[2],
                    new="create" in self.actions.get(address, ()),
                    unread=not managed and _has_unknown(self.unknown.get(address)),
                )
            )
        calls = object_of(configuration.get("module_calls"))
        for child in objects(values.get("child_modules")):
            address = str(child.get("address"))
            call = object_of(calls.get(_call_name(address)))
            inner = object_of(call.get("module"))
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
        given = object_of(call.get("expressions"))
        for name, variable in entries(inner.get("variables")):
            if name in given:
                names.variables[name] = _deferred(given[name], module, key)
            elif "default" in object_of(variable):
                names.variables[name] = object_of(variable)["default"]
        for name, output in entries(inner.get("outputs")):
            names.outputs[name] = _deferred(object_of(output).get("expression"), address, None)


def _whole(
    planned: Raw, unknown: Raw, expression: Raw, module: str, key: str | int | None, kind: str
) -> dict[str, Raw]:
    """The attributes of a resource; what nothing is written for is computed by the provider.

    Blocks are not: those that are unknown as a whole are made by `dynamic`.
    """
    values, unknowns = object_of(planned), object_of(unknown)
    expressions = object_of(expression)
    found: dict[str, Raw] = {}
    for name in (*values, *(name for name in unknowns if name not in values)):
        written = expressions.get(name)
        known = values.get(name)
        if name in _WRITE_ONLY and written is not None:
            found[name] = _deferred(written, module, key)
            continue
        if unknowns.get(name) is True and coverage.is_block(kind, name):
            found[name] = Deferred((), module, key)
            continue
        if written is None and unknowns.get(name) is True:
            continue
        # Blocks for which no expression stands were made by `dynamic`.
        if written is None and isinstance(known, list) and _has_unknown(unknowns.get(name)):
            written = _DYNAMIC
        value = _merged(known, unknowns.get(name), written, module, key, kind, name)
        if value is not None:
            found[name] = value
    return found


# What providers take, and no plan or state has a value of.
_WRITE_ONLY = frozenset({"sensitive_body"})

_DYNAMIC = object()
"""Stands for the expressions of blocks that `dynamic` makes: Terraform's plan has none of them."""


def _has_unknown(unknown: Raw) -> bool:
    if isinstance(unknown, dict):
        return any(_has_unknown(each) for each in cast("dict[str, Raw]", unknown).values())
    if isinstance(unknown, list):
        return any(_has_unknown(each) for each in cast("list[Raw]", unknown))
    return unknown is True


# What the providers compute inside of blocks.
_COMPUTED = frozenset({"id", "principal_id", "tenant_id", "client_id", "object_id"})


def _merged(
    planned: Raw,
    unknown: Raw,
    expression: Raw,
    module: str,
    key: str | int | None,
    kind: str,
    path: str,
) -> Raw:
    """Planned values, with what their expressions mention where they are known only after apply.

    The zero values of Terraform's plugin SDK, "" and [], stand for what is absent.
    """
    if expression is _DYNAMIC:
        return _generated(planned, unknown, module, key)
    if unknown is True and coverage.is_block(kind, path):
        return Deferred((), module, key)
    if unknown is True:
        return _deferred(expression, module, key)
    if planned in ("", []):
        return None
    if isinstance(planned, dict):
        values = cast("dict[str, Raw]", planned)
        unknowns, expressions = object_of(unknown), object_of(expression)
        if "references" in expressions:
            # A map or object is one expression, not a block of several.
            constant = object_of(expressions.get("constant_value"))
            mentions = expressions["references"]
            expressions = {
                name: {"constant_value": constant.get(name), "references": mentions}
                for name in {*values, *unknowns}
            }
        names = [*values, *(name for name in unknowns if name not in values)]
        merged = {
            name: _merged(
                values.get(name),
                unknowns.get(name),
                _expression(expressions, name, values.get(name), unknowns.get(name)),
                module,
                key,
                kind,
                f"{path}.{name}",
            )
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
            _merged(item, item_unknown, item_expression, module, key, kind, path)
            for item, item_unknown, item_expression in zip(
                items, unknowns, expressions, strict=False
            )
        ]
    return planned


def _expression(expressions: Mapping[str, Raw], name: str, known: Raw, unknown: Raw) -> Raw:
    """What is written for an argument of a block; blocks without are made by `dynamic`."""
    written = expressions.get(name)
    if written is None and isinstance(known, list) and _has_unknown(unknown):
        return _DYNAMIC if objects(known) else None
    return written


def _generated(planned: Raw, unknown: Raw, module: str, key: str | int | None) -> Raw:
    """What `dynamic` made: known values, and what is unknown without a word of where from."""
    if unknown is True:
        return Deferred((), module, key)
    if isinstance(planned, dict):
        values, unknowns = cast("dict[str, Raw]", planned), object_of(unknown)
        merged = {
            name: _generated(values.get(name), unknowns.get(name), module, key)
            for name in (*values, *(name for name in unknowns if name not in values))
            if not (name in _COMPUTED and name not in values)
        }
        return {name: value for name, value in merged.items() if value is not None}
    if isinstance(planned, list):
        items = cast("list[Raw]", planned)
        unknowns = cast("list[Raw]", unknown) if isinstance(unknown, list) else []
        unknowns = unknowns + [None] * (len(items) - len(unknowns))
        pairs = zip(items, unknowns, strict=False)
        return [_generated(item, each, module, key) for item, each in pairs] or None
    return None if planned == "" else planned


def _commands(provisioner: Mapping[str, Raw], module: str) -> dict[str, Raw]:
    return {
        name: _deferred(expression, module, None)
        for name, expression in object_of(provisioner.get("expressions")).items()
    }


def _one_each(expression: Raw, unknowns: Sequence[Raw]) -> list[Raw]:
    """The mention that belongs to each unknown item of a list, when there is one for each."""
    constant = object_of(expression).get("constant_value")
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
    entry, mentions = object_of(expression), tuple(_mentions(expression))
    if not mentions:
        if entry.keys() == set() and isinstance(expression, dict):
            return Deferred((), module, key)  # A call such as `timestamp()`.
        return entry.get("constant_value")
    # In JSON syntax any text is a constant to Terraform's plan, references and all.
    return Deferred(mentions, module, key, entry.get("constant_value"))


def _mentions(expression: Raw) -> list[str]:
    references = object_of(expression).get("references")
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
