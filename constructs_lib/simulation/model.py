"""The service that is simulated, as the configuration describes it: APIs, products, backends, keys.

Links are those of the access analysis; here their values become text. What is not known is noted
where it stands, and stops the calls that need it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from constructs_lib.access.chain import Chain as Links
from constructs_lib.access.links import ApiLink, GatewayLink, IdentityLink, key
from constructs_lib.access.policy_flow import key_names
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Value, sole_reference, text_of
from constructs_lib.simulation import context
from constructs_lib.simulation.contract import Contracts
from constructs_lib.simulation.known import KnownValues, NotKnownError, identifier
from constructs_lib.simulation.outside import SimulatedIdentity
from constructs_lib.simulation.signals import CallStoppedError

_NAME = re.compile("[A-Za-z0-9-]+")
_NO_NAME = re.compile("[^A-Za-z0-9-]+")
_PARAMETER = re.compile(r"\{(\*?)([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class SimulatedOperation:
    """An operation of an API.

    Attributes:
        facts: What expressions see of it.
        pattern: What the path below the API's must match.
        rank: Which of several that match is taken: the greatest.
        query: Names of the query parameters in its template.
        resource: Where it is defined.
        policy: The resource of its policy.
        examples_by_status: Status, media type and content of the examples of what it answers.
    """

    facts: context.IOperation
    pattern: re.Pattern[str]
    rank: tuple[int, ...]
    query: tuple[str, ...]
    resource: Resource | None = None
    policy: Resource | None = None
    examples_by_status: tuple[tuple[int, str, str], ...] = ()

    def examples(self, status: int) -> list[tuple[str, str]]:
        """The examples of what it answers with a status: media type and content."""
        return [(kind, text) for each, kind, text in self.examples_by_status if each == status]


@dataclass(slots=True)
class SimulatedApi:
    """An API.

    Attributes:
        facts: What expressions see of it.
        link: Where it stands among the links.
        operations: Its operations.
        service_url: Base of its backend; None where it has none.
        key_required: Whether it demands a subscription key.
        scheme: Where its version stands: `Segment`, `Header` or `Query`; empty without versions.
        version_name: The header or query parameter that its version stands in.
        products: The products that it is in, by `key`.
        problem: Why calls of it cannot be simulated.
    """

    facts: context.IApi
    link: ApiLink
    operations: list[SimulatedOperation] = field(default_factory=list[SimulatedOperation])
    service_url: str | None = None
    key_required: bool = True
    scheme: str = ""
    version_name: str = ""
    products: list[Any] = field(default_factory=list[Any])
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class BackendEntity:
    """A backend entity.

    Attributes:
        id: Its name.
        url: Its URL.
        headers: Headers that it adds, as credentials.
        query: Query parameters that it adds.
        breaker: When its circuit breaker trips.
        pool: The backends that it stands for, if it is a pool.
        problem: Why it cannot be called.
    """

    id: str
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    breaker: Breaker | None = None
    pool: tuple[PoolMember, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PoolMember:
    """A backend of a pool, by `key`: the lower `priority` is called first, by `weight`."""

    backend: Any
    priority: int
    weight: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a circuit breaker trips: at `count` failures in `interval` seconds, for `duration`."""

    count: int
    percentage: int
    interval: float
    duration: float
    statuses: tuple[tuple[int, int], ...]
    retry_after: bool


@dataclass(frozen=True, slots=True)
class SimulatedSubscription:
    """A subscription and what its keys open: a product, an API, or all APIs.

    Attributes:
        facts: What expressions see of it; `key` is empty.
        product: The product, by `key`.
        api: The API's name.
        active: Whether its keys are taken.
    """

    facts: context.ISubscription
    product: Any = None
    api: str | None = None
    active: bool = True


@dataclass(slots=True)
class Service:
    """An API Management service.

    Attributes:
        name: Its name.
        host: The host that it answers at.
        link: Where it stands among the links.
        system: Its own identity, if it has one.
        users: Identities attached to it.
        apis: Its APIs.
        products: Its products, by `key`.
        backends: Its backends, by `key`.
        contracts: What the definitions of its APIs say.
        subscriptions: Its subscriptions.
    """

    name: str
    host: str
    link: GatewayLink
    system: SimulatedIdentity | None
    users: list[SimulatedIdentity]
    contracts: Contracts
    apis: list[SimulatedApi] = field(default_factory=list[SimulatedApi])
    products: dict[Any, context.IProduct] = field(default_factory=dict[Any, context.IProduct])
    backends: dict[Any, BackendEntity] = field(default_factory=dict[Any, BackendEntity])
    subscriptions: list[SimulatedSubscription] = field(default_factory=list[SimulatedSubscription])

    def backend(self, name: Any) -> BackendEntity:
        """A backend entity.

        Raises:
            CallStoppedError: If it is not in the configuration, or not known.
        """
        found = self.backends.get(key(name))
        if found is None:
            raise CallStoppedError(f"the backend {name} is not in the configuration")
        if found.problem is not None:
            raise CallStoppedError(found.problem)
        return found

    def subscription_of(self, sent: str) -> SimulatedSubscription | None:
        """The subscription that a key is of."""
        for each in self.subscriptions:
            if sent in (each.facts.primary_key, each.facts.secondary_key):
                return each
        return None


def services_of(links: Links, known: KnownValues) -> list[Service]:
    """The services of a configuration."""
    names: list[str] = []
    for gateway in links.gateways:
        name = _name_of(gateway, known)
        same = sum(1 for each in names if each.lower() == name.lower())
        names.append(f"{name}-{same + 1}" if same else name)
    return [
        _Reader(links, known, gateway, name).service()
        for gateway, name in zip(links.gateways, names, strict=True)
    ]


def _name_of(link: GatewayLink, known: KnownValues) -> str:
    """Its name, or one that is made of the reference to it, if it can be no part of a host."""
    if _NAME.fullmatch(link.name):
        return link.name
    reference = link.name.removeprefix("${").removesuffix("}")
    last = link.address.removesuffix("}").rpartition(".")[2]
    return known.given.get(reference) or _NO_NAME.sub("-", last).strip("-") or "gateway"


class _Reader:
    """Reads one service."""

    def __init__(self, links: Links, known: KnownValues, link: GatewayLink, name: str) -> None:
        self._name = name
        self._links = links
        self._known = known
        self._link = link
        self._configuration = links.configuration

    def service(self) -> Service:
        link, known, name = self._link, self._known, self._name
        system, users = self._identities()
        contracts = Contracts(self._configuration, known)
        service = Service(name, f"{name.lower()}.azure-api.net", link, system, users, contracts)
        for each in link.apis.values():
            service.apis.append(self._api(each))
        for product, resource in link.products.items():
            service.products[product] = self._product(resource)
        for backend, resource in link.backends.items():
            service.backends[backend] = self._backend(resource)
        service.subscriptions = [*self._subscriptions(), built_in(name)]
        self._choose_revisions(service.apis)
        return service

    def _identities(self) -> tuple[SimulatedIdentity | None, list[SimulatedIdentity]]:
        """The service's own identity and those attached to it, as far as they are known.

        Of a service that is managed elsewhere they may not be: it is taken to be the one principal
        that the apps let in, if that is one.
        """
        link = self._link
        system = self._identity(link.system, "system-assigned") if link.system else None
        users = [self._identity(each, "user-assigned") for each in link.users]
        trusted = None if link.complete else self._trusted()
        known = {each.client_id for each in (*users, *([system] if system else ()))}
        if trusted is not None and trusted.client_id not in known:
            users.append(trusted)
            if link.system is not None and not link.system.client_ids:
                system = replace(trusted, kind="system-assigned")
        return system, users

    def _trusted(self) -> SimulatedIdentity | None:
        """The only principal that Easy Auth of the apps lets in; None if there are others."""
        found: set[tuple[str, str]] = set()
        for directory in (each.directory for each in self._links.apps.values()):
            if directory is None:
                continue
            applications = directory.values("allowed_applications")
            objects = directory.values("allowed_identities")
            if len(applications) != 1 or len(objects) != 1:
                return None
            try:
                client_id = self._known.text(applications[0], "allowed_applications")
                found.add((client_id, self._known.text(objects[0], "allowed_identities")))
            except NotKnownError:
                return None
        if len(found) != 1:
            return None
        name = f"the identity of {self._link.name}"
        return SimulatedIdentity(name, "user-assigned", *found.pop(), ("entra.gateway",))

    def _identity(self, link: IdentityLink, kind: Any) -> SimulatedIdentity:
        name = link.record.name
        objects = link.object_ids[0] if link.object_ids else None
        clients = link.client_ids[0] if link.client_ids else None
        object_id = client_id = ""
        try:
            object_id = self._known.text(objects, f"the principal id of {name}")
            client_id = self._known.text(clients, f"the client id of {name}")
        except NotKnownError:
            pass  # An id that is its own, then: it is nobody whom the configuration names.
        object_id = object_id or identifier("object", self._link.name, name)
        return SimulatedIdentity(
            name, kind, client_id or identifier("client", object_id), object_id
        )

    def _api(self, link: ApiLink) -> SimulatedApi:
        if link.resource is None:
            facts = context.IApi(id=link.name, name=link.name)
            told = f"the API {link.name} is managed elsewhere, so its path is not known here"
            return SimulatedApi(facts, link, products=link.products, problem=told)
        body, known = self._configuration.body(link.resource), self._known
        what = f"of the API {link.name}"
        header, query = key_names(self._configuration, link)
        name, _, named = link.name.partition(";rev=")
        facts = context.IApi(id=name, name=name, key_header=header, key_query=query)
        api = SimulatedApi(facts, link, products=list(link.products))
        try:
            facts.name = known.text(body.value("display_name"), f"the name {what}", link.name)
            facts.path = known.text(body.value("path"), f"the path {what}").strip("/")
            facts.revision = known.text(
                body.value("revision"), f"the revision {what}", named or "1"
            )
            facts.version = known.text(body.value("version"), f"the version {what}")
            facts.is_current_revision = not named and body.value("source_api_id") is None
            required = body.value("subscription_required", True)
            api.key_required = known.boolean(required, f"subscription_required {what}")
            if body.value("service_url") is not None:
                api.service_url = known.text(body.value("service_url"), f"service_url {what}")
            self._version(api, link.resource)
            api.operations = list(self._operations(link))
            if body.block("import") is not None and not api.operations:
                api.problem = f"the operations {what} are imported by Azure, so they are not known"
        except NotKnownError as error:
            api.problem = str(error)
        return api

    def _version(self, api: SimulatedApi, resource: Resource) -> None:
        value = self._configuration.body(resource).value("version_set_id")
        if value is None:
            return
        reference = sole_reference(value)
        found = None
        if reference is not None:
            found = self._configuration.resource(reference.stack, reference.address)
        if found is None:
            raise NotKnownError(
                f"where the version of the API {api.facts.id} stands", text_of(value)
            )
        body = self._configuration.body(found)
        api.scheme = text_of(body.value("versioning_scheme", "Segment"))
        name = {"Header": "version_header_name", "Query": "version_query_name"}.get(api.scheme)
        api.version_name = text_of(body.value(name)) if name else ""

    def _operations(self, link: ApiLink) -> Iterator[SimulatedOperation]:
        for name, resource in link.operations.items():
            body = self._configuration.body(resource)
            what = f"an operation of the API {link.name}"
            method = self._known.text(body.value("method"), f"the method of {what}", "GET")
            template = self._known.text(body.value("url_template"), f"the template of {what}", "/")
            facts = context.IOperation(
                id=text_of(body.value("operation_id")),
                method=method,
                name=text_of(body.value("display_name", body.value("operation_id"))),
                url_template=template,
            )
            found = operation(facts, resource, link.operation_policies.get(name))
            yield replace(found, examples_by_status=tuple(_examples(body)))

    def _choose_revisions(self, apis: list[SimulatedApi]) -> None:
        """Have one current revision of each API: that which was released, or else the first."""
        configuration = self._configuration
        released: set[Resource] = set()
        for each in configuration.of_type("azurerm_api_management_api_release"):
            reference = sole_reference(configuration.attribute(each, "api_id"))
            api = configuration.resource(reference.stack, reference.address) if reference else None
            released |= {api} if api is not None else set()
        by_name: dict[str, list[SimulatedApi]] = {}
        for api in apis:
            by_name.setdefault(api.facts.id.lower(), []).append(api)
        for several in by_name.values():
            chosen = [each for each in several if each.link.resource in released]
            chosen = chosen or [each for each in several if each.facts.is_current_revision]
            for each in several:
                each.facts.is_current_revision = each is (chosen or several)[0]

    def _product(self, resource: Resource) -> context.IProduct:
        body = self._configuration.body(resource)
        identifier = text_of(body.value("product_id"))
        published = body.value("published", True)
        return context.IProduct(
            id=identifier,
            name=text_of(body.value("display_name", identifier)),
            approval_required=body.value("approval_required", False) is True,
            subscription_required=body.value("subscription_required", True) is not False,
            state="NotPublished" if published is False else "Published",
        )

    def _backend(self, resource: Resource) -> BackendEntity:
        body = self._configuration.body(resource)
        name = text_of(body.value("name"))
        members = tuple(
            PoolMember(
                key(self._named(each.value("id"), "name")),
                int(text_of(each.value("priority", 1))),
                int(text_of(each.value("weight", 1))),
            )
            for each in body.blocks("pool")
        )
        if members:
            return BackendEntity(name, pool=members)
        try:
            url = self._known.text(body.value("url"), f"the URL of the backend {name}")
            credentials = body.block("credentials")
            headers = credentials.value("header") if credentials else None
            query = credentials.value("query") if credentials else None
            return BackendEntity(
                name, url, self._pairs(headers), self._pairs(query), self._breaker(resource)
            )
        except NotKnownError as error:
            return BackendEntity(name, problem=str(error))

    def _pairs(self, value: Value) -> tuple[tuple[str, str], ...]:
        items = value.items() if isinstance(value, dict) else ()
        return tuple(
            (name, self._known.text(each, f"the credential {name}")) for name, each in items
        )

    def _breaker(self, resource: Resource) -> Breaker | None:
        rule = self._configuration.body(resource).block("circuit_breaker_rule")
        condition = rule.block("failure_condition") if rule else None
        if rule is None or condition is None:
            return None
        return Breaker(
            count=int(text_of(condition.value("count", 0))),
            percentage=int(text_of(condition.value("percentage", 0))),
            interval=seconds(text_of(condition.value("interval_duration", "PT1M"))),
            duration=seconds(text_of(rule.value("trip_duration", "PT1M"))),
            statuses=tuple(
                (int(text_of(each.value("min", 0))), int(text_of(each.value("max", 599))))
                for each in condition.blocks("status_code_range")
            ),
            retry_after=rule.value("accept_retry_after_enabled") is True,
        )

    def _subscriptions(self) -> Iterator[SimulatedSubscription]:
        configuration = self._configuration
        for each in configuration.of_type("azurerm_api_management_subscription"):
            body = configuration.body(each)
            gateway = body.value("api_management_name")
            if self._links.gateway(gateway, each.stack) is not self._link:
                continue
            name = text_of(body.value("display_name", each.address))
            keys = [
                self._known.text(configuration.attribute(each, which), f"the {which} of {name}")
                for which in ("primary_key", "secondary_key")
            ]
            product, api = body.value("product_id"), body.value("api_id")
            yield SimulatedSubscription(
                context.ISubscription(
                    id=text_of(body.value("subscription_id", each.address)),
                    name=name,
                    primary_key=keys[0],
                    secondary_key=keys[1],
                ),
                product=key(self._named(product, "product_id")) if product is not None else None,
                api=self._named(api, "name") if api is not None else None,
                active=body.value("state", "submitted") == "active",
            )

    def _named(self, value: Any, attribute: str) -> str:
        """The name of what a resource id names."""
        reference = sole_reference(value)
        if reference is not None and reference.path == ("id",):
            found = self._configuration.resource(reference.stack, reference.address)
            if found is not None:
                return text_of(self._configuration.attribute(found, attribute))
        return text_of(value).rsplit("/", 1)[-1].partition(";rev=")[0]


def _examples(body: Body) -> Iterator[tuple[int, str, str]]:
    for response in body.blocks("response"):
        for representation in response.blocks("representation"):
            for example in representation.blocks("example"):
                value = example.value("value")
                if isinstance(value, str):
                    kind = text_of(representation.value("content_type", "application/json"))
                    yield int(text_of(response.value("status_code", 200))), kind, value


def built_in(service: str) -> SimulatedSubscription:
    """The subscription that every service has, whose keys open all APIs."""
    return made_for(service, "master")


def made_for(
    service: str, name: str, *, product: Any = None, api: str | None = None
) -> SimulatedSubscription:
    """A subscription with keys that are always the same for the same names."""
    keys = [
        identifier(service, name, text_of(product), api or "", which).replace("-", "")
        for which in ("primary", "secondary")
    ]
    facts = context.ISubscription(id=name, name=name, primary_key=keys[0], secondary_key=keys[1])
    return SimulatedSubscription(facts, product=product, api=api)


def operation(
    facts: context.IOperation, resource: Resource | None = None, policy: Resource | None = None
) -> SimulatedOperation:
    """An operation, with its template ready to be matched."""
    path, _, query = facts.url_template.partition("?")
    pattern, literals, wild = "", 0, 0
    for position, segment in enumerate(path.strip("/").split("/")):
        piece, at = "", 0
        for match in _PARAMETER.finditer(segment):
            piece += re.escape(unquote(segment[at : match.start()]))
            star, name = match.groups()
            wild += 2 if star else 1
            piece += f"(?P<p{position}_{match.start()}_{_hex(name)}>{'.*' if star else '[^/]+'})"
            at = match.end()
        rest = segment[at:]
        if rest == "*":
            wild += 3
            piece, rest = piece + ".*", ""
        literals += not piece
        pattern += f"/{piece}{re.escape(unquote(rest))}"
    names = tuple(name for _, name in _PARAMETER.findall(query))
    compiled = re.compile(f"{pattern.rstrip('/')}/?", re.IGNORECASE | re.DOTALL)
    return SimulatedOperation(facts, compiled, (literals, -wild), names, resource, policy)


def _hex(name: str) -> str:
    return name.encode().hex()


def parameters(match: re.Match[str]) -> dict[str, str]:
    """The values of a template's parameters in a path that it matches."""
    return {
        bytes.fromhex(group.rsplit("_", 1)[1]).decode(): value
        for group, value in match.groupdict().items()
    }


def seconds(text: str) -> float:
    """A duration of ISO 8601, as `PT1M30S`, in seconds.

    Raises:
        NotKnownError: If it is none.
    """
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?", text)
    if found is None:
        raise NotKnownError(f"the duration {text}", text)
    days, hours, minutes, rest = (float(each or 0) for each in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
