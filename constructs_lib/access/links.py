"""The links of the chain as a configuration holds them: gateways, APIs, apps, registrations.

Azure's names are unique in the world for gateways and function apps, and unique within a gateway
for what it contains, so links are joined by name where no reference joins them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from constructs_lib.access.azapi import TYPE
from constructs_lib.access.records import Identity
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value, text_of

SLOT_TYPES = (
    "azurerm_linux_function_app_slot",
    "azurerm_windows_function_app_slot",
    "azurerm_function_app_slot",
)
APP_TYPES = (
    "azurerm_linux_function_app",
    "azurerm_windows_function_app",
    "azurerm_function_app_flex_consumption",
    "azurerm_function_app",
)
LEGACY_TYPES = ("azurerm_function_app", "azurerm_function_app_slot")
APPLICATION_TYPES = ("azuread_application", "azuread_application_registration")
ELSEWHERE = "elsewhere."
APP_HOST = re.compile(
    r"\.(azurewebsites\.(net|us)|chinacloudsites\.cn)$|default_hostname", re.IGNORECASE
)
"""How the host name of an app ends, or a reference to one."""

# The role that Entra gives to whoever is assigned without a role of the application's own.
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"


def key(value: Value) -> Any:
    """What a value is looked up by: Azure compares names and ids without regard to case."""
    if isinstance(value, Term):
        return value
    return text_of(value).strip().lower()


@dataclass(slots=True, eq=False)
class PrincipalLink:
    """A service principal or managed identity, by whichever of its two ids are known."""

    name: str
    address: str | None = None
    client_ids: list[Value] = field(default_factory=list[Value])
    object_ids: list[Value] = field(default_factory=list[Value])


class Principals:
    """Which client id and which object id belong together, as far as the configuration says."""

    def __init__(self, configuration: Configuration) -> None:
        self._by_client: dict[Any, PrincipalLink] = {}
        self._by_object: dict[Any, PrincipalLink] = {}
        for kind, object_id in (
            ("azurerm_user_assigned_identity", "principal_id"),
            ("azuread_service_principal", "object_id"),
        ):
            for each in configuration.of_type(kind):
                self._add(
                    configuration.attribute(each, "client_id"),
                    configuration.attribute(each, object_id),
                    each,
                )

    def _add(self, client_id: Value, object_id: Value, resource: Resource) -> None:
        found = self._by_client.get(key(client_id)) or self._by_object.get(key(object_id))
        if found is None:
            found = PrincipalLink(resource.address, resource.address)
        found.client_ids.append(client_id)
        found.object_ids.append(object_id)
        self._by_client.setdefault(key(client_id), found)
        self._by_object.setdefault(key(object_id), found)

    def with_client_id(self, value: Value) -> PrincipalLink | None:
        """The principal of a client id."""
        return self._by_client.get(key(value))

    def with_object_id(self, value: Value) -> PrincipalLink | None:
        """The principal of an object id."""
        return self._by_object.get(key(value))


@dataclass(slots=True, eq=False)
class IdentityLink:
    """An identity of a gateway: `record` for readers, values for comparison.

    `id` is the Azure resource id of a user-assigned one.
    """

    record: Identity
    client_ids: tuple[Value, ...]
    object_ids: tuple[Value, ...]
    id: Value = None


@dataclass(slots=True, eq=False)
class GatewayLink:
    """An API Management service and what it contains.

    `system` and `users` are its identities; `complete` says whether they are all of them. What
    it contains is by name, and an API's parts by the name of the API.
    """

    address: str
    name: str
    stack: str
    resource: Resource | None
    system: IdentityLink | None = None
    users: list[IdentityLink] = field(default_factory=list[IdentityLink])
    complete: bool = False
    policy: Resource | None = None
    apis: dict[Any, ApiLink] = field(default_factory=dict[Any, "ApiLink"])
    backends: dict[Any, Resource] = field(default_factory=dict[Any, Resource])
    fragments: dict[Any, Resource] = field(default_factory=dict[Any, Resource])
    named_values: dict[Any, Resource] = field(default_factory=dict[Any, Resource])
    products: dict[Any, Resource] = field(default_factory=dict[Any, Resource])
    product_policies: dict[Any, Resource] = field(default_factory=dict[Any, Resource])
    others: bool = False

    @property
    def identities(self) -> list[IdentityLink]:
        """All identities that are visible."""
        return [*([self.system] if self.system else []), *self.users]


@dataclass(frozen=True, slots=True)
class ToolLink:
    """A tool of an API of the type `mcp`.

    Attributes:
        api: The API that it calls an operation of; None is not known.
        operation: The operation's id; None is any of the API's.
    """

    api: ApiLink | None
    operation: str | None


@dataclass(slots=True, eq=False)
class ApiLink:
    """An API with its operations and the policies at its scopes.

    `tools` are those of API Management's own type of MCP servers, which call other APIs;
    `products_perhaps` are products that it may be in or not.
    """

    address: str
    name: str
    gateway: GatewayLink
    resource: Resource | None
    policy: Resource | None = None
    operations: dict[Any, Resource] = field(default_factory=dict[Any, Resource])
    operation_policies: dict[Any, Resource] = field(default_factory=dict[Any, Resource])
    products: list[Any] = field(default_factory=list[Any])
    products_perhaps: set[Any] = field(default_factory=set[Any])
    tools: list[ToolLink] = field(default_factory=list[ToolLink])


@dataclass(slots=True, eq=False)
class RegistrationLink:
    """An application of Entra: the audience of tokens.

    `token_version`, `multi_tenant` and `assignment_required` are None where they are not known.
    """

    address: str
    name: str
    stack: str
    client_id: Value
    resource: Resource | None
    token_version: int | None = None
    multi_tenant: bool | None = None
    uris: list[Value] = field(default_factory=list[Value])
    principals: list[Resource] = field(default_factory=list[Resource])
    assignments: list[Resource] = field(default_factory=list[Resource])
    roles: list[Role] = field(default_factory=list["Role"])
    assignment_required: bool | None = None

    @property
    def managed(self) -> bool:
        """Whether the configuration creates it."""
        return self.resource is not None and self.resource.managed

    @property
    def principal_known(self) -> bool:
        """Whether its service principal is in the configuration, or surely nowhere."""
        return bool(self.principals) or self.managed


@dataclass(frozen=True, slots=True)
class Role:
    """An app role."""

    id: Value
    value: Value
    enabled: Value
    members: tuple[Value, ...]
    address: str


@dataclass(slots=True, eq=False)
class AppLink:
    """A function app or slot: a target, with the blocks that decide who gets in.

    `perhaps` says that it may as well be an app of another kind, `private` that a private endpoint
    leads to it.
    """

    address: str
    name: str
    resource: Resource
    body: Body
    slot_of: AppLink | None = None
    auth: Body | None = None
    directory: Body | None = None
    site: Body | None = None
    registration: RegistrationLink | None = None
    perhaps: bool = False
    private: bool = False

    @property
    def managed(self) -> bool:
        """Whether the configuration creates it."""
        return self.resource.managed

    @property
    def visible(self) -> bool:
        """Whether what decides is in the configuration."""
        return not self.perhaps and (self.resource.shows or self.resource.type == TYPE)
