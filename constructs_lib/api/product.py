"""The product that an API is offered in, new or existing, and the product's policy."""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.api_management_product import ApiManagementProduct
from constructs import Construct

from constructs_lib._cdk.arguments import check_child_name, check_pattern, refuse
from constructs_lib.api.props import Product
from constructs_lib.gateway.references import GatewayReferences


def product_resource(
    scope: Construct, product: Product, *, gateway: GatewayReferences
) -> ApiManagementProduct:
    """Make the resource of a new product, to which only subscribers have access.

    Raises:
        InputError: For what azurerm 4.55 would refuse, and for a second product of the same id.
    """
    gateway.claim(scope, "product.id", "product", product.id)
    check_child_name(scope, "product.id", product.id)
    check_pattern(
        scope, "product.display_name", product.display_name or "", r"(?s).+", "a name for readers"
    )
    if product.approval_required and not (product.subscriptions_limit or 0) > 0:
        refuse(
            scope,
            "product.approval_required",
            "needs a limit of subscriptions",
            "set subscriptions_limit to 1 or more",
        )
    return ApiManagementProduct(
        scope,
        "product",
        product_id=product.id,
        display_name=product.display_name or "",
        description=product.description,
        **gateway.arguments,
        published=True,
        subscription_required=True,
        approval_required=product.approval_required if product.subscriptions_limit else None,
        subscriptions_limit=product.subscriptions_limit,
    )
