"""Reads JSON whose values know their place, each container looked at once and only when asked."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import cast

from constructs_lib._core.files.json_text import Json, Pointer, load_json
from constructs_lib.operations.findings import FilePlace

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = r'"(?:[^"\\\n]|\\.)*"'
_COMMENT = re.compile(rf"{_STRING}|(?P<drop>//[^\n]*|/\*.*?\*/)", re.DOTALL)
_COMMA = re.compile(rf"{_STRING}|(?P<drop>,)(?=\s*[}}\]])")


class JsonFile:
    """A JSON file: its value, and the place of everything in it.

    Args:
        path: The file, as the reader should see it.
        text: Its text.
        relaxed: Whether comments and a comma after the last element are allowed, as the Functions
            host and the compiler of TypeScript allow them.

    Raises:
        InputError: It is no JSON; the error has the place.
    """

    def __init__(self, path: str, text: str, *, relaxed: bool = False) -> None:
        self.path = path
        self.text = _COMMA.sub(_blank, _COMMENT.sub(_blank, text)) if relaxed else text
        self.value: Json = load_json(self.text, path)
        # Offsets of each container's members, by its pointer: of the key, and of the value.
        self._members: dict[Pointer, dict[str | int, tuple[int, int]]] = {}

    def get(self, *keys: str) -> Json:
        """Return a member of a member, None where there is none."""
        value = self.value
        for key in keys:
            value = cast("dict[str, Json]", value).get(key) if isinstance(value, dict) else None
        return value

    def place(self, *pointer: str | int, key: bool = False) -> FilePlace:
        """Return where a value is, or what is nearest to it; where its key is, if `key`."""
        at = shown = self._after(0)
        for depth, step in enumerate(pointer):
            members = self._container(pointer[:depth], at)
            found = members.get(step) or members.get(str(step))
            if found is None:
                break
            shown, at = found
        at = shown if key else at
        line = bisect_right(self._lines, at)
        return FilePlace(self.path, line, at - self._lines[line - 1] + 1)

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def _container(self, pointer: Pointer, at: int) -> dict[str | int, tuple[int, int]]:
        known = self._members.get(pointer)
        if known is None:
            known = self._members[pointer] = dict(self._read_members(at))
        return known

    def _read_members(self, at: int) -> Iterator[tuple[str | int, tuple[int, int]]]:
        """Yield key and offsets of each member of the container that starts at an offset."""
        opening = self.text[at]
        if opening not in "{[":
            return
        decoder = json.JSONDecoder()
        at = self._after(at + 1)
        number = 0
        while self.text[at] not in "}]":
            key: str | int = number
            shown = at
            if opening == "{":
                key, at = decoder.raw_decode(self.text, at)
                at = self._after(self._after(at) + 1)  # the colon
            yield key, (shown, at)
            number += 1
            at = self._after(decoder.raw_decode(self.text, at)[1])
            if self.text[at] == ",":
                at = self._after(at + 1)

    def _after(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at


def _blank(match: re.Match[str]) -> str:
    """Put spaces where something is dropped, so that everything else stays where it is."""
    found = match[0]
    return re.sub(r"[^\n]", " ", found) if match["drop"] else found
