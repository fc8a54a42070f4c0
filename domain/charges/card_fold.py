"""From facts to the wallet, and to what became of the charges that we began."""

from dataclasses import replace
from datetime import datetime, timedelta

from domain import facts
from domain.channels import CHARGE
from domain.charges.cards import ENGINE, Card, Failure, Wallet
from domain.claim import Charged, Claim
from domain.fold import apart

ANSWERED_WITHIN = timedelta(days=1)
"""How long after a charge what is said of its invoice may be its answer; without one it has failed softly."""


class CardFold:
    """The part of an account's fold that is about cards."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.failures: list[Failure] = []
        self.answers: dict[str, Charged] = {}  # by the message of the claim
        # Payments in flight, each with the message of the claim that began it, or None.
        self.on_their_way: dict[str, str | None] = {}
        self.charged_back: dict[str, datetime] = {}

    def copy(self) -> "CardFold":
        """Return the same state, which facts that are taken here do not change."""
        return apart(self)

    def wallet(self) -> Wallet:
        """Return the cards and what went wrong with them."""
        return Wallet(
            cards=tuple(self.cards),
            failures=tuple(self.failures),
            charged_back_at=max(self.charged_back.values(), default=None),
        )

    def take(self, body: facts.Body, at: datetime, claims: dict[str, Claim]) -> None:
        """Take one fact into account; `claims` are what we began, by message."""
        match body:
            case facts.CardAdded():
                number = len(self.cards) + 1
                instrument = body.instrument or f"card {number}"
                network = body.network or self._network(instrument)
                card = Card(instrument=instrument, network=network, number=number, added_at=at)
                self.cards.append(card)
            case facts.CardRemoved():
                self.cards = [
                    replace(card, removed_at=card.removed_at or at)
                    if body.instrument in (None, card.instrument)
                    else card
                    for card in self.cards
                ]
            case facts.ChargedBack():
                self.charged_back[body.payment] = at
            case facts.ChargebackReversed():
                self.charged_back.pop(body.payment, None)
            case facts.PaymentReceived() | facts.PaymentInFlight():
                self._money(body, at, claims)
            case facts.PaymentFailed():
                self._failed(body, at, claims)
            case _:
                pass

    def _network(self, instrument: str) -> str | None:
        """Return what is known of a card that is named again, such as when it is chosen."""
        known = (card.network for card in reversed(self.cards) if card.instrument == instrument)
        return next((network for network in known if network), None)

    def _money(
        self,
        body: facts.PaymentReceived | facts.PaymentInFlight,
        at: datetime,
        claims: dict[str, Claim],
    ) -> None:
        message = self._asked(body.payment, body.invoice, at, claims)
        if message is not None:
            self.answers[message] = Charged(at=at)
        if isinstance(body, facts.PaymentInFlight):
            self.on_their_way[body.payment] = message

    def _failed(self, body: facts.PaymentFailed, at: datetime, claims: dict[str, Claim]) -> None:
        payment = body.payment or ""
        if payment in self.on_their_way:
            message = self.on_their_way.pop(payment)
            if message is None:
                return  # A debit from a bank account, say: it tells nothing about a card.
        else:
            ours = body.invoice if body.by == ENGINE else None
            message = self._asked(payment, ours, at, claims)
        if message is not None:
            decline = body.decline or "soft"
            self.answers[message] = Charged(at=at, decline=decline, instrument=body.instrument)
            return
        # Which card a customer tried is not known; everybody else tried the one that was there.
        card = None if body.by == "customer" else Wallet(cards=tuple(self.cards)).card_at(at)
        instrument = body.instrument or (card.instrument if card else None)
        self.failures.append(
            Failure(at=at, invoice=body.invoice, decline=body.decline, by=body.by, instrument=instrument)
        )

    def _asked(self, payment: str, invoice: str | None, at: datetime, claims: dict[str, Claim]) -> str | None:
        """Return the claim that is answered: the one that is named, else the newest about the invoice."""
        if payment in claims and claims[payment].channel == CHARGE:
            return payment
        for message, claim in reversed(claims.items()) if invoice is not None else ():
            if claim.claimed_at >= at or claim.channel != CHARGE:
                continue
            if claim.claimed_at + ANSWERED_WITHIN < at:
                return None
            answer = self.answers.get(message)
            if claim.stands and claim.invoices[0] == invoice and (answer is None or answer.at == at):
                return message
        return None
