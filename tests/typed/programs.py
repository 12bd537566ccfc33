"""What a user writes: the blocks of each page as one program, examples, and a written project."""

from __future__ import annotations

from pathlib import Path

from constructs_lib.init.project import Answers, project_files
from tests.docs.blocks import BLOCKS, ROOT
from tests.docs.pieces import STANDS_ON, preamble_of, stack_of

KINDS = Path(__file__).with_name("kinds_of_function_app.py")
# What the pieces of a stack are written in.
STACK = """\
from cdktf import App, TerraformStack

self = stack = TerraformStack(App(), "stack")
"""


def programs() -> dict[str, str]:
    """All of them, each by the path in which the type checkers shall see it."""
    files = {
        "tests/__init__.py": "",
        "tests/docs/__init__.py": "",
        "tests/docs/pieces.py": (ROOT / "tests/docs/pieces.py").read_text(),
        "tests/docs/blocks.py": (ROOT / "tests/docs/blocks.py").read_text(),
        "orders.py": stack_of("examples/recipe/main.py"),
        KINDS.name: KINDS.read_text(),
    }
    for page in sorted({block.page for block in BLOCKS if block.language == "python"}):
        files[module_of(page)] = program_of(page)
    for example in sorted((ROOT / "examples").glob("*/main.py")):
        files[f"example_{example.parent.name}.py"] = example.read_text()
    written = project_files(Answers(name="orders"))
    # The functions run elsewhere, with packages of their own.
    return files | {
        path: text
        for path, text in written.items()
        if path.endswith(".py") and not path.startswith("functions/")
    }


def module_of(page: str) -> str:
    name = page.removeprefix("docs/").removesuffix(".md")
    return f"page_{name.replace('/', '_').replace('-', '_').lower()}.py"


def program_of(page: str) -> str:
    preamble = preamble_of(page)
    before: list[str] = []
    if page in STANDS_ON:
        before.append(stack_of(STANDS_ON[page]))
    if preamble.exists():
        before += [STACK, preamble.read_text()]
    blocks = [b for b in BLOCKS if (b.page, b.language) == (page, "python")]
    return "\n".join([*before, *(f"# {block.place}\n{block.text}" for block in blocks)])
