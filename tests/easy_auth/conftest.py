"""A stack to build in and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cdktf import App, TerraformStack, Testing

import constructs_lib  # noqa: F401 - before any binding is imported


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Build a stack with a function and return its Terraform JSON."""

    def run(make: Callable[[TerraformStack], object]) -> dict[str, Any]:
        stack = TerraformStack(App(outdir=str(tmp_path_factory.mktemp("out"))), "test")
        make(stack)
        return json.loads(Testing.synth(stack))

    return run


@pytest.fixture
def stack(tmp_path) -> TerraformStack:
    """An empty stack, for constructs that are expected to refuse."""
    return TerraformStack(App(outdir=str(tmp_path)), "test")
