"""The schema of `environments/*.yaml`: what an environment is made of, in words of its owners.

The models are the JSON Schema that editors complete from (`secured-functions schema`) and the check
that names file, line and key of everything that is wrong, at once.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import read_text, unusable
from constructs_lib._core.files.yaml_text import load_yaml
from constructs_lib._core.secrets import secret_reason, secret_shape
from constructs_lib.gateway.tiers import CLASSIC, SKU, SKU_RULE, tier_of, tier_problems
from constructs_lib.operations import Operation as ApiOperation
from constructs_lib.operations import Operations, Parameter

_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_RESOURCE_ID = r"^/subscriptions/\S+$"
_CIDR = r"^[0-9a-fA-F.:]+/\d{1,3}$"
_NAME = r"^[a-zA-Z0-9]([a-zA-Z0-9-]{0,58}[a-zA-Z0-9])?$"
_STORAGE_NAME = r"^[a-z0-9]{3,24}$"
_SKU = f"^({SKU.pattern})$"
_RUNTIME = r"^((python|node|dotnet|dotnet-isolated|java|powershell) [\w.]+|custom)$"
_LOCATION = r"^[A-Za-z][A-Za-z0-9 ]*$"
_HOSTNAME = r"^([0-9A-Za-z-]{1,63}\.)+[A-Za-z]{2,}$"
_NAMED_VALUE = r"^[a-zA-Z0-9]([a-zA-Z0-9-_]{0,78}[a-zA-Z0-9])?$"
_SITE_ID = (
    r"^/subscriptions/[^/\s]+/resourceGroups/[^/\s]+"
    r"/providers/Microsoft\.Web/sites/[0-9A-Za-z-]{2,60}$"
)

# What a pattern means in words; the others are short enough to be read.
_RULES = {
    _UUID: "write a UUID",
    _RESOURCE_ID: "write an Azure resource id, /subscriptions/…",
    _CIDR: "write an address range, 203.0.113.0/24",
    _NAME: "write up to 60 letters, digits and hyphens",
    _STORAGE_NAME: "write 3 to 24 lower-case letters and digits",
    _SKU: SKU_RULE,
    _RUNTIME: "write a language and its version, such as python 3.12; the languages are python, "
    "node, dotnet, dotnet-isolated, java and powershell, or custom without a version",
    _LOCATION: "write an Azure region, such as westeurope",
    _HOSTNAME: "write a host name without https://",
    _NAMED_VALUE: "write the name of a named value: up to 80 letters, digits, - and _",
    _SITE_ID: "write /subscriptions/…/resourceGroups/…/providers/Microsoft.Web/sites/<name>",
}

Uuid = Annotated[str, StringConstraints(pattern=_UUID)]
ResourceId = Annotated[str, StringConstraints(pattern=_RESOURCE_ID)]
Cidr = Annotated[str, StringConstraints(pattern=_CIDR)]
Name = Annotated[str, StringConstraints(pattern=_NAME)]
StorageName = Annotated[str, StringConstraints(pattern=_STORAGE_NAME)]


def _no_key(text: str) -> str:
    shape = secret_shape(text)
    if shape:
        raise ValueError(f"holds what looks like {shape.meaning}: write secret_id: https://…")
    return text


NamedValueName = Annotated[str, BeforeValidator(_no_key), StringConstraints(pattern=_NAMED_VALUE)]


def _each_once(slots: tuple[str, ...]) -> tuple[str, ...]:
    for number, slot in enumerate(slots):
        if slot.lower() == "production":
            raise ValueError(f"{slot!r} is the app itself: leave it out")
        # Azure compares names without regard to case.
        if slot.lower() in (each.lower() for each in slots[:number]):
            raise ValueError(f"{slot!r} is there twice: leave one out")
    return slots


Slots = Annotated[tuple[Name, ...], AfterValidator(_each_once)]


def _kind(value: Any) -> str | None:
    """Tell the members of a union apart, so that only the meant one's problems are listed."""
    if isinstance(value, str):
        return "Text"
    # A mapping when the file is read, a model when the JSON Schema is made.
    if not isinstance(value, (dict, BaseModel)):
        return None
    keys = set(cast("Iterable[str]", value if isinstance(value, dict) else vars(value)))
    if "contract" in keys:
        return "Contract"
    return "Existing" if keys & {"existing", "client_id", "secret_id"} else "New"


def _by_kind(forms: str) -> Discriminator:
    """Choose the member of a union by `_kind`; `forms` says in words what may be written."""
    return Discriminator(_kind, custom_error_type="kind", custom_error_message=f"write {forms}")


_Sections = dict[int, "type[Settings]"]


class Settings(BaseModel):
    """Base of all sections: no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _note_section(cls, data: object, info: ValidationInfo) -> object:
        # An error does not tell which section it is of, and so which keys there are.
        if info.context is not None:
            cast("_Sections", info.context)[id(data)] = cls
        return data


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
            _by_kind("a name, or id, client_id and principal_id"),
        ]
        | None
    ) = Field(
        default=None, description="Name of an identity to make, or the ids of one that exists."
    )

    calls_with: Literal["system_assigned", "user_assigned"] | None = Field(
        default=None,
        description="Which of the two it calls with, where both may: for a move between them.",
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
    prevent_destroy: bool = Field(
        default=False, description="Whether Terraform refuses every plan that would destroy it."
    )

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
        default=(), description="Object ids of those who may change it, besides its maker."
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
    runtime: Annotated[str, StringConstraints(pattern=_RUNTIME)] = Field(
        description="Language and version, for example `python 3.12` or `dotnet-isolated 8.0`."
    )
    hosting: HostingSettings = Field(
        default=HostingSettings(), description="Plan and operating system."
    )
    storage_account_name: StorageName | None = Field(
        default=None, description="Name of its storage account; made from its own if left out."
    )
    slots: Slots = Field(
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
    prevent_destroy: bool = Field(
        default=False,
        description="Whether Terraform refuses every plan that would destroy it, its plan or its "
        "storage account.",
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
            reason = secret_reason(name, text)
            if reason:
                raise ValueError(
                    f"{name} holds a secret in plain text: {reason} "
                    "(write @Microsoft.KeyVault(SecretUri=https://…))"
                )
        return value


class ExistingFunctionAppSettings(Settings):
    """A function app outside Terraform: only its Easy Auth and its side doors are written."""

    existing: Annotated[str, StringConstraints(pattern=_SITE_ID)] = Field(
        description="Its Azure resource id."
    )
    hostname: Annotated[str, StringConstraints(pattern=_HOSTNAME)] | None = Field(
        default=None,
        description="Its default host name; `<name>.azurewebsites.net` if left out.",
    )
    slots: Slots = Field(default=(), description="All of its deployment slots.")
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

    def same_place(self, other: VersionSettings) -> bool:
        """Whether callers write both versions in the same place, as those of one path."""
        return (self.scheme, self.parameter) == (other.scheme, other.parameter)


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
            _by_kind("an operation such as GET /orders, or method and url_template"),
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
        _by_kind("the keys of a new function app, or existing"),
    ] = Field(description="The app behind it: a new one, or one outside Terraform.")
    migration: Literal["keys", "both", "identity"] | None = Field(
        default=None,
        description="Stage on the way from a function key to the gateway's identity.",
    )
    function_key: (
        Annotated[
            Annotated[NamedValueName, Tag("Text")] | Annotated[NamedValueSettings, Tag("Existing")],
            _by_kind("the name of a named value, or secret_id"),
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
        _by_kind("the keys of a new registration, or client_id and tenant_id, or contract"),
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
            Annotated[str, Tag("Text")] | Annotated[NamedValueSettings, Tag("Existing")],
            _by_kind("text, or secret_id"),
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
            reason = secret_reason(name, text) if isinstance(text, str) else None
            if reason:
                raise ValueError(
                    f"{name} holds a secret in plain text: {reason} (write secret_id: https://…)"
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


# The ids that a stack gives to constructs of its own, beside those of its APIs.
STACK_IDS = frozenset(
    {"azurerm", "azuread", "azapi", "backend", "resource-group", "gateway", "entra-client-config"}
    | {"output-gateway", "output-tenant_id", "output-apis"}
)


def registration_id(api: str) -> str:
    """Return the id that a stack gives to an API's new registration."""
    return f"{api}-registration"


class Environment(Settings):
    """One environment: a gateway and the APIs that it serves. It becomes one stack."""

    subscription_id: Uuid | None = Field(
        default=None, description="The subscription; that of the sign-in if left out."
    )
    tenant_id: Uuid | None = Field(default=None, description="The tenant, likewise.")
    location: Annotated[str, StringConstraints(pattern=_LOCATION)] = Field(
        description="Azure region, for example `westeurope`."
    )
    resource_group: str = Field(
        description="Name of the resource group that is made.",
        pattern=r"^[-\w.()]{0,89}[-\w()]$",
    )
    state: State = Field(default=LocalState(), description="Where Terraform keeps its state.")
    gateway: Annotated[
        Annotated[GatewaySettings, Tag("New")]
        | Annotated[ExistingGatewaySettings, Tag("Existing")],
        _by_kind("name and publisher of a new gateway, or existing and resource_group_name"),
    ] = Field(description="The API Management service: a new one, or one that exists.")
    apis: dict[Name, ApiSettings] = Field(
        min_length=1,
        description="The APIs, by a name that becomes part of the names of their resources.",
    )
    tags: dict[str, str] = Field(
        default_factory=dict, description="Tags on every resource that takes them."
    )

    @field_validator("apis")
    @classmethod
    def _names_are_free(cls, value: dict[str, ApiSettings]) -> dict[str, ApiSettings]:
        taken = {
            **dict.fromkeys(STACK_IDS, "the stack itself"),
            **{
                registration_id(name): f"the registration of {name}"
                for name, api in value.items()
                if isinstance(api.registration, RegistrationSettings)
            },
        }
        problems = [
            f"{name!r} is taken by {taken[name]}: choose another name"
            for name in value
            if name in taken
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Environment:
        problems: list[str] = []
        served: dict[str, tuple[str, ApiSettings]] = {}
        versions: set[tuple[str, str]] = set()
        for name, api in self.apis.items():
            path = api.path.lower()
            first, other = served.setdefault(path, (name, api))
            version = (path, api.version.version.lower() if api.version else "")
            if first != name and (not (api.version and other.version) or version in versions):
                problems.append(f"apis.{name}.path: {api.path!r} is served by {first} already")
            elif api.version and other.version and not api.version.same_place(other.version):
                problems.append(
                    f"apis.{name}.version: versions of one path are written in one place "
                    f"(scheme and parameter of {first})"
                )
            versions.add(version)
            if (
                isinstance(api.function_app, FunctionAppSettings)
                and api.function_app.inbound
                and api.function_app.inbound.gateway
                and isinstance(self.gateway, GatewaySettings)
                and tier_of(self.gateway.sku) not in CLASSIC
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
        parameters=tuple(Parameter(**parameter.model_dump()) for parameter in entry.parameters),
    )


def read_environment(path: Path) -> Environment:
    """Read and check one file of settings.

    Raises:
        InputError: With a line for each thing that is wrong: file, line, key, and what is allowed.
    """
    data, node = load_yaml(read_text(path), str(path))
    if not isinstance(data, dict):
        raise InputError(
            "holds no settings", where=str(path), fix="start from environments/dev.yaml"
        )
    problems = [(*_place(node, pointer), problem) for pointer, problem in unusable(data)]
    sections: _Sections = {}
    try:
        environment = Environment.model_validate(data, context=sections)
    except ValidationError as error:
        problems += [
            (*_place(node, each["loc"]), _message(each, cast("object", data), sections))
            for each in error.errors()
        ]
    else:
        if not problems:
            return environment
    raise InputError(
        "\n".join(
            f"{path}:{line}: {'.'.join(map(str, keys)) or 'settings'}: {problem}"
            for keys, line, problem in sorted(problems, key=lambda entry: entry[1])
        )
    )


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
            if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", path.stem, re.ASCII):
                raise InputError(
                    "the file's name is that of a stack and cannot be one",
                    where=str(path),
                    fix="write letters, digits, -, _ and .",
                )
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


def _message(problem: Any, data: object, sections: _Sections) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"this key is not known ({_known(problem['loc'], data, sections)})"
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        allowed = problem["ctx"]["pattern"]
        rule = _RULES.get(allowed, f"it must match {allowed}")
        return f"{_shown(problem['input'])} is not allowed ({rule})"
    message: str = problem["msg"]
    return f"{message[:1].lower()}{message[1:]}, not {_shown(problem['input'])}"


def _shown(value: object) -> str:
    """Return a value as a message may repeat it: messages end up in the logs of a CI."""
    if isinstance(value, str) and secret_shape(value):
        return "what looks like a secret"
    if value and isinstance(value, (dict, list)):
        return "{…}" if isinstance(value, dict) else "[…]"
    if value is None:
        return "null"
    shown = repr(value)  # pyright: ignore[reportUnknownArgumentType] - any value
    return shown if len(shown) <= 80 else f"{shown[:80]}…"


def _known(location: Sequence[int | str], data: Any, sections: _Sections) -> str:
    """Tell which key of its section an unknown one may have been meant as."""
    for part in location[:-1]:
        if isinstance(data, list) or part in data:  # names of union members are no keys
            data = cast("Any", data)[part]
    keys = sorted(sections[id(data)].model_fields)
    near = difflib.get_close_matches(str(location[-1]), keys, n=1, cutoff=0.7)
    return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(keys)}"
