"""The digest from the ledger: what it reads there, that it is made once, and the tasks of the daily look."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from domain.digest.compose import Digest
from domain.documents import read
from domain.facts import ContactInvalid, PromiseMade
from domain.own_steps import DIFFERENCE, UNAPPLIED
from domain.worklist.rules import WorklistRules
from settings import ROOT
from store import controls, daily, digests, tasks
from store.tables import DebtRow, TaskRow

UTC_ZONE = ZoneInfo("UTC")


def morning(business: Any, days_late: int) -> Digest:
    """The digest of a day counted from the due date, as it would be at seven."""
    now = business.at(days_late, 7)
    return digests.preview(business.ledger, now.date(), zone=UTC_ZONE, now=now)


def part(digest: Digest, title: str) -> tuple[str, ...]:
    (found,) = (section.lines for section in digest.sections if section.title.startswith(title))
    return found


def test_a_day_is_told_as_it_was(business: Any) -> None:
    business.customer("ACME")
    business.customer("BOREALIS")
    business.invoice("ACME")
    business.invoice("BOREALIS", "INV-2", "50.00")
    business.send("ACME", "first/email", business.at(3))
    business.pay("BOREALIS", "50.00", now=business.at(3), on=date(2026, 3, 5))
    business.assess("ACME", business.at(3, 12))

    digest = morning(business, 4)

    assert part(digest, "Overdue at the end of 2026-03-05") == (
        "EUR: 1 to 30 100.00; total 100.00",
        "late, and within what was announced: 100.00 EUR",
    )
    assert part(digest, "Came in") == ("50.00 EUR",)
    assert part(digest, "Went out") == ("first by email: 1",)
    assert "M2" not in digest.figures["controls"]["overdue"]
    assert part(morning(business, 6), "Went out") == ("Nothing.",)


def test_a_digest_is_made_once_and_the_next_tells_of_every_day_since(business: Any) -> None:
    def make(days: int, hour: int = 7) -> digests.Kept:
        now = business.at(days, hour)
        return digests.make(business.ledger, now.date(), zone=UTC_ZONE, now=now)

    first = make(1)
    business.customer("ACME")
    assert make(1, 9) == first
    assert first.state == "made"
    assert make(1, 9).digest.since == date(2026, 3, 2)
    assert make(5).digest.since == date(2026, 3, 3)
    assert make(60).digest.since == business.at(60).date() - timedelta(days=digests.MOST_DAYS)
    later = digests.preview(business.ledger, first.digest.on, zone=UTC_ZONE, now=business.at(9))
    assert later == first.digest


def test_many_who_make_it_at_once_make_one(business: Any, together: Any) -> None:
    now = business.at(1, 7)
    made = together([lambda: digests.make(business.ledger, now.date(), zone=UTC_ZONE, now=now)] * 4)
    assert made == [made[0]] * 4
    assert made[0].state == "made"


def test_money_that_pays_nothing_is_a_task_until_it_is_placed(business: Any) -> None:
    business.customer("ACME")
    business.pay("ACME", "80.00", now=business.at(0), on=date(2026, 3, 2))

    def look(days: int) -> list[str]:
        daily.look(business.ledger, on=business.at(days).date(), now=business.at(days, 7))
        return [task.why for task in tasks.worklist(business.ledger) if task.step == UNAPPLIED]

    assert look(3) == []
    assert look(4) == ["80.00 EUR pays no invoice for more than 3 days: name one, or give it back"]
    assert len(look(5)) == 1
    business.invoice("ACME", "INV-9", "200.00", due=date(2026, 4, 7))
    assert look(6) == []


def test_a_daily_look_that_is_off_opens_nothing_and_notes_no_run(business: Any) -> None:
    business.customer("ACME")
    business.pay("ACME", "80.00", now=business.at(0), on=date(2026, 3, 2))
    controls.switch_off(
        business.ledger, "S27a", by="maria", reason="r", until=business.at(9), now=business.at(3)
    )
    assert daily.look(business.ledger, on=business.at(6).date(), now=business.at(6, 7)) == 0
    assert tasks.worklist(business.ledger) == []
    assert daily.look(business.ledger, on=business.at(9).date(), now=business.at(9, 10)) == 1


def test_totals_that_differ_are_told(business: Any) -> None:
    business.customer("ACME")
    business.invoice("ACME")
    assert morning(business, 1).figures["ledger_differs"] == []
    with business.ledger.write() as session:
        session.exec(select(DebtRow)).one().open_minor += 1
    digest = morning(business, 1)
    assert digest.figures["ledger_differs"] == ["EUR"]
    assert any("add up to different totals" in line for line in part(digest, "Needs attention"))
    now = business.at(1, 7)
    daily.look(business.ledger, on=now.date(), now=now)
    assert [task.step for task in tasks.worklist(business.ledger)] == [DIFFERENCE]


def test_who_never_paid_and_cannot_be_reached_is_named(business: Any) -> None:
    for name in ("ACME", "BOREALIS", "CASA"):
        business.customer(name)
        business.invoice(name, f"INV-{name}")
    business.record("ACME", ContactInvalid(channel="email"), now=business.at(3))
    business.record("ACME", PromiseMade(pay_on=date(2026, 3, 6)), now=business.at(3))
    business.record("CASA", ContactInvalid(channel="email"), now=business.at(3))
    business.pay("CASA", "10.00", now=business.at(3))

    assert part(morning(business, 8), "Perhaps") == (
        "ACME: 100.00 EUR, 8 days late, never paid; messages come back, broken promises: 1",
    )
    controls.switch_off(
        business.ledger, "S10", by="maria", reason="r", until=business.at(30), now=business.at(8)
    )
    assert part(morning(business, 9), "Perhaps") == ("Nobody has these signs.",)


def test_what_is_late_becomes_non_payment_on_the_announced_day(business: Any) -> None:
    business.customer("ACME")
    business.invoice("ACME")
    business.send("ACME", "first/email", business.at(3))
    business.send("ACME", "second/email", business.at(10))
    business.send("ACME", "final/email", business.at(20))

    kinds = {days: morning(business, days).figures["late"] for days in (25, 29, 30, 31)}

    assert kinds[25] == {"late": {"EUR": "100.00"}}
    assert kinds[31] == {"non_payment": {"EUR": "100.00"}}


def test_what_should_be_done_by_now_is_counted_in_the_morning(business: Any) -> None:
    rules = read(
        (ROOT / "policies" / "worklist" / "rules.yaml").read_text("utf-8"), model=WorklistRules, name="w.yaml"
    )
    now = business.at(9, 7)
    with business.ledger.write() as session:
        for hours in (1, 120, 200):
            opened_at = now - timedelta(hours=hours)
            session.add(TaskRow(step="look", kind="review", why="w", opened_at=opened_at))
    digest = digests.preview(business.ledger, now.date(), zone=UTC_ZONE, now=now, rules=rules)
    assert part(digest, "Waits for a person") == ("look: 3, the oldest since 2026-03-02; late: 2",)
    without = digests.preview(business.ledger, now.date(), zone=UTC_ZONE, now=now)
    assert part(without, "Waits for a person") == ("look: 3, the oldest since 2026-03-02",)
