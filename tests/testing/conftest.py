from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.terraform.harness import reason_to_skip
from tests.terraform.providers import used_by_all


@pytest.fixture(scope="module")
def terraform() -> Iterator[None]:
    """Skip where Terraform cannot get its providers; with mocks it needs only their schemas."""
    if reason := reason_to_skip(apply=False):
        pytest.skip(reason)
    with used_by_all():
        yield
