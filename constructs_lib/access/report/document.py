"""The report for programs: JSON, whose shape changes only together with its version."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from constructs_lib.access.records import Accepted, Answer
from constructs_lib.access.report.comparison import Change, Comparison
from constructs_lib.access.report.view import Door, View

VERSION = 1
"""Goes up when a key goes away or changes its meaning; new keys may come at any time."""


def document(view: View) -> str:
    """Return the report as JSON that ends with a newline."""
    analysis = view.analysis
    apps = (target.app for target in view.targets)
    content: dict[str, Any] = {
        "version": VERSION,
        "source": analysis.source,
        "summary": {
            "sentence": view.headline,
            "opened_by_mistake": view.count["open"],
            "closed_by_mistake": view.count["broken"],
            "unknown": view.count["unknown"],
            "weak": view.count["weak"],
            "accepted": view.count["accepted"],
            "as_it_should_be": view.count["right"],
        },
        "gateways": [asdict(each) for each in analysis.gateways],
        "apis": [asdict(each) for each in analysis.apis],
        "targets": [asdict(each) for each in apps],
        "registrations": [asdict(each) for each in analysis.registrations],
        "answers": [_door(door) for target in view.targets for door in target.doors],
        "findings": [each.as_json() for each in view.groups],
        "accepted": [accepted_as_json(each) for each in analysis.accepted],
        "comparison": _comparison(view.comparison) if view.comparison else None,
    }
    return json.dumps(content, indent=2) + "\n"


def accepted_as_json(accepted: Accepted) -> dict[str, Any]:
    """What was accepted, for programs: in the report and in the output of `check`."""
    finding = accepted.finding
    return {
        "rule": finding.rule,
        "path": finding.path,
        "line": finding.line,
        "address": finding.address,
        "attribute": finding.attribute,
        "message": finding.message,
        "reason": accepted.reason,
        "since": accepted.since.isoformat() if accepted.since else None,
    }


def _door(door: Door) -> dict[str, Any]:
    return {
        "id": door.id,
        **_answer(door.answer),
        "standing": door.standing,
        "accepted": door.accepted,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "target": {"stack": answer.target.stack, "address": answer.target.address},
        "caller": asdict(answer.caller),
        "verdict": answer.verdict,
        "status": answer.status,
        "reason": answer.reason,
        "address": answer.address,
        "attribute": answer.attribute,
        "path": answer.path,
        "line": answer.line,
        "rule": answer.rule,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "before": comparison.before,
        "opened": len(comparison.opened),
        "changes": [_change(change) for change in comparison.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "effect": change.effect,
        "before": _answer(change.before) if change.before else None,
        "after": _answer(change.after) if change.after else None,
    }
