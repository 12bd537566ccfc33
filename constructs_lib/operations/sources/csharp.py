"""Reads methods with attributes and constants of a C# file.

What `#if` leaves open is read once per branch, with the other branches blanked out, so that each
reading is code that the compiler could see: a condition may cut a list of arguments in two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constructs_lib.operations.sources.annotated import AnnotatedFile, Annotation, Branch, Method
from constructs_lib.operations.sources.constants import Expr, joined
from constructs_lib.operations.sources.syntax import SourceText, pieces, text, unescape, unindent

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

BODIES = frozenset({"block", "arrow_expression_clause", "accessor_list"})

_TYPES = frozenset(
    {"class_declaration", "struct_declaration", "record_declaration", "interface_declaration"}
    | {"record_struct_declaration", "enum_declaration"}
)
_ARRAYS = frozenset(
    {"array_creation_expression", "implicit_array_creation_expression", "collection_expression"}
    | {"initializer_expression", "collection_element", "expression_element"}
)
_WORDS = frozenset({"boolean_literal", "null_literal", "integer_literal"})
_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(if|elif|else|endif)\b([^\n]*)", re.MULTILINE)
_DEFINE = re.compile(rb"^[ \t]*#[ \t]*(define|undef)[ \t]+(\w+)", re.MULTILINE)


def branches(source: SourceText) -> list[Branch]:
    """Return the file as each branch of its conditions makes it."""
    conditions, outermost = _conditions(source)
    if not conditions:
        return [Branch(source.in_older_words())]
    symbols = {match[2].decode(): match[1] == b"define" for match in _DEFINE.finditer(source.data)}
    undecided = [each for each in conditions if not each.decided(symbols)]
    regions = tuple((each.parts[0].start, each.end) for each in undecided)
    found: list[Branch] = []
    for choice in range(max(each.choices(symbols) for each in outermost)):
        data = bytearray(source.data)
        for condition in outermost:
            condition.keep(data, choice, symbols)
        read = SourceText(source.path, bytes(data), source.language)
        found.append(Branch(read.in_older_words(), regions))
    return found


@dataclass
class _Part:
    """`#if`, `#elif` or `#else`: its condition, where its line starts and where its code does."""

    condition: str
    start: int
    code: int
    inner: list[_Condition] = field(default_factory=list["_Condition"])

    def choices(self, symbols: dict[str, bool]) -> int:
        """How many readings show each part of the conditions within it at least once."""
        return max((each.choices(symbols) for each in self.inner), default=1)


@dataclass
class _Condition:
    parts: list[_Part] = field(default_factory=list["_Part"])
    end: int = 0
    end_of_line: int = 0

    def choices(self, symbols: dict[str, bool]) -> int:
        """How many readings there are: those of each part, and one of none without `#else`."""
        return len(self._readings(symbols))

    def _readings(self, symbols: dict[str, bool]) -> list[tuple[int, int]]:
        """Return, of each reading, the part that is compiled and the choice within it."""
        readings: list[tuple[int, int]] = []
        for number, part in enumerate(self.parts):
            truth = self.truth(part, symbols)
            if truth is not False:
                readings += [(number, choice) for choice in range(part.choices(symbols))]
            if truth:
                return readings
        return [*readings, (len(self.parts), 0)]

    def truth(self, part: _Part, symbols: dict[str, bool]) -> bool | None:
        """Whether a part is compiled, None where the build decides."""
        plain = part.condition.strip("() \t\r").partition("//")[0].strip()
        name = plain.lstrip("! ")
        value = {"true": True, "false": False, **symbols}.get(name)
        return not value if value is not None and plain.startswith("!") else value

    def decided(self, symbols: dict[str, bool]) -> bool:
        """Whether the file itself says which part is compiled."""
        return len({part for part, _ in self._readings(symbols)}) == 1

    def keep(self, data: bytearray, choice: int, symbols: dict[str, bool]) -> None:
        """Blank out the directives, and every part but the chosen one."""
        readings = self._readings(symbols)
        chosen, within = readings[min(choice, len(readings) - 1)]
        ends = [*(part.start for part in self.parts[1:]), self.end]
        for number, (part, end) in enumerate(zip(self.parts, ends, strict=True)):
            _blank(data, part.start, part.code if number == chosen else end)
            for inner in part.inner if number == chosen else ():
                inner.keep(data, within, symbols)
        _blank(data, self.end, self.end_of_line)


def _blank(data: bytearray, start: int, end: int) -> None:
    data[start:end] = re.sub(rb"[^\n]", b" ", bytes(data[start:end]))


def _conditions(source: SourceText) -> tuple[list[_Condition], list[_Condition]]:
    """Return all conditions of a file, and those that are within no other."""
    found: list[_Condition] = []
    outermost: list[_Condition] = []
    still_open: list[_Condition] = []
    for match in _DIRECTIVE.finditer(source.data):
        at = source.data.index(b"#", match.start())
        node = source.root.descendant_for_byte_range(at, at + 1)
        if node is not None and re.search("comment|string", node.type):
            continue  # the text of a comment or of a string
        word = match[1].decode()
        if word == "if":
            condition = _Condition()
            (still_open[-1].parts[-1].inner if still_open else outermost).append(condition)
            still_open.append(condition)
            found.append(condition)
        if not still_open:
            continue
        if word == "endif":
            ended = still_open.pop()
            ended.end, ended.end_of_line = match.start(), match.end()
        else:
            asked = "true" if word == "else" else match[2].decode("utf-8", "replace")
            still_open[-1].parts.append(_Part(asked, match.start(), match.end()))
    for condition in still_open:  # nothing ends it: all that follows
        condition.end = condition.end_of_line = len(source.data)
    return found, outermost


def read_file(branch: Branch) -> AnnotatedFile:
    """Read what a file declares."""
    file = AnnotatedFile(branch.source)
    _Reader(file, branch).members(branch.source.root, "", ())
    return file


@dataclass
class _Reader:
    file: AnnotatedFile
    branch: Branch

    def members(self, node: Syntax, scope: str, on_types: tuple[Annotation, ...]) -> None:
        for member in node.named_children:
            name = member.child_by_field_name("name")
            if member.type == "file_scoped_namespace_declaration" and name is not None:
                scope = "".join(text(name).split())  # of all that follows
            elif member.type == "namespace_declaration" and name is not None:
                self.members(member, f"{scope}.{''.join(text(name).split())}".lstrip("."), on_types)
            elif member.type == "declaration_list":
                self.members(member, scope, on_types)
            elif member.type in _TYPES and name is not None:
                inner = f"{scope}.{text(name)}".lstrip(".")
                self.file.add_bases(inner, self.bases(member))
                self.members(member, inner, (*on_types, *self.annotations(member)))
            elif member.type == "using_directive":
                self.using(member)
            elif member.type == "method_declaration":
                self.method(member, scope, on_types)
            elif member.type == "field_declaration" and any(
                child.type == "modifier" and text(child) == "const" for child in member.children
            ):
                self.constants(member, scope)

    @staticmethod
    def bases(node: Syntax) -> list[str]:
        """Return the names of what a type is derived from."""
        return [
            re.split(r"[<(]", text(child))[0]
            for bases in node.named_children
            if bases.type == "base_list"
            for child in bases.named_children
            if child.type != "argument_list"
        ]

    def using(self, node: Syntax) -> None:
        """Take in `using N;`, `using static N.Type;` and `using Name = N.Type;`."""
        words = [text(child) for child in node.children]
        if "=" in words:
            self.file.names[words[words.index("=") - 1]] = words[-2]
        else:
            opened = self.file.opened_everywhere if "global" in words else self.file.opened
            opened.append(words[-2])

    def method(self, node: Syntax, scope: str, on_types: tuple[Annotation, ...]) -> None:
        parameters = node.child_by_field_name("parameters")
        method = Method(
            scope=scope,
            annotations=self.annotations(node),
            on_parameters=tuple(
                annotation
                for parameter in (parameters.named_children if parameters else ())
                for annotation in self.annotations(parameter)
            ),
            on_types=on_types,
            conditional=self.branch.conditional(
                node.start_byte, parameters.end_byte if parameters else node.end_byte
            ),
        )
        if method.annotations or method.on_parameters:
            self.file.methods.append(method)

    def constants(self, node: Syntax, scope: str) -> None:
        for declaration in node.named_children:
            for declarator in declaration.named_children:
                name = declarator.child_by_field_name("name")
                values = [child for child in declarator.named_children if child != name]
                if declarator.type == "variable_declarator" and name is not None and values:
                    value = expression(self.file.source, values[-1])
                    if self.branch.conditional(node.start_byte, node.end_byte):
                        value = Expr("opaque", value.start, text(name))
                    dotted = f"{scope}.{text(name)}".lstrip(".")
                    if dotted in self.file.constants:  # of `A` and `A<T>`
                        value = Expr("opaque", value.start, text(name))
                    self.file.constants[dotted] = value

    def annotations(self, node: Syntax) -> tuple[Annotation, ...]:
        return tuple(
            self.annotation(child)
            for attributes in node.children
            if attributes.type == "attribute_list"
            for child in attributes.named_children
            if child.type == "attribute"
        )

    def annotation(self, node: Syntax) -> Annotation:
        name = node.child_by_field_name("name")
        items: list[Expr] = []
        fields: dict[str, Expr] = {}
        for arguments in node.named_children:
            if arguments.type != "attribute_argument_list":
                continue
            for argument in arguments.named_children:
                if argument.type != "attribute_argument":
                    continue
                key = argument.child_by_field_name("name")
                values = [
                    child
                    for child in argument.named_children
                    if child != key and child.type != "comment"
                ]
                value = expression(self.file.source, values[-1] if values else argument)
                if key is not None:
                    fields[text(key)] = value
                else:
                    items.append(value)
        last = re.split(r"\.|::", "".join(text(name).split()))[-1] if name is not None else ""
        return Annotation(
            name=last.partition("<")[0].removesuffix("Attribute"),
            start=name.start_byte if name is not None else node.start_byte,
            items=tuple(items),
            fields=fields,
        )


def expression(source: SourceText, node: Syntax) -> Expr:
    """Return what an expression says."""
    start = node.start_byte
    written = text(node)
    inner = [child for child in node.named_children if child.type != "comment"]
    if node.type == "string_literal":
        end = 3 if written.endswith(("u8", "U8")) else 1
        return joined(_parts(source, node, 1, end), start)
    if node.type == "verbatim_string_literal":
        return Expr("text", start, written[2:-1].replace('""', '"'))
    if node.type == "raw_string_literal":
        quotes = len(written) - len(written.lstrip('"'))
        return Expr("text", start, unindent(written[quotes:-quotes]))
    if node.type == "character_literal":
        body = written[1:-1]
        return Expr("text", start, unescape(body) if body.startswith("\\") else body)
    if node.type == "interpolated_string_expression":
        return _interpolated(source, node, written)
    if node.type in ("parenthesized_expression", "checked_expression") and inner:
        return expression(source, inner[0])
    if node.type == "postfix_unary_expression" and written.endswith("!") and inner:
        return expression(source, inner[0])
    if node.type == "binary_expression" and any(child.type == "+" for child in node.children):
        return joined([expression(source, side) for side in (inner[0], inner[-1])], start)
    if node.type in _ARRAYS:
        return _array(source, node)
    if node.type == "invocation_expression":
        return _call(source, node)
    if node.type == "identifier":
        return Expr("name", start, written.lstrip("@"))
    if node.type in ("member_access_expression", "qualified_name", "alias_qualified_name"):
        name = "".join(written.split()).rpartition("::")[2]
        return Expr("name" if re.fullmatch(r"[\w.@]+", name) else "opaque", start, name)
    return Expr("word" if node.type in _WORDS else "opaque", start, written.partition("\n")[0])


def _parts(source: SourceText, node: Syntax, opening: int, closing: int) -> list[Expr]:
    return [
        Expr("text", node.start_byte, piece)
        if isinstance(piece, str)
        else _interpolation(source, piece)
        for piece in pieces(source, node, opening, closing)
    ]


def _interpolation(source: SourceText, node: Syntax) -> Expr:
    inner = [
        child
        for child in node.named_children
        if child.type not in ("comment", "interpolation_brace")
    ]
    # `{value,10}` and `{value:X}` format; what that makes of a constant is not worked out.
    if len(inner) != 1:
        return Expr("opaque", node.start_byte, text(node))
    return expression(source, inner[0])


def _interpolated(source: SourceText, node: Syntax, written: str) -> Expr:
    match = re.match(r'[$@]*("+)', written)
    quotes = len(match[1]) if match else 1
    raw, verbatim = quotes >= 3, "@" in written.partition('"')[0]
    opening = match.end() if match else 2
    parts: list[Expr] = []
    for part in _parts(source, node, opening, quotes if raw else 1):
        if part.kind == "text" and part.start == node.start_byte and not raw:
            content = part.text.replace("{{", "{").replace("}}", "}")
            part = Expr("text", part.start, content.replace('""', '"') if verbatim else content)
        parts.append(part)
    if raw and "\n" in written:
        return Expr("opaque", node.start_byte, "an interpolated text of several lines")
    return joined(parts, node.start_byte)


def _array(source: SourceText, node: Syntax) -> Expr:
    items: list[Expr] = []
    for child in node.named_children:
        if child.type in ("array_type", "array_rank_specifier", "comment"):
            continue
        value = expression(source, child)
        items += value.items if child.type in _ARRAYS and value.kind == "list" else [value]
    return Expr("list", node.start_byte, items=tuple(items))


def _call(source: SourceText, node: Syntax) -> Expr:
    called, arguments = (node.child_by_field_name(key) for key in ("function", "arguments"))
    items = tuple(
        expression(source, argument.named_children[-1])
        for argument in (arguments.named_children if arguments else ())
        if argument.type == "argument" and argument.named_children
    )
    return Expr("call", node.start_byte, text(called) if called else "", items)
