"""How constructs take policies: as a document, a file or text; checked and written in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from constructs import Construct

from constructs_lib.checks import refuse
from constructs_lib.errors import InputError
from constructs_lib.policy import Document, check, read, read_file, write

PolicySource = Document | Path | str
"""A document, the path of an XML file, or XML text (which starts with `<`)."""

PolicyScope = Literal["global", "product", "api", "operation"]


def read_policy(scope: Construct, argument: str, source: PolicySource | None) -> Document:
    """Return the document in `source`; for None one whose sections hold `<base />` alone.

    Raises:
        InputError: If the file or the text cannot be read, with file, line and column.
    """
    if source is None:
        return Document()
    if isinstance(source, Document):
        return source
    if isinstance(source, str) and source.lstrip().startswith("<"):
        document = read(source, path=f"{scope.node.path}: {argument}")
    else:
        document = read_file(Path(source))
    if not isinstance(document, Document):
        refuse(
            scope, argument, "a fragment is no policy document", "put <policies> around sections"
        )
    return document


def check_document(
    scope: Construct, argument: str, document: Document, *, at: PolicyScope, sku: str | None
) -> None:
    """Refuse a document that API Management would not accept at this scope.

    Raises:
        InputError: With every error of the document at once.
    """
    errors = [
        finding for finding in check(document, scope=at, sku=sku) if finding.severity == "error"
    ]
    if errors:
        lines = [
            f"{finding.message}" + (f" ({finding.fix})" if finding.fix else "")
            for finding in errors
        ]
        raise InputError("; ".join(lines), where=f"{scope.node.path}: {argument}")


def policy_xml(
    scope: Construct, argument: str, source: PolicySource, *, at: PolicyScope, sku: str | None
) -> str:
    """Read, check and write a policy.

    Raises:
        InputError: If it cannot be read or API Management would not accept it.
    """
    document = read_policy(scope, argument, source)
    check_document(scope, argument, document, at=at, sku=sku)
    return write(document)
