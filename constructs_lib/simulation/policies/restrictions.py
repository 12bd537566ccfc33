"""Who may call: headers, addresses, origins."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from constructs_lib.simulation.http import SimulatedResponse
from constructs_lib.simulation.policies.headers import response_of
from constructs_lib.simulation.policy_statements import Run, Statement, as_boolean
from constructs_lib.simulation.signals import AnsweredError, PolicyFailedError, refusal

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall


def check_header(policy: Statement) -> Run:
    """A header that must be there, with one of some values."""
    name, code = policy.text("name"), policy.number("failed-check-httpcode", 401)
    message = policy.text("failed-check-error-message")
    ignore_case = policy.value("ignore-case", default=False)
    allowed = policy.texts("value")

    def run(call: SimulatedCall) -> None:
        header = name(call)
        given, exact = call.request.headers.get(header), not as_boolean(ignore_case(call), "it")
        if given is None:
            told = f"Header {header} was not found in the request. Access denied."
            reason = "HeaderNotFound"
        else:
            values = allowed(call)
            same = given in values if exact else given.lower() in [each.lower() for each in values]
            if same or not values:
                call.trace.add("check-header", f"The header {header} is right.", "check-header")
                return
            told = f"Header {header} value of {given} is not allowed. Access denied."
            reason = "HeaderValueNotAllowed"
        answer = refusal(int(code(call)), message(call) or told)
        call.trace.add("check-header", told, "check-header")
        raise PolicyFailedError(told, reason=reason, response=answer)

    return run


def ip_filter(policy: Statement) -> Run:
    """The caller's address, among those that are allowed or forbidden."""
    action = policy.text("action")
    addresses = policy.texts("address")
    ranges = [(each.text("from"), each.text("to")) for each in policy.children("address-range")]

    def run(call: SimulatedCall) -> None:
        caller = call.request.client_address
        try:
            address = ip_address(caller)
        except ValueError:
            raise _ip_refused(
                "Failed to parse the caller's IP address.", "FailedToParseCallerIP"
            ) from None
        listed = any(
            int(ip_address(first(call).strip()))
            <= int(address)
            <= int(ip_address(last(call).strip()))
            for first, last in ranges
        ) or any(address in ip_network(each.strip()) for each in addresses(call))
        allowing = action(call).lower() == "allow"
        if listed == allowing:
            call.trace.add("ip-filter", f"Caller IP address {caller} is allowed.", "ip-filter")
            return
        if allowing:
            told = f"Caller IP address {caller} is not allowed. Access denied."
            raise _ip_refused(told, "CallerIpNotAllowed")
        raise _ip_refused("Caller IP address is blocked. Access denied.", "CallerIpBlocked")

    return run


def _ip_refused(message: str, reason: str) -> PolicyFailedError:
    return PolicyFailedError(message, reason=reason, response=refusal(403, "Forbidden"))


def cors(policy: Statement) -> Run:
    """Which pages of other origins may call."""
    credentials = policy.value("allow-credentials", default=False)
    terminate = policy.value("terminate-unmatched-request", default=True)
    origins = policy.texts("allowed-origins", "origin")
    methods, headers = (
        policy.texts("allowed-methods", "method"),
        policy.texts("allowed-headers", "header"),
    )
    exposed = policy.texts("expose-headers", "header")
    listed = policy.child("allowed-methods")
    age = (listed or policy).text("preflight-result-max-age", "0")

    def run(call: SimulatedCall) -> None:
        request = call.request
        origin = request.headers.get("Origin")
        if not origin:
            call.trace.add("cors", _NOT_CROSS, "cors")
            return
        allowed = _matching(origins(call), origin)
        wanted = request.headers.get("Access-Control-Request-Method") if call.preflight else None
        names = methods(call) or ["GET", "POST"]
        matched = allowed and (
            not wanted or "*" in names or wanted.upper() in map(str.upper, names)
        )
        if not matched:
            _unmatched(call, terminate)
            return
        found = {"Access-Control-Allow-Origin": "*" if allowed == "*" else origin}
        if as_boolean(credentials(call), "allow-credentials"):
            found["Access-Control-Allow-Credentials"] = "true"
        if call.preflight:
            asked = request.headers.get("Access-Control-Request-Headers")
            given = headers(call)
            found["Access-Control-Allow-Methods"] = _granted(names, wanted)
            if given:
                found["Access-Control-Allow-Headers"] = _granted(given, asked)
            found["Access-Control-Max-Age"] = age(call)
            call.response = SimulatedResponse.of(200, headers=found)
            call.trace.add("cors", f"The preflight request of {origin} is answered.", "cors")
            raise AnsweredError
        shown = ",".join(exposed(call))
        if shown:
            found["Access-Control-Expose-Headers"] = shown

        def add(call: SimulatedCall) -> None:
            for pair in found.items():
                response_of(call).headers.set(*pair)

        call.after.append(add)
        call.trace.add("cors", f"The origin {origin} is allowed.", "cors")

    return run


_NOT_CROSS = (
    "Origin header was missing or empty and the request was classified as not cross-domain. "
    "CORS policy was not applied."
)


def _granted(listed: list[str], asked: str | None) -> str:
    return asked if "*" in listed and asked else ",".join(listed)


def _matching(listed: list[str], origin: str) -> str | None:
    listed = [each.strip() for each in listed]
    if "*" in listed:
        return "*"
    return next((each for each in listed if each.rstrip("/").lower() == origin.lower()), None)


def _unmatched(call: SimulatedCall, terminate: Callable[[SimulatedCall], object]) -> None:
    ends = as_boolean(terminate(call), "terminate-unmatched-request")
    if ends and (call.preflight or call.request.method in ("GET", "HEAD")):
        call.response = SimulatedResponse()
        call.trace.add(
            "cors", "The origin is not allowed: an empty 200 is returned.", "cors.terminate"
        )
        raise AnsweredError
    call.trace.add("cors", "The origin is not allowed: no header is added.", "cors.terminate")
