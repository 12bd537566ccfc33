"""This project's pipeline and those that init writes: no secret, least rights, pinned, linted."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from constructs_lib.init.project import Answers, project_files
from tools import audit, audit_programs

ANSWERS = Answers(name="orders")


@pytest.fixture(scope="module")
def azure_pipeline() -> str:
    return project_files(Answers(name="orders", ci="azure"))["azure-pipelines.yml"]


@pytest.fixture(scope="module", params=["written", "own"])
def workflows(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> Path:
    """A folder of GitHub workflows."""
    if request.param == "own":
        return repository / ".github/workflows"
    folder = tmp_path_factory.mktemp("project") / ".github/workflows"
    folder.mkdir(parents=True)
    text = project_files(ANSWERS)[".github/workflows/secured-functions.yml"]
    (folder / "secured-functions.yml").write_text(text)
    return folder


def jobs_of(folder: Path) -> dict[str, Any]:
    documents = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yml"))]
    assert documents
    return {name: job for document in documents for name, job in document["jobs"].items()}


def test_actions_are_pinned_to_a_commit_with_the_version_beside_it(workflows: Path) -> None:
    lines = [
        line
        for path in workflows.glob("*.yml")
        for line in path.read_text().splitlines()
        if "uses:" in line
    ]
    assert lines
    for line in lines:
        assert re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_one_action_has_one_commit(repository: Path) -> None:
    texts = [path.read_text() for path in (repository / ".github/workflows").glob("*.yml")]
    texts.append(project_files(ANSWERS)[".github/workflows/secured-functions.yml"])
    pins: dict[str, set[str]] = {}
    for action, pin in re.findall(r"uses: (\S+)@(.+)", "\n".join(texts)):
        pins.setdefault(action, set()).add(pin)
    assert {action: len(found) for action, found in pins.items()} == dict.fromkeys(pins, 1)


def test_no_pipeline_knows_a_secret(workflows: Path, azure_pipeline: str) -> None:
    for text in (*(path.read_text() for path in workflows.glob("*.yml")), azure_pipeline):
        assert "secrets." not in text
        assert not re.search(r"(?i)client.?secret|password|access.?key", text)


def test_checkout_leaves_no_token_behind(workflows: Path, azure_pipeline: str) -> None:
    for name, job in jobs_of(workflows).items():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name
    checkouts = azure_pipeline.count("checkout: self")
    assert checkouts == azure_pipeline.count('persistCredentials: "false"') > 0


def test_only_jobs_that_sign_in_get_an_identity_and_none_of_them_may_comment() -> None:
    workflow = yaml.safe_load(project_files(ANSWERS)[".github/workflows/secured-functions.yml"])
    assert workflow["permissions"] == {}
    read, sign_in = {"contents": "read"}, {"contents": "read", "id-token": "write"}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "check": read,
        "plan": sign_in,
        "comment": {"pull-requests": "write"},
        "deploy": sign_in,
    }
    comment = workflow["jobs"]["comment"]["steps"]
    assert not [step for step in comment if "checkout" in step.get("uses", "")]


def test_only_the_job_that_publishes_a_release_gets_an_identity(repository: Path) -> None:
    folder = repository / ".github/workflows"
    documents = {path.stem: yaml.safe_load(path.read_text()) for path in folder.glob("*.yml")}
    assert documents["ci"]["permissions"] == {"contents": "read"}
    assert documents["release"]["permissions"] == {}
    assert not [job for job in documents["ci"]["jobs"].values() if "permissions" in job]
    jobs = documents["release"]["jobs"]
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "test": {"contents": "read"},
        "build": {"contents": "read"},
        "publish": {"id-token": "write", "attestations": "write"},
    }
    publish = jobs["publish"]
    assert (publish["needs"], publish["environment"]) == (["test", "build"], "pypi")
    assert not [step for step in publish["steps"] if "checkout" in step.get("uses", "")]
    assert "password" not in publish["steps"][-1].get("with", {})


def test_what_is_published_was_built_alike_twice(repository: Path) -> None:
    release = yaml.safe_load((repository / ".github/workflows/release.yml").read_text())
    build, publish = release["jobs"]["build"], release["jobs"]["publish"]
    first, second = build["strategy"]["matrix"]["python"]
    assert first != second
    assert "make build" in [step.get("run") for step in build["steps"]]
    scripts = "".join(step.get("run", "") for step in publish["steps"])
    assert f"diff --recursive built-on-{first} built-on-{second}\n" in scripts


def test_everything_is_checked_before_a_merge_and_before_a_release(repository: Path) -> None:
    run = (repository / ".ci/run").read_text()
    steps = re.search(r"^for target in (.+); do$", run, re.MULTILINE)
    assert steps is not None
    assert steps[1].split() == ["synth", "lint", "docs", "audit", "test", "changes", "smoke"]
    parts = re.search(r'^export PARTS="(.+)"$', run, re.MULTILINE)
    assert parts is not None
    for path in (repository / ".github/workflows").glob("*.yml"):
        text = path.read_text()
        assert "run: .ci/run" in text
        asked = re.search(r'run: make audit PARTS="(.+)"', text)
        assert asked is not None
        # Together they are all.
        assert [*parts[1].split(), *asked[1].split()] == list(audit.PARTS)


def test_text_of_a_pull_request_is_never_part_of_a_script(
    workflows: Path, azure_pipeline: str
) -> None:
    for name, job in jobs_of(workflows).items():
        for step in job["steps"]:
            assert "${{ github.event" not in step.get("run", ""), name
            assert "${{ github.head_ref" not in step.get("run", ""), name
    branches = re.findall(
        r"^(.*)\$\(System\.PullRequest\.\w*Branch\)", azure_pipeline, re.MULTILINE
    )
    assert [line.strip() for line in branches] == ["TARGET:"]


@pytest.mark.parametrize("ci", ["github", "azure"])
def test_every_target_that_a_pipeline_makes_is_there(ci: str) -> None:
    written = project_files(Answers(name="orders", ci=ci))  # pyright: ignore[reportArgumentType]
    targets = set(re.findall(r"^([a-z]+):.*##", written["Makefile"], re.MULTILINE))
    text = "\n".join(text for name, text in written.items() if name.endswith(".yml"))
    made = set(re.findall(r"make (?:-C base )?([a-z]+)", text))
    assert {"test", "check", "plan", "deploy", "verify", "synth"} <= made <= targets


def test_azure_pipelines_signs_in_by_federation_and_stops_at_local_state(
    azure_pipeline: str,
) -> None:
    document = yaml.safe_load(azure_pipeline)
    stages: dict[str, Any] = {}
    for entry in document["stages"]:
        for stage in [entry] if "stage" in entry else next(iter(entry.values())):
            stages[stage["stage"]] = stage
    assert list(stages) == ["check", "plan", "comment", "deploy"]
    deploy = stages["deploy"]["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"]
    assert deploy[-1]["env"]["ARM_USE_OIDC"] == "true"
    assert "backend.local" in deploy[-2]["bash"]
    assert not re.search(r": [&*]\w", azure_pipeline)  # anchors, which Azure Pipelines refuses


def tool(name: str) -> Path:
    programs = audit_programs.installed("audit")
    own = programs / name if programs else None
    found = str(own) if own and own.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not there: `make audit` installs all but actionlint")
    return Path(found)


def lint(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing(workflows: Path) -> None:
    lint(tool("zizmor"), "--offline", "--no-progress", workflows)


def test_actionlint_finds_nothing(workflows: Path) -> None:
    lint(tool("actionlint"), *sorted(workflows.glob("*.yml")))


def test_workflows_fit_their_schema(workflows: Path) -> None:
    schema = ("--builtin-schema", "vendor.github-workflows")
    lint(tool("check-jsonschema"), *schema, *sorted(workflows.glob("*.yml")))


def test_azure_pipeline_fits_its_schema(azure_pipeline: str, tmp_path: Path) -> None:
    path = tmp_path / "azure-pipelines.yml"
    path.write_text(azure_pipeline)
    schema = ("--builtin-schema", "vendor.azure-pipelines", "--data-transform", "azure-pipelines")
    lint(tool("check-jsonschema"), *schema, "--regex-variant", "python", path)
