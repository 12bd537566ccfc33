"""Azure Functions that only API Management can call: constructs for CDK for Terraform.

Importing it prepares the fast loading of provider bindings, and loads neither jsii nor a provider
until a construct is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib import _lazy_bindings
from constructs_lib._core import lazy_names
from constructs_lib._core.version import __version__ as __version__
from constructs_lib._lazy_bindings import collector

_lazy_bindings.switch_on()

if TYPE_CHECKING:
    from constructs_lib._cdk.acceptance import accept as accept
    from constructs_lib._cdk.azapi import AzapiResource as AzapiResource
    from constructs_lib._cdk.azapi import AzapiUpdateResource as AzapiUpdateResource
    from constructs_lib._cdk.azapi import add_azapi_provider as add_azapi_provider
    from constructs_lib._cdk.placement import Placement as Placement
    from constructs_lib._core.errors import InputError as InputError
    from constructs_lib._core.findings import Finding as Finding
    from constructs_lib.access import Analysis as Analysis
    from constructs_lib.access import analyse as analyse
    from constructs_lib.access import read_terraform as read_terraform
    from constructs_lib.access.report import compare_analyses as compare_analyses
    from constructs_lib.access.report import render_report as render_report
    from constructs_lib.access.report import write_reports as write_reports
    from constructs_lib.api.function_api import FunctionApi as FunctionApi
    from constructs_lib.api.key_migration import Stage as Stage
    from constructs_lib.api.native_mcp_api import NativeMcpApi as NativeMcpApi
    from constructs_lib.api.props import ApiVersion as ApiVersion
    from constructs_lib.api.props import CircuitBreaker as CircuitBreaker
    from constructs_lib.api.props import Diagnostics as Diagnostics
    from constructs_lib.api.props import KeyVaultSecret as KeyVaultSecret
    from constructs_lib.api.props import Product as Product
    from constructs_lib.api.props import SubscriptionKey as SubscriptionKey
    from constructs_lib.api.resource_metadata import ResourceMetadata as ResourceMetadata
    from constructs_lib.function_app.anonymous_paths import AnonymousPaths as AnonymousPaths
    from constructs_lib.function_app.easy_auth import EasyAuth as EasyAuth
    from constructs_lib.function_app.existing import ProtectedFunctionApp as ProtectedFunctionApp
    from constructs_lib.function_app.function_app import FunctionApp as FunctionApp
    from constructs_lib.function_app.hosting import Hosting as Hosting
    from constructs_lib.function_app.identity import AppIdentity as AppIdentity
    from constructs_lib.function_app.monitoring import Monitoring as Monitoring
    from constructs_lib.function_app.network import Inbound as Inbound
    from constructs_lib.function_app.network import PrivateAccess as PrivateAccess
    from constructs_lib.function_app.network import Source as Source
    from constructs_lib.function_app.outside import OutsideFunctionApp as OutsideFunctionApp
    from constructs_lib.function_app.props import FunctionAppProps as FunctionAppProps
    from constructs_lib.function_app.protected_outside import (
        ProtectedOutsideApp as ProtectedOutsideApp,
    )
    from constructs_lib.function_app.runtime import Runtime as Runtime
    from constructs_lib.function_app.sign_in import SignIn as SignIn
    from constructs_lib.function_app.slot import Slot as Slot
    from constructs_lib.function_app.storage import Storage as Storage
    from constructs_lib.gateway.existing import ExistingGateway as ExistingGateway
    from constructs_lib.gateway.existing import gateway_by_id as gateway_by_id
    from constructs_lib.gateway.gateway import Gateway as Gateway
    from constructs_lib.gateway.props import GatewayIdentity as GatewayIdentity
    from constructs_lib.gateway.props import Publisher as Publisher
    from constructs_lib.gateway.props import VirtualNetwork as VirtualNetwork
    from constructs_lib.gateway.references import GatewayReferences as GatewayReferences
    from constructs_lib.operations import Operation as Operation
    from constructs_lib.operations import Operations as Operations
    from constructs_lib.operations import Parameter as Parameter
    from constructs_lib.registration.app_registration import AppRegistration as AppRegistration
    from constructs_lib.registration.contract import DirectoryContract as DirectoryContract
    from constructs_lib.registration.contract_output import add_contract as add_contract
    from constructs_lib.registration.delegated import VISUAL_STUDIO_CODE as VISUAL_STUDIO_CODE
    from constructs_lib.registration.delegated import DelegatedAccess as DelegatedAccess
    from constructs_lib.registration.existing import ExistingRegistration as ExistingRegistration
    from constructs_lib.registration.identity import ExistingIdentity as ExistingIdentity
    from constructs_lib.registration.principal import Principal as Principal
    from constructs_lib.secured_function_api import ApiProps as ApiProps
    from constructs_lib.secured_function_api import SecuredFunctionApi as SecuredFunctionApi
    from constructs_lib.secured_mcp_server import SecuredMcpServer as SecuredMcpServer
    from constructs_lib.stack.creation_sites import record_creation_sites as record_creation_sites
    from constructs_lib.stack.environment_stack import EnvironmentStack as EnvironmentStack
    from constructs_lib.stack.outputs import add_outputs as add_outputs
    from constructs_lib.stack.providers import add_providers as add_providers
    from constructs_lib.stack.settings import read_environments as read_environments
    from constructs_lib.stack.terraform_checks import add_checks as add_checks
    from constructs_lib.stack.validate_access import validate_access as validate_access
else:
    __all__, __getattr__, __dir__ = lazy_names.serve(__name__, around=collector.loading)
