"""A function app that the stack already has, and its slot, made secure in place.

The two resources keep their Terraform addresses: the plan changes them and replaces nothing.
"""

from constructs_lib import Gateway, Publisher, SecuredFunctionApi, add_outputs, add_providers

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.linux_function_app import (
    LinuxFunctionApp,
    LinuxFunctionAppIdentity,
    LinuxFunctionAppSiteConfig,
    LinuxFunctionAppSiteConfigApplicationStack,
)
from cdktf_cdktf_provider_azurerm.linux_function_app_slot import (
    LinuxFunctionAppSlot,
    LinuxFunctionAppSlotSiteConfig,
)
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from cdktf_cdktf_provider_azurerm.service_plan import ServicePlan
from constructs import Construct


class StockStack(TerraformStack):
    """Stock levels, whose function app was there before the gateway."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        group = ResourceGroup(self, "group", name="rg-stock", location="westeurope")
        plan = ServicePlan(
            self,
            "plan",
            name="plan-stock",
            resource_group_name=group.name,
            location=group.location,
            os_type="Linux",
            sku_name="EP1",
        )
        function_app = LinuxFunctionApp(
            self,
            "function",
            name="func-contoso-stock",
            resource_group_name=group.name,
            location=group.location,
            service_plan_id=plan.id,
            storage_account_name="stcontosostock",
            storage_uses_managed_identity=True,
            identity=LinuxFunctionAppIdentity(type="SystemAssigned"),
            site_config=LinuxFunctionAppSiteConfig(
                scm_ip_restriction_default_action="Deny",
                application_stack=LinuxFunctionAppSiteConfigApplicationStack(node_version="22"),
            ),
        )
        staging = LinuxFunctionAppSlot(
            self,
            "staging",
            name="staging",
            function_app_id=function_app.id,
            storage_account_name="stcontosostock",
            storage_uses_managed_identity=True,
            site_config=LinuxFunctionAppSlotSiteConfig(scm_ip_restriction_default_action="Deny"),
        )

        gateway = Gateway(
            self,
            "gateway",
            resource_group=group,
            name="apim-contoso-stock",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
        )
        stock = SecuredFunctionApi(
            self,
            "stock",
            gateway=gateway,
            path="stock",
            operations=["GET /levels/{article}"],
            function_app=function_app,
            slots={"staging": staging},
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=stock.registration.tenant_id,
            apis={"stock": stock},
        )


app = App()
StockStack(app, "existing-function-app")
app.synth()
