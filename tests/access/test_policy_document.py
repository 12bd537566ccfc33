"""Policies of one form are read once, and are told apart all the same."""

from __future__ import annotations

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.access.policy_document import PolicyReader
from constructs_lib.policy.reader import read

FORM = """<?xml version="1.0"?><!-- of="NAME" --><policies><inbound><base />
<set-backend-service backend-id="NAME" /><include-fragment fragment-id='NAME' />
<set-header name="X-NAME"><value>@(context.Api.Name=="NAME" ? "a" : "NAME")</value></set-header>
<set-variable name="v" value="@("NAME".Replace("a", ""))" />
<set-body template="liquid"><![CDATA[<p class="NAME">{{context.Request}}</p>]]></set-body>
</inbound><on-error><trace source="NAME"><message>="NAME"</message></trace></on-error></policies>"""
FRAGMENT = '<fragment><set-header name="NAME" exists-action="delete" /></fragment>'


@pytest.mark.parametrize("form", [FORM, FRAGMENT], ids=["document", "fragment"])
def test_a_policy_is_read_the_same_whatever_was_read_before(form: str) -> None:
    reader = PolicyReader()

    for name in ("orders", "billing-2", "orders.v1", "12", "orders"):
        text = form.replace("NAME", name)
        found, alone = reader.read(text), read(text)

        assert found == alone
        assert found.__class__ is alone.__class__


def test_what_is_wrong_with_a_policy_is_told_of_its_own_text() -> None:
    reader = PolicyReader()

    for name in ("orders", "billing"):
        with pytest.raises(InputError, match="is not closed") as alone:
            read(f'<policies><inbound a="{name}"><base />')
        with pytest.raises(InputError) as found:
            reader.read(f'<policies><inbound a="{name}"><base />')

        assert str(found.value) == str(alone.value)
