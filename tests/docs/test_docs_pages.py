"""What the pages tell people to write and to run works."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path

import pytest

from constructs_lib import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
COMMAND = re.compile(r"secured-functions ([a-z]+)([^\n`|)]*)")


def blocks(page, language):
    fence = rf"^( *)```{language}\n(.*?)^ *```$"
    found = re.findall(fence, page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(text) for _, text in found]


def test_the_stack_of_the_readme_synthesizes(tmp_path):
    snippets = blocks(ROOT / "README.md", "python")
    assert len(snippets) == 2
    (tmp_path / "main.py").write_text("\n".join(snippets))
    # A process of its own: App() writes to where jsii's kernel was started.
    subprocess.run(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (tmp_path / "cdktf.out/stacks/orders/cdk.tf.json").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_on_a_page_compiles(page):
    for snippet in blocks(page, "python"):
        compile(snippet, str(page), "exec")


def test_commands_on_the_pages_exist_with_their_options():
    seen = set()
    for page in PAGES:
        for command, rest in COMMAND.findall(page.read_text()):
            assert command in cli.COMMANDS, f"{page.name}: secured-functions {command}"
            given = rest.partition("#")[0].partition(" > ")[0]
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", given):
                seen.add((command, option))
                words = (command, rest.split()[0]) if command == "policy" else (command,)
                assert option in helped(*words), f"{page.name}: {words} {option}"
    assert ("access", "--compare") in seen


@cache
def helped(*words):
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.raises(SystemExit):
        cli.main([*words, "--help"])
    return output.getvalue()


def test_every_page_is_in_the_navigation_of_the_site():
    navigation = (ROOT / "mkdocs.yml").read_text()
    for page in PAGES:
        if page.is_relative_to(ROOT / "docs"):
            name = str(page.relative_to(ROOT / "docs"))
            assert f": {name}\n" in navigation, f"add {name} to mkdocs.yml"


def test_every_rule_named_in_the_docs_exists():
    from constructs_lib.policy.checks import RULES as POLICY_RULES
    from constructs_lib.trust.rules import RULES

    for page in PAGES:
        for rule in re.findall(r"\bSFP?\d{3}\b", page.read_text()):
            assert rule in RULES or rule in POLICY_RULES, f"{page.name}: {rule}"
