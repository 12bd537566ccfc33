"""Whatever a construct takes can be written in a file of settings and is synthesized from there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from constructs_lib import EasyAuth, FunctionApi, FunctionApp, SecuredFunctionApi
from constructs_lib._cdk.props.fields import bare, fields, is_list, is_map, members
from constructs_lib._core.files.yaml_text import load_yaml
from constructs_lib.stack.environment_stack import EnvironmentStack
from constructs_lib.stack.settings.environment import Environment
from constructs_lib.stack.settings.file_reader import FileReader
from constructs_lib.stack.settings.keys import LEFT_OUT, is_section, keys
from constructs_lib.stack.settings.props import Props

ENVIRONMENTS = Path(__file__).with_name("every_prop")

# Props without a key that no section leaves out with a reason: they take resources only.
RESOURCES = {("Slot", "easy_auth"), ("Diagnostics", "application_insights")}


def sections(kind: Any) -> Iterator[type]:
    """All kinds of mappings within a kind."""
    found: dict[type, None] = {}

    def visit(kind: Any) -> None:
        for annotated in members(kind):
            member, _ = bare(annotated)
            if is_list(member) or is_map(member):
                visit(member.__args__[-1 if is_map(member) else 0])
            elif is_section(member) and member not in found:
                found[member] = None
                for _, field in keys(member).values():
                    visit(field.kind)

    visit(kind)
    return iter(found)


SECTIONS = list(sections(Environment))


def test_every_prop_can_be_written_but_for_those_with_a_reason() -> None:
    without = {
        (section.__name__, name)
        for section in SECTIONS
        for name in fields(section.construct if issubclass(section, Props) else section)
        if name not in {prop for prop, _ in keys(section).values()}
    }
    reasons = {
        (section.__name__, name)
        for section in SECTIONS
        for base in section.__mro__
        for name in {**LEFT_OUT.get(base, {}), **getattr(base, "__dict__", {}).get("left_out", {})}
    }
    assert without == reasons | RESOURCES
    assert len(without) <= 23


@pytest.mark.parametrize(
    ("part", "wired"),
    [
        (FunctionApi, {"hostname", "audience", "function_app_id", "depends_on"}),
        (EasyAuth, {"client_id", "issuer", "callers", "audiences", "off_reason", "app"}),
        (FunctionApp, {"easy_auth", "props"}),
    ],
)
def test_the_pattern_passes_on_the_props_of_its_parts(part: type, wired: set[str]) -> None:
    assert fields(part).keys() - fields(SecuredFunctionApi).keys() == wired


class Recorder(FileReader):
    """Notes which keys of which section a file has."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: set[tuple[str, str]] = set()

    def _section(self, kind: type, value: Any, at: Any) -> Any:
        self.seen |= {(kind.__name__, key) for key in value}
        return super()._section(kind, value, at)


def test_every_key_is_synthesized_once(tmp_path: Path) -> None:
    seen: set[tuple[str, str]] = set()
    app = App(outdir=str(tmp_path))
    for path in sorted(ENVIRONMENTS.glob("*.yaml")):
        reader = Recorder(ENVIRONMENTS)
        data, _ = load_yaml(path.read_text(), str(path))
        environment = reader.take(Environment, data, ())
        assert reader.problems == []
        seen |= reader.seen
        EnvironmentStack(app, path.stem, environment=environment)
    app.synth()
    assert {
        (section.__name__, key) for section in SECTIONS for key in keys(section)
    } - seen == set()
    new = (tmp_path / "stacks/new/cdk.tf.json").read_text()
    for value in (
        *("Premium_2", "203.0.113.0/24", "/api/health", "X-Contoso-Key", "SF501", "P1v3"),
        *("loggers/shop", "WEBSITE_AUTH_AAD_ALLOWED_TENANTS", "auto_swap_slot_name"),
    ):
        assert value in new, value
