"""The text that the reader reads: what is not XML is hidden in it, and every place stays known.

Terraform's `${…}` and `%{…}` may hold quotes and angle brackets, so the reader gets a mark in their
place. A mark starts with U+FFFE, which XML does not allow, so no policy holds one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from constructs_lib._core.errors import InputError
from constructs_lib.policy.expressions import is_expression
from constructs_lib.policy.model import Place
from constructs_lib.policy.terraform import escaped, evaluated, parts
from constructs_lib.policy.values import Expression, Template, Written, xml_text

Edit = tuple[int, int, str | None]
"""From where to where the text is replaced, and by what; None for a mark."""

_MARK = re.compile("\ufffe(.)[\uffff\r]", re.DOTALL)
_FIRST = 0x10000
_MOST = 0x100000
# White space, `$` and `%` that are written as a number. Before an expression they are only space.
_NUMBER = re.compile(
    r"&#(?:0*(?:9|10|13|32|36|37)|[xX]0*(?:9|[aA]|[dD]|20|24|25));(?!\s{0,20}@[({])", re.ASCII
)
_LINE_BREAK = re.compile(r"&#(?:0*1[03]|[xX]0*[aAdD]);")


class MarkedText:
    """A text for the reader.

    Args:
        original: The text as it is.
        edits: What to replace in it, in order.
        kept: Whether what a mark hides is to be written again as it is, because the text is to be
            formatted; else it is a part of a Terraform template.

    Attributes:
        original: The text as it is.
        text: What the reader reads, with line feeds as its only line ends.

    Raises:
        InputError: If the text has characters of marks.
    """

    def __init__(self, original: str, edits: Iterable[Edit] = (), *, kept: bool = False) -> None:
        self.original = original
        self.kept = kept
        self._hidden: list[str] = []
        self._ends: list[int] = []
        self._gains = [0]
        self._lines = [0, *(match.end() for match in re.finditer("\n", original))]
        pieces: list[str] = []
        position = length = 0
        for start, end, replacement in edits:
            if replacement is None:
                replacement = self._mark(original[start:end])
            pieces += (original[position:start], replacement)
            length += start - position + len(replacement)
            position = end
            self._ends.append(length)
            self._gains.append(end - length)
        if pieces and "\ufffe" in original:
            raise InputError("the character U+FFFE cannot stand in a policy")
        self.text = "".join((*pieces, original[position:])) if pieces else original

    def place(self, position: int) -> Place:
        """Return where a position of `text` is in the original."""
        position += self._gains[bisect_right(self._ends, position)]
        line = bisect_right(self._lines, position)
        return Place(line, position - self._lines[line - 1] + 1)

    def value(self, text: str, *, quoted: bool = False) -> str:
        """Return decoded text as the kind of value it is.

        Args:
            text: Text of an attribute or element, in which marks may stand.
            quoted: Whether it is an attribute's.
        """
        if not (self._hidden and "\ufffe" in text):
            return Expression(text) if is_expression(text) else text
        pieces = _MARK.split(text)
        pieces[1::2] = [self._behind(index) for index in pieces[1::2]]
        if self.kept:
            raw = "".join(pieces[1::2])
            # A value that holds `"` as it is stands in apostrophes, if it can.
            quote = "'" if '"' in raw and "'" not in raw else '"'
            pieces[::2] = [xml_text(piece, quote if quoted else "") for piece in pieces[::2]]
            return Written("".join(pieces))
        pieces[:-1:2] = [escaped(piece, before_reference=True) for piece in pieces[:-1:2]]
        pieces[-1] = escaped(pieces[-1])
        return Template("".join(pieces))

    def hidden_at(self, position: int) -> str | None:
        """Return what the mark at a position of `text` hides, if there is one."""
        mark = _MARK.match(self.text, position)
        return self._behind(mark.group(1)) if mark else None

    def restored(self, text: str) -> str:
        """Return text with the original in place of every mark."""
        return _MARK.sub(lambda match: self._behind(match.group(1)), text)

    def literal(self, text: str) -> str:
        """Return the text of a CDATA section; one that is to be formatted stays a section."""
        return self._mark(f"<![CDATA[{self.restored(text)}]]>") if self.kept else text

    def _mark(self, hidden: str) -> str:
        if len(self._hidden) == _MOST:
            raise InputError("the text has more than a million parts that Terraform interprets")
        self._hidden.append(hidden)
        # A line break ends a comment of C#, so its mark has one.
        end = "\r" if _LINE_BREAK.fullmatch(hidden) else "\uffff"
        return f"\ufffe{chr(_FIRST + len(self._hidden) - 1)}{end}"

    def _behind(self, index: str) -> str:
        return self._hidden[ord(index) - _FIRST]


def lines(text: str) -> str:
    """Return a text with line feeds as its only line ends, and without a byte order mark."""
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")


def plain(text: str) -> MarkedText:
    """Return the text of a file in which nothing is Terraform's."""
    return MarkedText(lines(text))


def template(text: str) -> MarkedText:
    """Return a string of Terraform JSON: `${…}` is a reference, and `$${` a plain `${`."""
    text = lines(text)
    return MarkedText(text, list(template_edits(text)))


def template_edits(text: str) -> Iterable[Edit]:
    """Yield what hides the parts of a template that Terraform interprets."""
    for start, end in interpreted(text):
        yield start, end, evaluated(text[start:end])


def to_format(text: str, *, templates: bool = True) -> MarkedText:
    """Return a file that is to be formatted, in which nothing changes but the layout.

    Args:
        text: The text of the file.
        templates: Whether `${…}` and `%{…}` in it are Terraform's.
    """
    text = lines(text)
    edits = list(interpreted(text)) if templates else []
    starts = [start for start, _ in edits]
    for match in _NUMBER.finditer(text):
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or edits[before][1] <= match.start():
            edits.append(match.span())
    return MarkedText(text, [(start, end, None) for start, end in sorted(edits)], kept=True)


def interpreted(text: str) -> Iterable[tuple[int, int]]:
    """Yield from where to where a text is interpreted by Terraform."""
    if "${" not in text and "%{" not in text:
        return
    position = 0
    for part, is_interpreted in parts(text):
        if is_interpreted:
            yield position, position + len(part)
        position += len(part)
