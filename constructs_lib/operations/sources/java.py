"""Reads annotated methods and constants of a Java file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from constructs_lib.operations.sources.annotated import AnnotatedFile, Annotation, Branch, Method
from constructs_lib.operations.sources.constants import Expr, joined
from constructs_lib.operations.sources.syntax import SourceText, pieces, text, unescape, unindent

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

BODIES = frozenset({"block", "constructor_body"})

_TYPES = frozenset(
    {"class_declaration", "interface_declaration", "enum_declaration", "record_declaration"}
)
_BODIES_OF_TYPES = frozenset(
    {"program", "class_body", "interface_body", "enum_body", "enum_body_declarations"}
)
_WORDS = frozenset({"true", "false", "null_literal", "decimal_integer_literal"})
_ESCAPE = re.compile(r"\\(?:u+[0-9A-Fa-f]{4}|[0-7]{1,3}|.|$)", re.DOTALL)


def branches(source: SourceText) -> list[Branch]:
    """Return the file as it is: Java has no preprocessor."""
    return [Branch(source)]


def read_file(branch: Branch) -> AnnotatedFile:
    """Read what a file declares."""
    file = AnnotatedFile(branch.source)
    _read_members(file, branch.source.root, "", ())
    return file


def _read_members(
    file: AnnotatedFile, node: Syntax, scope: str, on_types: tuple[Annotation, ...]
) -> None:
    for member in node.named_children:
        name = member.child_by_field_name("name")
        if member.type in _BODIES_OF_TYPES:
            _read_members(file, member, scope, on_types)
        elif member.type in _TYPES and name is not None:
            inner = f"{scope}.{text(name)}".lstrip(".")
            file.add_bases(inner, _bases(member))
            _read_members(file, member, inner, (*on_types, *_annotations(file.source, member)))
        elif member.type == "import_declaration":
            _read_import(file, member)
        elif member.type == "method_declaration":
            parameters = member.child_by_field_name("parameters")
            method = Method(
                scope=scope,
                annotations=_annotations(file.source, member),
                on_parameters=tuple(
                    annotation
                    for parameter in (parameters.named_children if parameters else ())
                    for annotation in _annotations(file.source, parameter)
                ),
                on_types=on_types,
            )
            if method.annotations or method.on_parameters:
                file.methods.append(method)
        elif member.type == "constant_declaration" or (
            member.type == "field_declaration" and "final" in _modifiers(member)
        ):
            _read_constants(file, member, scope)


def _bases(node: Syntax) -> list[str]:
    """Return the names of what a type is derived from."""
    found: list[str] = []
    nodes = list(node.children)
    while nodes:
        child = nodes.pop()
        if child.type in ("superclass", "super_interfaces", "extends_interfaces", "type_list"):
            nodes.extend(child.named_children)
        elif child.type in ("type_identifier", "scoped_type_identifier", "generic_type"):
            found.append(text(child).partition("<")[0])
    return found


def _read_import(file: AnnotatedFile, node: Syntax) -> None:
    """Take in `import static x.Type.NAME;` and `import static x.Type.*;`."""
    kinds = [child.type for child in node.children]
    name = text(node.named_children[0])
    if "static" in kinds and "asterisk" in kinds:
        file.opened.append(name)
    elif "static" in kinds:
        file.names[name.rpartition(".")[2]] = name


def _read_constants(file: AnnotatedFile, node: Syntax, scope: str) -> None:
    for declarator in node.children_by_field_name("declarator"):
        name, value = (declarator.child_by_field_name(key) for key in ("name", "value"))
        if name is not None and value is not None:
            dotted = f"{scope}.{text(name)}".lstrip(".")
            file.constants[dotted] = expression(file.source, value)


def _modifiers(node: Syntax) -> list[str]:
    modifiers = next((child for child in node.children if child.type == "modifiers"), None)
    return [child.type for child in modifiers.children] if modifiers else []


def _annotations(source: SourceText, node: Syntax) -> tuple[Annotation, ...]:
    return tuple(
        _annotation(source, child)
        for modifiers in node.children
        if modifiers.type == "modifiers"
        for child in modifiers.named_children
        if child.type in ("annotation", "marker_annotation")
    )


def _annotation(source: SourceText, node: Syntax) -> Annotation:
    name = node.child_by_field_name("name")
    arguments = node.child_by_field_name("arguments")
    items: list[Expr] = []
    fields: dict[str, Expr] = {}
    for argument in arguments.named_children if arguments else ():
        key, value = (argument.child_by_field_name(part) for part in ("key", "value"))
        if argument.type == "element_value_pair" and key is not None and value is not None:
            fields[text(key)] = expression(source, value)
        elif "comment" not in argument.type:
            items.append(expression(source, argument))
    return Annotation(
        name=text(name).rpartition(".")[2] if name else "",
        start=name.start_byte if name else node.start_byte,
        items=tuple(items),
        fields=fields,
    )


def _unescaped(match: re.Match[str]) -> str:
    return unescape(match[0])


def expression(source: SourceText, node: Syntax) -> Expr:
    """Return what an expression says."""
    start = node.start_byte
    if node.type == "string_literal":
        if text(node).startswith('"""'):
            return Expr("text", start, _ESCAPE.sub(_unescaped, unindent(text(node)[3:-3])))
        parts = [piece for piece in pieces(source, node, 1, 1) if isinstance(piece, str)]
        return Expr("text", start, "".join(parts))
    if node.type in ("parenthesized_expression", "cast_expression") and node.named_children:
        return expression(source, node.named_children[-1])
    if node.type == "binary_expression" and any(child.type == "+" for child in node.children):
        sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        return joined([expression(source, side) for side in sides if side is not None], start)
    if node.type in ("element_value_array_initializer", "array_initializer"):
        items = [child for child in node.named_children if "comment" not in child.type]
        return Expr("list", start, items=tuple(expression(source, item) for item in items))
    if node.type in ("identifier", "field_access", "scoped_identifier"):
        return Expr("name", start, "".join(text(node).split()))
    return Expr("word" if node.type in _WORDS else "opaque", start, text(node).partition("\n")[0])
