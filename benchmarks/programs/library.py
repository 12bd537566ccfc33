"""The benchmark's stack, written with the constructs of this library."""
# ruff: noqa: I001 - constructs_lib makes bindings load fast, so it is imported before them

import sys

from constructs_lib import (
    FunctionAppProps,
    Gateway,
    Hosting,
    Publisher,
    Runtime,
    SecuredFunctionApi,
    add_providers,
)

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_azurerm.resource_group import ResourceGroup

app = App(outdir=sys.argv[2])
stack = TerraformStack(app, "benchmark")
add_providers(stack)
group = ResourceGroup(stack, "group", name="rg-benchmark", location="westeurope")
gateway = Gateway(
    stack,
    "gateway",
    resource_group=group,
    name="apim-benchmark",
    publisher=Publisher(name="Contoso", email="api@contoso.example"),
    sku="Standard_1",
)
for number in range(int(sys.argv[1])):
    SecuredFunctionApi(
        stack,
        f"api{number}",
        gateway=gateway,
        path=f"api{number}",
        operations=["GET /items/{id}", "POST /items"],
        function_app=FunctionAppProps(
            runtime=Runtime.python("3.12"), hosting=Hosting.consumption()
        ),
        function_app_name=f"func-benchmark-{number}",
    )
app.synth()
