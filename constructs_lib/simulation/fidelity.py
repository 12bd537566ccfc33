"""How sure each behaviour of the simulation is: documented, observed or assumed, with its source.

The data are in `fidelity.tsv`, once; the trace of a call names those that it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

Sureness = Literal["documented", "observed", "assumed"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Something that the simulation does as Azure does.

    Attributes:
        id: What the trace calls it.
        sureness: Whether Microsoft documents it, somebody saw it, or it is assumed.
        what: What happens, as a sentence.
        source: Where that is written, or why it is assumed.
    """

    id: str
    sureness: Sureness
    what: str
    source: str

    def __str__(self) -> str:
        return f"{self.what.rstrip('.')} ({self.id})"


@cache
def behaviours() -> dict[str, Behaviour]:
    """All behaviours, by their ids."""
    text = Path(__file__).with_name("fidelity.tsv").read_text(encoding="utf-8")
    found: dict[str, Behaviour] = {}
    for line in text.splitlines()[1:]:
        name, sureness, what, source = line.split("\t")
        found[name] = Behaviour(name, cast("Sureness", sureness), what, source)
    return found


def behaviour(name: str) -> Behaviour:
    """A behaviour by its id."""
    return behaviours()[name]
