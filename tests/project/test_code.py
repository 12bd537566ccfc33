"""The code reads as a list: no function is longer than a screen."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

LONGEST = 50
SAMPLE = '''
def f(
    a,
):
    """Say.

    More.
    """

    # why
    b = (
        a
    )
    return b
'''
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def test_no_body_is_longer_than_fifty_lines(repository):
    folder = repository / "constructs_lib"
    lengths = [
        (f"{file.relative_to(folder)}:{line}: {name}", length)
        for file in folder.rglob("*.py")
        for line, name, length in bodies(file)
    ]
    assert len(lengths) > 3000
    assert [(place, length) for place, length in lengths if length > LONGEST] == []


def test_a_body_is_measured_without_signature_docstring_comments_and_blanks(tmp_path):
    file = tmp_path / "module.py"
    body = "\n".join([f"    x{number} = 1\n\n    # why" for number in range(LONGEST)])
    file.write_text(f"{SAMPLE}\n\ndef g():\n{body}\n")
    assert [(name, length) for _, name, length in bodies(file)] == [("f", 4), ("g", LONGEST)]


def test_each_of_two_bodies_of_one_name_is_measured(tmp_path):
    file = tmp_path / "module.py"
    long = "\n".join(["        pass"] * (LONGEST + 1))
    first, second = (f"class {name}:\n    def f(self):\n" for name in "AB")
    file.write_text(f"{first}{long}\n\n{second}        pass\n")
    assert list(bodies(file)) == [(2, "f", LONGEST + 1), (LONGEST + 6, "f", 1)]


def bodies(file: Path) -> Iterator[tuple[int, str, int]]:
    """Where each function is, its name and the lines of code of its body.

    What lies between first and last line is counted only where there is more of it than allowed:
    to tell code from comments takes most of the time.
    """
    text = file.read_text(encoding="utf-8")
    code = None
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[ast.get_docstring(node) is not None :]
            if body:
                lines = range(body[0].lineno, (body[-1].end_lineno or 0) + 1)
                if len(lines) > LONGEST:
                    code = code or lines_of_code(text)
                    lines = code.intersection(lines)
                yield node.lineno, node.name, len(lines)


def lines_of_code(text: str) -> set[int]:
    """The lines on which something else is than comments and blanks."""
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in LAYOUT:
            code.update(range(token.start[0], token.end[0] + 1))
    return code
