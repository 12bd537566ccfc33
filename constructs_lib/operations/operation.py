"""The operations of an API in API Management, as plain data.

The shapes are those of `azurerm_api_management_api_operation` and
`azurerm_api_management_api_schema` (azurerm), so that a construct can copy them into resources
one to one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from constructs_lib._core.errors import InputError

if TYPE_CHECKING:
    from constructs_lib._core.findings import Finding

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
"""The HTTP methods that stand for "any" in API Management and in Azure Functions, without TRACE."""

# azurerm, internal/services/apimanagement/schemaz/api_management.go: a child's name.
ID_PATTERN = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-_]{0,78}[a-zA-Z0-9])?")
MAXIMUM_ID = 80
MAXIMUM_TEMPLATE = 1000
MAXIMUM_DISPLAY_NAME = 300

_METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
# The same expression as the provider's, which looks at the path and at the query.
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of a template, query, header or form.

    Attributes:
        name: Its name; of a template parameter, what stands between the braces, without a `*`.
        type: A JSON type (`string`, `integer`, `number`, `boolean`, …); API Management shows it
            and checks it only where a `validate-parameters` policy says so.
        required: Whether a request must have it; always true in the path, where API Management
            matches no missing segment.
        description: What it means.
        default: The value where the request has none; one of `values` if there are any.
        values: The values that are allowed; empty: any.
    """

    name: str
    type: str = "string"
    required: bool = True
    description: str | None = None
    default: str | None = None
    values: tuple[str, ...] = ()


"""A parameter of a URL template: API Management has one shape for parameters wherever they are."""


@dataclass(frozen=True, kw_only=True)
class Representation:
    """A body in one media type.

    Attributes:
        content_type: The media type, for example `application/json`.
        schema_id: The `ApiSchema` that describes it; goes with `type_name`.
        type_name: The name of its type within that schema.
        example: An example, as the text of the body.
        form_parameters: The fields, where the body is a form.
    """

    content_type: str
    schema_id: str | None = None
    type_name: str | None = None
    example: str | None = None
    form_parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a request may carry besides its template parameters.

    Attributes:
        description: What it is for.
        query_parameters: Its query parameters.
        headers: Its headers.
        representations: Its bodies, one for each media type.
    """

    description: str | None = None
    query_parameters: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    representations: tuple[Representation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Response:
    """One response of an operation, by its status code.

    Attributes:
        status_code: The status code.
        description: When it is sent.
        headers: Its headers.
        representations: Its bodies, one for each media type.
    """

    status_code: int
    description: str | None = None
    headers: tuple[Parameter, ...] = ()
    representations: tuple[Representation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApiSchema:
    """The types that representations of an API refer to: one `azurerm_api_management_api_schema`.

    Attributes:
        id: The `schema_id`.
        content_type: What kind of document it is.
        components: The `components` of an OpenAPI 3 document, as JSON; excludes `definitions`.
        definitions: The `definitions` of an OpenAPI 2 document, as JSON.
    """

    id: str
    content_type: str
    components: str | None = None
    definitions: str | None = None


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation: a method and a URL template in the syntax of API Management.

    Attributes:
        method: The HTTP method, kept in upper case.
        url_template: Path under the API's, for example `/orders/{id}`, `/files/{*path}` or `/*`.
            It has no types: `{id:int}` is route syntax of Azure Functions; the type belongs in
            `parameters`.
        id: Its id in API Management, at most 80 letters, digits, `-` and `_`; made from method and
            template if left out, so that it stays what it is however many operations there are.
        display_name: What the developer portal calls it; `GET /orders/{id}` if left out.
        description: What it does.
        parameters: Its template parameters; required strings if left out.
        request: Query parameters, headers and bodies of the request.
        responses: The responses, in order of their status code.
        source: Where it was read, as `file:line`; no part of the resource.

    Raises:
        InputError: The method, template, id or a parameter is none that API Management accepts, or
            parameters and template do not name the same things.
    """

    EXAMPLE: ClassVar = "GET /orders"

    method: str
    url_template: str
    id: str = ""
    display_name: str = ""
    description: str | None = None
    parameters: tuple[Parameter, ...] = ()
    request: Request | None = None
    responses: tuple[Response, ...] = ()
    source: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # the class is frozen for everybody else
        set_field(self, "method", self.method.upper())
        placeholders = self._check_template()
        if not self.parameters:
            set_field(self, "parameters", tuple(Parameter(name=name) for name in placeholders))
        self._check_parameters(placeholders)
        set_field(self, "id", self.id or derive_id(self.method, self.url_template))
        if not ID_PATTERN.fullmatch(self.id):
            raise InputError(
                f"{self.id!r} cannot be the id of an operation",
                where=self.name,
                fix=f"at most {MAXIMUM_ID} of A-Z a-z 0-9 - _, a letter or digit at both ends",
            )
        if not self.display_name:
            set_field(self, "display_name", self.name[:MAXIMUM_DISPLAY_NAME])
        if len(self.display_name) > MAXIMUM_DISPLAY_NAME:
            raise InputError(
                f"the display name has more than {MAXIMUM_DISPLAY_NAME} characters", where=self.name
            )

    @property
    def name(self) -> str:
        """Method and template, as people write an operation."""
        return f"{self.method} {self.url_template}"

    @property
    def match_key(self) -> tuple[str, str]:
        """Equal for two operations that the same requests would match.

        Names of parameters tell nothing apart and neither does upper and lower case, which routes
        of Azure Functions ignore.
        """

        def anonymous(placeholder: re.Match[str]) -> str:
            return "{*}" if placeholder[1].startswith("*") else "{}"

        return self.method, _PLACEHOLDER.sub(anonymous, self.url_template).lower()

    @classmethod
    def parse(cls, text: str) -> Operation:
        """Read the short form: `GET /orders/{id}`."""
        method, _, template = text.strip().partition(" ")
        if not template:
            raise InputError(
                f"{text!r} is not an operation", fix="write a method and a path, GET /orders/{id}"
            )
        return cls(method=method, url_template=template.strip())

    def _check_template(self) -> list[str]:
        """Check method and template and return the names of its placeholders."""
        template = self.url_template
        if not _METHOD.fullmatch(self.method):
            raise InputError(
                f"{self.method!r} is not an HTTP method", where=self.name, fix="GET, POST, PUT, …"
            )
        if not template.startswith("/"):
            raise InputError(
                "a URL template starts with a slash", where=self.name, fix=f"/{template}"
            )
        if len(template) > MAXIMUM_TEMPLATE:
            raise InputError(
                f"a URL template has at most {MAXIMUM_TEMPLATE} characters", where=self.name
            )
        if re.search(r"\s|#", template):
            raise InputError("a URL template has no white space and no #", where=self.name)
        if re.search(r"[$%]\{", template):
            raise InputError(
                "Terraform would take ${ and %{ in a URL template for its own", where=self.name
            )
        literal = _PLACEHOLDER.sub("", template)
        if "{" in literal or "}" in literal:
            raise InputError("the braces of the URL template do not pair", where=self.name)
        path = literal.partition("?")[0]
        if "*" in path[:-1] or (path.endswith("*") and not template.endswith("/*")):
            raise InputError(
                "* stands for the rest of the path, so it can only be its last segment",
                where=self.name,
                fix="/* or /files/*",
            )
        return self._placeholders()

    def _placeholders(self) -> list[str]:
        template = self.url_template
        placeholders: list[str] = []
        for inside in _PLACEHOLDER.findall(template):
            name = inside.removeprefix("*")
            plain = re.match(r"[^:?=*]*", name)
            if not name or (plain and plain[0] != name):
                raise InputError(
                    f"{{{inside}}} is not a placeholder of API Management",
                    where=self.name,
                    fix="write {name} or {*name}; types and defaults belong in parameters",
                )
            if name.lower() in (known.lower() for known in placeholders):
                raise InputError(
                    f"the URL template names {name!r} twice (upper and lower case are the same)",
                    where=self.name,
                    fix="give each placeholder a name of its own",
                )
            if inside.startswith("*") and not template.partition("?")[0].endswith(f"{{{inside}}}"):
                raise InputError(
                    f"{{{inside}}} stands for the rest of the path, so it can only come last",
                    where=self.name,
                )
            placeholders.append(name)
        return placeholders

    def _check_parameters(self, placeholders: list[str]) -> None:
        """Check what the provider checks in its plan: each placeholder has its parameter."""
        names = [parameter.name for parameter in self.parameters]
        for name in names:
            if name not in placeholders:
                raise InputError(
                    f"parameter {name!r} is not in the URL template",
                    where=self.name,
                    fix=f"add {{{name}}} to the template or drop the parameter",
                )
            if names.count(name) > 1:
                raise InputError(f"parameter {name!r} is given twice", where=self.name)
        for name in placeholders:
            if name not in names:
                raise InputError(
                    f"{{{name}}} has no parameter",
                    where=self.name,
                    fix=f'add Parameter(name="{name}"), or leave parameters out altogether',
                )
        query = self.request.query_parameters if self.request else ()
        for parameter in (*self.parameters, *query):
            if parameter.values and parameter.default not in (None, *parameter.values):
                raise InputError(
                    f"{parameter.name!r} has the default {parameter.default!r}, none of its values",
                    where=self.name,
                    fix=", ".join(parameter.values),
                )


class ImportDocument(NamedTuple):
    """An OpenAPI document for the `import` block of `azurerm_api_management_api`.

    Attributes:
        content_format: `openapi`, `openapi+json` or `swagger-json`.
        content_value: The document itself.
    """

    content_format: str
    content_value: str


@dataclass(frozen=True, kw_only=True)
class McpFunction:
    """A function that clients of MCP use, at the one endpoint that all of an app's have.

    Attributes:
        kind: What it is.
        name: What clients call it by; None where that is no constant.
        function: The function's name.
        source: Where it was read, as `file:line`.
    """

    kind: Literal["tool", "resource", "prompt"]
    name: str | None
    function: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What was read from the source of an API's operations.

    Attributes:
        entries: The operations, in a stable order.
        schemas: The types that their bodies refer to.
        document: Set where API Management itself imports the operations from this document: then
            an API gets an `import` block and **no** resource of its own per operation; the entries
            tell what will be there.
        route_prefix: The path before every route of the function app, from `host.json`; empty if it
            has none. The backend's URL ends in it, `https://<host name>/<route prefix>`. None where
            the source does not tell.
        mcp: The functions that clients of MCP use.
        mcp_level: Who may call these without a key, as `host.json` says it: with `System` nobody,
            with `Anonymous` whomever Easy Auth lets in. None where the source does not tell.
        findings: What the reader of the source has to say about it.
    """

    entries: tuple[Operation, ...]
    schemas: tuple[ApiSchema, ...] = ()
    document: ImportDocument | None = None
    route_prefix: str | None = None
    mcp: tuple[McpFunction, ...] = ()
    mcp_level: Literal["System", "Anonymous"] | None = None
    findings: tuple[Finding, ...] = field(default=(), compare=False)


def derive_id(method: str, url_template: str) -> str:
    """Make an operation's id from method and template: `get-orders-id`.

    The same input has the same id for ever: it is part of Terraform addresses. Where letters are
    lost (other scripts, more than 80 characters) a digest of the template takes their place.
    """
    words = re.sub(r"/?\*$", "/wildcard", url_template).replace("{*", "{")
    slug = "-".join(re.findall(r"[A-Za-z0-9]+", f"{method.lower()} {words}"))
    if re.fullmatch(r"[A-Za-z0-9/{}*._~?&=-]*", url_template) and len(slug) <= MAXIMUM_ID:
        return slug
    digest = hashlib.sha256(f"{method} {url_template}".encode()).hexdigest()[:8]
    return f"{slug[: MAXIMUM_ID - 9].rstrip('-')}-{digest}"
