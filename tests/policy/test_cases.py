"""Files as people have them, each with what is right about it and the source that says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from constructs_lib.cli import main
from constructs_lib.policy.formatting import formatted
from tests.policy.test_formatting import parsed, same

CASES = Path(__file__).parent / "cases"


def checked(name: str, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code of `policy check`, and severity and rule of each finding with its line."""
    code = main(["policy", "check", *options, str(CASES / name)])
    lines = capsys.readouterr().out.splitlines()
    found = [line.split(f"{name}:")[1].split(": ") for line in lines if f"{name}:" in line]
    return code, [f"{place.split(':')[0]} {rule}" for place, rule, *_ in found]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        # pagopa/cstar-infrastructure, policies of app_io products
        ("good-template-if-else-request", ["--templates"], []),
        # recognizegroup/terraform, api_management_api
        ("good-template-format", ["--templates"], []),
        # Azure/apiops #14: Azure exports `&#xA;`
        ("good-format-line-break", [], []),
        # Learn, validate-azure-ad-token, policy statement
        ("good-entra-authentication-endpoint", [], []),
        # Learn forbids it, Azure/bicep-registry-modules avm/ptn/azd/apim-api deploys it
        ("good-trace-source-expression", [], ["4 warning SFP205"]),
        # Learn, authentication-managed-identity, third example has no variable
        ("good-send-request-without-variable", [], ["4 warning SFP202"]),
        # Learn, policy-fragments, limitations
        ("bad-fragment-base", [], ["2 error SFP106"]),
        # azure-docs #112150 (Microsoft)
        ("bad-entra-expressions", [], ["6 error SFP205"]),
        # Learn, set-header, limitations
        ("bad-header-server", [], ["10 warning SFP208"]),
        # Learn, emit-metric, dimension attributes
        ("bad-metric-dimension-without-value", [], ["5 error SFP202"]),
        # Learn, trace, elements
        ("bad-trace-without-message", [], ["4 error SFP302"]),
        # an expression must be the whole value: Learn, rewrite-uri
        ("bad-double-quote-in-url", [], ["4 error SFP001"]),
    ],
)
def test_a_file_is_judged_rightly(
    name: str, options: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = checked(f"{name}.xml", *options, capsys=capsys)
    assert found == expected
    assert code == max((("SFP001" in each) + ("error" in each) for each in found), default=0)


@pytest.mark.parametrize("name", ["good-template-format", "good-template-if-else-request"])
def test_a_template_is_still_one_after_formatting(name: str, tmp_path: Path) -> None:
    before = (CASES / f"{name}.xml").read_text(encoding="utf-8")
    file = shutil.copy(CASES / f"{name}.xml", tmp_path)
    assert main(["policy", "format", file]) == 0
    after = Path(file).read_text(encoding="utf-8")
    assert after.split() == formatted(before).split() == before.split()


def test_a_line_break_is_one_after_formatting(tmp_path: Path) -> None:
    file = shutil.copy(CASES / "good-format-line-break.xml", tmp_path)
    before = Path(file).read_text(encoding="utf-8")
    assert main(["policy", "format", file]) == 0
    assert parsed(Path(file).read_text(encoding="utf-8")) == parsed(before)
    assert same(before).count("&#xA;") == 1
