"""The Python side: provider packages that import a module of theirs when it is first used.

The `__init__` of a prebuilt package loads its assembly, publishes the names of its modules and
then imports each of them, 1,527 in azurerm. A meta path finder gives such a package a loader that
runs the same `__init__` up to those imports and leaves them to a module `__getattr__` (PEP 562).
"""

from __future__ import annotations

import builtins
import sys
import threading
import typing
from collections.abc import Callable, Collection, Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import version
from types import ModuleType
from typing import Any

from constructs_lib._lazy_bindings import ahead, collector, structs
from constructs_lib._lazy_bindings.engine import PROVIDERS, engine_of

_FIRST_ASSEMBLY = "constructs._jsii"
_CORE = ("constructs", *PROVIDERS)
_PUBLISH = "\npublication.publish()\n"
_IMPORT = "from . import "
_LAZY_BY_ITSELF = "\n_SUBMODULES"  # as cdktn's packages are, from 16 on
_kernel = threading.RLock()


def switch_on() -> None:
    """Make every provider package lazy that is imported from now on."""
    if any(isinstance(finder, ProviderFinder) for finder in sys.meta_path):
        return
    for name in sys.modules:
        if _is_provider(name) and "." not in name:
            _say(
                f"{name} was imported before constructs_lib, so all of it is loaded: "
                "write `import constructs_lib` above it"
            )
    sys.meta_path.insert(0, ProviderFinder())
    collector.leave_quickly()


class ProviderFinder:
    """Finds provider packages and their modules where Python does, to load them in our way."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a provider package or module, `None` for anything else."""
        # The modules of CDK Terrain's packages have jsii remember their type hints by themselves.
        modules = 2 if engine_of(fullname) == "cdktf" else 1
        ours = _is_provider(fullname) and fullname.count(".") < modules
        core = fullname in _CORE
        if not ours and not core and fullname != _FIRST_ASSEMBLY:
            return None
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:  # those before were asked
            if not hasattr(finder, "find_spec"):
                continue
            if spec := finder.find_spec(fullname, path, target):
                if type(spec.loader) is SourceFileLoader:
                    if core:
                        loader = CoreLoader
                    elif not ours:
                        loader = FirstAssemblyLoader
                    else:
                        loader = ModuleLoader if "." in fullname else PackageLoader
                    spec.loader = loader(fullname, spec.loader.path)
                elif "." not in fullname:
                    _say(f"{fullname} is not a folder of source files: it is loaded as it is")
                return spec
        return None


class FirstAssemblyLoader(SourceFileLoader):
    """Loads the module whose assembly is the first that Node loads."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, with Node starting meanwhile."""
        ahead.start()
        structs.leave_out_what_is_none()
        super().exec_module(module)  # starts Node, and our script can wait until it runs
        _make_node_lazy()


class PackageLoader(SourceFileLoader):
    """Loads a provider package without its modules."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the package's `__init__` up to its imports, or all of it if it looks different."""
        name = module.__name__
        source = self.get_source(name) or ""
        head, modules = _split(source)
        lazy_by_itself = _LAZY_BY_ITSELF in source
        if not modules and not lazy_by_itself:
            _say(f"{name} does not look like a prebuilt provider: it is loaded as it is")
            super().exec_module(module)
            return
        # jsii talks to Node over one pipe, so one package at a time, and after cdktf, which another
        # thread may be importing; to ask for cdktf._jsii first could lock that one and this one.
        import_module(engine_of(name) or "")
        with _kernel, collector.loading():
            ahead.start()
            _make_node_lazy()
            if lazy_by_itself:
                super().exec_module(module)
                return
            exec(compile(head, self.path, "exec"), module.__dict__)  # noqa: S102 - its own code
        for lazy in (module, sys.modules[name]):  # the second is what publication.publish() left
            _import_on_use(lazy, modules)


class CoreLoader(SourceFileLoader):
    """Loads CDKTF itself or `constructs` and makes its type checks cheaper."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, then exchange what its constructors check their arguments with."""
        super().exec_module(module)
        names = vars(module)
        if "check_type" in names:
            names.update(typing=_typing, check_type=_check_what_is_given(names["check_type"]))


class ModuleLoader(CoreLoader):
    """Loads a module of a provider package, whose type hints are made when they are asked for."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with a `typing` of ours."""
        names = vars(module)
        names["__builtins__"] = _builtins()
        with collector.loading():
            super().exec_module(module)
        names["__builtins__"] = builtins


def _is_provider(name: str) -> bool:
    return name.startswith(tuple(PROVIDERS.values()))


def _split(source: str) -> tuple[str, frozenset[str]]:
    """Split an `__init__` into what comes before its imports and the modules that it imports."""
    head, publish, tail = source.partition(_PUBLISH)
    lines = [line for line in tail.splitlines() if line and not line.startswith("#")]
    if not all(line.startswith(_IMPORT) for line in lines):
        lines = []
    return head + publish, frozenset(line.removeprefix(_IMPORT) for line in lines)


@cache
def _make_node_lazy() -> None:
    ahead.run(_load_script)


def _load_script() -> None:
    try:
        from constructs_lib._lazy_bindings.node import load_script

        load_script()
    except Exception as error:
        _say(f"Node loads all of each provider: {error}")


def _import_on_use(package: ModuleType, modules: Collection[str]) -> None:
    name = package.__name__

    def get(attribute: str) -> Any:
        if attribute not in modules:
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        return import_module(f"{name}.{attribute}")

    def list_names() -> list[str]:  # as it is without us, which is what help() shows
        return sorted({*vars(package), *modules} - {"__getattr__", "__dir__"})

    vars(package).update(__getattr__=get, __dir__=list_names)


# A generated constructor asks for the type hints of the same function at each call, and then checks
# each argument, most of them None because they were left out. The first costs as much as the
# second, and the second more than all else that Python does to make a resource. And before that the
# hints of all the functions of a module cost as much as all else that it does to be loaded. So the
# modules of a provider, and CDKTF's own, import a `typing` that makes a hint when somebody asks for
# it, and remembers it, and `check_type` knows the classes that a hint names.
_hints: dict[Any, dict[str, Any]] = {}
_classes: dict[int, frozenset[Any]] = {}  # by the ids of hints, all of which `_hints` keeps alive


class _Hint:
    """A type hint that is written down, as `typing.Optional[str]`, but not made yet."""

    __slots__ = ("form", "of")
    __module__ = "typing"  # `help` looks there, to leave it out

    def __init__(self, form: str, of: Any) -> None:
        self.form, self.of = form, of

    def made(self) -> Any:
        of: Any = self.of
        of = tuple(_made(each) for each in of) if isinstance(of, tuple) else _made(of)  # pyright: ignore[reportUnknownVariableType] - anything can stand in a hint
        return getattr(typing, self.form)[of]

    def __repr__(self) -> str:
        return repr(self.made())


class _Form:
    """What is subscribed to write down a hint."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, of: Any) -> _Hint:
        return _Hint(self.name, of)


def _made(hint: Any) -> Any:
    return hint.made() if isinstance(hint, _Hint) else hint


def _get_type_hints(stub: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    if args or kwargs:
        return typing.get_type_hints(_with_hints(stub), *args, **kwargs)
    if stub not in _hints:
        hints = _hints[stub] = typing.get_type_hints(_with_hints(stub))
        for hint in hints.values():
            union = typing.get_origin(hint) is typing.Union
            members: Any = typing.get_args(hint) if union else [hint]
            _classes[id(hint)] = frozenset(each for each in members if isinstance(each, type))
    return _hints[stub]


def _with_hints(stub: Any) -> Any:
    written = getattr(stub, "__annotations__", {})
    written.update({name: _made(hint) for name, hint in written.items()})
    return stub


def _get_from_typing(name: str) -> Any:
    value = vars(_typing)[name] = getattr(typing, name)
    return value


_typing: Any = ModuleType("typing", typing.__doc__)
_typing.__getattr__ = _get_from_typing
_typing.get_type_hints = _get_type_hints
for _name in ("Optional", "Union", "List", "Dict", "Sequence", "Mapping"):
    setattr(_typing, _name, _Form(_name))


_metadata: Any = ModuleType("importlib.metadata")
_metadata.version = cache(version)  # each module asks for typeguard's, and reads its metadata
_INSTEAD = {"typing": _typing, "importlib.metadata": _metadata}


@cache
def _builtins() -> dict[str, Any]:
    def import_(name: str, *rest: Any) -> Any:
        return _INSTEAD.get(name) or builtins.__import__(name, *rest)

    return {**vars(builtins), "__import__": import_}


def _check_what_is_given(check: Callable[[str, object, Any], Any]) -> Callable[..., Any]:
    def check_type(argname: str, value: object, expected_type: Any) -> Any:
        if type(value) in _classes.get(id(expected_type), ()):
            return None
        return check(argname, value, expected_type)

    return check_type


def _say(message: str) -> None:
    import logging

    logging.getLogger("constructs_lib._lazy_bindings").warning(message)
