"""Policy documents of API Management: composed in Python, read from XML, checked, written.

```python
document = Document()
document.inbound.append(
    RateLimitByKey(
        calls=100, renewal_period=60, counter_key=Expression("@(context.Subscription.Id)")
    )
)
print(write(document))
```
"""

from constructs_lib.policy import builders
from constructs_lib.policy.builders import *  # noqa: F403 - exactly what its __all__ lists
from constructs_lib.policy.checks import Known, check
from constructs_lib.policy.composition import References, effective, references
from constructs_lib.policy.expressions import is_expression
from constructs_lib.policy.model import (
    AnyDocument,
    Comment,
    Document,
    Element,
    Fragment,
    Node,
    Place,
    Resolver,
    Section,
)
from constructs_lib.policy.reader import read, read_file
from constructs_lib.policy.values import Expression, Template, Value, literal, quoted
from constructs_lib.policy.writer import write

__all__ = [
    "AnyDocument",
    "Comment",
    "Document",
    "Element",
    "Expression",
    "Fragment",
    "Known",
    "Node",
    "Place",
    "References",
    "Resolver",
    "Section",
    "Template",
    "Value",
    "check",
    "effective",
    "is_expression",
    "literal",
    "quoted",
    "read",
    "read_file",
    "references",
    "write",
]
__all__ += builders.__all__
