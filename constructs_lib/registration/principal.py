"""A principal of Entra ID that may call the functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib._core.azure_names import ClientId, ObjectId, Text
from constructs_lib._core.problems import Problem, ValueObject


@dataclass(frozen=True, kw_only=True)
class Principal(ValueObject):
    """An application or managed identity, by both of the ids that its tokens carry.

    Attributes:
        client_id: Application (client) id: claim `azp` of a version-2 token, `appid` of version 1.
        object_id: Object id of the service principal: the `oid` claim, `principal_id` in azurerm.
        name: What a reader calls it; part of construct ids, so stable.
        formerly: The name that it had before, so that its role assignment is kept.
    """

    client_id: ClientId
    object_id: ObjectId
    name: Text
    formerly: Text | None = None

    def problems(self) -> Iterator[Problem]:
        """One id given twice is a mistake."""
        if self.client_id == self.object_id:
            yield Problem(
                "object_id",
                f"{self.name} has one id as client id and as object id",
                "give both ids of the principal; they differ",
            )
