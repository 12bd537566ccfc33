"""A stack as a Terraform module: the files of its folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib.cli.export import hcl
from constructs_lib.cli.export.readme import configurations, readme
from constructs_lib.cli.export.variables import Variable, Variables

# What a stack may consist of; the rest a module cannot have, or is not understood.
_SECTIONS = frozenset(
    {"//", "check", "data", "import", "locals", "moved", "output", "provider", "removed"}
    | {"resource", "terraform", "variable"}
)
_VARIABLE = re.compile(r"(?P<name>[^=]+)=(?P<address>(?:data\.)?[\w-]+\.[\w-]+)\.(?P<path>.+)")


@dataclass(frozen=True, slots=True)
class ExportedModule:
    """A Terraform module.

    Attributes:
        name: Of the stack.
        files: The text of each file by its name.
        variables: What whoever uses the module passes.
        outputs: The description of each output by its name.
    """

    name: str
    files: Mapping[str, str]
    variables: Sequence[Variable]
    outputs: Mapping[str, str]


def module_of(
    document: Mapping[str, Any], name: str, *, where: str, variables: Sequence[str] = ()
) -> ExportedModule:
    """Write a stack's Terraform JSON as a module.

    Args:
        document: The JSON.
        name: Of the stack.
        where: What messages call the JSON.
        variables: Further variables, each as `NAME=ADDRESS.ARGUMENT`.

    Raises:
        InputError: For what a module cannot have, and for a variable that cannot be made.
    """
    _refuse(document, where)
    found = Variables(document)
    for text in variables:
        wanted = _VARIABLE.fullmatch(text)
        if wanted is None:
            raise InputError(
                "is no variable",
                where=text,
                fix="write NAME=ADDRESS.ARGUMENT, such as "
                "zones=azurerm_service_plan.plan.zone_balancing_enabled",
            )
        path = [int(step) if step.isdigit() else step for step in wanted["path"].split(".")]
        found.take(wanted["name"], wanted["address"], path)
    taken = _used(found)
    main, rest = _resources(found.document)
    outputs = found.document.get("output", {})
    files = {
        "main.tf": main,
        "outputs.tf": "\n".join(
            hcl.section(("output", key), outputs[key]) for key in sorted(outputs)
        ),
        "variables.tf": "\n".join(_variables(found.document, taken)),
        "versions.tf": _versions(found.document.get("terraform", {})),
    }
    if rest:
        text = json.dumps(rest, indent=2, sort_keys=True, ensure_ascii=False)
        files["main.tf.json"] = f"{text}\n"
    told = {key: outputs[key].get("description", "") for key in sorted(outputs)}
    files["README.md"] = readme(document, name, taken, told)
    return ExportedModule(
        name, {key: files[key] for key in sorted(files) if files[key]}, taken, told
    )


def _refuse(document: Mapping[str, Any], where: str) -> None:
    """Refuse what a module cannot have."""
    other = sorted(document.keys() - _SECTIONS)
    if other:
        raise InputError(
            f"has {', '.join(other)}, which no module is written of",
            where=where,
            fix="move it into a stack of its own",
        )
    for name, several in configurations(document):
        if len(several) > 1 or any("alias" in each for each in several):
            raise InputError(
                f"configures {name} in several ways, and the module gets one configuration",
                where=where,
                fix="make a stack for each",
            )


def _used(found: Variables) -> list[Variable]:
    """The variables that something refers to, in the order of their names."""
    text = json.dumps({**found.document, "//": None})
    return [
        each for name, each in sorted(found.found.items()) if re.search(rf"\bvar\.{name}\b", text)
    ]


def _resources(document: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The resources in the order of their constructs; as JSON what has no certain form in HCL."""
    blocks: list[tuple[tuple[str, ...], str]] = []
    rest: dict[str, Any] = {}
    for section in ("data", "resource"):
        for kind, bodies in document.get(section, {}).items():
            for name, body in bodies.items():
                try:
                    text = hcl.resource(section, kind, name, body)
                except hcl.NotWritable:
                    told = {key: value for key, value in body.items() if key != "//"}
                    rest.setdefault(section, {}).setdefault(kind, {})[name] = told
                    continue
                path = body.get("//", {}).get("metadata", {}).get("path", "")
                blocks.append(((path, section, kind, name), text))
    texts = [text for _, text in sorted(blocks)]
    if local := document.get("locals"):
        texts.insert(0, hcl.section(("locals",), local))
    texts += [hcl.check(name, body) for name, body in sorted(document.get("check", {}).items())]
    texts += [
        hcl.section((section,), body)
        for section in ("moved", "removed")
        for body in document.get(section, ())
    ]
    return "\n".join(texts), rest


def _variables(document: Mapping[str, Any], found: Sequence[Variable]) -> Iterator[str]:
    """The blocks of the variables, those of the stack itself first."""
    for name, body in sorted(document.get("variable", {}).items()):
        typed = {"type": hcl.Name(body["type"])} if "type" in body else {}
        yield hcl.section(("variable", name), {**body, **typed}, blocks=("validation",))
    for each in found:
        body = {"description": each.description, "type": hcl.Name(each.type), "nullable": False}
        default = {} if each.required else {"default": each.value}
        yield hcl.section(("variable", each.name), {**body, **default})


def _versions(terraform: Mapping[str, Any]) -> str:
    """The versions that the module needs; where the state is and who provides is not its matter."""
    body = {key: terraform[key] for key in ("required_version",) if key in terraform}
    providers = terraform.get("required_providers", {})
    return hcl.section(
        ("terraform",), {**body, "required_providers": providers}, blocks=("required_providers",)
    )
