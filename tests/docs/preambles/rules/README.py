"""What the piece of the page stands in: a function app that may be deployed to from everywhere."""
# ruff: noqa: F401, F821

from constructs_lib import Inbound, accept
from tests.docs.pieces import orders_in

_, orders = orders_in(self, deployment=Inbound.anywhere(reason="hosted agents"))
function_app = orders.function_app
