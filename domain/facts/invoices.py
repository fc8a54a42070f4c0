"""Facts of what is owed: invoices, credit notes, write-offs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Day, Invoice, Name


class Instalment(BaseModel):
    """A part of an invoice that is due on a day of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    due_on: Day
    amount: Amount


class InvoiceIssued(Body):
    """A debt begins. `main` is false for side debts, which never suspend the main service.

    The whole invoice ages by `due_on`; its instalments are kept, and do not yet age by themselves.
    """

    type: Literal["invoice_issued"] = "invoice_issued"
    invoice: Invoice
    amount: Amount
    currency: Currency
    due_on: Day
    issued_on: Day | None = None
    main: bool = True
    instalments: tuple[Instalment, ...] | None = None


class InvoiceCorrected(Body):
    """The same invoice with another amount or due date; what is absent stays."""

    type: Literal["invoice_corrected"] = "invoice_corrected"
    invoice: Invoice
    amount: Amount | None = None
    due_on: Day | None = None


class InvoiceVoided(Body):
    """The invoice should never have been: nothing of it is owed."""

    type: Literal["invoice_voided"] = "invoice_voided"
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
