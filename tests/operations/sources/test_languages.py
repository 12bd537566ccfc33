"""Functions are found behind whatever else the four languages have, or a finding says which not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from constructs_lib._core.errors import InputError
from constructs_lib.operations import Operations

JS = "const { app } = require('@azure/functions');\n"
JS_FUNCTION = "app.http('A', { methods: ['GET'], route: 'a', handler: async () => ({}) });\n"
CS_FUNCTION = (
    '[Function("A")] public object A([HttpTrigger(AuthorizationLevel.Anonymous, "get",'
    ' Route = "a")] HttpRequest r) => null;\n'
)
JAVA_FUNCTION = (
    '@FunctionName("A") public String a(@HttpTrigger(name = "r", methods = {HttpMethod.GET},'
    ' route = "a", authLevel = AuthorizationLevel.ANONYMOUS) String r) { return null; }\n'
)


def javascript(code: str) -> dict[str, str]:
    return {"a.js": JS + code + JS_FUNCTION}


def typescript(code: str) -> dict[str, str]:
    text = f"import {{ app }} from '@azure/functions';\n{code}{JS_FUNCTION}"
    return {"a.ts": text}


def csharp(code: str) -> dict[str, str]:
    return {"A.cs": f"public class A\n{{\n{code}{CS_FUNCTION}}}\n"}


def java(code: str) -> dict[str, str]:
    return {"A.java": f"class A {{\n{code}{JAVA_FUNCTION}}}\n"}


def read(write, files: dict[str, str]) -> Operations:
    return Operations.from_functions_project(write({"host.json": "{}", **files}), strict=False)


def told(operations: Operations) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.line) for finding in operations.findings]


# What stands before the function and has nothing to do with it.
NOISE = {
    "a regular expression after a bracket": javascript("if (true) /it's {/.test('x');\n"),
    "a regular expression after a block": javascript("function f() {}\n/'[`/]/.test('x');\n"),
    "a regular expression in a template": javascript(
        'const q = (s) => `"${s.replace(/"/g, "")}"`;\n'
    ),
    "a comment in a template": javascript("const q = (s) => `a ${ /* it's */ s } b`;\n"),
    "a template in a template": javascript("const q = (s) => `${s ? `'${s}'` : '`'}`;\n"),
    "a division": javascript("const half = (a) => (a.length) / 2; const b = '/';\n"),
    "apostrophes in comments": javascript("// it's\n/* don't ` \" */\n"),
    "a first line for a shell": {"a.js": "#!/usr/bin/env node\n" + JS + JS_FUNCTION},
    "types": typescript("type T<A> = { [K in keyof A]?: A[K] }; let x = <T<string>>{};\n"),
    "a regular expression after a type": typescript(
        "const x = ('a' as any) as RegExp; /'/.test('');\n"
    ),
    "decorators and enumerations": typescript("enum E { A = `it's`, B = 1 }\n@d('x') class C {}\n"),
    "regions": csharp("#region It's here\n#endregion\n"),
    "warnings that are off": csharp("#pragma warning disable CA1822 // don't\n"),
    "null checks": {"A.cs": "#nullable enable\n" + csharp("#nullable restore\n")["A.cs"]},
    "a defined symbol": {"A.cs": "#define X\n" + csharp("#if X\n#endif\n")["A.cs"]},
    "a region around": csharp("#region a\n#region b\n") | {},
    "quotes in comments": csharp("// don't\n/* \" */\n/// <c>it's</c>\n"),
    "quotes in interpolation": csharp(
        "string q => $\"it {s.Replace('\"', ' ')} {/* don't */ s}\";\n"
    ),
    "a raw string": csharp('string q => """\n  #if X " [Function("B")]\n  """;\n'),
    "a verbatim string": csharp('string q => @"C:\\"; char c = \'"\';\n'),
    "a raw interpolated string": csharp('string q => $$"""{ {{s}} "x" }""";\n'),
    "a directive in a comment": csharp("/*\n#if NEVER\n*/\n"),
    "generic constraints": csharp("T F<T>(T? t) where T : class, new() => t ?? new();\n"),
    "Java: quotes in comments": java("// don't\n/* \" */\n/** it's */\n"),
    "Java: characters": java("char c = '\"'; char d = '\\'';\n"),
    "Java: a text block": java('String q = """\n  @FunctionName("B") it\'s "x"\n  """;\n'),
    "Java: generics and lambdas": java(
        "Map<String, List<? extends A>> m = f(x -> x < 1 ? 'a' : 'b');\n"
    ),
}


@pytest.mark.parametrize("case", NOISE)
def test_what_stands_before_a_function_does_not_hide_it(write, case: str) -> None:
    operations = read(write, NOISE[case])
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


FALSE = "#if false\n don't read this\n#endif\n"
CONDITIONS = {
    "around the function": f"#if DEBUG\n{CS_FUNCTION}#endif\n",
    "around an else": f"#if DEBUG\n#else\n{CS_FUNCTION}#endif\n",
    "around an elif": f"#if V1\n#elif V2\n{CS_FUNCTION}#endif\n",
    "within another": f"#if A\n#if B\n#endif\n{CS_FUNCTION}#endif\n",
    "within a region": f"#region r\n#if !A\n{CS_FUNCTION}#endif\n#endregion\n",
    "within its attributes": CS_FUNCTION.replace(
        '"get",', '\n#if V2\n"get",\n#else\n"get", "post",\n#endif\n'
    ),
    "around the trigger alone": CS_FUNCTION.replace(
        '("A")]', '("A")]\n#if X\n[Obsolete]\n#endif\n'
    ),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_csharp_under_a_condition_is_an_error(write, case: str) -> None:
    text = f"class A\n{{\n{CONDITIONS[case]}}}\n"
    assert {rule for rule, _ in told(read(write, {"A.cs": text}))} == {"OP110"}
    assert len(read(write, {"A.cs": text}).findings) == 1


def test_csharp_only_what_is_under_a_condition_is_in_doubt(write) -> None:
    other = CS_FUNCTION.replace("A(", "B(").replace('"A"', '"B"').replace('"a"', '"b"')
    usings = "#if X\nusing A;\n#else\nusing B;\n#endif\n"
    text = f"{usings}class A\n{{\n{CS_FUNCTION}#if X\n{other}#endif\n}}\n"
    operations = read(write, {"A.cs": text})
    assert [o.name for o in operations] == ["GET /a"]
    assert told(operations) == [("OP110", 10)]


def test_csharp_a_condition_in_a_body_is_no_matter(write) -> None:
    function = CS_FUNCTION.replace(
        "=> null;", "{\n#if DEBUG\n if (x) {\n#else\n if (y) {\n#endif\n } return null; }"
    )
    operations = read(write, {"A.cs": f"class A {{\n{function}}}"})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


def test_csharp_what_is_never_compiled_does_not_count(write) -> None:
    text = f"#define ON\nclass A {{\n{FALSE}#if ON\n{CS_FUNCTION}#endif\n#if !ON\nit's\n#endif\n}}"
    operations = read(write, {"A.cs": text})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


def test_csharp_constants_of_a_branch_cannot_be_told(write) -> None:
    constants = '#if X\nconst string R = "a";\n#else\nconst string R = "b";\n#endif\n'
    function = CS_FUNCTION.replace('"a"', "R")
    assert told(read(write, {"A.cs": f"class A {{\n{constants}{function}}}"})) == [("OP101", 7)]


VALUES = {
    "a list of methods": ('new[] { "get", "put" }', None),
    "a typed list": ('new string[] { "get", "put" }', None),
    "a collection": ('["get", "put"]', None),
    "names of methods": ("nameof(HttpMethods.Get), nameof(HttpMethods.Put)", None),
    "constants": ("Verbs.Get, Verbs.Put", None),
}


@pytest.mark.parametrize("case", VALUES)
def test_csharp_methods(write, case: str) -> None:
    methods, _ = VALUES[case]
    text = (
        'namespace N;\nstatic class Verbs { public const string Get = "get", Put = @"put"; }\n'
        f"class A {{ {CS_FUNCTION.replace(chr(34) + 'get' + chr(34), methods)} }}"
    )
    operations = read(write, {"A.cs": text})
    assert [o.name for o in operations] == ["GET /a", "PUT /a"]
    assert operations.findings == ()


ROUTES = {
    "interpolated": '$"{Base}/b"',
    "summed": 'Base + "/" + "b"',
    "in brackets": '(Base + "/b")',
    "of another file": "Routes.B",
    "of another file, with its namespace": "N.Routes.B",
    "raw": '"""a/b"""',
    "with escapes": r'"a\u002Fb"',
    "with a null check": 'Base! + "/b"',
}


@pytest.mark.parametrize("case", ROUTES)
def test_csharp_routes(write, case: str) -> None:
    function = CS_FUNCTION.replace('"a")]', f"{ROUTES[case]})]")
    constants = 'public const string B = A + "/b"; const string A = "a";'
    routes = f"namespace N {{ public class Routes {{ {constants} }} }}"
    files = {"A.cs": f'class A {{ const string Base = "a"; {function} }}', "R.cs": routes}
    operations = read(write, files)
    assert [o.name for o in operations] == ["GET /a/b"]
    assert operations.findings == ()


LEVELS = (
    "AuthorizationLevel.Anonymous",
    "Microsoft.X.AuthorizationLevel.Anonymous",
    "Anonymous",
    "Open",
)


@pytest.mark.parametrize("level", LEVELS)
def test_csharp_levels(write, level: str) -> None:
    constant = "const AuthorizationLevel Open = AuthorizationLevel.Anonymous;\n"
    text = f"class A {{ {constant}{CS_FUNCTION.replace('AuthorizationLevel.Anonymous', level)} }}"
    operations = read(write, {"A.cs": text})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


def test_csharp_named_arguments_and_long_names(write) -> None:
    text = (
        "class A { [Microsoft.Azure.Functions.Worker.FunctionAttribute(name: nameof(Run)), Other]\n"
        "public void Run([HttpTriggerAttribute(authLevel: AuthorizationLevel.Anonymous,"
        ' methods: new[] {"get"}, Route = null)] object r, [CosmosDBInput("x")] object c) {} }'
    )
    assert [o.name for o in read(write, {"A.cs": text})] == ["GET /Run"]


HANDLERS = {
    "a constant arrow function": "const h = async () => ({});\napp.get('b', h);\n",
    "a function": "app.get('b', h);\nasync function h() {}\n",
    "a function that is assigned": "let h = function () {};\napp.get('b', h);\n",
    "an arrow function in place": "app.get('b', (request) => ({}));\n",
    "a method of an object": "const handlers = { h: () => ({}) };\napp.get('b', handlers.h);\n",
    "a function that makes it": "const wrap = (f) => async (r) => f(r);\napp.get('b', wrap(x));\n",
    "a function that is bound": "function h() {}\napp.get('b', h.bind(null, 1));\n",
    "in options": "const h = () => ({});\napp.get('b', { handler: h });\n",
    "shorthand in options": "const handler = () => ({});\napp.get('b', { handler });\n",
}


@pytest.mark.parametrize("case", HANDLERS)
@pytest.mark.parametrize("name", ["a.js", "a.ts"])
def test_node_handlers(write, case: str, name: str) -> None:
    operations = read(write, {name: JS + HANDLERS[case]})
    assert [o.name for o in operations] == ["GET /b"]
    assert operations.findings == ()


IMPORTED = {
    "from an object": (
        "const { h } = require('./h');",
        "const h = () => 1;\nmodule.exports = { h };",
    ),
    "under another name": (
        "const { g: h } = require('./h');",
        "const h = () => 1;\nmodule.exports = { g: h };",
    ),
    "by a member": ("const h = require('./h').h;", "exports.h = async function () {};"),
    "of a whole": ("const h = require('./h');", "module.exports = async (r) => ({});"),
    "of a folder": ("const { h } = require('./f');", "module.exports = { h: () => 1 };"),
    "with import": ("import { h } from './h';", "export const h = () => 1;"),
    "a function with import": ("import { h } from './h';", "export async function h() {}"),
    "the default": ("import h from './h';", "export default async function () {}"),
    "a named default": ("import h from './h';", "async function g() {}\nexport default g;"),
    "exported later": ("import { h } from './h.js';", "const g = () => 1;\nexport { g as h };"),
    "passed on": ("import { h } from './i';", "export function h() {}"),
    "all passed on": ("import { h } from './j';", "export function h() {}"),
    "passed on as a namespace": (
        "import { k } from './k';\nconst h = k.m.h;",
        "export const h = () => 1;",
    ),
    "as a namespace": ("import * as m from './h';\nconst h = m.h;", "export const h = () => 1;"),
}


@pytest.mark.parametrize("case", IMPORTED)
def test_node_imported_handlers(write, case: str) -> None:
    bring, module = IMPORTED[case]
    suffix = "ts" if "import " in bring else "js"
    files = {
        f"a.{suffix}": f"{JS}{bring}\napp.get('b', h);\n",
        f"h.{suffix}": module,
        f"f/index.{suffix}": module,
        f"i.{suffix}": "export { h } from './h';",
        f"j.{suffix}": "export * from './h';",
        f"k.{suffix}": "export * as k from './l';",
        f"l.{suffix}": "export * as m from './h';",
    }
    operations = read(write, files)
    assert [o.name for o in operations] == ["GET /b"]
    assert operations.findings == ()


UNKNOWN = {
    "options from a package": "const h = require('some-package');\napp.get('b', h);\n",
    "a call that could return anything": "const { make } = require('x');\napp.get('b', make());\n",
    "the app in an object": "module.exports = { app };\n",
    "the app exported": "exports.app = app;\n",
    "under a condition": "if (process.env.X) app.get('b', () => 1);\n",
    "after a condition": "process.env.X && app.get('b', () => 1);\n",
    "in a choice": "process.env.X ? app.get('b', () => 1) : 0;\n",
    "in a try": "try { app.get('b', () => 1); } catch {}\n",
    "in a function": "function register() { app.get('b', () => 1); }\nregister();\n",
    "in a callback": "['b'].forEach((n) => app.get(n, () => 1));\n",
    "a computed route": "app.get('b', { route: ['a'].join('/'), handler: () => 1 });\n",
    "a name that is there twice": "var f = () => 1;\nvar f = () => 2;\napp.get('b', f ? g : h);\n",
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_node_what_cannot_be_told_is_an_error(write, case: str) -> None:
    operations = read(write, {"a.js": JS + UNKNOWN[case]})
    assert len(operations) == 0
    assert {f.severity for f in operations.findings} == {"error"}


def test_node_exports_of_the_package_are_not_lost(write) -> None:
    files = {
        "app.ts": "export { app } from '@azure/functions';\n",
        "all.ts": "export * from '@azure/functions';\n",
        "types.ts": "export type { HttpRequest } from '@azure/functions';\n",
        "a.ts": "import { app } from './app';\napp.get('b', () => 1);\n",
    }
    findings = [(f.rule, Path(f.path or "").name) for f in read(write, files).findings]
    assert findings == [("OP101", "all.ts"), ("OP101", "app.ts")]


def test_node_another_app_of_the_same_name(write) -> None:
    text = JS + "function web(app) { app.get('/x', f); app.use(app); }\n" + JS_FUNCTION
    operations = read(write, {"a.js": text})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


def test_node_constants(write) -> None:
    text = (
        "import { app } from '@azure/functions';\nimport R, { E, type T } from './r';\n"
        "const base = Object.freeze({ p: 'p' } as const);\n"
        "class Verbs { static readonly all = ['GET', 'PUT']; }\n"
        "app.http('A', {\n methods: Verbs.all,\n route: `${base.p}/${E.X}/` + R['q'],\n handler,\n"
        "} satisfies T);\n"
    )
    other = "export enum E { X = 'x' }\nexport default { q: 'q' };\nexport type T = {};"
    operations = read(write, {"a.ts": text, "r.ts": other})
    assert [o.name for o in operations] == ["GET /p/x/q", "PUT /p/x/q"]
    assert operations.findings == ()


def test_java_constants_and_types_within_types(write) -> None:
    routes = 'interface Routes { String A = "a" + Routes.SLASH; String SLASH = "/b"; }'
    text = (
        'public class Outer { static class Inner { private static final String GET_ONE = "One";\n'
        '@FunctionName(GET_ONE) public String a(@HttpTrigger(name = "r", route = Routes.A,\n'
        " methods = GET, authLevel = ANONYMOUS) final Request<Optional<String>> r)"
        " { return null; } }\n"
        'record R(int a) { @FunctionName(value = "Two") @Deprecated\n'
        'void b(@com.x.TimerTrigger(name = "t") String s, ExecutionContext c) {} } }'
    )
    operations = read(write, {"Outer.java": text, "Routes.java": routes})
    assert [(o.display_name, o.name) for o in operations] == [("One", "GET /a/b")]
    assert told(operations) == [("OP106", 5)]


BROKEN = {
    "js": (JS + "const x = {;\n" + JS_FUNCTION, "a.js"),
    "ts": (JS + "class { x y z\n" + JS_FUNCTION, "a.ts"),
    "cs": ("class A { public void (\n" + CS_FUNCTION + "}", "A.cs"),
    "java": ("class A { public void (\n" + JAVA_FUNCTION + "}", "A.java"),
}


@pytest.mark.parametrize("language", BROKEN)
def test_what_cannot_be_parsed_is_an_error(write, language: str) -> None:
    text, name = BROKEN[language]
    operations = read(write, {name: text})
    assert [rule for rule, _ in told(operations)] == ["OP102"]


NEWER = {
    "a.js": JS + "function f() { a b c }\n" + JS_FUNCTION,
    "A.cs": f"class A {{ void F() {{ a b c }}\n{CS_FUNCTION}}}",
    "A.java": f"class A {{ void f() {{ a b c }}\n{JAVA_FUNCTION}}}",
}


@pytest.mark.parametrize("name", NEWER)
def test_what_a_grammar_does_not_know_in_a_body_is_no_matter(write, name: str) -> None:
    operations = read(write, {name: NEWER[name]})
    assert [o.name for o in operations] == ["GET /a"]
    assert operations.findings == ()


@pytest.mark.parametrize("name", NEWER)
def test_a_grammar_that_is_missing(write, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from constructs_lib.operations.sources import syntax

    syntax._parser.cache_clear()
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    with pytest.raises(InputError, match=r"tree_sitter.*pip install 'secured-functions\[cli\]'"):
        read(write, {name: NEWER[name]})


def test_text_in_other_encodings(write) -> None:
    folder = write({"host.json": "{}"})
    (folder / "A.cs").write_bytes(f"class A {{ {CS_FUNCTION} }}".encode("utf-16"))
    other = CS_FUNCTION.replace('"a"', '"b"')
    latin = f"// caf\u00e9\nclass B {{ {other} }}"
    (folder / "B.cs").write_bytes(latin.replace('"A"', '"B"').encode("latin-1"))
    operations = Operations.from_functions_project(folder)
    assert [o.name for o in operations] == ["GET /a", "GET /b"]


def test_a_route_in_another_encoding_cannot_be_told(write) -> None:
    folder = write({"host.json": "{}"})
    function = CS_FUNCTION.replace('"a"', '"caf\u00e9"')
    (folder / "A.cs").write_bytes(f"class A {{ {function} }}".encode("latin-1"))
    assert told(Operations.from_functions_project(folder, strict=False)) == [("OP101", 1)]
