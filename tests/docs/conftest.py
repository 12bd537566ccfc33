from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import project as docs_project


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[docs_project.Azure]:
    world = docs_project.Azure(tmp_path_factory.mktemp("azure"))
    yield world
    world.close()


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's app with its environments, synthesized once."""
    folder = tmp_path_factory.mktemp("synthesized")
    docs_project.synthesize(folder)
    return folder


@pytest.fixture
def project(synthesized: Path, tmp_path: Path) -> Path:
    docs_project.furnish(synthesized, tmp_path / "project")
    return tmp_path / "project"
