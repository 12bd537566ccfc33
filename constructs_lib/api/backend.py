"""The backend of an API: where requests go, over checked TLS, and when to stop calling it.

Source: azurerm `azurerm_api_management_backend`.
"""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.api_management_backend import (
    ApiManagementBackend,
    ApiManagementBackendCircuitBreakerRule,
    ApiManagementBackendCircuitBreakerRuleFailureCondition,
    ApiManagementBackendCircuitBreakerRuleFailureConditionStatusCodeRange,
    ApiManagementBackendTls,
)
from constructs import Construct

from constructs_lib._cdk.arguments import refuse
from constructs_lib.api.props import CircuitBreaker
from constructs_lib.gateway.references import GatewayReferences


def backend_resource(
    scope: Construct,
    *,
    gateway: GatewayReferences,
    name: str,
    hostname: str,
    route_prefix: str,
    function_app_id: str | None,
    circuit_breaker: CircuitBreaker | None,
) -> ApiManagementBackend:
    """Make the resource of the backend.

    Args:
        scope: The API's construct.
        gateway: The gateway that calls it.
        name: Its name in API Management.
        hostname: The function app's host name.
        route_prefix: The route prefix of `host.json`, without slashes at the ends.
        function_app_id: The app's Azure resource id, so that the portal links the two.
        circuit_breaker: When to stop calling it.

    Raises:
        InputError: For what azurerm or the gateway's tier would refuse.
    """
    return ApiManagementBackend(
        scope,
        "backend",
        name=name,
        **gateway.arguments(scope),
        protocol="http",
        url=f"https://{hostname}/{route_prefix}".rstrip("/"),
        resource_id=f"https://management.azure.com{function_app_id}" if function_app_id else None,
        tls=ApiManagementBackendTls(
            validate_certificate_chain=True, validate_certificate_name=True
        ),
        circuit_breaker_rule=_rule(scope, gateway, circuit_breaker) if circuit_breaker else None,
    )


def _rule(
    scope: Construct, gateway: GatewayReferences, circuit_breaker: CircuitBreaker
) -> ApiManagementBackendCircuitBreakerRule:
    if (gateway.sku or "").startswith("Consumption"):
        refuse(
            scope,
            "circuit_breaker",
            "not available with the SKU Consumption",
            "leave it out",
        )
    first, last = circuit_breaker.status_codes
    return ApiManagementBackendCircuitBreakerRule(
        name="failures",
        trip_duration=circuit_breaker.trip_duration,
        accept_retry_after_enabled=circuit_breaker.accept_retry_after,
        failure_condition=ApiManagementBackendCircuitBreakerRuleFailureCondition(
            count=circuit_breaker.failures,
            interval_duration=circuit_breaker.interval,
            status_code_range=[
                ApiManagementBackendCircuitBreakerRuleFailureConditionStatusCodeRange(
                    min=first, max=last
                )
            ],
        ),
    )
