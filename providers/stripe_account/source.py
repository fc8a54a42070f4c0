"""What Stripe is asked for: the events of the last thirty days, and what a name of its own stands for.

A webhook that never came is found in the list of events, which is read page by page from the newest back.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import stripe

from domain.hints import Hint
from domain.reported_facts import Reported, TellingsPage
from providers.stripe_account.client import Account, raise_unanswered
from providers.stripe_account.events import read_event, read_object
from providers.stripe_account.instruments import Object, name_of
from providers.stripe_account.reading import SOURCE, Reading

PAGE = 25
"""Small, so that a page is taken within the time of an attempt."""

_PAYMENTS: Any = {"expand": ["payments"]}
_KINDS = frozenset({"in", "cus", "du", "dp", "ch", "py", "pi"})
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

    def ask(self, name: str, at: datetime) -> tuple[Reported, ...] | None:
        """Return what a name stands for: nothing where it is nothing of ours, None where it cannot be said.

        Errors as above.
        """
        kind = name.partition("_")[0]
        if kind not in _KINDS or (kind == "cus" and not self._reading.adds):
            return None
        with self._within():
            try:
                objects = [*self._objects(name)]
            except stripe.InvalidRequestError as error:
                if error.http_status != 404:
                    raise_unanswered(error)
                return ()
            except stripe.StripeError as error:
                raise_unanswered(error)
        return tuple(self._told(objects, at))

    def _read(self, event: Object) -> list[Reported | Hint]:
        try:
            return read_event(event, self._reading)
        except (KeyError, TypeError, ValueError, AttributeError):
            words = f"event {name_of(event.get('id'))[:64]} cannot be read: look at it in Stripe's dashboard"
            return [Reported(source=SOURCE, event=name_of(event.get("id")), tasks=(words,))]

    def _told(self, objects: list[Object], at: datetime) -> Iterator[Reported]:
        for each in objects:
            try:
                told = read_object(each, at, self._reading)
            except ValueError:
                words = f"{name_of(each.get('id'))} cannot be read: look at it in Stripe's dashboard"
                told = Reported(source=SOURCE, tasks=(words,))
            if told is not None:
                yield told

    def _objects(self, name: str) -> Iterator[Object]:
        """Yield the objects that say what a name stands for: of money the invoice that it pays as well."""
        kind = name.partition("_")[0]
        if kind == "in":
            yield self._stripe.invoices.retrieve(name, _PAYMENTS).to_dict()
        elif kind == "cus":
            yield self._stripe.customers.retrieve(name).to_dict()
        elif kind in ("du", "dp"):
            yield self._stripe.disputes.retrieve(name).to_dict()
        elif kind in ("ch", "py"):
            charge = self._stripe.charges.retrieve(name).to_dict()
            yield charge
            if of := name_of(charge.get("payment_intent")):
                yield from self._of_intent(of)
        else:
            yield from self._of_intent(name)

    def _of_intent(self, name: str) -> Iterator[Object]:
        asked: Any = {"payment": {"type": "payment_intent", "payment_intent": name}}
        for each in self._stripe.invoice_payments.list(asked).data:
            payment: Object = each.to_dict()
            yield self._stripe.invoices.retrieve(name_of(payment["invoice"]), _PAYMENTS).to_dict()
            yield payment
        intent: Object = self._stripe.payment_intents.retrieve(name).to_dict()
        if (intent.get("metadata") or {}).get("arrears_charge"):
            yield intent
