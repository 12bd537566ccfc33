"""What the pieces of the guide stand in: the stacks of the example, and two registrations."""
# ruff: noqa: F401, F821

from typing import cast

from cdktf import App

from constructs_lib import (
    AppRegistration,
    DirectoryContract,
    Principal,
    add_contract,
    add_providers,
)

app = cast(App, self.node.root)
add_providers(self)
orders = AppRegistration(self, "orders", display_name="orders")
billing = AppRegistration(self, "billing", display_name="billing")
gateway = Principal(
    name="gateway",
    client_id="5f6c1a52-6f0e-4f2b-9c61-5d5f3f6f2c11",
    object_id="0b6f9d4e-2c55-4f6e-8a9e-7a6c1f0f3e22",
)
for each in (orders, billing):
    each.grant(gateway)
