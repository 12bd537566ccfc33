"""A local Entra: tokens issued or refused as applications, roles and assignments of the JSON say.

Sources: entra-docs, "Access tokens", "Access token claims reference", "Microsoft Entra
authentication and authorization error codes"; the texts of refusals as API Management's traces
show them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from constructs_lib.access.chain import Chain as Links
from constructs_lib.access.links import DEFAULT_ACCESS, RegistrationLink, key
from constructs_lib.access.terraform.values import Value, sole_reference, text_of
from constructs_lib.simulation.known import TENANT, KnownValues, NotKnownError, identifier
from constructs_lib.simulation.outside import (
    AccessToken,
    Clock,
    Refusal,
    SimulatedIdentity,
    SystemClock,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

AUTHORITY = "https://login.microsoftonline.com"
OTHER_TENANT = identifier("another tenant")
"""The tenant that strangers from elsewhere are in."""

HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.windows.net",
        "sts.windows.net",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
    }
)
"""Where Entra publishes its metadata."""

# Of these every tenant has a service principal.
_MICROSOFTS = (
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://graph.microsoft.com",
    "https://vault.azure.net",
    "https://storage.azure.com",
    "https://cognitiveservices.azure.com",
    "https://ai.azure.com",
    "https://servicebus.azure.net",
    "https://eventhubs.azure.net",
    "https://database.windows.net",
    "https://cosmos.azure.com",
)
_TENANT_PATH = re.compile(r"/([^/]+)(/v2\.0)?/\.well-known/openid-configuration", re.IGNORECASE)
_KEYS_PATH = re.compile(r"/[^/]+/discovery/(v2\.0/)?keys", re.IGNORECASE)
_NAMING = {
    "azurerm_api_management_policy": "xml_content",
    "azurerm_api_management_product_policy": "xml_content",
    "azurerm_api_management_api_policy": "xml_content",
    "azurerm_api_management_api_operation_policy": "xml_content",
    "azurerm_api_management_policy_fragment": "value",
}
"""Resources with policies, and the argument that holds one."""
_OPENID = ("openid", "profile", "email", "offline_access")
"""Scopes that are no application's."""
_USUAL_SCOPES = frozenset({"user_impersonation"})
_EVERY_TENANT = frozenset({"common", "organizations", "consumers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPrincipal:
    """Somebody who asks for a token.

    Attributes:
        name: What a reader calls them.
        kind: A user asks through an application, whose id `client_id` then is.
        client_id: The application id.
        object_id: The id of the service principal or user.
        tenant: The tenant that they are in.
        has_role: Whether an administrator gave them a role besides those of the JSON.
        assumed: Ids of the assumptions (see `fidelity`) that this rests on.
    """

    name: str
    kind: Literal["managed identity", "application", "user"]
    client_id: str
    object_id: str
    tenant: str = TENANT
    has_role: bool = False
    assumed: tuple[str, ...] = ()


def stranger(
    name: str,
    *,
    kind: Literal["managed identity", "application", "user"] = "application",
    tenant: str = TENANT,
    has_role: bool = False,
) -> SimulatedPrincipal:
    """Somebody whom no configuration names, the same one each time for a name.

    Args:
        name: What a reader calls them.
        kind: What they are.
        tenant: Where they are.
        has_role: Whether they hold a role of each application.
    """
    return SimulatedPrincipal(
        name=name,
        kind=kind,
        client_id=identifier(tenant, name, "client"),
        object_id=identifier(tenant, name, "object"),
        tenant=tenant,
        has_role=has_role,
    )


_KEPT = 1_000
"""So many tokens are kept, to be issued again as long as they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application as Entra knows it.

    Attributes:
        name: Its display name.
        client_id: Its application id.
        uris: Its App ID URIs.
        version: Of the tokens that are issued for it.
        several_tenants: Whether other tenants can have it too.
        principal: Whether it has a service principal in its own tenant.
        enabled: Whether that may be signed in to.
        assignment_required: Whether only who holds a role gets a token.
        roles: The values of the roles that somebody holds, by object id.
        scopes: The scopes that users have clients ask for.
        consents: Those of them that need nobody's consent, by client id.
        assumed: Assumptions that this rests on, as it is managed elsewhere.
    """

    name: str
    client_id: str
    uris: Sequence[str] = ()
    version: Literal[1, 2] = 1
    several_tenants: bool = False
    principal: bool = True
    enabled: bool = True
    assignment_required: bool = False
    roles: dict[str, frozenset[str]]
    scopes: frozenset[str] = frozenset()
    consents: dict[str, frozenset[str]] = field(default_factory=dict[str, "frozenset[str]"])
    assumed: tuple[str, ...] = ()


class Same:
    """Ids that name the same principal: each comes to the first of them.

    Args:
        groups: Ids that belong together.
    """

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._first: dict[str, str] = {}
        for each in groups:
            ids = [id.strip().lower() for id in each]
            first = next((self._first[id] for id in ids if id in self._first), ids[0])
            self._first |= {id: first for id in ids if id not in self._first}

    def __call__(self, id: str) -> str:
        """The id to compare by; case and blanks around it do not count."""
        id = id.strip().lower()
        return self._first.get(id, id)


class Entra:
    """Tenants with their applications, as the JSON has them.

    Args:
        links: What was read.
        known: What its values come to.
        clock: The time.
    """

    def __init__(self, links: Links, known: KnownValues, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.tenant = known.tenant
        self._known = known
        self._objects = dict(_objects(links, known))
        self._named = _names_of(links)
        self.same = Same(_groups(links, known))
        self.applications: dict[str, Application] = {}
        self._by_name: dict[str, Application] = {}
        versions = _versions_expected(links, known)
        for each in links.registrations:
            application = self._application(links, each, versions)
            self.applications[application.client_id.lower()] = application
            for name in (application.client_id, *application.uris):
                self._by_name.setdefault(name.lower(), application)
        for uri in _MICROSOFTS:
            application = Application(name=uri, client_id=uri, version=1, roles={})
            self._by_name[uri] = self._by_name[f"{uri}/"] = application
        self._issued: dict[tuple[SimulatedPrincipal, str, frozenset[str]], AccessToken] = {}

    def _application(
        self, links: Links, link: RegistrationLink, versions: dict[str, int]
    ) -> Application:
        known, configuration = self._known, links.configuration
        client_id = known.text(link.client_id, "a client id")
        roles: dict[str, set[str]] = {}
        assumed: list[str] = []
        values = {
            known.text(role.id, "a role's id"): known.text(role.value, "a role", "")
            for role in link.roles
            if role.enabled is not False and role.id is not None
        }
        for each in link.assignments:
            holder = configuration.attribute(each, "principal_object_id")
            try:
                object_id = self.same(known.text(holder, "who holds a role"))
            except NotKnownError:
                assumed.append("entra.role-holder")
                continue
            held = _role_held(configuration.attribute(each, "app_role_id"), known, values)
            roles.setdefault(object_id, set()).update({held} - {""})
        scopes = _scopes(links, link, known)
        version = link.token_version
        if version is None:
            version = versions.get(client_id.lower(), 1)
            assumed.append("entra.elsewhere")
        return Application(
            name=link.name,
            client_id=client_id,
            uris=[known.text(uri, "an App ID URI") for uri in link.uris],
            version=2 if version == 2 else 1,
            several_tenants=link.multi_tenant is True,
            principal=bool(link.principals) or not link.managed,
            enabled=all(
                configuration.body(each).value("account_enabled", True) is not False
                for each in link.principals
                if each.managed
            ),
            assignment_required=link.assignment_required is True,
            roles={holder: frozenset(held) for holder, held in roles.items()},
            scopes=frozenset(scopes.values()),
            consents=_consents(links, link, known, scopes),
            assumed=tuple(assumed),
        )

    # Tokens -------------------------------------------------------------------------------------

    def token(self, identity: SimulatedIdentity, resource: str) -> AccessToken | Refusal:
        """A token of a managed identity for a resource: a client id or an App ID URI."""
        principal = SimulatedPrincipal(
            name=identity.name,
            kind="managed identity",
            client_id=identity.client_id,
            object_id=identity.object_id,
            tenant=self.tenant,
        )
        found = self.issue(principal, resource)
        if isinstance(found, Refusal):
            return found
        return replace(found, assumed=(*found.assumed, *identity.assumed))

    def client(self, name: str, resource: str, client_id: str | None = None) -> SimulatedPrincipal:
        """An application that asks for a token by its client id, a stranger of a name by default.

        Its object id is what the configuration or the user says of the client id. If neither does
        and policies or Easy Auth name the client, it is taken to be the only one who holds a role
        of the resource's application and is no other principal.

        Args:
            name: What a reader calls it.
            resource: What the token is for.
            client_id: Its client id.
        """
        made = stranger(name, tenant=self.tenant)
        if client_id is None:
            return made
        id, assumed = client_id.lower(), ()
        object_id = self._objects.get(id) or self._known.given.get(client_id)
        application = self._by_name.get(resource.removesuffix("/.default").lower())
        if object_id is None and application is not None and id in self._named:
            others = {self.same(each) for each in self._objects.values()}
            holders = [each for each, held in application.roles.items() if held]
            unknown = [each for each in holders if each not in others]
            if len(unknown) == 1:
                object_id, assumed = unknown[0], ("entra.client",)
        own = self.applications.get(id)
        return replace(
            made,
            name=own.name if own else name,
            client_id=client_id,
            object_id=object_id or made.object_id,
            assumed=assumed,
        )

    def sign_in(
        self, client: str, scope: str, resource: str | None = None, name: str | None = None
    ) -> AccessToken | Refusal:
        """A token of a user for what a client asks for in their name.

        Args:
            client: The client's id.
            scope: Scopes of one application, fully qualified, besides those of OpenID.
            resource: What the client says the token is for (RFC 8707); nothing, if not given.
            name: Who signs in, a stranger; one of those whom access is assigned to, if not given.
        """
        asked = [each.rpartition("/") for each in scope.split() if each not in _OPENID]
        names = {each[0] for each in asked}
        if len(names) != 1:
            named = " ".join(sorted(names))
            return Refusal(f"AADSTS28000: The scopes are not those of one resource: {named}.")
        [uri] = names
        wanted = frozenset(each[2] for each in asked)
        application = self._by_name.get(uri.lower())
        if application is None or not wanted <= application.scopes:
            return Refusal(
                f"AADSTS650053: The application '{client}' asked for scope '{scope}' that doesn't "
                f"exist on the resource '{uri or 'Microsoft Graph'}'."
            )
        if resource is not None and resource not in application.uris:
            return Refusal(
                "AADSTS9010010: The resource parameter provided in the request doesn't match with "
                "the requested scopes."
            )
        if not wanted <= application.consents.get(client.lower(), frozenset()):
            return Refusal(
                "AADSTS65001: The user or administrator has not consented to use the application "
                f"with ID '{client}'."
            )
        user = stranger(name or "test user", kind="user", tenant=self.tenant)
        assigned = name is None and frozenset() in application.roles.values()
        return self.issue(replace(user, client_id=client, has_role=assigned), uri, wanted)

    def issue(
        self, principal: SimulatedPrincipal, resource: str, scopes: frozenset[str] = _USUAL_SCOPES
    ) -> AccessToken | Refusal:
        """A token of anybody for a resource: a client id or an App ID URI.

        Args:
            principal: Who asks.
            resource: What it is for.
            scopes: What a user lets the client do.
        """
        application = self._by_name.get(resource.removesuffix("/.default").lower())
        home = principal.tenant == self.tenant
        there = application is not None and (
            application.principal if home else application.several_tenants
        )
        if application is None or not there:
            return Refusal(
                f"AADSTS500011: The resource principal named {resource} was not found in the "
                f"tenant named {principal.tenant}. This can happen if the application has not "
                "been installed by the administrator of the tenant or consented to by any user "
                "in the tenant. You might have sent your authentication request to the wrong "
                "tenant."
            )
        named = f"'{application.client_id}'({application.name})"
        if not application.enabled and home:
            return Refusal(f"AADSTS7000112: Application {named} is disabled.")
        held = application.roles.get(self.same(principal.object_id))
        if home and application.assignment_required and held is None and not principal.has_role:
            if principal.kind == "user":
                return Refusal(
                    "AADSTS50105: Your administrator has configured the application "
                    f"{application.name} ('{application.client_id}') to block users unless they "
                    "are specifically granted ('assigned') access to the application."
                )
            return Refusal(
                f"AADSTS501051: Application '{principal.client_id}'({principal.name}) is not "
                f"assigned to a role for the application {named}."
            )
        found = self._issued.get((principal, resource, scopes))
        now = self.clock.now()
        if found is None or found.expires <= now.timestamp():
            claims = claims_of(
                principal,
                application,
                resource.removesuffix("/.default"),
                held or frozenset(),
                scopes,
            )
            found = self._sign(principal, application, claims, now)
            self._issued[principal, resource, scopes] = found
            if len(self._issued) > _KEPT:
                self._issued.pop(next(iter(self._issued)), None)
        return found

    def _sign(
        self,
        principal: SimulatedPrincipal,
        application: Application,
        claims: dict[str, Any],
        now: datetime,
    ) -> AccessToken:
        # Tokens of managed identities live a day (Learn, "Managed identity best practice
        # recommendations"), others an hour or a little more.
        lifetime = 86_400 if principal.kind == "managed identity" else 3_600
        issued = int(now.timestamp())
        claims |= {"iat": issued, "nbf": issued, "exp": issued + lifetime}
        authority = f"{AUTHORITY}/{principal.tenant}"
        assumed = (*application.assumed, *principal.assumed)
        return AccessToken(sign(claims), issued + lifetime, authority, assumed)

    # What it publishes --------------------------------------------------------------------------

    def document(self, url: str) -> bytes | None:
        """OpenID metadata or keys of a tenant; None where nothing is published."""
        split = urlsplit(url.strip())
        if split.scheme != "https" or (split.hostname or "") not in HOSTS:
            return None
        path = re.sub(r"//+", "/", split.path)
        if _KEYS_PATH.fullmatch(path):
            return json.dumps({"keys": [public_key()]}).encode()
        found = _TENANT_PATH.fullmatch(path)
        tenant = found[1].lower() if found else ""
        every = tenant in _EVERY_TENANT
        if found is None or (not every and not re.fullmatch(r"[0-9a-f-]{36}", tenant)):
            return None
        named = "{tenantid}" if every else tenant
        version = 2 if found[2] else 1
        base, middle = f"{AUTHORITY}/{tenant}", "/v2.0" if version == 2 else ""
        metadata = {
            "issuer": issuer_of(named, version),
            "jwks_uri": f"{base}/discovery{middle}/keys",
            "authorization_endpoint": f"{base}/oauth2{middle}/authorize",
            "token_endpoint": f"{base}/oauth2{middle}/token",
            "response_types_supported": ["code"],
            "scopes_supported": [*_OPENID],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return json.dumps(metadata).encode()


def identities_of(links: Links, known: KnownValues) -> dict[str, list[SimulatedIdentity]]:
    """The managed identities of each gateway, by its address, as far as they are visible."""
    found: dict[str, list[SimulatedIdentity]] = {}
    for gateway in links.gateways:
        for each in gateway.identities:
            object_id = next((known.text(id, "an object id") for id in each.object_ids), "")
            object_id = object_id or identifier(each.record.name, "object")
            client_id = next((known.text(id, "a client id") for id in each.client_ids), "")
            client_id = client_id or identifier(object_id, "client")
            found.setdefault(gateway.address, []).append(
                SimulatedIdentity(each.record.name, each.record.kind, client_id, object_id)
            )
    return found


def _groups(links: Links, known: KnownValues) -> Iterable[Sequence[str]]:
    """Ids of one principal that are written in several ways."""
    for ids in (ids for both in _principals(links) for ids in both):
        texts: list[str] = []
        for id in ids:
            with suppress(NotKnownError):
                texts.append(known.text(id, "an id"))
        if texts:
            yield texts


def _objects(links: Links, known: KnownValues) -> Iterable[tuple[str, str]]:
    """Client ids with the object id of their principal."""
    for clients, objects in _principals(links):
        for client in clients:
            with suppress(NotKnownError, IndexError):
                yield known.text(client, "an id").lower(), known.text(objects[0], "an id")


def _principals(links: Links) -> Iterable[tuple[Sequence[Value], Sequence[Value]]]:
    """The client ids and the object ids of each principal, as they are written."""
    configuration = links.configuration
    for kind in ("azurerm_user_assigned_identity", "azuread_service_principal"):
        for each in configuration.of_type(kind):
            principal = links.principals.with_client_id(configuration.attribute(each, "client_id"))
            if principal is not None:
                yield principal.client_ids, principal.object_ids
    for gateway in links.gateways:
        for identity in gateway.identities:
            yield identity.client_ids, identity.object_ids


def _names_of(links: Links) -> str:
    """Where callers are named: the texts of policies and what Easy Auth allows, in lower case."""
    configuration = links.configuration
    found = [
        text_of(configuration.attribute(each, argument))
        for kind, argument in _NAMING.items()
        for each in configuration.of_type(kind)
    ]
    for app in links.apps.values():
        if app.directory is not None:
            found += map(text_of, app.directory.values("allowed_applications"))
    return "\n".join(found).lower()


def _versions_expected(links: Links, known: KnownValues) -> dict[str, int]:
    """Which version of tokens apps expect, by client id: it tells of applications elsewhere."""
    found: dict[str, int] = {}
    for app in links.apps.values():
        if app.directory is None:
            continue
        with suppress(NotKnownError):
            client_id = known.text(app.directory.value("client_id"), "a client id").lower()
            endpoint = known.text(app.directory.value("tenant_auth_endpoint"), "an issuer")
            found[client_id] = 2 if endpoint.rstrip("/").endswith("/v2.0") else 1
    return found


def _role_held(value: Value, known: KnownValues, values: dict[str, str]) -> str:
    reference = sole_reference(value)
    if reference is not None and "app_role_ids" in reference.path:
        return str(reference.path[-1])
    id = known.text(value, "a role's id", DEFAULT_ACCESS)
    return values.get(id, "")


def _scopes(links: Links, link: RegistrationLink, known: KnownValues) -> dict[str, str]:
    """The values of the scopes that an application has, by their ids."""
    if link.resource is None:
        return {}
    settings = links.configuration.body(link.resource).block("api")
    return {
        known.text(each.value("id"), "a scope's id"): known.text(each.value("value"), "a scope")
        for each in (settings.blocks("oauth2_permission_scope") if settings else ())
        if each.value("enabled", True) is not False
    }


def _consents(
    links: Links, link: RegistrationLink, known: KnownValues, scopes: dict[str, str]
) -> dict[str, frozenset[str]]:
    """The scopes for which clients are pre-authorized, by client id."""
    found: dict[str, frozenset[str]] = {}
    configuration = links.configuration
    own = configuration.attribute(link.resource, "id") if link.resource else None
    for each in configuration.of_type("azuread_application_pre_authorized"):
        body = configuration.body(each)
        if own is not None and key(body.value("application_id")) == key(own):
            client = known.text(body.value("authorized_client_id"), "a client id").lower()
            ids = [known.text(id, "a scope's id") for id in body.values("permission_ids")]
            found[client] = frozenset(scopes[id] for id in ids if id in scopes)
    return found


def issuer_of(tenant: str, version: int) -> str:
    """The `iss` claim of a tenant's tokens."""
    if version == 2:
        return f"{AUTHORITY}/{tenant}/v2.0"
    return f"https://sts.windows.net/{tenant}/"


def claims_of(
    principal: SimulatedPrincipal,
    application: Application,
    resource: str,
    roles: frozenset[str],
    scopes: frozenset[str] = _USUAL_SCOPES,
) -> dict[str, Any]:
    """The claims of a token, without its times."""
    version = application.version
    # How the client proved who it is: by a secret, or by an assertion as managed identities do.
    proof = {"managed identity": "2", "application": "1", "user": "0"}[principal.kind]
    claims: dict[str, Any] = {
        "aud": application.client_id if version == 2 else resource,
        "iss": issuer_of(principal.tenant, version),
        "oid": principal.object_id,
        "sub": principal.object_id,
        "tid": principal.tenant,
        "ver": f"{version}.0",
        "uti": base64.urlsafe_b64encode(
            hashlib.sha256(f"{principal.object_id}/{resource}".encode()).digest()[:16]
        )
        .decode()
        .rstrip("="),
    }
    if version == 2:
        claims |= {"azp": principal.client_id, "azpacr": proof}
    else:
        claims |= {"appid": principal.client_id, "appidacr": proof, "idp": claims["iss"]}
    if principal.kind == "user":
        address = f"{principal.name.replace(' ', '.').lower()}@example.com"
        claims |= {"name": principal.name, "scp": " ".join(sorted(scopes))}
        claims["preferred_username" if version == 2 else "upn"] = address
    if roles:
        claims["roles"] = sorted(roles)
    return claims


# Keys -------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _signing_key() -> RSAPrivateKey:
    """Entra's key: one for the process, made when the first token is issued."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache(maxsize=1)
def public_key() -> dict[str, Any]:
    """Entra's public key, as it stands in a JWKS document."""
    from jwt.algorithms import RSAAlgorithm

    key: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(_signing_key().public_key()))
    digest = hashlib.sha1(str(key["n"]).encode(), usedforsecurity=False).digest()
    kid = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return {"kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "n": key["n"], "e": key["e"]}


def sign(claims: dict[str, Any]) -> str:
    """A token with these claims, signed by Entra's key."""
    import jwt

    kid = str(public_key()["kid"])
    return jwt.encode(claims, _signing_key(), "RS256", headers={"kid": kid, "x5t": kid})
