"""What the pages say besides their blocks: commands, rules, extras and the way to each page."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import io
import re

import pytest

from constructs_lib import cli
from tests.docs.blocks import PAGES, ROOT

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


@functools.cache
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
    from constructs_lib._core.rules import find_rule

    for page in PAGES:
        for rule in re.findall(r"\b(?:SFP?|OP)\d{3}\b", page.read_text()):
            assert find_rule(rule), f"{page.name}: {rule}"


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


def test_calls_in_the_text_are_possible():
    """`Gateway.existing(self, "gateway", name=…)` between backticks: the name and its arguments."""
    import constructs_lib
    from constructs_lib import policy, testing

    checked = set()
    for page in PAGES:
        text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        for code in re.findall(r"`([^`\n]+)`", text):
            with contextlib.suppress(SyntaxError):
                for call in calls(code.replace("…", "...")):
                    first, *rest = ast.unparse(call.func).split(".")
                    home = [
                        each for each in (constructs_lib, policy, testing) if first in each.__all__
                    ]
                    if not home:
                        assert first[0].islower() or first == "Path", f"{page.name}: {code}"
                        continue
                    called = functools.reduce(getattr, rest, getattr(home[0], first))
                    if isinstance(called, type):
                        called = called.__init__
                    known = inspect.signature(called).parameters
                    given = {keyword.arg for keyword in call.keywords}
                    assert given <= known.keys(), f"{page.name}: {code}"
                    checked.add(first)
    assert {"Gateway", "OutsideFunctionApp", "Operations", "Inbound"} <= checked


def test_table_of_constructs_names_props_and_attributes_that_there_are():
    import constructs_lib
    from constructs_lib._cdk.props.fields import fields, meanings

    readme = (ROOT / "README.md").read_text()
    table = readme.partition("## What each construct makes")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    assert len(rows) == 6
    for name, props, attributes in rows:
        construct = getattr(constructs_lib, name)
        named = set(re.findall(r"`(\w+)`", props))
        records = named & {*constructs_lib.__all__}
        known = {*fields(construct)}.union(*(fields(getattr(constructs_lib, r)) for r in records))
        assert named <= known | records, f"{name}: {named - known - records}"
        for attribute in re.findall(r"`(\w+)(?:\([^`]*\))?`", attributes):
            said = [meanings(each.__doc__) for each in construct.__mro__[:4] if each.__doc__]
            there = hasattr(construct, attribute) or any(attribute in each for each in said)
            assert there, f"{name}.{attribute}"


def test_table_of_defaults_names_props_that_there_are():
    import constructs_lib
    from constructs_lib._cdk.props.fields import fields

    readme = (ROOT / "README.md").read_text()
    table = readme.partition("## Defaults, and how to lower them")[2].partition("\n## ")[0]
    lowered = re.findall(r"`(\w+)=", table)
    assert len(lowered) > 6
    parts = (constructs_lib.SecuredFunctionApi, constructs_lib.FunctionAppProps)
    assert set(lowered) <= {name for part in parts for name in fields(part)}


def calls(code):
    """The calls in an expression, which may be an argument with its name: `policy=Path("x")`."""
    named = re.match(r"[a-z_]+=", code)
    tree = ast.parse(f"call({code})" if named else code, mode="eval")
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and not (named and node is tree.body)
    ]
