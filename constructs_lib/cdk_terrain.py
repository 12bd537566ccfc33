"""Runs the library, and what is written for CDKTF, on CDK Terrain (`cdktn`), its fork.

Importing it, before anything of the framework, gives each module of CDK Terrain and of its
providers the name that it has in CDKTF as well:

```python
import constructs_lib.cdk_terrain
```

Both names are the same module then, so stacks may use either. Needs `cdktn` 0.23 or 0.24 and its
providers (`pip install "secured-functions[terrain]"`), which import their modules on first use by
themselves. All examples give the same Terraform JSON on both frameworks.

Source: CDK Terrain, "Upgrading to 0.22": modules are renamed, the API is not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

_PROVIDER, _NEW_PROVIDER = "cdktf_cdktf_provider_", "cdktn_provider_"
_FRAMEWORK, _NEW_FRAMEWORK = "cdktf", "cdktn"


class _Finder(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - of the protocol
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        package = fullname.partition(".")[0]
        if package == _FRAMEWORK:
            name = fullname.replace(_FRAMEWORK, _NEW_FRAMEWORK, 1)
        elif package.startswith(_PROVIDER):
            name = fullname.replace(_PROVIDER, _NEW_PROVIDER, 1)
        else:
            return None
        return ModuleSpec(fullname, _Renamed(name))


class _Renamed(Loader):
    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - of the protocol
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has just exchanged it


def _switch_on() -> None:
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if find_spec(_NEW_FRAMEWORK) is None:
        raise ImportError(
            'CDK Terrain is not installed: pip install "secured-functions[terrain]"',
            name=_NEW_FRAMEWORK,
        )
    if _FRAMEWORK in sys.modules:
        raise ImportError(
            "cdktf was imported before constructs_lib.cdk_terrain, which has to come first",
            name=_FRAMEWORK,
        )
    sys.meta_path.insert(0, _Finder())


_switch_on()
