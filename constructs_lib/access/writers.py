"""Who else writes what the links say: what could change it and is not understood puts it in doubt.

Sources: Terraform, "Resource lifecycle meta-argument", "Provisioners"; ARM templates, "Template
structure"; Learn, "Bring your own functions to Azure Static Web Apps".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from constructs_lib.access.azapi import TYPES as AZAPI
from constructs_lib.access.azapi import is_azapi
from constructs_lib.access.doubts import Doubt, Doubts
from constructs_lib.access.terraform import coverage
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.json_text import objects
from constructs_lib.access.terraform.resources import Resource
from constructs_lib.access.terraform.values import Term, Value, references_in, text_of

_LINK = re.compile(
    r"azurerm_(linux_|windows_)?function_app(_flex_consumption|_slot)?|azurerm_api_management(_.+)?|"
    r"azurerm_user_assigned_identity|azuread_(application|application_registration|"
    r"service_principal)"
)
_FLEX = "azurerm_function_app_flex_consumption"
_SITE = re.compile(r"azurerm_(linux_|windows_)?function_app(_flex_consumption|_slot)?")
_TEMPLATES = re.compile(r"azurerm_(.+_)?template_deployment")
# Settings of Easy Auth but those that let nobody in (Learn, "Environment variables and app settings
# in Azure App Service") and those that rules look at.
_OF_EASY_AUTH = re.compile(
    r"WEBSITE_AUTH_(?!(?:AAD_ALLOWED_TENANTS|AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL|COOKIE_\w+|"
    r"DEFAULT_PROVIDER|DISABLE_IDENTITY_FLOW|DISABLE_WWWAUTHENTICATE|ENABLED|ENCRYPTION_KEY|"
    r"HIDE_DEPRECATED_SID|LOGOUT_PATH|NONCE_DURATION|PRESERVE_URL_FRAGMENT|PRM_\w+|PROXY_\w+|"
    r"SIGNING_KEY|SKIP_PRINCIPAL|SLIDING_EXPIRATION|TOKEN_\w+|TRACE_LEVEL|USE_LEGACY_CLAIMS|"
    r"VALIDATE_NONCE)$).+"
)
_SCRIPTS = re.compile(r"azurerm_resource_deployment_script_.+|shell_(sensitive_)?script")
_ARM_SCRIPTS = "microsoft.resources/deploymentscripts"
_ARM_TEMPLATES = frozenset(
    {"microsoft.resources/deployments", "microsoft.resources/deploymentstacks"}
)
_ARM_LINKS = re.compile(
    r"microsoft\.web/staticsites/(builds/)?(linkedbackends|userprovidedfunctionapps)"
)
_IN_TEMPLATE = re.compile(
    r"microsoft\.(web/(sites|staticsites)|apimanagement|managedidentity|resources/deployment)",
    re.IGNORECASE,
)
# Commands that build, copy and wait, and change nothing of who gets in.
_HARMLESS_COMMAND = re.compile(
    r"(cd|cp|echo|ls|mkdir|mv|pip3?|printf|pwd|rm|sleep|tar|true|touch|unzip|zip|:)\b|"
    r"(npm|yarn) (ci|i|install|pack|prune|test|(run )?(build|compile|lint|package)\b)|"
    r"uv (build|export|lock|pip|sync|venv)\b|python3? -m pip\b|"
    r"dotnet (build|publish|restore|test)\b|(mvn|gradle|\./gradlew)\b(?!.*(azure|deploy|exec))|"
    # What publishes code leaves settings alone, unless it is told to write them.
    r"func azure functionapp publish\b(?!.*( -i\b|--publish-))|az (login|account)\b|"
    r"az (functionapp|webapp) (deploy|deployment source config-zip)\b"
)


# The end of an Azure resource id that names a link by its kind.
_PLACE = re.compile(
    r"/providers/Microsoft\.[A-Za-z]+/(?P<kind>sites|service|userAssignedIdentities)/"
    r"(?P<name>[^/]+)",
    re.IGNORECASE,
)
_KINDS = {
    "azurerm_api_management": "service",
    "azurerm_user_assigned_identity": "userassignedidentities",
}


def doubt_what_others_write(configuration: Configuration, doubts: Doubts) -> None:
    """Doubt every link that something else may write."""
    writers = _Writers(configuration, doubts)
    for each in configuration.resources:
        if each.managed:
            writers.look_at(each)
    for gap in configuration.gaps:
        reason = gap.reason
        for link in writers.mentioned(gap.passed, gap.stack):
            doubts.add(link, Doubt(reason=reason, by=None, attribute=None, rule="SF905"))
        if gap.everything:
            doubts.add_everywhere(
                gap.stack, Doubt(reason=reason, by=None, attribute=None, rule="SF905")
            )


class _Writers:
    def __init__(self, configuration: Configuration, doubts: Doubts) -> None:
        self.configuration = configuration
        self.doubts = doubts
        self._ids: dict[str, list[Resource]] | None = None
        self._places: dict[tuple[str, str], list[Resource]] | None = None

    def look_at(self, each: Resource) -> None:
        """Doubt what a resource may change without its being understood."""
        kind, body = each.type, each.body
        if coverage.listed(kind):
            # A site has the same properties in ARM on every plan.
            of = "azurerm_linux_function_app" if kind == _FLEX and is_azapi(each) else kind
            for path, why in coverage.not_understood(of, body):
                self.doubts.add(
                    each,
                    Doubt(
                        reason=f"{each.address}: {why}",
                        by=each,
                        attribute=path,
                        on=path.rpartition(".")[0] if _SITE.fullmatch(kind) else "",
                        rule="SF906",
                    ),
                )
            if _SITE.fullmatch(kind):
                self._settings(each)
        elif _TEMPLATES.fullmatch(kind):
            self._template(each)
        elif kind in AZAPI:
            self._by_azapi(each)
        elif _SCRIPTS.fullmatch(kind):
            self._everywhere(each, "script_content", f"{each.address} runs a script")
        else:
            self._unlisted(each)
        if "lifecycle" in body:
            self._ignored(each)
        if "provisioner" in body:
            self._provisioned(each)

    def _settings(self, each: Resource) -> None:
        """Settings of an app that the module of Easy Auth reads, and that are not understood."""
        settings = each.body.get("app_settings")
        if isinstance(settings, str):
            settings = self.configuration.body(each).value("app_settings")
        told = cast("dict[str, Any]", settings) if isinstance(settings, dict) else {}
        for name, value in told.items():
            if value is not None and _OF_EASY_AUTH.fullmatch(name.upper()):
                reason = f"{each.address}: what the setting {name} changes of Easy Auth is not "
                reason += "known here"
                on = "auth_settings_v2"
                self._doubt(each, each, f"app_settings.{name}", reason, on, "SF906")

    def _by_azapi(self, each: Resource) -> None:
        """What azapi writes that is neither a site nor a part of a gateway."""
        body = self.configuration.body(each)
        kind = body.value("type")
        if not isinstance(kind, str):
            self._of_any_type(each)
            return
        kind = kind.partition("@")[0].lower()
        if kind == _ARM_SCRIPTS:
            self._everywhere(each, "body", f"{each.address} runs a script")
        elif kind in _ARM_TEMPLATES:
            properties = self.configuration.attribute(each, "body", "properties")
            told = properties if isinstance(properties, dict) else {}
            if "template" not in told or _writes_links(told["template"]):
                self._everywhere(each, "body", f"{each.address} deploys a template")
        elif _ARM_LINKS.fullmatch(kind):
            self._linked(each, each.body)
        elif coverage.of_type(f"arm:{kind}") is None:
            reason = f"what {each.address} changes as {kind} is not known here"
            for link in self.mentioned(each.body, each.stack, each):
                # Whoever has an identity is found by a rule of its own.
                if link.type != "azurerm_user_assigned_identity":
                    self._doubt(link, each, "type", reason, "", "SF903")

    def _linked(self, each: Resource, raw: Any) -> None:
        """A link of a Static Web App, for which Azure adds a provider to Easy Auth."""
        for link in self.mentioned(raw, each.stack, each):
            reason = f"{each.address} lets a Static Web App call {link.address}, for which Azure "
            reason += "adds a provider to Easy Auth"
            self._doubt(link, each, "function_app_id", reason, "auth_settings_v2", "SF504")

    def _of_any_type(self, each: Resource) -> None:
        """What azapi writes whose type is computed may be of any link."""
        reason = f"{each.address} writes something whose type is not known here"
        named = list(self.mentioned(each.body, each.stack, each))
        for link in named:
            self._doubt(link, each, "type", reason, "", "SF903")
        if not named:
            self._everywhere(each, "type", reason)

    def _unlisted(self, each: Resource) -> None:
        entry = coverage.of_type(each.type)
        if each.type == "azurerm_static_web_app_function_app_registration":
            self._linked(each, each.body.get("function_app_id"))
            return
        if entry is not None and entry.standing != "unknown":
            return
        why = entry.why if entry is not None else f"what {each.type} changes is not known here"
        on = "app_settings" if "connection" in each.type else ""
        for link in self.mentioned(each.body, each.stack, each):
            self._doubt(link, each, None, f"{each.address}: {why}", on, "SF906")

    def _doubt(
        self, link: Resource, by: Resource, attribute: str | None, reason: str, on: str, rule: str
    ) -> None:
        doubt = Doubt(reason=reason, by=by, attribute=attribute, on=on, rule=rule)
        self.doubts.add(link, doubt)

    def _everywhere(self, by: Resource, attribute: str, reason: str) -> None:
        self.doubts.add_everywhere(by.stack, Doubt(reason=reason, by=by, attribute=attribute))

    def _ignored(self, each: Resource) -> None:
        """`ignore_changes`: what is written is applied at creation only."""
        if each.new or not _LINK.fullmatch(each.type):
            return
        for lifecycle in objects(each.body["lifecycle"]):
            ignored = lifecycle.get("ignore_changes")
            names = cast("list[Any]", ignored) if isinstance(ignored, list) else [ignored]
            for name in names:
                if not isinstance(name, str):
                    continue
                path = "" if name == "all" else _path(name)
                if path and not coverage.decides(each.type, path):
                    continue
                if path not in each.body and self._has_companion(each, path):
                    continue
                what = path or "everything"
                reason = f"{each.address} ignores changes of {what}, so that what is written is "
                reason += "applied at its creation only"
                if each.imported:
                    reason = f"{each.address} exists already and changes of {what} are ignored, "
                    reason += "so that what is written is never applied"
                # What a block says is decided by its arguments together.
                on = path.partition(".")[0]
                self._doubt(each, each, "lifecycle.ignore_changes", reason, on, "SF907")

    def _has_companion(self, each: Resource, path: str) -> bool:
        """Whether a resource of its own writes an argument, which has to be ignored then.

        Source: azuread, "azuread_application_identifier_uri" and its like.
        """
        kinds = (f"{each.type}_{path}", f"{each.type}_{path.removesuffix('s')}")
        return any(
            each in self.mentioned(companion.body, companion.stack, companion)
            for companion in self.configuration.of_type(*kinds)
        )

    def _provisioned(self, each: Resource) -> None:
        for provisioner in objects(each.body["provisioner"]):
            for kind, settings in provisioner.items():
                if kind == "file":
                    continue
                for one in objects(settings):
                    command = self.configuration.read(
                        one.get("command"), each.stack, each.module, literal=each.literal
                    )
                    if kind == "local-exec" and _reaches_nothing(command, one):
                        continue
                    reason = f"{each.address} runs a command ({kind}), which may change "
                    reason += "whatever the configuration says"
                    self._everywhere(each, "provisioner", reason)

    def _template(self, each: Resource) -> None:
        body = self.configuration.body(each)
        content = body.value("template_content", body.value("template_body"))
        if isinstance(content, str):
            try:
                content = cast("Value", json.loads(content))
            except ValueError:
                content = None
        if isinstance(content, dict) and not _writes_links(content):
            return
        reason = f"{each.address} deploys a template, which is not read"
        self._everywhere(each, "template_content", reason)

    def mentioned(self, raw: Any, stack: str, of: Resource | None = None) -> Iterator[Resource]:
        """The links that a piece of the configuration refers to."""
        if raw is None:
            return
        value = self.configuration.mentioned(raw, of, stack)
        found: dict[Resource, None] = {}
        for reference in references_in(value):
            resource = self.configuration.resource(reference.stack, reference.address)
            if resource is not None and _LINK.fullmatch(resource.type):
                named = [resource] if resource.managed else self._looked_up(resource)
                found.update((each, None) for each in named)
        for text in _texts(value):
            for resource in self._by_id().get(text.lower(), ()):
                found[resource] = None
            place = _PLACE.search(text)
            if place is not None:
                by_place = self._by_place(place["kind"], place["name"], stack)
                found.update((each, None) for each in by_place)
        yield from found

    def _looked_up(self, source: Resource) -> list[Resource]:
        """The links that a data source looks up by their name."""
        name = self.configuration.attribute(source, "name")
        return self._by_place(_kind(source), text_of(name), source.stack)

    def _by_place(self, kind: str, name: str, stack: str) -> list[Resource]:
        """The links of a kind that have a name, as an id that is written out has it."""
        if self._places is None:
            self._places = {}
            for each in self.configuration.resources:
                called = self.configuration.attribute(each, "name") if _kind(each) else None
                if called is not None and each.managed:
                    place = (_kind(each), text_of(called).lower())
                    self._places.setdefault(place, []).append(each)
        named = self._places.get((kind.lower(), name.lower()), [])
        own = [each for each in named if each.stack == stack]
        return own or named

    def _by_id(self) -> dict[str, list[Resource]]:
        if self._ids is None:
            self._ids = {}
            for each in self.configuration.resources:
                identifier = each.body.get("id")
                if each.managed and isinstance(identifier, str) and _LINK.fullmatch(each.type):
                    self._ids.setdefault(identifier.lower(), []).append(each)
        return self._ids


def _writes_links(template: Value) -> bool:
    """Whether a template may write a link: it names its type, or computes the type of something."""
    if isinstance(template, Term) or not isinstance(template, (dict, list)):
        return isinstance(template, Term) or _IN_TEMPLATE.search(text_of(template)) is not None
    if isinstance(template, list):
        return any(_writes_links(each) for each in template)
    kind = template.get("type")
    # An expression of ARM's stands in brackets.
    if isinstance(kind, Term) or text_of(kind).startswith("["):
        return True
    return any(
        _writes_links(each) if isinstance(each, (dict, list, str)) else name == "resources"
        for name, each in template.items()
    )


def _kind(each: Resource) -> str:
    """What an Azure resource id calls a resource, if it may be a link."""
    return _KINDS.get(each.type, "sites" if _SITE.fullmatch(each.type) else "")


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, (str, Term)):
        yield text_of(value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)


def _path(name: str) -> str:
    """The dotted path of what `ignore_changes` names, without indices and template marks."""
    return re.sub(r'\[\d+\]|\["[^"]*"\]', "", name.strip("${} "))


def _reaches_nothing(command: Value, settings: dict[str, Any]) -> bool:
    """Whether a command surely changes nothing in Azure."""
    if isinstance(command, Term) or settings.get("interpreter"):
        return False
    text = re.sub(r"\d*[<>]&\d", "", text_of(command).strip())
    # What stands in parentheses or in backquotes is run as well.
    return not re.search(r"[$<>]\(|`", text) and all(
        _HARMLESS_COMMAND.match(step.strip()) is not None
        for step in re.split(r"[;&|\n]+", text)
        if step.strip()
    )
