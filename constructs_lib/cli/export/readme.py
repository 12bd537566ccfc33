"""The page that comes with a module: what to pass, what it gives, as terraform-docs writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from constructs_lib._core.templates import template_of
from constructs_lib.cli.export import hcl
from constructs_lib.cli.export.variables import Reach, Variable

_REACHES: dict[Reach, str] = {
    "world": "; another for each use: once in the world",
    "tenant": "; another for each use: once in a tenant",
    "subscription": "; another for each use: once in a subscription",
    "gateway": "; another for each use on one gateway",
    "group": "; another for each use in one resource group",
    "nothing": "",
}

Row = tuple[str, ...]


def readme(
    document: Mapping[str, Any],
    name: str,
    variables: Sequence[Variable],
    outputs: Mapping[str, str],
) -> str:
    """Write the page.

    Args:
        document: The stack's Terraform JSON.
        name: Of the stack.
        variables: What whoever uses the module passes.
        outputs: The description of each output by its name.
    """
    label = name.replace("-", "_")
    return template_of("constructs_lib.cli.export", "templates/README.md.j2").render(
        name=name,
        usage=_usage(label, name, variables),
        providers=_providers(document),
        imports=_imports(document, label),
        requirements=list(_requirements(document)),
        inputs=[*_own(document), *map(_row, variables)],
        outputs=[(key, _cell(text)) for key, text in outputs.items()],
        moved=_moved(document, label),
    )


def configurations(document: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The configurations of each provider by its name."""
    for name, given in sorted(document.get("provider", {}).items()):
        yield name, cast("list[dict[str, Any]]", given if isinstance(given, list) else [given])


def _usage(label: str, name: str, variables: Sequence[Variable]) -> str:
    """A call of the module that says what the stack says."""
    passed = {each.name: each.value if each.known else "…" for each in variables if each.required}
    head, *_ = hcl.section(("module", label), {"source": f"./{name}"}).partition("}\n")
    if not passed:
        return f"{head}}}"
    _, _, rest = hcl.section(("module", label), passed).partition("\n")
    return f"{head}\n{rest.rstrip()}"


def _providers(document: Mapping[str, Any]) -> str:
    """What the configuration that uses the module has to tell the providers."""
    return "\n".join(
        hcl.section(("provider", name), body, blocks=list(_objects(body)))
        for name, several in configurations(document)
        for body in several
    ).rstrip()


def _objects(body: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """What in a provider's configuration is a block: all that is an object or a list of some."""
    for key, value in body.items():
        for item in cast("list[object]", value if isinstance(value, list) else [value]):
            if isinstance(item, dict):
                yield f"{before}{key}"
                yield from _objects(cast("dict[str, Any]", item), f"{before}{key}.")


def _imports(document: Mapping[str, Any], label: str) -> str:
    """The imports of the stack, which only the outermost configuration may have."""
    return "\n".join(
        hcl.section(("import",), {**body, "to": f"module.{label}.{body['to']}"})
        for body in document.get("import", ())
    ).rstrip()


def _moved(document: Mapping[str, Any], label: str) -> str:
    """How the first resource of the stack stays what it is when the module takes its place."""
    for kind, bodies in sorted(document.get("resource", {}).items()):
        for name in sorted(bodies):
            address = f"{kind}.{name}"
            ends = {"from": address, "to": f"module.{label}.{address}"}
            return hcl.section(("moved",), ends).rstrip()
    return ""


def _requirements(document: Mapping[str, Any]) -> Iterator[Row]:
    terraform = document.get("terraform", {})
    if version := terraform.get("required_version"):
        yield "terraform", _cell(version)
    for provider, needed in sorted(terraform.get("required_providers", {}).items()):
        yield f"{provider} (`{needed['source']}`)", _cell(needed.get("version", ""))


def _own(document: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of the variables that the stack itself has."""
    for name, body in sorted(document.get("variable", {}).items()):
        default = _json(body["default"]) if "default" in body else "n/a"
        needed = "no" if "default" in body else "yes"
        yield (
            name,
            _cell(body.get("description", "")),
            f"`{body.get('type', 'any')}`",
            default,
            needed,
        )


def _row(each: Variable) -> Row:
    default = "n/a" if each.required else _json(each.value)
    told = f"{_cell(each.description)}{_REACHES[each.reach]}"
    return each.name, told, f"`{each.type}`", default, "yes" if each.required else "no"


def _json(value: object) -> str:
    return f"`{_cell(json.dumps(value, ensure_ascii=False))}`"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
