"""`import constructs_lib` costs nothing, and its names are the same for Python and for editors."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import constructs_lib
from constructs_lib._core import lazy_names


def test_importing_the_library_loads_neither_jsii_nor_a_provider(
    fresh: Any, tmp_path: Path
) -> None:
    code = """
import sys
import constructs_lib
constructs_lib.InputError, constructs_lib.Principal
heavy = {"jsii", "constructs", "cdktf", "logging", "typeguard"}
print(sorted(heavy & {name.split(".")[0] for name in sys.modules}))
"""
    assert fresh(code, cwd=tmp_path).stdout == "[]\n"


def test_the_help_of_the_command_line_loads_neither_jsii_nor_a_provider(
    fresh: Any, tmp_path: Path
) -> None:
    code = """
import contextlib, io, sys
from constructs_lib.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(["--help"])
print(sorted({"jsii", "constructs", "cdktf"} & {name.split(".")[0] for name in sys.modules}))
"""
    assert fresh(code, cwd=tmp_path).stdout == "[]\n"


def test_every_name_that_type_checkers_see_is_served() -> None:
    tree = ast.parse(Path(constructs_lib.__file__).read_text())
    block = next(
        node.body
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {
        alias.asname: (statement.module, alias.name)
        for statement in block
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert lazy_names.listed("constructs_lib") == seen
    assert sorted(constructs_lib.__all__) == sorted(seen)


def test_no_name_is_that_of_a_module() -> None:
    """Importing the module would put it in the place of what the name stands for."""
    modules = {info.name for info in pkgutil.iter_modules(constructs_lib.__path__)}
    assert modules.isdisjoint(constructs_lib.__all__)


def test_every_name_can_be_imported() -> None:
    for public, (module, name) in lazy_names.listed("constructs_lib").items():
        expected = getattr(importlib.import_module(module), name)
        assert getattr(constructs_lib, public) is expected


def test_an_unknown_name_gives_the_usual_error(fresh: Any, tmp_path: Path) -> None:
    result = fresh("from constructs_lib import Gatway", cwd=tmp_path, exit_code=1)
    assert "ImportError: cannot import name 'Gatway' from 'constructs_lib'" in result.stderr


def test_the_version_is_there() -> None:
    assert constructs_lib.__version__
    assert "__version__" in dir(constructs_lib)
