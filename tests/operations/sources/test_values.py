"""A value counts where nothing can give it another one, in whatever place it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib.operations import Operations
from tests.operations.sources.test_languages import CS_FUNCTION, JAVA_FUNCTION, JS, told

PYTHON = "import os\nimport azure.functions as func\napp = func.FunctionApp('anonymous')\n"
TYPESCRIPT = "import { app } from '@azure/functions';\nfunction h() {}\n"


def read(write, files: dict[str, str]) -> Operations:
    return Operations.from_functions_project(write({"host.json": "{}", **files}), strict=False)


def python(write, code: str, **others: str) -> Operations:
    files = {f"{name}.py": text for name, text in others.items()}
    return read(write, {"function_app.py": PYTHON + code, **files})


USE = "@app.route(route=R, methods=M)\ndef b(req): ...\n"
GIVEN = "R = 'x'\nM = ['GET']\n"
CHANGED_IN_PYTHON = {
    "under a condition": "if os.environ.get('X'):\n    R = 'y'\n",
    "by adding to it": "R += '/y'\n",
    "in a function": "def f():\n    global R\n    R = 'y'\nf()\n",
    "by a loop": "for R in ['y']: ...\n",
    "by with": "with open('x') as R: ...\n",
    "within an expression": "print(R := 'y')\n",
    "by an import": "from os import sep as R\n",
    "by a function of its name": "def R(): ...\n",
    "by except": "try: ...\nexcept Exception as R: ...\n",
    "by match": "match os.name:\n    case R: ...\n",
    "by taking it away": "del R\n",
    "a list that grows": "M.append('POST')\n",
    "a list that is added to": "M += ['POST']\n",
    "a list with another element": "M[0] = 'POST'\n",
}


@pytest.mark.parametrize("case", CHANGED_IN_PYTHON)
def test_python_what_may_have_another_value_is_not_known(write, case: str) -> None:
    operations = python(write, GIVEN + CHANGED_IN_PYTHON[case] + USE)
    assert [finding.rule for finding in operations.findings] == ["OP101"]
    assert len(operations) == 0


def test_python_what_another_module_changes_is_not_known(write) -> None:
    code = "import c\nc.R = 'y'\n@app.route(route=c.R)\ndef b(req): ...\n"
    assert told(python(write, code, c="R = 'x'\n")) == [("OP101", 6)]


def test_python_a_name_of_a_function_of_its_own_changes_nothing(write) -> None:
    local = "def f(M=1):\n    R = 'y'\n    return R, [M for R in 'ab']\nclass C:\n    R = 'z'\n"
    local += "R: str\nX = {R: M for R in 'xy' for M in R}\n"
    operations = python(write, GIVEN + local + USE)
    assert [o.name for o in operations] == ["GET /x"]


KNOWN_IN_PYTHON = {
    "of a class": "class C:\n    R = 'a'\n@app.route(C.R, methods=['GET'])\ndef b(r): ...\n",
    "of an enumeration": (
        "from enum import Enum\nclass E(Enum):\n    R = 'a'\n"
        "@app.route(E.R.value, methods=[func.HttpMethod.GET.value])\ndef b(r): ...\n"
    ),
    "of a class of another file": (
        "from c import C\n@app.route(C.R, methods=['GET'])\ndef b(r): ...\n"
    ),
    "lists put together": "M = ['GET']\n@app.route('a', methods=[*M] + M)\ndef b(r): ...\n",
    "an app with two names": "api = app\n@api.route('a', methods=['GET'])\ndef b(r): ...\n",
    "a registration that gives something": (
        "from d import bp\nx = bp\n_ = app.register_functions(x)\n"
    ),
    "a blueprint that is passed on with all else": (
        "from e import *\napp.register_functions(bp)\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KNOWN_IN_PYTHON)
def test_python_values(write, case: str) -> None:
    bp = "import azure.functions as func\nbp = func.Blueprint()\n"
    route = "@bp.route('a', methods=['GET'])\ndef b(r): ...\n"
    others = {"c": "class C:\n    R = 'a'\n", "d": bp + route, "e": "from d import *\n"}
    code = KNOWN_IN_PYTHON[case]
    names = {name for name in others if f"from {name} " in code or (name == "d" and "e " in code)}
    operations = python(write, code, **{name: others[name] for name in names})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


def test_python_numbers_and_forms_of_interpolated_texts(write) -> None:
    code = "V = 2\nT = 't'\n@app.route(f'v{V}/{T}', methods=['GET'])\ndef b(r): ...\n"
    assert [o.name for o in python(write, code)] == ["GET /v2/t"]
    assert told(python(write, code.replace("{T}", "{T!r}"))) == [("OP101", 6)]


def test_python_an_app_that_the_first_file_has_no_name_for(write) -> None:
    other = PYTHON.replace("app =", "mine =") + "@mine.route('z')\ndef z(r): ...\n"
    operations = python(write, "import other\n", other=other)
    assert len(operations) == 0
    assert {finding.rule for finding in operations.findings} == {"OP111", "OP113"}
    both = python(write, "from other import mine\n", other=other)
    assert any("two apps" in f.message for f in both.findings if f.rule == "OP111")


def test_python_functions_of_files_that_nothing_imports(write) -> None:
    more = "from function_app import app\n@app.route('m')\ndef m(r): ...\n"
    assert ("OP111", 1) in told(python(write, "", more=more))


def test_python_an_app_in_a_file_of_another_name(write) -> None:
    function = {"bindings": [{"type": "httpTrigger", "authLevel": "anonymous", "methods": ["get"]}]}
    files = {"main.py": PYTHON + USE, "B/function.json": json.dumps(function)}
    operations = read(write, files)
    assert [o.name for o in operations] == ["GET /B"]
    assert [f"{f.rule} {Path(f.path or '').name}" for f in operations.findings] == ["OP111 main.py"]


def test_python_a_function_that_two_decorators_start(write) -> None:
    code = "@app.route('a')\n@app.route('b')\ndef b(r): ...\n"
    assert ("OP101", 5) in told(python(write, code))


CHANGED_IN_NODE = {
    "a member": "const o = { route: 'x' };\no.route = 'y';\napp.get('A', { ...o, handler });\n",
    "a member by its text": "const o = { route: 'x' };\no['route'] = 'y';\napp.get('A', o);\n",
    "a member that is taken away": "const o = { route: 'x' };\ndelete o.route;\napp.get('A', o);\n",
    "of an object by assign": (
        "const o = { route: 'x' };\nObject.assign(o, { route: 'y' });\napp.get('A', o);\n"
    ),
    "a list that grows": (
        "const m = ['GET'];\nm.push('PUT');\napp.http('A', { methods: m, handler });\n"
    ),
    "what is spread in afterwards": "app.get('A', { route: 'x', ...process.env, handler });\n",
    "a text that is spread": "const m = 'GET';\napp.http('A', { methods: [...m], handler });\n",
}


@pytest.mark.parametrize("case", CHANGED_IN_NODE)
def test_node_what_may_have_another_value_is_not_known(write, case: str) -> None:
    operations = read(write, {"a.js": JS + CHANGED_IN_NODE[case]})
    assert len(operations) == 0
    assert [finding.rule for finding in operations.findings] == ["OP101"]


KNOWN_IN_NODE = {
    "what is spread later": "const o = { route: 'a' };\napp.get('A', { route: 'x', ...o, h });\n",
    "what comes after": "app.get('A', { ...x, ...y(), route: 'a', authLevel: 'anonymous' });\n",
    "a member that does not count": "const o = { route: 'a' };\no.handler = h;\napp.get('A', o);\n",
    "lists put together": (
        "const m = ['GET'];\napp.http('A', { methods: [...m], route: 'a', handler });\n"
    ),
    "a key in brackets": "app.get('A', { ['route']: 'a', handler });\n",
    "a method that is bound": "const s = new S();\napp.get('a', s.run.bind(s));\n",
    "the app of a package": (
        "const f = require('@azure/functions');\nconst my = f.app;\nmy.get('a', { h });\n"
    ),
    "what another file spreads": "const { h } = require('./i');\napp.get('a', h);\n",
}  # fmt: skip


@pytest.mark.parametrize("case", KNOWN_IN_NODE)
def test_node_values(write, case: str) -> None:
    others = {"i.js": "module.exports = { ...require('./j') };\n", "j.js": "exports.h = () => 1;\n"}
    operations = read(write, {"a.js": JS + KNOWN_IN_NODE[case], **others})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


EXPORTS = {
    "that the importing file changes": ("exports.R = 'x';\n", "m.R = 'y';\n"),
    "that is there twice": ("exports.R = 'x';\nexports.R = 'y';\n", ""),
    "under a condition": ("exports.R = 'x';\nif (x) { exports.R = 'y'; }\n", ""),
}


@pytest.mark.parametrize("case", EXPORTS)
def test_node_exports_that_may_have_another_value(write, case: str) -> None:
    module, change = EXPORTS[case]
    code = f"{JS}const m = require('./m');\n{change}app.get('A', {{ route: m.R, handler }});\n"
    operations = read(write, {"a.js": code, "m.js": module})
    assert len(operations) == 0
    assert [finding.rule for finding in operations.findings] == ["OP101"]


def test_node_exports_as_typescript_compiles_them(write) -> None:
    module = "exports.S = exports.R = void 0;\nexports.R = 'x';\nexports.S = 'y';\n"
    code = JS + "const m_1 = require('./m');\napp.get('A', { route: m_1.R, handler });\n"
    assert [o.name for o in read(write, {"a.js": code, "m.js": module})] == ["GET /x"]


def test_numbers_are_text_only_next_to_text(write) -> None:
    code = "const v = 1;\napp.get('A', { route: `v${v}/${'a' + 2 + 3}`, handler });\n"
    assert [o.name for o in read(write, {"a.js": JS + code})] == ["GET /v1/a23"]
    code = code.replace("'a' + 2 + 3", "2 + 3 + 'a'")
    assert told(read(write, {"a.js": JS + code})) == [("OP101", 3)]


SHADOWS = {
    "a block": "if (1) { const app = express(); app.get('/x', h); app.use(app); }\n",
    "a loop": "for (const app of []) { app.get('/x', h); }\n",
    "catch": "try {} catch (app) { app.get('/x', h); }\n",
    "a type": "const x = {} as app.Some & { a: 1 };\ntype T = app.Some | null;\n",
    "a default": "const f = ({ x = 1, app: y }) => y;\n",
    "another file's": "export type { app as T } from './z';\n",
}


@pytest.mark.parametrize("case", SHADOWS)
def test_node_what_is_called_app_and_is_another(write, case: str) -> None:
    code = TYPESCRIPT + SHADOWS[case] + "app.get('a', h);\n"
    operations = read(write, {"a.ts": code})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


FUNCTION = TYPESCRIPT + "app.get('a', h);\n"
COMPILED = {
    "next to its source": {"a.ts": FUNCTION, "a.js": JS + "app.get('a', h);\n"},
    "into the folder itself": {
        "a.ts": FUNCTION,
        "a.js": JS,
        "tsconfig.json": '{"compilerOptions": {"outDir": "."}}',
    },
    "into a folder that another file names": {
        "src/a.mts": FUNCTION,
        "lib/a.mjs": FUNCTION,
        "tsconfig.json": '{"extends": "./base"}',
        "base.json": '{"compilerOptions": {"outDir": "${configDir}/lib"}}',
    },
    "with elements of JSX": {"a.tsx": FUNCTION + "const e = <p title=\"it's\">don't</p>;\n"},
    "JavaScript with elements": {"a.jsx": JS + "const e = <p>don't</p>;\napp.get('a', () => 1);\n"},
}


@pytest.mark.parametrize("case", COMPILED)
def test_node_sources_count_once(write, case: str) -> None:
    operations = read(write, COMPILED[case])
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


ALIASES = {
    "a folder": ("@s/routes", '"paths": {"*": ["types/*"], "@s/*": ["gone/*", "../src/shared/*"]}'),
    "a file": (
        "routes",
        '"paths": {"routes": ["${configDir}/src/shared/routes.ts"], "routes*": ["../gone"]}',
    ),
    "below a base": ("~/shared/routes.js", '"baseUrl": "../src", "paths": {"~/*": ["*"]}'),
    "a base": ("shared/routes", '"baseUrl": "../src"'),
}


@pytest.mark.parametrize("case", ALIASES)
def test_typescript_modules_are_where_the_compiler_finds_them(write, case: str) -> None:
    name, options = ALIASES[case]
    function = "app.get('A', { route: R, handler: h });\n"
    files = {
        "tsconfig.json": '{"extends": "./config/base"}',
        "config/base.json": f'{{"compilerOptions": {{{options}}}}}',
        "src/a.ts": f"import {{ R }} from '{name}';\n{TYPESCRIPT}{function}",
        "src/shared/routes.ts": "export const R = 'a';\n",
    }
    operations = read(write, files)
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


@pytest.mark.parametrize(
    "options",
    [
        '{"paths": {"@s/*": ["gone/*"]}, "baseUrl": "src"}',
        '{"paths": {"@s/*": 1, "b": [1]}, "baseUrl": 3}',
        '{"paths": []}',
    ],
)
def test_typescript_a_module_that_the_compiler_does_not_find_is_not_known(
    write, options: str
) -> None:
    code = f"import {{ R }} from '@s/r';\n{TYPESCRIPT}app.get('A', {{ route: R, handler: h }});\n"
    config = f'{{"compilerOptions": {options}}}'
    files = {"tsconfig.json": config, "a.ts": code, "src/@s/r.ts": "export const R = 'a';\n"}
    assert [finding.rule for finding in read(write, files).findings] == ["OP101"]


R = 'public class Routes : Base { }\npublic class Base { public const string R = "a"; }\n'
CSHARP = {
    "of another part of the class": ("", "", 'partial class A { const string R = "a"; }\n'),
    "of what the class derives from": ("", " : Mid<int>", "class Mid<T> : N.Base { }\n" + R),
    "of a class that is opened": ("using static N.Routes;\n", "", R),
    "of a class that the whole project opens": ("", "", "global using static N.Base;\n" + R),
    "of a class with another name": ("using Z = N.Base;\n", "", R),
}  # fmt: skip


@pytest.mark.parametrize("case", CSHARP)
def test_csharp_constants_of_other_files(write, case: str) -> None:
    using, base, other = CSHARP[case]
    name = "Z.R" if "using Z" in using else "R"
    function = CS_FUNCTION.replace('"a")]', f"{name})]")
    operations = read(
        write, {"A.cs": f"{using}partial class A{base} {{ {function} }}", "B.cs": other}
    )
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


ONE = 'namespace C.One { static class Routes { public const string R = "one"; } }\n'
TWO = 'static class Routes { public const string R = "two"; }\n'
TWINS = {
    "of a namespace that is used": ("using C.One;\nnamespace D;\n", "GET /one"),
    "of another that is used": ("using C.Two;\nnamespace D;\n", "GET /two"),
    "of a namespace that the whole project uses": (
        "global using C.One;\nnamespace D;\n",
        "GET /one",
    ),
    "of the function's own namespace": ("using C.One;\nnamespace C.Two;\n", "GET /two"),
    "of a namespace around it": ("namespace C.Two.Api;\n", "GET /two"),
}


@pytest.mark.parametrize("case", TWINS)
def test_csharp_classes_of_one_name_are_told_apart_by_their_namespace(write, case: str) -> None:
    """Whether they are in one file or in two, and whatever order they come in."""
    before, name = TWINS[case]
    function = CS_FUNCTION.replace('"a")]', "Routes.R)]")
    both = {
        "one file": {"B.cs": f"{ONE}namespace C {{ namespace Two {{ {TWO} }} }}"},
        "two files": {"B.cs": ONE, "C.cs": f"namespace C.Two;\n{TWO}"},
    }
    for files in both.values():
        code = f"{before}class A {{ {function} }}"
        operations = read(write, {"C.cs": "", "A.cs": code, **files})
        assert [o.name for o in operations] == [name]
        assert operations.findings == ()


@pytest.mark.parametrize("name", ["Routes.R", "Unknown.R"])
def test_csharp_a_class_that_may_be_another_is_not_known(write, name: str) -> None:
    function = CS_FUNCTION.replace('"a")]', f"{name})]")
    code = f"namespace D;\nclass A {{ {function} }}"
    operations = read(write, {"A.cs": code, "B.cs": f"{ONE}namespace C.Two {{ {TWO} }}"})
    assert [finding.rule for finding in operations.findings] == ["OP101"]


def test_csharp_a_constant_of_two_types_of_one_name_is_not_known(write) -> None:
    function = CS_FUNCTION.replace('"a")]', "K.R)]")
    other = (
        'class K { public const string R = "b"; }\nclass K<T> { public const string R = "c"; }\n'
    )
    operations = read(write, {"A.cs": f"class A {{ {function} }}\n{other}"})
    assert [finding.rule for finding in operations.findings] == ["OP101"]


def test_a_type_that_is_derived_from_another_of_that_name_is_not_known(write) -> None:
    """One of the two has the constant, and the other one is meant."""
    csharp = CS_FUNCTION.replace('"a")]', "R)]")
    bases = (
        'namespace X { class B { public const string R = "a"; } }\nnamespace Y { class B { } }\n'
    )
    java = JAVA_FUNCTION.replace('route = "a"', "route = R")
    files = {
        "A.cs": f"using Y;\nnamespace Z {{ class A : B {{ {csharp} }} }}\n{bases}",
        "A.java": f"import y.B;\nclass A extends B {{ {java} }}",
        "x/B.java": 'package x;\nclass B { static final String R = "a"; }',
        "y/B.java": "package y;\nclass B { }",
    }
    operations = read(write, files)
    assert [finding.rule for finding in operations.findings] == ["OP101", "OP101"]


JAVA = {
    "imported": "import static x.Routes.R;\nclass A {",
    "imported with all others": "import static x.Routes.*;\nclass A {",
    "of what the class implements": "class A<T> extends B<T> implements C, x.Routes {",
}


@pytest.mark.parametrize("case", JAVA)
def test_java_constants_of_other_files(write, case: str) -> None:
    function = JAVA_FUNCTION.replace('route = "a"', "route = R")
    routes = 'interface Routes { int V = 1; String R = "v" + V + """\n  /a\\\n  """; }'
    operations = read(write, {"A.java": f"{JAVA[case]} {function} }}", "Routes.java": routes})
    assert [o.name for o in operations] == ["GET /v1/a"]
    assert operations.findings == ()


NESTED = {
    "else within a part": f"#if A\n#if B\n#else\n{CS_FUNCTION}#endif\n#endif\n",
    "elif within else": f"#if A\n#else\n#if B\n#elif C\n{CS_FUNCTION}#else\n#endif\n#endif\n",
    "three deep": f"#if A\n#if B\n#else\n#if C\n#else\n{CS_FUNCTION}#endif\n#endif\n#endif\n",
}


@pytest.mark.parametrize("case", NESTED)
def test_csharp_functions_in_any_branch_within_others(write, case: str) -> None:
    operations = read(write, {"A.cs": f"class A\n{{\n{NESTED[case]}}}\n"})
    assert [finding.rule for finding in operations.findings] == ["OP110"]


def test_csharp_a_symbol_that_the_file_takes_away(write) -> None:
    text = f"#define X\n#undef X\nclass A {{\n#if X\n{CS_FUNCTION}#else\n#endif\n}}\n"
    assert told(read(write, {"A.cs": text})) == [("OP113", 1)]


def test_typescript_what_the_grammar_does_not_know_yet(write) -> None:
    newer = "export type * from './t';\ninterface V<in out T, out U> { x: 'in out T' }\n"
    code = f"import {{ R }} from './r';\n{TYPESCRIPT}{newer}app.get('A', {{ route: R, h }});\n"
    others = {"r.ts": "export type * as N from './t';\nexport const R = 'a';\n"}
    operations = read(write, {"a.ts": code, **others})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


def test_csharp_what_the_grammar_does_not_know_yet(write) -> None:
    newer = 'void M<T>(T x) where T : allows ref struct { x?.Y = "it?.s"; }\n'
    operations = read(write, {"A.cs": f"class A {{\n{newer}{CS_FUNCTION}}}\n"})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()
