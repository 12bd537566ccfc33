"""Tokens and credentials: those that the gateway sends, and those that it checks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from constructs_lib.policy.values import quoted
from constructs_lib.simulation.outside import AccessToken, Refusal, SimulatedIdentity
from constructs_lib.simulation.policies.headers import message_of
from constructs_lib.simulation.policy_statements import Run, Statement, Texts, evaluated, text_of
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError, refusal

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256"]
_SYMMETRIC = ["HS256", "HS384", "HS512"]


def authentication_basic(policy: Statement) -> Run:
    """Name and password, in Authorization."""
    name, password = policy.text("username"), policy.text("password")

    def run(call: SimulatedCall) -> None:
        secret = password(call)
        call.trace.hide(secret)
        value = base64.b64encode(f"{name(call)}:{secret}".encode()).decode()
        message_of(call).headers.set("Authorization", f"Basic {value}")
        told = "Basic credentials are added to Authorization header."
        call.trace.add("authentication-basic", told, "authentication-basic")

    return run


def authentication_managed_identity(policy: Statement) -> Run:
    """A token of the gateway's identity, in Authorization or in a variable."""
    resource, client = policy.text("resource"), policy.literal("client-id")
    variable = policy.literal("output-token-variable-name")
    ignore = policy.boolean("ignore-error", default=False)

    def run(call: SimulatedCall) -> None:
        audience = resource(call)
        identity = _identity(call, client)
        named = identity.client_id if identity else client
        told = f"Obtaining managed identity token using clientId:{named}"
        found = _issued(call, identity, audience)
        if isinstance(found, Refusal):
            failed = f"{told} AAD Authority for {audience} audience failed. {found.text}"
            call.trace.add(
                policy.name, failed, policy.name, "authentication-managed-identity.error"
            )
            if ignore(call):
                return
            raise PolicyFailedError(failed)
        succeeded = f"{told} AAD Authority:{found.authority} for {audience} audience succeeded."
        call.trace.add(policy.name, succeeded, policy.name, *found.assumed)
        if variable:
            call.variables[variable] = found.text
            told = f"Managed identity token is stored in the variable {variable}."
            call.trace.add(policy.name, told, "authentication-managed-identity.variable")
            return
        message_of(call).headers.set("Authorization", f"Bearer {found.text}")
        told = "Managed identity token is added to Authorization header."
        call.trace.add(policy.name, told, policy.name, token=found.text)

    return run


def _identity(call: SimulatedCall, client: str) -> SimulatedIdentity | None:
    if not client:
        return call.service.system
    same = [each for each in call.service.users if each.client_id.lower() == client.lower()]
    return same[0] if same else None


def _issued(
    call: SimulatedCall, identity: SimulatedIdentity | None, audience: str
) -> AccessToken | Refusal:
    gateway = call.gateway
    if identity is None:
        return Refusal("The identity is not attached to the service.")
    if gateway.tokens is None:
        raise CallStoppedError("nobody issues tokens in this simulation: give it tokens=…")
    place = (identity.object_id, audience)
    with gateway.lock:
        found = gateway.issued.get(place)
        if found is None or found.expires <= gateway.now():
            issued = gateway.tokens.token(identity, audience)
            if isinstance(issued, Refusal):
                return issued
            found = gateway.issued[place] = issued
    return found


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that a token must have."""

    name: str
    match_all: bool
    separator: str
    values: Texts


@dataclass(frozen=True, slots=True)
class Checks:
    """What `validate-jwt` demands."""

    policy: Statement
    metadata: list[Callable[[SimulatedCall], str]]
    keys: list[Callable[[SimulatedCall], tuple[str, Any]]]
    audiences: Texts
    issuers: Texts
    claims: list[Claim]


def validate_jwt(policy: Statement) -> Run:
    """A token of the caller's, with its signature and what it claims."""
    configs = [each.text("url") for each in policy.children("openid-config")]
    listed = policy.child("issuer-signing-keys")
    keys = [_key(each) for each in (listed.children("key") if listed else [])]
    if policy.child("decryption-keys") is not None:
        raise CallStoppedError("decryption-keys of validate-jwt are not simulated")
    audiences, issuers = policy.texts("audiences", "audience"), policy.texts("issuers", "issuer")
    checks = Checks(policy, configs, keys, audiences, issuers, _claims(policy))
    return _validating(policy, checks)


def validate_azure_ad_token(policy: Statement) -> Run:
    """A token of Entra's."""
    tenant = policy.text("tenant-id")
    if policy.child("decryption-keys") is not None or policy.child("backend-application-ids"):
        raise CallStoppedError(f"a part of {policy.name} is not simulated")
    clients = policy.texts("client-application-ids", "application-id")

    def metadata(call: SimulatedCall) -> str:
        given = tenant(call).rstrip("/")
        host = (
            given if given.startswith("https://") else f"https://login.microsoftonline.com/{given}"
        )
        return f"{host}/v2.0/.well-known/openid-configuration"

    claims = _claims(policy)
    checks = Checks(
        policy, [metadata], [], policy.texts("audiences", "audience"), lambda _: [], claims
    )
    return _validating(policy, checks, clients)


def _key(element: Statement) -> Callable[[SimulatedCall], tuple[str, Any]]:
    if element.has("certificate-id"):
        raise CallStoppedError("keys of validate-jwt in certificates are not simulated")
    content, modulus, exponent = element.content(), element.text("n"), element.text("e")
    identifier = element.text("id")

    def key(call: SimulatedCall) -> tuple[str, Any]:
        if element.has("n"):
            from jwt.algorithms import RSAAlgorithm

            jwk = json.dumps({"kty": "RSA", "n": modulus(call), "e": exponent(call)})
            return identifier(call), RSAAlgorithm.from_jwk(jwk)
        return identifier(call), base64.b64decode(text_of(content(call)))

    return key


def _claims(policy: Statement) -> list[Claim]:
    required = policy.child("required-claims")
    return [
        Claim(
            each.literal("name"),
            each.literal("match", "all") != "any",
            each.literal("separator"),
            each.texts("value"),
        )
        for each in (required.children("claim") if required else [])
    ]


def _validating(policy: Statement, checks: Checks, clients: Texts | None = None) -> Run:
    code, message = (
        policy.number("failed-validation-httpcode", 401),
        policy.text("failed-validation-error-message"),
    )
    variable = policy.literal("output-token-variable-name")

    def run(call: SimulatedCall) -> None:
        def refuse(told: str, reason: str) -> PolicyFailedError:
            call.trace.add(policy.name, told, policy.name)
            answer = refusal(int(code(call)), message(call) or told)
            return PolicyFailedError(told, reason=reason, response=answer)

        try:
            token, claims = _validated(call, checks)
            allowed = {each.lower() for each in clients(call)} if clients else None
            caller = str(claims.get("azp") or claims.get("appid") or "").lower()
            if allowed and caller not in allowed:
                raise _InvalidError(
                    "Client application is not allowed. Access denied.",
                    "TokenClaimValueNotAllowed",
                )
        except _InvalidError as error:
            raise refuse(error.message, error.reason) from None
        if variable:
            call.variables[variable] = evaluated(f"@({quoted(token)}.AsJwt())", (1, 1))(call)
        call.trace.add(policy.name, "The token is valid.", policy.name, claims=claims)

    return run


class _InvalidError(Exception):
    """A token is not what a policy demands."""

    def __init__(self, message: str, reason: str) -> None:
        self.message = message
        self.reason = reason
        super().__init__(message)


def _validated(call: SimulatedCall, checks: Checks) -> tuple[str, dict[str, Any]]:
    """The token and its claims.

    Raises:
        _InvalidError: If it is not valid.
    """
    policy = checks.policy
    token = _sent(call, policy)
    issuers = checks.issuers(call)
    keys = dict(key(call) for key in checks.keys)
    for address in checks.metadata:
        metadata = _document(call, address(call))
        if not issuers:
            issuers = _issuers(str(metadata.get("issuer", "")))
        for key in _document(call, str(metadata.get("jwks_uri", "")))["keys"]:
            keys[str(key.get("kid", ""))] = key
    claims = _verified(call, policy, token, keys)
    audiences = [each.lower() for each in checks.audiences(call)]
    given = claims.get("aud", [])
    named = [str(each).lower() for each in (given if isinstance(given, list) else [given])]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if audiences and not set(audiences) & set(named):
        raise _InvalidError(
            "IDX10214: Audience validation failed. Access denied.", "TokenAudienceNotAllowed"
        )
    if issuers and claims.get("iss") not in _of_tenant(issuers, claims):
        raise _InvalidError(
            "IDX10205: Issuer validation failed. Access denied.", "TokenIssuerNotAllowed"
        )
    _check_claims(call, checks.claims, claims)
    return token, claims


def _issuers(issuer: str) -> list[str]:
    """The issuers that metadata stand for: Entra's of both token versions."""
    parts = issuer.split("/")
    tenant = parts[3] if len(parts) > 3 else ""
    return [
        issuer,
        f"https://sts.windows.net/{tenant}/",
        f"https://login.microsoftonline.com/{tenant}/v2.0",
    ]


def _of_tenant(issuers: Sequence[str], claims: dict[str, Any]) -> list[str]:
    """Issuers, the metadata's placeholder of all tenants being the tenant of the token.

    Learn, "Validate JWT", names `organizations` as the metadata of several tenants; entra-docs,
    "Access tokens": `{tenantid}` in an issuer is replaced by the token's `tid`.
    """
    return [each.replace("{tenantid}", str(claims.get("tid"))) for each in issuers]


def _sent(call: SimulatedCall, policy: Statement) -> str:
    header, query = policy.text("header-name")(call), policy.text("query-parameter-name")(call)
    scheme = policy.text("require-scheme")(call)
    if policy.has("token-value"):
        text = policy.text("token-value")(call)
    elif query:
        text = next(iter(call.original_url.parameter(query)), "")
    else:
        text = call.request.headers.get(header or "Authorization") or ""
    first, _, rest = text.strip().partition(" ")
    if scheme and (not rest or first.lower() != scheme.lower()):
        text = ""
    elif rest and first.lower() == "bearer":
        text = rest.strip()
    if not text:
        raise _InvalidError("JWT not present.", "TokenNotPresent")
    return text


def _document(call: SimulatedCall, url: str) -> dict[str, Any]:
    content = call.gateway.tokens.document(url) if call.gateway.tokens else None
    if content is None:
        raise CallStoppedError(f"what {url} says is not known in this simulation")
    return json.loads(content)


def _verified(
    call: SimulatedCall, policy: Statement, token: str, keys: dict[str, Any]
) -> dict[str, Any]:
    """What a token claims once its signature and its times are checked."""
    import jwt

    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise _InvalidError(
            "IDX12741: JWT is not well formed. Access denied.", "JwtInvalid"
        ) from None
    kid, skew = str(header.get("kid", "")), policy.number("clock-skew")(call)
    named = [keys[kid]] if kid in keys else [] if kid and len(keys) != 1 else list(keys.values())
    if not named:
        raise _InvalidError(
            f"IDX10501: Signature validation failed. Unable to match key: '{kid}'. Access denied.",
            "TokenSignatureKeyNotFound",
        )
    for key in named:
        symmetric = isinstance(key, bytes)
        try:
            claims = jwt.decode(
                token,
                jwt.PyJWK(cast("dict[str, Any]", key), "RS256").key
                if isinstance(key, dict)
                else key,
                algorithms=_SYMMETRIC if symmetric else _ALGORITHMS,
                options={
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidTokenError:
            continue
        _check_times(call, policy, claims, skew)
        return claims
    raise _InvalidError(
        "IDX10503: Signature validation failed. Access denied.", "TokenSignatureInvalid"
    )


def _check_times(
    call: SimulatedCall, policy: Statement, claims: dict[str, Any], skew: float
) -> None:
    now, expires = call.gateway.now(), claims.get("exp")
    if expires is None and policy.boolean("require-expiration-time", default=True)(call):
        raise _InvalidError(
            "IDX10225: Lifetime validation failed. There is no expiration time. Access denied.",
            "TokenExpired",
        )
    if expires is not None and now > float(expires) + skew:
        raise _InvalidError(
            "IDX10223: Lifetime validation failed. The token is expired. Access denied.",
            "TokenExpired",
        )
    if now < float(claims.get("nbf", 0)) - skew:
        raise _InvalidError(
            "IDX10222: Lifetime validation failed. The token is not yet valid. Access denied.",
            "JwtInvalid",
        )


def _check_claims(call: SimulatedCall, demanded: list[Claim], claims: dict[str, Any]) -> None:
    missing = [each.name for each in demanded if each.name not in claims]
    if missing:
        raise _InvalidError(
            f"JWT token is missing the following claims: {', '.join(missing)}. Access denied.",
            "TokenClaimNotFound",
        )
    for each in demanded:
        given = claims[each.name]
        listed = [str(one) for one in given] if isinstance(given, list) else [str(given)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if each.separator:
            listed = [piece for one in listed for piece in one.split(each.separator)]
        wanted = each.values(call)
        enough = all if each.match_all else any
        if wanted and not enough(value in listed for value in wanted):
            raise _InvalidError(
                f"Claim {each.name} value of {', '.join(listed)} is not allowed. Access denied.",
                "TokenClaimValueNotAllowed",
            )
