"""Control flow: choose, retry, wait, variables, and answers made by the gateway."""

from __future__ import annotations

from contextvars import Context, copy_context
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from constructs_lib.simulation.http import HttpBody, HttpHeaders, SimulatedResponse, reason_of
from constructs_lib.simulation.outside import ManualClock
from constructs_lib.simulation.policy_statements import Run, Statement, as_boolean
from constructs_lib.simulation.signals import AnsweredError, PolicyFailedError

if TYPE_CHECKING:
    from constructs_lib.simulation.call import PolicyStep, SimulatedCall


def choose(policy: Statement) -> Run:
    """The first `when` whose condition holds, or `otherwise`."""
    branches = [(each.value("condition"), each.steps()) for each in policy.children("when")]
    otherwise = policy.child("otherwise")
    rest = otherwise.steps() if otherwise else []

    def run(call: SimulatedCall) -> None:
        for position, (condition, steps) in enumerate(branches, 1):
            if as_boolean(condition(call), "condition"):
                call.trace.add("choose", f"The condition of when[{position}] holds.", "choose")
                call.run(steps)
                return
        call.trace.add("choose", "No condition holds.", "choose")
        call.run(rest)

    return run


def set_variable(policy: Statement) -> Run:
    """A variable: a literal is a string, an expression keeps its type."""
    name, value = policy.literal("name"), policy.value("value")

    def run(call: SimulatedCall) -> None:
        call.variables[name] = value(call)
        call.trace.add(
            "set-variable",
            f"The variable {name} is set.",
            "set-variable",
            value=call.variables[name],
        )

    return run


def retry(policy: Statement) -> Run:
    """Its policies once, and again while the condition holds."""
    steps, condition = policy.steps(), policy.value("condition")
    count, interval = policy.number("count", 1), policy.number("interval")
    delta, most = policy.number("delta"), policy.number("max-interval")
    fast = policy.boolean("first-fast-retry", default=False)
    grows, exponential = policy.has("delta"), policy.has("max-interval")

    def pause(call: SimulatedCall, tries: int) -> float:
        if tries == 1 and fast(call):
            return 0
        if exponential:
            chance = 0.8 + 0.4 * call.gateway.random.fraction()
            return min(interval(call) + (2**tries - 1) * chance * delta(call), most(call))
        return interval(call) + (tries - 1) * delta(call) if grows else interval(call)

    def run(call: SimulatedCall) -> None:
        most_tries, tries = int(count(call)), 0
        while True:
            error = _attempt(call, steps)
            if tries >= most_tries or not as_boolean(condition(call), "condition"):
                break
            tries += 1
            seconds = pause(call, tries)
            call.trace.add("retry", f"Try {tries} follows after {seconds:g} seconds.", "retry")
            call.gateway.clock.sleep(seconds)
        if error is not None:
            raise error

    return run


def _attempt(call: SimulatedCall, steps: list[PolicyStep]) -> PolicyFailedError | None:
    try:
        call.run(steps)
    except PolicyFailedError as error:
        return error
    return None


def wait(policy: Statement) -> Run:
    """What is in it, at the same time: until all of it, or the first, has ended."""
    steps, mode = policy.steps(), policy.text("for", "all")

    def run(call: SimulatedCall) -> None:
        first = mode(call).lower() == "any"
        told = "Waiting for the first to end." if first else "Waiting for all to end."
        call.trace.add("wait", told, "wait", *(("wait.any",) if first else ()))
        before = call.branch()
        for branch, error in _ends(call, steps, first=first):
            call.join(branch, before)
            if error is not None:
                raise error

    return run


_Ended: TypeAlias = "tuple[SimulatedCall, Exception | None]"


def _ends(call: SimulatedCall, steps: list[PolicyStep], *, first: bool) -> list[_Ended]:
    """What each step leaves and how it fails, in the order in which they end; or only the first."""
    clock = call.gateway.clock
    if not isinstance(clock, ManualClock):
        return _in_threads(call, steps, first=first)
    # A time that is moved by hand is moved back, so that each begins at the same moment.
    began, ended = clock.moment, list[tuple[datetime, _Ended]]()
    for step in steps:
        clock.moment = began
        found = _end(call.branch(), step)
        ended.append((clock.moment, found))
    ended.sort(key=lambda each: each[0])
    if first:
        del ended[1:]
    clock.moment = max((moment for moment, _ in ended), default=began)
    return [found for _, found in ended]


def _in_threads(call: SimulatedCall, steps: list[PolicyStep], *, first: bool) -> list[_Ended]:
    """Likewise at the machine's time: threads that nobody waits for end with the process."""
    ended: SimpleQueue[_Ended] = SimpleQueue()

    def run(context: Context, branch: SimulatedCall, step: PolicyStep) -> None:
        ended.put(context.run(_end, branch, step))

    for step in steps:
        Thread(target=run, args=(copy_context(), call.branch(), step), daemon=True).start()
    return [ended.get() for _ in (steps[:1] if first else steps)]


def _end(branch: SimulatedCall, step: PolicyStep) -> _Ended:
    try:
        branch.run([step])
    except Exception as error:
        return branch, error
    return branch, None


def return_response(policy: Statement) -> Run:
    """An answer instead of the backend's; nothing runs after it."""
    variable = policy.literal("response-variable-name")
    steps = policy.steps()

    def run(call: SimulatedCall) -> None:
        stored = call.variables.get(variable) if variable else None
        if variable and not isinstance(stored, SimulatedResponse):
            call.trace.add("return-response", f"There is no response in {variable}.")
        answer = stored.copy() if isinstance(stored, SimulatedResponse) else SimulatedResponse()
        call.make(answer, steps)
        call.response = answer
        call.trace.add("return-response", "Return response was applied.", "return-response")
        raise AnsweredError

    return run


def mock_response(policy: Statement) -> Run:
    """The example of the operation, or an empty body."""
    code, kind = policy.literal("status-code", "200"), policy.literal("content-type")

    def run(call: SimulatedCall) -> None:
        call.response = mocked(call, int(code), kind)
        call.trace.add("mock-response", f"A mocked {code} is returned.", "mock-response")
        raise AnsweredError

    return run


def mocked(call: SimulatedCall, status: int, kind: str) -> SimulatedResponse:
    """What `mock-response` answers."""
    response = SimulatedResponse(status, reason_of(status), HttpHeaders())
    for example_kind, text in call.operation.examples(status) if call.operation else ():
        if not kind or kind.lower() == example_kind.lower():
            response.headers.set("Content-Type", example_kind)
            response.body = HttpBody(text.encode())
            return response
    if kind:
        response.headers.set("Content-Type", kind)
    return response
