"""Table, JSON, Markdown and HTML: what they say, and that text from a configuration stays text."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from constructs_lib._core.errors import InputError
from constructs_lib._core.files.writing import write_whole
from constructs_lib.access import Answer
from constructs_lib.access.report import (
    FORMATS,
    ReportFormat,
    View,
    compare_analyses,
    render_report,
    write_reports,
)
from constructs_lib.access.report.markdown import code, escape, mermaid
from constructs_lib.access.report.text import clean
from constructs_lib.access.rules import RULES
from tests.access.report.samples import (
    ANONYMOUS,
    APP,
    RIGHT,
    SLOT,
    WRONG,
    many,
    stays_out,
    with_text,
)

NASTY = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"`|*_[x](javascript:alert(1))<!--",
    "@everyone #1 www.example.com https://example.com :tada:",
    '"]; click t0 "javascript:alert(1)" %%{init: {}}%% end --> x',
    "a\nb\r\n\n# heading\x00\x1b[31mred\x9b",
    "\u202egnp.exe\u2066 \ud800 \ufffe \u2028",
    "${azurerm_x.y.z}",
)
texts = st.text(max_size=40) | st.sampled_from(NASTY)


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_a_function_of_the_analysis_alone(form: ReportFormat) -> None:
    first = render_report(WRONG, form, comparison=compare_analyses(RIGHT, WRONG))
    assert first == render_report(WRONG, form, comparison=compare_analyses(RIGHT, WRONG))
    assert first.endswith("\n")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_who_gets_in_why_and_what_decides(form: ReportFormat) -> None:
    report = re.sub(r"\s+", "", html.unescape(render_report(WRONG, form, width=200)))
    for words in (
        "Easy Auth lets requests without a token through.",
        "auth_settings_v2.require_authentication",
        SLOT.address,
        SLOT.name,
        "hosted runners deploy",
        "1 door is open that should be closed (SF102); 1 answer is not known here.",
    ):
        assert re.sub(r"\s+", "", words) in report


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_what_a_change_opened(form: ReportFormat) -> None:
    opened = render_report(WRONG, form, comparison=compare_analyses(RIGHT, WRONG))
    assert re.search("opened", opened, re.IGNORECASE)
    assert "cdktf.out" in opened
    assert render_report(WRONG, form) != opened


# JSON


def test_json_keeps_its_shape() -> None:
    report = json.loads(render_report(WRONG, "json", comparison=compare_analyses(RIGHT, WRONG)))
    assert report["version"] == 1
    assert set(report) == {
        "version",
        "source",
        "summary",
        "gateways",
        "apis",
        "targets",
        "registrations",
        "answers",
        "findings",
        "accepted",
        "comparison",
    }
    assert report["summary"] == {
        "sentence": View(WRONG).headline,
        "opened_by_mistake": 1,
        "closed_by_mistake": 0,
        "unknown": 1,
        "weak": 0,
        "accepted": 1,
        "as_it_should_be": 4,
    }
    assert report["answers"][-1] == {
        "id": "func-orders-staging.anonymous",
        "target": {"stack": "", "address": SLOT.address},
        "caller": {
            "id": "anonymous",
            "kind": "anonymous",
            "label": "anybody without a token",
            "trusted": False,
            "address": None,
        },
        "verdict": "open",
        "status": 200,
        "reason": "Easy Auth lets requests without a token through.",
        "address": SLOT.address,
        "attribute": "auth_settings_v2.require_authentication",
        "path": "main.tf",
        "line": 7,
        "rule": "SF102",
        "standing": "wrong",
        "accepted": None,
    }
    assert report["comparison"]["opened"] == 1
    assert report["comparison"]["changes"][0]["before"]["verdict"] == "closed"


def test_json_has_no_comparison_where_nothing_is_compared() -> None:
    assert json.loads(render_report(WRONG, "json"))["comparison"] is None


# Every format for people


def test_an_answer_names_file_and_line_of_what_decides() -> None:
    decided = f"{SLOT.address}: auth_settings_v2.require_authentication"
    assert f"main.tf:7 {decided}" in render_report(WRONG, "table", width=200)
    assert "<br>`main.tf:7` |" in render_report(WRONG, "markdown")
    page = render_report(WRONG, "html")
    assert page.count("<dt>Written in</dt><dd><code>main.tf:7</code></dd>") == 1


# Table


def test_the_table_is_plain_unless_colours_are_wanted() -> None:
    assert "\x1b" not in render_report(WRONG, "table")
    assert "\x1b[" in render_report(WRONG, "table", colour=True)


def test_the_table_of_many_targets_shows_in_full_only_what_needs_it() -> None:
    report = render_report(many(20), "table")
    assert report.count("Easy Auth lets requests without a token through.") == 1
    assert "The same holds for func-team001/staging, func-team002/staging," in report
    right = replace(WRONG, answers=(*_right(13), WRONG.answers[-1]))
    report = render_report(right, "table", width=200)
    assert "func-00: 1 door, all as they should be\n    The same holds for func-01," in report
    assert report.count("requests without a token through") == 1


def _right(count: int) -> list[Answer]:
    apps = (replace(APP, address=f"{APP.address}{n}", name=f"func-{n:02}") for n in range(count))
    return [stays_out(ANONYMOUS, app) for app in apps]


@given(texts)
def test_the_table_holds_no_control_character_of_a_configuration(text: str) -> None:
    report = render_report(with_text(WRONG, lambda old: old + text), "table")
    assert all(sign == "\n" or not re.match(r"[\x00-\x1f\x7f-\x9f]", sign) for sign in report)
    report.encode()


# Markdown


@given(texts)
@example("_a_ __b__ a_b")
def test_markdown_shows_text_as_it_is(text: str) -> None:
    for shown in (escape(text), code(text)):
        assert not re.search(
            r"[\n\r|<>*\[\]`@#]", re.sub(r"&#\d+;|<!-- -->|</?code>|^`|`$", "", shown)
        )
    assert html.unescape(escape(text).replace("<!-- -->", "")) == clean(text)


def test_markdown_counts_what_changed_in_its_reason_only() -> None:
    moved = replace(RIGHT, answers=tuple(replace(each, status=403) for each in RIGHT.answers))
    report = render_report(moved, "markdown", comparison=compare_analyses(RIGHT, moved))
    assert "5 answers for another reason than before." in report
    assert "No door opened or closed." in report


def test_markdown_mentions_nobody() -> None:
    assert escape("@team") == "&#64;<!-- -->team"


def test_addresses_are_code_that_reads_in_the_source_too() -> None:
    assert code("azurerm_linux_function_app.orders") == "`azurerm_linux_function_app.orders`"
    assert code("a`b|c") == "<code>a&#96;b&#124;c</code>"


@given(texts)
def test_no_text_ends_a_label_of_the_diagram(text: str) -> None:
    plain = mermaid(View(WRONG).targets).splitlines()
    named = mermaid(View(with_text(WRONG, lambda old: old + text)).targets).splitlines()
    assert len(named) == len(plain)
    for line in named:
        outside = re.sub(r'"(\w|[ .,()-]|#\d+;|<br/>)*"', '""', line)
        assert re.fullmatch(
            r'flowchart LR|  t\d+\[""\]|  c\d+\(""\) (-->|--x|-\.->)\|""\| t\d+|'
            r"  (classDef|class|linkStyle) [\w#:,. -]+",
            outside,
        ), line


def test_wrong_doors_stand_out_in_the_diagram() -> None:
    lines = mermaid(View(WRONG).targets)
    assert '("Anybody without a token") -->|"open 200"| t1' in lines
    assert "wrong" in lines
    assert "wrong" not in mermaid(View(RIGHT).targets)


@pytest.mark.parametrize("count", [1, 300])
def test_markdown_fits_into_a_comment(count: int) -> None:
    report = render_report(many(count), "markdown", comparison=compare_analyses(RIGHT, many(count)))
    assert len(report) < 65_536
    assert report.count(" --x|") + report.count(" -->|") + report.count(" -.->|") < 500


# HTML


class Shape(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.values: list[tuple[str, str]] = []
        self.raw: dict[str, str] = {}
        self.words: list[str] = []
        self._raw: str | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(name, value or "") for name, value in attrs]
        self._raw = tag if tag in ("script", "style") else None

    def handle_endtag(self, tag: str) -> None:
        self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.raw[self._raw] = self.raw.get(self._raw, "") + data
        else:
            self.words.append(data)


PLAIN = Shape(render_report(WRONG, "html"))


@settings(max_examples=40)
@given(texts)
def test_no_text_adds_an_element_an_attribute_or_a_script(text: str) -> None:
    page = Shape(render_report(with_text(WRONG, lambda old: old + text), "html"))
    assert page.elements == PLAIN.elements
    assert page.raw == PLAIN.raw
    assert clean(SLOT.name + text) in page.words


def test_the_page_allows_its_own_style_and_script_only() -> None:
    policy = next(
        value for name, value in PLAIN.values if name == "content" and "default-src" in value
    )
    digest = {
        name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for name, text in PLAIN.raw.items()
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest['style']}'; "
        f"script-src 'sha256-{digest['script']}'; base-uri 'none'; form-action 'none'"
    )


def test_the_page_needs_nothing_from_elsewhere() -> None:
    names = {name for name, _ in PLAIN.values}
    assert not {name for name in names if name.startswith("on") or name in ("src", "style")}
    links = {value for name, value in PLAIN.values if name == "href" and value[0] != "#"}
    assert links == {RULES["SF102"].url, RULES["SF410"].url}
    assert "url(" not in PLAIN.raw["style"]
    assert "@import" not in PLAIN.raw["style"]


def test_every_link_of_the_page_leads_somewhere() -> None:
    ids = [value for name, value in PLAIN.values if name == "id"]
    assert len(set(ids)) == len(ids)
    links = {value for name, value in PLAIN.values if name == "href"}
    assert {value[1:] for value in links if value[0] == "#"} <= set(ids)


def test_marks_differ_in_shape_not_only_in_colour() -> None:
    used = {value for _, value in PLAIN.values if value.startswith("#door-")}
    assert used == {"#door-open", "#door-closed", "#door-unknown"}
    assert "should be closed" in PLAIN.words


# Files


def test_reports_are_written_beside_the_json(tmp_path: Path) -> None:
    files = write_reports(RIGHT, tmp_path)
    assert [file.name for file in files] == ["access.html", "access.json", "access.md"]
    assert sorted(tmp_path.iterdir()) == files
    assert json.loads((tmp_path / "access.json").read_text("utf-8"))["source"] == "cdktf.out"


def test_a_file_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing.*cannot be written"):
        write_reports(RIGHT, tmp_path / "missing")
    with pytest.raises(InputError, match="directory"):
        write_whole(tmp_path, "text")
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_the_new_file_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "access.md"
    file.write_text("old")
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(file, "new \ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_keeps_being_one(tmp_path: Path) -> None:
    file, link = tmp_path / "real.md", tmp_path / "link.md"
    link.symlink_to(file)
    write_whole(link, "text")
    assert link.is_symlink()
    assert file.read_text() == "text"
