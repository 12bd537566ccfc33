"""Prebuilt provider packages without their 1,500 eager imports."""

from __future__ import annotations

import importlib
import importlib.abc
import logging
import re
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any

log = logging.getLogger("constructs_lib.engine")

PACKAGE = re.compile(r"cdktf_cdktf_provider_\w+")
_EAGER = re.compile(r"^from \. import \w+$", re.MULTILINE)
_loading = threading.RLock()


class ProviderFinder(importlib.abc.MetaPathFinder):
    """Finds provider packages where the others find them and gives them a lazy loader."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give the spec of a provider package; `None` leaves everything else to the others."""
        if not PACKAGE.fullmatch(fullname):
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.submodule_search_locations and hasattr(spec.loader, "get_source"):
                    spec.loader = ProviderLoader(spec.loader)
                return spec
        return None


class ProviderLoader(importlib.abc.Loader):
    """Runs a provider package's own `__init__` up to its eager imports."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to the package's own loader."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the package without the imports of its modules, which then happen on first use."""
        name = module.__name__
        with _loading:
            code = _head(self._loader.get_source(name), self._loader.get_filename(name))
            if code is None:
                log.info("%s is loaded as it is: it does not look like a prebuilt provider", name)
                self._loader.exec_module(module)
                return
            exec(code, module.__dict__)  # noqa: S102 - the package's own code
            _make_lazy(sys.modules[name])


def _head(source: str | None, filename: str) -> CodeType | None:
    eager = _EAGER.search(source or "")
    if not source or not eager or "__getattr__" in source or "_SUBMODULES" in source:
        return None
    tail = _EAGER.sub("", source[eager.start() :])
    return None if tail.strip() else compile(source[: eager.start()], filename, "exec")


def _make_lazy(package: Any) -> None:
    name: str = package.__name__
    modules = frozenset(package.__all__)

    def load(attribute: str) -> Any:
        if attribute in modules:
            return importlib.import_module(f"{name}.{attribute}")
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}")

    package.__getattr__ = load
    package.__dir__ = lambda: sorted({*package.__dict__, *modules})
