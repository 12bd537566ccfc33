"""Strings of Terraform JSON become what they are made of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.access.terraform.expressions import evaluate
from constructs_lib.access.terraform.values import (
    Opaque,
    Reference,
    Term,
    join,
    references_in,
    same,
    text_of,
)

HERE = {
    ("var", "name"): "orders",
    ("local", "ids"): ["a", "b"],
    ("local", "ids", 0): "a",
    ("local", "ids", 1): "b",
    ("local", "flag"): True,
}


def lookup(steps: tuple[str | int | None, ...]) -> Any:
    """Some values are known, everything else is an attribute that is still to be computed."""
    if steps in HERE:
        return HERE[steps]
    address = ".".join(str(step) for step in steps[:2])
    return Term((Reference("stack", address, tuple(s for s in steps[2:] if s), True),))


def reference(address: str, *path: str) -> Reference:
    return Reference("stack", address, path, True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${var.name}", "orders"),
        ("func-${var.name}-x", "func-orders-x"),
        ("$${var.name}", "${var.name}"),
        ("$$${var.name}", "$${var.name}"),
        ("%${var.name}", "%orders"),
        ("%%{if}", "%{if}"),
        ('${"a\\"b"}', 'a"b'),
        ('${"x-${var.name}"}', "x-orders"),
        ("${~ var.name ~}", "orders"),
        ("${local.flag}", True),
        ("${local.ids}", ["a", "b"]),
        ('${join("-", local.ids)}', "a-b"),
        ('${format("%s/%s%%", var.name, 1)}', "orders/1%"),
        ('${concat(local.ids, ["c"])}', ["a", "b", "c"]),
        ('${coalesce("", var.name)}', "orders"),
        ("${element(local.ids, 3)}", "b"),
        ('${replace(var.name, "o", "0")}', "0rders"),
        ('${upper(trimsuffix("x.", "."))}', "X"),
        ("${one([])}", None),
        ("${(var.name)}", "orders"),
        ('${split(" ", "GET /a")[1]}', "/a"),
        ("${(local.ids)[0]}", "a"),
        ('${{orders = [1, "b"]}[var.name][1]}', "b"),
        ("${[for each in local.ids : each][1]}", "b"),
        ("${local.ids[*]}", ["a", "b"]),
        ("${local.ids.*}", ["a", "b"]),
        ("${alltrue([true, true])}", True),
        ('${alltrue([for each in local.ids : each == "a"])}', False),
        ('${anytrue([for each in local.ids : each == "a"])}', True),
        ("${anytrue([])}", False),
        ("${null}", None),
        ("${1.5}", 1.5),
    ],
)
def test_what_is_known_is_computed(text: str, value: Any) -> None:
    assert evaluate(text, lookup) == value


@pytest.mark.parametrize(
    "text",
    ["${a.b.id}", "${a.b[0].id}", "${ a.b.id }", "${one([a.b.id])}", "${tostring(a.b.id)}"],
)
def test_a_reference_is_the_same_however_it_is_written(text: str) -> None:
    assert evaluate(text, lookup) == Term((reference("a.b", "id"),))


def test_text_around_references_is_kept() -> None:
    assert evaluate("https://${a.b.host}/${var.name}", lookup) == Term(
        ("https://", reference("a.b", "host"), "/orders")
    )


@pytest.mark.parametrize(
    "text",
    ["${a.b.x ? c.d.y : 1}", "${upper(a.b.x)}${c.d.y}", "${[for k in a.b.x : c.d.y]}"],
)
def test_what_cannot_be_followed_still_tells_what_it_is_computed_from(text: str) -> None:
    value = evaluate(text, lookup)
    assert isinstance(value, Term)
    assert {each.address for each in references_in(value)} >= {"a.b", "c.d"}


def test_unreadable_templates_are_opaque() -> None:
    assert evaluate("%{ if var.name }x%{ endif }", lookup) == Term(
        (Opaque("%{ if var.name }x%{ endif }"),)
    )


def test_a_computed_id_is_never_one_that_was_written_down() -> None:
    computed = Term((reference("a.b", "client_id"),))
    new = Term((Reference("stack", "a.b", ("client_id",), created=True, new=True),))
    assert same(new, "11111111-1111-4111-8111-111111111111") is False
    assert same(computed, "no-id-of-entra") is False
    assert same(computed, Term((reference("c.d", "client_id"),))) is False
    assert same(computed, Term((reference("a.b", "client_id"),))) is True


def test_an_id_of_what_may_have_been_applied_before_may_be_written_out() -> None:
    for attribute in ("client_id", "object_id", "principal_id", "tenant_id"):
        computed = Term((reference("a.b", attribute),))
        assert same(computed, "11111111-1111-4111-8111-111111111111") is None
    assert same(Term((reference("a.b", "id"),)), "/subscriptions/s/x") is None
    assert same(Term((reference("a.b", "name"),)), "11111111-1111-4111-8111-111111111111") is False


def test_what_is_managed_elsewhere_may_be_anything() -> None:
    elsewhere = Term((Reference("stack", "var.id", (), False),))
    assert same(elsewhere, "11111111-1111-4111-8111-111111111111") is None
    assert same(elsewhere, elsewhere) is True


def test_literals_agree_without_regard_to_case() -> None:
    assert same("ABC", "abc") is True
    assert same("abc", "abd") is False


def test_what_is_known_only_after_apply_agrees_with_nothing_for_sure() -> None:
    later = Term((Opaque("(known after apply)", known=False),))
    assert same(later, later) is None


SCRAPS = st.text(alphabet=st.sampled_from(list('${}%"\\.[]()ab01_-, ~?:*"')), max_size=60)
VALUES = st.one_of(
    st.text(max_size=5),
    st.booleans(),
    st.none(),
    st.just(Term((reference("a.b", "id"),))),
    st.just(Term((Reference("s", "data.x", ("y",), False),))),
    st.just(Term(("x", Opaque("f()", known=False)))),
)


@given(SCRAPS)
def test_no_text_breaks_the_reader(text: str) -> None:
    text_of(evaluate(text, lookup))
    text_of(evaluate("${" + text, lookup))
    text_of(evaluate("${" + text + "}", lookup))


@given(VALUES, VALUES)
def test_agreement_has_no_sides(one: Any, other: Any) -> None:
    assert same(one, other) is same(other, one)


@given(st.lists(st.text(max_size=4), max_size=5))
def test_joined_text_is_text(parts: list[str]) -> None:
    assert join(parts) == "".join(parts)


@given(st.text().filter(lambda text: "{" not in text))
def test_text_without_templates_stands_for_itself(text: str) -> None:
    assert evaluate(text, lookup) == text


def test_deep_nesting_is_no_traceback() -> None:
    text = "${" + "(" * 5000 + "a.b" + ")" * 5000 + "}"
    assert isinstance(evaluate(text, lookup), Term)
    assert isinstance(evaluate('${"' * 3000, lookup), Term)
