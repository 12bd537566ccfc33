"""Every example synthesizes to the same bytes with the engine on and off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def synthesized(
    fresh: Any, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, bytes]]:
    """The files of `cdktf.out` of all examples, by switch; one process each, as off takes long."""
    folder = tmp_path_factory.mktemp("examples")
    code = f"""
import constructs_lib, pathlib, runpy, sys
for program in sorted(pathlib.Path({str(repository / "examples")!r}).glob("*/main.py")):
    sys.path.insert(0, str(program.parent))
    runpy.run_path(str(program), run_name="__main__")
    sys.path.pop(0)
    pathlib.Path("cdktf.out").rename(program.parent.name)
"""
    found = {}
    for switch in ("on", "off"):
        work = folder / "work"
        work.mkdir()
        fresh(code, cwd=work, CONSTRUCTS_LIB_LAZY_BINDINGS=switch)
        output = work.rename(folder / switch)
        found[switch] = {
            str(file.relative_to(output)): file.read_bytes()
            for file in output.rglob("*")
            # The manifest says where in Node each warning was added, in folders of their own.
            if file.is_file() and file.name != "manifest.json"
        }
    return found


def test_every_example_is_synthesized(
    synthesized: dict[str, dict[str, bytes]], repository: Path
) -> None:
    examples = {path.parent.name for path in (repository / "examples").glob("*/main.py")}
    stacks = {name.split("/")[0] for name in synthesized["on"] if name.endswith("cdk.tf.json")}
    assert examples
    assert stacks == examples


def test_the_bytes_are_the_same_on_and_off(synthesized: dict[str, dict[str, bytes]]) -> None:
    assert synthesized["on"].keys() == synthesized["off"].keys()
    different = [
        name for name, content in synthesized["on"].items() if content != synthesized["off"][name]
    ]
    assert different == []
