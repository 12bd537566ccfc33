"""Whoever has no subscription key comes through the open product of an API, if it has one."""

from __future__ import annotations

import pytest

from tests.access.kinds import API, GATEWAY, Case

IN_GATEWAY = {
    "api_management_name": f"${{{GATEWAY}.gateway.name}}",
    "resource_group_name": "rg",
}
NO_KEY = {"gateway-without-key": "open"}
REFUSED = {"gateway": "open", "gateway-without-key": "closed"}
CHECK = (
    '<validate-azure-ad-token tenant-id="11111111-2222-4333-8444-555555555555">'
    "<client-application-ids><application-id>22222222-2222-4333-8444-555555555555"
    "</application-id></client-application-ids></validate-azure-ad-token>"
)


def product(name: str, demanded: object, check: str = "") -> dict[str, object]:
    """A product that serves the API, with a policy of its own if it checks who calls."""
    of = {**IN_GATEWAY, "product_id": name}
    found: dict[str, object] = {
        f"resource.{GATEWAY}_product.{name}": {
            **of,
            "published": True,
            "approval_required": True,
            "subscription_required": demanded,
        },
        f"resource.{GATEWAY}_product_api.{name}": {**of, "api_name": "orders"},
    }
    if check:
        text = f"<policies><inbound><base />{check}</inbound></policies>"
        found[f"resource.{GATEWAY}_product_policy.{name}"] = {**of, "xml_content": text}
    return found


OPEN_API = {f"{API}.subscription_required": False}
CASES = [
    Case("its policy sees them", "no error", product("p", False, CHECK), REFUSED),
    Case("also of an open API", "no error", {**product("p", False, CHECK), **OPEN_API}, REFUSED),
    Case("without a policy it lets them in", "SF501", product("p", False), NO_KEY),
    Case(
        "a second one without a policy lets them in",
        "SF501",
        {**product("p", False, CHECK), **product("q", False)},
        NO_KEY,
    ),
    Case(
        "one that demands a key sees nobody without one",
        "SF501",
        {**product("p", True, CHECK), **OPEN_API},
        NO_KEY,
    ),
    Case(
        "one that may demand a key may see nobody without one",
        "SF501",
        {**product("p", "${var.s}", CHECK), **OPEN_API},
        NO_KEY,
    ),
    Case(
        "one that azapi takes back sees nobody",
        "told",
        {
            **product("p", False, CHECK),
            **OPEN_API,
            "resource.azapi_update_resource.p": {
                "type": "Microsoft.ApiManagement/service/products@2024-05-01",
                "resource_id": f"${{{GATEWAY}_product.p.id}}",
                "body": {"properties": {"state": "notPublished"}},
            },
        },
        {"gateway-without-key": "open/unknown"},
    ),
    *(
        Case(
            f"one whose {of} is not sure may see nobody without one",
            "told",
            {**product("p", False, CHECK), **OPEN_API, f"resource.{GATEWAY}_{of}.p.{name}": value},
            {"gateway-without-key": "open/unknown"},
        )
        for of, name, value in (
            ("product", "count", "${var.s}"),
            ("product", "lifecycle", {"ignore_changes": ["subscription_required"]}),
            ("product", "lifecycle", {"ignore_changes": ["published"]}),
            ("product_api", "count", "${var.s}"),
            ("product_policy", "count", "${var.s}"),
            ("product_policy", "lifecycle", {"ignore_changes": ["xml_content"]}),
        )
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is(case: Case) -> None:
    case.check()
