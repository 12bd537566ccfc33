"""Asks until each answer is final or the time is up, all checks side by side."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What one attempt showed.

    Attributes:
        outcome: What the check comes to if this is the last attempt.
        observed: What was seen, for example `401`.
        advice: What a failure or a skipped check means and what to do about it.
        again: Whether another attempt may show something else: what is slow to start or to
            replicate is not yet wrong. Never set for a door that was seen open.
        after: Seconds that the server asked to wait before the next attempt.
    """

    outcome: Outcome
    observed: str
    advice: str = ""
    again: bool = False
    after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing to find out about the live system.

    Attributes:
        rule: Stable name of what is checked, for example `function-anonymous`.
        api: Name of the API that it belongs to.
        target: What it asks: a host or an address.
        expected: What the answer must be.
        attempt: Asks once; takes the deadline (of `time.monotonic`).
    """

    rule: str
    api: str
    target: str
    expected: str
    attempt: Callable[[float], Judgement]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a check came to, after `attempts` attempts in `seconds`."""

    rule: str
    api: str
    target: str
    expected: str
    outcome: Outcome
    observed: str
    advice: str
    attempts: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Seconds between attempts: `first`, doubled up to `ceiling`, each longer by up to `jitter`.

    The jitter keeps the checks from asking all at once again.
    """

    first: float = 1.0
    ceiling: float = 15.0
    jitter: float = 0.25

    def delays(self, source: random.Random) -> Iterator[float]:
        """Yield the delays without end."""
        delay = self.first
        while True:
            yield delay * (1 + self.jitter * source.random())
            delay = min(delay * 2, self.ceiling)


def _ignore(*_anything: object) -> None:
    """Say nothing."""


def persist(
    check: Check,
    *,
    deadline: float,
    backoff: Backoff,
    source: random.Random,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    waiting: Callable[[Check, Judgement], object] = _ignore,
) -> Result:
    """Attempt `check` until its verdict is final or `deadline` has come.

    Args:
        check: What to find out.
        deadline: When to stop, on `clock`.
        backoff: How long to wait between attempts.
        source: Where the jitter comes from.
        clock: Tells the time in seconds.
        sleep: Waits for so many seconds.
        waiting: Told of each verdict after which the check waits.
    """
    start = clock()
    attempts = 0
    for delay in backoff.delays(source):
        attempts += 1
        verdict = check.attempt(deadline)
        pause = max(delay, verdict.after or 0)
        if not verdict.again or clock() + pause >= deadline:
            break
        waiting(check, verdict)
        sleep(pause)
    seconds = clock() - start
    return _result(check, verdict, attempts, seconds)  # pyright: ignore[reportPossiblyUnboundVariable] - delays never end


def _result(check: Check, verdict: Judgement, attempts: int, seconds: float) -> Result:
    observed = verdict.observed
    if verdict.again:
        observed += f", still after {attempts} attempts in {seconds:.0f} s"
    return Result(
        rule=check.rule,
        api=check.api,
        target=check.target,
        expected=check.expected,
        outcome=verdict.outcome,
        observed=observed,
        advice=verdict.advice,
        attempts=attempts,
        seconds=seconds,
    )


def run(
    checks: Sequence[Check],
    *,
    limit: float,
    backoff: Backoff | None = None,
    seed: int | None = None,
    workers: int = 8,
    waiting: Callable[[Check, Judgement], object] = _ignore,
    done: Callable[[Result], object] = _ignore,
) -> list[Result]:
    """Run all checks, several at a time, and return their results in the order of `checks`.

    Args:
        checks: What to find out.
        limit: Seconds after which no attempt starts and none is waited for.
        backoff: How long to wait between the attempts of a check.
        seed: Makes the jitter the same each time.
        workers: How many requests are under way at a time.
        waiting: Told, in a worker's thread, of each verdict after which a check waits.
        done: Told, in the caller's thread, of each result.
    """
    deadline = time.monotonic() + limit
    source = random.Random(seed)  # noqa: S311 - jitter, not a secret
    results: queue.SimpleQueue[tuple[int, Result]] = queue.SimpleQueue()
    free = threading.Semaphore(workers)

    def work(index: int, check: Check) -> None:
        def attempt(deadline: float) -> Judgement:
            with free:
                try:
                    return check.attempt(deadline)
                # The text of an unforeseen error may hold what was sent, so it is not shown.
                except Exception as error:
                    return Judgement(outcome="failed", observed=f"error: {type(error).__name__}")

        result = persist(
            replace(check, attempt=attempt),
            deadline=deadline,
            backoff=backoff or Backoff(),
            source=source,
            waiting=waiting,
        )
        results.put((index, result))

    # Daemons, not an executor: a server that trickles its answer must not outlast the limit. One
    # for each check, as those that wait must not keep others from asking.
    for numbered in enumerate(checks):
        threading.Thread(target=work, args=numbered, daemon=True).start()
    found: dict[int, Result] = {}
    while len(found) < len(checks):
        try:
            index, result = results.get(timeout=max(0.0, deadline + 1 - time.monotonic()))
        except queue.Empty:
            break
        found[index] = result
        done(result)
    late = Judgement(outcome="failed", observed="no answer within the time limit")
    return [
        found.get(index) or _result(check, late, 0, limit) for index, check in enumerate(checks)
    ]
