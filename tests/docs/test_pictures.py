"""The pictures of the site show what is so, and load nothing from elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.docs import answers_picture, terminal_pictures
from tests.docs.blocks import PAGES, ROOT
from tests.terraform.order import Order

PICTURES = ROOT / "docs/pictures"
SITE = r"azurerm_(function_app_flex_consumption|(linux|windows)_function_app)"
BOXES = {
    "assignment": "azuread_app_role_assignment",
    "backend": "azurerm_api_management_backend",
    "gateway": "azurerm_api_management",
    "operation": "azurerm_api_management_api_operation",
    "policy": "azurerm_api_management_api_policy",
    "principal": "azuread_service_principal",
    "registration": "azuread_application",
    "site": SITE,
    "slot": r"azurerm_(linux|windows)_function_app_slot",
}


@pytest.mark.parametrize("name", terminal_pictures.TERMINALS)
def test_a_terminal_shows_what_the_command_prints(name: str, project: Path, azure: Any) -> None:
    """Run `python tests/docs/terminal_pictures.py` after a change of what is printed."""
    picture = terminal_pictures.TERMINALS[name]
    drawn = (PICTURES / f"terminal-{name}.svg").read_text()
    if picture.ends_with:
        picture = replace(picture, runs=picture.ends_with)
    printed = terminal_pictures.printed(picture, project, azure)
    prompt, *now = terminal_pictures.text_of(terminal_pictures.draw(name, picture, printed))
    assert len(now) > 2
    shown = terminal_pictures.text_of(drawn)
    assert shown[0] == prompt
    assert shown[-len(now) :] == now
    assert picture.ends_with or len(shown) == len(now) + 1


def test_there_is_no_picture_of_a_command_that_is_not_run() -> None:
    shown = {path.stem.removeprefix("terminal-") for path in PICTURES.glob("terminal-*")}
    assert shown == terminal_pictures.TERMINALS.keys()


def test_the_picture_of_the_answers_shows_what_calls_get() -> None:
    """Run `python -m tests.docs.answers_picture` after a change of what a trace tells."""
    assert answers_picture.PICTURE.read_text(encoding="utf-8") == answers_picture.draw()
    ends = [(call.answer.status, call.end) for call in answers_picture.calls()]
    through = [(200, "function"), (401, "gateway"), (500, "gateway")]
    assert ends == [*through, *[(401, "easy-auth")] * 2, *[(403, "easy-auth")] * 2]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_each_arrow_of_the_order_leads_to_what_must_be_there_before(
    stack: str, synthesized: Path
) -> None:
    document = json.loads((synthesized / f"cdktf.out/stacks/{stack}/cdk.tf.json").read_text())
    order = Order(document)
    arrows = re.findall(r'data-needs="(\w+) (\w+)"', (PICTURES / "order.svg").read_text())
    assert {box for arrow in arrows for box in arrow} == BOXES.keys()
    for later, earlier in arrows:
        for address in order.resources:
            if re.fullmatch(BOXES[later], address.partition(".")[0]):
                needed = {each.partition(".")[0] for each in order.needs[address]}
                found = [kind for kind in needed if re.fullmatch(BOXES[earlier], kind)]
                assert found, f"{address} does not need the {earlier}"


@pytest.mark.parametrize("picture", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_needs_nothing_from_elsewhere(picture: Path) -> None:
    text = picture.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"@font-face|@import|href|<script|/tmp/|/home/", text)


def test_every_picture_is_shown_with_words_for_who_cannot_see_it() -> None:
    shown = set()
    for page in PAGES:
        for words, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text()):
            assert len(words) > 20, f"{page.name}: {target}"
            shown.add((page.parent / target).resolve())
    assert shown >= set(PICTURES.iterdir())
