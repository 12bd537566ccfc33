"""A function app that was made in the portal, taken over by Terraform and made secure.

The import blocks bring the app and its slot into the state: the plan imports and changes them, and
replaces nothing. Remove the two `import_from` lines after the first apply.
"""

from constructs_lib import Gateway, Inbound, SecuredFunctionApi, add_outputs, add_providers

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
from constructs import Construct

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-tickets"
APP_ID = f"{GROUP}/providers/Microsoft.Web/sites/func-contoso-tickets"


class TicketsStack(TerraformStack):
    """Tickets, whose function app is adopted."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        function_app = LinuxFunctionApp(
            self,
            "function",
            name="func-contoso-tickets",
            resource_group_name="rg-tickets",
            location="westeurope",
            service_plan_id=f"{GROUP}/providers/Microsoft.Web/serverFarms/plan-tickets",
            storage_account_name="stcontosotickets",
            storage_uses_managed_identity=True,
            identity=LinuxFunctionAppIdentity(type="SystemAssigned"),
            site_config=LinuxFunctionAppSiteConfig(
                application_stack=LinuxFunctionAppSiteConfigApplicationStack(python_version="3.12")
            ),
        )
        function_app.import_from(APP_ID)
        staging = LinuxFunctionAppSlot(
            self,
            "staging",
            name="staging",
            function_app_id=function_app.id,
            storage_account_name="stcontosotickets",
            storage_uses_managed_identity=True,
            site_config=LinuxFunctionAppSlotSiteConfig(),
        )
        staging.import_from(f"{APP_ID}/slots/staging")

        gateway = Gateway.existing(
            self, "gateway", name="apim-contoso", resource_group_name="rg-platform"
        )
        tickets = SecuredFunctionApi(
            self,
            "tickets",
            gateway=gateway,
            path="tickets",
            operations=["GET /tickets/{number}", "POST /tickets"],
            function_app=function_app,
            slots={"staging": staging},
            deployment=Inbound.default_deny(),
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=tickets.registration.tenant_id,
            apis={"tickets": tickets},
        )


app = App()
TicketsStack(app, "adopt-function-app")
app.synth()
