"""A key or a token: sent, never shown."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

from constructs_lib._core.errors import InputError


class Secret:
    """A text that no `repr`, `str`, `format` or exception shows."""

    __slots__ = ("_scheme", "_text")

    def __init__(self, text: str, *, where: str, scheme: str = "") -> None:
        """Keep `text` without the newline that a file or a command ends with, and the scheme.

        Args:
            text: The key or token.
            where: Where it comes from, for errors.
            scheme: What goes before it in the header, for example `Bearer`.

        Raises:
            InputError: It is empty, or holds a character that no header may carry. Checked here
                because `http.client` would put the whole value into its exception.
        """
        before = f"{scheme} " if scheme else ""
        text = text.strip("\r\n").removeprefix(before)
        if not re.fullmatch(r"[!-~]+", text):
            raise InputError(
                "empty" if not text else "holds a blank or a character outside ASCII", where=where
            )
        self._text = text
        self._scheme = before

    def __repr__(self) -> str:
        return "Secret(***)"

    def reveal(self) -> str:
        """Return the scheme and the text, for the one line that sends them."""
        return self._scheme + self._text

    def is_in(self, text: str) -> bool:
        """Whether `text` holds the secret, plainly or in a common encoding."""
        encoded = base64.b64encode(self._text.encode()).decode().rstrip("=")
        return any(form in text for form in (self._text, quote(self._text, safe=""), encoded))
