"""What users of client applications ask tokens for: a scope, besides the role of applications.

Sources: azuread `azuread_application`, `azuread_application_pre_authorized`; Entra docs "Scopes and
permissions"; Learn, "Configure built-in MCP server authorization" (clients of MCP ask for no
consent, so each is pre-authorized).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from constructs_lib._core.azure_names import ClientId, ObjectId, RoleValue, Why
from constructs_lib._core.problems import Pattern, Problem, ValueObject

# Unique within one application only, so the same everywhere, as the id of the app role.
SCOPE_ID = "ac51982e-60a5-4557-908d-10ca8328e313"
# The role of an assignment that gives no role of the application (Microsoft Graph, appRoleId).
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"

VISUAL_STUDIO_CODE = "aebc6443-996d-45c2-90f0-388ff96faa56"
"""Client id of Visual Studio Code (Learn, "Configure built-in MCP server authorization")."""

_Name = Annotated[
    str, Pattern(r"[\w-]{1,60}", "write up to 60 letters, digits, hyphens and underscores")
]


@dataclass(frozen=True, kw_only=True)
class DelegatedAccess(ValueObject):
    """Who gets a token for a scope: which client applications, signed in to by which users.

    Attributes:
        scope: The scope's value, which tokens carry in `scp`.
        clients: Client ids of the applications that may ask without the users' consent, by a name
            that becomes part of Terraform addresses.
        users: Object ids of the users and groups that may sign in, by such a name. Entra refuses a
            token to everybody else.
        all_users_reason: Why every user of the tenant may sign in, in place of `users`. It accepts
            SF204 of the access check, whose reports show it.
    """

    scope: RoleValue = "access"
    clients: Mapping[_Name, ClientId] = field(default_factory=dict[str, str])
    users: Mapping[_Name, ObjectId] = field(default_factory=dict[str, str])
    all_users_reason: Why | None = None

    def problems(self) -> Iterator[Problem]:
        """Users are named or all are meant, and a client has one name."""
        if self.users and self.all_users_reason:
            yield Problem(
                "all_users_reason",
                "every user may sign in, so those in users are not told apart",
                "name users, or say why all of them may",
            )
        twins = [*map(str.lower, self.clients.values())]
        for number, (name, client_id) in enumerate(self.clients.items()):
            if client_id.lower() in twins[:number]:
                yield Problem(("clients", name), "its client id is there twice", "leave one out")


def delegated_problems(
    *, delegated: DelegatedAccess | None = None, **_: object
) -> Iterator[Problem]:
    """Find what is wrong with the scope of a registration that is made."""
    if delegated and delegated.clients and not (delegated.users or delegated.all_users_reason):
        yield Problem(
            ("delegated", "users"),
            "nobody may sign in to the clients",
            "name users or groups, or say in all_users_reason why every user of the tenant may",
        )
