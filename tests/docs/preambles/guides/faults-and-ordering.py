"""What the piece of the guide stands in: a gateway and an API in it."""
# ruff: noqa: F821

from tests.docs.pieces import orders_in

gateway, orders = orders_in(stack)
