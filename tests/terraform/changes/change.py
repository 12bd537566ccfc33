"""A change of a setting, and the settings before and after it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Does = Literal["nothing", "in place", "added", "removed", "replaced"]
"""What happens to what is there; the last of these that is true of anything in the plan."""

Settings = Mapping[str, Any]

# A key that no section has.
_INSTEAD = "="


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of one setting, and the change back.

    Attributes:
        setting: The key that changes, as in a file of settings.
        what: What is done to it.
        around: What else there is, on top of a whole small stack: what exists already takes the
            place of what the change does not touch, as a test takes time for each resource. None
            is `AROUND` of the section.
        back: The change back, in words; None if it reads the same in both directions.
        before: What is written before, on top of that.
        after: What is written after, likewise. None takes a key away.
        does: What happens to what is there.
        does_back: The same of the change back; as `does` if left out.
        forced: Types that azurerm replaces, which the stand-in for it does not know.
        forced_back: The same of the change back; as `forced` if left out.
        refused: Whether Azure refuses it, as something goes that is still in use.
        refused_back: The same of the change back.
        races: Whether the same object goes at one address and comes at another, in no order.
        races_back: The same of the change back.
        lost: What people lose, or have to do; nothing if left out.
        lost_back: The same of the change back; as `lost` if left out and `back` is.
    """

    setting: str
    what: str
    does: Does
    around: Settings | None = None
    before: Settings = field(default_factory=dict[str, Any])
    after: Settings = field(default_factory=dict[str, Any])
    back: str | None = None
    does_back: Does | None = None
    forced: tuple[str, ...] = ()
    forced_back: tuple[str, ...] | None = None
    refused: bool = False
    refused_back: bool = False
    races: bool = False
    races_back: bool = False
    lost: str = ""
    lost_back: str | None = None

    def forced_types(self, *, back: bool) -> tuple[str, ...]:
        """Types that azurerm replaces, which the stand-in for it does not know."""
        return self.forced if self.forced_back is None or not back else self.forced_back


def settings(name: str, *layers: Settings) -> dict[str, Any]:
    """The settings of a small environment, changed.

    Args:
        name: Of the environment; it tells the names of its resources from those of others.
        layers: What is written on top, one after the other; `api` and `app` are short for its API
            and function app.
    """
    whole: dict[str, Any] = {
        "location": "westeurope",
        "resource_group": f"rg-{name}",
        "gateway": {
            "name": f"apim-{name}",
            "publisher": {"name": "Contoso", "email": "api@contoso.example"},
        },
        "apis": {
            "orders": {
                "path": "orders",
                "operations": ["GET /orders"],
                "function_app": {"name": f"func-{name}", "runtime": "python 3.12"},
            }
        },
    }
    for layer in layers:
        changed = copy.deepcopy(dict(layer))
        app = changed.pop("app", None)
        if app is not None:
            changed.setdefault("api", {})["function_app"] = app
        api = changed.pop("api", None)
        if api is not None:
            changed.setdefault("apis", {})["orders"] = api
        _merge(whole, changed)
    return whole


def _merge(into: dict[str, Any], changed: Settings) -> None:
    for key, value in changed.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict):
            if _INSTEAD in value or not isinstance(into.get(key), dict):
                into[key] = {}
            _merge(into[key], value)
        elif key != _INSTEAD:
            into[key] = value


def instead(**keys: Any) -> dict[str, Any]:
    """A section that takes the place of the one that is there."""
    return {_INSTEAD: True, **keys}


def app_with(**keys: Any) -> dict[str, Any]:
    """Settings of the function app."""
    return {"app": keys}


def api_with(**keys: Any) -> dict[str, Any]:
    """Settings of the API."""
    return {"api": keys}


def gateway_with(**keys: Any) -> dict[str, Any]:
    """Settings of the gateway."""
    return {"gateway": keys}
