"""A site's network rules by the caller's address.

Sources: Learn, "Set up Azure App Service access restrictions"; azurerm `ip_restriction`. It is
written apart from `access.network`, whose answers it judges.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from constructs_lib.access.azapi_sites import NOT_HERE
from constructs_lib.access.links import LEGACY_TYPES, AppLink
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.values import Value
from constructs_lib.simulation.http import HttpHeaders
from constructs_lib.simulation.known import KnownValues

# How the attributes of a rule's `headers` block are called in HTTP.
_HEADERS = {
    "x_azure_fdid": "X-Azure-FDID",
    "x_fd_health_probe": "X-FD-HealthProbe",
    "x_forwarded_host": "X-Forwarded-Host",
    "x_forwarded_for": "X-Forwarded-For",
}


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """Where a request comes from.

    Attributes:
        address: The address that the site's front end sees.
        subnet: Id of the subnet that it comes out of through a service endpoint; empty for none.
        private: Whether it comes through a private endpoint of the site.
        tags: The service tags that the address is in, without regions.
        certificate: Whether a client certificate is sent.
    """

    address: str = "203.0.113.7"
    subnet: str = ""
    private: bool = False
    tags: frozenset[str] = frozenset({"internet"})
    certificate: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """What the rules make of a request: whether it comes in, and the rule that says so."""

    admitted: bool
    reason: str


def setting(app: AppLink, body: Body, name: str, default: Value = None) -> Value:
    """A site's setting; of one that is made elsewhere, what is not written is as in a new site."""
    value = body.value(name, default)
    return default if value == NOT_HERE and not app.managed else value


def admission(
    app: AppLink,
    known: KnownValues,
    origin: RequestOrigin,
    headers: HttpHeaders,
    *,
    scm: bool = False,
) -> Admission:
    """What a site's network rules make of a request.

    Args:
        app: The site.
        known: What values come to.
        origin: Where the request comes from.
        headers: Its headers.
        scm: Whether the SCM site is called.

    Raises:
        NotKnownError: A rule is not known.
    """
    if origin.private:
        return Admission(True, "it comes through a private endpoint")
    public = setting(app, app.body, "public_network_access_enabled", True)
    if not known.boolean(public, "public_network_access_enabled"):
        return Admission(False, "the app has no public network access")
    if app.site is None:
        return Admission(True, "there are no access restrictions")
    own = scm and not known.boolean(
        setting(app, app.site, "scm_use_main_ip_restriction", False), "scm_use_main_ip_restriction"
    )
    name = "scm_ip_restriction" if own else "ip_restriction"
    rules = app.site.blocks(name)
    for rule in sorted(rules, key=lambda each: _priority(each, known)):
        if _matches(rule, known, origin, headers):
            action = known.text(rule.value("action"), "a rule's action", "Allow")
            shown = known.text(rule.value("name"), "a rule's name", "") or _shown(rule, known)
            return Admission(action == "Allow", f"the rule {shown} says {action}")
    usual = "Deny" if rules and app.resource.type in LEGACY_TYPES else "Allow"
    written = setting(app, app.site, f"{name}_default_action")
    default = known.text(written, "a default action", usual)
    return Admission(default == "Allow", f"no rule matches, and the default action is {default}")


def _priority(rule: Body, known: KnownValues) -> int:
    return int(known.text(rule.value("priority"), "a rule's priority", "65000"))


def _shown(rule: Body, known: KnownValues) -> str:
    for name in ("ip_address", "service_tag", "virtual_network_subnet_id"):
        if rule.value(name) is not None:
            return known.text(rule.value(name), name)
    return "without a network"


def _matches(rule: Body, known: KnownValues, origin: RequestOrigin, headers: HttpHeaders) -> bool:
    for block in rule.blocks("headers"):
        for attribute, header in _HEADERS.items():
            wanted = {known.text(each, header).lower() for each in block.values(attribute)}
            sent = {value.lower() for name, value in headers if name.lower() == header.lower()}
            if wanted and not wanted & sent:
                return False
    tag = rule.value("service_tag")
    if tag is not None:
        name = known.text(tag, "a service tag").partition(".")[0].lower()
        return name in origin.tags
    address = rule.value("ip_address")
    if address is not None:
        return _holds(known.text(address, "a rule's addresses"), origin.address)
    subnet = rule.value("virtual_network_subnet_id")
    if subnet is not None:
        return known.text(subnet, "a subnet").lower() == origin.subnet.lower() != ""
    return False


def _holds(ranges: str, address: str) -> bool:
    caller = ipaddress.ip_address(address)
    for each in ranges.split(","):
        text = "0.0.0.0/0" if each.strip().lower() == "any" else each.strip()
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue  # Azure does not store such a rule.
        if caller in network:
            return True
    return False
