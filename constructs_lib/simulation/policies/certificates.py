"""Client certificates: those that callers show, and those that the gateway shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constructs_lib.simulation.policy_statements import Run, Statement
from constructs_lib.simulation.signals import CallStoppedError, PolicyFailedError, refusal

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from constructs_lib.simulation.call import SimulatedCall


def authentication_certificate(policy: Statement) -> Run:
    """The gateway's certificate, for the backend."""
    names = [policy.text("thumbprint"), policy.text("certificate-id")]

    def run(call: SimulatedCall) -> None:
        shown = next((text for name in names if (text := name(call))), "of the policy's own")
        told = f"The backend is shown the certificate {shown}."
        call.trace.add(policy.name, told, policy.name)

    return run


def validate_client_certificate(policy: Statement) -> Run:
    """The caller's certificate: its times, and whether it is one of those that are listed."""
    looked = [policy.boolean(f"validate-{each}", default=True) for each in ("trust", "revocation")]
    times = [policy.boolean(f"validate-not-{each}", default=True) for each in ("before", "after")]
    ignore, listed = policy.boolean("ignore-error", default=False), policy.child("identities")
    identities = [
        [(name, each.text(name)) for name in each.element.attributes]
        for each in (listed.children("identity") if listed else ())
    ]

    def wrong(call: SimulatedCall) -> str | None:
        certificate = call.facts.certificate
        if certificate is None:
            return "Client certificate is not present."
        if any(each(call) for each in looked):
            told = "Trust and revocation of the certificate are not looked at."
            call.trace.add(policy.name, told, "validate-client-certificate.trust")
        now = call.gateway.clock.now()
        if times[0](call) and now < certificate.not_valid_before_utc:
            return "Client certificate is not valid yet."
        if times[1](call) and now > certificate.not_valid_after_utc:
            return "Client certificate has expired."
        if not identities or any(_is(call, certificate, each) for each in identities):
            return None
        return "Client certificate is none of those that are allowed."

    def run(call: SimulatedCall) -> None:
        told = wrong(call)
        call.trace.add(policy.name, told or "The client certificate is valid.", policy.name)
        if told and not ignore(call):
            call.trace.add(policy.name, "The call is refused.", "validate-client-certificate.403")
            raise PolicyFailedError(told, response=refusal(403, "Invalid client certificate"))

    return run


def _is(
    call: SimulatedCall,
    certificate: Certificate,
    identity: list[tuple[str, Callable[[SimulatedCall], str]]],
) -> bool:
    """Whether a certificate has everything that an identity names."""
    return all(text(call).lower() in _claims(certificate, name) for name, text in identity)


def _claims(certificate: Certificate, name: str) -> list[str]:
    """What a certificate says of itself under the name of an attribute, in lower case."""
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.x509 import DNSName, ExtensionNotFound, SubjectAlternativeName
    from cryptography.x509.oid import NameOID

    from constructs_lib.simulation.csharp.libraries.security import (
        distinguished_name,
        serial_number,
    )

    subject = certificate.subject
    common = [str(each.value) for each in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    found: list[str] = []
    if name == "thumbprint":
        found = [certificate.fingerprint(SHA1()).hex()]  # noqa: S303 - Azure's thumbprints are
    elif name == "serial-number":
        found = [serial_number(certificate)]
    elif name == "common-name":
        found = common
    elif name in ("subject", "issuer-subject"):
        found = [distinguished_name(subject if name == "subject" else certificate.issuer)]
    elif name == "dns-name":
        try:
            names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
            found = names.get_values_for_type(DNSName)
        except ExtensionNotFound:
            found = common
    else:
        raise CallStoppedError(f"{name} of validate-client-certificate is not simulated")
    return [each.lower() for each in found]
