"""The schema of `environments/*.yaml`: what an environment is made of, in words of its owners.

The models are the JSON Schema that editors complete from (`secured-functions schema`) and the check
that names file, line and key of everything that is wrong, at once.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from constructs_lib.errors import InputError
from constructs_lib.gateway_tiers import SKU, SKU_RULE, tier_problems
from constructs_lib.operations import Operation as ApiOperation
from constructs_lib.operations import Operations, TemplateParameter

_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_RESOURCE_ID = r"^/subscriptions/\S+$"
_CIDR = r"^[0-9a-fA-F.:]+/\d{1,3}$"
_NAME = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,58}[a-zA-Z0-9])?$"
_STORAGE_NAME = r"^[a-z0-9]{3,24}$"
_SKU = f"^({SKU.pattern})$"
_SITE_ID = (
    r"^/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Web/sites/[\w-]{2,60}$"
)

# What a pattern means in words; the others are short enough to be read.
_RULES = {
    _UUID: "write a UUID",
    _RESOURCE_ID: "write an Azure resource id, /subscriptions/…",
    _CIDR: "write an address range, 203.0.113.0/24",
    _NAME: "write up to 60 letters, digits and hyphens",
    _STORAGE_NAME: "write 3 to 24 lower-case letters and digits",
    _SKU: SKU_RULE,
    _SITE_ID: "write /subscriptions/…/resourceGroups/…/providers/Microsoft.Web/sites/<name>",
}

Uuid = Annotated[str, StringConstraints(pattern=_UUID)]
ResourceId = Annotated[str, StringConstraints(pattern=_RESOURCE_ID)]
Cidr = Annotated[str, StringConstraints(pattern=_CIDR)]
Name = Annotated[str, StringConstraints(pattern=_NAME)]
StorageName = Annotated[str, StringConstraints(pattern=_STORAGE_NAME)]

# A stored key ends like this; a client secret holds a tilde. Both belong in Key Vault.
_SECRET_VALUE = re.compile(
    r"AccountKey=|SharedAccessKey=|sig=[\w%]{20,}|[A-Za-z0-9+/]{80,}==|^[\w.~-]{3}8Q~[\w.~-]{30,}$"
)
_SECRET_NAME = re.compile(r"(?i)(secret|password|passwd|apikey|api_key|accountkey|_key|-key)$")
_VAULT_REFERENCE = "@Microsoft.KeyVault("


def _kind(value: Any) -> str:
    """Tell the members of a union apart, so that only the meant one's problems are listed."""
    if isinstance(value, str):
        return "Text"
    # A mapping when the file is read, a model when the JSON Schema is made.
    keys = set(cast("Iterable[str]", value if isinstance(value, dict) else vars(value)))
    if "contract" in keys:
        return "Contract"
    return "Existing" if keys & {"existing", "client_id", "secret_id"} else "New"


_BY_KIND = Discriminator(_kind)


class Settings(BaseModel):
    """Base of all sections: no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class LocalState(Settings):
    """Terraform's state in a file on this machine: for trying out, for one person."""

    kind: Literal["local"] = Field(default="local", description="A file beside cdktf.json.")


class AzurermState(Settings):
    """State in a storage account, reached with an Entra identity and never with its key."""

    kind: Literal["azurerm"] = Field(description="A blob in a storage account.")
    resource_group_name: str = Field(description="Resource group of the storage account.")
    storage_account_name: StorageName = Field(description="The storage account.")
    container_name: str = Field(default="tfstate", description="Its container.")
    key: str | None = Field(
        default=None, description="Name of the blob; `<environment>.tfstate` if left out."
    )
    use_oidc: bool = Field(
        default=False, description="Sign in with the CI's own token (workload identity federation)."
    )


class HcpState(Settings):
    """State in HCP Terraform."""

    kind: Literal["hcp"] = Field(description="A workspace of HCP Terraform.")
    organization: str = Field(description="The organization.")
    workspace: str = Field(description="The workspace.")
    hostname: str = Field(
        default="app.terraform.io", description="Host of HCP Terraform or Terraform Enterprise."
    )


State = Annotated[LocalState | AzurermState | HcpState, Field(discriminator="kind")]


class PublisherSettings(Settings):
    """Whom API Management names as the publisher."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="Name of the organization, as callers see it."
    )
    email: Annotated[str, StringConstraints(pattern=r"^\S{1,100}$")] = Field(
        description="Address that Azure sends notices to."
    )


class UserAssignedIdentitySettings(Settings):
    """A user-assigned identity that exists."""

    id: ResourceId = Field(description="Its Azure resource id.")
    client_id: Uuid = Field(description="Its client id, which stands in its tokens.")
    principal_id: Uuid = Field(description="Its object id.")


class IdentitySettings(Settings):
    """The managed identity of the gateway; with both kinds it calls with the user-assigned one."""

    system_assigned: bool = Field(
        default=True,
        description="Whether Azure makes an identity that lives as long as the gateway.",
    )
    user_assigned: (
        Annotated[
            Annotated[Name, Tag("Text")] | Annotated[UserAssignedIdentitySettings, Tag("Existing")],
            _BY_KIND,
        ]
        | None
    ) = Field(
        default=None, description="Name of an identity to make, or the ids of one that exists."
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> IdentitySettings:
        if not self.system_assigned and self.user_assigned is None:
            raise ValueError("the gateway needs an identity: set system_assigned or user_assigned")
        return self


class NetworkSettings(Settings):
    """How the gateway is joined to a virtual network."""

    subnet_id: ResourceId = Field(description="The subnet that the gateway is put into.")
    type: Literal["External", "Internal"] = Field(
        default="External",
        description="Whether callers reach it from outside, or from the network only.",
    )


class GatewaySettings(Settings):
    """A new API Management service."""

    name: Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z-]{1,50}$")] = Field(
        description="Name of the service, unique in all of Azure."
    )
    publisher: PublisherSettings = Field(description="Whom the developer portal names.")
    sku: str = Field(default="Developer_1", description="Tier and units.", pattern=_SKU)
    identity: IdentitySettings = Field(
        default=IdentitySettings(), description="The identity that it calls the functions with."
    )
    virtual_network: NetworkSettings | None = Field(
        default=None, description="The network that it is joined to; none if left out."
    )
    zones: tuple[Literal["1", "2", "3"], ...] = Field(
        default=(), description="Availability zones that its units are spread over."
    )
    public_ip_address_id: ResourceId | None = Field(
        default=None, description="A public IP address of yours, for a gateway in a network."
    )
    min_api_version: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] | None = Field(
        default=None,
        description="Oldest version of the management API that it serves; 2021-08-01 if left out.",
    )
    policy: str | None = Field(default=None, description="XML file of the whole service's policy.")

    @model_validator(mode="after")
    def _fits_the_tier(self) -> GatewaySettings:
        problems = [
            f"{argument}: {problem} ({fix})"
            for argument, problem, fix in tier_problems(
                self.sku,
                network_type=self.virtual_network.type if self.virtual_network else None,
                zones=bool(self.zones),
                public_ip_address=self.public_ip_address_id is not None,
            )
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


class ExistingGatewaySettings(Settings):
    """An API Management service that another team made."""

    existing: str = Field(description="Its name.")
    resource_group_name: str = Field(description="Its resource group.")
    identity: UserAssignedIdentitySettings | None = Field(
        default=None,
        description="The user-assigned identity that it calls with, instead of its own.",
    )


def _checked_operation(entry: str | OperationSettings) -> str | OperationSettings:
    try:
        operation_of(entry)
    except InputError as error:
        raise ValueError(str(error)) from error
    return entry


class ParameterSettings(Settings):
    """A parameter of a URL template."""

    name: str = Field(description="Its name in the template.")
    type: str = Field(default="string", description="Its JSON type.")
    description: str | None = Field(default=None, description="What it is for.")
    default: str | None = Field(default=None, description="What holds if it is left out.")
    values: tuple[str, ...] = Field(default=(), description="The only values that are allowed.")


class OperationSettings(Settings):
    """One operation, written out."""

    method: str = Field(description="HTTP method.")
    url_template: str = Field(
        description="Path below the API, with parameters in braces, such as `/orders/{id}`."
    )
    id: str = Field(
        default="",
        description="Its id in API Management; made from method and template if left out.",
    )
    display_name: str = Field(
        default="", description="Its name for readers; made from method and template if left out."
    )
    description: str | None = Field(default=None, description="What it does.")
    parameters: tuple[ParameterSettings, ...] = Field(
        default=(), description="Template parameters; required strings if left out."
    )
    policy: str | None = Field(default=None, description="XML file of the operation's policy.")


class RegistrationSettings(Settings):
    """A new app registration."""

    display_name: str | None = Field(
        default=None, description="Its name in Entra; made from the API's if left out."
    )
    owners: tuple[Uuid, ...] = Field(
        default=(), description="Object ids of those who may change it."
    )
    role: str = Field(
        default="Functions.Invoke", description="Value of the app role that callers need."
    )
    identifier_uri: str | None = Field(
        default=None, description="Its URI, if other clients ask for tokens by one."
    )


class ExistingRegistrationSettings(Settings):
    """An app registration that somebody else manages."""

    client_id: Uuid = Field(description="Its application (client) id.")
    tenant_id: Uuid = Field(description="The tenant that it lives in.")
    token_version: Literal[1, 2] = Field(
        default=2, description="Version of the tokens that Entra issues for it."
    )
    audiences: tuple[str, ...] = Field(
        default=(), description="Further audiences of its tokens, such as its identifier URI."
    )


class ContractSettings(Settings):
    """An app registration as the directory team's contract names it."""

    contract: str = Field(description="The contract, a JSON file.")
    name: str | None = Field(
        default=None, description="The registration's name in it; the API's if left out."
    )


class CallerSettings(Settings):
    """A principal that may call the functions besides the gateway."""

    name: Name = Field(description="Its name, for readers and for the id of its role assignment.")
    client_id: Uuid = Field(description="Its client id.")
    object_id: Uuid = Field(description="Its object id.")


class HostingSettings(Settings):
    """Where the functions run."""

    kind: Literal["consumption", "premium", "dedicated", "flex_consumption"] = Field(
        default="flex_consumption", description="The plan."
    )
    os: Literal["Linux", "Windows"] = Field(default="Linux", description="The operating system.")
    sku: str | None = Field(
        default=None, description="SKU of a dedicated or premium plan; EP1 for premium if left out."
    )
    zone_balancing: bool = Field(
        default=False, description="Whether instances are spread over availability zones."
    )
    maximum_instance_count: Annotated[int, Field(ge=40, le=1000)] | None = Field(
        default=None, description="Most instances at once, with Flex Consumption; 100 if left out."
    )
    instance_memory_in_mb: Literal[512, 2048, 4096] | None = Field(
        default=None,
        description="Memory of an instance in MB, with Flex Consumption; 2048 if left out.",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> HostingSettings:
        if self.os == "Windows" and self.kind == "flex_consumption":
            raise ValueError("Flex Consumption runs on Linux only: write os: Linux")
        if self.kind == "dedicated" and self.sku is None:
            raise ValueError("a dedicated plan needs a sku, for example P1v3")
        if self.sku and self.kind in ("consumption", "flex_consumption"):
            raise ValueError(f"{self.kind} has one SKU: leave sku out")
        return self


class InboundSettings(Settings):
    """Who reaches a site at all, before its tokens are looked at."""

    gateway: bool = Field(
        default=False,
        description="The gateway's own address; Developer, Basic, Standard and Premium have one.",
    )
    subnet_ids: tuple[ResourceId, ...] = Field(
        default=(), description="Subnets whose service endpoints let them in."
    )
    cidrs: tuple[Cidr, ...] = Field(
        default=(), description="Ranges of addresses, such as `203.0.113.0/24`."
    )


class FunctionAppSettings(Settings):
    """A new function app."""

    name: Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z-]{2,60}$")] | None = Field(
        default=None,
        description="Its name, unique in all of Azure; made from environment and API if left out.",
    )
    runtime: Annotated[str, StringConstraints(pattern=r"^[\w-]+( [\w.]+)?$")] = Field(
        description="Language and version, for example `python 3.12` or `dotnet-isolated 8.0`."
    )
    hosting: HostingSettings = Field(
        default=HostingSettings(), description="Plan and operating system."
    )
    storage_account_name: StorageName | None = Field(
        default=None, description="Name of its storage account; made from its own if left out."
    )
    slots: tuple[Name, ...] = Field(
        default=(), description="Deployment slots, each with an Easy Auth of its own."
    )
    inbound: InboundSettings | None = Field(
        default=None, description="Nobody but these; everybody with a token if left out."
    )
    deployment: InboundSettings | None = Field(
        default=None, description="Who reaches the deployment site; nobody if left out."
    )
    outbound_subnet_id: ResourceId | None = Field(
        default=None, description="Subnet that its own calls go through."
    )
    log_analytics_workspace_id: ResourceId | None = Field(
        default=None, description="Makes an Application Insights component in this workspace."
    )
    app_settings: dict[str, str] = Field(
        default_factory=dict,
        description="Environment variables; secrets as references to Key Vault.",
    )

    @model_validator(mode="after")
    def _fits_the_hosting(self) -> FunctionAppSettings:
        if self.slots and self.hosting.kind == "flex_consumption":
            raise ValueError("Flex Consumption has no deployment slots: leave slots out")
        return self

    @field_validator("app_settings")
    @classmethod
    def _no_secret(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            named = _SECRET_NAME.search(name) and not text.startswith(_VAULT_REFERENCE)
            if named or _SECRET_VALUE.search(text):
                raise ValueError(
                    f"{name} holds what looks like a secret in plain text: "
                    f"write {_VAULT_REFERENCE}SecretUri=https://…)"
                )
        return value


class ExistingFunctionAppSettings(Settings):
    """A function app outside Terraform: only its Easy Auth and its side doors are written."""

    existing: Annotated[str, StringConstraints(pattern=_SITE_ID)] = Field(
        description="Its Azure resource id."
    )
    hostname: Annotated[str, StringConstraints(pattern=r"^[\w-]+(\.[\w-]+)+$")] | None = Field(
        default=None,
        description="Its default host name; `<name>.azurewebsites.net` if left out.",
    )
    slots: tuple[Name, ...] = Field(default=(), description="All of its deployment slots.")
    ftp: bool = Field(
        default=True, description="Whether it has FTP to close; Flex Consumption has none."
    )


class VersionSettings(Settings):
    """The API's version and where callers write it."""

    version: Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,100}$")] = Field(
        description="The version, such as `v1`."
    )
    scheme: Literal["Segment", "Header", "Query"] = Field(
        default="Segment", description="Where callers write it."
    )
    parameter: str | None = Field(
        default=None, description="Name of the header or query parameter."
    )


class NamedValueSettings(Settings):
    """A named value that API Management reads from Key Vault."""

    secret_id: Annotated[str, StringConstraints(pattern=r"^https://\S+/secrets/\S+$")] = Field(
        description="The secret, by its URL in Key Vault."
    )
    identity_client_id: Uuid | None = Field(
        default=None,
        description="Client id of the identity that reads it; the gateway's own if left out.",
    )


class ProductSettings(Settings):
    """The product that the API is offered in."""

    id: str = Field(description="Its id in API Management.")
    display_name: str | None = Field(
        default=None, description="Makes a new product; leave it out for one that exists."
    )
    description: str | None = Field(default=None, description="What it offers.")


class ApiSettings(Settings):
    """One API in front of one function app."""

    path: Annotated[
        str,
        StringConstraints(max_length=400, pattern=r"^([A-Za-z0-9_]|[\w.][\w\-/.:]*[\w-])?$"),
    ] = Field(description="Where the API is served below the gateway's URL.")
    display_name: str | None = Field(default=None, description="Its name for readers.")
    description: str | None = Field(default=None, description="What it is for.")
    operations: tuple[
        Annotated[
            Annotated[str, Tag("Text")] | Annotated[OperationSettings, Tag("New")],
            _BY_KIND,
            AfterValidator(_checked_operation),
        ],
        ...,
    ] = Field(default=(), description="For example `GET /orders/{id}`.")
    functions_project: str | None = Field(
        default=None, description="Folder of a Functions project whose routes are published."
    )
    openapi: str | None = Field(
        default=None, description="OpenAPI document whose operations are published."
    )
    route_prefix: str | None = Field(
        default=None, description="The route prefix in host.json, if it is not `api`."
    )
    function_app: Annotated[
        Annotated[FunctionAppSettings, Tag("New")]
        | Annotated[ExistingFunctionAppSettings, Tag("Existing")],
        _BY_KIND,
    ] = Field(description="The app behind it: a new one, or one outside Terraform.")
    migration: Literal["keys", "both", "identity"] | None = Field(
        default=None,
        description="Stage on the way from a function key to the gateway's identity.",
    )
    function_key: (
        Annotated[
            Annotated[str, Tag("Text")] | Annotated[NamedValueSettings, Tag("Existing")], _BY_KIND
        ]
        | None
    ) = Field(
        default=None,
        description="The key in those stages: a secret in Key Vault, or a named value by its name.",
    )
    registration: Annotated[
        Annotated[RegistrationSettings, Tag("New")]
        | Annotated[ExistingRegistrationSettings, Tag("Existing")]
        | Annotated[ContractSettings, Tag("Contract")],
        _BY_KIND,
    ] = Field(default=RegistrationSettings(), description="What Entra knows the app by.")
    further_callers: tuple[CallerSettings, ...] = Field(
        default=(), description="Who may call the app besides the gateway."
    )
    policy: str | None = Field(default=None, description="XML file of the API's policy.")
    version: VersionSettings | None = Field(
        default=None, description="Its version; none if left out."
    )
    product: ProductSettings | None = Field(
        default=None,
        description="The product that callers subscribe to.",
    )
    named_values: dict[
        str,
        Annotated[
            Annotated[str, Tag("Text")] | Annotated[NamedValueSettings, Tag("Existing")], _BY_KIND
        ],
    ] = Field(
        default_factory=dict,
        description="Named values for its policies: plain text, or a secret in Key Vault.",
    )
    circuit_breaker: bool = Field(
        default=False, description="Whether the gateway gives a failing app time to recover."
    )

    @field_validator("operations")
    @classmethod
    def _operations(
        cls, value: tuple[str | OperationSettings, ...]
    ) -> tuple[str | OperationSettings, ...]:
        try:
            Operations.of(*(operation_of(entry) for entry in value))
        except InputError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("named_values")
    @classmethod
    def _no_secret(
        cls, value: dict[str, NamedValueSettings | str]
    ) -> dict[str, NamedValueSettings | str]:
        for name, text in value.items():
            if isinstance(text, str) and (_SECRET_NAME.search(name) or _SECRET_VALUE.search(text)):
                raise ValueError(
                    f"{name} holds what looks like a secret in plain text: write secret_id: https://…"
                )
        return value

    @model_validator(mode="after")
    def _one_source(self) -> ApiSettings:
        sources = [bool(self.operations), bool(self.functions_project), bool(self.openapi)]
        if sum(sources) != 1:
            raise ValueError("give one of operations, functions_project and openapi")
        return self

    @model_validator(mode="after")
    def _can_migrate(self) -> ApiSettings:
        if self.migration and isinstance(self.function_app, FunctionAppSettings):
            raise ValueError(
                "migration is for a function app that exists: give function_app.existing"
            )
        if self.function_key is None and self.migration in ("keys", "both"):
            raise ValueError(
                f"the stage {self.migration} sends the function key: give function_key"
            )
        if self.function_key is not None and self.migration is None:
            raise ValueError("function_key is sent to nobody: leave it out, or give migration")
        return self


class Environment(Settings):
    """One environment: a gateway and the APIs that it serves. It becomes one stack."""

    subscription_id: Uuid | None = Field(
        default=None, description="The subscription; that of the sign-in if left out."
    )
    tenant_id: Uuid | None = Field(default=None, description="The tenant, likewise.")
    location: str = Field(description="Azure region, for example `westeurope`.")
    resource_group: str = Field(
        description="Name of the resource group that is made.",
        pattern=r"^[-\w.()]{0,89}[-\w()]$",
    )
    state: State = Field(default=LocalState(), description="Where Terraform keeps its state.")
    gateway: Annotated[
        Annotated[GatewaySettings, Tag("New")]
        | Annotated[ExistingGatewaySettings, Tag("Existing")],
        _BY_KIND,
    ] = Field(description="The API Management service: a new one, or one that exists.")
    apis: dict[Name, ApiSettings] = Field(
        min_length=1,
        description="The APIs, by a name that becomes part of the names of their resources.",
    )
    tags: dict[str, str] = Field(
        default_factory=dict, description="Tags on every resource that takes them."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Environment:
        problems: list[str] = []
        served: dict[str, str] = {}
        for name, api in self.apis.items():
            key = f"{api.path.lower()}/{api.version.version if api.version else ''}"
            first = served.setdefault(key, name)
            if first != name:
                problems.append(f"apis.{name}.path: {api.path!r} is served by {first} already")
            if (
                isinstance(api.function_app, FunctionAppSettings)
                and api.function_app.inbound
                and api.function_app.inbound.gateway
                and isinstance(self.gateway, GatewaySettings)
                and "V2" in self.gateway.sku
            ):
                problems.append(
                    f"apis.{name}.function_app.inbound.gateway: {self.gateway.sku} has no address "
                    "of its own (name its subnet in subnet_ids)"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self


def operation_of(entry: str | OperationSettings) -> ApiOperation:
    """Return the operation that a line of the settings stands for.

    Raises:
        InputError: If API Management would not accept it.
    """
    if isinstance(entry, str):
        return ApiOperation.parse(entry)
    return ApiOperation(
        method=entry.method,
        url_template=entry.url_template,
        id=entry.id,
        display_name=entry.display_name,
        description=entry.description,
        parameters=tuple(
            TemplateParameter(**parameter.model_dump()) for parameter in entry.parameters
        ),
    )


def read_environment(path: Path) -> Environment:
    """Read and check one file of settings.

    Raises:
        InputError: With a line for each thing that is wrong: file, line, key, and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.SafeLoader(text).get_single_node()
        data: object = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise InputError(f"no YAML: {error.problem}", where=f"{path}{line}") from error
    if not isinstance(data, dict):
        raise InputError(
            "holds no settings", where=str(path), fix="start from environments/dev.yaml"
        )
    evaluated = [
        f"{path}:{line}: {where}: Terraform would evaluate {text!r} (write it without ${{ and %{{)"
        for where, line, text in _templates(node)
    ]
    try:
        environment = Environment.model_validate(data)
    except ValidationError as error:
        raise InputError("\n".join([*_problems(path, node, error), *evaluated])) from error
    if evaluated:
        raise InputError("\n".join(evaluated))
    return environment


def read_environments(folder: Path) -> dict[str, Environment]:
    """Read every environment in a folder, by the name of its file.

    Raises:
        InputError: With everything that is wrong in all of them.
    """
    paths = sorted({*folder.glob("*.yaml"), *folder.glob("*.yml")})
    if not paths:
        raise InputError(
            "no environments there", where=str(folder), fix="write one as <environment>.yaml"
        )
    environments: dict[str, Environment] = {}
    problems: list[str] = []
    for path in paths:
        try:
            if path.stem in environments:
                raise InputError("there are two files of this name", where=str(path))
            environments[path.stem] = read_environment(path)
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("\n".join(problems))
    return environments


def json_schema() -> str:
    """Return the JSON Schema of the settings, as a file's text."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Environment.model_json_schema(),
    }
    return json.dumps(schema, indent=2) + "\n"


def _problems(path: Path, node: yaml.Node | None, error: ValidationError) -> Iterator[str]:
    placed = [(*_place(node, problem["loc"]), problem) for problem in error.errors()]
    for keys, line, problem in sorted(placed, key=lambda entry: entry[1]):
        where = ".".join(str(key) for key in keys) or "settings"
        yield f"{path}:{line}: {where}: {_message(problem, keys)}"


def _templates(node: yaml.Node | None, where: str = "") -> Iterator[tuple[str, int, str]]:
    """Find text in Terraform's template language: no setting is meant to run as code."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _templates(value, f"{where}.{key.value}".lstrip("."))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _templates(value, f"{where}.{number}")
    elif isinstance(node, yaml.ScalarNode) and re.search(r"[$%]\{", node.value):
        yield where, _line(node), node.value


def _place(node: yaml.Node | None, location: Sequence[int | str]) -> tuple[list[int | str], int]:
    """Follow pydantic's location down the file; names of union members are no keys and drop out."""
    keys: list[int | str] = []
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if found is None:
                if part == location[-1] and not str(part)[:1].isupper():
                    keys.append(part)
                continue
            key, node = found
            line = _line(key)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = _line(node)
        else:
            continue
        keys.append(part)
    return keys, line


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node and node.start_mark else 1


def _message(problem: Any, keys: Sequence[int | str]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(keys[-1]), _all_keys(), n=1, cutoff=0.7)
        return "this key is not known" + (f" (did you mean {near[0]!r}?)" if near else "")
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        allowed = problem["ctx"]["pattern"]
        rule = _RULES.get(allowed, f"it must match {allowed}")
        return f"{problem['input']!r} is not allowed ({rule})"
    message: str = problem["msg"]
    return f"{message[:1].lower()}{message[1:]}, not {problem['input']!r}"


def _all_keys() -> list[str]:
    keys = set(Environment.model_fields)
    for definition in Environment.model_json_schema()["$defs"].values():
        keys |= set(definition.get("properties", ()))
    return sorted(keys)
