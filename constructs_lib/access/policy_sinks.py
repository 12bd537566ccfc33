"""Who reads what stands in a statement of a policy, besides the backend.

Source: Learn, "API Management policy reference", the pages of the policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from constructs_lib.access.policy_document import PolicySection, texts_in
from constructs_lib.policy.model import Element

CALLER = "whoever calls"
CACHE = "a cache"
TRACES = "the traces"

_READERS = {
    "azure-openai-emit-token-metric": "the metrics",
    "cache-store-value": CACHE,
    "emit-metric": "the metrics",
    "invoke-dapr-binding": "Dapr",
    "llm-emit-token-metric": "the metrics",
    "log-to-eventhub": "an event hub",
    "publish-to-dapr": "Dapr",
    "return-response": CALLER,
    "send-service-bus-message": "Service Bus",
    "trace": TRACES,
}
# Once the backend has answered, these change the answer.
_OF_THE_ANSWER = frozenset(
    {"find-and-replace", "jsonp", "set-body", "set-header", "set-status", "xsl-transform"}
)
# What a check answers whom it refuses.
_MESSAGES = ("failed-check-error-message", "failed-validation-error-message")


def readers(statement: Element, section: PolicySection) -> Iterator[tuple[str, Iterable[str]]]:
    """Who reads a statement, in words, and which of its texts."""
    reader = _READERS.get(statement.name)
    if section in ("outbound", "on-error") and statement.name in _OF_THE_ANSWER:
        reader = CALLER
    if reader is not None:
        yield reader, texts_in(statement)
    for name in _MESSAGES:
        if name in statement.attributes:
            yield CALLER, (statement.attributes[name],)
