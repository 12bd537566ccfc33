"""Changes of who may call the function app."""

from __future__ import annotations

from tests.terraform.changes.change import Change, api_with, instead
from tests.terraform.changes.samples import ALICE, APP_ALONE, CALLER, IDENTITY, REGISTRATION

_SIGN_IN = {"application_id": f"/applications/{ALICE}", "identity": IDENTITY, "users": [ALICE]}


AROUND = APP_ALONE
CHANGES = [
    Change(
        setting="apis.*.unauthenticated_action",
        what="changed",
        after=api_with(unauthenticated_action="Return403"),
        does="in place",
    ),
    Change(
        setting="apis.*.allowed_tenants",
        what="added, changed, removed",
        after=api_with(allowed_tenants=[ALICE]),
        does="in place",
        lost="the app restarts",
    ),
    Change(
        setting="apis.*.allow_anonymous_paths.paths, reason",
        what="added, changed, removed",
        after=api_with(
            allow_anonymous_paths={"paths": ["/api/health"], "reason": "a probe calls it"}
        ),
        does="in place",
        lost="",
        lost_back="",
    ),
    Change(
        setting="apis.*.sign_in.application_id, identity, users",
        what="switched on",
        back="switched off",
        before=api_with(registration=instead(**REGISTRATION)),
        after=api_with(sign_in=_SIGN_IN),
        does="added",
        does_back="removed",
        lost_back="nobody signs in in a browser any more",
    ),
    Change(
        setting="apis.*.sign_in.users",
        what="changed",
        before=api_with(registration=instead(**REGISTRATION), sign_in=_SIGN_IN),
        after=api_with(sign_in={"users": [ALICE, CALLER["object_id"]]}),
        does="in place",
    ),
]
