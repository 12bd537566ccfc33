"""A function app that a stack has already, made secure in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from constructs import Construct

from constructs_lib.easy_auth import AppResource, EasyAuth, SlotResource


class ProtectedFunctionApp(Construct):
    """Easy Auth and hardening on a function app resource of the user's own stack.

    Args:
        scope: Where the construct lives.
        id: Its id in that scope.
        app: The L1 function app; it keeps its Terraform address.
        easy_auth: Who may call it.
        slots: Every slot of the app by name; all get the same Easy Auth.

    Attributes:
        resource: The L1 that was given.
        slots: The L1 slots that were given.
        id: Resource id of the app.
        hostname: Host name of the production site.
        hostnames: `hostname` and those of the slots.
        easy_auth: What protects them.

    Raises:
        InputError: If the app asks for something weaker than the floor explicitly.
    """

    resource: AppResource
    slots: Mapping[str, SlotResource]
    id: str
    hostname: str
    hostnames: Sequence[str]
    easy_auth: EasyAuth

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        app: AppResource,
        easy_auth: EasyAuth,
        slots: Mapping[str, SlotResource] | None = None,
    ) -> None:
        super().__init__(scope, id)
