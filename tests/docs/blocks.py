"""The fenced blocks of the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """What stands between two fences.

    Attributes:
        page: The page's path in the repository.
        line: The line of the page on which the text starts.
        language: What is written behind the first fence.
        text: The text, dedented.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = [
        Block(
            page=name_of(page),
            line=text.count("\n", 0, match.start(3)) + 1,
            language=match[2],
            text=re.sub(f"^{match[1]}", "", match[3], flags=re.MULTILINE),
        )
        for match in _BLOCK.finditer(text)
    ]
    assert len(re.findall("^ *```", text, re.MULTILINE)) == 2 * len(found), f"{page}: odd fences"
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
