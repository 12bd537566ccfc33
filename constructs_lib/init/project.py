"""The files of a project, from the answers to a few questions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

from constructs_lib._core.provider_facts import AzurermVersion
from constructs_lib._core.templates import template_of
from constructs_lib._lazy_bindings.engine import Engine
from constructs_lib.init.facts import Continuous
from constructs_lib.init.library import RELEASE, of_this_machine, with_engine
from constructs_lib.registration.delegated import VISUAL_STUDIO_CODE

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
        mcp: Whether an MCP server is published, and no HTTP API.
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
        users: Object id of the user or group that may sign in to the MCP server.
        callers_client_id: The app registration of its callers, if it exists, in the same tenant.
        subscription_id: The subscription; that of the sign-in if left out.
        functions_project: Folder whose routes or tools are published, relative to the project; a
            small one is written if left out, unless the function app is there.
        publish_from: Network from which code is published; nobody can publish if left out.
        suffix: Ends the names that are unique in the world, so that they are not taken.
        state: Resource group and storage account of the state; a local file if left out.
        library: What pip installs as the library, as a line of requirements.txt.
        engine: What runs the constructs: CDK for Terraform or CDK Terrain.
        azurerm: Major version of the azurerm provider; that of the bindings if left out.
    """

    name: str
    start: Start = "new"
    mcp: bool = False
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
    users: str | None = None
    callers_client_id: str | None = None
    subscription_id: str | None = None
    functions_project: str | None = None
    publish_from: str | None = None
    suffix: str = ""
    state: tuple[str, str] | None = None
    library: str = RELEASE
    engine: Engine = "cdktf"
    azurerm: AzurermVersion | None = None


def project_files(
    answers: Answers, *, makefile: str = "Makefile", entry: str = "main.py"
) -> dict[str, str]:
    """The content of every file by its path relative to the project.

    Args:
        answers: What decides them.
        makefile: Name of the file with the targets, if `Makefile` is somebody else's.
        entry: Name of the app's file, if `main.py` is somebody else's.

    Raises:
        InputError: The answers do not go together.
    """
    outside = answers.start == "existing-function-app"
    settings = "secured_stacks.py" if outside else f"environments/{answers.environment}.yaml"
    stem = f"{answers.name}-{answers.environment}"
    in_the_world = f"{stem}-{answers.suffix}" if answers.suffix else stem
    values = {
        **asdict(answers),
        "library": with_engine(answers.library, answers.engine),
        "stem": stem,
        "new_gateway": f"apim-{in_the_world}",
        "function_app": f"func-{in_the_world}",
        "construct": "SecuredMcpServer" if answers.mcp else "SecuredFunctionApi",
        "vscode": VISUAL_STUDIO_CODE,
        "functions": answers.functions_project or "functions",
        "settings": settings,
        "entry": entry,
        "project_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, answers.name)),
        "of_this_machine": of_this_machine(answers.library),
        "makefile": makefile,
        "make": "make" if makefile == "Makefile" else f"make -f {makefile}",
    }
    texts = _templates(answers, settings, makefile, entry)
    written = {path: _filled_in(template, values) for path, template in texts.items()}
    if not outside:
        from constructs_lib.stack.settings import json_schema
        from constructs_lib.stack.settings.files import environment_of

        environment_of(written[settings], settings, None)
        written["environments/settings.schema.json"] = json_schema()
    return written


def _templates(answers: Answers, settings: str, makefile: str, entry: str) -> dict[str, str]:
    """The template of each file, by the file's path."""
    outside = settings == "secured_stacks.py"
    texts = {
        "cdktf.json": "cdktf.json",
        entry: "main.py",
        "secured_stacks.py": "stacks_of_outside_app.py" if outside else "stacks_of_settings.py",
        "tests/test_access.py": "test_access.py",
        "tests/test_policies.py": "test_mcp_policies.py" if answers.mcp else "test_policies.py",
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
    if not outside:
        texts[settings] = "environment.yaml"
        if not answers.functions_project:
            texts |= {
                "functions/host.json": "mcp_host.json" if answers.mcp else "host.json",
                "functions/function_app.py": "mcp_tools.py" if answers.mcp else "function_app.py",
                "functions/requirements.txt": "functions_requirements.txt",
            }
    return texts


def _filled_in(template: str, values: Mapping[str, object]) -> str:
    """Fill in a template; neither make, nor a shell, nor a workflow writes its marks."""
    return template_of(
        "constructs_lib.init",
        f"templates/{template}.tmpl",
        filters={"quoted": partial(json.dumps, ensure_ascii=False)},
        variable_start_string="%%{",
        variable_end_string="}",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
    ).render(values)
