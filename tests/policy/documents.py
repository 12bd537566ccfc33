"""Documents that hold a policy, made from the reference and written as text of its own.

Places come from writing the text, which does not ask the library.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from constructs_lib.policy.element_checks import CheckScope
from constructs_lib.policy.reference import POLICIES
from constructs_lib.policy.specification import Attribute, Child, ElementSpecification, Policy

SECTIONS = ("inbound", "backend", "outbound", "on-error")
SCOPES: tuple[CheckScope, ...] = ("global", "workspace", "product", "api", "operation")
SKUS = {"classic": "Premium_1", "v2": "StandardV2_1", "consumption": "Consumption_0"}
RESOLVERS = {name for name, policy in POLICIES.items() if not policy.sections}
TOKEN = "authentication-managed-identity"
FORMS = {
    "text": "x",
    "address": "10.0.0.1",
    "moment": "2026-01-31T00:00:00Z",
    "http": "http://proxy.example:8080",
    "origin": "https://www.example.com",
}
DISPUTED = "an expression in {} may not be run: Microsoft's own documents disagree"
READS = '@(context.Request.Headers.GetValueOrDefault("Authorization", ""))'


@dataclass(eq=False)
class Tag:
    """An element to be written."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    children: list[Tag] = field(default_factory=list["Tag"])
    text: str = ""

    def child(self, name: str) -> Tag:
        return next(child for child in self.children if child.name == name)


At = tuple[Tag, str | None]
"""Where a finding is expected: at an element, or at an attribute of it."""
Places = dict[At, tuple[int, int]]


def render(root: Tag) -> tuple[str, Places]:
    """The text of an element, and line and column of everything in it."""
    lines: list[str] = []
    places: Places = {}

    def tag(element: Tag, indent: str) -> None:
        line = f"{indent}<{element.name}"
        places[element, None] = (len(lines) + 1, len(indent) + 1)
        for name, value in element.attributes.items():
            places[element, name] = (len(lines) + 1, len(line) + 2)
            line += f" {name}={quoteattr(value)}"
        text = escape(element.text)
        if element.children:
            lines.append(f"{line}>{text}")
            for child in element.children:
                tag(child, f"{indent}  ")
            lines.append(f"{indent}</{element.name}>")
        else:
            lines.append(f"{line}>{text}</{element.name}>")

    tag(root, "")
    return "\n".join(lines), places


(DIMENSION, _) = POLICIES["emit-metric"].element.children[0].element.attributes  # type: ignore[union-attr]

(TOPIC,) = (each for each in POLICIES["publish-to-dapr"].element.attributes if each.name == "topic")


def value_of(attribute: Attribute) -> str:
    """A value that an attribute takes."""
    if attribute.values:
        return attribute.values[0]
    if attribute.kind == "boolean":
        return attribute.default or "true"
    if attribute is DIMENSION:
        return "API ID"
    if attribute is TOPIC:
        return "component/topic"
    return FORMS.get(attribute.kind) or f"{attribute.minimum or 0:g}"


def specification_of(child: Child) -> ElementSpecification:
    return child.element or POLICIES[child.name].element


def minimal(specification: ElementSpecification, *wanted: str) -> Tag:
    """The smallest element that is valid and holds the attributes and elements that are wanted."""
    needed = {each.name for each in specification.attributes if each.required} | set(wanted)
    needed |= {child.name for child in specification.children if child.minimum}
    needed |= {second for first, second in specification.along if first in needed}
    for group in (*specification.exactly_one, *specification.at_least_one):
        if not needed & set(group):
            needed.add(group[0])
    for group in specification.together:
        if needed & set(group):
            needed |= set(group)
    defaults = {each.name: each.default for each in specification.attributes}
    for each in specification.needed:
        if defaults[each.attribute] not in each.unless:
            needed.add(each.child)
    return Tag(
        specification.name,
        {each.name: value_of(each) for each in specification.attributes if each.name in needed},
        [
            minimal(specification_of(child))
            for child in specification.children
            if child.name in needed
        ]
        + ([Tag("xsl:stylesheet")] if specification.name == "xsl-transform" else []),
        FORMS[text.kind] if (text := specification.text) and text.required else "",
    )


Path = tuple[str, ...]


def paths(policy: Policy) -> list[tuple[Path, ElementSpecification]]:
    """Every element of a policy's own, by its path."""
    found: list[tuple[Path, ElementSpecification]] = [((policy.name,), policy.element)]
    for path, specification in found:
        found.extend(
            ((*path, child.name), child.element)
            for child in specification.children
            if child.element
        )
    return found


def build(policy: Policy, path: Path, *wanted: str) -> tuple[Tag, Tag]:
    """A valid policy that holds the element at the path, and that element with what is wanted."""
    root = target = minimal(policy.element, *(path[1:2] or wanted))
    specification = policy.element
    for depth, step in enumerate(path[1:], 2):
        specification = specification_of(
            next(child for child in specification.children if child.name == step)
        )
        made = minimal(specification, *(path[depth : depth + 1] or wanted))
        target.children[target.children.index(target.child(step))] = made
        target = made
    return root, target


def scope_of(policy: Policy) -> CheckScope:
    return "api" if "api" in policy.scopes or not policy.sections else policy.scopes[0]


def document(
    policy: Policy, *roots: Tag, section: str | None = None, before: tuple[Tag, ...] = ()
) -> Tag:
    """The document in which the policy stands: a resolver's, or one with all four sections."""
    if policy.name in RESOLVERS and section is None:
        if policy.name == "publish-event":
            source = minimal(POLICIES["http-data-source"].element, "http-response")
            source.child("http-response").children.extend(roots)
            return source
        return roots[0]
    place = section or policy.sections[0]
    sections = {name: [Tag("base")] for name in SECTIONS}
    sections["inbound"] += before
    if policy.partner:
        partner, where = policy.partner
        sections[where].append(minimal(POLICIES[partner].element))
    if policy.name == "base" or (place == "backend" and len(roots) == 1):
        sections[place] = list(roots)
    else:
        sections[place] += roots
    return Tag("policies", {}, [Tag(name, {}, tags) for name, tags in sections.items()])
