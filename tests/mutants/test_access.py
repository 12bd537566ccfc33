"""Every attribute of our stacks that decides who can call is missed when it is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from constructs_lib.access import Analysis, analyse, read_stacks
from tests.mutants.access import Mutant, insertions, mutants, rewritten

AUTH = "auth_settings_v2"
AD = f"{AUTH}.active_directory_v2"

# What kills a mutant: type, attribute, change (all regular expressions), rule.
KILLED: list[tuple[str, str, str, str]] = [
    ("app|slot", f"{AUTH}.auth_enabled", ".*", "SF101"),
    ("app|slot", f"{AUTH}.require_authentication", ".*", "SF102"),
    ("app|slot", f"{AUTH}.unauthenticated_action", "anonymous", "SF102"),
    ("app|slot", f"{AUTH}.unauthenticated_action", "redirect|removed", "SF117"),
    ("app|slot", f"{AUTH}.require_https", "flipped", "SF118"),
    # Its audience is on the list of those that are allowed, so the gateway still gets in.
    ("app|slot", f"{AD}.client_id", "replaced|rewired", "SF123"),
    ("app|slot", f"{AD}.tenant_auth_endpoint", "any tenant", "SF104"),
    ("app|slot", f"{AD}.tenant_auth_endpoint", "other tenant", "SF121"),
    ("app|slot", f"{AD}.tenant_auth_endpoint", "version 1|no issuer", "SF105"),
    ("app|slot", f"{AD}.allowed_audiences", "replaced|extended", "SF123"),
    ("app|slot", f"{AD}.allowed_applications", "removed|emptied", "SF107"),
    ("app", f"{AD}.allowed_applications", "replaced", "SF109"),
    ("app|slot", f"{AD}.allowed_applications", "replaced|extended", "SF115"),
    ("app|slot", f"{AD}.allowed_identities", "removed|emptied", "SF108"),
    ("app", f"{AD}.allowed_identities", "replaced", "SF110"),
    ("app|slot", f"{AD}.allowed_identities", "replaced|extended", "SF116"),
    ("app|slot", "https_only", ".*", "SF402"),
    ("app|slot", "webdeploy_publish_basic_authentication_enabled", ".*", "SF403"),
    ("app|slot", "ftp_publish_basic_authentication_enabled", ".*", "SF404"),
    ("app", "public_network_access_enabled", "flipped", "SF401"),
    ("app|slot", "site_config.ftps_state", "on", "SF405"),
    ("app|slot", "site_config.(scm_)?minimum_tls_version", "old", "SF407"),
    ("app|slot", "site_config.remote_debugging_enabled", "flipped", "SF408"),
    ("app", "site_config.ip_restriction.action", "deny", "SF401"),
    ("app", "site_config.ip_restriction.ip_address", "replaced", "SF901"),
    ("app|slot", "site_config.ip_restriction.ip_address", "everywhere", "SF411"),
    ("app", "site_config.ip_restriction_default_action", "deny", "SF401"),
    ("app|slot", "site_config.ip_restriction_default_action", "allow", "SF411"),
    ("app|slot", "site_config.scm_ip_restriction.ip_address", "everywhere", "SF410"),
    ("app|slot", "site_config.scm_ip_restriction_default_action", "allow|removed", "SF410"),
    ("app", "storage_authentication_type", "key", "SF409"),
    ("app|slot", "app_settings.AzureWebJobsStorage__credential", "replaced", "SF414"),
    ("app", "", "gone", "SF904"),
    ("azuread_application", "api.requested_access_token_version", ".*", "SF105"),
    ("azuread_application", "app_role.allowed_member_types", "users", "SF205"),
    ("azuread_application", "app_role.enabled", "flipped", "SF205"),
    ("azuread_application", "app_role.id", "replaced", "SF205"),
    ("azuread_application", "sign_in_audience", "many", "SF206"),
    ("azuread_application", "", "gone", "SF904"),
    ("azuread_service_principal", "app_role_assignment_required", ".*", "SF204"),
    ("azuread_service_principal", "client_id", "replaced|rewired", "SF201"),
    ("azuread_service_principal", "", "gone", "SF201"),
    ("azuread_app_role_assignment", "app_role_id", "replaced", "SF205"),
    ("azuread_app_role_assignment", "(principal|resource)_object_id", "re(plac|wir)ed", "SF203"),
    ("azuread_app_role_assignment", "", "gone", "SF203"),
    ("azurerm_user_assigned_identity", "", "gone", "SF904"),
    ("azurerm_api_management", "identity.identity_ids", "removed|emptied|replaced", "SF304"),
    # Its ids are not known, so whether it is on an allow-list is not either.
    ("azurerm_api_management", "identity.identity_ids", "extended", "SF901"),
    ("azurerm_api_management", "identity.type", "user", "SF303"),
    ("azurerm_api_management", "identity.type", "system", "SF304"),
    ("azurerm_api_management", "security.*(ssl30|tls1[01]|triple_des).*", "flipped", "SF407"),
    ("azurerm_api_management", "", "gone", "SF904"),
    ("azurerm_api_management_api", "api_management_name", "replaced", "SF315"),
    ("azurerm_api_management_api", "protocols", "http", "SF313"),
    ("azurerm_api_management_api", "subscription_key_parameter.*", "replaced", "SF312"),
    ("azurerm_api_management_api", "subscription_required", "flipped", "SF501"),
    ("azurerm_api_management_api", "", "gone", "SF904"),
    ("azurerm_api_management_api_policy", "api_name", "replaced", "SF315"),
    ("azurerm_api_management_api_policy", "api_(management_)?name", "re(plac|wir)ed", "SF307"),
    ("azurerm_api_management_api_policy", "", "gone", "SF307"),
    ("azurerm_api_management_api_operation_policy", "api_name", "replaced", "SF315"),
    ("azurerm_api_management_backend", "api_management_name", "replaced", "SFP406"),
    ("azurerm_api_management_backend", "tls.*", "flipped", "SF311"),
    ("azurerm_api_management_backend", "url", "plain", "SF308"),
    ("azurerm_api_management_backend", "url", "elsewhere", "SF310"),
    ("azurerm_api_management_backend", "url", "no url", "SF307"),
    ("azurerm_api_management_backend", "", "gone", "SF904"),
    ("azurerm_api_management_product", "subscription_required", "flipped", "SF501"),
    ("azurerm_api_management_product", "api_management_name", "replaced", "SF901"),
    ("azurerm_api_management_product", "", "gone", "SF904"),
    ("azurerm_api_management_product_api", "api_name", "replaced", "SF315"),
    ("azurerm_api_management_product_api", "product_id", "replaced", "SF901"),
    ("data.azuread_client_config", "", "gone", "SF904"),
    ("data.azuread_service_principal", "", "gone", "SF904"),
    ("data.azuread_service_principal", "object_id", "replaced", "SF203"),
]

# What the azurerm and azuread schemas, or Azure before anything answers, refuse.
REFUSED: list[tuple[str, str, str]] = [
    ("app|slot", f"{AD}.(client_id|tenant_auth_endpoint)", "removed"),
    ("app|slot", "site_config.(scm_)?ip_restriction.ip_address", "removed"),
    ("app|slot", "identity.type", ".*"),
    ("azuread_application", "app_role.(id|allowed_member_types)", "removed"),
    ("azuread_app_role_assignment", ".*_id", "removed"),
    ("azuread_service_principal", "client_id", "removed"),
    ("data.azuread_service_principal", "object_id", "removed"),
    ("azurerm_api_management", "identity.type", "removed"),
    (".*", "(api_management_name|api_management_id|api_name|operation_id|product_id)", "removed"),
    ("azurerm_api_management_backend", "url", "removed"),
    ("azurerm_api_management_api", "subscription_key_parameter_names.*", "removed"),
]

# What leaves everybody's access as it is, and why.
NEUTRAL: list[tuple[str, str, str, str]] = [
    (".*", "(name|display_name|location|resource_group_name|tags.*)", ".*", "names and places"),
    ("app|slot", "(instance_memory|maximum_instance|runtime|service_plan).*", ".*", "hosting"),
    ("app|slot", "site_config.(application_stack.*|use_32_bit_worker|http2_enabled)", ".*", "host"),
    ("app|slot", "site_config.(scm_)?ip_restriction.(name|priority)", ".*", "one rule, any rank"),
    ("app|slot", "site_config.(scm_)?ip_restriction.action", "removed", "the default"),
    ("app|slot", "site_config.scm_ip_restriction.*", "deny|replaced", "who deploys: others"),
    ("app|slot", "site_config.scm_use_main_ip_restriction", "removed", "the default"),
    ("app|slot", "site_config.(ftps_state|.*tls_version|remote_.*)", "removed", "the default"),
    ("app|slot", "public_network_access_enabled", "removed", "the default"),
    ("app|slot", "(app_settings.*|builtin_logging_enabled|storage_.*)", ".*", "the app's storage"),
    ("app|slot", f"{AD}.allowed_audiences", "removed|emptied", "the client id is implied"),
    ("app|slot", f"{AUTH}.require_https", "removed", "the default"),
    ("app|slot", f"{AUTH}.login.token_store_enabled", ".*", "of interactive sign-in"),
    ("slot", "function_app_id", ".*", "still a site with Easy Auth of its own"),
    ("slot", "", "gone", "no slot, no door"),
    ("slot", f"{AD}.client_id", "replaced", "the gateway does not call slots"),
    ("slot", "public_network_access_enabled", "flipped", "the gateway does not call slots"),
    ("slot", "site_config.ip_restriction.*", "deny|replaced", "the gateway does not call slots"),
    ("azuread_(application|service_principal)", "owners", ".*", "who administers it"),
    ("azuread_application", "app_role.(description|display_name|value)", ".*", "held by its id"),
    ("azuread_application", "app_role.enabled|sign_in_audience", "removed", "the default"),
    ("azurerm_api_management", "(publisher_.*|sku_name|zones|protocols.*)", ".*", "hosting"),
    ("azurerm_api_management", "min_api_version", ".*", "of the management API"),
    ("azurerm_api_management", "security.*", "removed", "the default"),
    ("azurerm_api_management", "security.tls_rsa.*", "flipped", "sound, without forward secrecy"),
    ("azurerm_api_management_api", "(path|revision|version|version_set_id)", ".*", "its address"),
    ("azurerm_api_management_api", "protocols|subscription_required", "removed", "the default"),
    ("azurerm_api_management_api_operation_policy", "", "gone", "the API's policy counts"),
    ("azurerm_api_management_api_operation_policy", ".*", "re(plac|wir)ed", "likewise"),
    ("azurerm_api_management_backend", "(circuit_breaker_rule.*|resource_id)", ".*", "not access"),
    ("azurerm_api_management_backend", "protocol", ".*", "http or soap, both over the url"),
    ("azurerm_api_management_backend", "tls.*", "removed", "the default"),
    ("azurerm_api_management_policy", ".*", ".*", "inherited, decides nothing here"),
    ("azurerm_api_management_product", "product_id", "replaced", "its API follows"),
    ("azurerm_api_management_product", "published", ".*", "who may subscribe"),
    ("azurerm_api_management_product", "subscription_required", "removed", "the default"),
    ("azurerm_api_management_product_api", ".*", "gone|rewired", "another product"),
    ("azurerm_api_management_product_api", "api_management_name", "replaced", "another gateway"),
]

# What depends on the rest of the site.
SOMETIMES: list[tuple[str, str, str, str]] = [
    ("app|slot", "site_config.ip_restriction_default_action", "removed", "SF411"),
    ("app|slot", "site_config.scm_use_main_ip_restriction", "flipped", "SF410"),
]

TOKEN = r"<authentication-managed-identity [^>]*/>"
# Rewrites of the policies' text: pattern, replacement, rule.
POLICIES: list[tuple[str, str, str]] = [
    (TOKEN, "", "SF301"),
    (rf"({TOKEN})", r'\1<set-header name="authorization"><value>x</value></set-header>', "SF302"),
    (rf"({TOKEN})", r'\1<set-header name="Authorization" exists-action="delete" />', "SF302"),
    (rf"({TOKEN})", r'\1<authentication-basic username="u" password="p" />', "SF302"),
    (rf"({TOKEN})", r'<choose><when condition="@(true)">\1</when></choose>', "SF301"),
    (r' client-id="[^"]*"', "", "SF303"),
    (r' client-id="[^"]*"', ' client-id="00000000-dead-4bad-8bad-nobody"', "SF304"),
    (r'resource="[^"]*"', 'resource="https://management.azure.com/"', "SF305"),
    (r'resource="\$\{azuread[^"]*client_id\}"(.*client-id="([^"]*)")', r'resource="\2"\1', "SF305"),
    (r'(resource="[^"]*")', r'\1 ignore-error="true"', "SF306"),
    (r'(resource="[^"]*")', r'\1 output-token-variable-name="t"', "SF301"),
    (r"<set-backend-service [^>]*/>", "", "SF307"),
    (r'backend-id="[^"]*"', 'backend-id="other"', "SFP406"),
    (r'backend-id="[^"]*"', 'base-url="https://evil.example"', "SF310"),
    (r"<set-header name=[^>]*delete[^>]*/>", "", "SF312"),
    (r"<set-query-parameter[^>]*/>", "", "SF312"),
    (r'exists-action="delete"', 'exists-action="skip"', "SF312"),
    (r"<backend>.*</backend>", "<backend></backend>", "SF309"),
    (r"<inbound>", "<inbound><return-response />", "SF309"),
    (r"<policies>", "<policies", "SF309"),
]
INSERTED = {
    f"{AUTH}.excluded_paths": "SF113",
    f"{AUTH}.github_v2": "SF114",
    f"{AUTH}.config_file_path": "SF120",
    f"{AD}.allowed_groups": "SF111",
    f"{AD}.jwt_allowed_groups": "SF111",
    f"{AD}.jwt_allowed_client_applications": "SF112",
    f"{AD}.client_secret_setting_name": "SF122",
    "auth_settings": "SF119",
    "storage_account_access_key": "SF409",
    "app_settings.Storage": "SF409",
    "app_settings.PARTNER_PASSWORD": "SF414",
    "account_enabled": "SF202",
    "password": "SF207",
    "credentials": "SF314",
    "security.frontend_tls10_enabled": "SF407",
}


Found = set[tuple[str, "str | None", "str | None"]]


@dataclass(frozen=True)
class Outcome:
    """What is found in a mutant beyond what is found in the original."""

    mutant: Mutant
    rules: set[str]
    unspoken: list[str]

    def __str__(self) -> str:
        return f"{self.mutant.address} {self.mutant.path} {self.mutant.kind}"


def rules(document: dict[str, Any]) -> Found:
    """What is found in a stack."""
    return found_in(analyse(read_stacks({"stack": document})))


def found_in(analysis: Analysis) -> Found:
    return {(each.rule, each.address, each.attribute) for each in analysis.findings}


def new_rules(mutant: Mutant, before: Found) -> set[str]:
    return {rule for rule, _, _ in rules(mutant.document) - before}


@pytest.fixture(scope="module")
def outcomes(environments: dict[str, dict[str, Any]]) -> list[Outcome]:
    """Every mutant of every environment, analysed."""
    made: list[Outcome] = []
    for document in environments.values():
        before = rules(document)
        for mutant in mutants(document):
            analysis = analyse(read_stacks({"stack": mutant.document}))
            failing = {each.address for each in analysis.findings if each.severity == "error"}
            unspoken = [
                f"{answer.caller.label}: {answer.reason}"
                for answer in analysis.answers
                if answer.unwanted and answer.address not in failing
            ]
            fresh = {rule for rule, _, _ in found_in(analysis) - before}
            made.append(Outcome(mutant, fresh, unspoken))
    return made


def fits(mutant: Mutant, entry: tuple[str, ...]) -> bool:
    kind, path, change = entry[:3]
    return bool(
        re.fullmatch(kind, mutant.type)
        and re.fullmatch(path, mutant.path)
        and re.fullmatch(change, mutant.kind)
    )


def test_every_mutant_of_an_attribute_that_decides_is_found(outcomes: list[Outcome]) -> None:
    survived: list[str] = []
    for outcome in outcomes:
        expected = {entry[3] for entry in KILLED if fits(outcome.mutant, entry)}
        if not expected <= outcome.rules:
            survived.append(f"{outcome}: {sorted(expected)} expected, {sorted(outcome.rules)}")
    assert survived == []


def test_every_attribute_is_spoken_of(outcomes: list[Outcome]) -> None:
    tables = [*KILLED, *NEUTRAL, *SOMETIMES, *REFUSED]
    assert [str(o) for o in outcomes if not any(fits(o.mutant, entry) for entry in tables)] == []


def test_what_is_neutral_raises_no_alarm(outcomes: list[Outcome]) -> None:
    others = [*KILLED, *SOMETIMES, *REFUSED]
    neutral = [o for o in outcomes if not any(fits(o.mutant, entry) for entry in others)]
    assert [f"{o}: {sorted(o.rules)}" for o in neutral if o.rules] == []
    assert neutral


def test_every_wrong_answer_comes_with_an_error(outcomes: list[Outcome]) -> None:
    """Rules and answers agree: whoever gets in or is kept out by mistake fails the check."""
    assert [f"{o}: {o.unspoken}" for o in outcomes if o.unspoken] == []


def test_the_environments_themselves_raise_no_alarm(
    environments: dict[str, dict[str, Any]],
) -> None:
    assert sorted(environments) == ["dev", "prod"]
    assert {name: rules(document) for name, document in environments.items()} == {
        "dev": set(),
        "prod": set(),
    }


@pytest.mark.parametrize(("pattern", "replacement", "rule"), POLICIES)
def test_a_rewritten_policy_is_found(
    environments: dict[str, dict[str, Any]], pattern: str, replacement: str, rule: str
) -> None:
    made = 0
    for document in environments.values():
        before = rules(document)
        for mutant in rewritten(document, pattern, replacement):
            made += 1
            assert rule in new_rules(mutant, before), mutant.address
    assert made


def test_what_our_stacks_do_not_emit_is_found_too(
    environments: dict[str, dict[str, Any]],
) -> None:
    survived: list[str] = []
    seen: set[str] = set()
    for document in environments.values():
        before = rules(document)
        for mutant in insertions(document):
            seen.add(mutant.path)
            if INSERTED[mutant.path] not in new_rules(mutant, before):
                survived.append(f"{mutant.address} {mutant.path}")
    assert survived == []
    assert seen == set(INSERTED)


def test_the_tables_speak_of_nothing_that_is_not_there(outcomes: list[Outcome]) -> None:
    tables = [*KILLED, *NEUTRAL, *SOMETIMES]
    assert [e for e in tables if not any(fits(o.mutant, e) for o in outcomes)] == []
