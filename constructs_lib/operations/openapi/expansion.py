"""Reads the operations of an OpenAPI document of version 2.0, 3.0 or 3.1.

What API Management makes of a document is described in Learn, "API import restrictions and known
issues"; ids are normalized as it does, so that a policy of an operation finds it in both modes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from constructs_lib._core.collector import paused
from constructs_lib._core.errors import InputError
from constructs_lib._core.files.json_text import Json, Pointer
from constructs_lib.operations.findings import refuse_errors
from constructs_lib.operations.openapi.document import (
    DATA,
    NAME_MAPS,
    Bundler,
    Notes,
    resolve_schema,
)
from constructs_lib.operations.openapi.spec_file import SpecFile
from constructs_lib.operations.openapi.validation import drop_empty_types, validate
from constructs_lib.operations.operation import (
    METHODS,
    ApiSchema,
    Contents,
    ImportDocument,
    Operation,
    Parameter,
    Representation,
    Request,
    Response,
    derive_id,
)

SCHEMA_ID = "openapi"
MAXIMUM_DOCUMENT = 4 * 1024 * 1024
_MAXIMUM_DESCRIPTION = 1000
_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_LONGEST_ID = 76
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_UNSUPPORTED_FIELDS = {
    "callbacks": "callbacks",
    "servers": "servers of a path or operation",
    "trace": "the method TRACE",
}
_FUNCTION_HOSTS = (".azurewebsites.net", "localhost", "127.0.0.1")

Object = dict[str, Json]


@paused()
def read_openapi(
    path: Path, *, mode: Literal["expand", "import"], route_prefix: str | None, strict: bool
) -> Contents:
    """Read a document; see `Operations.from_openapi`."""
    file = SpecFile.load(path)
    _check_version(file)
    notes = Notes(file)
    bundler = Bundler(file, notes)
    document = bundler.bundle()
    refuse_errors(notes.findings(), "the document")  # references that lead nowhere
    drop_empty_types(document, notes)
    validate(document, bundler)
    reader = _DocumentReader(cast(Object, _literal(document, {})), notes, route_prefix)
    entries = reader.operations(imported=mode == "import")
    schemas: tuple[ApiSchema, ...] = ()
    content: ImportDocument | None = None
    if mode == "import":
        content = reader.import_document()
    else:
        schemas = reader.api_schemas()
    findings = notes.findings()
    if strict:
        refuse_errors(findings, "the document")
    return Contents(
        entries=entries,
        schemas=schemas,
        document=content,
        route_prefix=reader.route_prefix,
        findings=findings,
    )


def _check_version(file: SpecFile) -> None:
    value = file.value
    version = ""
    if isinstance(value, dict):
        mapping = cast(Object, value)
        version = str(mapping.get("openapi") or mapping.get("swagger") or "")
    if not version:
        raise InputError(
            "this is not an OpenAPI document",
            where=file.path.as_posix(),
            fix='it says "openapi: 3.0.3" or "swagger: "2.0"" at its top',
        )
    if not re.match(r"2\.0$|3\.[01](\.|$)", version):
        raise InputError(
            f"API Management knows nothing of OpenAPI {version}",
            where=str(file.place(("openapi",))),
            fix="use 2.0, 3.0 or 3.1",
        )


@dataclass(frozen=True)
class _Described:
    """An operation as the document describes it."""

    method: str
    path: str
    template: str
    content: Object
    parameters: Mapping[tuple[str, str], Object]
    pointer: Pointer
    in_template: frozenset[str] = frozenset()

    @property
    def given_id(self) -> str:
        """Its `operationId`, empty if it has none."""
        return str(self.content.get("operationId") or "")

    def wanted_id(self) -> str:
        """Return its id as API Management normalizes it on import, however long."""
        given = self.given_id
        text = given or f"{self.method}-{self.template}"
        wanted = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")
        if not wanted or (not given and re.search(r"[^\x00-\x7f]", self.template)):
            return derive_id(self.method, self.template).lower()
        return wanted


@dataclass
class _DocumentReader:
    """Turns a bundled document into records of API Management."""

    document: Object
    notes: Notes
    route_prefix: str | None
    hoisted: Object = field(default_factory=dict[str, Json])

    def __post_init__(self) -> None:
        self.version2 = "swagger" in self.document
        components = cast(Object, self.document.get("components") or {})
        self.types = cast(
            Object, self.document.get("definitions") or components.get("schemas") or {}
        )
        self.add, self.strip = self.reconcile_servers()
        self.report_unsupported()

    def servers(self) -> list[str]:
        """Return the addresses of the document's servers, variables filled in."""
        if self.version2:
            host, base = self.document.get("host", ""), self.document.get("basePath", "")
            return [f"https://{host}{base}" if host else base] if host or base else []
        urls: list[str] = []
        for server in cast("list[Object]", self.document.get("servers") or []):
            url = str(server.get("url", ""))
            for name, variable in cast("dict[str, Object]", server.get("variables") or {}).items():
                url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
            urls.append(url)
        return urls

    def reconcile_servers(self) -> tuple[str, str]:
        """Fit the paths to a backend whose address ends in the function app's route prefix.

        Returns:
            What to put before every path, and what to take off every path.
        """
        servers: list[tuple[str, str]] = []
        for url in self.servers():
            try:
                parts = urlsplit(url)
            except ValueError:
                self.notes.report("OP209", f"the server {url!r} is not an address", ("servers",))
                continue
            servers.append((parts.hostname or "", parts.path.strip("/")))
        if self.route_prefix is None:
            for host, base in servers:
                if host.endswith(_FUNCTION_HOSTS):
                    self.route_prefix = base
                    break
            return "", ""
        prefix = self.route_prefix.strip("/")
        for _, base in servers:
            if base and (base == prefix or base.startswith(f"{prefix}/") or not prefix):
                return f"/{base[len(prefix) :].strip('/')}".rstrip("/"), ""
        paths = self.paths()
        if prefix and paths and all(f"{path}/".startswith(f"/{prefix}/") for path in paths):
            return "", f"/{prefix}"
        for host, base in servers:
            if base or host.endswith(_FUNCTION_HOSTS):
                self.notes.report(
                    "OP205",
                    f"the server's path is /{base} and the function app's prefix /{prefix};"
                    " operations are taken to follow the prefix",
                    ("basePath",) if self.version2 else ("servers",),
                )
        return "", ""

    def template(self, path: str) -> str:
        """Return the URL template of a path."""
        return (self.add + path.removeprefix(self.strip)) or "/"

    def paths(self) -> dict[str, Object]:
        """Return the document's paths."""
        return cast("dict[str, Object]", self.document.get("paths") or {})

    def operations(self, *, imported: bool) -> tuple[Operation, ...]:
        """Return the operations, paths in the order of the document.

        Args:
            imported: Whether API Management imports the document: then what it makes of it.
        """
        found: dict[tuple[str, str], Operation] = {}
        described = list(self.described(imported))
        ids = self.imported_ids(described) if imported else self.expanded_ids(described)
        for one, identity in zip(described, ids, strict=True):
            try:
                operation = self.operation(one, identity)
            except InputError as error:
                self.notes.report("OP211", f"{one.method} {one.path}: {error.problem}", one.pointer)
                continue
            twin = found.setdefault(operation.match_key, operation)
            if twin is not operation:
                self.notes.report(
                    "OP210",
                    f"the same requests match {operation.name} and {twin.name}",
                    one.pointer,
                )
        return tuple(found.values())

    def described(self, imported: bool) -> Iterator[_Described]:
        """Yield the operations as the document describes them."""
        for path, item in self.paths().items():
            shared = cast("list[Object]", item.get("parameters") or [])
            for method in METHODS:
                content = item.get(method.lower())
                if content is None:
                    continue
                merged: dict[tuple[str, str], Object] = {}
                for each in (*shared, *cast("list[Object]", content.get("parameters") or [])):
                    merged[str(each.get("in")), str(each.get("name"))] = each
                one = _Described(
                    method,
                    path,
                    self.template(path),
                    content,
                    merged,
                    ("paths", path, method.lower()),
                )
                yield self.with_required_queries(one) if imported else one

    def with_required_queries(self, one: _Described) -> _Described:
        """Put required query parameters into the template, as an import does.

        Source: Learn, "API import restrictions and known issues": they become template parameters,
        and names have to be unique in the whole template.
        """
        names = [
            name
            for (place, name), parameter in one.parameters.items()
            if place == "query" and parameter.get("required")
        ]
        known = {name.lower() for place, name in one.parameters if place == "path"}
        taken: list[str] = []
        for name in names:
            if name.lower() in known:
                self.notes.report(
                    "OP212",
                    f"{name!r} is required in the query, and the path or the query has it already",
                    one.pointer,
                )
            else:
                taken.append(name)
            known.add(name.lower())
        query = "&".join(f"{name}={{{name}}}" for name in taken)
        template = f"{one.template}?{query}" if query else one.template
        return replace(one, template=template, in_template=frozenset(taken))

    def imported_ids(self, described: Sequence[_Described]) -> list[str]:
        """Return the ids that API Management gives: cut off, numbered where they are the same."""
        ids: dict[str, None] = {}
        for one in described:
            wanted = one.wanted_id()[:_LONGEST_ID].strip("-")
            name, number = wanted, 1
            while name in ids:
                name, number = f"{wanted}-{number}", number + 1
            if name != wanted:
                self.report_shared_id(one, name)
            ids[name] = None
        return list(ids)

    def expanded_ids(self, described: Sequence[_Described]) -> list[str]:
        """Return ids that do not depend on other operations.

        What is too long ends in a digest of the whole. Where several would have the same id, the
        first in order of method and path has it and the others get a digest, with a warning.
        """
        wanted = [one.wanted_id() for one in described]
        owners: dict[str, _Described] = {}
        for one, identity in sorted(
            zip(described, wanted, strict=True), key=lambda pair: (pair[0].template, pair[0].method)
        ):
            owners.setdefault(identity, one)
        ids: list[str] = []
        for one, identity in zip(described, wanted, strict=True):
            if len(identity) > _LONGEST_ID or owners[identity] is not one:
                shared = owners[identity] is not one
                text = f"{one.given_id or ''} {one.method} {one.template}"
                if one.given_id and not shared:
                    text = one.given_id
                digest = hashlib.sha256(text.encode()).hexdigest()[:8]
                identity = f"{identity[: _LONGEST_ID - 9].strip('-')}-{digest}"
                if shared:
                    self.report_shared_id(one, identity)
            ids.append(identity)
        return ids

    def report_shared_id(self, one: _Described, identity: str) -> None:
        self.notes.report(
            "OP213",
            f"the id of {one.method} {one.path}, {identity}, depends on an operation that would"
            " have the same",
            one.pointer,
        )

    def operation(self, one: _Described, identity: str) -> Operation:
        described, pointer = one.content, one.pointer
        by_place: dict[str, list[Parameter]] = {}
        body: Object | None = None
        for (place, name), parameter in one.parameters.items():
            if place == "body":
                body = parameter
            elif place == "cookie":
                self.notes.report("OP202", "API Management has no cookie parameters", pointer)
            elif place == "header" and name.lower() in _IGNORED_HEADERS:
                continue  # OpenAPI: "the parameter definition SHALL be ignored"
            else:
                home = "path" if place == "query" and name in one.in_template else place
                by_place.setdefault(home, []).append(self.parameter(parameter, pointer))
        form = by_place.get("formData", [])
        bodies: tuple[Representation, ...] = ()
        if one.method not in _NO_BODY:
            bodies = self.request_bodies(described, body, form, identity, pointer)
        elif body or form or described.get("requestBody"):
            self.notes.report("OP207", f"API Management drops the body of {one.method}", pointer)
        queries, headers = by_place.get("query", []), by_place.get("header", [])
        request_body = cast(Object, described.get("requestBody") or body or {})
        title = described.get("summary") or described.get("operationId")
        return Operation(
            method=one.method,
            url_template=one.template,
            id=identity,
            display_name=str(title or f"{one.method} {one.template}")[:300],
            description=self.shortened(described.get("description"), pointer),
            parameters=tuple(
                parameter
                for parameter in by_place.get("path", [])
                if f"{{{parameter.name}}}" in one.template
            ),
            request=(
                Request(
                    description=request_body.get("description"),
                    query_parameters=tuple(queries),
                    headers=tuple(headers),
                    representations=bodies,
                )
                if queries or headers or bodies
                else None
            ),
            responses=self.responses(described, identity, pointer),
            source=str(self.notes.file.path.as_posix()),
        )

    def shortened(self, text: Json, pointer: Pointer) -> str | None:
        if not isinstance(text, str) or not text.strip():
            return None
        if len(text) > _MAXIMUM_DESCRIPTION:
            self.notes.report(
                "OP209", f"a description has more than {_MAXIMUM_DESCRIPTION} characters", pointer
            )
            return f"{text[: _MAXIMUM_DESCRIPTION - 1]}…"
        return text

    def parameter(self, described: Object, pointer: Pointer, name: str | None = None) -> Parameter:
        name = name or str(described["name"])
        content = cast("dict[str, Object]", described.get("content") or {})
        schema = described if self.version2 else described.get("schema")
        if schema is None and content:
            schema = next(iter(content.values())).get("schema")
        schema = resolve_schema(self.document, schema)
        joined = self.version2 and described.get("collectionFormat", "csv") != "multi"
        if described.get("in") == "query" and (
            described.get("style", "form") != "form"
            or described.get("explode", True) is False
            or (joined and described.get("type") == "array")
        ):
            self.notes.report(
                "OP202", f"API Management expects {name!r} repeated for each value", pointer
            )
        for flag in ("allowEmptyValue", "allowReserved"):
            if described.get(flag):
                self.notes.report("OP202", f"API Management ignores {flag}", pointer)
        given = [_as_text(value) for value in schema.get("enum") or () if value is not None]
        values = tuple(dict.fromkeys(given))
        default = schema.get("default")
        text = None if default is None else _as_text(default)
        if values and text is not None and text not in values:
            self.notes.report("OP209", f"the default of {name!r} is none of its values", pointer)
            text = None
        return Parameter(
            name=name,
            type=_type(schema),
            required=bool(described.get("required", False)),
            description=described.get("description") or schema.get("description"),
            default=text,
            values=values,
        )

    def request_bodies(
        self,
        described: Object,
        body: Object | None,
        form: list[Parameter],
        identity: str,
        pointer: Pointer,
    ) -> tuple[Representation, ...]:
        if not self.version2:
            request_body = cast("dict[str, dict[str, Object]]", described.get("requestBody") or {})
            content = request_body.get("content") or {}
            return self.representations(content, f"{identity}-request", pointer)
        media = described.get("consumes") or self.document.get("consumes")
        if body is not None:
            content = {
                name: {"schema": body.get("schema")} for name in media or ["application/json"]
            }
            return self.representations(content, f"{identity}-request", pointer)
        if form:
            forms: dict[str, str] = {}
            for name in filter(_is_form, media or ()):
                forms.setdefault(_plain(name).lower(), _plain(name))
            return tuple(
                Representation(content_type=name, form_parameters=tuple(form))
                for name in forms.values() or ["application/x-www-form-urlencoded"]
            )
        return ()

    def responses(self, described: Object, identity: str, pointer: Pointer) -> tuple[Response, ...]:
        found: list[Response] = []
        for code, response in cast("dict[str, Object]", described.get("responses") or {}).items():
            if not re.fullmatch("[1-5][0-9]{2}", code):
                if not code.startswith("x-"):
                    self.notes.report("OP206", f"API Management has no response {code!r}", pointer)
                continue
            content = cast("dict[str, Object]", response.get("content") or {})
            if self.version2 and response.get("schema") is not None:
                media = described.get("produces") or self.document.get("produces")
                examples = cast(Object, response.get("examples") or {})
                content = {
                    name: {"schema": response["schema"], "example": examples.get(name)}
                    for name in media or ["application/json"]
                }
            if response.get("links"):
                self.notes.report("OP202", "API Management ignores links", pointer)
            found.append(
                Response(
                    status_code=int(code),
                    description=response.get("description") or None,
                    headers=tuple(
                        self.parameter(header, pointer, name)
                        for name, header in cast(
                            "dict[str, Object]", response.get("headers") or {}
                        ).items()
                        if name.lower() != "content-type"
                    ),
                    representations=self.representations(
                        content, f"{identity}-{code}-response", pointer
                    ),
                )
            )
        return tuple(sorted(found, key=lambda response: response.status_code))

    def representations(
        self, content: Mapping[str, Object], name: str, pointer: Pointer
    ) -> tuple[Representation, ...]:
        found: dict[str, Representation] = {}
        for number, (media, described) in enumerate(content.items(), start=1):
            schema = described.get("schema")
            key = (_plain(media) if _is_form(media) else media).lower()
            if key in found:
                self.notes.report("OP209", f"the media type {media!r} is there twice", pointer)
                continue
            if _is_form(media):
                found[key] = self.form(media, schema)
                continue
            # `true` and `false` are schemas of 3.1; API Management knows types only.
            type_name = None
            if isinstance(schema, dict):
                type_name = self.type_name(cast(Object, schema), name, number)
            found[key] = Representation(
                content_type=media,
                schema_id=SCHEMA_ID if type_name else None,
                type_name=type_name,
                example=_example(described),
            )
        return tuple(found.values())

    def form(self, media: str, schema: Json) -> Representation:
        fields = {
            name: Parameter(
                name=name,
                type=_type(described),
                required=required,
                description=described.get("description"),
            )
            for name, described, required in self.form_fields(schema, ())
        }
        # azurerm takes form parameters only for these types without parameters of their own.
        return Representation(content_type=_plain(media), form_parameters=tuple(fields.values()))

    def form_fields(
        self, schema: Json, within: tuple[int, ...]
    ) -> Iterator[tuple[str, Object, bool]]:
        """Yield the fields of a form: name, schema and whether it has to be there.

        Those of all parts that `allOf` puts together; those of alternatives may be missing.
        """
        resolved = resolve_schema(self.document, schema)
        if id(resolved) in within:
            return
        within = (*within, id(resolved))
        parts = [
            (part, keyword == "allOf")
            for keyword in ("allOf", "anyOf", "oneOf")
            for part in cast("list[Json]", resolved.get(keyword) or [])
        ]
        found: dict[str, tuple[Object, bool]] = {}
        for part, certain in parts:
            for name, described, required in self.form_fields(part, within):
                known = name in found and found[name][1]
                found[name] = described, known or (required and certain)
        for name, value in cast(Object, resolved.get("properties") or {}).items():
            known = name in found and found[name][1]
            found[name] = resolve_schema(self.document, value), known
        needed = set(self.required(resolved, ()))
        for name, (described, required) in found.items():
            yield name, described, required or name in needed

    def required(self, schema: Json, within: tuple[int, ...]) -> Iterator[str]:
        """Yield what a schema requires, any part of `allOf` included."""
        resolved = resolve_schema(self.document, schema)
        yield from cast("list[str]", resolved.get("required") or [])
        for part in cast("list[Json]", resolved.get("allOf") or []):
            if id(resolved) not in within:
                yield from self.required(part, (*within, id(resolved)))

    def type_name(self, schema: Object, name: str, number: int) -> str:
        """Name a schema; API Management knows none without a name."""
        reference = schema.get("$ref")
        if isinstance(reference, str) and len(schema) == 1:
            return reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        name = name if number == 1 else f"{name}-{number}"
        while name in self.types or name in self.hoisted:
            name += "-inline"
        self.hoisted[name] = schema
        return name

    def api_schemas(self) -> tuple[ApiSchema, ...]:
        """Return the types that the operations refer to, as one schema."""
        types = {**self.types, **self.hoisted}
        if not types:
            return ()
        if self.version2:
            text = json.dumps(types, ensure_ascii=False)
            kind = "application/vnd.ms-azure-apim.swagger.definitions+json"
            return (ApiSchema(id=SCHEMA_ID, content_type=kind, definitions=text),)
        text = json.dumps({"schemas": types}, ensure_ascii=False)
        kind = "application/vnd.oai.openapi.components+json"
        return (ApiSchema(id=SCHEMA_ID, content_type=kind, components=text),)

    def import_document(self) -> ImportDocument:
        """Return the document to import: in one piece, without servers, with paths that fit."""
        left_out = {"servers", "host", "basePath", "schemes", "webhooks", "externalDocs"}
        document = {key: value for key, value in self.document.items() if key not in left_out}
        document["paths"] = {
            self.template(path): {key: value for key, value in item.items() if key != "servers"}
            for path, item in self.paths().items()
        }
        for shared in ("parameters", "responses"):  # of version 2; the paths have them in place
            document.pop(shared, None)
        components = cast(Object, document.get("components") or {})
        if components:
            kept = ("schemas", "securitySchemes")
            document["components"] = {key: components[key] for key in kept if key in components}
        if str(document.get("openapi", "")).startswith("3.0"):
            document["openapi"] = "3.0.3"  # the latest that API Management knows
        content = json.dumps(document, ensure_ascii=False)
        if len(content.encode()) > MAXIMUM_DOCUMENT:
            self.notes.report("OP208", "API Management imports documents up to 4 MB", ())
        return ImportDocument("swagger-json" if self.version2 else "openapi+json", content)

    def report_unsupported(self) -> None:
        schemes = self.document.get("securityDefinitions")
        if not self.version2:
            schemes = cast(Object, self.document.get("components") or {}).get("securitySchemes")
        if schemes or self.document.get("security"):
            pointer = (
                ("securityDefinitions",) if self.version2 else ("components", "securitySchemes")
            )
            self.notes.report("OP203", "API Management ignores security schemes", pointer)
        if self.document.get("webhooks"):
            self.notes.report("OP202", "API Management ignores webhooks", ("webhooks",))
        if self.document.get("x-ms-paths"):
            self.notes.report("OP202", "x-ms-paths is not read", ("x-ms-paths",))
        for path, item in self.paths().items():
            for name, what in _UNSUPPORTED_FIELDS.items():
                places = [(), *((method.lower(),) for method in METHODS)]
                for place in places:
                    described = item.get(place[0]) if place else item
                    if isinstance(described, dict) and name in described:
                        self.notes.report(
                            "OP202",
                            f"API Management ignores {what}",
                            ("paths", path, *place, name),
                        )
        home: Pointer = ("definitions",) if self.version2 else ("components", "schemas")
        for name in _recursive(self.types):
            self.notes.report("OP204", f"the type {name} contains itself", (*home, name))


def _literal(value: Json, known: dict[int, Json]) -> Json:
    """Escape what Terraform would take for its own: a document's text is never an expression.

    What references share stays shared.
    Source: Terraform, "Strings and Templates": `$${` and `%%{` stand for `${` and `%{`.
    """
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{") if "{" in value else value
    if not isinstance(value, dict | list):
        return value
    identity = id(cast(object, value))
    if identity not in known:
        if isinstance(value, dict):
            mapping = cast(Object, value)
            known[identity] = {
                _literal(key, known): _literal(item, known) for key, item in mapping.items()
            }
        else:
            known[identity] = [_literal(item, known) for item in cast("list[Json]", value)]
    return known[identity]


def _recursive(schemas: Object) -> Iterator[str]:
    """Yield the types that refer to themselves, by however many steps."""
    uses = {
        name: set(_references(schema, names=False)) & schemas.keys()
        for name, schema in schemas.items()
    }
    # What refers to nothing that is left is in no circle, and so on.
    left = set(uses)
    while ends := {name for name in left if not uses[name] & left}:
        left -= ends
    for name in schemas:
        reached: set[str] = set()
        queue = list(uses[name] & left) if name in left else []
        while queue:
            following = queue.pop()
            if following not in reached:
                reached.add(following)
                queue.extend(uses[following] & left)
        if name in reached:
            yield name


def _references(value: Json, *, names: bool) -> Iterator[str]:
    """Yield the names of the types that a schema refers to; what looks so in an example is data."""
    if isinstance(value, dict):
        mapping = cast(Object, value)
        reference = mapping.get("$ref")
        if isinstance(reference, str) and not names:
            yield reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        for key, item in mapping.items():
            if names or not (key in DATA or key.startswith("x-")):
                yield from _references(item, names=not names and key in NAME_MAPS)
    elif isinstance(value, list):
        for item in cast("list[Json]", value):
            yield from _references(item, names=False)


def _plain(media: str) -> str:
    """Return a media type without its parameters."""
    return media.partition(";")[0].strip()


def _is_form(media: str) -> bool:
    return _plain(media).lower() in _FORMS


def _type(schema: Object) -> str:
    given = schema.get("type")
    if isinstance(given, list):
        given = next((name for name in cast("list[str]", given) if name != "null"), None)
    if isinstance(given, str):
        return given
    return "object" if "properties" in schema else "string"


def _example(described: Object) -> str | None:
    example = described.get("example")
    examples = described.get("examples")
    if example is None and isinstance(examples, dict):
        first = next(iter(cast("dict[str, Object]", examples).values()), None)
        example = first.get("value") if isinstance(first, dict) else None
    return None if example is None else _as_text(example)


def _as_text(value: Json) -> str:
    """Return a value as requests carry it; `1.0` is the number that `1` is."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
