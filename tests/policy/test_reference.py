"""For every policy: a document of the corpus that is accepted, its page, and its builder.

What is refused is the table of `test_policy_table`.
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.policy import builders, check, read_file
from constructs_lib.policy.composition import elements
from constructs_lib.policy.model import DATA_SOURCES
from constructs_lib.policy.reference import POLICIES
from tests.policy.documents import SKUS
from tests.policy.helpers import CORPUS, scope_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_a_valid_document_is_accepted(name: str) -> None:
    (file,) = [file for file in CORPUS if file.name.split(".")[0] == name]
    document = read_file(file, resolvers=True)
    assert any(element.name == name for element in elements(document))
    assert check(document, scope=scope_of(file)) == []  # type: ignore[arg-type]
    policy = POLICIES[name]
    for gateway, sku in SKUS.items():
        findings = check(document, scope=scope_of(file), sku=sku)  # type: ignore[arg-type]
        runs = all(
            gateway in POLICIES[each.name].gateways
            for each in elements(document)
            if each.name in POLICIES
        )
        assert (findings == []) == runs
        assert {each.rule for each in findings} <= {"SFP104"}
        if gateway not in policy.gateways:
            expected = "warning" if gateway == "v2" else "error"
            assert {finding.severity for finding in findings} == {expected}


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_its_page_is_named(name: str) -> None:
    assert re.fullmatch(
        r"https://learn\.microsoft\.com/azure/api-management/[a-z-]+", POLICIES[name].url
    )


def test_data_sources_are_the_resolvers_of_the_reference() -> None:
    assert {name for name, each in POLICIES.items() if not each.sections} == {
        *DATA_SOURCES,
        "publish-event",
    }


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_policy_has_a_builder(name: str) -> None:
    specification = POLICIES[name].element
    build = getattr(builders, specification.builder or "")
    parameters = inspect.signature(build).parameters
    arguments: dict[str, Any] = {}
    for attribute in specification.attributes:
        parameter = re.sub("^(for|from)$", r"\1_", attribute.name.replace("-", "_"))
        assert parameters[parameter].kind is inspect.Parameter.KEYWORD_ONLY
        needed = attribute.required and not attribute.tolerated
        assert (parameters[parameter].default is inspect.Parameter.empty) == needed
        arguments[parameter] = "1"
    for key, parameter in parameters.items():
        needed = parameter.default is inspect.Parameter.empty
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and key not in arguments and needed:
            arguments[key] = [] if "Element" in str(parameter.annotation) else "1"
    texts = ["1"] if specification.text and specification.text.required else []
    built = build(*texts, **arguments)
    assert built.name == name
    assert built.attributes == {each.name: "1" for each in specification.attributes}
    assert f"See {POLICIES[name].url}." in (build.__doc__ or "")


def test_the_builders_are_those_of_the_reference() -> None:
    tool = ROOT / "tools" / "generate_policy_builders.py"
    result = subprocess.run(
        [sys.executable, str(tool), "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_reference_is_whole() -> None:
    assert len(POLICIES) >= 70
