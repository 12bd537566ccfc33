"""A Terraform configuration as resources whose attributes can be followed to their origin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from constructs_lib.trust.terms import (
    Opaque,
    Reference,
    Term,
    Value,
    evaluate,
    references_in,
)

Raw: TypeAlias = Any
"""A piece of JSON as read: strings in it are templates, or literal where `Resource.literal` is."""

Steps: TypeAlias = "tuple[str | int | None, ...]"


@dataclass(frozen=True, slots=True)
class Deferred:
    """A leaf of a plan that is known only after apply.

    Attributes:
        references: What its expression mentions, as Terraform lists it.
        module: Address of the module that the expression stands in.
        key: The `each.key` or `count.index` there.
        template: The expression itself, which a plan has for configurations in JSON, as of CDKTF.
    """

    references: tuple[str, ...]
    module: str
    key: str | int | None
    template: Raw = None


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource or data source.

    Attributes:
        stack: Name of its stack; empty for a plan or a state.
        address: Its full Terraform address.
        type: For example `azurerm_linux_function_app`.
        body: Its arguments, and in a plan or a state what is known of its other attributes.
        managed: Whether it is a resource, not a data source.
        literal: Whether strings are values rather than templates.
        module: Address of its module; empty for the root.
        construct: Path of the construct that made it, if it says.
        path: The file that it stands in.
    """

    stack: str
    address: str
    type: str
    body: Mapping[str, Raw]
    managed: bool
    literal: bool
    module: str = ""
    construct: str | None = None
    path: str = ""


@dataclass(slots=True)
class Module:
    """What names in expressions of one stack or module mean.

    Attributes:
        variables: Default, given value, or the `Deferred` of the call; no entry is unknown.
        local_values: The `locals`.
        outputs: Templates, values, or `Deferred`.
        literal: Whether strings in it are values rather than templates.
        backend: Type and configuration of the state's backend.
        tenants: The `tenant_id` of each provider that is told one.
    """

    variables: dict[str, Raw] = field(default_factory=dict[str, Raw])
    local_values: dict[str, Raw] = field(default_factory=dict[str, Raw])
    outputs: dict[str, Raw] = field(default_factory=dict[str, Raw])
    literal: bool = False
    backend: tuple[str, Raw] | None = None
    tenants: list[Raw] = field(default_factory=list[Raw])


_MISSING: Any = object()

# Arguments of data sources that name the same thing as those of the resource of that type.
_LOOKUPS: tuple[tuple[str, ...], ...] = (
    ("name", "resource_group_name"),
    ("client_id",),
    ("object_id",),
    ("display_name",),
)

_IDS = frozenset({"name", "resource_group_name", "client_id", "object_id", "display_name"})

# Where only the mentions of an expression are known: what an argument can be made of on its own.
_APPLICATION_ID = frozenset({"client_id", "application_id"})
_PRINCIPAL_ID = frozenset({"principal_id", "object_id"})
_FITTING: dict[str, frozenset[str]] = {
    "client_id": _APPLICATION_ID,
    "allowed_applications": _APPLICATION_ID,
    "jwt_allowed_client_applications": _APPLICATION_ID,
    "allowed_identities": _PRINCIPAL_ID,
    "principal_object_id": _PRINCIPAL_ID,
    "resource_object_id": frozenset({"object_id"}),
}
# Arguments that are text with references in it more often than a reference alone.
_TEXT = frozenset(
    {
        "allowed_audiences",
        "identifier_uri",
        "identifier_uris",
        "service_url",
        "tenant_auth_endpoint",
        "url",
        "value",
        "xml_content",
    }
)

# The names of arguments that the providers take as bool.
_BOOLEAN = re.compile(
    "(.+_)?enabled|enable_.+|.+_required|https_only|require_authentication|require_https|"
    "scm_use_main_ip_restriction|validate_certificate_(chain|name)"
)
# As Terraform converts text where it expects a bool; all other text is an error to it.
_BOOLEAN_TEXT = {"true": True, "1": True, "false": False, "0": False}


class Configuration:
    """Every resource of a Terraform configuration, plan or state, with references to follow.

    Args:
        source: What was read, as the user named it.
        resources: All of them, in any order.
        modules: Per stack name and module address, what names mean there.
        complete: Whether all values are known, as in a state.
    """

    def __init__(
        self,
        source: str,
        resources: Sequence[Resource],
        modules: Mapping[tuple[str, str], Module],
        *,
        complete: bool = False,
    ) -> None:
        self.source = source
        self.complete = complete
        self.resources = sorted(resources, key=lambda each: (each.stack, each.address))
        self.modules = dict(modules)
        self._found = {(each.stack, each.address): each for each in self.resources}
        self._types: dict[str, list[Resource]] = {}
        for each in self.resources:
            self._types.setdefault(each.type, []).append(each)
        self.dangling: dict[tuple[str, str], None] = {}
        """Addresses that expressions of a stack name and that it does not have."""
        self._active: set[tuple[str, str, Steps, str]] = set()
        self._aliases: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], Resource]] = {}
        self._evaluated: dict[tuple[str, str, str], Value] = {}
        self._looked_up: dict[tuple[str, str, Steps, str], Value] = {}

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Resources and data sources of these types."""
        for each in types:
            yield from self._types.get(each, ())

    def resource(self, stack: str, address: str) -> Resource | None:
        """The resource at an address of a stack."""
        return self._found.get((stack, address))

    def body(self, resource: Resource) -> Body:
        """The arguments of a resource, to be read with their references followed."""
        return Body(self, resource, resource.body)

    def attribute(self, resource: Resource, *path: str | int) -> Value:
        """An attribute of a resource: its value, or a reference to what is not known yet."""
        return self._attribute(resource.stack, "", (resource.address,), path)

    def outputs(self, name: str) -> Iterator[tuple[str, Value]]:
        """The output of that name in each stack that has it, with the name of the stack."""
        for (stack, module), names in sorted(self.modules.items(), key=lambda item: item[0]):
            if not module and name in names.outputs:
                value = self.read(names.outputs[name], stack, "", literal=names.literal)
                yield stack, value

    def tenants(self, stack: str) -> list[Value]:
        """The tenants that a stack's providers are told to work in."""
        names = self.modules.get((stack, "")) or Module()
        return [self.read(raw, stack, "", literal=names.literal) for raw in names.tenants]

    def read(
        self, raw: Raw, stack: str, module: str, *, literal: bool, attribute: str = ""
    ) -> Value:
        """The value of a piece of JSON in a stack's module.

        Args:
            raw: The piece.
            stack: Name of the stack.
            module: Address of the module in it.
            literal: Whether strings are values rather than templates.
            attribute: The argument that it is the value of.
        """
        if isinstance(raw, Deferred):
            return self._deferred(raw, stack, attribute)
        if isinstance(raw, Term):
            return raw
        if isinstance(raw, str):
            if literal:
                return raw
            if "${" not in raw and "%{" not in raw:
                return raw
            key = (stack, module, raw)
            if key not in self._evaluated:
                self._evaluated[key] = evaluate(
                    raw, lambda steps: self.lookup(stack, module, steps)
                )
            return self._evaluated[key]
        if isinstance(raw, list):
            items = cast("list[Raw]", raw)
            return [
                self.read(item, stack, module, literal=literal, attribute=attribute)
                for item in items
            ]
        if isinstance(raw, dict):
            entries = cast("dict[str, Raw]", raw)
            return {
                str(key): self.read(item, stack, module, literal=literal, attribute=str(key))
                for key, item in entries.items()
            }
        return cast(Value, raw)

    def lookup(self, stack: str, module: str, steps: Steps, attribute: str = "") -> Value:
        """The value of a traversal, such as `("azurerm_x", "y", "identity", 0, "id")`.

        Args:
            stack: Name of the stack that it stands in.
            module: Address of the module in it.
            steps: The names and indices; None for an index that is not literal.
            attribute: The argument that it is the value of, when it is one of a plan.
        """
        key = (stack, module, steps, attribute)
        if key in self._looked_up:
            return self._looked_up[key]
        if key in self._active:
            return Term((Opaque(f"${{{_text(steps)}}}", known=False),))
        self._active.add(key)
        try:
            value = self._lookup(stack, module, steps, attribute)
        finally:
            self._active.discard(key)
        self._looked_up[key] = value
        return value

    def _lookup(self, stack: str, module: str, steps: Steps, attribute: str) -> Value:
        names = self.modules.get((stack, module)) or Module()
        root = steps[0] if steps else ""
        if root in ("var", "local") and len(steps) > 1:
            table = names.variables if root == "var" else names.local_values
            raw = table.get(str(steps[1]), _MISSING)
            if raw is not _MISSING:
                return self._walk(
                    raw, stack, module, steps[2:], literal=names.literal, attribute=attribute
                )
            return _unknown(stack, f"{_within(module)}{root}.{steps[1]}", steps[2:])
        if root == "module" and len(steps) > 2:
            return self._module_output(stack, module, steps, attribute)
        if root in ("each", "count", "self", "path", "terraform"):
            return Term((Opaque(f"${{{_text(steps)}}}", known=root in ("path", "terraform")),))
        size = 3 if root in ("data", "ephemeral") else 2
        if len(steps) < size:
            return Term((Opaque(f"${{{_text(steps)}}}"),))
        if steps[:2] == ("data", "terraform_remote_state"):
            return self._remote_state(stack, steps)
        if root == "ephemeral":  # Never stored, so that no document shows one.
            return _unknown(stack, _within(module) + _text(steps[:3]), steps[3:])
        return self._attribute(stack, module, steps[:size], steps[size:])

    def _attribute(self, stack: str, module: str, head: Steps, rest: Steps) -> Value:
        address = _within(module) + ".".join(str(step) for step in head)
        if rest and isinstance(rest[0], (str, int)):
            index = f"[{rest[0]}]" if isinstance(rest[0], int) else f'["{rest[0]}"]'
            if (stack, address + index) in self._found:
                address, rest = address + index, rest[1:]
        resource = self._found.get((stack, address))
        if resource is None or not rest:
            names = self.modules.get((stack, ""))
            if resource is None and names is not None and not names.literal:
                self.dangling[stack, address] = None
            return _unknown(stack, address, rest, created=resource is not None and resource.managed)
        value = self._walk(
            resource.body, stack, resource.module, rest, literal=resource.literal, absent=_MISSING
        )
        if value is not _MISSING and value is not None:
            return value
        if resource.managed:
            return _unknown(stack, address, rest, created=True)
        twin = self._twin(resource)
        if twin is not None:
            return self._attribute(twin.stack, "", (twin.address,), rest)
        # What is looked up by the id of something new is as new as that.
        values = self._arguments(resource, tuple(n for n in resource.body if n in _IDS)) or ()
        created = any(reference.created for each in values for reference in references_in(each))
        return _unknown(stack, address, rest, created=created)

    def _walk(
        self,
        raw: Raw,
        stack: str,
        module: str,
        steps: Steps,
        *,
        literal: bool,
        absent: Any = None,
        attribute: str = "",
    ) -> Value:
        """Follow `steps` into a piece of JSON."""
        attribute = attribute or next((s for s in reversed(steps) if isinstance(s, str)), "")
        for position, step in enumerate(steps):
            if isinstance(raw, str) and not literal:
                raw, literal = self.read(raw, stack, module, literal=False), True
            if isinstance(raw, Term):
                return _deeper(raw, steps[position:])
            if isinstance(raw, Deferred):
                return self._deferred(raw, stack, attribute)
            if isinstance(raw, list):
                items = cast("list[Raw]", raw)
                index = step if isinstance(step, int) else 0
                if index >= len(items):
                    return absent
                raw = items[index]
                if isinstance(step, int):
                    continue
            if isinstance(raw, dict):
                if step == 0:
                    continue
                raw = cast("dict[str, Raw]", raw).get(str(step), _MISSING)
                if raw is _MISSING:
                    return absent
            else:
                return absent
        return self.read(raw, stack, module, literal=literal, attribute=attribute)

    def _module_output(self, stack: str, module: str, steps: Steps, attribute: str) -> Value:
        address = f"{_within(module)}module.{steps[1]}"
        rest: Steps = steps[2:]
        if len(rest) > 1 and isinstance(rest[0], (str, int)):
            index = f"[{rest[0]}]" if isinstance(rest[0], int) else f'["{rest[0]}"]'
            if (stack, address + index) in self.modules:
                address, rest = address + index, rest[1:]
        inner = self.modules.get((stack, address))
        output = str(rest[0]) if rest else ""
        if inner is None or output not in inner.outputs:
            return _unknown(stack, address, rest)
        return self._walk(
            inner.outputs[output],
            stack,
            address,
            rest[1:],
            literal=inner.literal,
            attribute=attribute,
        )

    def _remote_state(self, stack: str, steps: Steps) -> Value:
        """An output of another stack: the one whose backend, or else whose name, is meant."""
        address = ".".join(str(step) for step in steps[:3])
        if len(steps) > 4 and steps[3] == "outputs":
            name = str(steps[4])
            having = [
                other
                for (other, inner), names in self.modules.items()
                if not inner and other != stack and name in names.outputs
            ]
            source = self._found.get((stack, address))
            if len(having) > 1 and source is not None:
                backend = (source.body.get("backend"), source.body.get("config"))
                having = [
                    other
                    for other in having
                    if self.modules[other, ""].backend == backend
                    or str(steps[2]).endswith(f"-{other}")
                ]
            if len(having) == 1:
                names = self.modules[having[0], ""]
                return self._walk(
                    names.outputs[name], having[0], "", steps[5:], literal=names.literal
                )
        return _unknown(stack, address, steps[3:])

    def _deferred(self, leaf: Deferred, stack: str, attribute: str) -> Value:
        """What a leaf of a plan comes from, as far as its mentions tell."""
        if leaf.template is not None:
            return self.read(leaf.template, stack, leaf.module, literal=False, attribute=attribute)
        values: list[Value] = []
        for mention in _longest(leaf.references):
            steps = _steps(mention)
            if mention.startswith("each."):
                continue
            # In text, what a mention is called tells more than what the text is for.
            called = str(steps[-1]) if steps else ""
            hint = called if attribute not in _FITTING and called in _FITTING else attribute
            value = self.lookup(stack, leaf.module, steps, hint)
            if leaf.key is not None and "each.key" in leaf.references:
                value = self._of_same_key(value, leaf.key, hint)
            values.append(value)
        if attribute not in _TEXT:
            if len(values) > 1 and attribute in _FITTING:
                values = [value for value in values if _last_step(value) in _FITTING[attribute]]
            if len(values) == 1:
                return values[0]
        references = tuple(dict.fromkeys(r for value in values for r in references_in(value)))
        return Term((Opaque("(known after apply)", references, known=False),))

    def _of_same_key(self, value: Value, key: str | int, attribute: str) -> Value:
        """`x.y[each.key].z` is listed by Terraform as `x.y` and `each.key`."""
        references = references_in(value)
        if len(references) != 1 or references[0].path:
            return value
        index = f"[{key}]" if isinstance(key, int) else f'["{key}"]'
        resource = self._found.get((references[0].stack, references[0].address + index))
        if resource is None or attribute not in _FITTING:
            return value
        fitting = _FITTING[attribute]
        other = "principal_id" if resource.type.startswith("azurerm_") else "object_id"
        step = "client_id" if "client_id" in fitting else other
        return self._attribute(resource.stack, "", (resource.address,), (step,))

    def _twin(self, source: Resource) -> Resource | None:
        """The resource of this configuration that a data source looks up."""
        for arguments in _LOOKUPS:
            values = self._arguments(source, arguments)
            if values is None:
                continue
            table = self._aliases.get((source.type, arguments))
            if table is None:
                table = self._aliases[source.type, arguments] = {}
                for each in self._types.get(source.type, ()):
                    if each.managed:
                        key = self._arguments(each, arguments)
                        if key is None and len(arguments) == 1:
                            key = (_unknown(each.stack, each.address, arguments, created=True),)
                        if key is not None:
                            table[key] = each
            if values in table:
                return table[values]
        return None

    def _arguments(self, resource: Resource, names: tuple[str, ...]) -> tuple[Any, ...] | None:
        body = self.body(resource)
        values = tuple(body.value(name) for name in names)
        if any(value is None or isinstance(value, (list, dict)) for value in values):
            return None
        return values


class Body:
    """A block of arguments: a resource's own, or one within it."""

    __slots__ = ("_configuration", "raw", "resource")

    def __init__(
        self, configuration: Configuration, resource: Resource, raw: Mapping[str, Raw]
    ) -> None:
        self._configuration = configuration
        self.resource = resource
        self.raw = raw

    def value(self, name: str, default: Value = None) -> Value:
        """An argument with its references followed; `default` when it is absent or null."""
        raw = self.raw.get(name)
        if raw is None:
            return default
        resource = self.resource
        value = self._configuration.read(
            raw, resource.stack, resource.module, literal=resource.literal, attribute=name
        )
        if isinstance(value, str) and _BOOLEAN.fullmatch(name):
            value = _BOOLEAN_TEXT.get(value, value)
        return default if value is None else value

    def values(self, name: str) -> list[Value]:
        """An argument that is a list or set; one that is computed as a whole has one item."""
        value = self.value(name)
        if value is None:
            return []
        return value if isinstance(value, list) else [value]

    def blocks(self, name: str) -> list[Body]:
        """The blocks of a name, written as an object, a list, or `dynamic`."""
        raw = self.raw.get(name)
        if raw is None:
            dynamic: Any = self.raw.get("dynamic")
            raw = [
                each.get("content")
                for entry in _objects(dynamic)
                for each in _objects(entry.get(name))
            ]
        elif isinstance(raw, (str, Deferred)):
            raw = self.value(name)
        return [Body(self._configuration, self.resource, each) for each in _objects(raw)]

    def block(self, name: str) -> Body | None:
        """The one block of a name."""
        return next(iter(self.blocks(name)), None)


def _objects(raw: Raw) -> list[dict[str, Any]]:
    """The objects in a list, or the one that stands without a list."""
    items = cast("list[Any]", raw) if isinstance(raw, list) else [raw]
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def _unknown(stack: str, address: str, rest: Steps, *, created: bool = False) -> Term:
    if None in rest:
        return Term((Opaque(f"${{{address}{_text(rest)}}}"),))
    path = tuple(step for step in rest if step != 0 and step is not None)
    return Term((Reference(stack, address, path, created),))


def _deeper(term: Term, rest: Steps) -> Value:
    """An attribute of a value that is itself a reference to a whole object."""
    if len(term.parts) == 1 and isinstance(term.parts[0], Reference):
        reference = term.parts[0]
        return _unknown(
            reference.stack,
            reference.address,
            (*reference.path, *rest),
            created=reference.created,
        )
    return Term((Opaque(f"{term}{_text(rest)}", references_in(term)),))


def _within(module: str) -> str:
    return f"{module}." if module else ""


def _text(steps: Steps) -> str:
    return "".join(
        f"[{step}]" if isinstance(step, int) else f".{'*' if step is None else step}"
        for step in steps
    ).lstrip(".")


_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)')


def _steps(mention: str) -> Steps:
    return tuple(
        int(number) if number else key or name for key, number, name in _STEP.findall(mention)
    )


def _longest(mentions: Sequence[str]) -> list[str]:
    """Without the prefixes that Terraform lists after each mention."""
    kept: list[str] = []
    for mention in mentions:
        if not any(
            other == mention or other.startswith((f"{mention}.", f"{mention}[")) for other in kept
        ):
            kept.append(mention)
    return kept


def _last_step(value: Value) -> str | int | None:
    references = references_in(value)
    return references[0].path[-1] if len(references) == 1 and references[0].path else None
