"""The chain of a configuration: its links, joined where they name each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from constructs_lib.access import urls
from constructs_lib.access.azapi import is_azapi, translate
from constructs_lib.access.doubts import Doubts
from constructs_lib.access.links import (
    APP_TYPES,
    APPLICATION_TYPES,
    ELSEWHERE,
    SLOT_TYPES,
    ApiLink,
    AppLink,
    GatewayLink,
    IdentityLink,
    Principals,
    RegistrationLink,
    Role,
    ToolLink,
    key,
)
from constructs_lib.access.records import Identity
from constructs_lib.access.terraform.body import LATER, Body
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import (
    Opaque,
    Reference,
    Term,
    Value,
    join,
    references_in,
    same,
    sole_reference,
    text_of,
)
from constructs_lib.access.writers import doubt_what_others_write

# App Service's "secure unique default hostname": the app's name, a hash, and the region.
_UNIQUE_HOST = re.compile(
    r"(?P<name>.+)-[a-z0-9]{16}\.(?P<region>[a-z]+[0-9]*)-[0-9]{2}"
    r"\.(?:azurewebsites\.net|azurewebsites\.us|chinacloudsites\.cn)",
    re.IGNORECASE,
)
# The host of an app in an App Service Environment (Learn, "App Service Environment networking").
_ASE_HOST = re.compile(
    r"(?P<name>[^.]+)\.[^.]+\.appserviceenvironment\.(?:net|us|cn)", re.IGNORECASE
)
# Attributes of an app that its URL is made of.
_HOST_NAMES = frozenset({"default_hostname", "defaultHostName", "name"})
# Of applications for whom somebody else decides (azuread, `sign_in_audience`).
_AUDIENCES = frozenset(
    {"AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"}
    | {"PersonalMicrosoftAccount"}
)
_AUTH_LEVEL = re.compile(r"authLevel\W+(\w+)", re.IGNORECASE)
# Of Azure, Azure Government and Azure in China.
_DOMAINS = ("azurewebsites.net", "azurewebsites.us", "chinacloudsites.cn")

_OPERATION_ID = re.compile(r"/apis/([^/;]+)(?:;rev=\d+)?(?:/operations/([^/]+))?/?$", re.IGNORECASE)
_PRIVATE_ENDPOINT = re.compile(r"Microsoft\.Network/privateEndpoints(@|$)", re.IGNORECASE)
_API_POLICY = re.compile(r"Microsoft\.ApiManagement/service/apis/policies(@|$)", re.IGNORECASE)


class Chain:
    """Everything in a configuration that decides who can call a function.

    Attributes:
        configuration: Where it was read from.
        principals: Service principals and managed identities.
        apps: Function apps and slots, by stack and address.
        twice: What Azure has once and the configuration defines again, each with the first, and in
            words whose it is.
        azapi: What azapi writes, which is entered in azurerm's terms.
        doubts: What may be otherwise than it is written.
        keyed: What says that the Functions host demands a key, by stack and address of the app.
        host_keys: What reads the keys of the Functions host, likewise.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.doubts = Doubts()
        self.azapi = translate(configuration, self.doubts)
        self.principals = Principals(configuration)
        self._gateways: dict[tuple[str, Any], GatewayLink] = {}
        self._gateway_names: dict[Any, GatewayLink] = {}
        self._registrations: dict[Any, RegistrationLink] = {}
        self._uris: dict[Any, RegistrationLink] = {}
        self._hosts: dict[Any, AppLink] = {}
        self._named: dict[str, AppLink] = {}
        self._looked_up: dict[tuple[str, str], AppLink] = {}
        self.apps: dict[tuple[str, str], AppLink] = {}
        self.keyed: dict[tuple[str, str], Resource] = {}
        self.host_keys: dict[tuple[str, str], Resource] = {}
        self.twice: list[tuple[Resource, Resource, str]] = []
        self._read_registrations()
        self._read_gateways()
        self._read_apps()
        self._read_private_endpoints()
        self._read_keys()
        doubt_what_others_write(configuration, self.doubts)

    @property
    def gateways(self) -> list[GatewayLink]:
        """All gateways, those that are only named included."""
        return sorted(self._gateways.values(), key=lambda each: (each.stack, each.address))

    def unread(self, stack: str) -> bool:
        """Whether a part of a stack could not be read, so that more may be in it."""
        return any(gap.stack == stack for gap in self.configuration.gaps)

    @property
    def registrations(self) -> list[RegistrationLink]:
        """All registrations, those that are only named included."""
        return sorted(
            set(self._registrations.values()), key=lambda each: (each.stack, each.address)
        )

    # Registrations ------------------------------------------------------------------------------

    def registration(self, client_id: Value, stack: str = "") -> RegistrationLink:
        """The registration with a client id; one that is managed elsewhere if there is none."""
        found = self._registrations.get(key(client_id))
        if found is None:
            text = text_of(client_id)
            found = RegistrationLink(ELSEWHERE + text, text, stack, client_id, None)
            self._add_principals(found)
            self._registrations[key(client_id)] = found
        return found

    def registration_of_resource(self, resource: Value) -> RegistrationLink | None:
        """The registration that a token is asked for by: client id or App ID URI."""
        return self._registrations.get(key(resource)) or self._uris.get(key(resource))

    def _read_registrations(self) -> None:
        configuration = self.configuration
        by_id: dict[Any, RegistrationLink] = {}
        for each in configuration.of_type(*APPLICATION_TYPES):
            client_id = configuration.attribute(each, "client_id")
            known = self._registrations.get(key(client_id))
            if known is not None and (known.managed or not each.managed):
                continue
            link = self._registrations[key(client_id)] = self._registration(each, client_id)
            for identifier in ("id", "object_id"):
                by_id[key(configuration.attribute(each, identifier))] = link
        for each in configuration.of_type("azuread_application_identifier_uri"):
            link = by_id.get(key(configuration.attribute(each, "application_id")))
            if link:
                link.uris.append(configuration.attribute(each, "identifier_uri"))
        for each in configuration.of_type("azuread_application_app_role"):
            link = by_id.get(key(configuration.attribute(each, "application_id")))
            if link:
                body = configuration.body(each)
                link.roles.append(_role(body, body.value("role_id"), each.address))
        for link in self._registrations.values():
            for uri in link.uris:
                self._uris.setdefault(key(uri), link)
        self._principals_of = self._grouped("azuread_service_principal", "client_id")
        self._assignments_on = self._grouped("azuread_app_role_assignment", "resource_object_id")
        for link in self._registrations.values():
            self._add_principals(link)

    def _registration(self, resource: Resource, client_id: Value) -> RegistrationLink:
        body = self.configuration.body(resource)
        link = RegistrationLink(
            resource.address,
            _label(resource, body.value("display_name", resource.address)),
            resource.stack,
            client_id,
            resource,
        )
        settings = body.block("api") or Body(self.configuration, resource, {})
        if resource.type == "azuread_application_registration":
            version: Value = body.value("requested_access_token_version", 2)
        else:
            version = settings.value("requested_access_token_version", 1)
        audience = body.value("sign_in_audience", "AzureADMyOrg")
        if resource.shows and (resource.managed or "api" in resource.body):
            link.token_version = {"1": 1, "2": 2}.get(text_of(version))
            if isinstance(audience, str) and (resource.managed or audience in _AUDIENCES):
                link.multi_tenant = audience != "AzureADMyOrg"
        link.uris.extend(body.values("identifier_uris"))
        for role in [*body.blocks("app_role"), *body.blocks("app_roles")]:
            link.roles.append(_role(role, role.value("id"), resource.address))
        return link

    def _grouped(self, type: str, attribute: str) -> dict[Any, list[Resource]]:
        found: dict[Any, list[Resource]] = {}
        for each in self.configuration.of_type(type):
            found.setdefault(key(self.configuration.attribute(each, attribute)), []).append(each)
        return found

    def _add_principals(self, link: RegistrationLink) -> None:
        configuration = self.configuration
        link.principals = self._principals_of.get(key(link.client_id), [])
        required: list[bool | None] = []
        for each in link.principals:
            default = False if each.managed else None
            value = configuration.body(each).value("app_role_assignment_required", default)
            required.append(value if isinstance(value, bool) else None)
            object_id = key(configuration.attribute(each, "object_id"))
            for assignment in self._assignments_on.get(object_id, ()):
                if assignment not in link.assignments:
                    link.assignments.append(assignment)
        told = [value for value in required if value is not None]
        link.assignment_required = all(told) if told else None

    # Gateways -----------------------------------------------------------------------------------

    def gateway(self, name: Value, stack: str = "") -> GatewayLink:
        """The gateway of a name; one that is managed elsewhere if there is none.

        That of the same stack comes first: stacks may be the same system in several environments.
        """
        found = self._gateways.get((stack, key(name))) or self._gateway_names.get(key(name))
        made = self.configuration.so_named("azurerm_api_management", stack, name)
        if found is None and made is not None:
            return self.gateway(self.configuration.attribute(made, "name"), stack)
        if found is None:
            text = text_of(name)
            found = GatewayLink(ELSEWHERE + text, text, stack, None)
            self._add_gateway(found, name)
        return found

    def _add_gateway(self, link: GatewayLink, name: Value) -> None:
        self._gateways[link.stack, key(name)] = link
        self._gateway_names.setdefault(key(name), link)

    def _gateway_of_id(self, each: Resource, attribute: str) -> GatewayLink:
        value = self.configuration.attribute(each, attribute)
        reference = sole_reference(value)
        if reference is not None and reference.path == ("id",):
            resource = self.configuration.resource(reference.stack, reference.address)
            if resource is not None:
                return self.gateway(self.configuration.attribute(resource, "name"), each.stack)
        found = re.search(r"/service/([^/]+)", value) if isinstance(value, str) else None
        return self.gateway(found[1] if found else value, each.stack)

    def _read_gateways(self) -> None:
        configuration = self.configuration
        services = list(configuration.of_type("azurerm_api_management"))
        for each in sorted(services, key=lambda service: not service.managed):
            name = configuration.attribute(each, "name")
            if not each.managed and key(name) in self._gateway_names:
                continue
            link = GatewayLink(each.address, _label(each, name), each.stack, each)
            self._add_identities(link, each)
            self._add_gateway(link, name)
        for kind, table, name in (
            ("azurerm_api_management_backend", "backends", "name"),
            ("azurerm_api_management_named_value", "named_values", "display_name"),
            ("azurerm_api_management_product", "products", "product_id"),
            ("azurerm_api_management_product_policy", "product_policies", "product_id"),
        ):
            for each in configuration.of_type(kind):
                self._enter(getattr(self._gateway_of(each), table), each, name)
        for each in configuration.of_type("azurerm_api_management_policy_fragment"):
            link = self._gateway_of_id(each, "api_management_id")
            self._enter(link.fragments, each, "name")
        for each in configuration.of_type("azurerm_api_management_policy"):
            link = self._gateway_of_id(each, "api_management_id")
            link.policy = self._one_of(link.policy, each)
        for each in configuration.of_type("azapi_resource", "azapi_update_resource"):
            kind = configuration.body(each).value("type")
            if isinstance(kind, str) and kind.startswith("Microsoft.ApiManagement/"):
                for link in self._gateways.values():
                    link.others = True
        self._read_apis()

    def _gateway_of(self, each: Resource) -> GatewayLink:
        return self.gateway(self.configuration.attribute(each, "api_management_name"), each.stack)

    def _add_identities(self, link: GatewayLink, each: Resource) -> None:
        configuration = self.configuration
        blocks = configuration.body(each).blocks("identity")
        told = all(isinstance(block.value("type", ""), str) for block in blocks)
        link.complete = told and (each.managed or bool(blocks))
        kinds = ", ".join(text_of(block.value("type", "")) for block in blocks)
        if "SystemAssigned" in kinds or not link.complete:
            object_id = configuration.attribute(each, "identity", 0, "principal_id")
            principal = self.principals.with_object_id(object_id)
            clients = tuple(principal.client_ids) if principal else ()
            objects = tuple(principal.object_ids) if principal else (object_id,)
            if is_azapi(each):
                objects += (configuration.attribute(each, "output", "identity", "principalId"),)
            link.system = _identity(f"{link.name} (system-assigned)", None, clients, objects)
        for block in blocks:
            kind = block.value("type", "")
            attached = isinstance(kind, str) and "UserAssigned" in kind
            for identity in block.values("identity_ids") if attached else ():
                link.users.append(self._user_assigned(identity))

    def _user_assigned(self, identity: Value) -> IdentityLink:
        configuration = self.configuration
        resource: Resource | None = None
        for reference in references_in(identity):
            found = configuration.resource(reference.stack, reference.address)
            if found is not None and found.type == "azurerm_user_assigned_identity":
                resource = found
        if resource is None and isinstance(identity, str):
            name = identity.rsplit("/", 1)[-1].lower()
            for each in configuration.of_type("azurerm_user_assigned_identity"):
                if key(configuration.attribute(each, "name")) == name:
                    resource = each
        if resource is None:
            return _identity(text_of(identity).rsplit("/", 1)[-1], None, (), (), identity)
        clients = (configuration.attribute(resource, "client_id"),)
        objects = (configuration.attribute(resource, "principal_id"),)
        principal = self.principals.with_client_id(clients[0])
        if principal:
            clients, objects = tuple(principal.client_ids), tuple(principal.object_ids)
        name = _label(resource, configuration.attribute(resource, "name"))
        return _identity(name, resource.address, clients, objects, identity)

    def _read_apis(self) -> None:
        configuration = self.configuration
        for each in configuration.of_type("azurerm_api_management_api"):
            name = configuration.attribute(each, "name")
            link = self._gateway_of(each)
            api = ApiLink(each.address, _label(each, name), link, each)
            existing = link.apis.get(key(name))
            if existing is None or each.managed:
                first = existing.resource if existing else None
                # What is only looked up gives way to what is made.
                first = first if first is not None and first.managed else None
                again = first and self._one_of(first, each, "name", "revision") is first
                # Revisions of an API share its name; each is an API of its own here.
                if not again:
                    link.apis[(key(name), each.address) if first else key(name)] = api
        for link in self.gateways:
            self._compare_paths(link)
        for each in configuration.of_type("azurerm_api_management_api_operation"):
            self._enter(self.api_of(each).operations, each, "operation_id", "api_name")
        for each in configuration.of_type("azurerm_api_management_api_policy"):
            api = self.api_of(each)
            api.policy = self._one_of(api.policy, each, "api_name")
        for each in configuration.of_type("azurerm_api_management_api_operation_policy"):
            self._enter(self.api_of(each).operation_policies, each, "operation_id", "api_name")
        for each in configuration.of_type("azurerm_api_management_product_api"):
            product = key(configuration.attribute(each, "product_id"))
            self.api_of(each).products.append(product)
            if configuration.perhaps(each):
                self.api_of(each).products_perhaps.add(product)

        for each in configuration.of_type("azapi_resource", "azapi_update_resource"):
            kind = configuration.body(each).value("type")
            if each.managed and isinstance(kind, str) and _API_POLICY.match(kind):
                self._enter_unread(each)

        for by, parent, operation in self.azapi.tools:
            for api in self._apis_of(by if parent is None else parent, by.stack):
                api.tools.append(self._tool(api.gateway, operation))

    def _apis_of(self, of: Resource | Value, stack: str) -> list[ApiLink]:
        """The API of a resource or an id; all that an id may be of, if it does not tell."""
        apis = [api for gateway in self.gateways for api in gateway.apis.values()]
        if isinstance(of, Resource):
            return [api for api in apis if api.resource and api.address == of.address]
        places = {(each.stack, each.address) for each in references_in(of)}
        named = _OPERATION_ID.search(text_of(of))
        return [
            api
            for api in apis
            if (api.gateway.stack == stack or api.resource is not None)
            and (
                (api.resource and (api.resource.stack, api.address) in places)
                or (named is not None and api.name.lower() == named[1].lower())
            )
        ]

    def _tool(self, gateway: GatewayLink, operation: Value) -> ToolLink:
        """The operation that a tool calls, by its id or a reference to it."""
        named = _OPERATION_ID.search(text_of(operation))
        if named is not None:
            api = gateway.apis.get(key(named[1]))
            if api is not None:
                return ToolLink(api, key(named[2]) if named[2] else None)
        written = re.search(r"/operations/([^/{}$]+)$", text_of(operation))
        for each in references_in(operation):
            resource = self.configuration.resource(each.stack, each.address)
            if resource is None:
                continue
            if resource.type == "azurerm_api_management_api_operation":
                name = key(self.configuration.attribute(resource, "operation_id"))
                return ToolLink(self.api_of(resource), name)
            if resource.type == "azurerm_api_management_api":
                found = self._apis_of(resource, resource.stack)
                if found:
                    return ToolLink(found[0], key(written[1]) if written else None)
        return ToolLink(None, None)

    def _compare_paths(self, gateway: GatewayLink) -> None:
        """Find APIs that want one path: only versions and revisions of an API may share theirs."""
        taken: dict[tuple[str, str], Resource] = {}
        for api in gateway.apis.values():
            if api.resource is None or not api.resource.managed:
                continue
            body = self.configuration.body(api.resource)
            path, kind = body.value("path"), text_of(body.value("api_type", "http"))
            alone = body.value("version_set_id") is None and body.value("source_api_id") is None
            if not isinstance(path, str) or not alone or kind == "websocket":
                continue
            first = taken.setdefault((api.resource.stack, path.strip("/").lower()), api.resource)
            if first is api.resource:
                continue
            names = [self.configuration.attribute(one, "name") for one in (first, api.resource)]
            if same(*names) is False and _both_made(first, api.resource):
                said = f"the gateway serves another API at the path {path!r} already"
                self.twice.append((api.resource, first, said))

    def _enter_unread(self, each: Resource) -> None:
        """Give a policy that azapi writes to its API, or to any that it may be of."""
        parent = self.configuration.body(each).value("parent_id")
        named = {(reference.stack, reference.address) for reference in references_in(parent)}
        apis = [api for gateway in self.gateways for api in gateway.apis.values()]
        owners = [
            api
            for api in apis
            if (api.resource and (api.resource.stack, api.address) in named)
            or text_of(parent).lower().split(";rev=")[0].endswith(f"/apis/{api.name.lower()}")
        ]
        for api in owners or apis:
            api.policy = api.policy or each

    def api_of(self, each: Resource) -> ApiLink:
        """The API that a policy or an operation names; one that is elsewhere if there is none."""
        link = self._gateway_of(each)
        name = self.configuration.attribute(each, "api_name")
        api = _revision(link, name) if isinstance(name, str) else link.apis.get(key(name))
        made = self.configuration.so_named("azurerm_api_management_api", each.stack, name)
        if api is None and made is not None:
            api = link.apis.get(key(self.configuration.attribute(made, "name")))
        if api is None:
            text = text_of(name)
            api = link.apis[key(name)] = ApiLink(ELSEWHERE + text, text, link, None)
        return api

    def _enter(self, table: dict[Any, Resource], each: Resource, name: str, *more: str) -> None:
        """Enter a part of a gateway or an API under its name."""
        found = key(self.configuration.attribute(each, name))
        table[found] = self._one_of(table.get(found), each, name, *more)

    def _one_of(self, first: Resource | None, each: Resource, *names: str) -> Resource:
        """Which of two resources counts that share a place; the first if both surely define it."""
        if first is None:
            return each
        there, here = (
            [self.configuration.attribute(one, name) for name in names] for one in (first, each)
        )
        # Of instances it cannot be told, nor of names of their own that are known later. Whose part
        # it is can be told of references too.
        told = all(
            same(one, other) is True and (name == "api_name" or isinstance(one, str))
            for name, one, other in zip(names, there, here, strict=True)
        )
        if not (told and _both_made(first, each)):
            return each
        self.twice.append((each, first, "the gateway has it already"))
        return first

    # Function apps ------------------------------------------------------------------------------

    def _read_apps(self) -> None:
        configuration = self.configuration
        apps = list(configuration.of_type(*APP_TYPES))
        for each in sorted(apps, key=lambda app: not app.managed):
            name = configuration.attribute(each, "name")
            made = None if each.managed else self._made(name, each.stack)
            if made is not None:
                self._looked_up[each.stack, each.address] = made
                self._hosts[key(configuration.attribute(each, "default_hostname"))] = made
                continue
            first = self._named.get(text_of(name).lower())
            link = self._app(each, _label(each, name))
            self._named.setdefault(text_of(name).lower(), link)
            self._add_hosts(link, name)
            before = first.resource if first is not None and isinstance(name, str) else None
            if before is not None and before.stack == each.stack and _both_made(before, each):
                said = "Azure has a function app of this name already"
                self.twice.append((each, before, said))
        for each in configuration.of_type(*SLOT_TYPES):
            parent, of = self._owner(each)
            slot = configuration.attribute(each, "name")
            label = text_of(of).rsplit("/", 1)[-1]
            link = self._app(each, f"{parent.name if parent else label}/{text_of(slot)}", parent)
            self._add_hosts(link, join([of if parent else label, "-", slot]))
        for shaped, app, slot in self.azapi.outside:
            name = f"{app}/{slot}" if slot else app
            if name.lower() not in self._named:
                link = self._app(shaped, name, self._named.get(app.lower()) if slot else None)
                self._add_hosts(link, name.replace("/", "-"))
        for each in configuration.of_type("azurerm_app_service_custom_hostname_binding"):
            name = configuration.attribute(each, "app_service_name")
            named = self._named.get(text_of(name).lower())
            if named is not None:
                self._hosts[key(configuration.attribute(each, "hostname"))] = named
        for each in configuration.of_type("azurerm_app_service_slot_custom_hostname_binding"):
            slot = self.app_of_id(configuration.attribute(each, "app_service_slot_id"))
            if slot is not None:
                self._hosts[key(configuration.attribute(each, "hostname"))] = slot

    def _read_private_endpoints(self) -> None:
        """Find the apps that private endpoints lead to; in which network is not followed."""
        configuration = self.configuration
        kinds_of: dict[AppLink, list[Value]] = {}
        for each in configuration.of_type("azurerm_private_endpoint"):
            for connection in configuration.body(each).blocks("private_service_connection"):
                target = self.app_of_id(connection.value("private_connection_resource_id"))
                if target is not None:
                    kinds_of.setdefault(target, []).extend(connection.values("subresource_names"))
        for each in configuration.of_type("azapi_resource"):
            body = configuration.body(each)
            if _PRIVATE_ENDPOINT.match(text_of(body.value("type"))):
                for reference in references_in(body.value("body")):
                    target = self._app_at(reference)
                    if target is not None:
                        kinds_of.setdefault(target, []).append(LATER)
        for app in self.apps.values():
            slot = app.name.partition("/")[2].lower()
            wanted = f"sites-{slot}" if app.slot_of is not None else "sites"
            kinds = kinds_of.get(app.slot_of or app, ())
            app.private = any(
                each.lower() == wanted if isinstance(each, str) else True for each in kinds
            )

    def _read_keys(self) -> None:
        """Find apps whose functions, as far as one is told of, are called with a key."""
        configuration = self.configuration
        for each in configuration.of_type("azurerm_function_app_host_keys"):
            app = self._named.get(text_of(configuration.attribute(each, "name")).lower())
            if app is not None:
                self.host_keys[app.resource.stack, app.address] = each
        for each in configuration.of_type("azurerm_function_app_function"):
            app = self.app_of_id(configuration.attribute(each, "function_app_id"))
            level = _AUTH_LEVEL.search(text_of(configuration.attribute(each, "config_json")))
            if app is not None and level is not None and level[1].lower() != "anonymous":
                self.keyed[app.resource.stack, app.address] = each
        for each in configuration.of_type("azurerm_api_management_backend"):
            url = configuration.attribute(each, "url")
            app = self.app_at(url) or self.app_perhaps_at(url)
            credentials = configuration.body(each).block("credentials")
            if app is None or credentials is None:
                continue
            header, query = credentials.value("header"), credentials.value("query")
            names = [*(header if isinstance(header, dict) else ())]
            codes = [*(query if isinstance(query, dict) else ())]
            if "x-functions-key" in map(str.lower, names) or "code" in map(str.lower, codes):
                self.keyed[app.resource.stack, app.address] = each

    def _owner(self, slot: Resource) -> tuple[AppLink | None, Value]:
        """The app of a slot, and its name."""
        configuration = self.configuration
        if slot.type == "azurerm_function_app_slot":
            name = configuration.attribute(slot, "function_app_name")
            return self._named.get(text_of(name).lower()), name
        owner = configuration.attribute(slot, "function_app_id")
        parent = self.app_of_id(owner)
        if parent is None:
            return None, owner
        return parent, configuration.attribute(parent.resource, "name")

    def _app(self, each: Resource, name: str, parent: AppLink | None = None) -> AppLink:
        body = self.configuration.body(each)
        link = AppLink(each.address, name, each, body, parent)
        link.perhaps = (each.stack, each.address) in self.azapi.perhaps
        link.auth = body.block("auth_settings_v2")
        link.site = body.block("site_config")
        if link.auth is not None:
            link.directory = link.auth.block("active_directory_v2")
        if link.directory is not None:
            client_id = link.directory.value("client_id")
            if client_id is not None:
                link.registration = self.registration(client_id, each.stack)
        self.apps[each.stack, each.address] = link
        self._named[name.lower()] = link
        return link

    def _made(self, name: Value, stack: str) -> AppLink | None:
        """The app of a name that is made here, where a data source only looks it up."""
        for kind in (*APP_TYPES, "azapi_resource"):
            made = self.configuration.so_named(kind, stack, name)
            if made is not None and (made.stack, made.address) in self.apps:
                return self.apps[made.stack, made.address]
        found = self._named.get(text_of(name).lower())
        if found is None or not found.managed or found.slot_of is not None:
            return None
        made = self.configuration.attribute(found.resource, "name")
        return found if same(made, name) else None

    def _app_at(self, reference: Reference) -> AppLink | None:
        place = (reference.stack, reference.address)
        return self.apps.get(place) or self._looked_up.get(place)

    def app_of_id(self, value: Value) -> AppLink | None:
        """The function app or slot that an Azure resource id is of."""
        for reference in references_in(value):
            found = self._app_at(reference)
            if found:
                return found
        name = re.sub(r"/slots/(?=[^/]+/?$)", "\0", text_of(value).rstrip("/"), flags=re.IGNORECASE)
        return self._named.get(name.rsplit("/", 1)[-1].replace("\0", "/").lower())

    def _add_hosts(self, link: AppLink, label: Value) -> None:
        """Enter an app under its default host names, those that begin with `label`."""
        hosts = [self.configuration.attribute(link.resource, "default_hostname")]
        output = ("output", "properties", "defaultHostName")
        if is_azapi(link.resource):
            hosts.append(self.configuration.attribute(link.resource, *output))
        for domain in _DOMAINS:
            host = join([label, f".{domain}"])
            # Text that is known only after apply may be anything.
            if not (isinstance(host, Term) and any(isinstance(p, Opaque) for p in host.parts)):
                hosts.append(host)
        for value in hosts:
            if value is not None and (key(value) not in self._hosts or link.managed):
                self._hosts[key(value)] = link

    def app_at(self, url: Value) -> AppLink | None:
        """The function app or slot that a URL surely leads to."""
        found = urls.parse(url)
        return self._hosts.get(key(found.host)) if found is not None and found.plain else None

    def app_perhaps_at(self, url: Value) -> AppLink | None:
        """The function app or slot that a URL may lead to, although that is not sure.

        The authority says more than the host, or the name is followed by what Azure adds, or the
        URL is computed from the host name in a way that is not followed.
        """
        found = urls.parse(url)
        host = found.host if found is not None else None
        if host is not None and key(host) in self._hosts:
            return self._hosts[key(host)]
        if isinstance(host, str):
            unique, hosted = _UNIQUE_HOST.fullmatch(host), _ASE_HOST.fullmatch(host)
            if unique is not None:
                link = self._named.get(unique["name"].lower())
                return link if link is not None and self._in(link, unique["region"]) else None
            return self._named.get(hosted["name"].lower()) if hosted is not None else None
        if isinstance(host, Term) and host.parts[-1] != "." and not _may_be_more(host):
            return None  # Another host, whose name is made of the app's.
        for reference in references_in(url):
            if reference.path and reference.path[-1] in _HOST_NAMES:
                link = self._app_at(reference)
                if link is not None:
                    return link
        return None

    def _in(self, link: AppLink, region: str) -> bool:
        """Whether an app may stand in a region."""
        location = link.body.value("location")
        if not isinstance(location, str):
            return True
        return location.replace(" ", "").lower() == region.lower()


def _label(resource: Resource, name: Value) -> str:
    """What a reader knows a resource by: its name, or its address where that is known later."""
    later = isinstance(name, Term) and not any(isinstance(part, str) for part in name.parts)
    return resource.address if later else text_of(name)


def _both_made(first: Resource, other: Resource) -> bool:
    """Whether two resources are surely both made: of instances it cannot be told."""
    return all(
        one.managed
        and not one.address.endswith("]")
        and "count" not in one.body
        and "for_each" not in one.body
        for one in (first, other)
    )


def _may_be_more(host: Term) -> bool:
    """Whether a part of a host name is not known."""
    return any(isinstance(part, Opaque) for part in host.parts)


def _revision(link: GatewayLink, api_name: str) -> ApiLink | None:
    """The API that a policy names: its current revision, or that after `;rev=`."""
    name, _, revision = api_name.partition(";rev=")
    if not revision:
        return link.apis.get(key(name))
    for place, api in link.apis.items():
        if api.resource is not None and key(name) in (place, place[0]):
            written = api.resource.body.get("revision", "1")
            if not isinstance(written, str) or "${" in written or key(written) == key(revision):
                return api
    return link.apis.get(key(api_name))


def _identity(
    name: str,
    address: str | None,
    clients: Iterable[Value],
    objects: Iterable[Value],
    identifier: Value = None,
) -> IdentityLink:
    client_ids, object_ids = tuple(clients), tuple(objects)
    record = Identity(
        name=name,
        kind="user-assigned" if not name.endswith("(system-assigned)") else "system-assigned",
        client_id=text_of(client_ids[0]) if client_ids else "unknown",
        object_id=text_of(object_ids[0]) if object_ids else "unknown",
        address=address,
    )
    return IdentityLink(record, client_ids, object_ids, identifier)


def _role(body: Body, identifier: Value, address: str) -> Role:
    return Role(
        identifier,
        body.value("value"),
        body.value("enabled", True),
        tuple(body.values("allowed_member_types")),
        address,
    )
