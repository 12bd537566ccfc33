"""What the tests of policies share."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
import xml.parsers.expat
from pathlib import Path

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.xml"))
TOKEN = "${TfToken[TOKEN.7]}"


def scope_of(file: Path) -> str:
    """The scope that a document of the corpus is for: `quota.product.xml` is for products."""
    return file.name.split(".")[1] if file.name.count(".") == 2 else "api"


def policies(inbound: str = "", **sections: str) -> str:
    """A document with these policies, each section on a line of its own from line 2 on."""
    texts = {"inbound": inbound, "backend": "", "outbound": "", "on_error": ""} | sections
    lines = [
        f"<{name.replace('_', '-')}>{text or '<base />'}</{name.replace('_', '-')}>"
        for name, text in texts.items()
    ]
    return "\n".join(["<policies>", *lines, "</policies>"])


def evaluated(template: str, token: str = "an-id") -> str:
    """What Terraform makes of a string with tokens, by HCL's rules alone."""
    pattern = r'\$\{TfToken\[[^\]]*\]\}|\$\{"([^"]*)"\}|\$\$\{|%%\{|[$%]\{'

    def value(match: re.Match[str]) -> str:
        if match.group().startswith("${Tf"):
            return token
        if match.group(1) is not None:
            return match.group(1)
        assert len(match.group()) == 3, f"Terraform would evaluate {match.group()!r}"
        return match.group()[1:]

    return re.sub(pattern, value, template)


def go_tokens(source: str) -> list[tuple[str, ...]] | None:
    """The tokens of Go's `encoding/xml` without those that are only space, None if not XML."""
    tokens: list[tuple[str, ...]] = []
    text: list[str] = []

    def flush() -> None:
        whole = "".join(text)
        text.clear()
        if whole.strip():
            tokens.append(("text", whole))

    def start(name: str, attributes: list[str]) -> None:
        flush()
        tokens.append(("start", name, *attributes))

    def end(name: str) -> None:
        flush()
        tokens.append(("end", name))

    def comment(data: str) -> None:
        flush()
        tokens.append(("comment", data))

    parser = xml.parsers.expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.CommentHandler = comment
    try:
        parser.Parse(source, True)
    except xml.parsers.expat.ExpatError:
        return None
    return tokens


def suppressed(old: str, new: str) -> bool:
    """Whether azurerm sees no change: `XmlWithDotNetInterpolationsDiffSuppress`."""
    tokens = go_tokens(old)
    if tokens is not None and tokens == go_tokens(new):
        return True

    def normalized(value: str) -> str:
        value = re.sub(r"[\n\r\t ]", "", value)
        for entity, character in (
            ("&quot;", '"'),
            ("&gt;", ">"),
            ("&lt;", "<"),
            ("&amp;", "&"),
            ("&apos;", "'"),
        ):
            value = value.replace(entity, character)
        return value

    return normalized(old) == normalized(new)


def fragment_suppressed(old: str, new: str) -> bool:
    """Whether azurerm sees no change in a fragment: `XmlWhitespaceDiffSuppress`."""
    if _fragment_tokens(old) is not None and _fragment_tokens(old) == _fragment_tokens(new):
        return True
    return re.sub(r"[\n\r\t ]", "", old) == re.sub(r"[\n\r\t ]", "", new)


def _fragment_tokens(source: str) -> list[tuple[str, ...]] | None:
    """The tokens of Go, which keeps the line ends of a comment as they are: expat does not."""
    tokens = go_tokens(source)
    comments = iter(re.findall("<!--(.*?)-->", source, re.DOTALL))
    return tokens and [
        ("comment", next(comments)) if token[0] == "comment" else token for token in tokens
    ]


def unbound(source: str) -> str:
    """XML whose prefixes mean nothing, so that ElementTree does not rename them."""
    return source.replace("xmlns", "_x_").replace(":", "_._")


def bound(source: str) -> str:
    """What `unbound` was made of."""
    return source.replace("_._", ":").replace("_x_", "xmlns")


def fragment_answers(sent: str) -> dict[str, str]:
    """What Azure may answer for a fragment that was sent as `xml`: the same document as XML.

    azurerm keeps the answer as it is. Of policies that Azure returns as `xml` it is known that
    they are indented anew and have `&#xA;` for line breaks in attributes.
    """
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    root = bound(ET.tostring(ET.fromstring(unbound(sent), parser), "unicode"))
    # ElementTree drops comments around the root; Azure keeps them, as azurerm's tests show.
    end = "</fragment>" if "</fragment>" in sent else "<fragment />"
    written = sent.partition("<fragment")[0] + root + sent.rpartition(end)[2]
    # ElementTree writes `&#10;` and `&#09;`, .NET `&#xA;` and `&#x9;`.
    dotnet = written.replace("&#10;", "&#xA;").replace("&#09;", "&#x9;")
    tabs = re.sub(r"^ +", lambda m: "\t" * (len(m.group()) // 4), sent, flags=re.MULTILINE)
    return {
        "as it was sent": sent,
        "by another writer": written,
        "by .NET": dotnet.replace("\n", "\r\n"),
        "indented anew": tabs.replace(" />", "/>").replace("\n", "\r\n"),
        "without layout": re.sub(r">\s+<", "><", sent),
    }


def state_after_apply(sent: str, *, reformatted: bool) -> str:
    """What azurerm keeps in the state: it asks Azure for `xml` and undoes HTML's entities."""
    returned = sent
    if reformatted:
        returned = re.sub(r"^ +", lambda m: "\t" * (len(m.group()) // 4), sent, flags=re.MULTILINE)
        returned = returned.replace(" />", "/>").replace("\n", "\r\n")
    return html.unescape(returned)
