"""A lazy package answers every form of import as the eager one does, and loads what is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NULL = "cdktf_cdktf_provider_null"

QUESTIONS = f"""
import constructs_lib
import importlib, importlib.resources, importlib.util, inspect, json, pickle, pkgutil, pydoc, sys
import typing

answers = {{}}
def loaded():
    return sorted(m for m in sys.modules if m.count(".") == 1 and m.startswith("{NULL}."))

def error(code):
    try:
        exec(code)
    except Exception as problem:
        return [type(problem).__name__, str(problem)]

answers["spec before import"] = [importlib.util.find_spec("{NULL}").name, "{NULL}" in sys.modules]
import {NULL} as package
answers["loaded by the package"] = loaded()
answers["unknown attribute"] = error("package.nothing")
answers["unknown attribute has"] = hasattr(package, "nothing")
answers["unknown name"] = error("from {NULL} import nothing")
answers["unknown module"] = error("import {NULL}.nothing")
answers["unknown private"] = error("package.check_type")
from {NULL}.resource import Resource
answers["loaded by from module import name"] = loaded()
answers["attribute"] = package.provider.NullProvider.__name__
answers["loaded by attribute"] = loaded()
from {NULL} import data_null_data_source
answers["from package import module"] = data_null_data_source.__name__
import {NULL}.resource as resource
answers["same module"] = resource is package.resource is sys.modules["{NULL}.resource"]

answers["__all__"] = package.__all__
answers["__doc__"] = package.__doc__[:60]
answers["__file__"] = package.__file__.endswith("__init__.py")
answers["dir"] = dir(package)
answers["private"] = package._private.check_type.__name__
answers["private module"] = package._private.resource is package.resource
answers["metadata"] = importlib.metadata.version("cdktf-cdktf-provider-null")
files = importlib.resources.files(package)
answers["resources"] = sorted(entry.name for entry in files.iterdir() if "." in entry.name)
answers["assembly"] = [e.name for e in files.joinpath("_jsii").iterdir() if "tgz" in e.name]
answers["get_data"] = pkgutil.get_data("{NULL}", "py.typed").decode()
answers["submodules"] = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
answers["source"] = "publication.publish()" in inspect.getsource(package)
answers["help of the package"] = pydoc.render_doc(package, renderer=pydoc.plaintext)
answers["help of a class"] = pydoc.render_doc(Resource, renderer=pydoc.plaintext)
answers["hints"] = sorted(typing.get_type_hints(Resource.__init__))

answers["pickled class"] = pickle.loads(pickle.dumps(Resource)) is Resource
config = resource.ResourceConfig(triggers={{"a": "b"}})
answers["pickled value"] = pickle.loads(pickle.dumps(config)) == config
names = {{}}
exec("from {NULL} import *", names)
answers["star"] = sorted(set(names) - {{"__builtins__"}})
answers["reloaded"] = importlib.reload(resource).Resource.__module__
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def lazy(fresh: Any, null_provider: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    result = fresh(QUESTIONS, cwd=tmp_path_factory.mktemp("lazy"), path=null_provider)
    assert result.stderr == ""
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def eager(fresh: Any, null_provider: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("eager")
    result = fresh(QUESTIONS, cwd=folder, path=null_provider, CONSTRUCTS_LIB_LAZY_BINDINGS="off")
    return json.loads(result.stdout)


def test_only_what_is_used_is_loaded(lazy: Any) -> None:
    assert lazy["loaded by the package"] == [f"{NULL}._jsii", f"{NULL}._private"]
    assert lazy["loaded by from module import name"] == [
        f"{NULL}._jsii",
        f"{NULL}._private",
        f"{NULL}.resource",
    ]
    assert set(lazy["loaded by attribute"]) - set(lazy["loaded by from module import name"]) == {
        f"{NULL}.provider"
    }


def test_every_answer_but_what_is_loaded_is_that_of_the_eager_package(
    lazy: Any, eager: Any
) -> None:
    different = {name for name in lazy if lazy[name] != eager[name]}
    assert different == {name for name in lazy if name.startswith("loaded by")}


def test_the_questions_have_the_answers_that_they_should(lazy: Any) -> None:
    """Guards the comparison: two wrong answers would be equal too."""
    modules = ["data_null_data_source", "provider", "resource"]
    assert lazy["unknown attribute"] == [
        "AttributeError",
        f"module '{NULL}' has no attribute 'nothing'",
    ]
    assert lazy["unknown attribute has"] is False
    assert lazy["unknown name"][0] == "ImportError"
    assert lazy["unknown module"] == ["ModuleNotFoundError", f"No module named '{NULL}.nothing'"]
    assert lazy["unknown private"][0] == "AttributeError"
    assert lazy["attribute"] == "NullProvider"
    assert lazy["same module"] is True
    assert lazy["__all__"] == lazy["star"] == modules
    assert set(modules) < set(lazy["dir"])
    assert lazy["private"] == "check_type"
    assert lazy["private module"] is True
    assert lazy["metadata"] == "11.0.1"
    assert lazy["resources"] == ["__init__.py", "py.typed"]
    assert len(lazy["assembly"]) == 1
    assert "class Resource" in lazy["help of a class"]
    assert "PACKAGE CONTENTS" in lazy["help of the package"]
    assert lazy["pickled class"] is True
    assert lazy["pickled value"] is True
    assert "triggers" in lazy["hints"]


def test_threads_may_import_at_once(fresh: Any, null_provider: Path, tmp_path: Path) -> None:
    code = f"""
import constructs_lib
import importlib, threading

names = ["cdktf", "{NULL}", "{NULL}.resource", "{NULL}.provider"]
names += ["cdktf_cdktf_provider_azuread." + name for name in ("group", "user", "application")]
names += ["cdktf_cdktf_provider_azuread", "cdktf_cdktf_provider_azurerm.resource_group"]
start = threading.Barrier(2 * len(names))
modules = []
def load(name):
    start.wait()
    modules.append(importlib.import_module(name))
threads = [threading.Thread(target=load, args=[name]) for name in names * 2]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert sorted({{module.__name__ for module in modules}}) == sorted(names), modules
assert len(set(map(id, modules))) == len(names)

from cdktf import App, TerraformStack
from {NULL}.resource import Resource
Resource(TerraformStack(App(), "threads"), "resource")
"""
    assert fresh(code, cwd=tmp_path, path=null_provider).stderr == ""
