"""What somebody meets who holds a token that Entra issued for a registration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from constructs_lib.access import easy_auth, entra
from constructs_lib.access.chain import Chain
from constructs_lib.access.decision import Decision
from constructs_lib.access.entra import Token
from constructs_lib.access.links import ELSEWHERE, AppLink, RegistrationLink
from constructs_lib.access.records import CallerKind
from constructs_lib.access.terraform.values import Value, join, same, text_of

TOKEN_HOLDERS: tuple[tuple[CallerKind, str], ...] = (
    ("application", "another application or managed identity of the tenant"),
    ("application-with-role", "another application that has a role"),
    ("user", "a user of the tenant"),
    ("foreign", "an application of another tenant"),
)
"""Whoever may hold one without being named by the configuration: kind of caller and label."""


def accepted_registrations(chain: Chain, app: AppLink) -> list[RegistrationLink | None]:
    """The registrations whose tokens an app takes: its own, and those of further audiences."""
    found: list[RegistrationLink | None] = [app.registration]
    audiences = app.directory.values("allowed_audiences") if app.directory else []
    for audience in audiences if app.registration is not None else ():
        link = chain.registration_of_resource(audience)
        if link is None:
            own = join(["api://", app.registration.client_id]) if app.registration else None
            if same(audience, own):
                continue
            text = text_of(audience)
            link = RegistrationLink(ELSEWHERE + text, text, app.resource.stack, audience, None)
        if link not in found:
            found.append(link)
    return found


def met_by_unnamed(
    chain: Chain,
    app: AppLink,
    registration: RegistrationLink | None,
    kind: CallerKind,
    label: str,
    before: Sequence[Decision],
) -> Iterator[Decision]:
    """What somebody meets who asks for a token of a registration."""
    foreign, user = kind == "foreign", kind == "user"
    # Whoever signs in at the app has a token of the registration's own client.
    own = user and app.registration is not None and registration is app.registration
    clients = (app.registration.client_id,) if own and app.registration else ()
    token = Token(version=None, audience=None, client_ids=clients, foreign=foreign, user=user)
    # Another issuer knows nothing of the registration's assignments.
    if registration is not None and not easy_auth.issuer(app).outside:
        yield from entra.issue(
            chain,
            registration,
            (),
            who=label,
            refused=401,
            has_role=kind in ("application-with-role", "foreign"),
        )
        if foreign and registration.multi_tenant is False:
            yield Decision.closed(
                401,
                f"Entra issues tokens for {registration.name} in its own tenant only",
                registration.resource,
                attribute="sign_in_audience",
            )
        token = token._replace(
            version=registration.token_version,
            audience=entra.audience(registration, registration.client_id),
        )
    yield from before
    yield from easy_auth.easy_auth(app, token)


def met_by_named(
    chain: Chain,
    app: AppLink,
    registration: RegistrationLink,
    who: str,
    client_ids: Sequence[Value] | None,
    object_ids: Sequence[Value] | None,
    before: Sequence[Decision],
) -> list[Decision]:
    """What somebody meets with a token of a registration, whose ids are known."""
    token = Token(
        version=registration.token_version,
        audience=entra.audience(registration, registration.client_id),
        client_ids=client_ids,
        object_ids=object_ids,
    )
    return [
        *entra.issue(chain, registration, object_ids, who=who, refused=401),
        *before,
        *easy_auth.easy_auth(app, token),
    ]
