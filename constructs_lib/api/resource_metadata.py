"""The one API of a gateway that tells callers where the tokens for its servers come from.

A client that got 401 asks for the metadata of the server (RFC 9728) at the well-known path with the
server's own path after it. The API's path can be taken once in a gateway, so all servers share it:
each has an operation of its own, and no other path is answered.

Sources: RFC 9728, section 3.1; azurerm `azurerm_api_management_api`, whose paths may begin with a
full stop.
"""

from __future__ import annotations

from cdktf_cdktf_provider_azurerm.api_management_api import ApiManagementApi
from cdktf_cdktf_provider_azurerm.api_management_api_operation import ApiManagementApiOperation
from cdktf_cdktf_provider_azurerm.api_management_api_operation_policy import (
    ApiManagementApiOperationPolicy,
)
from constructs import Construct

from constructs_lib._cdk.per_stack import stack_of
from constructs_lib._cdk.policy_source import check_document
from constructs_lib._cdk.props.checked import checked
from constructs_lib._cdk.replacement import replaced_with
from constructs_lib._core.azure_names import ApiName
from constructs_lib._core.errors import InputError
from constructs_lib.api.operation import operation_resource
from constructs_lib.gateway.references import GatewayReferences, InApi
from constructs_lib.operations import Operation
from constructs_lib.policy import write
from constructs_lib.policy.mcp import ProtectedResource

WELL_KNOWN = ".well-known/oauth-protected-resource"
_WITHOUT_A_KEY = (
    "RFC 9728: a client reads where its token comes from before it has one. The gateway answers "
    "with what is public and forwards nothing."
)


class ResourceMetadata(Construct):
    """The API at `/.well-known/oauth-protected-resource`, without a subscription or a backend.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`, part of Terraform addresses.
        gateway: The gateway that serves it.
        name: Its name in API Management.
        existing: Whether another stack makes the API of that name, so that only operations are
            added to it here.

    Attributes:
        api: The `azurerm_api_management_api`, None if another stack makes it.
        operations: The operation of each server, by the server's path.
        policies: The policy of each of these operations, by the server's path.

    Raises:
        InputError: If the gateway has the API from another construct.
    """

    @checked()
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        gateway: GatewayReferences,
        name: ApiName = "resource-metadata",
        existing: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self._gateway = gateway
        self._name = name
        self.operations: dict[str, ApiManagementApiOperation] = {}
        self.policies: dict[str, ApiManagementApiOperationPolicy] = {}
        self.api: ApiManagementApi | None = None
        if existing:
            return
        fix = (
            "it serves all MCP servers of a gateway: give the resource_metadata of the server that "
            "made it, or in another stack ResourceMetadata.of(stack, gateway, existing=True)"
        )
        gateway.claim(self, "path", "path", WELL_KNOWN, fix=fix)
        gateway.claim(self, "name", "API name", name)
        self.api = ApiManagementApi(
            self,
            "api",
            name=name,
            **gateway.arguments(self),
            revision="1",
            display_name="Protected resource metadata",
            description=_WITHOUT_A_KEY,
            path=WELL_KNOWN,
            protocols=["https"],
            subscription_required=False,
        )

    @staticmethod
    def of(
        scope: Construct, gateway: GatewayReferences, *, existing: bool = False
    ) -> ResourceMetadata:
        """Return what the stack of `scope` has for this gateway, made at the first use.

        Args:
            scope: The stack, or a construct in it.
            gateway: The gateway.
            existing: At the first use: whether another stack makes the API.
        """
        stack = stack_of(scope)
        inside = stack is stack_of(gateway)
        parent = gateway if inside else stack
        id = "resource-metadata" if inside else f"{gateway.node.id}-resource-metadata"
        found = parent.node.try_find_child(id)
        if isinstance(found, ResourceMetadata):
            return found
        return ResourceMetadata(parent, id, gateway=gateway, existing=existing)

    @staticmethod
    def url(gateway_url: str, path: str) -> str:
        """Return the address of a server's metadata; `path` is the server's, without slashes."""
        return f"{gateway_url}/{WELL_KNOWN}/{path}"

    def add(self, path: str, resource: ProtectedResource) -> None:
        """Answer for a server.

        Args:
            path: The server's path below the gateway's address, without slashes at the ends.
            resource: What its callers need to know.

        Raises:
            InputError: If a server has that path.
        """
        if path in self.operations:
            raise InputError(
                f"the metadata of {path!r} is served here already",
                where=self.node.path,
                fix="choose another path",
            )
        self._gateway.claim(self, "path", "server path", path)
        operation = Operation(
            method="GET", url_template=f"/{path}", display_name=f"Metadata of {path}"
        )
        in_gateway = self._gateway.arguments(self)
        in_api = InApi(
            {
                **in_gateway,
                "api_name": self.api.name if self.api else self._name,
                "lifecycle": replaced_with(*([self.api] if self.api else [])),
            }
        )
        document = resource.metadata()
        check_document(self, path, document, at="operation", sku=self._gateway.sku)
        made = self.operations[path] = operation_resource(self, operation, in_api, [])
        self.policies[path] = ApiManagementApiOperationPolicy(
            self,
            f"policy-{operation.id}",
            **InApi({**in_api, "lifecycle": replaced_with(made)}),
            operation_id=made.operation_id,
            xml_content=write(document),
        )
