"""Checks templates of Terraform: files that `templatefile` fills, with `%{ if }` and `%{ for }`.

What stands in the two branches of one `%{ if }` never stands in the document together, so each
branch is checked as a document of its own, once for each condition. Branches of other conditions
are not known then: nobody can say here which of them hold at the same time. The body of a
`%{ for }` is looked at once. Source: HCL's specification, "Template Directives".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding
from constructs_lib.policy.document_checks import Known, check
from constructs_lib.policy.element_checks import CheckScope
from constructs_lib.policy.model import MAXIMUM_DEPTH, AnyDocument
from constructs_lib.policy.reader import DocumentReader
from constructs_lib.policy.rules import RULES
from constructs_lib.policy.sources import Edit, MarkedText, interpreted, lines
from constructs_lib.policy.terraform import evaluated
from constructs_lib.policy.values import shortened

_DIRECTIVE = re.compile(r"%\{~?\s*(if|else|endif|for|endfor)\b(.*?)~?\}\Z", re.DOTALL)
_LINE = re.compile(r"(?<!%)%\{~?\s*(?:if|for|else|endif|endfor)\b[^}]*\}")
_MOST_CHARACTERS = 2_000_000
"""How much text is read for the branches of one file; beyond it they are checked less finely."""

Choice = Mapping[str, bool]
"""Which conditions hold, and which do not."""


@dataclass(eq=False)
class _If:
    """An `%{ if }` with its branches.

    Attributes:
        start: Where it starts.
        condition: The condition, without `!`.
        holds: What the condition is in the first branch.
        outer: The branches that it stands in: each the directive and whether it is the first.
        middle: Where `%{ else }` stands, if there is one.
        end: Where `%{ endif }` ends.
    """

    start: int
    condition: str
    holds: bool
    outer: tuple[tuple[_If, bool], ...]
    middle: tuple[int, int] | None = None
    end: int = 0

    def choice(self, first: bool) -> dict[str, bool] | None:
        """Return with which conditions a branch is there; None if there are none."""
        found: dict[str, bool] = {}
        for branch, is_first in (*self.outer, (self, first)):
            holds = branch.holds == is_first
            if found.setdefault(branch.condition, holds) != holds:
                return None
        return found


@dataclass
class _Token:
    start: int
    end: int
    kind: Literal["if", "else", "endif", "other", "value"]
    branch: _If | None = None


@dataclass
class _Template:
    """A template, in its parts.

    Attributes:
        text: The whole of it.
        tokens: What Terraform interprets in it.
        branches: The `%{ if }` in it.
    """

    text: str
    tokens: list[_Token] = field(default_factory=list[_Token])
    branches: list[_If] = field(default_factory=list[_If])

    def choices(self) -> Sequence[Choice]:
        """Return which conditions to assume, so that every branch is there once."""
        found: dict[frozenset[tuple[str, bool]], Choice] = {}
        covered: set[frozenset[tuple[str, bool]]] = set()
        for branch in self.branches:
            for first in (True, False) if branch.middle else (True,):
                choice = branch.choice(first)
                if choice is None:
                    continue
                found[frozenset(choice.items())] = choice
                if branch.outer:  # seen along with what stands in it
                    outer, is_first = branch.outer[-1]
                    covered.add(frozenset((outer.choice(is_first) or {}).items()))
        choices = [choice for key, choice in found.items() if key not in covered]
        if len(choices) * len(self.text) > _MOST_CHARACTERS:
            conditions = {branch.condition for branch in self.branches}
            choices = [dict.fromkeys(conditions, True), dict.fromkeys(conditions, False)]
        return choices or [{}]

    def edits(self, choice: Choice, *, others: bool | None, mark: str | None) -> Iterator[Edit]:
        """Yield what makes the template a document, if a choice holds.

        Args:
            choice: Which conditions hold.
            others: Whether other conditions hold; None to hide what depends on them.
            mark: What to put in the place of directives and what they leave out.
        """
        hidden = 0
        for token in self.tokens:
            if token.start < hidden:
                continue
            if token.kind == "value":
                yield token.start, token.end, evaluated(self.text[token.start : token.end])
                continue
            end = token.end
            branch = token.branch
            if branch is not None and token.kind == "else":
                end = branch.end
            elif branch is not None and token.kind == "if":
                holds = choice.get(branch.condition, others)
                if holds is None:
                    end = branch.end
                elif holds != branch.holds:
                    end = branch.middle[1] if branch.middle else branch.end
            yield token.start, end, mark
            hidden = end


def check_template(
    text: str,
    path: str,
    *,
    scope: CheckScope = "api",
    sku: str | None = None,
    known: Known | None = None,
) -> list[Finding]:
    """Return what is wrong with a template, whatever Terraform makes of it.

    Args:
        text: The text of the file.
        path: What to call it in messages.
        scope: Where the document is to stand.
        sku: SKU of the gateway, as for `check`.
        known: What there is to refer to.

    Raises:
        InputError: If it cannot be read, with line and column.
    """
    template = _parsed(lines(text), path)
    found: dict[tuple[object, ...], Finding] = {}  # in the order of the document
    choices = template.choices()
    problems: list[InputError] = []
    for choice in choices:
        try:
            document = _document(template, choice, path)
        except InputError as error:
            problems.append(error)
            continue
        for finding in check(document, scope=scope, sku=sku, known=known):
            key = (finding.rule, finding.line, finding.column, finding.message)
            found.setdefault(key, finding)
    if len(problems) == len(choices):
        raise problems[0]
    return sorted(found.values(), key=lambda each: each.line or 0)


def template_finding(text: str, path: str) -> Finding | None:
    """Return that a file seems to be a template; None if Terraform has no part in it.

    `%{ if … }` and the like stand in templates only, so that is an error: read as it is, the file
    is another document. A `${…}` may also be the file's own text.

    Args:
        text: The text of the file.
        path: What to call it in messages.
    """
    directive = _LINE.search(text)
    values = (span for span in interpreted(text) if span[1] - span[0] > len("$${"))
    span = directive.span() if directive else next(values, None)
    if span is None:
        return None
    start, end = span
    what = "a template of Terraform" if directive else "perhaps a template of Terraform"
    return Finding.of(
        RULES["SFP002"],
        f"the file is {what}: it holds {shortened(text[start:end])}",
        severity="error" if directive else "warning",
        fix="check it with `--templates`, which knows `${…}` and `%{ if … }`",
        path=path,
        line=text.count("\n", 0, start) + 1,
    )


def _document(template: _Template, choice: Choice, path: str) -> AnyDocument:
    """Return the document that a template is if a choice holds.

    What directives leave out is unknown, if that can be read: a mark in a tag or between sections
    cannot.
    """
    ways: Sequence[tuple[bool | None, str | None]] = ((None, None), (True, ""), (False, ""))
    problems: list[InputError] = []
    for others, mark in ways:
        try:
            edits = template.edits(choice, others=others, mark=mark)
            return DocumentReader(MarkedText(template.text, edits), path).read(resolvers=True)
        except InputError as error:
            problems.append(error)
    raise problems[0]


def _parsed(text: str, path: str) -> _Template:
    template = _Template(text)
    open_: list[tuple[_If | None, bool]] = []  # None for a `%{ for }`

    def refuse(problem: str, at: int, fix: str) -> InputError:
        return InputError(problem, where=f"{path}:{text.count(chr(10), 0, at) + 1}", fix=fix)

    for start, end in interpreted(text):
        directive = _DIRECTIVE.match(text[start:end])
        kind = directive.group(1) if directive else ""
        more = directive is not None and kind not in ("if", "for") and directive.group(2).strip()
        if more or (directive is None and text.startswith("%{", start)):
            raise refuse(
                f"Terraform has no directive {shortened(text[start:end])}",
                start,
                "write `%{ if … }`, `%{ else }`, `%{ endif }`, `%{ for … in … }` or `%{ endfor }`",
            )
        if directive is None:
            template.tokens.append(_Token(start, end, "value"))
        elif kind in ("if", "for"):
            if len(open_) == MAXIMUM_DEPTH:
                raise refuse("directives are nested too deeply", start, "nest fewer of them")
            branch = None
            if kind == "if":
                condition, holds = _condition(directive.group(2))
                outer = tuple((each, first) for each, first in open_ if each)
                branch = _If(start, condition, holds, outer)
                template.branches.append(branch)
            open_.append((branch, True))
            template.tokens.append(_Token(start, end, "if" if branch else "other", branch))
        else:
            branch, first = open_.pop() if open_ else (None, False)
            fits = {"else": branch and first, "endif": branch, "endfor": not branch and first}[kind]
            if not fits:
                missing = "for" if kind == "endfor" else "if"
                raise refuse(
                    f"`%{{ {kind} }}` has no `%{{ {missing} … }}`", start, "remove it, or open one"
                )
            if branch and kind == "else":
                branch.middle = (start, end)
                open_.append((branch, False))
                template.tokens.append(_Token(start, end, "else", branch))
            else:
                if branch:
                    branch.end = end
                template.tokens.append(_Token(start, end, "other"))
    if open_:
        branch, _ = open_[-1]
        kind, at = ("if", branch.start) if branch else ("for", text.find("%{"))
        raise refuse(f"a `%{{ {kind} … }}` is not closed", at, f"add `%{{ end{kind} }}`")
    return template


def _condition(source: str) -> tuple[str, bool]:
    """Return a condition without `!`, and whether it holds as it is written."""
    condition, holds = " ".join(source.split()), True
    while condition.startswith("!"):
        condition, holds = condition[1:].strip(), not holds
    if condition.startswith("(") and condition.endswith(")") and "(" not in condition[1:]:
        condition = condition[1:-1].strip()
    return condition, holds
