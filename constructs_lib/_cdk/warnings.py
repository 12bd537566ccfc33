"""Warnings of a construct: CDKTF prints them at synth, and they change nothing in the JSON."""

from __future__ import annotations

import os
from datetime import date, datetime, timezone

from cdktf import Annotations
from constructs import IConstruct


def warn(construct: IConstruct, message: str) -> None:
    """Attach a warning to a construct."""
    Annotations.of(construct).add_warning(message)


def today() -> date:
    """Return the date that warnings reckon from.

    `SOURCE_DATE_EPOCH` sets it, as for everything that is to come out the same again:
    https://reproducible-builds.org/specs/source-date-epoch/
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), tz=timezone.utc).date()
    return datetime.now(tz=timezone.utc).date()
