"""What a misspelt word was probably meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that `word` was probably meant to be, if one is near enough."""
    by_lower = {choice.lower(): choice for choice in choices}
    # Less alike are Amount and Country; no more alike are due and due_on.
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.66)
    return by_lower[near[0]] if near else None
