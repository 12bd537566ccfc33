"""Formatting changes the layout of a file and nothing that anybody reads in it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib.policy import read, write
from constructs_lib.policy.formatting import formatted
from tests.policy.helpers import CORPUS, policies, unbound
from tests.policy.test_properties import TEXTS


def parsed(source: str) -> object:
    """What an XML parser finds, without the layout between elements; None if it is no XML."""

    def found(element: ET.Element) -> object:
        texts = [element.text or "", *((child.tail or "") for child in element)]
        return (
            element.tag,
            dict(element.attrib),
            [text.strip() for text in texts],
            [found(child) for child in element],
        )

    try:
        return found(ET.fromstring(unbound(source)))
    except ET.ParseError:
        return None


def same(before: str) -> str:
    """The text after formatting, in which everybody finds the same as before."""
    after = formatted(before, "a.xml")
    assert formatted(after, "a.xml") == after
    for terraform in (False, True):
        try:
            document = read(before, terraform=terraform, resolvers=True)
        except InputError:
            continue  # a template is no document without Terraform, and the other way round
        again = read(after, terraform=terraform, resolvers=True)
        if terraform:  # the space between two directives is layout
            assert "".join(write(again).split()) == "".join(write(document).split())
        else:
            assert again == document
    if parsed(before) is not None:
        assert parsed(after) == parsed(before)
    return after


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_everybody_reads_the_corpus_as_before(file: Path) -> None:
    same(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("reference", ["&#xA;", "&#10;", "&#x0a;", "&#xD;&#xA;", "&#13;"])
def test_line_breaks_of_attributes_survive(reference: str) -> None:
    """Azure itself exports them so; as plain line breaks an XML parser would read spaces."""
    value = f"@{{ // one line{reference} return 1;{reference}}}"
    after = same(policies(f'<base /><set-variable name="a" value="{value}" />'))
    assert f'value="{value}"' in after


@pytest.mark.parametrize("reference", ["&#9;", "&#x9;", "&#xD;"])
def test_white_space_of_attributes_survives(reference: str) -> None:
    after = same(policies(f'<base /><set-variable name="a" value="b{reference}c" />'))
    assert f'value="b{reference}c"' in after


def test_plain_line_breaks_of_attributes_stay_plain() -> None:
    after = same(policies('<base /><set-variable name="a" value="@{\n  return 1;&#xA;\n}" />'))
    assert 'value="@{\n  return 1;&#xA;\n}"' in after


def test_numbers_in_data_are_data() -> None:
    source = policies("<base /><set-body><![CDATA[a&#xA;b]]>&#xA;&#36;{c}</set-body>")
    assert "<![CDATA[a&#xA;b]]>&#xA;&#36;{c}" in same(source)


def test_a_space_before_an_expression_is_no_text() -> None:
    after = same(policies('<base /><set-variable name="a" value="&#xA;@("x")" />'))
    assert 'value="@(&quot;x&quot;)"' in after


SEQUENCES = [
    "${a}",
    "${a && b}",
    '${a["b"]}',
    "${a > 1 ? \"<x/>\" : '&'}",
    "$${a}",
    "%%{a}",
    '${join(",", [for x in a : "${x}&"])}',
    "%{ if a && b > 1 ~}x%{ else }y%{~ endif }",
    "%{ for a in b }${a}, %{ endfor }",
    "${\n  a\n}",
    "${ /* it's a \"} */ a }",
    '${ a # "}\n}',
    "${ a // {\n}",
]


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize(
    "place",
    [
        "<set-variable name='a' value='{}' />",
        '<set-variable name="a" value="b {} c" />',
        '<set-variable name="a" value="@(b == &quot;{}&quot; &amp;&amp; c)" />',
        "<set-header name='a'><value>{}</value></set-header>",
        "<set-header name='a'><value>b {} c & d</value></set-header>",
        "<set-body>{{ {} }}\n  </set-body>",
        "<set-body><![CDATA[<b>{}</b>]]></set-body>",
        "<!-- {} -->",
        "{}",
        "<choose>\n{}<when condition='@(true)'><base />{}</when>\n\n{}</choose>",
    ],
)
def test_what_terraform_interprets_stays_as_it_is(place: str, sequence: str) -> None:
    before = policies("<base />" + place.replace("{}", sequence))
    after = same(before)
    assert after.count(sequence) == before.count(sequence)


def test_directives_between_elements_stand_on_lines_of_their_own() -> None:
    source = policies(
        "<base />%{ if a ~}<ip-filter action='allow'>\n\n%{ for b in c ~}\n"
        "<address>${b}</address>\n%{ endfor ~}\n</ip-filter>\n   %{ endif ~}\n"
        "%{ if d ~}<cors />%{ endif ~}"
    )
    after = formatted(source)
    assert formatted(after) == after
    assert (
        """
        %{ if a ~}
        <ip-filter action="allow">
            %{ for b in c ~}
            <address>${b}</address>
            %{ endfor ~}
        </ip-filter>
        %{ endif ~}
        %{ if d ~}
        <cors />
        %{ endif ~}
"""
        in after
    )


def test_a_value_with_quotes_of_terraform_is_xml_as_before() -> None:
    after = same(policies("""<base /><set-backend-service base-url='${a["b"]}/it&apos;s' />"""))
    assert """base-url='${a["b"]}/it&apos;s'""" in after


@pytest.mark.parametrize(
    "source",
    [
        "<base /><set-header %{ if a }name='b'%{ endif } />",
        "<base /><set-header ${a} />",
        "<base />%{ if a }<choose>%{ else }<wait>%{ endif }</choose>",
    ],
)
def test_what_cannot_stay_is_refused(source: str) -> None:
    with pytest.raises(InputError) as raised:
        formatted(policies(source), "a.xml")
    if "<set-header" in source:
        assert "stands where the name of an attribute of <set-header> belongs" in str(raised.value)
    assert (raised.value.where or "").startswith("a.xml:2:")


@pytest.mark.parametrize("markup", ["<!-- b -->", "<b></b>", "<?b?>", "<![CDATA[b]]>"])
def test_an_expression_that_is_markup_to_xml_is_refused(markup: str) -> None:
    """API Management runs it as C#, and an XML parser takes it apart: there is no one document."""
    source = policies(f"<set-header name='a'><value>@(a + {markup} 'c')</value></set-header>")
    with pytest.raises(InputError, match="what an XML parser reads in it would change"):
        formatted(source, "a.xml")
    same(policies(f"<set-header name='a'><value>@(a + \"{markup} < & \")</value></set-header>"))


def test_a_directive_between_sections_is_named() -> None:
    source = "<policies>%{ if a ~}<inbound />%{ endif }</policies>"
    with pytest.raises(InputError, match=r"Terraform's `%\{ if a ~\}` stands between the sections"):
        formatted(source, "a.xml")


def test_a_dollar_of_the_files_own_is_no_template() -> None:
    """Read as Terraform's, the expression would have no end."""
    after = same(policies("""<base /><set-variable name="a" value='@("${" + b + ")")' />"""))
    assert "@(&quot;${&quot; + b + &quot;)&quot;)" in after


def test_sections_stay_in_their_order() -> None:
    outbound, inbound = "<outbound><base /></outbound>", "<inbound><base /></inbound>"
    source = f"<policies>{{}}<!-- a -->{outbound}{{}}{inbound}</policies>"
    after = same(source.format("<on-error />", "<!-- b -->"))
    tags = re.findall(r"<(?:!-- \w|on-error|inbound|outbound|backend)", after)
    assert tags == ["<on-error", "<!-- a", "<outbound", "<!-- b", "<inbound"]


def test_processing_instructions_stay_where_they_are() -> None:
    source = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<?a  b="<c>" ?><!-- d -->'
        + policies("<base /><?e?><set-body>f<?g h?>i</set-body>").replace(
            "<backend>", "<?j ${k}?><backend>"
        )
        + "<?l?>"
    )
    after = same(source)
    assert after.startswith('<?xml version="1.0" encoding="utf-8"?>\n<?a  b="<c>" ?>\n<!-- d -->')
    assert re.findall(r"<\?(\w+).*?\?>", after) == ["xml", "a", "e", "g", "j", "l"]
    assert "<set-body>f<?g h?>i</set-body>" in after
    # Whoever reads the document gets what API Management runs.
    assert "<?" not in write(read(source))


@pytest.mark.parametrize(
    "space", ["\u00a0", "&#160;", "&#xA0;", "&#32;", "&#x20;", "\u2028", "\u3000"]
)
def test_only_the_white_space_of_xml_is_layout(space: str) -> None:
    for text in (space, f"{space}a{space}", f"a{space}"):
        source = policies(f"<set-header name='a'><value>\n {text}\t</value></set-header>")
        after = same(source)
        assert ET.fromstring(after)[0][0][0].text == (ET.fromstring(f"<a>{text}</a>").text), after


@pytest.mark.parametrize("text", [" a ", "a ", "\ta  b", " ${a} ", " &lt;a "])
def test_spaces_around_a_text_in_one_line_stay(text: str) -> None:
    assert f"<value>{text}</value>" in same(
        policies(f"<set-header name='a'><value>{text}</value></set-header>")
    )


def test_the_layout_of_a_text_on_lines_of_its_own_is_none_of_its() -> None:
    same("<policies><inbound> a </inbound></policies>")
    same("<fragment>\ta </fragment>")
    for text in ("\n  a\n", "\r\n\ta ", " @(a) ", " "):
        after = same(policies(f"<set-header name='a'><value>{text}</value></set-header>"))
        assert f"<value>{text.strip()}</value>".replace("></value>", " />") in after


def test_comments_stay_word_by_word() -> None:
    source = policies("<base /><!-- ${a} &nbsp; %{ b }\n      c &#xA; d -->")
    assert "<!-- ${a} &nbsp; %{ b }\n      c &#xA; d -->" in same(source)


@given(TEXTS, TEXTS, TEXTS)
def test_any_file_is_formatted_or_refused(comment: str, value: str, text: str) -> None:
    before = policies(f'<base /><a b="{value}">{text}</a><!--{comment}-->')
    try:
        formatted(before)
    except InputError:
        return
    after = same(before)
    assert re.findall(r"[$%]+\{", after) == re.findall(r"[$%]+\{", before)


@given(st.data())
def test_any_change_of_the_corpus_is_formatted_or_refused(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(CORPUS)).read_text()
    at = data.draw(st.integers(0, len(source)))
    changed = source[:at] + data.draw(TEXTS) + source[at + data.draw(st.integers(0, 20)) :]
    try:
        formatted(changed)
    except InputError:
        return
    same(changed)
