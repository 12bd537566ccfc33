"""The app: one stack for each file in `environments/`."""

import sys
from pathlib import Path

import constructs_lib  # switches on the fast loading of provider bindings, so it comes first
from cdktf import App

from constructs_lib.environment_stack import EnvironmentStack
from constructs_lib.settings import read_environments

ENVIRONMENTS = Path(__file__).parent / "environments"


def main() -> int:
    """Build and synthesize every environment; return the exit code, 2 for wrong settings."""
    try:
        environments = read_environments(ENVIRONMENTS)
        app = App()
        for name, environment in environments.items():
            EnvironmentStack(app, name, environment=environment, folder=ENVIRONMENTS)
    except constructs_lib.InputError as error:
        print(error, file=sys.stderr)
        return 2
    app.synth()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
