"""Interactive sign-in of named users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from constructs_lib._core.azure_names import ApplicationObjectId, ObjectId
from constructs_lib._core.problems import Count, ValueObject
from constructs_lib.registration.identity import ExistingIdentity, ManagedIdentity


@dataclass(frozen=True, kw_only=True)
class SignIn(ValueObject):
    """Interactive sign-in of named users without a client secret (a federated credential; preview).

    The registration must hold the redirect URI `https://<host name>/.auth/login/aad/callback` and,
    as it requires an assignment, have a role assigned to the users.

    Attributes:
        application_id: `id` of the `azuread_application`: `/applications/<object id>`.
        identity: User-assigned identity that stands in for the secret; assign it to this app alone.
        users: Object ids of the users who may sign in; nobody else of the tenant can.
    """

    application_id: ApplicationObjectId
    identity: ExistingIdentity | ManagedIdentity
    users: Annotated[Sequence[ObjectId], Count(1, None, "write the object ids of the users")]
