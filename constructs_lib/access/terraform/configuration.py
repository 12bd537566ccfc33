"""A Terraform configuration as resources whose attributes can be followed to their origin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from constructs_lib.access.terraform.body import LATER, Body
from constructs_lib.access.terraform.expressions import evaluate
from constructs_lib.access.terraform.files import text_of_file
from constructs_lib.access.terraform.resources import (
    Bound,
    Deferred,
    Gap,
    Module,
    Raw,
    Resource,
    Steps,
)
from constructs_lib.access.terraform.type_constraints import with_defaults
from constructs_lib.access.terraform.values import (
    Opaque,
    Reference,
    Term,
    Value,
    references_in,
    sole_reference,
    text_of,
)

_MISSING: Any = object()
_MAXIMUM_INSTANCES = 1000
_COUNT = re.compile("[0-9]{1,9}")

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
# What azuread 2 calls application_id, azuread 3 calls client_id.
_APPLICATIONS = frozenset({"azuread_application", "azuread_service_principal"})
_PRINCIPAL_ID = frozenset({"principal_id", "object_id"})
_FITTING: dict[str, frozenset[str]] = {
    "client_id": _APPLICATION_ID,
    "allowed_applications": _APPLICATION_ID,
    "jwt_allowed_client_applications": _APPLICATION_ID,
    "allowed_identities": _PRINCIPAL_ID,
    "principal_object_id": _PRINCIPAL_ID,
    "resource_object_id": frozenset({"object_id"}),
}
# Those that are made of the id of a resource itself.
_OWN_ID = frozenset(
    {
        "api_management_id",
        "application_id",
        "function_app_id",
        "identity_ids",
        "subnet_id",
        "virtual_network_subnet_id",
    }
)
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


class Configuration:
    """Every resource of a Terraform configuration, plan or state, with references to follow.

    Args:
        source: What was read, as the user named it.
        resources: All of them, in any order.
        modules: Per stack name and module address, what names mean there.
        complete: Whether all values are known, as in a state.
        gaps: What could not be read.
    """

    def __init__(
        self,
        source: str,
        resources: Sequence[Resource],
        modules: Mapping[tuple[str, str], Module],
        *,
        complete: bool = False,
        gaps: Sequence[Gap] = (),
    ) -> None:
        self.source = source
        self.gaps = tuple(gaps)
        self.complete = complete
        self.modules = dict(modules)
        self._declared = {(each.stack, each.address): each for each in resources}
        self._instances: dict[Resource, dict[str | int, Resource] | None] = {}
        self._types: dict[str, list[Resource]] = {}
        self.dangling: dict[tuple[str, str], None] = {}
        """Addresses that expressions of a stack name and that it does not have."""
        self._active: set[tuple[str, str, Steps, str]] = set()
        self._aliases: dict[
            tuple[str, tuple[str, ...]], dict[tuple[Any, ...], Resource | None]
        ] = {}
        self._evaluated: dict[tuple[str, str, str], Value] = {}
        self._looked_up: dict[tuple[str, str, Steps, str], Value] = {}
        self._enter(resources)
        instances = [one for each in resources for one in self._instances_of(each)]
        # What was read to count them did not know them all.
        for table in (self._types, self._aliases, self._evaluated, self._looked_up):
            table.clear()
        self._enter(instances)
        self._spelled: dict[tuple[str, str, Value], Resource | None] = {}
        self._name_by_themselves()

    def _name_by_themselves(self) -> None:
        """Let each resource whose name is known only after apply stand for its own name.

        A plan tells nothing but what a name is made of, which two of them may have in common.
        """
        changes: dict[Resource, Resource] = {}
        for each in self.resources:
            raw = each.body.get("name")
            if each.managed and isinstance(raw, Deferred) and raw.template is None:
                place = (each.type, each.stack, self.attribute(each, "name"))
                own = _unknown(each.stack, each.address, ("name",), created=True, new=each.new)
                self._spelled[place] = None if place in self._spelled else each
                changes[each] = replace(each, body={**each.body, "name": own})
        if changes:
            self._spelled = {
                place: changes[each] for place, each in self._spelled.items() if each is not None
            }
            self.patch(changes)

    def so_named(self, type: str, stack: str, name: Value) -> Resource | None:
        """The one resource whose name, known only after apply, is made of the same as `name`."""
        return self._spelled.get((type, stack, name)) if isinstance(name, Term) else None

    def _enter(self, resources: Sequence[Resource]) -> None:
        self.resources = sorted(resources, key=lambda each: (each.stack, each.address))
        self._found = {(each.stack, each.address): each for each in self.resources}
        for each in self.resources:
            self._types.setdefault(each.type, []).append(each)

    def patch(self, changes: Mapping[Resource, Resource]) -> None:
        """Put other resources in the place of some, at the same addresses."""
        for old, new in changes.items():
            if self._declared.get((old.stack, old.address)) is old:
                self._declared[old.stack, old.address] = new
            if old in self._instances:
                self._instances[new] = self._instances.pop(old)
        for instances in self._instances.values():
            for index, each in (instances or {}).items():
                if each in changes:
                    cast("dict[str | int, Resource]", instances)[index] = changes[each]
        resources = [changes.get(each, each) for each in self.resources]
        for table in (self._types, self._aliases, self._evaluated, self._looked_up):
            table.clear()
        self._enter(resources)

    def _instances_of(self, resource: Resource) -> Sequence[Resource]:
        """What stands for a resource: its instances, or itself where they are not known."""
        instances = self._by_key(resource)
        return [resource] if instances is None else list(instances.values())

    def _by_key(self, resource: Resource) -> dict[str | int, Resource] | None:
        """The instances by `count` or `for_each`; None without them, or where they are unknown."""
        if resource not in self._instances:
            self._instances[resource] = None  # What repeats by itself cannot be told.
            bindings = self.repetition(resource)
            if bindings is not None:
                self._instances[resource] = {
                    key: replace(resource, address=resource.address + index_of(key), bound=bound)
                    for key, bound in bindings.items()
                }
        return self._instances[resource]

    def repetition(self, resource: Resource) -> dict[str | int, Bound] | None:
        """What `count` or `for_each` of a resource come to: the keys, and what they bind."""
        if not _repeats(resource):
            return None
        value = self._argument(resource, "count")
        if isinstance(value, str) and _COUNT.fullmatch(value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value <= _MAXIMUM_INSTANCES:
            return {index: {"count": {"index": index}} for index in range(value)}
        value = self._argument(resource, "for_each")
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = {str(item): item for item in value}
        if isinstance(value, dict):
            return {key: {"each": {"key": key, "value": item}} for key, item in value.items()}
        return None

    def _argument(self, resource: Resource, name: str) -> Value:
        return self.read(resource.body.get(name), resource.stack, resource.module, literal=False)

    @property
    def planned(self) -> bool:
        """Whether it is a plan: what it does not know, the state after it does."""
        names = self.modules.get(("", ""))
        return names is not None and names.literal and not self.complete

    def perhaps(self, resource: Resource) -> bool:
        """Whether it is not known how many instances there are of a resource, if any."""
        return _repeats(resource)

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
        return self._of(resource, path)

    def outputs(self, name: str) -> Iterator[tuple[str, Value]]:
        """The output of that name in each stack that has it, with the name of the stack."""
        for (stack, module), names in sorted(self.modules.items(), key=lambda item: item[0]):
            if not module and name in names.outputs:
                value = self.read(names.outputs[name], stack, "", literal=names.literal)
                yield stack, value

    def mentioned(self, raw: Raw, resource: Resource | None, stack: str) -> Value:
        """The value of a piece of JSON that is only looked through for what it refers to.

        Names in it may be bound by blocks that are not followed, so none is said to be missing.
        """
        before = dict(self.dangling)
        module, literal = (resource.module, resource.literal) if resource else ("", False)
        bound = resource.bound if resource else MappingProxyType[str, Value]({})
        value = self.read(raw, stack, module, literal=literal, bound=bound)
        self.dangling.clear()
        self.dangling.update(before)
        return value

    def all_outputs(self) -> Iterator[tuple[str, Value]]:
        """Every output of every stack, with its name."""
        for (stack, module), names in sorted(self.modules.items(), key=lambda item: item[0]):
            if not module:
                for name, raw in sorted(names.outputs.items()):
                    if names.literal:
                        yield name, self.read(raw, stack, "", literal=True)
                    else:
                        yield name, self.mentioned(raw, None, stack)

    def tenants(self, stack: str, *, aliased: bool = True) -> list[Value]:
        """The tenants that a stack's providers are told to work in.

        Args:
            stack: Its name.
            aliased: Whether those of further configurations of a provider count.
        """
        names = self.modules.get((stack, "")) or Module()
        return [
            self.read(raw, stack, "", literal=names.literal)
            for name, raw in names.tenants
            if raw is not None and (aliased or "." not in name)
        ]

    def tenant_of(self, stack: str, provider: str) -> Value:
        """The tenant that a configuration of a provider is told to work in; None is not told."""
        names = self.modules.get((stack, "")) or Module()
        told = [raw for name, raw in names.tenants if name == provider and raw is not None]
        return self.read(told[0], stack, "", literal=names.literal) if told else None

    def read(
        self,
        raw: Raw,
        stack: str,
        module: str,
        *,
        literal: bool,
        attribute: str = "",
        bound: Bound = MappingProxyType({}),
    ) -> Value:
        """The value of a piece of JSON in a stack's module.

        Args:
            raw: The piece.
            stack: Name of the stack.
            module: Address of the module in it.
            literal: Whether strings are values rather than templates.
            attribute: The argument that it is the value of.
            bound: What `each`, `count` and iterators mean in it.
        """
        if raw is None or raw is True or raw is False:
            return raw
        if isinstance(raw, str):
            if literal or ("${" not in raw and "%{" not in raw):
                return raw
            files = partial(self._text_of_file, stack, module)
            if bound:
                scoped = partial(self._scoped, bound, stack, module)
                return evaluate(raw, scoped, files)
            key = (stack, module, raw)
            if key not in self._evaluated:
                self._evaluated[key] = evaluate(raw, partial(self.lookup, stack, module), files)
            return self._evaluated[key]
        if isinstance(raw, list):
            items = cast("list[Raw]", raw)
            return [
                self.read(item, stack, module, literal=literal, attribute=attribute, bound=bound)
                for item in items
            ]
        if isinstance(raw, dict):
            entries = cast("dict[str, Raw]", raw)
            return {
                str(key): self.read(
                    item, stack, module, literal=literal, attribute=str(key), bound=bound
                )
                for key, item in entries.items()
            }
        if isinstance(raw, Deferred):
            return self._deferred(raw, stack, attribute)
        return cast(Value, raw)

    def _text_of_file(self, stack: str, module: str, path: Value) -> str | Term:
        """The text of a file that an expression of a module reads."""
        folders: dict[str, Path] = {}
        for name, at in (("module", module), ("root", "")):
            names = self.modules.get((stack, at))
            if names is not None and names.folder is not None:
                folders[f"${{path.{name}}}"] = names.folder
        return text_of_file(path, folders)

    def _scoped(self, bound: Bound, stack: str, module: str, steps: Steps) -> Value:
        """The value of a traversal where some names are bound."""
        if steps and steps[0] in bound:
            return self._walk(bound[str(steps[0])], stack, module, steps[1:], literal=True)
        return self.lookup(stack, module, steps)

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
            name = str(steps[1]) if root == "var" else ""
            if raw is not _MISSING and (name in names.types or name in names.never_null):
                value = self.read(raw, stack, module, literal=names.literal)
                if value is None:
                    value = self.read(names.never_null.get(name), stack, module, literal=False)
                value = with_defaults(value, names.types.get(name, ""))
                return self._walk(value, stack, module, steps[2:], literal=True)
            if raw is not _MISSING:
                return self._walk(
                    raw, stack, module, steps[2:], literal=names.literal, attribute=attribute
                )
            return _unknown(stack, f"{_within(module)}{root}.{steps[1]}", steps[2:])
        if root == "module" and len(steps) > 2:
            return self._module_output(stack, module, steps, attribute)
        if root == "module" and len(steps) == 2:  # All that it gives back.
            return _unknown(stack, f"{_within(module)}module.{steps[1]}", ())
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
            instance = self._found.get((stack, address + index_of(rest[0])))
            if instance is not None:
                return self._of(instance, rest[1:])
        declared = self._declared.get((stack, address))
        if declared is None:
            names = self.modules.get((stack, ""))
            if names is not None and not names.literal:
                self.dangling[stack, address] = None
            return _unknown(stack, address, rest)
        if _repeats(declared):
            return self._of_several(declared, rest)
        return self._of(declared, rest)

    def _of_several(self, declared: Resource, rest: Steps) -> Value:
        """An attribute of a resource with `count` or `for_each`."""
        stack, address, instances = declared.stack, declared.address, self._by_key(declared)
        if instances is None:
            # The same computed key leads to the same instance, as the first of one or none does.
            if not rest or rest[0] is None or rest[0] == 0:
                return self._of(declared, rest[1:])
            origin = Reference(stack, address, (), created=declared.managed)
            text = f"{address}{index_of(rest[0])}" + "".join(f".{step}" for step in rest[1:])
            return Term((Opaque(f"${{{text}}}", (origin,)),))
        if not rest:
            every = {key: self._of(each, ()) for key, each in instances.items()}
            return list(every.values()) if declared.body.get("count") is not None else _named(every)
        if rest[0] in instances:
            return self._of(instances[rest[0]], rest[1:])
        return _unknown(stack, address, rest)

    def _of(self, resource: Resource, rest: Steps) -> Value:
        """An attribute of a resource, or the resource itself."""
        stack, address = resource.stack, resource.address
        new = resource.new
        if resource.type in _APPLICATIONS and rest and rest[0] in _APPLICATION_ID:
            told = resource.body.get("application_id") is not None
            given = told and resource.body.get("client_id") is None
            rest = ("application_id" if given else "client_id", *rest[1:])
        if not rest:
            return _unknown(stack, address, rest, created=resource.managed, new=new)
        value = self._walk(
            resource.body,
            stack,
            resource.module,
            rest,
            literal=resource.literal,
            absent=_MISSING,
            bound=resource.bound,
        )
        if value is not _MISSING and value is not None:
            return value
        if resource.managed:
            return _unknown(stack, address, rest, created=True, new=new)
        twin = self._twin(resource)
        if twin is not None:
            return self._of(twin, rest)
        # What is looked up by the id of something new is as new as that.
        values = self._arguments(resource, tuple(n for n in resource.body if n in _IDS)) or ()
        origins = [reference for each in values for reference in references_in(each)]
        created = any(each.created for each in origins)
        return _unknown(stack, address, rest, created=created, new=any(e.new for e in origins))

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
        bound: Bound = MappingProxyType({}),
    ) -> Value:
        """Follow `steps` into a piece of JSON."""
        attribute = attribute or next((s for s in reversed(steps) if isinstance(s, str)), "")
        for position, step in enumerate(steps):
            if isinstance(raw, str) and not literal:
                raw, literal = self.read(raw, stack, module, literal=False, bound=bound), True
            if isinstance(raw, Term):
                return self._deeper(raw, steps[position:])
            if isinstance(raw, Deferred) and raw.template is not None:
                return self._walk(
                    raw.template,
                    stack,
                    raw.module,
                    steps[position:],
                    literal=False,
                    absent=absent,
                    attribute=attribute,
                    bound=_bound_by(raw.key) if raw.bound is None else raw.bound,
                )
            if isinstance(raw, Deferred):
                return self._part(self._deferred(raw, stack, attribute), steps[position:])
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
        return self.read(raw, stack, module, literal=literal, attribute=attribute, bound=bound)

    def _part(self, value: Value, rest: Steps) -> Value:
        """A part of an object of which it is known only what it is made of.

        A plan tells `{ id = x.y.id, key = x.y.key }` from `x.y` by nothing but the attributes.
        """
        reference = sole_reference(value)
        if value is None or reference is None:
            return value if value is None or isinstance(value, Term) else _later(())
        if not reference.path:
            return value
        wanted, found = str(rest[-1]), str(reference.path[-1])
        fits = wanted.endswith(found) or found in _FITTING.get(wanted, ())
        return value if fits else _later((reference,))

    def _deeper(self, term: Term, rest: Steps) -> Value:
        """An attribute of a value that is itself a reference to a whole object."""
        reference = sole_reference(term)
        if reference is None:
            known = all(part.known for part in term.parts if isinstance(part, Opaque))
            return Term((Opaque(f"{text_of(term)}.{_text(rest)}", references_in(term), known),))
        resource = self._found.get((reference.stack, reference.address))
        if resource is not None and not reference.path:
            return self._of(resource, rest)
        path = (*reference.path, *rest)
        return _unknown(
            reference.stack,
            reference.address,
            path,
            created=reference.created,
            new=reference.new,
        )

    def _module_output(self, stack: str, module: str, steps: Steps, attribute: str) -> Value:
        address = f"{_within(module)}module.{steps[1]}"
        rest: Steps = steps[2:]
        if len(rest) > 1 and isinstance(rest[0], (str, int)):
            instance = address + index_of(rest[0])
            if (stack, instance) in self.modules:
                address, rest = instance, rest[1:]
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
        read = self._found.get((stack, address))
        if read is not None and "outputs" in read.body:  # A plan or a state knows what was read.
            return self._of(read, steps[3:])
        if len(steps) > 4 and steps[3] == "outputs":
            name = str(steps[4])
            having = [
                other
                for (other, inner), names in self.modules.items()
                if not inner and other != stack and name in names.outputs
            ]
            if len(having) > 1 and read is not None:
                backend = (read.body.get("backend"), read.body.get("config"))
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
            return self.read(
                leaf.template,
                stack,
                leaf.module,
                literal=False,
                attribute=attribute,
                bound=_bound_by(leaf.key) if leaf.bound is None else leaf.bound,
            )
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
        return _later(dict.fromkeys(r for value in values for r in references_in(value)))

    def _of_same_key(self, value: Value, key: str | int, attribute: str) -> Value:
        """`x.y[each.key].z` is listed by Terraform as `x.y` and `each.key`."""
        references = references_in(value)
        if len(references) != 1 or references[0].path:
            return value
        resource = self._found.get((references[0].stack, references[0].address + index_of(key)))
        if resource is not None and attribute in _OWN_ID:
            return self._of(resource, ("id",))
        if resource is None or attribute not in _FITTING:
            return value
        fitting = _FITTING[attribute]
        other = "principal_id" if resource.type.startswith("azurerm_") else "object_id"
        step = "client_id" if "client_id" in fitting else other
        return self._of(resource, (step,))

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
                            own = _unknown(
                                each.stack, each.address, arguments, created=True, new=each.new
                            )
                            key = (own,)
                        if key is not None:
                            table[key] = None if key in table else each
            if values in table:
                return table[values]
        return None

    def _arguments(self, resource: Resource, names: tuple[str, ...]) -> tuple[Any, ...] | None:
        body = self.body(resource)
        values = tuple(body.value(name) for name in names)
        if any(value is None or isinstance(value, (list, dict)) for value in values):
            return None
        return values


def _bound_by(key: str | int | None) -> Bound:
    """What the key of an instance in a plan binds; a plan does not keep what `for_each` is of."""
    if key is None:
        return {}
    if isinstance(key, int):
        return {"count": {"index": key}}
    return {"each": {"key": key, "value": LATER}}


def _repeats(resource: Resource) -> bool:
    """Whether it stands for instances; plans and states list them, each on its own."""
    told = [resource.body.get(word) is not None for word in ("count", "for_each")]
    return any(told) and not resource.literal and not resource.bound


def index_of(key: str | int) -> str:
    """A key as it stands in an address."""
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'


def _named(values: Mapping[str | int, Value]) -> dict[str, Value]:
    return {str(key): value for key, value in values.items()}


def _unknown(
    stack: str, address: str, rest: Steps, *, created: bool = False, new: bool = False
) -> Term:
    if None in rest:
        return Term((Opaque(f"${{{address}{_text(rest)}}}"),))
    path = tuple(step for step in rest if step != 0 and step is not None)
    return Term((Reference(stack, address, path, created, new),))


def fitting(value: Value, argument: str) -> Value:
    """What a text that is known later has to be for an argument: the only id that it mentions."""
    later = value.parts[0] if isinstance(value, Term) and len(value.parts) == 1 else None
    if not isinstance(later, Opaque) or later.known:
        return value
    ids = [each for each in later.references if _last_step(Term((each,))) in _FITTING[argument]]
    return Term((ids[0],)) if len(ids) == 1 else value


def _later(references: Iterable[Reference]) -> Term:
    return Term((Opaque("(known after apply)", tuple(references), known=False),))


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
