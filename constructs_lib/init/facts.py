"""What a folder and the machine tell of a project, so that nobody needs to be asked."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from constructs_lib._core.errors import InputError
from constructs_lib._lazy_bindings.engine import PROVIDERS, Engine, installed

Continuous = Literal["github", "azure", "none"]
Kind = Literal["http", "mcp"]

_SIGNED_IN_USER = ("ad", "signed-in-user", "show", "--query", "id", "--output", "tsv")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Facts:
    """What was found out.

    Attributes:
        name: The project's name: of the git remote, or else of the folder.
        ci: The service that the git remote is on; None if it says nothing.
        author: Name in git's settings.
        email: E-mail address in git's settings.
        subscription_id: The subscription of the current `az` login.
        tenant_id: Its tenant.
        user_id: Asks for the object id of the user who is signed in to it, which takes seconds.
        entry: The file that `cdktf.json` starts; None if there is no `cdktf.json`.
        environment: The first environment of a project that init wrote or added to.
        functions_project: The Functions project that was named, else the one in the folder,
            relative to it; None if that cannot be read.
        triggers: What of it a gateway can publish: HTTP functions, and tools, resources and prompts
            of MCP.
        published: What a project that init wrote publishes, and the file that says so.
        engine: The engine that the files name, else the one that is installed.
    """

    name: str
    ci: Continuous | None = None
    author: str | None = None
    email: str | None = None
    subscription_id: str | None = None
    tenant_id: str | None = None
    user_id: Callable[[], str | None] = lambda: None
    entry: str | None = None
    environment: str | None = None
    functions_project: str | None = None
    triggers: frozenset[Kind] = frozenset()
    published: tuple[Kind, str] | None = None
    engine: Engine = "cdktf"


def find_facts(folder: Path, functions: str | None = None) -> Facts:
    """Look at the folder, at git and at the current `az` login; nothing is changed.

    Args:
        folder: The project.
        functions: Path of a Functions project, relative to the current folder.

    Raises:
        InputError: The folder holds a CDKTF project that is not of Python, or the Functions project
            is not there or cannot be read.
    """
    remote = _ask(folder, "git", "remote", "get-url", "origin")
    account = _account(folder)
    name = re.sub(r"\.git$", "", remote.rstrip("/")).rpartition("/")[2] or folder.resolve().name
    project, triggers = (
        _functions_project(functions, folder) if functions else _only_functions_project(folder)
    )
    return Facts(
        name=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30].strip("-") or "orders",
        ci=_pipeline(folder) or _service(remote),
        author=_ask(folder, "git", "config", "user.name") or None,
        email=_ask(folder, "git", "config", "user.email") or None,
        subscription_id=_uuid(account.get("id")),
        tenant_id=_uuid(account.get("tenantId")),
        user_id=lambda: _uuid(_ask(folder, "az", *_SIGNED_IN_USER)),
        entry=_entry(folder),
        environment=_environment(folder),
        functions_project=project,
        triggers=triggers,
        published=_published(folder),
        engine=_engine(folder),
    )


def _functions_project(given: str, folder: Path) -> tuple[str, frozenset[Kind]]:
    """A Functions project's path as a project in `folder` names it, and what can be published."""
    from constructs_lib.operations import Operations

    path = Path(given).expanduser()
    if not (path / "host.json").is_file():
        raise InputError(
            "there is no Functions project: host.json is missing"
            if path.is_dir()
            else "there is no such folder",
            where=str(path),
            fix="give --functions-project a path from the current folder, or leave it out",
        )
    operations = Operations.from_functions_project(path)
    found: dict[Kind, bool] = {"http": bool(operations), "mcp": bool(operations.mcp)}
    name = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    return name, frozenset(kind for kind, there in found.items() if there)


def _only_functions_project(folder: Path) -> tuple[str | None, frozenset[Kind]]:
    found = [path.parent for path in folder.glob("*/host.json")]
    try:
        if len(found) == 1:
            return _functions_project(str(found[0]), folder)
    except InputError:  # the one who did not name it need not mend it now
        pass
    return None, frozenset()


def _ask(folder: Path, *command: str) -> str:
    """The first line that a program prints; nothing if it is not there or fails."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands
            [program, *command[1:]],
            cwd=next(each for each in (folder, *folder.resolve().parents) if each.is_dir()),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _environment(folder: Path) -> str | None:
    if not (folder / "secured_stacks.py").exists():
        return None
    return min((path.stem for path in folder.glob("environments/*.yaml")), default=None)


def _published(folder: Path) -> tuple[Kind, str] | None:
    """What the settings of the first environment say, or else the stack itself."""
    environment = _environment(folder)
    name = f"environments/{environment}.yaml" if environment else "secured_stacks.py"
    text = (folder / name).read_text("utf-8", "replace") if (folder / name).is_file() else ""
    if re.search(r"(?m)^apis:|\bSecuredFunctionApi\(", text):
        return "http", name
    return ("mcp", name) if re.search(r"(?m)^mcp_servers:|\bSecuredMcpServer\(", text) else None


def _pipeline(folder: Path) -> Continuous | None:
    if (folder / ".github/workflows/secured-functions.yml").exists():
        return "github"
    return "azure" if (folder / "azure-pipelines.yml").exists() else None


def _service(remote: str) -> Continuous | None:
    if re.search(r"[@/.]github\.[\w.]+[:/]", remote):
        return "github"
    if re.search(r"dev\.azure\.com|visualstudio\.com", remote):
        return "azure"
    return None


def _account(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads(_ask(folder, "az", "account", "show", "--output", "json") or "{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _uuid(value: object) -> str | None:
    return value if isinstance(value, str) and _UUID.fullmatch(value) else None


def _engine(folder: Path) -> Engine:
    """The engine that a list of packages or the app names, else the one that is installed."""
    lists = ("requirements.txt", "Pipfile", "pyproject.toml", "package.json", "secured_stacks.py")
    files = [folder / name for name in (*lists, _entry(folder) or "main.py")]
    text = "".join(path.read_text("utf-8", "replace") for path in files if path.is_file())
    named = {name for name in PROVIDERS if re.search(rf"\b{name}\b", text)}
    if re.search(r"\bsecured-functions\[[^\]]*\bterrain\b", text):
        named.add("cdktn")
    # A project that names both is on its way to the fork.
    there = named or set(installed())
    return "cdktn" if there == {"cdktn"} or named == set(PROVIDERS) else "cdktf"


def _entry(folder: Path) -> str | None:
    """The Python file that `cdktf.json` starts."""
    path = folder / "cdktf.json"
    if not path.exists():
        return None
    try:
        settings: Any = json.loads(path.read_text("utf-8"))
        language, command = str(settings.get("language", "")), str(settings["app"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise InputError("is not a project file of CDKTF", where=str(path)) from error
    scripts = [word for word in command.split() if word.endswith(".py")]
    if language != "python" or not scripts:
        raise InputError(
            f"starts {command!r}, not a file of Python",
            where=str(path),
            fix="secured-functions check, access and verify work with Terraform JSON of any "
            "language; for a Python project name another folder",
        )
    return scripts[0]


def with_stacks(source: str, entry: str) -> str:
    """The app's source, with the two lines that add our stacks.

    Args:
        source: The file that `cdktf.json` starts.
        entry: Its name, for the errors.

    Returns:
        The source as it is if it adds them already.

    Raises:
        InputError: It is no Python, or it is not plain where it synthesizes.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise InputError("is not valid Python", where=f"{entry}:{error.lineno}") from error
    if "secured_stacks" in source:
        return source
    synths = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "synth"
        and isinstance(node.value.func.value, ast.Name)
    ]
    imports = [
        node
        for node in tree.body
        if isinstance(node, ast.Import)
        or (isinstance(node, ast.ImportFrom) and node.module != "__future__")
    ]
    if len(synths) != 1 or not imports:
        raise InputError(
            f"{len(synths)} calls of app.synth() where one is looked for",
            where=entry,
            fix="write `from secured_stacks import add_stacks` before the other imports and "
            "`add_stacks(app)` before app.synth() yourself",
        )
    call, first = synths[0], imports[0]
    lines = source.splitlines(keepends=True)
    app = ast.unparse(call.value.func.value)  # pyright: ignore - as was selected above
    lines.insert(call.lineno - 1, f"{' ' * call.col_offset}add_stacks({app})\n")
    # First, as constructs_lib makes the provider bindings that follow load fast.
    lines.insert(first.lineno - 1, "from secured_stacks import add_stacks\n")
    return "".join(lines)
