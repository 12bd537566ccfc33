"""Leaving is quick, and loses nothing that a program wrote."""

from __future__ import annotations

import subprocess
import sys

CYCLE = """
import atexit, gc, sys
import constructs_lib
gc.disable()
class Holder: pass
holder = Holder()
holder.me = holder
holder.file = open(sys.argv[1], "w")
holder.file.write("kept")
del holder
atexit.register(print, "said at exit")
sys.exit(3)
"""


def run(program, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_text_in_a_file_that_only_a_cycle_keeps_is_written(tmp_path):
    path = tmp_path / "text"
    done = run(CYCLE, str(path))
    assert path.read_text() == "kept", done.stderr
    assert done.stdout == "said at exit\n"
    assert done.returncode == 3


def test_the_classes_of_bindings_are_not_taken_apart():
    leave = (
        "import atexit, gc, constructs_lib; atexit._run_exitfuncs(); print(gc.get_freeze_count())"
    )
    assert int(run(leave).stdout) > 1000
