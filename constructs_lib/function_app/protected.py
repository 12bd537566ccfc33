"""A function app that Easy Auth protects, however it came to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cdktf import TerraformResource
from constructs import Construct

from constructs_lib.function_app.easy_auth import EasyAuth


class ProtectedApp(Construct):
    """What the rest of the chain needs to know of a function app.

    Attributes:
        id: Resource id of the app.
        hostname: Host name of the production site.
        hostnames: `hostname` and those of the slots.
        easy_auth: What protects it.
    """

    id: str
    hostname: str
    hostnames: Sequence[str]
    easy_auth: EasyAuth
    outside: ClassVar[bool] = False

    def sites(self) -> list[TerraformResource]:
        """The resources that hold the Easy Auth of an app that exists already and of its slots."""
        return []
