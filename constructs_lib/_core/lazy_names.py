"""A package's public names: listed once, seen by type checkers and loaded on first use.

The list is the block of imports under `if TYPE_CHECKING:` in the package's `__init__.py`, each in
the form `from module import Name as Name`, which type checkers take for a public name. At run time
the same lines say which module a name is loaded from:

    if TYPE_CHECKING:
        from constructs_lib.gateway.gateway import Gateway as Gateway
    else:
        __all__, __getattr__, __dir__ = lazy_names.serve(__name__)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.abc import InspectLoader
from typing import Any

_IMPORT = re.compile(r"^    from ([\w.]+) import (?:\(\s*)?(\w+) as (\w+)", re.MULTILINE)


def listed(package: str) -> dict[str, tuple[str, str]]:
    """The public names of a package: for each the module that it is in, and its name there.

    Raises:
        ImportError: If the package is installed without its source.
    """
    specification = sys.modules[package].__spec__
    loader = specification.loader if specification else None
    source = loader.get_source(package) if isinstance(loader, InspectLoader) else None
    if source is None:
        raise ImportError(f"{package} needs its source: install it from the wheel", name=package)
    return {public: (place, name) for place, name, public in _IMPORT.findall(source)}


def serve(
    package: str, around: Callable[[], AbstractContextManager[object]] = nullcontext
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a package needs as `__all__`, `__getattr__` and `__dir__` to serve its names.

    Args:
        package: The package's `__name__`.
        around: Makes what is entered while a name is loaded.
    """
    names = listed(package)
    namespace = vars(sys.modules[package])

    def load(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        place, own_name = names[name]
        with around():
            value = namespace[name] = getattr(import_module(place), own_name)
        return value

    return [*names], load, lambda: sorted({*namespace, *names})
