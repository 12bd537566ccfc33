"""The reader takes what API Management takes, and says where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.policy import (
    Base,
    Comment,
    Document,
    Element,
    Expression,
    Fragment,
    IncludeFragment,
    Place,
    Resolver,
    Template,
    check,
    read,
    read_file,
    references,
    write,
)
from tests.policy.helpers import CORPUS, TOKEN, policies, scope_of


def one(inbound: str, **options: bool) -> Element:
    """The only policy of the inbound section."""
    document = read(policies(inbound), **options)
    assert isinstance(document, Document)
    (policy,) = document.inbound
    assert isinstance(policy, Element)
    return policy


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_the_corpus_is_read_checked_and_rewritten(file: Path) -> None:
    document = read_file(file, resolvers=True)
    findings = check(document, scope=scope_of(file))
    assert [finding for finding in findings if finding.severity == "error"] == []
    text = write(document, terraform=False)
    assert read(text, resolvers=True) == document
    assert write(read(text, resolvers=True), terraform=False) == text
    assert read(write(document), terraform=True, resolvers=True) == document


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(CORPUS) >= 60


def test_sections_that_are_left_out_are_known() -> None:
    document = read("<policies><inbound><base/></inbound></policies>", "a.xml")
    assert isinstance(document, Document)
    assert document.inbound == [Base()]
    assert document.backend == []
    assert document.absent == {"backend", "outbound", "on-error"}
    assert (
        write(document)
        == "<policies>\n    <inbound>\n        <base />\n    </inbound>\n</policies>\n"
    )


def test_a_fragment_is_read() -> None:
    fragment = read("<fragment><base/>\n<!-- a --></fragment>")
    assert fragment == Fragment([Base(), Comment("a")])


SOURCE = "<!-- a --><sql-data-source><response /></sql-data-source><!-- b -->"


def test_a_resolver_is_read_if_asked_for() -> None:
    resolver = read(SOURCE, resolvers=True)
    source = Element("sql-data-source", {}, [Element("response")])
    comments = {"": [Comment("a")], "after": [Comment("b")]}
    assert resolver == Resolver(source, comments)
    assert write(resolver) == (
        "<!-- a -->\n<sql-data-source>\n    <response />\n</sql-data-source>\n<!-- b -->\n"
    )
    assert references(
        Resolver(Element("http-data-source", {}, [IncludeFragment(fragment_id="a")]))
    ).fragments == ("a",)


def test_a_resolver_has_no_place_in_an_api() -> None:
    with pytest.raises(InputError) as raised:
        read(f"\n{SOURCE}", "a.xml")
    assert raised.value.where == "a.xml:2:11"
    assert raised.value.problem == (
        "<sql-data-source> is the policy of a GraphQL resolver, which cannot stand here"
    )
    fragment = read("<fragment>\n<sql-data-source /></fragment>", "a.xml")
    (finding, *_) = check(fragment)
    assert (finding.rule, finding.line, finding.message) == (
        "SFP102",
        2,
        "<sql-data-source> belongs to a GraphQL resolver, not to a fragment",
    )
    assert check(read("<fragment>${content}</fragment>", "a.xml"))[0].line == 1


def test_events_are_published_from_fragments_too() -> None:
    event = "<publish-event><targets><graphql-subscription id='a' /></targets></publish-event>"
    assert check(read(f"<fragment>{event}</fragment>")) == []


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('<a b="@(c("d"))" />', '@(c("d"))'),
        ("<a b='@(c('d', \"e\"))' />", "@(c('d', \"e\"))"),
        ('<a b=" @(c) " />', "@(c)"),
        ('<a b="@(c &amp;&amp; d && e &lt; f < g)" />', "@(c && d && e < f < g)"),
        ('<a b="@(c == &quot;)&quot;)" />', '@(c == ")")'),
        ('<a b="@(c == &#34;)&#x22;)" />', '@(c == ")")'),
        ('<a b="@{ return "<x a=\'1\'>"; }" />', "@{ return \"<x a='1'>\"; }"),
        ('<a b="x@(y)" />', "x@(y)"),
        ('<a b="c &amp; d & e &copy; &#0;" />', "c & d & e &copy; &#0;"),
        ("<a b='\"'/>", '"'),
        ('<a b = "c"/>', "c"),
        ('<a b="${c} %{d} $${e}" />', "${c} %{d} $${e}"),
    ],
)
def test_attribute_values(source: str, value: str) -> None:
    read_value = one(source).attributes["b"]
    assert read_value == value
    assert isinstance(read_value, Expression) == value.startswith("@")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<a>  b  </a>", "b"),
        ("<set-body> {} \n </set-body>", " {} \n "),
        ('<a>\n @{ return "</a>"; }\n</a>', '@{ return "</a>"; }'),
        ("<a><![CDATA[@(b < c)]]></a>", "@(b < c)"),
        ("<a>b < c && d</a>", "b < c && d"),
        ("<a>b&lt;<![CDATA[&lt;]]>c</a>", "b<&lt;c"),
        ("<a></a>", ""),
        ('<a><!-- b --> @("<c>") </a>', '@("<c>")'),
    ],
)
def test_text(source: str, text: str) -> None:
    assert one(source).text == text


def test_elements_in_a_body_are_data_with_their_space() -> None:
    body = one("<set-body>\n<x>  <y/> z </x>\n</set-body>")
    assert body.children[-1] == Element("x", {}, ["  ", Element("y"), " z "], verbatim=True)


def test_comments_stay_where_they_were() -> None:
    source = """<!-- top -->
<policies>
    <!-- before inbound -->
    <inbound>
        <base />
        <!-- in inbound -->
    </inbound>
    <backend />
    <outbound />
    <on-error />
    <!-- at the end -->
</policies>
<!-- after -->
"""
    assert write(read(source), terraform=False) == source


def test_places_are_those_of_elements_and_attributes() -> None:
    document = read("<policies>\n <inbound>\n  <a\n   b='1'/>\r\n  <c/></inbound></policies>")
    assert isinstance(document, Document)
    a, c = document.inbound
    assert isinstance(a, Element)
    assert isinstance(c, Element)
    assert a.place == Place(3, 3, {"b": (4, 4)})
    assert c.place == Place(5, 3, {})


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ("", "1:1", "not a policy document"),
        ("<inbound/>", "1:1", "not a policy document"),
        ("{}", "1:1", "not a policy document"),
        ("<policies/>\n<policies/>", "2:1", "after the end of the document"),
        ("<policies>\n <in/>\n</policies>", "2:2", "no section <in>"),
        ("<policies>\n<inbound/><inbound/></policies>", "2:11", "second <inbound>"),
        ("<policies>text</policies>", "1:1", "text stands between"),
        ('<policies a="b"/>', "1:1", "takes no attributes"),
        (
            "<policies>\n<inbound>\n<a></inbound></policies>",
            "3:4",
            "</inbound> closes <a> of line 3",
        ),
        ("<policies>\n <inbound>\n", "2:2", "<inbound> is not closed"),
        ("<policies><inbound><a b></inbound>", "1:24", "`=` is missing after `b`"),
        ("<policies><inbound><a b=c></inbound>", "1:25", "has no quotes"),
        ('<policies><inbound><a b="c></inbound>', "1:25", "value of `b` is not closed"),
        ('<policies><inbound><a b="1" b="2"/>', "1:29", "two attributes `b`"),
        ('<policies><inbound><a b="1"c="2"/>', "1:28", "no space before an attribute"),
        ("<policies><inbound><a", "1:20", "`>` is missing"),
        ('<policies><inbound><a b="\n@(c" />', "2:4", "string is not closed"),
        ('<policies><inbound><a b="@(c) d" />', "1:31", "after the end of the expression"),
        ("<policies><inbound><a>\n  @(b) c</a>", "2:8", "after the end of the expression"),
        ('<policies><inbound><a b="&amp;"/><c>\n@("&amp;b</c>', "2:3", "string is not closed"),
        ("<!-- a", "1:1", "`-->` is missing"),
        ("<policies><![CDATA[", "1:11", "`]]>` is missing"),
        ("<policies><!DOCTYPE a></policies>", "1:11", "document type"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><policies/>', "1:1", "not a policy document"),
        ("<policies><inbound><a>\x01</a>", "1:20", "U+0001"),
        ("<policies>" + "<a>" * 200, "1:308", "nested too deeply"),
        ("<policies></a></policies>", "1:11", "closes <policies>"),
        ("<policies><inbound></ >", "1:22", "name of a closing tag is missing"),
    ],
)
def test_errors_tell_line_and_column(source: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read(source, "a.xml")
    assert raised.value.where == f"a.xml:{place}"
    assert message in raised.value.problem


def test_a_file_is_not_terraform(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_text(policies('<set-variable name="a" value="${b}" />'))
    assert 'value="$${b}"' in write(read_file(file))
    file.write_text(policies(f'<set-variable name="a" value="{TOKEN}" />'))
    with pytest.raises(InputError, match=r"a\.xml:2: .*CDK for Terraform"):
        read_file(file)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.xml"
    if content:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.xml: the file (cannot be read|is not text)"):
        read_file(file)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(b"\xef\xbb\xbf" + policies("<base/>").encode())
    assert isinstance(read_file(file), Document)


class TestTerraform:
    """Strings of Terraform JSON."""

    def test_references_make_templates(self) -> None:
        policy = one('<a b="${x.y["z>"]}" c="$${d}" e="f"/>', terraform=True)
        assert policy.attributes == {"b": '${x.y["z>"]}', "c": "${d}", "e": "f"}
        assert isinstance(policy.attributes["b"], Template)
        assert not isinstance(policy.attributes["c"], Template)

    def test_references_may_stand_for_policies(self) -> None:
        assert one('<choose>${join("", [for x in y : "<a ${x} />"])}</choose>', terraform=True)

    def test_literals_next_to_references_stay_literals(self) -> None:
        policy = one('<a b="$${x}${y}" />', terraform=True)
        assert policy.attributes["b"] == "$${x}${y}"
        document = Document(inbound=[policy])
        assert 'b="$${x}${y}"' in write(document)
        assert read(write(document), terraform=True) == document

    def test_expressions_may_hold_references(self) -> None:
        policy = one('<a b="@(c == "${d["e"]}")" />', terraform=True)
        assert policy.attributes["b"] == '@(c == "${d["e"]}")'

    def test_an_unfinished_reference_is_text(self) -> None:
        assert one('<a b="${c" />', terraform=True).attributes["b"] == "${c"
