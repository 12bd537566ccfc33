"""Reads policy documents as API Management does: XML in which expressions may be raw C#.

In `@(…)` and `@{…}` quotes, `<`, `>` and `&` may stand as they are; so may a lone `&` or `<`
anywhere. Everything is found in one pass over the text, so the time grows with its length only.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import accumulate, groupby
from pathlib import Path
from typing import Literal, overload

from constructs_lib._core.errors import InputError
from constructs_lib.policy.expressions import UnbalancedError, expression_end, is_expression
from constructs_lib.policy.model import (
    DATA_SOURCES,
    MAXIMUM_DEPTH,
    PAYLOADS,
    SECTIONS,
    SPACE,
    AnyDocument,
    Comment,
    Document,
    Element,
    Fragment,
    Node,
    Place,
    Resolver,
    Section,
)
from constructs_lib.policy.sources import MarkedText, plain, template
from constructs_lib.policy.values import TOKEN, Template, shortened

_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_NAME = re.compile(r"[A-Za-z_][\w.:-]*", re.ASCII)
_MARKUP = re.compile(r"<(?=[A-Za-z_/!?])")
_BARE = re.compile(r"<([A-Za-z_][\w.:-]*)\s*(/?)>", re.ASCII)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)", re.ASCII)
_SPACE = re.compile(r"\s*")
_LATE_EXPRESSION = re.compile(r"@[({]")


@overload
def read_file(path: Path | str, *, terraform: bool = False) -> Document | Fragment: ...
@overload
def read_file(
    path: Path | str, *, terraform: bool = False, resolvers: Literal[True]
) -> AnyDocument: ...
def read_file(path: Path | str, *, terraform: bool = False, resolvers: bool = False) -> AnyDocument:
    """Read a policy file.

    Args:
        path: The file.
        terraform: Whether it is a template of Terraform, as for `read`; else a `${` in it is a
            plain `${`.
        resolvers: Whether it may be the policy of a GraphQL resolver.

    Raises:
        InputError: If it cannot be read, with line and column.
    """
    return _read(file_text(path), str(path), terraform=terraform, resolvers=resolvers)


def file_text(path: Path | str) -> str:
    """Return the text of a policy file, with its own line ends.

    Raises:
        InputError: If it cannot be read, or holds references that CDKTF made.
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # a path with a NUL character gives a ValueError
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"the file cannot be read: {why}", where=str(path)) from None
    return decoded(data, str(path))


def decoded(data: bytes, path: str) -> str:
    """Return the text of a policy file that was read, with its own line ends.

    Raises:
        InputError: If it is not UTF-8, or holds references that CDKTF made.
    """
    try:
        source = data.decode()
    except UnicodeDecodeError:
        raise InputError("the file is not text in UTF-8", where=path) from None
    token = TOKEN.search(source)
    if token:
        raise InputError(
            "`${TfToken[` is a mark of CDK for Terraform and cannot stand in a file",
            where=f"{path}:{source.count(chr(10), 0, token.start()) + 1}",
        )
    return source


@overload
def read(
    source: str, path: str | None = None, *, terraform: bool = False
) -> Document | Fragment: ...
@overload
def read(
    source: str, path: str | None = None, *, terraform: bool = False, resolvers: Literal[True]
) -> AnyDocument: ...
def read(
    source: str, path: str | None = None, *, terraform: bool = False, resolvers: bool = False
) -> AnyDocument:
    """Read a policy document or fragment.

    Args:
        source: The text, from `<policies>` or `<fragment>` on.
        path: What to call the text in messages.
        terraform: Whether the text is a string of Terraform JSON, in which `${…}` is a reference
            and `$${` a plain `${`. Values with references become `Template`.
        resolvers: Whether it may be the policy of a GraphQL resolver, from its data source on. An
            API, product or operation has no place for one, so it is refused unless you ask for it.

    Raises:
        InputError: If API Management would not understand it, with line and column.
    """
    return _read(source, path, terraform=terraform, resolvers=resolvers)


def _read(source: str, path: str | None, *, terraform: bool, resolvers: bool) -> AnyDocument:
    try:
        text = template(source) if terraform else plain(source)
    except InputError as error:
        raise InputError(error.problem, where=path, fix=error.fix) from None
    return DocumentReader(text, path).read(resolvers=resolvers)


class _Tag:
    """An element whose content is still being read."""

    __slots__ = ("attributes", "children", "name", "place", "verbatim")

    def __init__(self, name: str, attributes: dict[str, str], place: Place) -> None:
        self.name = name
        self.attributes = attributes
        self.place = place
        self.children: list[Node] = []
        self.verbatim = False


class DocumentReader:
    """Reads one text.

    Args:
        source: The text.
        path: What to call it in messages.
    """

    def __init__(self, source: MarkedText, path: str | None) -> None:
        self.path = path
        self.source = source
        self.raw = source.text
        entities = [(match.start(), match) for match in _ENTITY.finditer(self.raw)]
        # Expressions are followed in the decoded text; these tell where that is in the raw one.
        self.entity_starts = [start for start, _ in entities]
        lost = [len(match.group()) - len(_decoded(match)) for _, match in entities]
        self.lost = [0, *accumulate(lost)]
        self.decoded_starts = [
            start - gone for start, gone in zip(self.entity_starts, self.lost, strict=False)
        ]
        self.decoded = _ENTITY.sub(_decoded, self.raw) if entities else self.raw
        self.position = 0

    def read(self, *, resolvers: bool) -> AnyDocument:
        """Return what the text says.

        Args:
            resolvers: Whether it may be the policy of a GraphQL resolver.

        Raises:
            InputError: If API Management would not understand it, with line and column.
        """
        before = self._comments()
        place = self._place(self.position)
        name = self._root()
        root: AnyDocument
        if name == "fragment":
            element = self._element()
            self._no_attributes(element)
            size = len(self.source.original.encode("utf-8", "surrogatepass"))
            root = Fragment(_section(element), {"": before}, self.path, place, size)
        elif name in DATA_SOURCES and resolvers:
            root = Resolver(self._element(), {"": before}, self.path, place)
        elif name in DATA_SOURCES:
            raise self._error(
                f"<{name}> is the policy of a GraphQL resolver, which cannot stand here",
                self.position,
                "start with <policies>, or with <fragment> for a policy fragment",
            )
        elif name == "policies":
            root = self._document(before, place)
        else:
            raise self._error(
                "the text is not a policy document",
                self.position,
                "start it with <policies>, or with <fragment> for a policy fragment",
            )
        after = self._comments()
        if self.position < len(self.raw):
            raise self._error("something stands after the end of the document", self.position)
        if after:
            root.comments["after"] = after
        root.comments = {key: comments for key, comments in root.comments.items() if comments}
        return root

    def _root(self) -> str | None:
        match = _ROOT.match(self.raw, self.position)
        return match.group(1) if match else None

    def _document(self, before: list[Comment], place: Place) -> Document:
        root = self._element()
        self._no_attributes(root)
        comments: dict[str, list[Comment]] = {"": before}
        sections: dict[str, Section] = {}
        pending: list[Comment] = []
        for child in root.children:
            if isinstance(child, Comment):
                pending.append(child)
                continue
            if isinstance(child, str):
                what = f"Terraform's {shortened(child)}" if isinstance(child, Template) else "text"
                fix = (
                    "put it into a section" if isinstance(child, Template) else "make it a comment"
                )
                raise self._error(f"{what} stands between the sections", at=root.place, fix=fix)
            self._no_attributes(child)
            if child.name not in SECTIONS:
                raise self._error(
                    f"<policies> has no section <{child.name}>",
                    at=child.place,
                    fix="put it into <inbound>, <backend>, <outbound> or <on-error>",
                )
            if child.name in sections:
                raise self._error(f"there is a second <{child.name}>", at=child.place)
            sections[child.name] = _section(child)
            comments[child.name], pending = pending, []
        comments["end"] = pending
        return Document(
            inbound=sections.get("inbound", []),
            backend=sections.get("backend", []),
            outbound=sections.get("outbound", []),
            on_error=sections.get("on-error", []),
            comments=comments,
            absent=frozenset(SECTIONS) - frozenset(sections),
            order=tuple(sections),
            path=self.path,
            place=place,
        )

    def _no_attributes(self, element: Element) -> None:
        if element.attributes:
            raise self._error(f"<{element.name}> takes no attributes", at=element.place)

    def _comments(self) -> list[Comment]:
        """Read comments and processing instructions outside of the root."""
        comments: list[Comment] = []
        while True:
            self._space()
            if self.raw.startswith("<!--", self.position):
                comments.append(self._comment())
            elif self.raw.startswith("<?", self.position):
                comments += self._instruction()
            else:
                return comments

    def _element(self) -> Element:
        """Read the element that starts here, with everything in it."""
        tag, closed = self._tag()
        if closed:
            return self._finished(tag)
        open_ = [tag]
        while True:
            parent = open_[-1]
            follows_text = parent.children and isinstance(parent.children[-1], str)
            if not follows_text and is_expression_at(self.decoded, self._to_decoded()):
                self._expression_text(parent)
            markup = _MARKUP.search(self.raw, self.position)
            if markup is None:
                raise self._error(f"<{parent.name}> is not closed", at=parent.place)
            start = markup.start()
            if start > self.position:
                parent.children.append(self._decode(self.position, start))
                self.position = start
            if self.raw.startswith("<!--", start):
                parent.children.append(self._comment())
            elif self.raw.startswith("<![CDATA[", start):
                self._until("<![CDATA[", "]]>", "the CDATA section")
                data = self.raw[start + 9 : self.position - 3]
                parent.children.append(self.source.literal(data))
            elif self.raw.startswith("<?", start):
                parent.children += self._instruction()
            elif self.raw.startswith("<!", start):
                raise self._error("a document type cannot stand in a policy", start)
            elif self.raw.startswith("</", start):
                self._end_tag(parent)
                finished = self._finished(open_.pop())
                if not open_:
                    return finished
                open_[-1].children.append(finished)
            else:
                child, closed = self._tag()
                child.verbatim = parent.verbatim or parent.name in PAYLOADS
                if closed:
                    parent.children.append(self._finished(child))
                else:
                    open_.append(child)
                    if len(open_) > MAXIMUM_DEPTH:
                        raise self._error("elements are nested too deeply", at=child.place)

    def _finished(self, tag: _Tag) -> Element:
        """Return the element with its text merged and of the right kind."""
        children: list[Node] = []
        if not tag.children:
            return Element(tag.name, tag.attributes, children, tag.place, tag.verbatim)
        for is_text, group in groupby(tag.children, lambda child: isinstance(child, str)):
            pieces = list(group)
            # Joined at once: adding piece to piece would take the square of the length.
            children += ["".join(map(str, pieces))] if is_text else pieces
        try:
            value = self.source.value
            children = [value(each) if isinstance(each, str) else each for each in children]
            kept = self.source.kept and tag.name not in (*SECTIONS, "fragment")
            verbatim = tag.verbatim or (kept and _is_padded(children))
            return Element(tag.name, tag.attributes, children, tag.place, verbatim)
        except InputError as error:
            raise self._error(error.problem, at=tag.place, fix=error.fix) from None

    def _expression_text(self, parent: _Tag) -> None:
        """Read the expression that is the text of `parent`."""
        begin = self.position
        self._space()
        try:
            end = expression_end(self.decoded, self._to_decoded())
        except UnbalancedError as error:
            raise self._error(error.problem, self._to_raw(error.at)) from None
        self.position = self._to_raw(end)
        parent.children.append(self._decode(begin, self.position))
        self._space()
        if not _MARKUP.match(self.raw, self.position):
            raise self._after_expression()

    def _tag(self) -> tuple[_Tag, bool]:
        start = self.position
        bare = _BARE.match(self.raw, start)
        if bare:
            self.position = bare.end()
            return _Tag(bare.group(1), {}, self._place(start)), bare.group(2) == "/"
        self.position += 1
        name = self._name("an element")
        attributes: dict[str, str] = {}
        places: dict[str, tuple[int, int]] = {}
        try:
            closed = self._attributes(start, name, attributes, places)
        except InputError:
            self._no_quotes_within(attributes, places)
            raise
        place = self._place(start)
        return _Tag(name, attributes, Place(place.line, place.column, places)), closed

    def _attributes(
        self,
        start: int,
        name: str,
        attributes: dict[str, str],
        places: dict[str, tuple[int, int]],
    ) -> bool:
        """Read the attributes of a tag up to its end; return whether it is closed there."""
        while True:
            spaced = self._space()
            closed = self.raw.startswith("/>", self.position)
            if closed or self.raw.startswith(">", self.position):
                self.position += 2 if closed else 1
                return closed
            at = self.position
            if at >= len(self.raw):
                raise self._error(f"<{name}> is not closed: `>` is missing", start)
            if not spaced:
                raise self._error(
                    "there is no space before an attribute",
                    at,
                    "a quote within the value before it is written `&quot;`" if places else None,
                )
            key = self._name(f"an attribute of <{name}>")
            if key in attributes:
                raise self._error(f"<{name}> has two attributes `{key}`", at)
            where = self._place(at)
            places[key] = (where.line, where.column)
            attributes[key] = self._attribute(key)

    def _no_quotes_within(
        self, attributes: dict[str, str], places: dict[str, tuple[int, int]]
    ) -> None:
        """Refuse an expression after other text whose quotes have ended the value.

        What follows them then reads like broken attributes, which says nothing to the reader.
        """
        for key, value in attributes.items():
            late = _LATE_EXPRESSION.search(value)
            if late is None or is_expression(value):
                continue
            try:
                expression_end(value, late.start())
            except UnbalancedError:
                whole = f'{key}="@({_joined(value, late)} + …)"'
                raise self._error(
                    f"the expression in `{key}` stands after other text, so the first quote in it "
                    "ends the value",
                    at=Place(*places[key]),
                    fix=f"make the whole value one expression: {whole}",
                ) from None

    def _attribute(self, key: str) -> str:
        self._space()
        if not self.raw.startswith("=", self.position):
            raise self._error(f"`=` is missing after `{key}`", self.position)
        self.position += 1
        self._space()
        quote = self.raw[self.position : self.position + 1]
        if quote not in ('"', "'") or not quote:
            raise self._error(f"the value of `{key}` has no quotes", self.position)
        opening = self.position
        self.position += 1
        begin = self.position
        if is_expression_at(self.decoded, self._to_decoded()):
            self._space()
            try:
                end = expression_end(self.decoded, self._to_decoded())
            except UnbalancedError as error:
                raise self._error(error.problem, self._to_raw(error.at)) from None
            self.position = self._to_raw(end)
            self._space()
            if not self.raw.startswith(quote, self.position):
                raise self._after_expression()
            end = self.position
        else:
            end = self.raw.find(quote, begin)
            if end < 0:
                raise self._error(f"the value of `{key}` is not closed", opening)
        self.position = end + 1
        try:
            return self.source.value(self._decode(begin, end), quoted=True)
        except InputError as error:
            raise self._error(error.problem, opening, error.fix) from None

    def _after_expression(self) -> InputError:
        return self._error(
            "something stands after the end of the expression",
            self.position,
            'put it into the expression: @(… + "…")',
        )

    def _end_tag(self, parent: _Tag) -> None:
        start = self.position
        self.position += 2
        name = self._name("a closing tag")
        self._space()
        if name != parent.name:
            raise self._error(
                f"</{name}> closes <{parent.name}> of line {parent.place.line}",
                start,
                f"write </{parent.name}> here, or open <{name}>",
            )
        if not self.raw.startswith(">", self.position):
            raise self._error(f"</{name}> is not closed: `>` is missing", start)
        self.position += 1

    def _comment(self) -> Comment:
        start = self.position
        self._until("<!--", "-->", "the comment")
        text = self.raw[start + 4 : self.position - 3]
        try:
            return Comment(self.source.restored(text), self._place(start), self.source.kept)
        except InputError as error:
            raise self._error(error.problem, start, error.fix) from None

    def _instruction(self) -> list[Comment]:
        """Read a processing instruction, which says something only where a file is formatted."""
        start = self.position
        self._until("<?", "?>", "the processing instruction")
        if not self.source.kept:
            return []
        text = self.source.restored(self.raw[start + 2 : self.position - 2])
        return [Comment(text, self._place(start), kept=True, instruction=True)]

    def _name(self, of: str) -> str:
        match = _NAME.match(self.raw, self.position)
        if match is None:
            hidden = self.source.hidden_at(self.position)
            if hidden:
                raise self._error(
                    f"Terraform's {shortened(hidden)} stands where the name of {of} belongs",
                    self.position,
                    "put it around whole elements, or into values",
                )
            raise self._error(f"the name of {of} is missing", self.position)
        self.position = match.end()
        return match.group()

    def _space(self) -> bool:
        begin = self.position
        self.position = _SPACE.match(self.raw, begin).end()  # pyright: ignore[reportOptionalMemberAccess] - matches the empty text
        return self.position > begin

    def _until(self, start: str, ending: str, what: str) -> None:
        end = self.raw.find(ending, self.position + len(start))
        if end < 0:
            raise self._error(f"{what} is not closed: `{ending}` is missing", self.position)
        self.position = end + len(ending)

    def _decode(self, begin: int, end: int) -> str:
        return self.decoded[self._to_decoded(begin) : self._to_decoded(end)]

    def _to_decoded(self, position: int | None = None) -> int:
        position = self.position if position is None else position
        return position - self.lost[bisect_left(self.entity_starts, position)]

    def _to_raw(self, position: int) -> int:
        return position + self.lost[bisect_left(self.decoded_starts, position)]

    def _place(self, position: int) -> Place:
        return self.source.place(position)

    def _error(
        self,
        problem: str,
        position: int | None = None,
        fix: str | None = None,
        *,
        at: Place | None = None,
    ) -> InputError:
        place = at or self._place(self.position if position is None else position)
        where = f"{self.path or '<policy>'}:{place.line}:{place.column}"
        return InputError(problem, where=where, fix=fix)


def is_expression_at(text: str, position: int) -> bool:
    """Tell whether an expression starts at `position`, or after the space there."""
    start = _SPACE.match(text, position).end()  # pyright: ignore[reportOptionalMemberAccess] - matches the empty text
    return text.startswith(("@(", "@{"), start)


def _decoded(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _ENTITIES[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()


def _joined(value: str, late: re.Match[str]) -> str:
    """Return the text before an expression as C#, for a message.

    Named values and references stay as they are: they are put in before C# is read.
    """
    before = value[: late.start()]
    before = before if len(before) <= 40 else f"{before[:39]}…"
    return '"' + before.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _is_padded(children: list[Node]) -> bool:
    """Tell whether all that stands in an element is a text with spaces around it in one line.

    An XML parser finds them, and nothing says that they are layout.
    """
    (text,) = children if len(children) == 1 else ("",)
    if not isinstance(text, str) or is_expression(text):
        return False
    inner = text.strip(SPACE)
    return inner != "" and "\n" not in text.replace(inner, "", 1)


def _section(element: Element) -> Section:
    return list(element.children)
