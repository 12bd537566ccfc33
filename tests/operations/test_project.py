"""The same functions in every language model make the same operations."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib._core.findings import Finding
from constructs_lib.operations import Operations

PROJECTS = Path(__file__).parent / "projects"

# Method, URL template, id and types of the parameters: what the sample projects publish.
EXPECTED = [
    ("GET", "/catalog/{category}/{page}", "get-Catalog", ["string", "integer=1"]),
    ("GET", "/catalog/{category}", "get-Catalog-without-page", ["string"]),
    ("POST", "/orders", "post-CreateOrder", []),
    ("GET", "/files/{*path}", "get-Files", ["string"]),
    ("GET", "/files", "get-Files-without-path", []),
    ("GET", "/orders/{orderId}/items/{itemId}", "get-Items", ["integer", "string"]),
    ("GET", "/orders/{orderId}/items", "get-Items-without-itemId", ["integer"]),
    ("GET", "/orders", "get-ListOrders", []),
    ("GET", "/orders/{id}", "get-Order", ["integer"]),
    ("PUT", "/orders/{id}", "put-Order", ["integer"]),
    ("DELETE", "/orders/{id}", "delete-Order", ["integer"]),
    ("GET", "/Ping", "get-Ping", []),
    ("GET", "/products/{code}", "get-Product", ["string"]),
    ("DELETE", "/orders", "delete-Purge", []),
    ("GET", "/reports/{name}.{format}", "get-Report", ["string", "string"]),
    ("GET", "/reports/{name}", "get-Report-without-format", ["string"]),
]

# Every binding of the same functions, for the models that have a `function.json` each.
BINDINGS = {
    "ListOrders": {"methods": ["get"], "route": "orders"},
    "CreateOrder": {"methods": ["post"], "route": "orders", "authLevel": "function"},
    "Order": {"methods": ["get", "put", "delete"], "route": "orders/{id:int:min(1)}"},
    "Purge": {"methods": ["delete"], "route": "orders", "authLevel": "admin"},
    "Items": {"methods": ["get"], "route": "orders/{orderId:int}/items/{itemId:guid?}"},
    "Catalog": {"methods": ["get"], "route": "catalog/{category:alpha}/{page:int=1}"},
    "Files": {"methods": ["get"], "route": "files/{*path}"},
    "Product": {"methods": ["get"], "route": r"products/{code:regex(^[A-Z]{{2}}-\d{{4}}$)}"},
    "Report": {"methods": ["get"], "route": "reports/{name}.{format?}"},
    "Ping": {"methods": ["get"]},
    "Retired": {"methods": ["get"]},
}
SCRIPTS = {
    "python-v1": "__init__.py",
    "node-v3": "index.js",
    "powershell": "run.ps1",
    "csharp-script": "run.csx",
    "custom-handler": None,
}
HOST = '{"version": "2.0", "extensions": {"http": {"routePrefix": "v1"}}}'


def by_function_json(folder: Path, model: str) -> Path:
    """Write a project of a model in which every function has its `function.json`."""
    host = json.loads(HOST)
    if model == "custom-handler":
        host["customHandler"] = {
            "description": {"defaultExecutablePath": "handler"},
            "enableForwardingHttpRequest": True,
        }
    (folder / "host.json").write_text(json.dumps(host))
    for name, binding in BINDINGS.items():
        trigger = {
            "type": "httpTrigger",
            "direction": "in",
            "name": "req",
            "authLevel": "anonymous",
        }
        function = {
            "disabled": name == "Retired",
            "bindings": [
                {"type": "http", "direction": "out", "name": "res"},
                {**trigger, **binding},
            ],
        }
        write_function(folder / name, function, SCRIPTS[model])
    timer = {"bindings": [{"type": "timerTrigger", "name": "t", "schedule": "0 0 3 * * *"}]}
    write_function(folder / "Nightly", timer, SCRIPTS[model])
    return folder


def write_function(folder: Path, function: dict, script: str | None) -> None:
    folder.mkdir()
    (folder / "function.json").write_text(json.dumps(function, indent=2))
    if script:
        (folder / script).write_text("")


def rows(operations: Operations) -> list[tuple[str, str, str, list[str]]]:
    return [
        (
            operation.method,
            operation.url_template,
            operation.id,
            [f"{p.type}={p.default}" if p.default else p.type for p in operation.parameters],
        )
        for operation in operations
    ]


def told(operations: Operations, *rules: str) -> list[tuple[str, str]]:
    return sorted(
        (finding.rule, finding.message)
        for finding in operations.findings
        if not rules or finding.rule in rules
    )


@pytest.fixture(
    scope="module", params=[*sorted(SCRIPTS), *sorted(p.name for p in PROJECTS.iterdir())]
)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Operations:
    folder = tmp_path_factory.mktemp("project")
    if request.param in SCRIPTS:
        return Operations.from_functions_project(by_function_json(folder, request.param))
    shutil.copytree(PROJECTS / request.param, folder, dirs_exist_ok=True)
    return Operations.from_functions_project(folder)


def test_operations_of_every_language_model(project: Operations) -> None:
    assert rows(project) == EXPECTED
    assert project.route_prefix == "v1"


def test_what_is_said_about_every_language_model(project: Operations) -> None:
    findings = [f for f in project.findings if f.rule not in ("OP106", "OP121")]
    assert [(f.rule, f.severity, f.message) for f in sorted(findings, key=lambda f: f.message)] == [
        ("OP105", "warning", 'CreateOrder has the level "function" and wants a key as well'),
        ("OP105", "warning", 'Purge has the level "admin" and wants a key as well'),
        ("OP107", "note", "Retired is disabled and left out"),
    ]
    assert all('Make the level "anonymous"' in f.fix for f in findings if f.rule == "OP105")
    (timer,) = (f for f in project.findings if f.rule == "OP106")
    assert timer.message.startswith("Nightly is started by ")


def test_every_operation_and_finding_has_its_place(project: Operations) -> None:
    for operation in project:
        path, _, line = (operation.source or "").rpartition(":")
        assert Path(path).is_file()
        assert 1 <= int(line) <= len(Path(path).read_text().splitlines())
    assert all(finding.line and finding.column for finding in project.findings)


def test_the_display_name_is_the_function(project: Operations) -> None:
    assert {o.display_name for o in project} == BINDINGS.keys() - {"Retired"}


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        ("{}", "api"),
        ('{"version": "2.0"}', "api"),
        ('{"extensions": {"http": {"routePrefix": ""}}}', ""),
        ('{"extensions": {"http": {"routePrefix": "/a/b/"}}}', "a/b"),
        ('{"http": {"routePrefix": "one"}}', "one"),
        ('// comment\n{"extensions": {"http": {"routePrefix": "x"},},}', "x"),
        ('{"extensions": {"http": {"routePrefix": null}}}', ""),
        ('{"version": "2.0", "http": {"routePrefix": "one"}}', "api"),
    ],
)
def test_route_prefix(write, host: str, prefix: str) -> None:
    folder = write({"host.json": host, "Ping/function.json": http_function()})
    assert Operations.from_functions_project(folder).route_prefix == prefix


@pytest.mark.parametrize(
    "prefix", ["admin", "/admin/", "Admin/x", "runtime", "runtime/webhooks", ".auth"]
)
def test_a_prefix_that_the_host_keeps(write, prefix: str) -> None:
    host = json.dumps({"extensions": {"http": {"routePrefix": prefix}}})
    folder = write({"host.json": host, "A/function.json": http_function()})
    operations = Operations.from_functions_project(folder, strict=False)
    assert [(f.rule, f.severity) for f in operations.findings] == [("OP115", "error")]


@pytest.mark.parametrize("prefix", ["api", "", "administration", "v1/admin", "my-runtime"])
def test_a_prefix_that_the_host_leaves_to_others(write, prefix: str) -> None:
    host = json.dumps({"extensions": {"http": {"routePrefix": prefix}}})
    folder = write({"host.json": host, "A/function.json": http_function()})
    assert Operations.from_functions_project(folder).findings == ()


@pytest.mark.parametrize("route", ["admin", "admin/x", "/Admin", "administration", "runtime/x"])
def test_a_route_that_the_host_refuses_under_any_prefix(write, route: str) -> None:
    folder = write({"host.json": "{}", "A/function.json": http_function(route=route)})
    rules = told(Operations.from_functions_project(folder, strict=False), "OP115")
    assert len(rules) == 1


NUMBERS = '{"a": -1, "b": [-0.5e-3, 1E+9, -12.5], "c": {"d": -0}}'


def test_json_with_any_number_and_with_comments(write) -> None:
    function = json.loads(http_function())
    function["retry"] = {"strategy": "fixedDelay", "maxRetryCount": -1}
    comments = json.dumps(function).replace("{", '{ // it\'s a "comment"\n /* , } */', 1)
    files = {
        "host.json": f'{{"extensions": {{"x": {NUMBERS}}},}}',
        "local.settings.json": f'{{"Values": {{}}, "Host": {NUMBERS}}}',
        "A/function.json": comments,
    }
    operations = Operations.from_functions_project(write(files))
    assert [o.name for o in operations] == ["GET /A"]
    assert operations[0].source is not None
    assert operations[0].source.endswith("A/function.json:2")


def http_function(**binding: object) -> str:
    trigger = {"type": "httpTrigger", "authLevel": "anonymous", "methods": ["get"], **binding}
    return json.dumps({"bindings": [trigger]})


def test_keys_of_function_json_in_any_case(write) -> None:
    trigger = '{"Type": "HTTPTRIGGER", "authlevel": "Anonymous", "METHODS": ["get"], "Route": "a"}'
    folder = write({"host.json": "{}", "A/function.json": f'{{"bindings": [{trigger}]}}'})
    operations = Operations.from_functions_project(folder)
    assert rows(operations) == [("GET", "/a", "get-A", [])]
    assert operations.findings == ()


def test_a_name_that_two_functions_have(write) -> None:
    files = {f"{name}/function.json": http_function(route=f"{name}1") for name in ("A", "b")}
    again = NODE + "app.get('a', { route: 'c', handler });\n"
    folder = write({"host.json": "{}", **files, "src/a.js": again})
    operations = Operations.from_functions_project(folder, strict=False)
    assert [o.id for o in operations] == ["get-A", "get-b"]
    assert [(f.rule, f.line) for f in operations.findings] == [("OP119", 2)]


def test_a_name_that_the_host_has_itself(write) -> None:
    folder = write({"host.json": "{}", "Host/function.json": http_function()})
    operations = Operations.from_functions_project(folder, strict=False)
    assert [rule for rule, _ in told(operations)] == ["OP119"]


def test_functions_in_folders_of_any_name(write) -> None:
    files = {f"{name}/function.json": http_function() for name in ("bin", "obj", "test")}
    operations = Operations.from_functions_project(write({"host.json": "{}", **files}))
    assert [o.id for o in operations] == ["get-bin", "get-obj", "get-test"]
    assert operations.findings == ()


def test_an_allow_list_in_host_json(write) -> None:
    folder = write(
        {
            "host.json": '{"functions": ["One"]}',
            "One/function.json": http_function(),
            "Two/function.json": http_function(),
        }
    )
    operations = Operations.from_functions_project(folder)
    assert [o.id for o in operations] == ["get-One"]
    assert told(operations) == [("OP107", "Two is disabled and left out")]


def test_settings_that_change_what_the_files_say(write) -> None:
    settings = {
        "AzureFunctionsJobHost__extensions__http__routePrefix": "other",
        "AzureWebJobs.ping.Disabled": "true",
        "AzureWebJobs.Pong.Disabled": "false",
    }
    folder = write(
        {
            "host.json": "{}",
            "local.settings.json": json.dumps({"Values": settings}),
            "Ping/function.json": http_function(),
            "Pong/function.json": http_function(),
        }
    )
    operations = Operations.from_functions_project(folder)
    assert [o.id for o in operations] == ["get-Pong"]
    assert told(operations) == [
        ("OP107", "Ping is disabled and left out"),
        ("OP114", "the setting makes the route prefix 'other'"),
    ]


def test_routes_that_only_constraints_tell_apart_share_an_operation(write) -> None:
    folder = write(
        {
            "host.json": "{}",
            "ById/function.json": http_function(route="orders/{id:int}"),
            "ByName/function.json": http_function(route="orders/{name:alpha}"),
        }
    )
    operations = Operations.from_functions_project(folder)
    assert rows(operations) == [("GET", "/orders/{id}", "get-ById", ["string"])]
    ((rule, message),) = told(operations)
    assert rule == "OP109"
    assert "GET /orders/{name} of ByName matches what GET /orders/{id} of ById" in message


def test_a_route_that_is_spelled_out_beats_one_with_a_segment_left_out(write) -> None:
    folder = write(
        {
            "host.json": "{}",
            "A/function.json": http_function(route="orders/{id?}"),
            "B/function.json": http_function(route="orders"),
        }
    )
    operations = Operations.from_functions_project(folder)
    assert [(o.id, o.url_template) for o in operations] == [
        ("get-A", "/orders/{id}"),
        ("get-B", "/orders"),
    ]
    assert told(operations) == []


def test_a_function_without_methods_answers_all(write) -> None:
    folder = write(
        {"host.json": "{}", "Any/function.json": '{"bindings": [{"type": "httpTrigger"}]}'}
    )
    operations = Operations.from_functions_project(folder)
    assert [o.method for o in operations] == [
        *("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    ]
    assert [rule for rule, _ in told(operations)] == ["OP105", "OP108"]


def test_long_and_odd_function_names_make_valid_ids(write) -> None:
    names = ["F" * 100, "Ends_"]
    folder = write({"host.json": "{}", **{f"{n}/function.json": http_function() for n in names}})
    operations = Operations.from_functions_project(folder)
    assert len(operations) == 2
    assert all(len(operation.id) <= 80 for operation in operations)


PYTHON = "import azure.functions as func\nimport os\napp = func.FunctionApp('anonymous')\n"
NODE = "const { app } = require('@azure/functions');\n"
CSHARP = 'class F {\n  [Function("F")] public void Run([HttpTrigger(AuthorizationLevel.Anonymous, '
JAVA = 'class F {\n  @FunctionName("F") void run(@HttpTrigger(name = "r", '

BROKEN = {
    "host.json is no JSON": ({"host.json": '{"version": '}, "OP102", "host.json:1:13"),
    "host.json has a prefix with a parameter": (
        {"host.json": '{"extensions": {"http":\n {"routePrefix": "{x}"}}}'},
        "OP101",
        "host.json:2:18",
    ),
    "function.json is cut off": (
        {"A/function.json": '{\n "bindings": [{"type": "httpTr'},
        "OP102",
        "A/function.json:2:24",
    ),
    "function.json has an expression": (
        {"A/function.json": '{"bindings":\n [f()]}'},
        "OP102",
        "A/function.json:2:3",
    ),
    "function.json without a trigger": (
        {"A/function.json": '{"bindings": []}'},
        "OP102",
        "A/function.json:1:1",
    ),
    "disabled by a setting": (
        {"A/function.json": '{"disabled": "SETTING", "bindings": [{"type": "httpTrigger"}]}'},
        "OP101",
        "A/function.json:1:14",
    ),
    "a route from an app setting": (
        {"A/function.json": http_function(route="%ROUTE%")},
        "OP101",
        "A/function.json:1:94",
    ),
    "a wrong route": (
        {"A/function.json": '{"bindings": [{"type": "httpTrigger",\n "route": "a//b"}]}'},
        "OP103",
        "A/function.json:2:11",
    ),
    "an unknown constraint": (
        {"A/function.json": '{"bindings": [{"type": "httpTrigger",\n "route": "{a:integer}"}]}'},
        "OP104",
        "A/function.json:2:11",
    ),
    "a route that the host keeps": (
        {
            "host.json": '{"extensions": {"http": {"routePrefix": ""}}}',
            "A/function.json": http_function(route="admin/x"),
        },
        "OP115",
        "A/function.json:1:94",
    ),
    "a name that is none": (
        {"F.cs": CSHARP.replace('"F"', '"${F}"') + '"get")] object r) {}\n}'},
        "OP119",
        "F.cs:2:39",
    ),
    "nothing in it": ({}, "OP113", ".:1:1"),
    "F#": ({"F.fs": '[<Function("F")>]\nlet run () = ()'}, "OP113", "F.fs:1:1"),
    "Python that does not parse": (
        {"function_app.py": PYTHON + "@app.route(\n"},
        "OP102",
        "function_app.py:4:11",
    ),
    "Python with a null byte": (
        {"function_app.py": "import azure.functions\0"},
        "OP102",
        "function_app.py:1:1",
    ),
    "Python: a route from the environment": (
        {"function_app.py": PYTHON + "@app.route(route=os.environ['R'])\ndef f(req): ...\n"},
        "OP101",
        "function_app.py:4:18",
    ),
    "Python: methods that are computed": (
        {"function_app.py": PYTHON + "@app.route(methods=[m for m in 'ab'])\ndef f(req): ...\n"},
        "OP101",
        "function_app.py:4:20",
    ),
    "Python: arguments from a dictionary": (
        {"function_app.py": PYTHON + "x = {}\n@app.route(**x)\ndef f(req): ...\n"},
        "OP101",
        "function_app.py:5:14",
    ),
    "Python: a name that is assigned twice": (
        {"function_app.py": PYTHON + "R = 'a'\nR = 'b'\n@app.route(route=R)\ndef f(req): ...\n"},
        "OP101",
        "function_app.py:6:18",
    ),
    "Python: in a loop": (
        {"function_app.py": PYTHON + "for r in 'ab':\n  @app.route(r)\n  def f(req): ...\n"},
        "OP110",
        "function_app.py:6:3",
    ),
    "Python: not as a decorator": (
        {"function_app.py": PYTHON + "def f(req): ...\napp.route('x')(f)\n"},
        "OP110",
        "function_app.py:5:1",
    ),
    "Python: the app's level from elsewhere": (
        {
            "function_app.py": "import azure.functions as func\nimport os\n"
            "app = func.AsgiFunctionApp(None, os.environ['L'])\n"
        },
        "OP101",
        "function_app.py:3:34",
    ),
    "Python: an app with arguments from a dictionary": (
        {
            "function_app.py": "import azure.functions as func\noptions = {}\n"
            "app = func.FunctionApp(**options)\n@app.route('x')\ndef f(req): ...\n"
        },
        "OP101",
        "function_app.py:3:26",
    ),
    "Python: blueprints from a loop": (
        {"function_app.py": PYTHON + "for b in []:\n  app.register_functions(b)\n"},
        "OP101",
        "function_app.py:5:3",
    ),
    "Python: an app from elsewhere": (
        {
            "function_app.py": PYTHON
            + "from factory import other\n"
            + "@other.route('x', auth_level='anonymous')\ndef f(req): ...\n"
        },
        "OP101",
        "function_app.py:6:1",
    ),
    "Python: an app that a function makes": (
        {
            "function_app.py": "import azure.functions as func\nfrom factory import make\n"
            "app = make()\n@app.route('x')\ndef f(req): ...\n",
            "factory.py": "def make(): ...\n",
        },
        "OP101",
        "function_app.py:5:1",
    ),
    "Python: a package that is imported by its name": (
        {
            "function_app.py": "from importlib import import_module\n"
            "func = import_module('azure.functions')\n"
            "app = func.FunctionApp()\n@app.route('x')\ndef f(req): ...\n",
        },
        "OP101",
        "function_app.py:5:1",
    ),
    "Node: a string without an end": (
        {"a.js": NODE + "app.get('A', { route: 'x });\n"},
        "OP102",
        "a.js:2:23",
    ),
    "Node: a route from the environment": (
        {"a.js": NODE + "app.get('A', { route: process.env.R, handler });\n"},
        "OP101",
        "a.js:2:23",
    ),
    "Node: a name from elsewhere": (
        {"a.js": NODE + "app.get(name, { route: 'x', handler });\n"},
        "OP101",
        "a.js:2:9",
    ),
    "Node: options that are spread in": (
        {"a.js": NODE + "app.http('A', { ...options(), handler });\n"},
        "OP101",
        "a.js:2:20",
    ),
    "Node: in a loop": (
        {"a.ts": NODE + "for (const r of ['a']) {\n  app.get(r, handler);\n}\n"},
        "OP110",
        "a.ts:3:3",
    ),
    "Node: the app is handed on": (
        {"a.js": NODE + "require('./more')(app);\n"},
        "OP101",
        "a.js:2:19",
    ),
    "Node: a package without a name": (
        {"a.js": "require('@azure/functions').app.get('A', { handler });\n"},
        "OP101",
        "a.js:1:9",
    ),
    "Node: a package that comes later": (
        {"a.mjs": "const { app } = await import('@azure/functions');\napp.get('A', h);\n"},
        "OP101",
        "a.mjs:1:30",
    ),
    "Node: a method under another name": (
        {"a.js": NODE + "const register = app.http;\n"},
        "OP101",
        "a.js:2:18",
    ),
    "Node: a choice": (
        {"a.mjs": NODE + "app.get('A', { route: x ? 'a' : 'b', handler });\n"},
        "OP101",
        "a.mjs:2:23",
    ),
    "C#: a string without an end": (
        {"F.cs": CSHARP + '"get\n'},
        "OP102",
        "F.cs:2:78",
    ),
    "C#: a route that is not a constant": (
        {"F.cs": CSHARP + '"get", Route = Settings.Route)] object r) {}\n}'},
        "OP101",
        "F.cs:2:93",
    ),
    "C#: a trigger that is missing": (
        {"F.cs": 'class F {\n  [Function("F")] public void Run(object r) { }\n}'},
        "OP101",
        "F.cs:2:4",
    ),
    "C#: compiled under a condition": (
        {"F.cs": "#if DEBUG\n" + CSHARP + '"get")] object r) {}\n}\n#endif\n'},
        "OP110",
        "F.cs:3:36",
    ),
    "C#: disabled by a setting": (
        {"F.cs": CSHARP.replace('")]', '")] [Disable("S")]') + '"get")] object r) {}\n}'},
        "OP101",
        "F.cs:2:20",
    ),
    "Java: a comment without an end": ({"F.java": JAVA + "/* "}, "OP102", "F.java:2:56"),
    "Java: a route that is not a constant": (
        {"F.java": JAVA + "route = route()) String r) {}\n}"},
        "OP101",
        "F.java:2:64",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_projects(write, case: str) -> None:
    files, rule, place = BROKEN[case]
    folder = write({"host.json": "{}", **files})
    operations = Operations.from_functions_project(folder, strict=False)
    errors = [finding for finding in operations.findings if finding.severity == "error"]
    assert [(f.rule, place_of(f, folder)) for f in errors] == [(rule, place)]
    with pytest.raises(InputError) as error:
        Operations.from_functions_project(folder)
    where = error.value.where or ""
    assert where.removeprefix(f"{folder.as_posix()}").lstrip("/").endswith(place.lstrip("."))
    assert error.value.fix


def place_of(finding: Finding, folder: Path) -> str:
    path = Path(finding.path or "").relative_to(folder).as_posix()
    return f"{path}:{finding.line}:{finding.column}"


def test_several_errors_are_counted(write) -> None:
    text = (
        PYTHON + "@app.route(route=f())\ndef a(req): ...\n@app.route(route=f())\ndef b(req): ...\n"
    )
    folder = write({"host.json": "{}", "function_app.py": text})
    with pytest.raises(InputError, match="and 1 more in the project"):
        Operations.from_functions_project(folder)


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"host\.json is missing"):
        Operations.from_functions_project(tmp_path)


def test_python_is_never_run(write) -> None:
    text = PYTHON + "open('ran', 'w')\n@app.route('x', methods=['GET'])\ndef F(req): ...\n"
    folder = write({"host.json": "{}", "function_app.py": "raise SystemExit\n" + text})
    assert [o.id for o in Operations.from_functions_project(folder)] == ["get-F"]
    assert not (folder / "ran").exists()


def test_python_blueprints_that_nobody_registers(write) -> None:
    blueprint = (
        "import azure.functions as func\nbp = func.Blueprint()\n"
        "@bp.route('x', methods=['GET'])\ndef F(req): ...\n"
    )
    app = PYTHON + "import known\n@app.route('y', methods=['GET'])\ndef G(req): ...\n"
    files = {"host.json": "{}", "function_app.py": app}
    folder = write({**files, "known.py": blueprint, "unknown.py": blueprint})
    operations = Operations.from_functions_project(folder)
    assert [o.id for o in operations] == ["get-G"]
    assert sorted((f.rule, Path(f.path or "").name) for f in operations.findings) == [
        ("OP111", "known.py"),
        ("OP111", "unknown.py"),
    ]


def test_python_level_of_the_app_counts_for_its_blueprints(write) -> None:
    files = {
        "host.json": "{}",
        "function_app.py": "import azure.functions as func\nfrom .b import bp\n"
        "app = func.FunctionApp()\napp.register_functions(bp)\n",
        "b.py": "import azure.functions as func\nbp = func.Blueprint()\n"
        "@bp.route(methods=['GET'])\ndef F(req): ...\n"
        "@bp.route(methods=['GET'], auth_level=func.AuthLevel.ANONYMOUS)\ndef G(req): ...\n",
    }
    operations = Operations.from_functions_project(write(files))
    assert told(operations) == [("OP105", 'F has the level "function" and wants a key as well')]


def test_python_web_framework_answers_everything(write) -> None:
    text = (
        "import azure.functions as func\nfrom api import web\n"
        "app = func.AsgiFunctionApp(app=web, http_auth_level=func.AuthLevel.ANONYMOUS)\n"
    )
    operations = Operations.from_functions_project(
        write({"host.json": "{}", "function_app.py": text})
    )
    assert {o.url_template for o in operations} == {"/{*route}", "/"}
    assert "OP112" in {finding.rule for finding in operations.findings}


def test_node_defaults(write) -> None:
    folder = write({"host.json": "{}", "a.js": NODE + "app.http('A', { handler });\n"})
    operations = Operations.from_functions_project(folder)
    assert [(o.method, o.url_template) for o in operations] == [("GET", "/A"), ("POST", "/A")]
    assert operations.findings == ()


def test_node_durable_clients_and_other_names_of_the_app(write) -> None:
    text = (
        "import * as df from 'durable-functions';\n"
        "import { app as functions } from '@azure/functions';\n"
        "import azure from '@azure/functions';\n"
        "df.app.orchestration('Orchestrate', function* (context) {});\n"
        "df.app.client.post('Start', { route: 'start', handler });\n"
        "functions.get('One', { handler });\n"
        "azure.app.get('Two', { handler });\n"
        "const direct = require('@azure/functions').app;\n"
        "direct.get('Three', { handler });\n"
        "const { app: taken } = azure;\n"
        "taken.get('Zero', { handler });\n"
    )
    operations = Operations.from_functions_project(write({"host.json": "{}", "a.ts": text}))
    assert [o.name for o in operations] == [
        *("GET /One", "POST /start", "GET /Three", "GET /Two", "GET /Zero")
    ]


def test_csharp_trigger_without_a_function(write) -> None:
    text = CSHARP + '"get")] object r) {}\n  void G([HttpTrigger] object r) { }\n}'
    operations = Operations.from_functions_project(write({"host.json": "{}", "F.cs": text}))
    assert [o.name for o in operations] == ["GET /F"]
    assert [(f.rule, f.line) for f in operations.findings] == [("OP111", 3)]


def test_java_static_imports(write) -> None:
    text = JAVA + "methods = {GET, HttpMethod.PUT}, authLevel = ANONYMOUS) String r) {}\n}"
    operations = Operations.from_functions_project(write({"host.json": "{}", "F.java": text}))
    assert [o.name for o in operations] == ["GET /F", "PUT /F"]
    assert operations.findings == ()


def test_folders_that_are_not_this_project(write) -> None:
    here, there = (NODE + f"app.get('{name}', {{ handler }});\n" for name in ("Here", "There"))
    elsewhere = ("node_modules/x", "dist", ".git", "test", "other")
    files = {f"{folder}/a.js": there for folder in elsewhere}
    folder = write(
        {
            "host.json": "{}",
            "other/host.json": "{}",
            "a.js": here,
            "b.min.js": there,
            **files,
        }
    )
    assert [o.id for o in Operations.from_functions_project(folder)] == ["get-Here"]


def test_a_project_of_300_functions(write) -> None:
    functions = "".join(
        f"app.get('F{n}', {{ route: 'r{n}/{{id:int}}', handler: async (r) => `${{r.x}}` }});\n"
        for n in range(300)
    )
    operations = Operations.from_functions_project(
        write({"host.json": "{}", "a.js": NODE + functions})
    )
    assert len(operations) == 300
