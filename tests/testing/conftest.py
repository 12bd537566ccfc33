from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "terraform"))
from terraform_harness import reason_to_skip
from terraform_providers import shared, stand_ins


@pytest.fixture(scope="module")
def terraform() -> Iterator[None]:
    """Skip where Terraform cannot get its providers; with mocks it needs only their schemas."""
    if reason := reason_to_skip(apply=False):
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        if stand_ins():
            patch.setenv("TF_REATTACH_PROVIDERS", shared())
        yield
