"""Writes policy documents as canonical XML: well-formed, indented by four spaces, stable.

What stands in a resource settles under azurerm's own comparison
(`internal/services/apimanagement/diff_suppress.go`), and that differs by resource:

- A policy is sent as `rawxml`, and the provider undoes exactly `&quot; &gt; &lt; &amp; &apos;` when
  it compares. So named entities alone are used in it; a numeric one would be a change for ever.
- A fragment is sent as `xml`, and the provider undoes nothing: it compares the tokens of XML, else
  the texts without white space. So line breaks in attributes are written as `&#xA;`, which an XML
  parser keeps, and comments on one line.
"""

from __future__ import annotations

import re

from constructs_lib._core.errors import InputError
from constructs_lib.policy.model import (
    PAYLOADS,
    SPACE,
    AnyDocument,
    Comment,
    Element,
    Fragment,
    Node,
    Resolver,
    check_name,
)
from constructs_lib.policy.terraform import escaped, parts
from constructs_lib.policy.values import Template, Written, text, xml_text

_INDENT = "    "
_LINE_BREAK = re.compile(r"[ \t]*\n\s*")


def write(document: AnyDocument, *, terraform: bool = True) -> str:
    """Return the document as XML.

    Args:
        document: What to write.
        terraform: Whether the XML goes into an argument of a resource. CDKTF's tokens stay
            references then, and a literal `${` is written as `$${`. For a file, give False: then
            line breaks in attributes are written as `&#xA;`, which every reader of XML keeps.

    Raises:
        InputError: If something was put into the document that cannot be written.
    """
    fragment = isinstance(document, Fragment)
    return Writer(
        terraform=terraform,
        line_breaks=fragment or not terraform,
        flat_comments=fragment and terraform,
    ).document(document)


class Writer:
    """Writes one document.

    Args:
        terraform: Whether the XML goes into an argument of a resource.
        line_breaks: Whether line breaks and tabs in attributes are written as numbers, which XML
            parsers do not take for spaces.
        flat_comments: Whether comments are written on one line.
        own_order: Whether sections stay in the order in which they were read.
    """

    def __init__(
        self,
        *,
        terraform: bool,
        line_breaks: bool,
        flat_comments: bool = False,
        own_order: bool = False,
    ) -> None:
        self.terraform = terraform
        self.own_order = own_order
        self.line_breaks = line_breaks
        self.flat_comments = flat_comments
        self.lines: list[str] = []

    def document(self, document: AnyDocument) -> str:
        """Return the document as XML.

        Raises:
            InputError: If something was put into the document that cannot be written.
        """
        comments = document.comments
        self._nodes(comments.get("", []), 0)
        if isinstance(document, Fragment):
            self._block("fragment", document.policies, 0)
        elif isinstance(document, Resolver):
            self._nodes([document.source], 0)
        else:
            self.lines.append("<policies>")
            sections = document.sections()
            # Absent sections come last: something may have been put into them.
            own = dict.fromkeys((*document.order, *sections))
            for name in own if self.own_order else sections:
                section = sections[name]
                self._nodes(comments.get(name, []), 1)
                if section or name not in document.absent:
                    self._block(name, section, 1)
            self._nodes(comments.get("end", []), 1)
            self.lines.append("</policies>")
        self._nodes(comments.get("after", []), 0)
        return "\n".join(self.lines) + "\n"

    def _block(self, tag: str, nodes: list[Node], depth: int) -> None:
        name = tag.split(" ", 1)[0]
        if nodes:
            self.lines.append(f"{_INDENT * depth}<{tag}>")
            self._nodes(nodes, depth + 1)
            self.lines.append(f"{_INDENT * depth}</{name}>")
        else:
            self.lines.append(f"{_INDENT * depth}<{tag} />")

    def _nodes(self, nodes: list[Node] | list[Comment], depth: int) -> None:
        for node in nodes:
            if isinstance(node, Element) and _is_block(node):
                self._block(self._tag(node), node.children, depth)
            elif isinstance(node, Written):
                self.lines += (f"{_INDENT * depth}{line}" for line in _directives(node))
            else:
                self.lines.append(f"{_INDENT * depth}{self._inline(node)}")

    def _inline(self, node: Node) -> str:
        if isinstance(node, Comment):
            if node.instruction:
                return f"<?{node.text}?>"
            said = node.text if node.kept else Comment(node.text).text
            return f"<!-- {_LINE_BREAK.sub(' ', said) if self.flat_comments else said} -->"
        if isinstance(node, str):
            return self._value(node)
        tag = self._tag(node)
        if not node.children:
            return f"<{tag} />"
        return f"<{tag}>{''.join(map(self._inline, node.children))}</{node.name}>"

    def _tag(self, element: Element) -> str:
        check_name(element.name)
        pieces = [element.name]
        for name, value in element.attributes.items():
            check_name(name)
            try:
                written = self._value(value, '"')
                # What Terraform interprets in a file may hold quotes as they are.
                apart = isinstance(value, Written) and '"' in written and "'" not in written
                quote = "'" if apart else '"'
                pieces.append(f"{name}={quote}{written}{quote}")
            except InputError as error:
                where = f"<{element.name} {name}=…>"
                raise InputError(error.problem, where=where, fix=error.fix) from None
        return " ".join(pieces)

    def _value(self, value: str, quote: str = "") -> str:
        # A document may be changed after its making, so what it holds is checked again here.
        value = text(value)
        if isinstance(value, Written):
            return value
        if isinstance(value, Template):
            return "".join(
                part if interpreted else self._xml(part, quote)
                for part, interpreted in parts(value)
            )
        xml = self._xml(value, quote)
        return escaped(xml) if self.terraform else xml

    def _xml(self, value: str, quote: str) -> str:
        xml = xml_text(value, quote)
        if quote and self.line_breaks:
            return xml.replace("\n", "&#xA;").replace("\t", "&#x9;")
        return xml


def _is_block(element: Element) -> bool:
    """Tell whether the children of an element stand on lines of their own."""
    if element.name in PAYLOADS or not element.children:
        return False
    texts = [child for child in element.children if isinstance(child, str)]
    if not texts:
        return True
    # Between elements, directives of a template may stand on lines of their own too.
    return len(texts) < len(element.children) and all(
        isinstance(each, Written)
        and all(interpreted or not part.strip(SPACE) for part, interpreted in parts(each))
        for each in texts
    )


def _directives(text: Written) -> list[str]:
    """Return what Terraform interprets between elements, in lines."""
    lines = [""]
    for part, interpreted in parts(text):
        if interpreted:
            lines[-1] += part
            continue
        first, *others = part.split("\n")
        lines[-1] += first
        lines += others
    return [line.strip(SPACE) for line in lines if line.strip(SPACE)]
