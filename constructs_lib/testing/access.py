"""Who can call what, as assertions for the tests of a stack."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias

from constructs_lib.access import Analysis, Answer, Configuration, analyse, read_terraform
from constructs_lib.testing.synthesized import Synthesized

if TYPE_CHECKING:
    from cdktf import TerraformStack

    Stack: TypeAlias = (
        TerraformStack | Synthesized | Configuration | Analysis | str | "PathLike[str]"
    )


def analysis_of(stack: Stack) -> Analysis:
    """The access analysis of a stack, a synthesized folder, Terraform JSON or a configuration.

    Args:
        stack: A stack that need not be synthesized yet, what `testing.synthesize` returns, or a
            path as `secured-functions check` takes it.

    Raises:
        InputError: When it is no Terraform JSON.
    """
    if isinstance(stack, Analysis):
        return stack
    if isinstance(stack, Configuration):
        return analyse(stack)
    if isinstance(stack, Synthesized):
        return analyse(read_terraform(stack.folder))
    if isinstance(stack, (str, PathLike)):
        return analyse(read_terraform(str(stack)))
    from constructs_lib.stack.validate_access import analyse_app

    return analyse_app(stack)


def who_can_call(app: Any, stack: Stack) -> list[str]:
    """Labels of everybody whose requests reach a function app or slot, sorted.

    A caller of which this is not known ends in ` (unknown)`.

    Args:
        app: The construct or L1 resource, or the address or name of the app; `APP/SLOT` for the
            name of a slot.
        stack: As for `analysis_of`.

    Raises:
        AssertionError: The stack has no such app.
    """
    answers = _answers(app, analysis_of(stack))
    return sorted(
        answer.caller.label + (" (unknown)" if answer.verdict == "unknown" else "")
        for answer in answers
        if answer.verdict != "closed"
    )


def assert_only_callable_through(gateway: Any, app: Any, stack: Stack) -> None:
    """Assert that requests reach an app through a gateway, and that nobody else's do.

    An application that is on the app's allow-lists beside the gateway counts as somebody else, and
    so does whoever it cannot be told of. The slots of an app are targets of their own: assert them
    too.

    Args:
        gateway: The construct or L1 resource, or the address or name of the gateway.
        app: Likewise of the function app or slot.
        stack: As for `analysis_of`.

    Raises:
        AssertionError: Somebody else gets in, or the gateway does not; the message says why.
    """
    analysis = analysis_of(stack)
    names = _names(gateway)
    found = [each for each in analysis.gateways if names & {each.address, each.name}]
    if not found:
        there = ", ".join(each.address for each in analysis.gateways) or "none"
        raise AssertionError(f"no gateway {' or '.join(sorted(names))}, only: {there}")
    own = {each.address for each in found}
    apis = {api.address for api in analysis.apis if api.gateway in own}
    identities = {i.address for each in found for i in each.identities if i.address}
    problems: list[str] = []
    reached = False
    for answer in _answers(app, analysis):
        kind, where = answer.caller.kind, answer.caller.address
        through = (kind == "gateway" and where in apis) or (
            kind == "gateway-policy" and where in own | identities
        )
        reached = reached or (kind == "gateway" and where in apis and answer.verdict == "open")
        if answer.verdict != ("open" if through else "closed"):
            problems.append(_line(answer))
    if not reached and not problems:
        problems.append(f"  no API of {', '.join(sorted(own))} leads there")
    if problems:
        raise AssertionError(
            f"{' or '.join(sorted(_names(app)))} is not callable through "
            f"{', '.join(sorted(own))} alone:\n" + "\n".join(problems)
        )


def _answers(app: Any, analysis: Analysis) -> list[Answer]:
    names = _names(app)
    found = [each for each in analysis.answers if names & {each.target.address, each.target.name}]
    if not found:
        there = ", ".join(each.address for each in analysis.function_apps) or "none"
        raise AssertionError(f"no function app {' or '.join(sorted(names))}, only: {there}")
    return found


def _names(thing: Any) -> set[str]:
    """What an address or name is compared with."""
    if isinstance(thing, str):
        return {thing}
    for attribute in ("resource", "data"):
        inner = getattr(thing, attribute, None)
        if inner is not None:
            return _names(inner)
    kind = getattr(thing, "terraform_resource_type", None)
    if kind is None:
        return {str(thing.name)}
    prefix = "data." if type(thing).__name__.startswith("Data") else ""
    return {f"{prefix}{kind}.{thing.friendly_unique_id}"}


def _line(answer: Answer) -> str:
    where = ".".join(part for part in (answer.address, answer.attribute) if part)
    place = f" [{where}]" if where else ""
    return f"  {answer.caller.label}: {answer.verdict} ({answer.status}). {answer.reason}{place}"
