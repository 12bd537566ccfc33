"""Where a policy expression ends: balanced C#, followed without a compiler.

API Management finds the end of `@(…)` and `@{…}` by following the C# inside, so that quotes, angle
brackets and closing parentheses may stand in it. Source: Learn, "API Management policy
expressions" (C# 7: strings, verbatim and interpolated strings, characters, comments).
"""

from __future__ import annotations

import re

_CLOSING = {"(": ")", "{": "}", "[": "]"}
_INTERESTING = re.compile(r"""//|/\*|\$@"|@\$"|\$"|@"|"|'|[(){}\[\]]""")
_LINE_END = re.compile(r"\r|\n|\Z")
_CHARACTER = re.compile(r"""'(?:\\[^\n]{1,9}?|[^'\\\n])'""")
_STRING = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"')
_VERBATIM = re.compile(r'@"[^"]*(?:""[^"]*)*"')
_INTERPOLATED_TEXT = re.compile(r'[^"\\{}\n]*(?:(?:\\.|\{\{|\}\})[^"\\{}\n]*)*')
_INTERPOLATED_VERBATIM_TEXT = re.compile(r'[^"{}]*(?:(?:""|\{\{|\}\})[^"{}]*)*')
_START = re.compile(r"\s*@[({]")


class UnbalancedError(ValueError):
    """An expression has no end.

    Args:
        problem: What is missing.
        at: Index of the bracket, quote or comment that is not closed.
    """

    def __init__(self, problem: str, at: int) -> None:
        self.problem = problem
        self.at = at
        super().__init__(problem)


def is_expression(text: str) -> bool:
    """Tell whether API Management would run `text`: it starts with `@(` or `@{`."""
    return _START.match(text) is not None


def expression_end(text: str, start: int = 0) -> int:
    """Return the index after the expression whose `@` is at `start`.

    Raises:
        UnbalancedError: If the expression is not closed.
    """
    position = start + 1
    # What is open: (closing character, where it was opened); a quote stands for an interpolated
    # string, whose text goes on when the hole in it is closed.
    open_: list[tuple[str, int]] = []
    while True:
        found = _INTERESTING.search(text, position)
        if found is None:
            closing, at = open_[-1]
            raise UnbalancedError(f"the expression is not closed: `{closing}` is missing", at)
        sign, at = found.group(), found.start()
        position = found.end()
        if sign in _CLOSING:
            open_.append((_CLOSING[sign], at))
        elif sign in ")}]":
            closing, opened = open_.pop()
            if closing != sign:
                raise UnbalancedError(f"`{closing}` is missing before this `{sign}`", opened)
            if not open_:
                return position
            if open_[-1][0] in ('$"', '$@"') and sign == "}":
                position = _interpolated(text, position, open_)
        elif sign == "//":
            position = _LINE_END.search(text, position).start()  # pyright: ignore[reportOptionalMemberAccess] - \Z always matches
        elif sign == "/*":
            position = text.find("*/", position) + 2
            if position == 1:
                raise UnbalancedError("the comment is not closed: `*/` is missing", at)
        elif sign == "'":
            character = _CHARACTER.match(text, at)
            position = character.end() if character else position
        elif sign in ('$"', '$@"', '@$"'):
            open_.append(('$"' if sign == '$"' else '$@"', at))
            position = _interpolated(text, position, open_)
        else:
            string = (_VERBATIM if sign == '@"' else _STRING).match(text, at)
            if string is None:
                raise UnbalancedError('the string is not closed: `"` is missing', at)
            position = string.end()


def _interpolated(text: str, position: int, open_: list[tuple[str, int]]) -> int:
    """Follow the text of an interpolated string up to its end or into its next hole."""
    kind, at = open_[-1]
    pattern = _INTERPOLATED_TEXT if kind == '$"' else _INTERPOLATED_VERBATIM_TEXT
    position = pattern.match(text, position).end()  # pyright: ignore[reportOptionalMemberAccess] - matches the empty text
    character = text[position : position + 1]
    if character == '"':
        open_.pop()
    elif character == "{":
        open_.append(("}", position))
    else:
        raise UnbalancedError('the interpolated string is not closed: `"` is missing', at)
    return position + 1
