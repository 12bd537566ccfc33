"""What documents say together, and what they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from constructs_lib.policy.expressions import is_expression
from constructs_lib.policy.model import (
    AnyDocument,
    Document,
    Element,
    Fragment,
    Node,
    Resolver,
    Section,
)
from constructs_lib.policy.values import NAMED_VALUE, TOKEN, Template


@dataclass(frozen=True, kw_only=True)
class References:
    """What a document needs to be there, by name and in order of appearance.

    Attributes:
        named_values: Display names of named values.
        backends: Ids of backends.
        fragments: Names of policy fragments.
        loggers: Ids of loggers.
        certificates: Ids of certificates.
        schemas: Ids of schemas.
        credential_providers: Ids of credential providers.
    """

    named_values: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    fragments: tuple[str, ...] = ()
    loggers: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    credential_providers: tuple[str, ...] = ()


_REFERRING = {
    "backend-id": "backends",
    "embeddings-backend-id": "backends",
    "fragment-id": "fragments",
    "logger-id": "loggers",
    "certificate-id": "certificates",
    "issuer-certificate-id": "certificates",
    "schema-id": "schemas",
    "provider-id": "credential_providers",
}


def elements(document: AnyDocument) -> Iterator[Element]:
    """Yield every element of a document, in order."""
    stack: list[Node] = []
    for section in sections(document).values():
        stack.extend(reversed(section))
        while stack:
            node = stack.pop()
            if isinstance(node, Element):
                yield node
                stack.extend(reversed(node.children))


def sections(document: AnyDocument) -> Mapping[str, Section]:
    """Return the lists of policies of a document, fragment or resolver by their names."""
    if isinstance(document, Fragment):
        return {"fragment": document.policies}
    if isinstance(document, Resolver):
        return {"resolver": [document.source]}
    return document.sections()


def fixed(value: str) -> bool:
    """Tell whether a value is known now: no expression, named value or Terraform reference."""
    return not (
        isinstance(value, Template)
        or is_expression(value)
        or TOKEN.search(value)
        or NAMED_VALUE.search(value)
    )


def named_values(element: Element) -> Iterator[tuple[str, str | None]]:
    """Yield the named values in an element itself, each with the attribute it stands in."""
    for attribute, value in element.attributes.items():
        for match in NAMED_VALUE.finditer(value):
            yield match.group(1), attribute
    if element.attributes.get("template", "").lower() == "liquid":
        return  # `{{…}}` is liquid's there
    for child in element.children:
        if isinstance(child, str):
            for match in NAMED_VALUE.finditer(child):
                yield match.group(1), None


def references(document: AnyDocument) -> References:
    """Return what a document refers to by names that are known now.

    References that are tokens or Terraform templates are left out: Terraform sees those itself.
    """
    found: dict[str, dict[str, None]] = {"named_values": {}}
    for element in elements(document):
        found["named_values"].update((name, None) for name, _ in named_values(element))
        for attribute, value in element.attributes.items():
            kind = _REFERRING.get(attribute)
            if kind and fixed(value):
                found.setdefault(kind, {})[value] = None
    return References(**{kind: tuple(names) for kind, names in found.items()})


def effective(
    documents: Iterable[Document], *, fragments: Mapping[str, Fragment] | None = None
) -> Document:
    """Return what runs for a request: each `<base />` is replaced by what the scope above says.

    Args:
        documents: The documents from the widest scope (global) to the narrowest (operation).
        fragments: Fragments by their ids; those that are included are put in place.
    """
    known = fragments or {}
    result = Document([], [], [], [])
    for document in documents:
        result = Document(
            inbound=_resolved(document.inbound, result.inbound, known),
            backend=_resolved(document.backend, result.backend, known),
            outbound=_resolved(document.outbound, result.outbound, known),
            on_error=_resolved(document.on_error, result.on_error, known),
        )
    return result


def _resolved(
    nodes: Iterable[Node], base: Section, fragments: Mapping[str, Fragment], depth: int = 0
) -> Section:
    result: Section = []
    for node in nodes:
        if not isinstance(node, Element):
            result.append(node)
        elif node.name == "base":
            result.extend(base)
        elif (
            node.name == "include-fragment"
            and node.attributes.get("fragment-id") in fragments
            and depth < len(fragments)  # a fragment that includes itself is left as it is
        ):
            fragment = fragments[node.attributes["fragment-id"]]
            result.extend(_resolved(fragment.policies, base, fragments, depth + 1))
        elif any(isinstance(child, Element) for child in node.children):
            children = _resolved(node.children, base, fragments, depth)
            result.append(replace(node, attributes=dict(node.attributes), children=children))
        else:
            result.append(node)
    return result
