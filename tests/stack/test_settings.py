"""Wrong settings give one clear message each, with file, line and key, and write nothing."""

from __future__ import annotations

import copy
import functools
import itertools
import json
import os
import re
import subprocess
import sys

import jsonschema
import pytest
import yaml

from constructs_lib import Runtime
from constructs_lib._core.errors import InputError
from constructs_lib.stack.settings import json_schema, read_environment, read_environments
from constructs_lib.stack.settings.environment import (
    STACK_IDS,
    ApiSettings,
    Environment,
    FunctionAppSettings,
    GatewaySettings,
)
from constructs_lib.stack.settings.files import environment_of
from constructs_lib.stack.settings.keys import keys

GOOD = """
location: westeurope
resource_group: rg-orders
gateway:
  name: apim-orders
  publisher: {name: Contoso, email: api@contoso.example}
apis:
  orders:
    path: orders
    operations: [GET /orders]
    function_app: {runtime: python 3.12}
"""

GATEWAY = GOOD[GOOD.index("gateway:") : GOOD.index("apis:")]
FUNCTION_KEY = "Ab1" + "xY9_-Zq" * 7 + "kLm4=="

SITE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func-orders"

# What is written instead of which line, the line and key of the message, and what it says.
WRONG = {
    "misspelt key": ("location", "locaton: x\nlocation", ":2: locaton:", "did you mean 'location'"),
    "misspelt key below": ("  name: apim", "  skuu: x\n  name: apim", ":5: gateway.skuu:", "'sku'"),
    "missing key": ("location: westeurope", "tags: {}", ":1: location:", "is missing"),
    "wrong SKU": (
        "  name: apim",
        "  sku: Developer_2\n  name: apim",
        ":5: gateway.sku:",
        "Developer_1",
    ),
    "zone on the wrong tier": (
        "  name: apim",
        '  zones: ["1"]\n  name: apim',
        ":5: gateway.zones:",
        "not available with the tier Developer",
    ),
    "network on the wrong tier": (
        "  name: apim",
        "  sku: Basic_1\n  virtual_network: {subnet_id: /subscriptions/s}\n  name: apim",
        ":6: gateway.virtual_network:",
        "not available with the tier Basic",
    ),
    "bad operation template": (
        "[GET /orders]",
        '["GET /orders/{id"]',
        ":10: apis.orders.operations.0:",
        "braces",
    ),
    "no operation": ("[GET /orders]", "[orders]", ":10: apis.orders.operations.0:", "method"),
    "operation twice": (
        "[GET /orders]",
        "[GET /orders, GET /orders]",
        ":10: apis.orders.operations:",
        "same requests",
    ),
    "two APIs on one path": (
        "apis:",
        "apis:\n  other: {path: Orders, operations: [GET /a], function_app: {runtime: node 22}}",
        ":10: apis.orders.path:",
        "served by other already",
    ),
    "version beside none": (
        "apis:",
        "apis:\n  other: {path: orders, version: {version: v1}, operations: [GET /a], "
        "function_app: {runtime: node 22}}",
        ":10: apis.orders.path:",
        "served by other already",
    ),
    "versions in two places": (
        "    path: orders",
        "    path: orders\n    version: {version: v1}\n"
        "    function_app: {runtime: node 22}\n    operations: [GET /a]\n"
        "  other:\n    path: orders\n"
        "    version: {version: v2, scheme: Header, parameter: Api-Version}",
        ":15: apis.other.version:",
        "scheme and parameter of orders",
    ),
    "two APIs with one function app": (
        "{runtime: python 3.12}",
        "{runtime: python 3.12, name: func-x}\n  other:\n    path: other\n"
        "    operations: [GET /a]\n    function_app: {runtime: node 22, name: FUNC-x}",
        ":15: apis.other.function_app.name:",
        "the function app 'FUNC-x' is taken by apis.orders.function_app.name already",
    ),
    "a slot with the name of another app": (
        "{runtime: python 3.12}",
        "{runtime: python 3.12, name: func-x-staging}\n  other:\n    path: other\n"
        "    operations: [GET /a]\n    function_app: {runtime: node 22, name: func-x, "
        "slots: [staging], hosting: {kind: premium}}",
        ":15: apis.other.function_app.slots:",
        "the function app 'func-x-staging' is taken by",
    ),
    "secret in plain text": (
        "{runtime: python 3.12}",
        "{runtime: python 3.12, app_settings: {DB_PASSWORD: hunter2}}",
        ":11: apis.orders.function_app.app_settings.DB_PASSWORD:",
        "secret in plain text",
    ),
    "storage key in plain text": (
        "{runtime: python 3.12}",
        '{runtime: python 3.12, app_settings: {Queue: "x;AccountKey=abc"}}',
        ":11: apis.orders.function_app.app_settings.Queue:",
        "Microsoft.KeyVault",
    ),
    "slots on Flex Consumption": (
        "{runtime: python 3.12}",
        "{runtime: python 3.12, slots: [staging]}",
        ":11: apis.orders.function_app.slots:",
        "no deployment slots",
    ),
    "no source of operations": (
        "    operations: [GET /orders]\n",
        "",
        ":8: apis.orders.operations:",
        "given nowhere (give one of operations",
    ),
    "state without its account": (
        "location",
        "state: {kind: azurerm}\nlocation",
        ":2: state.storage_account_name:",
        "is missing",
    ),
    "unknown kind of state": (
        "location",
        "state: {kind: s3}\nlocation",
        ":2: state.kind:",
        "write local or azurerm or hcp",
    ),
    "no identity": (
        "  name: apim",
        "  identity: {system_assigned: false}\n  name: apim",
        ":5: gateway.identity:",
        "user_assigned",
    ),
    "tenant by name": (
        "location",
        "tenant_id: contoso\nlocation",
        ":2: tenant_id:",
        "write the id of the tenant, a UUID",
    ),
    "wrong type": (
        "[GET /orders]",
        "GET /orders",
        ":10: apis.orders.operations:",
        "write a list of text such as GET /orders",
    ),
    "text that Terraform would evaluate": (
        "  name: apim-orders",
        "  name: ${file('/etc/passwd')}",
        ":5: gateway.name:",
        "Terraform would evaluate",
    ),
    "setting that Terraform would evaluate": (
        "{runtime: python 3.12}",
        '{runtime: python 3.12, app_settings: {A: "${x}"}}',
        ":11: apis.orders.function_app.app_settings.A:",
        "Terraform would evaluate",
    ),
    "parameter that the template lacks": (
        "[GET /orders]",
        "[{method: GET, url_template: /a, parameters: [{name: id}]}]",
        ":10: apis.orders.operations.0:",
        "not in the URL template",
    ),
    "no YAML": ("location: westeurope", "location: [", ":", "YAML"),
    "an address of its own on a v2 tier": (
        "function_app: {runtime: python 3.12}",
        "function_app: {runtime: python 3.12, inbound: {gateway: true}}",
        ":12: apis.orders.function_app.inbound.gateway:",
        "no address of its own",
    ),
    "no id of a function app": (
        "{runtime: python 3.12}",
        "{existing: func-orders}",
        ":11: apis.orders.function_app.existing:",
        "Microsoft.Web/sites/<name>",
    ),
    "key of a new function app on an existing one": (
        "{runtime: python 3.12}",
        f"{{existing: {SITE}, runtime: python 3.12}}",
        ":11: apis.orders.function_app.runtime:",
        "not known",
    ),
    "migration of a new function app": (
        "    path: orders",
        "    path: orders\n    migration: both\n    function_key: orders-key",
        ":10: apis.orders.migration:",
        "give a function app that exists",
    ),
    "migration without the key": (
        "{runtime: python 3.12}",
        f"{{existing: {SITE}}}\n    migration: keys",
        ":8: apis.orders.function_key:",
        "the stage keys sends the function key",
    ),
    **{
        f"gateway: {given}": (
            GATEWAY,
            f"gateway: {given}\n",
            ":4: gateway:",
            f"{given or 'null'} is not allowed (write the keys name and publisher, or the keys "
            "existing and resource_group_name)",
        )
        for given in ("", "null", "5", "[]", "'text'")
    },
    **{
        f"function_app: {given}": (
            "{runtime: python 3.12}",
            given,
            ":11: apis.orders.function_app:",
            f"{given or 'null'} is not allowed (write the key runtime, or the key existing)",
        )
        for given in ("", "5", "[]", "'text'")
    },
    **{
        f"registration: {given}": (
            "    path: orders",
            f"    path: orders\n    registration: {given}",
            ":10: apis.orders.registration:",
            f"{given} is not allowed (write keys such as display_name, or the keys client_id and "
            "tenant_id, or the key contract)",
        )
        for given in ("5", "[]", "'text'")
    },
    **{
        f"function_key: {given}": (
            "    path: orders",
            f"    path: orders\n    function_key: {given}",
            f":10: apis.orders.function_key{key}:",
            says,
        )
        for given, key, says in (
            ("5", "", "write '5', as text"),
            ("[]", "", "write the key secret_id, or the name of a named value"),
            ("{}", ".secret_id", "is missing (write https://"),
        )
    },
    "operation left empty": (
        "[GET /orders]",
        "[null]",
        ":10: apis.orders.operations.0:",
        "null is not allowed (write text such as GET /orders, or the keys method and url_template)",
    ),
    "named value that is a number": (
        "    path: orders",
        "    path: orders\n    named_values: {a: 5}",
        ":10: apis.orders.named_values.a:",
        "write '5', as text",
    ),
    "identity that is a number": (
        "  name: apim",
        "  identity: {user_assigned: 5}\n  name: apim",
        ":5: gateway.identity.user_assigned:",
        "write '5', as text",
    ),
    "key that Terraform would evaluate": (
        "location",
        'tags: {"${file(1)}": x}\nlocation',
        ":2: tags.${file(1)}:",
        "Terraform would evaluate",
    ),
    "name of a setting that Terraform would evaluate": (
        "{runtime: python 3.12}",
        '{runtime: python 3.12, app_settings: {"%{ if x }": a}}',
        ":11: apis.orders.function_app.app_settings.%{ if x }:",
        "Terraform would evaluate",
    ),
    "bytes that Terraform would evaluate": (
        "location",
        "tags: {a: !!binary JHtmaWxlKDEpfQ==}\nlocation",
        ":2:11:",
        "binary is not allowed",
    ),
    "location twice": (
        "resource_group",
        "location: northeurope\nresource_group",
        ":3:1:",
        "'location' is there twice, first in line 2",
    ),
    "API twice": (
        "  orders:",
        "  orders: {}\n  orders:",
        ":9:3:",
        "'orders' is there twice, first in line 8",
    ),
    "API with the id of another's registration": (
        "apis:",
        "apis:\n  orders-registration:\n"
        "    {path: x, operations: [GET /a], function_app: {runtime: node 22}}",
        ":8: apis.orders-registration:",
        "'orders-registration' is taken by the registration of orders",
    ),
    "date for a location": ("westeurope", "2024-13-45", ":2: location:", "an Azure region"),
    "tag that does not fit": ("westeurope", "!!int x", ":2:11:", "as a whole number"),
    "tag of a boolean that does not fit": ("westeurope", "!!bool x", ":2:11:", "as true or false"),
    "endless number": ("westeurope", "9" * 5000, ":2:11:", "5000 digits"),
    "control character": ("westeurope", "west\0europe", ":2:", "U+0000 is not allowed"),
    "control character in a path": (
        "    path: orders",
        '    path: orders\n    policy: "a\\0b"',
        ":10: apis.orders.policy:",
        "control character",
    ),
    "lists without end": ("westeurope", "[" * 3000 + "]" * 3000, ":2:", "more than 100 deep"),
    "anchor within itself": ("westeurope", "&a {apis: *a}", ":2:11:", "holds itself"),
    "language without its version": (
        "python 3.12",
        "python",
        ":11: apis.orders.function_app.runtime:",
        "such as python 3.12",
    ),
    "version of a custom handler": (
        "python 3.12",
        "custom 1.0",
        ":11: apis.orders.function_app.runtime:",
        "custom without a version",
    ),
    "language that is none": (
        "python 3.12",
        "cobol 85",
        ":11: apis.orders.function_app.runtime:",
        "the languages are python, node",
    ),
    "key that only other sections have": (
        "{runtime: python 3.12}",
        f"{{existing: {SITE}, runtime: python 3.12}}",
        ":11: apis.orders.function_app.runtime:",
        "not known (it has existing, ftp, hostname, slots)",
    ),
    "underscore in the name of a function app": (
        "{runtime: python 3.12}",
        f"{{existing: {SITE}_x}}",
        ":11: apis.orders.function_app.existing:",
        "Microsoft.Web/sites/<name>",
    ),
    **{
        f"slots {slots}": (
            "{runtime: python 3.12}",
            f"{{existing: {SITE}, slots: {slots}}}",
            f":11: apis.orders.function_app.slots.{number}:",
            says,
        )
        for slots, number, says in (
            ("[staging, staging]", 1, "'staging' is there twice"),
            ("[staging, STAGING]", 1, "'STAGING' is there twice"),
            ("[Production]", 0, "is the app itself"),
        )
    },
    "key that goes nowhere": (
        "    path: orders",
        "    path: orders\n    function_key: orders-key",
        ":10: apis.orders.function_key:",
        "leave it out",
    ),
}


@pytest.fixture
def written(tmp_path):
    def write(text, name="dev.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_good_settings_are_read(written):
    environment = read_environment(written(GOOD))
    assert environment.gateway.given["name"] == "apim-orders"
    assert environment.state.kind == "local"


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_with_file_line_and_key(written, kind):
    before, after, where, says = WRONG[kind]
    text = GOOD.replace(before, after, 1)
    if "v2 tier" in kind:
        text = text.replace("  name: apim", "  sku: StandardV2_1\n  name: apim")
    assert text != GOOD
    path = written(text)
    with pytest.raises(InputError) as caught:
        read_environment(path)
    said = str(caught.value).splitlines()
    (line,) = [line for line in said if where in line and says in line]
    assert line.startswith(str(path))


def test_all_that_is_wrong_is_said_at_once_in_all_files(written, tmp_path):
    written(GOOD.replace("location", "locaton").replace("python 3.12", "'?'"), "dev.yaml")
    written("[]", "prod.yaml")
    with pytest.raises(InputError) as caught:
        read_environments(tmp_path)
    said = str(caught.value).splitlines()
    assert len([line for line in said if "/dev.yaml:" in line]) == 3
    assert len([line for line in said if "/prod.yaml:" in line]) == 1


# What a construct alone can tell is told of a file as well; beside each wrong value what is said.
WRONG_IN_ONE_FILE = """\
location: westeurope
resource_group: rg-orders-dev
gateway:
  name: 1apim  #: gateway.name: '1apim' is not allowed
  publisher: {name: Contoso, email: api@contoso.example}
apis:
  orders:
    path: orders
    operations: [GET /orders]
    named_values: {monkey: banana, max-tokens: '100', keyboard-layout: us}
    function_app:
      name: '-func'  #: apis.orders.function_app.name: '-func' is not allowed
      runtime: python 3.12
      inbound:
        cidrs:
          - 999.0.0.1/99  #: '999.0.0.1/99' is not allowed (write a range of addresses
          - 203.0.113.7/24  #: '203.0.113.7/24' is not allowed (write the first address
          - 203.0.113.7/32
      app_settings:
        Db: 'Server=x;Password=abc'  #: Db holds a secret in plain text
        Db2: 'Server=x;Pwd=abc'  #: Db2 holds a secret in plain text
        AzureWebJobsStorage: x  #: AzureWebJobsStorage is made by the construct
  billing:
    path: billing
    operations: [GET /billing]
    function_app:
      runtime: python 3.12
      hosting: {kind: premium, sku: XX}  #: apis.billing.function_app.hosting.sku: 'XX'
      slots: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]  #: slots.0: 'aaaaa
  stock:
    path: stock
    operations: [GET /stock]
    function_app:
      runtime: python 3.12
      hosting: {kind: dedicated, sku: B1}
      slots: [staging]  #: apis.stock.function_app.slots: B1 has no slot besides production
  reports:
    path: reports
    operations: [GET /reports]
    function_app:
      runtime: cobol 9  #: apis.reports.function_app.runtime:
"""


def test_what_a_construct_refuses_is_said_of_the_file_with_line_and_key_all_at_once(written):
    path = written(WRONG_IN_ONE_FILE)
    with pytest.raises(InputError) as caught:
        read_environment(path)
    said = str(caught.value).splitlines()
    expected = [
        (number, line.split("#: ")[1])
        for number, line in enumerate(WRONG_IN_ONE_FILE.splitlines(), start=1)
        if "#: " in line
    ]
    assert [int(line.split(":")[1]) for line in said] == [number for number, _ in expected]
    for line, (_, words) in zip(said, expected, strict=True):
        assert words in line


@pytest.mark.parametrize("name", sorted(STACK_IDS - {"output-tenant_id"}))
def test_an_api_cannot_have_an_id_of_the_stack_s_own(written, name):
    path = written(GOOD.replace("  orders:", f"  {name}:"))
    with pytest.raises(InputError, match=f":8: apis.{name}: '{name}' is taken by the stack itself"):
        read_environment(path)


@pytest.mark.parametrize(
    "given",
    [
        f"function_key: {FUNCTION_KEY}",
        f"function_key: {{key: {FUNCTION_KEY}}}",
        f"named_values: {{a: {FUNCTION_KEY}}}",
        f"migration: {FUNCTION_KEY}",
    ],
)
def test_a_key_that_was_pasted_is_refused_and_not_repeated(written, given):
    path = written(GOOD.replace("    path: orders", f"    path: orders\n    {given}"))
    with pytest.raises(InputError) as refused:
        read_environment(path)
    assert str(refused.value).startswith(f"{path}:10: apis.orders.{given.split(':')[0]}")
    assert FUNCTION_KEY[:10] not in str(refused.value)


@pytest.mark.parametrize("stem", ["a b", "a${x}", "", "-a"])
def test_a_file_whose_name_no_stack_can_have_is_refused(written, tmp_path, stem):
    path = written(GOOD, f"{stem}.yaml")
    with pytest.raises(InputError, match="the file's name is that of a stack") as refused:
        read_environments(tmp_path)
    assert str(refused.value).startswith(str(path))


def test_what_an_anchor_brings_in_can_be_replaced(written):
    text = GOOD.replace("    function_app: {", "    function_app: &app {") + (
        "  billing:\n    path: bills\n    operations: [GET /bills]\n"
        "    function_app: {<<: *app, runtime: node 22}\n"
    )
    apis = read_environment(written(text)).apis
    assert [api.given["function_app"].runtime for api in apis.values()] == [
        Runtime.python("3.12"),
        Runtime.node("22"),
    ]


def test_a_folder_without_settings_is_said(tmp_path):
    with pytest.raises(InputError, match="no environments there"):
        read_environments(tmp_path)


def test_no_key_is_guessed_that_is_not_near(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("nonsense: 1\n")
    with pytest.raises(InputError, match="nonsense: this key is not known") as refused:
        read_environment(path)
    assert "did you mean" not in str(refused.value)


def test_editors_and_the_settings_page_explain_every_key():
    schema = json.loads(json_schema())
    assert [
        f"{section}.{key}"
        for section, entry in {"environment": schema, **schema["$defs"]}.items()
        for key, value in entry.get("properties", {}).items()
        if not value.get("description", "").endswith(".")
    ] == []


def test_the_published_schema_is_current_and_accepts_our_environments(repository):
    published = (repository / "environments/settings.schema.json").read_text()
    assert published == json_schema(), "write it anew: secured-functions schema"
    for path in (repository / "environments").glob("*.yaml"):
        jsonschema.validate(yaml.safe_load(path.read_text()), json.loads(published))
        assert path.read_text().startswith("# yaml-language-server: $schema=settings.schema.json")


def test_main_exits_2_without_a_traceback_or_output(repository, tmp_path):
    project = tmp_path / "project"
    (project / "environments").mkdir(parents=True)
    (project / "main.py").write_text((repository / "main.py").read_text())
    (project / "environments/dev.yaml").write_text(GOOD.replace("rg-orders", "rg orders"))
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=project,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(repository)},
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "dev.yaml:3: resource_group:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "cdktf.out").exists()


# Each section, and where in GOOD it stands.
SECTIONS = {
    (): Environment,
    ("gateway",): GatewaySettings,
    ("apis", "orders"): ApiSettings,
    ("apis", "orders", "function_app"): FunctionAppSettings,
}


def test_any_value_at_any_key_is_taken_or_refused_in_plain_words():
    messages, good = set(), yaml.safe_load(GOOD)
    for place, section in SECTIONS.items():
        for key, value in itertools.product(keys(section), (0, None, {"kind": "x"}, ["x y!"])):
            data = copy.deepcopy(good)
            functools.reduce(dict.__getitem__, place, data)[key] = value
            try:
                environment_of(json.dumps(data), "dev.yaml", None)
            except InputError as error:
                messages |= {line.partition(": ")[2] for line in str(error).splitlines()}
    assert len(messages) > 150
    for message in messages:
        assert re.match(r"[\w. -]+: \S", message), message
        assert not re.search(
            r"\(write (\)|name |say |give |for example)|valid |dictionary", message
        )
        assert message.count("(") <= message.count(")"), message


STATE = (
    "state: {kind: azurerm, resource_group_name: rg-t, storage_account_name: stterraform, "
    "key: orders}\n"
)


def test_names_that_another_file_takes_are_named_with_both_places(tmp_path):
    first = STATE + GOOD.lstrip().replace(
        "3.12}", "3.12, name: func-orders, storage: {name: storders}}"
    )
    (tmp_path / "dev.yaml").write_text(first)
    (tmp_path / "prod.yaml").write_text("# a copy\n" + first)
    with pytest.raises(InputError) as refused:
        read_environments(tmp_path)
    dev, prod = tmp_path / "dev.yaml", tmp_path / "prod.yaml"
    expected = {
        f"{prod}:2: state.key: the state 'orders' is taken by {dev}:1 already",
        f"{prod}:4: resource_group: the resource group 'rg-orders' is taken by {dev}:3 already",
        f"{prod}:6: gateway.name: the API Management service 'apim-orders' is taken by {dev}:5 "
        "already",
        f"{prod}:12: apis.orders.function_app.name: the function app 'func-orders' is taken by "
        f"{dev}:11 already",
        f"{prod}:12: apis.orders.function_app.storage.name: the storage account 'storders' is "
        f"taken by {dev}:11 already",
    }
    assert {line.partition(" (")[0] for line in str(refused.value).splitlines()} == expected


def test_environments_may_share_what_is_not_unique(tmp_path):
    """An existing gateway, names of groups in two subscriptions, an account with two states."""
    existing = GOOD.replace(GATEWAY, "gateway: {existing: apim, resource_group_name: rg}\n")
    state = STATE.replace(", key: orders", "")
    ids = {"dev": "1" * 8, "prod": "2" * 8}
    for name, start in ids.items():
        subscription = f"subscription_id: {start}-1111-4111-8111-111111111111\n"
        text = existing.replace("path: orders", f"path: orders-{name}\n    name: {name}")
        (tmp_path / f"{name}.yaml").write_text(state + subscription + text)
    assert read_environments(tmp_path).keys() == ids.keys()
    (tmp_path / "prod.yaml").write_text(
        (tmp_path / "dev.yaml").read_text().replace("1" * 8, "3" * 8)
    )
    with pytest.raises(InputError, match="the path 'orders-dev' in apim is taken by"):
        read_environments(tmp_path)


IN_ONE_GATEWAY = """
location: westeurope
tenant_id: 11111111-1111-4111-8111-111111111111
resource_group: rg-{stack}
gateway: {{existing: apim, resource_group_name: rg-platform, policy: whole.xml}}
apis:
  orders:
    path: orders
    operations: [GET /orders]
    product: {{id: shop, display_name: Shop}}
    named_values: {{tenant: contoso}}
    registration: {{identifier_uri: "api://contoso.example/orders"}}
    function_app:
      runtime: python 3.12
      hosting: {{kind: flex_consumption}}
      storage: {{account_id: {account}, name: stcode, container: code}}
  bills:
    path: bills
    version: {{version: v1}}
    operations: [GET /bills]
    function_app: {{existing: {site}}}
mcp_servers:
  weather:
    path: weather
    callers: {{clients: {{vscode: aebc6443-996d-45c2-90f0-388ff96faa56}}, all_users_reason: all}}
    function_app: {{runtime: python 3.12}}
"""
ACCOUNT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stcode"


@pytest.fixture
def in_one_gateway(tmp_path):
    (tmp_path / "whole.xml").write_text("<policies><inbound/><backend/><outbound/></policies>")

    def write(stack, *changes):
        text = IN_ONE_GATEWAY.format(stack=stack, site=SITE, account=ACCOUNT)
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        (tmp_path / f"{stack}.yaml").write_text(text)

    return write


def test_what_two_files_have_in_one_gateway_is_named_with_both_places(in_one_gateway, tmp_path):
    for stack in ("dev", "prod"):
        in_one_gateway(stack)
    with pytest.raises(InputError) as refused:
        read_environments(tmp_path)
    dev, prod = tmp_path / "dev.yaml", tmp_path / "prod.yaml"
    expected = {
        (5, "gateway.policy", "the policy of the service in apim"),
        (7, "apis.orders.name", "the API name 'orders' in apim"),
        (8, "apis.orders.path", "the path 'orders' in apim"),
        (10, "apis.orders.product", "the product 'shop' in apim"),
        (11, "apis.orders.named_values.tenant", "the named value 'tenant' in apim"),
        (
            12,
            "apis.orders.registration.identifier_uri",
            "the identifier URI 'api://contoso.example/orders'",
        ),
        (16, "apis.orders.function_app.storage.container", "the container 'code' in stcode"),
        (17, "apis.bills.name", "the API name 'bills' in apim"),
        (18, "apis.bills.path", "the path 'bills' in apim"),
        (18, "apis.bills.path", "the path 'bills/v1' in apim"),
        (21, "apis.bills.function_app.existing", "the Easy Auth of func-orders"),
        (22, "mcp_servers", "the API for the metadata of MCP servers in apim"),
        (23, "mcp_servers.weather.name", "the API name 'weather' in apim"),
        (24, "mcp_servers.weather.path", "the path 'weather' in apim"),
    }
    said = str(refused.value).splitlines()
    assert {line.partition(" (")[0] for line in said} == {
        f"{prod}:{line}: {key}: {what} is taken by {dev}:{line} already"
        for line, key, what in expected
    }
    assert all(re.search(r"\((write|choose|leave|give) .*\)$", line) for line in said)


def test_what_is_to_be_written_instead_is_right(in_one_gateway, tmp_path):
    names = [(f"\n    path: {api}", f"\n    name: {api}-prod\n    path: {api}-prod")
             for api in ("orders", "bills", "weather")]  # fmt: skip
    rest = [
        ("id: shop, display_name: Shop", "id: shop"),
        ("    named_values: {tenant: contoso}\n", ""),
        (", policy: whole.xml", ""),
        ("contoso.example/orders", "contoso.example/orders-prod"),
        ("container: code", "container: code-prod"),
        ("sites/func-orders", "sites/func-orders-prod"),
        ("mcp_servers:", "resource_metadata: existing\nmcp_servers:"),
    ]
    in_one_gateway("dev")
    in_one_gateway("prod", *names, *rest)
    assert set(read_environments(tmp_path)) == {"dev", "prod"}
    # Whoever makes the gateway has its names too.
    new = "{name: apim, publisher: {name: Contoso, email: api@contoso.example}}"
    old = "{existing: apim, resource_group_name: rg-platform, policy: whole.xml}"
    in_one_gateway("dev", (old, new))
    assert set(read_environments(tmp_path)) == {"dev", "prod"}
    in_one_gateway("prod", *names[1:], *rest)
    with pytest.raises(InputError, match=r"the path 'orders' in apim is taken by .*dev\.yaml:8"):
        read_environments(tmp_path)


def test_a_new_gateway_has_no_metadata_of_another_stack():
    text = GOOD.replace("apis:", "resource_metadata: existing\napis:")
    with pytest.raises(InputError, match=":7: resource_metadata: a new gateway has no API yet"):
        environment_of(text, "dev.yaml", None)
