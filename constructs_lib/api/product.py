"""The product that an API is offered in, new or existing, and the product's policy."""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.api_management_product import ApiManagementProduct
from constructs import Construct, IConstruct

from constructs_lib._cdk.arguments import is_token, refuse
from constructs_lib._cdk.per_stack import stack_of
from constructs_lib.api.props import Product
from constructs_lib.gateway.references import GatewayReferences


def product_resource(
    scope: Construct, product: Product, *, gateway: GatewayReferences
) -> ApiManagementProduct:
    """Make the resource of a new product, to which only subscribers have access.

    Raises:
        InputError: For a second product of the same id.
    """
    gateway.claim(scope, "product.id", "product", product.id)
    made = gateway.products[product.id] = ApiManagementProduct(
        scope,
        "product",
        product_id=product.id,
        display_name=product.display_name or "",
        description=product.description,
        **gateway.arguments(scope),
        published=True,
        subscription_required=True,
        approval_required=product.approval_required if product.subscriptions_limit else None,
        subscriptions_limit=product.subscriptions_limit,
    )
    return made


def existing_product(scope: Construct, product_id: str, *, gateway: GatewayReferences) -> str:
    """Return the id of a product that another API or the stack makes, or that is there already.

    Raises:
        InputError: If the stack makes the gateway, which so has no product but those of the stack.
    """
    stack = stack_of(scope)
    made = gateway.products.get(product_id)
    if made and stack_of(made) is stack:
        return made.product_id
    if made or is_token(product_id) or not gateway.is_new or stack_of(gateway) is not stack:
        return product_id
    everything: list[IConstruct] = stack.node.find_all()
    own = [found for found in everything if isinstance(found, ApiManagementProduct)]
    found = next((product for product in own if product.product_id_input == product_id), None)
    if found is None:
        refuse(
            scope,
            "product.id",
            f"the stack makes the gateway, and no product {product_id!r} in it",
            "give product.display_name to make it here; or write the API, or the resource, that "
            "makes it before this one",
        )
    return found.product_id
