"""The end of an expression is where C# ends it."""

from __future__ import annotations

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.policy import Expression, quoted
from constructs_lib.policy.expressions import UnbalancedError, expression_end

WHOLE = [
    "@(1)",
    "@{ return 1; }",
    '@("a)b")',
    r'@("a\")b")',
    r'@(@"a\")',
    '@(@"a"")b")',
    """@('"' + ')' + '\\'' + '\\u0029')""",
    "@{ // it's ) } \" \n return 1; }",
    "@{ /* ) } \" ' */ return 1; }",
    '@($"{a}")',
    '@($"{a["k)"]}")',
    '@($"{{literal)}} {a}")',
    '@($"{(a ? $"{b})" : ")")}")',
    '@($@"a\\ {b["c"]} ""}}{{ )")',
    '@(@$"c:\\ {b}")',
    '@($"{a:0.00}:{b,5}")',
    "@(a.Select<B, C<D>>(x => { return x < 1 || x > 2; }))",
    "@(new[] { ((1)), a[b[0]] })",
    "@(a + \n  b)",
]


@pytest.mark.parametrize("source", WHOLE)
def test_the_whole_of_an_expression_is_followed(source: str) -> None:
    assert expression_end(source + ')"}] /* */ "') == len(source)
    assert Expression(source) == source


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("@(a", "`)` is missing"),
        ("@{ if (a) { return 1; }", "`}` is missing"),
        ("@(a]", "`)` is missing before this `]`"),
        ('@("a)', "the string is not closed"),
        ('@("a\n")', "the string is not closed"),
        ('@(@"a)', "the string is not closed"),
        ('@($"{a)', "`}` is missing"),
        ('@($"a)', "interpolated string is not closed"),
        ('@($"a } b")', "interpolated string is not closed"),
        ("@(/* a)", "comment is not closed"),
    ],
)
def test_what_is_open_is_named(source: str, message: str) -> None:
    with pytest.raises(UnbalancedError) as raised:
        expression_end(source)
    assert message in raised.value.problem
    with pytest.raises(InputError, match=r"closed|missing"):
        Expression(source)


@pytest.mark.parametrize("source", ["a", "@", "context.User", "@(a)b", "@(a) + @(b)", "text @(a)"])
def test_an_expression_is_one_expression_and_nothing_else(source: str) -> None:
    with pytest.raises(InputError, match="expression"):
        Expression(source)


def test_text_can_be_quoted_into_an_expression() -> None:
    assert quoted('a"b\\c') == r'"a\u0022b\u005cc"'
    assert Expression(f"@(context.User.Id == {quoted('){')})")
