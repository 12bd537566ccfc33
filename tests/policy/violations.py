"""Every way to break every policy, made from the reference and written as text of its own.

Places come from writing the text, messages are spelled out here: neither asks the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from constructs_lib.policy import Known
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


def value_of(attribute: Attribute) -> str:
    """A value that an attribute takes."""
    if attribute.values:
        return attribute.values[0]
    if attribute.kind == "boolean":
        return attribute.default or "true"
    if attribute is DIMENSION:
        return "API ID"
    return FORMS.get(attribute.kind) or f"{attribute.minimum or 0:g}"


def specification_of(child: Child) -> ElementSpecification:
    return child.element or POLICIES[child.name].element


def minimal(specification: ElementSpecification, *wanted: str) -> Tag:
    """The smallest element that is valid and holds the attributes and elements that are wanted."""
    needed = {each.name for each in specification.attributes if each.required} | set(wanted)
    needed |= {child.name for child in specification.children if child.minimum}
    for group in (*specification.exactly_one, *specification.at_least_one):
        if not needed & set(group):
            needed.add(group[0])
    for group in specification.together:
        if needed & set(group):
            needed |= set(group)
    needed |= {second for first, second in specification.along if first in needed}
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
        ],
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


@dataclass(frozen=True)
class Violation:
    """A document with one thing wrong, and what must be found in it.

    Attributes:
        rule: The rule that is broken.
        constraint: What of the specification is broken: path of the element, field and item.
        source: The document.
        expected: Severity, line, column and message of the finding.
        fix: What the finding must tell to do, if that is checked.
        also: Rules that are broken along with it.
    """

    rule: str
    constraint: tuple[Path, str, str]
    source: str
    expected: tuple[str, int, int, str]
    fix: str | None = None
    also: frozenset[str] = frozenset()
    scope: CheckScope = "api"
    sku: str | None = None
    known: Known | None = None


class Breaker:
    """Makes the violations of one policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.name = policy.name

    def violation(
        self,
        rule: str,
        constraint: tuple[Path, str, str],
        root: Tag,
        at: At,
        message: str,
        *,
        severity: str = "error",
        fix: str | None = None,
        also: tuple[str, ...] = (),
        scope: CheckScope | None = None,
        sku: str | None = None,
        known: Known | None = None,
    ) -> Violation:
        source, places = render(root)
        line, column = places[at]
        if self.policy.partner and rule in ("SFP101", "SFP102"):
            also = (*also, "SFP409")
        return Violation(
            rule,
            constraint,
            source,
            (severity, line, column, message),
            fix,
            frozenset(also),
            scope or scope_of(self.policy),
            sku,
            known,
        )

    def all(self) -> Iterator[Violation]:
        """Every violation."""
        for path, specification in paths(self.policy):
            yield from self.attributes(path, specification)
            yield from self.groups(path, specification)
            yield from self.texts(path, specification)
            yield from self.children(path, specification)
        yield from self.standing()
        yield from self.meanings()
        yield from self.particular()

    def broken(
        self,
        rule: str,
        path: Path,
        what: str,
        item: str,
        change: Callable[[Tag], At],
        message: str,
        *wanted: str,
        severity: str = "error",
        also: tuple[str, ...] = (),
        known: Known | None = None,
    ) -> Violation:
        """The violation after a change of the element at the path."""
        root, target = build(self.policy, path, *wanted)
        at = change(target)
        whole = document(self.policy, root)
        return self.violation(
            rule, (path, what, item), whole, at, message, severity=severity, also=also, known=known
        )

    def attributes(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Unknown and missing attributes, and values that they cannot have."""
        name = specification.name

        def put(key: str, value: str) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                tag.attributes[key] = value
                return tag, key

            return change

        yield self.broken(
            "SFP201",
            path,
            "attributes",
            "",
            put("surplus", "x"),
            f"<{name}> has no attribute `surplus`",
        )
        for each in specification.attributes:
            about = f"`{each.name}` of <{name}>"
            values: list[tuple[str, str, str, str]] = []
            if each.values:
                values.append(("SFP203", "values", "x y", f"{about} cannot be `x y`"))
            if each.kind != "text":
                values.append(("SFP204", "kind", "many", f"{about} cannot be `many`"))
            if each.minimum is not None:
                low = f"{each.minimum - 1:.15g}"
                values.append(("SFP204", "minimum", low, f"{about} cannot be `{low}`"))
            if each.zero:
                values.append(("SFP204", "zero", "1", f"{about} cannot be `1`"))
            if each.maximum is not None:
                high = f"{each.maximum + 1:.15g}"
                values.append(("SFP204", "maximum", high, f"{about} cannot be `{high}`"))
            if not each.expression:
                told = f"{about} takes no expression"
                if each.tolerated:
                    told = DISPUTED.format(about)
                values.append(("SFP205", "expression", "@(1)", told))
            for rule, what, value, message in values:
                change = put(each.name, value)
                milder = rule == "SFP205" and each.tolerated
                severity = "warning" if milder else "error"
                yield self.broken(
                    rule, path, what, each.name, change, message, each.name, severity=severity
                )
            grouped = any(
                each.name in group
                for group in (*specification.exactly_one, *specification.at_least_one)
            )
            refused = each.required and not each.empty
            if each.kind == "text" and not each.values and (refused or grouped):
                yield self.broken(
                    "SFP202",
                    path,
                    "empty",
                    each.name,
                    put(each.name, ""),
                    f"{about} is empty",
                    each.name,
                    severity="error" if refused and not each.tolerated else "warning",
                )
            if each.required:

                def drop(tag: Tag, key: str = each.name) -> At:
                    del tag.attributes[key]
                    return tag, None

                message = f"<{name}> needs the attribute `{each.name}`"
                severity = "warning" if each.tolerated else "error"
                yield self.broken(
                    "SFP202", path, "required", each.name, drop, message, severity=severity
                )

    def groups(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Attributes and elements that do not go together."""
        name = specification.name
        children = [child.name for child in specification.children]

        def quoted(keys: tuple[str, ...]) -> str:
            texts = [f"<{key}>" if key in children else f"`{key}`" for key in keys]
            return " or ".join([*([", ".join(texts[:-1])] if texts[1:] else []), texts[-1]])

        def none_of(group: tuple[str, ...]) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                for key in group:
                    tag.attributes.pop(key, None)
                tag.children = [child for child in tag.children if child.name not in group]
                return tag, None

            return change

        def second(group: tuple[str, ...]) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                key = group[1]
                return (tag.child(key), None) if key in children else (tag, key)

            return change

        for what in ("exactly_one", "at_least_one"):
            for group in getattr(specification, what):
                message = f"<{name}> needs {quoted(group)}"
                yield self.broken("SFP206", path, what, f"none of {group}", none_of(group), message)
        for what in ("exactly_one", "at_most_one"):
            for group in getattr(specification, what):
                message = f"<{name}> takes only one of {quoted(group)}"
                yield self.broken(
                    "SFP206", path, what, f"all of {group}", second(group), message, *group
                )
        for group in specification.together:
            for missing in group:

                def drop(tag: Tag, missing: str = missing, group: tuple[str, ...] = group) -> At:
                    del tag.attributes[missing]
                    return tag, next(key for key in group if key != missing)

                there = next(key for key in group if key != missing)
                message = f"<{name}> takes `{there}` only together with `{missing}`"
                also = ("SFP206",)
                yield self.broken(
                    "SFP206", path, "together", missing, drop, message, *group, also=also
                )

        for first, second in specification.along:

            def alone(tag: Tag, first: str = first, second: str = second) -> At:
                tag.attributes.pop(second, None)
                return tag, first

            message = f"`{first}` of <{name}> does nothing without `{second}`"
            yield self.broken(
                "SFP206", path, "along", first, alone, message, first, severity="warning"
            )

    def texts(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Text where none is allowed, or none where it is needed, or that is no plain text."""
        name = specification.name

        def write(text: str) -> Callable[[Tag], At]:
            def change(tag: Tag) -> At:
                tag.text = text
                return tag, None

            return change

        if specification.policies:
            message = "text stands between policies"
            yield self.broken("SFP305", path, "policies", "text", write("x"), message)
        elif not specification.text and not specification.anything:
            message = f"<{name}> holds text"
            yield self.broken("SFP305", path, "text", "", write("x"), message)
        if text := specification.text:
            if text.kind != "text":
                message = f"the text of <{name}> cannot be `many`"
                yield self.broken("SFP204", path, "text.kind", "", write("many"), message)
            if not text.expression:
                message = f"the text of <{name}> takes no expression"
                if text.tolerated:
                    message = DISPUTED.format(f"the text of <{name}>")
                yield self.broken(
                    "SFP205",
                    path,
                    "text.expression",
                    "",
                    write("@(1)"),
                    message,
                    severity="warning" if text.tolerated else "error",
                )
        if specification.text and specification.text.required:
            message = f"<{name}> is empty"
            yield self.broken("SFP305", path, "text_required", "", write(""), message)

    def children(self, path: Path, specification: ElementSpecification) -> Iterator[Violation]:
        """Unknown elements, and elements that are missing, too many or in another order."""
        name = specification.name

        def add(tag: Tag) -> At:
            tag.children.append(Tag("nonsense"))
            return tag.children[-1], None

        if specification.anything:
            return
        if specification.policies:
            message = "there is no policy <nonsense>"
            yield self.broken("SFP101", path, "policies", "", add, message)
            return
        message = f"<nonsense> cannot stand in <{name}>"
        yield self.broken("SFP301", path, "children", "", add, message)
        for child in specification.children:

            def without(tag: Tag, key: str = child.name) -> At:
                tag.children = [each for each in tag.children if each.name != key]
                return tag, None

            def often(tag: Tag, child: Child = child) -> At:
                index = tag.children.index(tag.child(child.name))
                more = [minimal(specification_of(child)) for _ in range(child.maximum or 0)]
                tag.children[index:index] = more
                return tag.children[index + len(more)], None

            if not child.expression:

                def compute(tag: Tag, key: str = child.name) -> At:
                    tag.child(key).text = "@(1)"
                    return tag.child(key), None

                message = f"the text of <{child.name}> takes no expression"
                item = child.name
                yield self.broken(
                    "SFP205", path, "child.expression", item, compute, message, child.name
                )
            if child.minimum:
                message = f"<{name}> needs an element <{child.name}>"
                yield self.broken("SFP302", path, "child.minimum", child.name, without, message)
            if child.maximum is not None:
                message = f"<{name}> takes at most {child.maximum} <{child.name}>"
                yield self.broken(
                    "SFP303", path, "child.maximum", child.name, often, message, child.name
                )
        defaults = {each.name: each.default for each in specification.attributes}
        values = {each.name: each.values for each in specification.attributes}
        for needed in specification.needed:
            for value in values[needed.attribute]:
                if value in needed.unless:
                    continue

                def explicit(
                    tag: Tag, child: str = needed.child, key: str = needed.attribute, v: str = value
                ) -> At:
                    tag.attributes[key] = v
                    tag.children = [each for each in tag.children if each.name != child]
                    return tag, None

                def implicit(tag: Tag, child: str = needed.child) -> At:
                    tag.children = [each for each in tag.children if each.name != child]
                    return tag, None

                message = f"<{name}> needs an element <{needed.child}>"
                item = f"{needed.child} {value}"
                yield self.broken("SFP302", path, "needed", item, explicit, message)
                if value == defaults[needed.attribute]:
                    yield self.broken("SFP302", path, "needed", item, implicit, message)
        ordered = [each.name for each in specification.children if each.name != "include-fragment"]
        for early, late in pairwise(ordered):
            if specification.any_order:
                break

            def swap(tag: Tag, early: str = early, late: str = late) -> At:
                one, other = tag.child(early), tag.child(late)
                first, then = tag.children.index(one), tag.children.index(other)
                tag.children[first], tag.children[then] = other, one
                return one, None

            message = f"<{early}> stands after <{late}>"
            excluded = any({early, late} <= set(group) for group in specification.exactly_one)
            yield self.broken(
                "SFP304",
                path,
                "children",
                f"{early} {late}",
                swap,
                message,
                early,
                late,
                severity="warning",
                also=("SFP206",) if excluded else (),
            )

    def standing(self) -> Iterator[Violation]:
        """Where the policy stands, how often, and on which gateway."""
        policy, name = self.policy, self.name
        for section in SECTIONS:
            if section in policy.sections:
                continue
            root = minimal(policy.element)
            disputed = section in policy.disputed
            message = f"<{name}> cannot stand in <{section}>"
            if disputed:
                message += " by its page, though Microsoft's toolkit puts it there"
            elif name in RESOLVERS:
                message = f"<{name}> belongs to a GraphQL resolver, not to <{section}>"
            yield self.violation(
                "SFP102",
                ((name,), "disputed" if disputed else "sections", section),
                document(policy, root, section=section),
                (root, None),
                message,
                severity="warning" if disputed else "error",
                also=("SFP402",) if section == "backend" else (),
            )
        for scope in SCOPES:
            if name not in RESOLVERS and scope not in policy.scopes:
                root = minimal(policy.element)
                yield self.violation(
                    "SFP103",
                    ((name,), "scopes", scope),
                    document(policy, root),
                    (root, None),
                    f"<{name}> cannot be used at {scope} scope",
                    scope=scope,
                    also=("SFP103",) if policy.partner else (),
                )
        for gateway, sku in SKUS.items():
            if gateway not in policy.gateways:
                root = minimal(policy.element)
                yield self.violation(
                    "SFP104",
                    ((name,), "gateways", gateway),
                    document(policy, root),
                    (root, None),
                    f"<{name}> does not run on the {gateway} gateway",
                    severity="warning" if gateway == "v2" else "error",
                    sku=sku,
                )
        if policy.once:
            roots = [minimal(policy.element) for _ in range(2)]
            yield self.violation(
                "SFP105",
                ((name,), "once", ""),
                document(policy, *roots),
                (roots[1], None),
                f"<{name}> stands twice, but may once in a {policy.once}",
                also=("SFP401",) if policy.sections[0] == "backend" else (),
            )
        if name not in RESOLVERS:
            root = minimal(policy.element)
            root.name += "x"
            yield self.violation(
                "SFP101",
                ((name,), "name", ""),
                document(policy, root),
                (root, None),
                f"there is no policy <{name}x>",
                fix=f"did you mean <{name}>?",
                also=("SFP402",) if name in ("base", "forward-request") else (),
            )
        if policy.partner:
            root = minimal(policy.element)
            whole = document(policy, root)
            partner, where = policy.partner
            whole.child(where).children.pop()
            yield self.violation(
                "SFP409",
                ((name,), "partner", ""),
                whole,
                (root, None),
                f"<{name}> does nothing without <{partner}>, which is not in <{where}>",
                severity="warning",
            )
        if "backend" in policy.sections:
            root = minimal(policy.element)
            whole = document(policy, root, section="backend")
            whole.child("backend").children.insert(0, Tag("base"))
            yield self.violation(
                "SFP401",
                ((name,), "backend", ""),
                whole,
                (root, None),
                "<backend> holds more than one policy",
            )
        if name not in RESOLVERS | {"base", "forward-request"} and policy.scopes != ("global",):
            root = minimal(policy.element)
            whole = document(policy, root)
            whole.child(policy.sections[0]).children = [root]
            yield self.violation(
                "SFP402",
                ((name,), "base", ""),
                whole,
                (root, None),
                f"<{policy.sections[0]}> has no <base />: what wider scopes say is dropped here",
                severity="warning",
            )

    def holding(
        self, usable: Callable[[Attribute], bool], *, plain_text: bool = False
    ) -> Iterator[tuple[Path, str | None]]:
        """The attributes that are usable, and the elements with text (no name)."""
        for path, specification in paths(self.policy):
            for attribute in specification.attributes:
                if usable(attribute):
                    yield path, attribute.name
            text = specification.text
            if text and not (plain_text and text.kind != "text"):
                yield path, None

    def saying(
        self,
        rule: str,
        path: Path,
        key: str | None,
        value: str,
        message: str,
        *,
        severity: str = "warning",
        also: tuple[str, ...] = (),
        known: Known | None = None,
    ) -> Violation:
        """The violation of a value that is well-formed but cannot mean what it says."""

        def change(tag: Tag) -> At:
            if key is None:
                tag.text = value
            else:
                tag.attributes[key] = value
            return tag, key

        return self.broken(
            rule,
            path,
            "value",
            f"{rule} {key or 'text'}",
            change,
            message,
            *([key] if key else []),
            severity=severity,
            also=also,
            known=known,
        )

    def meanings(self) -> Iterator[Violation]:
        """Values that say what cannot be meant: too late code, names of nothing, lost tokens."""
        name = self.name

        def plain(each: Attribute) -> bool:
            return each.kind == "text" and not each.values

        for path, key in self.holding(plain, plain_text=True):
            where = f"`{key}` of <{path[-1]}>" if key else f"the text of <{path[-1]}>"
            # A dimension of another name needs a value.
            also = ("SFP202",) if (path[-1], key) == ("dimension", "name") else ()
            if path[-1] != "set-body" or key:
                late = f"the expression in {where} stands after other text and is not run"
                yield self.saying("SFP207", path, key, "Bearer @(1)", late, also=also)
            entity = f"{where} spells out `&…;`, which azurerm takes for a change in every plan"
            yield self.saying("SFP408", path, key, "&quot;", entity, also=also)
        for path, key in self.holding(lambda _: True):
            message = "nothing defines the named value `missing`"
            known = Known(named_values=["present"])
            yield self.saying(
                "SFP405", path, key, "{{missing}}", message, severity="error", known=known
            )
        for path, key in self.holding(lambda each: each.name.endswith("backend-id")):
            if key:
                message = "nothing defines the backend `missing`"
                known = Known(backends=["present"])
                yield self.saying(
                    "SFP406", path, key, "missing", message, severity="error", known=known
                )
        if name == "include-fragment":
            message = "nothing defines the fragment `missing`"
            known = Known(fragments=["present"])
            yield self.saying(
                "SFP407", (name,), "fragment-id", "missing", message, severity="error", known=known
            )
        yield from self.tokens()
        if name == "xsl-transform":
            root = minimal(self.policy.element)
            root.children.append(Tag("xsl:text", {}, [], "&quot;"))
            yield self.violation(
                "SFP408",
                ((name,), "anything", ""),
                document(self.policy, root),
                (root.children[0], None),
                "the text of <xsl:text> spells out `&…;`, which azurerm takes for a change in "
                "every plan",
                severity="warning",
            )
        if name in ("set-header", "set-query-parameter"):

            def delete(tag: Tag) -> At:
                tag.attributes["exists-action"] = "delete"
                return tag, None

            message = f"<{name}> deletes and has a <value>"
            yield self.broken(
                "SFP301", (name,), "value", "delete", delete, message, severity="warning"
            )

    def tokens(self) -> Iterator[Violation]:
        """What reads the caller's token after it is gone, and what goes on without one."""
        name = self.name
        if name == TOKEN:

            def ignore(tag: Tag) -> At:
                tag.attributes["ignore-error"] = "true"
                return tag, "ignore-error"

            message = (
                f"<{TOKEN}> goes on if there is no token: the backend then gets the caller's own "
                "Authorization header, or none"
            )
            yield self.broken(
                "SFP404", (name,), "value", "ignore-error", ignore, message, severity="warning"
            )
            return
        if name in RESOLVERS:
            return
        token = minimal(POLICIES[TOKEN].element)
        readers = [
            (path, key, not (key is None and text and not text.expression))
            for path, specification in paths(self.policy)
            for text in (specification.text,)
            for key in (
                *(each.name for each in specification.attributes if each.expression),
                *([None] if text else []),
            )
        ]
        for path, key, allowed in readers:
            root, target = build(self.policy, path, *([key] if key else []))
            if key is None:
                target.text = READS
            else:
                target.attributes[key] = READS
            whole = document(self.policy, root, before=(token,))
            number = render(whole)[1][token, None][0]
            message = (
                f"<{target.name}> reads the Authorization header after <{TOKEN}> (line {number}) "
                "has replaced it"
            )
            severity = "warning"
            also: tuple[str, ...] = ("SFP403",) if name == "validate-azure-ad-token" else ()
            also = also if allowed else (*also, "SFP205")
            elsewhere = key in ("header-name", "query-parameter-name")
            own = name == "validate-azure-ad-token" and path == (name,) and not elsewhere
            if own or key == "token-value":
                message = (
                    f"<{name}> checks the gateway's own token, not the caller's: "
                    f"<{TOKEN}> (line {number}) has replaced it"
                )
                severity = "error"
            yield self.violation(
                "SFP403",
                (path, "expression", key or "text"),
                whole,
                (target, None),
                message,
                severity=severity,
                also=also,
            )
        checker = {"validate-jwt": "header-name", "check-header": "name"}.get(name)
        if checker:
            root = minimal(self.policy.element)
            root.attributes[checker] = "authorization"
            whole = document(self.policy, root, before=(token,))
            number = render(whole)[1][token, None][0]
            yield self.violation(
                "SFP403",
                ((name,), "value", checker),
                whole,
                (root, None),
                f"<{name}> checks the gateway's own token, not the caller's: "
                f"<{TOKEN}> (line {number}) has replaced it",
            )

    def particular(self) -> Iterator[Violation]:
        """What holds for one policy alone."""
        name = self.name
        root = minimal(self.policy.element)
        if name in ("base", "include-fragment", "cache-lookup"):
            message = f"a fragment cannot hold <{name}>"
            if name == "cache-lookup":
                message = "<cache-lookup> is not supported in a fragment"
            yield self.violation(
                "SFP106",
                ((name,), "fragment", ""),
                Tag("fragment", {}, [root]),
                (root, None),
                message,
                severity="warning" if name == "cache-lookup" else "error",
            )
        elif name == "set-header":
            for header, action, problem in (
                ("Connection", "override", "cannot be appended, overridden or deleted"),
                ("content-length", "skip", "cannot be appended, overridden or deleted"),
                ("Keep-Alive", "append", "cannot be appended, overridden or deleted"),
                ("Transfer-Encoding", "delete", "cannot be appended, overridden or deleted"),
                ("X-Forwarded-For", "delete", "keeps the address of the caller when it is deleted"),
                ("Server", "delete", "cannot be deleted from responses"),
            ):
                tag = minimal(self.policy.element)
                tag.attributes |= {"name": header, "exists-action": action}
                if action == "delete":
                    tag.children.clear()
                yield self.violation(
                    "SFP208",
                    ((name,), "header", header),
                    document(self.policy, tag, section="outbound"),
                    (tag, "name"),
                    f"the header `{header}` {problem}",
                    severity="warning",
                )
        elif name == "return-response":
            body = Tag("set-body", {"template": "liquid"}, text="{{body.a}}")
            root.children.append(body)
            yield self.violation(
                "SFP410",
                ((name,), "liquid", ""),
                document(self.policy, root),
                (body, None),
                "the template reads the body, which is empty in <return-response>",
                severity="warning",
            )
        elif name == "retry":
            wait = minimal(POLICIES["wait"].element)
            root.children.append(wait)
            yield self.violation(
                "SFP301",
                ((name,), "wait", ""),
                document(self.policy, root),
                (wait, None),
                "<wait> cannot stand in <retry>",
                severity="warning",
            )
        elif name == "ip-filter":
            for first, last in (("10.0.0.2", "10.0.0.1"), ("10.0.0.1", "2001:db8::1")):
                tag = Tag("address-range", {"from": first, "to": last})
                whole = Tag("ip-filter", {"action": "allow"}, [tag])
                yield self.violation(
                    "SFP206",
                    ((name,), "range", first),
                    document(self.policy, whole),
                    (tag, "to"),
                    f"there is no address from {first} to {last}",
                )
        elif any(child.name == "dimension" for child in self.policy.element.children):
            own = [Tag("dimension", {"name": f"n{i}", "value": "x"}) for i in range(6)]
            root.children += own
            yield self.violation(
                "SFP303",
                ((name,), "dimensions", ""),
                document(self.policy, root),
                (own[5], None),
                f"<{name}> takes at most 5 dimensions of your own by its page",
                severity="warning",
            )
            nameless = minimal(self.policy.element)
            nameless.children.append(Tag("dimension", {"name": "Team"}))
            yield self.violation(
                "SFP202",
                ((name,), "dimensions", "value"),
                document(self.policy, nameless),
                (nameless.children[-1], None),
                "the dimension `Team` needs the attribute `value`",
            )

    def unreadable(self) -> tuple[str, int, int]:
        """A file that ends within the policy, and where it is said to."""
        root = minimal(self.policy.element)
        source, places = render(document(self.policy, root))
        line, column = places[root, None]
        whole = source.splitlines()
        kept = [*whole[: line - 1], whole[line - 1][: column + len(self.name)]]
        return "\n".join(kept), line, column


VIOLATIONS = {name: list(Breaker(policy).all()) for name, policy in POLICIES.items()}
"""The violations of every policy."""
