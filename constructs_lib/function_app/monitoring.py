"""Application Insights of a function app."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Traces to Application Insights, sent with the app's identity.

    Attributes:
        workspace_id: Log Analytics workspace for a component made here.
        component_id: Resource id of an existing component; then `connection_string` as well.
        connection_string: Of the existing component. It names the ingestion endpoint; it is no
            credential once the component takes Entra tokens only.
    """

    workspace_id: str | None = None
    component_id: str | None = None
    connection_string: str | None = None

    @classmethod
    def new(cls, *, workspace_id: str) -> Monitoring:
        """A component made with the app."""
        return cls(workspace_id=workspace_id)

    @classmethod
    def existing(cls, *, component_id: str, connection_string: str) -> Monitoring:
        """A component that exists already."""
        return cls(component_id=component_id, connection_string=connection_string)
