"""Remembers values in Terraform's state: the built-in `terraform_data`, since Terraform 1.4.

`DataResource` of cdktf makes the same, but has each synth ask for Terraform's version, once for
each of them: a process each time, and no synth where there is no Terraform.
"""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformResource, TerraformResourceLifecycle
from constructs import Construct


def remember(
    scope: Construct,
    id: str,
    values: Mapping[str, str],
    lifecycle: TerraformResourceLifecycle | None = None,
) -> TerraformResource:
    """Make a resource that keeps these values; its attribute `output` has them."""
    resource = TerraformResource(
        scope, id, terraform_resource_type="terraform_data", lifecycle=lifecycle
    )
    resource.add_override("input", dict(values))
    return resource
