"""An app whose one stack holds every type of resource that the library can make."""

import json
from pathlib import Path

from constructs_lib import (
    ApiVersion,
    AppIdentity,
    AppRegistration,
    DelegatedAccess,
    Diagnostics,
    FunctionAppProps,
    Gateway,
    GatewayIdentity,
    Hosting,
    Inbound,
    KeyVaultSecret,
    Monitoring,
    Operations,
    Placement,
    PrivateAccess,
    Product,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    SecuredMcpServer,
    SignIn,
    Slot,
    Source,
    add_azapi_provider,
    add_outputs,
    add_providers,
)

# isort: split
# After the library, which makes these imports fast.
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.log_analytics_workspace import LogAnalyticsWorkspace
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.user_assigned_identity import UserAssignedIdentity
from constructs import Construct

SUBNET = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-network"
    "/providers/Microsoft.Network/virtualNetworks/vnet/subnets/endpoints"
)
USER = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
ORDER = {"type": "object", "properties": {"id": {"type": "string"}}}
BODY = {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Stock", "version": "1"},
    "servers": [{"url": "https://stock.example/api"}],
    "paths": {
        "/items": {
            "post": {
                "operationId": "add-item",
                "requestBody": {"content": BODY},
                "responses": {"200": {"description": "OK"}},
            }
        }
    },
    "components": {"schemas": {"Order": ORDER}},
}


def policy(inbound: str) -> str:
    """A policy document with something before the inherited inbound part."""
    return (
        f"<policies><inbound>{inbound}<base /></inbound><backend><base /></backend>"
        "<outbound><base /></outbound><on-error><base /></on-error></policies>"
    )


class EveryType(TerraformStack):
    """Three kinds of hosting behind one gateway, with all that can be added to them."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        add_azapi_provider(self)
        group = ResourceGroup(self, "group", name="rg-every", location="westeurope")
        workspace = LogAnalyticsWorkspace(
            self,
            "workspace",
            name="log-every",
            resource_group_name=group.name,
            location=group.location,
        )
        identity = UserAssignedIdentity(
            self,
            "app-identity",
            name="id-every-app",
            resource_group_name=group.name,
            location=group.location,
        )
        gateway = Gateway(
            self,
            "gateway",
            resource_group=group,
            name="apim-every",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
            sku="Premium_1",
            identity=GatewayIdentity(user_assigned="id-every-gateway"),
            policy=(
                "<policies><inbound><set-header name='X-Gateway' exists-action='override'>"
                "<value>every</value></set-header></inbound><backend><forward-request /></backend>"
                "<outbound /><on-error /></policies>"
            ),
        )
        gateway.add_fragment(
            "shop",
            "<fragment><set-header name='X-Shop' exists-action='override'>"
            "<value>{{shop}}</value></set-header></fragment>",
        )
        stock_document = Path("stock.json")
        stock_document.write_text(json.dumps(DOCUMENT))

        orders = SecuredFunctionApi(
            self,
            "orders",
            gateway=gateway,
            path="orders",
            operations=["GET /orders", "DELETE /orders/{id}"],
            function_app=FunctionAppProps(
                runtime=Runtime.python("3.12"),
                hosting=Hosting.premium("EP1"),
                monitoring=Monitoring.new(workspace_id=workspace.id),
                slots=[Slot(name="staging")],
                inbound=Inbound.default_deny(
                    Source.address(gateway.public_ip_address, name="gateway")
                ),
            ),
            function_app_name="func-every-orders",
            version=ApiVersion(version="v1"),
            named_values={
                "shop": "contoso",
                "partner": KeyVaultSecret(
                    secret_id="https://kv-every.vault.azure.net/secrets/partner"
                ),
            },
            policy=policy("<include-fragment fragment-id='shop' />"),
            operation_policies={
                "delete-orders-id": policy("<rate-limit calls='5' renewal-period='60' />")
            },
            product=Product(
                id="shop",
                display_name="Shop",
                policy=policy("<rate-limit calls='100' renewal-period='60' />"),
            ),
            subscriptions=["partner"],
        )
        registration = AppRegistration(
            self,
            "billing-registration",
            display_name="billing",
            identifier_uri="api://{client_id}",
        )
        billing = SecuredFunctionApi(
            self,
            "billing",
            gateway=gateway,
            path="billing",
            operations=["GET /invoices/{number}"],
            registration=registration,
            function_app=FunctionAppProps(
                runtime=Runtime.dotnet_isolated("8.0"),
                hosting=Hosting.premium("EP1", os="Windows"),
                identity=AppIdentity.of(identity),
                slots=[Slot(name="staging")],
                private_access=PrivateAccess(subnet_id=SUBNET),
            ),
            function_app_name="func-every-billing",
            sign_in=SignIn(
                application_id=registration.application.id, identity=identity, users=[USER]
            ),
            diagnostics=Diagnostics(application_insights=orders.function_app.application_insights),
        )
        apis = {"orders": orders, "billing": billing}
        for mode in ("expand", "import"):
            apis[mode] = SecuredFunctionApi(
                self,
                f"stock-{mode}",
                gateway=gateway,
                path=f"stock-{mode}",
                operations=Operations.from_openapi(stock_document, mode=mode),
                function_app=FunctionAppProps(runtime=Runtime.node("22")),
                function_app_name=f"func-every-stock-{mode}",
                resource_group=Placement(name=group.name, location=group.location),
            )
        for name, tools in (("tools", {}), ("native", {"tools": ["GET /invoices/{number}"]})):
            SecuredMcpServer(
                self,
                name,
                gateway=gateway,
                path=name,
                function_app=billing.function_app,
                registration=registration,
                callers=DelegatedAccess(
                    clients={"code": "aebc6443-996d-45c2-90f0-388ff96faa56"}, users={"user": USER}
                ),
                **tools,
            )
        add_outputs(self, gateway=gateway, tenant_id=billing.registration.tenant_id, apis=apis)


if __name__ == "__main__":
    app = App()
    EveryType(app, "every-type")
    app.synth()
