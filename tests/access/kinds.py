"""What is true of configurations that the analysis has to be right about, as tables of cases.

A case changes the sample chain, and says what has to be found:

    clean       nothing at all
    told        something, so that nobody is told that all is well
    warning     a warning or an error
    error       an error
    no error    nothing that fails the check
    SF123       that rule; `SF1 or SF2` one of them
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from constructs_lib.access import Analysis, analyse, read_stacks
from constructs_lib.access.report.view import View
from tests.access.samples import APP, Document, chain

Change = Callable[[Document], None]
Changes = Mapping[str, Any]
SURE = ("Only the gateway gets in.", "Nobody gets in.")

RESOURCE = f"resource.{APP}.orders"
SITE = f"{RESOURCE}.site_config"
AUTH = f"{RESOURCE}.auth_settings_v2"
DIRECTORY = f"{AUTH}.active_directory_v2"
GATEWAY = "azurerm_api_management"
API = f"resource.{GATEWAY}_api.orders"
POLICY = f"resource.{GATEWAY}_api_policy.orders.xml_content"
BACKEND = f"resource.{GATEWAY}_backend.orders"
REMOVED: Any = object()


@dataclass(frozen=True)
class Case:
    """One configuration and what is true of it.

    Attributes:
        proves: What it proves, which is the name of its test.
        expected: What has to be found.
        changes: Dotted paths in the sample, and what stands there instead.
        doors: The verdict for a kind of caller, several with `/` between them.
    """

    proves: str
    expected: str
    changes: Changes | Change
    doors: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return self.proves

    def document(self) -> Document:
        """The changed sample."""
        document = chain()
        if callable(self.changes):
            self.changes(document)
        else:
            for path, value in self.changes.items():
                put(document, path, value if value is REMOVED else copy.deepcopy(value))
        return document

    def check(self) -> None:
        """Analyse it, and see that what is true is said."""
        holds(analyse(read_stacks({"stack": self.document()})), self.expected, self.doors)


def holds(analysis: Analysis, expected: str, doors: Mapping[str, str] = {}) -> None:
    """See that an analysis says what is expected of it."""
    found = {each.rule for each in analysis.findings}
    severities = {each.severity for each in analysis.findings}
    headline = View(analysis).headline
    if expected == "clean":
        assert [each.message for each in analysis.findings] == []
    elif expected == "told":
        assert found
        assert headline not in SURE
    elif expected == "warning":
        assert severities & {"warning", "error"}, found
    elif expected == "error":
        assert "error" in severities, found
        assert headline not in SURE
    elif expected == "no error":
        assert "error" not in severities, [each.message for each in analysis.findings]
    else:
        assert found & set(expected.split(" or ")), found
        assert headline not in SURE
    for kind, verdicts in doors.items():
        seen = {
            each.verdict
            for each in analysis.answers
            if each.caller.kind == kind and each.target.slot_of is None
        }
        assert seen
        assert seen <= set(verdicts.split("/")), (kind, seen)


def put(document: Document, path: str, value: Any) -> None:
    """Put a value at a dotted path; what is between is made, and numbers are places in lists."""
    *steps, last = path.split(".")
    place: Any = document
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if value is REMOVED:
        del place[last]
    elif isinstance(place, list):
        place.insert(int(last), value)
    else:
        place[last] = value


def inbound(*statements: str, after: bool = True) -> str:
    """The sample's policy with further statements of the inbound section."""
    from tests.access.samples import policy

    text = "".join(statements)
    if after:
        return policy(inbound=text)
    return policy().replace("<inbound><base />", f"<inbound><base />{text}", 1)


def outbound(*statements: str) -> str:
    """The sample's policy with statements of the outbound section."""
    from tests.access.samples import policy

    text = "".join(statements)
    return policy().replace("<outbound><base />", f"<outbound><base />{text}", 1)
