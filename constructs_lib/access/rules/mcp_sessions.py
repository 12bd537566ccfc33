"""Sessions that policies make by themselves, in the place of a token of Entra.

Source: Learn, "API Management policy expressions", `Encrypt` and `Decrypt` of bytes: by the name of
a symmetric algorithm, a key and an initialization vector, and nothing that guards against change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constructs_lib.access.policy_document import PolicyDocument
from constructs_lib.policy.composition import elements
from constructs_lib.policy.csharp import Syntax, expressions_in, parse

if TYPE_CHECKING:
    from tree_sitter import Node

_VERBS = ("Encrypt", "Decrypt")
_CIPHER = re.compile(rf"\.(?P<verb>{'|'.join(_VERBS)})\s*\(")
_SENT = re.compile(r"\.(Headers|Query|MatchedParameters)\b")
_VARIABLE = re.compile(
    r"context\.Variables(\s*\.\s*GetValueOrDefault\s*(<[^>]*>)?\s*\(|\s*\[)\s*"
    r'"(?P<name>[^"]*)"[^)\]]*[)\]]'
)
_TEXT = re.compile(r'"(\\.|[^"\\])*"')
_NAME = re.compile(r"[A-Za-z_]\w*")
# What makes bytes of a constant.
_MAKING = frozenset(
    {"Convert", "FromBase64String", "FromHexString", "System", "Text", "Encoding", "GetBytes"}
    | {"UTF8", "ASCII", "Unicode", "string", "byte", "new"}
)
_ARGUMENTS = 3  # Of Encrypt and Decrypt: the algorithm, the key, and the initialization vector.
_MAXIMUM_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Session:
    """How policies make or take a session.

    Attributes:
        issued: Whether they issue it, rather than let whoever has one in.
        fixed: Whether its initialization vector is surely always the same.
        constant: Whether its content is compared with a constant.
    """

    issued: bool
    fixed: bool
    constant: bool

    @property
    def faults(self) -> str:
        """What else is wrong with it, as the end of a sentence."""
        fixed = "; the initialization vector is always the same" if self.fixed else ""
        return fixed + ("; the session is a constant, one for all clients" if self.constant else "")


def session_in(document: PolicyDocument, all: Sequence[PolicyDocument]) -> Session | None:
    """How a policy makes a session, if it does; `all` are the policies that set its variables."""
    variables = {
        each.attributes.get("name", ""): each.attributes.get("value", "")
        for one in all
        for each in (elements(one.root) if one.root is not None else ())
        if each.name == "set-variable"
    }
    found = [text for text in _expressions(document) if _CIPHER.search(text)]
    verbs = {each["verb"] for text in found for each in _CIPHER.finditer(text)}
    # What is encrypted besides, say a part of the body, says nothing of who calls.
    sent = [text for text in found if _SENT.search(_with(variables, text))]
    if not found or ("Encrypt" not in verbs and not sent):
        return None
    parsed = [syntax for text in found if (syntax := parse(text)) is not None]
    ivs = [(each, syntax) for syntax in parsed for each in _vectors(syntax)]
    opened = {name for name, value in variables.items() if ".Decrypt" in value}
    return Session(
        issued=not sent or "Decrypt" not in verbs,
        fixed=any(_fixed(iv, syntax.text(syntax.body), variables) for iv, syntax in ivs),
        constant=any(_compared(text, opened) for one in all for text in _expressions(one)),
    )


def _expressions(document: PolicyDocument) -> Iterator[str]:
    for text in document.texts:
        yield from (text[start:end] for start, end in expressions_in(text))


def _with(variables: dict[str, str], text: str) -> str:
    """An expression with those that its variables hold."""
    named = [variables.get(each["name"], "") for each in _VARIABLE.finditer(text)]
    return "\n".join((text, *named))


def _vectors(syntax: Syntax) -> Iterator[str]:
    """The initialization vectors of an expression, as they are written."""
    for node in _all(syntax.body, "invocation_expression"):
        called, arguments = (node.child_by_field_name(one) for one in ("function", "arguments"))
        name = called.child_by_field_name("name") if called is not None else None
        given = arguments.named_children if arguments is not None else []
        if name is not None and len(given) == _ARGUMENTS and syntax.text(name) in _VERBS:
            yield syntax.text(given[-1])


def _fixed(text: str, code: str, variables: dict[str, str], depth: int = 0) -> bool:
    """Whether an expression is made of constants and of what holds constants only."""
    held = [variables.get(each["name"], "@") for each in _VARIABLE.finditer(text)]
    words = set(_NAME.findall(_TEXT.sub("", _VARIABLE.sub("", text)))) - _MAKING
    made = [re.search(rf"\b{word}\s*=(?!=)\s*([^;]+);", code) for word in words]
    return (
        depth < _MAXIMUM_DEPTH
        and not any("@" in each for each in held)
        and all(each and _fixed(each[1], code, variables, depth + 1) for each in made)
    )


def _compared(text: str, variables: set[str]) -> bool:
    """Whether an expression compares what was decrypted with a constant."""
    syntax = parse(text) if "Decrypt" in text or variables else None
    if syntax is None:
        return False
    opened = _opened(syntax.text(syntax.body))
    for sides in _equated(syntax):
        constants = [one for one in sides if one.type == "string_literal"]
        said = " ".join(syntax.text(one) for one in sides if one not in constants)
        named = {each["name"] for each in _VARIABLE.finditer(said)} & variables
        named |= set(_NAME.findall(_TEXT.sub("", said))) & opened
        if named and any(syntax.text(one) != '""' for one in constants):
            return True
    return False


def _equated(syntax: Syntax) -> Iterator[list[Node]]:
    """What an expression compares with `==`, `!=` or `Equals`: both sides, or those of a call."""
    for node in _all(syntax.body, "binary_expression"):
        operator = node.child_by_field_name("operator")
        if operator is not None and syntax.text(operator) in ("==", "!="):
            yield [one for name in ("left", "right") if (one := node.child_by_field_name(name))]
    for node in _all(syntax.body, "invocation_expression"):
        called, arguments = (node.child_by_field_name(one) for one in ("function", "arguments"))
        name = called.child_by_field_name("name") if called is not None else None
        if called is None or name is None or arguments is None or syntax.text(name) != "Equals":
            continue
        given = [one for each in arguments.named_children for one in each.named_children[-1:]]
        receiver = called.child_by_field_name("expression")
        yield given if receiver is None else [receiver, *given]


def _opened(code: str) -> set[str]:
    """The names of an expression that hold something decrypted."""
    found: set[str] = set()
    for each in re.finditer(r"\b([A-Za-z_]\w*)\s*=(?!=)\s*([^;]+);", code):
        if ".Decrypt" in each[2] or found & set(_NAME.findall(each[2])):
            found.add(each[1])
    return found


def _all(node: Node, type: str) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if each.type == type:
            yield each
        waiting.extend(each.named_children)
