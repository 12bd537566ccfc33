"""A gateway on this machine that runs the policies of an MCP server as they were synthesized.

It knows the few policies and expressions that such a server has, and fails on every other, so that
it cannot answer for a policy that it did not run. Entra and Easy Auth are stand-ins: a token is a
name for its claims, and the app behind takes that of the gateway's identity alone.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from constructs_lib.policy import Document, Element, effective, read

TENANT = "11111111-2222-4333-8444-555555555555"
CALLERS_AUDIENCE = "aaaaaaaa-0000-4000-8000-00000000000a"
CHAIN_AUDIENCE = "bbbbbbbb-0000-4000-8000-00000000000b"
CLIENT = "aebc6443-996d-45c2-90f0-388ff96faa56"
PATH = "/runtime/webhooks/mcp"

SERVICE = Document(inbound=[], backend=[Element("forward-request")], outbound=[], on_error=[])


@dataclass
class Call:
    """What a request has become on its way through the policy."""

    headers: dict[str, str]
    claims: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 0


class Answered(Exception):
    """A policy has answered in the place of the app."""

    def __init__(self, response: Response) -> None:
        self.response = response


class Refused(Exception):
    """A policy has failed, so that on-error runs."""

    def __init__(self, status: int) -> None:
        self.status = status


def _header(name: str) -> str:
    return rf'context\.Request\.Headers\.GetValueOrDefault\("{name}", ""\)'


_CLAIM = (
    r'\(\(Jwt\)context\.Variables\["caller"\]\)\.Claims\.GetValueOrDefault\("(\w+)", ""\)'
    r"\.Split\('(.)'\)\.Contains\(\"([\w.]+)\"\)"
)


def holds(expression: str, call: Call) -> bool:
    """Evaluate a condition, of the forms that there are."""
    inside = expression.removeprefix("@(").removesuffix(")")
    if found := re.fullmatch(rf'!{_header("Authorization")}\.StartsWith\("Bearer "\)', inside):
        return not call.headers.get("authorization", "").startswith("Bearer ")
    if re.fullmatch(rf'({_header("Origin")} != "[^"]*"( && )?)+', inside):
        refused = re.findall(r'!= "([^"]*)"', inside)
        return call.headers.get("origin", "") not in refused
    if found := re.fullmatch(r"!\((.*)\)", inside):
        parts = [re.fullmatch(_CLAIM, part) for part in found[1].split(" || ")]
        assert all(parts), expression
        return not any(
            part[3] in call.claims.get(part[1], "").split(part[2]) for part in parts if part
        )
    codes = [
        re.fullmatch(r"context\.Response\.StatusCode == (\d+)", p) for p in inside.split(" || ")
    ]
    assert all(codes), f"not known: {expression}"
    return call.status in [int(code[1]) for code in codes if code]


def _answer(element: Element) -> Response:
    response = Response()
    for child in element.elements():
        if child.name == "set-status":
            response.status_code = int(child.attributes["code"])
        elif child.name == "set-header":
            [value] = child.elements("value")
            response.headers[child.attributes["name"]] = value.text
        elif child.name == "set-body":
            response.body = child.text.encode()
            response.headers["content-length"] = str(len(response.body))
        else:
            raise AssertionError(f"not known: {child.name}")
    return response


class Gateway:
    """The gateway.

    Args:
        documents: For each method of the endpoint the policies of the API and of the operation.
        metadata: The policy of the metadata's operation.
        entra: The tokens that were issued, with their claims.
        backend: The address of the app.
    """

    def __init__(
        self,
        documents: Mapping[str, list[str]],
        metadata: str,
        entra: Mapping[str, Mapping[str, str]],
        backend: str,
    ) -> None:
        self.documents = documents
        self.policies = {method: self.changed(method, "(?!)", "") for method in documents}
        self.metadata = effective([SERVICE, read(metadata)])
        self.entra = entra
        self.backend = backend
        self.client = httpx2.AsyncClient(timeout=None)

    def changed(self, method: str, pattern: str, replacement: str) -> Document:
        """Return the policy that is in force for a method if the text of each part is changed."""
        texts = self.documents[method]
        changed = [re.sub(pattern, replacement, text, flags=re.DOTALL) for text in texts]
        return effective([SERVICE, *map(read, changed)])

    def app(self, path: str) -> Starlette:
        """Return the gateway with the server at a path."""
        return Starlette(
            routes=[
                Route(f"/.well-known/oauth-protected-resource{path}", self.described),
                Route(path, self.call, methods=list(self.policies)),
            ],
            lifespan=self.calling,
        )

    @asynccontextmanager
    async def calling(self, _: Starlette) -> AsyncIterator[None]:
        """Have a client for the app for as long as the gateway runs."""
        async with self.client:
            yield

    async def described(self, request: Request) -> Response:
        try:
            self.run(self.metadata.inbound, Call({}), "")
        except Answered as answered:
            return answered.response
        raise AssertionError("the metadata is forwarded")

    async def call(self, request: Request) -> Response:
        policy = self.policies[request.method]
        call = Call({name: value for name, value in request.headers.items() if name != "host"})
        try:
            backend = self.run(policy.inbound, call, "")
            assert backend == "weather"
            [forward] = [node for node in policy.backend if isinstance(node, Element)]
            assert forward.name == "forward-request"
            return await self.forward(request, call, policy, forward)
        except Answered as answered:
            return answered.response
        except Refused as refused:
            response = Response(status_code=refused.status)
            call.status = refused.status
            self.run(policy.on_error, call, "", response)
            return response

    async def forward(
        self, request: Request, call: Call, policy: Document, forward: Element
    ) -> Response:
        call.headers.pop("content-length", None)
        sent = self.client.build_request(
            request.method, self.backend, headers=call.headers, content=await request.body()
        )
        answer = await self.client.send(sent, stream=True)
        call.status = answer.status_code
        self.run(policy.outbound, call, "")
        kept = ("content-type", "mcp-session-id", "cache-control", "www-authenticate", "allow")
        headers = {key: value for key, value in answer.headers.items() if key.lower() in kept}
        if forward.attributes.get("buffer-response") != "false":
            return Response(await answer.aread(), answer.status_code, headers)
        return StreamingResponse(answer.aiter_raw(), answer.status_code, headers)

    def run(
        self, section: list[Any], call: Call, backend: str, response: Response | None = None
    ) -> str:
        """Run the policies of a section; return the backend that they choose."""
        for element in section:
            name, attributes = element.name, element.attributes
            if name == "choose":
                [when] = element.elements("when")
                if holds(when.attributes["condition"], call):
                    backend = self.run(when.children, call, backend, response)
            elif name == "return-response":
                raise Answered(_answer(element))
            elif name == "validate-azure-ad-token":
                call.claims = self.validated(element, call)
            elif name == "set-backend-service":
                backend = attributes["backend-id"]
            elif name == "authentication-managed-identity":
                call.headers["authorization"] = f"Bearer gateway for {attributes['resource']}"
            elif name == "set-header" and attributes["exists-action"] == "delete":
                call.headers.pop(attributes["name"].lower(), None)
            elif name == "set-header" and response is not None:
                [value] = element.elements("value")
                response.headers[attributes["name"]] = value.text
            else:
                assert name in ("rate-limit-by-key", "set-query-parameter"), name
        return backend

    def validated(self, element: Element, call: Call) -> Mapping[str, str]:
        """Return the claims of a token that Entra issued, as the policy asks for them."""
        claims = self.entra.get(call.headers["authorization"].removeprefix("Bearer "))
        asked = {
            group.name: [each.text for each in group.elements()] for group in element.elements()
        }
        ok = (
            claims is not None
            and claims["tid"] == element.attributes["tenant-id"]
            and claims["aud"] in asked.get("audiences", [claims["aud"]])
            and claims["azp"] in asked.get("client-application-ids", [claims["azp"]])
        )
        if claims is None or not ok:
            raise Refused(int(element.attributes["failed-validation-httpcode"]))
        return claims


class Entra:
    """The authorization server: one scope, known clients, and no registration of others."""

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier
        self.tokens: dict[str, Mapping[str, str]] = {}
        self.asked: list[str] = []

    def issue(self, name: str, **changes: str) -> str:
        """Issue a token under a name, with some claims changed."""
        claims = {"tid": TENANT, "aud": CALLERS_AUDIENCE, "azp": CLIENT, "oid": "a user"}
        self.tokens[name] = {**claims, "scp": "access", **changes}
        return name

    def app(self, address: str) -> Starlette:
        """Return the server at an address."""

        async def metadata(_: Request) -> Response:
            return JSONResponse(
                {
                    "issuer": f"{address}/{TENANT}/v2.0",
                    "authorization_endpoint": f"{address}/{TENANT}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{address}/{TENANT}/oauth2/v2.0/token",
                    "response_types_supported": ["code"],
                }
            )

        async def token(request: Request) -> Response:
            given = parse_qs((await request.body()).decode())
            if given.get("resource") != [self.identifier]:  # AADSTS9010010
                return JSONResponse({"error": "invalid_target"}, 400)
            name = self.issue("signed-in", azp=given["client_id"][0])
            return JSONResponse({"access_token": name, "token_type": "Bearer", "expires_in": 3600})

        return Starlette(
            routes=[
                Route(f"/{TENANT}/v2.0/.well-known/openid-configuration", metadata),
                Route(f"/{TENANT}/oauth2/v2.0/token", token, methods=["POST"]),
            ]
        )

    def authorize(self, url: str) -> str:
        """Sign a user in at the address that a client opens; return the state for its callback."""
        asked = parse_qs(urlsplit(url).query)
        assert asked["resource"] == [self.identifier]
        self.asked = asked["scope"][0].split()
        assert f"{self.identifier}/access" in self.asked
        return asked["state"][0]


class Behind:
    """The app behind Easy Auth: an MCP server, and what it was sent."""

    def __init__(self) -> None:
        self.received: list[str] = []
        server = MCPServer("weather")

        @server.tool()
        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b

        self.server = server.streamable_http_app(
            streamable_http_path=PATH, stateless_http=True, host="127.0.0.1"
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.server(scope, receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.received.append(headers.get("authorization", ""))
        response: Response | None = None
        if headers.get("authorization") != f"Bearer gateway for {CHAIN_AUDIENCE}":
            response = Response(status_code=401, headers={"WWW-Authenticate": "Bearer realm=app"})
        elif "x-pieces" in headers:
            response = StreamingResponse(_pieces(), media_type="text/event-stream")
        elif scope["method"] != "POST":
            response = Response(status_code=405)
        await (response or self.server)(scope, receive, send)


async def _pieces() -> AsyncIterator[bytes]:
    import anyio

    yield b"data: 1\n\n"
    await anyio.sleep(0.4)
    yield b"data: 2\n\n"


@contextmanager
def serving(app: Any, port: int) -> Iterator[None]:
    """Serve an app at a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=5)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Local:
    """What runs: the server's address at the gateway, and the stand-ins."""

    url: str
    entra: Entra
    behind: Behind
    gateway: Gateway

    @property
    def gateway_metadata(self) -> str:
        """The address of the server's metadata."""
        return self.url.replace("/weather/", "/.well-known/oauth-protected-resource/weather/")


@contextmanager
def local(terraform: Mapping[str, Any]) -> Iterator[Local]:
    """Run what a stack with the MCP server `weather` describes, on this machine."""
    port, entra_port, app_port = free_port(), free_port(), free_port()
    text = json.dumps(terraform["resource"])
    for reference, value in (
        (r"\$\{azurerm_api_management\.[\w-]+\.gateway_url\}", f"http://127.0.0.1:{port}"),
        (r"\$\{azuread_application\.\w*callers\w*\.client_id\}", CALLERS_AUDIENCE),
        (r"\$\{azuread_application\.\w*chain\w*\.client_id\}", CHAIN_AUDIENCE),
        (r"\$\{data\.azuread_client_config\.[\w-]+\.tenant_id\}", TENANT),
        (r"\$\{azurerm_api_management_backend\.\w+\.name\}", "weather"),
        (r"https://login\.microsoftonline\.com", f"http://127.0.0.1:{entra_port}"),
    ):
        text = re.sub(reference, value, text)
    resources = json.loads(text)
    applications = resources["azuread_application"].values()
    [identifier] = [uri for each in applications for uri in each.get("identifier_uris", ())]
    [api] = resources["azurerm_api_management_api_policy"].values()
    methods = {each["operation_id"]: each["method"] for each in _operations(resources, "weather_")}
    own: dict[str, list[str]] = {method: [] for method in methods.values()}
    metadata = ""
    for address, each in resources["azurerm_api_management_api_operation_policy"].items():
        if "metadata" in address:
            metadata = each["xml_content"]
        else:
            [method] = [m for m in methods.values() if f"mcp-{m.lower()}" in address]
            own[method].append(each["xml_content"])
    entra, behind = Entra(identifier), Behind()
    gateway = Gateway(
        {method: [api["xml_content"], *texts] for method, texts in own.items()},
        metadata,
        entra.tokens,
        f"http://127.0.0.1:{app_port}{PATH}",
    )
    with ExitStack() as running:
        running.enter_context(serving(behind, app_port))
        running.enter_context(serving(entra.app(f"http://127.0.0.1:{entra_port}"), entra_port))
        running.enter_context(serving(gateway.app("/weather/mcp"), port))
        yield Local(f"http://127.0.0.1:{port}/weather/mcp", entra, behind, gateway)


def _operations(resources: Mapping[str, Any], prefix: str) -> list[Any]:
    found = resources["azurerm_api_management_api_operation"].items()
    return [each for address, each in found if address.startswith(prefix)]
