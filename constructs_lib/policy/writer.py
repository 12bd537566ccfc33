"""Writes policy documents as canonical XML: well-formed, indented by four spaces, stable.

Named entities alone are used, never numeric ones: azurerm compares an unchanged policy with what
Azure returns by undoing exactly `&quot; &gt; &lt; &amp; &apos;` (provider 4.55.0,
`internal/services/apimanagement/diff_suppress.go`), and a numeric one would be a change for ever.
"""

from __future__ import annotations

from constructs_lib._core.errors import InputError
from constructs_lib.policy.model import (
    PAYLOADS,
    AnyDocument,
    Comment,
    Element,
    Fragment,
    Node,
    Resolver,
    check_name,
)
from constructs_lib.policy.terraform import escaped, parts
from constructs_lib.policy.values import Template, text

_INDENT = "    "


def write(document: AnyDocument, *, terraform: bool = True) -> str:
    """Return the document as XML.

    Args:
        document: What to write.
        terraform: Whether the XML goes into an argument of a resource. CDKTF's tokens stay
            references then, and a literal `${` is written as `$${`. For a file, give False.

    Raises:
        InputError: If something was put into the document that cannot be written.
    """
    return _Writer(terraform=terraform).document(document)


class _Writer:
    def __init__(self, *, terraform: bool) -> None:
        self.terraform = terraform
        self.lines: list[str] = []

    def document(self, document: AnyDocument) -> str:
        comments = document.comments
        self.nodes(comments.get("", []), 0)
        if isinstance(document, Fragment):
            self.block("fragment", document.policies, 0)
        elif isinstance(document, Resolver):
            self.nodes([document.source], 0)
        else:
            self.lines.append("<policies>")
            for name, section in document.sections().items():
                self.nodes(comments.get(name, []), 1)
                if section or name not in document.absent:
                    self.block(name, section, 1)
            self.nodes(comments.get("end", []), 1)
            self.lines.append("</policies>")
        self.nodes(comments.get("after", []), 0)
        return "\n".join(self.lines) + "\n"

    def block(self, tag: str, nodes: list[Node], depth: int) -> None:
        name = tag.split(" ", 1)[0]
        if nodes:
            self.lines.append(f"{_INDENT * depth}<{tag}>")
            self.nodes(nodes, depth + 1)
            self.lines.append(f"{_INDENT * depth}</{name}>")
        else:
            self.lines.append(f"{_INDENT * depth}<{tag} />")

    def nodes(self, nodes: list[Node] | list[Comment], depth: int) -> None:
        for node in nodes:
            if (
                isinstance(node, Element)
                and node.name not in PAYLOADS
                and node.children
                and not any(isinstance(child, str) for child in node.children)
            ):
                self.block(self.tag(node), node.children, depth)
            else:
                self.lines.append(f"{_INDENT * depth}{self.inline(node)}")

    def inline(self, node: Node) -> str:
        if isinstance(node, Comment):
            return f"<!-- {Comment(node.text).text} -->"
        if isinstance(node, str):
            return self.value(node)
        tag = self.tag(node)
        if not node.children:
            return f"<{tag} />"
        return f"<{tag}>{''.join(map(self.inline, node.children))}</{node.name}>"

    def tag(self, element: Element) -> str:
        check_name(element.name)
        pieces = [element.name]
        for name, value in element.attributes.items():
            check_name(name)
            try:
                pieces.append(f'{name}="{self.value(value, quoted=True)}"')
            except InputError as error:
                where = f"<{element.name} {name}=…>"
                raise InputError(error.problem, where=where, fix=error.fix) from None
        return " ".join(pieces)

    def value(self, value: str, *, quoted: bool = False) -> str:
        # A document may be changed after its making, so what it holds is checked again here.
        value = text(value)
        if isinstance(value, Template):
            return "".join(
                part if interpreted else _escaped(part, quoted=quoted)
                for part, interpreted in parts(value)
            )
        xml = _escaped(value, quoted=quoted)
        return escaped(xml) if self.terraform else xml


def _escaped(value: str, *, quoted: bool) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace('"', "&quot;") if quoted else value
