"""Operations of an API as resources of azurerm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_azurerm.api_management_api_operation import (
    ApiManagementApiOperation,
    ApiManagementApiOperationRequest,
    ApiManagementApiOperationRequestHeader,
    ApiManagementApiOperationRequestQueryParameter,
    ApiManagementApiOperationRequestRepresentation,
    ApiManagementApiOperationResponse,
    ApiManagementApiOperationResponseHeader,
    ApiManagementApiOperationResponseRepresentation,
    ApiManagementApiOperationTemplateParameter,
)
from constructs import Construct

from constructs_lib.gateway.references import InApi
from constructs_lib.operations import Operation
from constructs_lib.operations.operation import Parameter, Representation, Request, Response


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": parameter.type,
        "required": parameter.required,
        "description": parameter.description,
        "default_value": parameter.default,
        "values": list(parameter.values) or None,
    }


def _representation(body: Representation) -> dict[str, Any]:
    return {
        "content_type": body.content_type,
        "schema_id": body.schema_id,
        "type_name": body.type_name,
        # jsii turns dictionaries in snake case into the structures of the binding.
        "example": [{"name": "default", "value": body.example}] if body.example else None,
        "form_parameter": [_parameter(field) for field in body.form_parameters] or None,
    }


def operation_resource(
    scope: Construct,
    operation: Operation,
    in_api: InApi,
    depends_on: Sequence[ITerraformDependable],
) -> ApiManagementApiOperation:
    """Make the resource of one operation.

    Args:
        scope: The API's construct.
        operation: The operation.
        in_api: What names the API.
        depends_on: What must be there before the operation answers: the API's policy.
    """
    return ApiManagementApiOperation(
        scope,
        f"operation-{operation.id}",
        operation_id=operation.id,
        **in_api,
        display_name=operation.display_name,
        description=operation.description,
        method=operation.method,
        url_template=operation.url_template,
        template_parameter=[
            ApiManagementApiOperationTemplateParameter(**_parameter(parameter))
            for parameter in operation.parameters
        ]
        or None,
        request=_request(operation.request) if operation.request else None,
        response=[_response(response) for response in operation.responses] or None,
        depends_on=depends_on,
    )


def _request(request: Request) -> ApiManagementApiOperationRequest:
    return ApiManagementApiOperationRequest(
        description=request.description,
        query_parameter=[
            ApiManagementApiOperationRequestQueryParameter(**_parameter(parameter))
            for parameter in request.query_parameters
        ]
        or None,
        header=[
            ApiManagementApiOperationRequestHeader(**_parameter(parameter))
            for parameter in request.headers
        ]
        or None,
        representation=[
            ApiManagementApiOperationRequestRepresentation(**_representation(body))
            for body in request.representations
        ]
        or None,
    )


def _response(response: Response) -> ApiManagementApiOperationResponse:
    return ApiManagementApiOperationResponse(
        status_code=response.status_code,
        description=response.description,
        header=[
            ApiManagementApiOperationResponseHeader(**_parameter(parameter))
            for parameter in response.headers
        ]
        or None,
        representation=[
            ApiManagementApiOperationResponseRepresentation(**_representation(body))
            for body in response.representations
        ]
        or None,
    )
