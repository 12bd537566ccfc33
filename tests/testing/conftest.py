from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def terraform() -> None:
    """Skip where Terraform cannot get its providers; with mocks it needs only their schemas."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the PATH")
    if "TF_CLI_CONFIG_FILE" not in os.environ and os.environ.get("TERRAFORM_TESTS") != "registry":
        pytest.skip("no providers: set TF_CLI_CONFIG_FILE, or TERRAFORM_TESTS=registry")
