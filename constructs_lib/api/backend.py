"""The backend of an API: where requests go, over checked TLS, and when to stop calling it.

Source: azurerm 4.55.0 `azurerm_api_management_backend`.
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

from constructs_lib._cdk.arguments import check_pattern, refuse
from constructs_lib.api.props import CircuitBreaker
from constructs_lib.gateway.references import GatewayReferences

_BACKEND_NAME = r"\w+|\w[\w-]+\w"
_DURATION = r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?"


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
        InputError: For what azurerm 4.55 or the gateway's tier would refuse.
    """
    check_pattern(
        scope, "name", name, _BACKEND_NAME, "letters, digits, _ and -, as the backend's name"
    )
    check_pattern(scope, "hostname", hostname, r"[A-Za-z0-9.-]+", "a host name without https://")
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
    for argument in ("interval", "trip_duration"):
        check_pattern(
            scope,
            f"circuit_breaker.{argument}",
            getattr(circuit_breaker, argument),
            _DURATION,
            "for example PT1M",
        )
    if len(circuit_breaker.status_codes) != 2:
        refuse(
            scope,
            "circuit_breaker.status_codes",
            f"{circuit_breaker.status_codes!r} is no range",
            "write the first and the last, (500, 599)",
        )
    first, last = circuit_breaker.status_codes
    if not (1 <= circuit_breaker.failures <= 10_000 and 200 <= first <= last <= 599):
        refuse(
            scope,
            "circuit_breaker",
            "out of range",
            "1 to 10000 failures, status 200 to 599",
        )
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
