"""Bodies of JSON as XML, and of XML as JSON.

Source: Learn, json-to-xml (2024-03-18) and xml-to-json (2024-09-06); what they leave open is as
dev.fyicenter.com shows answers of a live service (2018 to 2023), else as Newtonsoft.Json does it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast
from xml.sax.saxutils import escape, quoteattr

from constructs_lib.simulation.http import HttpBody
from constructs_lib.simulation.policies.headers import message_of
from constructs_lib.simulation.policies.parsing import NotXmlError, tree_of_xml
from constructs_lib.simulation.policy_statements import Run, Statement
from constructs_lib.simulation.signals import PolicyFailedError

if TYPE_CHECKING:
    from constructs_lib.simulation.call import SimulatedCall

_NIL = ' xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_NO_NAME = re.compile(r"[^\w:.-]|^[\d.-]")


def _converting(policy: Statement, source: str, target: str, convert: Callable[..., str]) -> Run:
    """Converts the body, if it is of the one format and the caller wants the other."""
    apply, ask = policy.text("apply"), policy.boolean("consider-accept-header", default=True)

    def run(call: SimulatedCall) -> None:
        message, why = message_of(call), ""
        if not message.content:
            why = "there is none"
        elif apply(call) != "always" and source not in (message.headers.get("Content-Type") or ""):
            why = f"its type is not {source.upper()}"
        elif ask(call) and target not in (call.request.headers.get("Accept") or ""):
            why = f"{target.upper()} is not asked for"
        if why:
            call.trace.add(policy.name, f"The body stays as it is: {why}.", policy.name)
            return
        text = convert(call, message.content.decode("utf-8-sig", "replace"))
        message.body = HttpBody(text.encode())
        message.headers.set("Content-Type", f"application/{target}")
        message.headers.remove("Content-Length")
        call.trace.add(policy.name, f"The body is {target.upper()} now.", policy.name)

    return run


def xml_to_json(policy: Statement) -> Run:
    """XML as JSON."""
    kind = policy.text("kind")
    arrays = policy.boolean("always-array-child-elements", default=False)

    def convert(call: SimulatedCall, text: str) -> str:
        friendly = kind(call) == "javascript-friendly"
        if friendly:
            told = "What is friendly to JavaScript is taken to be names without marks."
            call.trace.add(policy.name, told, "xml-to-json.friendly")
        marks = ("", "text") if friendly else ("@", "#text")
        try:
            tree = tree_of_xml(text, *marks, separator="$", arrays=arrays(call))
        except NotXmlError as error:
            raise PolicyFailedError(f"The body is not valid XML: {error}") from None
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))

    return _converting(policy, "xml", "json", convert)


def json_to_xml(policy: Statement) -> Run:
    """JSON as XML."""
    separator, prefix = policy.text("namespace-separator", "_"), policy.text("namespace-prefix")
    block, dates = policy.text("attribute-block-name"), policy.boolean("parse-date", default=True)

    def convert(call: SimulatedCall, text: str) -> str:
        try:
            value = json.loads(text, parse_float=_Number, parse_int=_Number)
        except ValueError as error:
            raise PolicyFailedError(f"The body is not valid JSON: {error}") from None
        if not isinstance(value, dict):
            raise PolicyFailedError(
                "XmlNodeConverter can only convert JSON that begins with an object. "
                "Path '', line 1, position 1."
            )
        found = cast("dict[str, Any]", value)
        if len(found) != 1 or isinstance(next(iter(found.values())), list):
            found = {"Document": found}
        write = _Writer(separator(call), prefix(call), block(call), dates=dates(call))
        [(name, content)] = found.items()
        return "\r\n".join(write.element(name, content, "", frozenset()))

    return _converting(policy, "json", "xml", convert)


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Writer:
    """Writes JSON as elements of XML."""

    def __init__(self, separator: str, prefix: str, block: str, *, dates: bool) -> None:
        self._separator = separator
        self._prefix = prefix
        self._block = block
        self._dates = dates

    def element(self, name: str, value: Any, margin: str, declared: frozenset[str]) -> list[str]:
        """The lines of an element; of a list, those of one for each item."""
        if isinstance(value, list) and value:
            each = [self.element(name, item, margin, declared) for item in cast("list[Any]", value)]
            return [line for lines in each for line in lines]
        attributes, text, children = "", "", list[tuple[str, Any]]()
        if isinstance(value, Mapping):
            found = cast("Mapping[str, Any]", value)
            declared |= {self._split(each)[1] for each in found if self._declares(each)}
            for each, content in found.items():
                if self._block and each == self._block and isinstance(content, Mapping):
                    for one, given in cast("Mapping[str, Any]", content).items():
                        attributes += self._attribute(one, given, declared)
                elif self._declares(each) or each.startswith("@"):
                    attributes += self._attribute(each.removeprefix("@"), content, declared)
                elif each == "#text":
                    text += escape(self._text(content))
                else:
                    children.append((each, content))
        elif value is None:
            attributes = _NIL
        elif not isinstance(value, list):
            text = escape(self._text(value))
        tag = self._name(name, declared)
        lines = [
            line
            for each, content in children
            for line in self.element(each, content, f"{margin}  ", declared)
        ]
        if lines:
            return [f"{margin}<{tag}{attributes}>{text}", *lines, f"{margin}</{tag}>"]
        if text or value == "":
            return [f"{margin}<{tag}{attributes}>{text}</{tag}>"]
        return [f"{margin}<{tag}{attributes} />"]

    def _split(self, name: str) -> tuple[str, str]:
        first, _, rest = name.partition(self._separator)
        return first, rest

    def _declares(self, name: str) -> bool:
        return bool(self._prefix) and self._split(name)[0] == self._prefix

    def _attribute(self, name: str, value: Any, declared: frozenset[str]) -> str:
        return f" {self._name(name, declared)}={quoteattr(self._text(value))}"

    def _name(self, name: str, declared: frozenset[str]) -> str:
        first, rest = self._split(name)
        if rest and (first in declared or self._declares(name)):
            name = f"{first}:{rest}"
        return _NO_NAME.sub(lambda found: f"_x{ord(found.group()):04X}_", name)

    def _text(self, value: Any) -> str:
        if isinstance(value, bool) or value is None:
            return "" if value is None else str(value)
        if self._dates and isinstance(value, str) and not isinstance(value, _Number):
            return _dated(value)
        return str(value)


def _dated(text: str) -> str:
    """A date as XML has it; other text as it is."""
    from constructs_lib.simulation.csharp.formatting import formatted
    from constructs_lib.simulation.csharp.libraries.json_values import iso_date

    moment = iso_date(text)
    return text if moment is None else formatted(moment, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK")
