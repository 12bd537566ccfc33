"""The kinds of values that stand in a policy: text, expressions and Terraform templates.

A plain `str` is text. `{{name}}` in it is a named value of API Management, and CDKTF's tokens
(`${TfToken[…]}`, what reading an attribute of a resource gives) stay references. Everything else in
it is data: it can become neither an element nor an expression nor a Terraform interpolation.
Whoever means code says so: `Expression`, `Template`.
"""

from __future__ import annotations

import re

from constructs_lib._core.errors import InputError
from constructs_lib.policy.expressions import UnbalancedError, expression_end, is_expression

TOKEN = re.compile(r"\$\{TfToken\[[a-zA-Z0-9:._-]+\]\}")
"""A reference of CDKTF in text; the characters of a key are those of `cdktf` 0.21 `encoding.ts`."""

NAMED_VALUE = re.compile(r"\{\{([A-Za-z0-9_.-]{1,256})\}\}")
"""A named value in text; azurerm's rule for `display_name` of a named value."""

# What XML does not allow is listed, as Python takes 4 ms to compile a class of what it allows.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = re.compile(r'["\\$%{}@\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufffe\uffff]')


class Expression(str):
    """A policy expression: `@(…)` with a C# expression, or `@{…}` with statements that return.

    Raises:
        InputError: If it is not one balanced expression.
    """

    __slots__ = ()

    def __new__(cls, source: str) -> Expression:
        """Check that `source` is one whole expression."""
        source = source.strip()
        if not is_expression(source):
            raise InputError(
                f"{shortened(source)} is not a policy expression",
                fix="write @(…) around a C# expression or @{…} around statements",
            )
        try:
            end = expression_end(source)
        except UnbalancedError as error:
            raise InputError(f"{error.problem}: {shortened(source[error.at :])}") from None
        if end != len(source):
            raise InputError(
                f"{shortened(source[end:])} stands after the end of the expression",
                fix="put all of it inside the brackets",
            )
        return super().__new__(cls, xml_characters(source))


class Template(str):
    """Text in Terraform's template language: `${…}` is evaluated, `$${` is a plain `${`.

    What Terraform puts in is not escaped for XML, so it must not contain `<`, `&` or quotes: ids,
    client ids and addresses do not.
    """

    __slots__ = ()


class Written(Template):
    """XML of a file that is being formatted: it is written as it is."""

    __slots__ = ()


Value = str | int | float | bool
"""What an attribute can be given; `str` includes `Expression` and `Template`."""


def text(value: Value) -> str:
    """Return `value` as it stands in a document.

    Raises:
        InputError: If it is plain text that would run as an expression, or has characters that
            XML cannot hold.
    """
    if isinstance(value, (Expression, Template)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if is_expression(value):
        raise InputError(
            f"{shortened(value)} would run as an expression but is given as text",
            fix="write Expression(…) if it is code, literal(…) if it is data",
        )
    return xml_characters(value)


def literal(data: str) -> str:
    """Return `data`, whatever is in it, as a value that arrives unchanged.

    Use it for text that comes from elsewhere. What API Management or CDKTF would interpret (an
    expression, a named value, a token) becomes a C# string in an expression.

    Raises:
        InputError: If it holds half a surrogate pair.
    """
    if is_expression(data) or "{{" in data or "TfToken[" in data or _NOT_XML.search(data):
        return Expression(f"@({quoted(data)})")
    return data


def quoted(data: str) -> str:
    """Return `data` as a C# string, to build an expression around it."""
    return '"' + _ESCAPES.sub(lambda match: f"\\u{ord(match.group()):04x}", data) + '"'


def xml_text(value: str, quote: str = "") -> str:
    """Return `value` as text of XML, or as an attribute's value between these quotes.

    Named entities alone are used (see `writer`).
    """
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if quote == '"':
        return value.replace('"', "&quot;")
    return value.replace("'", "&apos;") if quote else value


def xml_characters(value: str) -> str:
    """Return `value` with line feeds as its only line ends, as XML does.

    Raises:
        InputError: If it has characters that XML 1.0 section 2.2 forbids.
    """
    forbidden = _NOT_XML.search(value)
    if forbidden:
        raise InputError(
            f"the character U+{ord(forbidden.group()):04X} cannot stand in a policy",
            fix="leave it out, or write \\u… in a C# string",
        )
    return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value


def shortened(source: str) -> str:
    """Return a value for a message."""
    source = " ".join(source.split())
    return f"`{source}`" if len(source) <= 60 else f"`{source[:57]}…`"
