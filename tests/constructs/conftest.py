"""What the tests of the constructs share: a stack to build in and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cdktf import App, TerraformStack, Testing

TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"
CLIENT = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Build a stack with a function and return its Terraform JSON."""

    def run(make: Callable[[TerraformStack], object]) -> dict[str, Any]:
        app = App(outdir=str(tmp_path_factory.mktemp("out")))
        stack = TerraformStack(app, "test")
        make(stack)
        return json.loads(Testing.synth(stack))

    return run


@pytest.fixture
def stack(tmp_path) -> TerraformStack:
    """An empty stack, for constructs that are expected to refuse."""
    return TerraformStack(App(outdir=str(tmp_path)), "test")
