"""What the tests of the examples share: the example beside a test, run on this machine."""

from __future__ import annotations

from constructs_lib.testing import SimulatedChain, simulate
from constructs_lib.testing.fixtures import Simulate

import pytest
from tests.examples import synthesized


@pytest.fixture(scope="module")
def terraform_json(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder with what the example's main.py synthesizes, or with the HCL that it is."""
    main = request.path.with_name("main.py")
    if not main.exists():
        return str(main.parent)
    folder = tmp_path_factory.mktemp("cdktf.out")
    synthesized(main, folder)
    return str(folder)


@pytest.fixture(scope="module")
def chain(terraform_json: str) -> SimulatedChain:
    """The example's gateway, Entra, Easy Auth and function."""
    return simulate(terraform_json)


@pytest.fixture
def simulated() -> Simulate:
    """Runs stacks with a clock that stands still: what the plugin's fixture of this name gives."""
    return Simulate()
