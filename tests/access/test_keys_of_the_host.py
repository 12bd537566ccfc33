"""Where the gateway sends a key, the Functions host may demand one of everybody."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.access import analyse
from tests.access.kinds import AUTH, GATEWAY, POLICY, Case, inbound
from tests.access.test_names_known_later import (
    APP,
    KNOWN,
    SUFFIX,
    api,
    gateway,
    of,
    planned,
    verdicts,
)

KEY = '<set-header name="x-functions-key" exists-action="override"><value>k</value></set-header>'
CODE = '<set-query-parameter name="code" exists-action="override"><value>k</value>'
FRAGMENT = {
    f"resource.{GATEWAY}_policy_fragment.key": {
        "api_management_id": f"${{{GATEWAY}.gateway.id}}",
        "name": "key",
        "value": f"<fragment>{KEY}</fragment>",
    }
}


@pytest.mark.parametrize(
    ("statements", "more", "anonymous"),
    [
        (KEY, {}, "unknown"),
        (f"{CODE}</set-query-parameter>", {}, "unknown"),
        ('<rewrite-uri template="/api/orders?code={{key}}" />', {}, "unknown"),
        ('<include-fragment fragment-id="key" />', FRAGMENT, "unknown"),
        ('<set-header name="x-functions-key" exists-action="delete" />', {}, "open"),
        (KEY.replace("x-functions-key", "x-key"), {}, "open"),
        ('<rewrite-uri template="/api/orders?encode=1" />', {}, "open"),
    ],
)
def test_where_the_policy_sends_a_key_the_host_may_demand_one(
    statements: str, more: dict[str, object], anonymous: str
) -> None:
    changes = {f"{AUTH}.auth_enabled": False, POLICY: inbound(statements), **more}
    Case("keyed", "SF101", changes, {"anonymous": anonymous, "function-key": "open"}).check()


@pytest.mark.parametrize(
    ("named", "anonymous"),
    [(of(f"{APP}.orders"), "unknown"), (of(f"{APP}.other"), "open"), ("elsewhere", "open")],
    ids=["its keys", "keys of another", "keys of one elsewhere"],
)
def test_a_policy_that_is_known_later_may_send_the_key_that_is_read(
    named: Any, anonymous: str
) -> None:
    analysis = analyse(
        planned(
            {
                f"{GATEWAY}.a": gateway(),
                f"{GATEWAY}_api.a": api("a"),
                f"{GATEWAY}_api_policy.a": {
                    "api_management_name": of(f"{GATEWAY}.a"),
                    "api_name": "orders",
                    "xml_content": of(f"{APP}.orders", "default_hostname"),
                },
                "data.azurerm_function_app_host_keys.it": {"name": named},
                f"{APP}.orders": {"name": SUFFIX, **KNOWN},
                f"{APP}.other": {"name": SUFFIX, **KNOWN},
            }
        )
    )
    assert verdicts(analysis, "anonymous") == {f"{APP}.orders": anonymous, f"{APP}.other": "open"}
