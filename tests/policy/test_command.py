"""`secured-functions policy` on anybody's files."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.cli import policy

GOOD = "<policies>{}</policies>".format(
    "".join(f"<{name}><base/></{name}>" for name in ("inbound", "backend", "outbound", "on-error"))
)
BAD = GOOD.replace("<inbound>", '<inbound>\n  <rate-limit calls="many" renewal-period="1"/>')
BROKEN = "<policies>\n<inbound>"


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    policy.register(parser.add_subparsers(required=True))
    options = parser.parse_args(["policy", *map(str, arguments)])
    return options.run(options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.xml"


@pytest.mark.parametrize(("content", "code"), [(GOOD, 0), (BAD, 1), (BROKEN, 2)])
def test_the_exit_code_tells(
    file: Path, content: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(content)
    assert run("check", file) == code
    shown = capsys.readouterr().out
    if code == 0:
        assert shown == "nothing found\n"
    if code == 1:
        assert shown == (
            f"{file}:2:15: error SFP204: `calls` of <rate-limit> cannot be `many`\n"
            "    write a whole number, at least 0\n1 error\n"
        )
    if code == 2:
        assert shown.startswith(f"{file}:2:1: error SFP001: <inbound> is not closed\n")


def test_every_file_is_checked_even_after_one_that_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in {"a": BROKEN, "b": BAD, "c": GOOD}.items():
        (tmp_path / f"{name}.xml").write_text(content)
    files = [tmp_path / "a.xml", tmp_path / "b.xml", tmp_path / "c.xml", tmp_path / "none.xml"]
    assert run("check", "--format", "json", *files) == 2
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(Path(each["places"][0]["path"]).name, each["rule"]) for each in findings] == [
        ("a.xml", "SFP001"),
        ("b.xml", "SFP204"),
        ("none.xml", "SFP001"),
    ]


def test_scope_and_sku_matter(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(BAD.replace("many", "1"))
    assert run("check", file) == 0
    assert run("check", "--scope", "global", file) == 1
    file.write_text(
        GOOD.replace(
            "<inbound>",
            '<inbound><rate-limit-by-key calls="1" renewal-period="1" counter-key="a"/>',
        )
    )
    assert run("check", "--sku", "Consumption_0", file) == 1
    assert "does not run on the consumption gateway" in capsys.readouterr().out


QUOTA = '<quota calls="1" renewal-period="60"/>'
WHOLE = GOOD.replace("<base/>", "").replace("<backend>", "<backend><forward-request/>")


@pytest.mark.parametrize(
    ("content", "severities", "said"),
    [
        # That of a new service.
        (WHOLE, ["note"], "say so with --scope global;"),
        # It may be that of the service or of an API that has lost what it inherits.
        (GOOD.replace("<base/>", ""), ["warning"] * 4, "or say with --scope where the file stands"),
        # It leaves something to a scope above, so it is not that of the service.
        (WHOLE.replace("<inbound>", "<inbound><base/>"), ["warning"] * 2, "with --scope where"),
        (GOOD.replace("<inbound>", "<inbound><cross-domain/>"), ["error"], "with --scope where"),
        # Only products have quotas.
        (GOOD.replace("<inbound>", f"<inbound>{QUOTA}"), ["note"], "say so with --scope product;"),
        (
            WHOLE.replace("<inbound>", f"<inbound>{QUOTA}"),
            ["warning"] * 3 + ["note"],
            "of a product",
        ),
        (
            GOOD.replace("<inbound>", f"<inbound>{QUOTA}<cross-domain/>"),
            ["error"] * 2,
            "with --scope where",
        ),
        (GOOD, [], "nothing found"),
    ],
)
def test_where_a_file_stands_is_recognised_or_asked_for(
    file: Path,
    content: str,
    severities: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file.write_text(content)
    run("check", file)
    assert said in capsys.readouterr().out
    run("check", file, "--format", "json")
    groups = json.loads(capsys.readouterr().out)["findings"]
    assert [each["severity"] for each in groups for _ in each["places"]] == severities
    run("check", file, "--scope", "api")
    assert "--scope" not in capsys.readouterr().out


def test_the_policy_of_the_service_is_clean_where_it_is_named(file: Path) -> None:
    file.write_text(WHOLE)
    assert run("check", "--scope", "global", file) == 0


@pytest.mark.parametrize("sku", ["nope", "Developer_2", ""])
def test_an_unknown_sku_is_refused(file: Path, sku: str) -> None:
    file.write_text(GOOD)
    with pytest.raises(InputError, match=r"--sku: there is no SKU .*write one of Consumption_0"):
        run("check", "--sku", sku, file)


def test_a_path_with_a_nul_character_is_an_unreadable_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("check", "a\0.xml") == 2
    assert "SFP001" in capsys.readouterr().out


def test_findings_can_go_into_a_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(BAD)
    output = file.parent / "findings.sarif"
    assert run("check", "--format", "sarif", "--output", output, file) == 1
    assert json.loads(output.read_text())["version"] == "2.1.0"
    assert capsys.readouterr().out == ""
    assert sorted(each.name for each in file.parent.iterdir()) == ["a.xml", "findings.sarif"]
    with pytest.raises(InputError, match="cannot be written"):
        run("check", "--output", file.parent / "none" / "b.json", file)


def standard_input(data: bytes) -> SimpleNamespace:
    return SimpleNamespace(buffer=io.BytesIO(data))


def test_the_input_can_be_checked_and_formatted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", standard_input(BAD.encode()))
    assert run("check", "-") == 1
    assert "-:2:15: error" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", standard_input(GOOD.encode()))
    assert run("format", "-") == 0
    assert capsys.readouterr().out.startswith("<policies>\n    <inbound>\n        <base />\n")
    monkeypatch.setattr(sys, "stdin", standard_input(GOOD.encode("utf-16")))
    assert run("check", "-") == 2
    assert "-: error SFP001: the file is not text in UTF-8" in capsys.readouterr().out


def test_a_file_is_formatted_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD)
    file.chmod(0o640)
    assert run("format", "--check", file) == 1
    assert run("format", "--diff", file) == 1
    assert "+    <inbound>\n" in capsys.readouterr().out
    assert file.read_text() == GOOD
    assert run("format", file) == 0
    assert file.stat().st_mode & 0o777 == 0o640
    formatted = file.read_text()
    assert formatted.startswith("<policies>\n    <inbound>\n")
    assert run("format", "--check", "--diff", file) == 0
    assert run("format", file) == 0
    assert file.read_text() == formatted


def test_a_literal_in_a_file_is_not_escaped_for_terraform(file: Path) -> None:
    file.write_text(GOOD.replace("<base/>", '<set-variable name="a" value="${b}"/>', 1))
    assert run("format", file) == 0
    assert 'value="${b}"' in file.read_text()


def test_a_broken_file_is_left_as_it_is(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(BROKEN)
    assert run("format", file) == 2
    assert file.read_text() == BROKEN
    assert "a.xml:2:1: <inbound> is not closed" in capsys.readouterr().err


def test_line_ends_are_formatted(file: Path) -> None:
    file.write_bytes(GOOD.encode())
    run("format", file)
    unix = file.read_bytes()
    file.write_bytes(unix.replace(b"\n", b"\r\n"))
    assert run("format", "--check", file) == 1
    assert run("format", file) == 0
    assert file.read_bytes() == unix


REFERRING = GOOD.replace(
    "<inbound>",
    '<inbound>\n<set-variable name="a" value="{{one}}"/>\n'
    '<set-backend-service backend-id="two"/>\n<include-fragment fragment-id="three"/>',
)


def test_what_is_referred_to_is_checked_if_it_is_said_what_there_is(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(REFERRING)
    assert run("check", file) == 0
    known = ["--named-value", "one", "--named-value", "1", "--backend", "two"]
    assert run("check", *known, "--fragment", "three", file) == 0
    capsys.readouterr()
    assert run("check", *known, "--fragment", "thre", file) == 1
    assert capsys.readouterr().out == (
        f"{file}:4:19: error SFP407: nothing defines the fragment `three`\n"
        "    did you mean `thre`?\n1 error\n"
    )


def resources(**names: str) -> dict[str, dict[str, dict[str, str]]]:
    return {
        "azurerm_api_management_named_value": {"a": {"display_name": names["value"]}},
        "azurerm_api_management_backend": {"a": {"name": names["backend"]}},
        "azurerm_api_management_policy_fragment": {"a": {"name": names["fragment"]}},
    }


@pytest.mark.parametrize(
    ("names", "more", "rules"),
    [
        ({"value": "one", "backend": "two", "fragment": "three"}, [], []),
        ({"value": "1", "backend": "2", "fragment": "3"}, [], ["SFP405", "SFP406", "SFP407"]),
        ({"value": "1", "backend": "two", "fragment": "3"}, ["--fragment", "three"], ["SFP405"]),
        # A name that Terraform alone knows may be the one.
        ({"value": "${var.a}", "backend": "two", "fragment": "3"}, [], ["SFP407"]),
        ({"value": "${var.a}", "backend": "two", "fragment": "three"}, ["--named-value", "b"], []),
    ],
)
def test_a_stack_says_what_there_is(
    file: Path,
    names: dict[str, str],
    more: list[str],
    rules: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file.write_text(REFERRING)
    stack = file.parent / "cdk.tf.json"
    stack.write_text(json.dumps({"resource": resources(**names)}))
    assert run("check", "--format", "json", "--stack", stack, *more, file) == bool(rules)
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [each["rule"] for each in findings] == rules


@pytest.mark.parametrize(
    ("content", "where"),
    [(None, ""), ("{", ":1:2"), ("[]", ""), ("\udc80", ": byte 0")],
)
def test_a_stack_that_is_none_is_refused(file: Path, content: str | None, where: str) -> None:
    file.write_text(REFERRING)
    stack = file.parent / "cdk.tf.json"
    if content is not None:
        stack.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as raised:
        run("check", "--stack", stack, file)
    assert raised.value.where == f"{stack}{where}"


def test_resolvers_are_checked_and_formatted(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("<http-data-source><http-request><set-method>GET</set-method>\n</http-request>")
    assert run("check", file) == 2
    file.write_text(file.read_text() + "</http-data-source>")
    capsys.readouterr()
    assert run("check", file) == 1
    assert capsys.readouterr().out == (
        f"{file}:1:19: error SFP302: <http-request> needs an element <set-url>\n"
        "    add <set-url>\n1 error\n"
    )
    file.write_text(file.read_text().replace("\n", "<set-url>https://a.example</set-url>"))
    assert run("check", "--scope", "product", file) == 0
    assert run("check", "--sku", "Consumption_0", file) == 0
    assert run("format", file) == 0
    assert file.read_text().startswith("<http-data-source>\n    <http-request>\n        <set-me")
    assert run("format", "--check", file) == 0


TEMPLATE = """<policies>
<inbound>
%{ if env != "dev" }
<ip-filter action="${action}">${addresses}</ip-filter>
%{ endif }
<rate-limit calls="${calls}" renewal-period="60" />
<cors><allowed-origins>${origins}</allowed-origins></cors>
</inbound>
<backend><base /></backend><outbound>${outbound}</outbound><on-error><base /></on-error>
</policies>"""


def test_templates_are_checked_as_far_as_they_are_known(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(TEMPLATE)
    assert run("check", file) == 1
    capsys.readouterr()
    assert run("check", "--templates", file) == 0
    assert capsys.readouterr().out == "nothing found\n"
    file.write_text(TEMPLATE.replace("renewal-period", "period"))
    assert run("check", "--templates", file) == 1
    assert [line.split(": ")[1] for line in capsys.readouterr().out.splitlines()[:-1:2]] == [
        "error SFP201",
        "error SFP202",
    ]
