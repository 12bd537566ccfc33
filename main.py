"""The app: one stack for each file in `environments/`."""
# ruff: noqa: I001 - constructs_lib makes bindings load fast, so it is imported before them

import sys
from pathlib import Path

from constructs_lib import InputError
from constructs_lib.environment_stack import EnvironmentStack
from constructs_lib.settings import read_environments

from cdktf import App

ENVIRONMENTS = Path(__file__).parent / "environments"


def main() -> int:
    """Build and synthesize every environment; return the exit code, 2 for wrong settings."""
    try:
        environments = read_environments(ENVIRONMENTS)
        app = App()
        for name, environment in environments.items():
            EnvironmentStack(app, name, environment=environment, folder=ENVIRONMENTS)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    app.synth()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
