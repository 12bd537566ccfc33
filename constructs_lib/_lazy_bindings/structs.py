"""Structs as they are given to Node: without the fields that were left out.

jsii reads each field of a struct, most of them None because they were left out, and writes `null`
for it. To the kernel a field that is `null` and one that is not there are the same. A function app
has 60 fields, and a stack has hundreds of structs.

Source: jsii kernel, `serialization.ts`, struct: what is null or undefined is left undefined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def leave_out_what_is_none() -> None:
    """Let jsii write the fields of a struct that have a value, from now on."""
    from jsii import _kernel, _runtime

    kernel: Any = _kernel
    runtime: Any = _runtime
    refer = kernel._make_reference_for_native
    if refer.__module__ == __name__:
        return

    def make_reference(its_kernel: Any, value: Any) -> Any:
        given = getattr(value, "_values", None)
        names = type(given) is dict and runtime.python_jsii_mapping(value)
        if not isinstance(names, Mapping):
            return refer(its_kernel, value)
        fields = {
            names[name]: make_reference(its_kernel, getattr(value, name))
            for name, there in given.items()
            if there is not None and name in names
        }
        return {"$jsii.struct": {"fqn": value.__jsii_type__, "data": fields}}

    kernel._make_reference_for_native = make_reference
