"""Where callers of an API put their subscription key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SubscriptionKey:
    """What callers send their subscription key in; both are deleted before the backend.

    Attributes:
        header: Name of the header.
        query: Name of the query parameter.
    """

    header: str = "Ocp-Apim-Subscription-Key"
    query: str = "subscription-key"
