"""On CDK Terrain: what is written for CDKTF runs there, and gives the same Terraform JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FRAMEWORK = "cdktn==0.23.4"
PROVIDERS = ("cdktn-provider-azurerm==16.9.0", "cdktn-provider-azuread==16.0.0")
SWITCH = "import constructs_lib.cdk_terrain\n"
STACK = """
from cdktf import App, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_null.provider import NullProvider
from cdktf_cdktf_provider_null.resource import Resource
app = App()
stack = TerraformStack(app, "stack")
NullProvider(stack, "null")
made = Resource(stack, "resource", triggers={"a": "b"})
TerraformOutput(stack, "id", value=made.id)
app.synth()
"""


def installed(folder: Path, *packages: str) -> Path:
    """The packages in a folder of their own, beside what is installed."""
    command = ["pip", "install", "--quiet", "--no-deps", "--target", str(folder), *packages]
    result = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    if result.returncode:
        pytest.skip(f"pip cannot install CDK Terrain: {result.stderr.strip()[-200:]}")
    return folder


@pytest.fixture(scope="session")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CDK Terrain and a small provider of it."""
    folder = tmp_path_factory.mktemp("terrain")
    return installed(folder, FRAMEWORK, "cdktn-provider-null==14.0.0")


def synthesized(folder: Path) -> dict[str, dict[str, Any]]:
    """Terraform JSON of each stack, without what it says of the framework."""
    return {
        file.parent.name: {
            name: part for name, part in json.loads(file.read_text()).items() if name != "//"
        }
        for file in folder.rglob("cdk.tf.json")
    }


def test_the_extra_allows_what_is_tried_here(repository: Path) -> None:
    pyproject = tomllib.loads((repository / "pyproject.toml").read_text())
    extra = map(Requirement, pyproject["project"]["optional-dependencies"]["terrain"])
    tried = dict(package.split("==") for package in (FRAMEWORK, *PROVIDERS))
    for need in extra:
        assert need.specifier.contains(tried.pop(need.name)), need
    assert tried == {}


def test_a_stack_for_cdktf_runs_and_both_names_are_one_module(
    fresh: Any, terrain: Path, tmp_path: Path
) -> None:
    code = f"""
{SWITCH}
{STACK}
import cdktn, cdktf, cdktn_provider_null.resource, cdktf_cdktf_provider_null.resource
print(cdktf is cdktn, isinstance(app, cdktn.App), cdktn.__spec__.name)
print(cdktf_cdktf_provider_null.resource is cdktn_provider_null.resource)
"""
    result = fresh(code, cwd=tmp_path, path=terrain)
    assert result.stdout == "True True cdktn\nTrue\n"
    assert result.stderr == ""
    [stack] = synthesized(tmp_path / "cdktf.out").values()
    assert stack["resource"]["null_resource"]["resource"]["triggers"] == {"a": "b"}


def test_unknown_modules_and_names_give_the_usual_errors(
    fresh: Any, terrain: Path, tmp_path: Path
) -> None:
    code = f"""
{SWITCH}
for line in ("import cdktf_cdktf_provider_nothing", "from cdktf import Nothing"):
    try:
        exec(line)
    except ImportError as error:
        print(type(error).__name__, error)
"""
    first, second = fresh(code, cwd=tmp_path, path=terrain).stdout.splitlines()
    assert first == "ModuleNotFoundError No module named 'cdktn_provider_nothing'"
    assert second.startswith("ImportError cannot import name 'Nothing' from 'cdkt")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (SWITCH, 'pip install "secured-functions[terrain]"'),
        (f"import cdktf\n{SWITCH}", "has to come first"),
    ],
    ids=["not installed", "too late"],
)
def test_what_is_missing_is_said(
    fresh: Any, terrain: Path, tmp_path: Path, code: str, says: str
) -> None:
    path = terrain if "cdktf\n" in code else None
    result = fresh(code, cwd=tmp_path, path=path, exit_code=1)
    assert says in result.stderr.splitlines()[-1]


@pytest.mark.skipif(
    "CDK_TERRAIN" not in os.environ,
    reason="300 MB of bindings: CDK_TERRAIN=1 installs them and synthesizes every example",
)
def test_every_example_gives_the_same_terraform_json(
    fresh: Any, repository: Path, tmp_path: Path
) -> None:
    path = installed(tmp_path / "packages", FRAMEWORK, *PROVIDERS)
    examples = f"""
import pathlib, runpy, sys
for program in sorted(pathlib.Path({str(repository / "examples")!r}).glob("*/main.py")):
    sys.path.insert(0, str(program.parent))
    runpy.run_path(str(program), run_name="__main__")
    sys.path.pop(0)
    pathlib.Path("cdktf.out").rename(program.parent.name)
"""
    found = []
    for name, first in (("cdktf", "import constructs_lib\n"), ("cdktn", SWITCH)):
        work = tmp_path / "work"  # it stands in the JSON, as the place of a local state
        work.mkdir()
        fresh(first + examples, cwd=work, path=path)
        found.append(synthesized(work.rename(tmp_path / name)))
    assert len(found[0]) >= 13
    assert found[0] == found[1]
