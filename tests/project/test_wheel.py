"""Wheel and sdist hold the library, whole and alone, and are the same bytes on every machine."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

# What is no Python, and would be missed only when it is used.
ASSETS = {
    "constructs_lib/py.typed",
    "constructs_lib/_lazy_bindings/node.cjs",
    "constructs_lib/init/templates/github.yml.tmpl",
    "constructs_lib/access/report/page.css",
    "constructs_lib/access/report/page.js",
    "constructs_lib/access/report/page.html.j2",
}


def test_wheel_holds_the_whole_library_and_nothing_else(repository: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    library = {
        str(path.relative_to(repository))
        for path in (repository / "constructs_lib").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == library
    assert packed >= ASSETS


def test_sdist_holds_no_tests_and_no_environments(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        tops = {Path(name).parts[1] for name in archive.getnames() if len(Path(name).parts) > 1}
    packaging = {"PKG-INFO", "pyproject.toml", ".gitignore"}
    assert tops - packaging == {"constructs_lib", "README.md", "CHANGELOG.md", "LICENSE"}


def test_wheel_is_of_the_version_that_the_library_says(wheel: Path) -> None:
    from constructs_lib import __version__

    assert wheel.name.startswith(f"secured_functions-{__version__}-")


def copy(repository: Path, target: Path, mode: int, time: int) -> Path:
    """Copy what is built from, with other permissions and times than it has here."""
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "constructs_lib", target / "constructs_lib", ignore=left_out)
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore"):
        shutil.copy(repository / name, target)
    for path in target.rglob("*"):
        path.chmod(0o777 & ~mode if path.is_dir() else 0o666 & ~mode)
        os.utime(path, (time, time))
    return target


def test_two_builds_are_the_same_bytes(
    repository: Path, tmp_path: Path, run_outside: Callable[..., object]
) -> None:
    def build(clone: Path, umask: int, **variables: str) -> dict[str, bytes]:
        before = os.umask(umask)
        try:
            done = run_outside(
                sys.executable, "-m", "build", "--no-isolation", "--outdir", clone / "dist", clone,
                folder=tmp_path, SOURCE_DATE_EPOCH="1700000000", **variables,
            )  # fmt: skip
        finally:
            os.umask(before)
        assert done.returncode == 0, done.stdout + done.stderr
        return {path.name: path.read_bytes() for path in (clone / "dist").iterdir()}

    here = copy(repository, tmp_path / "a", 0o022, 1_600_000_000)
    there = copy(repository, tmp_path / "another/and-deeper", 0o077, 1_750_000_000)
    first = build(here, 0o022, TZ="UTC", PYTHONHASHSEED="1", LC_ALL="C")
    second = build(there, 0o077, TZ="Asia/Tokyo", PYTHONHASHSEED="2", LC_ALL="C.UTF-8")
    assert [path.rpartition(".")[2] for path in sorted(first)] == ["whl", "gz"]
    assert first == second
