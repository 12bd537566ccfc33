from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "terraform"))
from terraform_providers import shared, stand_ins


@pytest.fixture(scope="module")
def terraform() -> Iterator[None]:
    """Skip where Terraform cannot get its providers; with mocks it needs only their schemas."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the PATH")
    if "TF_CLI_CONFIG_FILE" not in os.environ and os.environ.get("TERRAFORM_TESTS") != "registry":
        pytest.skip("no providers: set TF_CLI_CONFIG_FILE, or TERRAFORM_TESTS=registry")
    with pytest.MonkeyPatch.context() as patch:
        if stand_ins():
            patch.setenv("TF_REATTACH_PROVIDERS", shared())
        yield
