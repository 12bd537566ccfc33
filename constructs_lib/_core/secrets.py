"""Tells whether a text that somebody wrote down is a secret, by its shape or by its name.

The one detector of settings, app settings, named values, contracts and the access analysis, so that
all of them give the same answer. It looks for what Azure issues and for what names promise; a
password without a shape, under a name that says nothing, is not found.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """What a kind of secret looks like.

    Attributes:
        meaning: What it is, with its article.
        pattern: Found anywhere in the text.
        source: Who says so.
    """

    meaning: str
    pattern: re.Pattern[str]
    source: str


_KEYS = "https://learn.microsoft.com/purview/sit-defn-"
_SCANNER = "https://github.com/microsoft/security-utilities, "

SHAPES = (
    Shape(
        "a client secret of Entra",
        re.compile(r"(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{30,}(?![\w.~-])", re.ASCII),
        f"{_SCANNER}SEC101/156",
    ),
    Shape(
        "a key of an Azure service",  # such as Azure OpenAI
        re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9]{26}"),
        f"{_SCANNER}SEC101/200",
    ),
    Shape(
        "an account key",  # Storage, Cosmos DB, Batch and others: 64 bytes
        re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{80,86}=="),
        f"{_KEYS}azure-storage-account-key-generic",
    ),
    Shape(
        "a function key",
        re.compile(
            r"(?<![\w-])[\w-]{44}AzFu[\w-]{5}[AQgw]=="
            # Keys of older hosts have no signature: nothing but base64, alone or in an address.
            r"|(?:^|[?&]code=)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[\w-]{52,88}"
            r"(?:=|%3[dD]){0,2}(?:$|&)",
            re.ASCII,
        ),
        f"{_SCANNER}SEC101/158, https://learn.microsoft.com/azure/azure-functions/function-keys-how-to",
    ),
    Shape(
        "a key of Service Bus, Event Hubs, Relay or IoT Hub",
        re.compile(
            r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{33}(?:AIoT|\+ASb|\+AEh|\+ARm)[A-P][A-Za-z0-9+/]{5}="
        ),
        f"{_SCANNER}SEC101/170 to 173",
    ),
    Shape(
        "a shared access signature",
        re.compile(r"[?&]sig=[^&\s]|(?<![\w-])sig=[\w%]{20,}", re.IGNORECASE),
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
    ),
    Shape(
        "a private key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
        "RFC 7468 sections 10 and 11",
    ),
    Shape(
        "a connection string with a password or key",
        re.compile(
            r"(?<![\w-])(?:AccountKey|SharedAccessKey|SharedSecretValue|Client_?Secret|Password|Pwd)"
            r"\s*=\s*[^;\s]",
            re.IGNORECASE,
        ),
        "https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string, "
        "https://learn.microsoft.com/dotnet/framework/data/adonet/connection-string-syntax",
    ),
    Shape(
        "an address with a password",
        re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://[^\s/?#@:]*:[^\s/?#@]+@", re.IGNORECASE),
        "RFC 3986 section 3.2.1",
    ),
    Shape(
        "a token",
        re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*", re.ASCII),
        "RFC 7519 section 3.1",
    ),
)
"""What secrets look like. None of it is written by hand for something else."""

_SECRET_WORDS = frozenset(
    {"secret", "secrets", "password", "passwords", "passwd", "pwd", "passphrase"}
    | {"credential", "credentials", "key", "keys", "token", "sas"}
    | {
        "apikey",
        "apikeys",
        "accesskey",
        "accountkey",
        "storagekey",
        "sharedkey",
        "hostkey",
        "masterkey",
    }
    | {"privatekey", "sastoken", "accesstoken", "refreshtoken"}
)
# `DBPASSWORD` is one word for us, and no word of English ends like it.
_SECRET_ENDINGS = ("secret", "password", "passwd", "passphrase")
# Whose `key` or `token` opens nothing.
_OPEN_WORDS = frozenset(
    {"public", "partition", "row", "sort", "shard", "foreign", "routing", "cache", "counter"}
    | {"idempotency", "instrumentation", "continuation", "cancellation"}
)
# What may stand behind the word that says what it is: `API_KEY_2`, `secret-base64`.
_SIDE_WORDS = frozenset(
    {"primary", "secondary", "current", "previous", "old", "new", "value", "base"}
    | {"dev", "test", "prod"}
)
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_HUMPS = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")
# `@Microsoft.KeyVault(…)` of app settings (learn.microsoft.com/azure/app-service/
# app-service-key-vault-references), the address of a secret in Key Vault, `{{name}}` of policies.
_REFERENCE = re.compile(
    r"@Microsoft\.KeyVault\(.*\)?|https://[\w.-]+/secrets/[\w-]+(/[\w-]*)?|\{\{[^{}]+\}\}",
    re.IGNORECASE | re.DOTALL,
)
_SWITCH = re.compile(r"true|false|", re.IGNORECASE)


def secret_reason(name: str, value: str) -> str | None:
    """Return why a text is a secret, or None if it is none as far as one can see.

    A reference to Key Vault is none. What Terraform fills in is judged by the text around it, as in
    `AccountKey=${…}`, and not by its name: it is written nowhere.

    Args:
        name: What it is called; empty where it has no name.
        value: The text.
    """
    if _REFERENCE.fullmatch(value):
        return None
    shape = secret_shape(value)
    if shape:
        return f"it looks like {shape.meaning}"
    if not _SWITCH.fullmatch(value) and "${" not in value and "#{Tf" not in value:
        word = _secret_word(name)
        return f"its name ends with {word!r}" if word else None
    return None


def secret_shape(text: str) -> Shape | None:
    """Return the shape of the secret that a text is or holds, if there is one."""
    return next((shape for shape in SHAPES if shape.pattern.search(text)), None)


def _secret_word(name: str) -> str | None:
    """Return the word of a name that says it is a secret: its last, which says what a thing is.

    `DB_PASSWORD` is a password, `password-policy` a policy and `key-vault-name` a name.
    """
    words = [word.lower() for run in _WORDS.findall(name) for word in _HUMPS.split(run)]
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _SIDE_WORDS):
        words.pop()
    if not words or (len(words) > 1 and words[-2] in _OPEN_WORDS) or words[-2:] == ["key", "token"]:
        return None
    last = words[-1]
    return last if last in _SECRET_WORDS or last.endswith(_SECRET_ENDINGS) else None
