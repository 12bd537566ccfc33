"""Every policy by every rule: what is valid is accepted, each violation found where it is.

The table follows from the reference: what `tests.policy.violations` makes of it, with places and
messages that it works out by itself. The last tests see that no constraint is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import pairwise

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.policy import check, read
from constructs_lib.policy.reference import POLICIES
from constructs_lib.policy.rules import RULES
from constructs_lib.policy.specification import (
    Attribute,
    Child,
    ElementSpecification,
    Needed,
    Policy,
    TextContent,
)
from tests.policy.documents import (
    RESOLVERS,
    SCOPES,
    SECTIONS,
    SKUS,
    TOKEN,
    Path,
    Tag,
    build,
    document,
    paths,
    render,
    scope_of,
    value_of,
)
from tests.policy.violations import VIOLATIONS, Breaker

CELLS = sorted({(name, each.rule) for name, found in VIOLATIONS.items() for each in found})


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_what_the_page_allows_is_accepted(name: str) -> None:
    """Every element of the policy in a valid document, and every value that it lists or bounds."""
    policy = POLICIES[name]

    def accept(root: Tag) -> None:
        source, _ = render(document(policy, root))
        findings = check(read(source, resolvers=True), scope=scope_of(policy))
        assert findings == [], source

    for path, specification in paths(policy):
        accept(build(policy, path)[0])
        for each in specification.attributes:
            limits = [f"{it:.15g}" for it in (each.minimum, each.maximum) if it is not None]
            codes = ["@(context.RequestId)"] if each.expression else []
            for value in {value_of(each), *each.values, *limits, *codes}:
                children = {it.child for it in specification.needed if value not in it.unless}
                root, target = build(policy, path, each.name, *sorted(children))
                target.attributes[each.name] = value
                if (each.name, value) == ("exists-action", "delete"):
                    target.children.clear()
                accept(root)


@pytest.mark.parametrize("name", sorted(POLICIES.keys() - RESOLVERS))
def test_it_is_accepted_wherever_the_page_has_it(name: str) -> None:
    policy = POLICIES[name]
    root, _ = build(policy, (name,))
    for section in policy.sections:
        source, _ = render(document(policy, root, section=section))
        for scope in policy.scopes:
            for gateway in SKUS.keys() & set(policy.gateways):
                findings = check(read(source), scope=scope, sku=SKUS[gateway])
                alone = section == "backend" and name not in ("base", "forward-request")
                assert {each.rule for each in findings} <= ({"SFP402"} if alone else set())


@pytest.mark.parametrize(("name", "rule"), CELLS)
def test_every_violation_is_found_where_it_is(name: str, rule: str) -> None:
    for each in VIOLATIONS[name]:
        if each.rule != rule:
            continue
        findings = check(
            read(each.source, "a.xml", resolvers=True),
            scope=each.scope,
            sku=each.sku,
            known=each.known,
        )
        found = [one for one in findings if (one.rule, one.message) == (rule, each.expected[-1])]
        assert [(one.severity, one.line, one.column, one.message) for one in found] == [
            each.expected
        ], f"{each.constraint} in\n{each.source}"
        others = {one.rule for one in findings if one.message != each.expected[-1]}
        assert others <= each.also, f"{findings} in\n{each.source}"
        assert all(one.path == "a.xml" for one in findings)
        if each.fix is not None:
            assert found[0].fix == each.fix


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_a_file_that_breaks_off_is_refused_at_the_policy(name: str) -> None:
    source, line, column = Breaker(POLICIES[name]).unreadable()
    with pytest.raises(InputError) as raised:
        read(source, "a.xml", resolvers=True)
    assert raised.value.where == f"a.xml:{line}:{column}"


def test_the_table_has_every_cell_that_applies() -> None:
    """Which rule applies to which policy, said once more without looking at the violations."""

    def some(holds: Callable[[ElementSpecification], object]) -> Callable[[Policy], bool]:
        return lambda policy: any(holds(element) for _, element in paths(policy))

    def any_attribute(holds: Callable[[Attribute], object]) -> Callable[[Policy], bool]:
        return some(lambda element: any(holds(each) for each in element.attributes))

    def any_child(holds: Callable[[Child], object]) -> Callable[[Policy], bool]:
        return some(lambda element: any(holds(each) for each in element.children))

    def is_resolver(policy: Policy) -> bool:
        return policy.name in RESOLVERS

    has_text = some(lambda element: element.text)
    has_free_text = some(lambda element: element.text and element.text.kind == "text")
    is_free = any_attribute(lambda each: each.kind == "text" and not each.values)
    takes_code = any_attribute(lambda each: each.expression)
    applies: dict[str, Callable[[Policy], bool]] = {
        "SFP001": lambda _: True,
        "SFP002": lambda _: True,
        "SFP101": lambda p: not is_resolver(p) or some(lambda e: e.policies)(p),
        "SFP102": lambda p: len(p.sections) < 4,
        "SFP103": lambda p: not is_resolver(p) and set(p.scopes) < set(SCOPES),
        "SFP104": lambda p: not SKUS.keys() <= set(p.gateways),
        "SFP105": lambda p: p.once is not None,
        "SFP106": lambda p: p.name in ("base", "include-fragment", "cache-lookup"),
        "SFP107": lambda _: False,
        "SFP201": lambda _: True,
        "SFP202": lambda p: (
            any_attribute(lambda each: each.required)(p)
            or some(lambda e: e.exactly_one or e.at_least_one)(p)
        ),
        "SFP203": any_attribute(lambda each: each.values),
        "SFP204": lambda p: (
            any_attribute(lambda each: each.kind != "text")(p)
            or some(lambda e: e.text and e.text.kind != "text")(p)
        ),
        "SFP205": lambda p: (
            any_attribute(lambda each: not each.expression)(p)
            or some(lambda e: e.text and not e.text.expression)(p)
            or any_child(lambda c: not c.expression)(p)
        ),
        "SFP206": some(
            lambda e: e.exactly_one or e.at_least_one or e.at_most_one or e.together or e.along
        ),
        "SFP207": lambda p: is_free(p) or (has_free_text(p) and p.name != "set-body"),
        "SFP208": lambda p: p.name == "set-header",
        "SFP301": lambda p: (
            not (p.element.policies or p.element.anything) or p.name in ("choose", "retry")
        ),
        "SFP302": lambda p: any_child(lambda c: c.minimum)(p) or some(lambda e: e.needed)(p),
        "SFP303": any_child(lambda c: c.maximum is not None or c.name == "dimension"),
        "SFP304": some(
            lambda e: (
                not e.any_order and len([c for c in e.children if c.name != "include-fragment"]) > 1
            )
        ),
        "SFP305": some(
            lambda e: (e.text and e.text.required) or e.policies or not (e.text or e.anything)
        ),
        "SFP401": lambda p: "backend" in p.sections,
        "SFP402": lambda p: (
            not is_resolver(p)
            and p.name not in ("base", "forward-request")
            and p.scopes != ("global",)
        ),
        "SFP403": lambda p: (
            not is_resolver(p) and p.name != TOKEN and (takes_code(p) or has_text(p))
        ),
        "SFP404": lambda p: p.name == TOKEN,
        "SFP405": lambda p: any_attribute(lambda _: True)(p) or has_text(p),
        "SFP406": any_attribute(lambda each: each.name.endswith("backend-id")),
        "SFP407": any_attribute(lambda each: each.name == "fragment-id"),
        "SFP408": lambda p: is_free(p) or has_free_text(p) or p.name == "xsl-transform",
        "SFP409": lambda p: p.partner is not None,
        "SFP410": lambda p: p.name == "return-response",
    }
    assert applies.keys() == RULES.keys()
    expected = {
        (name, rule)
        for name, policy in POLICIES.items()
        for rule, holds in applies.items()
        if holds(policy)
    }
    assert {
        *CELLS,
        *((name, rule) for name in POLICIES for rule in ("SFP001", "SFP002")),
    } == expected
    assert {rule for _, rule in expected} | {"SFP107"} == RULES.keys()


def constraints(policy: Policy) -> Iterator[tuple[Path, str, str]]:
    """Everything that the specification of a policy forbids, read off its fields alone."""
    name: Path = (policy.name,)
    for section in SECTIONS:
        if section not in policy.sections:
            yield name, "disputed" if section in policy.disputed else "sections", section
    if policy.sections:
        yield from ((name, "scopes", each) for each in SCOPES if each not in policy.scopes)
    yield from ((name, "gateways", each) for each in SKUS if each not in policy.gateways)
    if policy.once:
        yield name, "once", ""
    if policy.partner:
        yield name, "partner", ""
    for path, element in paths(policy):
        yield path, "attributes", ""
        for each in element.attributes:
            for what in ("required", "values", "kind", "minimum", "maximum", "zero", "expression"):
                value = getattr(each, what)
                # An expression is what may stand there; the others are what must.
                limits = not value if what == "expression" else value not in (None, False, ())
                if limits and (what, value) != ("kind", "text"):
                    yield path, what, each.name
        for what in ("exactly_one", "at_least_one"):
            yield from ((path, what, f"none of {group}") for group in getattr(element, what))
        for what in ("exactly_one", "at_most_one"):
            yield from ((path, what, f"all of {group}") for group in getattr(element, what))
        yield from ((path, "together", key) for group in element.together for key in group)
        yield from ((path, "along", first) for first, _ in element.along)
        if element.text:
            if element.text.required:
                yield path, "text_required", ""
            if not element.text.expression:
                yield path, "text.expression", ""
            if element.text.kind != "text":
                yield path, "text.kind", ""
        if element.anything:
            continue
        if element.policies:
            yield from ((path, "policies", what) for what in ("", "text"))
            continue
        if not element.text:
            yield path, "text", ""
        yield path, "children", ""
        for child in element.children:
            if child.minimum:
                yield path, "child.minimum", child.name
            if child.maximum is not None:
                yield path, "child.maximum", child.name
            if not child.expression:
                yield path, "child.expression", child.name
        order = [each.name for each in element.children if each.name != "include-fragment"]
        if not element.any_order:
            for early, late in pairwise(order):
                yield path, "children", f"{early} {late}"
        for needed in element.needed:
            (values,) = [e.values for e in element.attributes if e.name == needed.attribute]
            for value in set(values) - set(needed.unless):
                yield path, "needed", f"{needed.child} {value}"


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_constraint_of_the_reference_is_broken(name: str) -> None:
    broken = {each.constraint for each in VIOLATIONS[name]}
    assert set(constraints(POLICIES[name])) - broken == set()


def test_every_field_of_a_specification_is_known_here() -> None:
    """A new kind of constraint needs a new kind of violation."""
    describing = {
        Attribute: {"name", "summary", "default", "named_value", "empty", "tolerated", "disputed"},
        TextContent: {"tolerated", "instead", "unless"},
        Child: {"name", "element"},
        Needed: {"tolerated"},
        ElementSpecification: {"name", "summary", "builder"},
        Policy: {"element", "url"},
    }
    constraining = {
        Attribute: {"kind", "required", "values", "minimum", "maximum", "zero", "expression"},
        TextContent: {"required", "expression", "kind"},
        Child: {"minimum", "maximum", "expression"},
        Needed: {"child", "attribute", "unless"},
        ElementSpecification: {
            "attributes",
            "children",
            "any_order",
            "needed",
            "text",
            "policies",
            "anything",
            "exactly_one",
            "at_least_one",
            "at_most_one",
            "together",
            "along",
        },
        Policy: {"sections", "disputed", "scopes", "gateways", "once", "partner"},
    }
    for record, known in constraining.items():
        assert {each.name for each in fields(record)} == known | describing[record]


def test_named_values_may_stand_anywhere() -> None:
    """API Management puts them in before it looks, so there is nothing to refuse."""
    for policy in POLICIES.values():
        for _, element in paths(policy):
            assert all(each.named_value for each in element.attributes)


def test_the_table_is_large() -> None:
    assert len(CELLS) > 900
    assert sum(map(len, VIOLATIONS.values())) > 2900
