"""`secured-functions policy`: check and format policy files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from constructs_lib._core.findings import FORMATS
from constructs_lib.cli._help import Commands, Help
from constructs_lib.cli._options import FINDINGS, format_of

if TYPE_CHECKING:
    from constructs_lib._core.errors import InputError
    from constructs_lib._core.findings import Finding, Format
    from constructs_lib.policy import AnyDocument, Known
    from constructs_lib.policy.element_checks import CheckScope

SCOPES = ("global", "workspace", "product", "api", "operation")


def register(commands: Commands) -> None:
    """Add `policy check` and `policy format`."""
    group = Help(
        purpose="Check and format policy files of API Management.",
        examples=[
            "secured-functions policy check policies/*.xml",
            "secured-functions policy format policies/*.xml",
        ],
        found="errors, or with --check or --diff a file that would change",
    ).command(commands, "policy")
    policy = group.add_subparsers(metavar="COMMAND", required=True)
    _add_check(policy)
    _add_format(policy)


def _add_check(policy: Commands) -> None:
    check = Help(
        purpose="Tell what API Management would refuse, and what goes wrong later.",
        examples=[
            "secured-functions policy check policies/*.xml --sku Developer_1",
            "secured-functions policy check policies/gateway.xml --scope global",
            "secured-functions policy check policies/orders.xml --stack cdktf.out",
        ],
        done="no errors",
        found="errors",
    ).command(policy, "check")
    check.add_argument(
        "files", nargs="+", metavar="FILE", help="policy file; - is the standard input"
    )
    check.add_argument(
        "--scope",
        choices=SCOPES,
        help="where the files stand (default: api; for a file that looks like the policy of the "
        "whole service: global)",
    )
    check.add_argument("--sku", help="SKU of the gateway, such as Developer_1")
    check.add_argument(
        "--templates",
        action="store_true",
        help="the files are templates of Terraform: ${…} and %%{…} are not known yet",
    )
    for option, what in (
        ("--named-value", "named value"),
        ("--backend", "backend"),
        ("--fragment", "policy fragment"),
    ):
        check.add_argument(
            option,
            action="append",
            metavar="NAME",
            help=f"a {what} that there is; if given, any other is an error",
        )
    check.add_argument(
        "--stack",
        type=Path,
        metavar="PATH",
        help="Terraform that defines named values, backends and fragments: what check takes",
    )
    check.add_argument(
        "--format",
        choices=FORMATS,
        help="kind of output (default: what the name of FILE ends with, or else text)",
    )
    check.add_argument("--output", type=Path, metavar="FILE", help="write the findings there")
    check.set_defaults(run=run_check)


def _add_format(policy: Commands) -> None:
    form = Help(
        purpose="Rewrite policy files as canonical XML.",
        examples=[
            "secured-functions policy format policies/*.xml",
            "secured-functions policy format policies/*.xml --check",
        ],
        found="with --check or --diff: a file would change",
    ).command(policy, "format")
    form.add_argument(
        "files", nargs="+", metavar="FILE", help="policy file; - is standard input to output"
    )
    form.add_argument("--check", action="store_true", help="only tell which files would change")
    form.add_argument("--diff", action="store_true", help="only show what would change")
    form.set_defaults(run=run_format)


def run_check(options: argparse.Namespace) -> int:
    """Check the files and write the findings."""
    from constructs_lib._core.azure_names import SKU
    from constructs_lib._core.errors import InputError
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib._core.findings import fails, render
    from constructs_lib.policy.rules import RULES

    if options.sku is not None and not SKU.allows(options.sku):
        raise InputError(f"--sku: there is no SKU {options.sku!r}", fix=SKU.rule)
    form: Format = options.format or format_of(options.output, FINDINGS, "text")
    known = _known(options)
    findings: list[Finding] = []
    unreadable = False
    for file in options.files:
        try:
            findings += _findings(file, options, known)
        except InputError as error:
            unreadable = True
            findings.append(_unreadable(file, error))
    shown = render(findings, form, rules=RULES.values(), subjects=options.files)
    if options.output:
        write_whole(options.output, shown)
    else:
        sys.stdout.write(shown)
    return 2 if unreadable else int(fails(findings))


def run_format(options: argparse.Namespace) -> int:
    """Format the files, or show what would change."""
    from constructs_lib._core.errors import InputError
    from constructs_lib._core.files.writing import write_whole
    from constructs_lib.policy.formatting import formatted

    changed = unreadable = False
    for file in options.files:
        try:
            before = _text(file)
            after = formatted(before, file)
        except InputError as error:
            unreadable = True
            print(f"secured-functions: {error}", file=sys.stderr)
            continue
        changed = changed or after != before
        if options.diff:
            sys.stdout.writelines(_diff(file, before, after))
        elif options.check:
            if after != before:
                print(f"{file}: would be formatted")
        elif file == "-":
            reconfigure = getattr(sys.stdout, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(encoding="utf-8")  # as a file would be written
            sys.stdout.write(after)
        elif after != before:
            write_whole(Path(file), after)
            print(f"{file}: formatted")
    if unreadable:
        return 2
    return int(changed and (options.check or options.diff))


def _diff(file: str, before: str, after: str) -> Iterator[str]:
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in unified_diff(*lines, file, f"{file} (formatted)"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _known(options: argparse.Namespace) -> Known:
    """Return what there is to refer to, by the options and the stack together."""
    from constructs_lib.access import read_terraform
    from constructs_lib.access.defined import defined
    from constructs_lib.policy import Known

    names = Known(
        named_values=options.named_value, backends=options.backend, fragments=options.fragment
    )
    if options.stack is None:
        return names
    stack = defined(read_terraform(options.stack))

    def both(there: Collection[str] | None, named: Collection[str] | None) -> set[str] | None:
        return None if there is None else {*there, *(named or ())}

    return Known(
        named_values=both(stack.named_values, names.named_values),
        backends=both(stack.backends, names.backends),
        fragments=both(stack.fragments, names.fragments),
    )


def _text(file: str) -> str:
    """Return the text of a file, as it is."""
    from constructs_lib.policy.reader import decoded, file_text

    return decoded(sys.stdin.buffer.read(), file) if file == "-" else file_text(file)


def _findings(file: str, options: argparse.Namespace, known: Known) -> list[Finding]:
    """Return what is wrong with a file.

    Raises:
        InputError: If it cannot be read.
    """
    from constructs_lib._core.errors import InputError
    from constructs_lib._core.findings import Finding, fails
    from constructs_lib.policy import check, read
    from constructs_lib.policy.rules import RULES
    from constructs_lib.policy.templates import check_template, template_finding

    text = _text(file)
    if options.templates:
        scope = options.scope or "api"
        found = check_template(text, file, scope=scope, sku=options.sku, known=known)
        return found if options.scope else list(_with_scope(found))
    template = template_finding(text, file)
    if template and template.severity == "error":
        return [template]
    try:
        document = read(text, file, resolvers=True)
    except InputError as error:
        if template is None:
            raise
        fix = "; ".join(filter(None, (error.fix, f"if Terraform fills the file, {template.fix}")))
        raise InputError(error.problem, where=error.where, fix=fix) from None
    guessed = None if options.scope else _guessed_scope(document)
    found = check(document, scope=options.scope or guessed or "api", sku=options.sku, known=known)
    if guessed:
        rule, why, whose, fix = _GUESSES[guessed]
        found.append(
            Finding.of(
                RULES[rule],
                f"{why}, so this is taken for the policy of {whose}",
                fix=f"say so with --scope {guessed}; {fix}",
                severity="note",
                path=file,
            )
        )
    elif not options.scope:
        found = list(_with_scope(found))
    if template and not fails(found):
        template = replace(template, severity="note")
    return [*found, template] if template else found


_GUESSES: dict[CheckScope, tuple[str, str, str, str]] = {
    "global": (
        "SFP402",
        "no section has <base />",
        "the whole service",
        "to keep what wider scopes say, put <base /> first in each section",
    ),
    "product": (
        "SFP103",
        "it holds a policy that products alone may have",
        "a product",
        "for an API or operation, remove it",
    ),
}
"""Scopes that a file itself tells: the rule, what tells it, whose policy it is, what to do."""


def _guessed_scope(document: AnyDocument) -> CheckScope | None:
    """The scope that a file tells, if it is not that of an API.

    That of the whole service forwards requests itself and leaves nothing to a scope above.
    """
    from constructs_lib.policy.composition import elements
    from constructs_lib.policy.model import Document
    from constructs_lib.policy.reference import POLICIES

    if not isinstance(document, Document):
        return None
    names = {each.name for each in elements(document)}
    scopes = [POLICIES[name].scopes for name in names if name in POLICIES]

    def fits(scope: CheckScope) -> bool:
        return all(scope in each for each in scopes)

    if "forward-request" in names and "base" not in names and fits("global"):
        return "global"
    return "product" if fits("product") and not fits("api") else None


def _with_scope(found: Iterable[Finding]) -> Iterator[Finding]:
    """Let what holds at some scopes only say how to name the scope."""
    for each in found:
        at_another = each.rule in ("SFP103", "SFP402")
        fix = f"{each.fix}, or say with --scope where the file stands (api if left out)"
        yield replace(each, fix=fix) if at_another else each


def _unreadable(file: str, error: InputError) -> Finding:
    from constructs_lib._core.findings import Finding
    from constructs_lib.policy.rules import RULES

    numbers = [int(part) for part in (error.where or "").removeprefix(file).split(":") if part]
    line, column, *_ = (*numbers, None, None)
    return Finding.of(
        RULES["SFP001"],
        error.problem,
        fix=error.fix or "",
        path=file,
        line=line,
        column=column,
    )
