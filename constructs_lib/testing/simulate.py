"""A chain that runs in the test's own process: gateway, Entra, Easy Auth, function.

    chain = simulate(stack)
    answer = chain.get("/orders/7", key=chain.key())
    assert answer.status == 200
    assert "Managed identity token is added to Authorization header" in answer.trace

Needs the extra `simulation`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from constructs_lib._core.errors import InputError
from constructs_lib.access import Configuration, read_stacks, read_terraform
from constructs_lib.testing.synthesized import Synthesized

if TYPE_CHECKING:
    from cdktf import TerraformStack

    from constructs_lib.simulation.http import HeaderValues, HttpHeaders
    from constructs_lib.simulation.local import ChainAnswer, LocalChain
    from constructs_lib.simulation.outside import Clock, Random
    from constructs_lib.simulation.sites import SimulatedSite

    Source: TypeAlias = (
        TerraformStack | Synthesized | Configuration | Mapping[str, Any] | str | "PathLike[str]"
    )

_NEEDED = ("cryptography", "httpx", "jwt", "liquid", "regex")


def simulate(
    stack: Source,
    *,
    functions: Mapping[str, Callable[..., Any] | str] | None = None,
    elsewhere: Callable[..., Any] | str | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
    values: Mapping[str, str] | None = None,
    allow_not_simulated: bool | Collection[str] = False,
    strict: bool = False,
) -> SimulatedChain:
    """Run a stack locally.

    Args:
        stack: A stack that need not be synthesized yet, what `testing.synthesize` returns, the
            path of what `secured-functions check` takes, or Terraform JSON as a dict.
        functions: What answers, by the name of the function app, or `APP/SLOT`: a callable that
            takes the request and returns a status, text, bytes or what becomes JSON; an app of
            WSGI or ASGI; or a URL. An echo of what arrived, if not given.
        elsewhere: Likewise for requests of policies to other hosts; without it such a call stops.
        clock: The time; `simulation.outside.ManualClock` stands still until it is moved.
        random: Chance; `simulation.outside.Random(1)` is the same each time.
        values: Values that the JSON does not tell: of variables (`var.name`), of references
            (`azurerm_x.y.attribute`), of named values by their display names.
        allow_not_simulated: Policies to pass over though they are not simulated; True is all.
        strict: Whether a call fails that rests on what is only assumed of Azure.

    Raises:
        InputError: The stack is no Terraform JSON, `functions` names no function app of it, or the
            extra `simulation` is not installed.
    """
    demand_extra()
    from constructs_lib.simulation.local import LocalChain

    local = LocalChain(
        _configuration(stack),
        functions=functions,
        elsewhere=elsewhere,
        clock=clock,
        random=random,
        values=values,
        allow_not_simulated=allow_not_simulated,
        strict=strict,
    )
    return SimulatedChain(local)


def demand_extra(*more: str) -> None:
    """See that what the simulation needs is installed.

    Args:
        more: Further modules that are needed.

    Raises:
        InputError: It is not.
    """
    from importlib.util import find_spec

    missing = [name for name in (*_NEEDED, *more) if find_spec(name) is None]
    if missing:
        raise InputError(
            f"not installed: {', '.join(missing)}",
            fix="pip install 'secured-functions[simulation]'",
        )


def _configuration(stack: Source) -> Configuration:
    if isinstance(stack, Configuration):
        return stack
    if isinstance(stack, Synthesized):
        return read_terraform(stack.folder)
    if isinstance(stack, (str, PathLike)):
        return read_terraform(str(stack))
    if isinstance(stack, Mapping):
        return read_stacks({"stack": stack})
    return read_stacks({stack.node.id: cast("Mapping[str, Any]", stack.to_terraform())})


class SimulatedChain:
    """A chain to be called.

    Args:
        local: What runs.
    """

    def __init__(self, local: LocalChain) -> None:
        self.local = local

    @property
    def apps(self) -> list[str]:
        """Names of the function apps, and of their slots as `APP/SLOT`."""
        return [each.name for each in self.local.sites]

    @property
    def operations(self) -> list[tuple[str, str]]:
        """Method and URL of every operation.

        `request` takes them as they are: a parameter of a URL's template, `{id}`, is its own value.
        An API whose version stands in a header or in the query needs that as well.
        """
        found: list[tuple[str, str]] = []
        for each in self.local.gateways.services.values():
            for api in each.service.apis:
                version = api.facts.version if api.scheme == "Segment" else ""
                for operation in api.operations if api.facts.is_current_revision else ():
                    below = operation.facts.url_template.lstrip("/")
                    parts = (each.service.host, api.facts.path, version, below)
                    found.append(
                        (operation.facts.method, "https://" + "/".join(filter(None, parts)))
                    )
        return found

    def key(self, *, api: str | None = None, product: str | None = None) -> str:
        """A subscription key: that of all APIs, of one API or of a product.

        Args:
            api: The API's name.
            product: The product's id.
        """
        return self.local.gateways.key(api=api, product=product)

    def get(
        self,
        path: str,
        *,
        key: str | None = None,
        headers: HeaderValues = (),
        client: str = "203.0.113.7",
    ) -> ChainAnswer:
        """Send a GET request to the gateway; the arguments are those of `request`."""
        return self.request("GET", path, key=key, headers=headers, client=client)

    def post(
        self,
        path: str,
        body: bytes | str | dict[str, Any] | list[Any] | None = None,
        *,
        key: str | None = None,
        headers: HeaderValues = (),
        client: str = "203.0.113.7",
    ) -> ChainAnswer:
        """Send a POST request to the gateway; the arguments are those of `request`."""
        return self.request("POST", path, body, key=key, headers=headers, client=client)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str | dict[str, Any] | list[Any] | None = None,
        *,
        key: str | None = None,
        headers: HeaderValues = (),
        client: str = "203.0.113.7",
        certificate: bytes | None = None,
        gateway: str | None = None,
    ) -> ChainAnswer:
        """Send a request to the gateway.

        Args:
            method: For example `PUT`.
            path: Path and query below the gateway's address, or a whole URL.
            body: The body; what is not text or bytes becomes JSON.
            key: A subscription key, for the header that the API names.
            headers: Further headers.
            client: The address that the request comes from.
            certificate: The certificate that the caller shows, as PEM.
            gateway: The name of the gateway, if there are several.

        Raises:
            CallStoppedError: Something that decides is not known, or not simulated.
            AssumedError: The answer rests on an assumption, and the chain is strict.
            InputError: It is not clear which gateway is called, or the certificate is none.
        """
        from constructs_lib.simulation.http import HttpUrl, SimulatedRequest

        if "://" in path.partition("?")[0]:
            url = HttpUrl.parse(path)
        else:
            host = self.local.gateways.simulated(gateway).service.host
            url = HttpUrl.parse(f"https://{host}/{path.lstrip('/')}")
        given, content = _message(body, headers)
        request = SimulatedRequest(method, url, given, content, client, certificate)
        return self.local.through_gateway(request, key=key)

    def direct(
        self,
        app: str,
        path: str = "/",
        *,
        method: str = "GET",
        token: str | None = None,
        headers: HeaderValues = (),
        body: bytes | str | dict[str, Any] | list[Any] | None = None,
        client: str = "203.0.113.7",
        scheme: str = "https",
    ) -> ChainAnswer:
        """Send a request to a function app's own host name, past the gateway.

        Args:
            app: Name of the function app, or `APP/SLOT`.
            path: Path and query.
            method: The method.
            token: A token for `Authorization`, for example of `token_of`.
            headers: Further headers.
            body: The body; what is not text or bytes becomes JSON.
            client: The address that the request comes from.
            scheme: `https` or `http`.

        Raises:
            InputError: There is no such app.
        """
        from constructs_lib.simulation.http import HttpUrl, SimulatedRequest

        site = self._site(app)
        given, content = _message(body, headers)
        if token is not None:
            given.set("Authorization", f"Bearer {token}")
        url = HttpUrl.parse(f"{scheme}://{site.host}/{path.lstrip('/')}")
        request = SimulatedRequest(method, url, given, client_address=client)
        request.body = content
        return self.local.at_site(site, request)

    def token_of(
        self,
        who: str,
        resource: str | None = None,
        *,
        app: str | None = None,
        client_id: str | None = None,
        object_id: str | None = None,
        has_role: bool = False,
        user: bool = False,
        other_tenant: bool = False,
    ) -> str:
        """A token of somebody: a stranger, unless their ids are given.

        Args:
            who: What they are called; the same name is the same caller.
            resource: Client id or App ID URI that it is for; that of `app`, if not given.
            app: The function app whose application it is for; the only one, if not given.
            client_id: Of somebody whom the configuration names: their application's id.
            object_id: Of somebody whom the configuration names: their principal's id; what is
                known of `client_id`, if not given.
            has_role: Whether they hold a role of the application.
            user: Whether it is a user, not an application.
            other_tenant: Whether they are in another tenant.

        Raises:
            AssertionError: Entra issues none; the message is Entra's.
        """
        from constructs_lib.simulation.entra import OTHER_TENANT, stranger
        from constructs_lib.simulation.outside import Refusal

        entra = self.local.entra
        wanted = resource or self._site(app).easy_auth.settings.client_id
        principal = entra.client(who, wanted, client_id)
        if user or other_tenant:
            kind, tenant = "user" if user else "application", entra.tenant
            made = stranger(who, kind=kind, tenant=OTHER_TENANT if other_tenant else tenant)
            principal = replace(made, client_id=client_id or made.client_id)
        principal = replace(
            principal, object_id=object_id or principal.object_id, has_role=has_role
        )
        found = entra.issue(principal, wanted)
        if isinstance(found, Refusal):
            raise AssertionError(found.text)
        return found.text

    def sign_in(self, client_id: str, scope: str, *, resource: str | None = None) -> str:
        """A token of a user whom access is assigned to, for what a client asks in their name.

        Args:
            client_id: Of the client application.
            scope: The scope, fully qualified, as an MCP server's challenge has it.
            resource: What the client says that the token is for (RFC 8707).

        Raises:
            AssertionError: Entra issues none; the message is Entra's.
        """
        from constructs_lib.simulation.outside import Refusal

        found = self.local.entra.sign_in(client_id, scope, resource)
        if isinstance(found, Refusal):
            raise AssertionError(found.text)
        return found.text

    def _site(self, app: str | None) -> SimulatedSite:
        sites = list(self.local.sites)
        found = self.local.sites.named(app) if app is not None else None
        if app is None:
            apps = [each for each in sites if each.app.slot_of is None]
            found = apps[0] if len(apps) == 1 else None
        elif found is None:
            several = [d for d in sites if d.app.slot_of is None and app.lower() in d.name.lower()]
            found = several[0] if len(several) == 1 else None
        if found is None:
            names = ", ".join(each.name for each in sites) or "none"
            raise InputError(
                f"there is no function app {app or 'that is the only one'}", fix=f"known: {names}"
            )
        return found


def _message(body: Any, headers: HeaderValues) -> tuple[HttpHeaders, Any]:
    from constructs_lib.simulation.http import HttpHeaders, SimulatedResponse

    given = HttpHeaders(headers)
    if body is None:
        return given, SimulatedResponse.of().body
    content = SimulatedResponse.of(200, body)
    for name, value in content.headers:
        if name not in given:
            given.add(name, value)
    return given, content.body
