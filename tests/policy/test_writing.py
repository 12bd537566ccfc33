"""What is written is canonical XML that Terraform and azurerm leave alone."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.policy import (
    AuthenticationManagedIdentity,
    Base,
    Choose,
    Comment,
    Document,
    Element,
    Expression,
    Fragment,
    Otherwise,
    SetBackendService,
    SetBody,
    SetHeader,
    SetQueryParameter,
    Template,
    When,
    literal,
    read,
    read_file,
    write,
)
from tests.policy.helpers import CORPUS, TOKEN, evaluated, state_after_apply, suppressed


def test_the_chain_of_the_library() -> None:
    document = Document(
        inbound=[
            Base(),
            SetBackendService(backend_id="functions"),
            AuthenticationManagedIdentity(resource=TOKEN, client_id=TOKEN, ignore_error=False),
            SetHeader(name="Ocp-Apim-Subscription-Key", exists_action="delete"),
            SetQueryParameter(name="subscription-key", exists_action="delete"),
            Choose(
                When(SetBody("a < b"), condition=Expression('@(context.User.Id == "x" && true)')),
                Otherwise(Comment("nothing")),
            ),
        ]
    )
    assert (
        write(document)
        == """\
<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="functions" />
        <authentication-managed-identity resource="${TfToken[TOKEN.7]}" \
client-id="${TfToken[TOKEN.7]}" ignore-error="false" />
        <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
        <set-query-parameter name="subscription-key" exists-action="delete" />
        <choose>
            <when condition="@(context.User.Id == &quot;x&quot; &amp;&amp; true)">
                <set-body>a &lt; b</set-body>
            </when>
            <otherwise>
                <!-- nothing -->
            </otherwise>
        </choose>
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"""
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a ${b} c", "a $${b} c"),
        ("a $${b} c", 'a ${"$"}$${b} c'),
        ("%{if}", "%%{if}"),
        ("$%{", '${"$"}%%{'),
        ("$ {b} $b {$}", "$ {b} $b {$}"),
        (f"a{TOKEN}b", f"a{TOKEN}b"),
        (f"${TOKEN}", f'${{"$"}}{TOKEN}'),
        ("${TfToken[TOKEN.1]x}", "$${TfToken[TOKEN.1]x}"),
        (Template('a ${b["c"]} $${d} <'), 'a ${b["c"]} $${d} &lt;'),
    ],
)
def test_only_references_are_interpolated(value: str, written: str) -> None:
    """The real terraform evaluated 2,864 such strings to the same as `evaluated`."""
    text = write(Fragment([SetHeader(name="x", values=[value])]))
    assert f"<value>{written}</value>" in text


@pytest.mark.parametrize(
    "text", ["a -- b", "-->", "-", "--->", "${x}", TOKEN, "%{x}", "&#34; &quot;", "", " a\nb "]
)
def test_a_comment_cannot_end_or_interpolate(text: str) -> None:
    document = Document(inbound=[Comment(text), Base()])
    written = write(document)
    assert evaluated(written) == written
    assert [child.tag for child in ET.fromstring(written)[0]] == ["base"]
    assert read(written) == document


@pytest.mark.parametrize("text", ["@(a)", " @{ return 1; }", "\n@(", "\u00a0@("])
def test_text_does_not_become_code(text: str) -> None:
    with pytest.raises(InputError, match="would run as an expression"):
        SetHeader(name="x", values=text)
    with pytest.raises(InputError, match="would run as an expression"):
        Element("set-header", {"name": text})
    late = SetHeader(name="x")
    late.attributes["name"] = text
    with pytest.raises(InputError, match=r"<set-header name=…>.*would run as an expression"):
        write(Document(inbound=[late]))


def test_text_in_pieces_does_not_become_code() -> None:
    with pytest.raises(InputError, match="would run as an expression"):
        Element("value", {}, ["@", "(context.User.Id)"])


@pytest.mark.parametrize("name", ["", "a b", "a>", 'a="1"', "1a", "a\n", "<a", "é"])
def test_names_cannot_carry_anything(name: str) -> None:
    with pytest.raises(InputError, match="is not a name"):
        Element(name)
    with pytest.raises(InputError, match="is not a name"):
        Element("a", {name: "b"})
    late = Element("a")
    late.name = name
    with pytest.raises(InputError, match="is not a name"):
        write(Fragment([late]))


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1b", "\ud800", "\ufffe"])
def test_characters_that_xml_lacks_are_refused(character: str) -> None:
    with pytest.raises(InputError, match=r"U\+[0-9A-F]{4} cannot stand in a policy"):
        SetHeader(name="x", values=character)
    assert literal(f"a{character}").startswith("@(")


def test_data_of_others_arrives_unchanged() -> None:
    assert literal("plain & simple") == "plain & simple"
    assert literal("{{secret}}") == r'@("\u007b\u007bsecret\u007d\u007d")'
    assert literal(TOKEN) == r'@("\u0024\u007bTfToken[TOKEN.7]\u007d")'
    assert literal('@("x")') == r'@("\u0040(\u0022x\u0022)")'


def test_line_ends_are_those_of_xml() -> None:
    assert SetBody("a\r\nb\rc").text == "a\nb\nc"


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
@pytest.mark.parametrize("reformatted", [False, True])
def test_a_second_plan_of_the_corpus_is_empty(file: Path, reformatted: bool) -> None:
    new = evaluated(write(read_file(file, resolvers=True)))
    assert suppressed(state_after_apply(new, reformatted=reformatted), new)


def test_the_suppression_sees_real_changes() -> None:
    new = write(Document())
    changed = new.replace("<base />", "<base /><trace />", 1)
    assert not suppressed(changed, new)
    assert not suppressed(new.replace("inbound", "outbound"), new)


def test_writing_needs_no_provider_and_reads_nothing() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from constructs_lib.policy import Document, write; write(Document());"
        "print([m for m in sys.modules if m.startswith(('cdktf', 'jsii', 'pydantic', 'yaml'))])"
    )
    root = Path(__file__).parents[2]
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr
