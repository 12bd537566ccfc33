"""The app: one stack for each file in `environments/`."""
# ruff: noqa: I001 - constructs_lib makes bindings load fast, so it is imported before them

import sys
from pathlib import Path

from constructs_lib import (
    EnvironmentStack,
    InputError,
    analyse,
    read_environments,
    read_terraform,
    validate_access,
    write_reports,
)

from cdktf import App

ENVIRONMENTS = Path(__file__).parent / "environments"


def main() -> int:
    """Build and synthesize every environment.

    Returns:
        The exit code: 1 if somebody besides the gateway could call, 2 for wrong settings.
    """
    try:
        environments = read_environments(ENVIRONMENTS)
        app = App()
        for name, environment in environments.items():
            EnvironmentStack(app, name, environment=environment)
        validate_access(app)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        app.synth()
    except RuntimeError as error:  # what a failed validation comes back as
        print(error, file=sys.stderr)
        return 1
    write_reports(analyse(read_terraform(app.outdir)), app.outdir)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
