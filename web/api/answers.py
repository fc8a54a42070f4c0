"""What the API answers: resources, results, and problems in the form of RFC 9457."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from domain.facts import Fact, write_body
from domain.incidents.incident import Incident
from store.errors import Conflict, Refused, UnknownCustomer
from store.intake import Outcome
from store.listing import Invoice
from store.tables import CustomerRow

PROBLEM = "application/problem+json"
TITLES: Mapping[int, str] = {
    400: "The request is not JSON",
    401: "Who calls is not known",
    404: "There is no such thing",
    405: "This path is not asked so",
    408: "The request took too long",
    409: "It is recorded already, and says something else",
    413: "The request is too large",
    415: "The request is not JSON",
    422: "The request cannot be used",
    503: "The ledger cannot be used now",
}


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Problem(_Answer):
    """Why nothing was done; `problems` has every reason, each with its remedy."""

    type: str = "about:blank"
    title: str
    status: int
    problems: list[str] = Field(default_factory=list)


class Recorded(_Answer):
    """A fact is in the ledger; `already` says that it was before."""

    customer: str
    id: str
    already: bool


class ItemResult(_Answer):
    """What became of one item of many, by its place in the request."""

    index: int
    customer: str | None
    id: str | None
    status: Literal["recorded", "already", "conflict", "refused"]
    problems: list[str] = Field(default_factory=list)


class BulkResult(_Answer):
    """What became of each item, in their order, and how many of each there are."""

    recorded: int
    already: int
    refused: int
    results: list[ItemResult]


class CustomerKept(_Answer):
    """A customer is in the ledger: new, with something changed, or as before."""

    customer: str
    status: Literal["added", "changed", "already", "verifying"]


class CustomerItem(_Answer):
    """A customer without personal data."""

    customer: str
    segment: str
    country: str | None
    timezone: str
    language: str
    currency: str | None
    tags: list[str]
    stage: str | None
    case_open: bool


class CustomerPage(_Answer):
    """Customers by id; `next` is the `after` of the next page, null on the last one."""

    items: list[CustomerItem]
    next: str | None


class CustomerView(CustomerItem):
    """A customer, and the view that finance has of them: what is owed, said, next, and why."""

    view: dict[str, Any] | None
    problem: str | None = None


class InvoiceItem(_Answer):
    """An invoice as it stands."""

    customer: str
    invoice: str
    amount: str
    open: str
    currency: str
    issued_on: date
    due_on: date
    main: bool
    opening: int
    state: str


class InvoicePage(_Answer):
    """Invoices by number; `next` is the `after` of the next page, null on the last one."""

    items: list[InvoiceItem]
    next: str | None


class FactItem(_Answer):
    """A fact: what happened, when, when we learned it, and who said so."""

    number: int
    source: str
    id: str
    happened_on: date
    happened_at: datetime | None
    learned_at: datetime
    fact: dict[str, Any]


class FactPage(_Answer):
    """Facts in the order learned; `next` is the `after` of the next page, null on the last one."""

    items: list[FactItem]
    next: int | None


class IncidentNoticed(_Answer):
    """A notice was taken: of a `new` incident, `more` about one that is known, or told `again`."""

    incident: str
    status: Literal["new", "more", "again"]


class IncidentItem(_Answer):
    """An incident as it stands, without anything that somebody wrote.

    Attributes:
        trusted: whether a channel that can be trusted, or a person, has confirmed it.
    """

    incident: str
    kind: str
    category: str
    customer: str | None
    state: str
    verdict: str | None
    trusted: bool
    orders_blocked: bool
    received_at: datetime
    closed_at: datetime | None


class IncidentPage(_Answer):
    """Incidents by id; `next` is the `after` of the next page, null on the last one."""

    items: list[IncidentItem]
    next: str | None


def incident_item(incident: Incident) -> IncidentItem:
    """Return what is shown of an incident."""
    return IncidentItem(
        incident=incident.id,
        kind=incident.kind.name,
        category=incident.kind.category.value,
        customer=incident.customer,
        state=incident.state,
        verdict=incident.verdict,
        trusted=incident.trusted,
        orders_blocked=incident.orders_blocked,
        received_at=incident.received_at,
        closed_at=incident.closed.at if incident.closed else None,
    )


def customer_item(row: CustomerRow) -> CustomerItem:
    """Return what is shown of a customer's row."""
    return CustomerItem(customer=row.id, **_common(row))


def customer_view(row: CustomerRow, view: Mapping[str, Any] | None, problem: str | None) -> CustomerView:
    """Return a customer with the view that finance has, or why there is none."""
    seen = None if view is None else dict(view)
    return CustomerView(customer=row.id, view=seen, problem=problem, **_common(row))


def _common(row: CustomerRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CustomerItem.model_fields if name != "customer"}


def invoice_item(invoice: Invoice) -> InvoiceItem:
    """Return what is shown of an invoice."""
    return InvoiceItem(
        customer=invoice.customer_id,
        invoice=invoice.invoice,
        amount=invoice.original.plain(),
        open=invoice.open.plain(),
        currency=invoice.open.currency,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        main=invoice.main,
        opening=invoice.opening,
        state=invoice.state,
    )


def fact_item(fact: Fact) -> FactItem:
    """Return what is shown of a fact."""
    return FactItem(
        number=fact.number,
        source=fact.source,
        id=fact.id,
        happened_on=fact.happened_on,
        happened_at=fact.happened_at,
        learned_at=fact.learned_at,
        fact=write_body(fact.body),
    )


def item_result(index: int, customer: str, outcome: Outcome) -> ItemResult:
    """Return what became of one item that the ledger looked at."""
    if outcome.refused is not None:
        return refused_item(index, customer, outcome.refused, name=outcome.name)
    status: Literal["recorded", "already"] = "already" if outcome.already else "recorded"
    return ItemResult(index=index, customer=customer, id=outcome.name, status=status)


def refused_item(index: int, customer: str, refused: Refused, *, name: str | None = None) -> ItemResult:
    """Return that the ledger did not take one item."""
    status: Literal["conflict", "refused"] = "conflict" if isinstance(refused, Conflict) else "refused"
    why = str(refused).splitlines()
    return ItemResult(index=index, customer=customer, id=name, status=status, problems=why)


def unusable_item(index: int, problems: Sequence[str]) -> ItemResult:
    """Return that one item cannot be read."""
    why = [_writable(each) for each in problems]
    return ItemResult(index=index, customer=None, id=None, status="refused", problems=why)


def bulk_result(results: Sequence[ItemResult]) -> BulkResult:
    """Return what became of each item, and how many of each there are."""
    counts = {status: sum(each.status == status for each in results) for status in ("recorded", "already")}
    return BulkResult(**counts, refused=len(results) - sum(counts.values()), results=[*results])


def _writable(text: str) -> str:
    """Return text that can be sent: halves of characters, which JSON can hold, cannot."""
    return text.encode("utf-8", "replace").decode()


def status_of(refused: Refused) -> int:
    """Return the HTTP status of a refusal."""
    if isinstance(refused, UnknownCustomer):
        return 404
    return 409 if isinstance(refused, Conflict) else 422


def problem(
    status: int, problems: Sequence[str] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the answer that says why nothing was done."""
    content = Problem(title=TITLES[status], status=status, problems=[_writable(each) for each in problems])
    return JSONResponse(
        content.model_dump(), status_code=status, media_type=PROBLEM, headers=dict(headers or {})
    )
