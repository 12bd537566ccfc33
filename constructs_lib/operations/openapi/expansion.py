"""Reads the operations of an OpenAPI document of version 2.0, 3.0 or 3.1.

What API Management makes of a document is described in Learn, "API import restrictions and known
issues"; ids are normalized as it does, so that a policy of an operation finds it in both modes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from constructs_lib._core.errors import InputError
from constructs_lib.operations.findings import refuse_errors
from constructs_lib.operations.openapi.document import Bundler, Notes, resolve_schema, validate
from constructs_lib.operations.openapi.spec_file import Pointer, SpecFile, Value
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
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_UNSUPPORTED_FIELDS = {
    "callbacks": "callbacks",
    "servers": "servers of a path or operation",
    "trace": "the method TRACE",
}
_FUNCTION_HOSTS = (".azurewebsites.net", "localhost", "127.0.0.1")

Object = dict[str, Value]


def read_openapi(
    path: Path, *, mode: Literal["expand", "import"], route_prefix: str | None, strict: bool
) -> Contents:
    """Read a document; see `Operations.from_openapi`."""
    file = SpecFile.load(path)
    _check_version(file)
    notes = Notes(file)
    document = Bundler(file, notes).bundle()
    refuse_errors(notes.findings(), "the document")  # references that lead nowhere
    validate(document, file)
    reader = _DocumentReader(cast(Object, _literal(document)), notes, route_prefix)
    entries = reader.operations()
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
            "this is no OpenAPI document",
            where=file.path.as_posix(),
            fix='it says "openapi: 3.0.3" or "swagger: "2.0"" at its top',
        )
    if not re.match(r"2\.0$|3\.[01](\.|$)", version):
        raise InputError(
            f"API Management knows nothing of OpenAPI {version}",
            where=str(file.place(("openapi",))),
            fix="use 2.0, 3.0 or 3.1",
        )


@dataclass
class _DocumentReader:
    """Turns a bundled document into records of API Management."""

    document: Object
    notes: Notes
    route_prefix: str | None
    hoisted: Object = field(default_factory=dict[str, Value])
    ids: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.version2 = "swagger" in self.document
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
                self.notes.report("OP209", f"the server {url!r} is no address", ("servers",))
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

    def operations(self) -> tuple[Operation, ...]:
        """Return the operations, paths in the order of the document."""
        found: dict[tuple[str, str], Operation] = {}
        for path, item in self.paths().items():
            shared = cast("list[Object]", item.get("parameters") or [])
            for method in METHODS:
                described = item.get(method.lower())
                if described is None:
                    continue
                pointer: Pointer = ("paths", path, method.lower())
                try:
                    operation = self.operation(method, path, described, shared, pointer)
                except InputError as error:
                    self.notes.report("OP211", f"{method} {path}: {error.problem}", pointer)
                    continue
                twin = found.setdefault(operation.match_key, operation)
                if twin is not operation:
                    self.notes.report(
                        "OP210",
                        f"the same requests match {operation.name} and {twin.name}",
                        pointer,
                    )
        return tuple(found.values())

    def operation(
        self,
        method: str,
        path: str,
        described: Object,
        shared: list[Object],
        pointer: Pointer,
    ) -> Operation:
        template = self.template(path)
        identity = self.operation_id(method, template, described.get("operationId"))
        merged: dict[tuple[str, str], Object] = {}
        for parameter in (*shared, *cast("list[Object]", described.get("parameters") or [])):
            merged[str(parameter.get("in")), str(parameter.get("name"))] = parameter
        by_place: dict[str, list[Parameter]] = {}
        body: Object | None = None
        for (place, name), parameter in merged.items():
            if place == "body":
                body = parameter
            elif place == "cookie":
                self.notes.report("OP202", "API Management has no cookie parameters", pointer)
            elif place == "header" and name.lower() in _IGNORED_HEADERS:
                continue  # OpenAPI: "the parameter definition SHALL be ignored"
            else:
                by_place.setdefault(place, []).append(self.parameter(parameter, pointer))
        form = by_place.get("formData", [])
        bodies: tuple[Representation, ...] = ()
        if method not in _NO_BODY:
            bodies = self.request_bodies(described, body, form, identity)
        elif body or form or described.get("requestBody"):
            self.notes.report("OP207", f"API Management drops the body of {method}", pointer)
        queries, headers = by_place.get("query", []), by_place.get("header", [])
        request_body = cast(Object, described.get("requestBody") or body or {})
        return Operation(
            method=method,
            url_template=template,
            id=identity,
            display_name=str(
                described.get("summary") or described.get("operationId") or f"{method} {template}"
            )[:300],
            description=self.shortened(described.get("description"), pointer),
            parameters=tuple(
                parameter
                for parameter in by_place.get("path", [])
                if f"{{{parameter.name}}}" in template
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

    def operation_id(self, method: str, template: str, given: Value) -> str:
        """Return the id that API Management would give an operation on import."""
        wanted = re.sub("[^a-z0-9]+", "-", str(given or f"{method}-{template}").lower()).strip("-")
        if not wanted or (not given and re.search(r"[^\x00-\x7f]", template)):
            wanted = derive_id(method, template)
        wanted = wanted[:76].strip("-")
        name, number = wanted, 1
        while name in self.ids:
            name, number = f"{wanted}-{number}", number + 1
        self.ids.add(name)
        return name

    def shortened(self, text: Value, pointer: Pointer) -> str | None:
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
        values = tuple(_as_text(value) for value in schema.get("enum") or () if value is not None)
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
        self, described: Object, body: Object | None, form: list[Parameter], identity: str
    ) -> tuple[Representation, ...]:
        if not self.version2:
            request_body = cast("dict[str, dict[str, Object]]", described.get("requestBody") or {})
            return self.representations(request_body.get("content") or {}, f"{identity}-request")
        media = described.get("consumes") or self.document.get("consumes")
        if body is not None:
            content = {
                name: {"schema": body.get("schema")} for name in media or ["application/json"]
            }
            return self.representations(content, f"{identity}-request")
        if form:
            forms = [name for name in media or () if name in _FORMS]
            return tuple(
                Representation(content_type=name, form_parameters=tuple(form))
                for name in forms or ["application/x-www-form-urlencoded"]
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
                    representations=self.representations(content, f"{identity}-{code}-response"),
                )
            )
        return tuple(sorted(found, key=lambda response: response.status_code))

    def representations(
        self, content: Mapping[str, Object], name: str
    ) -> tuple[Representation, ...]:
        found: list[Representation] = []
        for number, (media, described) in enumerate(content.items(), start=1):
            schema = described.get("schema")
            if media in _FORMS:
                found.append(self.form(media, schema))
                continue
            type_name = None
            if schema is not None:
                type_name = self.type_name(cast(Object, schema), name, number)
            found.append(
                Representation(
                    content_type=media,
                    schema_id=SCHEMA_ID if type_name else None,
                    type_name=type_name,
                    example=_example(described),
                )
            )
        return tuple(found)

    def form(self, media: str, schema: Value) -> Representation:
        resolved = resolve_schema(self.document, schema)
        required = cast("list[str]", resolved.get("required") or [])
        fields: list[Parameter] = []
        for name, value in cast(Object, resolved.get("properties") or {}).items():
            described = resolve_schema(self.document, value)
            fields.append(
                Parameter(
                    name=name,
                    type=_type(described),
                    required=name in required,
                    description=described.get("description"),
                )
            )
        return Representation(content_type=media, form_parameters=tuple(fields))

    def type_name(self, schema: Object, name: str, number: int) -> str:
        """Name a schema; API Management knows none without a name."""
        reference = schema.get("$ref")
        if isinstance(reference, str) and len(schema) == 1:
            return reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        name = name if number == 1 else f"{name}-{number}"
        self.hoisted[name] = schema
        return name

    def api_schemas(self) -> tuple[ApiSchema, ...]:
        """Return the types that the operations refer to, as one schema."""
        if self.version2:
            types = {**cast(Object, self.document.get("definitions") or {}), **self.hoisted}
            return (
                (
                    ApiSchema(
                        id=SCHEMA_ID,
                        content_type="application/vnd.ms-azure-apim.swagger.definitions+json",
                        definitions=json.dumps(types, ensure_ascii=False),
                    ),
                )
                if types
                else ()
            )
        components = cast(Object, self.document.get("components") or {})
        types = {**cast(Object, components.get("schemas") or {}), **self.hoisted}
        return (
            (
                ApiSchema(
                    id=SCHEMA_ID,
                    content_type="application/vnd.oai.openapi.components+json",
                    components=json.dumps({"schemas": types}, ensure_ascii=False),
                ),
            )
            if types
            else ()
        )

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
        schemas: Value = self.document
        for key in home:
            schemas = cast(Object, schemas).get(str(key)) or {}
        for name in _recursive(cast(Object, schemas)):
            self.notes.report("OP204", f"the type {name} contains itself", (*home, name))


def _literal(value: Value) -> Value:
    """Escape what Terraform would take for its own: a document's text is never an expression.

    Source: Terraform, "Strings and Templates": `$${` and `%%{` stand for `${` and `%{`.
    """
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        mapping = cast(Object, value)
        return {str(_literal(key)): _literal(item) for key, item in mapping.items()}
    if isinstance(value, list):
        return [_literal(item) for item in cast("list[Value]", value)]
    return value


def _recursive(schemas: Object) -> Iterator[str]:
    """Yield the types that refer to themselves, by however many steps."""
    uses = {name: set(_references(schema)) for name, schema in schemas.items()}
    for name in schemas:
        reached: set[str] = set()
        queue = list(uses[name])
        while queue:
            following = queue.pop()
            if following not in reached:
                reached.add(following)
                queue.extend(uses.get(following, ()))
        if name in reached:
            yield name


def _references(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        mapping = cast(Object, value)
        reference = mapping.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for item in mapping.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in cast("list[Value]", value):
            yield from _references(item)


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
        example = first.get("value") if first else None
    return None if example is None else _as_text(example)


def _as_text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
