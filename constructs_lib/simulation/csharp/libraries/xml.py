"""System.Xml.Linq over expat; documents with a DTD are refused, as the gateway does.

Source: Learn, .NET API reference of System.Xml.Linq.
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from constructs_lib.simulation.csharp.errors import ExpressionFailed
from constructs_lib.simulation.csharp.formatting import to_text
from constructs_lib.simulation.csharp.libraries import json_tokens
from constructs_lib.simulation.csharp.operators import CONVERSIONS
from constructs_lib.simulation.csharp.tables import define, enumeration
from constructs_lib.simulation.csharp.values import (
    Array,
    Sequence,
    argument_null,
    invalid_operation,
)

enumeration(
    "XmlNodeType",
    "System.Xml.XmlNodeType",
    Element=1,
    Attribute=2,
    Text=3,
    CDATA=4,
    ProcessingInstruction=7,
    Comment=8,
    Document=9,
)
enumeration(
    "SaveOptions", "System.Xml.Linq.SaveOptions", DisableFormatting=1, OmitDuplicateNamespaces=2
)


class XName:
    """A name, with its namespace."""

    __slots__ = ("local", "space")

    def __init__(self, local: str, space: str = "") -> None:
        self.local = local
        self.space = space

    def to_text(self) -> str:
        """`{namespace}local`."""
        return f"{{{self.space}}}{self.local}" if self.space else self.local

    def equals(self, other: Any) -> bool:
        """By value."""
        return isinstance(other, XName) and (other.local, other.space) == (self.local, self.space)

    operator_equal = equals


class XNamespace:
    """A namespace."""

    __slots__ = ("uri",)

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def to_text(self) -> str:
        """The URI."""
        return self.uri

    def equals(self, other: Any) -> bool:
        """By value."""
        return isinstance(other, XNamespace) and other.uri == self.uri

    operator_equal = equals


class XNode:
    """What stands in an element, and its attributes."""

    __slots__ = ("parent", "text")

    def __init__(self, text: str = "") -> None:
        self.parent: Any = None
        self.text = text

    def to_text(self) -> str:
        """As XML."""
        return _escaped(self.text)

    def remove(self) -> None:
        """Take it out of its parent."""
        if self.parent is None:
            raise invalid_operation("The parent is missing.")
        self.parent.nodes = [each for each in self.parent.nodes if each is not self]
        self.parent = None


class XText(XNode):
    """Text."""

    __slots__ = ()


class XCData(XText):
    """Text in a CDATA section."""

    __slots__ = ()

    def to_text(self) -> str:
        """As XML."""
        return f"<![CDATA[{self.text}]]>"


class XComment(XNode):
    """A comment."""

    __slots__ = ()

    def to_text(self) -> str:
        """As XML."""
        return f"<!--{self.text}-->"


class XAttribute(XNode):
    """An attribute."""

    __slots__ = ("name",)

    def __init__(self, name: Any, text: Any) -> None:
        super().__init__(to_text(text))
        self.name = name_of(name)

    def to_text(self) -> str:
        """As XML."""
        return f'{self.name.local}="{_escaped(self.text, quote=True)}"'

    def explicit(self, target: str) -> Any:
        """`(target)attribute`."""
        return json_tokens.JValue(self.text).explicit(target)

    def remove(self) -> None:
        """Take it out of its element."""
        self.parent.attributes = [each for each in self.parent.attributes if each is not self]


class XElement(XNode):
    """An element."""

    __slots__ = ("attributes", "name", "nodes")

    def __init__(self, name: Any, *content: Any) -> None:
        super().__init__()
        self.name = name_of(name)
        self.attributes: list[XAttribute] = []
        self.nodes: list[XNode] = []
        add(self, *content)

    def value(self) -> str:
        """All text in it."""
        return "".join(
            each.value() if isinstance(each, XElement) else each.text
            for each in self.nodes
            if isinstance(each, (XElement, XText))
        )

    def elements(self, *name: Any) -> Iterator[Any]:
        """The elements directly in it."""
        wanted = name_of(name[0]) if name else None
        return (
            each
            for each in list(self.nodes)
            if isinstance(each, XElement) and (wanted is None or each.name.equals(wanted))
        )

    def descendants(self, *name: Any) -> Iterator[Any]:
        """All elements in it, in the order of the document."""
        wanted = name_of(name[0]) if name else None
        for each in self.elements():
            if wanted is None or each.name.equals(wanted):
                yield each
            yield from each.descendants(*name)

    def explicit(self, target: str) -> Any:
        """`(target)element`."""
        return json_tokens.JValue(self.value()).explicit(target)

    def to_text(self) -> str:
        """As XML, indented."""
        found: list[str] = []
        _write(self, found, "\r\n", {"": "", "xml": "http://www.w3.org/XML/1998/namespace"})
        return "".join(found)

    def plain(self) -> str:
        """As XML, on one line."""
        found: list[str] = []
        _write(self, found, "", {"": "", "xml": "http://www.w3.org/XML/1998/namespace"})
        return "".join(found)


class XDocument(XElement):
    """A document."""

    __slots__ = ("declaration",)

    def __init__(self, *content: Any) -> None:
        super().__init__("document")
        self.declaration: str | None = None
        add(self, *content)

    def root(self) -> Any:
        """Its element."""
        return next(self.elements(), None)

    def to_text(self) -> str:
        """As XML, without the declaration."""
        return "\r\n".join(each.to_text() for each in self.nodes)


def name_of(name: Any) -> XName:
    """A name of a text or of itself."""
    if isinstance(name, XName):
        return name
    if name is None:
        raise argument_null("name")
    found = re.fullmatch(r"(?:\{([^}]*)\})?(.+)", name)
    return XName(found[2], found[1] or "") if found else XName(name)


CONVERSIONS["XName"] = name_of
CONVERSIONS["XNamespace"] = lambda uri: uri if isinstance(uri, XNamespace) else XNamespace(uri)


def add(element: Any, *content: Any) -> None:
    """Put content into an element."""
    for each in content:
        if each is None:
            continue
        if isinstance(each, XAttribute):
            each.parent = element
            element.attributes.append(each)
        elif isinstance(each, XNode):
            if each.parent is not None:
                each = (
                    parse_element(each.plain())
                    if isinstance(each, XElement)
                    else type(each)(each.text)
                )
            each.parent = element
            element.nodes.append(each)
        elif isinstance(each, (Sequence, Array)):
            from constructs_lib.simulation.csharp.libraries.iterating import iterate

            add(element, *iterate(each))
        else:
            node = XText(to_text(each))
            node.parent = element
            element.nodes.append(node)


def _escaped(text: str, *, quote: bool = False) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;") if quote else text


def _write(element: XElement, found: list[str], line: str, scope: dict[str, str]) -> None:
    """An element as text; `scope` maps prefixes to namespaces."""
    scope = dict(scope)
    for each in element.attributes:
        if each.name.space == _XMLNS or each.name.local == "xmlns":
            scope["" if each.name.local == "xmlns" else each.name.local] = each.text
    prefixes = {uri: prefix for prefix, uri in scope.items()}
    name, space = element.name.local, element.name.space
    declared = ""
    if scope.get("", "") == space:
        tag = name
    elif space in prefixes:
        tag = f"{prefixes[space]}:{name}"
    else:
        tag, declared = name, f' xmlns="{_escaped(space, quote=True)}"'
        scope[""] = space
    attributes = "".join(f" {_attribute(each, prefixes)}" for each in element.attributes)
    found.append(f"<{tag}{declared}{attributes}")
    if not element.nodes:
        found.append(" />")
        return
    found.append(">")
    mixed = any(isinstance(each, XText) for each in element.nodes)
    inner = f"{line}  " if line and not mixed else ""
    for each in element.nodes:
        found.append(inner)
        if isinstance(each, XElement):
            _write(each, found, inner, scope)
        else:
            found.append(each.to_text())
    found.append(f"{line if inner else ''}</{tag}>")


_XMLNS = "http://www.w3.org/2000/xmlns/"


def _attribute(attribute: XAttribute, prefixes: dict[str, str]) -> str:
    space, local = attribute.name.space, attribute.name.local
    if space == _XMLNS:
        local = f"xmlns:{local}"
    elif space:
        local = f"{prefixes.get(space, 'p1')}:{local}"
    return f'{local}="{_escaped(attribute.text, quote=True)}"'


def _failed(message: str) -> ExpressionFailed:
    return ExpressionFailed(message, "System.Xml.XmlException")


def parse_document(text: Any, *_: Any) -> XDocument:
    """`XDocument.Parse(text)`.

    Raises:
        ExpressionFailed: If it is not XML, or has a DTD.
    """
    if text is None:
        raise argument_null("s")
    if not text.strip():
        raise _failed("Root element is missing.")
    reader = _Reader()
    try:
        reader.parser.Parse(
            re.sub(r"^\ufeff?<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL), True
        )
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        what = "Data at the root level is invalid." if error.code == 2 else what
        raise _failed(f"{what} Line {error.lineno}, position {error.offset + 1}.") from error
    return reader.document


class _Reader:
    """Builds a document from what expat reports."""

    def __init__(self) -> None:
        self.document = XDocument()
        self.stack: list[XElement] = [self.document]
        self.scopes = [{"": "", "xml": "http://www.w3.org/XML/1998/namespace", "xmlns": _XMLNS}]
        self.cdata = False
        parser = self.parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.CommentHandler = lambda data: add(self.stack[-1], XComment(data))
        parser.StartCdataSectionHandler = lambda: setattr(self, "cdata", True)
        parser.EndCdataSectionHandler = lambda: setattr(self, "cdata", False)
        parser.StartDoctypeDeclHandler = self.refuse

    def start(self, tag: str, given: list[str]) -> None:
        pairs = list(zip(given[::2], given[1::2], strict=True))
        scope = dict(self.scopes[-1])
        for key, value in pairs:
            if key == "xmlns" or key.startswith("xmlns:"):
                scope[key.partition(":")[2]] = value
        self.scopes.append(scope)
        element = XElement(_resolved(tag, scope, element=True))
        for key, value in pairs:
            name = XName("xmlns") if key == "xmlns" else _resolved(key, scope, element=False)
            add(element, XAttribute(name, value))
        add(self.stack[-1], element)
        self.stack.append(element)

    def end(self, _tag: str) -> None:
        element = self.stack.pop()
        self.scopes.pop()
        # White space between elements does not count.
        if any(isinstance(each, XElement) for each in element.nodes) and not any(
            isinstance(each, XCData) or (isinstance(each, XText) and each.text.strip())
            for each in element.nodes
        ):
            element.nodes = [each for each in element.nodes if not isinstance(each, XText)]

    def text(self, data: str) -> None:
        add(self.stack[-1], XCData(data) if self.cdata else XText(data))

    def refuse(self, *_given: Any) -> None:
        raise _failed(
            "For security reasons DTD is prohibited in this XML document. To enable DTD processing "
            "set the DtdProcessing property on XmlReaderSettings to Parse and pass the settings "
            "into XmlReader.Create method."
        )


def _resolved(name: str, scope: dict[str, str], *, element: bool) -> XName:
    prefix, colon, local = name.partition(":")
    if not colon:
        return XName(name, scope.get("", "") if element else "")
    if prefix not in scope:
        raise _failed(f"'{prefix}' is an undeclared prefix.")
    return XName(local, scope[prefix])


def parse_element(text: Any, *_: Any) -> XElement:
    """`XElement.Parse(text)`."""
    root = parse_document(text).root()
    root.parent = None
    return root


def _set_value(node: Any, value: Any) -> None:
    if isinstance(node, XElement):
        node.nodes = []
        add(node, to_text(value))
    else:
        node.text = to_text(value)


def _set_attribute(element: XElement, name: Any, value: Any) -> None:
    wanted = name_of(name)
    held = next((each for each in element.attributes if each.name.equals(wanted)), None)
    if value is None:
        element.attributes = [each for each in element.attributes if each is not held]
    elif held is not None:
        held.text = to_text(value)
    else:
        add(element, XAttribute(wanted, value))


def _set_element(element: XElement, name: Any, value: Any) -> None:
    held = next(element.elements(name), None)
    if value is None:
        if held is not None:
            held.remove()
    elif held is not None:
        _set_value(held, value)
    else:
        add(element, XElement(name, value))


def _beside(node: Any, offset: int, content: tuple[Any, ...]) -> None:
    parent = node.parent
    if parent is None:
        raise invalid_operation("The parent is missing.")
    at = next(i for i, each in enumerate(parent.nodes) if each is node) + offset
    rest, parent.nodes = parent.nodes[at:], parent.nodes[:at]
    add(parent, *content)
    parent.nodes += rest


def _replace(node: Any, *content: Any) -> None:
    _beside(node, 1, content)
    node.remove()


def _attributes(element: XElement, *name: Any) -> Sequence:
    return Sequence(
        lambda: (
            each for each in element.attributes if not name or each.name.equals(name_of(name[0]))
        )
    )


def _ancestors(node: Any, *name: Any) -> Iterator[Any]:
    at = node.parent
    while at is not None and not isinstance(at, XDocument):
        if not name or at.name.equals(name_of(name[0])):
            yield at
        at = at.parent


def _refill(element: Any, *content: Any) -> None:
    element.nodes = []
    add(element, *content)


def _put_first(element: Any, *content: Any) -> None:
    held, element.nodes = element.nodes, []
    add(element, *content)
    element.nodes += held


def _clear(element: Any) -> None:
    element.nodes, element.attributes = [], []


def _value(node: Any) -> str:
    return node.value() if isinstance(node, XElement) else node.text


_SPACE = "System.Xml.Linq"
define(
    "XName",
    f"{_SPACE}.XName",
    value=XName,
    properties={
        "LocalName -> string": lambda name: name.local,
        "NamespaceName -> string": lambda name: name.space,
        "Namespace -> XNamespace": lambda name: XNamespace(name.space),
    },
    static_methods={
        "Get -> XName": lambda name, *space: XName(name, space[0]) if space else name_of(name)
    },
)
define(
    "XNamespace",
    f"{_SPACE}.XNamespace",
    value=XNamespace,
    properties={"NamespaceName -> string": lambda space: space.uri},
    methods={"GetName -> XName": lambda space, local: XName(local, space.uri)},
    static={"None -> XNamespace": lambda: XNamespace("")},
    static_methods={"Get -> XNamespace": XNamespace},
)
define(
    "XObject",
    f"{_SPACE}.XObject",
    properties={
        "Parent -> XElement": lambda node: (
            None if isinstance(node.parent, XDocument) else node.parent
        )
    },
    known="NodeType Document BaseUri",
)
define(
    "XNode",
    f"{_SPACE}.XNode",
    value=XNode,
    bases=("XObject",),
    properties={
        "NextNode -> XNode": lambda node: _sibling(node, 1),
        "PreviousNode -> XNode": lambda node: _sibling(node, -1),
    },
    methods={
        "Remove": lambda node: node.remove(),
        "ToString -> string": lambda node, *style: (
            node.plain()
            if style and style[0] == 1 and isinstance(node, XElement)
            else node.to_text()
        ),
        "AddAfterSelf": lambda node, *content: _beside(node, 1, content),
        "AddBeforeSelf": lambda node, *content: _beside(node, 0, content),
        "ReplaceWith": _replace,
        "Ancestors -> IEnumerable<XElement>": lambda node, *name: Sequence(
            lambda: _ancestors(node, *name)
        ),
        "ElementsAfterSelf": None,
        "ElementsBeforeSelf": None,
    },
    static_methods={"DeepEquals -> bool": lambda a, b: a.to_text() == b.to_text()},
    known="ReadFrom CreateReader WriteTo IsAfter IsBefore NodesAfterSelf",
)


def _sibling(node: Any, offset: int) -> Any:
    held = node.parent.nodes if node.parent is not None else [node]
    at = next(i for i, each in enumerate(held) if each is node) + offset
    return held[at] if 0 <= at < len(held) else None


define(
    "XContainer",
    f"{_SPACE}.XContainer",
    bases=("XNode",),
    properties={
        "FirstNode -> XNode": lambda e: e.nodes[0] if e.nodes else None,
        "LastNode -> XNode": lambda e: e.nodes[-1] if e.nodes else None,
    },
    methods={
        "Element -> XElement": lambda e, name: next(e.elements(name), None),
        "Elements -> IEnumerable<XElement>": lambda e, *name: Sequence(lambda: e.elements(*name)),
        "Descendants -> IEnumerable<XElement>": lambda e, *name: Sequence(
            lambda: e.descendants(*name)
        ),
        "Nodes -> IEnumerable<XNode>": lambda e: Sequence(lambda: iter(list(e.nodes))),
        "Add": add,
        "AddFirst": _put_first,
        "RemoveNodes": _refill,
        "ReplaceNodes": _refill,
    },
    known="DescendantNodes CreateWriter",
)
define(
    "XElement",
    f"{_SPACE}.XElement",
    value=XElement,
    bases=("XContainer",),
    properties={
        "Name -> XName": lambda e: e.name,
        "Value -> string": _value,
        "HasElements -> bool": lambda e: next(e.elements(), None) is not None,
        "HasAttributes -> bool": lambda e: bool(e.attributes),
        "IsEmpty -> bool": lambda e: not e.nodes,
        "FirstAttribute -> XAttribute": lambda e: e.attributes[0] if e.attributes else None,
    },
    methods={
        "Attribute -> XAttribute": lambda e, name: next(iter(_attributes(e, name).start()), None),
        "Attributes -> IEnumerable<XAttribute>": _attributes,
        "SetValue": _set_value,
        "SetAttributeValue": _set_attribute,
        "SetElementValue": _set_element,
        "RemoveAttributes": lambda e: setattr(e, "attributes", []),
        "RemoveAll": _clear,
        "DescendantsAndSelf -> IEnumerable<XElement>": lambda e, *n: Sequence(
            lambda: (x for x in [e, *e.descendants()] if not n or x.name.equals(name_of(n[0])))
        ),
        "GetDefaultNamespace -> XNamespace": lambda e: XNamespace(
            next(
                (
                    a.text
                    for p in [e, *_ancestors(e)]
                    for a in p.attributes
                    if a.name.local == "xmlns"
                ),
                "",
            )
        ),
    },
    static_methods={"Parse -> XElement": parse_element},
    setters={"Value": _set_value, "Name": lambda e, name: setattr(e, "name", name_of(name))},
    make=XElement,
    known="Load Save LastAttribute ReplaceAll ReplaceAttributes AncestorsAndSelf "
    "GetNamespaceOfPrefix GetPrefixOfNamespace",
)
define(
    "XDocument",
    f"{_SPACE}.XDocument",
    value=XDocument,
    bases=("XContainer",),
    properties={"Root -> XElement": lambda document: document.root()},
    static_methods={"Parse -> XDocument": parse_document},
    make=XDocument,
    known="Declaration Save DocumentType",
    forbidden="Load",
)
define(
    "XAttribute",
    f"{_SPACE}.XAttribute",
    value=XAttribute,
    bases=("XObject",),
    properties={
        "Name -> XName": lambda a: a.name,
        "Value -> string": _value,
        "IsNamespaceDeclaration -> bool": lambda a: (
            a.name.local == "xmlns" or a.name.space == _XMLNS
        ),
    },
    methods={"Remove": lambda a: a.remove(), "SetValue": _set_value},
    setters={"Value": _set_value},
    make=XAttribute,
    known="NextAttribute PreviousAttribute",
)
for _name, _class in (("XText", XText), ("XCData", XCData), ("XComment", XComment)):
    define(
        _name,
        f"{_SPACE}.{_name}",
        value=_class,
        bases=("XText",) if _name == "XCData" else ("XNode",),
        properties={"Value -> string": _value},
        setters={"Value": _set_value},
        make=_class,
    )
define("XDeclaration", f"{_SPACE}.XDeclaration", known="Version Encoding Standalone")
