"""Rules of who may use the gateway and its identity (SF5xx)."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.access.callers import Calls
from constructs_lib.access.entra import any_same
from constructs_lib.access.rules.chapter import Breach, Chapter, visible_apps
from constructs_lib.access.terraform.configuration import Configuration, Resource
from constructs_lib.access.terraform.expressions import Value, same

CHAPTER = Chapter("Who may use the gateway")
_rule = CHAPTER.rule


_rule(
    "SF501",
    "error",
    "open",
    title="The gateway lets anybody through",
    reason="The chain proves to the function that the gateway calls; who calls the gateway is "
    "nobody's concern without a subscription key or a check in the policy, made before the "
    "gateway's own token takes the place of the caller's.",
    fix="Leave subscription_required at true, or add validate-jwt before authentication- "
    "managed-identity; or accept it with a reason.",
)


@_rule(
    "SF502",
    "warning",
    "open",
    title="Another resource has the gateway's identity",
    reason="Easy Auth knows the caller by its identity only: whoever runs code there, or signs in "
    "by the federated credential, calls the functions as if through the gateway.",
    fix="Keep the identity for the gateway alone, and list the other caller with its own.",
)
def _holders(calls: Calls) -> Iterator[Breach]:
    holding = list(_holding(calls.chain.configuration))
    for app in visible_apps(calls):
        if app.directory is None:
            continue
        calling = calls.gateways_of(app)
        own = [each.resource for each in calling]
        for identity in (each for gateway in calling for each in gateway.users):
            admitted = any_same(
                app.directory.values("allowed_applications"), identity.client_ids
            ) or any_same(app.directory.values("allowed_identities"), identity.object_ids)
            if not admitted or identity.id is None:
                continue
            for each, attribute, value in holding:
                if each not in own and value is not None and same(value, identity.id):
                    message = f"{each.address} can use {identity.record.name}, "
                    message += f"which {app.name} lets in as the gateway's"
                    yield Breach(each, attribute, message)


def _holding(configuration: Configuration) -> Iterator[tuple[Resource, str, Value]]:
    """Resources that can use an identity: they have it, or sign in as it."""
    for each in configuration.resources:
        if each.managed and "identity" in each.body:
            for block in configuration.body(each).blocks("identity"):
                for identity in block.values("identity_ids"):
                    yield each, "identity.identity_ids", identity
    for each in configuration.of_type("azurerm_federated_identity_credential"):
        # azurerm 4 says parent_id, later versions user_assigned_identity_id.
        for name in ("parent_id", "user_assigned_identity_id"):
            yield each, name, configuration.body(each).value(name)
