"""Makes the page of the docs that says what is simulated, how surely, and what is not."""

from __future__ import annotations

from collections.abc import Callable

from constructs_lib.policy.model import DATA_SOURCES
from constructs_lib.policy.reference import POLICIES
from constructs_lib.simulation import policies
from constructs_lib.simulation.fidelity import behaviours

_INTRODUCTION = """# What is simulated

A call through a simulated gateway does what Azure documents or was seen to do. Where neither is
known, something has to be assumed; the trace of a call names what it rests on (`trace.rests`,
`trace.assumed`), and with `strict` a call that rests on an assumption is refused. What is not
simulated stops the call and says so, unless you allow it to pass (`allow_not_simulated`).
"""
_OTHERS = """
Nor are resolvers of GraphQL, workspaces, pools that keep the sessions of a caller,
`validate-content` of XML, and the parts of `validate-jwt` and `validate-azure-ad-token` that
decrypt tokens, name keys in certificates or name the applications of a backend.
"""
_EMBEDDINGS = "needs a model of embeddings, and how near two prompts are is the model's to say"
_DAPR = "needs Dapr beside a self-hosted gateway"
_GRAPHQL = "is of GraphQL, which is not simulated"
_WHY = {
    "azure-openai-semantic-cache-lookup": _EMBEDDINGS,
    "azure-openai-semantic-cache-store": _EMBEDDINGS,
    "cache-value": "not yet",
    "get-authorization-context": "needs a connection that somebody consented to elsewhere",
    "invoke-dapr-binding": _DAPR,
    "invoke-request": "not yet",
    "llm-content-safety": "what is harmful is the judgement of Azure AI Content Safety",
    "llm-semantic-cache-lookup": _EMBEDDINGS,
    "llm-semantic-cache-store": _EMBEDDINGS,
    "publish-event": _GRAPHQL,
    "publish-to-dapr": _DAPR,
    "send-service-bus-message": "nothing stands for Service Bus",
    "validate-graphql-request": _GRAPHQL,
    "validate-odata-request": "needs the metadata of OData, which is not read",
    "xsl-transform": "needs a processor of XSLT",
}
"""Why policies are not simulated."""
_PLACED = {"base", "include-fragment"}
"""Policies that are gone once the scopes are spliced."""


def pages() -> dict[str, Callable[[], str]]:
    """The page, by its place."""
    return {"docs/simulation-coverage.md": page}


def page() -> str:
    """The page's text."""
    simulated = set(policies.POLICIES) | _PLACED
    missing = [name for name in sorted(POLICIES) if name not in simulated | DATA_SOURCES]
    lines = [
        _INTRODUCTION,
        "## Policies that are not simulated\n",
        f"Of {len(POLICIES)} policies these are not:\n",
        *(f"- [{name}]({POLICIES[name].url}): {_WHY[name]}" for name in missing),
        _OTHERS,
        "## How surely\n",
        "| Behaviour | How sure | What happens | Source |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{each.id}` | {each.sureness} | {each.what} | {each.source} |"
            for each in sorted(behaviours().values(), key=lambda each: each.id)
        ),
    ]
    return "\n".join(lines) + "\n"
