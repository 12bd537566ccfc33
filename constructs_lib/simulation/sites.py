"""The sites of function apps and slots: what a request to a site's own host name meets.

In the order of App Service: network rules, the site's own switches, Easy Auth, the Functions host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from constructs_lib._core.errors import InputError
from constructs_lib.access.chain import Chain as Links
from constructs_lib.access.links import AppLink, GatewayLink
from constructs_lib.simulation.easy_auth import Passed, SimulatedEasyAuth, read_settings
from constructs_lib.simulation.entra import Entra
from constructs_lib.simulation.functions import Answering
from constructs_lib.simulation.http import SimulatedRequest, SimulatedResponse
from constructs_lib.simulation.known import KnownValues, host_of_app
from constructs_lib.simulation.network import RequestOrigin, admission, setting
from constructs_lib.simulation.outside import NoBackendError
from constructs_lib.simulation.steps import Steps

_GATEWAY_ADDRESS = "192.0.2.10"
"""Where a gateway calls from whose addresses are known only after apply (RFC 5737)."""

_WELCOME = "Your Functions 4.0 app is up and running"


@dataclass(slots=True)
class Visit:
    """A request at a site: what came, what was said of it, and what reached the function.

    Attributes:
        site: The host that was called.
        arrived: The request as it came.
        steps: What happened to it.
        received: What the function got; None if it got nothing.
        response: What was answered.
    """

    site: str
    arrived: SimulatedRequest
    steps: Steps = field(default_factory=Steps)
    received: SimulatedRequest | None = None
    response: SimulatedResponse | None = None


Visits: TypeAlias = "list[Visit]"
VISITS: ContextVar[Visits | None] = ContextVar("visits", default=None)
"""Where visits are noted during a call; several, as policies may call several apps."""


class SimulatedSite:
    """The host of a function app or a slot.

    Args:
        app: It.
        links: What was read.
        known: What values come to.
        entra: Who issues tokens.
        function: What answers behind it.
    """

    def __init__(
        self, app: AppLink, links: Links, known: KnownValues, entra: Entra, function: Answering
    ) -> None:
        self.app = app
        self.name = app.name
        self.host = host_of_app(app.name)
        self.function = function
        self._links = links
        self._known = known
        self._entra = entra

    @cached_property
    def easy_auth(self) -> SimulatedEasyAuth:
        """What asks for tokens.

        Raises:
            NotKnownError: A setting is not known.
        """
        return SimulatedEasyAuth(read_settings(self.app, self._known), self._entra)

    def answer(self, request: SimulatedRequest, origin: RequestOrigin) -> SimulatedResponse:
        """Answer a request.

        Raises:
            NotKnownError: What decides is not known.
            NoBackendError: Nobody answers behind it.
        """
        visit = Visit(self.host, request.copy())
        visits = VISITS.get()
        if visits is not None:
            visits.append(visit)
        visit.response = self._answer(request, origin, visit)
        return visit.response

    def _answer(
        self, request: SimulatedRequest, origin: RequestOrigin, visit: Visit
    ) -> SimulatedResponse:
        steps, app = visit.steps, self.app
        if not app.visible:
            steps.say(
                "site",
                f"{app.name} is managed elsewhere, so its settings are not known: the request is "
                "let through.",
                "site.elsewhere",
            )
            return self._function(request, visit)
        refused = self._before(request, origin, steps)
        if refused is not None:
            return refused
        passed = self.easy_auth.check(request, steps)
        if isinstance(passed, Passed):
            return self._function(passed.request, visit)
        return passed

    def _before(
        self, request: SimulatedRequest, origin: RequestOrigin, steps: Steps
    ) -> SimulatedResponse | None:
        """What App Service's front end and the site's switches refuse."""
        app, body, known = self.app, self.app.body, self._known
        if not app.managed:
            steps.say(
                "site",
                f"{app.name} is made elsewhere: what is not written of it is taken to be as in a "
                "new one.",
                "site.elsewhere",
            )
        found = admission(app, known, origin, request.headers)
        if not found.admitted:
            steps.say("network", f"403: {origin.address} is not let in: {found.reason}.", "network")
            return SimulatedResponse.of(403, "Ip Forbidden", reason="Ip Forbidden")
        steps.say("network", f"{origin.address} is let in: {found.reason}.", "network")
        if not known.boolean(body.value("enabled", True), "enabled"):
            steps.say("site", "403: the app is stopped.", "site.stopped")
            return SimulatedResponse.of(
                403, "Error 403 - This web app is stopped.", reason="Site Disabled"
            )
        https_only = known.boolean(setting(app, body, "https_only", False), "https_only")
        if request.url.scheme == "http" and https_only:
            steps.say("site", "301: plain HTTP is redirected to HTTPS.", "site.https")
            location = f"https://{request.url.host}{request.url.target}"
            return SimulatedResponse.of(301, headers={"Location": location})
        demanded = known.boolean(
            body.value("client_certificate_enabled", False), "client_certificate_enabled"
        )
        mode = known.text(
            body.value("client_certificate_mode", body.value("client_cert_mode")),
            "client_certificate_mode",
            "Optional",
        )
        if demanded and mode == "Required" and not origin.certificate:
            steps.say(
                "site",
                "403: a client certificate is demanded, and none was sent.",
                "site.certificate",
            )
            return SimulatedResponse.of(403, reason="Client Certificate Required")
        return None

    def _function(self, request: SimulatedRequest, visit: Visit) -> SimulatedResponse:
        steps = visit.steps
        keyed = (self.app.resource.stack, self.app.address) in self._links.keyed
        if keyed:
            steps.say(
                "host",
                "Functions may demand a key here; whether this key opens them is not simulated.",
                "host.keys",
            )
        path = request.url.path
        if path.lower().startswith("/admin/"):
            steps.say("host", "401: the host's own pages take the master key.", "host.admin")
            return SimulatedResponse.of(401)
        if path == "/":
            steps.say("host", "The host shows its page.", "host.page")
            return SimulatedResponse.of(200, _WELCOME)
        visit.received = request.copy()
        response = self.function(request)
        steps.say("function", f"The function answers {response.status}.")
        return response

    def deployment_site(
        self, request: SimulatedRequest, origin: RequestOrigin
    ) -> SimulatedResponse:
        """Answer for the SCM site, without a way to sign in to it."""
        found = admission(self.app, self._known, origin, request.headers, scm=True)
        if not found.admitted:
            return SimulatedResponse.of(403, "Ip Forbidden", reason="Ip Forbidden")
        if request.url.path == "/":
            return SimulatedResponse.of(
                302, headers={"Location": "https://login.microsoftonline.com/"}
            )
        return SimulatedResponse.of(401)


class SimulatedSites:
    """All sites, by host: what a gateway's policies call when they call an app.

    Args:
        links: What was read.
        known: What values come to.
        entra: Who issues tokens.
        otherwise: What answers for apps that nothing is put behind with `put`.
    """

    def __init__(
        self, links: Links, known: KnownValues, entra: Entra, otherwise: Answering
    ) -> None:
        self._links = links
        self._known = known
        self._own: set[str] = set()
        self.sites = [
            SimulatedSite(app, links, known, entra, otherwise) for app in links.apps.values()
        ]
        self._by_host: dict[str, SimulatedSite] = {}
        for site in self.sites:
            self._by_host.setdefault(site.host, site)
        for kind, name in (
            ("azurerm_app_service_custom_hostname_binding", "app_service_name"),
            ("azurerm_app_service_slot_custom_hostname_binding", "app_service_slot_id"),
        ):
            for each in links.configuration.of_type(kind):
                value = links.configuration.attribute(each, name)
                if name == "app_service_name":
                    bound = self.named(known.text(value, "an app's name"))
                else:
                    app = links.app_of_id(value)
                    bound = self.named(app.name) if app is not None else None
                host = known.text(links.configuration.attribute(each, "hostname"), "a host name")
                if bound is not None:
                    self._by_host.setdefault(host.lower(), bound)

    def __iter__(self) -> Iterator[SimulatedSite]:
        return iter(self.sites)

    def at(self, host: str) -> SimulatedSite | None:
        """The site at a host name."""
        return self._by_host.get(host.lower().rstrip("."))

    def named(self, name: str) -> SimulatedSite | None:
        """The site of an app by its name (`APP/SLOT` for a slot), host or Terraform name."""
        name = name.lower()
        for site in self.sites:
            address = site.app.address.lower()
            if name in (site.name.lower(), site.host, address, address.rpartition(".")[2]):
                return site
        return None

    def put(self, name: str, function: Answering) -> None:
        """Have a function answer for an app and those of its slots that have no function yet.

        Args:
            name: The app's, as of `named`, or a part of it that no other app has.
            function: What answers.

        Raises:
            InputError: If no app has this name, several have, or it has a function already.
        """
        found = self.named(name)
        if found is None:
            apps = [each for each in self.sites if each.app.slot_of is None]
            several = [each for each in apps if name.lower() in each.name.lower()]
            if len(several) != 1:
                names = ", ".join(each.name for each in self.sites) or "none"
                raise InputError(f"there is no function app {name}", fix=f"known: {names}")
            [found] = several
        if found.name in self._own:
            raise InputError(f"{found.name} has two functions", fix="give it one")
        self._own.add(found.name)
        for each in self.sites:
            if each is found or (each.app.slot_of is found.app and each.name not in self._own):
                each.function = function

    def origin_of(self, gateway: GatewayLink | None, site: SimulatedSite) -> RequestOrigin:
        """Where a gateway's requests come from, as a site's network rules see it."""
        if gateway is None or gateway.resource is None:
            return RequestOrigin(_GATEWAY_ADDRESS, tags=frozenset({"internet", "azurecloud"}))
        configuration = self._links.configuration
        body = configuration.body(gateway.resource)
        joined = body.block("virtual_network_configuration")
        subnet = ""
        if joined is not None and body.value("virtual_network_type") not in (None, "None"):
            subnet = self._known.text(joined.value("subnet_id"), "the gateway's subnet")
        published = configuration.attribute(gateway.resource, "public_ip_addresses")
        address = _GATEWAY_ADDRESS
        if isinstance(published, list) and published and isinstance(published[0], str):
            address = published[0]
        origin = RequestOrigin(address, subnet, tags=frozenset({"internet", "azurecloud"}))
        return replace(origin, private=bool(subnet) and self._has_private_endpoint(site))

    def _has_private_endpoint(self, site: SimulatedSite) -> bool:
        wanted = f"sites-{site.name.partition('/')[2]}" if site.app.slot_of else "sites"
        for endpoint in self._links.configuration.of_type("azurerm_private_endpoint"):
            body = self._links.configuration.body(endpoint)
            for connection in body.blocks("private_service_connection"):
                target = self._links.app_of_id(connection.value("private_connection_resource_id"))
                kinds = [self._known.text(x, "") for x in connection.values("subresource_names")]
                if target is (site.app.slot_of or site.app) and wanted in kinds:
                    return True
        return False


class FromGateway:
    """The way from a gateway to the sites.

    Args:
        sites: All of them.
        gateway: Whose requests they are.
        elsewhere: What answers for hosts that are no site; without it nobody does.
    """

    def __init__(
        self, sites: SimulatedSites, gateway: GatewayLink | None, elsewhere: Answering | None = None
    ) -> None:
        self._sites = sites
        self._gateway = gateway
        self._elsewhere = elsewhere

    def send(self, request: SimulatedRequest) -> SimulatedResponse:
        """Answer a request of the gateway.

        Raises:
            NoBackendError: If nobody answers.
            NotKnownError: If what decides is not known.
        """
        # App Service's front ends tell apps apart by the header, whatever the address.
        named = (request.headers.get("Host") or request.url.host).partition(":")[0]
        site = self._sites.at(named) if self._sites.at(request.url.host) else None
        if site is not None:
            return site.answer(request, self._sites.origin_of(self._gateway, site))
        if self._elsewhere is not None:
            return self._elsewhere(request)
        raise NoBackendError(f"{request.url.host} is no host of this configuration")
