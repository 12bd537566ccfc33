"""One API in the gateway whose requests are forwarded to a function app with the gateway's token.

The policy has two parts. The caller's own part is `policy`; the secured part follows it in the
inbound section and is always there: choose the backend, get a token of the gateway's identity for
the audience, take the subscription key and any function key out of header and query. It comes last
so that a `validate-jwt` of the first part still sees the caller's own `Authorization` header.

Sources: azurerm `azurerm_api_management_api`, `_backend`, `_api_policy`, `_api_operation`;
Learn "authentication-managed-identity", "Subscriptions in Azure API Management" (API Management
forwards the key in header and query to the backend).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cdktf import ITerraformDependable, TerraformResource
from cdktf_cdktf_provider_azurerm.api_management_api import (
    ApiManagementApi,
    ApiManagementApiImport,
    ApiManagementApiSubscriptionKeyParameterNames,
)
from cdktf_cdktf_provider_azurerm.api_management_api_operation import ApiManagementApiOperation
from cdktf_cdktf_provider_azurerm.api_management_api_policy import ApiManagementApiPolicy
from constructs import Construct

from constructs_lib._cdk.acceptance import accept
from constructs_lib._cdk.arguments import check_pattern, refuse
from constructs_lib._cdk.per_stack import stack_of
from constructs_lib._cdk.policy_source import PolicySource, at_synth, check_document, read_policy
from constructs_lib._cdk.props.checked import checked
from constructs_lib._cdk.replacement import replaced_with
from constructs_lib._core.azure_names import (
    BACKEND_NAME,
    CHILD_NAME,
    ROUTE_PREFIX,
    ApiName,
    ApiPath,
    ChildName,
    ClientId,
    NamedValueName,
    RoutePrefix,
    SiteHostname,
    Text,
)
from constructs_lib.api.backend import backend_resource
from constructs_lib.api.key_migration import Stage, key_of, key_policy
from constructs_lib.api.operation import operation_resource
from constructs_lib.api.problems import api_problems
from constructs_lib.api.props import (
    ApiVersion,
    CircuitBreaker,
    Diagnostics,
    KeyVaultSecret,
    Product,
    SubscriptionKey,
)
from constructs_lib.gateway.references import GatewayReferences, InApi, InGateway
from constructs_lib.operations import Operation, Operations
from constructs_lib.policy import (
    AuthenticationManagedIdentity,
    Document,
    ForwardRequest,
    SetBackendService,
    SetHeader,
    SetQueryParameter,
    effective,
    write,
)
from constructs_lib.policy.composition import elements

# What few APIs have is imported where it is made: each binding takes milliseconds to load.
if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.api_management_api_operation_policy import (
        ApiManagementApiOperationPolicy,
    )
    from cdktf_cdktf_provider_azurerm.api_management_api_schema import ApiManagementApiSchema
    from cdktf_cdktf_provider_azurerm.api_management_api_version_set import (
        ApiManagementApiVersionSet,
    )
    from cdktf_cdktf_provider_azurerm.api_management_named_value import ApiManagementNamedValue
    from cdktf_cdktf_provider_azurerm.api_management_product import ApiManagementProduct
    from cdktf_cdktf_provider_azurerm.api_management_product_api import ApiManagementProductApi
    from cdktf_cdktf_provider_azurerm.api_management_product_policy import (
        ApiManagementProductPolicy,
    )
    from cdktf_cdktf_provider_azurerm.api_management_subscription import ApiManagementSubscription

    from constructs_lib.api.diagnostics import ApiDiagnostics
    from constructs_lib.operations.operation import ImportDocument


_API_NAME = r"[^*#&+]{1,256}"
_PATH = r"(?:|\w|[\w.][\w\-/.:]{0,398}[\w-])"
_HEADER = r"[!#$%&'*+.^`|~\w-]+"
_TOKEN_CHECKS = frozenset({"validate-azure-ad-token", "validate-jwt"})
_NEW_SERVICE = Document(inbound=[], backend=[ForwardRequest()], outbound=[], on_error=[])


class FunctionApi(Construct):
    """An API, its operations, its backend and its policy, in a new or existing gateway.

    No operation answers before the policy is in force: operations depend on it.

    Args:
        scope: The stack or construct that it belongs to.
        id: Its id within `scope`, part of Terraform addresses.
        gateway: The gateway that serves it.
        path: Where it is served below the gateway's URL, without slashes at the ends.
        hostname: The function app's host name.
        audience: What the token is for: the registration's client id. Never an object id.
        operations: What is published; everything else answers 404.
        name: Its name in API Management, `id` if left out.
        display_name: Its name in the developer portal, `name` if left out.
        description: What it does.
        route_prefix: The route prefix of `host.json`, that of `operations` if left out, else `api`.
        function_app_id: The app's Azure resource id, so that the portal links the backend with it.
        subscription_key: The names of the key's header and query parameter.
        subscription_required: False only with `anonymous_reason`.
        anonymous_reason: Why callers without a subscription are let in, where
            `subscription_required` is false and the policy checks callers in another way.
        policy: The caller's part of the policy: a document, a file or text.
        operation_policies: Policies of single operations, by the operation's id.
        revision: Its only revision; another number than 1 is for taking over an API whose current
            revision that is. A change replaces the API with all that lies in it: azurerm writes
            to the current revision whatever its policy and operations name (its issue 30428), so
            that none is kept beside it. Offer a change as a `version`.
        version: The API's version.
        product: The product that it is offered in.
        subscriptions: Names of subscriptions to this API to make. API Management generates their
            keys and azurerm stores them in the state, so it is a choice to make knowingly.
        named_values: Named values that the policies read as `{{name}}`: a Key Vault secret, or
            plain text for what is no secret.
        diagnostics: Traces of requests.
        circuit_breaker: When to stop calling a failing function app; true for the defaults.
        migration: The stage of a move from function keys to the identity; see `migration`.
        function_key: The key of the stages `keys` and `both`: a Key Vault secret, or the name of a
            named value that the gateway has already. If this stack makes the gateway, leave it in
            until the stage `identity` is applied: its named value goes in an apply of its own.
        depends_on: What must be there before the policy: the gateway's role assignment.

    Attributes:
        api: The `azurerm_api_management_api`.
        backend: The `azurerm_api_management_backend`.
        api_policy: The `azurerm_api_management_api_policy`.
        published: The operations, by id.
        operations: Their `azurerm_api_management_api_operation` resources, by id; empty where API
            Management imports them.
        operation_policies: The policy resources of operations, by the operation's id.
        schemas: The schemas that operations refer to, by id.
        named_values: The named values, by name.
        version_set: The version set made here.
        product: The product made here.
        product_policy: The policy of the product.
        product_api: The API's place in its product.
        subscriptions: The subscriptions made here, by name.
        diagnostics: The diagnostic settings and their logger, None without.
        url: The API's address.
        path: Its path below the gateway.

    Raises:
        InputError: For what azurerm or API Management would refuse, and for a policy that is
            wrong in itself.
    """

    @checked(api_problems)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        gateway: GatewayReferences,
        path: ApiPath,
        hostname: SiteHostname,
        audience: ClientId,
        operations: Operations | Sequence[Operation | str],
        name: ApiName | None = None,
        display_name: Text | None = None,
        description: str | None = None,
        route_prefix: RoutePrefix | None = None,
        function_app_id: str | None = None,
        subscription_key: SubscriptionKey | None = None,
        subscription_required: bool = True,
        anonymous_reason: str | None = None,
        policy: PolicySource | None = None,
        operation_policies: Mapping[str, PolicySource] | None = None,
        revision: Text = "1",
        version: ApiVersion | None = None,
        product: Product | None = None,
        subscriptions: Sequence[str] = (),
        named_values: Mapping[ChildName, KeyVaultSecret | str] | None = None,
        diagnostics: Diagnostics | None = None,
        circuit_breaker: CircuitBreaker | bool | None = None,
        migration: Stage | None = None,
        function_key: KeyVaultSecret | NamedValueName | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        name = name or id
        if not isinstance(operations, Operations):
            operations = Operations.of(*operations)
        if route_prefix is None:
            route_prefix = "api" if operations.route_prefix is None else operations.route_prefix
        self.path = path
        self.subscription_key = subscription_key or SubscriptionKey()
        self.subscription_required = subscription_required
        self.published = {operation.id: operation for operation in operations}
        self._gateway = gateway
        self._in_gateway = gateway.arguments(self)
        self._audience = audience
        self._migration: Stage | None = migration
        shared = diagnostics is not None or (version and version.version_set_id is None)
        self._check_name(name, route_prefix, shared=bool(shared))
        self._claim(name, version)

        self._policy = read_policy(self, "policy", policy)
        self._operation_documents = self._read_policies(operation_policies or {})
        # With a gateway that may be replaced in the same plan it would have to be made twice.
        self._key_outlives_policy = self._in_gateway["lifecycle"] is None
        self._key_name, key = key_of(
            migration, name, function_key, outlives_policy=self._key_outlives_policy
        )
        self.named_values = self._make_named_values({**(named_values or {}), **key})
        self.version_set = self._make_version_set(name, display_name or name, version)
        self.api = self._make_api(
            name, display_name or name, description, revision, version, operations.document
        )
        self.name = self.api.name
        self._in_api = self._within(self.api)
        self.url = f"{gateway.url}/{_served(path, version)}".rstrip("/")
        self.backend = backend_resource(
            self,
            gateway=gateway,
            name=name,
            hostname=hostname,
            route_prefix=route_prefix,
            function_app_id=function_app_id,
            circuit_breaker=CircuitBreaker.of(circuit_breaker),
        )
        self._backend_name = self.backend.name
        self._accept_anonymous(anonymous_reason)
        self.api_policy = self._make_policy(depends_on)
        self.schemas = self._make_schemas(operations)
        self.operations = self._make_operations(operations)
        self.operation_policies = self._make_operation_policies()
        self._offer(product)
        self.subscriptions = self._make_subscriptions(subscriptions)
        self.diagnostics = self._make_diagnostics(diagnostics)

    @property
    def policy(self) -> Document:
        """The caller's part of the API's policy, which can be changed until synth.

        From the first use on, the policy is written at synth instead of at construction.
        """
        if not self._written_at_synth:
            self._written_at_synth = True
            self.api_policy.xml_content = at_synth(self._policy_xml)
            self._gateway.apply_after_parts(self.api_policy, self.secured_policy)
        return self._policy

    _written_at_synth = False

    def secured_policy(self) -> Document:
        """The whole policy of the API: the caller's part, then the secured part."""
        token = AuthenticationManagedIdentity(
            resource=self._audience, client_id=self._gateway.policy_client_id
        )
        return Document(
            inbound=[
                *self._policy.inbound,
                SetBackendService(backend_id=self._backend_name),
                *([] if self._migration == "keys" else [token]),
                SetHeader(name=self.subscription_key.header, exists_action="delete"),
                SetQueryParameter(name=self.subscription_key.query, exists_action="delete"),
                *key_policy(self._migration or "identity", self._key_name, self.published.values()),
            ],
            backend=self._policy.backend,
            outbound=self._policy.outbound,
            on_error=self._policy.on_error,
        )

    def effective_policy(self, operation: str | None = None) -> Document:
        """Return the policy with each `<base />` replaced by what the scopes above say.

        They are the service, the product, the API and the operation. A policy of the service that
        is not made here is taken to be that of a new service, which only forwards.

        Args:
            operation: The id of an operation; the API's own policy if left out.

        Raises:
            InputError: If the API has no such operation.
        """
        documents = [
            self._gateway.policy_document or _NEW_SERVICE,
            *([self._product_document] if self._product_document else []),
            self.secured_policy(),
        ]
        if operation is not None:
            self._check_published(operation, "operation", f"no operation has the id {operation!r}")
            if operation in self._operation_documents:
                documents.append(self._operation_documents[operation])
        return effective(documents)

    @cached_property
    def _above(self) -> list[ITerraformDependable]:
        """The service's policy, if this stack makes it: nothing is to answer before it is there."""
        policy = self._gateway.policy
        return [policy] if policy and stack_of(self) is stack_of(self._gateway) else []

    def _policy_xml(self) -> str:
        document = self.secured_policy()
        # The secured part alone is right for every gateway, as the tests of the library say.
        if self._policy != Document():
            check_document(self, "policy", document, at="api", sku=self._gateway.sku)
        return write(document)

    def _read_policies(self, sources: Mapping[str, PolicySource]) -> dict[str, Document]:
        return {
            operation: read_policy(self, f"operation_policies.{operation}", source)
            for operation, source in sources.items()
        }

    def _accept_anonymous(self, reason: str | None) -> None:
        # That a policy asks for a token, the access check sees by itself.
        checked = {each.name for each in elements(self._policy)} & _TOKEN_CHECKS
        if reason and not self.subscription_required and not checked:
            accept(self.api, "SF501", reason=reason)

    def _check_name(self, name: str, route_prefix: str, *, shared: bool) -> None:
        """Check what the props do not show: the id as a name, a prefix read from `host.json`."""
        # Version set and logger get the API's name, and azurerm allows them less than an API.
        check_pattern(self, "name", name, CHILD_NAME if shared else BACKEND_NAME)
        check_pattern(self, "route_prefix", route_prefix, ROUTE_PREFIX)

    def _claim(self, name: str, version: ApiVersion | None) -> None:
        """Take the name, and the path, which only versions of one version set may share."""
        self._gateway.claim(self, "name", "API name", name)
        if version is None or version.version_set_id is None:
            fix = (
                "choose another path, or give version.version_set_id of the version set that has it"
            )
            self._gateway.claim(self, "path", "path", self.path, fix=fix)
        if version:
            self._gateway.claim(self, "version", "version", f"{self.path}/{version.version}")

    def _make_named_values(
        self, named_values: Mapping[str, KeyVaultSecret | str]
    ) -> dict[str, ApiManagementNamedValue]:
        if not named_values:
            return {}
        from constructs_lib.api.named_value import named_value_resource

        return {
            name: named_value_resource(
                self,
                name,
                value,
                gateway=self._gateway,
                outlives_policy=self._key_outlives_policy
                and bool(self._migration)
                and name == self._key_name,
            )
            for name, value in named_values.items()
        }

    def _make_version_set(
        self, name: str, display_name: str, version: ApiVersion | None
    ) -> ApiManagementApiVersionSet | None:
        if version is None or version.version_set_id is not None:
            return None
        from constructs_lib.api.version_set import version_set_resource

        return version_set_resource(
            self, version, gateway=self._gateway, name=name, display_name=display_name
        )

    def _make_api(
        self,
        name: str,
        display_name: str,
        description: str | None,
        revision: str,
        version: ApiVersion | None,
        document: ImportDocument | None,
    ) -> ApiManagementApi:
        version_set_id = version.version_set_id if version else None
        return ApiManagementApi(
            self,
            "api",
            name=name,
            **self._in_gateway,
            revision=revision,
            display_name=display_name,
            description=description,
            path=self.path,
            protocols=["https"],
            subscription_required=self.subscription_required,
            subscription_key_parameter_names=ApiManagementApiSubscriptionKeyParameterNames(
                header=self.subscription_key.header, query=self.subscription_key.query
            ),
            version=version.version if version else None,
            version_set_id=self.version_set.id if self.version_set else version_set_id,
            import_=ApiManagementApiImport(
                content_format=document.content_format, content_value=document.content_value
            )
            if document
            else None,
        )

    def _within(self, *parents: TerraformResource) -> InApi:
        """What names the API for a resource that is replaced with any of `parents`."""
        return InApi(
            {**self._in_gateway, "api_name": self.name, "lifecycle": replaced_with(*parents)}
        )

    def _make_policy(self, depends_on: Sequence[ITerraformDependable]) -> ApiManagementApiPolicy:
        policy = ApiManagementApiPolicy(
            self,
            "policy",
            **self._in_api,
            xml_content=self._policy_xml(),
            depends_on=[*depends_on, *self._above] or None,
        )
        self._gateway.apply_after_parts(policy, self.secured_policy())
        return policy

    def _make_operations(self, operations: Operations) -> dict[str, ApiManagementApiOperation]:
        if operations.document is not None:
            return {}
        after: list[ITerraformDependable] = [self.api_policy, *self.schemas.values()]
        return {
            operation.id: operation_resource(self, operation, self._in_api, after)
            for operation in operations
        }

    def _make_operation_policies(self) -> dict[str, ApiManagementApiOperationPolicy]:
        made: dict[str, ApiManagementApiOperationPolicy] = {}
        for operation, document in self._operation_documents.items():
            where = f"operation_policies.{operation}"
            self._check_published(operation, where, "no operation has this id")
            check_document(self, where, document, at="operation", sku=self._gateway.sku)
            from cdktf_cdktf_provider_azurerm.api_management_api_operation_policy import (
                ApiManagementApiOperationPolicy,
            )

            # Where API Management imports the operations, it has them when it has the API.
            resource = self.operations.get(operation)
            made[operation] = ApiManagementApiOperationPolicy(
                self,
                f"operation-policy-{operation}",
                **self._within(resource or self.api),
                operation_id=resource.operation_id if resource else operation,
                xml_content=write(document),
                depends_on=None if resource else [self.api],
            )
            self._gateway.apply_after_parts(made[operation], document)
        return made

    def _check_published(self, operation: str, argument: str, problem: str) -> None:
        if operation not in self.published:
            refuse(self, argument, problem, f"write one of {', '.join(self.published)}")

    def _make_schemas(self, operations: Operations) -> dict[str, ApiManagementApiSchema]:
        if not operations.schemas:
            return {}
        from cdktf_cdktf_provider_azurerm.api_management_api_schema import ApiManagementApiSchema

        return {
            schema.id: ApiManagementApiSchema(
                self,
                f"schema-{schema.id}",
                **self._in_api,
                schema_id=schema.id,
                content_type=schema.content_type,
                components=schema.components,
                definitions=schema.definitions,
            )
            for schema in operations.schemas
        }

    def _offer(self, product: Product | None) -> None:
        """Offer the API in a product, new or existing, once the product's policy is there."""
        self.product: ApiManagementProduct | None = None
        self.product_policy: ApiManagementProductPolicy | None = None
        self.product_api: ApiManagementProductApi | None = None
        self._product_document: Document | None = None
        if product is None:
            return
        from cdktf_cdktf_provider_azurerm.api_management_product_api import ApiManagementProductApi

        from constructs_lib.api.product import existing_product, product_resource

        if product.display_name is None:
            product_id = existing_product(self, product.id, gateway=self._gateway)
        else:
            self.product = product_resource(self, product, gateway=self._gateway)
            product_id = self.product.product_id
        if product.policy is not None:
            fix = "give it with one of the APIs in the product"
            self._gateway.claim(self, "product.policy", "policy of product", product.id, fix=fix)
            self.product_policy = self._make_product_policy(product_id, product.policy)
        after = [*self._above, *([self.product_policy] if self.product_policy else [])]
        self.product_api = ApiManagementProductApi(
            self,
            "product-api",
            product_id=product_id,
            **self._within(self.api, *([self.product] if self.product else [])),
            depends_on=after or None,
        )

    def _make_product_policy(
        self, product_id: str, source: PolicySource
    ) -> ApiManagementProductPolicy:
        from cdktf_cdktf_provider_azurerm.api_management_product_policy import (
            ApiManagementProductPolicy,
        )

        self._product_document = document = read_policy(self, "product.policy", source)
        check_document(self, "product.policy", document, at="product", sku=self._gateway.sku)
        in_gateway = self._in_gateway
        if self.product:
            in_gateway = InGateway({**in_gateway, "lifecycle": replaced_with(self.product)})
        policy = ApiManagementProductPolicy(
            self,
            "product-policy",
            product_id=product_id,
            **in_gateway,
            xml_content=write(document),
        )
        self._gateway.apply_after_parts(policy, document)
        return policy

    def _make_subscriptions(self, names: Sequence[str]) -> dict[str, ApiManagementSubscription]:
        made: dict[str, ApiManagementSubscription] = {}
        if isinstance(names, str):
            refuse(self, "subscriptions", "a text instead of a list", f"write [{names!r}]")
        for name in names:
            if name in made or not name:
                refuse(self, "subscriptions", f"{name!r} is empty or twice", "name each once")
            from cdktf_cdktf_provider_azurerm.api_management_subscription import (
                ApiManagementSubscription,
            )

            made[name] = ApiManagementSubscription(
                self,
                f"subscription-{name}",
                display_name=name,
                **self._in_gateway,
                # The API's id ends in `;rev=1`, which subscriptions refuse (azurerm issue 23399).
                api_id=f"{self._gateway.id}/apis/{self.name}",
                state="active",
                allow_tracing=False,
            )
        return made

    def _make_diagnostics(self, settings: Diagnostics | None) -> ApiDiagnostics | None:
        if settings is None:
            return None
        from constructs_lib.api.diagnostics import ApiDiagnostics

        return ApiDiagnostics(
            self,
            "diagnostics",
            in_api=self._in_api,
            in_gateway=self._in_gateway,
            settings=settings,
            subscription_key=self.subscription_key,
        )


def _served(path: str, version: ApiVersion | None) -> str:
    segment = f"/{version.version}" if version and version.scheme == "Segment" else ""
    return f"{path}{segment}".strip("/")
