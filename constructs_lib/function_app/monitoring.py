"""Application Insights of a function app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constructs import Construct

from constructs_lib._cdk.azurerm import azurerm_of
from constructs_lib._cdk.placement import Placement
from constructs_lib._core.azure_names import ResourceId
from constructs_lib._core.problems import Problem, ValueObject
from constructs_lib._core.provider_facts import AZURERM

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights

# Learn, "Microsoft Entra authentication for Application Insights": what telemetry is sent with.
ROLE = "Monitoring Metrics Publisher"
SETTING = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"


@dataclass(frozen=True, kw_only=True)
class Monitoring(ValueObject):
    """Traces to Application Insights, sent with the app's identity. Use the factories.

    The app still holds the component's connection string: it names the ingestion endpoint and the
    component, and is no credential for reading. Whoever knows it can write telemetry until the
    component takes Entra tokens only (`entra_only`).

    Attributes:
        workspace_id: Log Analytics workspace of a component that is made here.
        component_id: Resource id of an existing component.
        connection_string: Connection string of the existing component.
        entra_only: Let a component that is made here refuse telemetry without an Entra token.
            Others that send to it with its connection string alone, such as the logger of an API
            Management service, are refused then too.
    """

    workspace_id: ResourceId | None = None
    component_id: str = ""
    connection_string: str = ""
    entra_only: bool = False

    def problems(self) -> Iterator[Problem]:
        """It is a component to make, or one that exists with its connection string."""
        if bool(self.workspace_id) == bool(self.component_id) or (
            bool(self.component_id) != bool(self.connection_string)
        ):
            yield Problem(
                (),
                "which component takes the traces is not said",
                "give workspace_id, or component_id and connection_string of one that exists",
            )

        if self.entra_only and not self.workspace_id:
            yield Problem(
                "entra_only",
                "the component is not made here",
                "set it where the component is made, or give workspace_id",
            )

    @classmethod
    def new(cls, *, workspace_id: str, entra_only: bool = False) -> Monitoring:
        """A component made with the app."""
        return cls(workspace_id=workspace_id, entra_only=entra_only)

    @classmethod
    def existing(cls, *, component_id: str, connection_string: str) -> Monitoring:
        """A component that exists already."""
        return cls(component_id=component_id, connection_string=connection_string)


def make_component(
    scope: Construct, wanted: Monitoring, name: str, place: Placement, tags: Mapping[str, str]
) -> ApplicationInsights:
    """Make a component on a workspace; without one Azure adds its own, and plans never settle."""
    from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights

    component = ApplicationInsights(
        scope,
        "insights",
        name=name,
        resource_group_name=place.name,
        location=place.location,
        application_type="web",
        workspace_id=wanted.workspace_id,
        tags=tags or None,
    )
    if wanted.entra_only:
        # Written past the bindings, which know the name of one azurerm only.
        for argument, value in AZURERM[azurerm_of(scope).version].entra_telemetry.items():
            component.add_override(argument, value)
    return component
