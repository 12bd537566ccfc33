"""Changes of the environment."""

from __future__ import annotations

from tests.terraform.changes.change import Change
from tests.terraform.changes.samples import WHOLE

AROUND = WHOLE
CHANGES = [
    Change(
        setting="location",
        what="changed",
        after={"location": "northeurope"},
        does="replaced",
        lost="everything, as no resource of Azure moves: make a new environment beside it",
    ),
    Change(
        setting="resource_group",
        what="changed",
        after={"resource_group": "rg-moved-{name}"},
        does="replaced",
        lost="everything: make a new environment beside it",
    ),
    Change(
        setting="tags",
        what="added, changed",
        back="removed",
        after={"tags": {"owner": "platform"}},
        does="in place",
    ),
    Change(
        setting="apis",
        what="an API added",
        back="an API removed",
        after={
            "apis": {
                "billing": {
                    "path": "billing",
                    "operations": ["GET /invoices"],
                    "function_app": {"name": "func-billing-{name}", "runtime": "python 3.12"},
                }
            }
        },
        does="added",
        does_back="removed",
        lost_back="that API, its function app and registration",
    ),
]
