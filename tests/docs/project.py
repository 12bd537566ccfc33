"""The project that the pages suppose, and the Azure that it is deployed to, on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.docs import shell as docs_shell
from tests.docs.blocks import ROOT
from tests.verify import local_azure

SUBSCRIPTION = {
    "id": "00000000-0000-0000-0000-000000000000",
    "tenantId": "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6",
}
FUNCTIONS = """\
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route("orders/{id}", methods=["GET"])
def read_order(request: func.HttpRequest) -> func.HttpResponse: ...
"""
OPENAPI = """\
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths:
  /orders/{id}:
    get:
      operationId: get-read-order
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "200": {description: The order.}
"""


class Azure(local_azure.World):
    """The local servers, with a second API and the operations that the pages name."""

    def answer(self, received: local_azure.Received) -> local_azure.Reply:
        target = re.sub("^/(orders|billing)/(list|health|status)", "/orders/list", received.target)
        return super().answer(replace(received, target=target))


def synthesize(folder: Path) -> None:
    """Put this repository's app with its environments into a folder, and synthesize it."""
    for name in ("environments", "policies", "tools"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("main.py", "Makefile", "cdktf.json"):
        shutil.copy(ROOT / name, folder)
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def furnish(synthesized: Path, folder: Path) -> None:
    """Make a project of what was synthesized, and put the programs of its shell beside it."""
    shutil.copytree(synthesized, folder)
    shutil.copytree(folder / "cdktf.out", folder / "base/cdktf.out")
    (folder / "orders.yaml").write_text(OPENAPI)
    functions = folder.parent / "orders-functions"
    functions.mkdir()
    (functions / "host.json").write_text('{"version": "2.0"}')
    (functions / "function_app.py").write_text(FUNCTIONS)
    programs = folder.parent / "bin"
    docs_shell.install(programs)
    git = "[user]\n  name = Contoso\n  email = api@contoso.example\n"
    (programs / ".gitconfig").write_text(git)
    (programs / "account.json").write_text(json.dumps(SUBSCRIPTION))
    (programs / "key").write_text(local_azure.KEY)
    shutil.copy(ROOT / "tests/access/plain_hcl/plan.json", programs)
    printed = {name: {"sensitive": False, "value": value} for name, value in two_apis().items()}
    (programs / "outputs.json").write_text(json.dumps(printed))
    shutil.copy(programs / "outputs.json", folder)


def two_apis() -> dict[str, object]:
    orders = local_azure.OUTPUTS["apis"]["orders"]
    billing = orders | {"url": orders["url"].replace("orders", "billing")}
    return local_azure.OUTPUTS | {"apis": {"orders": orders, "billing": billing}}
