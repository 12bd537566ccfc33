"""Azure Functions that only API Management can call: constructs for CDK for Terraform.

Importing it switches on `constructs_lib.engine`, and loads neither jsii nor a provider until a
construct is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from constructs_lib import engine
from constructs_lib._version import __version__ as __version__
from constructs_lib.engine import collector

engine.switch_on()

# The public names and the module that each of them is imported from on first use.
_EXPORTS: dict[str, str] = {
    "AnonymousPaths": "easy_auth",
    "ApiVersion": "function_api",
    "AppIdentity": "function_app",
    "AppRegistration": "app_registration",
    "AzapiUpdateResource": "azapi",
    "CircuitBreaker": "api_backend",
    "Diagnostics": "api_diagnostics",
    "DirectoryContract": "directory_contract",
    "EasyAuth": "easy_auth",
    "ExistingGateway": "gateway",
    "ExistingIdentity": "gateway",
    "ExistingRegistration": "app_registration",
    "Finding": "findings",
    "FunctionApi": "function_api",
    "FunctionApp": "function_app",
    "FunctionAppProps": "function_app",
    "Gateway": "gateway",
    "GatewayIdentity": "gateway",
    "Hosting": "function_app",
    "Inbound": "function_app",
    "InputError": "errors",
    "KeyVaultSecret": "named_value",
    "Monitoring": "function_app",
    "Operation": "operations",
    "Operations": "operations",
    "OutsideFunctionApp": "outside_function_app",
    "Placement": "resource_group",
    "Principal": "principal",
    "PrivateAccess": "function_app",
    "Product": "function_api",
    "ProtectedFunctionApp": "function_app",
    "ProtectedOutsideApp": "outside_function_app",
    "Publisher": "gateway",
    "Runtime": "function_app",
    "SecuredFunctionApi": "secured_function_api",
    "SignIn": "easy_auth",
    "Slot": "function_app",
    "Source": "function_app",
    "Storage": "function_app",
    "SubscriptionKey": "subscription_key",
    "TemplateParameter": "operations",
    "VirtualNetwork": "gateway",
    "accept": "acceptance",
    "add_azapi_provider": "azapi",
    "add_checks": "terraform_checks",
    "add_contract": "directory_contract",
    "add_outputs": "stack_outputs",
    "add_providers": "providers",
    "gateway_by_id": "existing_gateway",
    "validate_access": "access_validation",
}

# The same for type checkers and editors; tests/engine/test_engine_exports.py compares the two.
if TYPE_CHECKING:
    from constructs_lib.acceptance import accept as accept
    from constructs_lib.access_validation import validate_access as validate_access
    from constructs_lib.api_backend import CircuitBreaker as CircuitBreaker
    from constructs_lib.api_diagnostics import Diagnostics as Diagnostics
    from constructs_lib.app_registration import AppRegistration as AppRegistration
    from constructs_lib.app_registration import ExistingRegistration as ExistingRegistration
    from constructs_lib.azapi import AzapiUpdateResource as AzapiUpdateResource
    from constructs_lib.azapi import add_azapi_provider as add_azapi_provider
    from constructs_lib.directory_contract import DirectoryContract as DirectoryContract
    from constructs_lib.directory_contract import add_contract as add_contract
    from constructs_lib.easy_auth import AnonymousPaths as AnonymousPaths
    from constructs_lib.easy_auth import EasyAuth as EasyAuth
    from constructs_lib.easy_auth import SignIn as SignIn
    from constructs_lib.errors import InputError as InputError
    from constructs_lib.existing_gateway import gateway_by_id as gateway_by_id
    from constructs_lib.findings import Finding as Finding
    from constructs_lib.function_api import ApiVersion as ApiVersion
    from constructs_lib.function_api import FunctionApi as FunctionApi
    from constructs_lib.function_api import Product as Product
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
    from constructs_lib.gateway import ExistingGateway as ExistingGateway
    from constructs_lib.gateway import ExistingIdentity as ExistingIdentity
    from constructs_lib.gateway import Gateway as Gateway
    from constructs_lib.gateway import GatewayIdentity as GatewayIdentity
    from constructs_lib.gateway import Publisher as Publisher
    from constructs_lib.gateway import VirtualNetwork as VirtualNetwork
    from constructs_lib.named_value import KeyVaultSecret as KeyVaultSecret
    from constructs_lib.operations import Operation as Operation
    from constructs_lib.operations import Operations as Operations
    from constructs_lib.operations import TemplateParameter as TemplateParameter
    from constructs_lib.outside_function_app import OutsideFunctionApp as OutsideFunctionApp
    from constructs_lib.outside_function_app import ProtectedOutsideApp as ProtectedOutsideApp
    from constructs_lib.principal import Principal as Principal
    from constructs_lib.providers import add_providers as add_providers
    from constructs_lib.resource_group import Placement as Placement
    from constructs_lib.secured_function_api import SecuredFunctionApi as SecuredFunctionApi
    from constructs_lib.stack_outputs import add_outputs as add_outputs
    from constructs_lib.subscription_key import SubscriptionKey as SubscriptionKey
    from constructs_lib.terraform_checks import add_checks as add_checks
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
