"""A function app that exists outside Terraform, as it is described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OutsideFunctionApp:
    """A function app that this configuration does not manage.

    Attributes:
        id: Its Azure resource id, `/subscriptions/…/providers/Microsoft.Web/sites/<name>`.
        hostname: Its default host name; `<name>.azurewebsites.net` if left out. Apps made with a
            "secure unique default hostname" have another: see the portal.
        slots: The names of all of its slots; or, where theirs are not
            `<name>-<slot>.azurewebsites.net`, a map from name to host name.
        ftp: Whether it has FTP to close; Flex Consumption has none.
    """

    id: str
    hostname: str | None = None
    slots: Sequence[str] | Mapping[str, str] = ()
    ftp: bool = True
