"""The Node side: `node.cjs`, taken into the running jsii kernel.

It travels as a jsii assembly without types, the way in which jsii takes any JavaScript into its
Node process. So neither `NODE_OPTIONS` nor the command line of Node is touched, and it does not
matter whether the kernel was started before.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from constructs_lib._core.version import __version__

_NAME = "constructs-lib-engine"
_SCRIPT = Path(__file__).with_name("node.cjs")


def load_script() -> None:
    """Run `node.cjs` in the kernel's Node process, which is started if it is not running."""
    import jsii

    with TemporaryDirectory() as directory:
        tarball = Path(directory, "engine.tgz")
        tarball.write_bytes(_assembly())
        jsii.load(_NAME, __version__, str(tarball))


def _assembly() -> bytes:
    """The tarball, the same bytes each time, so that jsii's package cache knows it again."""
    import tarfile

    package = {"name": _NAME, "version": __version__}
    files = {
        "package.json": json.dumps({**package, "main": _SCRIPT.name}).encode(),
        ".jsii": json.dumps(
            {**package, "schema": "jsii/0.10.0", "jsiiVersion": "1.119.0", "fingerprint": "*"}
        ).encode(),
        _SCRIPT.name: _SCRIPT.read_bytes(),
    }
    tarball = BytesIO()
    with tarfile.open(fileobj=tarball, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, BytesIO(content))
    return tarball.getvalue()
