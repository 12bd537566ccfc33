"""The types of what constructs make are exact, in the eyes of both type checkers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("kinds_of_function_app.py")
WRONG = """
from constructs_lib import ProtectedOutsideApp, SecuredFunctionApi


def wrong(orders: SecuredFunctionApi, outside: SecuredFunctionApi[ProtectedOutsideApp]) -> None:
    orders.function_app.resource.no_such_argument = True
    outside.function_app.resource.https_only = True
"""


def pyright(repository: Path, program: Path) -> list[str]:
    return [str(repository / "node_modules/.bin/pyright"), "-p", str(program.parent)]


def mypy(repository: Path, program: Path) -> list[str]:
    return [
        sys.executable,
        *("-m", "mypy", "--strict", "--follow-imports=silent"),
        *("--cache-dir", str(program.parent / "cache"), str(program)),
    ]


@pytest.mark.parametrize("checker", [pyright, mypy])
def test_each_kind_of_function_app_has_its_type(repository, tmp_path, checker):
    done = run(checker, repository, tmp_path, PROGRAM.read_text())
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("checker", [pyright, mypy])
def test_what_a_kind_does_not_have_is_an_error(repository, tmp_path, checker):
    done = run(checker, repository, tmp_path, WRONG)
    lines = re.findall(r"program\.py:(\d+)(?::\d+)?(?: -)?:? error", done.stdout)
    assert set(lines) == {"6", "7"}, done.stdout


def run(checker, repository, folder, text):
    program = folder / "program.py"
    program.write_text(text)
    settings = {
        "include": ["program.py"],
        "typeCheckingMode": "strict",
        "extraPaths": [str(repository)],
        "venvPath": str(repository),
        "venv": ".venv",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    return subprocess.run(
        checker(repository, program), cwd=repository, capture_output=True, text=True, check=False
    )
