"""Reads the calls of Azure Functions' Node v4 model in JavaScript and TypeScript.

`app.http`, `app.get` and their kin count at the top level of a file, where they run exactly once.
Sources: `src/app.ts` and `src/trigger.ts` of azure-functions-nodejs-library: without a level a
function is anonymous, without methods it answers GET and POST.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from constructs_lib.operations.findings import Place
from constructs_lib.operations.sources.constants import (
    Node,
    NotConstant,
    Reader,
    elements,
    member,
    resolve,
    text_of,
)
from constructs_lib.operations.sources.function_json import read_json
from constructs_lib.operations.sources.reading import HttpTrigger, Reading
from constructs_lib.operations.sources.source_text import JAVASCRIPT, Source, SourceError, Token

_SUFFIXES = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")
_NOT_SOURCES = re.compile(r"\.(test|spec|min)\.|\.d\.[mc]?ts$|\.config\.")
# Where `app` is found: in Durable Functions, those that HTTP starts are below `app.client`.
_APPS = {"@azure/functions": "", "durable-functions": ".client"}
_METHODS = {
    "get": "GET",
    "put": "PUT",
    "post": "POST",
    "patch": "PATCH",
    "deleteRequest": "DELETE",
}
_BINDERS = frozenset({"import", "const", "let", "var", "type", "*", "as"})
# What `app` has besides functions.
_NO_FUNCTIONS = frozenset({"setup", "hook", "on", "onStart", "onTerminate"})


@dataclass(eq=False)
class _Module:
    """A file: its constants, and what it imports from where."""

    path: Path
    source: Source
    constants: dict[str, Node] = field(default_factory=dict[str, Node])
    imports: dict[str, tuple[str, str]] = field(default_factory=dict[str, "tuple[str, str]"])


def read_node(reading: Reading) -> None:
    """Read every source file that uses the package."""
    _Project(reading).read()


class _Project:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.modules: dict[Path, _Module | None] = {}
        self.compiled = self.output_folder()

    def output_folder(self) -> Path | None:
        """Return where TypeScript puts what it compiles: the same functions once more."""
        path = self.reading.root / "tsconfig.json"
        document = read_json(path, self.reading) if path.is_file() else None
        options = document.root.fields.get("compilerOptions") if document else None
        folder = options.fields.get("outDir") if options else None
        return (self.reading.root / folder.text).resolve() if folder else None

    def read(self) -> None:
        for path in self.reading.files(*_SUFFIXES):
            if _NOT_SOURCES.search(path.name) or self.is_compiled(path):
                continue
            text = self.reading.read_text(path)
            if text and any(package in text for package in _APPS):
                module = self.load(path)
                if module is not None:
                    self.find_functions(module)

    def is_compiled(self, path: Path) -> bool:
        return self.compiled is not None and path.resolve().is_relative_to(self.compiled)

    def load(self, path: Path) -> _Module | None:
        if path in self.modules:
            return self.modules[path]
        self.modules[path] = None
        text = self.reading.read_text(path)
        if text is None:
            return None
        source = Source(self.reading.display(path), text, JAVASCRIPT)
        try:
            tokens = source.tokens
        except SourceError as error:
            place = Place(source.path, *source.place(error.offset))
            self.reading.report("OP102", error.problem, place)
            return None
        module = self.modules[path] = _Module(path, source)
        reader = Reader(tokens, JAVASCRIPT)
        for at, depth in _depths(tokens):
            if depth == 0 and tokens[at].kind == "name":
                _declaration(module, reader, at)
        return module

    def find_functions(self, module: _Module) -> None:
        tokens = module.source.tokens
        reader = Reader(tokens, JAVASCRIPT)
        apps = {
            (local if name == "app" else f"{local}.app") + _APPS[package]
            for local, (package, name) in module.imports.items()
            if package in _APPS and name in ("*", "default", "app")
        }
        known = {package for package, _ in module.imports.values()}
        for at, token in enumerate(tokens):
            package = str(token.parts[0]) if token.kind == "string" and token.parts else ""
            if package in _APPS and package not in known and tokens[at - 1].text == "(":
                self.report(module, f"what this makes of {package!r} is not known", token)
        binding = False
        for at, depth in _depths(tokens):
            token, before = tokens[at], tokens[at - 1].text if at else ""
            if depth == 0 and token.kind in ("name", "mark") and token.text not in ("{", "}", ","):
                # Between `import` or `const {` and what it is from, names are only given.
                binding = token.text in _BINDERS or before in _BINDERS
            if token.kind != "name" or before in (".", "?.") or binding:
                continue
            path, after = _dotted(tokens, at)
            owner, _, method = path.rpartition(".")
            if path in apps and tokens[after].text != ":":
                self.report(module, f"what gets {path!r} from here is not known", token)
            if owner not in apps:
                continue
            if tokens[after].text != "(":
                self.report(module, f"what {path!r} is used for is not known", token)
                continue
            if method in _NO_FUNCTIONS or method.startswith("on"):
                continue
            arguments, _, _ = reader.arguments(after)
            place = Place(module.source.path, *module.source.place(token.start))
            if depth:
                self.reading.report(
                    "OP110", f"whether {path} is called here depends on the run", place
                )
                self.reading.functions += 1
                continue
            self.add_function(module, method, arguments, place)

    def report(self, module: _Module, message: str, token: Token) -> None:
        place = Place(module.source.path, *module.source.place(token.start))
        self.reading.report("OP101", message, place)

    def add_function(
        self, module: _Module, method: str, arguments: tuple[Node, ...], place: Place
    ) -> None:
        def lookup(name: str) -> Node | None:
            return self.lookup(module, name)

        function = "a function"
        try:
            if len(arguments) < 2:
                raise NotConstant(arguments[0] if arguments else Node("opaque", 0))
            function = text_of(arguments[0], lookup)
            options = arguments[1]
            if method == "generic":
                trigger = member(options, "trigger", lookup) or options
                trigger = resolve(trigger, lookup)
                if trigger.kind == "call":  # trigger.http({…})
                    kind, options = trigger.text.rpartition(".")[2], trigger.items[0]
                else:
                    kind = text_of(member(trigger, "type", lookup) or trigger, lookup)
                    options = trigger
                method = "http" if kind.lower() in ("http", "httptrigger") else kind
            if method != "http" and method not in _METHODS:
                self.reading.add_other(function, method, place)
                return
            self.reading.add(self.http_trigger(module, function, method, options, place))
        except NotConstant as error:
            self.reading.functions += 1
            where = Place(module.source.path, *module.source.place(error.node.start or 0))
            what = error.node.text or "an expression"
            self.reading.report(
                "OP101",
                f"{what} of {function} is no constant",
                where if error.node.start else place,
            )

    def http_trigger(
        self, module: _Module, function: str, method: str, options: Node, place: Place
    ) -> HttpTrigger:
        def lookup(name: str) -> Node | None:
            return self.lookup(module, name)

        methods = (_METHODS[method],) if method in _METHODS else ("GET", "POST")
        if options.kind == "opaque" or (options.kind == "name" and lookup(options.text) is None):
            if method == "http":
                raise NotConstant(options)  # app.http takes options, never a handler alone
            return HttpTrigger(
                function=function, place=place, methods=methods, auth_level="anonymous"
            )
        level = member(options, "authLevel", lookup)
        route = member(options, "route", lookup)
        given = member(options, "methods", lookup)
        if given is not None and method not in _METHODS:
            methods = tuple(text_of(element, lookup) for element in elements(given, lookup))
        if route is not None and route.kind == "word":
            route = None  # undefined
        return HttpTrigger(
            function=function,
            place=place,
            route=None if route is None else text_of(route, lookup),
            methods=methods,
            auth_level="anonymous" if level is None else text_of(level, lookup).lower(),
        )

    def lookup(self, module: _Module, name: str, seen: int = 0) -> Node | None:
        """Find the constant that a dotted name stands for, in this file or the one it is from."""
        first, *rest = name.split(".")
        node: Node | None = module.constants.get(first)
        home = module
        if node is None and first in module.imports and seen < 10:
            package, exported = module.imports[first]
            found = self.find_module(module, package)
            if found is None:
                return None
            home = found
            if exported == "*":
                if not rest:
                    return None
                exported, rest = rest[0], rest[1:]
            node = self.lookup(home, exported, seen + 1)
        for key in rest:
            if node is None:
                return None
            try:
                node = member(node, key, lambda inner: self.lookup(home, inner, seen + 1))
            except NotConstant:
                return None
        return self.closed(home, node, seen) if node is not None else None

    def closed(self, module: _Module, node: Node, seen: int) -> Node:
        """Replace the names in an expression, which mean something in its own file only."""
        if node.kind == "name":
            found = self.lookup(module, node.text, seen + 1) if seen < 10 else None
            return found if found is not None else Node("opaque", node.start, node.text)
        return Node(
            node.kind,
            node.start,
            node.text,
            tuple(self.closed(module, item, seen + 1) for item in node.items),
            {key: self.closed(module, value, seen + 1) for key, value in node.fields.items()},
        )

    def find_module(self, module: _Module, package: str) -> _Module | None:
        if not package.startswith("."):
            return None
        base = Path(posixpath.normpath((module.path.parent / package).as_posix()))
        stem = base.with_suffix("") if base.suffix in _SUFFIXES else base
        for path in (
            base,
            *(stem.with_name(stem.name + suffix) for suffix in _SUFFIXES),
            *(base / f"index{suffix}" for suffix in _SUFFIXES),
        ):
            if path.is_file():
                return self.load(path)
        return None


def _depths(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the index of each token and how many brackets are open before it."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "mark" and token.text in (")", "]", "}"):
            depth -= 1
        yield index, depth
        if token.kind == "mark" and token.text in ("(", "[", "{"):
            depth += 1


def _dotted(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    path = [tokens[at].text]
    at += 1
    while tokens[at].text in (".", "?.") and tokens[at + 1].kind == "name":
        path.append(tokens[at + 1].text)
        at += 2
    if tokens[at].text == "<":
        while tokens[at].text not in (">", ";") and tokens[at].kind != "end":
            at += 1
        at += 1
    return ".".join(path), at


def _declaration(module: _Module, reader: Reader, at: int) -> None:
    """Take in a constant or an import that starts at a token."""
    tokens = reader.tokens
    word, following = tokens[at].text, tokens[at + 1]
    if word == "import":
        _import(module, reader, at + 1)
    elif word == "const" and (following.kind == "name" or following.text == "{"):
        _const(module, reader, at + 1)
    elif word == "enum" and following.kind == "name":
        items, named, _ = reader.arguments(at + 2) if tokens[at + 2].text == "{" else ((), {}, 0)
        if not items:
            module.constants[following.text] = Node("object", following.start, fields=named)
    elif word in ("module", "exports"):
        path, after = _dotted(tokens, at)
        if tokens[after].text == "=" and tokens[after + 1].text != "=":
            value, _ = reader.expression(after + 1)
            name = path.removeprefix("module.").removeprefix("exports").lstrip(".")
            if name:
                module.constants.setdefault(name, value)
            elif value.kind == "object":
                for key, member_node in value.fields.items():
                    module.constants.setdefault(key, member_node)
    elif word == "default" and tokens[at - 1].text == "export":
        module.constants["default"], _ = reader.expression(at + 1)


def _const(module: _Module, reader: Reader, at: int) -> None:
    tokens = reader.tokens
    if tokens[at].text == "{":
        names, end = _bindings(tokens, at)
        if tokens[end].text == "=" and tokens[end + 1].text == "require":
            package = reader.expression(end + 3)[0].text
            module.imports.update({local: (package, name) for local, name in names.items()})
        elif tokens[end].text == "=" and tokens[end + 1].text in module.imports:
            package, whole = module.imports[tokens[end + 1].text]
            if whole in ("*", "default"):  # const { app } = functions
                module.imports.update({local: (package, name) for local, name in names.items()})
        return
    name = tokens[at].text
    end = at + 1
    if tokens[end].text == ":":  # a type
        while tokens[end].text not in ("=", ";") and tokens[end].kind != "end":
            end += 1
    if tokens[end].text != "=":
        return
    value, after = reader.expression(end + 1)
    if tokens[end + 1].text == "require" and tokens[end + 2].text == "(":
        package = reader.expression(end + 3)[0].text
        if value.kind == "call":
            module.imports[name] = (package, "*")
        elif tokens[after - 2].text == "." and after == end + 7:  # require('…').app
            module.imports[name] = (package, tokens[after - 1].text)
    elif name in module.constants:
        module.constants[name] = Node("opaque", value.start, name)
    else:
        module.constants[name] = value


def _import(module: _Module, reader: Reader, at: int) -> None:
    tokens = reader.tokens
    names: dict[str, str] = {}
    while tokens[at].kind != "end" and tokens[at].text not in ("from", ";"):
        token = tokens[at]
        if token.kind == "string":  # import './other'
            return
        if token.text == "{":
            bound, at = _bindings(tokens, at)
            names.update(bound)
            continue
        if token.text == "*" and tokens[at + 1].text == "as":
            names[tokens[at + 2].text] = "*"
            at += 3
            continue
        if token.kind == "name" and token.text != "type":
            names[token.text] = "default"
        at += 1
    package = reader.expression(at + 1)[0].text if tokens[at].text == "from" else ""
    for local, exported in names.items():
        module.imports[local] = (package, exported)


def _bindings(tokens: Sequence[Token], at: int) -> tuple[dict[str, str], int]:
    """Read `{ a, b as c, d: e }`: local names and what they are called where they come from."""
    names: dict[str, str] = {}
    at += 1
    while tokens[at].text != "}" and tokens[at].kind != "end":
        token = tokens[at]
        if token.kind == "name" and token.text != "type":
            if tokens[at + 1].text in ("as", ":"):
                names[tokens[at + 2].text] = token.text
                at += 2
            else:
                names[token.text] = token.text
        at += 1
    return names, at + 1
