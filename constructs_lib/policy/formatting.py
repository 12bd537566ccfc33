"""Formats policy files: another layout, but the same document for whoever reads it.

What an XML parser, API Management and Terraform find in the file stays as it is: numbers of line
breaks, line breaks themselves, and everything that `templatefile` would interpret.
"""

from __future__ import annotations

from xml.parsers.expat import ExpatError, ParserCreate

from constructs_lib._core.errors import InputError
from constructs_lib.policy.reader import DocumentReader
from constructs_lib.policy.sources import interpreted, lines, to_format
from constructs_lib.policy.writer import Writer


def formatted(text: str, path: str | None = None) -> str:
    """Return the text of a policy file in canonical layout.

    Args:
        text: The text of the file.
        path: What to call it in messages.

    Raises:
        InputError: If API Management would not understand it, or it cannot be formatted without a
            change of what Terraform interprets in it.
    """
    try:
        return _formatted(text, path, templates=True)
    except InputError:
        # A `${` may also be the file's own text, in a way that Terraform does not read.
        try:
            return _formatted(text, path, templates=False)
        except InputError:
            pass
        raise


def _formatted(text: str, path: str | None, *, templates: bool) -> str:
    try:
        source = to_format(text, templates=templates)
    except InputError as error:
        raise InputError(error.problem, where=path, fix=error.fix) from None
    document = DocumentReader(source, path).read(resolvers=True)
    written = Writer(terraform=False, line_breaks=False, own_order=True).document(document)
    if _sequences(lines(text)) != _sequences(written):
        raise InputError(
            "what Terraform interprets in it would change",
            where=path,
            fix="put each `%{ if … }` and `%{ for … }` between elements, and quotes around `${…}`",
        )
    before = _xml(text)
    if before is not None and before != _xml(written):
        raise InputError(
            "what an XML parser reads in it would change",
            where=path,
            fix="write `&lt;` for the `<` of tags and comments in expressions",
        )
    return written


def _xml(text: str) -> list[object] | None:
    """What an XML parser finds in a text, without its layout; None if it is not XML."""
    found: list[object] = []
    words: list[str] = []

    def add(*event: object) -> None:
        if said := "".join(words).split():
            found.append(said)
        words.clear()
        found.append(event)

    parser = ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = add
    parser.EndElementHandler = add
    parser.CommentHandler = lambda said: add("", said.strip())
    parser.ProcessingInstructionHandler = lambda name, said: add("", name, said)
    parser.CharacterDataHandler = words.append
    try:
        parser.Parse(lines(text), True)
    except ExpatError:
        return None
    return found


def _sequences(text: str) -> list[str]:
    return [text[start:end] for start, end in interpreted(text)]
