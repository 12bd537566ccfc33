"""What the readers of Functions projects hand on: HTTP triggers, and findings with their place."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding
from constructs_lib.operations.findings import FilePlace
from constructs_lib.operations.json_file import JsonFile
from constructs_lib.operations.operation import McpFunction
from constructs_lib.operations.rules import RULES

if TYPE_CHECKING:
    from constructs_lib.operations.sources.syntax import SourceText

# Folders of packages and caches: nobody's own source.
_NO_SOURCES = frozenset({"node_modules", "site-packages", "__pycache__"})
# Folders that hold tests, environments and builds as a rule; not if functions are found there.
_RARELY_SOURCES = frozenset(
    {"target", "dist", "build", "bin", "obj", "coverage", "venv", "env"}
    | {"test", "tests", "__tests__"}
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
    place: FilePlace
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
        mcp: The functions that clients of MCP use.
        functions: How many functions there are, whatever starts them.
    """

    root: Path
    triggers: list[HttpTrigger] = field(default_factory=list["HttpTrigger"])
    findings: list[Finding] = field(default_factory=list["Finding"])
    mcp: list[McpFunction] = field(default_factory=list["McpFunction"])
    functions: int = 0

    def report(self, rule: str, message: str, place: FilePlace) -> None:
        """Add a finding of a rule."""
        line, column = place.line, place.column
        self.findings.append(
            Finding.of(RULES[rule], message, path=place.path, line=line, column=column)
        )

    def add(self, trigger: HttpTrigger) -> None:
        """Add an HTTP trigger."""
        self.functions += 1
        self.triggers.append(trigger)

    def add_other(
        self,
        function: str,
        trigger_type: str,
        place: FilePlace,
        mcp_name: Callable[[str], str | None] = lambda _: "",
    ) -> None:
        """Note a function that something else than HTTP starts.

        Args:
            function: Its name.
            trigger_type: What starts it.
            place: Where that is declared.
            mcp_name: Returns the name of a `tool`, `resource` or `prompt`; empty if it has that of
                the function, None if it is no constant.
        """
        self.functions += 1
        mcp = re.fullmatch(r"mcp_?(tool|resource|prompt)(_?trigger)?", trigger_type, re.I)
        if mcp:
            kind = cast('Literal["tool", "resource", "prompt"]', mcp[1].lower())
            name = mcp_name(kind)
            self.mcp.append(
                McpFunction(
                    kind=kind,
                    name=function if name == "" else name,
                    function=function,
                    source=f"{place.path}:{place.line}",
                )
            )
            what = f"{function} is an MCP {mcp[1].lower()}"
            self.report("OP120", f"{what}: clients call it at /runtime/webhooks/mcp", place)
        else:
            self.report("OP106", f"{function} is started by {trigger_type}, not by HTTP", place)

    def display(self, path: Path) -> str:
        """Name a file of the project as the user would."""
        return path.as_posix()

    def read_text(self, path: Path) -> str | None:
        """Return the text of a file; a finding and None if it has none.

        Compilers take what editors of Windows write: UTF-16, and characters of an old code page,
        which are unknown here and become U+FFFD.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            self.report("OP102", f"cannot be read: {error}", FilePlace(self.display(path)))
            return None
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return data.decode("utf-16" if wide else "utf-8-sig", "replace")

    def read_json(self, path: Path) -> JsonFile | None:
        """Read a JSON object as the Functions host does; a finding and None if it is none."""
        text = self.read_text(path)
        if text is None:
            return None
        shown = self.display(path)
        try:
            document = JsonFile(shown, text, relaxed=True)
        except InputError as error:
            line, column = re.findall(r":(\d+)", (error.where or "").removeprefix(shown)) or (1, 1)
            self.report("OP102", error.problem, FilePlace(shown, int(line), int(column)))
            return None
        if isinstance(document.value, dict):
            return document
        self.report("OP102", "this is not a JSON object", document.place())
        return None

    def report_syntax(
        self, source: SourceText, bodies: Collection[str], matters: re.Pattern[bytes]
    ) -> bool:
        """Report the first place that a grammar cannot read; see `Source.errors`."""
        error = next(source.errors(bodies, matters), None)
        if error is None:
            return False
        self.report("OP102", "this cannot be parsed", source.place(error))
        return True

    def files(
        self,
        *suffixes: str,
        registers: re.Pattern[str],
        unlikely: re.Pattern[str] | None = None,
        generated: Callable[[Path], bool] = lambda _: False,
        known: Collection[Path] = (),
    ) -> Iterator[Path]:
        """Yield the project's own source files, without those of tests, tools and packages.

        What is left out because of its name, and yet has functions, gets a note.

        Args:
            suffixes: How the files end.
            registers: What the text of a file has that has functions.
            unlikely: Names of files that are left out, with a note if they have functions.
            generated: Whether a file is left out, because it is made of others.
            known: Files that are read in any case, so that no note is due.
        """
        noted: set[str] = set()
        for path, skipped in self._walk(self.root, ""):
            name = path.name
            if not name.endswith(suffixes) or generated(path):
                continue
            if unlikely and unlikely.search(name):
                skipped = skipped or path.relative_to(self.root).as_posix()
            if not skipped:
                yield path
            elif skipped not in noted and path not in known and registers.search(_glance(path)):
                noted.add(skipped)
                message = f"{skipped} has functions and is not read, because of its name"
                self.report("OP121", message, FilePlace(self.display(path)))

    def _walk(self, folder: Path, skipped: str) -> Iterator[tuple[Path, str]]:
        """Yield the files below a folder, and the folder because of which they do not count."""
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self.report("OP102", f"cannot be read: {error}", FilePlace(self.display(folder)))
            return
        for entry in entries:
            if not entry.is_dir():
                yield entry, skipped
            elif not (
                entry.name in _NO_SOURCES
                or entry.name.startswith(".")
                or entry.is_symlink()
                or (entry / "pyvenv.cfg").exists()
                or (entry / "host.json").exists()  # a project of its own
            ):
                rarely = entry.name in _RARELY_SOURCES
                shown = entry.relative_to(self.root).as_posix()
                yield from self._walk(entry, skipped or (shown if rarely else ""))


def _glance(path: Path) -> str:
    """Return the text of a file that is not read for good, whatever is wrong with it."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
