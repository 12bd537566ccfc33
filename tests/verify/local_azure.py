"""A small Azure on the loopback: gateway, Easy Auth, Functions host, deployment site and Entra.

Real TLS with certificates of an authority of its own, real RS256 tokens, keys from a real JWKS
address. `World.faults` breaks one thing at a time.
"""

from __future__ import annotations

import datetime
import http.client
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

TENANT = "11111111-1111-4111-8111-111111111111"
AUDIENCE = "22222222-2222-4222-8222-222222222222"
GATEWAY_CLIENT = "33333333-3333-4333-8333-333333333333"
GATEWAY_PRINCIPAL = "44444444-4444-4444-8444-444444444444"
DEVELOPER_CLIENT = "55555555-5555-4555-8555-555555555555"
DEVELOPER_PRINCIPAL = "66666666-6666-4666-8666-666666666666"
KEY = "subscription+key/of=the~orders-API"
FUNCTION_KEY = "function-key-of-the-orders-app=="

GATEWAY = "apim-contoso.azure-api.net"
APP = "func-orders.azurewebsites.net"
SLOT = "func-orders-staging.azurewebsites.net"
SCM = "func-orders.scm.azurewebsites.net"
SLOT_SCM = "func-orders-staging.scm.azurewebsites.net"
HOSTS = (GATEWAY, APP, SLOT, SCM, SLOT_SCM)

HEADER = "X-Orders-Key"
QUERY = "orders-key"

OUTPUTS = {
    "gateway": {
        "name": "apim-contoso",
        "url": f"https://{GATEWAY}",
        "principal_id": GATEWAY_PRINCIPAL,
        "client_id": GATEWAY_CLIENT,
    },
    "tenant_id": TENANT,
    "apis": {
        "orders": {
            "url": f"https://{GATEWAY}/orders",
            "audience": AUDIENCE,
            "hostname": APP,
            "slots": {"staging": SLOT},
            "subscription_key": {"header": HEADER, "query": QUERY},
            "probe": {"method": "GET", "path": "/list"},
        }
    },
}


@dataclass
class Received:
    host: str
    method: str
    target: str
    headers: Mapping[str, str]
    secure: bool

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class World:
    """All hosts behind two ports, one with TLS and one without."""

    def __init__(self, folder: Path) -> None:
        self.faults: set[str] = set()
        self.requests: list[Received] = []
        self.tokens: list[str] = []
        self.busy = 0
        self._lock = threading.Lock()
        self._signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.cafile = folder / "ca.pem"
        self.other_cafile = folder / "other-ca.pem"
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(_certificates(self.cafile, folder / "server.pem"))
        _certificates(self.other_cafile, folder / "other.pem")
        self._client = ssl.create_default_context(cafile=str(self.cafile))
        self._servers = [_server(self, None), _server(self, server)]
        self.http, self.https = (each.server_address[1] for each in self._servers)
        for each in self._servers:
            threading.Thread(target=each.serve_forever, args=(0.02,), daemon=True).start()
        self._keys = jwt.PyJWKClient(
            f"https://127.0.0.1:{self.https}/{TENANT}/discovery/v2.0/keys",
            ssl_context=self._client,
        )

    def close(self) -> None:
        for each in self._servers:
            each.shutdown()
            each.server_close()

    def reset(self) -> None:
        self.faults.clear()
        self.requests.clear()
        self.tokens.clear()
        self.busy = 0

    def connections(self) -> list[str]:
        """The options that lead the client here."""
        return [
            f"--connect-to={host}:{port}:127.0.0.1:{here}"
            for host in HOSTS
            for port, here in ((443, self.https), (80, self.http))
        ]

    def token(self, client: str, principal: str) -> str:
        now = int(time.time())
        claims = {
            "aud": AUDIENCE,
            "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "azp": client,
            "oid": principal,
            "tid": TENANT,
            "ver": "2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        }
        token = jwt.encode(claims, self._signing_key, "RS256", headers={"kid": "local"})
        self.tokens.append(token)
        return token

    def answer(self, received: Received) -> Reply:
        if received.path.endswith("/discovery/v2.0/keys"):
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._signing_key.public_key()))
            keys = {"keys": [key | {"kid": "local", "use": "sig", "alg": "RS256"}]}
            return Reply(200, json.dumps(keys).encode())
        self.requests.append(received)
        handler: dict[str, Callable[[Received], Reply]] = {
            GATEWAY: self._gateway,
            APP: self._function_app,
            SLOT: self._function_app,
            SCM: self._deployment_site,
            SLOT_SCM: self._deployment_site,
        }
        reply = handler[received.host](received)
        if "reflects what it gets" in self.faults:
            everything = json.dumps(dict(received.headers))
            reply = Reply(302, everything.encode(), {"Location": f"https://{everything}/"})
            reply.headers["WWW-Authenticate"] = everything
        return reply

    def _gateway(self, received: Received) -> Reply:
        if not received.secure and "gateway serves plain HTTP" not in self.faults:
            return Reply(404, b'{"statusCode": 404, "message": "Resource not found"}')
        with self._lock:
            self.busy -= 1
            if self.busy >= 0:
                return Reply(503, b"", {"Retry-After": "0"})
        if received.method != "GET" or received.path not in ("/orders/list", "/orders/echo"):
            return Reply(404, b'{"statusCode": 404, "message": "Resource not found"}')
        query = dict(parse_qsl(urlsplit(received.target).query))
        key = received.headers.get(HEADER.lower(), query.get(QUERY))
        if "gateway asks for no key" not in self.faults:
            challenge = {"WWW-Authenticate": f'AzureApiManagementKey realm="https://{GATEWAY}"'}
            if key is None:
                return Reply(401, b"Access denied due to missing subscription key.", challenge)
            if key != KEY and "gateway takes any key" not in self.faults:
                return Reply(401, b"Access denied due to invalid subscription key.", challenge)
        if "gateway has no identity" in self.faults:
            return Reply(500, b'{"statusCode": 500, "message": "Internal server error"}')
        headers = dict(received.headers)
        if "key header reaches the function" not in self.faults:
            value = headers.pop(HEADER.lower(), "")
            if "key reaches the function in another header" in self.faults:
                headers["x-caller"] = value
        if "key query parameter reaches the function" not in self.faults:
            query.pop(QUERY, None)
        if "gateway sends no token" not in self.faults:
            token = self.token(GATEWAY_CLIENT, GATEWAY_PRINCIPAL)
            headers["authorization"] = f"Bearer {token}"
        headers["host"] = APP
        path = received.path.replace("/orders", "/api") + (f"?{urlencode(query)}" if query else "")
        return self._forward(path, headers)

    def _forward(self, path: str, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPSConnection("127.0.0.1", self.https, context=self._client)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()

    def _function_app(self, received: Received) -> Reply:
        slot = received.host == SLOT
        faults = {
            fault.removeprefix("slot: ") for fault in self.faults if slot or fault[:6] != "slot: "
        }
        if not received.secure and "plain HTTP is served" not in faults:
            if "plain HTTP leads elsewhere" in faults:
                return Reply(301, b"", {"Location": "https://elsewhere.example/"})
            return Reply(301, b"", {"Location": f"https://{received.host}{received.target}"})
        if "network refuses" in faults:
            return Reply(403, b"Ip Forbidden")
        refusal = self._easy_auth(received, faults)
        return refusal or self._functions_host(received)

    def _easy_auth(self, received: Received, faults: set[str]) -> Reply | None:
        if "Easy Auth is off" in faults:
            return None
        if "an operation is excluded" in faults and received.path == "/api/list":
            return None
        if "a function key is enough" in faults and "x-functions-key" in received.headers:
            return None
        scheme, _, token = received.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            if "callers are sent to a login page" in faults:
                login = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize"
                return Reply(302, b"", {"Location": login})
            return Reply(401, b"You do not have permission to view this directory or page.")
        issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
        if "Easy Auth expects version-1 tokens" in faults:
            issuer = f"https://sts.windows.net/{TENANT}/"
        try:
            if "signatures are not checked" in faults or (
                "unsigned tokens are taken" in faults
                and jwt.get_unverified_header(token)["alg"] == "none"
            ):
                claims = jwt.decode(token, options={"verify_signature": False})
            else:
                key = self._keys.get_signing_key_from_jwt(token)
                claims = jwt.decode(token, key, ["RS256"], audience=AUDIENCE, issuer=issuer)
        except jwt.PyJWTError:
            return Reply(401, b"IDX10000")
        if "anybody in the tenant is allowed" in faults:
            return None
        gateway = GATEWAY_CLIENT, GATEWAY_PRINCIPAL
        if "another gateway is allowed" in faults:
            gateway = DEVELOPER_CLIENT, GATEWAY_PRINCIPAL
        return None if (claims["azp"], claims["oid"]) == gateway else Reply(403)

    def _functions_host(self, received: Received) -> Reply:
        if "the host asks for a function key" in self.faults and "verify-" not in received.path:
            return Reply(401)
        if received.path == "/api/list":
            return Reply(200, b"[]")
        if received.path == "/api/echo":
            if "echo says nothing" in self.faults:
                return Reply(200, b"hello")
            query = dict(parse_qsl(urlsplit(received.target).query))
            echo: dict[str, object] = {"headers": received.headers, "query": query}
            if "echo lists names alone" in self.faults:
                echo = {"headers": list(received.headers), "query": list(query)}
            if "echo says nothing of the query" in self.faults:
                del echo["query"]
            if "echo says nothing of the headers" in self.faults:
                del echo["headers"]
            return Reply(200, json.dumps(echo).encode())
        if received.path == "/":
            return Reply(200, b"Your Functions 4.0 app is up and running")
        return Reply(401 if received.path.startswith("/admin") else 404)

    def _deployment_site(self, received: Received) -> Reply:
        slot = received.host == SLOT_SCM
        if "the deployment site is open" in self.faults:
            return Reply(200, b"Kudu")
        if slot and "slot: the deployment site is open" in self.faults:
            return Reply(200, b"Kudu")
        if received.path == "/":
            return Reply(302, b"", {"Location": "https://login.microsoftonline.com/common/"})
        return Reply(401)


def _server(world: World, tls: ssl.SSLContext | None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            host = headers["host"].partition(":")[0].lower()
            received = Received(host, self.command, self.path, headers, tls is not None)
            if "silent" in world.faults and received.host == APP:
                while "silent" in world.faults:
                    self.wfile.write(b" ")
                    time.sleep(0.05)
                return
            reply = world.answer(received)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_arguments: object) -> None:
            """The tests read `World.requests`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_arguments: object) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        # The handshake belongs into the request's own thread.
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    return server


def _certificates(cafile: Path, server_file: Path) -> Path:
    """Write an authority's certificate, and key and certificate of a server that it vouches for."""
    now = datetime.datetime.now(datetime.timezone.utc)
    until = now + datetime.timedelta(days=1)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local Azure")])
    key_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        x509.CertificateBuilder(ca_name, ca_name, ca_key.public_key(), 1, now, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_id, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in HOSTS]
    names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)
    certificate = (
        x509.CertificateBuilder(ca_name, x509.Name([]), key.public_key(), 2, now, until)
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(issued_by, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    cafile.write_bytes(ca.public_bytes(pem))
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    server_file.write_bytes(private + certificate.public_bytes(pem))
    return server_file
