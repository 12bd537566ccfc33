"""What a user writes type-checks against the installed wheel, in the eyes of both type checkers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.typed.programs import programs

WRONG = """
from constructs_lib import ProtectedOutsideApp, SecuredFunctionApi


def wrong(orders: SecuredFunctionApi, outside: SecuredFunctionApi[ProtectedOutsideApp]) -> None:
    orders.function_app.resource.no_such_argument = True
    outside.function_app.resource.https_only = True
"""
WRONG_LINES = {"wrong.py:6", "wrong.py:7"}
# Pieces show a name that a reader goes on with; that nobody uses it is no error of types.
UNUSED = ("Import", "Variable", "Expression", "Function", "Class")


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A user's folder with all programs, and an environment with the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("user")
    venv.create(folder / "env", symlinks=True)
    packages = folder / site_packages("env")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # Behind it the packages that it depends on; a .pth file of theirs is not read.
    dependencies = Path(pytest.__file__).parents[1]
    (packages / "dependencies.pth").write_text(f"{dependencies}\n")
    for bindings in dependencies.glob("cdktf_cdktf_provider_*/__init__.py"):
        without_imports(bindings.parent, packages / bindings.parent.name)
    for name, text in {**programs(), "wrong.py": WRONG}.items():
        path = folder / "programs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def without_imports(bindings: Path, target: Path) -> None:
    """Bindings whose package does not import its thousand modules, few of which are used here."""
    target.mkdir()
    for file in bindings.iterdir():
        (target / file.name).symlink_to(file)
    (target / "__init__.py").unlink()
    (target / "__init__.py").touch()


def site_packages(environment: str) -> Path:
    version = sys.version_info
    return Path(environment, "lib", f"python{version.major}.{version.minor}", "site-packages")


def pyright(users: Path, repository: Path) -> str:
    settings = {
        "include": ["programs"],
        "typeCheckingMode": "strict",
        "executionEnvironments": [{"root": "programs"}],
        "venvPath": ".",
        "venv": "env",
        **{f"reportUnused{kind}": False for kind in UNUSED},
    }
    (users / "pyrightconfig.json").write_text(json.dumps(settings))
    return run(users, repository / "node_modules/.bin/pyright", "-p", users)


def mypy(users: Path, repository: Path) -> str:
    # Nothing is kept for another run, which would find other files.
    options = ("--strict", "--cache-dir=/dev/null", "--python-executable", users / "env/bin/python")
    return run(users / "programs", sys.executable, "-m", "mypy", *options, ".")


def run(folder: Path, *command: str | Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


@pytest.mark.parametrize("checker", [pyright, mypy])
def test_all_that_is_shown_has_its_types_and_what_is_wrong_is_an_error(checker, users, repository):
    said = checker(users, repository)
    errors = [line for line in said.splitlines() if re.search(r"(:| -) error", line)]
    places = {match[0] for line in errors if (match := re.search(r"\w+\.py:\d+", line))}
    assert places == WRONG_LINES, said
