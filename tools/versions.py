"""Makes the tables of `docs/versions.md` from what the library knows, for `make generate`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from constructs_lib._core.provider_facts import (
    AZAPI_RANGE,
    AZUREAD_RANGE,
    AZURERM,
    BINDINGS,
    FEW_INSTANCES,
    RUNTIMES,
    SUPPORT,
    azurerm_range,
)

PAGE = "docs/versions.md"
ROOT = Path(__file__).resolve().parent.parent


def pages() -> dict[str, Callable[[], str]]:
    """The page, and what makes it."""
    return {PAGE: _page}


def _page() -> str:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for name, made in (("providers", _providers()), ("runtimes", _runtimes())):
        begin, end = f"<!-- {name}, made by `make generate` -->\n", f"<!-- end of {name} -->"
        marked = re.compile(f"(?<={re.escape(begin)}).*?(?={re.escape(end)})", re.DOTALL)
        text = marked.sub(f"\n{made}\n", text)
    return text


def _table(head: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _providers() -> str:
    rows: list[tuple[str, ...]] = []
    for version, azurerm in AZURERM.items():
        bindings = [
            f"{package} {major}"
            for package, known in BINDINGS.items()
            for major, made_from in known.items()
            if made_from == version
        ]
        [(argument, value)] = azurerm.entra_telemetry.items()
        rows.append(
            (
                f"`{version}`",
                f"`{azurerm_range(version)}`",
                azurerm.tried,
                ", ".join(bindings),
                f"`{azurerm.registrations}`" if azurerm.registrations else "left to the provider",
                f"`{argument} = {str(value).lower()}`",
            )
        )
    head = (
        *("`azurerm`", "range", "tried with", "the default with the bindings"),
        *("`resource_provider_registrations`", "`entra_only`"),
    )
    return _table(head, *rows) + f"\nazuread is `{AZUREAD_RANGE}` and azapi `{AZAPI_RANGE}`.\n"


def _runtimes() -> str:
    rows = [
        (
            " ".join(filter(None, (each.stack, each.version))),
            ", ".join(each.targets),
            each.ends.isoformat() if each.ends else "no date",
            f"azurerm {each.since}" if each.since else "",
        )
        for each in RUNTIMES
    ]
    few, since = FEW_INSTANCES
    return (
        _table(
            ("runtime", "runs on", f"[supported until]({SUPPORT})", "needs, except on Flex"), *rows
        )
        + f"\nFewer than {few} instances of Flex Consumption need azurerm {since}.\n"
    )
