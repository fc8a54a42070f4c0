"""What is written: a path for each thing that is reported, and one for many of them.

A report is written by the caller's name and the report's own, so it may be repeated as often as one likes.
"""

from collections.abc import Mapping, Sequence
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
from store.errors import Refused
from web.api import answers
from web.api.bodies import ENVELOPE, Bulk, CustomerBody, Envelope, reported
from web.api.parts import Api

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
        now, application = parts.now(), body.application
        if body.verify:
            begun = onboarding.apply(
                parts.ledger, application, now=now, more=_more(body), shared=parts.shared_domains()
            )
            wake, status = begun.wake, "already" if begun.already else "verifying"
        else:
            kept = intake.keep(parts.ledger, application, said=body.said, by=f"api:{caller}", now=now)
            wake, status = kept.wake, "added" if kept.added else "changed" if kept.changed else "already"
        response.status_code = 201 if status in ("added", "verifying") else 200
        if wake:
            later.add_task(parts.woken, [body.customer])
        return answers.CustomerKept.model_validate({"customer": body.customer, "status": status})

    keep.__annotations__["caller"] = by
    app.add_api_route(
        "/customers", keep, methods=["POST"], status_code=201, responses=_EITHER[answers.CustomerKept]
    )


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
        results, wake = _taken(parts, f"api:{caller}", body.items)
        if wake:
            later.add_task(parts.woken, wake)
        counts = {
            status: sum(each.status == status for each in results) for status in ("recorded", "already")
        }
        return answers.BulkResult(**counts, refused=len(results) - sum(counts.values()), results=results)

    record_many.__annotations__["caller"] = by
    app.add_api_route("/facts", record_many, methods=["POST"])


def _taken(
    parts: Api, source: str, items: Sequence[Mapping[str, Any]]
) -> tuple[list[answers.ItemResult], list[str]]:
    """Take items customer by customer, each in a transaction; return the results in the items' order."""
    results: dict[int, answers.ItemResult] = {}
    reports: dict[str, list[tuple[int, Report]]] = {}
    for index, item in enumerate(items):
        read = _item(item)
        if isinstance(read, tuple):
            customer_id, report = read
            reports.setdefault(customer_id, []).append((index, report))
        else:
            results[index] = answers.unusable_item(index, read)
    wake, now = [], parts.now()
    for customer_id, some in reports.items():
        try:
            taken = intake.take(parts.ledger, source, customer_id, [each for _, each in some], now=now)
        except Refused as refused:
            results |= {index: answers.refused_item(index, customer_id, refused) for index, _ in some}
            continue
        for (index, _), outcome in zip(some, taken.outcomes, strict=True):
            results[index] = answers.item_result(index, customer_id, outcome)
        if taken.wake:
            wake.append(customer_id)
    return [results[index] for index in range(len(items))], wake


_MODELS = {facts.kind_of(kind.model_construct()): (kind, reported(kind)) for kind in REPORTED}


def _item(item: Mapping[str, Any]) -> tuple[str, Report] | list[str]:
    """Return whom an item is about and what it reports, or what is wrong with it."""
    kind, model = _MODELS.get(str(item.get("type")), (None, None))
    if kind is None or model is None:
        return [f"type: write one of {', '.join(sorted(TYPES))}"]
    try:
        envelope = model.model_validate(dict(item))
    except ValidationError as error:
        return sentences(error, model=model)
    assert isinstance(envelope, Envelope)
    return envelope.customer, _report(kind, envelope)
