"""Templates of Terraform are checked as the documents that they may become."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.cli import main
from constructs_lib.policy.templates import check_template, template_finding
from tests.policy.helpers import policies
from tests.policy.test_properties import steps


def found(inbound: str) -> list[tuple[str, int | None]]:
    findings = check_template(policies(inbound), "a.xml")
    return [(each.rule, each.line) for each in findings]


REQUEST = "<base /><send-request response-variable-name='a'>{}</send-request>"
URL = "<set-url>https://a.example</set-url>"
ONCE = "<redirect-content-urls />"


@pytest.mark.parametrize(
    "inbound",
    [
        # each branch has what may stand once
        REQUEST.format(f"%{{ if a }}{URL}%{{ else }}{URL}%{{ endif }}<set-method>GET</set-method>"),
        f"<base />%{{ if a }}{ONCE}%{{ else }}{ONCE}%{{ endif }}",
        # the same condition, and its opposite
        f"<base />%{{ if a }}{ONCE}%{{ endif }}%{{ if !a }}{ONCE}%{{ endif }}",
        f"<base />%{{ if ! (a) ~}}{ONCE}%{{ endif ~}}%{{~ if a ~}}{ONCE}%{{~ endif ~}}",
        # nobody knows whether two conditions hold together
        f'<base />%{{ if env == "a" }}{ONCE}%{{ endif }}%{{ if env == "b" }}{ONCE}%{{ endif }}',
        # branches in branches
        f"<base />%{{ if a }}%{{ if b }}{ONCE}%{{ else }}{ONCE}%{{ endif }}%{{ else }}{ONCE}"
        "%{ endif }",
        # parts of tags, and tags that another branch closes
        "<base /><set-header name='a' %{ if a }exists-action='delete' />%{ else }>"
        "<value>b</value></set-header>%{ endif }",
        "<base />%{ if a }<limit-concurrency key='a' max-count='1'>%{ endif }"
        "<set-status code='200' />%{ if a }</limit-concurrency>%{ endif }",
        # what a branch brings may be all that is needed
        REQUEST.format(f"%{{ if a }}{URL}%{{ endif }}"),
        "<base /><ip-filter action='allow'>%{ for a in b }<address>${a}</address>%{ endfor }"
        "</ip-filter>",
        "<base /><set-status code='%{ if a }200%{ else }404%{ endif }' />",
        "<base /><set-body>%{ if a }x%{ else }${y}%{ endif }</set-body>",
        "<base /><set-body>$${a} %%{ if } %%{ else }</set-body>",
    ],
)
def test_what_may_be_right_is_left_alone(inbound: str) -> None:
    assert found(inbound) == []


@pytest.mark.parametrize(
    ("inbound", "expected"),
    [
        # a branch and what always stands there
        (
            f"<base />\n{ONCE}\n%{{ if a }}\n{ONCE}\n%{{ endif }}",
            [("SFP105", 5)],
        ),
        (
            "<base />%{ if a }\n<nonsense />%{ else }\n<rubbish />%{ endif }",
            [("SFP101", 3), ("SFP101", 4)],
        ),
        (
            "<base />%{ if a }%{ if b }%{ else }\n<nonsense />%{ endif }%{ endif }",
            [("SFP101", 3)],
        ),
        ("<base />%{ for a in b }\n<nonsense />%{ endfor }", [("SFP101", 3)]),
        # one branch is one document
        (
            f"<base />%{{ if a }}{ONCE}\n{ONCE}%{{ endif }}",
            [("SFP105", 3)],
        ),
        (
            "<base />\n<set-header name='a' %{ if a }b='c'%{ endif } />",
            [("SFP201", 3), ("SFP302", 3)],
        ),
    ],
)
def test_what_is_wrong_in_a_branch_is_found_once(
    inbound: str, expected: list[tuple[str, int]]
) -> None:
    assert found(inbound) == expected


def test_sections_may_depend_on_conditions() -> None:
    source = (
        "%{ if a ~}\n<policies>\n%{ else ~}\n<policies>\n%{ endif ~}\n<inbound><base /></inbound>\n"
        "%{ if b ~}\n<backend><base /></backend>\n%{ else ~}\n<backend><forward-request />"
        "</backend>\n%{ endif ~}\n<outbound><base /></outbound>"
        "<on-error><base /></on-error></policies>"
    )
    assert check_template(source, "a.xml") == []


@pytest.mark.parametrize(
    ("inbound", "line", "problem"),
    [
        ("%{ endif }", 2, "`%{ endif }` has no `%{ if … }`"),
        ("\n%{ if a }%{ endfor }", 3, "`%{ endfor }` has no `%{ for … }`"),
        ("%{ if a }%{ else }\n%{ else }%{ endif }", 3, "`%{ else }` has no `%{ if … }`"),
        ("\n\n%{ if a }", 4, "a `%{ if … }` is not closed"),
        ("%{ if a }" * 200, 2, "directives are nested too deeply"),
        ("\n<a", 3, "there is no space before an attribute"),
        ("%{ elseif a }", 2, "Terraform has no directive `%{ elseif a }`"),
        ("%{ if a }\n%{ else if b }%{ endif }", 3, "Terraform has no directive `%{ else if b }`"),
        ("%{ if a }\n%{ endif a ~}", 3, "Terraform has no directive `%{ endif a ~}`"),
        ("<set-body>%{b}</set-body>", 2, "Terraform has no directive `%{b}`"),
    ],
)
def test_what_is_no_template_is_refused(inbound: str, line: int, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        check_template(policies(inbound), "a.xml")
    assert raised.value.problem == problem
    assert (raised.value.where or "").split(":")[:2] == ["a.xml", str(line)]


def test_many_conditions_are_no_matter() -> None:
    def template(count: int) -> str:
        parts = (f"%{{ if a{i} }}<set-status code='200' />%{{ endif }}" for i in range(count))
        return policies("<base />" + "".join(parts))

    assert check_template(template(3), "a.xml") == []
    few = steps(lambda: check_template(template(400), "a.xml"))
    assert steps(lambda: check_template(template(4_000), "a.xml")) < 20 * few


TEMPLATE = policies("<base />\n%{ if a ~}\n<trace />\n%{ endif ~}")


def test_a_file_that_is_a_template_is_known_for_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.xml"
    file.write_text(TEMPLATE)
    assert main(["policy", "check", str(file)]) == 1
    assert capsys.readouterr().out == (
        f"{file}:3: error SFP002: the file is a template of Terraform: it holds `%{{ if a ~}}`\n"
        "    check it with `--templates`, which knows `${…}` and `%{ if … }`\n1 error\n"
    )
    file.write_text(policies('<base />\n<rate-limit calls="${calls}" renewal-period="60" />'))
    assert main(["policy", "check", str(file)]) == 1
    assert f"{file}:3: warning SFP002: the file is perhaps a template" in capsys.readouterr().out
    assert main(["policy", "check", "--templates", str(file)]) == 0
    file.write_text(policies('<base />\n<set-backend-service base-url="${a["b"]}" />'))
    capsys.readouterr()
    assert main(["policy", "check", str(file)]) == 2
    assert "if Terraform fills the file, check it with `--templates`" in capsys.readouterr().out
    assert main(["policy", "check", "--templates", str(file)]) == 0


def test_a_template_without_faults_is_known_for_one_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.xml"
    file.write_text(policies('<base />\n<set-backend-service base-url="${url}" />'))
    assert main(["policy", "check", str(file)]) == 0
    assert capsys.readouterr().out == (
        f"{file}:3: note SFP002: the file is perhaps a template of Terraform: it holds `${{url}}`\n"
        "    check it with `--templates`, which knows `${…}` and `%{ if … }`\n1 note\n"
    )


def test_a_dollar_alone_makes_no_template() -> None:
    assert template_finding("<set-body>{ $.a %b %%{ if a } $${c}</set-body>", "a.xml") is None
    # What is right when it is read as it is may stay.
    finding = template_finding("<set-body>${a}</set-body>", "a.xml")
    assert finding is not None
    assert finding.severity == "warning"
