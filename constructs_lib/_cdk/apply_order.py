"""The order of an apply, where no reference makes it.

What a policy names has to be there before it: API Management refuses a policy with a named value or
a fragment that it does not know. Both may be made after the policy, by another API too, and a
policy may be changed until synth, so what it waits for is found at synth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jsii
from cdktf import Aspects, IAspect, TerraformResource
from constructs import IConstruct

from constructs_lib._cdk.per_stack import stack_of
from constructs_lib._cdk.replacement import address_of
from constructs_lib.policy import AnyDocument, references

Parts = Mapping[str, TerraformResource]


def apply_after(resource: TerraformResource, other: TerraformResource) -> None:
    """Let Terraform change `resource` after `other`, next to what it waits for already."""
    address = address_of(other)
    waits_for = resource.depends_on or []
    if address not in waits_for:
        resource.depends_on = [*waits_for, address]


def names_parts(document: AnyDocument) -> bool:
    """Whether a policy or fragment refers to fragments or named values by their names."""
    named = references(document)
    return bool(named.fragments or named.named_values)


def apply_after_parts(
    resource: TerraformResource,
    document: AnyDocument | Callable[[], AnyDocument],
    *,
    named_values: Parts,
    fragments: Parts,
) -> None:
    """Let Terraform write a policy or fragment after those parts of the gateway that it names.

    Args:
        resource: The policy or fragment.
        document: What it says, or what returns that at synth.
        named_values: The gateway's named values, by name; those made later too.
        fragments: Its fragments, likewise.
    """
    Aspects.of(resource).add(_AfterParts(resource, document, named_values, fragments))


@jsii.implements(IAspect)
class _AfterParts:
    def __init__(
        self,
        resource: TerraformResource,
        document: AnyDocument | Callable[[], AnyDocument],
        named_values: Parts,
        fragments: Parts,
    ) -> None:
        self._resource = resource
        self._document = document
        self._named_values = named_values
        self._fragments = fragments

    def visit(self, node: IConstruct) -> None:  # noqa: ARG002 - it is the resource
        document = self._document() if callable(self._document) else self._document
        named = references(document)
        parts = [
            *map(self._named_values.get, named.named_values),
            *map(self._fragments.get, named.fragments),
        ]
        for part in parts:
            # What another stack makes is there before this one is applied.
            if part is not None and stack_of(part) is stack_of(self._resource):
                apply_after(self._resource, part)
