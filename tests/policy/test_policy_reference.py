"""For every policy: a document that is accepted, and one violation per rule that is refused.

The violations follow from the reference, the documents are those of the corpus.
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import pytest
from policy_helpers import CORPUS, scope_of

from constructs_lib.findings import Finding
from constructs_lib.policy import (
    Document,
    Element,
    Expression,
    builders,
    check,
    read,
    read_file,
    write,
)
from constructs_lib.policy.checks import Scope
from constructs_lib.policy.composition import elements
from constructs_lib.policy.reference import POLICIES
from constructs_lib.policy.specification import Attribute, Child, ElementSpecification, Policy

ROOT = Path(__file__).parents[2]
SKUS = {"classic": "Premium_1", "v2": "StandardV2_1", "consumption": "Consumption_0"}
RESOLVERS = {name for name, policy in POLICIES.items() if not policy.sections}
SECTIONS: tuple[Literal["inbound", "backend", "outbound", "on-error"], ...] = (
    "inbound",
    "backend",
    "outbound",
    "on-error",
)


def sample(name: str) -> tuple[Document, Scope]:
    """The document of the corpus for a policy, and the scope it is for."""
    (file,) = [file for file in CORPUS if file.name.split(".")[0] == name]
    document = read_file(file)
    assert isinstance(document, Document)
    return document, scope_of(file)  # type: ignore[return-value]


def first(document: Document, name: str) -> Element:
    return next(element for element in elements(document) if element.name == name)


def found(document: Document, rule: str, scope: Scope, sku: str | None = None) -> list[Finding]:
    """What the rule finds in the document once it is written and read again."""
    again = read(write(document, terraform=False), "a.xml")
    return [finding for finding in check(again, scope=scope, sku=sku) if finding.rule == rule]


def lines(document: Document, name: str) -> list[int]:
    """The lines of the elements of that name, and of their attributes."""
    again = read(write(document, terraform=False))
    places = [each.place for each in elements(again) if each.name == name and each.place]
    return [
        line
        for place in places
        for line in (place.line, *(line for line, _ in place.attributes.values()))
    ]


def refused(document: Document, rule: str, scope: Scope, at: str, *, said: str) -> None:
    """Assert that the rule finds it on the line of an element called `at`, and says what."""
    findings = found(document, rule, scope)
    assert findings, f"{rule} finds nothing in\n{write(document)}"
    assert all(finding.path == "a.xml" for finding in findings)
    places = lines(document, at)
    assert any(finding.line in places and said in finding.message for finding in findings), (
        f"{said!r} is not said on {places} but {findings}"
    )


@pytest.mark.parametrize("name", sorted(POLICIES.keys() - RESOLVERS))
def test_a_valid_document_is_accepted(name: str) -> None:
    document, scope = sample(name)
    assert any(element.name == name for element in elements(document))
    assert check(document, scope=scope) == [] or name == "send-request"
    policy = POLICIES[name]
    for gateway, sku in SKUS.items():
        says = found(document, "SFP104", scope, sku)
        runs = all(
            gateway in POLICIES[each.name].gateways
            for each in elements(document)
            if each.name in POLICIES
        )
        assert (says == []) == runs
        if gateway not in policy.gateways:
            expected = "warning" if gateway == "v2" else "error"
            assert {finding.severity for finding in says} == {expected}


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_its_page_is_named(name: str) -> None:
    assert re.fullmatch(
        r"https://learn\.microsoft\.com/azure/api-management/[a-z-]+", POLICIES[name].url
    )


@pytest.mark.parametrize("name", sorted(RESOLVERS))
@pytest.mark.parametrize("section", SECTIONS)
def test_resolvers_have_policies_of_their_own(name: str, section: str) -> None:
    document = Document()
    document.sections()[section].append(Element(name))
    refused(document, "SFP102", "api", name, said="belongs to a GraphQL resolver")


@pytest.mark.parametrize("name", sorted(POLICIES.keys() - RESOLVERS))
def test_wrong_sections_are_refused(name: str) -> None:
    document, scope = sample(name)
    policy = POLICIES[name]
    element = deepcopy(first(document, name))
    for section in SECTIONS:
        moved = Document()
        moved.sections()[section][:] = [element]
        findings = [each for each in found(moved, "SFP102", scope) if f"<{name}>" in each.message]
        allowed = section in policy.sections
        assert (findings == []) == allowed
        if not allowed:
            disputed = section in policy.disputed
            assert findings[0].severity == ("warning" if disputed else "error")
            assert f"<{section}>" in findings[0].message
            assert findings[0].line in lines(moved, name)


@pytest.mark.parametrize("name", sorted(POLICIES.keys() - RESOLVERS))
def test_wrong_scopes_are_refused(name: str) -> None:
    document, _ = sample(name)
    scopes: tuple[Scope, ...] = ("global", "workspace", "product", "api", "operation")
    for scope in scopes:
        findings = [
            each for each in found(document, "SFP103", scope) if f"<{name}>" in each.message
        ]
        assert (findings == []) == (scope in POLICIES[name].scopes)
        assert all(f"{scope} scope" in finding.message for finding in findings)
        assert all(finding.line in lines(document, name) for finding in findings)


@pytest.mark.parametrize("name", sorted(name for name, each in POLICIES.items() if each.once))
def test_it_may_stand_only_once(name: str) -> None:
    document, scope = sample(name)
    section = next(s for s in document.sections().values() if any(_is(n, name) for n in s))
    section.append(deepcopy(first(document, name)))
    refused(document, "SFP105", scope, name, said=f"<{name}> stands twice")


def _is(node: object, name: str) -> bool:
    return isinstance(node, Element) and node.name == name


def parts(element: Element, specification: ElementSpecification) -> Iterator[tuple[Any, ...]]:
    """Every element in a policy, with its specification."""
    yield element, specification
    if specification.policies or specification.anything:
        return
    children = {child.name: child for child in specification.children}
    for inner in element.elements():
        child = children[inner.name]
        if child.element:
            yield from parts(inner, child.element)


def violations(policy: Policy) -> Iterator[tuple[str, Any]]:
    """Every way to break a policy by its specification: what is broken, and the rule."""
    document, scope = sample(policy.name)
    start = first(document, policy.name)
    for index, (_, specification) in enumerate(parts(start, policy.element)):

        def broken(index: int = index) -> tuple[Document, Element]:
            document = sample(policy.name)[0]
            found = list(parts(first(document, policy.name), policy.element))
            return document, found[index][0]

        yield from _attribute_violations(broken, specification, scope)
        yield from _content_violations(broken, specification, scope)


def _attribute_violations(
    broken: Any, specification: ElementSpecification, scope: Scope
) -> Iterator[tuple[str, Any]]:
    name = specification.name

    def case(rule: str, said: str, attribute: Attribute | None, value: str | None) -> Any:
        def run() -> None:
            document, element = broken()
            if attribute is None:
                element.attributes["surplus"] = "x"
            elif value is None:
                element.attributes.pop(attribute.name, None)
            else:
                element.attributes[attribute.name] = value
            refused(document, rule, scope, name, said=said)

        return run

    yield f"{name} surplus", case("SFP201", f"<{name}> has no attribute `surplus`", None, None)
    for each in specification.attributes:
        about = f"`{each.name}` of <{name}>"
        if each.required:
            said = f"<{name}> needs the attribute `{each.name}`"
            yield f"{name} without {each.name}", case("SFP202", said, each, None)
        if each.values:
            yield f"{name} {each.name}", case("SFP203", f"{about} cannot be `x y`", each, "x y")
        if each.kind != "text":
            yield f"{name} {each.name} kind", case("SFP204", f"{about} cannot be", each, "many")
        if each.minimum is not None:
            low = f"{each.minimum - 1:g}"
            yield f"{name} {each.name} low", case("SFP204", f"cannot be `{low}`", each, low)
        if each.maximum is not None:
            high = f"{each.maximum + 1:g}"
            yield f"{name} {each.name} high", case("SFP204", f"cannot be `{high}`", each, high)
        if not each.expression:
            value = Expression("@(context.RequestId)")
            yield f"{name} {each.name} code", case("SFP205", f"{about} takes no", each, value)


def _content_violations(
    broken: Any, specification: ElementSpecification, scope: Scope
) -> Iterator[tuple[str, Any]]:
    name = specification.name

    def case(rule: str, said: str, at: str, change: Any) -> Any:
        def run() -> None:
            document, element = broken()
            change(element)
            refused(document, rule, scope, at, said=said)

        return run

    for group in (*specification.exactly_one, *specification.at_least_one):
        yield (
            f"{name} without {group}",
            case(
                "SFP206",
                f"<{name}> needs",
                name,
                lambda e, group=group: [e.attributes.pop(k, 0) for k in group],
            ),
        )
    for group in (*specification.exactly_one, *specification.at_most_one):
        yield (
            f"{name} with {group}",
            case(
                "SFP206",
                f"<{name}> takes only one",
                name,
                lambda e, group=group: e.attributes.update(dict.fromkeys(group, "1")),
            ),
        )
    if specification.anything:
        return
    if specification.policies:
        yield (
            f"{name} holds nonsense",
            case(
                "SFP101",
                "no policy <nonsense>",
                "nonsense",
                lambda e: e.children.append(Element("nonsense")),
            ),
        )
        return
    yield (
        f"{name} holds nonsense",
        case(
            "SFP301",
            f"<nonsense> cannot stand in <{name}>",
            "nonsense",
            lambda e: e.children.append(Element("nonsense")),
        ),
    )
    if not specification.text:
        yield (
            f"{name} holds text",
            case("SFP305", f"<{name}> holds text", name, lambda e: e.children.append("x")),
        )
    if specification.text_required:
        yield (
            f"{name} without text",
            case("SFP305", f"<{name}> is empty", name, lambda e: e.children.clear()),
        )
    for child in specification.children:
        yield from _child_violations(case, name, child)
    if len(specification.children) > 1:
        yield (
            f"{name} order",
            case("SFP304", "stands after", specification.children[0].name, _swap(specification)),
        )


def _swap(specification: ElementSpecification) -> Any:
    early, late = specification.children[0], specification.children[1]

    def change(element: Element) -> None:
        element.children[:] = [Element(late.name), Element(early.name)]

    return change


def _child_violations(case: Any, name: str, child: Child) -> Iterator[tuple[str, Any]]:
    def without(element: Element) -> None:
        element.children[:] = [c for c in element.children if not _is(c, child.name)]

    def often(element: Element) -> None:
        element.children.extend(Element(child.name) for _ in range((child.maximum or 0) + 1))

    if child.minimum:
        said = f"<{name}> needs an element <{child.name}>"
        yield f"{name} without {child.name}", case("SFP302", said, name, without)
    if child.maximum is not None:
        said = f"takes at most {child.maximum} <{child.name}>"
        yield f"{name} with {child.name}", case("SFP303", said, child.name, often)


@pytest.mark.parametrize("name", sorted(POLICIES.keys() - RESOLVERS))
def test_every_violation_is_refused(name: str) -> None:
    count = 0
    for _, run in violations(POLICIES[name]):
        run()
        count += 1
    assert count >= 1


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_policy_has_a_builder(name: str) -> None:
    specification = POLICIES[name].element
    build = getattr(builders, specification.builder or "")
    parameters = inspect.signature(build).parameters
    arguments: dict[str, Any] = {}
    for attribute in specification.attributes:
        parameter = re.sub("^(for|from)$", r"\1_", attribute.name.replace("-", "_"))
        assert parameters[parameter].kind is inspect.Parameter.KEYWORD_ONLY
        assert (parameters[parameter].default is inspect.Parameter.empty) == attribute.required
        arguments[parameter] = "1"
    for key, parameter in parameters.items():
        needed = parameter.default is inspect.Parameter.empty
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and key not in arguments and needed:
            arguments[key] = [] if "Element" in str(parameter.annotation) else "1"
    texts = ["1"] if specification.text_required else []
    built = build(*texts, **arguments)
    assert built.name == name
    assert built.attributes == {each.name: "1" for each in specification.attributes}
    assert f"See {POLICIES[name].url}." in (build.__doc__ or "")


def test_the_builders_are_those_of_the_reference() -> None:
    tool = ROOT / "tools" / "generate_policy_builders.py"
    result = subprocess.run(
        [sys.executable, str(tool), "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_reference_is_whole() -> None:
    assert len(POLICIES) >= 70
