"""Telling: the vendor of SMS learns of opt-outs that it did not hear itself, and of what takes them back.

Our own ledger holds messages back at once. This is for whatever else sends from the same number. To tell
twice does no harm, so what is in doubt is told again; nobody waits for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from activities.books import RESTS, Books
from domain.consent import Consent
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.own_steps import VENDOR
from store import consents, tasks
from store.consents import Untold

MOST = 25
"""So many the vendor takes at once."""

_MENDED_AFTER = timedelta(days=1)
"""Real time after which a fault of ours is tried again: a task says what to mend."""

_WORDS = {"out": "opt-out of SMS", "in": "consent to SMS"}


class Registrar(Protocol):
    """Tells a vendor, and returns by name what it did not take, and why.

    Raises:
        TryAgainLater, InDoubt: it is told again.
        Misconfigured: our own fault.
        Refused: it takes none of them.
    """

    def tell(self, told: Sequence[Consent]) -> Mapping[str, str]: ...


class Telling:
    """Tells what has not been told, one batch at a time."""

    def __init__(self, *, books: Books, registrar: Registrar | None) -> None:
        self.books = books
        self.registrar = registrar

    def tell(self, now: datetime) -> int:
        """Tell what is to be told by now; return how many it was."""
        if self.registrar is None:
            return 0
        ledger, clock = self.books.ledger, self.books.clock()
        told: dict[str, tuple[Consent, Untold]] = {}
        for each in consents.untold(ledger, now=now, limit=MOST):
            consent = each.consent(clock.real(each.said_at))
            if consent is None:
                consents.settle(ledger, each, "moot", now=now, words="")
            else:
                told[consent.name] = (consent, each)
        if told:
            self._tell(self.registrar, told, now)
        return len(told)

    def _tell(self, registrar: Registrar, told: Mapping[str, tuple[Consent, Untold]], now: datetime) -> None:
        waiting = [each for _, each in told.values()]
        try:
            refused = registrar.tell([consent for consent, _ in told.values()])
        except TryAgainLater as later:
            self._put_off(waiting, now, later.delay)
        except InDoubt:
            self._put_off(waiting, now, timedelta())
        except (Misconfigured, Refused) as wrong:
            self._tell_operator(f"opt-outs cannot be told to the vendor of SMS: {wrong}", now)
            self._put_off(waiting, now, _MENDED_AFTER)
        else:
            for name, (consent, each) in told.items():
                self._settle(consent, each, refused.get(name), now)

    def _settle(self, consent: Consent, told: Untold, refused: str | None, now: datetime) -> None:
        what = _WORDS[consent.status]
        if refused is None:
            words = f"the vendor of SMS was told of the {what}"
            consents.settle(self.books.ledger, told, "told", now=now, words=words)
            return
        words = f"the vendor of SMS does not take the {what}: {refused}"
        consents.settle(self.books.ledger, told, "refused", now=now, words=words)
        self._tell_operator(words, now)

    def _put_off(self, waiting: Sequence[Untold], now: datetime, delay: timedelta) -> None:
        tries = max(each.tries for each in waiting)
        rest = max(delay, RESTS[min(tries + 1, len(RESTS) - 1)])
        until = now + self.books.lasting(rest)
        consents.put_off(self.books.ledger, waiting, until=until, now=now)

    def _tell_operator(self, words: str, now: datetime) -> None:
        with self.books.ledger.write() as session:
            tasks.open_once(session, VENDOR, words, now=now)
