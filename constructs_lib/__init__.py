"""Azure Functions that only API Management can call: constructs for CDK for Terraform.

Importing it switches on `constructs_lib.engine`, and loads neither jsii nor a provider until a
construct is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from constructs_lib import engine
from constructs_lib._version import __version__ as __version__

engine.switch_on()

# The public names and the module that each of them is imported from on first use.
_EXPORTS: dict[str, str] = {
    "InputError": "errors",
    "Principal": "principal",
}

# The same for type checkers and editors; tests/engine/test_engine_exports.py compares the two.
if TYPE_CHECKING:
    from constructs_lib.errors import InputError as InputError
    from constructs_lib.principal import Principal as Principal
else:
    __all__ = list(_EXPORTS)


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
