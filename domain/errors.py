"""Errors of the world outside, sorted by what the caller can do about them.

Their words end in journals and histories: they hold no address, no letter and no secret.
"""

from datetime import timedelta
from typing import Literal, NoReturn

from domain.reaction import Reaction, Trouble


class TryAgainLater(Exception):
    """The other side is unwell and nothing was done; `delay` is its own wish, or ours, in real time."""

    def __init__(self, words: str, *, delay: timedelta = timedelta(minutes=5)) -> None:
        super().__init__(words)
        self.delay = delay


class Refused(Exception):
    """The other side understood and said no: trying again would repeat the refusal.

    `reaction` says what follows: `invalid_contact` that the address itself is wrong, so nothing else
    may go there either; `opted_out` that the customer wants nothing more there.
    """

    def __init__(self, words: str, *, reaction: Reaction = "content") -> None:
        super().__init__(words)
        self.reaction = reaction


class Misconfigured(Exception):
    """The fault is ours, and nothing was done: an account, a key, a sender that is not registered.

    No customer is to blame, and every other one would fare the same; the words name what to mend.
    """


class InDoubt(Exception):
    """It may have been done, and nobody knows yet; asked afterwards: not even asking can tell."""


SORTED = (TryAgainLater, Refused, Misconfigured, InDoubt)
"""What the world outside may answer instead of doing what it was asked."""


def raise_for(trouble: Trouble, *, delay: timedelta | None = None) -> NoReturn:
    """Raise the error that a vendor's answer is; `delay` is the wait that it asks for.

    Raises:
        TryAgainLater, Refused, Misconfigured, InDoubt: with the sentence of the trouble.
    """
    match trouble.reaction:
        case "retry_later":
            raise TryAgainLater(trouble.says) if delay is None else TryAgainLater(trouble.says, delay=delay)
        case "in_doubt":
            raise InDoubt(trouble.says)
        case "configuration":
            raise Misconfigured(trouble.says)
        case reaction:
            raise Refused(trouble.says, reaction=reaction)


Unsound = Literal["signature", "stale", "future", "account", "malformed", "certificate", "no_certificate"]


class Unverified(Exception):
    """What came to a door is not from whom it says, or cannot be read. `why` names no value of it."""

    def __init__(self, why: Unsound) -> None:
        super().__init__(why)
        self.why = why
