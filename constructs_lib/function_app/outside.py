"""A function app that exists outside Terraform, as it is described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from constructs_lib._core.azure_names import Hostname, SiteId, SlotName
from constructs_lib._core.problems import Problem, ValueObject
from constructs_lib.function_app.slot import twin_problems


@dataclass(frozen=True, kw_only=True)
class OutsideFunctionApp(ValueObject):
    """A function app that this configuration does not manage.

    Attributes:
        id: Its Azure resource id, `/subscriptions/…/providers/Microsoft.Web/sites/<name>`.
        hostname: Its default host name; `<name>.azurewebsites.net` if left out. Apps made with a
            "secure unique default hostname" have another: see the portal.
        slots: The names of all of its slots; or, where theirs are not
            `<name>-<slot>.azurewebsites.net`, a map from name to host name.
        ftp: Whether it has FTP to close; Flex Consumption has none.
    """

    id: SiteId
    hostname: Hostname | None = None
    slots: Sequence[SlotName] | Mapping[SlotName, Hostname] = ()
    ftp: bool = True

    def problems(self) -> Iterator[Problem]:
        """No slot is there twice."""
        yield from twin_problems(list(self.slots))
