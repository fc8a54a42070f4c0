"""What a self-check found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        then: what does not work while it is so; empty where all does, or where the words say it.
    """

    about: str
    ok: bool
    words: str
    then: str = ""
