"""Rules of the site's side doors (SF4xx): what reaches an app past Easy Auth, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib._core.secrets import secret_reason
from constructs_lib.access import network, urls
from constructs_lib.access.azapi import content_of
from constructs_lib.access.azapi_sites import at
from constructs_lib.access.callers import Calls
from constructs_lib.access.easy_auth import told_later
from constructs_lib.access.links import LEGACY_TYPES, AppLink
from constructs_lib.access.rules.chapter import Breach, Chapter, visible_apps
from constructs_lib.access.terraform.body import Body
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value, join, references_in, text_of

CHAPTER = Chapter("Side doors of the site")
_rule = CHAPTER.rule

_OUTDATED = re.compile("ssl30|tls1[01]|triple_des")


def _sites(calls: Calls) -> Iterator[tuple[AppLink, Body]]:
    """Apps with their `site_config`."""
    return ((app, app.site) for app in visible_apps(calls) if app.site is not None)


def _app_settings(app: AppLink) -> Iterator[tuple[str, str]]:
    """Names and texts of the app settings, with references as they are written."""
    settings = app.body.value("app_settings")
    for name, value in settings.items() if isinstance(settings, dict) else ():
        if isinstance(value, (str, Term)):
            yield name, text_of(value)


_rule(
    "SF401",
    "error",
    "broken",
    title="The network rules keep the gateway out",
    reason="App Service answers 403 before Easy Auth is asked.",
    fix="Allow the gateway's subnet or its public address.",
)


@_rule(
    "SF402",
    "error",
    "open",
    title="The site accepts plain HTTP",
    reason="https_only is false by default; a token sent over plain HTTP can be read.",
    fix="Set https_only = true.",
)
def _plain_http(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        if app.body.value("https_only", False) is False:
            yield Breach(app.resource, "https_only", f"{app.name} accepts plain HTTP")


@_rule(
    "SF403",
    "warning",
    "hardening",
    title="The deployment site takes passwords",
    reason="Easy Auth does not cover SCM/Kudu; with basic authentication the publishing "
    "credentials replace the code.",
    fix="Set webdeploy_publish_basic_authentication_enabled = false.",
)
def _deployment_passwords(calls: Calls) -> Iterator[Breach]:
    attribute = "webdeploy_publish_basic_authentication_enabled"
    for app in visible_apps(calls):
        if app.resource.type not in LEGACY_TYPES and app.body.value(attribute, True) is True:
            message = f"the deployment site of {app.name} takes publishing passwords"
            yield Breach(app.resource, attribute, message)


@_rule(
    "SF404",
    "warning",
    "hardening",
    title="FTP takes passwords",
    reason="Easy Auth does not cover FTP; with basic authentication the publishing credentials "
    "replace the code.",
    fix="Set ftp_publish_basic_authentication_enabled = false.",
)
def _ftp_passwords(calls: Calls) -> Iterator[Breach]:
    attribute = "ftp_publish_basic_authentication_enabled"
    for app in visible_apps(calls):
        default = app.resource.type != "azurerm_function_app_flex_consumption"
        if app.resource.type not in LEGACY_TYPES and app.body.value(attribute, default) is True:
            message = f"FTP of {app.name} takes publishing passwords"
            yield Breach(app.resource, attribute, message)


@_rule(
    "SF405",
    "warning",
    "hardening",
    title="FTP is on",
    reason="FTP is a way to replace the code that nothing here needs.",
    fix='Leave ftps_state at "Disabled".',
)
def _ftp(calls: Calls) -> Iterator[Breach]:
    for app, site in _sites(calls):
        if site.value("ftps_state", "Disabled") in ("AllAllowed", "FtpsOnly"):
            yield Breach(app.resource, "site_config.ftps_state", f"FTP of {app.name} is on")


@_rule(
    "SF406",
    "warning",
    "broken",
    title="The ApiManagement service tag is not the gateway",
    reason="The tag contains the addresses of API Management's control plane; gateways call from "
    "other addresses.",
    fix="Allow the gateway's subnet or its public address.",
)
def _control_plane(calls: Calls) -> Iterator[Breach]:
    for app, site in _sites(calls):
        for rule in site.blocks("ip_restriction"):
            tag = rule.value("service_tag")
            if isinstance(tag, str) and tag.split(".")[0].lower() == "apimanagement":
                message = f"{app.name} lets the service tag {tag} in, which is not the gateway"
                yield Breach(app.resource, "site_config.ip_restriction", message)


@_rule(
    "SF407",
    "warning",
    "hardening",
    title="Outdated TLS is accepted",
    reason="TLS before 1.2 is broken.",
    fix="Set minimum_tls_version and scm_minimum_tls_version to 1.2 or 1.3.",
)
def _outdated_tls(calls: Calls) -> Iterator[Breach]:
    for gateway in calls.chain.gateways:
        if gateway.resource is None or not gateway.resource.managed:
            continue
        security = calls.chain.configuration.body(gateway.resource).block("security")
        for name in security.raw if security else ():
            if _OUTDATED.search(name) and security and security.value(name) is True:
                message = f"{gateway.name} accepts outdated TLS"
                yield Breach(gateway.resource, f"security.{name}", message)
    for app, site in _sites(calls):
        for attribute in ("minimum_tls_version", "scm_minimum_tls_version", "min_tls_version"):
            version = text_of(site.value(attribute, "1.2"))
            if re.fullmatch(r"1(\.[01])?", version):
                message = f"{app.name} accepts TLS {version}"
                yield Breach(app.resource, f"site_config.{attribute}", message)


@_rule(
    "SF408",
    "warning",
    "hardening",
    title="Remote debugging is on",
    reason="A debugger reads and changes everything in the process, past Easy Auth.",
    fix="Leave remote_debugging_enabled at false.",
)
def _debugging(calls: Calls) -> Iterator[Breach]:
    for app, site in _sites(calls):
        if site.value("remote_debugging_enabled", False) is True:
            message = f"{app.name} can be debugged from outside"
            yield Breach(app.resource, "site_config.remote_debugging_enabled", message)


@_rule(
    "SF409",
    "warning",
    "hardening",
    title="A storage key gives access to the code",
    reason="Whoever holds the key of the app's storage can replace its code and read its keys.",
    fix="Let the app use its storage with a managed identity.",
)
def _storage_keys(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        body, name = app.body, app.name
        for attribute in ("storage_account_access_key", "storage_access_key"):
            if body.value(attribute) is not None:
                yield Breach(app.resource, attribute, f"{name} uses its storage with a key")
        if body.value("storage_authentication_type") == "StorageAccountConnectionString":
            message = f"{name} uses its storage with a connection string"
            yield Breach(app.resource, "storage_authentication_type", message)
        settings = body.value("app_settings")
        for setting, value in settings.items() if isinstance(settings, dict) else ():
            if _opens_storage(value):
                message = f"the setting {setting} of {name} holds a storage key"
                yield Breach(app.resource, f"app_settings.{setting}", message)
        for block in body.blocks("connection_string"):
            if _opens_storage(block.value("value")):
                message = f"a connection string of {name} holds a storage key"
                yield Breach(app.resource, "connection_string", message)


_KEY_OF_STORAGE = re.compile(r"(primary|secondary)_(\w+_)?(connection_string|access_key)")
_WRITING_SAS = re.compile(r"[?&;]?\bsp=[a-z]*[acdw]", re.IGNORECASE)


def _opens_storage(value: Value) -> bool:
    """Whether a value holds a key, or a signature with which one may write."""
    text = text_of(value)
    if "AccountKey=" in text:
        return True
    if "sig=" in text or "SharedAccessSignature=" in text:
        # What an expression makes of the signature's rights is not known.
        return _WRITING_SAS.search(text) is not None or "sp=" not in text
    return any(
        "azurerm_storage_account" in each.address
        and bool(each.path)
        and bool(_KEY_OF_STORAGE.fullmatch(str(each.path[-1])) or each.path[-1] == "sas")
        for each in references_in(value)
    )


@_rule(
    "SF410",
    "warning",
    "hardening",
    title="The deployment site is open to every network",
    reason="Easy Auth does not cover SCM/Kudu; only Azure's role assignments are left.",
    fix='Set scm_ip_restriction_default_action = "Deny", or accept it with a reason.',
)
def _open_deployment_site(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        if network.to_the_internet(app, scm=True) is None:
            message = f"the deployment site of {app.name} is open to every network"
            yield Breach(app.resource, "site_config.scm_ip_restriction_default_action", message)


@_rule(
    "SF411",
    "warning",
    "open",
    title="The network rules let everybody in",
    reason="Allowing some networks has no effect while all others are allowed too.",
    fix='Set ip_restriction_default_action = "Deny" and name only networks of your own.',
)
def _open_network_rules(calls: Calls) -> Iterator[Breach]:
    for app, _ in _sites(calls):
        where = network.lets_all_in(app)
        if where is not None:
            named = (
                "a network rule of {} lets all in"
                if where.endswith("restriction")
                else ("{} names networks but lets all in")
            )
            yield Breach(app.resource, where, named.format(app.name))


_rule(
    "SF412",
    "error",
    "broken",
    title="The site requires a client certificate",
    reason="App Service answers 403 to a request without one, before Easy Auth is asked.",
    fix='Set client_certificate_mode = "Optional", or let the gateway send a certificate.',
)

_rule(
    "SF413",
    "error",
    "broken",
    title="The site is stopped",
    reason="A site that is not enabled answers 403 to everybody.",
    fix="Leave enabled at true.",
)


@_rule(
    "SF414",
    "warning",
    "hardening",
    title="An app setting holds a secret",
    reason="Every reader of the configuration, of the state and of the app can read it.",
    fix="Keep it in Key Vault, and write @Microsoft.KeyVault(SecretUri=...) as the setting.",
)
def _secrets(calls: Calls) -> Iterator[Breach]:
    for app in visible_apps(calls):
        for name, value in _app_settings(app):
            # So an identity-based connection says that it has no secret (Learn, "Developer guide").
            if name.endswith("__credential") and value.lower().startswith("managedidentity"):
                continue
            reason = secret_reason(name, value)
            if reason and "AccountKey=" not in value:
                message = f"the setting {name} of {app.name} holds a secret: {reason}"
                yield Breach(app.resource, f"app_settings.{name}", message)


@_rule(
    "SF415",
    "warning",
    "broken",
    title="Deployment cannot sign in",
    reason="zip_deploy_file uses the publishing credentials, which are refused with 401 once basic "
    "authentication is off.",
    fix="Deploy in another way, for example with `func azure functionapp publish`, and leave "
    "zip_deploy_file out.",
)
def _zip_deployment(calls: Calls) -> Iterator[Breach]:
    attribute = "webdeploy_publish_basic_authentication_enabled"
    for app in visible_apps(calls):
        package = app.body.value("zip_deploy_file")
        # What the provider computes where nothing is given may be nothing.
        given = package is not None and not told_later(package)
        if given and app.body.value(attribute) is False:
            message = f"{app.name} is deployed with zip_deploy_file, which needs the publishing "
            message += "credentials that are turned off"
            yield Breach(app.resource, "zip_deploy_file", message)


@_rule(
    "SF416",
    "note",
    "hardening",
    title="The app's storage account can be opened with its keys",
    reason="Each key of a storage account opens all of it unless keys are turned off: whoever has "
    "one can replace the code that is stored there.",
    fix="Set shared_access_key_enabled = false on the storage account.",
)
def _storage_takes_keys(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    accounts = _by_name(configuration, "azurerm_storage_account", "azapi_resource")
    for app in visible_apps(calls):
        settings = app.body.value("app_settings")
        named: list[Value] = [
            app.body.value("storage_account_name"),
            app.body.value("storage_container_endpoint"),
        ]
        if isinstance(settings, dict):
            named.append(settings.get("AzureWebJobsStorage__accountName"))
        for value in named:
            for account in _meant(value, accounts, configuration):
                attribute, keys = _keys_of(configuration.body(account), account)
                if account.managed and keys is not False:
                    message = f"{account.address}, which stores the code of {app.name}, "
                    message += f"{'can' if keys is True else 'may'} be opened with its keys"
                    yield Breach(account, attribute, message)


def _keys_of(body: Body, account: Resource) -> tuple[str, Value]:
    """Whether a storage account takes its keys, which Azure lets it do, and where that stands."""
    if account.type != "azapi_resource":
        attribute = "shared_access_key_enabled"
        return attribute, body.value(attribute, True)
    attribute = "body.properties.allowSharedKeyAccess"
    if not text_of(body.value("type")).lower().startswith("microsoft.storage/storageaccounts@"):
        return attribute, False
    content = content_of(body)
    if isinstance(content, Term):
        return attribute, content
    told = at(content, "properties.allowSharedKeyAccess")
    return attribute, True if told is None else told


def _by_name(configuration: Configuration, *types: str) -> dict[str, Resource]:
    return {
        text_of(configuration.attribute(each, "name")): each
        for each in configuration.of_type(*types)
    }


def _meant(
    value: Value, accounts: dict[str, Resource], configuration: Configuration
) -> Iterator[Resource]:
    """The resources that a value names: by the name, by its host, or by a reference."""
    if value is None:
        return
    if text_of(value) in accounts:
        yield accounts[text_of(value)]
    host = urls.host_of(value)
    if isinstance(host, str) and host.partition(".")[0] in accounts:
        yield accounts[host.partition(".")[0]]
    for reference in references_in(value):
        found = configuration.resource(reference.stack, reference.address)
        name = configuration.attribute(found, "name") if found is not None else None
        if found is not None and found is accounts.get(text_of(name)):
            yield found


@_rule(
    "SF417",
    "note",
    "hardening",
    title="An output shows a key of the Functions host",
    reason="Whoever reads the output or the state calls functions with it, or with the master key "
    "changes them, wherever Easy Auth lets the request through.",
    fix="Remove the output; behind the gateway no key of the host is needed.",
)
def _host_keys(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    for name, value in configuration.all_outputs():
        for reference in references_in(value):
            keys = configuration.resource(reference.stack, reference.address)
            if keys is not None and _shows_keys(configuration.body(keys), keys):
                message = f"the output {name} holds a key of the Functions host"
                yield Breach(keys, f"output.{name}", message)


def _shows_keys(body: Body, source: Resource) -> bool:
    """Whether a resource or data source reads keys of the Functions host."""
    if source.type != "azapi_resource_action":
        return source.type == "azurerm_function_app_host_keys"
    kind, action = text_of(body.value("type")).lower(), text_of(body.value("action")).lower()
    return kind.startswith("microsoft.web/sites") and action.rpartition("/")[2] == "listkeys"


@_rule(
    "SF418",
    "warning",
    "hardening",
    title="The registry of an image has an admin user",
    reason="Everybody who has the password of a registry's one admin user can replace the image, "
    "and what runs in it acts with the identity of the app.",
    fix="Set admin_enabled = false (adminUserEnabled in azapi), and let the app pull with its "
    "managed identity, which needs AcrPull.",
)
def _admin_of_registry(calls: Calls) -> Iterator[Breach]:
    configuration = calls.chain.configuration
    registries = _by_name(configuration, "azurerm_container_registry", "azapi_resource")
    for name, value in _images(calls):
        for each in _meant(value, registries, configuration):
            body = configuration.body(each)
            attribute, enabled = "admin_enabled", body.value("admin_enabled")
            if each.type == "azapi_resource":
                kind = text_of(body.value("type")).lower()
                if not kind.startswith("microsoft.containerregistry/registries@"):
                    continue
                attribute = "body.properties.adminUserEnabled"
                enabled = at(content_of(body), "properties.adminUserEnabled")
            if each.managed and enabled is True:
                message = f"{each.address} has an admin user, and {name} runs an image of it"
                yield Breach(each, attribute, message)


def _images(calls: Calls) -> Iterator[tuple[str, Value]]:
    """The registries and images that apps name, as URLs, each with the app's name."""
    configuration = calls.chain.configuration
    for app in visible_apps(calls):
        for site in app.body.blocks("site_config"):
            for stack in site.blocks("application_stack"):
                for docker in stack.blocks("docker"):
                    yield app.name, docker.value("registry_url")
            image = site.value("linux_fx_version")
            if isinstance(image, (str, Term)):
                yield app.name, _url_of(image)
    for app in configuration.of_type("azurerm_container_app"):
        for registry in configuration.body(app).blocks("registry"):
            yield app.address, _url_of(registry.value("server"))


def _url_of(image: Value) -> Value:
    """The address of an image, which stands in `linux_fx_version` after `DOCKER|`."""
    if isinstance(image, str):
        image = image.rpartition("|")[2]
    return image if urls.parse(image) is not None else join(["https://", image])
