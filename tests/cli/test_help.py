"""Each command says what it is for, how it is called, and what its exit codes mean."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest

from constructs_lib import cli


def parsers(
    parser: argparse.ArgumentParser, short: str = ""
) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """The parser and all below it, each with what the list of commands says of it."""
    yield parser, short
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {each.dest: each.help for each in action._choices_actions}
            for name, command in action.choices.items():
                yield from parsers(command, said[name])


LINE = cli.command_line()
EVERY = [pytest.param(*each, id=each[0].prog) for each in parsers(LINE)]


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "82")  # argparse leaves two of them free
    monkeypatch.setenv("NO_COLOR", "1")


def test_every_command_is_looked_at() -> None:
    seen = {parser.prog.removeprefix("secured-functions").strip() for parser, _ in parsers(LINE)}
    assert seen == {"", *cli.COMMANDS, "policy check", "policy format"}


@pytest.mark.parametrize(("parser", "short"), EVERY)
def test_help_is_written_for_the_reader(parser: argparse.ArgumentParser, short: str) -> None:
    shown = parser.format_help()
    purpose = (parser.description or "").partition("\n")[0]
    assert re.fullmatch(r"[A-Z][^.]{15,90}\.", purpose)
    if parser is not LINE:
        assert short == purpose[0].lower() + purpose[1:-1]
    assert re.search(r"\nexit codes:\n  0  \w.+\n(  1  \w.+\n)?  2  \w", shown)
    for line in shown.splitlines():
        assert len(line) <= 80, line
    # Raw docstrings, reST and Markdown.
    assert not re.search(
        r"`|\*\*|::|(?<!\w):[a-z]+:|^#|\b(Args|Raises|Returns|Attributes):", shown, re.M
    )
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        assert action.help, f"{parser.prog}: {action.dest} is not described"
        if not action.option_strings:
            assert re.fullmatch(r"[A-Z_]+", str(action.metavar)), f"{parser.prog}: {action.dest}"


@pytest.mark.parametrize(("parser", "short"), EVERY)
def test_examples_are_command_lines_that_can_be_called(
    parser: argparse.ArgumentParser, short: str
) -> None:
    examples = re.search(r"\nexamples:\n((?:  .+\n)+)", parser.format_help())
    assert examples, "there is no example"
    called = re.findall(r"secured-functions(.*?)(?: \| .*| > .*|$)", examples[1], re.M)
    assert len(called) == len(examples[1].splitlines())
    for line in called:
        words = shlex.split(line, comments=True)
        if words[-1] != "--help":
            LINE.parse_args(words)
        assert f"secured-functions {shlex.join(words)} ".startswith(f"{parser.prog} "), line


def test_a_wrong_word_is_answered_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["chekc"], ["init", "--nmae"], ["check", "--format", "xml"], ["policy"], []):
        with pytest.raises(SystemExit, match="2"):
            cli.main(words)
        said = capsys.readouterr().err
        assert len(said.splitlines()) <= 5, said
