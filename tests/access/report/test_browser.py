"""The page in a real browser: select a door, read the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from constructs_lib.access import Analysis
from constructs_lib.access.report import compare_analyses, render_report
from tests.access.report.headless_browser import Browser, find_browser
from tests.access.report.samples import RIGHT, WRONG, many, with_text

DOOR = "func-orders-staging.anonymous"
REASON = "Easy Auth lets requests without a token through."
ATTRIBUTE = "auth_settings_v2.require_authentication"
SHOWN = (
    "[...document.querySelectorAll('.answer')]"
    ".filter(each => each.checkVisibility()).map(each => each.innerText)"
)
FOCUS = "document.activeElement.getAttribute('href')"
NASTY = "\"'><script>window.broken = true</script><img src=x onerror='broken = true'>&lt;"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    executable = find_browser()
    if executable is None:
        pytest.skip("no Chromium: install it, or name it in CHROMIUM, to test the page in it")
    with Browser(executable, tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The address of each page."""
    folder = tmp_path_factory.mktemp("pages")
    samples: dict[str, Analysis] = {
        "right": RIGHT,
        "wrong": WRONG,
        "many": many(100),
        "nasty": with_text(WRONG, lambda text: text + NASTY),
        "long": with_text(WRONG, lambda text: f"{text}-{'a' * 90}"),
    }
    for name, sample in samples.items():
        report = render_report(sample, "html", comparison=compare_analyses(RIGHT, sample))
        (folder / f"{name}.html").write_text(report, "utf-8")
    (folder / "estate.html").write_text(render_report(many(40), "html"), "utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in (*samples, "estate")}


def _shown(browser: Browser) -> Any:
    return browser.value(SHOWN)


def test_no_answer_shows_until_a_door_is_selected(browser: Browser, pages: dict[str, str]) -> None:
    browser.show(pages["wrong"])
    assert _shown(browser) == []


@pytest.mark.parametrize("door", [f".cell[href='#{DOOR}']", f".lane[href='#{DOOR}']"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_click_on_a_door_shows_the_reason_and_what_decides(
    browser: Browser, pages: dict[str, str], door: str, width: int
) -> None:
    browser.show(pages["wrong"], width=width)
    browser.click(door)
    browser.wait(f"{SHOWN}.length === 1")
    (answer,) = _shown(browser)
    for words in ("Open, 200", REASON, ATTRIBUTE, "SF102", "Set require_authentication = true."):
        assert words in answer
    assert browser.value("location.hash") == f"#{DOOR}"
    # The page marks the door when it hears of the new address, after the answer shows.
    browser.wait(f'document.querySelector("{door}").ariaCurrent === "true"')


def test_the_address_of_a_door_leads_to_its_answer(browser: Browser, pages: dict[str, str]) -> None:
    browser.show(f"{pages['wrong']}#{DOOR}")
    (answer,) = _shown(browser)
    assert REASON in answer
    box = browser.value(
        f"(() => {{ const r = document.getElementById('{DOOR}').getBoundingClientRect();"
        "return [r.top, innerHeight - r.bottom, r.left, innerWidth - r.right] })()"
    )
    assert min(box) >= 0


def test_the_keyboard_selects_a_door_and_closes_it_again(
    browser: Browser, pages: dict[str, str]
) -> None:
    browser.show(pages["wrong"])
    browser.value("document.querySelector('.matrix .cell').focus()")
    browser.press("ArrowRight")
    second = browser.value(FOCUS)
    assert second == "#func-orders.gateway-without-key-orders"
    browser.press("Enter")
    browser.wait(f"{SHOWN}.length === 1")
    assert browser.value("location.hash") == second
    assert browser.value("document.activeElement.className").startswith("answer")
    browser.press("Escape")
    browser.wait(f"{SHOWN}.length === 0")
    assert browser.value(FOCUS) == second


def test_the_cross_closes_an_answer(browser: Browser, pages: dict[str, str]) -> None:
    browser.show(f"{pages['wrong']}#{DOOR}")
    browser.click(".answer:target .close")
    browser.wait(f"{SHOWN}.length === 0")
    assert browser.value(FOCUS) == f"#{DOOR}"


@pytest.mark.parametrize("name", ["right", "wrong", "many", "nasty", "long"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(
    browser: Browser, pages: dict[str, str], name: str, width: int
) -> None:
    browser.show(pages[name], width=width)
    # A phone's window grows with what it shows, so that it is no measure.
    assert browser.value("document.documentElement.scrollWidth") == width


def test_the_page_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, pages: dict[str, str]
) -> None:
    browser.show(pages["wrong"])
    browser.click(f".lane[href='#{DOOR}']")
    browser.wait(f"{SHOWN}.length === 1")
    assert browser.requests == [pages["wrong"]]
    assert browser.complaints == []


def test_names_of_a_configuration_run_nothing(browser: Browser, pages: dict[str, str]) -> None:
    browser.show(pages["nasty"])
    assert browser.value("window.broken === undefined")
    assert browser.value("document.images.length") == 0
    assert NASTY in browser.value("document.querySelector('h3').textContent")
    assert browser.complaints == []


def test_the_policy_of_the_page_stops_what_is_not_its_own(
    browser: Browser, pages: dict[str, str]
) -> None:
    browser.show(pages["wrong"])
    browser.value(
        "document.body.append(Object.assign(document.createElement('script'),"
        "{textContent: 'window.broken = true'}))"
    )
    assert browser.value("window.broken === undefined")


def test_light_and_dark_are_readable(browser: Browser, pages: dict[str, str]) -> None:
    colours = (
        "['body', '.facts dt', '.lane.closed .who', '.tag', 'h1'].map(name =>"
        "getComputedStyle(document.querySelector(name)).color)"
    )
    grounds: list[float] = []
    for dark in (False, True):
        browser.show(pages["wrong"], dark=dark)
        ground = _luminance(browser.value("getComputedStyle(document.body).backgroundColor"))
        grounds.append(ground)
        for colour in browser.value(colours):
            lighter, darker = sorted((ground, _luminance(colour)), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, colour  # WCAG 2.2, 1.4.3
    assert grounds[0] > 0.8
    assert grounds[1] < 0.05


def _luminance(colour: str) -> float:
    """Relative luminance of `rgb(…)`, as WCAG 2.2 defines it."""
    parts = [float(part) / 255 for part in colour[4:-1].split(",")]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_many_targets_are_found_by_name_and_by_what_is_wrong(
    browser: Browser, pages: dict[str, str]
) -> None:
    browser.show(pages["many"])
    rows = "[...document.querySelectorAll('.matrix tr[data-name]')].filter(e => !e.hidden).length"
    assert browser.value(rows) == 2
    browser.click(".more")
    assert browser.value(rows) == 101
    browser.click(".more")
    browser.value(
        "(() => { const words = document.querySelector('.filter input'); words.value = 'Team042';"
        "words.dispatchEvent(new Event('input', {bubbles: true})) })()"
    )
    assert browser.value(rows) == 2
    assert browser.value("document.querySelector('.filter output').value") == "2 of 200"
    browser.show(f"{pages['many']}#func-team042-staging.anonymous")
    assert REASON in _shown(browser)[0]


def test_a_folded_target_unfolds_for_its_door(browser: Browser, pages: dict[str, str]) -> None:
    browser.show(pages["many"])
    browser.value("document.querySelectorAll('details').forEach(each => each.open = false)")
    browser.click(".matrix .cell")
    browser.wait(f"{SHOWN}.length === 1")


def test_every_answer_is_printed(browser: Browser, pages: dict[str, str]) -> None:
    browser.show(pages["wrong"])
    browser.value("document.querySelectorAll('details').forEach(each => each.open = false)")
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    assert len(_shown(browser)) == len(WRONG.answers)
    assert browser.printed().startswith(b"%PDF")


def test_what_is_alike_is_printed_once(browser: Browser, pages: dict[str, str]) -> None:
    browser.show(pages["estate"])
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    assert len(re.findall(rb"/Type\s*/Page\b", browser.printed())) < 8


def test_doors_work_without_the_script(browser: Browser, pages: dict[str, str]) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.show(pages["wrong"])
        browser.click(f".lane[href='#{DOOR}']")
        browser.wait(f"{SHOWN}.length === 1")
        assert browser.value("document.querySelector('[aria-current]')") is None
        assert REASON in _shown(browser)[0]
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
