"""What Stripe is asked for: the events of the last thirty days, and what a name of its own stands for.

A webhook that never came is found in the list of events, which is read page by page from the newest back.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import stripe

from domain.hints import Hint
from domain.reported_facts import Answer, Reported, TellingsPage
from providers.stripe_account.client import Account, raise_unanswered
from providers.stripe_account.events import read_event, read_object
from providers.stripe_account.instruments import Object, name_of
from providers.stripe_account.payments import REFERENCE, money
from providers.stripe_account.reading import SOURCE, Reading

PAGE = 25
"""Small, so that a page is taken within the time of an attempt."""

_PAYMENTS: Any = {"expand": ["payments"]}
_KINDS = frozenset({"in", "cus", "du", "dp", "ch", "py", "pi", "re", "pyr", "cn"})
"""With what the names begin that Stripe can be asked for."""


class StripeEvents:
    """Reads what happened in one account.

    Args:
        base: Stripe's own, or of a server that stands in; None where no host may be asked.
    """

    name = SOURCE

    def __init__(self, *, key: str, base: str | None, reading: Reading) -> None:
        at = Account(key=key, base=base)
        self._stripe, self._within = at.api, at.within
        self._reading = reading

    def page(self, since: datetime, after: str | None) -> TellingsPage:
        """Return a page of the events since an instant, the newest first.

        Raises:
            TryAgainLater, Misconfigured, Refused: the last where `after` is no event of this account.
        """
        asked: Any = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        if after is not None:
            asked["starting_after"] = after
        with self._within():
            try:
                found = self._stripe.events.list(asked)
            except stripe.StripeError as error:
                raise_unanswered(error)
        events: list[Object] = [each.to_dict() for each in found.data]
        last = str(events[-1]["id"]) if events and found.has_more else None
        return TellingsPage(told=[told for event in events for told in self._read(event)], after=last)

    def ask(self, name: str, at: datetime) -> Answer | None:
        """Return what a name stands for; None where Stripe cannot say. Errors as above."""
        kind = name.partition("_")[0]
        if kind not in _KINDS or (kind == "cus" and not self._reading.adds):
            return None
        with self._within():
            try:
                if kind in ("ch", "py", "pi"):
                    return self._money(name, at)
                return Answer(told=(self._told(self._object(kind, name), at),))
            except stripe.InvalidRequestError as error:
                if error.http_status != 404:
                    raise_unanswered(error)
                return Answer(billed=False)
            except stripe.StripeError as error:
                raise_unanswered(error)

    def _read(self, event: Object) -> list[Reported | Hint]:
        try:
            return read_event(event, self._reading)
        except (KeyError, TypeError, ValueError, AttributeError):
            words = f"event {name_of(event.get('id'))[:64]} cannot be read: look at it in Stripe's dashboard"
            return [Reported(source=SOURCE, event=name_of(event.get("id")), tasks=(words,))]

    def _told(self, about: Object, at: datetime) -> Reported:
        """Return what an object says; of one that cannot be read, just that."""
        try:
            return read_object(about, at, self._reading)
        except ValueError:
            words = f"{name_of(about.get('id'))} cannot be read: look at it in Stripe's dashboard"
            return Reported(source=SOURCE, tasks=(words,))

    def _object(self, kind: str, name: str) -> Object:
        found: stripe.StripeObject
        match kind:
            case "in":
                found = self._stripe.invoices.retrieve(name, _PAYMENTS)
            case "cus":
                found = self._stripe.customers.retrieve(name)
            case "re" | "pyr":
                found = self._stripe.refunds.retrieve(name)
            case "cn":
                found = self._stripe.credit_notes.retrieve(name)
            case _:
                found = self._stripe.disputes.retrieve(name)
        return found.to_dict()

    def _money(self, name: str, at: datetime) -> Answer:
        """Return what money is for: the invoice that it pays, a charge of ours, or neither."""
        told: list[Reported] = []
        if not name.startswith("pi_"):
            charge = self._stripe.charges.retrieve(name).to_dict()
            told.append(self._told(charge, at))
            name = name_of(charge.get("payment_intent"))
            if not name:
                return Answer(told=tuple(told), billed=False)
        asked: Any = {"payment": {"type": "payment_intent", "payment_intent": name}}
        payments: list[Object] = [each.to_dict() for each in self._stripe.invoice_payments.list(asked).data]
        for payment in payments:
            told.append(self._told(self._object("in", name_of(payment["invoice"])), at))
            told.append(self._told(payment, at))
        intent: Object = self._stripe.payment_intents.retrieve(name).to_dict()
        read = self._told(intent, at)
        if (intent.get("metadata") or {}).get(REFERENCE):
            return Answer(told=(*told, read))
        # What became of it is said by its invoice, and when by its events, which have its dates.
        told.append(replace(read, reports=()))
        if not payments:
            told.append(money(intent, at))
        return Answer(told=tuple(told), billed=bool(payments))
