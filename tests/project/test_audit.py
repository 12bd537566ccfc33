"""The audit finds what is weak in the locks, and never takes silence for a clean answer."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tools import audit, audit_packages, audit_programs, lock
from tools.audit_packages import Weakness
from tools.audit_programs import Audited, AuditError

PACKAGES = [("jinja2", "3.1.2"), ("rich", "14.0.0")]
JINJA = Weakness("jinja2", "3.1.2", ("PYSEC-1", "GHSA-h5c8", "CVE-1"), "fixed in 3.1.3")


# -- pip-audit, as it was seen to answer


def answer(name: str, version: str, *vulns: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": list(vulns)}


def unknown(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "skip_reason": f"Dependency not found on PyPI and could not be audited: {name}",
    }


WEAK = {"id": "PYSEC-1", "fix_versions": ["3.1.3"], "aliases": ["GHSA-h5c8", "CVE-1"]}
CLEAN_ANSWER = [answer("jinja2", "3.1.2"), answer("rich", "14.0.0")]
WEAK_ANSWER = [answer("jinja2", "3.1.2", WEAK), answer("rich", "14.0.0")]


@pytest.fixture
def pip_audit(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Makes a program that prints for each service what it is given, or fails if that is text."""

    def make(by_service: dict[str, Any]) -> Path:
        program = tmp_path / "pip-audit"
        program.write_text(
            f"#!{sys.executable}\n"
            "import json, sys\n"
            f"said = json.loads({json.dumps(by_service)!r})[sys.argv[-1]]\n"
            "if isinstance(said, str): sys.exit('Traceback\\n' + said)\n"
            "print(json.dumps({'dependencies': said, 'fixes': []}))\n"
            "sys.exit(any(each.get('vulns') for each in said))\n"
        )
        program.chmod(0o755)
        return program

    return make


def test_weaknesses_of_python_packages_are_found(
    pip_audit: Callable[[dict[str, Any]], Path],
) -> None:
    assert audit_packages.ask_pip_audit(pip_audit({"pypi": WEAK_ANSWER}), PACKAGES) == [JINJA]
    assert audit_packages.ask_pip_audit(pip_audit({"pypi": CLEAN_ANSWER}), PACKAGES) == []


@pytest.mark.parametrize(
    "silence",
    [
        pytest.param([unknown("jinja2"), unknown("rich")], id="knows nothing"),
        pytest.param([answer("jinja2", "3.1.2"), unknown("rich")], id="knows one"),
        pytest.param([answer("jinja2", "3.1.2")], id="forgets one"),
        pytest.param("ConnectionError: Name or service not known", id="is not reached"),
    ],
)
def test_next_service_is_asked_if_one_does_not_know_every_package(
    silence: object, pip_audit: Callable[[dict[str, Any]], Path]
) -> None:
    program = pip_audit({"pypi": silence, "osv": WEAK_ANSWER})
    assert audit_packages.ask_pip_audit(program, PACKAGES) == [JINJA]
    with pytest.raises(AuditError, match="could not ask") as caught:
        audit_packages.ask_pip_audit(pip_audit({"pypi": silence, "osv": silence}), PACKAGES)
    assert re.findall(r"^  (\w+): ", str(caught.value), re.MULTILINE) == ["pypi", "osv"]
    assert "Traceback" not in str(caught.value)


def test_each_version_of_a_package_is_asked_about(tmp_path: Path) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, sys\n"
        "lines = open(sys.argv[sys.argv.index('--requirement') + 1]).read().split()\n"
        "pairs = [line.split('==') for line in lines]\n"
        "assert len({name for name, _ in pairs}) == len(pairs)\n"
        "weak = {'id': 'PYSEC-2', 'fix_versions': [], 'aliases': []}\n"
        "print(json.dumps({'dependencies': [\n"
        "    {'name': n, 'version': v, 'vulns': [weak]} for n, v in pairs]}))\n"
    )
    program.chmod(0o755)
    packages = [*PACKAGES, ("rich", "13.0.0")]
    found = audit_packages.ask_pip_audit(program, packages)
    assert {(each.package, each.version) for each in found} == set(packages)
    assert {each.meaning for each in found} == {"fixed in no version yet"}


def test_every_locked_python_package_is_asked_about(repository: Path) -> None:
    asked = audit_packages.locked_python(repository)
    pipfile_lock = json.loads((repository / "Pipfile.lock").read_text())
    for category, packages in pipfile_lock.items():
        if category != "_meta":
            assert {(n, p["version"].removeprefix("==")) for n, p in packages.items()} <= {*asked}
    for path in (repository / "requirements").glob("*.txt"):
        pinned = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", path.read_text(), re.MULTILINE)
        assert len(pinned) > 10
        assert set(pinned) <= {*asked}


# -- the programs themselves, and a service on this machine


@contextmanager
def serving(replies: Callable[[str, str, bytes], tuple[int, object]]) -> Iterator[str]:
    """The address of a server that answers each method, path and body with a status and JSON."""

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, said = replies(self.command, self.path, body)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = reply

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that locks one Node package, which npm may ask about once."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on the PATH")
    wanted = {"name": "x", "devDependencies": {"tar": "6.0.0"}}
    locked = {"": wanted, "node_modules/tar": {"version": "6.0.0", "dev": True}}
    whole = {"name": "x", "lockfileVersion": 3, "requires": True, "packages": locked}
    (tmp_path / "package.json").write_text(json.dumps(wanted))
    (tmp_path / "package-lock.json").write_text(json.dumps(whole))
    monkeypatch.setenv("NPM_CONFIG_FETCH_RETRIES", "0")
    monkeypatch.setenv("NPM_CONFIG_CACHE", str(tmp_path / "npm"))
    return tmp_path


def registry(advisories: list[dict[str, Any]]) -> Callable[[str, str, bytes], tuple[int, object]]:
    def reply(method: str, path: str, body: bytes) -> tuple[int, object]:
        if method == "POST" and path.endswith("/advisories/bulk"):
            return 200, {"tar": advisories} if advisories else {}
        version = {"name": "tar", "version": "6.0.0", "dist": {"tarball": "http://127.0.0.1/"}}
        return 200, {"name": "tar", "versions": {"6.0.0": version}, "dist-tags": {}}

    return reply


@pytest.mark.parametrize("weak", [True, False])
def test_npm_finds_the_weaknesses_that_the_registry_knows(
    weak: bool, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advisory = {
        "id": 1,
        "url": "https://github.com/advisories/GHSA-3jfq",
        "title": "Arbitrary File Overwrite",
        "severity": "high",
        "vulnerable_versions": "<6.1.2",
    }
    with serving(registry([advisory] if weak else [])) as url:
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", url)
        found = audit_packages.ask_npm(project)
    meaning = "Arbitrary File Overwrite (high, <6.1.2)"
    assert found == ([Weakness("tar", "6.0.0", ("GHSA-3jfq",), meaning)] if weak else [])


@pytest.mark.parametrize("status", [405, 500])
def test_npm_that_gets_no_answer_is_no_success(
    status: int, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda method, path, body: (status, {})) as url:
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", url)
        with pytest.raises(AuditError, match=f"could not ask (.|\n)*{status}"):
            audit_packages.ask_npm(project)
    with pytest.raises(AuditError, match="could not ask"):
        audit_packages.ask_npm(project)


def osv(method: str, path: str, body: bytes) -> tuple[int, object]:
    asked = json.loads(body)
    if (asked["package"]["name"], asked["version"]) != ("jinja2", "3.1.2"):
        return 200, {}
    events = [{"introduced": "0"}, {"fixed": "3.1.3"}]
    affected = {
        "package": {"name": "jinja2", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    said = {
        "id": "PYSEC-1",
        "aliases": ["GHSA-h5c8", "CVE-1"],
        "summary": "",
        "affected": [affected],
    }
    return 200, {"vulns": [said]}


def test_pip_audit_itself_answers_as_recorded() -> None:
    programs = audit_programs.installed("audit")
    if programs is None:
        pytest.skip("pip-audit is not there: `make audit` installs it")
    with serving(osv) as url:
        service = ("--vulnerability-service", "osv", "--osv-url", url)
        found = audit_packages.ask_pip_audit(programs / "pip-audit", PACKAGES, [service])
    assert [(each.package, sorted(each.ids), each.meaning) for each in found] == [
        ("jinja2", sorted(JINJA.ids), "fixed in 3.1.3")
    ]
    with serving(lambda method, path, body: (500, {})) as url:
        service = ("--vulnerability-service", "osv", "--osv-url", url)
        with pytest.raises(AuditError, match="could not ask"):
            audit_packages.ask_pip_audit(programs / "pip-audit", PACKAGES, [service])


# -- what is accepted

TODAY = date(2026, 6, 1)
REASON = "Nobody calls it with text from outside"


def acceptance(days: int = 10, reason: str = REASON) -> dict[str, object]:
    return {"reason": reason, "until": TODAY + timedelta(days)}


@pytest.mark.parametrize(
    ("accepted", "problems"),
    [
        ({"PYSEC-1": acceptance()}, []),
        ({"CVE-1": acceptance(0)}, []),
        ({}, ["jinja2 3.1.2: PYSEC-1: fixed in 3.1.3"]),
        ({"CVE-1": acceptance(-1)}, ["CVE-1 was accepted until 2026-05-31"]),
        ({"CVE-1": acceptance(93)}, ["CVE-1 is accepted until 2026-09-02, longer than 92 days"]),
        ({"CVE-1": {"reason": REASON}}, ["CVE-1 is accepted without an end"]),
        ({"CVE-1": {"reason": REASON, "until": "soon"}}, ["CVE-1 is accepted without an end"]),
        ({"CVE-1": acceptance(reason="harmless")}, ["CVE-1 is accepted without a reason"]),
        (
            {"CVE-1": acceptance(), "CVE-2": acceptance()},
            ["CVE-2 is accepted, and nothing has it any more"],
        ),
    ],
)
def test_what_is_not_accepted_and_what_is_accepted_in_vain_is_reported(
    accepted: dict[str, dict[str, object]], problems: list[str]
) -> None:
    said = audit_packages.judge([JINJA], accepted, TODAY)
    assert len(said) == len(problems)
    for sentence, start in zip(said, problems, strict=True):
        assert sentence.startswith(start)


# -- the whole


def clean() -> Audited:
    return Audited([], "2 packages, no weakness")


def weak() -> Audited:
    return Audited(["jinja2 3.1.2: PYSEC-1"], "")


def silent() -> Audited:
    raise AuditError("could not ask")


@pytest.mark.parametrize(
    ("parts", "status"), [([clean], 0), ([clean, weak], 1), ([silent, weak, clean], 2)]
)
def test_every_part_is_done_and_the_worst_decides(
    parts: list[Callable[[], Audited]],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(audit, "PARTS", {part.__name__: part for part in parts})
    assert audit.main([]) == status
    said = capsys.readouterr()
    assert ("audit: weak: jinja2 3.1.2: PYSEC-1" in said.out) == (weak in parts)
    assert ("audit: silent: could not ask" in said.err) == (silent in parts)
    assert "audit: clean: 2 packages, no weakness" in said.out
    assert "audit: silent" not in said.out


def test_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        audit.main(["nodes"])
    assert "no such part: nodes; there are environments, " in capsys.readouterr().err


def test_programs_of_the_audit_are_fixed_by_hashes(repository: Path) -> None:
    locked = {path.stem for path in (repository / "requirements").glob("*.txt")}
    assert locked == lock.GROUPS.keys()
    for group, wanted in lock.GROUPS.items():
        text = audit_programs.requirements(group).read_text()
        assert "://" not in text
        packages = re.split(r"\n(?=\w)", text.partition("\n")[2])
        assert set(wanted) <= {package.split()[0] for package in packages}
        for package in packages:
            assert re.match(
                r"[\w.-]+(\[[\w,-]+\])?==[^\s;]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+",
                package,
            )
