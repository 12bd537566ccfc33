"""Findings in the formats that people and their tools read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from constructs_lib._core.findings import FORMATS, Finding, fails, render
from constructs_lib._core.rules import Rule

FINDINGS = [
    Finding(
        rule="SF1",
        severity="error",
        message="a <b> & c",
        fix="do d",
        path="x y/a.xml",
        line=3,
        column=5,
    ),
    Finding(rule="SF2", severity="warning", message="e", address="azurerm_x.y", attribute="z[0].w"),
    Finding(rule="SF1", severity="note", message="f", path="x y/a.xml"),
    Finding(rule="SF3", severity="note", message="é"),
]


def test_text_is_for_people() -> None:
    assert render(FINDINGS) == (
        "x y/a.xml:3:5: error SF1: a <b> & c\n    do d\n"
        "azurerm_x.y.z[0].w: warning SF2: e\n"
        "x y/a.xml: note SF1: f\n"
        "note SF3: é\n"
        "1 error, 1 warning, 2 notes\n"
    )


def test_json_has_what_is_known() -> None:
    first, second, *_ = json.loads(render(FINDINGS, "json"))["findings"]
    assert first == {
        "rule": "SF1",
        "severity": "error",
        "message": "a <b> & c",
        "fix": "do d",
        "path": "x y/a.xml",
        "line": 3,
        "column": 5,
    }
    assert second["address"] == "azurerm_x.y"


def test_sarif_says_where() -> None:
    rules = [
        Rule(
            id=id, severity="warning", title=title, reason="Why.", fix="Do it.", page="x/README.md"
        )
        for id, title in (("SF1", "One"), ("SF2", "Two"), ("SF3", "Three"), ("SF9", "Nine"))
    ]
    (run,) = json.loads(render(FINDINGS, "sarif", rules=rules))["runs"]
    described = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == ["SF1", "SF2", "SF3", "SF9"]
    url = "https://secured-functions.readthedocs.io/en/stable/x/#sf1"
    assert described[0] == {
        "id": "SF1",
        "shortDescription": {"text": "One"},
        "fullDescription": {"text": "Why."},
        "help": {
            "text": "Why.\n\nFix: Do it.",
            "markdown": f"Why.\n\n**Fix.** Do it.\n\n[SF1]({url})",
        },
        "helpUri": url,
        "defaultConfiguration": {"level": "warning"},
    }
    first, second, third, fourth = run["results"]
    assert first["message"] == {"text": "a <b> & c: do d"}
    assert first["level"] == "error"
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "x%20y/a.xml"},
                "region": {"startLine": 3, "startColumn": 5},
            }
        }
    ]
    assert second["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "azurerm_x.y.z[0].w", "kind": "resource"}
    ]
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert "locations" not in fourth
    assert all(described[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_an_absolute_path_is_a_file_uri() -> None:
    finding = Finding(rule="a", severity="note", message="b", path="/c d/e.xml")
    (result,) = json.loads(render([finding], "sarif"))["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "file:///c%20d/e.xml"}


def test_junit_has_a_test_for_each_subject() -> None:
    suite = ET.fromstring(render(FINDINGS, "junit", subjects=["x y/a.xml", "good.xml"]))[0]
    assert suite.attrib["tests"] == "4"
    assert suite.attrib["failures"] == "1"
    bad, good, resource, nowhere = suite
    assert bad.attrib["name"] == "x y/a.xml"
    failure = bad[0]
    assert failure.tag == "failure"
    assert failure.attrib == {"type": "SF1", "message": "a <b> & c"}
    assert "x y/a.xml:3:5: error SF1: a <b> & c\n    do d\nx y/a.xml: note" in (failure.text or "")
    assert list(good) == []
    assert resource[0].tag == "system-out"
    assert nowhere.attrib["name"] == ""


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_found_is_a_document_too(format: str) -> None:
    text = render([], format)  # type: ignore[arg-type]
    assert text.endswith("\n")
    if format in ("json", "sarif"):
        json.loads(text)
    if format == "junit":
        ET.fromstring(text)


def test_only_errors_fail() -> None:
    assert fails(FINDINGS)
    assert not fails(FINDINGS[1:])
