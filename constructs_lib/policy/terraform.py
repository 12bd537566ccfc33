"""Terraform's template language, as far as policy text has to do with it.

Every string in Terraform JSON is a template: `${…}` and `%{…}` are evaluated, `$${` and `%%{` stand
for themselves. Source: HCL's specification, "Templates".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.policy.values import TOKEN, Template

_SIGNS = re.compile(r"([$%]+)\{")
_OPENING = re.compile(r"\$\$\{|%%\{|[$%]\{")
_INSIDE = re.compile(r"""["{}]|/\*|(?:\#|//)[^\n]*""")  # the last two are comments
_STRING = re.compile(r'[^"\\$%]*(?:(?:\\.|\$\$\{|%%\{|[$%](?!\{))[^"\\$%]*)*', re.DOTALL)
_PLAIN = re.compile(r'\$\{"([$%]*)"\}')


def escaped(text: str, *, before_reference: bool = False) -> str:
    """Return `text` so that Terraform evaluates it to itself; CDKTF's tokens stay references.

    Args:
        text: Plain text, in which only tokens mean anything.
        before_reference: Whether a `${…}` follows directly, which a `$` at the end would disarm.
    """
    if "$" not in text and "%{" not in text:
        return text
    pieces: list[str] = []
    position = 0
    for token in TOKEN.finditer(text):
        pieces += [_escaped(text[position : token.start()], before_reference=True), token.group()]
        position = token.end()
    return "".join((*pieces, _escaped(text[position:], before_reference=before_reference)))


def _escaped(literal: str, *, before_reference: bool) -> str:
    before = literal.rstrip("$%") if before_reference and literal.endswith("$") else literal
    signs = literal[len(before) :]
    return _SIGNS.sub(_sign, before) + (f'${{"{signs}"}}' if signs else "")


def _sign(match: re.Match[str]) -> str:
    signs = match.group(1)
    # `$$${` would be read in two ways, so what precedes the last sign is set apart.
    apart = f'${{"{signs[:-1]}"}}' if len(signs) > 1 else ""
    return f"{apart}{signs[-1] * 2}{{"


def as_template(value: str) -> str:
    """Return any value of a document in the template language."""
    return value if isinstance(value, Template) else escaped(value)


def parts(template: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a template in order, with whether Terraform interprets them.

    An interpretation that has no end is text: Terraform refuses it later.
    """
    position = 0
    while True:
        opening = _OPENING.search(template, position)
        if opening is None:
            break
        escape = len(opening.group()) == 3
        end = opening.end() if escape else _interpolation_end(template, opening.end())
        if end is None:
            break
        if opening.start() > position:
            yield template[position : opening.start()], False
        yield template[opening.start() : end], True
        position = end
    if position < len(template):
        yield template[position:], False


def evaluated(part: str) -> str | None:
    """Return what an interpreted part stands for if it is plain text or a token, else None."""
    if len(part) == 3:
        return part[1:]
    plain = _PLAIN.fullmatch(part)
    if plain:
        return plain.group(1)
    return part if TOKEN.fullmatch(part) else None


def _interpolation_end(template: str, position: int) -> int | None:
    open_ = ["}"]
    while open_:
        if open_[-1] == '"':
            position = _STRING.match(template, position).end()  # pyright: ignore[reportOptionalMemberAccess] - matches the empty text
            character = template[position : position + 1]
            if character == '"':
                open_.pop()
                position += 1
            elif character in ("$", "%") and template[position + 1 : position + 2] == "{":
                open_.append("}")
                position += 2
            else:
                return None
            continue
        found = _INSIDE.search(template, position)
        if found is None:
            return None
        position = found.end()
        if found.group() == "}":
            open_.pop()
        elif found.group() == "/*":
            position = template.find("*/", position) + 2
            if position == 1:
                return None
        elif found.group() in ('"', "{"):
            open_.append('"' if found.group() == '"' else "}")
    return position
