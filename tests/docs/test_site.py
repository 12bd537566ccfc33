"""What makes pages into a site: links, imports and colours."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.access.report.headless_browser import Browser, find_browser
from tests.docs.blocks import PAGES, ROOT
from tools import docs_hooks

CSS = (ROOT / "docs/site.css").read_text(encoding="utf-8")
# The theme's backgrounds: white, that of its dark scheme, and that of code on each.
BACKGROUNDS = {"default": ("#ffffff", "#f5f5f5"), "slate": ("#1e2129", "#272a35")}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", BACKGROUNDS)
def test_links_stand_out_as_wcag_asks(scheme: str) -> None:
    rules = CSS.partition(f'[data-md-color-scheme="{scheme}"]')[2].partition("}")[0]
    colours = re.findall(r"--md-(?:typeset-a|accent-fg)-color: (#[0-9a-f]{6});", rules)
    assert len(colours) == 2
    for colour in colours:
        for background in BACKGROUNDS[scheme]:
            assert contrast(colour, background) >= 4.5, (colour, background)


@pytest.mark.parametrize(
    ("name", "background"),
    [
        ("primary-fg-color", "#ffffff"),  # behind the white letters of the bar
        ("footer-fg-color--lighter", "#171717"),
        ("default-fg-color--light", "#f5f5f5"),  # comments and names in code
        ("code-hl-constant-color", "#272a35"),
        ("code-hl-number-color", "#272a35"),
    ],
)
def test_the_bar_the_footer_and_code_stand_out_as_wcag_asks(name: str, background: str) -> None:
    [colour] = re.findall(rf"--md-{name}: (#[0-9a-f]{{6}});", CSS)
    assert contrast(colour, background) >= 4.5


def test_files_that_the_readme_links_are_on_the_site() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(((?:examples|environments)[^)]*)\)", readme))
    examples = {f"examples/{path.parent.name}/main.py" for path in ROOT.glob("examples/*/main.py")}
    assert linked >= examples | {"environments/dev.yaml", "environments/prod.yaml"}
    page = docs_hooks._page("README.md")
    for target in re.findall(r"\]\(((?:examples|environments)[^)]*)\)", page):
        assert re.fullmatch(r"examples/\w+\.md", target), target
    assert len(re.findall(r"\]\(examples/", page)) >= len(examples)
    assert page.count("](settings.md#") >= 2


def test_each_name_of_the_reference_has_the_import_that_one_writes() -> None:
    names = [
        name
        for page in PAGES
        if page.parent.name == "reference"
        for name in re.findall(r"^::: (constructs_lib\S*)$", page.read_text(), re.MULTILINE)
    ]
    assert len(names) > 40
    for name in names:
        heading = f'<h2 id="{name}" class="doc doc-heading">{name}</h2>'
        shown = docs_hooks.on_page_content(heading, _Page("reference/gateway.md"))
        module, _, own = name.rpartition(".")
        if own in import_module(module).__all__ and module in docs_hooks.PUBLIC:
            assert f"from {module} import {own}</code>" in shown
        else:  # a module, whose members have their imports
            assert import_module(name).__doc__
    member = "constructs_lib.policy.builders.routing.SetBackendService"
    member = f'<h3 id="{member}" class="doc doc-heading"></h3>'
    shown = docs_hooks.on_page_content(member, _Page("reference/policy.md"))
    assert "from constructs_lib.policy import SetBackendService</code>" in shown


class _Page:
    def __init__(self, path: str) -> None:
        self.file = type("File", (), {"src_uri": path})


SCROLLS = """<!doctype html><main class="md-typeset" style="width: 300px">
<div class="md-typeset__scrollwrap" style="overflow-x: auto">
<table><td style="min-width: {width}px">
</table></div><pre><code style="display: block; overflow-x: auto"><i style="padding: {width}px"></i>
</code></pre></main><script>document$ = {{subscribe: (call) => call()}}</script>
<script>{script}</script>"""


@pytest.mark.parametrize(("width", "marked"), [(900, True), (90, False)])
def test_what_scrolls_sideways_is_reached_with_the_keyboard(
    width: int, marked: bool, tmp_path: Path
) -> None:
    assert "\nextra_javascript: [site.js]\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    browser = find_browser()
    if browser is None:
        pytest.skip("no Chromium is installed")
    script = (ROOT / "docs/site.js").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(SCROLLS.format(width=width, script=script))
    with Browser(browser, tmp_path) as window:
        window.show((tmp_path / "page.html").as_uri())
        found = window.value(
            "[...document.querySelectorAll('.md-typeset__scrollwrap, pre > code')]"
            ".map((each) => [each.tabIndex, each.getAttribute('aria-label')])"
        )
        assert window.complaints == []
    names = ("Table, scrolls sideways", "Code, scrolls sideways")
    assert found == [[0, name] if marked else [-1, None] for name in names]
