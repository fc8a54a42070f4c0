"""Errors of the world outside, sorted by what the caller can do about them."""

from datetime import timedelta


class TryAgainLater(Exception):
    """The other side is unwell; `delay` is its own wish, or ours."""

    def __init__(self, words: str, *, delay: timedelta = timedelta(minutes=5)) -> None:
        super().__init__(words)
        self.delay = delay


class Refused(Exception):
    """The other side understood and said no: trying again would repeat the refusal.

    `invalid` says that the address itself is wrong, so nothing else may go there either.
    """

    def __init__(self, words: str, *, invalid: bool = False) -> None:
        super().__init__(words)
        self.invalid = invalid
