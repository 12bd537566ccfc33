"""Reads the outputs of a deployed stack: which gateway, which APIs, which function hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import load_json
from constructs_lib._core.secrets import secret_shape

_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"

Uuid = Annotated[str, Field(pattern=_UUID)]
DeployedHostname = Annotated[str, Field(pattern=rf"^{_LABEL}(\.{_LABEL})+$", max_length=253)]
HttpsUrl = Annotated[
    str, Field(pattern=rf"^https://{_LABEL}(\.{_LABEL})+(:[0-9]{{1,5}})?(/[!-~]*)?$")
]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Name = Annotated[str, Field(pattern=r"^[!-~]([ -~]*[!-~])?$")]


class _Record(BaseModel):
    """Frozen; keys that a later version of the stack adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class DeployedGateway(_Record):
    """The API Management service.

    Attributes:
        name: Name of the service.
        url: `https://` address of the gateway.
        principal_id: Object id of the identity that it calls the functions with.
        client_id: Client id of that identity.
    """

    name: Name
    url: HttpsUrl
    principal_id: Uuid
    client_id: Uuid


class KeyPlace(_Record):
    """Where the gateway expects the subscription key of an API."""

    header: HeaderName
    query: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.~-]+$")]


class Probe(_Record):
    """An operation that is safe to call: its method and its path below the API's address."""

    method: Annotated[str, Field(pattern=r"^[A-Z]+$")] = "GET"
    path: Annotated[str, Field(pattern=r"^/[!-~]*$")]


class DeployedMcp(_Record):
    """What the callers of an MCP server need to know.

    Attributes:
        url: Its address at the gateway.
        metadata_url: Address of its metadata.
        scope: The scope that callers ask for.
        issuer: The issuer of their tokens.
        endpoint: Its path on the function app's host.
        audience: Client id of the registration that callers get tokens for.
    """

    url: HttpsUrl
    metadata_url: HttpsUrl
    scope: Annotated[str, Field(pattern=r"^[!#-~]+$")]
    issuer: HttpsUrl
    endpoint: Annotated[str, Field(pattern=r"^[\w./-]+$")]
    audience: Uuid


class DeployedApi(_Record):
    """An API of the gateway and the function app behind it.

    Attributes:
        url: `https://` address of the API at the gateway.
        audience: Client id of the app registration that stands for the functions.
        hostname: Default host name of the function app.
        slots: Name of each deployment slot and its host name.
        subscription_key: Names of the key's header and query parameter; None if the API takes none.
        probe: An operation that is safe to call; None if the stack names none.
        mcp: What callers of an MCP server need to know; None for another API.
    """

    url: HttpsUrl
    audience: Uuid
    hostname: DeployedHostname
    slots: dict[Name, DeployedHostname] = Field(default_factory=dict[str, str])
    subscription_key: KeyPlace | None = None
    probe: Probe | None = None
    mcp: DeployedMcp | None = None

    def hosts(self) -> dict[str, str]:
        """Return every host that the functions answer on, by what a reader calls it."""
        return {"app": self.hostname} | {f"slot {name}": host for name, host in self.slots.items()}


class Outputs(_Record):
    """The outputs that the verification needs; a stack may have more."""

    gateway: DeployedGateway
    tenant_id: Uuid
    apis: dict[Name, DeployedApi] = Field(min_length=1)


def read_outputs(text: str, *, where: str, stack: str | None = None) -> Outputs:
    """Read the outputs of one stack.

    Args:
        text: JSON of `terraform output -json` or of `cdktf output --outputs-file`.
        where: What to call the text in errors, for example the name of its file.
        stack: Name of the stack, where the text holds the outputs of several.

    Raises:
        InputError: The text is not JSON, has no such stack, or lacks an output.
    """
    document = load_json(text, where, "not JSON", fix="give the output of `terraform output -json`")
    if not isinstance(document, dict):
        raise InputError("no outputs: the JSON is not an object", where=where)
    values = _of_stack(cast("dict[str, Any]", document), where, stack)
    try:
        return Outputs.model_validate(values)
    except ValidationError as error:
        raise InputError(
            "; ".join(f"output {_problem(**each)}" for each in error.errors()[:3]),
            where=where,
            fix="deploy with this version of the library: it writes gateway, tenant_id and apis",
        ) from None


def _problem(*, loc: tuple[int | str, ...], type: str, input: Any, **_: Any) -> str:
    """What is wrong with one output, in our own words."""
    key = ".".join(map(str, loc))
    if type == "missing":
        return f"{key} is missing"
    shown = repr(input)
    if len(shown) > 60 or (isinstance(input, str) and secret_shape(input)):
        shown = "what stands there"
    return f"{key}: {shown} cannot be used"


def _of_stack(document: dict[str, Any], where: str, stack: str | None) -> Mapping[str, Any]:
    if _is_one_stack(document):
        if stack is not None:
            raise InputError(
                f"holds one unnamed stack, not {stack!r}", where=where, fix="leave out --stack"
            )
        return {name: _unwrap(value) for name, value in document.items()}
    stacks = {
        name: cast("dict[str, Any]", value)
        for name, value in document.items()
        if isinstance(value, dict) and _is_one_stack(cast("dict[str, Any]", value))
    }
    if stack is not None:
        if stack in stacks:
            return stacks[stack]
        raise InputError(
            f"no stack {stack!r} with the output apis",
            where=where,
            fix=f"one of {', '.join(stacks)}" if stacks else None,
        )
    if len(stacks) == 1:
        return next(iter(stacks.values()))
    if stacks:
        raise InputError(
            f"holds {len(stacks)} stacks", where=where, fix=f"--stack {' or '.join(stacks)}"
        )
    raise InputError(
        "no output apis in it",
        where=where,
        fix="run `terraform output -json` in the stack's folder after a deployment",
    )


def _is_one_stack(document: Mapping[str, Any]) -> bool:
    return "apis" in document and "gateway" in document


def _unwrap(value: Any) -> Any:
    """Take the value out of Terraform's `{"sensitive": …, "type": …, "value": …}`."""
    if not isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType] - narrowed from Any
    wrapped = cast("dict[str, Any]", value)
    return wrapped["value"] if {"value", "sensitive"} <= wrapped.keys() else wrapped
