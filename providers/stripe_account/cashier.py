"""Charges through Stripe: one PaymentIntent for each attempt, or the one that an invoice of Stripe's has.

A charge is two requests. The first says what will be charged and takes no money: a PaymentIntent is made, or
the invoice's own is marked as ours. Only the second takes money. So whoever comes later finds by our
reference what may have been charged, and what was not yet can be ended for certain: no answer is left in
doubt, however long ago it was lost. Idempotency keys alone cannot do that. Stripe forgets them after a day,
and until then answers a failure of its own with that same failure.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import stripe

from domain.cashier import Charge, Receipt
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.money import Money, MoneyError
from providers.stripe_account.amounts import from_stripe, to_stripe
from providers.stripe_account.client import Account, code_of, raise_sorted, raise_unanswered
from providers.stripe_account.instruments import Object, instrument, name_of
from providers.stripe_account.outcomes import (
    AUTHENTICATION,
    DECLINES_OF_REQUESTS,
    Outcome,
    decline_of,
    decline_of_intent,
    outcome_of,
)
from providers.stripe_account.payments import INVOICE, REFERENCE
from providers.vendor_http import real_now

TRIED_FOR = "arrears_attempt"
"""In the metadata of a PaymentIntent that is an invoice's: the claim that last tried it."""

LONGEST = timedelta(seconds=90)
"""After so long no request of ours is at work at Stripe any more: its own SDK waits 80 seconds."""

_SKEW = timedelta(days=7)
"""By far more than Stripe's clock and ours differ: a charge that is not listed would be made again."""
_PAID_ELSEWHERE = timedelta(minutes=15)
"""Until the webhook, or else the poller, has brought the payment of an invoice that Stripe has as paid."""
_MOST = 100
_OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_EXPANDED = ("customer", "parent.subscription_details.subscription", "payments.data.payment.payment_intent")

_NOBODY = "no customer of Stripe is known for this customer: say which one it is"

NameAtStripe = Callable[[str], str | None]
"""Gives Stripe's name for one of ours; None where Stripe knows no such thing, or nobody has said which."""

NamesAtStripe = Callable[[str], Sequence[str]]
"""Gives each customer of Stripe who is one of ours; there may be several, each with cards of his own."""


def customer_itself(name: str) -> Sequence[str]:
    """Return the name of a customer that is Stripe's already."""
    return (name,) if name.startswith("cus_") else ()


def invoice_itself(name: str) -> str | None:
    """Return the name of an invoice that is Stripe's already."""
    return name if name.startswith("in_") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """An invoice of Stripe's that is open, and the PaymentIntent by which Stripe would have it paid."""

    invoice: Object
    intent: Object | None

    @property
    def customer(self) -> str:
        return name_of(self.invoice.get("customer"))


class StripeCashier:
    """The cashier of Stripe.

    Args:
        base: Stripe's own, or of a server that stands in; None where no host may be asked.
        customers_of: for customers whose invoices are not Stripe's; without it, whoever has the card.
        invoice_of: what is not Stripe's own is charged by itself.
    """

    sender = "stripe"

    def __init__(
        self,
        *,
        key: str,
        base: str | None,
        customers_of: NamesAtStripe = customer_itself,
        invoice_of: NameAtStripe = invoice_itself,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        at = Account(key=key, base=base)
        self._stripe, self._within = at.api, at.within
        self._customers_of, self._invoice_of = customers_of, invoice_of
        self._now = now

    def charge(self, charge: Charge, *, at: datetime) -> Receipt:
        """Charge a customer's card once; errors as those of a `Cashier`."""
        with self._within():
            bill = self._bill(charge)
            customer = bill.customer if bill else self._customer(charge)
            chosen = self._instrument(charge, customer, bill)
            amount = _amount(charge)
            if bill is None or amount < bill.invoice["amount_remaining"]:
                return self._take(charge, customer, chosen, amount, bill)
            return self._pay(charge, chosen, bill)

    def find(self, charge: Charge, *, since: datetime) -> Receipt | None:
        """Look for what was begun, and end what takes no money yet and still could.

        The list of a customer's PaymentIntents is asked, not Stripe's search, which shows new ones only after
        a while.
        """
        with self._within():
            named = self._invoice_of(charge.invoice)
            invoice = self._invoice(named) if named else None
            customers = self._customers(charge, invoice)
            try:
                found = self._settled_own(charge, customers, since)
                if found is None and invoice is not None:
                    found = self._settled_bill(charge, invoice, since)
            except InDoubt as doubt:
                raise TryAgainLater(str(doubt)) from None
            return found

    # --- a PaymentIntent of our own -----------------------------------------------------------------

    def _take(self, charge: Charge, customer: str, chosen: str, amount: int, bill: _Bill | None) -> Receipt:
        """Make a PaymentIntent and confirm it; for a part of Stripe's invoice, one that is credited to it."""
        try:
            made = self._stripe.payment_intents.create(
                {
                    "amount": amount,
                    "currency": charge.amount.currency.lower(),
                    "customer": customer,
                    "payment_method": chosen,
                    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                    "metadata": {REFERENCE: charge.reference, INVOICE: charge.invoice},
                },
                {"idempotency_key": _key(charge)},
            )
        except stripe.StripeError as error:
            if code_of(error) in DECLINES_OF_REQUESTS:
                return _declined(charge, chosen, code_of(error), provider_ref=charge.reference)
            raise_sorted(error)
        try:
            if bill is not None:
                self._attach(made.id, bill)
            intent = self._confirmed(charge, made.id)
        except (TryAgainLater, Refused, Misconfigured):
            self._end(made.id)
            raise
        receipt = self._settled(charge, intent)
        if receipt is None:
            raise InDoubt(f"Stripe has the payment as {intent['status']}")
        return receipt

    def _attach(self, intent: str, bill: _Bill) -> None:
        try:
            self._stripe.invoices.attach_payment(bill.invoice["id"], {"payment_intent": intent})
        except stripe.StripeError as error:
            raise_unanswered(error)

    def _confirmed(self, charge: Charge, intent: str) -> Object:
        """Take the money; return the PaymentIntent as it is then, of a card that was declined too."""
        try:
            confirmed = self._stripe.payment_intents.confirm(
                intent, {"off_session": True}, {"idempotency_key": f"{_key(charge)}/confirm"}
            )
        except stripe.CardError as error:
            return _intent_of(error) or self._read(intent)
        except stripe.StripeError as error:
            raise_sorted(error)
        return confirmed.to_dict()

    def _settled_own(self, charge: Charge, customers: Sequence[str], since: datetime) -> Receipt | None:
        """What became of the PaymentIntents that carry this reference; there is one for each attempt."""
        created, intents = int((since - _SKEW).timestamp()), list[Object]()
        try:
            for customer in customers:
                listed = self._stripe.payment_intents.list(
                    {"customer": customer, "created": {"gte": created}, "limit": _MOST}
                )
                intents += [each.to_dict() for each in listed.auto_paging_iter()]
        except stripe.StripeError as error:
            raise_unanswered(error)
        settled = [self._settled(charge, intent) for intent in intents if _is_of(charge, intent, REFERENCE)]
        return min(filter(None, settled), key=lambda receipt: _RANK[receipt.outcome], default=None)

    def _settled(self, charge: Charge, intent: Object) -> Receipt | None:
        """Say what became of a PaymentIntent of ours; one that takes no money by itself is ended first.

        So no decline is written down, and no claim given back, while the customer could still pay by it.
        """
        outcome = outcome_of(intent)
        if intent["status"] in _OPEN:
            self._end(intent["id"])
        elif outcome is None and intent["status"] != "canceled":
            raise InDoubt(f"Stripe has the payment as {intent['status']}")
        return None if outcome is None else _receipt(charge, intent, outcome)

    def _end(self, intent: str) -> None:
        """Cancel a PaymentIntent that must not take money any more.

        Raises:
            InDoubt: it may still do so, or has.
        """
        try:
            self._stripe.payment_intents.cancel(intent)
        except (stripe.StripeError, Misconfigured) as error:
            code = code_of(error) if isinstance(error, stripe.StripeError) else "no right"
            raise InDoubt(f"what was begun at Stripe cannot be ended yet ({code})") from None

    # --- the PaymentIntent of Stripe's own invoice --------------------------------------------------

    def _bill(self, charge: Charge) -> _Bill | None:
        """Return Stripe's invoice, read anew; None where the invoice is not Stripe's.

        Raises:
            TryAgainLater: Stripe has it as paid, or over; nothing is charged, and the poller says how.
            Refused: it asks for other money than ours.
        """
        name = self._invoice_of(charge.invoice)
        if name is None:
            return None
        invoice = self._invoice(name)
        if invoice is None:
            raise Refused("Stripe knows no such invoice")
        status = invoice.get("status")
        if status != "open":
            words = f"Stripe has the invoice as {status}: nothing is charged"
            raise TryAgainLater(words, delay=_PAID_ELSEWHERE)
        if str(invoice.get("currency")).upper() != charge.amount.currency:
            raise Refused("Stripe has the invoice in another currency")
        if invoice["amount_remaining"] < _amount(charge):
            raise TryAgainLater("less is open on the invoice at Stripe than here", delay=_PAID_ELSEWHERE)
        return _Bill(invoice=invoice, intent=_intent_of_invoice(invoice))

    def _pay(self, charge: Charge, chosen: str, bill: _Bill) -> Receipt:
        """Let Stripe pay its own invoice, which it takes money for once, whoever asks it to."""
        if bill.intent is None:
            raise Refused("the invoice has no payment at Stripe that could be made")
        if outcome_of(bill.intent) == "in_flight":
            raise TryAgainLater("a payment of the invoice is on its way at Stripe", delay=_PAID_ELSEWHERE)
        intent = str(bill.intent["id"])
        self._mark(charge, intent)
        try:
            paid = self._stripe.invoices.pay(
                bill.invoice["id"],
                {"payment_method": chosen, "off_session": True, "expand": [*_EXPANDED]},
                {"idempotency_key": f"{_key(charge)}/pay"},
            )
        except stripe.StripeError as error:
            code = code_of(error)
            if isinstance(error, stripe.CardError) or code in DECLINES_OF_REQUESTS:
                return _declined(charge, chosen, _decline_of(error), provider_ref=intent)
            raise_sorted(error)
        for each in _intents_of(paid.to_dict()):
            if each["id"] == intent and (outcome := outcome_of(each)) is not None:
                return _receipt(charge, each, outcome)
        raise InDoubt("Stripe took the payment, and does not say what became of it")

    def _mark(self, charge: Charge, intent: str) -> None:
        """Write our reference on the PaymentIntent: each charge made of it carries it from then on."""
        try:
            self._stripe.payment_intents.update(intent, {"metadata": {TRIED_FOR: charge.reference}})
        except stripe.StripeError as error:
            raise_unanswered(error)

    def _settled_bill(self, charge: Charge, invoice: Object, since: datetime) -> Receipt | None:
        """What became of an attempt to have Stripe pay its invoice.

        Raises:
            TryAgainLater: the attempt may be at work still; the invoice's PaymentIntent cannot be ended.
        """
        for each in _intents_of(invoice):
            if not _is_of(charge, each, TRIED_FOR):
                continue
            intent = self._read(each["id"], expand=["latest_charge"])
            made, outcome = intent.get("latest_charge"), outcome_of(intent)
            tried = isinstance(made, Mapping) and _is_of(charge, made, TRIED_FOR)
            if outcome is not None and (tried or intent["status"] == "requires_action"):
                return _receipt(charge, intent, outcome)
            left = since + LONGEST - self._now()
            if left > timedelta():
                raise TryAgainLater("an attempt at the invoice may still be at work", delay=left)
        return None

    # --- what is read -------------------------------------------------------------------------------

    def _invoice(self, name: str) -> Object | None:
        """Return Stripe's invoice of this name; None where there is none."""
        try:
            return self._stripe.invoices.retrieve(name, {"expand": [*_EXPANDED]}).to_dict()
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise_unanswered(error)
        except stripe.StripeError as error:
            raise_unanswered(error)

    def _read(self, intent: str, *, expand: list[str] | None = None) -> Object:
        """Read a PaymentIntent that may have taken money.

        Raises:
            InDoubt: it cannot be read now.
        """
        try:
            return self._stripe.payment_intents.retrieve(intent, {"expand": expand or []}).to_dict()
        except stripe.StripeError as error:
            raise InDoubt(f"what was begun at Stripe cannot be read yet ({code_of(error)})") from None

    def _customer(self, charge: Charge) -> str:
        """Return the customer at Stripe who is charged: of several the one whose instrument is meant.

        Raises:
            Refused: nobody knows one, or which of them: no card is charged that nobody meant.
        """
        known = self._customers_of(charge.customer)
        if len(known) == 1:
            return known[0]
        owner = self._owner(charge)
        if known and owner not in known:
            several = ", ".join(known)
            raise Refused(f"several customers of Stripe are this one ({several}), and none has the card")
        if not owner:
            raise Refused(_NOBODY)
        return owner

    def _customers(self, charge: Charge, invoice: Object | None) -> Sequence[str]:
        """Return each customer at Stripe who may have been charged: it may be known otherwise since.

        Raises:
            Refused: nobody knows one.
        """
        billed = name_of(invoice.get("customer")) if invoice else ""
        names = (billed, *self._customers_of(charge.customer), self._owner(charge))
        found = [*dict.fromkeys(name for name in names if name)]
        if not found:
            raise Refused(_NOBODY)
        return found

    def _owner(self, charge: Charge) -> str:
        """Return whose the instrument is; nothing where it is nobody's any more."""
        if charge.instrument.startswith("pm_"):
            with suppress(Refused):
                return name_of(self._method(charge.instrument).get("customer"))
        return ""

    def _method(self, name: str) -> Object:
        try:
            return self._stripe.payment_methods.retrieve(name).to_dict()
        except stripe.StripeError as error:
            raise_unanswered(error)

    def _instrument(self, charge: Charge, customer: str, bill: _Bill | None) -> str:
        """Return what is charged.

        Raises:
            Refused: the customer has nothing that could be.
        """
        try:
            listed = self._stripe.customers.payment_methods.list(customer, {"limit": _MOST})
            attached = [each.to_dict() for each in listed.data]
            whose: Object | None = bill.invoice.get("customer") if bill else None
            if charge.instrument not in {each["id"] for each in attached} and not isinstance(whose, Mapping):
                whose = self._stripe.customers.retrieve(customer).to_dict()
        except stripe.StripeError as error:
            raise_unanswered(error)
        invoice = bill.invoice if bill else None
        chosen = instrument(charge.instrument, attached, customer=whose, invoice=invoice)
        if chosen is None:
            raise Refused("the customer has no card at Stripe")
        return chosen


_RANK: Mapping[Outcome, int] = {"paid": 0, "in_flight": 1, "declined": 2}


def _key(charge: Charge) -> str:
    """The idempotency key: of one attempt, else a failure of Stripe's own is answered again for a day."""
    return f"{charge.reference}/{charge.attempt}"


def _amount(charge: Charge) -> int:
    try:
        return to_stripe(charge.amount)
    except MoneyError as error:
        raise Refused(str(error)) from None


def _receipt(charge: Charge, intent: Object, outcome: Outcome) -> Receipt:
    """The receipt of a PaymentIntent; the instrument is the one that the plan meant, and will not mean again.

    Where that is gone Stripe was asked for another one: it stands for it until there is a new card.
    """
    taken = intent.get("amount_received") if outcome == "paid" else None
    money: Money = from_stripe(int(taken or intent["amount"]), str(intent["currency"]))
    return Receipt(
        reference=charge.reference,
        provider_ref=str(intent["id"]),
        instrument=charge.instrument or _tried(intent),
        amount=money,
        outcome=outcome,
        decline=decline_of_intent(intent) if outcome == "declined" else None,
    )


def _declined(charge: Charge, chosen: str, decline: str, *, provider_ref: str) -> Receipt:
    """The receipt of what Stripe declined with an error that names no PaymentIntent of ours."""
    return Receipt(
        reference=charge.reference,
        provider_ref=provider_ref,
        instrument=charge.instrument or chosen,
        amount=charge.amount,
        outcome="declined",
        decline=decline,
    )


def _tried(intent: Object) -> str:
    """The instrument of the last attempt; a PaymentIntent that was declined has lost its own."""
    error = intent.get("last_payment_error") or {}
    return name_of(intent.get("payment_method")) or name_of(error.get("payment_method"))


def _intent_of(error: stripe.CardError) -> Object | None:
    """The PaymentIntent that comes with the error of a card."""
    said: Any = error.json_body
    found = said.get("error", {}).get("payment_intent") if isinstance(said, dict) else None
    return found if isinstance(found, Mapping) else None


def _decline_of(error: stripe.StripeError) -> str:
    said: Any = error.json_body
    return decline_of(said["error"]) if isinstance(said, dict) and "error" in said else AUTHENTICATION


def _intents_of(invoice: Object) -> list[Object]:
    """The PaymentIntents of an invoice, as far as they are expanded."""
    payments = ((invoice.get("payments") or {}).get("data")) or []
    found = [(each.get("payment") or {}).get("payment_intent") for each in payments]
    return [each for each in found if isinstance(each, Mapping)]


def _intent_of_invoice(invoice: Object) -> Object | None:
    """The one by which Stripe means the invoice to be paid: its default payment, while that is open."""
    for each in ((invoice.get("payments") or {}).get("data")) or []:
        intent = (each.get("payment") or {}).get("payment_intent")
        if each.get("status") == "open" and each.get("is_default") and isinstance(intent, Mapping):
            return intent
    return None


def _is_of(charge: Charge, tried: Object, key: str) -> bool:
    """Whether a PaymentIntent, or a charge that was made of it, was for this claim of ours."""
    return bool((tried.get("metadata") or {}).get(key) == charge.reference)
