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

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib._core import lazy_names

if TYPE_CHECKING:
    from constructs_lib.policy.builders import *  # noqa: F403 - the names that it lists
    from constructs_lib.policy.composition import References as References
    from constructs_lib.policy.composition import effective as effective
    from constructs_lib.policy.composition import references as references
    from constructs_lib.policy.document_checks import check as check
    from constructs_lib.policy.expressions import is_expression as is_expression
    from constructs_lib.policy.model import AnyDocument as AnyDocument
    from constructs_lib.policy.model import Comment as Comment
    from constructs_lib.policy.model import Document as Document
    from constructs_lib.policy.model import Element as Element
    from constructs_lib.policy.model import Fragment as Fragment
    from constructs_lib.policy.model import Node as Node
    from constructs_lib.policy.model import Place as Place
    from constructs_lib.policy.model import Resolver as Resolver
    from constructs_lib.policy.model import Section as Section
    from constructs_lib.policy.reader import read as read
    from constructs_lib.policy.reader import read_file as read_file
    from constructs_lib.policy.undefined import Known as Known
    from constructs_lib.policy.values import Expression as Expression
    from constructs_lib.policy.values import Template as Template
    from constructs_lib.policy.values import Value as Value
    from constructs_lib.policy.values import literal as literal
    from constructs_lib.policy.values import quoted as quoted
    from constructs_lib.policy.writer import write as write
else:
    from constructs_lib.policy import builders

    _names, _load, _ = lazy_names.serve(__name__)
    __all__ = [*_names, *builders.__all__]  # noqa: PLE0604 - strings that ruff cannot see

    def __getattr__(name):
        return getattr(builders, name) if name in builders.__all__ else _load(name)

    def __dir__():
        return sorted({*globals(), *__all__})
