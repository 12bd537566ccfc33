"""Measure the library against plain CDKTF in one go, and write docs/performance.md's figures.

    python benchmarks/run.py                     synth of 1, 10, 50 and 200 APIs, `cdktf synth`,
                                                 the access analysis, the simulated chain
    python benchmarks/run.py --runs 3 --apis 1 10
    python benchmarks/run.py --no-synth --no-cli keep those figures, measure the others
    python benchmarks/run.py --tests [PATH ...]  tests too, with the engine on and off
    python benchmarks/run.py --report            only write the figures again, from results.json

The programs run in turn, one after the other in each round, so that a busy moment of the machine
meets all of them. Trust the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import report
from load import load, recipe
from measure import Cost, run
from same import resources

BENCHMARKS = Path(__file__).resolve().parent
REPOSITORY = BENCHMARKS.parent
RESULTS = BENCHMARKS / "results.json"
PROGRAMS = ("plain", "library", "floor")
ANALYSED = 857
"""APIs that the analysis reads: 12,000 resources."""
CONNECTIONS = 100
"""Connections that `serve` answers at once."""
ENVIRONMENT = {
    "PYTHONPATH": str(REPOSITORY),
    "CI": "1",
    "CHECKPOINT_DISABLE": "1",
    "DISABLE_VERSION_CHECK": "1",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--apis", type=int, nargs="+", default=[1, 10, 50, 200])
    parser.add_argument(
        "--tests", nargs="*", metavar="PATH", help="measure these tests too, all if none is named"
    )
    parser.add_argument("--no-synth", action="store_true", help="keep the figures of synth")
    parser.add_argument("--no-cli", action="store_true", help="keep those of `cdktf synth`")
    parser.add_argument("--no-analysis", action="store_true", help="keep those of the analysis")
    parser.add_argument("--no-simulation", action="store_true", help="keep those of the chain")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    options = parser.parse_args()
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if not options.report:
        if not options.no_synth:
            results["machine"] = machine()
            results["synth"] = synth(options.apis, options.runs)
        if not options.no_cli:
            results["cdktf synth"] = cdktf_synth(options.runs)
        if not options.no_analysis:
            results["analysis"] = analysis(options.runs)
        if not options.no_simulation:
            results["simulation"] = simulation(options.runs)
        if options.tests is not None:
            results["tests"] = tests(options.tests or ["tests"])
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    report.write(results, REPOSITORY / "docs")


def machine() -> dict[str, str]:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "node": node.stdout.strip().removeprefix("v"),
    }


def synth(apis: Sequence[int], runs: int) -> list[dict[str, Any]]:
    """Run each program once to warm the caches and compare their stacks, then in rounds."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        for program in PROGRAMS:
            run(_python(program, 2, folder / program), folder=folder, environment=ENVIRONMENT)
        stacks = [resources(folder / program) for program in PROGRAMS]
        if not stacks[0] == stacks[1] == stacks[2]:
            raise SystemExit("the programs do not make the same resources")
        for round_ in range(runs):
            for count in apis:
                for program in PROGRAMS:
                    command = _python(program, count, folder / program)
                    cost = run(command, folder=folder, environment=ENVIRONMENT)
                    found.append({"program": program, "apis": count, **_rounded(cost)})
                    _say(f"round {round_ + 1}: {program} with {count} APIs", cost)
    return found


def cdktf_synth(runs: int) -> list[dict[str, Any]]:
    """Run `cdktf synth` with an empty package cache of jsii, and again with what that left."""
    found: list[dict[str, Any]] = []
    command = REPOSITORY / "node_modules" / ".bin" / "cdktf"
    for round_ in range(runs):
        for program in PROGRAMS:
            with tempfile.TemporaryDirectory() as directory:
                folder = Path(directory)
                (folder / "cdktf.json").write_text(
                    json.dumps(
                        {
                            "language": "python",
                            "app": " ".join(_python(program, 1, Path("cdktf.out"))),
                            "projectId": "00000000-0000-0000-0000-000000000000",
                            "sendCrashReports": "false",
                        }
                    )
                )
                environment = {
                    **ENVIRONMENT,
                    "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(folder / "cache"),
                }
                for cache in ("cold", "warm"):
                    cost = run([str(command), "synth"], folder=folder, environment=environment)
                    found.append({"program": program, "cache": cache, **_rounded(cost)})
                    _say(f"round {round_ + 1}: cdktf synth, {program}, {cache} cache", cost)
    return found


def analysis(runs: int) -> list[dict[str, Any]]:
    """Run the access analysis of many APIs, in turn with plain CDKTF's synth of one."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        stacks = folder / "many"
        run(_python("library", ANALYSED, stacks), folder=folder, environment=ENVIRONMENT)
        command = [sys.executable, str(BENCHMARKS / "programs" / "analysis.py"), str(stacks)]
        for round_ in range(runs):
            plain = _python("plain", 1, folder / "plain")
            cost = run(plain, folder=folder, environment=ENVIRONMENT)
            found.append({"program": "plain", **_rounded(cost), "seconds": round(cost.wall, 3)})
            _say(f"round {round_ + 1}: plain with 1 APIs", cost)
            cost = run(command, folder=folder, environment=ENVIRONMENT)
            told = json.loads((folder / "output.txt").read_text())
            found.append({"program": "analysis", "apis": ANALYSED, **_rounded(cost), **told})
            _say(f"round {round_ + 1}: analysis of {told['resources']} resources", cost)
    return found


def simulation(runs: int) -> dict[str, Any]:
    """Call the simulated recipe: part by part in one process, and `serve` for a minute."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        stack = recipe(folder)
        program = str(BENCHMARKS / "programs" / "simulation.py")
        command = [sys.executable, program, str(stack), "/orders/orders/7", str(runs)]
        cost = run(command, folder=folder, environment=ENVIRONMENT)
        rates: dict[str, Any] = json.loads((folder / "output.txt").read_text())
        _say(f"requests a second: {rates}", cost)
        found = load(stack, CONNECTIONS, 60)
        print(f"under load: {found}", flush=True)
    return {"rates": rates, "load": found}


def tests(paths: Sequence[str]) -> list[dict[str, Any]]:
    """Run tests with the engine on and off, once each; not its own, which switch it themselves."""
    found: list[dict[str, Any]] = []
    for engine in ("on", "off"):
        with tempfile.TemporaryDirectory() as directory:
            cost = run(
                [
                    *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                    *("-c", str(REPOSITORY / "pyproject.toml"), f"--rootdir={REPOSITORY}"),
                    f"--ignore={REPOSITORY / 'tests' / 'engine'}",
                    *(str(REPOSITORY / path) for path in paths),
                ],
                folder=Path(directory),
                environment={**ENVIRONMENT, "CONSTRUCTS_LIB_LAZY_BINDINGS": engine},
            )
        found.append({"tests": " ".join(paths), "engine": engine, **_rounded(cost)})
        _say(f"{' '.join(paths)}, engine {engine}", cost)
    return found


def _python(program: str, apis: int, output: Path) -> list[str]:
    return [
        sys.executable,
        str(BENCHMARKS / "programs" / f"{program}.py"),
        str(apis),
        str(output),
    ]


def _rounded(cost: Cost) -> dict[str, float]:
    return {name: round(value, 3) for name, value in asdict(cost).items()}


def _say(what: str, cost: Cost) -> None:
    print(f"{what}: {cost.wall:.2f} s, CPU {cost.cpu:.2f} s, {cost.memory:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
