"""Follows requests through the statements of policies, from scope to scope."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from constructs_lib.access import urls
from constructs_lib.access.chain import Chain
from constructs_lib.access.entra import any_same
from constructs_lib.access.expression_flow import Hole, Origin, flow_of
from constructs_lib.access.imagined import FORGED
from constructs_lib.access.links import ApiLink, key
from constructs_lib.access.policy_document import (
    HOLE,
    PolicyDocument,
    PolicySection,
    names_in,
    section_of,
    texts_in,
)
from constructs_lib.access.policy_proof import audiences_of, listed, names_few, of_any_tenant
from constructs_lib.access.policy_sinks import CACHE, CALLER, TRACES, readers
from constructs_lib.access.policy_split import Split, filling, for_anybody, naming, refusing, shown
from constructs_lib.access.policy_way import (
    CHOSEN,
    KEPT,
    FlowText,
    Held,
    Leak,
    Taint,
    TokenRequest,
    Variables,
    Way,
    taints,
    widened,
)
from constructs_lib.access.terraform.configuration import fitting
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Opaque, Term, Value, join, text_of
from constructs_lib.policy.csharp import expressions_in
from constructs_lib.policy.model import Element, Node
from constructs_lib.policy.reference import POLICIES

# A policy that branches more often than this is answered with "unknown".
_MAXIMUM_WAYS = 64
_MAXIMUM_DEPTH = 64

_REQUESTS = frozenset({"send-request", "send-one-way-request"})
# A key of the Functions host in the address of a request.
_CODE = re.compile(r"[?&]code=", re.IGNORECASE)
# Where else than in headers a statement can put something into the request.
_COPYING = {
    "rewrite-uri": "the address",
    "set-body": "the body",
    "set-query-parameter": "the query parameter {}",
}
_REPLACED = "the policy replaces the gateway's token after getting it"
_CONTAINERS = frozenset({"retry", "limit-concurrency", "wait"})
_OWN = "whether the gateway's own token passes the policy's check is not known here"
_NOT_UNDERSTOOD = "an expression of the policy is not understood"
_FROM_CALLER = "(what the caller sends)"
# What the caller proves something with, if a condition looks at it and refuses.
_PROVING = frozenset({"header", "query", "variable", "address", "key", "user"})
# It tells web pages apart; whoever calls without a browser leaves it out.
_FROM_PAGE = Origin("header", "origin")


class Walk:
    """Follows requests of one API.

    Attributes:
        forwarded: The ways on which the request is sent on, whatever becomes of the answer.

    Args:
        chain: All links.
        api: The API.
        names: The header and the query parameter of its subscription key.
        document: Reads a fragment.
        leaks: Receives what the policies give away.
    """

    def __init__(
        self,
        chain: Chain,
        api: ApiLink,
        names: tuple[str, str],
        document: Callable[[Resource], PolicyDocument],
        leaks: dict[Leak, None],
    ) -> None:
        self.chain = chain
        self.gateway = api.gateway
        self.key, self.query = (name.strip().lower() for name in names)
        self.document = document
        self.leaks = leaks
        self.forwarded: dict[Way, None] = {}
        self._fragments: dict[tuple[str, str, PolicySection, Way], list[Way]] = {}
        self._scope = ""  # The policy of the scope, in whatever fragment of it a statement stands.
        self._within: list[str] = []
        self.sent: dict[Way, None] = {}
        """Ways of requests that policies make by themselves."""

    def section(
        self, name: PolicySection, scopes: Sequence[PolicyDocument], ways: list[Way]
    ) -> list[Way]:
        """The ways on after one section, `<base />` being the next scope outwards."""
        for position, document in enumerate(scopes):
            if document.root is None:
                return [_unknown(way, document.problem) for way in ways]
            outer = scopes[position + 1 :]
            if document.doubt is not None:
                ways = [_unknown(way, document.doubt) for way in ways]
            around, self._scope = self._scope, document.address
            statements = section_of(document.root, name)
            found = self._statements(statements, document, outer, name, ways)
            self._scope = around
            return found
        if name == "backend":
            self.forwarded.update((way, None) for way in ways)
        return ways

    def forwards(self, scopes: Sequence[PolicyDocument]) -> bool:
        """Whether the backend section sends the request on."""
        for document in scopes:
            if document.root is None:
                return True
            tags = set(names_in(section_of(document.root, "backend")))
            if tags & {"forward-request", "include-fragment", "proxy"}:
                return True
            if "base" not in tags:
                return False
        return True

    def _statements(
        self,
        statements: Sequence[Node],
        document: PolicyDocument,
        outer: Sequence[PolicyDocument],
        section: PolicySection,
        ways: list[Way],
        depth: int = 0,
    ) -> list[Way]:
        if depth > _MAXIMUM_DEPTH:
            return [_unknown(way, "the policy is nested too deeply") for way in ways]
        for statement in statements:
            if not isinstance(statement, Element):
                if isinstance(statement, str) and HOLE in statement:
                    reason = "a part of the policy is known only after apply"
                    ways = [_unknown(way, reason) for way in ways]
                continue
            tag = statement.name
            if tag not in POLICIES and tag != "base":
                reason = f"what the policy <{tag}> does is not known here"
                ways = [_unknown(way, reason) for way in ways]
            if tag not in ("choose", "include-fragment", "base") and tag not in _CONTAINERS:
                for way in ways:
                    self._watch(statement, document, section, way)
            if tag == "base":
                ways = self.section(section, outer, ways)
            elif tag == "choose":
                ways = self._choose(statement, document, outer, section, ways, depth)
            elif tag in _CONTAINERS:
                ways = self._statements(
                    statement.children, document, outer, section, ways, depth + 1
                )
            elif tag == "cache-value":
                made = [each for value in statement.elements("value") for each in value.children]
                found = self._statements(made, document, outer, section, ways, depth + 1)
                ways = _cached(statement, [*ways, *found])
            elif tag == "include-fragment":
                ways = self._fragment(statement, document, outer, section, ways, depth)
            elif tag in ("return-response", "mock-response"):
                ways = []
            else:
                stepped: dict[Way, None] = {}
                for way in ways:
                    stepped.update((each, None) for each in self._step(statement, document, way))
                ways = list(stepped)
            ways = _few(ways)
        return ways

    def _choose(
        self,
        statement: Element,
        document: PolicyDocument,
        outer: Sequence[PolicyDocument],
        section: PolicySection,
        ways: list[Way],
        depth: int,
    ) -> list[Way]:
        branches: dict[Way, None] = {}
        outcomes: list[list[Way]] = []
        refused: str | None = None
        split = Split(statement, ways)
        conditions = [each.attributes.get("condition", "") for each in statement.elements()]
        for way in ways:
            self._note(document, [(TRACES, each) for each in self._traced(conditions, way)])
        for position, branch in enumerate(statement.elements()):
            reached = split.into(position)
            found = self._statements(branch.children, document, outer, section, reached, depth + 1)
            branches.update((each, None) for each in found)
            outcomes.append([for_anybody(each) for each in found])
            split.leave(position, found)
            # What spares a token that anybody makes up demands no proof.
            if ways and not found and not split.spares(FORGED, position):
                refused = refused or _proof_in(branch.attributes.get("condition", ""))
            if found and branch.name == "otherwise" and not ways:
                refused = None
        if not any(statement.elements("otherwise")):
            past = split.into(len(conditions))
            branches.update((each, None) for each in past)
            outcomes.append([for_anybody(each) for each in past])
            split.leave(len(conditions), past)
        elif any(
            not self._statements(each.children, document, outer, section, ways, depth + 1)
            for each in statement.elements("otherwise")
        ) and not split.spares(FORGED, len(conditions) - 1):
            # Whoever meets none of the conditions is refused.
            refused = refused or next((p for c in conditions if (p := _proof_in(c))), None)
        found = split.doubted(branches)
        if any(each != outcomes[0] for each in outcomes) and any(map(_asks_for_key, conditions)):
            # Of the two ways a caller without a key can take one only.
            refused = refused or "a condition of the policy looks at the subscription"
        if refused is not None and section == "inbound":
            found = [way._replace(doubtful=way.doubtful or refused) for way in found]
        return found

    def _fragment(
        self,
        statement: Element,
        document: PolicyDocument,
        outer: Sequence[PolicyDocument],
        section: PolicySection,
        ways: list[Way],
        depth: int,
    ) -> list[Way]:
        name = document.value(statement.attributes.get("fragment-id", ""))
        resource = self.gateway.fragments.get(key(name))
        if resource is None:
            reason = (
                f"policy fragment {statement.attributes.get('fragment-id')} is managed elsewhere"
            )
            return [_unknown(way, reason) for way in ways]
        fragment = self.document(resource)
        if fragment.root is None:
            return [_unknown(way, fragment.problem) for way in ways]
        if fragment.doubt is not None:
            ways = [_unknown(way, fragment.doubt) for way in ways]
        if fragment.address in self._within:
            return [_unknown(way, "a policy fragment includes itself") for way in ways]
        found: dict[Way, None] = {}
        policies = section_of(fragment.root, section)
        self._within.append(fragment.address)
        for way in ways:
            # What a fragment makes of a request depends on nothing else, so it is told once.
            place = (self._scope, fragment.address, section, way)
            if place not in self._fragments:
                self._fragments[place] = self._statements(
                    policies, fragment, outer, section, [way], depth + 1
                )
            found.update((each, None) for each in self._fragments[place])
        self._within.pop()
        return list(found)

    # One statement ------------------------------------------------------------------------------

    def _step(self, statement: Element, document: PolicyDocument, way: Way) -> Iterator[Way]:
        tag, address, attributes = statement.name, document.address, statement.attributes
        if tag == "set-backend-service":
            backend, url = attributes.get("backend-id"), attributes.get("base-url")
            if backend is not None and "dapr-app-id" not in attributes:
                value = self._computed(backend, document, way)
                yield way._replace(
                    backend_id=value, backend_address=address, backend_scope=self._scope
                )
            elif url is not None and (way.backend_id is None or way.backend_scope == self._scope):
                # A backend entity of an outer scope can be replaced by another entity only (Learn,
                # "Set backend service"); which of two counts in one policy is not documented.
                if way.backend_id is not None:
                    yield way
                for text in self.texts(url, way):
                    chosen = address if _caller_names_host(text) else None
                    value = _value(text, document)
                    yield way._replace(
                        backend_id=None, url=value, chosen=chosen, backend_address=address
                    )
            elif url is None:
                yield _unknown(way, "the policy sends the request through Dapr or Service Fabric")
            else:
                yield way
        elif tag == "set-header":
            yield self._header(statement, document, way)
        elif tag == "set-variable":
            yield self._variable(statement, way)
        else:
            yield self._simple(statement, document, way)

    def _simple(self, statement: Element, document: PolicyDocument, way: Way) -> Way:
        tag, address, attributes = statement.name, document.address, statement.attributes
        way = filling(way, statement)
        if tag == "authentication-managed-identity":
            return self._identity(statement, document, way)
        if tag == "authentication-basic":
            return way._replace(token=None, replaced=(address, _REPLACED))
        if tag == "authentication-certificate":
            return way._replace(certificate=True)
        if tag == "proxy":
            return way._replace(proxied=address)
        if tag == "forward-request":
            buffered = attributes.get("buffer-response", "true").strip().lower()
            way = way._replace(streams=buffered == "false")
            self.forwarded[way] = None
            return way
        if tag == "cache-lookup":
            return way._replace(cached=address)
        if tag == "set-query-parameter" and attributes.get("exists-action") == "delete":
            return way._replace(queries=way.queries | {attributes.get("name", "").lower()})
        name = attributes.get("name", "").lower() if tag == "set-query-parameter" else ""
        if name == "code" or (
            tag == "rewrite-uri" and _CODE.search(attributes.get("template", ""))
        ):
            way = way._replace(keyed=address)
        if tag in _COPYING:
            return self._copied(statement, way)
        proof = self._proof(statement, document, way)
        if proof is True and way.cached is not None:
            reason = "an answer from the cache may be given before the policy demands proof"
            return way._replace(doubtful=way.doubtful or reason)
        if proof is True:
            return refusing(way, statement)._replace(
                checked=tag,
                audiences=(*way.audiences, *map(document.value, audiences_of(statement))),
            )
        if isinstance(proof, str):
            failing = way.failing or (proof if proof == _OWN else None)
            return way._replace(doubtful=way.doubtful or proof, failing=failing)
        return way

    def _copied(self, statement: Element, way: Way) -> Way:
        """The way on after a statement that may put the subscription key elsewhere in a request."""
        # The query parameter of the key can be deleted after it was copied with the rest.
        asked = way._replace(queries=way.queries | {self.query})
        if not any(taint.key for taint in self._in(statement, asked)):
            return way
        place = _COPYING[statement.name].format(statement.attributes.get("name", ""))
        return way._replace(copies=way.copies | {place})

    def _identity(self, statement: Element, document: PolicyDocument, way: Way) -> Way:
        attributes = statement.attributes
        client, resource = attributes.get("client-id"), attributes.get("resource", "")
        chosen = any(
            isinstance(piece, Taint) and piece.caller
            for text in self.texts(resource, way)
            for piece in text
        )
        variable = attributes.get("output-token-variable-name")
        ignored = attributes.get("ignore-error", "false").strip().lower() == "true"
        # The policies go on "even if an access token isn't obtained" (Learn, "Authenticate with
        # managed identity"), with what the header held before.
        stays = ignored and not variable
        token = TokenRequest(
            self._computed(resource, document, way),
            None if client is None else fitting(document.value(client), "client_id"),
            document.address,
            ignored,
            chosen,
            instead=way.token if stays else None,
            callers=stays and way.authorized_by_caller,
        )
        if not token.ignore_error and token not in way.asked:
            way = way._replace(asked=(*way.asked, token))
        if variable:
            return _holding(way, variable, ((Taint(frozenset({(token, False)})),),))
        return way._replace(token=token, replaced=None)

    def _computed(self, text: str, document: PolicyDocument, way: Way) -> Value:
        """An attribute as a value; one of several texts is not known."""
        found = self.texts(text, way)
        if len(found) == 1:
            return _value(found[0], document)
        return Term((Opaque(text, known=False),))

    def _variable(self, statement: Element, way: Way) -> Way:
        name = statement.attributes.get("name", "")
        value = statement.attributes.get("value", "")
        texts = tuple(map(widened, self.texts(value, way)))
        return _holding(way, name, texts, naming(way, name, value))

    def _header(self, statement: Element, document: PolicyDocument, way: Way) -> Way:
        given = _written(self.texts(statement.attributes.get("name", ""), way))
        if given is None:
            return _unknown(way, "the name of a header is an expression")
        name, address = given.strip().lower(), document.address
        action = statement.attributes.get("exists-action", "override")
        values = [self.texts(each.text, way) for each in statement.elements("value")]
        texts = tuple(text for each in values for text in each)
        if name == "authorization":
            return _authorization(action, texts, address, way)
        if name == "host" and action != "delete":
            return _host(texts, document, way)
        if name == "x-functions-key":
            way = way._replace(keyed=None if action == "delete" else address)
        if way.token is None and any(
            _holds_token(each.text) for each in statement.elements("value")
        ):
            way = way._replace(copied=True)
        if action == "delete":
            way = _holding(way, f"header:{name}", ())
            copies = way.copies - {f"the header {name}"}
            return way._replace(headers=way.headers | {name}, copies=copies)
        if action == "override" or texts:
            way = _holding(way, f"header:{name}", texts)
        copy = frozenset({f"the header {name}"})
        if name != self.key and any(taint.key for taint in taints(texts)):
            return way._replace(copies=way.copies | copy)
        return way._replace(copies=way.copies - copy) if action == "override" else way

    def _proof(self, statement: Element, document: PolicyDocument, way: Way) -> bool | str:
        """Whether a statement checks who calls; words where that is not sure.

        What the gateway's own token tells is no proof of the caller.
        """
        tag, attributes = statement.name, statement.attributes
        if tag == "validate-client-certificate":
            if attributes.get("ignore-error", "false").strip().lower() == "true":
                return False
            if any(statement.elements("identities")):
                return True
            return "any client certificate of a trusted authority passes the policy's check"
        if tag == "check-header" and any(statement.elements("value")):
            return "whether only some callers know the header that the policy demands is not known"
        if tag == "ip-filter":
            return attributes.get("action", "").strip().lower() == "allow" and names_few(statement)
        if tag not in ("validate-jwt", "validate-azure-ad-token"):
            return False
        if attributes.get("require-signed-tokens", "true").strip().lower() == "false":
            return False
        if of_any_tenant(statement):
            named = any(statement.elements("client-application-ids"))
            return "users of every tenant pass the policy's check" if named else False
        if "token-value" in attributes:
            found = taints(self.texts(attributes["token-value"], way))
            own = any(taint.tokens for taint in found)
        else:
            header = attributes.get("header-name", "Authorization").strip().lower()
            sent = header == "authorization" and "query-parameter-name" not in attributes
            own = sent and way.token is not None
        if not own:
            return True
        if self._own_passes(statement, document, way):
            return False
        return _OWN

    def _own_passes(self, statement: Element, document: PolicyDocument, way: Way) -> bool:
        """Whether the gateway's own token surely passes a check, so that it keeps nobody out."""
        if way.token is None or any(
            any(statement.elements(name)) for name in ("required-claims", "issuers")
        ):
            return False
        clients: Sequence[Value] = (way.token.client_id,)
        if way.token.client_id is None:
            clients = self.gateway.system.client_ids if self.gateway.system else ()
        demanded = (
            (audiences_of(statement), (way.token.resource,)),
            (listed(statement, "client-application-ids"), clients),
        )
        return all(
            not named or any_same(map(document.value, named), told) is True
            for named, told in demanded
        )

    # What is given away -------------------------------------------------------------------------

    def _watch(
        self, statement: Element, document: PolicyDocument, section: PolicySection, way: Way
    ) -> None:
        """Note what a statement gives away."""
        if statement.name in _REQUESTS:
            self._request(statement, document, way)
            return
        told = [
            (reader, taint)
            for reader, texts in readers(statement, section)
            for taint in self._in(statement, way, texts)
        ]
        told += [(TRACES, taint) for taint in self._traced(texts_in(statement), way)]
        self._note(document, told)

    def _note(self, document: PolicyDocument, told: Iterable[tuple[str, Taint]]) -> None:
        """Note what is given to whom."""
        for to, taint in told:
            for token, _ in taint.tokens:
                self.leaks[Leak(document.address, token, to, host=False)] = None
            if taint.key and to not in (CALLER, CACHE):
                self.leaks[Leak(document.address, None, to, host=False)] = None

    def _traced(self, texts: Iterable[str], way: Way) -> Iterator[Taint]:
        """What expressions in texts give to `context.Trace`."""
        for text in texts:
            for start, end in expressions_in(text) if ".Trace(" in text else ():
                flow = flow_of(text[start:end])
                yield self._taint(flow.traced if flow else (), way)

    def _in(
        self, statement: Element, way: Way, texts: Iterable[str] | None = None
    ) -> Iterator[Taint]:
        liquid = statement.attributes.get("template", "").lower() == "liquid"
        for text in texts_in(statement) if texts is None else texts:
            if "@(" in text or "@{" in text:
                yield from taints(self.texts(text, way))
            if liquid and "context.Request" in text:
                yield self._taint(frozenset({Origin("header"), Origin("url")}), way)
            if liquid and "context.Variables" in text:
                yield self._taint(frozenset({Origin("variable")}), way)

    def _request(self, statement: Element, document: PolicyDocument, way: Way) -> None:
        """Note what a request gives away to a host that is not surely one of ours."""
        url = next((each.text for each in statement.elements("set-url")), None)
        copied = statement.attributes.get("mode", "new").strip().lower() == "copy"
        sent = way if copied else Way(held=way.held)
        for each in statement.elements():
            if each.name in ("set-header", "authentication-managed-identity"):
                for stepped in self._step(each, document, sent):
                    sent = stepped
                    break
        found = list(self._in(statement, way))
        tokens = {token for taint in found for token, _ in taint.tokens}
        if sent.token is not None:
            tokens.add(sent.token)
        keys = (copied and self.key not in sent.headers) or any(taint.key for taint in found)
        for text in self.texts(url, way) if url is not None else ():
            value = _value(text, document)
            host = urls.host_of(value)
            chosen = _caller_names_host(text)
            if self.chain.app_at(value) is not None and sent.token is not None:
                self.sent[self._sent(sent, value, way, document, copied=copied)] = None
            if self.chain.app_at(value) is not None:
                continue
            known = chosen or not urls.host_unknown(value)
            to = "a host that the caller names" if chosen else text_of(host)
            for token in tokens:
                leak = Leak(document.address, token, to, host=True, chosen=chosen, known=known)
                self.leaks[leak] = None
            if keys and known:
                self.leaks[Leak(document.address, None, to, host=True)] = None

    def _sent(
        self, sent: Way, url: Value, way: Way, document: PolicyDocument, *, copied: bool
    ) -> Way:
        """The way of a request that a policy makes by itself."""
        reason = "the policy calls the function in a request of its own"
        return way._replace(
            url=url,
            backend_id=None,
            backend_address=document.address,
            address=document.address,
            host=sent.host,
            token=sent.token,
            replaced=None,
            held=(),
            headers=sent.headers if copied else sent.headers | {self.key},
            queries=sent.queries if copied else sent.queries | {self.query},
            copies=sent.copies,
            certificate=sent.certificate,
            doubtful=way.doubtful or reason,
        )

    # Texts --------------------------------------------------------------------------------------

    def texts(self, text: str, way: Way) -> tuple[FlowText, ...]:
        """Each text that an attribute or element may be, with its expressions followed."""
        if "@(" not in text and "@{" not in text:
            return ((text,),)
        found: tuple[FlowText, ...] = ((),)
        position = 0
        for start, end in expressions_in(text):
            before = text[position:start]
            options = self._followed(text[start:end], way)
            found = tuple(
                (*one, *((before,) if before.strip() else ()), *option)
                for one in found
                for option in options
            )
            position = end
        rest = text[position:]
        return tuple((*one, rest) for one in found) if rest.strip() else found

    def _followed(self, expression: str, way: Way) -> tuple[FlowText, ...]:
        flow = flow_of(expression)
        if flow is None:
            return ((Taint(understood=False),),)
        found: dict[FlowText, None] = {}
        for option in flow.options:
            texts: list[FlowText] = [()]
            for piece in option:
                if isinstance(piece, Hole):
                    inner = self._held(piece.sources, way) or ((self._taint(piece.sources, way),),)
                else:
                    inner = ((piece,),)
                texts = [(*one, *other) for one in texts for other in inner][:_MAXIMUM_WAYS]
            found.update((each, None) for each in texts)
        return tuple(found)

    def _held(self, sources: frozenset[Origin], way: Way) -> tuple[FlowText, ...] | None:
        """What a variable holds, where a piece is that variable and nothing else."""
        if len(sources) != 1:
            return None
        [source] = sources
        if source.kind == "variable" and source.name is not None:
            return next((each.texts for each in way.held if each.name == source.name), None)
        return None

    def _taint(self, sources: Iterable[Origin], way: Way) -> Taint:
        """What sources give on a way."""
        tokens: set[tuple[TokenRequest, bool]] = set()
        has_key = caller = False
        understood = True
        for source in sources:
            if source.kind == "key":
                has_key = True
            elif source.kind == "variable":
                for taint in _held_taints(way, source.name, header=False):
                    tokens |= taint.tokens
                    has_key, caller = has_key or taint.key, caller or taint.caller
                    understood = understood and taint.understood
            elif source.kind == "header":
                name = source.name
                if name in (None, "authorization") and way.token is not None:
                    tokens.add((way.token, True))
                kept = self.key not in way.headers
                has_key = has_key or (name in (None, self.key) and kept)
                own = [each for each in way.held if each.name == f"header:{name}" and each.texts]
                caller = caller or name is None or not (own or name == "authorization")
                if name == "authorization" and way.token is None:
                    caller = True
                for taint in _held_taints(way, name, header=True):
                    tokens |= taint.tokens
                    has_key, caller = has_key or taint.key, caller or taint.caller
            elif source.kind in ("query", "url"):
                named = source.kind == "url" or source.name in (None, self.query)
                has_key = has_key or (named and self.query not in way.queries)
                caller = True
            elif source.kind == "claim":
                own = source.name == "authorization" and way.token is not None
                caller = caller or not (own or way.checked)
            elif source.kind == "caller":
                caller = True
        return Taint(frozenset(tokens), has_key, caller, understood)


def _unknown(way: Way, reason: str | None) -> Way:
    return way._replace(unknown=way.unknown or reason)


def _cached(statement: Element, ways: list[Way]) -> list[Way]:
    """The ways on after a value was read from the cache, or made where none was there."""
    name = statement.attributes.get("variable-name", "")
    held = ((Taint(understood=False),),)
    return list(dict.fromkeys(_holding(way, name, held) for way in ways))


def _few(ways: list[Way]) -> list[Way]:
    if len(ways) <= _MAXIMUM_WAYS:
        return ways
    return [way._replace(unknown="the policy branches too often") for way in ways[:_MAXIMUM_WAYS]]


def _held_taints(way: Way, name: str | None, *, header: bool) -> Iterator[Taint]:
    for each in way.held:
        is_header = each.name.startswith("header:")
        wanted = f"header:{name}" if header else name
        if is_header is header and (name is None or each.name == wanted):
            yield from taints(each.texts)


def _holding(
    way: Way,
    name: str,
    texts: tuple[FlowText, ...],
    variables: Variables | None = None,
) -> Way:
    """The way on after a variable or a header was given something else."""
    others = tuple(held for held in way.held if held.name != name)
    return way._replace(
        held=(*others, Held(name, texts)) if texts else others,
        variables=way.variables if variables is None else variables,
    )


def _value(text: FlowText, document: PolicyDocument) -> Value:
    """A text as a value: what is not known in it may be anything."""
    pieces: list[Value] = []
    for piece in text:
        if isinstance(piece, Taint):
            words = _FROM_CALLER if piece.caller else "(an expression)"
            pieces.append(Term((Opaque(words, known=False),)))
        else:
            pieces.append(document.value(piece))
    return join(pieces)


def _caller_names_host(text: FlowText) -> bool:
    """Whether what the caller sends stands where a URL says to which host it leads."""
    marked: list[Value] = []
    for piece in text:
        words = _FROM_CALLER if isinstance(piece, Taint) and piece.caller else "(else)"
        marked.append(piece if isinstance(piece, str) else Term((Opaque(words, known=False),)))
    whole = join(marked)
    found = urls.parse(whole)
    if found is not None:
        return isinstance(found.host, Term) and _mentions_caller(found.host)
    first = whole.parts[0] if isinstance(whole, Term) else whole
    return isinstance(first, Opaque) and first.text == _FROM_CALLER


def _written(texts: Sequence[FlowText]) -> str | None:
    """The one text that something is, if it is written out."""
    pieces = texts[0] if len(texts) == 1 else (Taint(),)
    written = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(written) if len(written) == len(pieces) else None


def _mentions_caller(value: Term) -> bool:
    return any(isinstance(part, Opaque) and part.text == _FROM_CALLER for part in value.parts)


def _host(texts: Sequence[FlowText], document: PolicyDocument, way: Way) -> Way:
    """The way on after a set-header of `Host`, by which App Service tells its apps apart."""
    if any(taint.caller for taint in taints(texts)):
        return way._replace(chosen=document.address)
    if len(texts) == 1:
        return way._replace(host=_value(texts[0], document))
    return _unknown(way, "the Host header of the request is not known")


def _authorization(action: str, texts: Sequence[FlowText], address: str, way: Way) -> Way:
    """The way on after a set-header of `Authorization`."""
    if action == "skip" and "authorization" not in way.headers:
        # Whatever is there stays: the token, or what the caller sent.
        return way if way.token is not None else way._replace(replaced=(address, KEPT))
    if action == "delete":
        headers = way.headers | {"authorization"}
        return way._replace(token=None, replaced=(address, _REPLACED), headers=headers)
    way = way._replace(headers=way.headers - {"authorization"})
    if any(not taint.understood for taint in taints(texts)):
        return _unknown(way, _NOT_UNDERSTOOD)._replace(token=None, replaced=(address, _REPLACED))
    token, bearer = _token_in(texts) or (None, False)
    if token is None and action != "append" and any(taint.caller for taint in taints(texts)):
        return way._replace(token=None, replaced=(address, CHOSEN))
    if token is None or action == "append":
        return way._replace(token=None, replaced=(address, _REPLACED))
    if not bearer:
        bare = 'the policy sends the token without "Bearer " in front of it'
        return way._replace(token=None, replaced=(address, bare))
    return way._replace(token=token, replaced=None)


def _token_in(texts: Iterable[FlowText]) -> tuple[TokenRequest, bool] | None:
    """The gateway's token in one of some texts, and whether with "Bearer " in front of it."""
    for text in texts:
        before = ""
        for piece in text:
            if isinstance(piece, str):
                before += piece
            else:
                for token, bearer in piece.tokens:
                    # What is known only after apply may be the word.
                    return token, bearer or "bearer" in before.lower() or HOLE in before
    return None


def _proof_in(condition: str) -> str | None:
    """What a condition that refuses may demand, if it looks at something that can prove."""
    reason = f"the condition {shown(condition)} may refuse callers"
    for start, end in expressions_in(condition):
        flow = flow_of(condition[start:end])
        if flow is None:
            return reason
        for source in flow.reads:
            certificate = source.kind == "certificate" and source.name is not None
            if source != _FROM_PAGE and (certificate or source.kind in _PROVING):
                return reason
    return None


def _asks_for_key(condition: str) -> bool:
    """Whether a condition looks at the caller's subscription."""
    flows = [flow_of(condition[start:end]) for start, end in expressions_in(condition)]
    return any(source.kind == "key" for flow in flows if flow for source in flow.reads)


def _holds_token(text: str) -> bool:
    """Whether a text carries the `Authorization` header as a whole."""
    flows = [flow_of(text[start:end]) for start, end in expressions_in(text)]
    return any(Origin("header", "authorization") in flow.sources for flow in flows if flow)
