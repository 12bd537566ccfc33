"""Azure Functions that only API Management can call: constructs for CDK for Terraform.

Importing it prepares the fast loading of provider bindings, and loads neither jsii nor a provider
until a construct is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from constructs_lib import _lazy_bindings
from constructs_lib._core.version import __version__ as __version__
from constructs_lib._lazy_bindings import collector

_lazy_bindings.switch_on()

# The public names and the module that each of them is imported from on first use.
_EXPORTS: dict[str, str] = {
    "AnonymousPaths": "function_app.easy_auth",
    "ApiVersion": "api.function_api",
    "AppIdentity": "function_app",
    "AppRegistration": "registration.app_registration",
    "AzapiUpdateResource": "_cdk.azapi",
    "CircuitBreaker": "api.backend",
    "Diagnostics": "api.diagnostics",
    "DirectoryContract": "registration.contract",
    "EasyAuth": "function_app.easy_auth",
    "ExistingGateway": "gateway.gateway",
    "ExistingIdentity": "gateway.gateway",
    "ExistingRegistration": "registration.app_registration",
    "Finding": "_core.findings",
    "FunctionApi": "api.function_api",
    "FunctionApp": "function_app",
    "FunctionAppProps": "function_app",
    "Gateway": "gateway.gateway",
    "GatewayIdentity": "gateway.gateway",
    "Hosting": "function_app",
    "Inbound": "function_app",
    "InputError": "_core.errors",
    "KeyVaultSecret": "api.named_value",
    "Monitoring": "function_app",
    "Operation": "operations",
    "Operations": "operations",
    "OutsideFunctionApp": "function_app.outside",
    "Placement": "_cdk.placement",
    "Principal": "registration.principal",
    "PrivateAccess": "function_app",
    "Product": "api.function_api",
    "ProtectedFunctionApp": "function_app",
    "ProtectedOutsideApp": "function_app.outside",
    "Publisher": "gateway.gateway",
    "Runtime": "function_app",
    "SecuredFunctionApi": "secured_function_api",
    "SignIn": "function_app.easy_auth",
    "Slot": "function_app",
    "Source": "function_app",
    "Storage": "function_app",
    "SubscriptionKey": "api.subscription_key",
    "TemplateParameter": "operations",
    "VirtualNetwork": "gateway.gateway",
    "accept": "_cdk.acceptance",
    "add_azapi_provider": "_cdk.azapi",
    "add_checks": "stack.terraform_checks",
    "add_contract": "registration.contract",
    "add_outputs": "stack.outputs",
    "add_providers": "stack.providers",
    "gateway_by_id": "gateway.by_id",
    "validate_access": "stack.validate_access",
}

# The same for type checkers and editors; tests/_lazy_bindings/test_exports.py compares the two.
if TYPE_CHECKING:
    from constructs_lib._cdk.acceptance import accept as accept
    from constructs_lib._cdk.azapi import AzapiUpdateResource as AzapiUpdateResource
    from constructs_lib._cdk.azapi import add_azapi_provider as add_azapi_provider
    from constructs_lib._cdk.placement import Placement as Placement
    from constructs_lib._core.errors import InputError as InputError
    from constructs_lib._core.findings import Finding as Finding
    from constructs_lib.api.backend import CircuitBreaker as CircuitBreaker
    from constructs_lib.api.diagnostics import Diagnostics as Diagnostics
    from constructs_lib.api.function_api import ApiVersion as ApiVersion
    from constructs_lib.api.function_api import FunctionApi as FunctionApi
    from constructs_lib.api.function_api import Product as Product
    from constructs_lib.api.named_value import KeyVaultSecret as KeyVaultSecret
    from constructs_lib.api.subscription_key import SubscriptionKey as SubscriptionKey
    from constructs_lib.function_app import AppIdentity as AppIdentity
    from constructs_lib.function_app import FunctionApp as FunctionApp
    from constructs_lib.function_app import FunctionAppProps as FunctionAppProps
    from constructs_lib.function_app import Hosting as Hosting
    from constructs_lib.function_app import Inbound as Inbound
    from constructs_lib.function_app import Monitoring as Monitoring
    from constructs_lib.function_app import PrivateAccess as PrivateAccess
    from constructs_lib.function_app import ProtectedFunctionApp as ProtectedFunctionApp
    from constructs_lib.function_app import Runtime as Runtime
    from constructs_lib.function_app import Slot as Slot
    from constructs_lib.function_app import Source as Source
    from constructs_lib.function_app import Storage as Storage
    from constructs_lib.function_app.easy_auth import AnonymousPaths as AnonymousPaths
    from constructs_lib.function_app.easy_auth import EasyAuth as EasyAuth
    from constructs_lib.function_app.easy_auth import SignIn as SignIn
    from constructs_lib.function_app.outside import OutsideFunctionApp as OutsideFunctionApp
    from constructs_lib.function_app.outside import ProtectedOutsideApp as ProtectedOutsideApp
    from constructs_lib.gateway.by_id import gateway_by_id as gateway_by_id
    from constructs_lib.gateway.gateway import ExistingGateway as ExistingGateway
    from constructs_lib.gateway.gateway import ExistingIdentity as ExistingIdentity
    from constructs_lib.gateway.gateway import Gateway as Gateway
    from constructs_lib.gateway.gateway import GatewayIdentity as GatewayIdentity
    from constructs_lib.gateway.gateway import Publisher as Publisher
    from constructs_lib.gateway.gateway import VirtualNetwork as VirtualNetwork
    from constructs_lib.operations import Operation as Operation
    from constructs_lib.operations import Operations as Operations
    from constructs_lib.operations import TemplateParameter as TemplateParameter
    from constructs_lib.registration.app_registration import AppRegistration as AppRegistration
    from constructs_lib.registration.app_registration import (
        ExistingRegistration as ExistingRegistration,
    )
    from constructs_lib.registration.contract import DirectoryContract as DirectoryContract
    from constructs_lib.registration.contract import add_contract as add_contract
    from constructs_lib.registration.principal import Principal as Principal
    from constructs_lib.secured_function_api import SecuredFunctionApi as SecuredFunctionApi
    from constructs_lib.stack.outputs import add_outputs as add_outputs
    from constructs_lib.stack.providers import add_providers as add_providers
    from constructs_lib.stack.terraform_checks import add_checks as add_checks
    from constructs_lib.stack.validate_access import validate_access as validate_access
else:
    __all__ = list(_EXPORTS)


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with collector.paused():
        value = getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
