"""Changes of the registration and of its callers."""

from __future__ import annotations

from tests.terraform.changes.change import Change, api_with, instead
from tests.terraform.changes.samples import ALICE, CALLER, REGISTRATION, REGISTRATION_ALONE, WHOLE

AROUND = REGISTRATION_ALONE
CHANGES = [
    Change(
        setting="apis.*.registration.display_name",
        what="changed",
        after=api_with(registration={"display_name": "Orders of {name}"}),
        does="in place",
    ),
    Change(
        setting="apis.*.registration.owners",
        what="added",
        back="removed",
        after=api_with(registration={"owners": [ALICE]}),
        does="in place",
    ),
    Change(
        setting="apis.*.registration.role",
        what="changed",
        after=api_with(registration={"role": "Orders.Call"}),
        does="in place",
    ),
    Change(
        setting="apis.*.registration.identifier_uri",
        what="added",
        back="removed",
        after=api_with(registration={"identifier_uri": "api://{client_id}"}),
        does="added",
        does_back="removed",
    ),
    Change(
        setting="apis.*.registration",
        what="new to existing",
        back="existing to new",
        around=WHOLE,
        after=api_with(registration=instead(**REGISTRATION)),
        does="removed",
        does_back="added",
        lost="calls fail from the change of Easy Auth to that of the policy, some seconds later",
    ),
    Change(
        setting="apis.*.registration.callers",
        what="added, changed, removed",
        before=api_with(registration=instead(**REGISTRATION)),
        after=api_with(registration={"callers": [CALLER]}),
        does="nothing",
    ),
    Change(
        setting="apis.*.further_callers.*.name",
        what="changed",
        before=api_with(further_callers=[CALLER]),
        after=api_with(further_callers=[{**CALLER, "name": "shop"}]),
        does="removed",
        races=True,
        races_back=True,
        lost="that caller is refused while its role is assigned anew, which may take a second "
        "apply; name the old name `formerly`",
    ),
    Change(
        setting="apis.*.further_callers.*.formerly",
        what="added, with another name",
        back="taken out, with the old name",
        before=api_with(further_callers=[CALLER]),
        after=api_with(further_callers=[{**CALLER, "name": "shop", "formerly": "partner"}]),
        does="nothing",
        does_back="removed",
        races_back=True,
        lost_back="that caller is refused while its role is assigned anew, which may take a second "
        "apply; name the name `formerly` that it has until then",
    ),
    Change(
        setting="apis.*.further_callers.*.formerly",
        what="taken out later",
        before=api_with(further_callers=[{**CALLER, "name": "shop", "formerly": "partner"}]),
        after=api_with(further_callers=[{**CALLER, "name": "shop"}]),
        does="nothing",
    ),
]
