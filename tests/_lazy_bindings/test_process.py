"""The kernel is the only Node, and is heard and ended as where jsii starts another before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

# Run in each Node before all else. The first of two cannot print: that is for the kernel to do.
HELLO = """
if (require("worker_threads").isMainThread) {
  require("fs").appendFileSync("started", `${process.argv[1]}\\n`);
  if (process.argv[1].endsWith("program.js")) console.log("said by console.log");
  Object.defineProperty(process.versions, "node", { value: "18.20.0" });
}
"""
# What Python prints goes elsewhere, which is where what JavaScript prints is to go.
MAKE = """
import constructs_lib, io, os, pathlib, shutil, sys
{prepare}
out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azuread.provider import AzureadProvider
AzureadProvider(TerraformStack(App(), "stack"), "azuread")
import jsii
node = jsii.kernel.provider._process
node.stop()
heard, sys.stdout = sys.stdout, out
print(node._process.returncode, heard.buffer.getvalue().decode(), end="")
"""
# As a user does who tries another version of jsii's runtime.
OTHER_RUNTIME = """
import jsii._embedded.jsii as embedded
for name, path in embedded.EMBEDDED_FILES.items():
    pathlib.Path(path).parent.mkdir(exist_ok=True)
    shutil.copy(pathlib.Path(embedded.__file__).with_name(name), path)
os.environ["JSII_RUNTIME"] = embedded.EMBEDDED_FILES[embedded.ENTRYPOINT]
"""


@pytest.mark.parametrize(
    ("prepare", "nodes"), [("", 1), (OTHER_RUNTIME, 2)], ids=["ours", "a runtime of the user"]
)
def test_as_many_nodes_are_started_as_are_needed(
    fresh: Any, tmp_path: Path, prepare: str, nodes: int
) -> None:
    (tmp_path / "hello.cjs").write_text(HELLO)
    code = MAKE.format(prepare=prepare)
    said = fresh(code, cwd=tmp_path, NODE_OPTIONS="--require ./hello.cjs", NODE_NO_WARNINGS="1")
    assert len((tmp_path / "started").read_text().splitlines()) == nodes
    assert said.stdout == "0 said by console.log\n"
    assert "CDKTF needs Node.js 20 or newer, and this is 18\n" in said.stderr
