"""One API in the gateway whose requests are forwarded to a function app with the gateway's token.

The policy has two parts. The caller's own part is `policy`; the secured part follows it in the
inbound section and is always there: choose the backend, get a token of the gateway's identity for
the audience, take the subscription key and any function key out of header and query. It comes last
so that a `validate-jwt` of the first part still sees the caller's own `Authorization` header.

Sources: azurerm 4.55.0 `azurerm_api_management_api`, `_backend`, `_api_policy`, `_api_operation`;
Learn "authentication-managed-identity", "Subscriptions in Azure API Management" (API Management
forwards the key in header and query to the backend).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import jsii
from cdktf import (
    IResolveContext,
    IStringProducer,
    ITerraformDependable,
    Lazy,
)
from cdktf_cdktf_provider_azurerm.api_management_api import (
    ApiManagementApi,
    ApiManagementApiImport,
    ApiManagementApiSubscriptionKeyParameterNames,
)
from cdktf_cdktf_provider_azurerm.api_management_api_operation import ApiManagementApiOperation
from cdktf_cdktf_provider_azurerm.api_management_api_policy import ApiManagementApiPolicy
from constructs import Construct

from constructs_lib._cdk.acceptance import accept
from constructs_lib._cdk.arguments import (
    check_child_name,
    check_choice,
    check_pattern,
    check_uuid,
    refuse,
)
from constructs_lib._cdk.policy_source import PolicySource, check_document, read_policy
from constructs_lib._cdk.stack_of import stack_of
from constructs_lib.api.backend import backend_resource
from constructs_lib.api.diagnostics import ApiDiagnostics
from constructs_lib.api.key_migration import STAGES, Stage, key_policy
from constructs_lib.api.named_value import named_value_resource
from constructs_lib.api.operation import operation_resource
from constructs_lib.api.props import (
    ApiVersion,
    CircuitBreaker,
    Diagnostics,
    KeyVaultSecret,
    Product,
    SubscriptionKey,
)
from constructs_lib.gateway.references import GatewayReferences
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

# What few APIs have is imported where it is made: each binding takes milliseconds to load.
if TYPE_CHECKING:
    from cdktf_cdktf_provider_azurerm.api_management_api_operation_policy import (
        ApiManagementApiOperationPolicy,
    )
    from cdktf_cdktf_provider_azurerm.api_management_api_schema import ApiManagementApiSchema
    from cdktf_cdktf_provider_azurerm.api_management_api_version_set import (
        ApiManagementApiVersionSet,
    )
    from cdktf_cdktf_provider_azurerm.api_management_product import ApiManagementProduct
    from cdktf_cdktf_provider_azurerm.api_management_product_api import ApiManagementProductApi
    from cdktf_cdktf_provider_azurerm.api_management_product_policy import (
        ApiManagementProductPolicy,
    )
    from cdktf_cdktf_provider_azurerm.api_management_subscription import ApiManagementSubscription


_API_NAME = r"[^*#&+]{1,256}"
_PATH = r"(?:|\w|[\w.][\w\-/.:]{0,398}[\w-])"
_HEADER = r"[!#$%&'*+.^`|~\w-]+"
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
        revision: A new revision starts without a policy, so keep it unless you mean it.
        version: The API's version.
        product: The product that it is offered in.
        subscriptions: Names of subscriptions to this API to make. API Management generates their
            keys and azurerm stores them in the state, so it is a choice to make knowingly.
        named_values: Named values that the policies read as `{{name}}`: a Key Vault secret, or
            plain text for what is no secret.
        diagnostics: Traces of requests.
        circuit_breaker: When to stop calling a failing function app.
        migration: The stage of a move from function keys to the identity; see `migration`.
        function_key: The key of the stages `keys` and `both`: a Key Vault secret, or the name of a
            named value that the gateway has already.
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
        InputError: For what azurerm 4.55 or API Management would refuse, and for a policy that is
            wrong in itself.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        gateway: GatewayReferences,
        path: str,
        hostname: str,
        audience: str,
        operations: Operations | Sequence[Operation | str],
        name: str | None = None,
        display_name: str | None = None,
        description: str | None = None,
        route_prefix: str | None = None,
        function_app_id: str | None = None,
        subscription_key: SubscriptionKey | None = None,
        subscription_required: bool = True,
        anonymous_reason: str | None = None,
        policy: PolicySource | None = None,
        operation_policies: Mapping[str, PolicySource] | None = None,
        revision: str = "1",
        version: ApiVersion | None = None,
        product: Product | None = None,
        subscriptions: Sequence[str] = (),
        named_values: Mapping[str, KeyVaultSecret | str] | None = None,
        diagnostics: Diagnostics | None = None,
        circuit_breaker: CircuitBreaker | None = None,
        migration: Stage | None = None,
        function_key: KeyVaultSecret | str | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        name = name or id
        if not isinstance(operations, Operations):
            operations = Operations.of(*operations)
        if route_prefix is None:
            route_prefix = "api" if operations.route_prefix is None else operations.route_prefix
        self.subscription_key = subscription_key or SubscriptionKey()
        self.subscription_required = subscription_required
        self._gateway = gateway
        self._audience = audience
        self._in_gateway = gateway.arguments
        self._check(name, path, route_prefix, audience, operations, anonymous_reason)
        self._check_version(name, revision, version, shares_name=diagnostics is not None)
        gateway.claim(self, "name", "API name", name)
        self._claim_path(path, version)

        self.path = path
        self._policy = read_policy(self, "policy", policy)
        self._operation_documents = {
            operation: read_policy(self, f"operation_policies.{operation}", source)
            for operation, source in (operation_policies or {}).items()
        }
        self._migration: Stage | None = migration
        named_values = {**(named_values or {}), **self._function_key(name, function_key)}
        self.named_values = {
            value_name: named_value_resource(
                self,
                value_name,
                value,
                gateway=gateway,
                outlives_policy=bool(migration) and value_name == self._key_name,
            )
            for value_name, value in named_values.items()
        }
        self._version_set(name, display_name or name, version)
        self.api = ApiManagementApi(
            self,
            "api",
            name=name,
            **self._in_gateway,
            revision=revision,
            display_name=display_name or name,
            description=description,
            path=path,
            protocols=["https"],
            subscription_required=subscription_required,
            subscription_key_parameter_names=ApiManagementApiSubscriptionKeyParameterNames(
                header=self.subscription_key.header, query=self.subscription_key.query
            ),
            version=version.version if version else None,
            version_set_id=self._version_set_id,
            import_=ApiManagementApiImport(
                content_format=operations.document.content_format,
                content_value=operations.document.content_value,
            )
            if operations.document
            else None,
        )
        self.name = self.api.name
        segment = f"/{version.version}" if version and version.scheme == "Segment" else ""
        self.url = f"{gateway.url}/{f'{path}{segment}'.strip('/')}".rstrip("/")
        self.backend = backend_resource(
            self,
            gateway=gateway,
            name=name,
            hostname=hostname,
            route_prefix=route_prefix,
            function_app_id=function_app_id,
            circuit_breaker=circuit_breaker,
        )
        self._backend_name = self.backend.name

        if anonymous_reason and not subscription_required:
            accept(self.api, "SF501", reason=anonymous_reason)
        self.published = {operation.id: operation for operation in operations}

        self.api_policy = ApiManagementApiPolicy(
            self,
            "policy",
            api_name=self.name,
            **self._in_gateway,
            xml_content=self._policy_xml(),
            depends_on=[*depends_on, *self._above] or None,
        )
        gateway.apply_after_parts(self.api_policy, self.secured_policy())
        self._make_operations(operations)
        self._product(product)
        self._subscriptions(subscriptions)
        self.diagnostics: ApiDiagnostics | None = None
        if diagnostics:
            self.diagnostics = ApiDiagnostics(
                self,
                "diagnostics",
                api_name=self.name,
                in_gateway=self._in_gateway,
                settings=diagnostics,
                subscription_key=self.subscription_key,
            )

    @property
    def policy(self) -> Document:
        """The caller's part of the API's policy, which can be changed until synth.

        From the first use on, the policy is written at synth instead of at construction.
        """
        if not self._written_at_synth:
            self._written_at_synth = True
            self.api_policy.xml_content = Lazy.string_value(_PolicyProducer(self))
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
            if operation not in self.published:
                refuse(
                    self,
                    "operation",
                    f"no operation has the id {operation!r}",
                    f"write one of {', '.join(self.published)}",
                )
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
        check_document(self, "policy", document, at="api", sku=self._gateway.sku)
        return write(document)

    def _check_version(
        self, name: str, revision: str, version: ApiVersion | None, *, shares_name: bool
    ) -> None:
        # Version set and logger get the API's name, and azurerm allows them less than an API.
        if shares_name or (version and version.version_set_id is None):
            check_child_name(self, "name", name)
        check_pattern(self, "revision", revision, r"(?s).+", "at least one character")
        if version:
            check_choice(self, "version.scheme", version.scheme, ("Segment", "Header", "Query"))
            check_pattern(self, "version.version", version.version, r"\S+", "for example v1")

    def _claim_path(self, path: str, version: ApiVersion | None) -> None:
        """Take the path, which only versions of one version set may share."""
        fix = "choose another path, or give version.version_set_id of the version set that has it"
        if version and version.version_set_id is not None:
            self._gateway.claim(self, "version", "version", f"{path}/{version.version}")
            return
        self._gateway.claim(self, "path", "path", path, fix=fix)
        if version:
            self._gateway.claim(self, "version", "version", f"{path}/{version.version}")

    def _check(
        self,
        name: str,
        path: str,
        route_prefix: str,
        audience: str,
        operations: Operations,
        anonymous_reason: str | None,
    ) -> None:
        check_pattern(self, "name", name, _API_NAME, "up to 256 characters without * # & +")
        check_pattern(
            self,
            "path",
            path,
            _PATH,
            "up to 400 of letters, digits, - _ . : and /, none at the ends",
        )
        check_pattern(
            self, "route_prefix", route_prefix, r"(?![/])\S*(?<![/])", "no slash at the ends"
        )
        check_uuid(self, "audience", audience, "the client id of the app registration")
        check_pattern(
            self, "subscription_key.header", self.subscription_key.header, _HEADER, "a header name"
        )
        if self.subscription_key.header.lower() == "authorization":
            refuse(
                self,
                "subscription_key.header",
                "the gateway's token goes there, and would be deleted with the key",
                "choose another header",
            )
        check_pattern(
            self,
            "subscription_key.query",
            self.subscription_key.query,
            r"[\w.~-]+",
            "a parameter name",
        )
        if not self.subscription_required and not (anonymous_reason or "").strip():
            refuse(
                self,
                "subscription_required",
                "without a subscription the gateway lets everybody in",
                "leave it true, or say in anonymous_reason what checks callers instead",
            )
        if not len(operations):
            refuse(
                self,
                "operations",
                "an API without operations answers 404 to everything",
                'name them, for example ["GET /orders/{id}"]',
            )

    def _function_key(
        self, api_name: str, given: KeyVaultSecret | str | None
    ) -> dict[str, KeyVaultSecret | str]:
        """Set the name of the named value with the key; return it if it is to be made."""
        self._key_name: str | None = given if isinstance(given, str) else f"{api_name}-function-key"
        if self._migration is None:
            if given is not None:
                refuse(
                    self,
                    "function_key",
                    "the gateway calls with its identity and sends no key",
                    'leave it out, or say migration="keys" or "both"',
                )
            return {}
        check_choice(self, "migration", self._migration, STAGES)
        if self._migration == "identity":
            return {}
        if given is None:
            refuse(
                self,
                "function_key",
                f"the stage {self._migration} sends the function key",
                "give a KeyVaultSecret, or the name of the named value that holds it",
            )
        if isinstance(given, KeyVaultSecret):
            return {f"{api_name}-function-key": given}
        check_pattern(
            self, "function_key", given, r"[A-Za-z0-9_.-]{1,256}", "the name of a named value"
        )
        return {}

    def _version_set(self, name: str, display_name: str, version: ApiVersion | None) -> None:
        self.version_set: ApiManagementApiVersionSet | None = None
        self._version_set_id = version.version_set_id if version else None
        if version is None:
            return
        if (version.parameter is None) != (version.scheme == "Segment"):
            refuse(
                self,
                "version.parameter",
                f"{version.parameter!r} does not go with the scheme {version.scheme}",
                "name the header or query parameter for Header and Query, nothing for Segment",
            )
        if version.version_set_id is None:
            from cdktf_cdktf_provider_azurerm.api_management_api_version_set import (
                ApiManagementApiVersionSet,
            )

            self.version_set = ApiManagementApiVersionSet(
                self,
                "version-set",
                name=name,
                display_name=display_name,
                **self._in_gateway,
                versioning_scheme=version.scheme,
                version_header_name=version.parameter if version.scheme == "Header" else None,
                version_query_name=version.parameter if version.scheme == "Query" else None,
            )
            self._version_set_id = self.version_set.id

    def _make_operations(self, operations: Operations) -> None:
        self._make_schemas(operations)
        self.operations: dict[str, ApiManagementApiOperation] = {}
        self.operation_policies: dict[str, ApiManagementApiOperationPolicy] = {}
        imported = operations.document is not None
        if not imported:
            after: list[ITerraformDependable] = [self.api_policy, *self.schemas.values()]
            for operation in operations:
                self.operations[operation.id] = operation_resource(
                    self, operation, self.name, self._in_gateway, after
                )
        for operation, document in self._operation_documents.items():
            where = f"operation_policies.{operation}"
            if operation not in self.published:
                refuse(
                    self,
                    where,
                    "no operation has this id",
                    f"write one of {', '.join(self.published)}",
                )
            from cdktf_cdktf_provider_azurerm.api_management_api_operation_policy import (
                ApiManagementApiOperationPolicy,
            )

            check_document(self, where, document, at="operation", sku=self._gateway.sku)
            self.operation_policies[operation] = ApiManagementApiOperationPolicy(
                self,
                f"operation-policy-{operation}",
                api_name=self.name,
                **self._in_gateway,
                operation_id=operation if imported else self.operations[operation].operation_id,
                xml_content=write(document),
                depends_on=[self.api] if imported else None,
            )
            self._gateway.apply_after_parts(self.operation_policies[operation], document)

    def _make_schemas(self, operations: Operations) -> None:
        self.schemas: dict[str, ApiManagementApiSchema] = {}
        if not operations.schemas:
            return
        from cdktf_cdktf_provider_azurerm.api_management_api_schema import ApiManagementApiSchema

        for schema in operations.schemas:
            self.schemas[schema.id] = ApiManagementApiSchema(
                self,
                f"schema-{schema.id}",
                api_name=self.name,
                **self._in_gateway,
                schema_id=schema.id,
                content_type=schema.content_type,
                components=schema.components,
                definitions=schema.definitions,
            )

    def _product(self, product: Product | None) -> None:
        self.product: ApiManagementProduct | None = None
        self.product_api: ApiManagementProductApi | None = None
        self.product_policy: ApiManagementProductPolicy | None = None
        self._product_document: Document | None = None
        if product is None:
            return
        from cdktf_cdktf_provider_azurerm.api_management_product import ApiManagementProduct
        from cdktf_cdktf_provider_azurerm.api_management_product_api import ApiManagementProductApi
        from cdktf_cdktf_provider_azurerm.api_management_product_policy import (
            ApiManagementProductPolicy,
        )

        product_id = product.id
        if product.display_name is not None:
            self._gateway.claim(self, "product.id", "product", product.id)
            check_child_name(self, "product.id", product.id)
            check_pattern(
                self, "product.display_name", product.display_name, r"(?s).+", "a name for readers"
            )
            if product.approval_required and not (product.subscriptions_limit or 0) > 0:
                refuse(
                    self,
                    "product.approval_required",
                    "needs a limit of subscriptions",
                    "set subscriptions_limit to 1 or more",
                )
            self.product = ApiManagementProduct(
                self,
                "product",
                product_id=product.id,
                display_name=product.display_name,
                description=product.description,
                **self._in_gateway,
                published=True,
                subscription_required=True,
                approval_required=product.approval_required
                if product.subscriptions_limit
                else None,
                subscriptions_limit=product.subscriptions_limit,
            )
            product_id = self.product.product_id
        if product.policy is not None:
            document = read_policy(self, "product.policy", product.policy)
            check_document(self, "product.policy", document, at="product", sku=self._gateway.sku)
            self._product_document = document
            self.product_policy = ApiManagementProductPolicy(
                self,
                "product-policy",
                product_id=product_id,
                **self._in_gateway,
                xml_content=write(document),
            )
            self._gateway.apply_after_parts(self.product_policy, document)
        after = [*self._above, *([self.product_policy] if self.product_policy else [])]
        self.product_api = ApiManagementProductApi(
            self,
            "product-api",
            product_id=product_id,
            api_name=self.name,
            **self._in_gateway,
            depends_on=after or None,
        )

    def _subscriptions(self, names: Sequence[str]) -> None:
        self.subscriptions: dict[str, ApiManagementSubscription] = {}
        if not names:
            return
        if isinstance(names, str):
            refuse(self, "subscriptions", "a text instead of a list", f"write [{names!r}]")
        from cdktf_cdktf_provider_azurerm.api_management_subscription import (
            ApiManagementSubscription,
        )

        # The API's id ends in `;rev=1`, which subscriptions refuse (azurerm issue 23399).
        api_id = f"{self._gateway.id}/apis/{self.name}"
        for name in names:
            if name in self.subscriptions or not name:
                refuse(self, "subscriptions", f"{name!r} is empty or twice", "name each once")
            self.subscriptions[name] = ApiManagementSubscription(
                self,
                f"subscription-{name}",
                display_name=name,
                **self._in_gateway,
                api_id=api_id,
                state="active",
                allow_tracing=False,
            )


@jsii.implements(IStringProducer)
class _PolicyProducer:
    def __init__(self, api: FunctionApi) -> None:
        self._api = api

    def produce(self, context: IResolveContext) -> str:  # noqa: ARG002 - the interface has it
        return self._api._policy_xml()  # pyright: ignore[reportPrivateUsage] - of this module
