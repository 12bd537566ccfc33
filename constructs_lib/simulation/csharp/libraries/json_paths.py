"""The paths by which a token of JSON selects others: `SelectToken` and `SelectTokens`.

Source: Json.NET documentation, "Querying JSON with SelectToken".
"""

# Values of expressions are known at run time only.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from constructs_lib.simulation.csharp.errors import ExpressionFailed, NotSimulated
from constructs_lib.simulation.csharp.libraries.json_tokens import (
    JArray,
    JObject,
    JProperty,
    JValue,
)

_PATH = re.compile(r"\.?([^.\[\]]+)|\[\s*(?:'([^']*)'|\"([^\"]*)\"|(-?\d+)|(\*))\s*\]|(\.\.)")
_FILTER = re.compile(
    r"\[\?\(\s*@\.?([\w.\-]*)\s*(?:(==|!=|<=|>=|<|>)\s*('[^']*'|-?[\d.]+|true|false|null))?\s*\)\]"
)


def _descend(token: Any) -> Iterator[Any]:
    yield token
    for each in token.children():
        yield from _descend(each.value if isinstance(each, JProperty) else each)


def below(token: Any) -> list[Any]:
    """The values that stand directly in a token."""
    return [each.value if isinstance(each, JProperty) else each for each in token.children()]


def selected(path: str, start: Any) -> list[Any]:
    """What a path leads to from a token, in the order of the text.

    Raises:
        NotSimulated: If the path is of a kind that is not simulated.
    """
    found, at = [start], 0
    if path.startswith("$"):
        at = 1
    while at < len(path):
        if path.startswith("..", at):
            found = [each for token in found for each in _descend(token)]
            at += 1 if path[at + 2 : at + 3] not in ("[", "") else 2
            continue
        condition = _FILTER.match(path, at)
        if condition:
            items = [each for token in found for each in below(token)]
            found = [each for each in items if _passes(each, condition)]
            at = condition.end()
            continue
        step = _PATH.match(path, at)
        if step is None:
            raise NotSimulated(f"the JSON path {path}")
        at = step.end()
        name = step[1] or step[2] or step[3]
        if step[5] or name == "*":
            found = [each for token in found for each in below(token)]
        elif step[4] is not None:
            index = int(step[4])
            found = [
                token.items[index]
                for token in found
                if isinstance(token, JArray) and 0 <= index < len(token.items)
            ]
        else:
            named = (token.get(name) for token in found if isinstance(token, JObject))
            found = [each for each in named if each is not None]
    return found


def _passes(token: Any, condition: re.Match[str]) -> bool:
    path, sign, literal = condition[1], condition[2], condition[3]
    inner = selected(path, token) if path else [token]
    if not inner or sign is None:
        return bool(inner)
    value = inner[0].value if isinstance(inner[0], JValue) else None
    wanted: Any = literal[1:-1] if literal[0] == "'" else json.loads(literal)
    if isinstance(value, str) != isinstance(wanted, str):
        return sign == "!="
    if sign in ("==", "!="):
        return (value == wanted) == (sign == "==")
    return {"<": value < wanted, ">": value > wanted, "<=": value <= wanted}.get(
        sign, value >= wanted
    )


def select(token: Any, path: str, error: bool = False) -> Any:
    """`SelectToken`: the one token that a path leads to; None if there is none.

    Raises:
        ExpressionFailed: If there are several, or none where that is an error.
    """
    found = selected(path, token)
    if len(found) > 1:
        raise ExpressionFailed("Path returned multiple tokens.", "Newtonsoft.Json.JsonException")
    if not found and error:
        raise ExpressionFailed(
            f"Property '{path}' does not exist on {type(token).__name__}.",
            "Newtonsoft.Json.JsonException",
        )
    return found[0] if found else None
