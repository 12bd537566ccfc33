"""Reads the calls of Azure Functions' Node v4 model in JavaScript and TypeScript.

`app.http`, `app.get` and their kin count at the top level of a file, where they run exactly once.
Sources: `src/app.ts` and `src/trigger.ts` of azure-functions-nodejs-library: without a level a
function is anonymous, without methods it answers GET and POST.
"""

from __future__ import annotations

import posixpath
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib.operations.sources.constants import (
    Expr,
    NotConstant,
    elements,
    is_function,
    member,
    resolve,
    text_of,
)
from constructs_lib.operations.sources.javascript import (
    JavaScriptModule,
    dotted,
    expression,
    read_module,
)
from constructs_lib.operations.sources.reading import HttpTrigger, Reading
from constructs_lib.operations.sources.syntax import Language, SourceText, text
from constructs_lib.operations.sources.tsconfig import compiler_options

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

# How sources of TypeScript end, by how what is compiled of them does.
_SOURCES = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_SUFFIXES = (".ts", ".tsx", ".mts", ".cts", *_SOURCES)
_TESTS = re.compile(r"\.(test|spec|config)\.")
_GENERATED = re.compile(r"\.min\.|\.d\.[mc]?ts$")
_MARKS = re.compile(r"@azure/functions\b|durable-functions")
# A file that registers functions, as far as a look at its text can tell.
_REGISTERS = re.compile(
    r"(?s)\A(?=.*(@azure/functions\b|durable-functions)).*\bapp\s*\.\s*[a-z]\w*\s*\("
)

# Where `app` is found: in Durable Functions, those that HTTP starts are below `app.client`.
_APPS = {"@azure/functions": "", "durable-functions": ".client"}
_DURABLE = frozenset({"orchestration", "activity", "entity"})
_METHODS = {
    "get": "GET",
    "put": "PUT",
    "post": "POST",
    "patch": "PATCH",
    "deleteRequest": "DELETE",
}
# What `app` has besides functions.
_NO_FUNCTIONS = frozenset({"setup", "hook"})

_BODIES = frozenset({"statement_block", "class_body"})
_APP_WORD = re.compile(rb"@azure/functions|durable-functions|\bapp\b")
# What always runs, once, when the code around it does.
_CERTAIN = frozenset(
    {"program", "expression_statement", "export_statement", "lexical_declaration"}
    | {"variable_declaration", "variable_declarator", "call_expression", "arguments"}
    | {"member_expression", "subscript_expression", "parenthesized_expression", "object", "pair"}
    | {"array", "spread_element", "assignment_expression", "await_expression", "as_expression"}
    | {"non_null_expression", "satisfies_expression", "sequence_expression", "new_expression"}
    | {
        "template_string",
        "template_substitution",
        "unary_expression",
        "shorthand_property_identifier",
    }
)
_FUNCTIONS = frozenset(
    {"arrow_function", "function_expression", "function_declaration", "method_definition"}
    | {"generator_function", "generator_function_declaration"}
)
# Names in these are types, or declare something.
_NO_USE = frozenset(
    {
        "import_statement",
        "type_annotation",
        "type_arguments",
        "type_query",
        "nested_type_identifier",
    }
)


def read_node(reading: Reading) -> None:
    """Read every source file that uses the package."""
    _NodeProject(reading).read()


class _NodeProject:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.modules: dict[Path, JavaScriptModule | None] = {}
        self.options = compiler_options(reading)

    def read(self) -> None:
        files = self.reading.files(
            *_SUFFIXES,
            registers=_REGISTERS,
            unlikely=_TESTS,
            generated=self.is_generated,
        )
        for path in files:
            content = self.reading.read_text(path)
            if content and _MARKS.search(content):
                module = self.load(path)
                if module is not None:
                    _Calls(self, module).find()

    def is_generated(self, path: Path) -> bool:
        """Whether a file is made of others: types, or what TypeScript compiles."""
        if _GENERATED.search(path.name):
            return True
        if path.suffix not in _SOURCES:
            return False
        return any(path.with_suffix(suffix).exists() for suffix in _SOURCES[path.suffix]) or (
            self.options.output is not None
            and self.options.output != self.reading.root.resolve()
            and path.resolve().is_relative_to(self.options.output)
        )

    def load(self, path: Path) -> JavaScriptModule | None:
        if path in self.modules:
            return self.modules[path]
        self.modules[path] = None
        content = self.reading.read_text(path)
        if content is None:
            return None
        language: Language = "typescript" if path.suffix.endswith("ts") else "javascript"
        if path.suffix == ".tsx":
            language = "tsx"
        source = SourceText(self.reading.display(path), content.encode(), language)
        source = source.in_older_words()
        if self.reading.report_syntax(source, _BODIES, _APP_WORD):
            return None
        module = self.modules[path] = read_module(path, source)
        return module

    def lookup(self, module: JavaScriptModule, name: str, seen: int = 0) -> Expr | None:
        """Find the constant that a dotted name stands for, in this file or the one it is from."""
        if seen > 10:
            return None
        first, *rest = name.split(".")
        if any(f"{name}.".startswith(f"{changed}.") for changed in module.changed):
            return None
        node: Expr | None = module.constants.get(first)
        if node is None and first in module.imports:
            package, exported = module.imports[first]
            found = self.find_module(module, package)
            if found is None:
                return None
            path = [*([exported] if exported != "*" else []), *rest] or ["default"]
            return self.exported(found, path, seen + 1)
        for key in rest:
            if node is None:
                return None
            try:
                node = member(node, key, lambda inner: self.lookup(module, inner, seen + 1))
            except NotConstant:
                return None
        return self.closed(module, node, seen) if node is not None else None

    def exported(self, module: JavaScriptModule, path: list[str], seen: int) -> Expr | None:
        """Find what a file exports under a name, or a member of it."""
        name, *rest = path
        node = self.lookup(module, ".".join((module.exports.get(name, name), *rest)), seen)
        for package in module.reexports:
            found = self.find_module(module, package) if node is None and seen < 10 else None
            node = self.exported(found, path, seen + 1) if found is not None else node
        return node

    def closed(self, module: JavaScriptModule, node: Expr, seen: int) -> Expr:
        """Replace the names in an expression, which mean something in its own file only.

        Its place is lost, as it would be one in the other file.
        """
        if node.kind == "name":
            found = self.lookup(module, node.text, seen + 1)
            return found if found is not None else Expr("opaque", 0, node.text)
        if node.kind == "function":
            return Expr("function", 0, node.text, node.items)
        return Expr(
            node.kind,
            0,
            node.text,
            tuple(self.closed(module, item, seen + 1) for item in node.items),
            {key: self.closed(module, value, seen + 1) for key, value in node.fields.items()},
        )

    def find_module(self, module: JavaScriptModule, package: str) -> JavaScriptModule | None:
        if package.startswith("."):
            places = iter([module.path.parent / package])
        else:
            places = self.options.places(package)
        for place in places:
            base = Path(posixpath.normpath(place.as_posix()))
            stem = base.with_suffix("") if base.suffix in _SUFFIXES else base
            for path in (
                base,
                *(stem.with_name(stem.name + suffix) for suffix in _SUFFIXES),
                *(base / f"index{suffix}" for suffix in _SUFFIXES),
            ):
                if path.is_file():
                    return self.load(path) if path.suffix in _SUFFIXES else None
        return None


class _Calls:
    """Finds what a file does with `app`."""

    def __init__(self, project: _NodeProject, module: JavaScriptModule) -> None:
        self.project = project
        self.module = module
        self.source = module.source
        self.reading = project.reading
        self.apps: set[str] = set()
        self.durable: set[str] = set()
        for local, (package, name) in module.imports.items():
            if package in _APPS and name in ("*", "default", "app"):
                app = local if name == "app" else f"{local}.app"
                self.apps.add(app + _APPS[package])
                if _APPS[package]:
                    self.durable.add(app)
        self.roots = {app.partition(".")[0] for app in self.apps}

    def find(self) -> None:
        self.report_unknown_packages()
        # What is still to see, whether it certainly runs, and the names of `app` that hold there.
        nodes: list[tuple[Syntax, bool, frozenset[str]]] = [
            (self.source.root, True, frozenset(self.roots))
        ]
        while nodes:
            node, certain, roots = nodes.pop()
            passed_on = node.type == "export_statement" and _part(node, "source") is not None
            if node.type in _NO_USE or passed_on or not roots:
                continue
            roots = roots - _declared(node)
            certain = certain and node.type in _CERTAIN
            children = list(node.children)
            if node.type == "call_expression":
                called = node.child_by_field_name("function")
                path = dotted(called) if called is not None else ""
                if called is not None and path.partition(".")[0] in roots and "." in path:
                    self.call(node, path, certain)
                    children.remove(called)
            elif node.type == "variable_declarator":
                children = self.declared_value(node)
            elif node.type in ("identifier", "member_expression", "shorthand_property_identifier"):
                path = dotted(node)
                if path.partition(".")[0] in roots:
                    self.use(node, path)
                    continue
            nodes.extend((child, certain, roots) for child in reversed(children))

    def declared_value(self, node: Syntax) -> list[Syntax]:
        """Return what of a declaration may use `app`: not a name or pattern that brings it in."""
        target, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is None or target is None:
            return []
        path = dotted(value)
        given = path.rpartition(".")[0] if target.type == "identifier" else path
        taken = target.type == "object_pattern" or text(target) in self.module.imports
        brought = taken and given in self.module.imports
        return [] if brought else [value]

    def call(self, node: Syntax, path: str, certain: bool) -> None:
        owner, _, method = path.rpartition(".")
        place = self.source.place(node.start_byte)
        is_durable = owner in self.durable and method in _DURABLE
        if owner not in self.apps and not is_durable:
            return
        if method in _NO_FUNCTIONS or re.match(r"on([A-Z]|$)", method):
            return
        if not certain:
            self.reading.report("OP110", f"whether {path} is called here depends on the run", place)
            self.reading.functions += 1
            return
        arguments = node.child_by_field_name("arguments")
        given = [
            expression(self.source, child)
            for child in (arguments.named_children if arguments else ())
            if child.type != "comment"
        ]
        self.add_function(method, given, node)

    def use(self, node: Syntax, path: str) -> None:
        """Report what is done with `app` other than calling its methods."""
        if path in self.apps or path in self.roots:
            message = f"what gets {path!r} from here is not known"
        elif path.rpartition(".")[0] in self.apps and path.rpartition(".")[2] not in _NO_FUNCTIONS:
            message = f"what {path!r} is used for is not known"
        else:
            return
        self.reading.report("OP101", message, self.source.place(node.start_byte))

    def report_unknown_packages(self) -> None:
        """Report what is made of the package in ways that are not followed."""
        known = {package for package, _ in self.module.imports.values()}
        for package in _APPS:
            exported = any(
                name.startswith("export ") and found[0] == package and found[1] in ("app", "*")
                for name, found in self.module.imports.items()
            )
            if package not in known or exported or package in self.module.reexports:
                for match in re.finditer(
                    rb"[\"']" + package.encode() + rb"[\"']", self.source.data
                ):
                    self.report_unknown_package(package, match.start(), exported)

    def report_unknown_package(self, package: str, at: int, exported: bool) -> None:
        node = self.source.root.descendant_for_byte_range(at, at + 1)
        while node is not None and node.type != "string":
            node = node.parent
        parent = node.parent if node is not None else None
        called = parent.parent if parent is not None and parent.type == "arguments" else None
        name = called.child_by_field_name("function") if called is not None else None
        is_import = name is not None and text(name) in ("require", "import")
        if is_import or (
            parent is not None
            and parent.type == "export_statement"
            and (exported or package in self.module.reexports)
        ):
            message = f"what this makes of {package!r} is not known"
            self.reading.report("OP101", message, self.source.place(at))

    def add_function(self, method: str, arguments: list[Expr], node: Syntax) -> None:
        function = "a function"
        place = self.source.place(node.start_byte)
        try:
            if len(arguments) < 2:
                raise NotConstant(arguments[0] if arguments else Expr("opaque", 0))
            function = text_of(arguments[0], self.lookup)
            options = arguments[1]
            if method == "generic":
                method, options = self.generic(options)
            if method != "http" and method not in _METHODS:
                self.reading.add_other(function, method, place, partial(self.mcp_name, options))
                return
            self.reading.add(self.http_trigger(function, method, options, node))
        except NotConstant as error:
            self.reading.functions += 1
            what = error.node.text or "an expression"
            self.reading.report(
                "OP101",
                f"{what} of {function} is not a constant",
                self.source.place(error.node.start or node.start_byte),
            )

    def mcp_name(self, options: Expr, kind: str) -> str | None:
        """Return what the options call a tool, resource or prompt."""
        try:
            given = member(options, f"{kind}Name", self.lookup)
            return "" if given is None else text_of(given, self.lookup)
        except NotConstant:
            return None

    def generic(self, options: Expr) -> tuple[str, Expr]:
        """Return what `app.generic` is started by, as a method of `app`, and its options."""
        trigger = resolve(member(options, "trigger", self.lookup) or options, self.lookup)
        if trigger.kind == "call":  # trigger.http({…})
            kind = trigger.text.rpartition(".")[2]
            options = trigger.items[0] if trigger.items else Expr("object", trigger.start)
        else:
            given = member(trigger, "type", self.lookup)
            kind, options = text_of(given or trigger, self.lookup), trigger
        return ("http" if kind.lower() in ("http", "httptrigger") else kind), options

    def http_trigger(self, function: str, method: str, options: Expr, node: Syntax) -> HttpTrigger:
        place = self.source.place(node.start_byte)
        methods = (_METHODS[method],) if method in _METHODS else ("GET", "POST")
        if method != "http" and is_function(options, self.lookup):
            return HttpTrigger(
                function=function, place=place, methods=methods, auth_level="anonymous"
            )
        level = member(options, "authLevel", self.lookup)
        route = member(options, "route", self.lookup)
        given = member(options, "methods", self.lookup) if method not in _METHODS else None
        if given is not None:
            methods = tuple(
                text_of(element, self.lookup) for element in elements(given, self.lookup)
            )
        if route is not None and route.kind == "word":
            route = None  # undefined
        return HttpTrigger(
            function=function,
            place=place,
            route=None if route is None else text_of(route, self.lookup),
            methods=methods,
            auth_level="anonymous" if level is None else text_of(level, self.lookup).lower(),
        )

    def lookup(self, name: str) -> Expr | None:
        return self.project.lookup(self.module, name)


def _declared(scope: Syntax) -> set[str]:
    """Return the names that a function, block, loop or `catch` declares for itself."""
    nodes: list[Syntax] = []
    statements: list[Syntax] = []
    if scope.type in _FUNCTIONS:
        nodes = [part for key in ("parameters", "parameter") if (part := _part(scope, key))]
        body = _part(scope, "body")
        statements = body.named_children if body is not None else []
    elif scope.type == "catch_clause":
        nodes = [part for part in (_part(scope, "parameter"),) if part is not None]
    elif scope.type == "for_in_statement" and _part(scope, "kind") is not None:
        nodes = [part for part in (_part(scope, "left"),) if part is not None]
    elif scope.type in ("statement_block", "for_statement", "switch_case", "switch_default"):
        statements = scope.named_children
    for statement in statements:
        if statement.type in ("lexical_declaration", "variable_declaration"):
            nodes += [
                target
                for declarator in statement.named_children
                if (target := _part(declarator, "name")) is not None
                and not _MARKS.search(text(declarator))
            ]
    names: set[str] = set()
    while nodes:
        node = nodes.pop()
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            names.add(text(node))
        # `left = default`; what TypeScript has beside the pattern are its type and its default.
        named = _part(node, "left") or _part(node, "pattern")
        children = [named] if named is not None else node.children
        nodes.extend(child for child in children if child.type not in _NO_USE)
    return names


def _part(node: Syntax, key: str) -> Syntax | None:
    return node.child_by_field_name(key)
