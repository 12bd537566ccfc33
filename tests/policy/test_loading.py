"""A stack loads of the policies what it uses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib import policy
from constructs_lib.policy import builders, check
from tests.policy.documents import SKUS
from tests.test_secured_function_api import gateway, orders

ROOT = Path(__file__).parents[2]


def loaded(code: str) -> set[str]:
    """The modules of policies that are loaded after some code."""
    code += (
        "\nimport json, sys\n"
        "print(json.dumps([m for m in sys.modules if m.startswith('constructs_lib.policy.')]))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return {name.removeprefix("constructs_lib.policy.") for name in json.loads(result.stdout)}


def test_a_stack_without_a_policy_of_its_own_loads_neither_checks_nor_reader() -> None:
    found = loaded("import constructs_lib.secured_function_api")
    assert not found & {"document_checks", "reader", "reference", "rules", "sources", "templates"}
    chapters = {name for name in found if name.startswith("builders.")}
    assert chapters == {"builders.authentication", "builders.routing", "builders.transformation"}


def test_the_package_itself_loads_nothing() -> None:
    assert loaded("import constructs_lib.policy") == {"builders"}


def test_a_builder_loads_its_chapter() -> None:
    found = loaded("from constructs_lib.policy import Cors")
    assert {name for name in found if name.startswith("builders.")} == {"builders.cross_domain"}


def test_every_name_is_there() -> None:
    assert len(policy.__all__) == len(set(policy.__all__)) > 120
    for name in policy.__all__:
        assert getattr(policy, name) is not None
    assert set(dir(policy)) >= set(policy.__all__)
    assert set(builders.__all__) < set(policy.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        policy.Nonsense  # noqa: B018 # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


@pytest.mark.parametrize("sku", [None, *SKUS.values()])
def test_the_secured_part_alone_needs_no_check(sku: str | None) -> None:
    """So a stack that adds nothing to it loads no checks."""
    from cdktf import TerraformStack, Testing

    stack = TerraformStack(Testing.app(), "test")
    api = orders(stack, gateway=gateway(stack))
    document = api.function_api.secured_policy()
    assert [each.rule for each in check(document, scope="api", sku=sku)] == []
