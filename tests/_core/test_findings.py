"""Findings in the formats that people and their tools read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib._core.findings import FORMATS, STANDARD_INPUT, Finding, fails, render
from constructs_lib._core.rules import Rule
from constructs_lib.access.rules import RULES

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
        "title": "a <b> & c",
        "message": "a <b> & c",
        "fix": "do d",
        "places": [{"message": "a <b> & c", "path": "x y/a.xml", "line": 3, "column": 5}],
    }
    assert second["places"][0]["address"] == "azurerm_x.y"


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


ESTATE = [
    Finding.of(
        RULES["SF402"], f"{name} accepts plain HTTP", path="a.tf", address=f"azurerm_x.{name}"
    )
    for name in ("a", "b", "c")
] + [Finding.of(RULES["SF101"], "Easy Auth is off", path="a.tf", address="azurerm_x.a")]


def test_one_rule_and_fix_is_one_finding_with_all_its_places() -> None:
    assert render(ESTATE, together=True) == (
        "error SF402: The site accepts plain HTTP (3 places)\n"
        "  a.tf (azurerm_x.a): a accepts plain HTTP\n"
        "  a.tf (azurerm_x.b): b accepts plain HTTP\n"
        "  a.tf (azurerm_x.c): c accepts plain HTTP\n"
        "    Set https_only = true\n"
        "a.tf (azurerm_x.a): error SF101: Easy Auth is off\n"
        f"    {RULES['SF101'].fix.rstrip('.')}\n"
        "2 errors in 4 places\n"
    )


def test_programs_get_the_places_and_the_link_of_the_rule() -> None:
    first, _ = json.loads(render(ESTATE, "json", together=True))["findings"]
    assert first["link"] == RULES["SF402"].url
    assert first["effect"] == "open"
    assert [each["address"] for each in first["places"]] == [
        "azurerm_x.a",
        "azurerm_x.b",
        "azurerm_x.c",
    ]


def test_sarif_has_one_result_with_a_location_for_each_place() -> None:
    def results(findings: list[Finding]) -> list[dict[str, Any]]:
        return json.loads(render(findings, "sarif", together=True))["runs"][0]["results"]

    first, second = results(ESTATE)
    assert [each["message"]["text"] for each in first["locations"]] == [
        "a accepts plain HTTP",
        "b accepts plain HTTP",
        "c accepts plain HTTP",
    ]
    assert len(second["locations"]) == 1
    again, _ = results([replace(each, path="moved.tf", line=9) for each in ESTATE])
    fewer, _ = results(ESTATE[1:])
    assert again["partialFingerprints"] == first["partialFingerprints"]
    assert fewer["partialFingerprints"] != first["partialFingerprints"]


def test_github_gets_an_annotation_for_each_place() -> None:
    finding = replace(ESTATE[0], line=7, message="50%\nof it", address='azurerm_x.a["b,c:d"]')
    lines = render([finding, replace(finding, path="-")], "github", together=True).splitlines()
    place, title = "file=a.tf,line=7,", 'title=SF402 azurerm_x.a["b%2Cc%3Ad"]'
    said = "50%25%0Aof it: Set https_only = true"
    assert lines == [
        f"::error {place}{title}::{said}",
        f"::error {title}::{said}",
        "1 error in 2 places",
    ]


@pytest.mark.parametrize("path", ["-", STANDARD_INPUT])
def test_sarif_names_no_file_for_what_came_from_standard_input(path: str) -> None:
    (result,) = json.loads(render([replace(ESTATE[0], path=path)], "sarif"))["runs"][0]["results"]
    assert "physicalLocation" not in result["locations"][0]
    assert result["locations"][0]["logicalLocations"]


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
