"""Named values, backends and fragments that a policy refers to and that do not exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from constructs_lib._core.rules import Rule
from constructs_lib.policy.composition import fixed, named_values
from constructs_lib.policy.model import Element
from constructs_lib.policy.rules import (
    BACKEND_UNDEFINED,
    FRAGMENT_UNDEFINED,
    NAMED_VALUE_UNDEFINED,
)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is defined; None for what is not known, which is then not checked.

    Attributes:
        named_values: Display names of the named values.
        backends: Ids of the backends.
        fragments: Names of the policy fragments.
    """

    named_values: Collection[str] | None = None
    backends: Collection[str] | None = None
    fragments: Collection[str] | None = None


class Undefined(NamedTuple):
    """A reference to something that does not exist.

    Attributes:
        rule: The rule that it breaks.
        what: What is missing, for example "backend `orders`".
        attribute: The attribute that names it; None is the text of the element.
        fix: Which name that is known may be meant; empty if none is near.
    """

    rule: Rule
    what: str
    attribute: str | None
    fix: str


def undefined(element: Element, known: Known) -> Iterator[Undefined]:
    """Yield what an element itself refers to and what is surely not defined.

    API Management does not tell names apart by the case of their letters.
    """
    if known.named_values is not None:
        for name, attribute in named_values(element):
            if not _defined(name, known.named_values):
                yield _undefined(
                    NAMED_VALUE_UNDEFINED, "named value", name, attribute, known.named_values
                )
    for rule, names, what, attributes in (
        (BACKEND_UNDEFINED, known.backends, "backend", ("backend-id", "embeddings-backend-id")),
        (FRAGMENT_UNDEFINED, known.fragments, "fragment", ("fragment-id",)),
    ):
        for attribute in attributes if names is not None else ():
            name = element.attributes.get(attribute)
            if "dapr-app-id" in element.attributes:
                continue  # Its backend is Dapr, which nothing defines.
            if name and names is not None and fixed(name) and not _defined(name, names):
                yield _undefined(rule, what, name, attribute, names)


def _defined(name: str, names: Collection[str]) -> bool:
    return name in names or name.lower() in {each.lower() for each in names}


def _undefined(
    rule: Rule, what: str, name: str, attribute: str | None, names: Collection[str]
) -> Undefined:
    return Undefined(rule, f"{what} `{name}`", attribute, similar(name, names, "`{}`"))


def similar(name: str, known: Collection[str], form: str) -> str:
    """Ask whether a name is one that is known, written in another way; empty if none is near."""
    if len(name) > 60:  # comparing takes the square of the length
        return ""
    close = _closest(name, tuple(known))
    return f"did you mean {form.format(close[0])}?" if close else ""


@lru_cache(maxsize=256)
def _closest(name: str, known: tuple[str, ...]) -> list[str]:
    return get_close_matches(name, known, 1)
