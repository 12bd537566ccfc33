"""Listens on the loopback for every host of a chain, and reads the JSON anew when it changes."""

from __future__ import annotations

import asyncio
import datetime
import errno
import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib.simulation.server.app import Simulator, deployment_host, page, site
from constructs_lib.simulation.server.hosts import only_for

_LAST_CALLS = 1
"""Seconds that calls have to end, once the servers are told to stop."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A port and what answers there.

    Attributes:
        what: What a reader calls it.
        host: The host of Azure that it stands for; empty for those that stand for all of them.
        socket: Where it listens.
        app: What answers.
        tls: The files of its certificate and key; None for plain HTTP.
    """

    what: str
    host: str
    socket: socket.socket
    app: Any
    tls: Path | None = None

    @property
    def url(self) -> str:
        """Its address."""
        address, port = self.socket.getsockname()[:2]
        named = f"[{address}]" if ":" in address else address
        return f"{'https' if self.tls else 'http'}://{named}:{port}"


def listeners(
    simulator: Simulator, *, address: str, port: int, tls: Path | None = None
) -> list[Listener]:
    """The page, and a port for each host; with TLS also two that answer for the host that is named.

    Args:
        simulator: What answers.
        address: Where to listen.
        port: The page's; the others follow. 0 is any that is free.
        tls: A folder to write certificates to.

    Raises:
        InputError: A port is taken, the address is not this machine's, or the folder cannot be
            written to.
    """
    wanted: list[tuple[str, str, Any, Path | None]] = [("page", "", page(simulator), None)]
    for host, what in simulator.hosts().items():
        wanted.append((what, host, site(simulator, host), None))
    if tls is not None:
        try:
            certificate = certificates(tls, simulator.hosts())
        except OSError as error:
            raise InputError(f"cannot be written to: {error.strerror}", where=str(tls)) from None
        wanted.append(("every host, with TLS", "", site(simulator), certificate))
        wanted.append(("every host, in plain HTTP", "", site(simulator), None))
    found: list[Listener] = []
    try:
        for number, (what, host, app, files) in enumerate(wanted):
            opened = _listen(address, port + number if port else 0)
            own = only_for(app, address, simulator.names)
            found.append(Listener(what, host, opened, own, files))
    except OSError as error:
        for each in found:
            each.socket.close()
        shown = f"{address}:{port + len(found)}" if port else address
        elsewhere = error.errno == errno.EADDRNOTAVAIL
        fix = "give --host an address of this machine" if elsewhere else "give --port another one"
        raise InputError(f"cannot listen at {shown}: {error.strerror}", fix=fix) from None
    return found


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((address, port))
    except OSError:
        opened.close()
        raise
    opened.listen(256)
    return opened


class Servers:
    """What listens, until it is told to stop.

    Args:
        found: Where to listen and what answers.
    """

    def __init__(self, found: Iterable[Listener]) -> None:
        self.listeners = list(found)
        self._servers: list[Any] = []

    async def run(self) -> None:
        """Answer until `stop`."""
        import uvicorn

        serving: list[Any] = []
        for each in self.listeners:
            settings = uvicorn.Config(
                each.app,
                log_level="error",
                ws="none",  # An upgrade is declined, as by a gateway whose API is one of HTTP.
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=_LAST_CALLS,
            )
            if each.tls is not None:
                settings.ssl_certfile = str(each.tls)
                settings.ssl_keyfile = str(each.tls)
            server = uvicorn.Server(settings)
            # One place handles signals: whoever runs this.
            server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue] - older versions of uvicorn
            self._servers.append(server)
            serving.append(server._serve([each.socket]))  # pyright: ignore[reportPrivateUsage] - `serve` would take the signals
        await asyncio.gather(*serving)

    def stop(self) -> None:
        """End soon."""
        for each in self._servers:
            each.should_exit = True


async def watch(
    path: Path,
    reload: Callable[[], list[str]],
    told: Callable[[str], None],
    stopped: asyncio.Event,
    *,
    seconds: float = 0.5,
) -> None:
    """Have the chain read anew when its JSON changes.

    Args:
        path: The folder or file.
        reload: Reads it, and returns what is new and has no port.
        told: Called with what happened, in words.
        stopped: When to end.
        seconds: How often to look.
    """
    before = _state(path)
    while not stopped.is_set():
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stopped.wait(), seconds)
        now = _state(path)
        if now != before:
            before = now
            try:
                new = reload()
            except InputError as error:
                told(f"the change is not taken over: {error}")
            else:
                told("the JSON has changed and is read anew")
                if new:
                    told(f"start again to call {', '.join(new)}, which has no port yet")


def _state(path: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    found: list[tuple[str, int, int]] = []
    for each in files:
        if each.suffix in (".json", ".tf", ".tfvars"):
            with suppress(OSError):
                stat = each.stat()
                found.append((str(each), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def certificates(folder: Path, hosts: Iterable[str]) -> Path:
    """Write an authority's certificate (`ca.pem`), and a certificate with its key for all hosts.

    Args:
        folder: Where to.
        hosts: The hosts, whose SCM sites it is for too.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = datetime.datetime.now(datetime.timezone.utc)
    names = list(hosts)
    names += [deployment_host(each) for each in names]

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = named("secured-functions serve")

    def certificate(subject: x509.Name, public: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(days=30))
        )

    # That of an authority: it signs certificates and nothing else.
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    root = (
        certificate(issuer, authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(authority, hashes.SHA256())
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in dict.fromkeys(names)]
    alternatives.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    own = (
        certificate(named("127.0.0.1"), key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(authority, hashes.SHA256())
    )
    return _written(folder, root, own, key)


def _written(folder: Path, root: Any, own: Any, key: Any) -> Path:
    """Write certificates and key; the file that a server needs."""
    from cryptography.hazmat.primitives import serialization

    folder.mkdir(parents=True, exist_ok=True)
    form = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(root.public_bytes(form))
    file = folder / "server.pem"
    file.touch(mode=0o600)
    private = key.private_bytes(
        form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + own.public_bytes(form))
    return file
