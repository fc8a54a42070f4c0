"""The daily digest: made once, kept, and sent to finance where there is an address."""

from datetime import date, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.books import Books
from activities.messages import Courier
from activities.once import without_words
from activities.rendering import Letters
from domain.digest.seen import due_on
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.notice import Accepted, Message, Seller
from domain.worklist.rules import WorklistRules
from store import controls, daily, digests
from store.digests import OVER, Kept

STEP = "digest"
PATIENCE = timedelta(minutes=30)
"""How long to wait before a fault of ours is met again."""


class Digests:
    """Looks once a day at what nobody else looks at, and tells finance of the day.

    Args:
        to: the address of finance; without one the digest is only kept.
        zone: the seller's, in which a digest is of a day and due at an hour.
        rules: of the worklist: by when what waits for a person is due.
    """

    def __init__(
        self,
        *,
        books: Books,
        letters: Letters,
        courier: Courier,
        seller: Seller,
        to: str | None,
        zone: str,
        rules: WorklistRules | None = None,
    ) -> None:
        self.books = books
        self.letters = letters
        self.courier = courier
        self.seller = seller
        self.to = to
        self.zone = ZoneInfo(zone)
        self.rules = rules

    @activity.defn(name="Write the digest")
    def write(self, order: dict[str, str]) -> str:
        """Make the digest that is due, and send it; return its day and what became of it.

        At most one that we know of: a claim is kept before the vendor is called, and whoever finds one asks
        the vendor first. Where not even that tells, it goes out again: a digest twice harms nobody.
        """
        on = due_on(self.books.now(), self.zone)
        made = digests.kept(self.books.ledger, on) or self._make(on)
        return f"{on}: {made.state if made.state in OVER else self._send(made)}"

    def _make(self, on: date) -> Kept:
        """Look at what is looked at daily, and make the digest of it.

        That this ran is noted last, so that a digest which comes too late says so itself.
        """
        ledger, now = self.books.ledger, self.books.now()
        daily.look(ledger, on=on, now=now)
        controls.note(ledger, "S10", "S27c", at=now)
        speed = self.books.clock().speed
        made = digests.make(ledger, on, zone=self.zone, now=now, speed=speed, rules=self.rules)
        controls.note(ledger, "S3", at=now)
        return made

    def _send(self, made: Kept) -> str:
        ledger, on = self.books.ledger, made.digest.on
        if self.to is None:
            digests.settle(ledger, on, "kept")
            return "kept"
        accepted = self._found(made, self.to)
        if accepted is None:
            digests.claim(ledger, on, now=self.books.now())
            accepted = self._deliver(made, self.to)
        if accepted is None:
            return "refused"
        digests.settle(ledger, on, "sent", provider_ref=accepted.provider_ref)
        return "sent"

    def _found(self, made: Kept, to: str) -> Accepted | None:
        """Ask the vendor about a digest that was begun before; None where it is to go out."""
        if made.claimed_at is None or made.state != "claimed":
            return None
        since = self.books.clock().real(made.claimed_at)
        try:
            with without_words():
                return self.courier.find(made.reference, to=to, since=since)
        except InDoubt:
            return None
        except TryAgainLater as later:
            self._later(str(later), later.delay)
        except Misconfigured as wrong:
            self._wrong(wrong)

    def _deliver(self, made: Kept, to: str) -> Accepted | None:
        """Hand the digest over; None where it is refused for good, which a task tells."""
        now = self.books.now()
        try:
            with without_words():
                return self.courier.deliver(self._message(made, to), at=now)
        except Refused as refused:
            digests.settle(self.books.ledger, made.digest.on, "refused")
            digests.tell_unread(self.books.ledger, str(refused), now=now)
            return None
        except InDoubt as doubt:
            self._later(str(doubt), PATIENCE)
        except TryAgainLater as later:
            digests.settle(self.books.ledger, made.digest.on, "made")
            self._later(str(later), later.delay)
        except Misconfigured as wrong:
            digests.settle(self.books.ledger, made.digest.on, "made")
            self._wrong(wrong)

    def _message(self, made: Kept, to: str) -> Message:
        text, html = self.letters.digest(made.digest, self.seller)
        return Message(
            channel="email",
            step=STEP,
            reference=made.reference,
            customer=STEP,
            to=to,
            sender=self.seller.support_email,
            subject=made.digest.subject,
            text=text,
            html=html,
            headers=(("Auto-Submitted", "auto-generated"),),
        )

    def _wrong(self, wrong: Misconfigured) -> NoReturn:
        digests.tell_unread(self.books.ledger, str(wrong), now=self.books.now())
        self._later(str(wrong), PATIENCE)

    def _later(self, why: str, delay: timedelta) -> NoReturn:
        raise ApplicationError(f"the digest waits: {why}", next_retry_delay=delay) from None
