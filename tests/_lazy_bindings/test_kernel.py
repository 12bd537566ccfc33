"""The Node side: lazy whoever started it, with the user's NODE_OPTIONS; and the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NULL = "cdktf_cdktf_provider_null"
RESOURCES = f"""
from cdktf import App, TerraformOutput, TerraformResource, TerraformResourceLifecycle
from cdktf import TerraformStack
from {NULL}.provider import NullProvider
from {NULL}.resource import Resource
from cdktf_cdktf_provider_azuread.provider import AzureadProvider
from cdktf_cdktf_provider_azuread.group import Group
app = App()
stack = TerraformStack(app, "stack")
NullProvider(stack, "null")
AzureadProvider(stack, "azuread")
for number in range(3):
    group = Group(stack, f"group{{number}}", display_name="Group", security_enabled=True)
    Resource(stack, f"resource{{number}}", triggers={{"group": group.object_id}})
"""
STACK = f"{RESOURCES}app.synth()\n"
# What is printed begins with a word, so that each test finds its lines.
WRONG_TYPES = """
given = {"a": "b"}
for number in range(2):
    Resource(stack, f"good{number}", triggers=given)
    for construct, wrong in (
        (Resource, dict(triggers=5)),
        (Resource, dict(triggers=given, provisioners=["x"])),
        (Resource, dict(more=1)),
        (Group, dict(display_name=None)),
        (Group, dict(display_name=7, members=None)),
        (TerraformResource, dict(terraform_resource_type=None)),
        (TerraformResource, dict(terraform_resource_type="null", lifecycle="no struct")),
        (TerraformOutput, dict(value="text", sensitive="yes")),
    ):
        try:
            construct(stack, "wrong", **wrong)
        except TypeError as error:
            print("wrong", error)
    try:
        TerraformResourceLifecycle(prevent_destroy="yes")
    except TypeError as error:
        print("wrong", error)
"""
HINTS = f"""
from {NULL} import resource
for of_module in (resource.Resource.__init__.__globals__, TerraformResource.__init__.__globals__):
    hints = of_module["typing"].get_type_hints
    for name, stub in sorted(of_module.items()):
        if name.startswith("_typecheckingstub__"):
            print("hint", name, stub.__annotations__, hints(stub), hints(stub, include_extras=True))
print("hint", resource.Resource.__init__.__annotations__)
"""
# Writes down, as Node ends, which of the provider's files it has required.
PROBE = """
process.on("exit", () => {
  const files = Object.keys(require.cache).filter((file) => /@cdktf.provider-/.test(file));
  if (!files.length) return;
  const report = { options: process.env.NODE_OPTIONS, files };
  require("fs").writeFileSync(process.env.PROBE_REPORT, JSON.stringify(report));
});
"""


def probe_in(place: Path) -> dict[str, str]:
    """Environment with options of a user for Node: heap, and a script whose path has a blank."""
    folder = place / "a user's folder"
    folder.mkdir()
    (folder / "probe.cjs").write_text(PROBE)
    options = f'--max-old-space-size=4096 --require "{(folder / "probe.cjs").as_posix()}"'
    return {"NODE_OPTIONS": options, "PROBE_REPORT": str(place / "report.json")}


def _said(folder: Path, word: str) -> list[str]:
    lines = (folder / "said").read_text().splitlines()
    return [line for line in lines if line.partition(" ")[0] == word]


def _provider_files(tmp_path: Path) -> set[str]:
    files = json.loads((tmp_path / "report.json").read_text())["files"]
    return {"/".join(Path(file).parts[-3:]) for file in files}


@pytest.mark.parametrize(
    "first",
    [
        "import constructs_lib",
        "import cdktf; cdktf.App()\nimport constructs_lib",
        f"import constructs_lib, {NULL}",
    ],
    ids=["library first", "running kernel", "provider before cdktf"],
)
def test_node_loads_what_the_stack_uses(
    fresh: Any, null_provider: Path, tmp_path: Path, first: str
) -> None:
    probe = probe_in(tmp_path)
    code = f"""
import os
before = dict(os.environ)
{first}
{STACK}
assert dict(os.environ) == before
"""
    assert fresh(code, cwd=tmp_path, path=null_provider, **probe).stderr == ""
    assert _provider_files(tmp_path) == {
        "provider-null/lib/lazy-index.js",
        "lib/provider/index.js",
        "lib/resource/index.js",
        "provider-azuread/lib/lazy-index.js",
        "lib/group/index.js",
    }
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["options"] == probe["NODE_OPTIONS"]


@pytest.fixture(scope="module")
def on_and_off(
    fresh: Any, null_provider: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """By switch the folder of one process each, as off takes long; what it prints is in `said`."""
    top = tmp_path_factory.mktemp("kernel")
    folders = {}
    for switch in ("on", "off"):
        folder = top / "work"  # which the JSON names
        folder.mkdir()
        code = f"import constructs_lib\n{STACK}{WRONG_TYPES}{HINTS}"
        environment = {**probe_in(folder), "CONSTRUCTS_LIB_LAZY_BINDINGS": switch}
        done = fresh(code, cwd=folder, path=null_provider, **environment)
        (folder / "said").write_text(done.stdout)
        folders[switch] = folder.rename(top / switch)
    return folders


def test_the_terraform_json_is_the_same_bytes_on_and_off(on_and_off: dict[str, Path]) -> None:
    on, off = (
        {
            p.relative_to(folder): p.read_bytes()
            for p in folder.rglob("cdktf.out/**/*")
            if p.is_file()
        }
        for folder in on_and_off.values()
    )
    assert Path("cdktf.out/stacks/stack/cdk.tf.json") in on
    assert on == off
    assert len(_provider_files(on_and_off["off"])) > 50, "off: Node has loaded all of azuread"


@pytest.mark.parametrize(
    ("first", "switch", "recorded"),
    [
        ("import constructs_lib", "on", False),
        ("import cdktf; cdktf.App()\nimport constructs_lib", "on", False),
        (f"import constructs_lib, {NULL}", "on", False),
        ("import constructs_lib", "off", True),
    ],
    ids=["library first", "running kernel", "provider before cdktf", "off"],
)
def test_a_reference_that_cannot_be_resolved_says_how_to_find_where_it_was_made(
    fresh: Any, null_provider: Path, tmp_path: Path, first: str, switch: str, recorded: bool
) -> None:
    code = f"""
{first}
import jsii
from cdktf import IStringProducer, Lazy, TerraformOutput
{RESOURCES}
@jsii.implements(IStringProducer)
class Producer:
    def produce(self, context):
        raise ValueError("no value")
print(group.timeouts.creation_stack)
TerraformOutput(stack, "output", value=Lazy.string_value(Producer()))
app.synth()
"""
    environment = {"path": null_provider, "CONSTRUCTS_LIB_LAZY_BINDINGS": switch, "exit_code": 1}
    result = fresh(code, cwd=tmp_path, **environment)
    assert "RuntimeError: Resolution error: no value" in result.stderr
    assert "Object creation stack:" in result.stderr
    advice = "(not recorded: CONSTRUCTS_LIB_LAZY_BINDINGS=off records it)"
    assert ("at new LazyString" in result.stderr) == recorded
    assert (f"at {advice}" in result.stderr) == (not recorded)
    assert (result.stdout == f"{[advice]}\n") == (not recorded)


def test_wrong_types_are_refused_each_time_in_the_same_words(on_and_off: dict[str, Path]) -> None:
    on, off = (_said(folder, "wrong") for folder in on_and_off.values())
    assert on == off
    assert len(on) == 18
    assert on[:9] == on[9:]


def test_node_is_given_the_fields_of_a_struct_that_have_a_value(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    code = """
import constructs_lib, json
from cdktf import FileProvisioner, SSHProvisionerConnection, TerraformResourceConfig
from jsii import _kernel
connection = SSHProvisionerConnection(type="ssh", host="host")
config = TerraformResourceConfig(
    terraform_resource_type="null_resource",
    depends_on=[],
    provisioners=[FileProvisioner(type="file", destination="there", connection=connection)],
)
print(json.dumps(_kernel._make_reference_for_native(None, {"config": config, "none": None})))
"""
    given = json.loads(fresh(code, cwd=tmp_path, path=null_provider).stdout)["$jsii.map"]
    assert given["none"] is None
    config = given["config"]["$jsii.struct"]
    [provisioner] = config["data"].pop("provisioners")
    assert config == {
        "fqn": "cdktf.TerraformResourceConfig",
        "data": {"terraformResourceType": "null_resource", "dependsOn": []},
    }
    connection = provisioner["$jsii.struct"]["data"].pop("connection")
    assert provisioner["$jsii.struct"]["data"] == {"type": "file", "destination": "there"}
    assert connection["$jsii.struct"]["data"] == {"type": "ssh", "host": "host"}


def test_hints_are_those_that_the_provider_writes(on_and_off: dict[str, Path]) -> None:
    on, off = (_said(folder, "hint") for folder in on_and_off.values())
    assert on == off
    assert "typing.Optional" in "".join(on)
    assert len(on) > 600, "CDKTF's own"


def test_leaving_runs_what_others_left_to_do(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    """Hooks run, buffers are written (also of a file in a reference cycle), the exit code stays."""
    code = f"""
import constructs_lib
import atexit, sys
{STACK}
class Report:
    def __init__(self, path):
        self.itself = self
        self.file = open(path, "w")
        self.file.write("written")
    def __del__(self):
        print("finalized")
report = Report("cycle.txt")
plain = open("plain.txt", "w")
plain.write("written")
atexit.register(lambda: print("hook"))
sys.stdout.write("output ")
sys.exit(3)
"""
    result = fresh(code, cwd=tmp_path, path=null_provider, exit_code=3)
    assert result.stdout == "output hook\nfinalized\n"
    assert result.stderr == ""
    assert (tmp_path / "cycle.txt").read_text() == "written"
    assert (tmp_path / "plain.txt").read_text() == "written"


@pytest.mark.parametrize(
    ("keeps", "frozen"),
    [
        ("kept = None", True),
        ("kept = [open(__import__('os').devnull)]", True),
        ("class Kept:\n    def __del__(self): print('told')\nkept = Kept()", False),
        ("def generate():\n    yield\nkept = generate(); next(kept)", False),
    ],
    ids=["nothing", "a file", "an object with a finalizer", "a generator at work"],
)
def test_leaving_is_quick_when_nothing_has_to_be_told(
    fresh: Any, null_provider: Path, tmp_path: Path, keeps: str, frozen: bool
) -> None:
    code = f"""
import atexit, gc
atexit.register(lambda: print("frozen", len(gc.get_objects()) < 1000))  # runs after all later ones
import constructs_lib
{keeps}
{STACK}
"""
    result = fresh(code, cwd=tmp_path, path=null_provider)
    assert result.stdout.startswith(f"frozen {frozen}\n")
    assert ("told" in result.stdout) == ("told" in keeps)


def test_the_collector_is_as_it_was_after_loading(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    code = f"""
import constructs_lib, gc
from constructs_lib import Gateway
print(gc.isenabled())
gc.disable()
import {NULL}.resource
from constructs_lib import SecuredFunctionApi
print(gc.isenabled())
"""
    assert fresh(code, cwd=tmp_path, path=null_provider).stdout == "True\nFalse\n"


def test_the_collector_does_not_walk_what_was_loaded(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    """And a file in a cycle that was open while something was loaded is written all the same."""
    code = f"""
import gc
class Report:
    def __init__(self):
        self.itself = self
        self.file = open("early.txt", "w")
        self.file.write("written")
report = Report()
{STACK}
print(any(value is TerraformStack for value in gc.get_objects()))
"""
    code = code.replace("import gc\n", "import constructs_lib, gc\n")
    assert fresh(code, cwd=tmp_path, path=null_provider).stdout == "False\n"
    assert (tmp_path / "early.txt").read_text() == "written"
