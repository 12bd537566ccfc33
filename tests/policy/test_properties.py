"""What holds for every document, every text and every value."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib.policy import (
    Base,
    Comment,
    Document,
    Element,
    Expression,
    Fragment,
    SetBody,
    SetHeader,
    check,
    is_expression,
    literal,
    read,
    write,
)
from constructs_lib.policy.model import SPACE
from tests.policy.helpers import CORPUS, TOKEN, evaluated, policies, state_after_apply, suppressed

# Pieces of the languages that meet here: XML, C#, Terraform, CDKTF, API Management.
PIECES = st.sampled_from(
    [
        "<",
        ">",
        "&",
        '"',
        "'",
        "/>",
        "</value>",
        "<x a='b'>",
        "<!--",
        "-->",
        "--",
        "<![CDATA[",
        "]]>",
        "&quot;",
        "&amp;",
        "&#34;",
        "&lt",
        "<?",
        "?>",
        "<!DOCTYPE a>",
        "a=b",
        "${",
        "$${",
        "%{",
        "%%{",
        "$",
        "%",
        "{",
        "}",
        "${x}",
        '${x["y"]}',
        TOKEN,
        "{{name}}",
        "@(",
        "@{",
        "@",
        "(",
        ")",
        '@"',
        '$"',
        '$@"',
        "\\",
        "//",
        "/*",
        "*/",
        "\n",
        "\r",
        "\t",
        " ",
        "a",
        "é",
        "🎉",
        "\x00",
        "\ue000",
        "\ufeff",
        "\u00a0",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,6}", fullmatch=True)
STRINGS = st.lists(st.sampled_from(["a", "(", ")", "}", "<", "&&", "'", " ", "é"]), max_size=5).map(
    "".join
)
EXPRESSIONS = st.one_of(
    STRINGS.map(lambda text: Expression(f'@("{text}")')),
    STRINGS.map(lambda text: Expression(f'@{{ return @"{text}"; }}')),
    TEXTS.map(lambda text: literal("@(" + text.replace("\r", ""))),
)


def given_text(text: str) -> str:
    """Leave out texts that are refused."""
    try:
        Element("a", {"b": text})
    except InputError:
        assume(False)
    return text


VALUES = TEXTS.map(given_text) | EXPRESSIONS
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=3)


def element(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Element]:
    names = NAMES | st.sampled_from(["set-body", "choose", "xsl-transform", "value"])

    def made(name: str, attributes: dict[str, str], inside: list[Any]) -> Element:
        try:
            return Element(name, attributes, inside)
        except InputError:  # two texts that make code together
            return Element(name, attributes)

    return st.builds(made, names, ATTRIBUTES, st.lists(children, max_size=3))


NODES = st.recursive(
    VALUES | st.just(Base()), lambda inside: element(inside | VALUES), max_leaves=5
)
SECTIONS = st.lists(element(NODES) | st.builds(Comment, VALUES), max_size=2)
DOCUMENTS = st.builds(Document, SECTIONS, SECTIONS, SECTIONS, SECTIONS)


@given(DOCUMENTS | st.builds(Fragment, SECTIONS))
@settings(max_examples=30)
def test_what_is_written_is_read_again(document: Document | Fragment) -> None:
    for terraform in (True, False):
        text = write(document, terraform=terraform)
        if not (terraform and isinstance(document, Fragment) and _breaks(document)):
            assert read(text, terraform=terraform) == document
        assert write(read(text, terraform=terraform), terraform=terraform) == text


def _breaks(fragment: Fragment) -> bool:
    """Whether comments are written on one line that stand on several."""
    return any(isinstance(node, Comment) and "\n" in node.text for node in fragment.policies)


@given(DOCUMENTS)
@settings(max_examples=30)
def test_what_is_written_is_well_formed(document: Document) -> None:
    root = ET.fromstring(evaluated(write(document)).replace(":", "-"))
    assert [section.tag for section in root] == ["inbound", "backend", "outbound", "on-error"]


@given(TEXTS)
def test_text_is_data_whatever_it_says(text: str) -> None:
    try:
        document = Document(inbound=[SetHeader(name=text, values=[text]), SetBody(text)])
    except InputError:
        return  # refused is safe
    root = ET.fromstring(evaluated(write(document), token=TOKEN))
    header, body = root[0]
    (value,) = header
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert [element.tag for element in root.iter()][:5] == [
        "policies",
        "inbound",
        "set-header",
        "value",
        "set-body",
    ]
    assert header.attrib == {"name": plain.replace("\n", " ").replace("\t", " ")}
    assert (value.text or "") == plain.strip(SPACE)
    assert (body.text or "").strip() == plain.strip()
    assert not any(
        is_expression(each or "") for each in (header.get("name"), value.text, body.text)
    )


@given(TEXTS)
def test_literal_takes_everything_and_means_nothing(text: str) -> None:
    try:
        value = literal(text)
        document = Document(inbound=[SetHeader(name="x", values=[value])])
    except InputError:
        pytest.fail(f"{text!r} is refused")
    written = write(document)
    assert evaluated(written, token="!") == evaluated(written, token="?")
    value = ET.fromstring(evaluated(written))[0][0][0].text or ""
    assert "{{" not in value
    if is_expression(value):
        assert value[:3] == '@("'
        assert value[-2:] == '")'
        assert (
            value[3:-2]
            .encode("ascii", "backslashreplace")
            .decode("unicode_escape")
            .encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
            == text
        )
    else:
        assert value == text.replace("\r\n", "\n").replace("\r", "\n").strip(SPACE)


@given(
    TEXTS
    | TEXTS.map(policies)
    | TEXTS.map(lambda text: policies(f'<a b="{text}">{text}</a>'))
    | TEXTS.map(lambda text: f'<http-data-source b="{text}">{text}</http-data-source>')
)
def test_any_text_is_read_or_refused(text: str) -> None:
    for terraform in (False, True):
        try:
            document = read(text, terraform=terraform, resolvers=True)
        except InputError:
            continue
        again = write(document)
        assert write(read(again, terraform=True, resolvers=True)) == again
        check(document)


@given(st.data())
def test_any_change_of_the_corpus_is_read_or_refused(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(CORPUS)).read_text()
    at = data.draw(st.integers(0, len(source)))
    gone = data.draw(st.integers(0, 20))
    changed = source[:at] + data.draw(TEXTS) + source[at + gone :]
    try:
        document = read(changed, resolvers=True)
    except InputError:
        return
    text = write(document, terraform=False)
    assert read(text, resolvers=True) == document
    check(document, scope="global", sku="Consumption_0")


@given(DOCUMENTS, st.booleans())
@settings(max_examples=30)
def test_a_second_plan_is_empty(document: Document, reformatted: bool) -> None:
    """Where it cannot be, `check` says so: a text that spells out an entity (rule SFP408)."""
    new = evaluated(write(document))
    if not suppressed(state_after_apply(new, reformatted=reformatted), new):
        values = [re.sub(r"[\n\r\t ]", "", value) for value in _values(document)]
        assert any(re.search("&(quot|gt|lt|amp);", value) for value in values)


def _values(document: Document) -> list[str]:
    found: list[str] = []
    stack: list[Any] = [node for section in document.sections().values() for node in section]
    while stack:
        node = stack.pop()
        if isinstance(node, Element):
            found += node.attributes.values()
            stack += node.children
        else:
            found.append(node.text if isinstance(node, Comment) else node)
    return found


HARD: dict[str, Callable[[int], str]] = {
    "tags": lambda n: "<policies>" + "<a>" * (n // 3),
    "closing tags": lambda n: policies("</a>" * (n // 4)),
    "flat elements": lambda n: policies("<a/>" * (n // 4)),
    "attributes": lambda n: policies("<a " + " ".join(f'b{i}=""' for i in range(n // 10)) + "/>"),
    "half attributes": lambda n: "<policies " + "a='" * (n // 3),
    "comments": lambda n: policies("<!---->" * (n // 7)),
    "open comments": lambda n: policies("<!--" * (n // 4)),
    "dashes": lambda n: policies(f"<!--{'-' * n}-->"),
    "CDATA": lambda n: policies("<a>" + "<![CDATA[]]>x" * (n // 13) + "</a>"),
    "open CDATA": lambda n: policies("<a>" + "<![CDATA[" * (n // 9)),
    "entities": lambda n: policies(f"<a b='{'&amp;' * (n // 5)}'>{'&lt;' * 9}</a>"),
    "ampersands": lambda n: policies(f"<a>{'&' * n}</a>"),
    "less": lambda n: policies(f"<a>{'< ' * (n // 2)}</a>"),
    "parentheses": lambda n: policies(f"<a b='@({'(' * n}'/>"),
    "balanced": lambda n: policies(f"<a b='@({'(' * (n // 2)}{')' * (n // 2)})'/>"),
    "quotes": lambda n: policies("<a>@(" + '"' * n + ")</a>"),
    "apostrophes": lambda n: policies("<a>@(" + "'" * n + ")</a>"),
    "backslashes": lambda n: policies('<a>@("' + "\\" * n + '")</a>'),
    "escaped apostrophes": lambda n: policies("<a>@(" + "'\\'" * (n // 3) + ")</a>"),
    "interpolations": lambda n: policies("<a>@(" + '$"{' * (n // 3) + ")</a>"),
    "verbatim": lambda n: policies('<a>@(@"' + '""' * (n // 2) + '")</a>'),
    "slashes": lambda n: policies("<a>@{" + "//\n" * (n // 3) + "}</a>"),
    "block comments": lambda n: policies("<a>@{" + "/*" * (n // 2) + "}</a>"),
    "expressions": lambda n: policies("<a>@(b)</a>" * (n // 11)),
    "late expressions": lambda n: policies("<a>b@(" + "@(" * (n // 2) + "</a>"),
    "spaces": lambda n: policies(f"<a{' ' * n}>{' ' * 9}</a>"),
    "space before an expression": lambda n: policies(f"<a>{' ' * n}@(b)</a>"),
    "newlines": lambda n: policies("\n" * n),
    "interpreted": lambda n: policies(f"<a b='{'${' * (n // 2)}'/>"),
    "references": lambda n: policies(f"<a b='{'${a}' * (n // 4)}'/>"),
    "signs": lambda n: policies(f"<a b='{'$' * n}{{'/>"),
    "tokens": lambda n: policies(f"<a b='{TOKEN * (n // len(TOKEN))}'/>"),
    "named values": lambda n: policies(f"<a b='{'{{a}}' * (n // 5)}'/>"),
    "headers": lambda n: policies(
        "<authentication-managed-identity resource='a'/><set-variable name='a' value='@("
        + "Headers" * (n // 7)
        + ")'/>"
    ),
    "a long name": lambda n: policies(f"<{'a' * n}/>"),
    "policies": lambda n: policies("<set-variable name='a' value='b'/>" * (n // 35)),
}


def steps(action: Callable[[], object]) -> int:
    """How many calls, of Python and of C, an action takes: the same on every machine."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def everything(source: str) -> None:
    """Read, check and write."""
    for terraform in (False, True):
        try:
            document = read(source, terraform=terraform)
        except InputError:
            continue
        check(document, sku="Developer_1")
        write(document)


@pytest.mark.parametrize("kind", HARD)
def test_work_grows_with_the_size_only(kind: str) -> None:
    small = steps(lambda: everything(HARD[kind](2_000)))
    assert steps(lambda: everything(HARD[kind](20_000))) <= 11 * small + 1_000


@pytest.mark.parametrize("kind", HARD)
def test_the_largest_document_is_no_matter(kind: str) -> None:
    """API Management takes 256 KB; where work grows faster than the size it would take minutes."""
    with suppress(InputError):
        write(read(HARD[kind](260_000)))
