"""What a billing system may report, and the name by which the same report is known when it comes again.

The doors of the ledger differ in their manners and not in their facts: what is reported
here is what an import or a command writes too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain import facts
from domain.facts import Body, kind_of

REPORTED: tuple[type[Body], ...] = (
    *(facts.InvoiceIssued, facts.InvoiceCorrected, facts.InvoiceVoided, facts.DraftDeleted),
    *(facts.CreditNote, facts.CreditNoteCancelled, facts.WrittenOff, facts.WriteOffUndone),
    *(facts.PaymentReceived, facts.PaymentInFlight, facts.PaymentFailed),
    *(facts.Refunded, facts.ChargedBack, facts.ChargebackReversed),
    *(facts.DisputeOpened, facts.DisputeResolved, facts.CardAdded, facts.CardRemoved),
    *(facts.SubscriptionCancelled, facts.SuspendedElsewhere),
    *(facts.OrderPlaced, facts.OrderCancelled, facts.CreditReportChanged),
)
"""Kinds of facts that come from elsewhere; all others are decisions, or outcomes of our own work."""

TYPES: Mapping[str, type[Body]] = {str(kind.model_fields["type"].default): kind for kind in REPORTED}

_ONCE: Mapping[type[Body], tuple[str, ...]] = {
    facts.InvoiceIssued: ("invoice",),
    facts.InvoiceVoided: ("invoice",),
    facts.DraftDeleted: ("invoice",),
    facts.PaymentReceived: ("payment",),
    facts.CreditNote: ("credit_note",),
    facts.DisputeOpened: ("dispute", "invoice"),
    facts.OrderPlaced: ("order",),
}
"""Kinds that are said once of what these fields name: those are their names."""

CUSTOMER = "customer"
"""The type of an item that reports a customer, where facts and customers come together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a system reports in one webhook.

    Attributes:
        sender: its name in our settings.
        name: of this delivery within it, the same at each repetition.
        items: each as the REST API takes it, with its `type`.
        single: it was one report, and no list.
    """

    sender: str
    name: str
    items: tuple[Mapping[str, Any], ...]
    single: bool


TOMORROW = timedelta(days=1)


def natural_name(body: Body) -> str | None:
    """Return the name that a fact has by what it is about; None where it may be said again and mean more."""
    fields = _ONCE.get(type(body))
    if fields is None:
        return None
    return ":".join((kind_of(body), *(str(getattr(body, field)) for field in fields)))


def too_early(on: date | None, today: date) -> str | None:
    """Say that a day is still to come; a day is allowed for zones that are ahead."""
    if on is None or on <= today + TOMORROW:
        return None
    return f"{on} is still to come: write the day on which it happened"
