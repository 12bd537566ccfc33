"""Which engine runs the constructs: CDK for Terraform (`cdktf`) or its fork, CDK Terrain (`cdktn`).

The library is written with the names of `cdktf`. On `cdktn` each of these names stands for the
module of the fork: both names are one module then, so a program may use either. The engine is the
one that the program has imported, or names in its own imports; else the one that is installed.

Source: CDK Terrain, "Upgrading to 0.22": modules are renamed, the API is not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType, ModuleType
from typing import Literal

Engine = Literal["cdktf", "cdktn"]

PROVIDERS: dict[Engine, str] = {"cdktf": "cdktf_cdktf_provider_", "cdktn": "cdktn_provider_"}
"""What the names of the packages with an engine's provider bindings start with."""

NO_ENGINE = (
    "the constructs need an engine, CDK for Terraform or CDK Terrain: "
    'pip install "secured-functions[cdktf]" or pip install "secured-functions[terrain]"'
)
_LIBRARY = __name__.partition(".")[0]


def switch_on() -> None:
    """Let the library run on either engine from now on."""
    if not any(isinstance(finder, EngineFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, EngineFinder())


def engine_of(module: str) -> Engine | None:
    """Return the engine that a module is part of, by its name."""
    package = module.partition(".")[0]
    for engine, prefix in PROVIDERS.items():
        if package == engine or package.startswith(prefix):
            return engine
    return None


def installed() -> list[Engine]:
    """Return the engines that a program could import, without importing one."""
    return [engine for engine in PROVIDERS if _is_installed(engine)]


def refuse_two_engines() -> None:
    """Refuse a program that has imported both engines, each under its own name.

    Raises:
        ImportError: It has.
    """
    if len(_imported()) > 1:
        raise ImportError(
            "cdktf and cdktn are both imported, and a stack is made with one of them: import only "
            "that one, or write `import cdktn` first, and both names are CDK Terrain"
        )


class EngineFinder(MetaPathFinder):
    """Finds modules of CDKTF where the engine is CDK Terrain."""

    def __init__(self) -> None:
        self._engine: Engine | None = None

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - of the protocol
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return the spec of the module that a name of CDKTF stands for."""
        asked = engine_of(fullname)
        if asked is None:
            if fullname in ("constructs", "jsii"):
                self._refuse_to_go_on_without(fullname)
            return None
        if asked == "cdktn":
            if self._engine == "cdktf" and f"{_LIBRARY}._cdk" in sys.modules:
                raise ImportError(
                    f"{_LIBRARY} runs on cdktf, as both engines are installed and nothing named "
                    f"cdktn before: write `import cdktn` above the first import of {_LIBRARY}",
                    name=fullname,
                )
            return None
        if self._engine is None:
            self._engine = _choose()
        if self._engine == "cdktf":
            self._refuse_to_go_on_without(fullname)
            return None
        package, dot, module = fullname.partition(".")
        renamed = "cdktn" + package.removeprefix("cdktf").removeprefix("_cdktf")
        return ModuleSpec(fullname, _Renamed(f"{renamed}{dot}{module}"))

    def _refuse_to_go_on_without(self, fullname: str) -> None:
        """Say how to install an engine if the library asks for what is not installed."""
        asking = next(_callers(), None)
        of_library = asking is not None and asking.f_globals["__name__"].startswith(f"{_LIBRARY}.")
        package = fullname.partition(".")[0]
        if of_library and not _is_installed(package):
            raise ModuleNotFoundError(f"No module named {package!r}: {NO_ENGINE}", name=package)


class _Renamed(Loader):
    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - of the protocol
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has just exchanged it


def _choose() -> Engine:
    imported = _imported()
    if imported:
        return imported[0]
    there = installed()
    if len(there) == 1:
        return there[0]
    return _named_by_the_program() or "cdktf"


def _imported() -> list[Engine]:
    """The engines whose own module is loaded, not the other one under its name."""
    return [name for name in PROVIDERS if getattr(sys.modules.get(name), "__name__", "") == name]


def _is_installed(package: str) -> bool:
    return package in sys.modules or PathFinder.find_spec(package) is not None


def _named_by_the_program() -> Engine | None:
    """Look for an import of an engine in the code that is importing the library just now."""
    for frame in _callers():
        if frame.f_globals.get("__name__", "").partition(".")[0] == _LIBRARY:
            continue
        for name in frame.f_code.co_names:  # those of imports among them, as they are written
            engine = engine_of(name)
            if engine:
                return engine
    return None


def _callers() -> Iterator[FrameType]:
    """Yield the frames below, the nearest first, without Python's import system and this module."""
    frame: FrameType | None = sys._getframe()  # pyright: ignore[reportPrivateUsage] - as in logging
    while frame and (frame := frame.f_back):
        name = frame.f_globals.get("__name__", "")
        if not name.startswith("importlib.") and name not in (__name__, "importlib"):
            yield frame
