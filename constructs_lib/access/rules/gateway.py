"""Rules of the gateway and its policies (SF3xx): requests reach the app, with the right token."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib._core.errors import InputError
from constructs_lib._core.rules import Rule
from constructs_lib.access.callers import Calls
from constructs_lib.access.defined import defined_in
from constructs_lib.access.links import ApiLink, GatewayLink
from constructs_lib.access.policy_flow import key_names
from constructs_lib.access.policy_way import Leak
from constructs_lib.access.routes import Route, backend_of, policy_of
from constructs_lib.access.rules.chapter import Breach, Chapter
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value, text_of
from constructs_lib.access.urls import host_of, host_unknown
from constructs_lib.policy.composition import elements
from constructs_lib.policy.model import AnyDocument
from constructs_lib.policy.reader import read
from constructs_lib.policy.rules import (
    BACKEND_UNDEFINED,
    FRAGMENT_UNDEFINED,
    NAMED_VALUE_UNDEFINED,
)
from constructs_lib.policy.terraform import escaped
from constructs_lib.policy.undefined import Known, undefined

CHAPTER = Chapter("The gateway and its policies")
_rule = CHAPTER.rule

_DIAGNOSTICS = ("azurerm_api_management_api_diagnostic", "azurerm_api_management_diagnostic")
_LOGGED = ("frontend_request", "frontend_response", "backend_request", "backend_response")


_rule(
    "SF301",
    "error",
    "broken",
    title="The policy gets no token",
    reason="Without authentication-managed-identity the gateway calls like everybody else, and "
    "Easy Auth refuses it.",
    fix='Add <authentication-managed-identity resource="CLIENT ID" /> to the inbound section.',
)

_rule(
    "SF302",
    "error",
    "broken",
    title="The policy replaces its token",
    reason="A later policy overwrites or deletes the Authorization header that holds the token. "
    'Or set-header takes the token from a variable and leaves out "Bearer " or keeps the '
    "caller's header.",
    fix="Put authentication-managed-identity, without output-token-variable-name, after every "
    "policy that changes Authorization.",
)

_rule(
    "SF303",
    "error",
    "broken",
    title="The gateway lacks the identity",
    reason="Without client-id the policy uses the system-assigned identity, which the gateway does "
    "not have.",
    fix="Give the gateway a system-assigned identity, or name a user-assigned one as client-id.",
)

_rule(
    "SF304",
    "error",
    "broken",
    title="The gateway does not hold the identity of client-id",
    reason="The gateway gets tokens only for identities that it holds.",
    fix="List the identity in the gateway's identity_ids, and use its client id as client-id.",
)

_rule(
    "SF305",
    "error",
    "broken",
    title="The token is for something else",
    reason="resource has to be the client id (or an App ID URI) of the registration that Easy Auth "
    "expects; the id of the identity is a common mistake.",
    fix="Use the same registration's client id in the policy and in Easy Auth.",
)


@_rule(
    "SF306",
    "warning",
    "broken",
    title="The request is sent even without a token",
    reason="With ignore-error the request goes on without a token, and the reason for the 401 is "
    "lost.",
    fix="Leave ignore-error out.",
)
def _goes_on_without_token(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        if route.way.token is not None and route.way.token.ignore_error:
            message = f"{route.api.name} sends the request without a token when it cannot get one"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)


@_rule(
    "SF307",
    "error",
    "broken",
    title="The API has no backend",
    reason="Neither the API nor its policies say where requests go, so the gateway answers 500.",
    fix="Add set-backend-service with the name of an azurerm_api_management_backend of this "
    "gateway.",
)
def _no_backend(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        if _without_backend(calls, route):
            message = f"{route.api.name} has no backend to send requests to"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)


@_rule(
    "SF308",
    "error",
    "open",
    title="The gateway calls over plain HTTP",
    reason="The token can be read on the way.",
    fix="Write https:// in the backend's url.",
)
def _plain_http(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        if route.app is None or not isinstance(route.url, (str, Term)):
            continue
        if text_of(route.url).lower().startswith("http://"):
            message = f"{route.api.name} calls {route.app.name} over plain HTTP"
            yield Breach(*_where_to(calls, route), message)


@_rule(
    "SF309",
    "error",
    "broken",
    title="The policy does not forward",
    reason="A policy that cannot be read or does not forward never reaches the function.",
    fix="Keep <forward-request /> or <base /> in the backend section, and well-formed XML.",
)
def _does_not_forward(calls: Calls) -> Iterator[Breach]:
    return (breach for unproven, breach in policy_problems(calls) if not unproven)


@_rule(
    "SF310",
    "error",
    "open",
    title="The token goes to another host",
    reason="Whoever answers at that host gets a token with which the functions can be called.",
    fix="Send the request to the app that the token is for.",
)
def _other_host(calls: Calls) -> Iterator[Breach]:
    for api, leak, policy in _leaks(calls):
        waiting = _waiting(calls, leak)
        if waiting and leak.host and leak.known and not leak.chosen:
            message = f"{api.name} sends the token for {waiting} to {leak.to}, "
            message += "which is not a function app of the configuration"
            yield Breach(policy, "xml_content", message)
    for route in calls.routes:
        if (
            route.app is not None
            or route.url is None
            or not _secured(calls, route)
            or (route.problem is not None and route.problem.verdict == "closed")
            or _without_backend(calls, route)
        ):
            continue
        host = host_of(route.url)
        waiting = calls.waiting.get(route.registration)
        if waiting and host is not None and not host_unknown(route.url):
            message = f"{route.api.name} sends the token for {waiting[0].name} to {text_of(host)}, "
            message += "which is not a function app of the configuration"
            yield Breach(*_where_to(calls, route), message)


@_rule(
    "SF311",
    "error",
    "open",
    title="The backend's certificate is not checked",
    reason="Whoever answers in place of the function app gets the token.",
    fix="Leave validate_certificate_chain and validate_certificate_name at true.",
)
def _certificate_unchecked(calls: Calls) -> Iterator[Breach]:
    for route, backend, body in _backends(calls):
        tls = body.block("tls")
        for name in ("validate_certificate_chain", "validate_certificate_name"):
            if route.app and tls is not None and tls.value(name, True) is False:
                message = f"the gateway does not check the certificate of {route.app.name}"
                yield Breach(backend, f"tls.{name}", message)


@_rule(
    "SF312",
    "warning",
    "open",
    title="The subscription key is forwarded",
    reason="The header and the query parameter with the key reach the function and its logs "
    "unless the policy deletes both, by the names that the API gives them.",
    fix="Add set-header and set-query-parameter with exists-action delete for both names.",
)
def _key_forwarded(calls: Calls) -> Iterator[Breach]:
    in_front = {route.api for route in calls.routes if route.app is not None}
    for api, leak, policy in _leaks(calls):
        if leak.token is None and api in in_front:
            message = f"{api.name} sends the subscription key to {leak.to}"
            yield Breach(policy, "xml_content", message)
    for route in calls.routes:
        api, way = route.api, route.way
        if route.app is None or api.resource is None or way.unknown is not None:
            continue
        header, query = key_names(calls.chain.configuration, api)
        missing = [
            *([f"the header {header}"] if header.lower() not in way.headers else []),
            *([f"the query parameter {query}"] if query.lower() not in way.queries else []),
            *sorted(way.copies),
        ]
        if missing:
            message = f"{api.name} forwards the subscription key in {' and '.join(missing)}"
            yield Breach(policy_of(calls.chain, route), "xml_content", message)


@_rule(
    "SF313",
    "warning",
    "open",
    title="The API is served over plain HTTP",
    reason="Subscription keys and data can be read on the way.",
    fix='Set protocols = ["https"].',
)
def _served_over_plain_http(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        if route.app is None or route.api.resource is None:
            continue
        body = calls.chain.configuration.body(route.api.resource)
        if any(protocol == "http" for protocol in body.values("protocols")):
            message = f"{route.api.name} is served over plain HTTP"
            yield Breach(route.api.resource, "protocols", message)


@_rule(
    "SF314",
    "warning",
    "hardening",
    title="The backend holds a secret",
    reason="A function key or a password in the backend's credentials is not needed, and "
    "Terraform keeps it in the state.",
    fix="Remove credentials: the gateway's token is enough.",
)
def _credentials(calls: Calls) -> Iterator[Breach]:
    for route, backend, body in _backends(calls):
        if body.block("credentials") is not None:
            yield Breach(
                backend, "credentials", f"the backend of {route.api.name} holds credentials"
            )


@_rule(
    "SF315",
    "warning",
    "broken",
    title="The API of a policy is missing",
    reason="The gateway is in the configuration, but the API that a policy or an operation names "
    "is not. Most often one of them names another gateway.",
    fix="Take api_name and api_management_name from the same API.",
)
def _no_api(calls: Calls) -> Iterator[Breach]:
    for gateway in calls.chain.gateways:
        if gateway.resource is None or not gateway.resource.managed or gateway.others:
            continue
        for api in gateway.apis.values():
            if api.resource is None:
                parts = [api.policy, *api.operation_policies.values(), *api.operations.values()]
                part = next((each for each in parts if each is not None), None)
                message = f"{gateway.name} has no API {api.name} in the configuration"
                yield Breach(part, "api_name", message)


@_rule(
    "SF316",
    "error",
    "broken",
    title="Something is defined twice",
    reason="Azure has it only once, so one of the two resources is refused or overwrites what the "
    "other wrote. Of a part of the gateway only the first was checked here.",
    fix="Keep one of the two, or give one of them another name.",
)
def _defined_twice(calls: Calls) -> Iterator[Breach]:
    chain = calls.chain
    again = {first for _, first, _ in chain.twice}
    for each, first, said in chain.twice:
        # An API that is there twice says so for all that belongs to it.
        if "api_name" in first.body and chain.api_of(first).resource in again:
            continue
        place = first.address if first.path == each.path else f"{first.address} in {first.path}"
        yield Breach(each, None, f"{said}, from {place}")


@_rule(
    "SF317",
    "error",
    "open",
    title="The policy gives the token away",
    reason="Whoever reads the answer, the log or the traces can call the functions with the token "
    "until it expires.",
    fix="Send the token to the function app only; to log who called, log claims of it.",
)
def _token_given_away(calls: Calls) -> Iterator[Breach]:
    for api, leak, policy in _leaks(calls):
        waiting = _waiting(calls, leak)
        if waiting and not leak.host:
            message = f"{api.name} gives the token for {waiting} to {leak.to}"
            yield Breach(policy, "xml_content", message)


@_rule(
    "SF318",
    "warning",
    "hardening",
    title="A secret is logged",
    reason="Whoever reads the log can use the token or the subscription key that stands in it.",
    fix="Leave the header out of headers_to_log, or mask it in data_masking.",
)
def _logged_secrets(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    keys = {key_names(configuration, api)[0] for api, _ in calls.forwardings}
    secrets = {"authorization", *(each.strip().lower() for each in keys)}
    for each in configuration.of_type(*_DIAGNOSTICS):
        for name in _LOGGED if each.managed else ():
            for block in configuration.body(each).blocks(name):
                for logged in map(text_of, block.values("headers_to_log")):
                    if logged.strip().lower() in secrets - _masked(block):
                        message = f"{each.address} logs the header {logged}"
                        yield Breach(each, f"{name}.headers_to_log", message)


@_rule(
    "SF319",
    "error",
    "open",
    title="The caller names the host that gets the token",
    reason="With a host that a header, a query parameter or the body names, whoever calls has the "
    "gateway's token sent to themselves and calls the functions with it.",
    fix="Name the host in the policy or in a backend, or choose among hosts that are written out.",
)
def _host_of_the_caller(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        token, chosen = route.way.token, route.way.chosen
        if token is not None and chosen is not None:
            message = f"{route.api.name} sends its token to a host that the caller names"
            yield Breach(_policy(calls, route.api, chosen), "xml_content", message)
    for api, leak, policy in _leaks(calls):
        if leak.token is not None and leak.chosen:
            message = f"{api.name} sends its token to a host that the caller names"
            yield Breach(policy, "xml_content", message)


@_rule(
    "SF320",
    "error",
    "open",
    title="The caller says what the token is for",
    reason="The gateway then gets a token for whatever its identity may call, and sends it where "
    "the policy says.",
    fix="Write the registration's client id as resource.",
)
def _resource_of_the_caller(calls: Calls) -> Iterator[Breach]:
    for route in calls.routes:
        token = route.way.token
        if token is not None and token.chosen:
            message = f"{route.api.name} gets a token for what the caller names"
            yield Breach(_policy(calls, route.api, token.address), "xml_content", message)


@_rule(
    "SF321",
    "warning",
    "unproven",
    title="Requests go through a proxy",
    reason="Whoever runs the proxy sees who calls what, and the token where TLS ends there.",
    fix="Remove the proxy, or accept it and say who runs it.",
)
def _through_a_proxy(calls: Calls) -> Iterator[Breach]:
    for route, backend, body in _backends(calls):
        if body.block("proxy") is not None:
            message = f"{route.api.name} calls {backend.address} through a proxy"
            yield Breach(backend, "proxy", message)
    for route in calls.routes:
        if route.way.proxied is not None:
            policy = _policy(calls, route.api, route.way.proxied)
            yield Breach(policy, "xml_content", f"{route.api.name} calls through a proxy")


@CHAPTER.borrow(NAMED_VALUE_UNDEFINED)
def _undefined_named_values(calls: Calls) -> Iterator[Breach]:
    return _undefined(calls, NAMED_VALUE_UNDEFINED)


@CHAPTER.borrow(BACKEND_UNDEFINED)
def _undefined_backends(calls: Calls) -> Iterator[Breach]:
    yield from _undefined(calls, BACKEND_UNDEFINED)
    for route in calls.routes:  # A named value may be what names it.
        problem = route.problem
        if problem is not None and problem.verdict == "closed":
            message = f"{route.api.name}: {problem.reason}"
            yield Breach(problem.resource, problem.attribute, message)


@CHAPTER.borrow(FRAGMENT_UNDEFINED)
def _undefined_fragments(calls: Calls) -> Iterator[Breach]:
    return _undefined(calls, FRAGMENT_UNDEFINED)


def policy_problems(calls: Calls) -> Iterator[tuple[bool, Breach]]:
    """What is wrong with policies, and whether that only says that nothing can be proven."""
    for api, forwarding in calls.forwardings:
        for address, problem in forwarding.problems:
            policy = _policy(calls, api, address)
            unproven = "known only after apply" in problem or "not read" in problem
            yield unproven, Breach(policy, "xml_content", f"{api.name}: {problem}")
    for api, leak, policy in _leaks(calls):
        waiting = _waiting(calls, leak)
        if waiting and not leak.known:
            message = f"which host {api.name} sends the token for {waiting} to is not known here"
            yield True, Breach(policy, "xml_content", message)


def _undefined(calls: Calls, rule: Rule) -> Iterator[Breach]:
    """What policies refer to and a gateway of the configuration does not have."""
    if calls.undefined is None:  # Each policy is read once for all rules.
        calls.undefined = list(_all_undefined(calls))
    for broken, policy, attribute, named, fixes in calls.undefined:
        if broken is rule:
            message = f"the policy names the {named}, which nothing defines"
            yield Breach(policy, attribute, message, fixes or None)


def _all_undefined(calls: Calls) -> Iterator[tuple[Rule, Resource, str, str, str]]:
    configuration = calls.chain.configuration
    for gateway in calls.chain.gateways:
        known = defined_in(calls.chain, gateway)
        if known == Known():
            continue
        for policy in _policies(gateway):
            attribute = "value" if policy.type.endswith("_fragment") else "xml_content"
            text = configuration.body(policy).value(attribute)
            document = None if _all_known(text, known) else _document(text)
            missing: dict[Rule, dict[str, str]] = {}
            for element in elements(document) if document else ():
                for found in undefined(element, known):
                    missing.setdefault(found.rule, {})[found.what] = found.fix or ""
            for rule, named in missing.items():
                fixes = ", ".join(filter(None, named.values()))
                yield rule, policy, attribute, " and the ".join(named), fixes


# How a policy refers to named values, backends and fragments.
_NAMED_VALUE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
_NAMING = re.compile(r"""(backend|fragment)-id\s*=\s*["']([^"']*)["']""")


def _all_known(text: Value, known: Known) -> bool:
    """Whether a policy refers only to what is defined, told without taking it apart."""
    written = "".join(each for each in getattr(text, "parts", (text,)) if isinstance(each, str))
    tables = {"backend": known.backends, "fragment": known.fragments}
    named = [(known.named_values, name) for name in _NAMED_VALUE.findall(written)]
    named += [(tables[kind], name) for kind, name in _NAMING.findall(written)]
    return "&#" not in written and all(
        not name or names is None or name in names for names, name in named
    )


def _policies(gateway: GatewayLink) -> Iterator[Resource]:
    yield from [gateway.policy] if gateway.policy else []
    yield from gateway.product_policies.values()
    yield from gateway.fragments.values()
    for api in gateway.apis.values():
        yield from [api.policy] if api.policy else []
        yield from api.operation_policies.values()


def _document(text: Value) -> AnyDocument | None:
    """What a policy says, with `${…}` for what is not known yet; None if it cannot be read."""
    parts = text.parts if isinstance(text, Term) else (text,)
    if text is None or not any(isinstance(part, str) for part in parts):
        return None
    template = "".join(
        escaped(part, before_reference=True) if isinstance(part, str) else "${later}"
        for part in parts
    )
    try:
        return read(template, terraform=True)
    except InputError:
        return None  # That it cannot be read is found by SF309.


def _policy(calls: Calls, api: ApiLink, address: str) -> Resource | None:
    stack = api.gateway.stack if api.resource is None else api.resource.stack
    return calls.chain.configuration.resource(stack, address) or api.resource


def _leaks(calls: Calls) -> Iterator[tuple[ApiLink, Leak, Resource | None]]:
    """Tokens for our apps, and keys of APIs in front of them, that policies give away."""
    for api, forwarding in calls.forwardings:
        for leak in forwarding.leaks:
            yield api, leak, _policy(calls, api, leak.address)


def _waiting(calls: Calls, leak: Leak) -> str | None:
    """The name of an app that takes the token which a policy gives away."""
    if leak.token is None:
        return None
    registration = calls.chain.registration_of_resource(leak.token.resource)
    waiting = calls.waiting.get(registration)
    return waiting[0].name if waiting else None


def _secured(calls: Calls, route: Route) -> bool:
    """Whether a route carries a token that an app of the configuration may take."""
    return route.way.token is not None and (
        route.registration is None
        or route.registration.managed
        or route.registration in calls.waiting
    )


def _where_to(calls: Calls, route: Route) -> tuple[Resource | None, str]:
    """Where a route says to which address it sends requests."""
    backend = backend_of(route)
    return (backend, "url") if backend else (policy_of(calls.chain, route), "xml_content")


def _backends(calls: Calls) -> Iterator[tuple[Route, Resource, Body]]:
    """Routes to an app, with the backend that they go through."""
    for route in calls.routes:
        backend = backend_of(route) if route.app is not None else None
        if backend is not None:
            yield route, backend, calls.chain.configuration.body(backend)


def _without_backend(calls: Calls, route: Route) -> bool:
    """Whether requests of an API surely go nowhere."""
    api, way = route.api, route.way
    if way.unknown is not None or route.problem is not None or api.resource is None:
        return False
    if isinstance(route.url, str):
        return host_of(route.url) is None
    if route.url is not None or api.gateway.resource is None:
        return False
    body = calls.chain.configuration.body(api.resource)
    # An import brings a service URL, a revision that of its source.
    return (
        api.resource.managed
        and body.block("import") is None
        and body.value("source_api_id") is None
        and body.value("api_type") in (None, "http")
    )


def _masked(block: Body) -> set[str]:
    """Headers that a block of diagnostics masks."""
    return {
        text_of(header.value("value")).strip().lower()
        for masking in block.blocks("data_masking")
        for header in masking.blocks("headers")
    }
