"""Strings mean what the language says, comments and look-alikes mean nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.operations.sources.constants import NotConstant, Reader, text_of
from constructs_lib.operations.sources.source_text import (
    CSHARP,
    JAVA,
    JAVASCRIPT,
    Language,
    Source,
    SourceError,
)

CONSTANTS = {"name": '"X"', "Routes.a": '"y"'}


def evaluate(text: str, language: Language) -> str:
    def read(source: str):
        tokens = Source("test", source, language).tokens
        node, end = Reader(tokens, language).expression(0)
        assert tokens[end].kind == "end"
        return node

    return text_of(read(text), lambda name: read(CONSTANTS[name]) if name in CONSTANTS else None)


@given(st.text())
def test_json_strings_in_every_language(text: str) -> None:
    literal = json.dumps(text).replace("\\/", "/")
    if "\\ud" in literal:  # JSON writes other planes as two halves
        literal = json.dumps(text, ensure_ascii=False)
    for language in (JAVASCRIPT, CSHARP, JAVA):
        assert evaluate(literal, language) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_verbatim_and_template_strings(text: str) -> None:
    doubled = text.replace('"', '""')
    assert evaluate(f'@"{doubled}"', CSHARP) == text
    escaped = text.replace("\\", "\\\\").replace("`", "\\`").replace("$", "\\$")
    assert evaluate(f"`{escaped}`", JAVASCRIPT) == text


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        (JAVASCRIPT, "'it''s'", None),
        (JAVASCRIPT, r"'it\'s \x41\u{42}\u0043'", "it's ABC"),
        (JAVASCRIPT, "`a${name}b${Routes.a + '-'}`", "aXby-"),
        (JAVASCRIPT, "`a${`b${name}`}`", "abX"),
        (JAVASCRIPT, "`a${other}`", None),
        (JAVASCRIPT, "'a' + /* no */ 'b' // no", "ab"),
        (JAVASCRIPT, "('a' + \"b\") as const", "ab"),
        (JAVASCRIPT, "flag ? 'a' : 'b'", None),
        (JAVASCRIPT, "f('a')", None),
        (CSHARP, '$"{{{name}}}/{Routes.a}"', "{X}/y"),
        (CSHARP, '$@"\\{name}"', "\\X"),
        (CSHARP, '"""a"b"""', 'a"b'),
        (CSHARP, '"""\n    one\n      two\n    """', "one\n  two"),
        (CSHARP, '$$"""{a}{{name}}"""', "{a}X"),
        (CSHARP, "nameof(Contoso.Shop)", "Shop"),
        (CSHARP, "@class", None),
        (JAVA, '"""\n  one\n  two"""', "one\ntwo"),
        (JAVA, "Routes.a + '/' + name", "y/X"),
    ],
)
def test_what_expressions_mean(language: Language, text: str, value: str | None) -> None:
    if value is None:
        with pytest.raises((NotConstant, AssertionError)):
            evaluate(text, language)
    else:
        assert evaluate(text, language) == value


@pytest.mark.parametrize(
    ("language", "text", "problem", "place"),
    [
        (JAVASCRIPT, "a\n 'b", "this string has no end", (2, 2)),
        (JAVASCRIPT, "`a${b", "this interpolated expression has no end", (1, 5)),
        (JAVA, "a /* b", "this comment has no end", (1, 3)),
        (CSHARP, '\n\n"""a"', "this string has no end", (3, 1)),
    ],
)
def test_text_that_ends_too_early(
    language: Language, text: str, problem: str, place: tuple[int, int]
) -> None:
    source = Source("test", text, language)
    with pytest.raises(SourceError) as error:
        _ = source.tokens
    assert error.value.problem == problem
    assert source.place(error.value.offset) == place


@given(st.text(st.sampled_from("ab1 \n'\"`/*\\${}()[].,;:=+#@!"), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for language in (JAVASCRIPT, CSHARP, JAVA):
        source = Source("test", text, language)
        try:
            tokens = source.tokens
        except SourceError:
            continue
        _, end = Reader(tokens, language).expression(0)
        assert 0 <= end < len(tokens)
