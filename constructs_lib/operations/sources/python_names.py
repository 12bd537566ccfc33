"""Tells which names of a Python module stand for one expression, whatever happens at run time."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

# Methods that change a list, set or dictionary.
_CHANGING = frozenset(
    {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"}
    | {"add", "discard", "update", "setdefault", "popitem"}
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def constants(tree: ast.Module) -> dict[str, ast.expr | None]:
    """Return the expressions that names of a module stand for, its classes' members included.

    A name of a class's member is dotted. None is the value of a name that something else in the
    module may give another value: a second assignment, wherever it is, or a change of its value.
    """
    found: dict[str, ast.expr | None] = dict(_assigned(tree.body, ""))
    bound = Counter(_bound(tree))
    for name in found:
        first = name.partition(".")[0]
        if bound[name] > 1 or (first != name and bound[first] > 1):
            found[name] = None
    for name in changed(tree):
        for each in found:
            if each == name or each.startswith(f"{name}."):
                found[each] = None
    return found


def _assigned(body: list[ast.stmt], within: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield names and what they are assigned, at the top level and in the body of classes."""
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield within + target.id, statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if statement.value is not None:
                yield within + statement.target.id, statement.value
        elif isinstance(statement, ast.ClassDef):
            yield from _assigned(statement.body, f"{within}{statement.name}.")


def _bound(tree: ast.Module) -> Iterator[str]:
    """Yield each name of the module or of its classes as often as something gives it a value."""
    # What is still to see, the class that it is in, and the names of the module that hold there:
    # None at the top level, where all do.
    nodes: list[tuple[ast.AST, str, frozenset[str] | None]] = [(tree, "", None)]
    while nodes:
        node, within, ours = nodes.pop()
        for name in _binds(node):
            if ours is None:
                yield within + name
            elif name in ours:
                yield name
        if isinstance(node, ast.ClassDef) and ours is None:
            within += f"{node.name}."
        elif isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            declared = (each.names for each in ast.walk(node) if isinstance(each, ast.Global))
            ours, within = frozenset(name for names in declared for name in names), ""
        nodes.extend((child, within, ours) for child in _parts(node))


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node consists of, save names that hold within it alone or get no value."""
    own = isinstance(node, ast.comprehension) or (
        isinstance(node, ast.AnnAssign) and node.value is None
    )
    target = getattr(node, "target", None) if own else None
    yield from (child for child in ast.iter_child_nodes(node) if child is not target)


def _binds(node: ast.AST) -> Iterator[str]:
    """Yield the names to which a node itself gives a value."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name


def changed(tree: ast.Module) -> Iterator[str]:
    """Yield names, dotted ones too, whose value something in the module changes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield ast.unparse(node if isinstance(node, ast.Attribute) else node.value)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _CHANGING
        ):
            yield ast.unparse(node.func.value)
