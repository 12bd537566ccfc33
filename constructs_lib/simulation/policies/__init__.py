"""The policies that are simulated, by their names: each makes a statement ready to run."""

from __future__ import annotations

from collections.abc import Callable

from constructs_lib.simulation.policies import (
    access,
    bodies,
    caching,
    calls,
    flow,
    headers,
    limits,
    logging,
    rewriting,
    tokens,
)
from constructs_lib.simulation.statements import Run, Statement

POLICIES: dict[str, Callable[[Statement], Run]] = {
    "authentication-basic": tokens.authentication_basic,
    "authentication-managed-identity": tokens.authentication_managed_identity,
    "cache-lookup": caching.cache_lookup,
    "cache-lookup-value": caching.cache_lookup_value,
    "cache-remove-value": caching.cache_remove_value,
    "cache-store": caching.cache_store,
    "cache-store-value": caching.cache_store_value,
    "check-header": access.check_header,
    "choose": flow.choose,
    "cors": access.cors,
    "emit-metric": logging.emit_metric,
    "find-and-replace": bodies.find_and_replace,
    "forward-request": calls.forward_request,
    "ip-filter": access.ip_filter,
    "jsonp": bodies.jsonp,
    "limit-concurrency": limits.limit_concurrency,
    "log-to-eventhub": logging.log_to_eventhub,
    "mock-response": flow.mock_response,
    "quota": limits.quota,
    "quota-by-key": limits.quota_by_key,
    "rate-limit": limits.rate_limit,
    "rate-limit-by-key": limits.rate_limit_by_key,
    "redirect-content-urls": bodies.redirect_content_urls,
    "retry": flow.retry,
    "return-response": flow.return_response,
    "rewrite-uri": rewriting.rewrite_uri,
    "send-one-way-request": calls.send_one_way_request,
    "send-request": calls.send_request,
    "set-backend-service": rewriting.set_backend_service,
    "set-body": bodies.set_body,
    "set-header": headers.set_header,
    "set-method": headers.set_method,
    "set-query-parameter": rewriting.set_query_parameter,
    "set-status": headers.set_status,
    "set-variable": flow.set_variable,
    "trace": logging.trace,
    "validate-azure-ad-token": tokens.validate_azure_ad_token,
    "validate-jwt": tokens.validate_jwt,
    "wait": flow.wait,
}
