"""Writes JUnit XML, as Azure Pipelines, GitLab and Jenkins read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

# XML 1.0 section 2.2: no other character may stand in a document.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test.

    Attributes:
        group: Its `classname`.
        name: Its name within the group.
        outcome: What became of it.
        kind: Which kind of failure it is.
        message: Why it failed or was skipped, in one line.
        text: More about it.
        seconds: How long it took.
    """

    group: str
    name: str
    outcome: Literal["passed", "failed", "skipped"] = "passed"
    kind: str = ""
    message: str = ""
    text: str = ""
    seconds: float | None = None


def junit(suite: str, cases: Sequence[Case]) -> str:
    """Return a document with one suite of tests."""
    outcomes = [case.outcome for case in cases]
    counts = {
        "name": suite,
        "tests": str(len(cases)),
        "failures": str(outcomes.count("failed")),
        "skipped": str(outcomes.count("skipped")),
        "errors": "0",
    }
    root = Element("testsuites", counts)
    parent = SubElement(root, "testsuite", counts)
    for case in cases:
        attributes = {"classname": case.group, "name": case.name}
        if case.seconds is not None:
            attributes["time"] = f"{case.seconds:.3f}"
        element = _element(parent, "testcase", attributes)
        if case.outcome != "passed":
            tag = "failure" if case.outcome == "failed" else "skipped"
            note = {"type": case.kind, "message": case.message}
            note = {name: value for name, value in note.items() if value}
            _element(element, tag, note, case.text)
        elif case.text:
            _element(element, "system-out", {}, case.text)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _element(parent: Element, tag: str, attributes: dict[str, str], text: str = "") -> Element:
    element = SubElement(parent, tag, {key: _written(each) for key, each in attributes.items()})
    element.text = _written(text) or None
    return element


def _written(text: str) -> str:
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
