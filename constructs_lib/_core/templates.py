"""Reads the Jinja2 templates of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


def template_of(
    package: str,
    name: str,
    *,
    filters: Mapping[str, Callable[..., object]] | None = None,
    **settings: Any,
) -> Template:
    """Return a template, whose blocks leave no empty lines and whose names must all have a value.

    Args:
        package: The package that the template lies in.
        name: Its path in there.
        filters: What it may apply besides the filters of Jinja2.
        settings: Further settings of Jinja2's `Environment`, such as `autoescape`.
    """
    # Here, so that `secured-functions --help` needs no extra.
    from jinja2 import Environment, StrictUndefined

    environment = Environment(  # noqa: S701 - HTML is made with autoescape=True
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **settings,
    )
    environment.filters |= filters or {}
    return environment.from_string(resources.files(package).joinpath(name).read_text("utf-8"))
