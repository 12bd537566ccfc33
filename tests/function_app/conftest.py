"""What the tests of function apps share: a stack to build in, its JSON, and the smallest app."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cdktf import App, TerraformStack, Testing
from cdktf_cdktf_provider_azurerm.provider import AzurermProvider

from constructs_lib import (
    EasyAuth,
    FunctionApp,
    FunctionAppProps,
    Placement,
    Principal,
    Runtime,
)

CLIENT = "c2a0f1d8-3d1a-4d52-8d0e-1f9f4a7b6c33"
TENANT = "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6"


class Resources(dict[str, Any]):
    """The resources of a stack's Terraform JSON, by type and id."""

    def at(self, type_: str, path: str) -> dict[str, Any]:
        """Return the one resource that was made at a construct path, with its `_id`."""
        pattern = re.compile(re.escape(path.replace("/", "_")) + "_[0-9A-F]{8}")
        [(id, resource)] = [each for each in self[type_].items() if pattern.fullmatch(each[0])]
        return {"_id": id, **resource}


@pytest.fixture(scope="module")
def resources_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Resources]:
    """Build a stack with a function and return its resources."""

    def run(make: Callable[[TerraformStack], object]) -> Resources:
        stack = TerraformStack(App(outdir=str(tmp_path_factory.mktemp("out"))), "test")
        make(stack)
        return Resources(json.loads(Testing.synth(stack))["resource"])

    return run


@pytest.fixture(scope="session")
def validate() -> Callable[[TerraformStack], object]:
    """Run the validations of a stack, as a synth does."""

    def run(stack):
        if stack.node.try_find_child("azurerm") is None:
            AzurermProvider(stack, "azurerm", features=[{}])
        return Testing.synth(stack, True)

    return run


@pytest.fixture(scope="session")
def easy_auth() -> Callable[..., EasyAuth]:
    """Make Easy Auth for the gateway alone."""

    def make(scope, id="auth", **options):
        caller = Principal(
            name="gateway",
            client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
            object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
        )
        given = {
            "client_id": CLIENT,
            "issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
            "callers": [caller],
            **options,
        }
        return EasyAuth(scope, id, **given)

    return make


@pytest.fixture(scope="session")
def function_app(easy_auth) -> Callable[..., FunctionApp]:
    """Make a function app; on Python and Flex Consumption unless said otherwise."""

    def make(scope, id="orders", *, name=None, auth=None, **props):
        props.setdefault("runtime", Runtime.python("3.12"))
        return FunctionApp(
            scope,
            id,
            name=name or f"func-{id}",
            resource_group=Placement("rg", "westeurope"),
            easy_auth=auth or easy_auth(scope, f"auth-{id}"),
            props=FunctionAppProps(**props),
        )

    return make
