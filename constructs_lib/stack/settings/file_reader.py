"""Reads what a file of settings says into value objects, and notes everything that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args, get_origin

from constructs_lib._cdk.props.fields import Evaluated, bare, is_list, is_map, members
from constructs_lib._cdk.props.reading import ValueReader
from constructs_lib._core.errors import InputError
from constructs_lib._core.problems import DocumentPath, Problem, near
from constructs_lib.stack.settings.keys import is_section, keys, writable

WRONG: Final = object()
"""In the place of a value that cannot be used, so that the rest can be looked at all the same."""


class FileReader(ValueReader):
    """Reads values of YAML.

    Args:
        folder: Where the paths in the file start; None if its files are not there yet.
    """

    SWITCH = "true or false"

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self._folder = folder

    def take(self, kind: Evaluated, value: Any, at: DocumentPath) -> Any:
        """Return the value as the kind asks for it, or `WRONG`."""
        kind = writable(kind)
        sections = [each for each in members(kind) if is_section(each)]
        if isinstance(value, dict) and sections:
            given = cast("dict[str, Any]", value)
            section = self._meant(sections, given)
            if section:
                return self._section(section, given, at)
            key, kinds = "kind", [next(iter(keys(each).values()))[1].kind for each in sections]
            return self.refused(given[key], (*at, key), f"write {self.words(kinds)}")
        return super().take(kind, value, at)

    def fits(self, kind: Evaluated, value: Any) -> bool:
        """Tell whether a value is of a kind as far as its own type says."""
        if isinstance(value, str) and kind is Path:
            return True
        return super().fits(kind, value)

    def taken(self, kind: Evaluated, value: Any, at: DocumentPath) -> Any:
        """Return a value that fits, with everything within it looked at."""
        if kind is Path:
            path = Path(value) if self._folder is None else self._folder / value
            if self._folder is not None and "\0" not in value and not path.exists():
                self.note(at, f"there is no {str(path)!r}", "write a path from the file's folder")
            return path
        value = super().taken(kind, value, at)
        if is_list(bare(kind)[0]) and value is not WRONG:
            return tuple(each for each in value if each is not WRONG)
        if is_map(bare(kind)[0]) and value is not WRONG:
            return {key: each for key, each in value.items() if WRONG not in (key, each)}
        return value

    def unusable(self, value: Any) -> Any:  # noqa: ARG002 - the other reader returns it
        """Return what stands for a value that is wrong."""
        return WRONG

    @staticmethod
    def _meant(sections: list[type], value: Mapping[str, Any]) -> type | None:
        """Tell the members of a union apart: by the kind, or else by the first key.

        The first of them is meant where nothing says otherwise.
        """
        told = False
        for section in reversed(sections):
            first, (_, field) = next(iter(keys(section).items()))
            told = get_origin(field.kind) is Literal and first in value
            if value[first] in get_args(field.kind) if told else first in value:
                return section
        return None if told else sections[0]

    def _section(self, kind: type, value: Mapping[str, Any], at: DocumentPath) -> Any:
        known = keys(kind)
        given: dict[str, Any] = {}
        for key, each in value.items():
            if key not in known:
                self.note((*at, key), "this key is not known", near(key, known))
                continue
            name, field = known[key]
            if each is None and not field.required and field.default is None:
                continue  # a key without a value says nothing
            taken = self.take(field.kind, each, (*at, key))
            if taken is not WRONG:
                given[name] = taken
        missing = [key for key, (_, field) in known.items() if field.required and key not in value]
        for key in missing:
            self.note((*at, key), "is missing", f"write {self.words(members(known[key][1].kind))}")
        try:
            made = kind(**given)
        except TypeError:  # what it needs is missing or wrong, which is noted
            return WRONG
        except InputError as error:
            self.note(at, error.problem, error.fix or "")
            return WRONG
        renamed = {name: key for key, (name, _) in known.items()}
        find = getattr(made, "problems", None)
        for problem in cast("Iterator[Problem]", find() if find else ()):
            name = str(problem.place[0]) if problem.place else ""
            key = renamed.get(name, name)
            # A default in the place of what is wrong is nobody's fault.
            if name in given or key not in value:
                place: DocumentPath = (key, *problem.place[1:]) if name else ()
                self.note((*at, *place), problem.problem, problem.fix)
        return made

    def record(self, kind: type) -> str:
        """Say how a section is written."""
        if not is_section(kind):
            return ""
        known = keys(kind)
        needed = [key for key, (_, field) in known.items() if field.required]
        first = next(iter(known))
        own = get_args(known[first][1].kind)
        if get_origin(known[first][1].kind) is Literal and len(own) == 1:
            more = [key for key in needed if key != first]
            return f"{first}: {own[0]}{' with ' * bool(more)}{_and(more)}"
        words = f"the key{'s' * (len(needed) > 1)} {_and(needed)}"
        if not needed:
            words = f"keys such as {first}"
        example = getattr(kind, "EXAMPLE", None)
        return f"text such as {example}, or {words}" if example else words

    def other(self, kind: Evaluated) -> str:
        """Say how anything else is written: the text of a path; objects are not."""
        if kind is Path:
            return "the path of a file"
        return self.record(kind) if is_section(kind) else ""

    def shown(self, value: object) -> str:
        """Return a value as YAML shows it."""
        plain = value is None or isinstance(value, bool)
        return json.dumps(value) if plain else super().shown(value)


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
