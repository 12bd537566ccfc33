"""Easy Auth in front of a function app or slot, as the JSON configures it.

Sources: Learn, "Configure your App Service or Azure Functions app to use Microsoft Entra sign-in",
"Authentication and authorization in App Service", "Work with user identities"; azurerm
`auth_settings_v2` and `auth_settings` for defaults. It is written apart from `access.easy_auth`,
whose answers it judges: tokens are judged by Entra's documents and a real signature.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from constructs_lib.access.links import AppLink
from constructs_lib.access.terraform.body import Body
from constructs_lib.simulation.entra import Entra
from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.known import KnownValues
from constructs_lib.simulation.steps import Steps

NO_PERMISSION = "You do not have permission to view this directory or page."
# What Easy Auth tells the function, and what no caller can set themselves.
RESERVED = ("x-ms-client-principal", "x-ms-token-")
# Microsoft.IdentityModel's clock skew.
_SKEW = 300
# How .NET calls some of the claims (JwtSecurityTokenHandler's inbound claim type map).
_SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_MICROSOFT = "http://schemas.microsoft.com"
_CLAIM_NAMES = {
    "sub": f"{_SOAP}/nameidentifier",
    "oid": f"{_MICROSOFT}/identity/claims/objectidentifier",
    "tid": f"{_MICROSOFT}/identity/claims/tenantid",
    "idp": f"{_MICROSOFT}/identity/claims/identityprovider",
    "scp": f"{_MICROSOFT}/identity/claims/scope",
    "roles": f"{_MICROSOFT}/ws/2008/06/identity/claims/role",
    "upn": f"{_SOAP}/upn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is configured, with Azure's defaults where nothing is.

    Attributes:
        enabled: Whether Easy Auth looks at requests at all.
        required: Whether a request without a valid token is refused.
        action: How it is refused.
        excluded: Paths that are not looked at.
        https: Whether plain HTTP is redirected.
        prefix: Where Easy Auth's own pages are.
        provider: Whether tokens of Entra are accepted at all.
        client_id: The application that stands for the functions.
        issuer: `tenant_auth_endpoint`.
        audiences: What besides the client id is accepted as `aud`.
        applications: Clients that may call.
        identities: Object ids that may call.
        groups: Groups that may call.
        claim_applications: Clients that may call, by a check of the claim.
        version_1: Whether these are settings of version 1, which have no lists of callers.
        other_providers: Whether another identity provider is configured.
        file: Whether they come from a file in the app.
    """

    enabled: bool = False
    required: bool = False
    action: str = "RedirectToLoginPage"
    excluded: tuple[str, ...] = ()
    https: bool = True
    prefix: str = "/.auth"
    provider: bool = False
    client_id: str = ""
    issuer: str = ""
    audiences: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    claim_applications: tuple[str, ...] = ()
    version_1: bool = False
    file: bool = False


def read_settings(app: AppLink, known: KnownValues) -> Settings:
    """What is configured for an app or a slot.

    Raises:
        NotKnownError: A setting is not known.
    """
    auth, old = app.auth, app.body.block("auth_settings")
    if auth is not None and known.boolean(auth.value("auth_enabled", False), "auth_enabled"):
        return _version_2(app, auth, known)
    # Azure has one of the two; version 2 that is there wins, even switched off.
    if auth is None and old is not None and known.boolean(old.value("enabled", False), "enabled"):
        return _version_1(old, known)
    return Settings()


def _version_2(app: AppLink, auth: Body, known: KnownValues) -> Settings:
    def flag(name: str, default: bool) -> bool:
        return known.boolean(auth.value(name, default), name)

    directory = app.directory

    def listed(body: Body | None, name: str) -> tuple[str, ...]:
        values = body.values(name) if body is not None else []
        return tuple(known.text(each, f"an entry of {name}") for each in values)

    return Settings(
        enabled=True,
        required=flag("require_authentication", False),
        action=known.text(
            auth.value("unauthenticated_action"), "unauthenticated_action", "RedirectToLoginPage"
        ),
        excluded=listed(auth, "excluded_paths"),
        https=flag("require_https", True),
        prefix=known.text(auth.value("http_route_api_prefix"), "a prefix", "/.auth"),
        provider=directory is not None,
        client_id=known.text(directory.value("client_id"), "client_id") if directory else "",
        issuer=known.text(directory.value("tenant_auth_endpoint"), "the issuer")
        if directory
        else "",
        audiences=listed(directory, "allowed_audiences"),
        applications=listed(directory, "allowed_applications"),
        identities=listed(directory, "allowed_identities"),
        groups=listed(directory, "allowed_groups") + listed(directory, "jwt_allowed_groups"),
        claim_applications=listed(directory, "jwt_allowed_client_applications"),
        file=auth.value("config_file_path") not in (None, ""),
    )


def _version_1(old: Body, known: KnownValues) -> Settings:
    directory = old.block("active_directory")
    values = directory.values("allowed_audiences") if directory is not None else []
    action = known.text(
        old.value("unauthenticated_client_action"), "what happens without a token", "AllowAnonymous"
    )
    return Settings(
        enabled=True,
        required=action != "AllowAnonymous",
        action=action,
        https=False,
        provider=directory is not None,
        client_id=known.text(directory.value("client_id"), "client_id") if directory else "",
        issuer=known.text(old.value("issuer"), "the issuer", ""),
        audiences=tuple(known.text(each, "an audience") for each in values),
        version_1=True,
    )


@dataclass(slots=True)
class Passed:
    """A request that Easy Auth lets through, with the headers that it adds.

    Attributes:
        request: It.
        claims: Of the token; None without a valid one.
    """

    request: SimulatedRequest
    claims: dict[str, Any] | None = field(default=None)


class SimulatedEasyAuth:
    """Easy Auth of one app or slot.

    Args:
        settings: What is configured.
        entra: Who issues tokens and publishes the keys.
    """

    def __init__(self, settings: Settings, entra: Entra) -> None:
        self.settings = settings
        self._entra = entra
        self._metadata: tuple[str, dict[str, Any]] | None = None

    def check(self, request: SimulatedRequest, steps: Steps) -> Passed | SimulatedResponse:
        """Let a request through, or refuse it."""
        settings = self.settings
        if not settings.enabled:
            steps.say(
                "easy-auth",
                "Easy Auth is not enabled, so the request is not looked at.",
                "easy-auth",
            )
            return Passed(request)
        if settings.file:
            steps.say(
                "easy-auth",
                "Easy Auth's settings come from a file in the app, which is not read.",
                "easy-auth.file",
            )
        if settings.https and request.url.scheme == "http":
            location = f"https://{request.url.host}{request.url.target}"
            steps.say("easy-auth", "Plain HTTP is redirected to HTTPS.", "easy-auth.https")
            return SimulatedResponse.of(302, headers={"Location": location})
        passed = request.copy()
        for name in passed.headers.names():
            if name.lower().startswith(RESERVED):
                passed.headers.remove(name)
                steps.say(
                    "easy-auth", f"The caller's header {name} is dropped.", "easy-auth.headers"
                )
        path = request.url.decoded_path()
        excluded = [each.rstrip("/").lower() for each in settings.excluded]
        below = any(path.lower().startswith(f"{each}/") for each in excluded)
        if path.lower().rstrip("/") in excluded or below:
            said = f"{path} is an excluded path, so no token is asked for."
            steps.say("easy-auth", said, "easy-auth.below" if below else "easy-auth.excluded")
            return Passed(passed)
        if path.lower().startswith(f"{settings.prefix.lower()}/login/"):
            return self._login(steps)
        return self._judged(passed, steps)

    def _judged(self, passed: SimulatedRequest, steps: Steps) -> Passed | SimulatedResponse:
        """Let a request through, or refuse it, by its token."""
        token = _bearer(passed)
        if token is None:
            steps.say("easy-auth", "The request has no token.")
            return self._without_token(passed, steps, sent=False)
        claims, problem = self._validate(token)
        if claims is None:
            steps.say(
                "easy-auth",
                f"The token is not valid: {problem}",
                "easy-auth.token",
                claims=_shown(token),
            )
            return self._without_token(passed, steps, sent=True)
        steps.say(
            "easy-auth",
            "The token's signature, issuer, audience and time are right.",
            "easy-auth.token",
        )
        refused = self._authorize(claims, steps)
        if refused is not None:
            steps.say("easy-auth", f"403: {refused}", "easy-auth.403", claims=claims)
            return SimulatedResponse.of(403, NO_PERMISSION, {"Content-Type": "text/html"})
        _tell(passed, claims)
        steps.say(
            "easy-auth", "Easy Auth lets the request through.", "easy-auth.headers", claims=claims
        )
        return Passed(passed, claims)

    # The token ----------------------------------------------------------------------------------

    def _validate(self, token: str) -> tuple[dict[str, Any] | None, str]:
        """Claims of a valid token, or what is wrong with it."""
        import jwt

        settings = self.settings
        if not settings.provider:
            return None, "Entra is not configured as an identity provider."
        issuer, keys = self._published()
        if issuer is None:
            where = settings.issuer or "(no issuer)"
            return None, f"nothing is published at {where}, so no issuer is right."
        try:
            header = _header(token)
            found = next((each for each in keys if each.get("kid") == header.get("kid")), None)
            if header.get("alg") != "RS256" or found is None:
                return None, "it is not signed with a key of the issuer (IDX10503)."
            claims = {**_signed(token, json.dumps({**found, "alg": "RS256"}))}
        except jwt.PyJWTError as error:
            return None, f"{error} (IDX10511)."
        if "{tenantid}" in issuer:
            issuer = issuer.replace("{tenantid}", str(claims.get("tid")))
        if claims.get("iss") != issuer:
            return None, f"the issuer is {claims.get('iss')}, {issuer} is expected (IDX10205)."
        accepted = [settings.client_id, *settings.audiences]
        audience = str(claims.get("aud"))
        if self._entra.same(audience) not in map(self._entra.same, accepted):
            shown = ", ".join(accepted)
            return None, f"the audience is {audience}, accepted are {shown} (IDX10214)."
        now = self._entra.clock.now().timestamp()
        if not isinstance(claims.get("exp"), int) or claims["exp"] + _SKEW <= now:
            return None, "it has expired (IDX10223)."
        if claims.get("nbf", 0) - _SKEW > now:
            return None, "it is not valid yet (IDX10222)."
        return claims, ""

    def _published(self) -> tuple[str | None, list[dict[str, Any]]]:
        """The issuer and its keys, as Entra publishes them."""
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        if self._metadata is None or self._metadata[0] != address:
            document = self._entra.document(address)
            metadata: dict[str, Any] = json.loads(document) if document is not None else {}
            self._metadata = address, metadata
        metadata = self._metadata[1]
        keys = self._entra.document(str(metadata.get("jwks_uri"))) if metadata else None
        if keys is None:
            return None, []
        return str(metadata["issuer"]), json.loads(keys)["keys"]

    def _authorize(self, claims: dict[str, Any], steps: Steps) -> str | None:
        """Why a valid token is not enough; None if it is."""
        settings, same = self.settings, self._entra.same
        if settings.version_1:
            steps.say(
                "easy-auth",
                "Version 1 of the settings has no list of callers.",
                "easy-auth.version-1",
            )
            return None
        client = str(claims.get("azp") or claims.get("appid") or "")
        checks = (
            ("allowed_applications", settings.applications, client),
            ("allowed_identities", settings.identities, str(claims.get("oid") or "")),
            ("jwt_allowed_client_applications", settings.claim_applications, client),
        )
        listed = False
        for name, allowed, value in checks:
            if not allowed:
                continue
            listed = True
            if not value or same(value) not in map(same, allowed):
                return f"{value or '(no claim)'} is not in {name}."
        if settings.groups:
            listed = True
            groups: list[Any] = claims.get("groups", [])
            if not {str(each).lower() for each in groups} & {x.lower() for x in settings.groups}:
                return (
                    "the token names none of the allowed groups; that of an application never does."
                )
        if not listed:
            steps.say(
                "easy-auth",
                "No list of callers is set: only tokens that the application asked for itself "
                "are taken to pass.",
                "easy-auth.no-list",
            )
            if same(client) != same(settings.client_id):
                return f"{client} is not the application itself, and no list allows it."
        return None

    # Answers ------------------------------------------------------------------------------------

    def _without_token(
        self, request: SimulatedRequest, steps: Steps, *, sent: bool
    ) -> Passed | SimulatedResponse:
        settings = self.settings
        if not settings.required or settings.action == "AllowAnonymous":
            steps.say(
                "easy-auth",
                "Requests without a valid token are let through.",
                "easy-auth.anonymous",
            )
            return Passed(request)
        if settings.action == "Return403":
            steps.say("easy-auth", "403: a request needs a valid token.", "easy-auth.action")
            return SimulatedResponse.of(403, NO_PERMISSION, {"Content-Type": "text/html"})
        if settings.action == "RedirectToLoginPage" and not sent:
            return self._login(steps)
        steps.say("easy-auth", "401: a request needs a valid token.", "easy-auth.401")
        authority = settings.issuer.rstrip("/").removesuffix("/v2.0")
        challenge = (
            f'Bearer realm="{request.url.host}" '
            f'authorization_uri="{authority}/oauth2/v2.0/authorize" '
            f'resource_id="{settings.client_id}"'
        )
        headers = {"WWW-Authenticate": challenge, "Content-Type": "text/html"}
        return SimulatedResponse.of(401, NO_PERMISSION, headers)

    def _login(self, steps: Steps) -> SimulatedResponse:
        steps.say("easy-auth", "302: the caller is sent to the sign-in page.", "easy-auth.action")
        authority = self.settings.issuer.rstrip("/").removesuffix("/v2.0")
        location = f"{authority}/oauth2/v2.0/authorize?client_id={self.settings.client_id}"
        return SimulatedResponse.of(302, headers={"Location": location})


@lru_cache(maxsize=256)
def _header(token: str) -> dict[str, Any]:
    import jwt

    return jwt.get_unverified_header(token)


@lru_cache(maxsize=256)
def _signed(token: str, key: str) -> dict[str, Any]:
    """The claims of a token that this key signed, which stays so: each is looked at once.

    Raises:
        jwt.PyJWTError: It did not, or it is no token.
    """
    import jwt

    # Who looks at the claims compares audience and issuer, and the time by the simulated clock.
    return jwt.decode(
        token,
        jwt.PyJWK.from_json(key),
        ["RS256"],
        options={
            "verify_aud": False,
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
            "verify_iss": False,
        },
    )


def _bearer(request: SimulatedRequest) -> str | None:
    scheme, _, token = (request.headers.get("Authorization") or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _shown(token: str) -> dict[str, Any] | None:
    """The claims of a token that nobody checked, for the trace."""
    import jwt

    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    return claims


def _tell(request: SimulatedRequest, claims: dict[str, Any]) -> None:
    """Add what the function is told of the caller."""
    told: list[dict[str, str]] = []
    for name, value in claims.items():
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        told += [{"typ": _CLAIM_NAMES.get(name, name), "val": str(each)} for each in values]
    principal = {
        "auth_typ": "aad",
        "claims": told,
        "name_typ": f"{_SOAP}/name",
        "role_typ": _CLAIM_NAMES["roles"],
    }
    encoded = base64.b64encode(json.dumps(principal).encode()).decode()
    request.headers.set("X-MS-CLIENT-PRINCIPAL", encoded)
    request.headers.set("X-MS-CLIENT-PRINCIPAL-ID", str(claims.get("oid") or claims.get("sub")))
    request.headers.set("X-MS-CLIENT-PRINCIPAL-IDP", "aad")
    name = claims.get("preferred_username") or claims.get("upn")
    if name:
        request.headers.set("X-MS-CLIENT-PRINCIPAL-NAME", str(name))
