"""The walk-through: its commands run one after the other in one folder, as a reader would.

`python -m tests.docs.walk_through` runs them and writes what they print, and the pictures. What
would leave the machine is not run: the set-up, whose packages are those of this project; the apply;
and `az`. The request goes to the local Azure of `tests/verify`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs import project as docs_project
from tests.docs import shell as docs_shell
from tests.docs import terminal_pictures
from tests.docs.blocks import ROOT, Block, blocks_of
from tests.verify import local_azure

PAGE = ROOT / "docs/guides/walk-through.md"
# The commands that have a picture in place of text, by its name: which one, counted from 0.
PICTURES = {
    "init": ("secured-functions init orders --yes", 0),
    "found": (".venv/bin/python main.py", 1),
}
NOT_RUN = ("make deploy", "python3 -m venv", "pip install")
WIDTH = 100

_AZ = """\
case "$*" in
  "account show"*) cat "$HOME/account.json";;
  "resource list"*) echo /subscriptions/…/sites/orders;;
  rest*listSecrets*) cat "$HOME/key";;
  "functionapp deployment source config-zip"*) test -s reports/functions.zip;;
  *) exit 9;;
esac
"""
_TERRAFORM = """\
case "$*" in
  version* | -v* | --version*) ;;
  *"output -json") cat "$HOME/outputs.json";;
  *) exit 9;;
esac
"""


@dataclass(frozen=True)
class Step:
    """A command of the page.

    Attributes:
        block: Where it stands.
        command: What the reader types.
        below: What the page shows below it.
        said: What it printed.
        picture: Name of the picture that shows it in place of text.
    """

    block: Block
    command: str
    below: str
    said: str
    picture: str | None


class WalkThrough:
    """A reader's terminal, beginning in an empty folder.

    Args:
        folder: Where to make that folder and the programs beside it.
        azure: The local Azure.
    """

    def __init__(self, folder: Path, azure: docs_project.Azure) -> None:
        self.folder = folder / "project"
        self.folder.mkdir(parents=True)
        self._place = self.folder
        self._azure = azure
        programs = folder / "bin"
        docs_shell.install(programs)
        docs_shell.write(programs / "az", _AZ)
        docs_shell.write(programs / "terraform", _TERRAFORM)
        (programs / "make").unlink()
        (programs / "make").symlink_to(shutil.which("make") or "/usr/bin/make")
        (programs / ".gitconfig").write_text("[user]\n  name = Contoso\n  email = a@b.example\n")
        (programs / "account.json").write_text(json.dumps(docs_project.SUBSCRIPTION))
        (programs / "key").write_text(local_azure.KEY)
        outputs = {name: {"value": value} for name, value in local_azure.OUTPUTS.items()}
        (programs / "outputs.json").write_text(json.dumps(outputs))
        to = [f'connect-to = "{each.partition("=")[2]}"\n' for each in azure.connections()]
        (programs / ".curlrc").write_text(f'cacert = "{azure.cafile}"\n' + "".join(to))

    def go(self) -> Iterator[Step]:
        """Make the changes and run the commands of the page, one after the other."""
        count: Counter[str] = Counter()
        pictures = {command: name for name, command in PICTURES.items()}
        for block in blocks_of(PAGE):
            if block.language == "diff":
                self._change(block)
                continue
            for command, below in shown(block):
                said = below if command.startswith(NOT_RUN) else self._run(command)
                yield Step(block, command, below, said, pictures.get((command, count[command])))
                count[command] += 1

    def _run(self, command: str) -> str:
        if command.startswith("cd "):
            self._place = self._place / command[3:]
            return ""
        said = terminal_pictures.typed(
            f"{command} || echo [exit code $?]",
            self._place,
            WIDTH,
            docs_shell.environment_of(
                self.folder,
                COLUMNS=str(WIDTH),
                TERM="xterm-256color",
                NODE_NO_WARNINGS="1",  # as in the Makefile
            ),
            errors=True,
        )
        if command.startswith("secured-functions init"):
            self._set_up(self.folder / "orders")
        said = re.sub(r"\b(apim|func)-orders-dev-[0-9a-f]{4}\b", r"\1-orders-dev-5c0e", said)
        return said.replace(f"{self._place}/", "")

    def _set_up(self, project: Path) -> None:
        programs = project / ".venv/bin"
        programs.mkdir(parents=True)
        docs_shell.write(programs / "python", f'exec {sys.executable} "$@"\n')
        (programs / "secured-functions").symlink_to(self.folder.parent / "bin/secured-functions")
        (project / ".venv/.ready").touch()

    def _change(self, block: Block) -> None:
        head, _, hunk = block.text.partition("@@\n")
        path = self._place / head.splitlines()[-1].removeprefix("+++ ")
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        after = "".join(line[1:] for line in lines if line[0] != "-")
        text = path.read_text()
        assert text.count(before) == 1, f"{block.place}: does not fit {path.name}"
        path.write_text(text.replace(before, after))


def plain(said: str) -> str:
    """What is printed, as text without colours and without blanks at the ends."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)
    return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())


def shown(block: Block) -> list[tuple[str, str]]:
    """The commands of a block, each with the text below it."""
    parts = re.split(r"^\$ (.+)\n", block.text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def picture(step: Step) -> str:
    """The picture of a command."""
    drawn = terminal_pictures.Picture(step.command, WIDTH)
    return terminal_pictures.draw(f"walk-{step.picture}", drawn, step.said)


def main() -> None:
    page = PAGE.read_text(encoding="utf-8").splitlines(keepends=True)
    texts: dict[Block, str] = {}
    with tempfile.TemporaryDirectory() as name:
        azure = docs_project.Azure(Path(name))
        for step in WalkThrough(Path(name) / "walk", azure).go():
            said = "" if step.picture else plain(step.said)
            texts[step.block] = f"{texts.get(step.block, '')}$ {step.command}\n{said}"
            if step.picture:
                path = terminal_pictures.PICTURES / f"walk-{step.picture}.svg"
                path.write_text(picture(step), encoding="utf-8")
        azure.close()
    for block, text in reversed(texts.items()):
        first = block.line - 1
        page[first : first + block.text.count("\n")] = [text]
    PAGE.write_text("".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
