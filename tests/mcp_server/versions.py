"""Lets clients of other versions of the `mcp` package in: `python -m tests.mcp_server.versions`.

Each gets an environment of its own, which takes a minute to install, so it is no part of
`make test`. The version that is locked is tried by `test_local`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.mcp_server.local import example, local

VERSIONS = ("mcp<2", "mcp")


def main() -> int:
    """Try each version; the exit code is how many did not get through."""
    failed = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        local(example(Path(folder)), Path(folder)) as here,
    ):
        for version in sys.argv[1:] or VERSIONS:
            environment = Path(folder) / version.replace("<", "-before-")
            venv.create(environment, with_pip=True)
            python = str(environment / "bin/python")
            install = [python, "-m", "pip", "install", "--quiet", version]
            subprocess.run(install, check=True)
            client = str(Path(__file__).with_name("client.py"))
            given = [here.url, str(here.secure), str(here.ca), here.token()]
            asked = subprocess.run(
                [python, client, *given], capture_output=True, text=True, check=False
            )
            print(version, asked.stdout.strip() or asked.stderr[-500:])
            failed += "['add', 'count'] 5" not in asked.stdout
    return failed


if __name__ == "__main__":
    sys.exit(main())
