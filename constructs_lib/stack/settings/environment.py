"""What an environment is made of, as its file says it.

Nearly all keys are the arguments of the constructs and of their value objects. Here stands what
only an environment has, and what is written in another way than in Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from constructs_lib._cdk.policy_source import PolicySource
from constructs_lib._core.azure_names import (
    DisplayName,
    GatewayName,
    Location,
    ResourceGroupName,
    SiteName,
    StorageAccountName,
    SubscriptionId,
    TenantId,
    Text,
)
from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import DocumentPath, Pattern, Problem, ValueObject
from constructs_lib._core.provider_facts import AzurermVersion
from constructs_lib.api.function_api import FunctionApi
from constructs_lib.api.props import ApiVersion
from constructs_lib.function_app.outside import OutsideFunctionApp
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.gateway.existing import ExistingGateway
from constructs_lib.gateway.gateway import Gateway
from constructs_lib.gateway.tiers import CLASSIC, tier_of
from constructs_lib.operations import Operation, Operations
from constructs_lib.registration.app_registration import AppRegistration
from constructs_lib.registration.existing import ExistingRegistration
from constructs_lib.secured_function_api import SecuredFunctionApi
from constructs_lib.secured_mcp_server import SecuredMcpServer
from constructs_lib.stack.settings.props import Props

# The ids that a stack gives to constructs of its own, beside those of its APIs.
STACK_IDS = frozenset(
    {"azurerm", "azuread", "azapi", "backend", "resource-group", "gateway", "entra-client-config"}
    | {"output-gateway", "output-tenant_id", "output-apis"}
)

_OF_THE_ENVIRONMENT = "the environment's own"
_RESOURCE = "takes a resource that a program made"


@dataclass(frozen=True, kw_only=True)
class LocalState(ValueObject):
    """Terraform's state in a file on this machine: for trying out, for one person.

    Attributes:
        kind: A file beside cdktf.json.
    """

    kind: Literal["local"] = "local"


@dataclass(frozen=True, kw_only=True)
class AzurermState(ValueObject):
    """State in a storage account, reached with an Entra identity and never with its key.

    Attributes:
        kind: A blob in a storage account.
        resource_group_name: Resource group of the storage account.
        storage_account_name: The storage account.
        container_name: Its container.
        key: Name of the blob; `<environment>.tfstate` if left out.
        use_oidc: Sign in with the CI's own token (workload identity federation).
    """

    kind: Literal["azurerm"]
    resource_group_name: str
    storage_account_name: StorageAccountName
    container_name: str = "tfstate"
    key: str | None = None
    use_oidc: bool = False


@dataclass(frozen=True, kw_only=True)
class HcpState(ValueObject):
    """State in HCP Terraform.

    Attributes:
        kind: A workspace of HCP Terraform.
        organization: The organization.
        workspace: The workspace.
        hostname: Host of HCP Terraform or Terraform Enterprise.
    """

    kind: Literal["hcp"]
    organization: str
    workspace: str
    hostname: str = "app.terraform.io"


State = LocalState | AzurermState | HcpState


class GatewaySettings(
    Props[Gateway],
    construct=Gateway,
    left_out={
        "resource_group": _OF_THE_ENVIRONMENT,
        "additional_locations": _RESOURCE,
        "hostname_configuration": _RESOURCE,
        "gateway_disabled": "goes with additional_locations only",
    },
):
    """A new API Management service."""


class ExistingGatewaySettings(
    Props[ExistingGateway], construct=ExistingGateway, left_out={"resource": _RESOURCE}
):
    """An API Management service that another team made.

    Attributes:
        name: Its name.
        resource_group_name: Its resource group.
    """

    name: GatewayName
    resource_group_name: ResourceGroupName


class RegistrationSettings(
    Props[AppRegistration],
    construct=AppRegistration,
    left_out={"delegated": "no user gets a token for the functions"},
):
    """A new app registration.

    Attributes:
        display_name: Its name in Entra; made from the API's if left out.
    """

    display_name: DisplayName | None = None


@dataclass(frozen=True, kw_only=True)
class ContractSettings(ValueObject):
    """An app registration as the directory team's contract names it.

    Attributes:
        contract: The contract, a JSON file.
        name: The registration's name in it; the API's if left out.
    """

    contract: Path
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class FunctionAppSettings(FunctionAppProps):
    """A new function app.

    Attributes:
        name: Its name, unique in all of Azure; made from environment and API if left out.
    """

    name: SiteName | None = None


@dataclass(frozen=True, kw_only=True)
class OperationSettings(Operation):
    """One operation, written out.

    Attributes:
        policy: XML file of the operation's policy.
    """

    policy: PolicySource | None = None


class ApiSettings(
    Props[SecuredFunctionApi],
    construct=SecuredFunctionApi,
    described_by=FunctionApi,
    left_out={
        "gateway": _OF_THE_ENVIRONMENT,
        "function_app_name": "written as function_app.name",
        "slots": _RESOURCE,
        "inbound": "for a function app of the stack; here it is written in function_app",
        "deployment": "for a function app of the stack; here it is written in function_app",
        "function_app_hostname": "for a function app of the stack",
    },
):
    """One API in front of one function app.

    Attributes:
        operations: For example `GET /orders/{id}`.
        functions_project: Folder of a Functions project whose routes are published.
        openapi: OpenAPI document whose operations are published.
        function_app: The app behind it: a new one, or one outside Terraform.
        registration: What Entra knows the app by; a new one if left out.
        resource_group: Where a new function app is placed; with the gateway if left out.
    """

    operations: Sequence[OperationSettings | str] = ()
    functions_project: Path | None = None
    openapi: Path | None = None
    function_app: FunctionAppSettings | OutsideFunctionApp
    registration: RegistrationSettings | ExistingRegistration | ContractSettings | None = None

    def problems(self) -> Iterator[Problem]:
        """What the construct would refuse, and operations of two sources or none."""
        given = dict(self.given)
        sources = {
            each: given.pop(each, None) for each in ("operations", "functions_project", "openapi")
        }
        if sum(map(bool, sources.values())) != 1:
            several = "in several ways" if any(sources.values()) else "nowhere"
            yield Problem("operations", f"the operations are given {several}", _ONE_SOURCE)
            given["operations"] = Operations.any()  # so that nothing is said of it twice
        else:
            [source] = filter(sources.get, sources)
            path = sources[source]
            try:
                # That a file is not there, the reader says.
                there = not isinstance(path, Path) or _exists(path)
                given["operations"] = self.published if there else Operations.any()
            except InputError as error:
                yield Problem(source, str(error), "")
                given["operations"] = Operations.any()
        find = cast("Any", SecuredFunctionApi.__init__).problems
        yield from find(**{"function_app": None, **given})

    @property
    def published(self) -> Operations:
        """The operations, wherever they come from.

        Raises:
            InputError: If they cannot be read or used.
        """
        if self.get("functions_project"):
            return Operations.from_functions_project(self.get("functions_project"))
        if self.get("openapi"):
            prefix = self.get("route_prefix")
            return Operations.from_openapi(
                self.get("openapi"), route_prefix="api" if prefix is None else prefix
            )
        return Operations.of(*self.get("operations"))


def _exists(path: Path) -> bool:
    return "\0" not in str(path) and path.exists()


class McpServerSettings(
    Props[SecuredMcpServer],
    construct=SecuredMcpServer,
    left_out={
        "gateway": _OF_THE_ENVIRONMENT,
        "resource_metadata": "the stack's own, for all of its servers",
        "function_app_name": "written as function_app.name",
        "slots": _RESOURCE,
        "inbound": "for a function app of the stack; here it is written in function_app",
        "deployment": "for a function app of the stack; here it is written in function_app",
    },
):
    """One MCP server on a function app.

    Attributes:
        function_app: The app behind it: a new one, or one outside Terraform.
        registration: What Entra knows the app by; a new one if left out.
        resource_group: Where a new function app is placed; with the gateway if left out.
    """

    function_app: FunctionAppSettings | OutsideFunctionApp
    registration: RegistrationSettings | ExistingRegistration | ContractSettings | None = None


_ONE_SOURCE = "give one of operations, functions_project and openapi"


class Taken(NamedTuple):
    """A name that an environment takes and nobody else can have.

    Attributes:
        what: What it names, and within what it is unique.
        name: The name, in lower case.
        place: The key that says it.
        shown: What is said of a second one.
        fix: What to write instead.
        gateway: The API Management service that it is unique in, in lower case.
    """

    what: str
    name: str
    place: DocumentPath
    shown: str
    fix: str = "choose another"
    gateway: str = ""


@dataclass(frozen=True, kw_only=True)
class AcceptedFinding(ValueObject):
    """A finding of the access check that is right here, and why.

    Attributes:
        resource: Address of the resource, as the finding names it.
        rule: The rule's id, for example `SF410`.
        reason: Why it is right, and who says so.
    """

    resource: Text
    rule: Annotated[str, Pattern(r"SF\d{3}", "write the id of a rule, SF410 for example")]
    reason: Text


@dataclass(frozen=True, kw_only=True)
class Environment(ValueObject):
    """One environment: a gateway and the APIs that it serves. It becomes one stack.

    Attributes:
        subscription_id: The subscription; that of the sign-in if left out.
        tenant_id: The tenant, likewise.
        azurerm: Major version of the azurerm provider, `'4'` or `'5'` as text; that of the
            installed bindings if left out.
        location: Azure region, for example `westeurope`.
        resource_group: Name of the resource group that is made.
        state: Where Terraform keeps its state; in a file of this machine if left out.
        gateway: The API Management service: a new one, or one that exists.
        apis: The APIs, by a name that becomes part of the names of their resources.
        mcp_servers: The MCP servers, by such a name.
        resource_metadata: Whether this stack makes the API that serves the metadata of all MCP
            servers of the gateway, or it is `existing`, as another stack on the gateway makes it.
        accept: Findings of the access check that are right here.
        tags: Tags on every resource that takes them.
    """

    subscription_id: SubscriptionId | None = None
    tenant_id: TenantId | None = None
    azurerm: AzurermVersion | None = None
    location: Location
    resource_group: ResourceGroupName
    state: State = field(default_factory=LocalState)
    gateway: GatewaySettings | ExistingGatewaySettings
    apis: Mapping[_ApiKey, ApiSettings] = field(default_factory=dict[str, ApiSettings])
    mcp_servers: Mapping[_ApiKey, McpServerSettings] = field(
        default_factory=dict[str, McpServerSettings]
    )
    resource_metadata: Literal["made", "existing"] = "made"
    accept: Sequence[AcceptedFinding] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def problems(self) -> Iterator[Problem]:
        """What of the APIs does not fit together, or not on the gateway."""
        if not (self.apis or self.mcp_servers):
            yield Problem("apis", "there is nothing to serve", "write at least one API")
        if self.resource_metadata == "existing" and isinstance(self.gateway, GatewaySettings):
            yield Problem("resource_metadata", "a new gateway has no API yet", "leave it out")
        yield from self._taken_ids()
        yield from self._names_taken_twice()
        yield from self._shared_paths()
        sku = str(self.gateway.get("sku") or "Developer_1")
        if isinstance(self.gateway, ExistingGatewaySettings) and not self.gateway.get("sku"):
            return
        for (section, name), api in self.served.items():
            app = api.get("function_app")
            for site in ("inbound", "deployment"):
                inbound = getattr(app, site, None)
                if inbound and inbound.gateway and tier_of(sku) not in CLASSIC:
                    yield Problem(
                        (section, name, "function_app", site, "gateway"),
                        f"{sku} has no address of its own",
                        "name its subnet in subnet_ids",
                    )
            if api.get("circuit_breaker") and tier_of(sku) == "Consumption":
                yield Problem(
                    (section, name, "circuit_breaker"),
                    "not available with the SKU Consumption",
                    "leave it out",
                )

    @property
    def served(self) -> Mapping[tuple[str, str], ApiSettings | McpServerSettings]:
        """What the gateway serves, by the section of the file and the name in it."""
        return {
            **{("apis", name): api for name, api in self.apis.items()},
            **{("mcp_servers", name): server for name, server in self.mcp_servers.items()},
        }

    def takes(self, stack: str = "") -> Iterator[Taken]:
        """Find the names that nobody else can have: in the world, in a group, in a gateway.

        Args:
            stack: The environment's name, if it is known.
        """
        yield from _state_of(self.state, stack)
        group = self.resource_group
        yield Taken(
            f"resource group in the subscription {self.subscription_id or 'of the sign-in'}",
            group.lower(),
            ("resource_group",),
            f"the resource group {group!r}",
            "choose another"
            if self.subscription_id
            else "choose another, or give each file its subscription_id",
        )
        gateway = self.gateway.get("name")
        if isinstance(self.gateway, GatewaySettings) and gateway:
            yield _host("API Management service", gateway, ("gateway", "name"))
        for at, api in self.served.items():
            yield from _of_app(api.get("function_app"), (*at, "function_app"))
            uri = getattr(api.get("registration"), "given", {}).get("identifier_uri")
            if uri and "{client_id}" not in uri:
                tenant = self.tenant_id or "of the sign-in"
                place = (*at, "registration", "identifier_uri")
                yield Taken(f"in the tenant {tenant}", uri, place, f"the identifier URI {uri!r}")
        if gateway:
            yield from self._takes_in_gateway(gateway, stack)

    def _takes_in_gateway(self, gateway: str, stack: str) -> Iterator[Taken]:
        """Find the names in the API Management service, which several stacks may share."""

        def taken(kind: str, name: str, place: DocumentPath, fix: str) -> Taken:
            shown = f"the {kind} {name!r} in {gateway}" if name else f"the {kind} in {gateway}"
            within = gateway.lower()
            return Taken(f"{kind} in {within}", name.lower(), place, shown, fix, within)

        if self.gateway.get("policy"):
            yield taken(
                "policy of the service", "", ("gateway", "policy"), "give it in one of them"
            )
        if self.mcp_servers and self.resource_metadata == "made":
            fix = "write resource_metadata: existing in one of the two files"
            yield taken("API for the metadata of MCP servers", "", ("mcp_servers",), fix)
        paths: set[str] = set()
        for (section, key), api in self.served.items():
            at, name = (section, key), api.get("name") or key
            own = f"{key}-{stack}" if stack else "another"
            yield taken("API name", name, (*at, "name"), f"write name: {own}, for example")
            path, version = api.get("path"), api.get("version")
            if path is not None:
                fix = f"write path: {own}, for example"
                if version:
                    served = f"{path}/{version.version}"
                    yield taken("path", served, (*at, "path"), fix)
                # Versions of one set share it; the stack makes one set for all of its own.
                if not (version and version.version_set_id) and path.lower() not in paths:
                    paths.add(path.lower())
                    yield taken("path", path, (*at, "path"), fix)
            if (product := api.get("product")) and product.display_name:
                fix = "leave display_name out where the product is there already"
                yield taken("product", product.id, (*at, "product"), fix)
            for value in api.get("named_values") or ():
                fix = "choose another, or leave it out: policies read that of the other file too"
                yield taken("named value", value, (*at, "named_values", value), fix)

    def _names_taken_twice(self) -> Iterator[Problem]:
        first: dict[tuple[str, str], Taken] = {}
        for each in self.takes():
            other = first.setdefault((each.what, each.name), each)
            # Which APIs share a path is said in other words.
            if other is not each and each.place[-1] != "path":
                where = ".".join(map(str, other.place))
                yield Problem(each.place, f"{each.shown} is taken by {where} already", each.fix)

    def _taken_ids(self) -> Iterator[Problem]:
        taken = {
            **dict.fromkeys(STACK_IDS, "the stack itself"),
            **{
                registration_id(name): f"the registration of {name}"
                for (_, name), api in self.served.items()
                if not isinstance(api.get("registration"), (ExistingRegistration, ContractSettings))
            },
        }
        for section, name in self.served:
            if name in taken:
                yield Problem(
                    (section, name), f"{name!r} is taken by {taken[name]}", "choose another name"
                )
            taken |= {name: f"{section}.{name}"}

    def _shared_paths(self) -> Iterator[Problem]:
        served: dict[str, tuple[str, ApiVersion | None]] = {}
        versions: set[tuple[str, str]] = set()
        for (section, name), api in self.served.items():
            path: str | None = api.get("path")
            if path is None:  # it is wrong, which is noted
                continue
            version: ApiVersion | None = api.get("version")
            first, other = served.setdefault(path.lower(), (name, version))
            place = (path.lower(), version.version.lower() if version else "")
            if first != name and (version is None or other is None or place in versions):
                yield Problem(
                    (section, name, "path"),
                    f"{path!r} is served by {first} already",
                    "write another",
                )
            elif (
                version
                and other
                and (version.scheme, version.parameter)
                != (
                    other.scheme,
                    other.parameter,
                )
            ):
                yield Problem(
                    (section, name, "version"),
                    "all versions of one path are told apart in the same way",
                    f"write scheme and parameter of {first}",
                )
            versions.add(place)


_ApiKey = Annotated[
    str,
    Pattern(
        r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,58}[a-zA-Z0-9])?",
        "write up to 60 letters, digits and hyphens, no hyphen first or last",
    ),
]


def _host(what: str, name: str, place: DocumentPath) -> Taken:
    fix = "choose another: Azure has such a name once in the world"
    return Taken(what, name.lower(), place, f"the {what} {name!r}", fix)


def _of_app(app: object, at: DocumentPath) -> Iterator[Taken]:
    if isinstance(app, OutsideFunctionApp):
        shown = f"the Easy Auth of {app.id.rpartition('/')[2]}"
        fix = "write one API for the app: two would overwrite each other's settings"
        yield Taken("Easy Auth", app.id.lower(), (*at, "existing"), shown, fix)
    if not isinstance(app, FunctionAppSettings):  # it is wrong, which is noted
        return
    if app.name:
        yield _host("function app", app.name, (*at, "name"))
        for slot in app.all_slots:
            yield _host("function app", f"{app.name}-{slot.name}", (*at, "slots"))
    storage = app.storage
    if storage.name and storage.account_id is None:
        yield _host("storage account", storage.name, (*at, "storage", "name"))
    if storage.container and storage.account_id:
        container = f"{storage.account_id}/{storage.container}".lower()
        shown = f"the container {storage.container!r} in {storage.name}"
        yield Taken("container", container, (*at, "storage", "container"), shown)


def _state_of(state: State, stack: str) -> Iterator[Taken]:
    key = isinstance(state, AzurermState) and (state.key or (f"{stack}.tfstate" if stack else None))
    if isinstance(state, AzurermState) and key:
        blob = f"{state.storage_account_name}/{state.container_name}/{key}"
        yield Taken("state", blob, ("state", "key"), f"the state {key!r}")
    elif isinstance(state, HcpState):
        workspace = f"{state.hostname}/{state.organization}/{state.workspace}"
        yield Taken(
            "state", workspace, ("state", "workspace"), f"the workspace {state.workspace!r}"
        )


def registration_id(api: str) -> str:
    """Return the id that a stack gives to an API's new registration."""
    return f"{api}-registration"
