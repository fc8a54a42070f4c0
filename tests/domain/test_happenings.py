"""What happened, in one list: nothing twice, nothing left out, the newest first."""

from datetime import UTC, date, datetime

from domain.claim import Claim
from domain.fact_words import fact_says
from domain.facts import Delivered, Fact, InvoiceIssued, Paused, PaymentReceived, PlanAgreed, Unknown
from domain.happenings import Happening, newest_first

AT = datetime(2026, 3, 5, 10, tzinfo=UTC)


def at(hour: int) -> datetime:
    return AT.replace(hour=hour)


def fact(body: object, *, learned_at: datetime = AT, source: str = "test", on: date | None = None) -> Fact:
    return Fact(
        source=source,
        id=str(body),
        happened_on=on or learned_at.date(),
        happened_at=None,
        learned_at=learned_at,
        body=body,  # type: ignore[arg-type]
    )


def test_a_fact_is_said_in_a_line() -> None:
    invoice = InvoiceIssued(invoice="INV-1", amount="100.00", currency="EUR", due_on="2026-03-02")
    assert fact_says(invoice) == "invoice issued: invoice INV-1, amount 100.00 EUR, due on 2 Mar 2026"
    side = InvoiceIssued(invoice="F-1", amount="5", currency="EUR", due_on="2026-03-02", main=False)
    assert fact_says(side).endswith("main no")
    parts = [{"due_on": "2026-03-02", "amount": "5.00"}, {"due_on": "2026-04-02", "amount": "5.00"}]
    assert fact_says(PlanAgreed.model_validate({"instalments": parts, "by": "x"})) == (
        "plan agreed: instalments 2"
    )
    assert fact_says(Paused.model_validate({"from": "2026-03-02", "reason": "r"})) == (
        "paused: from 2 Mar 2026, reason r"
    )
    assert fact_says(Unknown(name="moon_landed", data={"a": 1})).startswith("moon landed: ")


def test_it_is_one_list_and_a_command_stands_in_it_once() -> None:
    decided = Happening(at=AT, kind="decided", says="first by email", message="m-1")
    commanded = Happening(at=at(12), kind="command", says="paused", by="maria")
    facts = [
        fact(PaymentReceived(payment="P", amount="1.00", currency="EUR"), on=date(2026, 3, 4)),
        fact(Delivered(message="m-1"), learned_at=at(11), source="claim"),
        fact(Paused(reason="r", by="maria"), learned_at=at(12), source="command"),
    ]
    claim = Claim(
        message="m-1",
        step="first",
        channel="email",
        debts=(),
        claimed_at=AT,
        delivered_at=at(11),
    )
    out = Happening(at=AT, kind="outcome", says="first by email went out", message="m-1")
    lines = newest_first([decided, out, commanded], facts, [claim])
    assert [(line.kind, line.stands, line.on) for line in lines] == [
        ("command", "", None),
        ("fact", "", None),
        ("decided", "delivered", None),
        ("fact", "", date(2026, 3, 4)),
    ]
    assert [line.by for line in lines] == ["maria", "claim", "", "test"]
