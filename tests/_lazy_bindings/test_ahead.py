"""Node loads while Python imports, and nobody who uses the kernel can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NULL = "cdktf_cdktf_provider_null"
MAKE = f"""
from cdktf import App, TerraformStack
from {NULL}.provider import NullProvider
from {NULL}.resource import Resource
stack = TerraformStack(App(), "stack")
NullProvider(stack, "null")
Resource(stack, "resource")
stack.node.root.synth()
"""
# Fails as an assembly, in Node, and not before.
SPOIL = f"""
from pathlib import Path
import importlib.util
[tarball] = Path(importlib.util.find_spec("{NULL}").origin).parent.glob("_jsii/*.tgz")
tarball.write_bytes(b"spoilt")
"""


def test_the_kernel_has_its_own_provider_as_soon_as_a_construct_is_made(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    code = f"""
import constructs_lib
import jsii
def place():
    return type(jsii.kernel.provider).__module__
print(place())
import {NULL}.resource
print(place())
{MAKE}
print(place())
import cdktf_cdktf_provider_azuread.group
print(place())
cdktf_cdktf_provider_azuread.group.Group(stack, "group", display_name="Group")
print(place())
"""
    own, ahead = "jsii._kernel.providers.process", "constructs_lib._lazy_bindings.ahead"
    result = fresh(code, cwd=tmp_path, path=null_provider)
    assert result.stdout.split() == [own, ahead, own, ahead, own]
    assert result.stderr == ""


def test_a_program_may_import_and_use_nothing(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    code = f"import constructs_lib\nimport {NULL}.resource\nprint('done')"
    result = fresh(code, cwd=tmp_path, path=null_provider)
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_the_error_of_a_load_is_that_of_jsii_at_the_first_use(
    fresh: Any, own_null_provider: Path, tmp_path: Path
) -> None:
    code = f"{SPOIL}\nimport constructs_lib\n{{}}\n{MAKE}"
    given: dict[str, Any] = {"cwd": tmp_path, "path": own_null_provider, "exit_code": 1}
    plain = fresh(code.format(""), **given, CONSTRUCTS_LIB_LAZY_BINDINGS="off")
    result = fresh(code.format(f"import {NULL}.resource; print('imported')"), **given)
    assert result.stdout == "imported\n"
    assert result.stderr.splitlines()[-1] == plain.stderr.splitlines()[-1]


def test_after_a_failed_load_the_kernel_answers_what_does_not_need_it(
    fresh: Any, own_null_provider: Path, tmp_path: Path
) -> None:
    code = f"""
{SPOIL}
import constructs_lib, {NULL}.resource
from cdktf import App
for attempt in range(2):
    try:
        App()
        print("made")
    except Exception:
        print("failed")
"""
    result = fresh(code, cwd=tmp_path, path=own_null_provider)
    assert result.stdout == "failed\nmade\n"


def test_many_threads_may_import_and_use_the_kernel_first(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    code = f"""
import constructs_lib
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Barrier
names = ["{NULL}.resource", "{NULL}.provider", "cdktf", "cdktf_cdktf_provider_azuread.group",
         "cdktf_cdktf_provider_azurerm.resource_group"]
together = Barrier(len(names))
def use(name):
    together.wait()
    import_module(name)
with ThreadPoolExecutor(len(names)) as threads:
    list(threads.map(use, names))
{MAKE}
print("made")
"""
    result = fresh(code, cwd=tmp_path, path=null_provider)
    assert (result.stdout, result.stderr) == ("made\n", "")


def test_what_is_expected_is_imported_while_node_is_waited_for_and_no_longer(
    fresh: Any, null_provider: Path, tmp_path: Path
) -> None:
    (tmp_path / "wanted.py").write_text("")
    (tmp_path / "broken.py").write_text("1 / 0")
    code = f"""
import constructs_lib, sys, threading
sys.path.insert(0, ".")
from constructs_lib._lazy_bindings import ahead
slow = threading.Event()
import {NULL}.resource
ahead.run(slow.wait)
ahead.expect("broken", "wanted")
threading.Timer(1, slow.set).start()
{MAKE}
print("wanted" in sys.modules)
ahead.expect("late")
Resource(stack, "second")
print("late" in sys.modules)
"""
    (tmp_path / "late.py").write_text("")
    result = fresh(code, cwd=tmp_path, path=null_provider)
    assert (result.stdout, result.stderr) == ("True\nFalse\n", "")


def test_node_can_wait_until_it_is_used(fresh: Any, null_provider: Path, tmp_path: Path) -> None:
    code = f"""
import constructs_lib, subprocess
from constructs_lib._lazy_bindings import ahead
ahead.only_when_used()
started = []
popen = subprocess.Popen.__init__
def start(self, *arguments, **more):
    started.append(arguments)
    popen(self, *arguments, **more)
subprocess.Popen.__init__ = start
import {NULL}.resource
print(len(started))
{MAKE}
print(len(started))
"""
    result = fresh(code, cwd=tmp_path, path=null_provider)
    assert (result.stdout, result.stderr) == ("0\n1\n", "")
