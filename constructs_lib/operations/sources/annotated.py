"""What C# and Java have in common: a function is a method with an attribute, or annotation.

`csharp` and `java` make these records of a file; `dotnet_java` makes functions of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from constructs_lib.operations.sources.constants import Expr
from constructs_lib.operations.sources.syntax import SourceText


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """An attribute of C# or an annotation of Java.

    Attributes:
        name: Its name, without namespace and without the `Attribute` that C# allows at its end.
        start: Offset of its name.
        items: Its arguments by position.
        fields: Its arguments by name.
    """

    name: str
    start: int
    items: tuple[Expr, ...] = ()
    fields: Mapping[str, Expr] = field(default_factory=dict[str, Expr])


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method.

    Attributes:
        scope: The types around it, and in C# their namespace, dotted.
        annotations: What is on the method.
        on_parameters: What is on its parameters.
        on_types: What is on the types around it.
        conditional: Whether a condition of the preprocessor decides what of this is compiled.
    """

    scope: str
    annotations: tuple[Annotation, ...]
    on_parameters: tuple[Annotation, ...]
    on_types: tuple[Annotation, ...] = ()
    conditional: bool = False


@dataclass(frozen=True)
class Branch:
    """A file as one choice of its preprocessor's branches makes it; offsets stay the same.

    Attributes:
        source: Its text, parsed.
        regions: Where a condition decides what is compiled, from offset to offset.
    """

    source: SourceText
    regions: tuple[tuple[int, int], ...] = ()

    def conditional(self, start: int, end: int) -> bool:
        """Whether a condition decides any of what is between two offsets."""
        return any(begin < end and start < finish for begin, finish in self.regions)


@dataclass
class AnnotatedFile:
    """A source file.

    Attributes:
        source: Its text, parsed.
        methods: Its methods that have annotations, or parameters with some.
        constants: The constants of its types, by their dotted name.
        bases: What its types are derived from, by their dotted name.
        names: What it calls types and members of other files, and their dotted name.
        opened: Types, and in C# namespaces, whose members it names without them.
        opened_everywhere: Those whose members the whole project names without them.
    """

    source: SourceText
    methods: list[Method] = field(default_factory=list["Method"])
    constants: dict[str, Expr] = field(default_factory=dict[str, Expr])
    bases: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    names: dict[str, str] = field(default_factory=dict[str, str])
    opened: list[str] = field(default_factory=list[str])
    opened_everywhere: list[str] = field(default_factory=list[str])

    def add_bases(self, name: str, bases: list[str]) -> None:
        """Add what a type, or a part of it, is derived from."""
        self.bases.setdefault(name, []).extend(bases)
