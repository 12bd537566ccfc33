"""What azapi writes, entered into the configuration in azurerm's terms.

A literal body is read like the arguments of azurerm's own resource; of anything else what it could
change is in doubt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from constructs_lib.access import azapi_sites
from constructs_lib.access.azapi_gateways import (
    GATEWAY_HARMLESS,
    NAMES,
    PARTS,
    SERVICE,
    arguments_of,
    identity_of,
    place_of_id,
)
from constructs_lib.access.azapi_sites import SiteShape, at
from constructs_lib.access.doubts import Doubt, Doubts
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.json_text import objects
from constructs_lib.access.terraform.resources import Raw, Resource
from constructs_lib.access.terraform.values import Term, Value, references_in, same, text_of

TYPE = "azapi_update_resource"
TYPES = ("azapi_resource", TYPE, "azapi_resource_action")
_WRITING = frozenset({"PUT", "PATCH", "POST", "DELETE"})
# Actions that read or that change nothing of who gets in.
_HARMLESS_ACTION = re.compile(
    r"(host/default/)?(listkeys|sync|synctriggers)|listsyncfunctiontriggerstatus|restart|"
    r"syncfunctiontriggers|(config/.*/)?list|listsecrets|publishxml",
    re.IGNORECASE,
)
_SITE_ID = re.compile(
    r"/sites/(?P<site>[^/]+)(?:/slots/(?P<slot>[^/]+))?(?P<rest>(?:/[^/]+)*)$", re.IGNORECASE
)
_SITE_TYPE = re.compile(r"microsoft\.web/sites(/slots)?(/|$)")


@dataclass(frozen=True, slots=True)
class Write:
    """One azapi resource that writes to a site or a gateway.

    Attributes:
        by: The azapi resource.
        kind: The ARM type in lower case, without its API version.
        parent: The id of what it writes to: the site or slot, or the parent of a gateway's part.
        part: The child in lower case, as `config/web`; empty for the site itself.
        properties: What it writes; None is nothing.
        name: The name of what is written.
        whole: Whether it makes the object, rather than changing it.
        read: Whether `properties` is all that it does.
    """

    by: Resource
    kind: str
    parent: Value
    part: str
    properties: Value
    name: Value
    whole: bool
    read: bool


@dataclass(slots=True)
class Translated:
    """What azapi writes, in azurerm's terms.

    Attributes:
        outside: Sites that are made elsewhere: a resource of azurerm's shape, app and slot.
        read: The azapi resources that say nothing which is not read.
        over: The azapi resources that write over arguments of an azurerm resource, and which.
        backends: The backend entity that an API of the type `mcp` names itself, by its place.
        perhaps: The places of sites that may be function apps, as their kind is not known.
        tools: The operations that such an API has as tools: the API, as a resource or by its id,
            and the operation's id; None where the operations are not known.
        workspaces: What stands in workspaces of gateways, which is not followed: the resource and
            its properties.
    """

    outside: list[tuple[Resource, str, str | None]]
    read: set[Resource]
    over: list[tuple[Resource, Resource]]
    backends: dict[tuple[str, str], Value] = field(default_factory=dict[tuple[str, str], Value])
    perhaps: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    tools: list[tuple[Resource, Value, Value]] = field(
        default_factory=list[tuple[Resource, Value, Value]]
    )
    workspaces: list[tuple[Resource, Value]] = field(default_factory=list[tuple[Resource, Value]])


def translate(configuration: Configuration, doubts: Doubts) -> Translated:
    """Enter into a configuration what azapi writes, and doubt what of it is not understood."""
    found = Translated([], set(), [])
    writes = list(_writes(configuration, found))
    if writes:
        _Sites(configuration, doubts, found).enter(writes)
        _Gateways(configuration, doubts, found).enter(writes)
    return found


def _writes(configuration: Configuration, found: Translated) -> Iterator[Write]:
    for each in configuration.of_type(*TYPES):
        if not each.managed:
            continue
        body = configuration.body(each)
        kind = body.value("type")
        if not isinstance(kind, str):
            continue
        kind = kind.partition("@")[0].lower()
        if not (_SITE_TYPE.match(kind) or kind.startswith(SERVICE)):
            continue
        action = text_of(body.value("action", ""))
        read, starts = True, False
        if each.type == "azapi_resource_action":
            method = text_of(body.value("method", "POST")).upper()
            if method not in _WRITING or _HARMLESS_ACTION.fullmatch(action):
                found.read.add(each)
                continue
            starts = action.lower() == "start"
            read = starts or method in ("PUT", "PATCH")
        name, parent = body.value("name"), body.value("parent_id")
        given = body.value("resource_id")
        part = kind.removeprefix("microsoft.web/sites").removeprefix("/slots").strip("/")
        if _SITE_TYPE.match(kind):
            if given is not None:
                parent, extra = _site_of(given)
                part = extra or part
            elif part or kind.endswith("/slots"):
                part = f"{part}/{text_of(name)}".strip("/").lower() if part else ""
            if action and not starts:
                part = f"{part}/{action}".strip("/").lower()
        elif given is not None:
            parent = given
        properties = configuration.attribute(each, "body", "properties")
        if each.body.get("body") is None:
            nothing: Value = {}
            properties = nothing if each.type != "azapi_resource_action" else None
        properties = _with_sensitive(configuration, each, _decoded(configuration, each, properties))
        if starts:
            running: Value = {"enabled": True}
            properties = running
        whole = each.type == "azapi_resource"
        yield Write(each, kind, parent, part, properties, name, whole, read)


def content_of(body: Body) -> Value:
    """The body of a write; azapi 1 has it as JSON text."""
    content = body.value("body")
    if not isinstance(content, str):
        return content
    try:
        return cast("Value", json.loads(content))
    except ValueError:
        return content


def _decoded(configuration: Configuration, each: Resource, properties: Value) -> Value:
    """The properties of a body."""
    if isinstance(properties, dict):
        return properties
    whole = content_of(configuration.body(each))
    if isinstance(whole, dict):
        inner = whole.get("properties")
        return {} if inner is None else inner
    return azapi_sites.NOT_HERE if whole is not None else properties


def _with_sensitive(configuration: Configuration, each: Resource, properties: Value) -> Value:
    """The properties with those of `sensitive_body`, which azapi merges into the body."""
    whole = configuration.body(each).value("sensitive_body")
    if whole is None:
        return properties
    inner = whole.get("properties", {}) if isinstance(whole, dict) else azapi_sites.NOT_HERE
    if isinstance(properties, dict) and isinstance(inner, dict):
        return _deeply(properties, inner)
    return azapi_sites.NOT_HERE


def _deeply(one: Mapping[str, Value], other: Mapping[str, Value]) -> dict[str, Value]:
    found = dict(one)
    for name, value in other.items():
        before = found.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            value = _deeply(before, value)
        found[name] = value
    return found


def _site_of(given: Value) -> tuple[Value, str]:
    """The site that a resource id lies in, and the part of it that the id names."""
    last = given.parts[-1] if isinstance(given, Term) else None
    if isinstance(given, Term) and isinstance(last, str) and (found := _SITE_ID.search(last)):
        site = Term((*given.parts[:-1], last[: found.start("rest")]))
        return site, found["rest"].strip("/").lower()
    if isinstance(given, str):
        found = _SITE_ID.search(given)
        if found:
            return given[: found.start("rest")], found["rest"].strip("/").lower()
        return given, ""
    if isinstance(given, Term) and isinstance(given.parts[-1], str) and len(given.parts) > 1:
        rest = given.parts[-1]
        return Term(given.parts[:-1]), rest.strip("/").lower()
    return given, ""


class _Sites:
    """Enters what is written to sites."""

    def __init__(self, configuration: Configuration, doubts: Doubts, found: Translated) -> None:
        self.configuration = configuration
        self.doubts = doubts
        self.found = found
        self._first: dict[tuple[str, str, str], Write] = {}

    def enter(self, writes: list[Write]) -> None:
        made = [each for each in writes if _SITE_TYPE.match(each.kind)]
        sites = [each for each in made if each.whole and each.part == ""]
        self.configuration.patch({each.by: self._site(each) for each in sites})
        self.found.read.update(each.by for each in sites)
        changes: dict[Resource, Resource] = {}
        elsewhere: dict[tuple[str, str, str | None], dict[str, Write]] = {}
        for each in made:
            if each.whole and each.part == "":
                continue
            subjects = self._subjects(each)
            for subject in subjects:
                before = changes.get(subject, subject)
                self._written_twice(before, each)
                changes[subject] = self._written(before, each)
            if not subjects:
                self._elsewhere(each, elsewhere)
        self._outside(elsewhere)
        if changes:
            self.configuration.patch(changes)

    def _site(self, write: Write) -> Resource:
        """A site that azapi makes, as azurerm would."""
        body = self.configuration.body(write.by)
        function_app = self._is_function_app(write.by)
        if function_app is False:
            return write.by
        if function_app is None:
            self.found.perhaps.add((write.by.stack, write.by.address))
        written = shape_of(write)
        shaped_as = azapi_sites.made(written.arguments)
        arguments: dict[str, Raw] = {"name": body.value("name"), **shaped_as}
        for name in ("lifecycle", "provisioner", "tags", "location"):
            if name in write.by.body:
                arguments[name] = write.by.body[name]
        identities = _identities(body) or identity_of(content_of(body))
        if identities:
            arguments["identity"] = identities
        azurerm = "azurerm_linux_function_app"
        if write.kind.endswith("/slots"):
            azurerm = "azurerm_linux_function_app_slot"
            arguments["function_app_id"] = write.parent
        elif at(write.properties, "functionAppConfig") is not None:
            azurerm = "azurerm_function_app_flex_consumption"
        shaped = replace(
            write.by,
            type=azurerm,
            body=arguments,
            literal=True,
        )
        self._doubt(shaped, write, written)
        return shaped

    def _is_function_app(self, each: Resource) -> bool | None:
        """Whether a site or a slot is a function app; None where its kind is known only later."""
        if not each.type.startswith("azapi_"):
            return _is_site(each)
        body = self.configuration.body(each)
        kind = at(content_of(body), "kind")
        if isinstance(kind, Term):
            return None
        if kind is None and "/slots" in text_of(body.value("type")).lower():
            # A slot is of the kind of its app.
            owners = [
                self._is_function_app(owner)
                for reference in references_in(body.value("parent_id"))
                if (owner := self.configuration.resource(reference.stack, reference.address))
                and owner is not each
            ]
            return True if True in owners else None if None in owners else False
        if kind is None and at(content_of(body), "properties.functionAppConfig") is not None:
            return True  # That of Flex Consumption, which other sites do not have.
        # Logic Apps are function apps to App Service; what calls them is not looked at here.
        words = text_of(kind).lower()
        return "functionapp" in words and "workflowapp" not in words

    def _subjects(self, write: Write) -> list[Resource]:
        """The sites of the configuration that a write is to, if that can be told."""
        found: list[Resource] = []
        for reference in references_in(write.parent):
            resource = self.configuration.resource(reference.stack, reference.address)
            if resource is None or not _is_site(resource):
                continue
            made = [] if resource.managed else self._made(resource)
            found += made or [resource]
        written = isinstance(write.parent, (str, Term))
        match = _SITE_ID.search(text_of(write.parent)) if written else None
        if match:
            found += [
                each
                for each in self.configuration.resources
                if each.managed
                and _is_site(each)
                and self._is_named(each, match["site"], match["slot"])
            ]
        # The same system may stand in several stacks, each with writers of its own.
        own = [each for each in found if each.stack == write.by.stack]
        return own or found

    def _made(self, looked_up: Resource) -> list[Resource]:
        """The sites that a data source looks up, where they are made here."""
        name = self.configuration.attribute(looked_up, "name")
        return [
            each
            for each in self.configuration.resources
            if each.managed
            and _is_site(each)
            and not each.type.endswith("_slot")
            and same(self.configuration.attribute(each, "name"), name)
        ]

    def _is_named(self, each: Resource, site: str, slot: str | None) -> bool:
        is_slot = each.type.endswith("_slot")
        if is_slot is (slot is None):
            return False
        name = self.configuration.attribute(each, "name")
        if not isinstance(name, str) or name.lower() != (slot or site).lower():
            return False
        if not is_slot:
            return True
        owner = self.configuration.attribute(each, "function_app_id")
        if owner is None or isinstance(owner, Term):
            owner = next(
                (
                    self.configuration.attribute(resource, "name")
                    for reference in references_in(owner)
                    if (resource := self.configuration.resource(reference.stack, reference.address))
                ),
                None,
            )
        return isinstance(owner, str) and owner.lower().rpartition("/")[2] == site.lower()

    def _written_twice(self, subject: Resource, write: Write) -> None:
        """Doubt what two write differently, or another stack, as nobody says which comes last."""
        place = (subject.stack, subject.address, write.part)
        first = self._first.setdefault(place, write)
        another = subject.stack != write.by.stack and subject.managed
        if another or (first is not write and first.properties != write.properties):
            others = f"{first.by.address} and " if first is not write else ""
            reason = f"{others}{write.by.address} write to {subject.address}, and which of them "
            reason += "comes last is not known here"
            if another:
                reason = f"{write.by.address} of the stack {write.by.stack} writes to "
                reason += f"{subject.address}, and which of both comes last is not known here"
            for on in shape_of(write).arguments or ("",):
                doubt = Doubt(reason=reason, by=write.by, attribute="type", on=on)
                self.doubts.add(subject, doubt)

    def _written(self, subject: Resource, write: Write) -> Resource:
        """A site after a write to a part of it."""
        written = shape_of(write)
        body = dict(subject.body)
        for name, value in written.arguments.items():
            before = body.get(name)
            if isinstance(value, dict):
                if before is not None:
                    self.found.over.append((write.by, subject))
                merged = dict(objects(before)[0]) if objects(before) and not write.whole else {}
                body[name] = {**merged, **_merged(merged, cast("dict[str, Raw]", value))}
            else:
                body[name] = value
        self._doubt(subject, write, written)
        self.found.read.add(write.by)
        return replace(subject, body=body)

    def _doubt(self, subject: Resource, write: Write, written: SiteShape) -> None:
        if self.configuration.perhaps(write.by) and subject.address != write.by.address:
            reason = f"whether {write.by.address} is made is not known here"
            for on in written.arguments:
                doubt = Doubt(reason=reason, by=write.by, attribute="count", on=on)
                self.doubts.add(subject, doubt)
        ignored = _ignored(self.configuration, write.by)
        if ignored is not None:
            for on in written.arguments if write.part else ("",):
                reason = f"{write.by.address} ignores changes of its body, so that what is written "
                reason += "is applied at its creation only"
                self.doubts.add(
                    subject,
                    Doubt(reason=reason, by=write.by, attribute=ignored, on=on, rule="SF907"),
                )
        for on, what in written.unread.items():
            named = "" if what in ("", "properties") else f" ({what})"
            reason = f"{write.by.address} writes {write.kind}{named}, which is not read"
            if write.part == "config":
                reason = f"which settings of the app {write.by.address} writes is known only after "
                reason += "apply"
            self.doubts.add(
                subject,
                Doubt(
                    reason=reason,
                    by=write.by,
                    attribute="type",
                    on=on,
                ),
            )

    def _elsewhere(
        self, write: Write, elsewhere: dict[tuple[str, str, str | None], dict[str, Write]]
    ) -> None:
        match = _SITE_ID.search(write.parent) if isinstance(write.parent, str) else None
        if match:
            place = (write.by.stack, match["site"], match["slot"])
            elsewhere.setdefault(place, {}).setdefault(write.part, write)
            return
        if write.part in azapi_sites.HARMLESS_PARTS:
            return
        for each in self.configuration.resources:
            if each.managed and _is_site(each):
                self._doubt(each, write, SiteShape({}, {"": ""}))

    def _outside(self, elsewhere: Mapping[tuple[str, str, str | None], dict[str, Write]]) -> None:
        for (_, site, slot), parts in sorted(
            elsewhere.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or "")
        ):
            settings = parts.get(azapi_sites.AUTH)
            if settings is None:
                continue
            arguments: dict[str, Raw] = {}
            for each in parts.values():
                written = shape_of(each)
                unread = {on for on in written.unread if on != "auth_settings_v2" or each.part}
                arguments.update(
                    {
                        name: {**arguments.get(name, {}), **value}
                        if isinstance(value, dict)
                        else value
                        for name, value in written.arguments.items()
                    }
                )
                known = each.part in (azapi_sites.AUTH, azapi_sites.WEB) or written.arguments
                if not unread and known and each.part != azapi_sites.SETTINGS:
                    self.found.read.add(each.by)
                elif each is settings:
                    self.found.read.add(each.by)
                    self._doubt(each.by, each, written)
            by = settings.by
            shaped = replace(
                by,
                type=TYPE,
                body=azapi_sites.complete(arguments),
                managed=False,
                literal=True,
            )
            self.found.outside.append((shaped, site, slot))


class _Gateways:
    """Enters gateways and what is written to their parts."""

    def __init__(self, configuration: Configuration, doubts: Doubts, found: Translated) -> None:
        self.configuration = configuration
        self.doubts = doubts
        self.found = found

    def enter(self, writes: list[Write]) -> None:
        changes: dict[Resource, Resource] = {}
        for each in writes:
            part = each.kind.removeprefix(SERVICE).strip("/")
            if not each.kind.startswith(SERVICE):
                continue
            if part == "apis/tools" and at(each.properties, "operationId") is not None:
                of = each.parent if each.whole else None
                self.found.tools.append((each.by, of, at(each.properties, "operationId")))
            if part.startswith("workspaces/"):
                self.found.workspaces.append((each.by, each.properties))
            if part in GATEWAY_HARMLESS or part.split("/")[0] in GATEWAY_HARMLESS:
                continue
            if each.whole:
                changes[each.by] = self._made(each, part)
                if changes[each.by] is each.by and part == "apis/operations/policies":
                    self._of_any_operation(each)
                continue
            for subject in self._subjects(each.parent):
                before = changes.get(subject, subject)
                changes[subject] = self._written(before, each, part)
        if changes:
            self.configuration.patch(changes)

    def _made(self, write: Write, part: str) -> Resource:
        """A gateway, or a part of one, that azapi makes, as azurerm would."""
        made = PARTS.get(part)
        place = {"api_management_name": write.name} if part == "" else self._place(write.parent)
        arguments, unread = arguments_of(part, write.properties)
        if made is None or "api_management_name" not in place or (unread and unread[0] == ""):
            return write.by
        inner = {name: place[name] for name in NAMES if name in place}
        if made.type.endswith(("_policy", "_fragment")) and "/" not in part:
            # azurerm names the gateway of these by its id.
            inner["api_management_id"] = f"/service/{text_of(inner.pop('api_management_name'))}"
            if not isinstance(place["api_management_name"], str):
                inner["api_management_id"] = place["api_management_name"]
        elif part == "":
            inner = {}
            body = self.configuration.body(write.by)
            arguments["identity"] = _identities(body) or identity_of(content_of(body))
        if made.name:
            inner[made.name] = write.name
        if part == "products/apilinks":
            linked = self._place(at(write.properties, "apiId"))
            if "api_name" not in linked:
                return write.by
            inner["api_name"] = linked["api_name"]
        for name in ("lifecycle", "provisioner"):
            if name in write.by.body:
                arguments[name] = write.by.body[name]
        shaped = replace(write.by, type=made.type, body={**inner, **arguments}, literal=True)
        if part == "apis" and (backend := at(write.properties, "backendId")) is not None:
            self.found.backends[shaped.stack, shaped.address] = backend
        if part == "apis" and (tools := at(write.properties, "mcpTools")) is not None:
            listed = cast("list[Value]", tools if isinstance(tools, list) else [None])
            for tool in listed:
                self.found.tools.append((shaped, None, at(tool, "operationId")))
        self._doubt(shaped, write, unread)
        self.found.read.add(write.by)
        return shaped

    def _of_any_operation(self, write: Write) -> None:
        """Doubt what every API makes of requests: the policy may be of one of its operations."""
        reason = f"which operation the policy {write.by.address} is of is not known here"
        doubt = Doubt(reason=reason, by=write.by, attribute="parent_id", on="xml_content")
        for each in self.configuration.of_type("azurerm_api_management_api"):
            self.doubts.add(each, doubt)

    def _place(self, parent: Value, depth: int = 0) -> dict[str, Value]:
        """The names of the gateway, API, operation or product that an id is of."""
        if isinstance(parent, str):
            return place_of_id(parent)
        for reference in references_in(parent) if depth < len(NAMES) else ():
            resource = self.configuration.resource(reference.stack, reference.address)
            if resource is None:
                continue
            if resource.type == "azapi_resource":
                return self._place_of_azapi(resource, depth)
            for part in PARTS.values():
                if part.type == resource.type and part.name:
                    found = {
                        name: value
                        for name in NAMES
                        if (value := self.configuration.body(resource).value(name)) is not None
                    }
                    own = _own_name(part.type, part.name)
                    return {**found, own: self.configuration.attribute(resource, part.name)}
        return {}

    def _place_of_azapi(self, resource: Resource, depth: int) -> dict[str, Value]:
        body = self.configuration.body(resource)
        kind = text_of(body.value("type", "")).partition("@")[0].lower()
        part = PARTS.get(kind.removeprefix(SERVICE).strip("/"))
        if not kind.startswith(SERVICE) or part is None or not part.name:
            return {}
        outer = {} if kind == SERVICE else self._place(body.value("parent_id"), depth + 1)
        return {**outer, _own_name(part.type, part.name): body.value("name")}

    def _subjects(self, value: Value) -> list[Resource]:
        found: list[Resource] = []
        for reference in references_in(value):
            resource = self.configuration.resource(reference.stack, reference.address)
            if resource is not None and resource.type.startswith("azurerm_api_management"):
                found.append(resource)
        return found

    def _written(self, subject: Resource, write: Write, part: str) -> Resource:
        arguments, unread = arguments_of(part, write.properties)
        kind = PARTS[part].type if part in PARTS else ""
        if kind != subject.type or unread:
            self._doubt(subject, write, unread or [""])
            return subject
        self.found.read.add(write.by)
        self.found.over.append((write.by, subject))
        self._doubt(subject, write, unread)
        return replace(subject, body={**subject.body, **arguments})

    def _doubt(self, subject: Resource, write: Write, unread: list[str]) -> None:
        if self.configuration.perhaps(write.by) and subject.address != write.by.address:
            reason = f"whether {write.by.address} is made is not known here"
            self.doubts.add(subject, Doubt(reason=reason, by=write.by, attribute="count"))
        ignored = _ignored(self.configuration, write.by)
        if ignored is not None:
            reason = f"{write.by.address} ignores changes of its body, so that what is written "
            reason += "is applied at its creation only"
            doubt = Doubt(reason=reason, by=write.by, attribute=ignored, rule="SF907")
            self.doubts.add(subject, doubt)
        if unread:
            what = f" ({unread[0]})" if unread[0] else ""
            reason = f"{write.by.address} writes {write.kind}{what}, which is not read"
            self.doubts.add(subject, Doubt(reason=reason, by=write.by, attribute="type"))


def _own_name(kind: str, name: str) -> str:
    """The argument by which a part of something names it."""
    return {
        "azurerm_api_management": "api_management_name",
        "azurerm_api_management_api": "api_name",
    }.get(kind, name)


def is_azapi(resource: Resource) -> bool:
    """Whether azapi makes a resource that stands here in azurerm's terms."""
    return re.search(r"(^|\.)azapi_resource\.", resource.address) is not None


def _identities(body: Body) -> list[dict[str, Raw]]:
    """The `identity` blocks of a resource with their references followed."""
    names = ("type", "identity_ids")
    return [{name: block.value(name) for name in names} for block in body.blocks("identity")]


def _ignored(configuration: Configuration, by: Resource) -> str | None:
    """The argument by which Terraform leaves a body as it is in Azure; None is by none."""
    if by.new:
        return None
    for lifecycle in objects(by.body.get("lifecycle")):
        ignored = lifecycle.get("ignore_changes")
        names = cast("list[Any]", ignored) if isinstance(ignored, list) else [ignored]
        if any(re.match(r"(all|body|sensitive_body)\b", str(name)) for name in names):
            return "lifecycle.ignore_changes"
    found = configuration.body(by).value("ignore_body_changes")
    return "ignore_body_changes" if found else None


def shape_of(write: Write) -> SiteShape:
    """What a write says in azurerm's terms; what is not a plain write is not read."""
    if not write.read or write.properties is None:
        where = {azapi_sites.AUTH: "auth_settings_v2", azapi_sites.WEB: "site_config"}
        return SiteShape({}, {where.get(write.part, ""): write.part})
    return azapi_sites.shape(write.part, write.properties)


def _merged(before: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """What an update of a block leaves: azapi gets, merges and puts."""
    found: dict[str, Any] = {}
    for name, inner in value.items():
        earlier = objects(before.get(name))
        nested = isinstance(inner, dict) and bool(earlier)
        found[name] = {**earlier[0], **inner} if nested else inner
    return found


def _is_site(resource: Resource) -> bool:
    return "function_app" in resource.type and not resource.type.endswith("_function")
