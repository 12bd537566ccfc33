"""Names and ids of Azure as annotations: what each may look like, in one place.

A text with such a kind is checked wherever it stands: in the arguments of constructs, in value
objects and in files of settings. Sources: Learn, "Naming rules and restrictions for Azure
resources"; the validation of azurerm.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

from constructs_lib._core.problems import Pattern
from constructs_lib._core.secrets import secret_shape

_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
UUID = Pattern(_UUID, "write a UUID")
ClientId = Annotated[str, Pattern(_UUID, "write the application (client) id, a UUID")]
OBJECT_ID = Pattern(_UUID, "write the object id, a UUID")
ObjectId = Annotated[str, OBJECT_ID]
TenantId = Annotated[str, Pattern(_UUID, "write the id of the tenant, a UUID")]
SubscriptionId = Annotated[str, Pattern(_UUID, "write the id of the subscription, a UUID")]
ResourceId = Annotated[
    str, Pattern(r"/subscriptions/\S+", "write an Azure resource id, /subscriptions/…")
]
Location = Annotated[
    str, Pattern(r"[A-Za-z][A-Za-z0-9 ]*", "write an Azure region, such as westeurope")
]
ResourceGroupName = Annotated[
    str,
    Pattern(
        r"[-\w.()]{0,89}[-\w()]",
        "write up to 90 letters, digits, - _ . and parentheses, no full stop last",
    ),
]

# Azure's own rule for `service.name`; azurerm's accepts a digit or hyphen at both ends.
GatewayName = Annotated[
    str,
    Pattern(
        r"[a-zA-Z]([a-zA-Z0-9-]{0,48}[a-zA-Z0-9])?",
        "write 1 to 50 letters, digits and hyphens, a letter first and no hyphen last",
    ),
]
PublisherName = Annotated[str, Pattern(r"[\s\S]{1,100}", "write 1 to 100 characters")]
Email = Annotated[str, Pattern(r"\S{1,100}", "write an address without blanks")]
# azurerm's own expression lacks the `$` behind BasicV2 and so lets `BasicV2_10x` reach Azure.
SKU = Pattern(
    r"Consumption_0|Developer_1|Basic_[12]|Standard_[1-4]|Premium_[1-9][0-9]?"
    r"|(BasicV2|StandardV2)_([1-9]|10)|PremiumV2_([1-9]|[12][0-9]|30)",
    "write one of Consumption_0, Developer_1, Basic_1 to _2, Standard_1 to _4, Premium_1 to _99, "
    "BasicV2_1 to _10, StandardV2_1 to _10, PremiumV2_1 to _30",
)
Sku = Annotated[str, SKU]
Date = Annotated[str, Pattern(r"\d{4}-\d\d-\d\d", "write YYYY-MM-DD")]


class _NoSecret:
    """A text that is no secret itself."""

    rule = "write secret_id: https://…, or the name of a named value"

    def allows(self, value: Any) -> bool:
        return secret_shape(value) is None


# azurerm, internal/services/apimanagement/schemaz/api_management.go: a child's name.
CHILD_NAME = Pattern(
    r"[a-zA-Z0-9]([a-zA-Z0-9-_]{0,78}[a-zA-Z0-9])?",
    "write at most 80 letters, digits, - and _, a letter or digit at both ends",
)
ChildName = Annotated[str, CHILD_NAME]
ApiName = Annotated[
    str, Pattern(r"[^*#&+]{1,256}", "write up to 256 characters without * # & and +")
]
ApiPath = Annotated[
    str,
    Pattern(
        r"(|\w|[\w.][\w\-/.:]{0,398}[\w-])",
        "write up to 400 of letters, digits, - _ . : and /, none but a full stop at the ends",
    ),
]
FRAGMENT_NAME = Pattern(r"[\w-]{1,80}", "write up to 80 letters, digits, - and _")
BACKEND_NAME = Pattern(
    r"\w+|\w[\w-]+\w",
    "write letters, digits, _ and -, no hyphen at the ends: the backend has it too",
)
NamedValueName = Annotated[
    str, _NoSecret(), Pattern(r"[A-Za-z0-9_.-]{1,256}", "write the name of a named value")
]
ROUTE_PREFIX = Pattern(r"(?!/)\S*(?<!/)", "write it without a slash at the ends")
RoutePrefix = Annotated[str, ROUTE_PREFIX]
Header = Annotated[str, Pattern(r"[!#$%&'*+.^`|~\w-]+", "write the name of a header")]
QueryParameter = Annotated[str, Pattern(r"[\w.~-]+", "write the name of a parameter")]
Duration = Annotated[
    str,
    Pattern(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?", "write a duration, PT1M for example"),
]
SecretUrl = Annotated[
    str,
    Pattern(
        r"https://[\w-]+\.[\w.]+/secrets/[0-9a-zA-Z-]+(/[0-9a-f]{32})?",
        "write https://<vault>.vault.azure.net/secrets/<name>",
    ),
]

SiteName = Annotated[
    str,
    Pattern(
        r"(?!-)[0-9A-Za-z-]{2,60}(?<!-)",
        "write 2 to 60 letters, digits and hyphens, with no hyphen first or last",
    ),
]
SlotName = Annotated[
    str,
    Pattern(
        r"(?!-)(?![Pp][Rr][Oo][Dd][Uu][Cc][Tt][Ii][Oo][Nn]$)[0-9A-Za-z-]{1,59}(?<!-)",
        "write 1 to 59 letters, digits and hyphens; production is the app itself: leave it out",
    ),
]
SITE_ID = Pattern(
    r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Web/sites"
    r"/(?P<name>[0-9A-Za-z-]{2,60})",
    "write /subscriptions/…/resourceGroups/…/providers/Microsoft.Web/sites/<name>",
    ignore_case=True,
)
SiteId = Annotated[str, SITE_ID]
SiteHostname = Annotated[str, Pattern(r"[A-Za-z0-9.-]+", "write a host name without https://")]
Hostname = Annotated[
    str, Pattern(r"([0-9A-Za-z-]{1,63}\.)+[A-Za-z]{2,}", "write a host name without https://")
]
StorageAccountName = Annotated[
    str, Pattern(r"[a-z0-9]{3,24}", "write 3 to 24 lower-case letters and digits")
]
ContainerName = Annotated[
    str,
    Pattern(
        r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "write 3 to 63 lower-case letters, digits and single hyphens",
    ),
]
HealthPath = Annotated[str, Pattern(r"/\S*", "write a path that starts with a slash")]

ISSUER = Pattern(
    r"https://login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)"
    rf"/{_UUID}(/v2\.0)?",
    "write https://login.microsoftonline.com/<tenant id>/v2.0; `issuer` of the registration has it",
)
ApplicationObjectId = Annotated[
    str,
    Pattern(
        rf"/applications/{_UUID}",
        "write /applications/<object id>, the `id` of the azuread_application",
    ),
]
DisplayName = Annotated[str, Pattern(r"[\s\S]{1,120}", "write 1 to 120 characters")]
# azuread, internal/helpers/validation: RoleScopeClaimValue says which characters.
RoleValue = Annotated[
    str,
    Pattern(
        r"(?!\.)[!#-\[\]-~]{1,249}",
        'write up to 249 characters of ASCII without blanks, " and \\, no full stop at the start',
    ),
]
# The tenant's policy accepts a URI that holds the application's or the tenant's id, or a domain
# that the tenant has verified; a slash at the end it refuses.
IdentifierUri = Annotated[
    str,
    Pattern(
        r"api://\{client_id\}"
        r"|api://[0-9a-fA-F-]{36}(/[^/\s]+)*"
        r"|api://[^/\s]+/\{client_id\}"
        r"|api://([\w-]+\.)+[A-Za-z]{2,}(/[^/\s]+)*"
        r"|https://([\w-]+\.)+[A-Za-z]{2,}(/[^/\s]+)*",
        "write api://{client_id}, api://<tenant id>/<name>, or an https:// or api:// URI on a "
        "verified domain, without a slash at the end",
    ),
]
Text = Annotated[str, Pattern(r"[\s\S]+", "write at least one character")]
Why = Annotated[str, Pattern(r"[\s\S]*\S[\s\S]*", "say why")]
Reason = Annotated[
    str,
    Pattern(r"\s*\S[\s\S]{0,255}\s*", "write in up to 256 characters who accepted it and why"),
]


class _Range:
    """Addresses in CIDR notation."""

    rule = "write a range of addresses such as 203.0.113.0/24"

    def allows(self, value: Any) -> bool:
        return _network(value) is not None and "/" in value


class _FirstAddress:
    """No bit of the host is set, as Azure demands of a range."""

    rule = "write the first address of the range, or /32 for a single address"

    def allows(self, value: Any) -> bool:
        network = _network(value)
        return network is None or str(network[0]) == str(ipaddress.ip_address(value.split("/")[0]))


def _network(value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


Cidr = Annotated[str, _FirstAddress(), _Range()]
