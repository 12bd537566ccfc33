"""The engine is the one that the program uses, CDKTF or CDK Terrain, in any order of imports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typing_extensions

FRAMEWORK = "cdktn==0.24.0"
BINDINGS = "cdktn-provider-null==15.0.2"
LIBRARY = "from constructs_lib._cdk.remembered import remember"
STACK = """
from {engine} import App, TerraformOutput, TerraformStack
from {provider}_null.provider import NullProvider
from {provider}_null.resource import Resource
"""
USE = """
app = App()
stack = TerraformStack(app, "stack")
NullProvider(stack, "null")
made = Resource(stack, "resource", triggers={"a": "b"})
kept = remember(stack, "kept", {"c": made.id})
TerraformOutput(stack, "id", value=made.id)
app.synth()
import cdktf, sys
from constructs_lib._lazy_bindings import bindings
print(cdktf.__name__, isinstance(kept, cdktf.TerraformResource))
print("fast" if bindings._make_node_lazy.cache_info().currsize else "slow")
"""
CDKTN = STACK.format(engine="cdktn", provider="cdktn_provider")
CDKTF = STACK.format(engine="cdktf", provider="cdktf_cdktf_provider")


@pytest.fixture(scope="session")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CDK Terrain and a small provider of it, beside CDKTF, which is installed."""
    folder = tmp_path_factory.mktemp("terrain")
    command = ["pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    result = subprocess.run(
        [sys.executable, "-m", *command, FRAMEWORK, BINDINGS], capture_output=True, text=True
    )
    if result.returncode:
        pytest.skip(f"pip cannot install CDK Terrain: {result.stderr.strip()[-200:]}")
    return folder


def synthesized(folder: Path) -> dict[str, Any]:
    """Terraform JSON of the stack, without what it says of the engine."""
    [file] = folder.rglob("cdk.tf.json")
    return {name: part for name, part in json.loads(file.read_text()).items() if name != "//"}


ORDERS = {
    "engine, library": f"{CDKTN.splitlines()[1]}\nimport constructs_lib\n{CDKTN}{LIBRARY}",
    "library, engine": f"import constructs_lib\n{CDKTN}{LIBRARY}",
    "constructs, engine": f"{LIBRARY}\n{CDKTN}",
    "constructs, names of cdktf": f"import cdktn\n{LIBRARY}\n{CDKTF}",
}


@pytest.mark.parametrize("order", ORDERS)
def test_cdk_terrain_is_found_and_fast_in_any_order(
    fresh: Any, terrain: Path, tmp_path: Path, order: str
) -> None:
    result = fresh(ORDERS[order] + USE, cwd=tmp_path, path=terrain)
    assert result.stdout == "cdktn True\nfast\n"
    assert result.stderr == ""
    written = synthesized(tmp_path / "cdktf.out")["resource"]
    assert written["null_resource"]["resource"]["triggers"] == {"a": "b"}
    assert written["terraform_data"]["kept"]["input"] == {"c": "${null_resource.resource.id}"}


def test_bindings_before_the_library_work_and_the_line_to_write_is_said(
    fresh: Any, terrain: Path, tmp_path: Path
) -> None:
    result = fresh(f"{CDKTN}{LIBRARY}{USE}", cwd=tmp_path, path=terrain)
    assert result.stdout.startswith("cdktn True")
    assert result.stderr == (
        "cdktn_provider_null was imported before constructs_lib, so all of it is loaded: "
        "write `import constructs_lib` above it\n"
    )


@pytest.mark.parametrize(
    ("code", "engine"),
    [
        (f"{LIBRARY}\nfrom cdktf import App", "cdktf"),
        (f"from cdktf import App\n{LIBRARY}", "cdktf"),
        (LIBRARY, "cdktf"),
        (f"def later():\n    import cdktn\n{LIBRARY}\nlater()", None),
        (f"import cdktf, cdktn\n{LIBRARY}", None),
    ],
)
def test_where_both_are_installed_the_program_decides(
    fresh: Any, terrain: Path, tmp_path: Path, code: str, engine: str | None
) -> None:
    code += "\nimport cdktf; print(cdktf.__name__)"
    result = fresh(code, cwd=tmp_path, path=terrain, exit_code=0 if engine else 1)
    if engine:
        assert result.stdout == f"{engine}\n"
    else:
        assert "ImportError: " in result.stderr.splitlines()[-1]
        assert "write `import cdktn`" in result.stderr.splitlines()[-1]


def test_without_an_engine_constructs_say_what_to_install_and_the_checker_works(
    fresh: Any, tmp_path: Path
) -> None:
    shutil.copy(typing_extensions.__file__, tmp_path)  # which the plain package brings
    (tmp_path / "main.tf.json").write_text('{"terraform": {}}')
    code = """
import sys
sys.path[:] = [place for place in sys.path if "site-packages" not in place]
import constructs_lib
print(constructs_lib.analyse(constructs_lib.read_terraform(".")).findings)
import importlib.util
print(importlib.util.find_spec("cdktf"), importlib.util.find_spec("jsii"))
for name in ("Gateway", "SecuredFunctionApi", "EnvironmentStack", "validate_access", "accept"):
    try:
        getattr(constructs_lib, name)
    except ImportError as error:
        print(error.name, error)
from constructs_lib.cli import main
sys.stderr = sys.stdout
print(main(["schema"]))
"""
    first, second, *errors, exit_code = fresh(code, cwd=tmp_path).stdout.splitlines()
    assert exit_code == "2"
    assert first == "()"
    assert second == "None None"
    assert len(errors) == 6
    for error in errors:
        assert 'pip install "secured-functions[cdktf]" or pip install' in error


def test_unknown_modules_and_names_give_the_usual_errors(
    fresh: Any, terrain: Path, tmp_path: Path
) -> None:
    code = """
import constructs_lib, cdktn
for line in ("import cdktf_cdktf_provider_nothing", "from cdktf import Nothing"):
    try:
        exec(line)
    except ImportError as error:
        print(type(error).__name__, error)
"""
    first, second = fresh(code, cwd=tmp_path, path=terrain).stdout.splitlines()
    assert first == "ModuleNotFoundError No module named 'cdktn_provider_nothing'"
    assert second.startswith("ImportError cannot import name 'Nothing' from 'cdkt")
