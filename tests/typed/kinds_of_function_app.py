"""Each kind of function app has its exact type in a user's program: for type checkers only."""

from cdktf import TerraformStack
from cdktf_cdktf_provider_azurerm.function_app_flex_consumption import FunctionAppFlexConsumption
from cdktf_cdktf_provider_azurerm.linux_function_app import LinuxFunctionApp
from cdktf_cdktf_provider_azurerm.windows_function_app import WindowsFunctionApp
from typing_extensions import assert_type

from constructs_lib import (
    FunctionApp,
    FunctionAppProps,
    Gateway,
    OutsideFunctionApp,
    ProtectedFunctionApp,
    ProtectedOutsideApp,
    Runtime,
    SecuredFunctionApi,
)


def program(
    stack: TerraformStack,
    gateway: Gateway,
    linux: LinuxFunctionApp,
    windows: WindowsFunctionApp,
    flex: FunctionAppFlexConsumption,
) -> None:
    new = SecuredFunctionApi(
        stack,
        "new",
        gateway=gateway,
        path="new",
        operations=["GET /a"],
        function_app=FunctionAppProps(runtime=Runtime.python("3.12")),
    )
    assert_type(new.function_app, FunctionApp)
    new.function_app.resource.https_only = True
    adopted = SecuredFunctionApi(
        stack, "a", gateway=gateway, path="a", operations=["GET /a"], function_app=linux
    )
    assert_type(adopted.function_app, ProtectedFunctionApp[LinuxFunctionApp])
    assert_type(adopted.function_app.resource, LinuxFunctionApp)
    adopted.function_app.resource.https_only = True
    w = SecuredFunctionApi(
        stack, "w", gateway=gateway, path="w", operations=["GET /a"], function_app=windows
    )
    assert_type(w.function_app.resource, WindowsFunctionApp)
    f = SecuredFunctionApi(
        stack, "f", gateway=gateway, path="f", operations=["GET /a"], function_app=flex
    )
    assert_type(f.function_app.resource, FunctionAppFlexConsumption)
    f.function_app.resource.https_only = True
    outside = SecuredFunctionApi(
        stack,
        "o",
        gateway=gateway,
        path="o",
        operations=["GET /a"],
        function_app=OutsideFunctionApp(id="/subscriptions/…"),
    )
    assert_type(outside.function_app, ProtectedOutsideApp)
    again = SecuredFunctionApi(
        stack,
        "x",
        gateway=gateway,
        path="x",
        operations=["GET /b"],
        function_app=new.function_app,
        registration=new.registration,
    )
    assert_type(again.function_app, FunctionApp)
    extend(new)


def extend(orders: SecuredFunctionApi) -> None:
    orders.function_app.resource.https_only = True
