"""What stands on an app's allow-lists besides the identities of gateways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.access.chain import Chain
from constructs_lib.access.entra import any_same
from constructs_lib.access.links import AppLink, IdentityLink, key
from constructs_lib.access.terraform.values import Value


@dataclass(frozen=True, slots=True)
class AllowList:
    """What an app's allow-lists hold besides the gateways' identities.

    Attributes:
        further: Client id of each other application, and its object ids where they are known.
        applications: Those of them that no entry of `allowed_identities` belongs to.
        identities: Entries of `allowed_identities` that no application belongs to.
        strangers: Those of them that the registration's own client lets in, as its users.
    """

    further: list[tuple[Value, Sequence[Value] | None]]
    applications: list[Value]
    identities: list[Value]
    strangers: list[Value]


def allow_list(app: AppLink, chain: Chain, used: Iterable[IdentityLink]) -> AllowList:
    """The entries of an app's allow-lists, those of a gateway's identities set apart.

    Args:
        app: The app.
        chain: All links.
        used: Identities that policies use for calls of the app.
    """
    if app.directory is None:
        return AllowList([], [], [], [])
    # Identities of several stacks can read alike, so their ids tell them apart.
    known = {_told_apart(each): each for link in chain.gateways for each in link.identities}
    for identity in used:
        known.setdefault(_told_apart(identity), identity)
    applications = app.directory.values("allowed_applications")
    principals = app.directory.values("allowed_identities")
    own = [app.registration.client_id] if app.registration else []
    users = any(any_same((entry,), own) for entry in applications)
    rest = [each for each in applications if not any_same((each,), own)]
    left = principals
    half_applications = half_identities = 0
    for identity in known.values():
        by_client = [each for each in rest if any_same((each,), identity.client_ids)]
        by_object = [each for each in left if any_same((each,), identity.object_ids)]
        rest = [each for each in rest if each not in by_client]
        left = [each for each in left if each not in by_object]
        # Of an identity that is managed elsewhere one id may be known and both be listed.
        half_identities += bool(by_client and not by_object and not identity.object_ids)
        half_applications += bool(by_object and not by_client and not identity.client_ids)
    left = left[half_identities:]
    further: list[tuple[Value, Sequence[Value] | None]] = []
    waiting: list[Value] = []
    for entry in rest:
        principal = chain.principals.with_client_id(entry)
        if principal is None:
            waiting.append(entry)
            continue
        further.append((entry, principal.object_ids))
        left = [each for each in left if not any_same((each,), principal.object_ids)]
    waiting = waiting[half_applications:]
    # What is known by neither of its ids is paired in the order of the lists.
    paired = list(zip(waiting, left, strict=False))
    further += [(client_id, (object_id,)) for client_id, object_id in paired]
    alone = waiting[len(paired) :]
    further += [(client_id, None) for client_id in alone]
    left = left[len(paired) :]
    return AllowList(further, alone, [] if users else left, left if users else [])


def _told_apart(identity: IdentityLink) -> tuple[Any, ...]:
    return identity.record, *map(key, (*identity.client_ids, *identity.object_ids))
