"""How each command explains itself: one form of help for all of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage] - argparse has no public name for it
Group: TypeAlias = "argparse._ArgumentGroup"  # pyright: ignore[reportPrivateUsage] - nor for this

_MANY = 3
"""Options; a line of usage with more says nothing that the list below it does not say better."""

UNUSABLE = "the input cannot be used, or the output cannot be written"


@dataclass(frozen=True, kw_only=True)
class Help:
    """What a command is for, how it is called, and what its exit codes mean.

    Attributes:
        purpose: One sentence, which the list of commands shows too.
        more: What else is good to know, in paragraphs.
        examples: Command lines.
        then: Command lines that usually follow.
        done: What exit code 0 means.
        found: What exit code 1 means, if there is one.
    """

    purpose: str
    more: str = ""
    examples: Sequence[str]
    then: Sequence[str] = ()
    done: str = "done"
    found: str = ""

    def command(self, commands: Commands, name: str) -> argparse.ArgumentParser:
        """Add the command to others."""
        short = self.purpose[0].lower() + self.purpose[1:].rstrip(".")
        return self.of(commands.add_parser(name, help=short))

    def of(self, parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
        """Let the parser say all of it."""
        codes = [(0, self.done), *([(1, self.found)] if self.found else []), (2, UNUSABLE)]
        parts = {
            "examples": self.examples,
            "next": self.then,
            "exit codes": [f"{code}  {meaning}" for code, meaning in codes],
        }
        parser.formatter_class = _Paragraphs
        parser.description = "\n\n".join(filter(None, (self.purpose, self.more)))
        parser.epilog = "\n\n".join(
            "\n  ".join((f"{title}:", *lines)) for title, lines in parts.items() if lines
        )
        return parser


class _Paragraphs(argparse.HelpFormatter):
    """Wraps the paragraphs of a text, leaves lists of lines as they are, and keeps usage short."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        actions = list(actions)
        needed = [each for each in actions if each.required or not each.option_strings]
        if len(actions) - len(needed) > _MANY:
            actions = [argparse.Action([], "", nargs="*", metavar="OPTION"), *needed]
        super().add_usage(usage, actions, groups, prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        parts = text.split("\n\n")
        return "\n\n".join(p if "\n  " in p else fill(p, width, indent) for p in parts)
