"""Facts of what is owed: invoices, credit notes, write-offs."""

from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Day, Invoice, Name


class Instalment(BaseModel):
    """A part that is due on a day of its own: of an invoice, or of an instalment plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    due_on: Day
    amount: Amount


class InvoiceIssued(Body):
    """A debt begins. `main` is false for side debts, which never suspend the main service.

    With `instalments` it is several debts for ageing and chasing, each by its own due date. The `order`
    that it is about is no longer one that was not invoiced.
    """

    type: Literal["invoice_issued"] = "invoice_issued"
    invoice: Invoice
    amount: Amount
    currency: Currency
    due_on: Day
    issued_on: Day | None = None
    main: bool = True
    instalments: tuple[Instalment, ...] | None = None
    order: Name | None = None


class InvoiceCorrected(Body):
    """The same invoice with another amount, due date or schedule; what is absent stays.

    New instalments replace the old ones. A due date alone makes the invoice due as a whole; what an
    amount alone changes falls on the last instalment.
    """

    type: Literal["invoice_corrected"] = "invoice_corrected"
    invoice: Invoice
    amount: Amount | None = None
    due_on: Day | None = None
    instalments: tuple[Instalment, ...] | None = None


class InvoiceVoided(Body):
    """The invoice should never have been: nothing of it is owed."""

    type: Literal["invoice_voided"] = "invoice_voided"
    invoice: Invoice


class DraftDeleted(Body):
    """The draft of an invoice was deleted: as an invoice that is void, nothing of it is owed."""

    type: Literal["draft_deleted"] = "draft_deleted"
    invoice: Invoice


class WrittenOff(Body):
    """We no longer expect this money; a later payment is still welcome."""

    type: Literal["write_off"] = "write_off"
    invoice: Invoice
    by: Name | None = None


class WriteOffUndone(Body):
    """The write-off was taken back: the debt is open again, with a fresh warning."""

    type: Literal["write_off_undone"] = "write_off_undone"
    invoice: Invoice
    by: Name | None = None


class CreditNote(Body):
    """We credit a part, or all, of an invoice."""

    type: Literal["credit_note"] = "credit_note"
    credit_note: Name
    invoice: Invoice
    amount: Amount


class CreditNoteCancelled(Body):
    """The credit note was taken back."""

    type: Literal["credit_note_cancelled"] = "credit_note_cancelled"
    credit_note: Name
    invoice: Invoice
    amount: Amount | None = None


def wrong_instalments(body: Body) -> str | None:
    """Say what is wrong with the instalments of an invoice or a plan; None where nothing is."""
    instalments: tuple[Instalment, ...] = getattr(body, "instalments", None) or ()
    if disorder := _not_ascending(instalments):
        return disorder
    total, amount = sum(each.amount for each in instalments), getattr(body, "amount", None)
    if instalments and amount not in (None, total):
        return f"the instalments add up to {total}, and the invoice to {amount}: correct one of them"
    return None


def _not_ascending(instalments: tuple[Instalment, ...]) -> str | None:
    for earlier, later in pairwise(instalments):
        if later.due_on <= earlier.due_on:
            return (
                f"the instalment of {later.due_on} comes after that of {earlier.due_on}:"
                " write them in the order of their days, one a day"
            )
    return None
