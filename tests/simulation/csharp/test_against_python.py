"""Arithmetic, texts and dates agree with what Python computes by other means, for all of them."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.csharp.samples import evaluate, text_of

INTS = st.integers(-(2**31), 2**31 - 1)
DATES = st.datetimes(datetime.datetime(1800, 1, 1), datetime.datetime(2200, 1, 1))
MANY = settings(max_examples=60, deadline=None)


@MANY
@given(INTS, INTS.filter(lambda n: n not in (0, -1)))
def test_division_of_int_drops_the_fraction_and_the_remainder_has_the_sign_of_the_dividend(a, b):
    quotient = int(Decimal(a) / Decimal(b))
    for sign, value in (("/", quotient), ("%", a - b * quotient)):
        text = f'@((int)context.Variables["a"] {sign} (int)context.Variables["b"])'
        assert evaluate(text, a=a, b=b) == value


@MANY
@given(st.floats(-1e30, 1e30, allow_nan=False).filter(lambda n: n == 0 or abs(n) > 1e-30))
def test_a_double_has_15_digits_and_an_exponent_only_below_minus_4_or_above_14(number):
    digits = Decimal(f"{number:.14e}")
    if not digits:
        expected = "0"
    elif -5 < digits.adjusted() < 15:
        expected = re.sub(r"\.?0+$", "", f"{digits:.20f}")
    else:
        mantissa = re.sub(r"\.?0+$", "", f"{digits.scaleb(-digits.adjusted()):.14f}")
        expected = f"{mantissa}E{digits.adjusted():+03d}"
    assert text_of('@(((double)context.Variables["d"]).ToString())', d=number) == expected


@MANY
@given(INTS, st.integers(-12, 12))
def test_alignment_and_groups_are_those_of_python(number, width):
    expected = f"{number:{'<' if width < 0 else '>'}{abs(width)}}|{number:,}|{number:.2f}"
    variable = '(int)context.Variables["n"]'
    assert text_of(
        f'@($"{{{variable},{width}}}|{{{variable}:N0}}|{{{variable}:F2}}")', n=number
    ) == (expected)
    format_ = f'@(string.Format("{{0,{width}}}|{{0:N0}}|{{0:F2}}", {variable}))'
    assert text_of(format_, n=number) == expected


@MANY
@given(DATES, st.integers(-1000, 1000), st.integers(-90_000, 90_000))
def test_dates_move_as_those_of_python(date, days, seconds):
    date = date.replace(microsecond=date.microsecond // 1000 * 1000)
    moved = date + datetime.timedelta(days=days, seconds=seconds)
    ticks = (date - datetime.datetime(1, 1, 1)) // datetime.timedelta(microseconds=1) * 10
    start = f"new DateTime({ticks}L)"
    text = (
        f'@({start}.AddDays({days}).AddSeconds({seconds}).ToString("yyyy-MM-ddTHH:mm:ss.ffffff"))'
    )
    assert text_of(text) == moved.isoformat(timespec="microseconds")
    span = (moved - date) / datetime.timedelta(seconds=1)
    text = f"@(({start}.AddDays({days}).AddSeconds({seconds}) - {start}).TotalSeconds)"
    assert evaluate(text) == span


@MANY
@given(st.text("ab,; ", max_size=12))
def test_texts_are_split_and_joined_as_in_python(text):
    split = "((string)context.Variables[\"t\"]).Split(new[] {',', ';'}, StringSplitOptions.{})"
    pieces = re.split("[,;]", text)
    for option, expected in (("None", pieces), ("RemoveEmptyEntries", list(filter(None, pieces)))):
        joined = f'@(string.Join("|", {split.replace("{}", option)}))'.replace("{','", "{','")
        assert text_of(joined, t=text) == "|".join(expected)


@MANY
@given(st.lists(INTS, max_size=8))
def test_linq_agrees_with_lists(numbers):
    listed = f"new List<int> {{{', '.join(map(str, numbers))}}}"
    evens = sorted({n for n in numbers if n % 2 == 0}, reverse=True)
    text = (
        f'@(string.Join(",", {listed}.Where(x => x % 2 == 0).Distinct().OrderByDescending(x => x)))'
    )
    assert text_of(text) == ",".join(map(str, evens))
    assert evaluate(f"@({listed}.Skip(2).Take(3).Count())") == len(numbers[2:5])
