"""A fragment settles: after it was written, azurerm sees no change in the next plan."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib.policy import (
    Base,
    Comment,
    Element,
    Expression,
    Fragment,
    Node,
    SetBody,
    SetHeader,
    SetVariable,
    check,
    read,
    read_file,
    write,
)
from constructs_lib.policy.composition import sections
from tests.policy.helpers import (
    CORPUS,
    TOKEN,
    bound,
    evaluated,
    fragment_answers,
    fragment_suppressed,
    policies,
    state_after_apply,
    unbound,
)
from tests.policy.test_properties import SECTIONS

CODE = '@{ // the caller\'s name\n\treturn context.User?.Id ?? "none"; }'

FORMS: dict[str, list[Node]] = {
    "quotes": [SetVariable(name="a", value=Expression('@(context.User.Id == "x" && 1 < 2)'))],
    "line breaks in an attribute": [SetVariable(name="a", value=Expression(CODE))],
    "line breaks in a text": [SetHeader(name="a", values=[Expression(CODE)])],
    "a comment of several lines": [
        Comment("one\n    two\n\tthree"),
        SetVariable(name="a", value=""),
    ],
    "a comment with signs": [Comment("a & b < c -- \"d\" 'e'")],
    "a body": [SetBody('{\n    "a": "<b>"\n}\n')],
    "elements in a body": [
        Element("set-body", {}, ["\n", Element("x", {"y": "1"}, ["a"]), "\n"]),
    ],
    "entities that are text": [SetVariable(name="a", value="&quot; &amp; &#10;")],
    "apostrophes": [SetVariable(name="a", value='it\'s "here"')],
    "other letters": [SetVariable(name="a", value="é ß 🎉\u00a0")],
    "a reference": [SetHeader(name=TOKEN, values=[f"x {TOKEN}"])],
    "signs of templates": [SetVariable(name="a", value="${b} %{c} $${d}")],
    "nothing": [],
}


def texts(fragment: Fragment) -> Iterator[str]:
    """Every value in a fragment, in order, with references as Terraform makes them."""
    stack: list[Node] = list(reversed(fragment.policies))
    while stack:
        node = stack.pop()
        if isinstance(node, Element):
            yield from node.attributes.values()
            stack.extend(reversed(node.children))


def settles(fragment: Fragment) -> None:
    sent = evaluated(write(fragment))
    for how, answer in fragment_answers(sent).items():
        assert fragment_suppressed(answer, sent), how
    # What API Management's XML parser reads is what was meant, line breaks included.
    root = ET.fromstring(unbound(sent))
    values = [bound(value) for each in root.iter() for value in each.attrib.values()]
    assert values == [text.replace(TOKEN, "an-id") for text in texts(fragment)]


@pytest.mark.parametrize("form", FORMS)
def test_a_second_plan_is_empty(form: str) -> None:
    settles(Fragment(FORMS[form]))
    around = [Comment("one\n  two")]
    settles(Fragment(FORMS[form], {"": around, "after": around}))


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_second_plan_of_the_corpus_is_empty(file: Path) -> None:
    document = read_file(file, resolvers=True)
    nodes = [node for section in sections(document).values() for node in section]
    settles(Fragment(nodes))


@given(st.builds(Fragment, SECTIONS))
@settings(max_examples=30)
def test_a_second_plan_is_empty_whatever_it_holds(fragment: Fragment) -> None:
    sent = evaluated(write(fragment))
    for how, answer in fragment_answers(sent).items():
        assert fragment_suppressed(answer, sent), how


def test_the_suppression_is_that_of_fragments() -> None:
    """Other than for policies: quotes that come back as they are would be a change for ever."""
    old = '<fragment>\n<set-variable name="a" value="@(b[&quot;c&quot;])" /></fragment>'
    assert not fragment_suppressed(state_after_apply(old, reformatted=False), old)
    assert fragment_suppressed(old.replace("\n", "\t "), old)
    assert fragment_suppressed(old.replace("&quot;", "&#34;"), old)
    assert not fragment_suppressed(old.replace("&quot;", "&#34;").replace("a", "A"), old)
    comment = "<fragment><!-- a\n b --></fragment>"
    assert not fragment_suppressed(comment.replace("\n", "\r\n").replace("a", "&#34;"), comment)


def test_a_policy_keeps_its_own_form() -> None:
    """Its line breaks stay: azurerm undoes named entities in it, and no number."""
    document = read(policies(f"<base /><set-variable name='a' value='{CODE}' />"))
    assert "&#" not in write(document)
    assert "&#xA;" in write(document, terraform=False)
    assert read(write(document, terraform=False)) == document


def test_a_fragment_in_a_file_keeps_its_comments() -> None:
    fragment = Fragment([Comment("one\ntwo"), Base()])
    assert "<!-- one\ntwo -->" in write(fragment, terraform=False)
    assert "<!-- one two -->" in write(fragment)


def test_a_fragment_of_a_gateway_settles() -> None:
    """As written by the construct, and read back by azurerm as `xml`."""
    from cdktf import TerraformStack, Testing

    from constructs_lib import Gateway

    stack = TerraformStack(Testing.app(), "test")
    gateway = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
    made = gateway.add_fragment("drift", Path(__file__).parent / "cases" / "drift-fragment.xml")
    assert made.format_input == "xml"
    sent = made.value_input
    assert sent is not None
    for how, answer in fragment_answers(sent).items():
        assert fragment_suppressed(answer, sent), how


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<fragment><base /></fragment>", "a fragment cannot hold <base>"),
        (
            "<fragment><choose><when condition='@(true)'><include-fragment fragment-id='a' />"
            "</when></choose></fragment>",
            "a fragment cannot hold <include-fragment>",
        ),
        ("<fragment><inbound><base /></inbound></fragment>", "a fragment cannot hold <inbound>"),
        (f"<fragment><!--{'a' * 512 * 1024}--></fragment>", "but may have 524,288"),
    ],
)
def test_the_limits_of_fragments_hold_for_constructs_too(source: str, problem: str) -> None:
    from cdktf import TerraformStack, Testing

    from constructs_lib import Gateway

    stack = TerraformStack(Testing.app(), "test")
    gateway = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
    with pytest.raises(InputError, match=problem):
        gateway.add_fragment("a", source)
    assert [each.severity for each in check(read(source))] == ["error"]


def test_a_fault_of_a_text_is_told_with_line_and_column_once() -> None:
    from cdktf import TerraformStack, Testing

    from constructs_lib import Gateway

    stack = TerraformStack(Testing.app(), "test")
    gateway = Gateway.existing(stack, "gateway", name="apim", resource_group_name="rg")
    with pytest.raises(InputError) as raised:
        gateway.add_fragment("a", "\ufeff<fragment>\n  <nonsense /></fragment>")
    assert str(raised.value) == "test/gateway: fragment a: 2:3: there is no policy <nonsense>"


def test_a_fragment_may_have_512_kilobytes() -> None:
    def rules(size: int, *, made: bool) -> list[str]:
        text = "<fragment><!-- " + "ä" * (size // 2 - 15) + " --></fragment>"
        text = text.replace("ä", "é", 1) + " " * (size - len(text.encode()))
        assert len(text.encode()) == size
        fragment = read(text)
        assert isinstance(fragment, Fragment)
        return [each.rule for each in check(Fragment(fragment.policies) if made else fragment)]

    assert rules(512 * 1024, made=False) == []
    assert rules(512 * 1024 + 1, made=False) == ["SFP107"]
    assert rules(600 * 1024, made=True) == ["SFP107"]
