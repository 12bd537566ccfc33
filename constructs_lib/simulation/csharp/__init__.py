"""Policy expressions compiled and evaluated, with the semantics of .NET.

    expression = compile_expression('@(context.Request.Method + "!")')
    expression.evaluate(context)

C# 7 with the types and members of Learn, "API Management policy expressions". Nothing of Python is
evaluated or looked up by name: each member is an entry of a table in `libraries/`.
"""

from constructs_lib.simulation.csharp.compiling import CompiledExpression as CompiledExpression
from constructs_lib.simulation.csharp.compiling import compile_expression as compile_expression
from constructs_lib.simulation.csharp.errors import Budget as Budget
from constructs_lib.simulation.csharp.errors import BudgetExceeded as BudgetExceeded
from constructs_lib.simulation.csharp.errors import ExpressionFailed as ExpressionFailed
from constructs_lib.simulation.csharp.errors import ExpressionRefused as ExpressionRefused
from constructs_lib.simulation.csharp.errors import NotSimulated as NotSimulated
