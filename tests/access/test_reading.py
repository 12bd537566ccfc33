"""Every input is read, or refused with what to give instead; nothing gives a traceback."""

from __future__ import annotations

import copy
import io
import json
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib.access import analyse, read_stacks, read_terraform
from tests.access.samples import chain

HERE = Path(__file__).parent
WHOLE = json.dumps(chain())
PLAN = (HERE / "plain_hcl/plan.json").read_text(encoding="utf-8")


def write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def names(path: Path | str) -> list[str]:
    return [each.name for each in analyse(read_terraform(path)).function_apps]


def test_one_file(tmp_path: Path) -> None:
    assert names(write(tmp_path / "cdk.tf.json", chain())) == ["func-orders"]


def test_a_directory_of_stacks(tmp_path: Path) -> None:
    write(tmp_path / "stacks/dev/cdk.tf.json", chain())
    write(tmp_path / "stacks/prod/cdk.tf.json", chain())
    analysis = analyse(read_terraform(tmp_path))
    assert [each.stack for each in analysis.function_apps] == ["dev", "prod"]
    callers = [each.id for each in analysis.callers if each.kind == "gateway"]
    assert len(callers) == len(set(callers)) == 2


def test_a_plain_directory_is_one_stack(tmp_path: Path) -> None:
    document = chain()
    write(tmp_path / "gateway.tf.json", {"resource": document["resource"]})
    write(tmp_path / "data.tf.json", {"data": document["data"]})
    analysis = analyse(read_terraform(tmp_path))
    assert [(each.stack, each.name) for each in analysis.function_apps] == [("", "func-orders")]
    assert analysis.findings == ()


def test_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(PLAN.encode())))
    assert names("-") == ["func-plain-billing", "func-plain-orders"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is not JSON"),
        ("[]", "not an object"),
        ("{", ":1:2: is not JSON"),
        ('{"a": 1}', "no Terraform configuration"),
        ('{"version": 4, "lineage": "x", "serial": 1, "resources": []}', "is a state file"),
        ("[" * 100_000, "nested too deeply"),
        ('{"resource": ' + "9" * 5000 + "}", "not usable JSON"),
    ],
)
def test_other_files_are_refused_with_what_to_give(
    tmp_path: Path, content: str, problem: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=problem) as refused:
        read_terraform(file)
    assert refused.value.fix
    assert str(refused.value).count(refused.value.fix) == 1


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'{"resource": "\xff"}')
    with pytest.raises(InputError, match="UTF-8"):
        read_terraform(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("name", "content", "fix"),
    [
        ("plan.tfplan", b"PK\x03\x04\x14\xff", "terraform show -json"),
        ("main.tf", b'resource "a" "b" {}', "give the folder that it lies in"),
    ],
)
def test_what_terraform_reads_itself_is_refused_with_how_to_show_it(
    tmp_path: Path, name: str, content: bytes, fix: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=fix) as refused:
        read_terraform(tmp_path / name)
    assert "not JSON" in refused.value.problem


def test_missing_files_and_empty_directories_are_refused(tmp_path: Path) -> None:
    for path, fix in ((tmp_path, "after a synth"), (tmp_path / "nothing", "cdktf.out")):
        with pytest.raises(InputError) as refused:
            read_terraform(path)
        assert fix in str(refused.value.fix)
    (tmp_path / "main.tf").write_text("resource {", encoding="utf-8")
    with pytest.raises(InputError, match="show -json"):
        read_terraform(tmp_path)
    with pytest.raises(InputError):
        read_terraform("a\0b")


def test_halves_of_surrogate_pairs_do_not_reach_the_output(tmp_path: Path) -> None:
    file = tmp_path / "x.tf.json"
    file.write_text(WHOLE.replace("func-orders", r"func-\ud800-\udc00x"), encoding="utf-8")
    for name in names(file):
        name.encode()


@given(st.integers(min_value=0, max_value=len(WHOLE) - 1))
def test_a_truncated_file_is_refused(tmp_path_factory: pytest.TempPathFactory, end: int) -> None:
    file = tmp_path_factory.mktemp("truncated") / "cdk.tf.json"
    file.write_text(WHOLE[:end], encoding="utf-8")
    with pytest.raises(InputError):
        read_terraform(file)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "${local.x}",
            "${azurerm_api_management.gateway.name}",
            "${var.a.b[0]}",
            "${",
            "<policies>",
        ]
    )
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every part of a document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found = [here] if here else []
    for step, part in inner:
        found += paths(part, (*here, step))
    return found


def with_part(document: Any, path: tuple[Any, ...], part: Any) -> Any:
    changed = copy.deepcopy(document)
    body = changed
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = part
    return changed


@given(st.sampled_from(paths(chain())), ANYTHING)
def test_no_part_of_a_configuration_breaks_the_analysis(path: tuple[Any, ...], part: Any) -> None:
    with suppress(InputError):
        analyse(read_stacks({"stack": with_part(chain(), path, part)}))


@given(st.sampled_from(paths(json.loads(PLAN))), ANYTHING)
def test_no_part_of_a_plan_breaks_the_analysis(
    tmp_path_factory: pytest.TempPathFactory, path: tuple[Any, ...], part: Any
) -> None:
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    document = with_part(json.loads(PLAN), path, part)
    file.write_text(json.dumps(document), encoding="utf-8", errors="surrogatepass")
    with suppress(InputError):
        analyse(read_terraform(file))


@given(ANYTHING)
def test_no_json_breaks_the_analysis(
    tmp_path_factory: pytest.TempPathFactory, document: Any
) -> None:
    file = tmp_path_factory.mktemp("any") / "x.json"
    for whole in (
        document,
        {"resource": document},
        {"resource": {"azurerm_linux_function_app": document}},
    ):
        file.write_text(json.dumps(whole), encoding="utf-8")
        with suppress(InputError):
            analyse(read_terraform(file))
