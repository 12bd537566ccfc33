"""An MCP server on a function app: users of Visual Studio Code and one agent call its tools."""

from constructs_lib import (
    VISUAL_STUDIO_CODE,
    DelegatedAccess,
    FunctionAppProps,
    Gateway,
    Principal,
    Publisher,
    Runtime,
    SecuredMcpServer,
    add_outputs,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup
from constructs import Construct


class WeatherStack(TerraformStack):
    """Tools that tell the weather, behind a gateway that signs users in."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        add_providers(self)
        group = ResourceGroup(self, "group", name="rg-weather", location="westeurope")
        gateway = Gateway(
            self,
            "gateway",
            resource_group=group,
            name="apim-contoso-weather",
            publisher=Publisher(name="Contoso", email="api@contoso.example"),
            sku="BasicV2_1",
        )
        weather = SecuredMcpServer(
            self,
            "weather",
            gateway=gateway,
            path="weather",
            function_app=FunctionAppProps(runtime=Runtime.python("3.12")),
            callers=DelegatedAccess(
                clients={"vscode": VISUAL_STUDIO_CODE},
                users={"developers": "0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22"},
            ),
            agents=[
                Principal(
                    name="forecaster",
                    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
                    object_id="2d7a1c0e-8a54-4f0b-b2a1-9f3c5e7d6b18",
                )
            ],
        )
        add_outputs(
            self,
            gateway=gateway,
            tenant_id=weather.chain.registration.tenant_id,
            apis={"weather": weather},
        )


app = App()
WeatherStack(app, "mcp-server")
app.synth()
