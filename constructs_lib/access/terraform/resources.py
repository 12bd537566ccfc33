"""What a configuration is made of, as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from constructs_lib.access.terraform.values import Value

Raw: TypeAlias = Any
"""A piece of JSON as read: strings in it are templates, or literal where `Resource.literal` is."""

Steps: TypeAlias = "tuple[str | int | None, ...]"

Bound: TypeAlias = "Mapping[str, Value]"
"""What `each`, `count` and the iterators of dynamic blocks mean where an expression stands."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """A leaf of a plan that is known only after apply.

    Attributes:
        references: What its expression mentions, as Terraform lists it.
        module: Address of the module that the expression stands in.
        key: The `each.key` or `count.index` there.
        template: The expression itself, which a plan has for configurations in JSON, as of CDKTF.
        bound: What `each` and `count` mean there, where more than the key is known.
    """

    references: tuple[str, ...]
    module: str
    key: str | int | None
    template: Raw = None
    bound: Bound | None = None


@dataclass(slots=True, eq=False)
class Resource:
    """A resource or data source; it never changes, although `frozen` is too slow for so many.

    Attributes:
        stack: Name of its stack; empty for a plan or a state.
        address: Its full Terraform address.
        type: For example `azurerm_linux_function_app`.
        body: Its arguments, and in a plan or a state what is known of its other attributes.
        managed: Whether it is a resource, not a data source.
        literal: Whether strings are values rather than templates.
        module: Address of its module; empty for the root.
        construct: Path of the construct that made it, if it says.
        path: The file that it stands in.
        bound: What `each` or `count` means in it, where it is an instance of several.
        provider: The provider's configuration, with its alias: `azuread` or `azuread.other`.
        new: Whether it surely does not exist yet, as a plan says.
        imported: Whether it exists already and is only taken over.
        unread: Whether it is a data source that is read only during apply.
        lines: The line of its block in the file, under "", and of what stands in it by its dotted
            path, where they are known.
    """

    stack: str
    address: str
    type: str
    body: Mapping[str, Raw]
    managed: bool
    literal: bool
    module: str = ""
    construct: str | None = None
    path: str = ""
    bound: Bound = field(default_factory=dict[str, Value])
    provider: str = ""
    new: bool = False
    imported: bool = False
    unread: bool = False
    lines: Mapping[str, int] = field(default_factory=dict[str, int])

    def line_of(self, attribute: str | None) -> int | None:
        """The line of an attribute, or of the next block around it that is written."""
        path = attribute or ""
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path)

    @property
    def shows(self) -> bool:
        """Whether an argument that is not there has its default, instead of being unknown."""
        return self.managed or (self.literal and not self.unread)


@dataclass(slots=True)
class Module:
    """What names in expressions of one stack or module mean.

    Attributes:
        variables: Default, given value, or the `Deferred` of the call; no entry is unknown.
        local_values: The `locals`.
        outputs: Templates, values, or `Deferred`.
        literal: Whether strings in it are values rather than templates.
        backend: Type and configuration of the state's backend.
        tenants: Each provider's configuration and the `tenant_id` that it is told, if any.
        declared: The variables, whether or not they have a value.
        types: The types of those whose attributes have defaults, as they are written.
        never_null: The defaults of those that have them even where null is passed.
        folder: Where its files lie; None where they are not known.
    """

    variables: dict[str, Raw] = field(default_factory=dict[str, Raw])
    local_values: dict[str, Raw] = field(default_factory=dict[str, Raw])
    outputs: dict[str, Raw] = field(default_factory=dict[str, Raw])
    literal: bool = False
    backend: tuple[str, Raw] | None = None
    tenants: list[tuple[str, Raw]] = field(default_factory=list[tuple[str, Raw]])
    declared: set[str] = field(default_factory=set[str])
    types: dict[str, str] = field(default_factory=dict[str, str])
    never_null: dict[str, Raw] = field(default_factory=dict[str, Raw])
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of what was given that could not be read.

    Attributes:
        stack: The stack that it belongs to.
        path: The file that tells of it.
        reason: What was not read, in a sentence.
        passed: What is passed to it, where it is a module.
        everything: Whether it may change anything of the stack.
    """

    stack: str
    path: str
    reason: str
    passed: Raw = None
    everything: bool = False
