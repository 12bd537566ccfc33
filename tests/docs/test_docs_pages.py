"""What the pages say besides their blocks: commands, rules, extras and the way to each page."""

from __future__ import annotations

import contextlib
import io
import re
from functools import cache

import pytest
from docs_blocks import PAGES, ROOT

from constructs_lib import cli

COMMAND = re.compile(r"secured-functions ([a-z]+)([^\n`|)]*)")


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


def test_every_extra_that_is_installed_exists():
    project = (ROOT / "pyproject.toml").read_text()
    wanted = {
        extra
        for page in PAGES
        for extra in re.findall(r"secured-functions\[(\w+)\]", page.read_text())
    }
    assert "cli" in wanted
    for extra in wanted:
        assert re.search(rf"^{extra} = \[$", project, re.MULTILINE)
