"""The request says what to create; the script creates it once and prints a contract."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib import AppRegistration, InputError
from constructs_lib.cli import request as command
from constructs_lib.registration.app_role import APP_ROLE_ID
from constructs_lib.registration.request import DirectoryRequest

TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
GATEWAY = "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22"
CI = "1c7f0e5f-3d66-4a7f-9b0f-8b7d2a1a4f33"
REQUEST = DirectoryRequest(
    registrations=["orders", "billing eu"], callers={"gateway": GATEWAY, "ci": CI}
)

# A directory in a file, and as much of `az` as the script uses; replies are those of the real one.
AZ = """\
#!{python}
import json, sys, uuid, pathlib
store = pathlib.Path(__file__).with_name("directory.json")
state = json.loads(store.read_text()) if store.exists() else {{"apps": [], "sps": [], "roles": []}}
args = sys.argv[1:]
def option(name):
    return args[args.index(name) + 1]
def new(text):
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, text))
def reply(value):
    store.write_text(json.dumps(state))
    if value:
        print(value)
    sys.exit(0)
verb = " ".join(args[:3])
if verb.startswith("account show"):
    reply("{tenant}")
if verb == "ad sp show":
    reply(new("client " + option("--id")))
if verb == "ad app list":
    name = option("--filter").split("'")[1]
    reply("\\n".join(app["appId"] for app in state["apps"] if app["displayName"] == name))
if verb == "ad app show":
    (app,) = [app for app in state["apps"] if app["appId"] == option("--id")]
    version = app["api"]["requestedAccessTokenVersion"]
    kept = version == 2 and app["appRoles"][0]["id"] in option("--query")
    reply("true" if kept else "false")
if verb == "ad sp list":
    client = option("--filter").split("'")[1]
    reply("\\n".join(sp["id"] for sp in state["sps"] if sp["appId"] == client))
method, path = option("--method"), option("--uri").removeprefix("https://graph.microsoft.com/v1.0/")
body = json.loads(option("--body")) if "--body" in args else None
if (method, path) == ("POST", "applications"):
    state["apps"].append({{**body, "appId": new(body["displayName"])}})
    reply(state["apps"][-1]["appId"])
if (method, path) == ("POST", "servicePrincipals"):
    state["sps"].append({{**body, "id": new("sp " + body["appId"])}})
    reply(state["sps"][-1]["id"])
kind, principal, *rest = path.split("/")
(found,) = [sp for sp in state["sps"] if sp["id"] == principal]
if method == "PATCH":
    found.update(body)
    reply("")
same = [each for each in state["roles"] if each["resourceId"] == principal]
if method == "GET":
    reply("\\n".join("there" for each in same if each["principalId"] in option("--query")))
state["roles"].append(body)
reply("")
"""


@pytest.fixture
def run_script(tmp_path: Path):
    az = tmp_path / "az"
    az.write_text(AZ.format(python=sys.executable, tenant=TENANT))
    az.chmod(0o755)

    def run(script: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True
        )

    return run


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on the PATH")


@needs_bash
def test_the_script_creates_everything_once_and_prints_the_contract(run_script, tmp_path):
    first = run_script(REQUEST.as_script())
    assert (first.returncode, first.stderr) == (0, "")
    contract = tmp_path / "contract.json"
    contract.write_text(first.stdout)
    directory = (tmp_path / "directory.json").read_text()
    state = json.loads(directory)
    assert [app["displayName"] for app in state["apps"]] == ["orders", "billing eu"]
    for app, principal in zip(state["apps"], state["sps"], strict=True):
        assert app["signInAudience"] == "AzureADMyOrg"
        assert app["appRoles"][0]["id"] == APP_ROLE_ID
        assert principal["appRoleAssignmentRequired"] is True
        assigned = {r["principalId"] for r in state["roles"] if r["resourceId"] == principal["id"]}
        assert assigned == {GATEWAY, CI}
        registration = AppRegistration.from_contract(contract, app["displayName"])
        assert registration.client_id == app["appId"]
        assert registration.tenant_id == TENANT
        assert {caller.object_id for caller in registration.callers} == {GATEWAY, CI}
    again = run_script(REQUEST.as_script())
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert (tmp_path / "directory.json").read_text() == directory


@needs_bash
def test_the_script_touches_no_registration_that_is_there_and_different(run_script, tmp_path):
    run_script(REQUEST.as_script())
    store = tmp_path / "directory.json"
    store.write_text(
        store.read_text().replace(
            '"requestedAccessTokenVersion": 2', '"requestedAccessTokenVersion": 1'
        )
    )
    before = store.read_text()
    done = run_script(REQUEST.as_script())
    assert done.returncode == 1
    assert "orders" in done.stderr
    assert "not with version-2 tokens" in done.stderr
    assert done.stdout == ""
    assert store.read_text() == before


@needs_bash
def test_the_script_stops_in_another_tenant(run_script, tmp_path):
    request = DirectoryRequest(registrations=["orders"], callers={"gateway": GATEWAY}, tenant_id=CI)
    done = run_script(request.as_script())
    assert (done.returncode, done.stdout) == (1, "")
    assert f"signed in to the tenant {TENANT}, not {CI}" in done.stderr


def test_the_text_names_everything_that_the_script_creates():
    text = REQUEST.as_text()
    for part in ("- orders", "- billing eu", f"gateway: {GATEWAY}", f"ci: {CI}", APP_ROLE_ID):
        assert part in text
    assert "Assignment required" in text
    assert "version 2" in text


@pytest.mark.parametrize(
    "values",
    [
        {"registrations": []},
        {"registrations": ["orders", "Orders"]},
        {"registrations": ["a'; rm -rf ~; '"]},
        {"registrations": ["$(id)"]},
        {"callers": {}},
        {"callers": {"gateway": "apim-contoso"}},
        {"callers": {"`id`": GATEWAY}},
        {"tenant_id": "contoso.example"},
    ],
)
def test_what_could_be_no_request_is_refused(values):
    with pytest.raises(InputError):
        DirectoryRequest(**{"registrations": ["orders"], "callers": {"gateway": GATEWAY}, **values})


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers(required=True))
    return parser.parse_args(["request", *arguments])


def test_the_command_prints_text_or_script(capsys):
    options = parse("orders", "--caller", f"gateway={GATEWAY}", "--tenant-id", TENANT)
    assert options.run(options) == 0
    assert capsys.readouterr().out.startswith("# Request to the directory team")
    options = parse("orders", "--caller", f"gateway={GATEWAY}", "--format", "az")
    assert options.run(options) == 0
    assert capsys.readouterr().out.startswith("#!/usr/bin/env bash")


@pytest.mark.parametrize(
    ("callers", "message"),
    [
        (["gateway"], "names no caller"),
        ([f"gateway={GATEWAY}", f"gateway={CI}"], "given twice"),
    ],
)
def test_the_command_refuses_unclear_callers(callers, message):
    options = parse("orders", *(part for each in callers for part in ("--caller", each)))
    with pytest.raises(InputError, match=message):
        options.run(options)
