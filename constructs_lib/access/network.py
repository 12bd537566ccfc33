"""Access restrictions of a site, as App Service applies them: by priority, the first that matches.

Sources: Learn, "Set up Azure App Service access restrictions" (rules, multi-source rules, service
tags, the implicit rule for what nothing matches) and "Secure traffic to Azure Front Door origins"
(the service tag holds the addresses of everybody's Front Door); azurerm
`ip_restriction`, and `azurerm_function_app`, which has no default action.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from constructs_lib.access.azapi import is_azapi
from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision
from constructs_lib.access.links import LEGACY_TYPES, AppLink, GatewayLink
from constructs_lib.access.terraform.body import LATER, Body
from constructs_lib.access.terraform.values import (
    Term,
    Value,
    references_in,
    same,
    sole_reference,
    text_of,
)

# Service tags that anybody can send from: they rent a machine, make a profile, a workflow or a
# subscription of their own (Learn, "Virtual network service tags").
_ANYBODYS = frozenset(
    {"internet", "azurecloud", "azurefrontdoor", "appservice", "logicapps", "azureconnectors"}
    | {"actiongroup", "azureeventgrid", "azuredevops", "azuredatabricks", "azurebotservice"}
    | {"azurecontainerregistry", "azuresignalr", "azurewebpubsub", "datafactory", "dataplex"}
    | {"azuremachinelearning", "batchnodemanagement", "powerplatforminfra", "powerplatformplex"}
    | {"azureiothub", "azuredigitaltwins", "powerqueryonline", "microsoftcloudappsecurity"}
    | {"azureapiforfhir", "azurearcinfrastructure", "cognitiveservicesmanagement", "powerbi"}
)
# Those of services that call nothing in somebody's name.
_NOBODYS = frozenset(
    {"apimanagement", "azuretrafficmanager", "azureloadbalancer", "gatewaymanager"}
    | {"appservicemanagement", "azuremonitor", "hdinsight", "servicefabric"}
)
# A range as wide as this holds addresses that anybody can have.
_WIDE = {4: 7, 6: 19}
_BITS = {4: 32, 6: 128}

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

Matches = Literal["everyone", "named", "unknown"]


class Restrictions(NamedTuple):
    """A site's rules for one of its two hosts.

    Attributes:
        attribute: The block that they stand in.
        rules: In the order in which they are applied.
        default: What becomes of whom none matches: `Allow` or `Deny`, or what is not known.
        ordered: Whether their order is known.
    """

    attribute: str
    rules: Sequence[Body]
    default: Value
    ordered: bool

    @property
    def where(self) -> str:
        """The attribute that decides where none of the rules does."""
        return f"site_config.{self.attribute}_default_action"


def restrictions(app: AppLink, *, scm: bool) -> Restrictions:
    """The rules of the site, or of its SCM site."""
    name = "ip_restriction"
    if app.site is None:
        return Restrictions(name, [], "Allow", ordered=True)
    shared = app.site.value("scm_use_main_ip_restriction", False) if scm else True
    if shared is not True:
        name = "scm_ip_restriction"
    rules = app.site.blocks(name)
    # Without a default action, whom no rule matches is refused as soon as there is a rule.
    legacy = "Deny" if rules and app.resource.type in LEGACY_TYPES else "Allow"
    default = app.site.value(f"{name}_default_action", legacy)
    # Where it is not known whose rules count, nothing is known of their order.
    ordered = isinstance(shared, bool) and all(isinstance(_priority(r), int) for r in rules)
    if ordered:
        rules = sorted(rules, key=lambda each: _number(_priority(each)))
        # Which of two comes first that have one priority and say opposite things is not documented.
        ordered = all(
            _number(_priority(one)) != _number(_priority(other)) or _action(one) == _action(other)
            for one, other in pairwise(rules)
        )
    return Restrictions(name, rules, default, ordered)


def to_the_internet(app: AppLink, *, scm: bool = False) -> Decision | None:
    """What somebody on the internet meets before Easy Auth; None when they are let through."""
    found = restrictions(app, scm=scm)
    public = _is_public(app)
    if public is False:
        return Decision.closed(
            403,
            "the app has no public network access",
            app.resource,
            attribute="public_network_access_enabled",
        )
    verdict = _for_everyone(found)
    if verdict == "Allow" and public is True:
        return None
    if verdict == "Allow":
        reason = "whether the app has public network access is not known here"
        return Decision.unknown(reason, app.resource, "public_network_access_enabled")
    unknown = verdict is None
    return Decision(
        verdict="unknown" if unknown else "closed",
        status="unknown" if unknown else 403,
        reason="which networks the access restrictions let in is not known here"
        if unknown
        else "the access restrictions let only named networks in",
        resource=app.resource,
        attribute=found.where,
    )


def _is_public(app: AppLink) -> Value:
    """Whether an app has public network access.

    Where nothing says so, Azure takes it away from an app with a private endpoint (azure-policy
    issue 1194). azurerm's later types always say so; the old type and azapi need not.
    """
    unsaid = app.resource.type in LEGACY_TYPES or is_azapi(app.resource)
    return app.body.value(
        "public_network_access_enabled", LATER if app.private and unsaid else True
    )


def _for_everyone(found: Restrictions) -> Literal["Allow", "Deny"] | None:
    """What an address meets that anybody can have; None is not known.

    Where no rule matches, the internet of version 4 decides: sites answer on version 6 only where
    they are told to.
    """
    left, let_in, denied = _EVERYBODYS, _Addresses(), _Addresses()
    doubtful = not found.ordered
    perhaps_more = tags_denied = perhaps_denied = False
    for rule in found.rules:
        action, ranges, matches = _action(rule), _matched(rule), whom(rule)
        if action == "Deny" and not ranges.ranges:
            # No tag but `Internet` holds everybody; what is computed may.
            tagged = isinstance(rule.value("service_tag"), str)
            tags_denied = tags_denied or tagged
            perhaps_denied = perhaps_denied or (matches == "unknown" and not tagged)
        elif action == "Deny":
            # Whoever leaves a header out is not denied by a rule that asks for it.
            if not rule.blocks("headers"):
                denied = denied.joined(left.within(ranges))
                left = left.without(ranges)
        elif action == "Allow" and ranges.ranges:
            let_in = let_in.joined(left.within(ranges))
            left = left.without(ranges)
        elif matches != "named" and left.are_everybodys(4):
            # The addresses of a tag are not known here, so that some of them may be denied before.
            partly = tags_denied or denied.are_everybodys(4)
            if matches == "everyone" and action == "Allow" and not (partly or doubtful):
                return None if perhaps_denied else "Allow"
            # Whom else it lets in is no matter to those whom nothing denies.
            perhaps_more = True
            doubtful = doubtful or action is None
        if let_in.are_everybodys(4) or let_in.are_everybodys(6):
            return None if doubtful or perhaps_denied else "Allow"
    if not left.are_everybodys(4):
        return None if doubtful or perhaps_more else "Deny"
    default = _allow_or_deny(found.default)
    perhaps_otherwise = perhaps_denied if default == "Allow" else perhaps_more
    return None if doubtful or perhaps_otherwise else default


def lets_all_in(app: AppLink) -> str | None:
    """The attribute by which rules that name networks let everybody else in too."""
    found = restrictions(app, scm=False)
    admitting = [each for each in found.rules if _action(each) == "Allow"]
    if not admitting or _for_everyone(found) != "Allow":
        return None
    if any(whom(each) == "everyone" for each in admitting) or found.default == "Deny":
        return "site_config.ip_restriction"
    return found.where


class _Addresses(NamedTuple):
    """Addresses of both versions, as ranges of numbers that do not touch, in their order."""

    ranges: tuple[tuple[int, int, int], ...] = ()

    @classmethod
    def of(cls, networks: Iterable[_Network]) -> _Addresses:
        """The addresses of networks."""
        found: list[tuple[int, int, int]] = []
        numbers = ((n.version, int(n[0]), int(n[-1])) for n in networks)
        for version, first, last in sorted(numbers):
            if found and found[-1][0] == version and first <= found[-1][2] + 1:
                _, begin, end = found.pop()
                found.append((version, begin, max(last, end)))
            else:
                found.append((version, first, last))
        return cls(tuple(found))

    def joined(self, other: _Addresses) -> _Addresses:
        """Those of both, which have none in common."""
        return _Addresses(tuple(sorted((*self.ranges, *other.ranges))))

    def within(self, other: _Addresses) -> _Addresses:
        """Those that are in both."""
        return _Addresses(
            tuple(
                (version, max(first, begin), min(last, end))
                for version, first, last in self.ranges
                for its, begin, end in other.ranges
                if its == version and begin <= last and first <= end
            )
        )

    def without(self, other: _Addresses) -> _Addresses:
        """Those that are not in another."""
        left = list(self.ranges)
        for its, begin, end in other.ranges:
            left = [
                rest
                for version, first, last in left
                for rest in (
                    [(version, first, last)]
                    if its != version or begin > last or first > end
                    else [(version, first, begin - 1), (version, end + 1, last)]
                )
                if rest[1] <= rest[2]
            ]
        return _Addresses(tuple(left))

    def are_everybodys(self, version: Literal[4, 6]) -> bool:
        """Whether they are as many of a version as anybody can have one of."""
        count = sum(last - first + 1 for its, first, last in self.ranges if its == version)
        return count >= 2 ** (_BITS[version] - _WIDE[version])


_EVERYBODYS = _Addresses.of(map(ipaddress.ip_network, ("0.0.0.0/0", "::/0")))


def _matched(rule: Body) -> _Addresses:
    """The addresses that a rule surely matches, as far as they are written out."""
    tag = rule.value("service_tag")
    if isinstance(tag, str) and tag.lower() == "internet":
        return _EVERYBODYS
    return _Addresses.of(_ranges(rule) if tag is None else ())


def whom(rule: Body) -> Matches:
    """Whether a rule matches addresses that anybody can have."""
    tag, address = rule.value("service_tag"), rule.value("ip_address")
    if tag is not None:
        if not isinstance(tag, str):
            return "unknown"
        name = tag.split(".")[0].lower()
        if name == "azurefrontdoor":
            return _front_door(rule)
        if name in _ANYBODYS:
            return "everyone"
        return "named" if name in _NOBODYS else "unknown"
    if isinstance(address, Term):
        return _computed(address)
    if isinstance(address, str):
        ranges = _Addresses.of(_ranges(rule))
        if not ranges.ranges:
            return "unknown"
        wide = ranges.are_everybodys(4) or ranges.are_everybodys(6)
        return "everyone" if wide else "named"
    return "named" if rule.value("virtual_network_subnet_id") is not None else "unknown"


def _front_door(rule: Body) -> Matches:
    """Whether only requests of named Front Doors match, as their header cannot be forged."""
    named = [headers.value("x_azure_fdid") for headers in rule.blocks("headers")]
    if any(isinstance(each, Term) for each in named):
        return "unknown"
    return "named" if any(named) else "everyone"


def _computed(address: Term) -> Matches:
    """Of a range that is computed: it may be anything, unless it ends in a narrow mask."""
    reference = sole_reference(address)
    if reference is not None:
        return "named" if reference.created else "unknown"
    end = address.parts[-1]
    mask = re.search(r"/(\d+)$", end) if isinstance(end, str) else None
    if mask is not None and int(mask[1]) > _WIDE[4]:
        return "named"
    return "unknown"


def _ranges(rule: Body) -> list[_Network]:
    """The ranges of a rule; up to eight stand in one text, with commas between them."""
    address = rule.value("ip_address")
    found: list[_Network] = []
    for each in address.split(",") if isinstance(address, str) else ():
        text = "0.0.0.0/0" if each.strip().lower() == "any" else each.strip()
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            return []
    return found


def _only_version_6(rule: Body) -> bool:
    ranges = _ranges(rule)
    return bool(ranges) and all(each.version == 6 for each in ranges)


def _action(rule: Body) -> Literal["Allow", "Deny"] | None:
    return _allow_or_deny(rule.value("action", "Allow"))


def _allow_or_deny(value: Value) -> Literal["Allow", "Deny"] | None:
    return "Allow" if value == "Allow" else "Deny" if value == "Deny" else None


def _priority(rule: Body) -> Value:
    value = rule.value("priority", 65000)
    return int(value) if isinstance(value, (float, str)) and str(value).isdigit() else value


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 65000


def to_gateway(app: AppLink, gateway: GatewayLink, chain: Chain) -> Decision | None:
    """What the gateway's request meets before Easy Auth; None when it is let through."""
    found = restrictions(app, scm=False)
    where = f"site_config.{found.attribute}"
    refused = Decision.closed(
        403,
        f"the network rules of {app.name} do not let {gateway.name} in",
        app.resource,
        attribute=where,
        rule="SF401",
    )
    unknown = Decision.unknown(
        f"whether the network rules of {app.name} let {gateway.name} in "
        "depends on addresses that are not known here",
        app.resource,
        attribute=where,
    )
    public = _is_public(app)
    if public is False:
        return _private(app, gateway, chain)
    if public is not True and _private(app, gateway, chain) is not None:
        return unknown
    doubtful = not found.ordered
    for rule in found.rules:
        matched = _matches_gateway(rule, gateway, chain)
        if matched is None:
            doubtful = True
        elif matched:
            if doubtful or _action(rule) is None:
                return unknown
            return None if _action(rule) == "Allow" else refused
    if doubtful:
        return unknown
    if found.default not in ("Allow", "Deny"):
        return unknown
    return None if found.default == "Allow" else refused


def _matches_gateway(rule: Body, gateway: GatewayLink, chain: Chain) -> bool | None:
    if rule.blocks("headers"):
        return None
    if whom(rule) == "everyone":
        tag = rule.value("service_tag")
        # Every address is in a wide range; which addresses a tag holds is not known here.
        covered = tag is None or text_of(tag).lower() == "internet"
        return True if covered and _all_of_version_4(rule) else None
    tag = rule.value("service_tag")
    if isinstance(tag, str):
        # The tag is the control plane's; gateways call from other addresses (Learn, "Service
        # tags overview").
        return False if tag.lower().startswith("apimanagement") else None
    if rule.value("ip_address") is not None:
        return _holds_gateway(rule, gateway, chain)
    subnet = rule.value("virtual_network_subnet_id")
    if gateway.resource is None or subnet is None:
        return None
    joined = _subnet(gateway, chain)
    if joined is None:
        return False if gateway.resource.managed else None
    return same(subnet, joined)


def _subnet(gateway: GatewayLink, chain: Chain) -> Value:
    """The subnet that a gateway is in; None if it is in none, whatever its settings name."""
    if gateway.resource is None:
        return None
    body = chain.configuration.body(gateway.resource)
    joined = body.block("virtual_network_configuration")
    # azurerm sends the subnet along with any type; with "None" API Management does not use it.
    if joined is None or body.value("virtual_network_type") == "None":
        return None
    return joined.value("subnet_id")


def _all_of_version_4(rule: Body) -> bool:
    if rule.value("service_tag") is not None:
        return True
    if _only_version_6(rule):
        return False
    return any(each.version == 4 and each.prefixlen == 0 for each in _ranges(rule))


def _holds_gateway(rule: Body, gateway: GatewayLink, chain: Chain) -> bool | None:
    address = rule.value("ip_address")
    if _only_version_6(rule):
        return False  # Gateways call from addresses of version 4.
    own = any(
        each.address == gateway.address and "public_ip_addresses" in each.path
        for each in references_in(address)
    )
    if gateway.resource is not None and isinstance(address, str):
        published = chain.configuration.attribute(gateway.resource, "public_ip_addresses")
        if isinstance(published, list):
            ranges = _ranges(rule)
            own = any(
                ipaddress.ip_network(each) in ranges for each in published if isinstance(each, str)
            )
    return True if own else None


def _private(app: AppLink, gateway: GatewayLink, chain: Chain) -> Decision | None:
    """Whether the gateway can reach an app without public access, through a private endpoint."""
    attribute = "public_network_access_enabled"
    if gateway.resource is None or not gateway.resource.managed:
        return Decision.unknown(
            f"whether {gateway.name} reaches the private network of the app is not known here",
            app.resource,
            attribute=attribute,
        )
    if _subnet(gateway, chain) is not None:
        if app.private:
            return None
        return Decision.unknown(
            f"no private endpoint of {app.name} is in the configuration, so whether {gateway.name} "
            "reaches it is not known here",
            app.resource,
            attribute=attribute,
        )
    return Decision.closed(
        403,
        f"{app.name} has no public network access and {gateway.name} is in no network",
        app.resource,
        attribute=attribute,
        rule="SF401",
    )


def is_everybodys(text: str) -> bool | None:
    """Whether an address, a range `a-b` or a network holds addresses that anybody can have.

    None is not known: it is computed, or none of these.
    """
    first, _, last = text.partition("-")
    try:
        if last:
            pair = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            return int(pair[1]) - int(pair[0]) >= 2 ** (pair[0].max_prefixlen - 7)
        found = ipaddress.ip_network(first.strip(), strict=False)
    except ValueError:
        return None
    return found.prefixlen <= _WIDE[found.version]
