"""Interactive sign-in of named users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constructs_lib.function_app.identity import ManagedIdentity

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Interactive sign-in of named users without a client secret (a federated credential; preview).

    The registration must hold the redirect URI `https://<host name>/.auth/login/aad/callback` and,
    as it requires an assignment, have a role assigned to the users.

    Attributes:
        application_id: `id` of the `azuread_application`: `/applications/<object id>`.
        identity: User-assigned identity that stands in for the secret; assign it to this app alone.
        users: Object ids of the users who may sign in; nobody else of the tenant can.
    """

    application_id: str
    identity: ManagedIdentity
    users: Sequence[str]
