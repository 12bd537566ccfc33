"""What the calls of a gateway share: the world outside, caches, counters and circuit breakers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from math import inf
from typing import Any

from constructs_lib.simulation.outside import AccessToken, Backend, Clock, Random, TokenSource

_FEW = 64
"""So many values are kept without a look at which of them have expired."""
_CACHE = 10_000_000
"""Bytes that a cache holds: those of the built-in one in the tier Developer (Learn, "Feature-based
comparison of the Azure API Management tiers"). What a full one lets go is not documented."""


@dataclass
class Expiring:
    """Values that expire, for several threads; those that nobody asks for again are let go too.

    Args:
        clock: The time.
        room: So many bytes are kept; when they are more, the oldest are let go.
    """

    clock: Clock
    room: float = inf
    _values: dict[Any, tuple[float, Any, int]] = field(
        default_factory=dict[Any, "tuple[float, Any, int]"]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _most: int = _FEW
    _filled: int = 0

    def __len__(self) -> int:
        """How many are kept, of which some may have expired."""
        return len(self._values)

    def get(self, name: Any) -> Any:
        """A value; None once it has expired."""
        found = self._values.get(name)
        if found is None:
            return None
        return found[1] if found[0] > self.clock.now().timestamp() else None

    def set(self, name: Any, value: Any, seconds: float, size: int = 0) -> None:
        """Keep a value of so many bytes for some time, if there is room for it at all."""
        now = self.clock.now().timestamp()
        with self._lock:
            self._forget(name)
            if size > self.room:
                return
            self._values[name] = now + seconds, value, size
            self._filled += size
            if len(self._values) > self._most:
                for each in [n for n, (until, *_) in self._values.items() if until <= now]:
                    self._forget(each)
                # The next look is due at twice as many, so that it costs little for each value.
                self._most = max(_FEW, 2 * len(self._values))
            while self._filled > self.room:
                self._forget(next(iter(self._values)))

    def remove(self, name: Any) -> None:
        """Forget a value."""
        with self._lock:
            self._forget(name)

    def _forget(self, name: Any) -> None:
        found = self._values.pop(name, None)
        self._filled -= found[2] if found is not None else 0


@dataclass
class Window:
    """Moments of calls that are counted, for a sliding window."""

    moments: deque[tuple[float, float]] = field(default_factory=deque["tuple[float, float]"])

    def count(self, now: float, period: float) -> float:
        """How much was counted in the period that ends now."""
        while self.moments and self.moments[0][0] <= now - period:
            self.moments.popleft()
        return sum(amount for _, amount in self.moments)

    def wait(self, now: float, period: float) -> int:
        """Seconds until the first of them no longer counts."""
        if not self.moments:
            return 0
        return max(1, int(self.moments[0][0] + period - now + 0.999))


@dataclass
class Quota:
    """What was used of a quota since its period began."""

    began: float
    calls: float = 0
    kilobytes: float = 0


class SimulatedGateway:
    """What calls share.

    Args:
        clock: The time.
        random: Chance.
        tokens: Who issues tokens; None is nobody.
        backend: Where requests go.
        allow_not_simulated: Policies to pass over though they are not simulated; True is all.
        strict: Whether a call that rests on an assumption is stopped.
        region: What `context.Deployment.Region` says.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        random: Random,
        tokens: TokenSource | None,
        backend: Backend,
        allow_not_simulated: bool | Collection[str] = False,
        strict: bool = False,
        region: str = "West Europe",
    ) -> None:
        self.clock = clock
        self.random = random
        self.tokens = tokens
        self.backend = backend
        self.allow_not_simulated = allow_not_simulated
        self.strict = strict
        self.region = region
        self.lock = threading.RLock()
        self.cache = Expiring(clock, _CACHE)
        self.responses = Expiring(clock, _CACHE)
        self.issued: dict[tuple[str, str], AccessToken] = {}
        self.windows = Expiring(clock)
        self.quotas = Expiring(clock)
        self.running: dict[Any, int] = {}
        self.failures: dict[str, Window] = {}
        self.tripped = Expiring(clock)
        self.turns: dict[str, dict[Any, float]] = {}

    def count(self, name: Any, amount: float, period: float) -> None:
        """Count in a sliding window, which is kept as long as this counts."""
        with self.lock:
            window = self.windows.get(name) or Window()
            window.moments.append((self.now(), amount))
            self.windows.set(name, window, period)

    def turn(self, pool: str, weights: dict[Any, int]) -> Any:
        """Whose turn it is in a pool: each as often as its weight says, evenly spread."""
        with self.lock:
            credit = self.turns.setdefault(pool, {})
            for name, weight in weights.items():
                credit[name] = credit.get(name, 0) + weight
            found = max(weights, key=lambda name: credit[name])
            credit[found] -= sum(weights.values())
        return found

    def now(self) -> float:
        """The moment, in seconds since 1970."""
        return self.clock.now().timestamp()
