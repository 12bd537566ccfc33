"""Structs as they are given to Node: without the fields that were left out.

jsii reads each field of a struct, most of them None because they were left out, and writes `null`
for it. To the kernel a field that is `null` and one that is not there are the same. A function app
has 60 fields, and a stack has hundreds of structs.

Source: jsii kernel, `serialization.ts`, struct: what is null or undefined is left undefined.
"""

from __future__ import annotations

from typing import Any, cast


def leave_out_what_is_none() -> None:
    """Let jsii write the fields of a struct that have a value, from now on."""
    from jsii import _kernel, _runtime  # pyright: ignore[reportPrivateUsage] - no public name

    kernel: Any = _kernel
    names_of: Any = getattr(_runtime, "python_jsii_mapping", None)
    refer: Any = getattr(_kernel, "_make_reference_for_native", None)
    if None in (names_of, refer) or refer.__module__ == __name__:
        return  # a jsii that does this otherwise, or it is done

    def make_reference(its_kernel: Any, value: Any) -> Any:
        given: Any = getattr(value, "_values", None)
        names: Any = type(given) is dict and names_of(value)
        if not names:
            return refer(its_kernel, value)
        fields: dict[str, Any] = {
            names[name]: make_reference(its_kernel, getattr(value, name))
            for name in cast("dict[str, Any]", given)
            if name in names
        }
        return {"$jsii.struct": {"fqn": value.__jsii_type__, "data": fields}}

    kernel._make_reference_for_native = make_reference
