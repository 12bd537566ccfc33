"""Hooks of the documentation: pages that are files of the repository, settings, links to rules."""

from __future__ import annotations

import json
import posixpath
import re
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
