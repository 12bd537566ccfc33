r"""Route templates of Azure Functions, and the URL templates that API Management needs for them.

A route is what ASP.NET Core reads (`Microsoft.AspNetCore.Routing.Patterns.RoutePatternParser`, the
Functions host's own router): `{id}`, `{id:int:min(1)}`, `{id?}`, `{page=1}`, `{*path}`, `{**path}`,
`{code:regex(^\d{{4}}$)}` and several parameters in a segment, `{name}.{extension?}`.
API Management knows only `{id}` and `{*path}` and matches no segment that is missing, so a route
becomes one URL template per number of segments that a request may leave out.

Source of the mapping of constraints to types: Learn, "Azure Functions HTTP trigger", and the import
of function apps by API Management's extension for Visual Studio Code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from constructs_lib.operations.operation import Parameter

# Constraints of ASP.NET Core that say something about the type, and what they say.
_TYPES = {
    **dict.fromkeys(("int", "long", "min", "max", "range"), "integer"),
    **dict.fromkeys(("decimal", "float", "double"), "number"),
    "bool": "boolean",
}
_OTHER_CONSTRAINTS = frozenset(
    {
        "alpha",
        "datetime",
        "exists",
        "file",
        "guid",
        "length",
        "maxlength",
        "minlength",
        "nonfile",
        "regex",
        "required",
    }
)


class RouteError(ValueError):
    """A route that the Functions host would refuse.

    Args:
        problem: What is wrong.
        column: Where in the route, counted from 1.
    """

    def __init__(self, problem: str, column: int) -> None:
        self.problem = problem
        self.column = column
        super().__init__(f"{problem} at character {column} of the route")


@dataclass(frozen=True, kw_only=True)
class RouteParameter:
    """A parameter of a route.

    Attributes:
        name: Its name.
        constraints: The constraints as written, for example `("int", "min(1)")`.
        default: Its value where the request leaves it out.
        optional: `{name?}`: a request may leave it out.
        catch_all: `{*name}` or `{**name}`: it takes the rest of the path, even an empty one.
    """

    name: str
    constraints: tuple[str, ...] = ()
    default: str | None = None
    optional: bool = False
    catch_all: bool = False

    @property
    def may_be_missing(self) -> bool:
        """Whether the route matches a request without it."""
        return self.optional or self.catch_all or self.default is not None

    @property
    def type(self) -> str:
        """The JSON type that its constraints ask for."""
        for constraint in self.constraints:
            kind = constraint.partition("(")[0].lower()
            if kind in _TYPES:
                return _TYPES[kind]
        return "string"

    @property
    def unknown_constraints(self) -> tuple[str, ...]:
        """Constraints that ASP.NET Core does not have: the host would not start with them."""
        known = _TYPES.keys() | _OTHER_CONSTRAINTS
        return tuple(c for c in self.constraints if c.partition("(")[0].lower() not in known)


Segment: TypeAlias = "tuple[str | RouteParameter, ...]"


@dataclass(frozen=True)
class UrlTemplate:
    """A URL template of API Management with its parameters.

    Attributes:
        template: The template, with a slash in front.
        parameters: The parameters in it.
        missing: Names of the route's parameters that this template leaves out.
    """

    template: str
    parameters: tuple[Parameter, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class HttpRoute:
    """A route, parsed: its segments, each of literal text and parameters."""

    segments: tuple[Segment, ...]

    @property
    def parameters(self) -> tuple[RouteParameter, ...]:
        """The parameters in the order of the route."""
        return tuple(
            part for segment in self.segments for part in segment if not isinstance(part, str)
        )

    def url_templates(self) -> tuple[UrlTemplate, ...]:
        """Return what API Management needs to match the same requests, the longest first.

        Segments that a request may leave out get a template with and one without them; only those
        at the end of the route can be left out.
        """
        return tuple(_url_template(self, left_out) for left_out in range(_missing(self) + 1))


def parse_route(text: str) -> HttpRoute:
    """Parse a route.

    Raises:
        RouteError: The Functions host or API Management could not use it.
    """
    parser = _RouteParser(text)
    segments = parser.segments()
    names: set[str] = set()
    for position, segment in enumerate(segments):
        for part in segment:
            if isinstance(part, str):
                if re.search(r"[{}*?#\s]", part):
                    raise RouteError(
                        f"API Management has no way to write the text {part!r} in a URL template", 1
                    )
                continue
            if re.search(r"[#\s]", part.name):
                raise RouteError(f"API Management cannot have the name {part.name!r}", 1)
            if part.name.lower() in names:
                raise RouteError(f"two parameters have the name {part.name!r}", 1)
            names.add(part.name.lower())
            if part.catch_all and (position < len(segments) - 1 or len(segment) > 1):
                raise RouteError(f"the catch-all {part.name!r} has to be the last segment", 1)
            last = segment[len(segment) - 1]
            if part.optional and part is not last:
                raise RouteError(f"the optional {part.name!r} has to end its segment", 1)
            if part.optional and len(segment) > 1 and segment[-2] != ".":
                raise RouteError(f"only a '.' can come before the optional {part.name!r}", 1)
    return HttpRoute(segments)


class _RouteParser:
    """Reads a route character by character; braces inside a constraint's brackets are its own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def segments(self) -> tuple[Segment, ...]:
        if self.text.startswith("~/"):
            self.at = 2
        elif self.text.startswith("/"):
            self.at = 1
        if self.at == len(self.text):
            return ()
        segments: list[Segment] = []
        while True:
            segments.append(self.segment())
            if self.at == len(self.text):
                return tuple(segments)
            self.at += 1  # the slash
            if self.at == len(self.text):
                return tuple(segments)  # a slash at the end says nothing

    def segment(self) -> Segment:
        parts: list[str | RouteParameter] = []
        literal = ""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] != "/":
            pair = self.text[self.at : self.at + 2]
            if pair in ("{{", "}}"):
                literal += pair[0]
                self.at += 2
            elif pair[0] == "}":
                raise RouteError("a '}' has no '{'", self.at + 1)
            elif pair[0] == "{":
                if literal:
                    parts.append(literal)
                    literal = ""
                elif parts:
                    raise RouteError("two parameters need text between them", self.at + 1)
                parts.append(self.parameter())
            else:
                literal += pair[0]
                self.at += 1
        if literal:
            parts.append(literal)
        if not parts:
            raise RouteError("two slashes follow each other", start + 1)
        # `{name}.{extension?}`: the dot goes with what it precedes.
        last: str | RouteParameter = parts[-1]
        if len(parts) > 1 and not isinstance(last, str) and last.optional:
            text = parts[-2]
            if isinstance(text, str) and text.endswith(".") and text != ".":
                parts[-2:-1] = [text[:-1], "."]
        return tuple(parts)

    def parameter(self) -> RouteParameter:
        start = self.at
        self.at += 1
        stars = len(self.text) - self.at - len(self.text[self.at :].lstrip("*"))
        if stars > 2:
            raise RouteError("a catch-all has one or two stars", start + 1)
        self.at += stars
        name = self.until(":=?{}/*")
        if not name:
            raise RouteError("a parameter has no name", start + 1)
        constraints: list[str] = []
        while self.peek() == ":":
            self.at += 1
            constraint = self.constraint(start)
            if not constraint:
                raise RouteError(f"{name!r} has a ':' without a constraint", start + 1)
            constraints.append(constraint)
        default: str | None = None
        if self.peek() == "=":
            self.at += 1
            default = self.until("{}")
        optional = False
        if default is not None and default.endswith("?"):
            raise RouteError(f"{name!r} cannot be optional and have a default", start + 1)
        if default is None and self.peek() == "?":
            optional = True
            self.at += 1
        if self.peek() != "}":
            what = f"{self.peek()!r} is not expected in" if self.peek() else "no '}' ends"
            raise RouteError(f"{what} the parameter {name!r}", self.at + 1)
        if optional and stars:
            raise RouteError(f"the catch-all {name!r} cannot be optional", start + 1)
        self.at += 1
        return RouteParameter(
            name=name,
            constraints=tuple(constraints),
            default=default,
            optional=optional,
            catch_all=stars > 0,
        )

    def constraint(self, start: int) -> str:
        """Read `name` or `name(argument)`; the argument may be a regular expression."""
        text = self.until(":=?{}(/")
        if self.peek() != "(":
            return text
        depth = 0
        in_class = False
        begin = self.at
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character == "\\":
                self.at += 1
            elif in_class:
                in_class = character != "]"
            elif character == "[":
                in_class = True
            elif character == "(":
                depth += 1
            elif character == ")":
                depth -= 1
                if not depth:
                    return text + self.text[begin : self.at].replace("{{", "{").replace("}}", "}")
        raise RouteError(f"no ')' ends the constraint {text!r}", start + 1)

    def until(self, ends: str) -> str:
        begin = self.at
        while self.at < len(self.text) and self.text[self.at] not in ends:
            self.at += 1
        return self.text[begin : self.at]

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]


def _missing(route: HttpRoute) -> int:
    """Count the steps by which a request may shorten the route from its end."""
    steps = 0
    for segment in reversed(route.segments):
        last = segment[-1]
        if isinstance(last, str) or not last.may_be_missing:
            break
        if len(segment) > 1:
            # Only an optional last part (with its dot) can go; the rest of the segment stays.
            return steps + (1 if last.optional else 0)
        steps += 1
    return steps


def _url_template(route: HttpRoute, left_out: int) -> UrlTemplate:
    segments = list(route.segments)
    missing: list[str] = []
    for _ in range(left_out):
        segment = segments.pop()
        last = segment[-1]
        assert not isinstance(last, str)  # noqa: S101  (_missing counts parameters only)
        missing.insert(0, last.name)
        if len(segment) > 1:
            segments.append(segment[:-2])
    parameters: list[Parameter] = []
    template = ""
    for segment in segments:
        template += "/"
        for part in segment:
            if isinstance(part, str):
                template += part
                continue
            template += f"{{{'*' if part.catch_all else ''}{part.name}}}"
            parameters.append(Parameter(name=part.name, type=part.type, default=part.default))
    return UrlTemplate(template or "/", tuple(parameters), tuple(missing))
