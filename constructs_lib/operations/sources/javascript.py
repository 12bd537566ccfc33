"""Reads the constants, imports and exports at the top level of JavaScript and TypeScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib.operations.sources.constants import ConstantKind, Expr, joined
from constructs_lib.operations.sources.syntax import SourceText, pieces, text

if TYPE_CHECKING:
    from tree_sitter import Node as Syntax

_FUNCTIONS = frozenset(
    {"arrow_function", "function_expression", "function_declaration", "generator_function"}
    | {"generator_function_declaration", "method_definition", "function"}
)
_WORDS = frozenset({"true", "false", "null", "undefined", "number"})
# What stands around an expression without changing its value: types of TypeScript, brackets.
_WRAPPERS = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"}
    | {"type_assertion"}
)
# Methods of lists and functions of `Object` that change what they are given.
_CHANGING = frozenset({"push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill"})
_CHANGING_OTHERS = frozenset({"Object.assign", "Object.defineProperty", "Object.defineProperties"})
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration"})


@dataclass(eq=False)
class JavaScriptModule:
    """A file of JavaScript or TypeScript.

    Attributes:
        path: The file.
        source: Its text, parsed.
        constants: What its top level names, by name.
        imports: Where imported names are from: the package, and what they are called there (`*`:
            all of it).
        exports: What exported names are called in the file itself, where that differs.
        reexports: Packages and files whose exports are its own as well.
        changed: Members of what it imports that it changes, dotted.
    """

    path: Path
    source: SourceText
    constants: dict[str, Expr] = field(default_factory=dict[str, Expr])
    imports: dict[str, tuple[str, str]] = field(default_factory=dict[str, "tuple[str, str]"])
    exports: dict[str, str] = field(default_factory=dict[str, str])
    reexports: list[str] = field(default_factory=list[str])
    changed: set[str] = field(default_factory=set[str])

    def forget_export(self, name: str, start: int) -> None:
        """Take the value of an export for unknown, whatever has its name in the file."""
        self.exports[name] = f"export {name}"
        self.constants[f"export {name}"] = Expr("opaque", start, name)


def read_module(path: Path, source: SourceText) -> JavaScriptModule:
    """Read what the top level of a file declares."""
    module = JavaScriptModule(path, source)
    for statement in source.root.named_children:
        _Statement(module).read(statement)
    _forget_changed(module)
    return module


def _forget_changed(module: JavaScriptModule) -> None:
    """Forget of constant lists and objects what the file may change."""
    nodes = [module.source.root]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.named_children)
        changed: Syntax | None = None
        if node.type in ("assignment_expression", "augmented_assignment_expression"):
            changed = node.child_by_field_name("left")
        elif node.type == "unary_expression" and "delete" in _types(node):
            changed = node.child_by_field_name("argument")
        elif node.type == "call_expression":
            called, given = (node.child_by_field_name(key) for key in ("function", "arguments"))
            path = dotted(called) if called is not None else ""
            if path in _CHANGING_OTHERS and given is not None and given.named_children:
                changed = given.named_children[0]
            elif path.rpartition(".")[2] in _CHANGING and called is not None:
                changed = called
        path = dotted(changed) if changed is not None else ""
        name, _, key = path.partition(".")
        exported = re.match(r"(?:module\.)?exports\.(\w+)", path)
        deep = node.parent is not None and node.parent.parent != module.source.root
        if exported and deep and not text(node).endswith("void 0"):
            module.forget_export(exported[1], node.start_byte)
        if name in module.imports and key:
            module.changed.add(path if node.type != "call_expression" else path.rpartition(".")[0])
        known = module.constants.get(name)
        if known is None or known.kind not in ("object", "list") or changed is None:
            continue
        unknown = Expr("opaque", changed.start_byte, text(changed))
        if known.kind == "object" and key and "." not in key and node.type != "call_expression":
            unknown = Expr("object", known.start, items=(known,), fields={key: unknown})
        module.constants[name] = unknown


def dotted(node: Syntax) -> str:
    """Return a name with its members, `a.b.c`; empty for anything else."""
    if node.type in _WRAPPERS:
        return dotted(node.named_children[0])
    if node.type in ("identifier", "shorthand_property_identifier", "undefined", "this"):
        return text(node)
    owner = node.child_by_field_name("object")
    if owner is None:
        return ""
    member = node.child_by_field_name("property")
    if node.type == "subscript_expression":
        member = node.child_by_field_name("index")
        if member is None or member.type != "string":
            return ""
    path, last = dotted(owner), text(member).strip("\"'") if member else ""
    return f"{path}.{last}" if path and re.fullmatch(r"[\w$]+", last) else ""


def expression(source: SourceText, node: Syntax) -> Expr:
    """Return what an expression says."""
    start = node.start_byte
    if node.type in _WRAPPERS:
        inner = [child for child in node.named_children if child.type != "comment"]
        # The type of `<T>value` comes first, that of `value as T` last.
        return expression(source, inner[-1] if node.type == "type_assertion" else inner[0])
    if node.type in ("string", "template_string"):
        parts = [
            Expr("text", start, piece)
            if isinstance(piece, str)
            else expression(source, _inside(piece))
            for piece in pieces(source, node, 1, 1)
        ]
        return joined(parts, start)
    if node.type in _WORDS or (node.type == "unary_expression" and "number" in _types(node)):
        return Expr("word", start, text(node))
    if node.type == "binary_expression" and "+" in _types(node):
        sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        return Expr("join", start, items=tuple(expression(source, side) for side in sides if side))
    if node.type == "array":
        return Expr("list", start, items=tuple(_expressions(source, node)))
    if node.type == "spread_element":
        return Expr("spread", start, items=tuple(_expressions(source, node)))
    if node.type == "object":
        return _object(source, node)
    if node.type in _FUNCTIONS:
        return _function(source, node)
    if node.type in ("class", "class_declaration", "abstract_class_declaration"):
        return _class(source, node)
    if node.type == "call_expression":
        return _call(source, node)
    name = dotted(node)
    kind: ConstantKind = "name" if name and name != "undefined" else "opaque"
    return Expr("word" if name == "undefined" else kind, start, name)


def _types(node: Syntax) -> list[str]:
    return [child.type for child in node.children]


def _inside(substitution: Syntax) -> Syntax:
    inner = [child for child in substitution.named_children if child.type != "comment"]
    return inner[0] if inner else substitution


def _expressions(source: SourceText, node: Syntax) -> Iterator[Expr]:
    for child in node.named_children:
        if child.type != "comment":
            yield expression(source, child)


def _call(source: SourceText, node: Syntax) -> Expr:
    called = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    items = tuple(_expressions(source, arguments)) if arguments else ()
    name = dotted(called) if called else ""
    if name in ("Object.freeze", "Object.seal") and len(items) == 1:
        return items[0]
    return Expr("call" if name else "opaque", node.start_byte, name, items)


def _object(source: SourceText, node: Syntax) -> Expr:
    fields: dict[str, Expr] = {}
    spread: list[Expr] = []
    for member in node.named_children:
        if member.type == "shorthand_property_identifier":
            fields[text(member)] = Expr("name", member.start_byte, text(member))
        elif member.type == "spread_element":
            if fields:  # what is spread here replaces what comes before
                spread.append(Expr("object", node.start_byte, fields=fields))
                fields = {}
            spread.extend(_expressions(source, member))
        elif member.type in ("pair", "method_definition"):
            key = member.child_by_field_name("key") or member.child_by_field_name("name")
            value = member.child_by_field_name("value")
            if key is not None and key.type == "computed_property_name":
                key = key.named_children[0] if key.named_children[0].type == "string" else None
            if key is None:
                spread.append(Expr("opaque", member.start_byte))  # the key could be any
            else:
                name = expression(source, key).text if key.type == "string" else text(key)
                fields[name] = expression(source, value or member)
    return Expr("object", node.start_byte, items=tuple(spread), fields=fields)


def _function(source: SourceText, node: Syntax) -> Expr:
    body = node.child_by_field_name("body")
    results: list[Syntax] = []
    if body is not None and body.type != "statement_block":
        results = [body]
    elif body is not None:
        nodes = list(body.children)
        while nodes:
            inner = nodes.pop()
            if inner.type == "return_statement":
                results.append(inner.named_children[0] if inner.named_children else inner)
            elif inner.type not in _FUNCTIONS:
                nodes.extend(inner.children)
    return Expr(
        "function",
        node.start_byte,
        items=tuple(expression(source, result) for result in results if result.type != "comment"),
    )


def _class(source: SourceText, node: Syntax) -> Expr:
    body = node.child_by_field_name("body")
    fields: dict[str, Expr] = {}
    for member in body.named_children if body else ():
        name = member.child_by_field_name("name") or member.child_by_field_name("property")
        value = member.child_by_field_name("value")
        if name is not None and value is not None and "static" in _types(member):
            fields[text(name)] = expression(source, value)
    return Expr("object", node.start_byte, fields=fields)


@dataclass
class _Statement:
    """Takes a statement of the top level into its module."""

    module: JavaScriptModule

    def read(self, node: Syntax) -> None:
        name = node.child_by_field_name("name")
        if node.type == "import_statement":
            self.import_statement(node)
        elif node.type == "export_statement":
            self.export_statement(node)
        elif node.type in _DECLARATIONS:
            for declarator in node.named_children:
                if declarator.type == "variable_declarator":
                    self.declarator(declarator, constant="const" in _types(node))
        elif name is not None and node.type == "enum_declaration":
            self.define(text(name), self.enum(node))
        elif name is not None and (node.type in _FUNCTIONS or "class" in node.type):
            self.define(text(name), expression(self.module.source, node))
        elif node.type == "expression_statement":
            for child in node.named_children:
                if child.type == "assignment_expression":
                    self.assignment(child)

    def define(self, name: str, value: Expr) -> None:
        """Take in a constant; one that is there twice has no value that can be told."""
        known = self.module.constants.get(name)
        self.module.constants[name] = value if known is None else Expr("opaque", value.start, name)

    def enum(self, node: Syntax) -> Expr:
        body = node.child_by_field_name("body")
        fields: dict[str, Expr] = {}
        for member in body.named_children if body else ():
            name, value = member.child_by_field_name("name"), member.child_by_field_name("value")
            if member.type == "enum_assignment" and name and value:
                fields[text(name)] = expression(self.module.source, value)
        return Expr("object", node.start_byte, fields=fields)

    def import_statement(self, node: Syntax) -> None:
        package = self.package(node)
        for clause in node.named_children:
            if clause.type == "import_require_clause":  # import name = require('…')
                self.module.imports[text(clause.named_children[0])] = self.package(clause), "*"
            elif clause.type == "import_clause":
                for part in clause.named_children:
                    if part.type == "identifier":
                        self.module.imports[text(part)] = package, "default"
                    elif part.type == "namespace_import":
                        self.module.imports[text(part.named_children[-1])] = package, "*"
                    elif part.type == "named_imports":
                        for local, name in self.specifiers(part):
                            self.module.imports[local] = package, name

    def package(self, node: Syntax) -> str:
        source = node.child_by_field_name("source")
        return expression(self.module.source, source).text if source else ""

    def specifiers(self, node: Syntax) -> Iterator[tuple[str, str]]:
        """Yield the names of `{ a, b as c }`: the one on the right of `as`, the one on the left."""
        for specifier in node.named_children:
            name, alias = (specifier.child_by_field_name(key) for key in ("name", "alias"))
            if name is not None:
                yield text(alias or name).strip("\"'"), text(name).strip("\"'")

    def export_statement(self, node: Syntax) -> None:
        package = self.package(node)
        declaration, value = (node.child_by_field_name(key) for key in ("declaration", "value"))
        if declaration is not None:
            self.read(declaration)
            name = declaration.child_by_field_name("name")
            if name is not None and "default" in _types(node):
                self.module.exports["default"] = text(name)
        elif value is not None:
            self.define("default", expression(self.module.source, value))
        elif package and "*" in _types(node):
            self.module.reexports.append(package)
        for clause in node.named_children:
            if clause.type == "namespace_export":  # export * as name from '…'
                exported = text(clause.named_children[-1]).strip("\"'")
                self.module.imports.setdefault(f"export {exported}", (package, "*"))
                self.module.exports[exported] = f"export {exported}"
            elif clause.type == "export_clause":
                for exported, name in self.specifiers(clause):
                    if package:
                        self.module.imports.setdefault(f"export {exported}", (package, name))
                        name = f"export {exported}"
                    self.module.exports[exported] = name

    def declarator(self, node: Syntax, *, constant: bool) -> None:
        target, given = node.child_by_field_name("name"), node.child_by_field_name("value")
        if target is None or given is None:
            return
        value = expression(self.module.source, given)
        package, member = self.required(given)
        if target.type == "object_pattern":
            if not package and value.kind == "name" and value.text in self.module.imports:
                package, member = self.module.imports[value.text]  # const { app } = functions
            if package and member in ("*", "default"):
                for local, name in _pattern(target):
                    self.module.imports[local] = package, name
        elif value.kind == "name" and self.brought(value.text)[0]:
            self.module.imports[text(target)] = self.brought(value.text)
        elif target.type == "identifier":
            if package:
                self.module.imports[text(target)] = package, member
            elif constant or value.kind == "function":
                self.define(text(target), value)

    def brought(self, path: str) -> tuple[str, str]:
        """Return package and name of a member of an imported package, `functions.app`."""
        owner, _, member = path.rpartition(".")
        package, whole = self.module.imports.get(owner, ("", ""))
        outside = package and not package.startswith(".")
        return (package, member) if outside and whole in ("*", "default") else ("", "")

    def required(self, node: Syntax) -> tuple[str, str]:
        """Return what `require('…')` or `require('…').name` brings: package and name."""
        while node.type in _WRAPPERS:
            node = node.named_children[0]
        owner, member = node.child_by_field_name("object"), node.child_by_field_name("property")
        if node.type == "member_expression" and owner is not None and member is not None:
            package, whole = self.required(owner)
            return (package, text(member)) if whole == "*" else ("", "")
        value = expression(self.module.source, node) if node.type == "call_expression" else None
        if value is not None and value.text == "require" and value.items:
            return value.items[0].text, "*"
        return "", ""

    def assignment(self, node: Syntax) -> None:
        """Take in `module.exports = …`, `exports.name = …`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        path = dotted(left) if left else ""
        if right is None or not re.match(r"(module\.)?exports($|\.)", path):
            return
        value = expression(self.module.source, right)
        name = path.removeprefix("module.").removeprefix("exports").lstrip(".")
        package, member = self.required(right)
        if package and not name and member == "*":
            self.module.reexports.append(package)
        elif name in self.module.exports:
            self.module.forget_export(name, node.start_byte)
        elif name and not text(right).endswith("void 0"):  # what TypeScript begins with
            self.module.exports[name] = value.text if value.kind == "name" else name
            if value.kind != "name":
                self.module.constants.setdefault(name, value)
        elif value.kind == "object":
            for spread in value.items:
                if spread.kind == "call" and spread.text == "require" and spread.items:
                    self.module.reexports.append(spread.items[0].text)
            for key, inner in value.fields.items():
                self.module.exports[key] = inner.text if inner.kind == "name" else key
                if inner.kind != "name":
                    self.module.constants.setdefault(key, inner)
        else:
            self.module.constants.setdefault("default", value)


def _pattern(node: Syntax) -> Iterator[tuple[str, str]]:
    """Yield the names of `{ a, b: c }`: what they are here, what they are where they come from."""
    for member in node.named_children:
        if member.type == "shorthand_property_identifier_pattern":
            yield text(member), text(member)
        elif member.type == "pair_pattern":
            key, value = (member.child_by_field_name(name) for name in ("key", "value"))
            if key is not None and value is not None and value.type == "identifier":
                yield text(value), text(key)
