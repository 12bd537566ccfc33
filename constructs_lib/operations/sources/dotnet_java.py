"""Reads attributes of C# and annotations of Java: both put the trigger next to a parameter.

`[Function("Name")]` (isolated) and `[FunctionName("Name")]` (in-process) of .NET, and
`@FunctionName("Name")` of Java, come before a method; `HttpTrigger` is on one of its parameters.
Sources: `HttpTriggerAttribute` of azure-functions-dotnet-worker and azure-webjobs-sdk-extensions,
`HttpTrigger` of azure-functions-java-library: the level is `function` if left out, and the methods
are all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from constructs_lib.operations.findings import Place
from constructs_lib.operations.operation import METHODS
from constructs_lib.operations.sources.constants import (
    Lookup,
    Node,
    NotConstant,
    Reader,
    elements,
    resolve,
    text_of,
)
from constructs_lib.operations.sources.reading import HttpTrigger, Reading
from constructs_lib.operations.sources.source_text import (
    CSHARP,
    JAVA,
    Language,
    Source,
    SourceError,
    Token,
)

_FUNCTION = {CSHARP: frozenset({"Function", "FunctionName"}), JAVA: frozenset({"FunctionName"})}
_TYPE_WORDS = frozenset({"class", "interface", "record", "struct", "enum"})


@dataclass(frozen=True)
class _Annotation:
    """An attribute or annotation; its place is that of its name."""

    name: str
    items: tuple[Node, ...]
    fields: dict[str, Node]
    token: Token
    scope: str
    conditional: bool


@dataclass
class _File:
    """A source file: its constants, and its annotations with None between declarations."""

    source: Source
    marks: list[_Annotation | None] = field(default_factory=list["_Annotation | None"])
    constants: dict[str, Node] = field(default_factory=dict[str, Node])


def read_annotated(reading: Reading) -> None:
    """Read the C# and Java files of the project."""
    for suffix, language in ((".cs", CSHARP), (".java", JAVA)):
        _Project(reading, suffix, language).read()


class _Project:
    def __init__(self, reading: Reading, suffix: str, language: Language) -> None:
        self.reading = reading
        self.language = language
        self.texts: dict[Path, str] = {}
        for path in reading.files(suffix):
            text = reading.read_text(path)
            if text is not None:
                self.texts[path] = text
        self.files: dict[Path, _File | None] = {}

    def read(self) -> None:
        for path, text in self.texts.items():
            if "HttpTrigger" in text or any(
                f"{name}(" in text for name in _FUNCTION[self.language]
            ):
                file = self.load(path)
                if file is not None:
                    self.find_functions(file)

    def load(self, path: Path) -> _File | None:
        if path in self.files:
            return self.files[path]
        self.files[path] = None
        source = Source(self.reading.display(path), self.texts[path], self.language)
        try:
            file = _scan_file(source)
        except SourceError as error:
            place = Place(source.path, *source.place(error.offset))
            self.reading.report("OP102", error.problem, place)
            return None
        self.files[path] = file
        return file

    def find_functions(self, file: _File) -> None:
        """Pair each function's annotation with the trigger that follows before its body."""
        function: _Annotation | None = None
        disable: _Annotation | None = None
        for mark in file.marks:
            if mark is None:
                lost = function or disable
                if lost is not None:
                    self.reading.report(
                        "OP101",
                        f"{lost.name} is on nothing that a trigger starts",
                        self.place(file, lost.token.start),
                    )
                function = disable = None
            elif mark.name in _FUNCTION[self.language]:
                function = mark
            elif mark.name == "Disable":
                disable = mark
            elif mark.name == "HttpTrigger" and function is None:
                self.reading.report(
                    "OP111",
                    "this trigger belongs to no function that has a name",
                    self.place(file, mark.token.start),
                )
            elif mark.name.endswith("Trigger") and function is not None:
                if disable is not None and disable.items:
                    self.reading.report(
                        "OP101",
                        "whether this function is disabled depends on a setting",
                        self.place(file, disable.token.start),
                    )
                    disable = None
                self.add_function(file, function, mark, disable is not None)
                function = disable = None

    def add_function(
        self, file: _File, function: _Annotation, trigger: _Annotation, disabled: bool
    ) -> None:
        name = "a function"
        place = self.place(file, trigger.token.start)

        def lookup(dotted: str) -> Node | None:
            return self.lookup(dotted, file, trigger.scope)

        try:
            given = function.items[0] if function.items else function.fields.get("value")
            name = text_of(given or Node("opaque", function.token.start), lookup)
            if function.conditional or trigger.conditional:
                self.reading.report(
                    "OP110", f"whether {name} is compiled depends on a symbol", place
                )
                self.reading.functions += 1
            elif trigger.name == "HttpTrigger":
                self.reading.add(self.http_trigger(name, trigger, place, disabled, lookup))
            else:
                self.reading.add_other(name, trigger.name, place)
        except NotConstant as error:
            self.reading.functions += 1
            what = error.node.text or "an expression"
            self.reading.report(
                "OP101", f"{what} of {name} is no constant", self.place(file, error.node.start)
            )

    def http_trigger(
        self, name: str, trigger: _Annotation, place: Place, disabled: bool, lookup: Lookup
    ) -> HttpTrigger:
        level = trigger.fields.get("authLevel") or trigger.fields.get("AuthLevel")
        methods: list[str] = []
        given = trigger.fields.get("methods") or trigger.fields.get("Methods")
        positional = [*trigger.items, *([given] if given else [])]
        for node in positional:
            for element in elements(node, lookup) if node.kind != "name" else [node]:
                text = element.text.split(".")
                if element.kind == "name" and "AuthorizationLevel" in text:
                    level = element
                elif element.kind == "name" and text[-2:-1] == ["HttpMethod"]:
                    methods.append(text[-1])
                elif element.kind == "name" and text[0] in METHODS and lookup(text[0]) is None:
                    methods.append(text[0])  # `import static …HttpMethod.GET`
                else:
                    value = resolve(element, lookup)
                    if value.kind == "list":
                        methods += [text_of(item, lookup) for item in value.items]
                    else:
                        methods.append(text_of(value, lookup))
        route = trigger.fields.get("Route") or trigger.fields.get("route")
        if route is not None and route.kind == "word":
            route = None
        return HttpTrigger(
            function=name,
            place=place,
            route=None if route is None else text_of(route, lookup),
            methods=tuple(methods),
            auth_level="function" if level is None else level.text.rpartition(".")[2].lower(),
            disabled=disabled,
        )

    def lookup(self, dotted: str, file: _File, scope: str) -> Node | None:
        """Find a constant by its name, with or without its class and namespace."""
        while True:  # the classes around it first, the innermost before the others
            node = file.constants.get(f"{scope}.{dotted}" if scope else dotted)
            if node is not None:
                return node
            if not scope:
                break
            scope = scope.rpartition(".")[0]
        if "." not in dotted:
            return None
        found: dict[str, Node] = {}
        for path, text in self.texts.items():
            if dotted.rpartition(".")[2] not in text:
                continue
            other = self.load(path)
            if other is None:
                continue
            for name, node in other.constants.items():
                if f".{name}".endswith(f".{dotted}") or f".{dotted}".endswith(f".{name}"):
                    found[f"{path}:{name}"] = self.close(node, other, name)
        return next(iter(found.values())) if len(found) == 1 else None

    def close(self, node: Node, file: _File, name: str) -> Node:
        """Work a constant out in its own file, where its names mean what they mean."""
        scope = name.rpartition(".")[0]
        try:
            text = text_of(node, lambda dotted: self.lookup(dotted, file, scope))
        except NotConstant:
            return node
        return Node("text", node.start, text)

    def place(self, file: _File, offset: int) -> Place:
        return Place(file.source.path, *file.source.place(offset))


def _scan_file(source: Source) -> _File:
    """Find annotations, constants and the ends of declarations."""
    file = _File(source)
    tokens = source.tokens
    reader = Reader(tokens, source.language)
    csharp = source.language is CSHARP
    braces: list[str | None] = []  # per open brace: the type that it opens
    pending: str | None = None
    conditions = 0
    brackets = 0
    for at, token in enumerate(tokens):
        scope = ".".join(name for name in braces if name)
        if token.kind == "directive":
            conditions += token.text.startswith("#if") - token.text.startswith("#endif")
        elif token.kind == "name":
            if token.text in _TYPE_WORDS and tokens[at + 1].kind == "name":
                following = tokens[at + 1]
                named = following.text not in _TYPE_WORDS  # `record struct Name`
                pending = following.text if named else pending
            elif token.text in ("const", "final"):
                _constant(file, reader, at, scope)
            elif _is_annotation(tokens, at, csharp):
                items: tuple[Node, ...] = ()
                fields: dict[str, Node] = {}
                after = at + 1
                while tokens[after].text == "." and tokens[after + 1].kind == "name":
                    after += 2
                name = tokens[after - 1].text
                if tokens[after].text == "(":
                    items, fields, _ = reader.arguments(after)
                file.marks.append(
                    _Annotation(
                        name.removesuffix("Attribute") if csharp else name,
                        items,
                        fields,
                        token,
                        scope,
                        conditions > 0,
                    )
                )
        elif token.kind == "mark":
            brackets += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if token.text == "{":
                braces.append(pending)
                pending = None
            elif token.text == "}" and braces:
                braces.pop()
            if token.text in ("{", "}", ";") and not brackets:
                file.marks.append(None)  # a declaration's end, or its body's beginning
    return file


def _is_annotation(tokens: tuple[Token, ...], at: int, csharp: bool) -> bool:
    """Whether a name starts an annotation: after `@`, or after `[` (or `,`) where one can stand."""
    before = tokens[at - 1].text if at else ""
    if not csharp:
        return before == "@" and tokens[at].text != "interface"
    if before == "[":
        # An index follows a name or a bracket; an attribute does not.
        previous = tokens[at - 2] if at > 1 else None
        return previous is None or previous.text in ("{", "}", ";", "(", ",", "]", "=>")
    return before == "," and tokens[at].text in (
        "Function",
        "FunctionName",
        "HttpTrigger",
        "Disable",
    )


def _constant(file: _File, reader: Reader, at: int, scope: str) -> None:
    """Take in `const string Name = …` of C# or `final String NAME = …` of Java."""
    tokens = reader.tokens
    if tokens[at + 1].text not in ("string", "String", "static"):
        return
    at += 1
    while tokens[at].kind == "name" and tokens[at + 1].kind == "name":
        at += 1
    while tokens[at].kind == "name" and tokens[at + 1].text == "=":
        name = tokens[at].text
        value, end = reader.expression(at + 2)
        file.constants[f"{scope}.{name}" if scope else name] = value
        if tokens[end].text != ",":
            return
        at = end + 1
