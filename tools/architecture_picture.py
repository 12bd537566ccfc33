"""Draws the rooms of `constructs_lib`, from the import contracts and each room's first sentence.

The layers stand in `pyproject.toml`, where `make lint` checks them; what a room is for is the first
sentence of its `__init__`. So the picture cannot say anything else than the code.
"""

from __future__ import annotations

import ast
import html
import sys
import textwrap
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs/pictures/rooms.svg"
DATA_PATH = ("settings", "constructs", "Terraform JSON", "access analysis", "report")

WIDTH, MARGIN, GAP, LINE = 960, 24, 12, 17
_FONT = "ui-sans-serif, system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
_STYLE = (
    ".page { fill: #ffffff } .room { fill: #f4f7fb; stroke: #3b5b8c; stroke-width: 1.5 } "
    ".step { fill: #e7f3ea; stroke: #2c7a4b; stroke-width: 1.5 } text { fill: #1b2430 } "
    ".name { font-weight: 600; font-size: 15px } .small { font-size: 12.5px; fill: #47566b } "
    ".go { stroke: #2c7a4b; stroke-width: 2; fill: none } .tip { fill: #2c7a4b }"
)


def layers() -> list[list[str]]:
    """The rooms of each layer, the highest layer first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    return [layer.split(" | ") for layer in contract["layers"]]


def purpose(room: str) -> str:
    """The first sentence of what a room says of itself, without a colon and what follows it."""
    package = ROOT / "constructs_lib" / room
    file = package / "__init__.py" if package.is_dir() else package.with_suffix(".py")
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return said.partition("\n\n")[0].replace("\n", " ").replace("`", "").partition(". ")[0]


def picture() -> str:
    """The picture as SVG."""
    parts: list[str] = []
    top = MARGIN
    step = (WIDTH - 2 * MARGIN - (len(DATA_PATH) - 1) * 40) / len(DATA_PATH)
    for number, name in enumerate(DATA_PATH):
        left = MARGIN + number * (step + 40)
        parts.append(_box("step", left, top, step, 40))
        parts.append(_text("name", left + step / 2, top + 26, name, anchor="middle"))
        if number:
            parts.append(
                f'<path class="go" d="M{left - 38:.0f} {top + 20}H{left - 6:.0f}" '
                'marker-end="url(#tip)"/>'
            )
    top += 40 + 2 * GAP
    for rooms in layers():
        width = (WIDTH - 2 * MARGIN - (len(rooms) - 1) * GAP) / len(rooms)
        texts = [textwrap.wrap(purpose(room), int((width - 24) / 6.6)) for room in rooms]
        height = 34 + LINE * max(map(len, texts)) + 4
        for number, (room, lines) in enumerate(zip(rooms, texts, strict=True)):
            left = MARGIN + number * (width + GAP)
            parts.append(_box("room", left, top, width, height))
            parts.append(_text("name", left + 12, top + 23, room))
            parts += [
                _text("small", left + 12, top + 42 + LINE * place, line)
                for place, line in enumerate(lines)
            ]
        top += height + GAP
    height = top - GAP + MARGIN
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-labelledby="title description" font-family="{_FONT}">',
            '<title id="title">The rooms of constructs_lib</title>',
            '<desc id="description">The path of the data, and the rooms in layers: a room imports '
            "from those below it only.</desc>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
            'markerHeight="7" orient="auto"><path class="tip" d="M0 0 10 5 0 10z"/></marker>'
            "</defs>",
            f'<rect class="page" width="{WIDTH}" height="{height}" rx="10"/>',
            *parts,
            "</svg>",
            "",
        )
    )


def _box(kind: str, left: float, top: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" rx="8"/>'
    )


def _text(kind: str, left: float, base: float, text: str, *, anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{left:.0f}" y="{base:.0f}" text-anchor="{anchor}">'
        f"{html.escape(text)}</text>"
    )
