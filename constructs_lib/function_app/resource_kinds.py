"""The kinds of function app resources, told apart without loading those that a stack does not use.

The bindings of function apps are the largest of all: each takes longer to load than a whole API to
build. Here they are names for type checkers; where one is made, it is imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from typing_extensions import TypeIs

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.function_app_flex_consumption import (
        FunctionAppFlexConsumption,
    )
    from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
    from cdktf_cdktf_provider_azurerm.linux_function_app_slot import LinuxFunctionAppSlot
    from cdktf_cdktf_provider_azurerm.windows_function_app import WindowsFunctionApp
    from cdktf_cdktf_provider_azurerm.windows_function_app_slot import WindowsFunctionAppSlot

    AppResource = LinuxFunctionApp | WindowsFunctionApp | FunctionAppFlexConsumption
    SlotResource = LinuxFunctionAppSlot | WindowsFunctionAppSlot


def is_slot(value: object) -> TypeIs[SlotResource]:
    """Tell whether this is a deployment slot of either operating system."""
    return _is_a(value, "linux_function_app_slot", "LinuxFunctionAppSlot") or _is_a(
        value, "windows_function_app_slot", "WindowsFunctionAppSlot"
    )


def is_flex_consumption(value: object) -> TypeIs[FunctionAppFlexConsumption]:
    """Tell whether this is an app on Flex Consumption."""
    return _is_a(value, "function_app_flex_consumption", "FunctionAppFlexConsumption")


def _is_a(value: object, module: str, name: str) -> bool:
    # What was never imported has no instances.
    loaded = sys.modules.get(f"cdktf_cdktf_provider_azurerm.{module}")
    return loaded is not None and isinstance(value, getattr(loaded, name))
