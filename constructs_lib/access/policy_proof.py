"""Whom statements that check callers let pass.

Source: Learn, "API Management policy reference": validate-jwt, validate-azure-ad-token, ip-filter.
"""

from __future__ import annotations

import re

from constructs_lib.access import network
from constructs_lib.policy.model import Element

_ANY_TENANT = re.compile(r"/(common|organizations|consumers)(/|$)", re.IGNORECASE)
# Issuers that give everybody a token who asks for one.
_ANYBODYS = re.compile(
    r"https://(accounts\.google\.com|appleid\.apple\.com|gitlab\.com|(www|limited)\.facebook\.com|"
    r"token\.actions\.githubusercontent\.com|login\.live\.com|www\.linkedin\.com)/",
    re.IGNORECASE,
)


def audiences_of(statement: Element) -> list[str]:
    """Whom a token has to be issued for to pass a check, whichever attribute says so."""
    return listed(statement, "audiences", "backend-application-ids")


def listed(statement: Element, *names: str) -> list[str]:
    """The texts in lists of a statement."""
    return [
        each.text.strip()
        for name in names
        for listed in statement.elements(name)
        for each in listed.elements()
    ]


def of_any_tenant(statement: Element) -> bool:
    """Whether tokens of every tenant pass a check, whoever asked for them."""
    attributes = statement.attributes
    if statement.name == "validate-azure-ad-token":
        tenant = attributes.get("tenant-id", "").strip().lower()
        return tenant in ("common", "organizations", "consumers")
    if any(
        any(statement.elements(name))
        for name in ("audiences", "issuers", "required-claims", "issuer-signing-keys")
    ):
        return False
    found = [each.attributes.get("url", "") for each in statement.elements("openid-config")]
    return bool(found) and all(_ANY_TENANT.search(url) or _ANYBODYS.match(url) for url in found)


def names_few(statement: Element) -> bool | str:
    """Whether an ip-filter lets only addresses in that not anybody can have; words if unknown."""
    addresses = [each.text.strip() for each in statement.elements("address")]
    ranges = [
        f"{each.attributes.get('from', '')}-{each.attributes.get('to', '')}"
        for each in statement.elements("address-range")
    ]
    found = [network.is_everybodys(each) for each in (*addresses, *ranges)]
    if True in found:
        return False
    return "which addresses the policy lets in is not known here" if None in found else True
