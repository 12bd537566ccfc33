"""Values of Terraform JSON: what they are made of, how they are joined and compared.

A value that Terraform computes is compared symbolically, so an expression is reduced to the parts
that it is made of: text, references to resource attributes, and whatever cannot be reduced.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, cast


class Reference(NamedTuple):
    """An attribute that is known only after apply, or is managed elsewhere.

    Attributes:
        stack: The stack that `address` is in.
        address: Address of a resource or data source, or `var.NAME` without a default.
        path: The way to the attribute, without the `[0]` of single blocks.
        created: Whether the configuration creates the resource, so that nobody can know it before.
        new: Whether it surely does not exist yet, as a plan says. A configuration says nothing of
            it: what it makes may have been applied before.
    """

    stack: str
    address: str
    path: tuple[str | int, ...]
    created: bool
    new: bool = False


class Opaque(NamedTuple):
    """A part that cannot be reduced: a function call, or text that is known only after apply.

    Attributes:
        text: The expression, or words that say why there is none.
        references: What it is computed from.
        known: Whether equal text means an equal value.
        given: What the names in the text stand for: `each.key` differs from instance to instance.
    """

    text: str
    references: tuple[Reference, ...] = ()
    known: bool = True
    given: tuple[str, ...] = ()


class Term(NamedTuple):
    """A value with at least one part that is not literal."""

    parts: tuple[str | Reference | Opaque, ...]


Value: TypeAlias = "bool | int | float | str | Term | list[Value] | dict[str, Value] | None"


def text_of(value: Value) -> str:
    """A value as a reader would write it; references as `${…}`."""
    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Term):
        return "".join(_part_text(part) for part in value.parts)
    if isinstance(value, list):
        return "[" + ", ".join(text_of(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text_of(item)}" for key, item in value.items()) + "}"
    return str(value)


def references_in(value: Value) -> tuple[Reference, ...]:
    """Every reference that a value is made of."""
    if isinstance(value, Term):
        found: list[Reference] = []
        for part in value.parts:
            if isinstance(part, Reference):
                found.append(part)
            elif isinstance(part, Opaque):
                found.extend(part.references)
        return tuple(found)
    if isinstance(value, list):
        return tuple(reference for item in value for reference in references_in(item))
    if isinstance(value, dict):
        return tuple(reference for item in value.values() for reference in references_in(item))
    return ()


def join(values: Sequence[Value]) -> Value:
    """What a template makes of its parts."""
    parts: list[str | Reference | Opaque] = []
    for value in values:
        new: Sequence[str | Reference | Opaque]
        if isinstance(value, Term):
            new = value.parts
        elif value is None or isinstance(value, (list, dict)):
            new = (Opaque(text_of(value), references_in(value)),)
        else:
            new = (text_of(value),)
        for part in new:
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            elif part != "":
                parts.append(part)
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    return Term(tuple(parts))


def sole_reference(value: Value) -> Reference | None:
    """The reference that a value is, if it is one and nothing else."""
    if isinstance(value, Term) and len(value.parts) == 1 and isinstance(value.parts[0], Reference):
        return value.parts[0]
    return None


def same(one: Value, other: Value) -> bool | None:
    """Whether two values agree; None when that cannot be told before apply.

    Two literals agree when they are equal. References agree when they lead to the same attribute.
    A literal and an attribute that Terraform is still to compute do not agree: nobody can have
    written down an id that does not exist. Of what may exist already, an id may be written out, and
    what is managed elsewhere may be anything.
    """
    if isinstance(one, (list, dict)) or isinstance(other, (list, dict)):
        return one == other
    if not isinstance(one, Term) and not isinstance(other, Term):
        return _plain(one) == _plain(other)
    if one == other:
        parts = cast(Term, one).parts
        return None if any(isinstance(p, Opaque) and not p.known for p in parts) else True
    if _settled(one) and _settled(other):
        return None if _may_be_written_out(one, other) else False
    return None


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_IDS = frozenset({"client_id", "application_id", "principal_id", "object_id", "tenant_id"})


def _may_be_written_out(one: Value, other: Value) -> bool:
    """Whether a literal may be the id of something that was applied before."""
    text, reference = (one, sole_reference(other)) if isinstance(one, str) else (other, None)
    if reference is None:
        reference = sole_reference(one)
    if not isinstance(text, str) or reference is None or reference.new or not reference.path:
        return False
    if reference.path[-1] == "id":
        return text.startswith("/") or _UUID.fullmatch(text.strip()) is not None
    return reference.path[-1] in _IDS and _UUID.fullmatch(text.strip()) is not None


def _plain(value: Value) -> str:
    # Ids are compared without regard to case: Entra and Easy Auth print them in lower case.
    return text_of(value).strip().lower()


def _settled(value: Value) -> bool:
    """Whether a value is literal or comes from resources that this configuration creates."""
    return not isinstance(value, Term) or all(
        isinstance(part, str) or (isinstance(part, Reference) and part.created)
        for part in value.parts
    )


def _part_text(part: str | Reference | Opaque) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Opaque):
        return part.text
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in part.path)
    return f"${{{part.address}{path}}}"
