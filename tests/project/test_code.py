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
    found = {
        f"{file.relative_to(folder)}: {name}": length
        for file in folder.rglob("*.py")
        for name, length in bodies(file)
    }
    assert len(found) > 1000
    assert {place for place, length in found.items() if length > LONGEST} == set()


def test_a_body_is_measured_without_signature_docstring_comments_and_blanks(tmp_path):
    file = tmp_path / "module.py"
    file.write_text(SAMPLE)
    assert list(bodies(file)) == [("f", 4)]


def bodies(file: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of code of each function's body."""
    text = file.read_text(encoding="utf-8")
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in LAYOUT:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[ast.get_docstring(node) is not None :]
            if body:
                end = body[-1].end_lineno or 0
                yield node.name, len(code & set(range(body[0].lineno, end + 1)))
