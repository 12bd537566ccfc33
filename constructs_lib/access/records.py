"""What an analysis says: who is in the configuration, who calls, and what each caller gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from constructs_lib._core.findings import Finding

Verdict = Literal["open", "closed", "unknown"]
Status = int | Literal["unknown"]
CallerKind = Literal[
    "anonymous",
    "function-key",
    "host-key",
    "mcp-client",
    "mcp-other-client",
    "application",
    "application-with-role",
    "user",
    "foreign",
    "gateway",
    "gateway-without-key",
    "gateway-policy",
    "gateway-identity",
    "listed-application",
    "publishing",
    "plain-http",
    "excluded-path",
]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A managed identity on a gateway.

    Attributes:
        name: What a reader calls it.
        kind: How it is assigned.
        client_id: Its application id, a value or a reference written as `${…}`.
        object_id: Its principal id, likewise.
        address: The user-assigned identity's own resource, if it is in the configuration.
    """

    name: str
    kind: Literal["system-assigned", "user-assigned"]
    client_id: str
    object_id: str
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class GatewayRecord:
    """An API Management service.

    Attributes:
        address: Its Terraform address; for one that is only named, `elsewhere.NAME`.
        name: Its name in Azure.
        managed: Whether the configuration creates it. What is managed elsewhere is not known here.
        identities: Those that it can get tokens for, as far as they are visible.
        stack: The stack (or file) that holds it.
    """

    address: str
    name: str
    managed: bool
    identities: tuple[Identity, ...]
    stack: str = ""


@dataclass(frozen=True, kw_only=True)
class ApiRecord:
    """An API of a gateway, and where its requests go.

    Attributes:
        address: Its Terraform address.
        gateway: `Gateway.address` of the service that serves it.
        name: Its name in Azure.
        path: Its path below the gateway's URL.
        subscription_required: Whether a subscription key is demanded; None is unknown.
        operations: Display names of the operations, as `GET /orders/{id}`.
        targets: `FunctionApp.address` of each app or slot that it forwards to.
        stack: The stack (or file) that holds it.
    """

    address: str
    gateway: str
    name: str
    path: str
    subscription_required: bool | None
    operations: tuple[str, ...]
    targets: tuple[str, ...]
    stack: str = ""


@dataclass(frozen=True, kw_only=True)
class FunctionAppRecord:
    """A target of calls: a function app or one of its slots, each with a host name of its own.

    Attributes:
        address: Its Terraform address.
        name: Its name in Azure; for a slot `APP/SLOT`.
        slot_of: `FunctionApp.address` of the app that it is a slot of.
        managed: Whether the configuration creates it.
        registration: `Registration.address` of the audience that its Easy Auth expects.
        stack: The stack (or file) that holds it.
    """

    address: str
    name: str
    slot_of: str | None
    managed: bool
    registration: str | None
    stack: str = ""


@dataclass(frozen=True, kw_only=True)
class RegistrationRecord:
    """An Entra application that stands for a function API: the audience of the tokens.

    Attributes:
        address: Its Terraform address; for one that is only named, `elsewhere.CLIENT_ID`.
        name: Its display name.
        client_id: Its application id, a value or a reference written as `${…}`.
        managed: Whether the configuration creates it.
        token_version: Version of the access tokens that Entra issues for it; None is unknown.
        assignment_required: Whether Entra refuses tokens to callers without a role; None is
            unknown.
        roles: Values of its app roles.
        assigned: Who holds one of them, as a reader calls them.
        stack: The stack (or file) that holds it.
    """

    address: str
    name: str
    client_id: str
    managed: bool
    token_version: int | None
    assignment_required: bool | None
    roles: tuple[str, ...]
    assigned: tuple[str, ...]
    stack: str = ""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody who tries to call.

    Attributes:
        id: Stable within an analysis, for example `anonymous` or `gateway:ADDRESS`.
        kind: What sort of caller it is.
        label: What a reader calls it.
        trusted: Whether it is meant to be let in.
        address: The resource that it is, for example the API that it comes through.
    """

    id: str
    kind: CallerKind
    label: str
    trusted: bool = False
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one caller gets from one target, and what decided it.

    Attributes:
        caller: Who calls.
        target: What is called.
        status: The HTTP status that the caller sees; 200 stands for whatever the function answers.
        verdict: `open` when the request reaches the function, `closed` when it does not, `unknown`
            when what decides is managed elsewhere or known only after apply.
        reason: Why, in a sentence.
        address: The resource that decided.
        attribute: Its attribute that decided, as a dotted path.
        path: The file that the resource stands in.
        line: Line in that file where the attribute is written, or else the block around it.
        rule: The rule that speaks of it, when the answer is not the one that is wanted.
    """

    caller: Caller
    target: FunctionAppRecord
    status: Status
    verdict: Verdict
    reason: str
    address: str | None = None
    attribute: str | None = None
    path: str | None = None
    line: int | None = None
    rule: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether a trusted caller gets in, or any other stays out; unknown is neither."""
        return self.verdict == ("open" if self.caller.trusted else "closed")

    @property
    def unwanted(self) -> bool:
        """Whether a trusted caller is kept out, or any other gets in."""
        return self.verdict == ("closed" if self.caller.trusted else "open")


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A finding that somebody accepted, with the reason they gave.

    Attributes:
        finding: What was found.
        reason: Why it is accepted.
        since: The day on which it was, where a baseline says.
    """

    finding: Finding
    reason: str
    since: date | None = None


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Who can call what, and why.

    Attributes:
        source: What was read, as the user named it.
        gateways: Every API Management service, sorted by address like all that follows.
        apis: Every API.
        function_apps: Every function app and slot: the targets.
        registrations: Every audience that a target or a policy speaks of.
        callers: Everybody who appears in an answer.
        answers: One per caller and target, callers in the order of `callers`.
        findings: What is wrong, without what was accepted.
        accepted: What was accepted, with the reasons.
    """

    source: str
    gateways: tuple[GatewayRecord, ...]
    apis: tuple[ApiRecord, ...]
    function_apps: tuple[FunctionAppRecord, ...]
    registrations: tuple[RegistrationRecord, ...]
    callers: tuple[Caller, ...]
    answers: tuple[Answer, ...]
    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...]


_OPENINGS = frozenset(
    {"a", "an", "another", "any", "anybody", "everybody", "no", "plain", "the", "tokens", "version"}
    | {"what", "where", "whether", "which", "whoever"}
)


def capitalised(words: str) -> str:
    """Words that begin a line or a sentence; a name that they begin with keeps its case."""
    return words[0].upper() + words[1:] if words.partition(" ")[0] in _OPENINGS else words


def sentence(words: str) -> str:
    """Words as a sentence."""
    return f"{capitalised(' '.join(words.split()).rstrip('.'))}."
