"""What pip installs as this library in a written project: a release, a file, a folder, a commit."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from constructs_lib._core.errors import InputError
from constructs_lib._core.version import __version__
from constructs_lib._lazy_bindings.engine import Engine

_NAME = "secured-functions[cli,simulation,testing]"
# PEP 440, without epochs and spellings that no release of this library has.
_VERSION = r"\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?(\+[a-z0-9]+([.-][a-z0-9]+)*)?"
_ADDRESS = r"(https|git\+https|git\+ssh|file)://[^\s]+"
_ARCHIVE = r"secured_functions-[^/]+(\.whl|\.tar\.gz)"

RELEASE = f"{_NAME}=={__version__}"
"""The release with the version of this library, as a line of requirements.txt."""


def installed() -> str:
    """Return a line that installs what runs here, from where it was installed from (PEP 610).

    Raises:
        InputError: It was installed from a file or folder that is no longer there.
    """
    try:
        text = distribution("secured-functions").read_text("direct_url.json")
    except PackageNotFoundError:  # it runs from a folder on the path
        return RELEASE
    if text is None:
        return RELEASE
    source: dict[str, Any] = json.loads(text)
    url: str = source["url"]
    if url.startswith("file:") and not (path := _path(url)).exists():
        raise InputError(
            f"it was installed from {path}, which is no longer there",
            where="secured-functions",
            fix="give --library, a version or the path of a wheel",
        )
    if version := source.get("vcs_info"):
        url = f"{version['vcs']}+{url}@{version['commit_id']}"
    if inside := source.get("subdirectory"):
        url = f"{url}#subdirectory={inside}"
    return f"{_NAME} @ {url}"


def requirement(what: str) -> str:
    """Return a line that installs what `--library` names.

    Args:
        what: A version, the path of a wheel, an sdist or a folder, or an address that pip takes.

    Raises:
        InputError: It is none of these, or is not there.
    """
    if re.fullmatch(_VERSION, what):
        return f"{_NAME}=={what}"
    if re.fullmatch(_ADDRESS, what) and (not what.startswith("file:") or _path(what).exists()):
        return f"{_NAME} @ {what}"
    path = Path(what).expanduser()
    archive = path.is_file() and re.fullmatch(_ARCHIVE, path.name)
    if archive or (path / "constructs_lib").is_dir():
        return f"{_NAME} @ {path.resolve().as_uri()}"
    raise InputError(
        f"{what!r} cannot be installed as secured-functions"
        if path.exists()
        else f"{what!r} is neither a version nor a file that is there",
        where="--library",
        fix=f"write a version such as {__version__}, or the path of secured_functions-….whl",
    )


def with_engine(line: str, engine: Engine) -> str:
    """Return a line of requirements.txt that installs an engine too."""
    extra = {"cdktf": "cdktf", "cdktn": "terrain"}[engine]
    return line.replace(_NAME, f"secured-functions[cli,{extra},simulation,testing]", 1)


def in_pipfile(line: str) -> str:
    """Return a line of requirements.txt as a Pipfile writes it."""
    name, _, url = line.partition(" @ ")
    extras, _, version = name.removeprefix("secured-functions[").partition("]")
    vcs = re.fullmatch(r"git\+(.+)@(\w+)", url)
    if vcs:
        place = f'git = "{vcs[1]}", ref = "{vcs[2]}"'
    elif url:
        place = f'file = "{url}"'
    else:
        place = f'version = "{version}"'
    return f"secured-functions = {{{place}, extras = {json.dumps(extras.split(','))}}}"


def of_this_machine(line: str) -> bool:
    """Tell whether a line installs what only this machine has."""
    return " @ file:" in line


def _path(url: str) -> Path:
    return Path(url2pathname(urlsplit(url).path))
