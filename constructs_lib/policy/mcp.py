"""The policy of an MCP server: who may call it, and how its answer streams.

Sources: Model Context Protocol 2026-07-28, "Authorization" and "Transports"; RFC 6750 (challenge)
and RFC 9728 (protected resource metadata); Learn, "validate-azure-ad-token", "Configure API for
server-sent events" (no buffering, a section of one's own, no body in a policy).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from constructs_lib.policy.builders import (
    Base,
    Choose,
    Cors,
    ForwardRequest,
    RateLimitByKey,
    ReturnResponse,
    SetBody,
    SetHeader,
    SetStatus,
    ValidateAzureAdToken,
    When,
)
from constructs_lib.policy.model import Document, Element, Node, Section
from constructs_lib.policy.values import Expression, quoted

METHODS = ("POST", "GET", "DELETE")
"""What clients send to the endpoint: a client before 2026-07-28 takes 405 of GET and DELETE for
"not offered", and fails on the 404 that API Management answers without an operation."""

CALLER = "caller"
"""The variable that holds the caller's validated token."""

_CLIENT_HEADERS = (
    *("authorization", "content-type", "accept", "last-event-id"),
    *("mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name"),
)
_ORIGIN = 'context.Request.Headers.GetValueOrDefault("Origin", "")'
_AUTHORIZATION = 'context.Request.Headers.GetValueOrDefault("Authorization", "")'


@dataclass(frozen=True, kw_only=True)
class ProtectedResource:
    """What callers need to know to get a token for an MCP server.

    Attributes:
        url: Its address, which clients send to Entra as `resource`.
        metadata_url: Where its metadata is served.
        scope: The scope, fully qualified: clients ask for it as it stands in the challenge.
        authorization_server: The issuer of the tokens.
    """

    url: str
    metadata_url: str
    scope: str
    authorization_server: str

    def challenge(self, error: str | None = None) -> str:
        """Return the value of `WWW-Authenticate`, which leads a client to its token."""
        said = f'error="{error}", ' if error else ""
        return f'Bearer {said}resource_metadata="{self.metadata_url}", scope="{self.scope}"'

    def metadata(self) -> Document:
        """Return the policy that answers with the metadata (RFC 9728), to everybody."""
        body = json.dumps(
            {
                "resource": self.url,
                "authorization_servers": [self.authorization_server],
                "scopes_supported": [self.scope],
                "bearer_methods_supported": ["header"],
            }
        )
        answer = ReturnResponse(
            SetStatus(code=200, reason="OK"),
            SetHeader(name="Content-Type", exists_action="override", values="application/json"),
            SetHeader(
                name="Cache-Control", exists_action="override", values="public, max-age=3600"
            ),
            # It says nothing that is not public, and clients in a browser read it too.
            SetHeader(name="Access-Control-Allow-Origin", exists_action="override", values="*"),
            SetBody(body),
        )
        return Document(inbound=[Base(), answer])


@dataclass(frozen=True, kw_only=True)
class Callers:
    """Whose tokens are accepted.

    Attributes:
        tenant_id: The tenant that issues them.
        audience: Client id of the registration that they are for.
        client_ids: The client applications that may call.
        scope: The scope that a user's token must carry; None if no user may call.
        role: The app role that an application's own token must carry; None if none may call.
    """

    tenant_id: str
    audience: str
    client_ids: Sequence[str]
    scope: str | None
    role: str | None

    def without_permission(self) -> Expression:
        """Return the condition that a valid token has neither the scope nor the role."""
        claims = f'((Jwt)context.Variables["{CALLER}"]).Claims'
        # `GetValueOrDefault` joins the values of a claim with commas (Learn, policy expressions).
        carried = [
            f'{claims}.GetValueOrDefault("{claim}", "").Split({mark}).Contains({quoted(value)})'
            for claim, mark, value in (("scp", "' '", self.scope), ("roles", "','", self.role))
            if value is not None
        ]
        return Expression(f"@(!({' || '.join(carried) or 'false'}))")


def server_policy(
    resource: ProtectedResource,
    callers: Callers,
    *,
    calls: int,
    renewal_period: int,
    timeout: int,
    allowed_origins: Sequence[str] = (),
    native: bool = False,
) -> Document:
    """Return the caller's part of the policy of an MCP server's API.

    Every method is refused alike: a client asks `POST` first in one era of the protocol and `GET`
    in another. The caller's token goes no further than `validate-azure-ad-token`: the part that
    follows puts the gateway's own in its place.

    Args:
        resource: What callers need to know.
        callers: Whose tokens are accepted.
        calls: How many calls one caller, a user or an application, has in a period.
        renewal_period: Seconds of the period, at most 300.
        timeout: Seconds to wait for the server's answer to begin.
        allowed_origins: Origins of clients in a browser; every other `Origin` is refused.
        native: Whether the API is of API Management's own type. Its gateway was seen to write
            another address in the place of `resource_metadata`, but in no answer to an error; so
            that a request without a token is answered as an error too.
    """
    invalid = resource.challenge(None if native else "invalid_token")
    named = SetHeader(name="WWW-Authenticate", exists_action="override", values=invalid)
    return Document(
        inbound=[
            Base(),
            *_of_browsers(allowed_origins),
            *_callers_checked(resource, callers)[1 if native else 0 :],
            # Without a subscription there is no other key to count by than who calls.
            RateLimitByKey(
                calls=calls,
                renewal_period=renewal_period,
                counter_key=Expression(
                    f'@(((Jwt)context.Variables["{CALLER}"]).Claims.GetValueOrDefault("oid", ""))'
                ),
            ),
        ],
        # Not `<base />`: what a scope above says buffers, and ends a stream after its own timeout.
        backend=[ForwardRequest(timeout=timeout, buffer_response=False)],
        # A refusal of the app behind is no refusal of the caller, and its challenge would send the
        # client to the wrong registration.
        outbound=[
            Base(),
            _refused(
                Expression(
                    "@(context.Response.StatusCode == 401 || context.Response.StatusCode == 403)"
                ),
                502,
                "Bad Gateway",
            ),
        ],
        on_error=[
            Base(),
            Choose(When(named, condition=Expression("@(context.Response.StatusCode == 401)"))),
        ],
    )


def _callers_checked(resource: ProtectedResource, callers: Callers) -> Section:
    return [
        _refused(
            Expression(f'@(!{_AUTHORIZATION}.StartsWith("Bearer "))'),
            401,
            "Unauthorized",
            resource.challenge(),
        ),
        ValidateAzureAdToken(
            tenant_id=callers.tenant_id,
            header_name="Authorization",
            failed_validation_httpcode=401,
            output_token_variable_name=CALLER,
            client_application_ids=list(callers.client_ids),
            audiences=callers.audience,
        ),
        _refused(
            callers.without_permission(),
            403,
            "Forbidden",
            resource.challenge("insufficient_scope"),
        ),
    ]


def from_gateway(tenant_id: str, audiences: Sequence[str], client_ids: Sequence[str]) -> Document:
    """Return the policy of an API that only another API of the gateway can call.

    That one gets a token of the gateway's identity, which nobody outside of it can get.

    Args:
        tenant_id: The tenant of the gateway's identity.
        audiences: What its token is for.
        client_ids: The client ids of the gateway's identities.
    """
    return Document(
        inbound=[
            Base(),
            ValidateAzureAdToken(
                tenant_id=tenant_id,
                header_name="Authorization",
                failed_validation_httpcode=401,
                client_application_ids=list(client_ids),
                audiences=list(audiences),
            ),
        ]
    )


def not_offered(methods: Iterable[str]) -> Document:
    """Return the policy of an operation whose method the server does not serve.

    Args:
        methods: The methods that it serves.
    """
    answer = ReturnResponse(
        SetStatus(code=405, reason="Method Not Allowed"),
        SetHeader(name="Allow", exists_action="override", values=", ".join(methods)),
    )
    return Document(inbound=[Base(), answer])


def _of_browsers(allowed_origins: Sequence[str]) -> list[Node]:
    """Refuse an `Origin` that is not expected (MCP, "Transports", security warning)."""
    given: list[Node] = []
    if allowed_origins:
        given.append(
            Cors(
                terminate_unmatched_request=False,
                allowed_origins=list(allowed_origins),
                allowed_methods=list(METHODS),
                allowed_headers=list(_CLIENT_HEADERS),
                expose_headers=["WWW-Authenticate", "Mcp-Session-Id"],
            )
        )
    allowed = "".join(f" && {_ORIGIN} != {quoted(origin)}" for origin in ("", *allowed_origins))
    given.append(_refused(Expression(f"@({allowed.removeprefix(' && ')})"), 403, "Forbidden"))
    return given


def _refused(
    condition: Expression, code: int, reason: str, challenge: str | None = None
) -> Element:
    header = (
        [SetHeader(name="WWW-Authenticate", exists_action="override", values=challenge)]
        if challenge
        else []
    )
    answer = ReturnResponse(SetStatus(code=code, reason=reason), *header)
    return Choose(When(answer, condition=condition))
