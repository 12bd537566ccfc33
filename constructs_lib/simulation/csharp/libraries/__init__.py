"""The allowed types and their members: modules for the libraries of .NET that they come from."""

from importlib import import_module

_MODULES = (
    "api_management",
    "collections",
    "dates",
    "json",
    "linq",
    "numbers",
    "objects",
    "security",
    "strings",
    "web",
    "xml",
)


def load() -> None:
    """Fill the tables."""
    for name in _MODULES:
        import_module(f"{__name__}.{name}")
