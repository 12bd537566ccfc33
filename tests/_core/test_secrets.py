"""Secrets are told from other texts, and everybody who looks for them gives the same answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import DirectoryContract, InputError
from constructs_lib._core.secrets import SHAPES, secret_reason, secret_shape
from constructs_lib.access import analyse
from constructs_lib.access.terraform.reading import read_stacks
from constructs_lib.api.problems import api_problems
from constructs_lib.function_app.app_settings import app_setting_problems
from constructs_lib.stack.settings.environment import ApiSettings
from constructs_lib.stack.settings.file_reader import FileReader
from tests.access.samples import APP, chain

# Made up, each in pieces so that no scanner takes this file for a leak.
LETTERS = "bC2d" * 30
SECRETS = {
    "abc8Q~" + "x" * 34: "a client secret of Entra",
    "id=1 secret=a.b7Q~" + "x-~." * 8: "a client secret of Entra",
    LETTERS[:52] + "JQQJ99" + LETTERS[:26]: "a key of an Azure service",
    LETTERS[:44] + "AzFu" + LETTERS[:5] + "A==": "a function key",
    "Aa1" + LETTERS[:52] + "==": "a function key",
    "https://x.azurewebsites.net/api/o?code=Aa1" + LETTERS[:52] + "%3D%3D": "a function key",
    LETTERS[:86] + "==": "an account key",
    LETTERS[:33]
    + "+ASbA"
    + LETTERS[:5]
    + "=": "a key of Service Bus, Event Hubs, Relay or IoT Hub",
    "https://x.blob.core.windows.net/c?sig=abc": "a shared access signature",
    "sv=2024&sig=" + LETTERS[:40]: "a shared access signature",
    "-----BEGIN " + "PRIVATE KEY-----\nMIIE": "a private key",
    "-----BEGIN OPENSSH " + "PRIVATE KEY-----": "a private key",
    "Server=x;Password=abc": "a connection string with a password or key",
    "Server=x;User Id=sa; pwd = abc": "a connection string with a password or key",
    "x;AccountKey=abc": "a connection string with a password or key",
    "x;AccountKey=${azurerm_storage_account.s.primary_access_key}": (
        "a connection string with a password or key"
    ),
    "Endpoint=sb://b/;SharedAccessKey=abc": "a connection string with a password or key",
    "postgres://app:hunter2@db/orders": "an address with a password",
    ".".join(("eyJ" + LETTERS[:20], "eyJ" + LETTERS[:40], LETTERS[:43])): "a token",
}
NO_SECRETS = [
    "",
    "true",
    "hunter",
    "7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6",
    "https://stcontosoorders.blob.core.windows.net/packages/orders-1.4.0.zip",
    "https://x.example:8443/a@b?code=200&signature=x",
    "/subscriptions/7d1e2f3a-4b5c-4d6e-8f90-a1b2c3d4e5f6/resourceGroups/rg-Orders2",
    "Server=x;Database=orders;Authentication=Active Directory Managed Identity",
    "Endpoint=sb://b/;SharedAccessKeyName=listen",
    "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/db)",
    "https://v.vault.azure.net/secrets/db-password",
    "{{partner-key}}",
]
SECRET_NAMES = [
    *("ORDERS_KEY", "STORAGE_SAS_TOKEN", "api-key", "clientSecret", "DB_PASSWORD", "DBPASSWORD"),
    *(
        "key",
        "ApiKey",
        "APIKey",
        "SASToken",
        "Orders__ApiKey",
        "API_KEY_2",
        "key1",
        "secret-base64",
    ),
    *("orders.password", "primaryKeyOld", "APIKEYS"),
]
NO_SECRET_NAMES = [
    *("monkey", "keyboard-layout", "max-tokens", "key-vault-name", "token-endpoint", "turkey"),
    *("KEY_VAULT_URL", "SECRET_NAME", "password-policy", "PublicKey", "public-key-token"),
    *("PARTITION_KEY", "secretary", "compass", "SASKATCHEWAN", "keynote", "MODE", "_"),
]


@pytest.mark.parametrize(("text", "meaning"), SECRETS.items())
def test_the_shape_of_a_secret_is_recognised(text, meaning):
    assert secret_reason("mode", text) == f"it looks like {meaning}"


def test_every_shape_has_an_example_and_a_source():
    assert {shape.meaning for shape in SHAPES} == set(SECRETS.values())
    assert all("RFC" in shape.source or "https://" in shape.source for shape in SHAPES)


@pytest.mark.parametrize("text", NO_SECRETS)
def test_other_texts_are_no_secrets(text):
    assert secret_shape(text) is None
    assert secret_reason("mode", text) is None


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_ends_with_a_word_for_a_secret_tells(name):
    assert "its name ends with" in (secret_reason(name, "abc") or "")


@pytest.mark.parametrize("name", NO_SECRET_NAMES)
def test_a_name_that_merely_holds_such_letters_or_words_does_not(name):
    assert secret_reason(name, "abc") is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "false",
        "${azurerm_storage_account.s.primary_access_key}",
        "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/db)",
    ],
)
def test_a_telling_name_may_have_a_switch_or_a_reference(value):
    assert secret_reason("DB_PASSWORD", value) is None


NAMES = st.sampled_from(SECRET_NAMES + NO_SECRET_NAMES)
# Names that both app settings and named values may have, values that no other rule refuses.
BOTH = NAMES.filter(lambda name: "_" not in name and "." not in name)
VALUES = st.sampled_from([*SECRETS, *NO_SECRETS]).filter(
    lambda value: value and "${" not in value and "\n" not in value
)


def refused(key: str, texts: dict[str, str]) -> bool:
    api: dict[str, object] = {
        "path": "orders",
        "operations": ["GET /a"],
        "function_app": {"runtime": "python 3.12"},
    }
    reader = FileReader(None)
    if key == "named_values":
        api[key] = texts
    else:
        api["function_app"] = {"runtime": "python 3.12", key: texts}
    reader.take(ApiSettings, api, ())
    return bool(reader.problems)


def found_in_analysis(name: str, value: str) -> bool:
    document = chain()
    document["resource"][APP]["orders"]["app_settings"] = {name: value}
    findings = analyse(read_stacks({"stack": document})).findings
    return any(
        finding.attribute == f"app_settings.{name}" and finding.rule in ("SF409", "SF414")
        for finding in findings
    )


@given(BOTH, VALUES)
def test_all_who_look_for_secrets_agree(name, value):
    texts = {name: value}
    answers = {
        "app setting": bool([*app_setting_problems(texts)]),
        "app setting in YAML": refused("app_settings", texts),
        "access analysis": found_in_analysis(name, value),
        "named value": bool([*api_problems(operations=["GET /a"], named_values=texts)]),
        "named value in YAML": refused("named_values", texts),
    }
    assert set(answers.values()) == {secret_reason(name, value) is not None}, answers


@pytest.mark.parametrize("text", [text for text in SECRETS if "${" not in text])
def test_a_contract_with_a_secret_is_refused_and_the_secret_not_repeated(tmp_path, text):
    path = tmp_path / "contract.json"
    path.write_text(json.dumps({"contract": 1, "registrations": {"orders": {"audiences": [text]}}}))
    with pytest.raises(InputError) as refusal:
        DirectoryContract.read(path)
    assert f"registrations.orders.audiences.0: this looks like {SECRETS[text]}" in str(
        refusal.value
    )
    assert text not in str(refusal.value)
