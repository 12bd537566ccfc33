"""What API Management would not save is refused, and it is said where."""

import pytest

from constructs_lib.simulation.csharp import ExpressionRefused, compile_expression


def test_what_is_no_csharp_is_refused():
    with pytest.raises(ExpressionRefused, match="line 4, column 9"):
        compile_expression("@(1 +)", line=4, column=9)
