"""Everything the engine says to a customer: claim, render, hand over, confirm."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import activity

from activities.answers import Answer, Order
from activities.books import Books
from activities.notices import PageUrl, no_page, notice_of
from activities.once import Claimed, Mark, Once, unmarked, without_words
from activities.rendering import Letters
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.facts import ContactInvalid, OptedOut
from domain.in_doubt import Doubt, doubt_about
from domain.notice import Accepted, Message, Seller
from domain.reaction import Reaction
from domain.situation import Situation
from domain.wording import Wording
from store import breakers, consents
from store.claims import Begun
from store.facts import NewFact


class Courier(Protocol):
    """Hands one message to a vendor, and can be asked later whether it went out.

    Either answers or gives up within five seconds: whoever asks ten seconds after a claim whether the
    message went out must be told of every one that did, or be told to wait.

    Raises:
        TryAgainLater: certainly not sent, and it may work later; of `find`, it cannot be told yet.
        Refused: certainly not sent, and it never will be.
        Misconfigured: certainly not sent, and it is our fault; the claim is given back.
        InDoubt: it may have been sent; of `find`, the vendor knows of none, which proves nothing.
    """

    @property
    def sender(self) -> str:
        """From where it sends: what a fault of ours stops. Empty where nothing can be at fault."""
        ...

    def deliver(self, message: Message, *, at: datetime) -> Accepted: ...

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        """Return what became of the message to `to` that was begun at the real instant `since`.

        None says that it certainly never went out.
        """
        ...


Headers = Callable[[str], tuple[tuple[str, str], ...]]
"""Further headers of an email, from the reference that it carries: how to unsubscribe with one click."""


def no_headers(reference: str) -> tuple[tuple[str, str], ...]:
    """Return none: where nobody serves the link there is nothing to click."""
    return ()


class Messages:
    """Sends the notices that a customer's plan wants."""

    def __init__(
        self,
        *,
        books: Books,
        letters: Letters,
        couriers: Mapping[str, Courier],
        seller: Seller,
        headers: Headers = no_headers,
        page: PageUrl = no_page,
        monotonic: Callable[[], float] = time.monotonic,
        mark: Mark = unmarked,
    ) -> None:
        self.books = books
        self.letters = letters
        self.couriers = couriers
        self.seller = seller
        self.headers = headers
        self.page = page
        self.once = Once(books, monotonic=monotonic)
        self.mark = mark

    @activity.defn(name="Send", no_thread_cancel_exception=True)
    def send(self, order: Order) -> Answer:
        """Send one notice, if a fresh plan still wants it.

        Never twice: see `activities.once`.
        """
        channel = order["key"].rpartition("/")[2]
        claimed = self.once.claim(
            order,
            find=self._find,
            confirm=self._confirm,
            in_doubt=_in_doubt,
            sender=self.couriers[channel].sender,
        )
        if not isinstance(claimed, Claimed):
            return claimed
        self.mark("claimed")
        return self._deliver(claimed)

    def _find(self, begun: Begun) -> Accepted | None:
        since = self.books.clock().real(begun.claimed_at)
        try:
            return self._courier(begun).find(begun.message, to=_address(begun), since=since)
        except Misconfigured as wrong:
            self.books.unasked(wrong, since=begun.claimed_at, now=begun.now)

    def _deliver(self, claimed: Claimed) -> Answer:
        begun, now = claimed.begun, claimed.begun.now
        written = self._written(begun)
        if written is None or self.once.stale(claimed):
            rest = timedelta() if written else self.books.rest(begun)
            return self.once.put_off(begun, until=now + rest)
        message, words = written
        try:
            with without_words():
                accepted = self._courier(begun).deliver(message, at=now)
        except InDoubt:
            return self.once.leave(begun)
        except Refused as refused:
            return self._refuse(begun, refused)
        except Misconfigured as wrong:
            # Given back first: whatever happens to the breaker, this claim is no matter of doubt.
            self.books.release(begun)
            until = self._stop_sender(begun, wrong)
            return self.books.put_off(begun.customer.id, begun.effect.key, begun.now, until=until)
        except TryAgainLater as later:
            return self.once.try_later(begun, later)
        self.mark("sent")
        return self._confirm(begun, accepted, words)

    def _stop_sender(self, begun: Begun, wrong: Misconfigured) -> datetime:
        """Let nobody else run into a fault of ours; return when the next message may try."""
        channel, sender = begun.effect.channel, self._courier(begun).sender
        return self.books.stop_sender(channel, sender, why=str(wrong), now=begun.now)

    def _courier(self, begun: Begun) -> Courier:
        return self.couriers[begun.effect.channel]

    def _written(self, begun: Begun) -> tuple[Message, Wording] | None:
        """Render what goes out, and say in which words; None where they cannot be, which the log explains.

        Nothing has left us by then, so the claim is no matter of doubt: it is given back.
        """
        email = begun.effect.channel == "email"
        try:
            with without_words():
                notice = notice_of(begun, seller=self.seller, page=self.page)
                sender = self.seller.support_email if email else self.seller.name
                message = self.letters.message(notice, to=_address(begun), sender=sender)
                words = self.letters.words(notice, message)
        except RuntimeError as fault:
            activity.logger.error("%s by %s: %s", begun.effect.step, begun.effect.channel, fault)
            return None
        statutory = begun.effect.step in begun.policy.statutory
        headers = self.headers(begun.message) if email and not statutory else ()
        whole = replace(
            message,
            headers=message.headers + headers,
            not_after=self._not_after(begun),
            statutory=statutory,
        )
        return whole, words

    def _not_after(self, begun: Begun) -> datetime | None:
        """The real instant from which the customer may not be contacted any more.

        None on a business clock of another speed: hours of it are over before any vendor has answered.
        """
        clock = self.books.clock()
        if clock.speed != 1:
            return None
        at = Situation(policy=begun.policy, account=begun.account, now=begun.now)
        effect = begun.effect
        closes = at.contacting.open_until(
            effect.channel, [debt.invoice for debt in effect.debts], effect.step
        )
        return clock.real(closes)

    def _confirm(self, begun: Begun, accepted: Accepted, words: Wording | None = None) -> Answer:
        """Write down that it went out; the words are not known of what an earlier attempt handed over."""
        assessment = self.books.confirm(
            begun, provider_ref=accepted.provider_ref, outcome=accepted.outcome, words=words
        )
        self.mark("confirmed")
        self._sender_works(begun)
        return self.books.answer("done", assessment)

    def _sender_works(self, begun: Begun) -> None:
        if begun.trying:
            breakers.close(
                self.books.ledger, begun.effect.channel, self._courier(begun).sender, now=begun.now
            )

    def _refuse(self, begun: Begun, refused: Refused) -> Answer:
        """A refusal is a fact: the claim stays refused, and the plan moves on to the next channel."""
        channel, facts = begun.effect.channel, []
        kind = _FACTS.get(refused.reaction)
        if kind is not None:
            name = f"{kind.__name__.lower()}:{begun.message}"
            facts = [NewFact(source="courier", id=name, happened_at=begun.now, body=kind(channel=channel))]
        assessment = self.books.confirm(begun, state="refused", new=facts, why=str(refused))
        if kind is OptedOut and channel == consents.CHANNEL:
            self._heard(facts[0], begun.now)
        self._sender_works(begun)
        return self.books.answer("refused", assessment)

    def _heard(self, fact: NewFact, now: datetime) -> None:
        """Note that the vendor of SMS need not be told of an opt-out that it told us of."""
        with self.books.ledger.write() as session:
            consents.heard(session, fact.source, fact.id, now=now)


_FACTS: Mapping[Reaction, type[ContactInvalid] | type[OptedOut]] = {
    "invalid_contact": ContactInvalid,
    "opted_out": OptedOut,
}


def _address(begun: Begun) -> str:
    return (begun.contact.email if begun.effect.channel == "email" else begun.contact.phone) or ""


def _in_doubt(begun: Begun) -> Doubt:
    return doubt_about(begun.policy, begun.effect.step, begun.effect.channel)
