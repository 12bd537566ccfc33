"""Reads attributes of C# and annotations of Java: both put the trigger on a method's parameter.

`[Function("Name")]` (isolated) and `[FunctionName("Name")]` (in-process) of .NET, and
`@FunctionName("Name")` of Java, are on the method; `HttpTrigger` is on one of its parameters.
Sources: `HttpTriggerAttribute` of azure-functions-dotnet-worker and azure-webjobs-sdk-extensions,
`HttpTrigger` of azure-functions-java-library: the level is `function` if left out, and the methods
are all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from constructs_lib.operations.findings import FilePlace
from constructs_lib.operations.operation import METHODS
from constructs_lib.operations.sources import csharp, java
from constructs_lib.operations.sources.annotated import AnnotatedFile, Annotation, Branch, Method
from constructs_lib.operations.sources.constants import (
    Expr,
    Lookup,
    NotConstant,
    elements,
    resolve,
    text_of,
)
from constructs_lib.operations.sources.reading import HttpTrigger, Reading
from constructs_lib.operations.sources.syntax import Language, SourceText

_LEVELS = frozenset({"anonymous", "function", "admin", "user", "system"})
# A file that may have functions.
_MARKS = re.compile(r"\w+Trigger\b|\b(Function|FunctionName)(Attribute)?\s*\(")
_TRIGGER_WORD = re.compile(rb"Function(Name)?(Attribute)?\s*\(|\w+Trigger\b")


@dataclass(frozen=True)
class _Kind:
    """A language: how its files end, what names a function, and what reads a file."""

    suffix: str
    language: Language
    registers: re.Pattern[str]
    functions: frozenset[str]
    bodies: Collection[str]
    branches: Callable[[SourceText], list[Branch]]
    read_file: Callable[[Branch], AnnotatedFile]


_KINDS = (
    _Kind(
        ".cs",
        "csharp",
        re.compile(r"\[\s*(\w+[.:]+)*Function(Name)?(Attribute)?\s*\("),
        frozenset({"Function", "FunctionName"}),
        csharp.BODIES,
        csharp.branches,
        csharp.read_file,
    ),
    _Kind(
        ".java",
        "java",
        re.compile(r"@FunctionName\s*\("),
        frozenset({"FunctionName"}),
        java.BODIES,
        java.branches,
        java.read_file,
    ),
)


def read_annotated(reading: Reading) -> None:
    """Read the C# and Java files of the project."""
    for kind in _KINDS:
        _DotnetOrJavaProject(reading, kind).read()


class _DotnetOrJavaProject:
    def __init__(self, reading: Reading, kind: _Kind) -> None:
        self.reading = reading
        self.kind = kind
        self.texts: dict[Path, str] = {}
        for path in reading.files(kind.suffix, registers=kind.registers):
            text = reading.read_text(path)
            if text is not None:
                self.texts[path] = text
        self.files: dict[Path, tuple[AnnotatedFile, ...]] = {}
        self.types: dict[str, list[tuple[Path, AnnotatedFile, str]]] = {}
        self.values: dict[str, list[tuple[Path, AnnotatedFile, str]]] = {}

    def read(self) -> None:
        for path, text in self.texts.items():
            if _MARKS.search(text):
                seen: set[int] = set()
                for file in self.load(path):
                    self.find_functions(file, seen)

    def load(self, path: Path) -> tuple[AnnotatedFile, ...]:
        """Read a file, once per branch of its conditions; nothing if it cannot be parsed."""
        if path in self.files:
            return self.files[path]
        self.files[path] = ()
        shown = self.reading.display(path)
        source = SourceText(shown, self.texts[path].encode(), self.kind.language)
        branches = self.kind.branches(source)
        for branch in branches:
            if self.reading.report_syntax(branch.source, self.kind.bodies, _TRIGGER_WORD):
                return ()
        self.files[path] = tuple(self.kind.read_file(branch) for branch in branches)
        return self.files[path]

    def find_functions(self, file: AnnotatedFile, seen: set[int]) -> None:
        """Pair each function's annotation with the trigger on one of its parameters.

        Args:
            file: The file, in one of its branches.
            seen: Offsets of what other branches have too.
        """
        for method in file.methods:
            function = next((a for a in method.annotations if a.name in self.kind.functions), None)
            trigger = next((a for a in method.on_parameters if a.name.endswith("Trigger")), None)
            known = function or trigger
            if known is None or known.start in seen:
                continue
            seen.add(known.start)
            place = file.source.place(known.start)
            if function is None:
                if known.name == "HttpTrigger":
                    self.reading.report(
                        "OP111", "this trigger belongs to no function that has a name", place
                    )
            elif trigger is None:
                self.reading.report(
                    "OP101", f"{function.name} is on nothing that a trigger starts", place
                )
            else:
                self.add_function(file, method, function, trigger)

    def is_disabled(self, file: AnnotatedFile, method: Method) -> bool:
        everywhere = (*method.annotations, *method.on_parameters, *method.on_types)
        disable = next((each for each in everywhere if each.name == "Disable"), None)
        if disable is None or not disable.items:
            return disable is not None
        self.reading.report(
            "OP101",
            "whether this function is disabled depends on a setting",
            file.source.place(disable.start),
        )
        return False

    def add_function(
        self, file: AnnotatedFile, method: Method, function: Annotation, trigger: Annotation
    ) -> None:
        name = "a function"
        place = file.source.place(trigger.start)

        def lookup(dotted: str) -> Expr | None:
            return self.lookup(dotted, file, method.scope)

        try:
            given = next(iter((*function.items, *function.fields.values())), None)
            name = text_of(given or Expr("opaque", function.start), lookup)
            if method.conditional:
                self.reading.report(
                    "OP110", f"whether {name} is compiled depends on a symbol", place
                )
                self.reading.functions += 1
            elif trigger.name == "HttpTrigger":
                disabled = self.is_disabled(file, method)
                self.reading.add(self.http_trigger(name, trigger, place, disabled, lookup))
            else:
                mcp_name = partial(_mcp_name, trigger, lookup)
                self.reading.add_other(name, trigger.name, place, mcp_name)
        except NotConstant as error:
            self.reading.functions += 1
            what = error.node.text or "an expression"
            self.reading.report(
                "OP101",
                f"{what} of {name} is not a constant",
                file.source.place(error.node.start) if error.node.start else place,
            )

    def http_trigger(
        self, name: str, trigger: Annotation, place: FilePlace, disabled: bool, lookup: Lookup
    ) -> HttpTrigger:
        level = trigger.fields.get("authLevel") or trigger.fields.get("AuthLevel")
        given = trigger.fields.get("methods") or trigger.fields.get("Methods")
        methods: list[str] = []
        for number, node in enumerate((*trigger.items, *((given,) if given else ()))):
            if number == 0 and node is not given and _level(node, lookup):
                level = node
            else:
                methods += _methods(node, lookup)
        route = trigger.fields.get("Route") or trigger.fields.get("route")
        if route is not None and route.kind == "word":
            route = None
        return HttpTrigger(
            function=name,
            place=place,
            route=None if route is None else text_of(route, lookup),
            methods=tuple(methods),
            auth_level="function" if level is None else _level(level, lookup) or level.text,
            disabled=disabled,
        )

    def lookup(self, dotted: str, file: AnnotatedFile, scope: str) -> Expr | None:
        """Find a constant by its name, with or without its class and namespace."""
        while scope:  # what is around it first, the innermost before the others
            node = file.constants.get(f"{scope}.{dotted}") or self.inherited(scope, dotted)
            if node is not None:
                return node
            scope = scope.rpartition(".")[0]
        first, _, rest = dotted.partition(".")
        named = f"{file.names[first]}.{rest}".rstrip(".") if first in file.names else dotted
        names = [*([named] if "." in named else []), *(f"{each}.{dotted}" for each in file.opened)]
        names += [f"{each}.{dotted}" for each in self.opened_everywhere]
        for name in names:
            owner, _, last = name.rpartition(".")
            node = self.inherited(owner, last)
            if node is not None:
                return node
        return None

    @cached_property
    def opened_everywhere(self) -> list[str]:
        """Types and namespaces whose members every file names without them."""
        paths = [path for path, text in self.texts.items() if "global using" in text]
        files = [file for path in paths for file in self.load(path)]
        return [name for file in files for name in file.opened_everywhere]

    def inherited(self, name: str, dotted: str, seen: tuple[str, ...] = ()) -> Expr | None:
        """Find a constant that a type has from another part of it, or from what it derives from."""
        owner = f"{name}.{dotted}".rpartition(".")[0]
        if self.is_ambiguous(owner):
            return None
        node = self.member(f"{name}.{dotted}")
        for base in () if node is not None or name in seen else self.bases(name):
            node = node or self.inherited(base, dotted, (*seen, name))
        return node

    def is_ambiguous(self, name: str) -> bool:
        """Whether several types may be meant by a name: only C# has types of several parts."""
        partial = self.kind.language == "csharp"
        types = {
            ("" if partial else path.as_posix(), known) for path, _, known in self.types_like(name)
        }
        return len({each for each in types if each[1] == name} or types) > 1

    def bases(self, name: str) -> Iterator[str]:
        for _, file, known in self.types_like(name):
            yield from file.bases[known]

    def types_like(self, name: str) -> Iterator[tuple[Path, AnnotatedFile, str]]:
        """Yield the types that a name may mean, each with its file and its name."""
        last = name.rpartition(".")[2]
        if last not in self.types:
            self.types[last] = [
                (path, file, known)
                for path, file in self.mentioning(last)
                for known in file.bases
                if known.rpartition(".")[2] == last
            ]
        return (each for each in self.types[last] if _is_same(each[2], name))

    def mentioning(self, name: str) -> Iterator[tuple[Path, AnnotatedFile]]:
        """Yield the files that have a name in their text."""
        for path, text in self.texts.items():
            if name in text:
                for file in self.load(path):
                    yield path, file

    def member(self, dotted: str) -> Expr | None:
        """Find a constant by the name of its type and its own, unless several have these."""
        found: dict[tuple[Path, str], Expr] = {}
        last = dotted.rpartition(".")[2]
        if last not in self.values:
            self.values[last] = [
                (path, file, name)
                for path, file in self.mentioning(last)
                for name in file.constants
                if name.rpartition(".")[2] == last
            ]
        for path, file, name in self.values[last]:
            if _is_same(name, dotted):
                found[path, name] = self.close(file.constants[name], file, name)
        full = [node for (_, name), node in found.items() if name == dotted]
        nodes = full or list(found.values())
        return nodes[0] if len(nodes) == 1 else None

    def close(self, node: Expr, file: AnnotatedFile, name: str) -> Expr:
        """Work a constant out in its own file, where its names mean what they mean."""
        scope = name.rpartition(".")[0]
        try:
            value = text_of(node, lambda dotted: self.lookup(dotted, file, scope))
        except NotConstant:
            return Expr(node.kind, 0, node.text, node.items, node.fields)
        return Expr("text", 0, value)


def _is_same(name: str, other: str) -> bool:
    """Whether two names may mean the same, one of them with more of its namespace."""
    return f".{name}".endswith(f".{other}") or f".{other}".endswith(f".{name}")


def _mcp_name(trigger: Annotation, lookup: Lookup, kind: str) -> str | None:
    """Return what a trigger calls its tool, resource or prompt."""
    place = 1 if kind == "resource" else 0  # `[McpResourceTrigger(uri, resourceName)]`
    named = [trigger.fields.get(each) for each in (f"{kind}Name", f"{kind.title()}Name", "name")]
    given = next(filter(None, (*named, *trigger.items[place : place + 1])), None)
    try:
        return "" if given is None else text_of(given, lookup)
    except NotConstant:
        return None


def _level(node: Expr, lookup: Lookup) -> str:
    """Return the level that a name stands for; empty if it is no level."""
    for _ in range(10):
        path = node.text.split(".")
        level = path[-1].lower()
        if node.kind != "name":
            return ""
        if "AuthorizationLevel" in path or (len(path) == 1 and level in _LEVELS):
            return level
        found = lookup(node.text)
        if found is None:
            return ""
        node = found
    return ""


def _methods(node: Expr, lookup: Lookup) -> Iterator[str]:
    """Yield the methods that an argument names: text, members of an enumeration, lists of them."""
    path = node.text.split(".")
    if node.kind == "name" and path[-2:-1] == ["HttpMethod"]:
        yield path[-1]
    elif node.kind == "name" and path[0] in METHODS and lookup(path[0]) is None:
        yield path[0]  # `import static …HttpMethod.GET`
    elif resolve(node, lookup).kind == "list":
        for element in elements(node, lookup):
            yield from _methods(element, lookup)
    else:
        yield text_of(node, lookup)
