"""What azapi writes, entered into the configuration in azurerm's terms.

A literal body is read like the arguments of azurerm's own resource; of anything else what it could
change is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from constructs_lib.access import azapi_sites
from constructs_lib.access.azapi_sites import Shape, at
from constructs_lib.access.doubts import Doubt, Doubts
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.expressions import Term, Value, references_in, text_of
from constructs_lib.access.terraform.json_text import objects
from constructs_lib.access.terraform.resources import Raw, Resource

TYPE = "azapi_update_resource"
TYPES = ("azapi_resource", TYPE, "azapi_resource_action")
_WRITING = frozenset({"PUT", "PATCH", "POST", "DELETE"})
# Actions that read or that change nothing of who gets in.
_HARMLESS_ACTION = re.compile(
    r"(host/default/)?(listkeys|sync|synctriggers)|listsyncfunctiontriggerstatus|restart|"
    r"syncfunctiontriggers|(config/.*/)?list|listsecrets|publishxml|start",
    re.IGNORECASE,
)
_SITE_ID = re.compile(
    r"/sites/(?P<site>[^/]+)(?:/slots/(?P<slot>[^/]+))?(?P<rest>(?:/[^/]+)*)$", re.IGNORECASE
)
_SITE_TYPE = re.compile(r"microsoft\.web/sites(/slots)?(/|$)")
_SERVICE_TYPE = "microsoft.apimanagement/service"
_POLICY = "azurerm_api_management_api_policy"

# Which argument of which azurerm type is which property of a part of a gateway.
_PARTS: dict[str, tuple[str, dict[str, str]]] = {
    "policyfragments": ("azurerm_api_management_policy_fragment", {"value": "value"}),
    "backends": ("azurerm_api_management_backend", {"url": "url", "protocol": "protocol"}),
    "namedvalues": ("azurerm_api_management_named_value", {"value": "value"}),
    "policies": ("azurerm_api_management_policy", {"xml_content": "value"}),
    "apis/policies": (_POLICY, {"xml_content": "value"}),
    "apis/operations/policies": (
        "azurerm_api_management_api_operation_policy",
        {"xml_content": "value"},
    ),
    "apis": (
        "azurerm_api_management_api",
        {"service_url": "serviceUrl", "subscription_required": "subscriptionRequired"},
    ),
    "products": (
        "azurerm_api_management_product",
        {
            "subscription_required": "subscriptionRequired",
            "approval_required": "approvalRequired",
        },
    ),
    "products/policies": ("azurerm_api_management_product_policy", {"xml_content": "value"}),
}
_PART_HARMLESS = frozenset(
    {"format", "description", "displayName", "path", "protocols", "title", "secret", "tags"}
    | {"circuitBreaker", "apiRevision", "apiVersion", "apiVersionSetId", "isCurrent", "state"}
    | {"subscriptionsLimit", "terms", "contact", "license", "termsOfServiceUrl", "apiType", "type"}
)
_GATEWAY_HARMLESS = frozenset(
    {"loggers", "diagnostics", "tags", "groups", "users", "apiversionsets", "caches", "gateways"}
    | {"notifications", "portalconfigs", "portalsettings", "schemas", "certificates", "workspaces"}
    | {"emailtemplates", "portalrevisions", "documentations", "subscriptions"}
)


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
    """

    outside: list[tuple[Resource, str, str | None]]
    read: set[Resource]
    over: list[tuple[Resource, Resource]]


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
        if not (_SITE_TYPE.match(kind) or kind.startswith(_SERVICE_TYPE)):
            continue
        action = text_of(body.value("action", ""))
        read = True
        if each.type == "azapi_resource_action":
            method = text_of(body.value("method", "POST")).upper()
            if method not in _WRITING or _HARMLESS_ACTION.fullmatch(action):
                found.read.add(each)
                continue
            read = method in ("PUT", "PATCH")
        name, parent = body.value("name"), body.value("parent_id")
        given = body.value("resource_id")
        part = kind.removeprefix("microsoft.web/sites").removeprefix("/slots").strip("/")
        if _SITE_TYPE.match(kind):
            if given is not None:
                parent, extra = _site_of(given)
                part = extra or part
            elif part or kind.endswith("/slots"):
                part = f"{part}/{text_of(name)}".strip("/").lower() if part else ""
            if action:
                part = f"{part}/{action}".strip("/").lower()
        elif given is not None:
            parent = given
        properties = configuration.attribute(each, "body", "properties")
        if each.body.get("body") is None:
            nothing: Value = {}
            properties = nothing if each.type != "azapi_resource_action" else None
        properties = _decoded(configuration, each, properties)
        whole = each.type == "azapi_resource"
        yield Write(each, kind, parent, part, properties, name, whole, read)


def _decoded(configuration: Configuration, each: Resource, properties: Value) -> Value:
    """The properties of a body; in azapi 1 it is JSON text, of which `jsonencode` is not known."""
    if isinstance(properties, dict):
        return properties
    whole = configuration.body(each).value("body")
    if isinstance(whole, dict):
        inner = whole.get("properties")
        return {} if inner is None else inner
    return azapi_sites.NOT_HERE if whole is not None else properties


def _site_of(given: Value) -> tuple[Value, str]:
    """The site that a resource id lies in, and the part of it that the id names."""
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
            for subject in self._subjects(each):
                changes[subject] = self._written(changes.get(subject, subject), each)
            if not self._subjects(each):
                self._elsewhere(each, elsewhere)
        self._outside(elsewhere)
        if changes:
            self.configuration.patch(changes)

    def _site(self, write: Write) -> Resource:
        """A site that azapi makes, as azurerm would."""
        body = self.configuration.body(write.by)
        kind = at(body.value("body"), "kind")
        if kind is None:
            kind = ""
        if isinstance(kind, str) and "functionapp" not in kind.lower():
            return write.by  # An app of another kind.
        written = shape_of(write)
        arguments: dict[str, Raw] = {"name": body.value("name"), **written.arguments}
        for name in ("identity", "lifecycle", "provisioner", "tags", "location"):
            if name in write.by.body:
                arguments[name] = write.by.body[name]
        slot = write.kind.endswith("/slots")
        if slot:
            arguments["function_app_id"] = write.parent
        shaped = replace(
            write.by,
            type="azurerm_linux_function_app_slot" if slot else "azurerm_linux_function_app",
            body=arguments,
            literal=True,
        )
        self._doubt(shaped, write, written)
        return shaped

    def _subjects(self, write: Write) -> list[Resource]:
        """The sites of the configuration that a write is to, if that can be told."""
        found: list[Resource] = []
        for reference in references_in(write.parent):
            resource = self.configuration.resource(reference.stack, reference.address)
            if resource is not None and _is_site(resource):
                found.append(resource)
        if isinstance(write.parent, str):
            match = _SITE_ID.search(write.parent)
            if match:
                for each in self.configuration.resources:
                    named = each.managed and each.stack == write.by.stack and _is_site(each)
                    if named and self._is_named(each, match["site"], match["slot"]):
                        found.append(each)
        return found

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

    def _doubt(self, subject: Resource, write: Write, written: Shape) -> None:
        for on, what in written.unread.items():
            named = "" if what in ("", "properties") else f" ({what})"
            self.doubts.add(
                subject,
                Doubt(
                    reason=f"{write.by.address} writes {write.kind}{named}, which is not read",
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
                self._doubt(each, write, Shape({}, {"": ""}))

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
    """Enters what is written to parts of gateways."""

    def __init__(self, configuration: Configuration, doubts: Doubts, found: Translated) -> None:
        self.configuration = configuration
        self.doubts = doubts
        self.found = found

    def enter(self, writes: list[Write]) -> None:
        changes: dict[Resource, Resource] = {}
        for each in writes:
            part = each.kind.removeprefix(_SERVICE_TYPE).strip("/")
            if not each.kind.startswith(_SERVICE_TYPE) or part.split("/")[0] in _GATEWAY_HARMLESS:
                continue
            if each.whole:
                continue
            for subject in self._subjects(each.parent):
                before = changes.get(subject, subject)
                changes[subject] = self._written(before, each, part)
        if changes:
            self.configuration.patch(changes)

    def _subjects(self, value: Value) -> list[Resource]:
        found: list[Resource] = []
        for reference in references_in(value):
            resource = self.configuration.resource(reference.stack, reference.address)
            if resource is not None and resource.type.startswith("azurerm_api_management"):
                found.append(resource)
        return found

    def _written(self, subject: Resource, write: Write, part: str) -> Resource:
        kind, arguments = _PARTS.get(part, ("", {}))
        unread = [
            name
            for name in (write.properties if isinstance(write.properties, dict) else ("",))
            if name not in arguments.values() and name not in _PART_HARMLESS
        ]
        if kind != subject.type or unread:
            what = "" if not unread or not unread[0] else f" ({unread[0]})"
            self.doubts.add(
                subject,
                Doubt(
                    reason=f"{write.by.address} writes {write.kind}{what}, which is not read",
                    by=write.by,
                    attribute="type",
                ),
            )
            return subject
        body = dict(subject.body)
        for name, path in arguments.items():
            value = at(write.properties, path)
            if value is not None:
                body[name] = value
        self.found.read.add(write.by)
        self.found.over.append((write.by, subject))
        return replace(subject, body=body)


def shape_of(write: Write) -> Shape:
    """What a write says in azurerm's terms; what is not a plain write is not read."""
    if not write.read or write.properties is None:
        where = {azapi_sites.AUTH: "auth_settings_v2", azapi_sites.WEB: "site_config"}
        return Shape({}, {where.get(write.part, ""): write.part})
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
