"""Writes the page that documents the rules: `python -m constructs_lib.access.rule_pages FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from constructs_lib._core.rules import Rule
from constructs_lib.access.rules import CHAPTERS

_EFFECTS = {
    "open": "an open door: somebody else would get in",
    "broken": "a broken chain: the gateway itself would be refused",
    "unproven": "nothing can be proven",
}
_INTRODUCTION = """\
# Rules of the access check

`secured-functions check` and `validate_access` break the chain from caller to function down into
these rules. Ids never change. An **error** fails the check; a **warning** or **note** does not,
unless `--fail-on` says so. `secured-functions check --explain RULE` prints a rule in the terminal.

To accept what a rule finds on one resource, say why; the reason appears in every report:

```python
accept(function_app.resource, "SF410", reason="deployed from hosted agents")
```

In plain Terraform the same is an output:

```hcl
output "secured_functions_accepted" {
  value = {
    "azurerm_linux_function_app.orders" = { SF410 = "deployed from hosted agents" }
  }
}
```

This page is generated from the rules in `constructs_lib/access/rules/`.
"""


def page() -> str:
    """The page in Markdown, one anchor for each rule."""
    parts = [_INTRODUCTION]
    for chapter in CHAPTERS:
        parts.append(f"## {chapter.title}\n")
        parts += map(_entry, chapter.rules.values())
    return "\n".join(parts)


def _entry(rule: Rule) -> str:
    effect = _EFFECTS[rule.effect] if rule.effect else ""
    return (
        f'<a id="{rule.id.lower()}"></a>\n\n### {rule.id}: {rule.title}\n\n'
        f"*{rule.severity}*, {effect}.\n\n{rule.reason}\n\n**Fix.** {rule.fix}\n"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
