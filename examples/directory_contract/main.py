"""A team without any right in the directory, wired by the contract of the directory team.

`directory.json` is what `terraform output -json directory_contract` prints in the directory team's
stack (examples/split_privileges), or what the script of `secured-functions request` prints.
"""

from pathlib import Path

from constructs_lib import (
    DirectoryContract,
    ExistingIdentity,
    FunctionAppProps,
    Gateway,
    Runtime,
    SecuredFunctionApi,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct

CONTRACT = Path(__file__).with_name("directory.json")


class BillingStack(TerraformStack):
    """Billing, in a gateway and with a registration of other teams."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        contract = DirectoryContract.read(CONTRACT)
        caller = contract.caller("billing")
        gateway = Gateway.existing(
            self,
            "gateway",
            name="apim-contoso",
            resource_group_name="rg-platform",
            identity=ExistingIdentity(
                id="/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-platform"
                "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-apim-contoso",
                client_id=caller.client_id,
                principal_id=caller.object_id,
            ),
        )
        registration = contract.registration("billing")
        billing = SecuredFunctionApi(
            self,
            "billing",
            gateway=gateway,
            path="billing",
            operations=["GET /invoices/{number}"],
            function_app=FunctionAppProps(runtime=Runtime.node("22")),
            resource_group=ResourceGroup(self, "group", name="rg-billing", location="westeurope"),
            registration=registration,
        )
        add_outputs(
            self, gateway=gateway, tenant_id=registration.tenant_id, apis={"billing": billing}
        )


app = App()
BillingStack(app, "directory-contract")
app.synth()
