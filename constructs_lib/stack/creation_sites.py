"""Remembers which statement of a program makes each resource, so that findings name its line.

    app = App()
    record_creation_sites(app)  # before the stacks

The synthesized JSON stays as it is: what is remembered goes to a file of its own beside it, which
`check` and `access` read.
"""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from types import FrameType
from typing import Any, cast

import jsii
from cdktf import App
from constructs import IValidation

from constructs_lib._core.creation_sites import FILE
from constructs_lib._core.files.writing import write_whole

_LIBRARY = str(Path(__file__).parents[1]) + os.sep


def record_creation_sites(app: App) -> None:
    """Remember where each resource of an app is made, from here on until it is synthesized.

    Args:
        app: The app; what is made before is not remembered.
    """
    sites = _CreationSites(app)
    sites.begin()
    app.node.add_validation(sites)  # pyright: ignore[reportArgumentType] - jsii matches protocols by its decorator


@jsii.implements(IValidation)
class _CreationSites:
    """What is remembered; written when the app is synthesized."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.made: list[tuple[Any, str]] = []
        self.create: Any = cast("Any", jsii).create
        self.creating: Any = None

    def begin(self) -> None:
        """Be told of everything that is made: generated code calls `jsii.create` by this name."""
        create = self.create

        def creating(kind: Any, made: Any, arguments: Any) -> Any:
            result = create(kind, made, arguments)
            if hasattr(kind, "terraform_resource_type"):
                self.add(made, inspect.currentframe())
            return result

        self.creating = cast("Any", jsii).create = creating

    def end(self) -> None:
        """Be told no more, unless somebody else has begun since and tells this one."""
        runtime = cast("Any", jsii)
        if runtime.create is self.creating:
            runtime.create = self.create

    def add(self, made: Any, frame: FrameType | None) -> None:
        """Remember the innermost statement that is neither of this library nor of a package."""
        while frame is not None:
            file = frame.f_code.co_filename
            if not (file.startswith((_LIBRARY, "<")) or "site-packages" in file):
                self.made.append((made, f"{os.path.relpath(file)}:{frame.f_lineno}"))
                return
            frame = frame.f_back

    def validate(self) -> list[str]:
        """Write the file; there is nothing to complain of."""
        self.end()
        sites = {made.node.path: site for made, site in self.made if made.node.root is self.app}
        folder = Path(self.app.outdir)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, json.dumps(sites, indent=2, sort_keys=True) + "\n")
        return []
