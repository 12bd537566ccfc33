"""Asks whether a locked package has a known weakness: pip-audit for Python, npm for Node.

What is found has to be upgraded, or accepted in requirements/accepted.yaml with reason and end.
A service that does not answer, or not for every package, is an error and not a clean result:
pip-audit itself passes over what the service does not know and ends with exit status 0.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from tools.audit_programs import ROOT, Audited, AuditError, install, run, said

ACCEPTED = ROOT / "requirements/accepted.yaml"

# How long one may put up with a weakness before looking at it again.
LONGEST = timedelta(days=92)

# What pip-audit may ask, by its own names: the first that answers for every package is believed.
SERVICES = (("--vulnerability-service", "pypi"), ("--vulnerability-service", "osv"))


@dataclass(frozen=True, order=True)
class Weakness:
    """One advisory that holds for one locked package.

    Attributes:
        package: Its name.
        version: The locked version.
        ids: What the advisory is known by; the first is the one to print.
        meaning: What it is about, or which versions do not have it.
    """

    package: str
    version: str
    ids: tuple[str, ...]
    meaning: str


def audit_python() -> Audited:
    """Ask about Pipfile.lock and requirements/*.txt.

    Raises:
        AuditError: If no service answered for all packages.
    """
    packages = locked_python(ROOT)
    found = ask_pip_audit(install("audit") / "pip-audit", packages)
    return _judged("python", found, len(packages))


def audit_node() -> Audited:
    """Ask about package-lock.json.

    Raises:
        AuditError: If the registry did not answer.
    """
    lock = json.loads((ROOT / "package-lock.json").read_text())
    return _judged("node", ask_npm(ROOT), len(lock["packages"]) - 1)


def _judged(ecosystem: str, found: Sequence[Weakness], asked: int) -> Audited:
    accepted = (yaml.safe_load(ACCEPTED.read_text()) or {}).get(ecosystem) or {}
    problems = judge(found, accepted, date.today())
    known = f"{len(found)} known weaknesses, all accepted" if found else "no known weakness"
    return Audited(problems, f"{asked} packages, {known}")


def locked_python(root: Path) -> list[tuple[str, str]]:
    """Name and version of every Python package that some lock file has, sorted."""
    lock = json.loads((root / "Pipfile.lock").read_text())
    groups = (packages for category, packages in lock.items() if category != "_meta")
    found = {
        (name, package["version"].removeprefix("=="))
        for packages in groups
        for name, package in packages.items()
    }
    for path in (root / "requirements").glob("*.txt"):
        for line in path.read_text().splitlines():
            name, equals, rest = line.partition("==")
            if equals and not line.startswith((" ", "#")):
                found.add((name.partition("[")[0], rest.split()[0]))
    return sorted(found)


def ask_pip_audit(
    pip_audit: Path,
    packages: Iterable[tuple[str, str]],
    services: Sequence[Sequence[str]] = SERVICES,
) -> list[Weakness]:
    """Return the weaknesses of these Python packages, sorted.

    Args:
        pip_audit: The program.
        packages: Name and version of each; one name may have several versions.
        services: Options that name a service, in the order in which to try them.

    Raises:
        AuditError: If none of the services answered for every package.
    """
    files: list[dict[str, str]] = []
    for name, version in packages:
        # A requirements file takes a name once.
        one = next((file for file in files if name not in file), None)
        if one is None:
            files.append(one := {})
        one[name] = version
    refusals: list[str] = []
    for service in services:
        try:
            return sorted({each for file in files for each in _ask(pip_audit, file, service)})
        except AuditError as error:
            refusals.append(f"  {service[-1]}: {error}")
    raise AuditError(
        "\n".join(["could not ask whether the locked Python packages have weaknesses", *refusals])
    )


def _ask(
    pip_audit: Path, packages: Mapping[str, str], service: Sequence[str]
) -> Iterable[Weakness]:
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder, "requirements.txt")
        asked.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()))
        done = run(
            pip_audit, "--requirement", asked, "--no-deps", "--disable-pip", "--format", "json",
            "--aliases", "on", "--desc", "off", "--progress-spinner", "off", *service,
        )  # fmt: skip
    try:
        answers = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        raise AuditError(_last_line(said(done))) from None
    unknown = [each["skip_reason"] for each in answers if "skip_reason" in each]
    if unknown or len(answers) != len(packages):
        answered = len(answers) - len(unknown)
        reason = "".join(f": {text}" for text in unknown[:1])
        raise AuditError(f"answered for {answered} of {len(packages)} packages{reason}")
    for each in answers:
        for advisory in each["vulns"]:
            ids = (advisory["id"], *advisory.get("aliases", ()))
            fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
            yield Weakness(each["name"], each["version"], ids, f"fixed in {fixed}")


def ask_npm(folder: Path) -> list[Weakness]:
    """Return the weaknesses of the Node packages that are locked in a folder, sorted.

    Raises:
        AuditError: If the registry did not answer.
    """
    done = run("npm", "audit", "--json", "--package-lock-only", "--prefix", folder)
    try:
        report = json.loads(done.stdout)
        packages = report["vulnerabilities"].values()
    except (ValueError, KeyError):
        raise AuditError(
            "could not ask whether the locked Node packages have weaknesses\n"
            f"  {_refusal(done.stdout) or _last_line(said(done))}"
        ) from None
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    return sorted(
        Weakness(
            package["name"],
            locked[node]["version"],
            (advisory["url"].rpartition("/")[2],),
            f"{advisory['title']} ({advisory['severity']}, {advisory['range']})",
        )
        for package in packages
        for advisory in package["via"]
        # Where it is no record it is the name of the package that has the weakness.
        if isinstance(advisory, dict)
        for node in package["nodes"]
    )


def _refusal(report: str) -> str:
    try:
        return str(json.loads(report)["message"])
    except (ValueError, KeyError):
        return ""


def _last_line(text: str) -> str:
    return text.splitlines()[-1] if text else "no answer"


def judge(
    found: Sequence[Weakness], accepted: Mapping[str, Mapping[str, Any]], today: date
) -> list[str]:
    """Return a sentence for each weakness that nobody accepted, and each acceptance gone stale.

    Args:
        found: The weaknesses.
        accepted: By one of the ids: `reason`, and `until`, the date up to which it holds.
        today: The date to judge by.
    """
    problems = [
        f"{each.package} {each.version}: {each.ids[0]}: {each.meaning}"
        for each in found
        if not accepted.keys() & set(each.ids)
    ]
    known = {name for each in found for name in each.ids}
    for name, acceptance in accepted.items():
        if len(str(acceptance.get("reason", "")).split()) < 5:
            problems.append(f"{name} is accepted without a reason that one could judge")
        until = acceptance.get("until")
        if not isinstance(until, date):
            problems.append(f"{name} is accepted without an end: until: {today + LONGEST}")
        elif until < today:
            problems.append(f"{name} was accepted until {until}: upgrade it, or judge it anew")
        elif until > today + LONGEST:
            problems.append(f"{name} is accepted until {until}, longer than {LONGEST.days} days")
        if name not in known:
            problems.append(f"{name} is accepted, and nothing has it any more")
    return problems
