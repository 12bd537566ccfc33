"""Every fenced block of every page is put to use: run, loaded, checked or compared."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from constructs_lib.access.baseline import read_baseline
from constructs_lib.init.project import Answers, project_files
from constructs_lib.stack.settings import read_environments
from tests.access.test_hcl import APP, CALL
from tests.access.test_hcl import project as write_hcl
from tests.docs import shell as docs_shell
from tests.docs.blocks import BLOCKS, PAGES, ROOT, Block, blocks_of, name_of
from tests.docs.pieces import PREAMBLES, STANDS_ON, preamble_of, stack_of
from tests.docs.walk_through import PAGE as WALK_THROUGH
from tests.simulation.chains import chain
from tests.terraform.providers import used_by_all


@dataclass(frozen=True)
class Room:
    """Where the blocks of a page are put to use: a project such as the pages suppose."""

    project: Path
    azure: Any

    def shell(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        where = [f"--cacert={self.azure.cafile}", *self.azure.connections()]
        environment[docs_shell.VERIFY_OPTIONS] = " ".join(["--time-limit=30", *where])
        return docs_shell.run(script, self.project, **environment)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A process of its own: App() writes to where jsii's kernel was started."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


# Command lines that end with another exit status than 0; each is the last of its block.
ENDS_WITH = {
    "secured-functions init .\n": 1,
    # The stack of these pages has no MCP server; tests/mcp_server/test_served.py calls one so.
    """--as-caller --stream-tool 'count:{"to": 5}'\n""": 2,
}


# What a block exports is there for the next one, as in one terminal.
TERMINAL = "trap 'export -p > ../exports' EXIT\nif test -f ../exports; then . ../exports; fi\n"


def run_commands(block: Block, room: Room) -> None:
    expected = next((code for line, code in ENDS_WITH.items() if block.text.endswith(line)), 0)
    done = room.shell(TERMINAL + block.text)
    assert done.returncode == expected, f"{block.place}: {done.returncode}\n{done.stdout}"


def load_yaml(block: Block, room: Room) -> None:
    """Steps of a GitHub workflow, or settings that stand in those of `dev`."""
    document = yaml.safe_load(block.text)
    if "repos" in document:
        hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        ids = {hook["id"] for repo in document["repos"] for hook in repo["hooks"]}
        assert ids <= {hook["id"] for hook in hooks}, block.place
        return
    if isinstance(document, list):
        run_steps(document, block, room)
        return
    path = room.project / "environments/dev.yaml"
    settings = merged(yaml.safe_load(path.read_text()), document)
    path.write_text(yaml.safe_dump(settings))
    assert read_environments(path.parent).keys() == {"dev", "prod"}


def merged(settings: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: merged(settings[key], value) if isinstance(value, dict) and key in settings else value
        for key, value in more.items()
    }
    return settings | both


def run_steps(steps: list[dict[str, Any]], block: Block, room: Room) -> None:
    for step in steps:
        assert ("run" in step) != ("uses" in step), f"{block.place}: {step}"
        if "run" in step:
            summary = room.project / "summary.md"
            done = room.shell(step["run"], GITHUB_STEP_SUMMARY=str(summary))
            assert done.returncode == 0, f"{block.place}: {done.stdout}"


def run_python(blocks: list[Block], room: Room) -> None:
    page = blocks[0].page
    {"README.md": run_program, "docs/testing.md": run_tests}.get(page, run_pieces)(blocks, room)


def run_pieces(blocks: list[Block], room: Room) -> None:
    """One after the other, as a reader would try them; what they construct is synthesized.

    Pieces of a stack have a preamble, which is what they stand in. Each of them gets a stack of its
    own, as they are not meant to stand beside each other.
    """
    preamble = preamble_of(blocks[0].page)
    names: dict[str, Any] = {"__name__": "page"}
    if not preamble.exists():
        for block in blocks:
            execute(block, names)
        return
    from cdktf import App, TerraformStack

    app = App(outdir=str(room.project / "pieces"))
    if example := STANDS_ON.get(blocks[0].page):
        exec(compile(stack_of(example), example, "exec"), names)
    for block in blocks:
        stack = TerraformStack(app, f"line-{block.line}")
        names |= {"stack": stack, "self": stack}
        exec(compile(preamble.read_text(), str(preamble), "exec"), names)
        execute(block, names)
    app.synth()
    done = room.shell("secured-functions check pieces")
    assert done.returncode == 0, f"{blocks[0].page}: {done.stdout}"


def execute(block: Block, names: dict[str, Any]) -> None:
    """Run it so that a traceback names the line of the page."""
    exec(compile("\n" * (block.line - 1) + block.text, block.page, "exec"), names)


def run_program(blocks: list[Block], room: Room) -> None:
    """The pieces are one program; a reader puts the second one above its last line."""
    program, *rest = [block.text for block in blocks]
    last = "app.synth()\n"
    assert program.endswith(last)
    main = room.project / "smallest.py"
    main.write_text(program.removesuffix(last) + "".join(rest) + last)
    shutil.rmtree(room.project / "cdktf.out")
    done = room.python(main.name)
    assert done.returncode == 0, done.stdout
    assert "rate-limit-by-key" in (room.project / "cdktf.out/stacks/orders/cdk.tf.json").read_text()
    done = room.shell("secured-functions check cdktf.out")
    assert done.returncode == 0, done.stdout


# What `from orders import OrdersStack` finds, besides the stack of examples/recipe.
ORDERS = """
from cdktf_cdktf_provider_azurerm.network_security_group import (
    NetworkSecurityGroup,
    NetworkSecurityGroupSecurityRule,
)


class OrdersStack(OrdersStack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        rule = NetworkSecurityGroupSecurityRule(
            name="https",
            priority=100,
            direction="Inbound",
            access="Allow",
            protocol="Tcp",
            source_address_prefix="Internet",
            source_port_range="*",
            destination_address_prefix="*",
            destination_port_range="443",
        )
        NetworkSecurityGroup(
            self,
            "rules",
            name="nsg-orders",
            location="westeurope",
            resource_group_name="rg-orders",
            security_rule=[rule],
        )
"""


def run_tests(blocks: list[Block], room: Room) -> None:
    """The page's conftest and tests, with pytest itself; then what it says to do without."""
    *tests, by_hand = blocks
    conftest = tests.pop(0)
    files = {
        "orders.py": stack_of("examples/recipe/main.py") + ORDERS,
        "conftest.py": "import constructs_lib\n" + conftest.text,
        "test_orders.py": "\n\n".join(block.text for block in tests),
    }
    for name, text in files.items():
        (room.project / name).write_text(text)
    offline = shutil.which("terraform") and Path(os.getenv("TF_CLI_CONFIG_FILE", "")).is_file()
    left_out = [] if offline else ["--deselect=test_orders.py::test_the_stack_applies"]
    with used_by_all():
        done = room.python(
            *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "test_orders.py"),
            *("--update-json-snapshots", *left_out),
        )
    count = sum(f"\n{block.text}".count("\ndef test_") for block in tests) - len(left_out)
    assert f"\n{count} passed" in done.stdout, done.stdout
    assert (room.project / "__snapshots__/test_orders/test_dev.json").exists()
    execute(by_hand, {})
    assert list((room.project / "cdktf.out/stacks/dev").glob("*.tftest.json"))


# Names under which what a page shows is kept, for the Python on it to read.
FILES = {
    "docs/guides/mcp-server.md": "host.json",
    "docs/guides/split-privileges.md": "directory.json",
}


def keep(block: Block, room: Room) -> None:
    json.loads(block.text)
    (room.project / FILES[block.page]).write_text(block.text)


def format_hcl(block: Block, room: Room) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the PATH")
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", "-"],
        input=block.text,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{block.place}: {done.stdout}{done.stderr}"


def sort_imports(block: Block, room: Room) -> None:
    """Ruff accepts the order that the engine needs with these settings, and not without them."""
    (room.project / "order.py").write_text(
        "import constructs_lib\nimport cdktf_cdktf_provider_azurerm\n"
    )
    (room.project / "pyproject.toml").write_text("")
    ruff = ("-m", "ruff", "check", "--no-cache", "--select=I", "order.py")
    assert room.python(*ruff).returncode == 1
    (room.project / "pyproject.toml").write_text(block.text)
    assert room.python(*ruff).returncode == 0, f"{block.place}: {room.python(*ruff).stdout}"


def read_toml(block: Block, room: Room) -> None:
    """A baseline, the configuration of the check beside one, or the settings of ruff."""
    if block.text.startswith("[[accepted]]"):
        baseline = room.project / "access-baseline.toml"
        baseline.write_text(block.text)
        assert len(read_baseline(baseline)) == 1
    elif block.text.startswith("[tool.secured-functions]"):
        (room.project / "pyproject.toml").write_text(block.text)
        done = room.shell("secured-functions check")
        assert done.returncode == 0, f"{block.place}: {done.stdout}"
        assert "access-baseline.toml: not found any more: SF101" in done.stdout
    else:
        sort_imports(block, room)


def wrong_settings(room: Room) -> str:
    path = room.project / "environments/dev.yaml"
    text = path.read_text()
    changed = text.replace("  sku:", "  skuu:").replace("- GET /orders/{id}", "- orders")
    assert changed != text
    path.write_text(changed)
    return room.python("main.py").stdout


def missing_answers(room: Room) -> str:
    docs_shell.write(room.project.parent / "bin/az", "exit 1\n")  # nobody is signed in
    done = room.shell("secured-functions init other --start existing-registration --yes")
    assert done.returncode == 2
    return done.stdout


def late_import(room: Room) -> str:
    name = "cdktf_cdktf_provider_azurerm"
    loading = "import os, sys; os.environ.pop('CONSTRUCTS_LIB_LAZY_BINDINGS', 0); "
    loading += f"sys.modules[{name!r}] = 0"
    return room.python("-c", f"{loading}; import constructs_lib").stdout


def failed_assertion(room: Room) -> str:
    from constructs_lib.testing import Synthesized

    app = {"orders_app_1A2B3C4D": {"https_only": False, "site_config": {}}}
    folder = room.project / "failing"
    folder.mkdir()
    (folder / "cdk.tf.json").write_text(
        json.dumps({"resource": {"azurerm_linux_function_app": app}})
    )
    expected = {"https_only": True, "site_config": {"http2_enabled": True}}
    with pytest.raises(AssertionError) as failed:
        Synthesized(folder).assert_has("azurerm_linux_function_app", expected)
    return f"{failed.value}\n"


def change_of_a_project(room: Room) -> str:
    """What `init` shows where the app has the lines that the page shows as context."""
    shutil.rmtree(room.project / "environments")
    (room.project / "main.py").write_text(
        '"""The network of the team."""\n\nfrom __future__ import annotations\n\n'
        "from cdktf import App, TerraformStack\n\n"
        'app = App()\nTerraformStack(app, "network")\napp.synth()\n'
    )
    shown = room.shell("secured-functions init . --ci none").stdout
    return shown.partition("--- main.py\n")[1] + shown.partition("--- main.py\n")[2]


def check_of_hcl(room: Room) -> str:
    """The module that the tests of HCL read, called twice, of which one takes plain HTTP."""
    folder = room.project / "estate"
    write_hcl(folder, main_tf=CALL, modules__app__main_tf=APP)
    (folder / "secured-functions.toml").write_text("")
    check = "secured-functions check . --rule SF402"
    done = room.shell(f"cd estate && {check}")
    assert done.returncode == 1, done.stdout
    shown = re.sub("SF402: .*", "SF402: …", done.stdout)
    return f"$ secured-functions check .\n{shown}"


def export(room: Room) -> str:
    return room.shell("secured-functions export dev modules/orders").stdout


# What is shown on a page is what is printed, from the first line on.
SHOWN: dict[tuple[str, str], Callable[[Room], str]] = {
    ("README.md", ""): wrong_settings,
    ("docs/guides/start-a-project.md", "text"): missing_answers,
    ("docs/guides/start-a-project.md", "diff"): change_of_a_project,
    ("docs/guides/check-existing-terraform.md", "text"): check_of_hcl,
    ("docs/guides/use-from-hcl.md", "text"): export,
    ("docs/performance.md", "text"): late_import,
    ("docs/testing.md", "text"): failed_assertion,
}


def compare(block: Block, room: Room) -> None:
    printed = SHOWN[block.page, block.language](room).replace(f"{room.project}/", "")
    assert printed[: len(block.text)].splitlines() == block.text.splitlines(), block.place


def each(use: Callable[[Block, Room], None]) -> Callable[[list[Block], Room], None]:
    def use_all(blocks: list[Block], room: Room) -> None:
        for block in blocks:
            use(block, room)

    return use_all


# How the blocks of a language are put to use, in this order.
LANGUAGES: dict[str, Callable[[list[Block], Room], None]] = {
    "json": each(keep),
    "sh": each(run_commands),
    "yaml": each(load_yaml),
    "toml": each(read_toml),
    "": each(compare),
    "text": each(compare),
    "diff": each(compare),
    "python": run_python,
    "hcl": each(format_hcl),
}
USED = [
    (name_of(page), language)
    for page in PAGES
    if page != WALK_THROUGH  # which has a test of its own
    for language in sorted({block.language for block in blocks_of(page)})
]

# Pages on which `cdktf.out` is that of the chain which the simulation's tests run.
RUN_LOCALLY = {"docs/guides/run-locally.md"}
# Pages whose commands are for a project that `secured-functions init` wrote.
WRITTEN_BY_INIT = {"docs/guides/continuous-integration.md"}


@pytest.mark.parametrize(("page", "language"), USED, ids=lambda value: str(value) or "output")
def test_blocks_of_a_page(
    page: str, language: str, project: Path, azure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    room = Room(project, azure)
    if page in WRITTEN_BY_INIT:
        for name, text in project_files(Answers(name="orders")).items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text)
    if page in RUN_LOCALLY:
        shutil.rmtree(project / "cdktf.out/stacks")
        (project / "cdktf.out/stacks/orders").mkdir(parents=True)
        (project / "cdktf.out/stacks/orders/cdk.tf.json").write_text(json.dumps(chain()))
    if language == "python":
        for block in BLOCKS:
            if block.page == page and block.language == "json":
                keep(block, room)
    LANGUAGES[language]([b for b in BLOCKS if (b.page, b.language) == (page, language)], room)


def test_nothing_is_kept_for_blocks_that_are_gone() -> None:
    """Preambles, stand-ins, exceptions and expectations belong to what is on a page."""
    pages = {(b.page, b.language) for b in BLOCKS if b.page != name_of(WALK_THROUGH)}
    shells = "".join(block.text for block in BLOCKS if block.language == "sh")
    assert {language for _, language in pages} == LANGUAGES.keys()
    assert SHOWN.keys() <= pages
    assert {(page, "json") for page in FILES} <= pages
    assert {(page, "sh") for page in WRITTEN_BY_INIT | RUN_LOCALLY} <= pages
    assert docs_shell.PLACEHOLDERS.keys() <= set(re.findall(r"<([a-z ]+)>", shells))
    for line in ENDS_WITH:
        assert line in shells
    for command in docs_shell.STAND_INS:
        assert command in shells or command == "az account show", command  # asked by init
    for preamble in PREAMBLES.rglob("*.py"):
        page = Path("docs") / preamble.relative_to(PREAMBLES).with_suffix(".md")
        assert (page.as_posix(), "python") in pages
