"""What is committed installs anywhere and says the same thing everywhere."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# In two parts, so that this file does not find itself.
REGISTRIES = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "yarnpkg" + ".com"]
MACHINE_PATH = re.compile(r"(?<![\w.~${}:-])/(?:root|work|Users/\w+|home/(?!site/)\w+)/\w")

# The name that a package is imported by, where it is not the package's own.
# python-hcl2 raises the errors of lark, its parser.
IMPORT_NAMES = {
    "pyjwt": {"jwt"},
    "python-hcl2": {"hcl2", "lark"},
    "python-liquid": {"liquid"},
    "pyyaml": {"yaml"},
}


@pytest.fixture(scope="module")
def committed(repository: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no telling what is committed")
    paths = [repository / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="module")
def pyproject(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def pipfile(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "Pipfile").read_text())


@pytest.fixture(scope="module")
def lock(repository: Path) -> dict[str, Any]:
    return json.loads((repository / "Pipfile.lock").read_text())


@pytest.fixture(scope="module")
def package_lock(repository: Path) -> dict[str, Any]:
    return json.loads((repository / "package-lock.json").read_text())


# -- hosts and paths


@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_committed_file_names_a_package_registry(registry: str, committed: list[Path]) -> None:
    naming = [path for path in committed if registry.encode() in path.read_bytes()]
    assert naming == []


def test_no_committed_file_holds_the_path_of_a_machine(committed: list[Path]) -> None:
    found = [
        f"{path.name}: {match[0]}"
        for path in committed
        if path.suffix not in {".png", ".svg"}
        for match in MACHINE_PATH.finditer(path.read_text(errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize("folders", [("root", "x"), ("home", "me", "x"), ("Users", "me", "x")])
@pytest.mark.parametrize("before", ["", '"', "cd ", "(", "="])
def test_path_of_a_machine_would_be_found(before: str, folders: tuple[str, ...]) -> None:
    assert MACHINE_PATH.search(before + "/".join(["", *folders]))


def test_nothing_generated_is_committed(committed: list[Path]) -> None:
    generated = re.compile(r"\.tfstate|\.tfplan|\.terraform|cdktf\.out|__pycache__|node_modules/")
    assert [path for path in committed if generated.search(str(path))] == []


def test_python_lock_names_no_index(lock: dict[str, Any]) -> None:
    assert lock["_meta"]["sources"] == []
    packages = [p for category, group in lock.items() if category != "_meta" for p in group.items()]
    assert [name for name, package in packages if "index" in package] == []
    assert [name for name, package in packages if not package.get("hashes")] == []


def test_node_lock_names_no_registry(package_lock: dict[str, Any]) -> None:
    packages = package_lock["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    fetched = {name: p for name, p in packages.items() if name and not p.get("inBundle")}
    assert [name for name, package in fetched.items() if "integrity" not in package] == []


# -- agreement


def test_python_lock_has_what_the_pipfile_asks_for(
    pipfile: dict[str, Any], lock: dict[str, Any]
) -> None:
    categories = {"packages": "default", "dev-packages": "develop"}
    locked_categories = {categories.get(name, name) for name in pipfile}
    assert locked_categories == lock.keys() - {"_meta"}
    for category, wanted in pipfile.items():
        locked = lock[categories.get(category, category)]
        for name, specification in wanted.items():
            wish = (
                specification["version"] if isinstance(specification, dict) else specification
            ).replace("*", "")
            version = locked[canonicalize_name(name)]["version"].removeprefix("==")
            assert SpecifierSet(wish).contains(version), f"{name} {wish} is locked as {version}"


def test_node_lock_has_what_package_json_asks_for(
    repository: Path, package_lock: dict[str, Any]
) -> None:
    package = json.loads((repository / "package.json").read_text())
    root = package_lock["packages"][""]
    assert root["devDependencies"] == package["devDependencies"]
    assert root["engines"] == package["engines"]


def test_cli_and_library_of_cdktf_are_of_one_version(
    lock: dict[str, Any], package_lock: dict[str, Any]
) -> None:
    library = lock["default"]["cdktf"]["version"].removeprefix("==")
    assert package_lock["packages"]["node_modules/cdktf-cli"]["version"] == library


@pytest.fixture(scope="module")
def needs(pyproject: dict[str, Any]) -> list[Requirement]:
    """What the wheel asks for, with its extras; that of CDK Terrain has tests of its own."""
    project = pyproject["project"]
    optional = project["optional-dependencies"]
    extras = [text for name, texts in optional.items() if name != "terrain" for text in texts]
    return [Requirement(text) for text in [*project["dependencies"], *extras]]


def test_what_the_wheel_needs_is_what_the_tests_run_with(
    needs: list[Requirement], lock: dict[str, Any]
) -> None:
    locked = {**lock["default"], **lock["develop"]}
    for need in needs:
        version = locked[canonicalize_name(need.name)]["version"].removeprefix("==")
        assert need.specifier.contains(version), f"{need}, but {version} is locked"


def test_what_the_library_imports_is_declared(
    repository: Path, needs: list[Requirement], committed: list[Path]
) -> None:
    names = [canonicalize_name(need.name) for need in needs]
    declared = (IMPORT_NAMES.get(name, {name.replace("-", "_")}) for name in names)
    known = {*sys.stdlib_module_names, *chain(*declared), "constructs_lib"}
    undeclared = {
        f"{path.relative_to(repository)}: {module}"
        for path in committed
        if path.suffix == ".py" and path.is_relative_to(repository / "constructs_lib")
        for module in imported_modules(path)
        if module not in known
    }
    assert undeclared == set()


def imported_modules(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module.split(".")[0])
    return modules


def test_supported_versions_of_python_agree(repository: Path, pyproject: dict[str, Any]) -> None:
    project = pyproject["project"]
    supported = SpecifierSet(project["requires-python"])
    minors = [minor for minor in range(6, 30) if supported.contains(f"3.{minor}.1")]
    prefix = "Programming Language :: Python :: 3."
    assert [prefix + str(m) for m in minors] == [
        classifier for classifier in project["classifiers"] if classifier.startswith(prefix)
    ]
    search = (repository / "tools/find_python.sh").read_text()
    assert f"(3, {minors[0]}) <= sys.version_info[:2] <= (3, {minors[-1]})" in search
    assert pyproject["tool"]["pyright"]["pythonVersion"] == f"3.{minors[0]}"
    assert pyproject["tool"]["ruff"]["target-version"] == f"py3{minors[0]}"


def test_cdktf_does_not_call_home(repository: Path) -> None:
    settings = json.loads((repository / "cdktf.json").read_text())
    # Without an id of its own in the file cdktf makes one and writes it in.
    assert settings["projectId"]
    assert settings["sendCrashReports"] == "false"


@pytest.mark.parametrize("program", [".ci/run", "tools/find_python.sh"])
def test_programs_can_be_run(program: str, repository: Path) -> None:
    assert (repository / program).stat().st_mode & 0o111


def test_actions_of_the_workflow_are_pinned_by_commit(repository: Path) -> None:
    workflow = (repository / ".github/workflows/ci.yml").read_text()
    uses = re.findall(r"uses: (\S+)", workflow)
    assert uses
    assert [action for action in uses if not re.search(r"@[0-9a-f]{40}$", action)] == []
