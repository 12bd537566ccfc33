"""What the readers of Functions projects hand on: HTTP triggers, and findings with their place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from constructs_lib._core.findings import Finding, Severity
from constructs_lib.operations.findings import Place

_ANONYMOUS = 'make the level "anonymous": behind Easy Auth the identity is what counts, not a key'

# Severity and fix of each rule. An error means that an operation may be missing.
RULES: dict[str, tuple[Severity, str]] = {
    "OP101": ("error", "write it as a constant, or give the operations in the settings"),
    "OP102": ("error", "mend the file"),
    "OP103": ("error", "write a route that the Functions host accepts"),
    "OP104": ("error", "use a constraint of ASP.NET Core, for example int, guid or regex(…)"),
    "OP105": ("warning", _ANONYMOUS),
    "OP106": ("note", ""),
    "OP107": ("note", "enable it if the API should have it"),
    "OP108": ("warning", "name the methods that it answers"),
    "OP109": (
        "warning",
        "the gateway cannot tell them apart by their constraints and forwards both",
    ),
    "OP110": ("error", "register it at the top level of the file"),
    "OP111": ("warning", "register it with the app, or delete it"),
    "OP112": ("warning", "give the operations from the app's OpenAPI document instead"),
    "OP113": ("error", "give the operations in the settings or an OpenAPI document"),
    "OP114": ("warning", "set extensions.http.routePrefix in host.json, where everybody sees it"),
    "OP115": ("error", "choose another route"),
    "OP116": ("warning", "API Management serves what Azure Functions proxies did"),
    "OP117": ("warning", "put it at the end of the route"),
    "OP118": ("warning", "drop the slash; some versions of the host refuse to start with it"),
    "OP119": ("error", "use letters, digits, - and _, and begin with a letter"),
}

_NO_SOURCES = frozenset(
    {"node_modules", "bin", "obj", "target", "dist", "build", "coverage", "venv", "env"}
    | {"site-packages", "__pycache__", "test", "tests", "__tests__"}
)


@dataclass(frozen=True, kw_only=True)
class HttpTrigger:
    """A function that HTTP requests start.

    Attributes:
        function: The function's name.
        place: Where it is declared.
        route: Its route; None: the function's name, as in the host.
        methods: The methods it answers; empty: all.
        auth_level: `anonymous`, `function` or `admin`.
        disabled: Whether the project itself disables it.
    """

    function: str
    place: Place
    route: str | None = None
    methods: tuple[str, ...] = ()
    auth_level: str = "function"
    disabled: bool = False


@dataclass
class Reading:
    """What was read of a project so far.

    Attributes:
        root: The project's folder.
        triggers: The HTTP triggers.
        findings: What there is to say.
        functions: How many functions there are, whatever starts them.
    """

    root: Path
    triggers: list[HttpTrigger] = field(default_factory=list["HttpTrigger"])
    findings: list[Finding] = field(default_factory=list["Finding"])
    functions: int = 0

    def report(self, rule: str, message: str, place: Place) -> None:
        """Add a finding of a rule."""
        severity, fix = RULES[rule]
        self.findings.append(
            Finding(
                rule=rule,
                severity=severity,
                message=message,
                fix=fix,
                path=place.path,
                line=place.line,
                column=place.column,
            )
        )

    def add(self, trigger: HttpTrigger) -> None:
        """Add an HTTP trigger."""
        self.functions += 1
        self.triggers.append(trigger)

    def add_other(self, function: str, trigger_type: str, place: Place) -> None:
        """Note a function that something else than HTTP starts."""
        self.functions += 1
        self.report("OP106", f"{function} is started by {trigger_type}, not by HTTP", place)

    def display(self, path: Path) -> str:
        """Name a file of the project as the user would."""
        return path.as_posix()

    def read_text(self, path: Path) -> str | None:
        """Return the text of a file; a finding and None if it has none."""
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            self.report("OP102", f"cannot be read: {error}", Place(self.display(path)))
            return None

    def files(self, *suffixes: str) -> Iterator[Path]:
        """Yield the project's own source files, without those of tests, tools and packages."""
        for folder, names, files in os.walk(self.root):
            names[:] = sorted(
                name
                for name in names
                if name not in _NO_SOURCES
                and not name.startswith(".")
                and not Path(folder, name, "pyvenv.cfg").exists()
                and not Path(folder, name, "host.json").exists()  # a project of its own
            )
            yield from (Path(folder, name) for name in sorted(files) if name.endswith(suffixes))
