"""Every evaluation ends, and numbers are those of .NET for all of them."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib.simulation.csharp import Budget, BudgetExceeded
from tests.simulation.csharp.samples import evaluate

ENDLESS = (
    "@{ while (true) { } }",
    '@{ var s = "x"; while (true) { s += s; } }',
    "@{ int f(int n) { return f(n + 1); } return f(0); }",
    "@(new string('a', 2000000000))",
    "@(new byte[2000000000])",
    "@(Enumerable.Range(0, 2147483647).ToList().Count)",
    "@(Enumerable.Range(0, 2147483647).Sum(x => 1))",
    '@("a".PadLeft(2000000000).Length)',
    '@(Regex.IsMatch(new string(\'a\', 40) + "b", "^(a+)+$" + "(?=c)|^(a|aa)+$"))',
)


@pytest.mark.parametrize("text", ENDLESS[:-1])
def test_what_does_not_end_is_stopped(text):
    with pytest.raises(BudgetExceeded):
        evaluate(text, Budget(steps=20_000, seconds=1, memory=1_000_000))


def test_a_pattern_that_takes_for_ever_ends():
    with suppress(BudgetExceeded):
        evaluate(ENDLESS[-1], Budget(seconds=0.2))


INTS = st.integers(-(2**31), 2**31 - 1)


def wrapped(value):
    return (value + 2**31) % 2**32 - 2**31


@settings(max_examples=60, deadline=None)
@given(INTS, INTS)
def test_arithmetic_of_int_wraps(a, b):
    for sign, value in (("+", a + b), ("-", a - b), ("*", a * b)):
        text = f'@((int)context.Variables["a"] {sign} (int)context.Variables["b"])'
        assert evaluate(text, a=a, b=b) == wrapped(value)


@settings(max_examples=60, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_comes_back_from_its_text(number):
    text = '@(double.Parse(((double)context.Variables["d"]).ToString("R")))'
    assert evaluate(text, d=number) == number


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])))
def test_a_text_comes_back_from_json_and_base64(text):
    json = '@((string)JObject.Parse(new JObject(new JProperty("a", "x" + '
    json += '(string)context.Variables["t"])).ToString())["a"])'
    assert evaluate(json, t=text) == "x" + text
    base64 = "@(Encoding.UTF8.GetString(Convert.FromBase64String(Convert.ToBase64String("
    base64 += 'Encoding.UTF8.GetBytes((string)context.Variables["t"])))))'
    assert evaluate(base64, t=text) == text
