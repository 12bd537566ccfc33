"""What a Python app registers counts only where it certainly runs."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from constructs_lib.operations import Operations

APP = (
    "import azure.functions as func\nimport os\napp = func.FunctionApp()\n"
    "@app.route(route='a', methods=['GET'], auth_level='anonymous')\ndef a(req): ...\n"
)
STAFF = (
    "import azure.functions as func\nbp = func.Blueprint()\n"
    "@bp.route(route='staff', methods=['GET'], auth_level='anonymous')\ndef staff(req): ...\n"
)
DIRECT = (
    "from function_app import app\n"
    "@app.route(route='staff', methods=['GET'], auth_level='anonymous')\ndef staff(req): ...\n"
)
IMPORT = "from staff import bp\n"


def read(write, code: str, staff: str = STAFF) -> Operations:
    files = {"host.json": "{}", "function_app.py": APP + code, "staff.py": staff}
    return Operations.from_functions_project(write(files), strict=False)


CONDITIONAL = {
    "under if": "if os.environ.get('X'):\n    app.register_functions(bp)\n",
    "under else": "if os.environ.get('X'):\n    pass\nelse:\n    app.register_functions(bp)\n",
    "in a function": "def register():\n    app.register_functions(bp)\n",
    "in a function that is called": "def register():\n    app.register_functions(bp)\nregister()\n",
    "in a method": "class C:\n    def f(self):\n        app.register_functions(bp)\n",
    "in a loop": "for _ in range(2):\n    app.register_functions(bp)\n",
    "in while": "while os.environ.get('X'):\n    app.register_functions(bp)\n",
    "in try": "try:\n    app.register_functions(bp)\nexcept Exception:\n    pass\n",
    "in except": "try:\n    pass\nexcept Exception:\n    app.register_functions(bp)\n",
    "in match": "match os.name:\n    case 'nt':\n        app.register_functions(bp)\n",
    "for the main program": "if __name__ == '__main__':\n    app.register_blueprint(bp)\n",
    "after and": "os.environ.get('X') and app.register_functions(bp)\n",
    "in a choice": "app.register_functions(bp) if os.environ.get('X') else None\n",
    "in a comprehension": "[app.register_functions(bp) for _ in os.environ]\n",
    "in lambda": "register = lambda: app.register_functions(bp)\n",
}


@pytest.mark.parametrize("case", CONDITIONAL)
def test_a_registration_that_may_not_happen_is_an_error(write, case: str) -> None:
    operations = read(write, IMPORT + CONDITIONAL[case])
    assert [o.name for o in operations] == ["GET /a"]
    assert [finding.rule for finding in operations.findings] == ["OP110"]


@pytest.mark.parametrize(
    "code",
    [
        "if os.environ.get('X'):\n    import staff\n",
        "def f():\n    from staff import staff\n",
        "try:\n    import staff\nexcept ImportError:\n    pass\n",
    ],
)
def test_an_import_that_may_not_happen_registers_nothing_for_certain(write, code: str) -> None:
    operations = read(write, code, DIRECT)
    assert [o.name for o in operations] == ["GET /a"]
    assert [(f.rule, Path(f.path or "").name) for f in operations.findings] == [
        ("OP110", "staff.py")
    ]


@pytest.mark.parametrize(
    ("code", "staff"),
    [
        (IMPORT + "app.register_functions(bp)\n", STAFF),
        ("import staff\napp.register_blueprint(staff.bp)\n", STAFF),
        ("import staff\n", DIRECT),
        ("if os.environ.get('X'):\n    import staff\nimport staff\n", DIRECT),
        ("import other\n", DIRECT),
    ],
)
def test_a_registration_that_certainly_happens(write, code: str, staff: str) -> None:
    write({"other.py": "import staff\n"})
    operations = read(write, code, staff)
    assert [o.name for o in operations] == ["GET /a", "GET /staff"]
    assert operations.findings == ()


def test_blueprints_of_another_framework(write) -> None:
    flask = (
        "from flask import Flask\nweb = Flask('x')\nfor b in []:\n    web.register_blueprint(b)\n"
    )
    operations = read(write, "import staff\n", flask)
    assert operations.findings == ()


MCP = {
    "python": (
        "function_app.py",
        APP + "@app.mcp_tool()\ndef Tell(x): ...\n",
        "Tell is an MCP tool",
    ),
    "python, by trigger": (
        "function_app.py",
        APP + "@app.mcp_tool_trigger(arg_name='c', tool_name='t')\ndef Tell(c): ...\n",
        "Tell is an MCP tool",
    ),
    "python, by its type": (
        "function_app.py",
        APP + "@app.generic_trigger(arg_name='c', type='mcpToolTrigger')\ndef Tell(c): ...\n",
        "Tell is an MCP tool",
    ),
    "python, with an app of its own": (
        "function_app.py",
        "from azurefunctions.extensions.mcp import McpApp\napp = McpApp()\n"
        "@app.mcp_tool()\ndef Tell(x): ...\n",
        "Tell is an MCP tool",
    ),
    "node": (
        "a.js",
        "const { app } = require('@azure/functions');\n"
        "app.mcpTool('Tell', { handler: () => 1 });\n",
        "Tell is an MCP tool",
    ),
    "node, generic": (
        "a.js",
        "const { app } = require('@azure/functions');\n"
        "app.generic('Tell', { trigger: { type: 'mcpResourceTrigger' }, handler: () => 1 });\n",
        "Tell is an MCP resource",
    ),
    "C#": (
        "A.cs",
        'class A { [Function("Tell")] void F([McpToolTrigger("t", "d")] ToolInvocationContext c,'
        ' [McpToolProperty("p", "x")] string p) {} }',
        "Tell is an MCP tool",
    ),
    "C#, a prompt": (
        "A.cs",
        'class A { [Function("Tell")] void F([McpPromptTrigger("t")] object c) {} }',
        "Tell is an MCP prompt",
    ),
    "Java": (
        "A.java",
        'class A { @FunctionName("Tell") void f(@McpToolTrigger(name = "t") String c) {} }',
        "Tell is an MCP tool",
    ),
    "function.json": (
        "Tell/function.json",
        '{"bindings": [{"type": "mcpToolTrigger", "name": "c", "direction": "in"}]}',
        "Tell is an MCP tool",
    ),
}


LEVEL = '{"extensions": {"mcp": {"system": {"webhookAuthorizationLevel": "%s"}}}}'
NAMED = r"[(=] ?['\"]t['\"]"
HOSTS = {
    "{}": ("System", ["OP120", "OP122"]),
    LEVEL % "system": ("System", ["OP120", "OP122"]),
    LEVEL % "Anonymous": ("Anonymous", ["OP120"]),
    LEVEL % "function": (None, ["OP120", "OP123"]),
    '{"extensions": {"mcp": {"encryptClientState": false}}}': (
        "System",
        ["OP120", "OP122", "OP124"],
    ),
    '{"extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle.Experimental"}}': (
        "System",
        ["OP120", "OP122", "OP125"],
    ),
}


@pytest.mark.parametrize("host", HOSTS)
def test_what_host_json_says_of_the_mcp_endpoint(write, host: str) -> None:
    folder = write({"host.json": host, MCP["python"][0]: MCP["python"][1]})
    operations = Operations.from_functions_project(folder, strict=False)
    found = sorted(finding.rule for finding in operations.findings)
    assert (operations.mcp_level, found) == HOSTS[host]


def test_a_project_read_for_its_http_operations_is_not_warned_of_its_mcp_endpoint(write) -> None:
    folder = write({"host.json": "{}", MCP["python"][0]: MCP["python"][1]})
    found = {each.rule: each for each in Operations.from_functions_project(folder).findings}
    assert found["OP122"].severity == "note"
    assert "unless an app setting says otherwise" in found["OP122"].message


@pytest.mark.parametrize(
    "files",
    [
        {"host.json": '{"functions": ["a"]}'},
        {"local.settings.json": '{"Values": {"AzureWebJobs.Tell.Disabled": "true"}}'},
    ],
)
def test_a_disabled_tool_is_not_served(write, files: dict[str, str]) -> None:
    folder = write({"host.json": "{}", MCP["python"][0]: MCP["python"][1], **files})
    operations = Operations.from_functions_project(folder, strict=False)
    assert operations.mcp == ()
    assert "OP122" not in {each.rule for each in operations.findings}


def test_a_name_that_is_no_constant_is_not_known(write) -> None:
    text = APP + "import os\n@app.mcp_tool_trigger('c', os.environ['NAME'])\ndef Tell(c): ...\n"
    folder = write({"host.json": LEVEL % "Anonymous", "function_app.py": text})
    [found] = Operations.from_functions_project(folder).mcp
    assert found.name is None


@pytest.mark.parametrize("case", MCP)
def test_mcp_is_recognised_as_what_it_is(write, case: str) -> None:
    name, text, message = MCP[case]
    files = {"host.json": LEVEL % "Anonymous", name: text}
    operations = Operations.from_functions_project(write(files))
    (finding,) = operations.findings
    assert (finding.rule, finding.severity) == ("OP120", "note")
    assert finding.message.startswith(message)
    [found] = operations.mcp
    assert (found.kind, found.function) == (message.rpartition(" ")[2], "Tell")
    assert found.name == ("t" if re.search(NAMED, text) else "Tell")
    assert operations.mcp_level == "Anonymous"
    assert all(o.name == "GET /a" for o in operations)


HELD = {
    "build/a.js": "const { app } = require('@azure/functions');\napp.get('b', () => 1);\n",
    "src/test/a.ts": "import { app } from '@azure/functions';\napp.get('b', () => 1);\n",
    "env/b.py": STAFF,
    "bin/a.js": "const { app } = require('@azure/functions');\napp.get('b', () => 1);\n",
    "obj/b.py": DIRECT,
    "tests/deep/er/b.py": APP,
    "test/A.cs": 'class A { [Function("B")] void F([HttpTrigger("get")] object r) {} }',
    "target/A.java": '@FunctionName("B") void f(@HttpTrigger(name = "r") String r) {}',
    "src/orders.test.ts": "import { app } from '@azure/functions';\napp.get('b', () => 1);\n",
}


@pytest.mark.parametrize("path", HELD)
def test_functions_that_are_skipped_because_of_a_name_get_a_note(write, path: str) -> None:
    write({"host.json": "{}", "function_app.py": APP, path: HELD[path]})
    operations = Operations.from_functions_project(write({}))
    assert [o.name for o in operations] == ["GET /a"]
    (finding,) = operations.findings
    assert (finding.rule, finding.severity) == ("OP121", "note")
    assert finding.path is not None
    assert finding.path.endswith(path)


@pytest.mark.parametrize("begins", ["", "import azure.functions\n", "'@azure/functions';\n"])
def test_large_files_that_are_not_read_take_no_time(write, begins: str) -> None:
    text = begins + "x = 1 # app . @a.b\n" * 20_000
    write({"host.json": "{}", "function_app.py": APP, "other.py": text, "test/a.js": text})
    start = time.process_time()
    assert [o.name for o in Operations.from_functions_project(write({}))] == ["GET /a"]
    assert time.process_time() - start < 5  # 0.1 s where it was written; quadratic it takes hours


def test_other_folders_get_no_note(write) -> None:
    files = {
        "tests/test_a.py": "import azure.functions as func\nfrom function_app import a\n",
        "build/lib/readme.txt": STAFF,
        "env/pyvenv.cfg": "",
        "env/lib/b.py": STAFF,
        "dist/a.js": HELD["build/a.js"],
        "tsconfig.json": '{"compilerOptions": {"outDir": "dist"}}',
        "node_modules/build/a.js": HELD["build/a.js"],
        "build/known.py": STAFF,
    }
    code = APP + "from build.known import bp\napp.register_functions(bp)\n"
    operations = Operations.from_functions_project(
        write({"host.json": "{}", "function_app.py": code, **files})
    )
    assert [o.name for o in operations] == ["GET /a", "GET /staff"]
    assert operations.findings == ()
