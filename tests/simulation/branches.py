"""Copies of a configuration whose calls show which branches they take, or where they lead."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection
from dataclasses import replace

from constructs_lib._core.errors import InputError
from constructs_lib.policy.model import Document as Policy
from constructs_lib.policy.model import Element, Node
from constructs_lib.policy.reader import read
from constructs_lib.policy.writer import write
from constructs_lib.simulation.trace import Trace
from tests.access.samples import Document

_TEXTS = {
    "azurerm_api_management_policy": "xml_content",
    "azurerm_api_management_product_policy": "xml_content",
    "azurerm_api_management_api_policy": "xml_content",
    "azurerm_api_management_api_operation_policy": "xml_content",
    "azurerm_api_management_policy_fragment": "value",
}
_TAKEN = re.compile(r"The variable (branch-\d+-\d+(?:-left)?) is set\.")
_LEFT = "-left"

Edit = Callable[[list[Node]], list[Node]]


def marked(document: Document) -> Document:
    """A copy whose calls tell in their traces which branches they take and leave (`taken`)."""
    return _with_branches(document, _mark)


def taken(trace: Trace) -> set[str]:
    """The branches that a call of a marked configuration took, and those that it left again."""
    found = (_TAKEN.fullmatch(each.message) for each in trace.entries)
    return {match[1] for match in found if match}


def pruned(document: Document, kept: Collection[str]) -> Document:
    """A copy with those branches only: what a condition decides for every call is decided.

    A branch that no call leaves ends there: its callers are refused within, by their address say.
    """

    def prune(choose: Element, names: dict[int, str], otherwise: str) -> list[Node]:
        branches = [each for each in choose.elements() if names[id(each)] in kept]
        for each in branches:
            if names[id(each)] + _LEFT not in kept:
                each.children.append(Element("return-response"))
        if otherwise in kept and not any(each.name == "otherwise" for each in branches):
            branches.append(Element("otherwise"))
        if not branches:
            return []
        if branches[-1].name == "when":
            branches[-1] = replace(branches[-1], name="otherwise", attributes={})
        if len(branches) == 1:
            return list(branches[0].children)
        return [replace(choose, children=list[Node](branches))]

    return _with_branches(document, prune)


def unrefused(document: Document) -> Document:
    """A copy whose calls go on when Entra refuses a token, to where they would be sent."""

    def go_on(nodes: list[Node]) -> list[Node]:
        found: list[Node] = []
        for node in nodes:
            if isinstance(node, Element):
                node.children = go_on(node.children)
                if node.name == "authentication-managed-identity":
                    variable = node.attributes.get("output-token-variable-name")
                    if variable:
                        given = {"name": variable, "value": "none"}
                        found.append(Element("set-variable", attributes=given))
                    node.attributes["ignore-error"] = "true"
            found.append(node)
        return found

    return _edited(document, go_on)


def _mark(choose: Element, names: dict[int, str], otherwise: str) -> list[Node]:
    for branch in choose.elements():
        name = names[id(branch)]
        branch.children = [_told(name), *branch.children, _told(name + _LEFT)]
    if not any(choose.elements("otherwise")):
        choose.children.append(Element("otherwise", children=[_told(otherwise)]))
    return [choose]


def _told(name: str) -> Element:
    return Element("set-variable", attributes={"name": name, "value": "taken"})


def _with_branches(
    document: Document, edit: Callable[[Element, dict[int, str], str], list[Node]]
) -> Document:
    """A copy with something else for each `choose`; its branches always have the same names."""
    number = 0

    def edited(nodes: list[Node]) -> list[Node]:
        nonlocal number
        found: list[Node] = []
        for node in nodes:
            if not isinstance(node, Element):
                found.append(node)
                continue
            number += 1
            own = number
            node.children = edited(node.children)
            if node.name != "choose":
                found.append(node)
                continue
            branches = list(node.elements())
            names = {id(each): f"branch-{own}-{at}" for at, each in enumerate(branches)}
            last = branches[-1] if branches else None
            named = last is not None and last.name == "otherwise"
            otherwise = names[id(last)] if named else f"branch-{own}-{len(branches)}"
            found += edit(node, names, otherwise)
        return found

    return _edited(document, edited)


def _edited(document: Document, edit: Edit) -> Document:
    document = copy.deepcopy(document)
    for kind, name in _TEXTS.items():
        for block in document["resource"].get(kind, {}).values():
            try:
                policy = read(block[name], terraform=True)
            except (InputError, KeyError):
                continue
            if isinstance(policy, Policy):
                for section in policy.sections().values():
                    section[:] = edit(section)
            else:
                policy.policies = edit(policy.policies)
            block[name] = write(policy)
    return document
