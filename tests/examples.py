"""The project's own app and its examples, synthesized in the process that runs the tests."""

from __future__ import annotations

import atexit
import functools
import os
import re
import runpy
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import cdktf
import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCAL_STATE = re.compile(r'"[^"\n]*/(terraform\.[\w.-]+\.tfstate)"')
EXAMPLES = sorted(ROOT.glob("examples/*/main.py"))
APPS = [ROOT / "main.py", *EXAMPLES]


def name_of(app: Path) -> str:
    """What a test is called after."""
    return "environments" if app.parent == ROOT else app.parent.name


def synthesized(app: Path, folder: Path) -> dict[str, Path]:
    """Run an app with another output folder; the folders of its stacks by name."""
    before = Path.cwd()
    elsewhere = functools.partialmethod(cdktf.App.__init__, outdir=str(folder))
    os.chdir(app.parent)
    try:
        with mock.patch.object(cdktf.App, "__init__", elsewhere):
            runpy.run_path(str(app), run_name="__main__")
    except SystemExit as end:
        if end.code:
            pytest.fail(f"{app} ended with {end.code}")
    finally:
        os.chdir(before)
    stacks = sorted((folder / "stacks").iterdir())
    for stack in stacks:
        # CDKTF puts local states where Node was started, which is the same for all apps here.
        path = stack / "cdk.tf.json"
        path.write_text(LOCAL_STATE.sub(rf'"{folder}/\1"', path.read_text()))
    return {stack.name: stack for stack in stacks}


@functools.cache
def output_of(app: Path) -> Path:
    """An app's output, made once for all tests of a process, which change nothing in it."""
    ending = ExitStack()
    atexit.register(ending.close)
    folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
    synthesized(app, folder)
    return folder
