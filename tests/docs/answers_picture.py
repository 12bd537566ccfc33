"""The picture of what each call gets at which door: from simulated calls and their traces.

`python -m tests.docs.answers_picture` makes the calls and writes the picture.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from constructs_lib.simulation.local import ChainAnswer
from constructs_lib.testing import simulate
from tests.access import samples
from tests.docs.blocks import ROOT
from tests.simulation.chains import chain

PICTURE = ROOT / "docs/pictures/answers.svg"
APPS = ("func-orders", "func-orders/staging")
FIRST, BETWEEN = 100, 62
"""Where the first call's arrow is, and how far it is from one to the next."""
ENDS = {"gateway": 256, "easy-auth": 656, "function": 756}
"""How far to the right a call gets that ends there."""
LETTERS = {"gateway": 48, "easy-auth": 58, "function": 58}
"""How many letters of the trace stand in a line."""
STYLE = """
    .page { fill: #ffffff } .box { fill: #f4f7fb; stroke: #3b5b8c; stroke-width: 1.5 }
    .gate { fill: #e7f3ea; stroke: #2c7a4b; stroke-width: 2 }
    text { fill: #1b2430; font-size: 14px } .name { font-weight: 600; font-size: 16px }
    .small { font-size: 12.5px; fill: #47566b } .status { font-weight: 600; text-anchor: middle }
    .go { stroke: #2c7a4b; stroke-width: 2.5; fill: none }
    .stop { stroke: #b3362f; stroke-width: 2; fill: none }
    .badge { fill: #ffffff; stroke-width: 2 } .green { fill: #2c7a4b } .red { fill: #b3362f }
"""


@dataclass(frozen=True)
class Call:
    """A call of the picture.

    Attributes:
        caller: Who calls what.
        how: With what.
        answer: What came of it.
        shown: The parts of its trace that are shown.
    """

    caller: str
    how: str
    answer: ChainAnswer
    shown: tuple[str, ...]

    @property
    def end(self) -> str:
        """Where the answer comes from."""
        if self.answer.received is not None:
            return "function"
        return "easy-auth" if "site" in {line.section for line in self.answer.trace} else "gateway"

    @property
    def told(self) -> list[str]:
        """What the trace says, in lines of the picture."""
        trace = str(self.answer.trace)
        parts: list[str] = []
        for pattern in self.shown:
            found = re.search(pattern, trace)
            assert found, f"{self.caller}, {self.how}: no {pattern!r} in\n{trace}"
            parts += textwrap.wrap(found[0], LETTERS[self.end])
        return parts


def calls() -> Iterator[Call]:
    """The calls of the table in `docs/guides/run-locally.md`; those through the gateway first."""
    recipe, wrong = simulate(chain()), chain()
    policy = wrong["resource"]["azurerm_api_management_api_policy"]["orders"]
    policy["xml_content"] = samples.policy(resource="api://nothing")
    elsewhere = simulate(wrong)
    yield Call(
        "GET /orders/7",
        "with a key",
        recipe.get("/orders/7", key=recipe.key()),
        (
            r"Managed identity token is added to Authorization header\.",
            r"The header Ocp-Apim-Subscription-Key is deleted",
        ),
    )
    without = recipe.get("/orders/7")
    yield Call("GET /orders/7", "without a key", without, (r"Access denied due to[^.]+\.",))
    failed = elsewhere.get("/orders/7", key=elsewhere.key())
    missing = r"AADSTS500011: .+? was not found in the tenant"
    yield Call("GET /orders/7", "with a key, wrong audience", failed, (missing,))
    token = recipe.token_of("stranger", has_role=True)
    for app in APPS:
        direct = recipe.direct(app, "/api/7")
        yield Call(app, "without a token", direct, (r"401: a request needs a valid token\.",))
    for app in APPS:
        stranger = recipe.direct(app, "/api/7", token=token)
        yield Call(app, "with a stranger's token", stranger, (r"403: \S+ is not in [^.]+\.",))


def draw() -> str:
    """The picture, the same for the same answers."""
    made = list(calls())
    through = sum(call.answer.trace.lines[0].section == "inbound" for call in made)
    height = FIRST + len(made) * BETWEEN
    below = FIRST + through * BETWEEN - 38
    rows = "".join(_row(FIRST + number * BETWEEN, call) for number, call in enumerate(made))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {height}" \
role="img" aria-labelledby="title description" \
font-family="ui-sans-serif, system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">
  <title id="title">What each call gets, and at which door</title>
  <desc id="description">{escape(" ".join(_sentence(call) for call in made))}</desc>
  <style>{STYLE}  </style>
  <defs>{_marker("go", "green")}{_marker("stop", "red")}</defs>
  <rect class="page" width="960" height="{height}" rx="10"/>
  <rect class="box" x="262" y="24" width="374" height="{below - 24}" rx="8"/>
  <text class="name" x="449" y="50" text-anchor="middle">API Management</text>
  <rect class="box" x="690" y="24" width="246" height="{height - 48}" rx="8"/>
  <text class="name" x="837" y="50" text-anchor="middle">Function app</text>
  <text class="small" x="837" y="68" text-anchor="middle">and its slot</text>
  <rect class="gate" x="662" y="24" width="76" height="{height - 48}" rx="6"/>
  <text class="name green" x="700" y="50" text-anchor="middle">Easy</text>
  <text class="name green" x="700" y="68" text-anchor="middle">Auth</text>
{rows}</svg>
"""


def _sentence(call: Call) -> str:
    place = {"gateway": "API Management", "easy-auth": "Easy Auth", "function": "the function"}
    return f"{call.caller} {call.how}: {call.answer.status} from {place[call.end]}."


def _marker(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path class="{colour}" d="M0 0 10 5 0 10z"/></marker>'
    )


def _row(y: int, call: Call) -> str:
    kind, colour = ("go", "green") if call.answer.status < 400 else ("stop", "red")
    end = ENDS[call.end]
    lines = [
        f'<text x="24" y="{y - 2}">{escape(call.caller)}</text>',
        f'<text class="small" x="24" y="{y + 16}">{escape(call.how)}</text>',
        f'<path class="{kind}" d="M206 {y}H{end}" marker-end="url(#{kind})"/>',
        f'<rect class="badge {kind}" x="{end + 4}" y="{y - 13}" width="46" height="26" rx="6"/>',
        f'<text class="status {colour}" x="{end + 27}" y="{y + 5}">{call.answer.status}</text>',
    ]
    told = call.told
    # Below the arrow, or beside the answer of a call that comes no further.
    left, top = (320, y + 12 - 8 * len(told)) if call.end == "gateway" else (272, y + 18)
    for number, line in enumerate(told):
        place = f'x="{left}" y="{top + 16 * number}"'
        lines.append(f'<text class="small" {place}>{escape(line)}</text>')
    received = call.answer.received
    if received is not None:
        keys = [name for name, _ in received.headers if "key" in name.lower()]
        seen = [f"{received.method} {received.url.path}", f"{len(keys) or 'no'} key seen"]
        for number, line in enumerate(seen):
            place = f'x="820" y="{y - 2 + 18 * number}"'
            lines.append(f'<text class="small" {place}>{escape(line)}</text>')
    return "".join(f"  {line}\n" for line in lines)


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
