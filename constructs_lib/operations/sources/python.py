"""Reads the decorators of Azure Functions' Python v2 model, without running any of the project.

It starts at `function_app.py` and follows imports of the project's own modules, as Python would.
Sources: `azure.functions.decorators` (azure-functions-python-library): `route` takes a function's
name and every method if neither is given; the level of a route is that of the app it ends up in.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from constructs_lib.operations.findings import FilePlace
from constructs_lib.operations.sources.python_names import changed, constants
from constructs_lib.operations.sources.reading import HttpTrigger, Reading

ENTRY = "function_app.py"
_APPS = frozenset({"FunctionApp", "DFApp", "McpApp"})
_WEB_APPS = frozenset({"AsgiFunctionApp", "WsgiFunctionApp"})
_BLUEPRINTS = frozenset({"Blueprint", "BluePrint"})
_REGISTER = frozenset({"register_functions", "register_blueprint"})
# Triggers whose decorators do not end in `_trigger`.
_TRIGGERS = frozenset({"route", "schedule", "mcp_tool", "mcp_resource", "mcp_prompt"})
_ENUMERATIONS = frozenset({"AuthLevel", "HttpMethod"})
_PACKAGES = ("azure.", "azurefunctions.")
_REGISTERS = re.compile(
    r"(?s)\A(?=.*\b(azure\.?functions|function_app)\b).*"
    r"(\b((A|W)sgiFunctionApp|FunctionApp|DFApp|McpApp|Blue[pP]rint)\s*\("
    r"|\n@\w[\w.]*\.(route|function_name|\w+_trigger|mcp_\w+)\s*\()"
)


class _NotConstant(ValueError):
    def __init__(self, node: ast.expr) -> None:
        self.node = node
        super().__init__("not a constant")


@dataclass
class _Module:
    """A module of the project.

    Attributes:
        path: Its file.
        tree: What it says.
        values: The expressions that its names stand for; None where they may be others.
        imports: The project's modules, or members of them, by the name they have here.
        origins: Where names of other packages come from, for example `azure.functions.Blueprint`.
        always: The project's modules that it certainly imports, as it does so at its top level.
        certain: Whether the app certainly imports it.
    """

    path: Path
    tree: ast.Module
    values: dict[str, ast.expr | None] = field(default_factory=dict[str, "ast.expr | None"])
    imports: dict[str, tuple[_Module, str | None]] = field(
        default_factory=dict[str, "tuple[_Module, str | None]"]
    )
    origins: dict[str, str] = field(default_factory=dict[str, str])
    always: list[_Module] = field(default_factory=list["_Module"])
    certain: bool = False

    def origin(self, node: ast.expr) -> str:
        """Return the full name of what another package has; empty for anything else."""
        first, _, rest = ast.unparse(node).partition(".")
        base = self.origins.get(first)
        return f"{base}.{rest}".rstrip(".") if base else ""


@dataclass(eq=False)
class _App:
    """A `FunctionApp` or a blueprint.

    Attributes:
        module: The module that makes it.
        call: The call that makes it.
        blueprint: Whether it has to be registered with an app.
        parent: What it is registered with.
        uncertain: Whether it may be registered or not, which has been reported.
        kind: What it is called in messages.
    """

    module: _Module
    call: ast.Call
    blueprint: bool
    parent: _App | None = None
    functions: int = 0
    uncertain: bool = False
    kind: str = "blueprint"

    @property
    def root(self) -> _App | None:
        """The app that it ends up in; None for a blueprint that nobody registers."""
        if not self.blueprint:
            return self
        return self.parent.root if self.parent is not None else None


def read_python(reading: Reading) -> None:
    """Read `function_app.py` and what it imports."""
    _PythonProject(reading).read(reading.root / ENTRY)


class _PythonProject:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.modules: dict[Path, _Module | None] = {}
        self.apps: dict[tuple[Path, str], _App] = {}

    def read(self, entry: Path) -> None:
        first = self.load(entry) if entry.exists() else None
        self.mark_certain(first)
        modules = [module for module in self.modules.values() if module is not None]
        for module in modules:
            self.forget_changed(module)
        for module in modules:
            self.find_apps(module)
        self.find_unreachable(first)
        for module in modules:
            self.find_registrations(module)
        for module in modules:
            self.find_functions(module)
        for app in self.apps.values():
            if app.blueprint and app.functions and app.root is None and not app.uncertain:
                self.report(
                    "OP111", f"{app.functions} functions of this {app.kind}", app.module, app.call
                )
        self.find_orphans("does not import" if first is not None else "would have to import")

    def forget_changed(self, module: _Module) -> None:
        """Forget what names of other modules stand for that a module changes."""
        for name in changed(module.tree):
            found = self.find(module, _named(name))
            if found is not None:
                found[0].values[found[1]] = None

    def find_unreachable(self, entry: _Module | None) -> None:
        """Take apps that the first module has no name for as registered with nothing.

        Source: the worker, `index_function_app` of azure-functions-python-worker, which looks for
        an app among the names of that module and refuses it if there are two.
        """
        names = (*entry.values, *entry.imports) if entry is not None else ()
        found = [self.app_of(entry, ast.Name(name)) for name in names if entry is not None]
        reached = [app for app in dict.fromkeys(found) if app is not None and not app.blueprint]
        for app in self.apps.values():
            web = _last_name(app.call.func) in _WEB_APPS
            if not app.blueprint and app not in reached:
                app.blueprint = True
                app.functions = int(web)
                app.kind = f"app, for which {ENTRY} has no name"
            elif web:
                self.add_web_app(app)
        for app in reached[1:]:
            self.report("OP111", f"{ENTRY} has two apps, so none starts", app.module, app.call)

    def find_orphans(self, verb: str) -> None:
        """Name files that declare functions and that nothing imports."""
        for path in self.reading.files(".py", registers=_REGISTERS, known=self.modules):
            if path in self.modules:
                continue
            if _REGISTERS.search(self.reading.read_text(path) or ""):
                self.reading.report(
                    "OP111",
                    f"{ENTRY} {verb} this file, so its functions are not there",
                    FilePlace(self.reading.display(path)),
                )

    def load(self, path: Path) -> _Module | None:
        if path in self.modules:
            return self.modules[path]
        self.modules[path] = None
        text = self.reading.read_text(path)
        if text is None:
            return None
        try:
            tree = ast.parse(text)
        except SyntaxError as error:
            place = FilePlace(self.reading.display(path), error.lineno or 1, error.offset or 1)
            self.reading.report("OP102", f"Python cannot read it: {error.msg}", place)
            return None
        except (ValueError, RecursionError) as error:  # a null byte; brackets without end
            place = FilePlace(self.reading.display(path))
            self.reading.report("OP102", f"Python cannot read it: {error}", place)
            return None
        module = self.modules[path] = _Module(path, tree, constants(tree))
        top = set(tree.body)
        for statement in ast.walk(tree):
            certain = statement in top
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    self.follow(module, alias.name, alias.asname or alias.name, certain)
                    local = alias.asname or alias.name.partition(".")[0]
                    if local not in module.imports:
                        module.origins[local] = alias.name if alias.asname else local
            elif isinstance(statement, ast.ImportFrom):
                self.follow_from(module, statement, certain)
                for alias in statement.names:
                    local = alias.asname or alias.name
                    if local not in module.imports:
                        module.origins[local] = f"{statement.module}.{alias.name}"
        return module

    def mark_certain(self, module: _Module | None) -> None:
        """Mark what the app certainly imports, from its first module on."""
        pending = [module] if module is not None else []
        while pending:
            module = pending.pop()
            if not module.certain:
                module.certain = True
                pending.extend(module.always)

    def follow(self, module: _Module, dotted: str, local: str, certain: bool) -> None:
        path = self.module_path(self.reading.root, dotted)
        loaded = self.load(path) if path else None
        if loaded is not None:
            module.imports[local] = (loaded, None)
            module.always += [loaded] if certain else []

    def follow_from(self, module: _Module, statement: ast.ImportFrom, certain: bool) -> None:
        base = self.reading.root
        if statement.level:
            base = module.path.parent
            for _ in range(statement.level - 1):
                base = base.parent
        for alias in statement.names:
            dotted = f"{statement.module}.{alias.name}" if statement.module else alias.name
            submodule = self.module_path(base, dotted)
            if submodule is not None:
                loaded = self.load(submodule)
                if loaded is not None:
                    module.imports[alias.asname or alias.name] = (loaded, None)
                    module.always += [loaded] if certain else []
                continue
            path = self.module_path(base, statement.module or "")
            loaded = self.load(path) if path else None
            if loaded is None:
                continue
            module.always += [loaded] if certain else []
            if alias.name == "*":
                for name in (*loaded.values, *loaded.imports):
                    module.imports.setdefault(name, (loaded, name))
            else:
                module.imports[alias.asname or alias.name] = (loaded, alias.name)

    @staticmethod
    def module_path(base: Path, dotted: str) -> Path | None:
        stem = base.joinpath(*dotted.split(".")) if dotted else base
        for path in (stem.with_suffix(".py") if dotted else stem, stem / "__init__.py"):
            if path.is_file():
                return path
        return None

    def find(self, module: _Module, node: ast.expr, seen: int = 0) -> tuple[_Module, str] | None:
        """Find the module and name that a name or attribute stands for."""
        if seen > 20:
            return None
        name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if name in module.values:
            value = module.values[name]
            if isinstance(value, ast.Name | ast.Attribute):
                return self.find(module, value, seen + 1) or (module, name)
            return module, name
        if isinstance(node, ast.Name):
            target = module.imports.get(node.id)
            if target is None or target[1] is None:
                return None
            return self.find(target[0], ast.Name(target[1]), seen + 1)
        if isinstance(node, ast.Attribute):
            imported = module.imports.get(ast.unparse(node.value))
            if imported is not None and imported[1] is None:
                return self.find(imported[0], ast.Name(node.attr), seen + 1)
            first, _, rest = name.partition(".")
            imported = module.imports.get(first)
            if imported is not None and imported[1] is not None:  # a class, or an app
                return self.find(imported[0], _named(f"{imported[1]}.{rest}"), seen + 1)
        return None

    def find_apps(self, module: _Module) -> None:
        for name, value in module.values.items():
            if not isinstance(value, ast.Call) or not module.origin(value.func).startswith(
                _PACKAGES
            ):
                continue
            kind = _last_name(value.func)
            if kind in _APPS or kind in _BLUEPRINTS:
                self.apps[module.path, name] = _App(module, value, kind in _BLUEPRINTS)
            elif kind in _WEB_APPS:
                self.apps[module.path, name] = _App(module, value, blueprint=False)

    def add_web_app(self, app: _App) -> None:
        """Add the one function of an app that hands every request to ASGI or WSGI."""
        place = self.place(app.module, app.call)
        self.reading.report("OP112", "a web framework answers every path of the app", place)
        name = "http_app_func"
        try:
            given = self.argument(app.call, 2, "function_name")
            name = self.text(app.module, given) if given else name
        except _NotConstant as error:
            self.report("OP101", "the function's name is not a constant", app.module, error.node)
        level = self.app_level(app)
        self.reading.add(
            HttpTrigger(function=name, place=place, route="{*route}", auth_level=level)
        )

    def app_of(self, module: _Module, node: ast.expr) -> _App | None:
        found = self.find(module, node)
        return self.apps.get((found[0].path, found[1])) if found else None

    def find_registrations(self, module: _Module) -> None:
        top = {
            statement.value
            for statement in module.tree.body
            if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign)
        }
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in _REGISTER:
                continue
            parent = self.app_of(module, node.func.value)
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            child = self.app_of(module, arguments[0]) if arguments else None
            if parent is None and child is None and not self.uses_package(module):
                continue  # another framework's blueprints
            if parent is None or child is None:
                self.report(
                    "OP101", f"what {ast.unparse(node)} registers cannot be told", module, node
                )
            elif node not in top or not module.certain:
                child.uncertain = True
                self.report(
                    "OP110", f"whether {ast.unparse(node)} happens depends on the run", module, node
                )
            elif child is not parent:
                child.parent = parent

    @staticmethod
    def uses_package(module: _Module) -> bool:
        return any(f"{origin}.".startswith(_PACKAGES) for origin in module.origins.values())

    def find_functions(self, module: _Module) -> None:
        top = set(module.tree.body)
        decorators: set[ast.expr] = set()
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            decorators.update(node.decorator_list)
            calls = [
                (decorator, app)
                for decorator in node.decorator_list
                if isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Attribute)
                and (app := self.app_of(module, decorator.func.value)) is not None
            ]
            if not calls:
                self.report_unknown_app(module, node)
            # A blueprint's functions are there if it is registered, wherever its file is imported.
            elif node not in top or not (module.certain or calls[0][1].blueprint):
                self.reading.functions += 1
                self.report(
                    "OP110", f"whether {node.name} is registered depends on the run", module, node
                )
            else:
                self.add_function(module, node, calls)
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and node not in decorators
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("route", "generic_trigger")
                and self.app_of(module, node.func.value) is not None
            ):
                self.report(
                    "OP110", f"{ast.unparse(node)} is not a decorator of a function", module, node
                )

    def report_unknown_app(
        self, module: _Module, node: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> None:
        """Report a function whose decorators may be those of an app that is not known as one."""
        if not self.uses_package(module) and module.path.name != ENTRY:
            return
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
                continue
            owner, kind = decorator.func.value, decorator.func.attr
            found = self.find(module, owner)
            made = found[0].values.get(found[1]) if found else None
            if isinstance(made, ast.Call) and found and found[0].origin(made.func):
                continue  # another framework's router
            if _is_trigger(kind):
                what = ast.unparse(owner)
                self.report(
                    "OP101", f"which app {what!r} is cannot be told for {node.name}", module, node
                )
                self.reading.functions += 1
                return

    def add_function(
        self,
        module: _Module,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        calls: list[tuple[ast.Call, _App]],
    ) -> None:
        name = node.name
        trigger: tuple[ast.Call, _App] | None = None
        try:
            for call, app in calls:
                kind = _last_name(call.func)
                if kind == "function_name":
                    name = self.text(module, self.argument(call, 0, "name") or call)
                elif trigger is not None and _is_trigger(kind):
                    raise _NotConstant(call)
                elif _is_trigger(kind):
                    trigger = call, app
            if trigger is None:
                return
            call, app = trigger
            app.functions += 1
            if app.root is None:
                return
            kind = _last_name(call.func)
            # Where `route` takes them by position; `generic_trigger` takes them by name only.
            places: tuple[int | None, ...] = (0, 3, 4)
            if kind == "generic_trigger":
                kind = self.text(module, self.argument(call, 1, "type") or call)
                places = (None, None, None)
            if kind not in ("route", "httpTrigger"):
                self.reading.add_other(
                    name, kind, self.place(module, call), partial(self.mcp_name, module, call)
                )
                return
            self.reading.add(self.http_trigger(module, call, name, app.root, places))
        except _NotConstant as error:
            self.reading.functions += 1
            self.report(
                "OP101",
                f"{ast.unparse(error.node)} of function {name} is not a constant",
                module,
                error.node,
            )

    def http_trigger(
        self,
        module: _Module,
        call: ast.Call,
        name: str,
        root: _App,
        places: tuple[int | None, ...],
    ) -> HttpTrigger:
        route = self.argument(call, places[0], "route")
        methods = self.argument(call, places[1], "methods")
        level = self.argument(call, places[2], "auth_level") or self.argument(
            call, None, "authLevel"
        )
        return HttpTrigger(
            function=name,
            place=self.place(module, call),
            route=None if route is None else self.optional_text(module, route),
            methods=self.methods(module, methods),
            auth_level=(
                self.app_level(root) if level is None else self.text(module, level).lower()
            ),
        )

    def mcp_name(self, module: _Module, call: ast.Call, kind: str) -> str | None:
        """Return what a trigger calls its tool, resource or prompt; `mcp_tool` calls it nothing."""
        decorator = _last_name(call.func)
        # Where `mcp_resource_trigger` and its kin take it by position.
        place = {"tool": 1, "resource": 2, "prompt": 1}[kind]
        by_place = decorator.endswith("_trigger") and decorator != "generic_trigger"
        try:
            given = self.argument(call, place if by_place else None, f"{kind}_name")
            given = given or self.argument(call, None, f"{kind}Name")
            return "" if given is None else self.text(module, given)
        except _NotConstant:
            return None

    def app_level(self, app: _App) -> str:
        try:
            position = 1 if _last_name(app.call.func) in _WEB_APPS else 0
            level = self.argument(app.call, position, "http_auth_level")
            return "function" if level is None else self.text(app.module, level).lower()
        except _NotConstant as error:
            self.report("OP101", "the app's level is not a constant", app.module, error.node)
            return "function"

    @staticmethod
    def argument(call: ast.Call, position: int | None, name: str) -> ast.expr | None:
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
            if keyword.arg is None:
                raise _NotConstant(keyword.value)
        if position is None or position >= len(call.args):
            return None
        return call.args[position]

    def optional_text(self, module: _Module, node: ast.expr) -> str | None:
        if isinstance(node, ast.Constant) and node.value is None:
            return None
        return self.text(module, node)

    def methods(self, module: _Module, node: ast.expr | None) -> tuple[str, ...]:
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return ()
        if isinstance(node, ast.Starred):
            return self.methods(module, node.value)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return tuple(text for each in node.elts for text in self.methods(module, each))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.BitOr):
            return self.methods(module, node.left) + self.methods(module, node.right)
        if isinstance(node, ast.Name | ast.Attribute):
            found = self.find(module, node)
            value = found[0].values.get(found[1]) if found else None
            if found and isinstance(value, ast.List | ast.Tuple | ast.Set):
                return self.methods(found[0], value)
        return (self.text(module, node),)

    def text(self, module: _Module, node: ast.expr, depth: int = 0) -> str:
        """Return the text that an expression means.

        Raises:
            _NotConstant: It is not a constant text.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text(module, part, depth) for part in node.values)
        if isinstance(node, ast.FormattedValue) and node.format_spec is None:
            if node.conversion != -1:
                raise _NotConstant(node.value)
            return self.number(module, node.value) or self.text(module, node.value, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.text(module, node.left, depth) + self.text(module, node.right, depth)
        if isinstance(node, ast.Attribute):
            member = node.value if node.attr == "value" else node  # of an enumeration
            if isinstance(member, ast.Attribute) and _last_name(member.value) in _ENUMERATIONS:
                return member.attr
            if member is not node and self.find(module, node) is None:
                return self.text(module, member, depth + 1)
        found = self.find(module, node) if isinstance(node, ast.Name | ast.Attribute) else None
        value = found[0].values.get(found[1]) if found else None
        if found is None or value is None or depth > 20:
            raise _NotConstant(node)
        try:
            return self.text(found[0], value, depth + 1)
        except _NotConstant:
            raise _NotConstant(node) from None

    def number(self, module: _Module, node: ast.expr) -> str:
        """Return a whole number as text, empty if an expression is none."""
        found = self.find(module, node)
        value = found[0].values.get(found[1]) if found else node
        number = value.value if isinstance(value, ast.Constant) else None
        return str(number) if isinstance(number, int) and not isinstance(number, bool) else ""

    def place(self, module: _Module, node: ast.AST) -> FilePlace:
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        return FilePlace(self.reading.display(module.path), line, column + 1)

    def report(self, rule: str, message: str, module: _Module, node: ast.AST) -> None:
        self.reading.report(rule, message, self.place(module, node))


def _named(dotted: str) -> ast.expr:
    """Return a dotted name as an expression."""
    first, *rest = dotted.split(".")
    node: ast.expr = ast.Name(first)
    for each in rest:
        node = ast.Attribute(node, each)
    return node


def _is_trigger(decorator: str) -> bool:
    return decorator in _TRIGGERS or decorator.endswith("_trigger")


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
