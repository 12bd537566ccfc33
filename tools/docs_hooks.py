"""Hooks of the documentation: the README is its first page, settings come from their schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in the pages that are made from something else."""
    if page.file.src_path == "index.md":
        return _readme()
    if page.file.src_path == "settings.md":
        return markdown.replace("<!-- settings -->", _settings())
    return markdown


def _readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
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
    return words[:1] + words[1:].lower()
