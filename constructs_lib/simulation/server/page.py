"""The page that shows calls and their traces: one HTML document that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources


@cache
def html() -> tuple[str, str]:
    """The document, and the content security policy that lets its style and script run alone."""
    style, script, body = (_file(name) for name in ("page.css", "page.js", "page.html"))
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return body.replace("/*style*/", style).replace("/*script*/", script), policy


def _file(name: str) -> str:
    return resources.files(__package__ or "").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
