"""`secured-functions explain`: every id that any command prints is known, and says what to do."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from constructs_lib import cli
from constructs_lib._core.rules import DOCUMENTATION, FAMILIES, all_rules, find_rule

ID = re.compile(r"(?:SFP?|OP)\d{3}")


@pytest.fixture
def modules(repository: Path) -> dict[str, ast.Module]:
    """The package's modules by their path in the repository."""
    files = (repository / "constructs_lib").rglob("*.py")
    return {
        file.relative_to(repository).as_posix(): ast.parse(file.read_text("utf-8"))
        for file in files
    }


@pytest.mark.parametrize("id", all_rules())
@pytest.mark.parametrize("command", [["explain"], ["check", "--explain"]])
def test_every_rule_is_explained(
    command: list[str], id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command, id.lower()]) == 0
    out, rule = capsys.readouterr().out, all_rules()[id]
    assert out.startswith(f"{id}: {rule.title}")
    assert all(text in out for text in (rule.severity, rule.reason, rule.fix, rule.url))


def test_several_ids_are_explained_and_none_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "SF101", "gateway-key"]) == 0
    out = capsys.readouterr().out
    assert "SF101: " in out
    assert "gateway-key: " in out
    assert cli.main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*all_rules()]


@pytest.mark.parametrize(
    ("id", "near"), [("SF4O2", "SF402"), ("SPF403", "SFP403"), ("gatewaykey", "gateway-key")]
)
def test_what_is_no_rule_names_one_that_is_near(
    id: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", id]) == 2
    said = capsys.readouterr().err
    assert f"there is no rule {id} (did you mean " in said
    assert near in said


def test_what_is_near_to_none_gets_the_list_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "?" * 1000]) == 2
    assert "`secured-functions explain` lists all rules" in capsys.readouterr().err


def test_each_id_belongs_to_one_family_and_says_all_there_is_to_say() -> None:
    seen: dict[str, object] = {}
    for id, rule in all_rules().items():
        assert sum(bool(re.fullmatch(pattern, id.upper())) for pattern in FAMILIES) == 1
        assert seen.setdefault(id, rule) is rule
        assert rule.id == id
        assert find_rule(id) is rule
        assert rule.title
        assert rule.reason.endswith(".")
        assert rule.fix.endswith(".")
    assert {"SF101", "SFP405", "OP303", "gateway-key", "scm"} < seen.keys()


def test_a_finding_carries_no_other_id(modules: dict[str, ast.Module]) -> None:
    """Findings are made of rules alone, rules by the families alone, ids in the code are rules'."""
    families = tuple(module.replace(".", "/") for module in FAMILIES.values())
    for path, tree in modules.items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            called = ast.unparse(call.func)
            assert called != "Finding", f"{path}:{call.lineno}: use Finding.of"
            assert called != "Rule" or path.startswith(families), f"{path}:{call.lineno}"
        for text in _texts(tree):
            assert not ID.fullmatch(text) or text in all_rules(), f"{path}: {text}"


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_one_family_is_found_without_the_others() -> None:
    code = (
        "import sys; from constructs_lib._core.rules import find_rule;"
        "print(find_rule('gateway-key').id,"
        " [m for m in ('access', 'policy', 'operations') if f'constructs_lib.{m}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "gateway-key []\n"


@pytest.mark.parametrize("id", all_rules())
def test_every_rule_has_one_place_on_its_page(id: str, repository: Path) -> None:
    rule = all_rules()[id]
    text = (repository / "docs" / rule.page).read_text("utf-8")
    assert text.count(f'<a id="{rule.anchor}"></a>') == 1
    assert rule.url.startswith(f"{DOCUMENTATION}{rule.page.partition('/')[0].removesuffix('.md')}/")
    assert rule.url.endswith(f"/#{rule.anchor}")


def test_rules_link_to_where_the_pages_are_published(repository: Path) -> None:
    assert f"\nsite_url: {DOCUMENTATION}\n" in (repository / "mkdocs.yml").read_text("utf-8")
