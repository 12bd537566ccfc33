"""What depends on a provider's version: ranges, arguments, runtimes. Only here are such facts.

Read in the providers' source from the tags v4.55.0 to v4.81.0 and v5.0.0 to v5.2.0 of
hashicorp/terraform-provider-azurerm (`helpers/function_app_schema.go`,
`function_app_flex_consumption_resource.go`, `application_insights_resource.go`, the guide of the
upgrade to 5.0), and in v3.7.0 of hashicorp/terraform-provider-azuread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from constructs_lib._core.errors import InputError

AzurermVersion = Literal["4", "5"]
"""A major version of the azurerm provider."""

Stack = Literal[
    "python", "node", "dotnet", "dotnet-isolated", "java", "powershell", "custom", "docker"
]
RuntimeTarget = Literal["Linux", "Windows", "Flex Consumption"]


@dataclass(frozen=True, kw_only=True)
class Azurerm:
    """What is particular to a major version of azurerm.

    Attributes:
        oldest: The first version whose schema and defaults fit the constructs.
        tried: The version that tests plan and apply with.
        registrations: The set of resource providers to register; None for the provider's default.
        registered: Resource providers to register besides.
        entra_telemetry: Arguments of Application Insights that refuse telemetry without a token.
    """

    oldest: str
    tried: str
    registrations: str | None = None
    registered: tuple[str, ...] = ()
    entra_telemetry: Mapping[str, bool]


AZURERM: Mapping[AzurermVersion, Azurerm] = {
    "4": Azurerm(
        oldest="4.55",
        tried="4.55.0",
        entra_telemetry={"local_authentication_disabled": True},
    ),
    # A storage container of 4 keeps its id in state from 5.1 on.
    "5": Azurerm(
        oldest="5.1",
        tried="5.2.0",
        # 5 registers none by itself, and in a subscription that has not used one the apply fails.
        registrations="core",
        registered=(
            "Microsoft.ApiManagement",
            "Microsoft.KeyVault",
            "Microsoft.OperationalInsights",
            "Microsoft.Web",
            "microsoft.insights",
        ),
        entra_telemetry={"local_authentication_enabled": False},
    ),
}
AZUREAD_TRIED, AZUREAD_RANGE = "3.7.0", "~> 3.7"
AZAPI_TRIED, AZAPI_RANGE = "2.9.0", "~> 2.9"

BINDINGS: Mapping[str, Mapping[int, AzurermVersion]] = {
    "cdktf-cdktf-provider-azurerm": {14: "4"},
    "cdktn-provider-azurerm": {16: "4", 17: "4", 18: "5"},
}
"""By Python package and its major version: the major version of azurerm that it is made from."""

FEW_INSTANCES = (40, "4.58")
"""Fewer instances of Flex Consumption than the first needs azurerm of the second, or later."""


def azurerm_range(version: AzurermVersion, *needs: str) -> str:
    """Return the range of azurerm versions that a stack asks for.

    Args:
        version: The major version.
        needs: Versions that something in the stack needs at least.
    """
    newest = max((AZURERM[version].oldest, *needs), key=_numbers)
    return f"~> {newest}"


# -- runtimes

SUPPORT = "https://learn.microsoft.com/azure/azure-functions/supported-languages"
"""Where the ends of support are from; of a month its last day, where no day is said."""

_ANY = ("Linux", "Windows", "Flex Consumption")
_SITES = ("Linux", "Windows")


@dataclass(frozen=True)
class RuntimeVersion:
    """A version of a language that azurerm takes.

    Attributes:
        stack: The language.
        version: As Linux spells it.
        ends: When Azure's support ends, if that is known.
        targets: Which function app resources run it.
        since: The azurerm from which on its function apps take it, if not all that fit do. Those of
            Flex Consumption always did.
    """

    stack: Stack
    version: str
    ends: date | None = None
    targets: tuple[RuntimeTarget, ...] = _SITES
    since: str | None = None


_LINUX: tuple[RuntimeTarget, ...] = ("Linux",)
_WINDOWS: tuple[RuntimeTarget, ...] = ("Windows",)
_LINUX_AND_FLEX: tuple[RuntimeTarget, ...] = ("Linux", "Flex Consumption")

RUNTIMES: tuple[RuntimeVersion, ...] = (
    RuntimeVersion("python", "3.7", date(2023, 6, 27), _LINUX),
    RuntimeVersion("python", "3.8", date(2024, 10, 7), _LINUX),
    RuntimeVersion("python", "3.9", date(2025, 10, 31), _LINUX),
    RuntimeVersion("python", "3.10", date(2026, 10, 31), _LINUX_AND_FLEX),
    RuntimeVersion("python", "3.11", date(2027, 10, 31), _LINUX_AND_FLEX),
    RuntimeVersion("python", "3.12", date(2028, 10, 31), _LINUX_AND_FLEX),
    RuntimeVersion("python", "3.13", date(2029, 10, 31), _LINUX_AND_FLEX),
    RuntimeVersion("python", "3.14", date(2030, 10, 31), _LINUX_AND_FLEX, since="4.59"),
    RuntimeVersion("node", "12", date(2022, 4, 30)),
    RuntimeVersion("node", "14", date(2023, 4, 30)),
    RuntimeVersion("node", "16", date(2023, 9, 11)),
    RuntimeVersion("node", "18", date(2025, 4, 30)),
    RuntimeVersion("node", "20", date(2026, 4, 30), _ANY),
    RuntimeVersion("node", "22", date(2027, 4, 30), _ANY),
    RuntimeVersion("node", "24", date(2028, 4, 30), _ANY, since="4.58"),
    # .NET inside the host exists in these versions only, whatever the provider lets pass.
    RuntimeVersion("dotnet", "3.1", date(2022, 12, 13)),
    RuntimeVersion("dotnet", "6.0", date(2024, 11, 12)),
    RuntimeVersion("dotnet", "8.0", date(2026, 11, 10)),
    RuntimeVersion("dotnet-isolated", "4.8", None, _WINDOWS),
    RuntimeVersion("dotnet-isolated", "6.0", date(2024, 11, 12)),
    RuntimeVersion("dotnet-isolated", "7.0", date(2024, 5, 14)),
    RuntimeVersion("dotnet-isolated", "8.0", date(2026, 11, 10), _ANY),
    RuntimeVersion("dotnet-isolated", "9.0", date(2026, 11, 10), _ANY),
    RuntimeVersion("dotnet-isolated", "10.0", date(2028, 11, 14), _ANY),
    RuntimeVersion("java", "8"),  # as long as Eclipse Temurin supports it, which has no fixed end
    RuntimeVersion("java", "11", date(2027, 9, 30)),
    RuntimeVersion("java", "17", date(2027, 9, 30), _ANY),
    RuntimeVersion("java", "21", date(2028, 9, 30), _ANY),
    RuntimeVersion("java", "25", None, _ANY, since="4.62"),
    RuntimeVersion("powershell", "7", date(2022, 12, 3)),
    RuntimeVersion("powershell", "7.2", date(2024, 11, 8)),
    RuntimeVersion("powershell", "7.4", date(2026, 11, 10), _ANY),
    # Not in the list of the Linux app, up to azurerm 5.2.
    RuntimeVersion("powershell", "7.6", None, ("Windows", "Flex Consumption"), since="4.75"),
    RuntimeVersion("custom", "", None, _ANY),
    RuntimeVersion("custom", "1.0", None, ("Flex Consumption",)),
    RuntimeVersion("docker", "", None, _LINUX),
)
_CLOSED = frozenset({"dotnet", "custom", "docker"})
"""Languages that get no new version: what is not in the table does not exist."""
_SUCCESSOR: Mapping[Stack, Stack] = {"dotnet": "dotnet-isolated"}


def runtimes(target: RuntimeTarget, stack: Stack | None = None) -> Iterator[RuntimeVersion]:
    """Yield what a function app resource runs, the oldest version of each language first."""
    for each in RUNTIMES:
        if target in each.targets and stack in (None, each.stack):
            yield each


def find_runtime(target: RuntimeTarget, stack: Stack, version: str) -> RuntimeVersion | None:
    """Return a version of the table.

    Returns:
        None for one that is newer than all that the table has.

    Raises:
        InputError: There is no such version.
    """
    known = {each.version: each for each in runtimes(target, stack)}
    if version in known:
        return known[version]
    is_newer = stack not in _CLOSED and _is_version(version)
    if known and is_newer and _numbers(version) > max(map(_numbers, known)):
        return None
    raise InputError(f"{version!r} is not allowed", fix=f"write one of {', '.join(known)}")


def needed_azurerm(target: RuntimeTarget, stack: Stack, version: str) -> str | None:
    """Return the azurerm that a runtime needs at least, if not all that fit the constructs do."""
    if target == "Flex Consumption":
        return None
    found = find_runtime(target, stack, version)
    return found.since if found else None


def support_warning(target: RuntimeTarget, stack: Stack, version: str, today: date) -> str | None:
    """Return what somebody should know who uses a runtime, with the source.

    Args:
        target: The function app resource.
        stack: The language.
        version: Its version.
        today: From when a year is counted.
    """
    found = find_runtime(target, stack, version)
    after = _SUCCESSOR.get(stack, stack)
    newest = [f"{after} {each.version}" for each in runtimes(target, after)][-1]
    if found is None:
        return (
            f"{stack} {version} is newer than what this library knows to run on {target} "
            f"(up to {newest}): azurerm or Azure may refuse it; see {SUPPORT}"
        )
    if found.ends is None or found.ends > today + timedelta(days=365):
        return None
    ended = "ended" if found.ends < today else "ends"
    return f"support of {stack} {version} {ended} on {found.ends.isoformat()} ({SUPPORT})" + (
        f": move to {newest}" if newest != f"{stack} {version}" else ""
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split("."))) if _is_version(version) else ()


def _is_version(text: str) -> bool:
    return all(part.isascii() and part.isdigit() for part in text.split("."))
