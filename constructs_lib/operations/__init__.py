"""Where the operations of an API come from: written out, a Functions project, OpenAPI.

Pure data: nothing here knows of constructs. What reads files is loaded when it is used.
"""

from constructs_lib.operations.operation import (
    METHODS,
    ApiSchema,
    ImportDocument,
    McpFunction,
    Operation,
    Parameter,
    Representation,
    Request,
    Response,
)
from constructs_lib.operations.operations import Operations

__all__ = [
    "METHODS",
    "ApiSchema",
    "ImportDocument",
    "McpFunction",
    "Operation",
    "Operations",
    "Parameter",
    "Representation",
    "Request",
    "Response",
]
