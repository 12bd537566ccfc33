"""A shell in which the commands of the pages run for real, but for what would leave the machine."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import ROOT

# What `secured-functions verify` is given besides, so that it finds the local servers.
VERIFY_OPTIONS = "SECURED_FUNCTIONS_VERIFY_OPTIONS"

# Each program that is not run, by the beginning of its command line: why, and what it prints (the
# name of a file beside it, or nothing). `make` shows what it would run, in place of running it.
STAND_INS = {
    "az account show": ("needs a sign-in to Azure", "account.json"),
    "az apim show": ("needs Azure", ""),
    "az functionapp deployment source config-zip": ("needs Azure", ""),
    "az functionapp keys delete": ("needs Azure", ""),
    "az identity show": ("needs Azure", ""),
    "az keyvault secret show": ("needs Azure", "key"),
    "az storage blob upload": ("needs Azure", ""),
    "pip install": ("needs the package index; tests/project installs the wheel", ""),
    "terraform init": ("needs providers; tests/testing runs these two", ""),
    "terraform test": ("needs providers; tests/testing runs these two", ""),
    "terraform output -json": ("needs a state", "outputs.json"),
    "terraform plan -out": ("needs a sign-in to Azure", ""),
    "terraform show -json": ("needs the plan of the line before", "plan.json"),
    "actionlint": ("is no package of this project; tests/init runs the three linters", ""),
    "check-jsonschema": ("is no package of this project; tests/init runs the three linters", ""),
    "zizmor": ("is no package of this project; tests/init runs the three linters", ""),
}

# What a reader puts in place of <…>.
PLACEHOLDERS = {
    "app": "func-orders",
    "gateway": "apim-contoso",
    "group": "rg-orders",
    "identity": "id-apim-contoso",
    "name": "default",
    "object id": "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
}


def install(folder: Path) -> None:
    """Write the programs into a folder that comes first on the PATH."""
    folder.mkdir(exist_ok=True)
    for program in sorted({command.split()[0] for command in STAND_INS}):
        cases = "".join(
            f"  {shlex.quote(arguments)}*) {f'cat {folder / printed}' if printed else ':'};;\n"
            for command, (_, printed) in STAND_INS.items()
            for name, _, arguments in [command.partition(" ")]
            if name == program
        )
        refuse = '  *) echo "no stand-in for $0 $*" >&2; exit 9;;\n'
        write(folder / program, f'case "$*" in\n{cases}{refuse}esac\n')
    dry = f"exec {shutil.which('make')} --no-print-directory"
    write(folder / "make", f'test "$1" = --really && shift || set -- --dry-run "$@"\n{dry} "$@"\n')
    main = "import sys; from constructs_lib.cli import main; sys.exit(main())"
    # `serve` is ended once it says how.
    serve = (
        f'{sys.executable} -c "{main}" "$@" --port=0 > served & server=$!\n'
        'until grep -q "Ctrl+C ends it" served; do kill -0 $server || break; sleep 0.1; done\n'
        "kill $server; wait $server; ended=$?; cat served; exit $ended\n"
    )
    write(
        folder / "secured-functions",
        f'if test "$1" = verify; then shift; set -- verify ${VERIFY_OPTIONS} "$@"; fi\n'
        f'if test "$1" = serve; then\n{serve}fi\n'
        f'exec {sys.executable} -c "{main}" "$@"\n',
    )


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)


def fill_in(text: str) -> str:
    """Replace the placeholders; one that is not known is left, and bash fails at it."""
    return re.sub(
        r"<([a-z]+(?: [a-z]+)*)>", lambda found: PLACEHOLDERS.get(found[1], found[0]), text
    )


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    """What a shell in a folder knows: the programs beside it, and those of the project."""
    programs = folder.parent / "bin"
    first = (programs, Path(sys.executable).parent, ROOT / "node_modules/.bin")
    node = Path(shutil.which("node") or "/usr/bin/node").parent
    return {
        "PATH": os.pathsep.join([*map(str, first), os.defpath, str(node)]),
        "PYTHONPATH": str(ROOT),
        "HOME": str(programs),
        **more,
    }


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run lines of shell; the first that fails is the last that runs."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", fill_in(script)],
        cwd=folder,
        env=environment_of(folder, **environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
