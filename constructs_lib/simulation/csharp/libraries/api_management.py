"""`context` and its members, tokens and basic authentication.

Source: Learn, "API Management policy expressions", table "Context variable" (2026-01-15).
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import base64
import json as _json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote

from constructs_lib.simulation.context import ExpressionContext
from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.formatting import to_text
from constructs_lib.simulation.csharp.libraries import json_tokens, security, strings, web, xml
from constructs_lib.simulation.csharp.libraries.collections import get_item
from constructs_lib.simulation.csharp.libraries.dates import ticks_of
from constructs_lib.simulation.csharp.operators import CLASSES, default_of
from constructs_lib.simulation.csharp.tables import TYPES, define, inherits, type_name
from constructs_lib.simulation.csharp.values import (
    EPOCH_TICKS,
    SECOND,
    Array,
    Bytes,
    Dictionary,
    EnumValue,
    List,
    Span,
    Thing,
    Time,
    full_name,
    invalid_operation,
    null_reference,
)

_LOWER: Callable[[Any], Any] = lambda name: name.lower() if isinstance(name, str) else name  # noqa: E731


class _Message:
    """What IRequest and IResponse have in common."""

    __slots__ = ("context", "given")

    def __init__(self, given: Any, context: ExpressionContext | None = None) -> None:
        self.given = given
        self.context = context


class IRequest(_Message):
    """`context.Request`."""

    __slots__ = ()


class IResponse(_Message):
    """`context.Response`, or what `send-request` stored."""

    __slots__ = ()


class IUrl:
    """A URL of the request."""

    __slots__ = ("given",)

    def __init__(self, given: Any) -> None:
        self.given = given

    def to_text(self) -> str:
        """The URL."""
        return _url_text(self.given)


class JoinedValues(Dictionary):
    """Headers, query parameters and claims: values joined by commas."""

    __slots__ = ()


class ContextVariables(Dictionary):
    """`context.Variables`."""

    __slots__ = ()


def _map(pairs: Any, value: str, kind: type[Dictionary] = Dictionary, *, fold: bool = False) -> Any:
    return kind.of(pairs, ("string", value), _LOWER if fold else None)


def _headers(message: _Message) -> Any:
    given = message.given.headers
    pairs = ((name, Array.of("string", given.get_all(name))) for name in given.names())
    return _map(pairs, "string[]", JoinedValues, fold=True)


def _query(address: IUrl) -> Any:
    found: dict[str, list[str]] = {}
    for name, value in address.given.pairs():
        found.setdefault(name, []).append(value)
    return _map(
        ((n, Array.of("string", v)) for n, v in found.items()), "string[]", JoinedValues, fold=True
    )


def _url_text(url: Any) -> str:
    default = {"http": 80, "https": 443}.get(url.scheme)
    port = "" if url.port == default else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{url.path}{'?' + url.query if url.query else ''}"


def _joined(items: JoinedValues, name: Any, *default: Any) -> Any:
    found = items.items.get(items.key(name))
    if found is None:
        return default[0] if default else None
    if default and isinstance(default[0], Array):
        return found[1]
    return ",".join(map(to_text, found[1]))


def _variable_or(types: tuple[str, ...], items: ContextVariables, name: Any, *default: Any) -> Any:
    found = items.items.get(items.key(name))
    if found is None:
        return default[0] if default else default_of(types[0]) if types else None
    value = found[1]
    if types and types[0] != "object" and value is not None and not _is(value, types[0]):
        raise ExpressionFailed(
            f"Unable to cast object of type '{full_name(value)}' to type "
            f"'{TYPES[types[0].rstrip('?')].full if types[0].rstrip('?') in TYPES else types[0]}'.",
            "System.InvalidCastException",
        )
    return value


def _is(value: Any, type_: str) -> bool:
    name = type_.rstrip("?").partition("<")[0]
    if name in CLASSES:
        return type(value) is CLASSES[name]
    if name.endswith("[]") or name.startswith("I"):
        return True
    return inherits(type_name(value), name)


def _variable(value: Any) -> Any:
    """What the engine stored, as a value of an expression."""
    if hasattr(value, "status") and hasattr(value, "headers"):
        return IResponse(value)
    if isinstance(value, bytes):
        return Bytes(value)
    return value


class _Stored(Mapping[Any, Any]):
    """What the engine stored, as a map of expressions holds its items."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def __getitem__(self, name: Any) -> tuple[Any, Any]:
        return name, _variable(self.given[name])

    def __iter__(self) -> Iterator[Any]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def _context_variables(context: ExpressionContext) -> ContextVariables:
    items: Any = _Stored(context.variables)  # Read only, so that no dictionary is needed.
    return ContextVariables(items, ("string", "object"))


def _body(message: _Message) -> Any:
    body = message.given.body
    if body is None or (not body.content and not body.consumed):
        return None
    return IMessageBody(body)


class IMessageBody:
    """A body, which is read once."""

    __slots__ = ("given",)

    def __init__(self, given: Any) -> None:
        self.given = given


def _content(body: Any, preserve: bool) -> bytes:
    body = body.given
    if body.consumed:
        raise invalid_operation("The message body has been consumed and cannot be read again.")
    return body.read(preserve=preserve)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace")


def _as(types: tuple[str, ...], body: Any, preserve: bool = False) -> Any:
    if body is None:
        raise null_reference()
    target = types[0] if types else "string"
    data = _content(body, preserve)
    if target == "byte[]":
        return Bytes(data)
    text = _decoded(data)
    if target == "string":
        return text
    kinds = {"JObject": json_tokens.JObject, "JArray": json_tokens.JArray, "JToken": None}
    if target in kinds:
        try:
            return json_tokens.parse(text, kinds[target])
        except ExpressionFailed as error:
            raise ExpressionFailed(
                f"The message body is not a valid JSON. {error.message}", error.dotnet_type, error
            ) from error
    if target in ("XElement", "XNode", "XDocument"):
        return xml.parse_document(text) if target == "XDocument" else xml.parse_element(text)
    raise NotSimulated(f"a body as {target}")


class Form(Dictionary):
    """A form's fields."""

    __slots__ = ()


def _form(body: Any, preserve: bool = False) -> Form:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(_decoded(_content(body, preserve)), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    made = Form(None, ("string", "IList<string>"))
    for name, values in found.items():
        made.items[made.key(name)] = (name, List.of("string", values))
    return made


def _form_text(form: Form, *_: Any) -> str:
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value)}"
        for name, values in form.items.values()
        for value in values
    )


# Tokens -------------------------------------------------------------------------------------------


class Jwt:
    """Jwt: a token that was read and not verified.

    Args:
        header: Its header.
        claims: Its claims.
    """

    __slots__ = ("claims", "header")

    def __init__(self, header: dict[str, Any], claims: dict[str, Any]) -> None:
        self.header = header
        self.claims = claims

    def texts(self, name: str) -> list[str]:
        """The values of a claim."""
        value = self.claims.get(name)
        if value is None:
            return []
        return [_claim(each) for each in value] if isinstance(value, list) else [_claim(value)]  # pyright: ignore[reportUnknownVariableType]


def _claim(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else _json.dumps(value, separators=(",", ":"))


def read_jwt(text: Any) -> Jwt | None:
    """`text.AsJwt()`: None for what is no token."""
    if not isinstance(text, str):
        return None
    parts = text.removeprefix("Bearer ").removeprefix("bearer ").strip().split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (
            _json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in parts[:2]
        )
    except ValueError:
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return Jwt(header, claims)  # pyright: ignore[reportUnknownArgumentType] - JSON


def _try_jwt(text: Any, out: Any) -> bool:
    out.value = read_jwt(text)
    return out.value is not None


def _moment(name: str) -> Callable[[Jwt], Any]:
    def read(jwt: Jwt) -> Any:
        value = jwt.claims.get(name)
        if not isinstance(value, (int, float)):
            return None
        return Time(EPOCH_TICKS + int(value) * SECOND, "Utc")

    return read


def _first(name: str) -> Callable[[Jwt], Any]:
    return lambda jwt: next(iter(jwt.texts(name)), None)


define(
    "Jwt",
    "Jwt",
    value=Jwt,
    properties={
        "Algorithm -> string": lambda jwt: jwt.header.get("alg"),
        "Audiences -> IEnumerable<string>": lambda jwt: Array.of("string", jwt.texts("aud")),
        "Claims -> Headers": lambda jwt: _map(
            ((name, Array.of("string", jwt.texts(name))) for name in jwt.claims),
            "string[]",
            JoinedValues,
        ),
        "ExpirationTime -> DateTime?": _moment("exp"),
        "NotBefore -> DateTime?": _moment("nbf"),
        "IssuedAt -> DateTime?": _moment("iat"),
        "Id -> string": _first("jti"),
        "Issuer -> string": _first("iss"),
        "Subject -> string": _first("sub"),
        "Type -> string": lambda jwt: jwt.header.get("typ"),
    },
)


def _basic(text: Any) -> Any:
    if not isinstance(text, str):
        return None
    try:
        plain = base64.b64decode(text.removeprefix("Basic ").strip(), validate=True).decode()
    except ValueError:
        return None
    name, colon, password = plain.partition(":")
    if not colon:
        return None
    return Thing("BasicAuthCredentials", {"UserId": name, "Username": name, "Password": password})


def _try_basic(text: Any, out: Any) -> bool:
    out.value = _basic(text)
    return out.value is not None


def _simple(name: str, members: str, full: str = "") -> None:
    """A type whose values are `Thing`s with members that are made with them."""
    entries: dict[str, Any] = {}
    for each in members.split():
        member, _, type_ = each.partition(":")
        entries[f"{member} -> {type_ or 'string'}"] = lambda thing, member=member: thing.members[
            member
        ]
    define(name, full or name, properties=entries)


_simple("BasicAuthCredentials", "UserId Username Password")
_simple(
    "IApi",
    "Id Name Path Revision Version IsCurrentRevision:bool ServiceUrl:IUrl "
    "Protocols:IEnumerable<string> SubscriptionKeyParameterNames:IKeyNames",
)
_simple("IKeyNames", "Header Query")
_simple("Authorization", "AccessToken Claims:IReadOnlyDictionary<string,object>")
_simple("IOperation", "Id Method Name UrlTemplate")
_simple("IGroup", "Id Name")
_simple("IWorkspace", "Id Name")
_simple(
    "IProduct",
    "Id Name ApprovalRequired:bool SubscriptionRequired:bool State:ProductState "
    "Groups:IEnumerable<IGroup> SubscriptionsLimit:int? SubscriptionLimit:int? "
    "Apis:IEnumerable<IApi>",
)
_simple(
    "ISubscription",
    "Id Name Key PrimaryKey SecondaryKey CreatedDate:DateTime "
    "StartDate:DateTime? EndDate:DateTime?",
)
_simple(
    "IUser",
    "Id Email FirstName LastName Note Groups:IEnumerable<IGroup> "
    "Identities:IEnumerable<IUserIdentity> RegistrationDate:DateTime",
)
_simple("IUserIdentity", "Id Provider")
_simple("ILastError", "Source Reason Message Scope Section Path PolicyId")
_simple(
    "IDeployment",
    "GatewayId Region ServiceId ServiceName Gateway:IGateway "
    "Certificates:IReadOnlyDictionary<string,X509Certificate2> SustainabilityInfo:object",
)
_simple("IGateway", "Id InstanceId IsManaged:bool")
_simple("IBackend", "Id Type:BackendType AzureRegion")
_simple("IGraphQL", "Arguments:JObject GraphQLArguments:JObject Parent:JObject")


def _groups(groups: Any) -> Array:
    return Array.of("IGroup", [Thing("IGroup", {"Id": g.id, "Name": g.name}) for g in groups])


def _moment_of(date: Any) -> Any:
    return None if date is None else Time(ticks_of(date), "Utc")


def _made(make: Callable[[ExpressionContext, Any], Any], name: str) -> Callable[[Any], Any]:
    def read(context: Any) -> Any:
        given = getattr(context, name)
        return None if given is None else make(context, given)

    return read


def _api(_context: Any, api: Any) -> Thing:
    names = Thing("IKeyNames", {"Header": api.key_header, "Query": api.key_query})
    return Thing("IApi", {
        "Id": api.id, "Name": api.name, "Path": api.path, "Revision": api.revision,
        "Version": api.version, "IsCurrentRevision": api.is_current_revision,
        "ServiceUrl": IUrl(api.service_url) if api.service_url is not None else None,
        "Protocols": Array.of("string", api.protocols), "SubscriptionKeyParameterNames": names,
    })  # fmt: skip


def _operation(_context: Any, op: Any) -> Thing:
    return Thing("IOperation", {
        "Id": op.id, "Method": op.method, "Name": op.name, "UrlTemplate": op.url_template,
    })  # fmt: skip


def _product(_context: Any, product: Any) -> Thing:
    state = EnumValue("ProductState", product.state, int(product.state == "Published"))
    return Thing("IProduct", {
        "Id": product.id, "Name": product.name, "ApprovalRequired": product.approval_required,
        "SubscriptionRequired": product.subscription_required, "State": state,
        "Groups": _groups(product.groups), "SubscriptionsLimit": product.subscriptions_limit,
        "SubscriptionLimit": product.subscriptions_limit, "Apis": Array.of("IApi"),
    })  # fmt: skip


def _subscription(_context: Any, given: Any) -> Thing:
    return Thing("ISubscription", {
        "Id": given.id, "Name": given.name, "Key": given.key, "PrimaryKey": given.primary_key,
        "SecondaryKey": given.secondary_key, "CreatedDate": _moment_of(given.created_date),
        "StartDate": _moment_of(given.start_date), "EndDate": _moment_of(given.end_date),
    })  # fmt: skip


def _user(_context: Any, user: Any) -> Thing:
    identities = [
        Thing("IUserIdentity", {"Id": id_, "Provider": provider})
        for id_, provider in user.identities
    ]
    return Thing("IUser", {
        "Id": user.id, "Email": user.email, "FirstName": user.first_name,
        "LastName": user.last_name, "Note": user.note, "Groups": _groups(user.groups),
        "Identities": Array.of("IUserIdentity", identities),
        "RegistrationDate": _moment_of(user.registration_date),
    })  # fmt: skip


def _error(_context: Any, error: Any) -> Thing:
    return Thing("ILastError", {
        "Source": error.source, "Reason": error.reason, "Message": error.message,
        "Scope": error.scope, "Section": error.section, "Path": error.path,
        "PolicyId": error.policy_id,
    })  # fmt: skip


def _deployment(_context: Any, given: Any) -> Thing:
    gateway = Thing("IGateway", {
        "Id": given.gateway_id, "InstanceId": given.gateway_instance_id,
        "IsManaged": given.is_managed,
    })  # fmt: skip
    pairs = ((name, security.certificate_of(each)) for name, each in given.certificates.items())
    return Thing("IDeployment", {
        "GatewayId": given.gateway_id, "Region": given.region, "ServiceId": given.service_id,
        "ServiceName": given.service_name, "Gateway": gateway, "SustainabilityInfo": None,
        "Certificates": _map(pairs, "X509Certificate2"),
    })  # fmt: skip


def _backend(_context: Any, backend: Any) -> Thing:
    kind = EnumValue("BackendType", backend.type, int(backend.type == "Pool"))
    return Thing("IBackend", {"Id": backend.id, "Type": kind, "AzureRegion": backend.azure_region})


def _graphql(context: Any) -> Any:
    if context.graphql_arguments is None:
        return None
    arguments = json_tokens.token_of_python(context.graphql_arguments)
    parent = json_tokens.token_of_python(context.graphql_parent)
    return Thing(
        "IGraphQL", {"Arguments": arguments, "GraphQLArguments": arguments, "Parent": parent}
    )


for _name in ("ProductState", "BackendType"):
    define(_name, _name, bases=("Enum",))
define(
    "context",
    "IContext",
    value=ExpressionContext,
    properties={
        "Request -> IRequest": lambda context: IRequest(context.request, context),
        "Response -> IResponse": lambda context: (
            IResponse(context.response) if context.response is not None else None
        ),
        "Variables -> Variables": _context_variables,
        "Api -> IApi": _made(_api, "api"),
        "Operation -> IOperation": _made(_operation, "operation"),
        "Product -> IProduct": _made(_product, "product"),
        "Subscription -> ISubscription": _made(_subscription, "subscription"),
        "User -> IUser": _made(_user, "user"),
        "LastError -> ILastError": _made(_error, "last_error"),
        "Deployment -> IDeployment": _made(_deployment, "deployment"),
        "Backend -> IBackend": _made(_backend, "backend"),
        "Workspace -> IWorkspace": _made(
            lambda _c, w: Thing("IWorkspace", {"Id": w.id, "Name": w.name}), "workspace"
        ),
        "GraphQL -> IGraphQL": _graphql,
        "RequestId -> Guid": lambda context: context.request_id,
        "Timestamp -> DateTime": lambda context: Time(ticks_of(context.timestamp), "Utc"),
        "Elapsed -> TimeSpan": lambda context: Span(int(context.elapsed.total_seconds() * SECOND)),
        "Tracing -> bool": lambda context: context.tracing,
    },
    methods={"Trace -> void": lambda context, message: context.trace(to_text(message))},
)
define(
    "IMessage",
    "IMessage",
    properties={"Headers -> Headers": _headers, "Body -> IMessageBody": _body},
)
define(
    "IRequest",
    "IRequest",
    value=IRequest,
    bases=("IMessage",),
    properties={
        "Method -> string": lambda message: message.given.method,
        "Url -> IUrl": lambda message: IUrl(message.given.url),
        "OriginalUrl -> IUrl": lambda message: IUrl(
            message.context.original_url or message.given.url
        ),
        "IpAddress -> string": lambda message: message.given.client_address,
        "MatchedParameters -> IReadOnlyDictionary<string,string>": lambda message: _map(
            message.context.matched_parameters.items(), "string", fold=True
        ),
        "Certificate -> X509Certificate2": lambda message: security.certificate_of(
            message.context.certificate
        ),
    },
    known="Foundry PrivateEndpointConnection",
)
define(
    "IResponse",
    "IResponse",
    value=IResponse,
    bases=("IMessage",),
    properties={
        "StatusCode -> int": lambda message: message.given.status,
        "StatusReason -> string": lambda message: message.given.reason,
    },
)
define(
    "IMessageBody",
    "IMessageBody",
    value=IMessageBody,
    methods={
        "As<> -> M": _as,
        "AsFormUrlEncodedContent -> Form": _form,
    },
)
define(
    "Form",
    "IDictionary",
    value=Form,
    bases=("IDictionary",),
    methods={
        "ToQueryString -> string": _form_text,
        "ToFormUrlEncodedContent -> string": _form_text,
    },
    index={"Item -> IList<string>": get_item},
)
define(
    "IUrl",
    "IUrl",
    value=IUrl,
    properties={
        "Scheme -> string": lambda url: url.given.scheme,
        "Host -> string": lambda url: url.given.host,
        "Port -> int": lambda url: url.given.port,
        "Path -> string": lambda url: unquote(url.given.path),
        "QueryString -> string": lambda url: f"?{url.given.query}" if url.given.query else "",
        "Query -> Headers": _query,
    },
    methods={
        "ToUri -> Uri": lambda url: web.Uri(_url_text(url.given)),
        "ToString -> string": lambda url: _url_text(url.given),
    },
)
define(
    "Headers",
    "IReadOnlyDictionary",
    value=JoinedValues,
    bases=("IReadOnlyDictionary",),
    methods={"GetValueOrDefault -> string": _joined},
    index={"Item -> string[]": get_item},
)
define(
    "Variables",
    "IReadOnlyDictionary",
    value=ContextVariables,
    bases=("IReadOnlyDictionary",),
    methods={"GetValueOrDefault<> -> M": _variable_or},
    index={"Item -> object": get_item},
)
define(
    "TokenText",
    "TokenText",
    methods={
        "AsJwt -> Jwt": read_jwt,
        "TryParseJwt -> bool": _try_jwt,
        "AsBasic -> BasicAuthCredentials": _basic,
        "TryParseBasic -> bool": _try_basic,
    },
)
TYPES["string"].methods.update(TYPES.pop("TokenText").methods)
define(
    "Ciphered",
    "Ciphered",
    methods={"Encrypt -> byte[]": security.encrypt, "Decrypt -> byte[]": security.decrypt},
)
TYPES["byte[]"].methods.update(TYPES.pop("Ciphered").methods)
__all__ = ["strings"]
