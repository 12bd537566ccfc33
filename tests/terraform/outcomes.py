"""What Terraform does with the table of changes, and the page that says so.

Run as a program, it writes the table of docs/guides/what-a-change-does.md anew:

    python -m tests.terraform.outcomes
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdktf import App

from constructs_lib.stack.environment_stack import EnvironmentStack
from constructs_lib.stack.settings.files import environment_of
from tests.terraform.changes import CHANGES
from tests.terraform.changes.change import Change, Does, settings
from tests.terraform.harness import ROOT, has_stand_in
from tests.terraform.modules import Modules, Step
from tests.terraform.order import Order

PAGE = ROOT / "docs/guides/what-a-change-does.md"
BEGIN, END = "<!-- the table of changes begins -->", "<!-- the table of changes ends -->"
PARTS = 4
FILES = ROOT / "tests/terraform/files"
ANY_NAME = "cxxx"

OPERATION = "azurerm_api_management_api_operation"
POLICY = "azurerm_api_management_api_policy"
NAMED_VALUE = "azurerm_api_management_named_value"
# Azure answers 400 or 409 to the deletion of these while a site, an API or a policy uses them.
REFUSED_IN_USE = (
    "azurerm_service_plan.",
    "azurerm_api_management_api_version_set.",
    f"{NAMED_VALUE}.",
)

Plan = Mapping[str, tuple[str, ...]]
Synthesized = dict[str, dict[str, Any]]

WORDS = {
    "azuread_app_role_assignment": "role assignment in Entra",
    "azuread_application": "registration",
    "azuread_application_federated_identity_credential": "federated credential",
    "azuread_application_identifier_uri": "identifier URI",
    "azuread_application_pre_authorized": "pre-authorized client",
    "azuread_service_principal": "service principal",
    "azurerm_api_management": "gateway",
    "azurerm_api_management_api": "API",
    "azurerm_api_management_api_diagnostic": "diagnostics",
    "azurerm_api_management_api_operation": "operation",
    "azurerm_api_management_api_operation_policy": "operation's policy",
    "azurerm_api_management_api_policy": "API's policy",
    "azurerm_api_management_api_schema": "schema",
    "azurerm_api_management_api_version_set": "version set",
    "azurerm_api_management_backend": "backend",
    "azurerm_api_management_logger": "logger",
    "azurerm_api_management_named_value": "named value",
    "azurerm_api_management_policy": "gateway's policy",
    "azurerm_api_management_policy_fragment": "fragment",
    "azurerm_api_management_product": "product",
    "azurerm_api_management_product_api": "API's place in the product",
    "azurerm_api_management_product_policy": "product's policy",
    "azurerm_api_management_subscription": "subscription",
    "azurerm_application_insights": "Application Insights",
    "azurerm_function_app_flex_consumption": "function app",
    "azurerm_linux_function_app": "function app",
    "azurerm_linux_function_app_slot": "slot",
    "azurerm_private_endpoint": "private endpoint",
    "azurerm_resource_group": "resource group",
    "azurerm_role_assignment": "role assignment in Azure",
    "azurerm_service_plan": "plan",
    "azurerm_storage_account": "storage account",
    "azurerm_storage_container": "container",
    "azurerm_user_assigned_identity": "identity",
    "azurerm_windows_function_app": "function app",
    "azurerm_windows_function_app_slot": "slot",
    "azapi_resource": "API of the type `mcp`",
    "azapi_update_resource": "what is kept of the function app",
    # What Terraform only remembers is nothing to anybody else.
    "terraform_data": "",
}


@dataclass(frozen=True)
class Outcome:
    """What became of a change, or of the change back.

    Attributes:
        change: The change.
        back: Whether it is the change back.
        plan: The actions by address.
        again: The actions that a second plan still wants; there should be none.
        doors: What stood open on the way.
        in_use: What goes while it is still in use, which Azure refuses.
        twins: What is made while the same still goes at another address, in no order.
    """

    change: Change
    back: bool
    plan: Plan
    again: Plan
    doors: list[str]
    in_use: list[str]
    twins: list[str]

    @property
    def refused(self) -> bool:
        """Whether the table says that Azure refuses it."""
        change = self.change
        return change.refused_back if self.back else change.refused

    @property
    def expected(self) -> Does:
        """What the table says."""
        return (self.back and self.change.does_back) or self.change.does

    @property
    def does(self) -> Does:
        """What the plan says."""
        done = _kinds(self.plan)
        for kind in ("replaced", "removed", "added", "in place"):
            if done[kind]:
                return kind
        return "nothing"

    def problems(self) -> Iterator[str]:
        """What is not as it should be."""
        change = self.change
        where = f"{change.setting}, {change.what}{' (back)' if self.back else ''}"
        if self.does != self.expected:
            yield f"{where}: {self.does}, not {self.expected}: {self.plan}"
        if self.again and not self.twins:
            yield f"{where}: one apply was not enough: {self.again}"
        if bool(self.twins) != (change.races_back if self.back else change.races):
            yield f"{where}: {self.twins or 'nothing'} goes and comes in no order"
        yield from (f"{where}: {door}" for door in self.doors)
        if self.refused != bool(self.in_use):
            yield f"{where}: {self.in_use or 'nothing'} goes while it is in use"


def outcomes(folder: Path, changes: Mapping[str, Change]) -> list[Outcome]:
    """Apply what is there before all changes, then the changes, then the changes back."""
    before = synthesized(changes, after=False)
    after = synthesized(changes, after=True)
    found: list[Outcome] = []
    with Modules.kept_in(folder) as modules:
        modules.make(before)
        for back, (old, new) in enumerate([(before, after), (after, before)]):
            modules.write(new)
            for name, change in changes.items():
                modules.taint(change.forced_types(back=bool(back)), name)
            plan, steps = modules.change()
            again = modules.plan()
            for name, change in changes.items():
                done = steps.get(name, ())
                doors = list(open_doors(done, old[name], new[name]))
                used = list(in_use(done, old[name]))
                planned = plan.get(name, {})
                twice = list(twins(planned, old[name], new[name]))
                args = (planned, again.get(name, {}), doors, used, twice)
                found.append(Outcome(change, bool(back), *args))
    return found


def synthesized(changes: Mapping[str, Change], *, after: bool) -> Synthesized:
    """The Terraform JSON before or after each change, by name."""
    found: Synthesized = {}
    for name, change in changes.items():
        layers = [change.around or {}, change.before, *([change.after] if after else [])]
        text = json.dumps(settings("{name}", *layers))
        found[name] = json.loads(stack(text).replace(ANY_NAME, name))
    return found


@functools.cache
def stack(text: str) -> str:
    """The Terraform JSON of settings, with a name in it that stands for any other.

    Half of all settings are those of another change too.
    """
    with tempfile.TemporaryDirectory() as folder:
        app = App(outdir=folder)
        environment = environment_of(text.replace("{name}", ANY_NAME), ANY_NAME, FILES)
        EnvironmentStack(app, ANY_NAME, environment=environment)
        app.synth()
        return (Path(folder) / "stacks" / ANY_NAME / "cdk.tf.json").read_text()


def open_doors(
    steps: Sequence[Step], before: dict[str, Any], after: dict[str, Any]
) -> Iterator[str]:
    """What stands open before, after, or between the two."""
    resources: dict[str, dict[str, Any]] = {}
    themselves: set[str] = set()
    for document in (before, after):
        order = Order(document)
        yield from order.open_doors(set(order.resources))
        resources |= order.resources
        themselves |= {
            address for address, _ in order.of_type(OPERATION) if order.answers_itself(address)
        }
    yield from namesakes(steps, before, resources)
    there = {
        address for address in Order(before).resources if address.startswith((OPERATION, POLICY))
    }
    yield from (f"{step.address}: {step.error}" for step in steps if step.error)
    # An operation answers from the beginning of its creation to the end of its removal; a policy
    # protects from the end of its creation to the beginning of its removal.
    for step in steps:
        kind = step.address.partition(".")[0]
        if kind == OPERATION and (step.action, step.done) == ("create", False):
            there.add(step.address)
        elif kind == OPERATION and (step.action, step.done) == ("delete", True):
            there.discard(step.address)
        elif kind == POLICY and (step.action, step.done) == ("create", True):
            there.add(step.address)
        elif kind == POLICY and (step.action, step.done) == ("delete", False):
            there.discard(step.address)
        else:
            continue
        protected = {resources[each]["api_name"] for each in there if each.startswith(f"{POLICY}.")}
        for each in there - themselves:
            if each.startswith(f"{OPERATION}.") and resources[each]["api_name"] not in protected:
                yield f"{each} answers without a policy after {step}"


def namesakes(
    steps: Iterable[Step], before: dict[str, Any], resources: Mapping[str, dict[str, Any]]
) -> Iterator[str]:
    """Sites and gateways that are made while another has their name, which Azure refuses."""
    there = {address for address in Order(before).resources if _is_unique(address)}
    for step in steps:
        if not _is_unique(step.address):
            continue
        if (step.action, step.done) == ("create", False):
            name = resources[step.address]["name"]
            if any(resources[each]["name"] == name for each in there):
                yield f"{step.address} is made while another is named {name}"
            there.add(step.address)
        elif (step.action, step.done) == ("delete", True):
            there.discard(step.address)


def in_use(steps: Iterable[Step], before: dict[str, Any]) -> Iterator[str]:
    """What goes while something uses it still, of the types that Azure refuses to delete then."""
    users = {
        address: [user for user, body in Order(before).resources.items() if uses(body, address, it)]
        for address, it in Order(before).resources.items()
        if address.startswith(REFUSED_IN_USE)
    }
    over: set[str] = set()
    for step in steps:
        if step.done:
            over.add(step.address)
        elif step.action == "delete" and set(users.get(step.address, ())) - over:
            yield step.address


def twins(plan: Plan, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What is made at one address while the same goes at another.

    Terraform does both at once. Where the creation is first, Entra refuses it, or what has just
    been made is deleted with what goes.
    """
    there, comes = Order(before).resources, Order(after).resources
    gone = [_told(address, there[address]) for address, done in plan.items() if done == ("delete",)]
    for address, done in plan.items():
        if done == ("create",) and _told(address, comes[address]) in gone:
            yield address


def _told(address: str, body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The type and the arguments of a resource, without what Azure does not see."""
    unseen = ("//", "lifecycle", "depends_on")
    told = {key: value for key, value in body.items() if key not in unseen}
    return address.partition(".")[0], told


def uses(body: Mapping[str, Any], address: str, used: Mapping[str, Any]) -> bool:
    """Whether a resource refers to another, or is a policy that reads a named value."""
    told = {key: value for key, value in body.items() if key not in ("//", "lifecycle")}
    read = address.startswith(NAMED_VALUE) and f"{{{{{used['name']}}}}}" in body.get(
        "xml_content", ""
    )
    return read or f"{address}." in json.dumps(told)


def _is_unique(address: str) -> bool:
    """Whether all of Azure has one resource of that name."""
    return WORDS.get(address.partition(".")[0]) in ("function app", "gateway")


def _kinds(plan: Plan) -> dict[str, list[str]]:
    """What happens to what, in words, without repetition."""
    made, gone, changed, replaced = set[str](), set[str](), set[str](), set[str]()
    for address, actions in plan.items():
        word = WORDS[address.partition(".")[0]]
        if {"create", "delete"} <= set(actions):
            replaced.add(word)
        elif "create" in actions:
            made.add(word)
        elif "delete" in actions:
            gone.add(word)
        else:
            changed.add(word)
    # One function app goes and another comes, of another type of resource.
    swapped = made & gone & {"function app", "slot"}
    replaced |= swapped
    kinds = {
        "replaced": replaced,
        "removed": gone - replaced,
        "added": made - replaced,
        "in place": changed - replaced,
    }
    order = list(dict.fromkeys(WORDS.values()))
    return {kind: sorted(words - {""}, key=order.index) for kind, words in kinds.items()}


def in_words(plan: Plan) -> str:
    """A plan as the page tells it."""
    verbs = {"in place": "changes", "added": "adds", "removed": "removes", "replaced": "replaces"}
    done = _kinds(plan)
    parts = [f"{verb} {', '.join(done[kind])}" for kind, verb in verbs.items() if done[kind]]
    return "; ".join(parts) or "nothing"


def rows(found: Iterable[Outcome]) -> list[str]:
    """A line of the page for each change, each once."""
    lines: list[str] = []
    for outcome in found:
        change, head = outcome.change, head_of(outcome.change, back=outcome.back)
        if head:
            lost = change.lost
            if outcome.back and change.lost_back is not None:
                lost = change.lost_back
            plan = f"{'**refused:** ' * outcome.refused}{in_words(outcome.plan)}"
            lines.append(f"{head} | {plan} | {lost or 'nothing'} |")
    return list(dict.fromkeys(lines))


def head_of(change: Change, *, back: bool) -> str:
    """What the page calls a change; nothing if it is told with the change forth."""
    what = change.back if back else change.what
    keys = ", ".join(f"`{key}`" for key in change.setting.split(", "))
    return f"| {keys} | {what}" if what else ""


def parts() -> list[dict[str, Change]]:
    """The changes in as many parts as there are tests, each by a name of its own."""
    named = {f"c{number:03}": change for number, change in enumerate(CHANGES)}
    return [
        {
            name: each
            for position, (name, each) in enumerate(named.items())
            if position % PARTS == part
        }
        for part in range(PARTS)
    ]


def _part(number: int) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        return outcomes(Path(folder), parts()[number])


def main() -> None:
    """Write the page's table anew."""
    if not has_stand_in():
        sys.exit("the offline providers are needed: applying with real ones makes real resources")
    # Each in a process of its own: jsii's kernel does one thing at a time.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        found = [outcome for part in pool.map(_part, range(PARTS)) for outcome in part]
    problems = [problem for outcome in found for problem in outcome.problems()]
    print(*problems, sep="\n", file=sys.stderr)
    found.sort(key=lambda outcome: (CHANGES.index(outcome.change), outcome.back))
    head = ["| setting | change | the plan | what is lost |", "| --- | --- | --- | --- |"]
    table = "\n".join([BEGIN, "", *head, *rows(found), "", END])
    page = PAGE.read_text()
    PAGE.write_text(re.sub(f"(?s){BEGIN}.*{END}", lambda _: table, page))


if __name__ == "__main__":
    main()
