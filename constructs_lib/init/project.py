"""The files of a project, from the answers to a few questions."""

from __future__ import annotations

import json
import string
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from constructs_lib._core.errors import InputError
from constructs_lib._core.version import __version__
from constructs_lib.init.facts import Continuous

Start = Literal["new", "existing-gateway", "existing-function-app", "existing-registration"]

STARTS: dict[Start, str] = {
    "new": "gateway, registration and function app are made",
    "existing-gateway": "an API Management service is there",
    "existing-function-app": "a function app is there, outside Terraform; so is a gateway",
    "existing-registration": "no rights in the directory: an app registration is handed over",
}


@dataclass(frozen=True)
class Answers:
    """What decides the files; all text, checked where it comes in (see `questions`).

    Attributes:
        name: The project's name, lower case.
        start: What is there already.
        environment: Name of the first environment, and so of its stack.
        ci: The service that the pipeline is for.
        location: Azure region.
        publisher_name: For a new gateway.
        publisher_email: For a new gateway.
        gateway_name: An API Management service that exists; a new one is made if left out.
        gateway_resource_group: Its resource group.
        gateway_identity: Resource id, client id and principal id of the user-assigned identity
            that an existing gateway calls with; its own identity if left out.
        function_app_id: Resource id of the app, for the start `existing-function-app`.
        client_id: An app registration that exists; a new one is made if left out.
        tenant_id: Its tenant.
        subscription_id: The subscription; that of the sign-in if left out.
        functions_project: Folder whose routes are published, relative to the project.
        state: Resource group and storage account of the state; a local file if left out.
        library: What pip installs as the library: a version, or the path of a wheel or a folder.
    """

    name: str
    start: Start = "new"
    environment: str = "dev"
    ci: Continuous = "github"
    location: str = "westeurope"
    publisher_name: str = "Contoso"
    publisher_email: str = "api@contoso.example"
    gateway_name: str | None = None
    gateway_resource_group: str | None = None
    gateway_identity: tuple[str, str, str] | None = None
    function_app_id: str | None = None
    client_id: str | None = None
    tenant_id: str | None = None
    subscription_id: str | None = None
    functions_project: str | None = None
    state: tuple[str, str] | None = None
    library: str = __version__


class _Template(string.Template):
    """`%%{name}`: neither make, nor a shell, nor a workflow writes that."""

    delimiter = "%%"


def project_files(answers: Answers, *, makefile: str = "Makefile") -> dict[str, str]:
    """The content of every file by its path relative to the project.

    Args:
        answers: What decides them.
        makefile: Name of the file with the targets, if `Makefile` is somebody else's.

    Raises:
        InputError: The answers do not go together.
    """
    outside = answers.start == "existing-function-app"
    values = _values(answers, makefile)
    texts = {
        "cdktf.json": "cdktf.json",
        "main.py": "main.py",
        "secured_stacks.py": "stacks_of_outside_app.py" if outside else "stacks_of_settings.py",
        "tests/test_access.py": "test_access.py",
        "requirements.txt": "requirements.txt",
        "package.json": "package.json",
        makefile: "Makefile",
        "README.md": "README.md",
        ".gitignore": "gitignore",
    }
    if answers.ci == "github":
        texts[".github/workflows/secured-functions.yml"] = "github.yml"
    if answers.ci == "azure":
        texts["azure-pipelines.yml"] = "azure-pipelines.yml"
    written = {path: render(template, values) for path, template in texts.items()}
    if not outside:
        from constructs_lib.stack.settings import json_schema

        written[f"environments/{answers.environment}.yaml"] = settings_of(answers)
        written["environments/settings.schema.json"] = json_schema()
    return written


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill in a template of this package."""
    text = files("constructs_lib.init").joinpath(f"templates/{template}.tmpl").read_text("utf-8")
    return _Template(text).substitute(values)


def settings_of(answers: Answers) -> str:
    """The first environment, as the text of its file.

    Raises:
        InputError: The settings would be refused; the message names the keys.
    """
    import yaml
    from pydantic import ValidationError

    from constructs_lib.stack.settings import Environment

    stem = f"{answers.name}-{answers.environment}"
    lines = ["# yaml-language-server: $schema=settings.schema.json"]
    if answers.subscription_id:
        lines.append(f"subscription_id: {answers.subscription_id}")
    lines += [f"location: {answers.location}", f"resource_group: rg-{stem}", ""]
    if answers.state:
        group, account = answers.state
        lines += [
            "state:",
            "  kind: azurerm",
            f"  resource_group_name: {group}",
            f"  storage_account_name: {account}",
        ]
    else:
        lines += [
            "# State in a file of this machine. Before anybody else, or a pipeline, deploys:",
            "# state: {kind: azurerm, resource_group_name: …, storage_account_name: …}",
            "state: {kind: local}",
        ]
    lines += ["", *_gateway(answers, stem), "", "apis:", f"  {answers.name}:"]
    lines += [f"    path: {answers.name}"]
    if answers.functions_project:
        lines.append(f"    functions_project: {json.dumps(f'../{answers.functions_project}')}")
    else:
        lines += ["    operations:", f"      - GET /{answers.name}"]
    if answers.client_id:
        lines += [
            "    registration:",
            f"      client_id: {answers.client_id}",
            f"      tenant_id: {answers.tenant_id}",
        ]
    lines += [
        "    function_app:",
        "      # A host name as well, <name>.azurewebsites.net.",
        f"      name: func-{stem}",
        "      runtime: python 3.12",
        "",
        "tags:",
        f"  environment: {answers.environment}",
    ]
    text = "".join(f"{line}\n" for line in lines)
    try:
        Environment.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
            for each in error.errors()
        ]
        raise InputError("the settings would be refused: " + "; ".join(problems)) from error
    return text


def _gateway(answers: Answers, stem: str) -> list[str]:
    if answers.gateway_name:
        lines = [
            "gateway:",
            f"  existing: {answers.gateway_name}",
            f"  resource_group_name: {answers.gateway_resource_group}",
        ]
        if answers.gateway_identity:
            keys = ("id", "client_id", "principal_id")
            pairs = zip(keys, answers.gateway_identity, strict=True)
            lines += ["  identity:", *(f"    {key}: {value}" for key, value in pairs)]
        return lines
    lines = [
        "gateway:",
        "  # A host name, <name>.azure-api.net, so unique in the world.",
        f"  name: apim-{stem}",
        "  publisher:",
        f"    name: {json.dumps(answers.publisher_name, ensure_ascii=False)}",
        f"    email: {json.dumps(answers.publisher_email)}",
        "  sku: Developer_1",
    ]
    if answers.client_id:
        lines += [
            "  # Of an identity of its own the client id is known without asking the directory.",
            "  identity:",
            "    system_assigned: false",
            f"    user_assigned: id-{stem}",
        ]
    return lines


_LOCAL_BACKEND = """\
        # State in a file of this machine. Before anybody else, or a pipeline, deploys: a backend.
        LocalBackend(self, path=f"../../../terraform.{name}.tfstate")"""
_AZURE_BACKEND = """\
        AzurermBackend(
            self,
            resource_group_name="{}",
            storage_account_name="{}",
            container_name="tfstate",
            key=f"{{name}}.tfstate",
            use_azuread_auth=True,
        )"""


def _values(answers: Answers, makefile: str) -> dict[str, str]:
    registration, identity, imports = "", "", ["    Gateway,"]
    if answers.gateway_identity:
        imports.insert(0, "    ExistingIdentity,")
        keys = ("id", "client_id", "principal_id")
        arguments = "".join(
            f'\n                {key}="{value}",'
            for key, value in zip(keys, answers.gateway_identity, strict=True)
        )
        identity = f"\n            identity=ExistingIdentity({arguments}\n            ),"
    backend, backend_class = _LOCAL_BACKEND, "LocalBackend"
    if answers.state:
        group, account = answers.state
        backend, backend_class = _AZURE_BACKEND.format(group, account), "AzurermBackend"
    subscription = answers.subscription_id
    if answers.client_id:
        imports.insert(0, "    AppRegistration,")
        registration = (
            "\n            registration=AppRegistration.existing("
            f'\n                client_id="{answers.client_id}",'
            f'\n                tenant_id="{answers.tenant_id}",'
            "\n            ),"
        )
    operations = f'["GET /{answers.name}"]'
    if answers.functions_project:
        imports.append("    Operations,")
        operations = f'Operations.from_functions_project("{answers.functions_project}")'
    outside = answers.start == "existing-function-app"
    settings = "secured_stacks.py" if outside else f"environments/{answers.environment}.yaml"
    return {
        "name": answers.name,
        "api": answers.name,
        "environment": answers.environment,
        "project_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, answers.name)),
        "library": _requirement(answers.library),
        "makefile": makefile,
        "make": "make" if makefile == "Makefile" else f"make -f {makefile}",
        "where": f"What it is made of is in [`{settings}`]({settings}).",
        "gateway_name": answers.gateway_name or "",
        "gateway_resource_group": answers.gateway_resource_group or "",
        "function_app_id": _text_in_parts(answers.function_app_id or ""),
        "imports": "\n".join(imports),
        "identity": identity,
        "registration": registration,
        "backend": backend,
        "backend_class": backend_class,
        "subscription": f', subscription_id="{subscription}"' if subscription else "",
        "operations": operations,
    }


def _requirement(library: str) -> str:
    """A line of requirements.txt."""
    if Path(library).exists():
        return f"secured-functions[cli,testing] @ {Path(library).resolve().as_uri()}"
    return f"secured-functions[cli,testing]=={library}"


def _text_in_parts(identifier: str) -> str:
    """A resource id as Python text, in lines of a readable length."""
    head, mark, tail = identifier.partition("/providers/")
    return f'"{head}"\n                "{mark}{tail}"'
