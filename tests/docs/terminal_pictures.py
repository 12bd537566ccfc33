"""Pictures of the terminal: what the commands print, as SVG that needs nothing from elsewhere.

`python tests/docs/terminal_pictures.py [NAME...]` runs the commands and writes the pictures.
"""

from __future__ import annotations

import fcntl
import html
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.docs import project as docs_project
from tests.docs import shell as docs_shell
from tests.docs.blocks import ROOT
from tests.verify import local_azure

PICTURES = ROOT / "docs/pictures"
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


@dataclass(frozen=True)
class Picture:
    """A picture of a terminal.

    Attributes:
        command: What somebody types.
        width: Columns of the terminal.
        prepare: What happens to the project before.
        runs: What is run, if what is typed would first install packages.
        ends_with: A quick command that prints the end of it, for the tests.
    """

    command: str
    width: int = 100
    prepare: Callable[[Path, docs_project.Azure], object] = lambda project, azure: None
    runs: str = ""
    ends_with: str = ""


def forget_easy_auth(project: Path, azure: docs_project.Azure) -> None:
    """Somebody lets requests without a token through, on the slot only."""
    path = project / "cdktf.out/stacks/prod/cdk.tf.json"
    document = json.loads(path.read_text())
    for slot in document["resource"]["azurerm_linux_function_app_slot"].values():
        slot["auth_settings_v2"]["require_authentication"] = False
    path.write_text(json.dumps(document))


def misspell(project: Path, azure: docs_project.Azure) -> None:
    path = project / "policies/orders.xml"
    text = path.read_text()
    path.write_text(text.replace("</inbound>", '<rate-limits calls="100" /></inbound>'))


def let_cdktf_ask(project: Path, azure: docs_project.Azure) -> None:
    """Let cdktf ask terraform for its version."""
    stand_in = project.parent / "bin/terraform"
    stand_in.unlink()
    stand_in.symlink_to(shutil.which("terraform") or "/bin/true")


def open_slot(project: Path, azure: docs_project.Azure) -> None:
    azure.faults.add("slot: Easy Auth is off")


VERIFY = "secured-functions verify outputs.json --echo /echo"
TERMINALS = {
    "synth": Picture(
        "make synth",
        72,
        let_cdktf_ask,
        runs="make --really SET_UP=@: synth",
        ends_with="secured-functions summary",
    ),
    "check": Picture("secured-functions check cdktf.out", 118, forget_easy_auth),
    "access": Picture("secured-functions access cdktf.out/stacks/dev/cdk.tf.json", 118),
    "policy-check": Picture("secured-functions policy check policies/orders.xml", 72, misspell),
    "verify": Picture(VERIFY, 124),
    "verify-failed": Picture(VERIFY, 124, open_slot),
}


def printed(picture: Picture, project: Path, azure: docs_project.Azure) -> str:
    """What the command writes to a terminal of the picture's width, colours included."""
    picture.prepare(project, azure)
    (project / "outputs.json").write_text(json.dumps(local_azure.OUTPUTS))
    where = [f"--cacert={azure.cafile}", *azure.connections()]
    environment = docs_shell.environment_of(
        project,
        COLUMNS=str(picture.width),
        TERM="xterm-256color",
        SECURED_FUNCTIONS_KEY=local_azure.KEY,
        **{docs_shell.VERIFY_OPTIONS: " ".join(where)},
    )
    said = typed(picture.runs or picture.command, project, picture.width, environment)
    azure.reset()
    return said


def typed(
    command: str, folder: Path, width: int, environment: dict[str, str], *, errors: bool = False
) -> str:
    """What a command writes to a terminal; with `errors` what it writes as errors too."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 200, width, 0, 0))
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=there,
        stderr=there if errors else subprocess.DEVNULL,
    )
    os.close(there)
    said = b""
    try:
        while piece := os.read(here, 65536):
            said += piece
    except OSError:  # how Linux tells the end of a terminal
        pass
    os.close(here)
    process.wait()
    return said.decode().replace("\r\n", "\n")


def draw(name: str, picture: Picture, output: str) -> str:
    """The picture: the same for the same output, and no font from elsewhere."""
    console = Console(
        record=True,
        width=picture.width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    console.print(Text.assemble(("$ ", "bold green"), picture.command))
    console.print(Text.from_ansi(output.rstrip("\n")))
    drawn = console.export_svg(title="", unique_id=f"terminal-{name}")
    drawn = re.sub(r"<!--.*?-->\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'(viewBox="0 0 (\S+) \S+")', at_the_size_of_text, drawn, count=1)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"font-family: [^;]+;", f"font-family: {FONT};", drawn)
    return "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n"


def at_the_size_of_text(view: re.Match[str]) -> str:
    """Give the picture a width, or it is as wide as the page and its letters as large as that."""
    return f'{view[1]} width="{0.7 * float(view[2]):.0f}"'


def text_of(drawn: str) -> list[str]:
    """The lines that a picture shows."""
    rows: dict[float, dict[float, str]] = {}
    pattern = r'<text class="[^"]*-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>'
    for x, y, text in re.findall(pattern, drawn):
        rows.setdefault(float(y), {})[float(x)] = html.unescape(text).replace("\xa0", " ")
    return [
        "".join(part for _, part in sorted(row.items())).rstrip() for _, row in sorted(rows.items())
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        azure = docs_project.Azure(folder)
        (folder / "synthesized").mkdir()
        docs_project.synthesize(folder / "synthesized")
        for name, picture in TERMINALS.items():
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            project = folder / name / "project"
            project.parent.mkdir()
            docs_project.furnish(folder / "synthesized", project)
            drawn = draw(name, picture, printed(picture, project, azure))
            (PICTURES / f"terminal-{name}.svg").write_text(drawn)
            print(*text_of(drawn), sep="\n")
        azure.close()


if __name__ == "__main__":
    main()
