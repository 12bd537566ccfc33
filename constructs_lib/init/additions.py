"""What a project that is there lacks, and which changes of its own files would help."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constructs_lib._core.errors import InputError
from constructs_lib.init.facts import Facts, with_stacks
from constructs_lib.init.library import in_pipfile
from constructs_lib.init.project import Answers, project_files

# Written by us alone, so that a newer one may take their place.
_OURS = (
    "environments/settings.schema.json",
    ".github/workflows/secured-functions.yml",
    "secured-functions.mk",
)


@dataclass
class Additions:
    """What is to be done.

    Attributes:
        new: Content of the files that are not there.
        changed: Content of files that are there, as they would be; for those who consent.
        before: Content of the same files as they are.
        notes: What is left to a person.
    """

    new: dict[str, str] = field(default_factory=dict[str, str])
    changed: dict[str, str] = field(default_factory=dict[str, str])
    before: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])


def additions(folder: Path, answers: Answers, facts: Facts) -> Additions:
    """Compare the project's files with what the folder holds.

    Raises:
        InputError: A file cannot be read, or is a folder.
    """
    found = Additions()
    makefile = _makefile(folder)
    wanted = dict(project_files(answers, makefile=makefile, entry=_entry(folder, facts)))
    if facts.entry is not None:
        _fit_into(folder, facts.entry, wanted, found, makefile)
    stacks = _read(folder / "secured_stacks.py")
    for name, text in wanted.items():
        if name.startswith("environments/") and stacks and "read_environments" not in stacks:
            continue
        before = _read(folder / name)
        if before is None:
            found.new[name] = text
            continue
        after = _merged(name, before, text)
        if after != before:
            found.before[name] = before
            found.changed[name] = after
    return found


def _makefile(folder: Path) -> str:
    """`Makefile`, unless it is somebody else's."""
    text = _read(folder / "Makefile")
    return "Makefile" if text is None or ".venv/.ready" in text else "secured-functions.mk"


def _entry(folder: Path, facts: Facts) -> str:
    """`main.py`, unless it is somebody else's and no app of CDKTF."""
    text = _read(folder / "main.py") if facts.entry is None else None
    return "main.py" if text is None or "secured_stacks" in text else "secured_app.py"


def _fit_into(
    folder: Path, entry: str, wanted: dict[str, str], found: Additions, makefile: str
) -> None:
    """Leave out what a CDKTF project has in its own way, and add our stacks to its app."""
    for name in ("cdktf.json", "main.py", "README.md"):
        wanted.pop(name)
    source = _read(folder / entry)
    if source is None:
        raise InputError("is not there, though cdktf.json starts it", where=str(folder / entry))
    try:
        after = with_stacks(source, entry)
    except InputError as error:
        found.notes.append(str(error))
    else:
        if after != source:
            found.before[entry] = source
            found.changed[entry] = after
    packages = next((n for n in ("Pipfile", "pyproject.toml") if (folder / n).exists()), None)
    if packages and not (folder / "requirements.txt").exists():
        # How these install is the project's own, which the targets and the pipeline do not know.
        library, *_ = _packages(wanted.pop("requirements.txt"))
        for name in (makefile, ".github/workflows/secured-functions.yml", "azure-pipelines.yml"):
            wanted.pop(name, None)
        lacking = _lacking(_read(folder / packages) or "", packages, library)
        if lacking:
            found.notes.append(f"{packages}: add {' and '.join(lacking)}")


def _packages(requirements: str) -> list[str]:
    return [line for line in requirements.splitlines() if line and not line.startswith("#")]


def _lacking(text: str, name: str, library: str) -> list[str]:
    """What a Pipfile or pyproject.toml has to name and does not, as it is written there."""
    wanted = {"secured-functions": f'"{library}"', "pytest": '"pytest"'}
    if name == "Pipfile":
        wanted = {"secured-functions": in_pipfile(library), "pytest": 'pytest = "*"'}
    return [
        line
        for package, line in wanted.items()
        if not re.search(rf"(?im)(?:^|[\"'])\s*{package.replace('-', '[-_.]+')}(?![\w-])", text)
    ]


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot be read as text", where=str(path)) from error


def _merged(name: str, before: str, text: str) -> str:
    """A file that is there, with what it lacks; a file of its owner stays as it is."""
    if name in _OURS:
        return text
    if name == ".gitignore":
        return _with_lines(before, text, str.strip)
    if name == "requirements.txt":
        return _with_lines(before, text, _distribution)
    if name == "package.json":
        return _with_packages(before, text)
    return before


def _distribution(line: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;@#]", line.strip(), maxsplit=1)[0]).lower()


def _with_lines(before: str, text: str, key: Any) -> str:
    there = {key(line) for line in before.splitlines()}
    lacking = [
        line for line in text.splitlines() if not line.startswith("#") and key(line) not in there
    ]
    if not lacking:
        return before
    end = "" if not before or before.endswith("\n") else "\n"
    return before + end + "".join(f"{line}\n" for line in lacking)


def _with_packages(before: str, text: str) -> str:
    """The package.json with the packages that neither of its lists has."""
    try:
        document: dict[str, Any] = json.loads(before)
        there = {*document.get("dependencies", {}), *document.get("devDependencies", {})}
    except (ValueError, AttributeError, TypeError):
        return before
    wanted: Mapping[str, str] = json.loads(text)["devDependencies"]
    lacking = {package: version for package, version in wanted.items() if package not in there}
    if not lacking:
        return before
    document.setdefault("devDependencies", {}).update(lacking)
    indent = re.search(r"^([ \t]+)", before, re.MULTILINE)
    return json.dumps(document, indent=indent[1] if indent else 2, ensure_ascii=False) + "\n"
