"""The fixtures as a user's tests meet them."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "constructs_lib.testing.pytest_plugin", "-p", "no:cacheprovider")


@pytest.fixture
def users_test(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(
        test_users="""
        import json, os
        def test_stack(json_snapshot):
            json_snapshot({"b": 1, "a": os.environ["VALUE"]})
            json_snapshot([2])
        """
    )
    return pytester


def test_a_snapshot_is_written_on_request_and_then_compared(
    users_test: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VALUE", "old")
    missing = users_test.runpytest_inprocess(*PLUGIN)
    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(["*no snapshot test_stack.json*--update-json-snapshots*"])
    users_test.runpytest_inprocess(*PLUGIN, "--update-json-snapshots").assert_outcomes(passed=1)
    files = sorted(path.name for path in users_test.path.glob("__snapshots__/*/*"))
    assert files == ["test_stack.2.json", "test_stack.json"]
    users_test.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=1)

    monkeypatch.setenv("VALUE", "new")
    changed = users_test.runpytest_inprocess(*PLUGIN)
    changed.assert_outcomes(failed=1)
    changed.stdout.fnmatch_lines(['*-  "a": "old",', '*+  "a": "new",'])


def test_the_plugin_is_cheap_to_load() -> None:
    """Loading it with every run of pytest must not load the framework or a provider."""
    code = (
        "import sys, constructs_lib.testing.pytest_plugin as p\n"
        "bad = [m for m in sys.modules if m.partition('.')[0] in ('jsii', 'cdktf', 'pydantic')"
        " or m.startswith('cdktf_')]\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
