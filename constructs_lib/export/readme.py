"""The page that comes with a module: what to pass, what it gives, as terraform-docs writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from constructs_lib.export import hcl
from constructs_lib.export.variables import Reach, Variable

_REACHES: dict[Reach, str] = {
    "world": "another for each use: once in the world",
    "tenant": "another for each use: once in a tenant",
    "subscription": "another for each use: once in a subscription",
    "gateway": "another for each use on one gateway",
    "group": "another for each use in one resource group",
    "nothing": "",
}


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
    return "\n".join(_lines(document, name, variables, outputs)) + "\n"


def _lines(
    document: Mapping[str, Any],
    name: str,
    variables: Sequence[Variable],
    outputs: Mapping[str, str],
) -> Iterator[str]:
    label = name.replace("-", "_")
    yield f"# {name}"
    yield ""
    yield f"Written by `secured-functions export {name}` from the stack of that name. Change the"
    yield "stack and export it again: changes made here are lost."
    yield ""
    yield "## Usage"
    yield ""
    yield "```hcl"
    yield from _usage(label, name, variables)
    yield "```"
    yield ""
    yield from _providers(document)
    yield from _imports(document, label)
    yield "## Requirements"
    yield ""
    yield "| name | version |"
    yield "| --- | --- |"
    terraform = document.get("terraform", {})
    if version := terraform.get("required_version"):
        yield f"| terraform | {_cell(version)} |"
    for provider, needed in sorted(terraform.get("required_providers", {}).items()):
        yield f"| {provider} (`{needed['source']}`) | {_cell(needed.get('version', ''))} |"
    yield ""
    yield "## Inputs"
    yield ""
    yield "| name | description | type | default | required |"
    yield "| --- | --- | --- | --- | --- |"
    for own, body in sorted(document.get("variable", {}).items()):
        default = f"`{_cell(json.dumps(body['default']))}`" if "default" in body else "n/a"
        told = (own, body.get("description", ""), f"`{body.get('type', 'any')}`", default)
        yield f"| {' | '.join(map(_cell, told))} | {'no' if 'default' in body else 'yes'} |"
    for each in variables:
        reach = f"; {_REACHES[each.reach]}" if _REACHES[each.reach] else ""
        default = "n/a" if each.required else f"`{_cell(json.dumps(each.value))}`"
        needed = "yes" if each.required else "no"
        description = f"{_cell(each.description)}{reach}"
        yield f"| {each.name} | {description} | `{each.type}` | {default} | {needed} |"
    yield ""
    yield "## Outputs"
    yield ""
    yield "| name | description |"
    yield "| --- | --- |"
    for output, description in outputs.items():
        yield f"| {output} | {_cell(description)} |"
    yield ""
    yield "## A state that has the stack already"
    yield ""
    yield "The addresses in the module are the stack's. In the configuration whose state has them,"
    yield "one block for each resource keeps it, for example:"
    yield ""
    yield "```hcl"
    kind, label_of_first = _first(document)
    yield hcl.section(
        ("moved",),
        {"from": f"{kind}.{label_of_first}", "to": f"module.{label}.{kind}.{label_of_first}"},
    ).rstrip()
    yield "```"


def _usage(label: str, name: str, variables: Sequence[Variable]) -> Iterator[str]:
    """A call of the module that says what the stack says."""
    body: dict[str, object] = {
        each.name: each.value if each.known else "…" for each in variables if each.required
    }
    source = hcl.section(("module", label), {"source": f"./{name}"}).splitlines()
    yield from source[:-1]
    if body:
        yield ""
        yield from hcl.section(("module", label), body).splitlines()[1:-1]
    yield "}"


def _providers(document: Mapping[str, Any]) -> Iterator[str]:
    """What the configuration that uses the module has to tell the providers."""
    yield "The providers are configured by whoever uses the module, as the stack does:"
    yield ""
    yield "```hcl"
    for name, several in configurations(document):
        for body in several:
            blocks = list(_objects(body))
            yield hcl.section(("provider", name), body, blocks=blocks).rstrip()
    yield "```"
    yield ""


def configurations(document: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The configurations of each provider by its name."""
    for name, given in sorted(document.get("provider", {}).items()):
        yield name, cast("list[dict[str, Any]]", given if isinstance(given, list) else [given])


def _objects(body: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """What in a provider's configuration is a block: all that is an object or a list of some."""
    for key, value in body.items():
        for item in cast("list[object]", value if isinstance(value, list) else [value]):
            if isinstance(item, dict):
                yield f"{before}{key}"
                yield from _objects(cast("dict[str, Any]", item), f"{before}{key}.")


def _imports(document: Mapping[str, Any], label: str) -> Iterator[str]:
    """The imports of the stack, which only the outermost configuration may have."""
    if not document.get("import"):
        return
    yield "## What exists already"
    yield ""
    yield "Only the outermost configuration can import. Write there, with the ids of your own:"
    yield ""
    yield "```hcl"
    for body in document["import"]:
        target = {**body, "to": f"module.{label}.{body['to']}"}
        yield hcl.section(("import",), target).rstrip()
    yield "```"
    yield ""


def _first(document: Mapping[str, Any]) -> tuple[str, str]:
    for kind, bodies in sorted(document.get("resource", {}).items()):
        for name in sorted(bodies):
            return kind, name
    return "terraform_data", "nothing"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
