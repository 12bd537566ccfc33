"""What is traced of an API's requests, so that a failed token exchange can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf_cdktf_provider_azurerm.api_management_api_diagnostic import ApiManagementApiDiagnostic
from cdktf_cdktf_provider_azurerm.api_management_logger import (
    ApiManagementLogger,
    ApiManagementLoggerApplicationInsights,
)
from constructs import Construct

from constructs_lib.api.props import Diagnostics, SubscriptionKey
from constructs_lib.gateway.references import InApi, InGateway

if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.application_insights import ApplicationInsights


class ApiDiagnostics(Construct):
    """Diagnostic settings of one API, with the caller's secrets left out.

    Args:
        scope: The API's construct.
        id: Its id within `scope`.
        in_api: What names the API.
        in_gateway: What names the gateway.
        settings: Where traces go and what they hold.
        subscription_key: The names under which callers send their key.

    Attributes:
        logger: The logger made here, None if one was given.
        resource: The `azurerm_api_management_api_diagnostic`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        in_api: InApi,
        in_gateway: InGateway,
        settings: Diagnostics,
        subscription_key: SubscriptionKey,
    ) -> None:
        super().__init__(scope, id)
        self.logger: ApiManagementLogger | None = None
        if settings.application_insights:
            self.logger = self._logger(
                in_api["api_name"], in_gateway, settings.application_insights
            )
        secrets = ["Authorization", subscription_key.header]
        if not settings.payload:
            secrets.append("Mcp-Session-Id")
        headers = [*map(_hidden, secrets)]
        none = None if settings.payload else {"body_bytes": 0}
        self.resource = ApiManagementApiDiagnostic(
            self,
            "diagnostic",
            identifier="applicationinsights",
            **in_api,
            api_management_logger_id=self.logger.id if self.logger else str(settings.logger_id),
            sampling_percentage=settings.sampling_percentage,
            always_log_errors=True,
            log_client_ip=False,
            verbosity=settings.verbosity,
            http_correlation_protocol="W3C",
            frontend_request={
                "data_masking": {
                    "headers": headers,
                    "query_params": [_hidden(subscription_key.query)],
                }
            },
            backend_request={"data_masking": {"headers": headers}},
            frontend_response=none,
            backend_response=none,
        )

    def _logger(
        self, name: str, in_gateway: InGateway, insights: ApplicationInsights
    ) -> ApiManagementLogger:
        return ApiManagementLogger(
            self,
            "logger",
            name=name,
            **in_gateway,
            resource_id=insights.id,
            application_insights=ApiManagementLoggerApplicationInsights(
                connection_string=insights.connection_string
            ),
        )


def _hidden(name: str) -> dict[str, str]:
    return {"mode": "Hide", "value": name}
