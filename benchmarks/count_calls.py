"""Count the calls that a program makes to jsii's kernel for each API, and who makes them.

Every creation of a construct and every attribute read of one is a round trip to Node. Run as
`python benchmarks/count_calls.py [program]`, where the program is one of `benchmarks/programs`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import runpy
import sys
import tempfile
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

BENCHMARKS = Path(__file__).parent
REPOSITORY = BENCHMARKS.parent
Call = tuple[str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", nargs="?", default="library")
    program = BENCHMARKS / "programs" / f"{parser.parse_args().program}.py"
    sys.path.insert(0, str(REPOSITORY))
    import_module("constructs_lib")  # its engine makes the plain program quick too
    calls = Recorder()
    calls_of(program, 1, calls)  # loads what is loaded once
    few, many = calls_of(program, 1, calls), calls_of(program, 3, calls)
    print(f"{few.total()} calls with one API, {(many.total() - few.total()) / 2:g} for each more\n")
    more = Counter({call: (count - few[call]) / 2 for call, count in many.items()})
    for (kind, what, where), count in sorted(more.items(), key=lambda item: -item[1]):
        if count:
            print(f"{count:6g}  {kind:8} {what:60} {where}")


def calls_of(program: Path, apis: int, calls: Recorder) -> Counter[Call]:
    """Run the program in this process and return its calls."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        arguments, sys.argv = sys.argv, [str(program), str(apis), folder]
        calls.start()
        try:
            runpy.run_path(str(program))
        finally:
            sys.argv = arguments
        return calls.stop()


class Recorder:
    """Listens where jsii sends its requests."""

    def __init__(self) -> None:
        self._counter: Counter[Call] = Counter()
        self._listening = False

    def start(self) -> None:
        self._counter = Counter()
        if not self._listening:
            self._listening = True
            from jsii._kernel.providers.process import _NodeProcess

            send = _NodeProcess.send

            def recorded(process: Any, request: Any, response_type: Any) -> Any:
                self._counter[describe(request)] += 1
                return send(process, request, response_type)

            _NodeProcess.send = recorded  # type: ignore[method-assign]

    def stop(self) -> Counter[Call]:
        return self._counter


def describe(request: Any) -> Call:
    """What is asked of the kernel, and the line of the program or of the library that asks."""
    kind = type(request).__name__.removesuffix("Request").lower()
    name = getattr(request, "fqn", None)
    if name is None and hasattr(request, "objref"):
        name = request.objref.ref.rpartition("@")[0]
    member = getattr(request, "property", None) or getattr(request, "method", None)
    what = ".".join(part for part in ((name or "").rpartition(".")[2], member) if part)
    return kind, what, _caller(sys._getframe(2))


def _caller(frame: FrameType | None) -> str:
    while frame:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(REPOSITORY) and "site-packages" not in path.parts:
            return f"{path.relative_to(REPOSITORY)}:{frame.f_lineno} {frame.f_code.co_name}"
        frame = frame.f_back
    return "jsii"


if __name__ == "__main__":
    main()
