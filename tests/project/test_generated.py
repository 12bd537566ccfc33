"""What is generated is what it is generated from, and the picture of the rooms shows them all."""

from __future__ import annotations

from pathlib import Path

from tools import architecture_picture, generate


def test_no_generated_file_is_stale() -> None:
    assert [str(path.name) for path in generate.stale()] == [], "run `make generate`"


def test_the_picture_shows_every_room_with_what_it_is_for(repository: Path) -> None:
    drawn = [room for layer in architecture_picture.layers() for room in layer]
    packages = {path.parent.name for path in (repository / "constructs_lib").glob("*/__init__.py")}
    assert packages <= set(drawn)
    assert all(architecture_picture.purpose(room) for room in drawn)
