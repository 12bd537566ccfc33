"""API Management's own type of MCP servers, whose tools are operations of another API (preview).

azurerm does not have the type, so azapi makes the API; policy and diagnostics are azurerm's, as of
any API. API Management itself answers the protocol, and calls an operation for each call of a tool:
with the headers that the policy leaves in the request, and without a subscription key.

Sources: Learn, "Expose REST API in API Management as an MCP server" (tiers, no workspaces, tools
only). The documentation, the specification and the service disagree on the shape; written is what
the service was seen to accept, in 2025-09-01-preview: `mcpTools` in the API itself, with the full
ids of operations and no `;rev=N`, and neither `backendId` nor `serviceUrl` beside it. Likewise
seen, not documented: the call of an operation carries headers that the policy set, and no key
(Azure-Samples/ai-hub-gateway-solution-accelerator, "Publish Contract Guide").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cdktf_cdktf_provider_azurerm.api_management_api_policy import ApiManagementApiPolicy
from constructs import Construct

from constructs_lib._cdk.azapi import AzapiResource
from constructs_lib._cdk.policy_source import PolicySource, at_synth, check_document, read_policy
from constructs_lib._cdk.props.checked import checked
from constructs_lib._cdk.replacement import replaced_with
from constructs_lib._cdk.warnings import warn
from constructs_lib._core.azure_names import ApiName, ApiPath, Text
from constructs_lib._core.problems import Problem
from constructs_lib.api.diagnostics import ApiDiagnostics
from constructs_lib.api.function_api import FunctionApi
from constructs_lib.api.props import Diagnostics, SubscriptionKey
from constructs_lib.gateway.references import GatewayReferences, InApi
from constructs_lib.gateway.tiers import tier_of
from constructs_lib.policy import write

TYPE = "Microsoft.ApiManagement/service/apis@2025-09-01-preview"
"""The first API version in which the service takes tools of operations."""

ENDPOINT = "mcp"
"""What API Management puts after the path of an API whose tools are operations."""


def _problems(
    *,
    gateway: GatewayReferences | None = None,
    api: FunctionApi | None = None,
    tools: Sequence[str] = (),
    **_: Any,
) -> Iterator[Problem]:
    """Find what API Management does not offer, or cannot call."""
    if gateway and gateway.sku and tier_of(gateway.sku) == "Consumption":
        yield Problem("gateway", "the Consumption tier has no MCP servers", "choose another tier")
    if api is None:
        return
    if api.subscription_required:
        yield Problem(
            "api",
            "API Management calls operations for their tools without a subscription key, so that "
            "the API would refuse each call",
            "write subscription_required=False, and let its policy demand the gateway's own token",
        )
    published = api.published
    for tool in tools:
        if tool not in published:
            yield Problem(
                "tools", f"no operation has the id {tool!r}", f"write one of {', '.join(published)}"
            )
    for id in tools or published:
        if id in published and "*" in published[id].url_template:
            yield Problem(
                "tools",
                f"{published[id].name} takes any path, and a tool only the parameters that it has",
                "publish operations without *",
            )


class NativeMcpApi(Construct):
    """An MCP server that API Management answers itself, with operations of an API as its tools.

    A preview of API Management: needs the AzAPI provider in the stack (`add_azapi_provider`) and
    any tier but Consumption. It has tools, and neither resources nor prompts.

    Its policy, and nothing else, says who may call; `SecuredMcpServer(tools=…)` makes it, together
    with an API that only this one can call.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`, part of Terraform addresses.
        gateway: The gateway that serves it.
        path: Where it is served below the gateway's URL; clients call `/mcp` below.
        api: The API whose operations are the tools, without a subscription key.
        policy: Who may call, and with whose token the operations are called.
        tools: Ids of the operations that are tools; all if left out.
        name: Its name in API Management, `id` if left out.
        display_name: Its name in the developer portal, `name` if left out.
        description: What it is for.
        diagnostics: Traces of requests, without any payload: it would end the stream.

    Attributes:
        api: The `azapi_resource` of the API.
        api_policy: The `azurerm_api_management_api_policy`.
        policy: What it says, which can be changed until synth.
        tools: The tools, each with the id of its operation as its name.
        diagnostics: The diagnostic settings and their logger, None without.
        url: The address that clients call.

    Raises:
        InputError: For what API Management does not offer, and for a policy that is wrong.
    """

    @checked(_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        gateway: GatewayReferences,
        path: ApiPath,
        api: FunctionApi,
        policy: PolicySource,
        tools: Sequence[str] = (),
        name: ApiName | None = None,
        display_name: Text | None = None,
        description: str | None = None,
        diagnostics: Diagnostics | None = None,
    ) -> None:
        super().__init__(scope, id)
        name = name or id
        self._gateway = gateway
        gateway.claim(self, "name", "API name", name)
        gateway.claim(self, "path", "path", path)
        self.url = f"{gateway.url}/{f'{path}/{ENDPOINT}'.lstrip('/')}"
        self.tools = {id: api.published[id] for id in tools or api.published}
        self.api = self._make_api(
            api,
            name=name,
            displayName=display_name or name,
            description=description or "",
            path=path,
        )
        in_gateway = gateway.arguments(self)
        in_api = InApi(
            {**in_gateway, "api_name": self.api.name, "lifecycle": replaced_with(self.api)}
        )
        self.policy = read_policy(self, "policy", policy)
        self._policy_xml()  # what is wrong with it is said where it is given
        self.api_policy = ApiManagementApiPolicy(
            self, "policy", **in_api, xml_content=at_synth(self._policy_xml)
        )
        gateway.apply_after_parts(self.api_policy, lambda: self.policy)
        self.diagnostics: ApiDiagnostics | None = None
        if diagnostics:
            self.diagnostics = ApiDiagnostics(
                self,
                "diagnostics",
                in_api=in_api,
                in_gateway=in_gateway,
                settings=diagnostics,
                subscription_key=SubscriptionKey(),
            )
        warn(
            self,
            "API Management's own type of MCP servers is a preview: the guide of MCP servers says "
            "what of it only a live tenant can confirm",
        )

    def _make_api(self, called: FunctionApi, *, name: str, **properties: str) -> AzapiResource:
        operations = [called.operations[tool] for tool in self.tools if tool in called.operations]
        api = f"{self._gateway.id}/apis/{called.name}"
        return AzapiResource(
            self,
            "api",
            type=TYPE,
            parent_id=self._gateway.id,
            name=name,
            body={
                "properties": {
                    "type": "mcp",
                    **properties,
                    "protocols": ["https"],
                    "subscriptionRequired": False,
                    "mcpTools": [
                        {
                            "name": id,
                            "description": each.description or each.display_name,
                            "operationId": f"{api}/operations/{id}",
                        }
                        for id, each in self.tools.items()
                    ],
                }
            },
            # With what it calls: Azure deletes operations with their API.
            lifecycle=replaced_with(called.api, *operations),
            # The policy of what it calls comes first, and what that one waits for.
            depends_on=[called.api_policy, *operations],
        )

    def _policy_xml(self) -> str:
        check_document(self, "policy", self.policy, at="api", sku=self._gateway.sku)
        return write(self.policy)
