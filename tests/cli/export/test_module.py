"""A stack as a module plans what the stack plans, and can be used twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.access import analyse, read_terraform
from constructs_lib.cli import main
from constructs_lib.cli.export.module import ExportedModule, module_of
from tests.examples import APPS, name_of, output_of
from tests.terraform.harness import needs_stand_in, run

Documents = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def documents() -> Documents:
    """The Terraform JSON of every stack of the project and its examples, by a name of its own."""
    found: Documents = {}
    for app in APPS:
        for folder in (output_of(app) / "stacks").iterdir():
            document = json.loads((folder / "cdk.tf.json").read_text())
            found[f"{name_of(app)}-{folder.name}".replace("_", "-")] = document
    return found


def module(documents: Documents, name: str, *variables: str) -> ExportedModule:
    return module_of(documents[name], name, where=name, variables=variables)


def arguments(module: ExportedModule) -> dict[str, object]:
    """What whoever uses the module has to pass: what the stack says."""
    return {
        each.name: each.value if each.known else "x" for each in module.variables if each.required
    }


def written(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def root(folder: Path, document: Mapping[str, Any], modules: Mapping[str, dict[str, Any]]) -> None:
    """The outermost configuration, with the providers of a stack."""
    providers = {
        "azapi": {"source": "azure/azapi"},
        **document["terraform"]["required_providers"],
    }
    whole = {
        "terraform": {"required_providers": providers},
        "provider": document["provider"],
        "module": modules,
    }
    (folder / "main.tf.json").write_text(json.dumps(whole))


@needs_stand_in
def test_every_stack_plans_the_same_as_a_module(documents: Documents, tmp_path: Path) -> None:
    own, exported = tmp_path / "own", tmp_path / "exported"
    calls: dict[str, dict[str, dict[str, Any]]] = {"own": {}, "exported": {}}
    for name, document in documents.items():
        if "terraform_remote_state" in document.get("data", {}):
            continue  # What another stack gives is passed to the module instead.
        bare = {k: v for k, v in document.items() if k not in ("provider", "import")}
        bare["terraform"] = {k: v for k, v in bare["terraform"].items() if k != "backend"}
        written(own / name, {"main.tf.json": json.dumps(bare)})
        calls["own"][name] = {"source": f"./{name}"}
        made = module(documents, name)
        written(exported / name, made.files)
        calls["exported"][name] = {"source": f"./{name}", **arguments(made)}
    assert len(calls["own"]) >= 15
    plans = {}
    for folder in (own, exported):
        root(folder, documents["recipe-recipe"], calls[folder.name])
        run("terraform", "init", folder=folder)
        run("terraform", "plan", "-out=plan.tfplan", folder=folder)
        plans[folder.name] = json.loads(
            run("terraform", "show", "-json", "plan.tfplan", folder=folder)
        )
    assert resources(plans["exported"]) == resources(plans["own"])
    assert len(resources(plans["own"])) > 200
    assert run("terraform", "fmt", "-check", "-recursive", "-diff", folder=exported) == ""


def resources(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan makes of each resource."""
    return {
        each["address"]: (each["change"]["after"], each["change"]["after_unknown"])
        for each in plan["resource_changes"]
    }


@needs_stand_in
@pytest.mark.parametrize("name", ["recipe-recipe", "team-stack-team-stack"])
def test_two_uses_in_one_configuration_are_applied_and_closed(
    documents: Documents, name: str, tmp_path: Path
) -> None:
    """Of the second example both lie behind one gateway that exists."""
    made = module(documents, name)
    written(tmp_path / "secured", made.files)
    passed = arguments(made)
    another = {key: f"{value}2" for key, value in passed.items()}
    use = {"source": "./secured"}
    root(tmp_path, documents[name], {"orders": {**use, **passed}, "billing": {**use, **another}})
    run("terraform", "init", folder=tmp_path)
    run("terraform", "plan", "-out=plan.tfplan", folder=tmp_path)
    plan = tmp_path / "plan.json"
    plan.write_text(run("terraform", "show", "-json", "plan.tfplan", folder=tmp_path))
    analysis = analyse(read_terraform(str(plan)))
    assert [f.message for f in analysis.findings if f.severity != "note"] == []
    assert len(analysis.function_apps) == 2
    run("terraform", "apply", "plan.tfplan", folder=tmp_path)
    run("terraform", "plan", "-detailed-exitcode", folder=tmp_path)
    # A plan does not know the text of a policy that names what is yet to be made; a state does.
    (tmp_path / "state.json").write_text(run("terraform", "show", "-json", folder=tmp_path))
    analysis = analyse(read_terraform(str(tmp_path / "state.json")))
    assert [f.message for f in analysis.findings if f.severity != "note"] == []
    through = {each.verdict for each in analysis.answers if each.caller.kind == "gateway"}
    assert through == {"open"}
    state = json.loads((tmp_path / "terraform.tfstate").read_text())
    assert twice(state) == []
    run("terraform", "destroy", "-auto-approve", "-refresh=false", folder=tmp_path)


def twice(state: Mapping[str, Any]) -> list[str]:
    """Ids that two resources have, save those in the directory, which are made of others."""
    ids = [
        instance["attributes"]["id"]
        for each in state["resources"]
        if each["mode"] == "managed" and not each["type"].startswith("azuread_")
        for instance in each["instances"]
    ]
    return [each for each in ids if ids.count(each) > 1]


def test_what_another_stack_gives_is_passed(documents: Documents) -> None:
    made = module(documents, "two-stacks-orders")
    given = {each.name: each.description for each in made.variables if not each.known}
    assert given["gateway_service_gateway_url"] == (
        "gateway_url of gateway_service, from the state of platform"
    )
    assert "terraform_remote_state" not in "".join(made.files.values())
    assert 'url = "${var.gateway_service_gateway_url}/${var.api_path}"' in made.files["outputs.tf"]


def test_names_of_two_apis_are_told_apart(documents: Documents) -> None:
    found = {each.name: each for each in module(documents, "environments-prod").variables}
    assert found["orders_function_app_name"].value == "func-contoso-orders"
    assert found["billing_function_app_name"].required
    assert not found["orders_api_path"].required  # the gateway is the module's own
    assert found["tags"].type == "map(string)"


def test_the_gateway_of_others_has_each_api_once(documents: Documents) -> None:
    found = {each.name: each for each in module(documents, "team-stack-team-stack").variables}
    assert found["api_path"].required
    assert not found["gateway_name"].required


def test_what_exists_already_is_imported_from_outside(documents: Documents) -> None:
    made = module(documents, "adopt-function-app-adopt-function-app")
    assert "import {" not in made.files["main.tf"]
    page = made.files["README.md"]
    assert (
        "to = module.adopt_function_app_adopt_function_app.azurerm_linux_function_app.fun" in page
    )


def test_the_page_tells_what_to_pass(documents: Documents) -> None:
    page = module(documents, "recipe-recipe").files["README.md"]
    assert (
        "| function_app_name | Name of the function app; another for each use: once in the world "
        "| `string` | n/a | yes |"
    ) in page
    assert "| gateway | The gateway and the identity that it calls functions with. |" in page
    assert '  function_app_name    = "func-contoso-orders"\n' in page
    assert "storage_use_azuread = true" in page


def test_a_further_variable(documents: Documents) -> None:
    plan = "azurerm_service_plan.orders_function-app_plan_E706E3E7"
    made = module(documents, "recipe-recipe", f"plan_sku={plan}.sku_name")
    assert "sku_name            = var.plan_sku" in made.files["main.tf"]
    assert '  default     = "Y1"' in made.files["variables.tf"]


def test_variables_of_the_stack_itself_stay() -> None:
    document = {
        "variable": {"location": {"type": "string", "description": "Where."}},
        "resource": {
            "azurerm_resource_group": {
                "a": {"name": "rg-${var.location}", "location": "westeurope"},
            }
        },
    }
    made = module_of(document, "a", where="a")
    assert made.files["variables.tf"].startswith(
        'variable "location" {\n  description = "Where."\n  type        = string\n}\n'
    )
    assert '\nvariable "location_2" {\n  default     = "westeurope"\n' in made.files["variables.tf"]
    assert "| location | Where. | `string` | n/a | yes |" in made.files["README.md"]


def test_checks_of_the_stack_are_kept() -> None:
    said = '${data.azuread_application.a.display_name == "func-a"}'
    document = {
        "resource": {"azurerm_linux_function_app": {"a": {"name": "func-a"}}},
        "check": {
            "registration": {
                "data": {"azuread_application": {"a": {"client_id": "x"}}},
                "assert": [{"condition": said, "error_message": "Not func-a."}],
            }
        },
    }
    made = module_of(document, "a", where="a")
    assert made.files["main.tf"].endswith(
        """
check "registration" {
  data "azuread_application" "a" {
    client_id = "x"
  }

  assert {
    condition     = data.azuread_application.a.display_name == var.function_app_name
    error_message = "Not ${var.function_app_name}."
  }
}
"""
    )


# -- The command


@pytest.fixture
def out(documents: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cdktf.out/stacks/recipe"
    folder.mkdir(parents=True)
    (folder / "cdk.tf.json").write_text(json.dumps(documents["recipe-recipe"]))
    place = {"recipe": {"synthesizedStackPath": "stacks/recipe/cdk.tf.json"}}
    (tmp_path / "cdktf.out/manifest.json").write_text(json.dumps({"stacks": place}))
    monkeypatch.chdir(tmp_path)
    return folder / "cdk.tf.json"


def test_it_writes_the_same_again_and_removes_what_is_gone(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "recipe", "orders"]) == 0
    assert "to be passed: function_app_name, gateway_name" in capsys.readouterr().out
    folder = Path("orders")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["export", "recipe", "orders"]) == 0
    assert capsys.readouterr().out.startswith("orders: nothing has changed\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    document = json.loads(out.read_text())
    del document["output"]
    out.write_text(json.dumps(document))
    assert main(["export", "recipe", "orders"]) == 0
    assert not (folder / "outputs.tf").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [("main.tf", "was changed since the last export"), ("variables.tf", "is not from an export")],
)
def test_it_replaces_nothing_of_others(
    out: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path("orders")
    if name == "main.tf":
        assert main(["export", "recipe", "orders"]) == 0
    else:
        folder.mkdir()
    (folder / name).write_text("# mine\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(["export", "recipe", "orders"]) == 2
    assert f"orders/{name}: {said}, so nothing was written" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ordres"], "cdktf.out: has no stack 'ordres' (there are recipe)"),
        (
            ["recipe", "--from", "nowhere"],
            "nowhere: is not what cdktf wrote (synthesize first: make synth, or cdktf synth)",
        ),
        (["recipe", "--variable", "a"], "a: is no variable (write NAME=ADDRESS.ARGUMENT"),
        (["recipe", "--variable", "a=azurerm_x.y.z"], "azurerm_x.y.z: there is no such resource"),
        (
            ["recipe", "--variable", "a=azurerm_resource_group.group.nam"],
            "azurerm_resource_group.group.nam: there is no such argument",
        ),
        (
            ["recipe", "--variable", "location=azurerm_resource_group.group.name"],
            "'location' cannot be the name of a variable, or is one already",
        ),
        (
            ["recipe", "--variable", "a=azurerm_resource_group.group.name"],
            "azurerm_resource_group.group.name: is not a literal value",
        ),
    ],
)
def test_wrong_requests_say_what_to_write(
    out: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stack, *rest = arguments
    assert main(["export", stack, "orders", *rest]) == 2
    assert said in capsys.readouterr().err
    assert not Path("orders").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"module": {"x": {"source": "./x"}}}, "has module, which"),
        ({"provider": {"azurerm": [{"features": [{}]}, {"alias": "b"}]}}, "in several ways"),
    ],
)
def test_what_a_module_cannot_have_is_refused(
    documents: Documents, change: dict[str, Any], said: str, out: Path, capsys: Any
) -> None:
    out.write_text(json.dumps({**documents["recipe-recipe"], **change}))
    assert main(["export", "recipe", "orders"]) == 2
    error = capsys.readouterr().err
    assert "cdktf.out/stacks/recipe/cdk.tf.json: " in error
    assert said in error
