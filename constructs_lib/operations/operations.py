"""A checked sequence of operations, wherever they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

from constructs_lib._core.errors import InputError
from constructs_lib.operations.operation import METHODS, Contents, Operation


@dataclass(frozen=True, kw_only=True)
class Operations(Contents, Sequence[Operation]):
    """The operations of one API, none of them twice.

    Build them with `of`, `parse`, `from_functions_project`, `from_openapi` or, knowingly, `any`.

    Raises:
        InputError: Two operations have the same id, or the same requests would match both.
    """

    def __post_init__(self) -> None:
        ids: dict[str, Operation] = {}
        matches: dict[tuple[str, str], Operation] = {}
        for operation in self.entries:
            twin = matches.setdefault(operation.match_key, operation)
            if twin is not operation:
                raise InputError(
                    f"the same requests match {twin.name} ({twin.source or twin.id})",
                    where=_place(operation),
                    fix="drop one of them or change its path",
                )
            # Azure compares the names of resources without regard to case.
            twin = ids.setdefault(operation.id.lower(), operation)
            if twin is not operation:
                raise InputError(
                    f"{twin.name} has the id {operation.id!r} too",
                    where=_place(operation),
                    fix="give one of them an id of its own",
                )

    @overload
    def __getitem__(self, index: int) -> Operation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Operation, ...]: ...
    def __getitem__(self, index: int | slice) -> Operation | tuple[Operation, ...]:
        return self.entries[index]

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    @classmethod
    def of(cls, *entries: Operation | str) -> Operations:
        """Take operations as they are given: records, or the short form `GET /orders/{id}`."""
        return cls(
            entries=tuple(
                Operation.parse(entry) if isinstance(entry, str) else entry for entry in entries
            )
        )

    @classmethod
    def parse(cls, text: str) -> Operations:
        """Read operations in the short form, one per line, methods separated by commas.

        Args:
            text: For example `GET /orders/{id}`, or `GET,POST /orders`. Empty lines and what
                follows ` #` do not count.
        """
        operations: list[Operation] = []
        for number, line in enumerate(text.splitlines(), start=1):
            methods, _, template = f" {line}".partition(" #")[0].strip().partition(" ")
            if not methods:
                continue
            try:
                operations += [
                    Operation.parse(f"{method} {template}") for method in methods.split(",")
                ]
            except InputError as error:
                raise InputError(error.problem, where=f"line {number}", fix=error.fix) from error
        return cls(entries=tuple(operations))

    @classmethod
    def any(cls, methods: Iterable[str] = METHODS) -> Operations:
        """Let every path through, for each method.

        This is a choice to make knowingly: everything that the app answers is then published. Learn
        advises against wildcards ("Mitigate OWASP API security threats", improper inventory).
        """
        return cls(entries=tuple(Operation(method=method, url_template="/*") for method in methods))

    @classmethod
    def from_functions_project(cls, path: str | Path, *, strict: bool = True) -> Operations:
        """Read the HTTP triggers of an Azure Functions project without running any of it.

        Args:
            path: The folder that has `host.json`.
            strict: Refuse the project when something of it could not be read.

        Returns:
            The operations, the route prefix and what was found on the way.

        Raises:
            InputError: The folder is no project of Azure Functions, or, if `strict`, its findings
                have an error among them.
        """
        from constructs_lib.operations.sources.project import read_project

        return cls(**vars(read_project(Path(path), strict=strict)))

    @classmethod
    def from_openapi(
        cls,
        path: str | Path,
        *,
        mode: Literal["expand", "import"] = "expand",
        route_prefix: str | None = None,
        strict: bool = True,
    ) -> Operations:
        """Read an OpenAPI document of version 2.0, 3.0 or 3.1, YAML or JSON, from a local file.

        Args:
            path: The document. What it refers to is read from local files only.
            mode: `expand` makes a resource of each operation: plans show every change and policies
                can be attached to each. `import` leaves it to API Management: `document` is set.
            route_prefix: The function app's route prefix, if known: its path is taken off servers
                and paths that have it, as the backend's URL already ends in it.
            strict: Refuse the document when something of it would be lost.

        Raises:
            InputError: The file is no valid OpenAPI document, or, if `strict`, its findings have an
                error among them.
        """
        try:
            from constructs_lib.operations.openapi.expansion import read_openapi
        except ModuleNotFoundError as error:
            raise InputError(
                f"reading OpenAPI documents needs {error.name}, which is not installed",
                fix="pip install 'secured-functions[cli]'",
            ) from error

        return cls(
            **vars(read_openapi(Path(path), mode=mode, route_prefix=route_prefix, strict=strict))
        )


def _place(operation: Operation) -> str:
    return f"{operation.source}: {operation.name}" if operation.source else operation.name
