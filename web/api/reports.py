"""What is written: a path for each thing that is reported, and one for many of them.

A report is written by the caller's name and the report's own, so it may be repeated as often as one likes.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import BackgroundTasks, FastAPI, Header, Response
from pydantic import BaseModel, ValidationError

from domain import facts
from domain.facts import Body
from domain.onboarding.application import NOTHING_MORE, Particulars
from domain.reported import REPORTED, TYPES
from domain.reported_facts import Report
from domain.sentences import sentences
from store import intake, onboarding
from store.database import Ledger
from store.errors import Refused
from web.api import answers
from web.api.bodies import ENVELOPE, Bulk, CustomerBody, Envelope, reported
from web.api.parts import Api, SharedDomains

PATHS: Mapping[str, type[Body]] = {
    "/invoices": facts.InvoiceIssued,
    "/invoices/corrections": facts.InvoiceCorrected,
    "/invoices/voids": facts.InvoiceVoided,
    "/invoices/deleted-drafts": facts.DraftDeleted,
    "/invoices/write-offs": facts.WrittenOff,
    "/invoices/undone-write-offs": facts.WriteOffUndone,
    "/payments": facts.PaymentReceived,
    "/payments/in-flight": facts.PaymentInFlight,
    "/payments/failures": facts.PaymentFailed,
    "/payments/refunds": facts.Refunded,
    "/payments/chargebacks": facts.ChargedBack,
    "/payments/reversed-chargebacks": facts.ChargebackReversed,
    "/credit-notes": facts.CreditNote,
    "/credit-notes/cancellations": facts.CreditNoteCancelled,
    "/disputes": facts.DisputeOpened,
    "/disputes/resolutions": facts.DisputeResolved,
    "/cards": facts.CardAdded,
    "/cards/removals": facts.CardRemoved,
    "/subscriptions/cancellations": facts.SubscriptionCancelled,
    "/subscriptions/foreign-suspensions": facts.SuspendedElsewhere,
    "/orders": facts.OrderPlaced,
    "/orders/cancellations": facts.OrderCancelled,
    "/credit-reports": facts.CreditReportChanged,
}
"""Where each kind of fact is reported; all of them may also come together at `/facts`."""

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=128,
        pattern=r"^[!-~]+$",
        description="names the report within your system, as `id` does: a repetition is known by it",
    ),
]


def add_customers(app: FastAPI, parts: Api, by: Any) -> None:
    """Add the path at which customers are reported; `by` gives the name of who calls."""

    def keep(
        body: CustomerBody, caller: str, response: Response, later: BackgroundTasks
    ) -> answers.CustomerKept:
        """Add a customer, or say what has changed of one who is known. Names and addresses are kept apart."""
        status, wake = keep_customer(
            parts.ledger, body, by=f"api:{caller}", now=parts.now(), shared=parts.shared_domains
        )
        response.status_code = 201 if status in ("added", "verifying") else 200
        if wake:
            later.add_task(parts.woken, [body.customer])
        return answers.CustomerKept.model_validate({"customer": body.customer, "status": status})

    keep.__annotations__["caller"] = by
    app.add_api_route(
        "/customers", keep, methods=["POST"], status_code=201, responses=_EITHER[answers.CustomerKept]
    )


def keep_customer(
    ledger: Ledger, body: CustomerBody, *, by: str, now: datetime, shared: SharedDomains
) -> tuple[str, bool]:
    """Add a customer or say what has changed; return which it was, and whether to wake the workflow.

    Raises:
        Refused: something of it cannot be used; nothing was written.
    """
    application = body.application
    if body.verify:
        begun = onboarding.apply(ledger, application, now=now, more=_more(body), shared=shared())
        return "already" if begun.already else "verifying", begun.wake
    kept = intake.keep(ledger, application, said=body.said, by=by, now=now)
    return "added" if kept.added else "changed" if kept.changed else "already", kept.wake


def _more(body: CustomerBody) -> Particulars:
    try:
        return NOTHING_MORE if body.checks is None else body.checks.particulars
    except ValueError as error:
        raise Refused(f"checks: {error}") from None


_EITHER: dict[type[BaseModel], dict[int | str, dict[str, Any]]] = {
    model: {200: {"model": model, "description": "Known already"}}
    for model in (answers.CustomerKept, answers.Recorded)
}
"""A repetition is answered with 200, what is new with 201."""


def add_reports(app: FastAPI, parts: Api, by: Any, path: str, kind: type[Body]) -> None:
    """Add the path at which facts of one kind are reported."""

    def record(
        body: Envelope, caller: str, response: Response, later: BackgroundTasks, key: Key = None
    ) -> answers.Recorded:
        report = _report(kind, body, key)
        taken = intake.take(parts.ledger, f"api:{caller}", body.customer, [report], now=parts.now())
        (outcome,) = taken.outcomes
        if outcome.refused is not None:
            raise outcome.refused
        response.status_code = 200 if outcome.already else 201
        if taken.wake:
            later.add_task(parts.woken, [body.customer])
        return answers.Recorded(customer=body.customer, id=outcome.name or "", already=outcome.already)

    record.__doc__ = kind.__doc__
    record.__annotations__ |= {"body": reported(kind), "caller": by}
    name = facts.kind_of(kind.model_construct())
    app.add_api_route(
        path,
        record,
        methods=["POST"],
        name=name,
        operation_id=name,
        status_code=201,
        responses=_EITHER[answers.Recorded],
    )


def _report(kind: type[Body], envelope: Envelope, key: str | None = None) -> Report:
    said = envelope.model_dump(by_alias=True, exclude=set(ENVELOPE), exclude_none=True)
    return Report(body=kind.model_validate(said), name=envelope.id or key, on=envelope.on, at=envelope.at)


def add_bulk(app: FastAPI, parts: Api, by: Any) -> None:
    """Add the path at which many facts are reported."""

    def record_many(body: Bulk, caller: str, later: BackgroundTasks) -> answers.BulkResult:
        """Record many facts, each by itself: what is wrong with one keeps no other from being written."""
        results, wake = take_items(parts.ledger, f"api:{caller}", enumerate(body.items), now=parts.now())
        if wake:
            later.add_task(parts.woken, wake)
        return answers.bulk_result(results)

    record_many.__annotations__["caller"] = by
    app.add_api_route("/facts", record_many, methods=["POST"])


def take_items(
    ledger: Ledger,
    source: str,
    items: Iterable[tuple[int, Mapping[str, Any]]],
    *,
    now: datetime,
    named: Callable[[int], str | None] = lambda index: None,
) -> tuple[list[answers.ItemResult], list[str]]:
    """Take facts by their places, customer by customer, each customer's in a transaction.

    Args:
        named: the name of a report at its place that has none of its own.

    Returns:
        What became of each, in their order, and the customers to wake.
    """
    results: dict[int, answers.ItemResult] = {}
    reports: dict[str, list[tuple[int, Report]]] = {}
    for index, item in items:
        read = _item(item, named(index))
        if isinstance(read, tuple):
            customer_id, report = read
            reports.setdefault(customer_id, []).append((index, report))
        else:
            results[index] = answers.unusable_item(index, read)
    wake = []
    for customer_id, some in reports.items():
        try:
            taken = intake.take(ledger, source, customer_id, [each for _, each in some], now=now)
        except Refused as refused:
            results |= {index: answers.refused_item(index, customer_id, refused) for index, _ in some}
            continue
        for (index, _), outcome in zip(some, taken.outcomes, strict=True):
            results[index] = answers.item_result(index, customer_id, outcome)
        if taken.wake:
            wake.append(customer_id)
    return [results[index] for index in sorted(results)], wake


_MODELS = {facts.kind_of(kind.model_construct()): (kind, reported(kind)) for kind in REPORTED}


def _item(item: Mapping[str, Any], name: str | None) -> tuple[str, Report] | list[str]:
    """Return whom an item is about and what it reports, or what is wrong with it."""
    kind, model = _MODELS.get(str(item.get("type")), (None, None))
    if kind is None or model is None:
        return [f"type: write one of {', '.join(sorted(TYPES))}"]
    try:
        envelope = model.model_validate(dict(item))
    except ValidationError as error:
        return sentences(error, model=model)
    assert isinstance(envelope, Envelope)
    return envelope.customer, _report(kind, envelope, name)
