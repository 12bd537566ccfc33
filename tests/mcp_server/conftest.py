from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mcp_server.local import Local, example, local


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """The example, simulated."""
    folder = tmp_path_factory.mktemp("mcp")
    with local(example(folder), folder) as here:
        yield here


@pytest.fixture
def here(running: Local) -> Local:
    """The example, simulated, as it was synthesized."""
    running.behind.received.clear()
    running.behind.old = False
    return running
