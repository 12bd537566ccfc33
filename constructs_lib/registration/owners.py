"""Who owns a registration: whoever made it, and those whom its settings name.

The right `Application.ReadWrite.OwnedBy` reaches only what the caller owns, and azuread takes the
caller from the owners of what it makes, unless they name it: without that, the service principal
of the new application is refused (403), and so is everything later. So its maker is an owner.

Who applies may be another the next time: a person, then a pipeline. If the owners followed whoever
applies, each plan of the other would want to change them. So the maker is remembered.

Source: azuread `azuread_application` and `azuread_service_principal`, "Ownership".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import TerraformResource, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_azuread.data_azuread_client_config import DataAzureadClientConfig
from constructs import Construct

from constructs_lib._cdk.per_stack import once_per_stack
from constructs_lib._cdk.remembered import remember


@dataclass(frozen=True)
class SignedIn:
    """Whom the azuread provider is signed in as, as references.

    Attributes:
        tenant_id: The tenant.
        object_id: The object id of the user or service principal.
    """

    tenant_id: str
    object_id: str


def signed_in(scope: Construct) -> SignedIn:
    """Return the identity that the azuread provider is signed in as, looked up once a stack."""
    return once_per_stack(scope, _look_up)


def _look_up(stack: TerraformStack) -> SignedIn:
    config = DataAzureadClientConfig(stack, "entra-client-config")
    return SignedIn(config.tenant_id, config.object_id)


def remember_maker(scope: Construct) -> TerraformResource:
    """Remember in the state who makes a registration, whoever applies later.

    `terraform apply -replace` of this resource hands the registration over to whoever applies then.
    """
    return remember(
        scope,
        "maker",
        {"object_id": signed_in(scope).object_id},
        TerraformResourceLifecycle(ignore_changes=["input"]),
    )


def owners_with(maker: TerraformResource, named: Sequence[str]) -> list[str]:
    """Return the object ids of the maker and of those named."""
    return [maker.get_string_attribute("output.object_id"), *named]
