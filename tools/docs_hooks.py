"""Hooks of the documentation: pages that are files of the repository, settings, links, imports."""

from __future__ import annotations

import ast
import json
import posixpath
import re
from importlib import import_module
from pathlib import Path
from typing import Any

from constructs_lib._core.rules import find_rule

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "index.md": "README.md",
    "security-policy.md": "SECURITY.md",
}
# What a user imports from, the narrowest first.
PUBLIC = ("constructs_lib.policy", "constructs_lib.testing", "constructs_lib")
# Where the text of a file stands on the site, if it is no page of its own.
SHOWN = {
    "environments/dev.yaml": "settings.md#devyaml",
    "environments/prod.yaml": "settings.md#prodyaml",
    "examples": "examples/index.md",
}

NAMES = {"apis": "APIs", "Mcp": "MCP", "terraform": "Terraform", "consumption": "Consumption"}


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each example, and one that lists them."""
    from mkdocs.structure.files import File

    rows: list[str] = []
    for main in sorted((ROOT / "examples").glob("*/main.py")):
        code = main.read_text(encoding="utf-8")
        text = ast.get_docstring(ast.parse(code)) or ""
        name = main.parent.name
        title = name.replace("_", " ").capitalize()
        for word, written in NAMES.items():
            title = title.replace(word, written)
        rows.append(f"| [{title}]({name}.md) | {text.partition(chr(10))[0]} |\n")
        content = f'# {title}\n\n{text}\n\n```python title="examples/{name}/main.py"\n{code}```\n'
        tests = main.with_name("test_policies.py").read_text(encoding="utf-8")
        content += (
            f'\n## Its tests\n\n```python title="examples/{name}/test_policies.py"\n{tests}```\n'
        )
        content += "\n`chain` is the stack, [run on this machine](../guides/run-locally.md).\n"
        files.append(File.generated(config, f"examples/{name}.md", content=content))
    table = "| example | what it shows |\n| --- | --- |\n" + "".join(rows)
    intro = "# Examples\n\nComplete stacks; the tests synthesize, check, plan and call each.\n\n"
    files.append(File.generated(config, "examples/index.md", content=intro + table))
    return files


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Say in the reference how each name is imported."""
    if not page.file.src_uri.startswith("reference/"):
        return html
    return re.sub(
        r'<h(\d) id="([\w.]+)" class="doc doc-heading">.*?</h\1>',
        _with_import,
        html,
        flags=re.DOTALL,
    )


def _with_import(heading: re.Match[str]) -> str:
    place, _, name = heading[2].rpartition(".")
    public = next((each for each in PUBLIC if f"{place}.".startswith(f"{each}.")), "")
    if not public or name not in import_module(public).__all__:
        return heading[0]
    line = f"from {public} import {name}"
    return f'{heading[0]}\n<p class="doc-import"><code>{line}</code></p>'


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in the pages that are made from something else, and link the rules that a page names."""
    path = page.file.src_uri
    if path in FILES:
        return _page(FILES[path])
    if path == "settings.md":
        markdown = re.sub(r"<!-- file (\S+) -->", _file, markdown)
        return markdown.replace("<!-- settings -->", _settings())
    # Every second part is a fenced block, in which a rule stays what it is.
    parts = re.split(r"(^ *```.*?^ *```$)", markdown, flags=re.DOTALL | re.MULTILINE)
    parts[::2] = [
        re.sub(r"\b(?:SFP?|OP)\d{3}\b", lambda id: _linked(id[0], path), part)
        for part in parts[::2]
    ]
    return "".join(parts)


def _linked(id: str, path: str) -> str:
    """The id of a rule, with a link to where another page documents it."""
    rule = find_rule(id)
    if rule is None or rule.page == path:
        return id
    return f"[{id}]({posixpath.relpath(rule.page, posixpath.dirname(path))}#{rule.anchor})"


def _file(mark: re.Match[str]) -> str:
    text = (ROOT / mark[1]).read_text(encoding="utf-8")
    return f'```{mark[1].rpartition(".")[2]} title="{mark[1]}"\n{text}```'


def _page(name: str) -> str:
    text = (ROOT / name).read_text(encoding="utf-8")
    text = text.replace("](docs/", "](")

    # Files of the repository that are no pages keep their name and lose the link.
    def kept(link: re.Match[str]) -> str:
        target = link[2].partition("#")[0]
        example = re.fullmatch(r"(examples/\w+)/main\.py", target)
        if shown := f"{example[1]}.md" if example else SHOWN.get(target):
            return f"[{link[1]}]({shown})"
        is_page = not target or "://" in target or (ROOT / "docs" / target).is_file()
        return link[0] if is_page else link[1]

    return re.sub(r"\[([^\]]+)\]\(([^)]*)\)", kept, text)


def _settings() -> str:
    schema = json.loads((ROOT / "environments/settings.schema.json").read_text(encoding="utf-8"))
    sections = [("An environment", schema)]
    sections += [(_title(name), entry) for name, entry in schema["$defs"].items()]
    return "\n\n".join(_section(title, entry) for title, entry in sections if "properties" in entry)


def _section(title: str, entry: dict[str, Any]) -> str:
    required = set(entry.get("required", ()))
    rows = [
        f"| `{key}` | {_kind(value)} | {_default(key, value, required)} | "
        f"{value.get('description', '')} |"
        for key, value in entry["properties"].items()
    ]
    head = f"## {title}\n\n{entry.get('description', '')}\n\n"
    return (
        head + "| key | type | default | meaning |\n| --- | --- | --- | --- |\n" + "\n".join(rows)
    )


def _default(key: str, value: dict[str, Any], required: set[str]) -> str:
    if key in required:
        return "**required**"
    default = value.get("default")
    if isinstance(default, dict):
        default = {name: each for name, each in default.items() if each not in (None, [], {})}
    return "" if default in (None, [], {}) else f"`{json.dumps(default)}`"


def _kind(value: dict[str, Any]) -> str:
    if "$ref" in value:
        title = _title(value["$ref"].rpartition("/")[2])
        return f"[{title}](#{title.lower().replace(' ', '-')})"
    for union in ("anyOf", "oneOf"):
        if union in value:
            kinds = [_kind(each) for each in value[union] if each.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    if value.get("type") == "array":
        return f"list of {_kind(value.get('items', {}))}"
    values = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
    if isinstance(values[0], dict):
        return f"map of {_kind(values[0])}"
    return str(value.get("type", "any")).replace("string", "text")


def _title(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Settings"))
    return re.sub(r"^(Api|Hcp)\b", lambda name: name[0].upper(), words[:1] + words[1:].lower())
