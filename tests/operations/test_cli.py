"""`secured-functions operations` prints what the settings take."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import yaml

from constructs_lib._core.errors import InputError
from constructs_lib.cli import operations as command
from constructs_lib.operations import Operations
from constructs_lib.stack.settings.environment import ApiSettings
from constructs_lib.stack.settings.file_reader import FileReader
from constructs_lib.stack.settings.keys import keys

HERE = Path(__file__).parent
PROJECT = HERE / "projects" / "python-v2"


def run(*arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    options = parser.parse_args(["operations", *map(str, arguments)])
    return options.run(options)


def test_a_table_to_read(capsys) -> None:
    assert run(PROJECT) == 0
    output = capsys.readouterr()
    lines = output.out.splitlines()
    assert lines[0].split() == ["METHOD", "URL", "TEMPLATE", "ID", "PARAMETERS"]
    assert len(lines) == 17
    assert lines[1].split(maxsplit=3) == [
        *("GET", "/catalog/{category}/{page}", "get-Catalog"),
        "category: string, page: integer = 1",
    ]
    assert 'CreateOrder has the level "function"' in output.err
    assert "shop/orders.py:11:2: warning: " in output.err


@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("source", [PROJECT, HERE / "openapi/documents" / "orders-2.0.json"])
def test_what_is_printed_can_be_pasted_into_the_settings(capsys, form: str, source: Path) -> None:
    assert run(source, "--format", form) == 0
    text = capsys.readouterr().out
    printed = yaml.safe_load(text) if form == "yaml" else json.loads(text)
    assert printed.keys() == {"route_prefix", "operations"} <= keys(ApiSettings).keys()
    reader = FileReader(None)
    settings = reader.take(ApiSettings, {"path": "x", "function_app": APP, **printed}, ())
    assert reader.problems == []
    assert len(settings.given["operations"]) == len(printed["operations"]) > 2


APP = {"name": "func-x", "runtime": "python 3.12"}


def test_a_document_and_a_project_that_differ(capsys, tmp_path: Path) -> None:
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {"/v1/orders": {"patch": {"responses": {"200": {"description": "d"}}}}},
    }
    path = tmp_path / "api.json"
    path.write_text(json.dumps(document))
    assert run(PROJECT, "--reconcile", path) == 1
    output = capsys.readouterr()
    assert "PATCH /orders is in the document and no function answers it" in output.err
    assert "GET /Ping (Ping) is not in the document" in output.err
    assert "GET     /Ping" in output.out
    assert run(path, "--reconcile", PROJECT) == 1
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["PATCH", "/orders"]


def test_a_broken_project_prints_every_place_and_no_operation(capsys, tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "function_app.py").write_text("def f(:\n")
    (tmp_path / "a.js").write_text("require('@azure/functions').app.http(`")
    with pytest.raises(InputError, match="not all operations could be read"):
        run(tmp_path)
    output = capsys.readouterr()
    assert output.out == ""
    assert [line.partition(": ")[0] for line in output.err.splitlines()] == [
        f"{tmp_path}/a.js:1:38",
        f"{tmp_path}/function_app.py:1:7",
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nowhere"], "there is no such file or folder"),
        ([PROJECT, "--reconcile", PROJECT], "compares a project with a document"),
        ([HERE], "host.json is missing"),
    ],
)
def test_what_cannot_be_used(arguments: list[str | Path], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        run(*arguments)


def test_the_command_prints_what_the_library_reads(capsys) -> None:
    run(PROJECT, "--format", "json")
    printed = json.loads(capsys.readouterr().out)["operations"]
    assert [entry["id"] for entry in printed] == [
        operation.id for operation in Operations.from_functions_project(PROJECT)
    ]
