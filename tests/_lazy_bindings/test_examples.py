"""Environments and examples come out as the same bytes with the engine on and off.

Each time with another seed for the hashes of Python: the Terraform JSON depends on nothing but the
code and the settings.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.examples import APPS, name_of

SEEDS = {"on": "1", "off": "2"}


@pytest.fixture(scope="module")
def synthesized(
    fresh: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, bytes]]:
    """The files of `cdktf.out` of all apps, by switch; one process each, as off takes long."""
    folder = tmp_path_factory.mktemp("examples")
    code = f"""
import constructs_lib, pathlib, runpy, sys
for name, program in {[(name_of(app), str(app)) for app in APPS]}:
    sys.path.insert(0, str(pathlib.Path(program).parent))
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        assert not end.code, program
    sys.path.pop(0)
    pathlib.Path("cdktf.out").rename(name)
"""
    found = {}
    for switch, seed in SEEDS.items():
        work = folder / "work"
        work.mkdir()
        fresh(code, cwd=work, CONSTRUCTS_LIB_LAZY_BINDINGS=switch, PYTHONHASHSEED=seed)
        output = work.rename(folder / switch)
        found[switch] = {
            str(file.relative_to(output)): file.read_bytes()
            for file in output.rglob("*")
            # The manifest says where in Node each warning was added, in folders of their own.
            if file.is_file() and file.name != "manifest.json"
        }
    return found


def test_every_app_is_synthesized(synthesized: dict[str, dict[str, bytes]]) -> None:
    stacks = {name.split("/")[0] for name in synthesized["on"] if name.endswith("cdk.tf.json")}
    assert stacks == {name_of(app) for app in APPS}


def test_the_bytes_are_the_same_on_and_off_and_with_each_seed(
    synthesized: dict[str, dict[str, bytes]],
) -> None:
    assert synthesized["on"].keys() == synthesized["off"].keys()
    different = [
        name for name, content in synthesized["on"].items() if content != synthesized["off"][name]
    ]
    assert different == []
