"""Where variables live."""

from __future__ import annotations


class FunctionScope:
    """The variables of a function: in blocks within each other, but all in one frame.

    Args:
        parent: The function around it.
    """

    def __init__(self, parent: FunctionScope | None) -> None:
        self.parent = parent
        self.size = 0
        self.blocks: list[dict[str, tuple[int, str | None]]] = [{}]

    def declare(self, name: str, type_: str | None) -> int:
        """Make room for a variable; return its index in the frame."""
        index = self.size + 2
        self.size += 1
        self.blocks[-1][name] = (index, type_)
        return index

    def find(self, name: str) -> tuple[int, int, str | None] | None:
        """How many functions further out a variable is, its index in the frame, and its type."""
        depth, scope = 0, self
        while scope is not None:
            for block in reversed(scope.blocks):
                if name in block:
                    return (depth, *block[name])
            depth, scope = depth + 1, scope.parent
        return None
