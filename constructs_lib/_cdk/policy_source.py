"""How constructs take policies: as a document, a file or text; checked and written in one way.

Reader and checks are loaded by those who give a policy: they take longer than the rest together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import jsii
from cdktf import IResolveContext, IStringProducer, Lazy
from constructs import Construct

from constructs_lib._cdk.arguments import refuse
from constructs_lib._core.errors import InputError
from constructs_lib.policy import Base, Document, Fragment

if TYPE_CHECKING:
    from constructs_lib._core.findings import Finding

PolicySource = Document | Path | str
"""A document, the path of an XML file, or XML text (which starts with `<`)."""

PolicyScope = Literal["global", "product", "api", "operation"]


def read_policy(
    scope: Construct, argument: str, source: PolicySource | None, *, at: PolicyScope = "api"
) -> Document:
    """Return the document in `source`; for None one whose sections hold `<base />` alone.

    Raises:
        InputError: If the file or the text cannot be read, with file, line and column.
    """
    if source is None:
        return Document()
    found = _read(scope, argument, source)
    if isinstance(found, Fragment):
        refuse(
            scope, argument, "a fragment is not a policy document", "write <policies>…</policies>"
        )
    if at != "global":
        # A section that a file leaves out is to run what the scopes above say, not nothing.
        sections = found.sections()
        for name in found.absent:
            sections[name][:] = sections[name] or [Base()]
    return found


def at_synth(written: Callable[[], str]) -> str:
    """Return a text that `written` says at synth, so that what it says can change until then."""
    return Lazy.string_value(_Producer(written))


@jsii.implements(IStringProducer)
class _Producer:
    def __init__(self, written: Callable[[], str]) -> None:
        self._written = written

    def produce(self, context: IResolveContext) -> str:  # noqa: ARG002 - the interface has it
        return self._written()


def check_document(
    scope: Construct, argument: str, document: Document, *, at: PolicyScope, sku: str | None
) -> None:
    """Refuse a document that API Management would not accept at this scope.

    Raises:
        InputError: With every error of the document at once.
    """
    from constructs_lib.policy import check

    _refuse_errors(scope, argument, check(document, scope=at, sku=sku))


def read_fragment(
    scope: Construct, argument: str, source: Fragment | Path | str, *, sku: str | None
) -> Fragment:
    """Read and check a policy fragment.

    Raises:
        InputError: If it cannot be read or API Management would not accept it.
    """
    from constructs_lib.policy import check

    fragment = _read(scope, argument, source)
    if isinstance(fragment, Document):
        refuse(
            scope, argument, "a policy document is not a fragment", "write <fragment>…</fragment>"
        )
    # What counts is what will be written, not how large the file is.
    _refuse_errors(scope, argument, check(replace(fragment, size=None), scope="fragment", sku=sku))
    return fragment


def _read(
    scope: Construct, argument: str, source: Document | Fragment | Path | str
) -> Document | Fragment:
    if isinstance(source, (Document, Fragment)):
        return source
    from constructs_lib.policy import read, read_file

    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith("<"):
        return read(source, path=f"{scope.node.path}: {argument}")
    return read_file(Path(source))


def _refuse_errors(scope: Construct, argument: str, findings: list[Finding]) -> None:
    where = f"{scope.node.path}: {argument}"
    errors = [
        " ".join(filter(None, (_place(each, where), each.message, each.fix and f"({each.fix})")))
        for each in findings
        if each.severity == "error"
    ]
    if errors:
        raise InputError("; ".join(errors), where=where)


def _place(finding: Finding, where: str) -> str:
    """Where a finding is; of a text that was given as it is, the line and column alone."""
    if not finding.line:
        return ""
    path = "" if finding.path == where else f"{finding.path}:"
    return f"{path}{finding.line}:{finding.column}:"
