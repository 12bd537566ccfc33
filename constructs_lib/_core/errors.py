"""The one error that a user's input can cause, with what the reader needs to mend it."""


class InputError(ValueError):
    """What somebody gave cannot be used.

    Args:
        problem: What is wrong, in a sentence without its full stop.
        where: The construct path, `file:line:column`, resource address or key that it is about.
        fix: What to write instead.
    """

    def __init__(self, problem: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.problem = problem
        self.where = where
        self.fix = fix
        place = f"{where}: " if where else ""
        remedy = f" ({fix})" if fix else ""
        super().__init__(f"{place}{problem}{remedy}")
