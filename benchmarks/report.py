"""Turn the measured figures into the tables and the picture of docs/performance.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

Records = list[dict[str, Any]]

NAMES = {
    "plain": "plain CDKTF",
    "library": "this library",
    "floor": "no bindings (floor)",
}
COLOURS = {"plain": "#b3541e", "library": "#1f6f8b", "floor": "#9a9a9a"}


def write(results: dict[str, Any], docs: Path) -> None:
    """Write `performance.svg`, and what stands between the markers of `performance.md`."""
    page = docs / "performance.md"
    text = page.read_text()
    for name, make in _BLOCKS.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        block = make(results)
        if not re.search(pattern, text, flags=re.DOTALL):
            raise SystemExit(f"{page} has no block {name!r}")
        text = re.sub(pattern, rf"\1\n{block}\n\n\2", text, flags=re.DOTALL)
    page.write_text(text)
    _picture(results["synth"], docs / "performance.svg")


def growth(records: Records, program: str, measure: str) -> float:
    """How much each additional API costs, by linear regression through the medians."""
    counts = sorted({record["apis"] for record in records})
    values = [_median(records, measure, program=program, apis=count) for count in counts]
    return linear_regression(counts, values).slope


def _machine(results: dict[str, Any]) -> str:
    machine = results["machine"]
    runs = sum(
        1
        for record in results["synth"]
        if record["program"] == "plain" and record["apis"] == results["synth"][0]["apis"]
    )
    return (
        f"{machine['system']}, {machine['cores']} cores, Python {machine['python']}, "
        f"Node {machine['node']}; medians of {runs} runs."
    )


def _synth(results: dict[str, Any]) -> str:
    records: Records = results["synth"]
    rows: list[list[str]] = []
    for count in sorted({record["apis"] for record in records}):
        for program in NAMES:
            row = [str(count), NAMES[program]]
            for measure, unit in (("wall", "s"), ("cpu", "s"), ("memory", "MB")):
                value = _median(records, measure, program=program, apis=count)
                plain = _median(records, measure, program="plain", apis=count)
                shown = f"{value:.0f}" if unit == "MB" else f"{value:.2f}"
                row.append(f"{shown} {unit} ({value / plain:.2f} x)")
            rows.append(row)
    return _table(["APIs", "program", "wall", "CPU", "peak memory"], rows)


def _growth(results: dict[str, Any]) -> str:
    records: Records = results["synth"]
    rows: list[list[str]] = []
    for program in NAMES:
        row = [NAMES[program]]
        for measure, factor, unit in (
            ("wall", 1000, "ms"),
            ("cpu", 1000, "ms"),
            ("memory", 1, "MB"),
        ):
            value, plain = (growth(records, which, measure) for which in (program, "plain"))
            row.append(
                f"{value * factor:.{1 if unit == 'ms' else 2}f} {unit} ({value / plain:.2f} x)"
            )
        rows.append(row)
    return _table(["each additional API", "wall", "CPU", "peak memory"], rows)


def _cdktf_synth(results: dict[str, Any]) -> str:
    records: Records = results.get("cdktf synth", [])
    rows = [
        [
            NAMES[program],
            *(
                f"{_median(records, 'wall', program=program, cache=cache):.1f} s"
                for cache in ("cold", "warm")
            ),
        ]
        for program in NAMES
        if records
    ]
    return _table(["`cdktf synth`, one API", "cold cache", "warm cache"], rows)


def _analysis(results: dict[str, Any]) -> str:
    records: Records = results.get("analysis", [])
    rows: list[list[str]] = []
    for program, name in (("plain", "synth of one API, plain CDKTF"), ("analysis", "analysis")):
        own = [record for record in records if record["program"] == program]
        if not own:
            continue
        if program == "analysis":
            name += f" of {own[0]['resources']:,} resources ({own[0]['apis']:,} APIs)"
        plain = _median(records, "seconds", program="plain")
        seconds, wall, memory = (
            _median(records, measure, program=program) for measure in ("seconds", "wall", "memory")
        )
        rows.append(
            [
                name,
                f"{seconds:.2f} s ({seconds / plain:.2f} x)",
                f"{wall:.2f} s",
                f"{memory:.0f} MB",
            ]
        )
    return _table(["what", "alone", "whole process", "peak memory"], rows)


def _simulation(results: dict[str, Any]) -> str:
    rates: dict[str, float] = results.get("simulation", {}).get("rates", {})
    names = {
        "gateway": "gateway, with a backend that answers at once",
        "chain": "gateway, Entra, Easy Auth and a function",
    }
    rows = [[names[part], f"{rate:,.0f}"] for part, rate in rates.items()]
    return _table(["the recipe, in one process", "requests a second on one core"], rows)


def _load(results: dict[str, Any]) -> str:
    found: dict[str, Any] | None = results.get("simulation", {}).get("load")
    if found is None:
        return ""
    memory: dict[str, float] = found["memory"]
    head = [f"`serve`, {found['connections']} connections for {found['seconds']} s"]
    head += ["requests", "lost", "wrong", *(f"memory after {each} s" for each in memory)]
    rate = found["requests"] / found["seconds"]
    row = [f"{rate:,.0f} requests a second"]
    row += [f"{found[each]:,}" for each in ("requests", "lost", "wrong")]
    return _table(head, [[*row, *(f"{each:.0f} MB" for each in memory.values())]])


def _tests(results: dict[str, Any]) -> str:
    rows = [
        [
            f"`pytest {record['tests']}`, engine {record['engine']}",
            f"{record['wall']:.0f} s",
            f"{record['cpu']:.0f} s",
            f"{record['memory']:.0f} MB",
        ]
        for record in results.get("tests", [])
    ]
    return _table(["tests, in one process", "wall", "CPU", "peak memory"], rows)


_BLOCKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "machine": _machine,
    "synth": _synth,
    "growth": _growth,
    "cdktf synth": _cdktf_synth,
    "analysis": _analysis,
    "simulation": _simulation,
    "load": _load,
    "tests": _tests,
}


def _median(records: Records, measure: str, **selection: object) -> float:
    return median(
        record[measure]
        for record in records
        if all(record[name] == value for name, value in selection.items())
    )


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _picture(records: Records, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    # The same bytes for the same figures, so that git shows a change only if there is one.
    mpl.rcParams.update({"svg.hashsalt": "performance", "font.size": 9, "svg.fonttype": "none"})
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for axis, measure, label in (
        (axes[0], "wall", "wall time, s"),
        (axes[1], "memory", "peak memory of Python and Node, MB"),
    ):
        counts = sorted({record["apis"] for record in records})
        for program, name in NAMES.items():
            values = [_median(records, measure, program=program, apis=n) for n in counts]
            axis.plot(counts, values, marker="o", label=name, color=COLOURS[program])
        axis.set_xlabel("APIs in the stack (12 resources each)")
        axis.set_title(label, loc="left", fontsize=9)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
