"""Function apps whose only way in is Easy Auth: hosting, keyless storage, slots and hardening."""

from constructs_lib.function_app.existing import ProtectedFunctionApp
from constructs_lib.function_app.function_app import FunctionApp, FunctionAppSlot
from constructs_lib.function_app.hosting import Hosting
from constructs_lib.function_app.identity import AppIdentity
from constructs_lib.function_app.monitoring import Monitoring
from constructs_lib.function_app.network import Inbound, PrivateAccess, Source
from constructs_lib.function_app.props import FunctionAppProps
from constructs_lib.function_app.runtime import Runtime
from constructs_lib.function_app.slot import Slot
from constructs_lib.function_app.storage import Storage

__all__ = [
    "AppIdentity",
    "FunctionApp",
    "FunctionAppProps",
    "FunctionAppSlot",
    "Hosting",
    "Inbound",
    "Monitoring",
    "PrivateAccess",
    "ProtectedFunctionApp",
    "Runtime",
    "Slot",
    "Source",
    "Storage",
]
