"""How much of the past is kept beside the live file."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Limits(Struct, frozen=True):
    """What rotation removes, oldest first.

    Attributes:
        max_age: seconds since its last change after which a rotated file goes, if no output needs it.
        max_size: bytes of all rotated files above which the oldest go that no output needs.
        hard_limit: bytes of all of them above which the oldest go even if they are needed; None: never.
    """

    max_age: Annotated[float, Meta(ge=0)]
    max_size: Annotated[int, Meta(ge=0)]
    hard_limit: Annotated[int, Meta(ge=0)] | None = None
