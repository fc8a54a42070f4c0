"""What is watched, on both databases: records and readings once each, alarms, and grants through commands."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.activity_log.rules import read_audit
from domain.usage.measured import Measured
from store import activity_log, commands, facts, forgetting, monitors, service_accounts, tasks, usage
from store.errors import Refused

ROOT = Path(__file__).parents[2]
RULES = read_audit((ROOT / "policies" / "activity" / "audit.yaml").read_text("utf-8"), name="activity.yaml")


def records(business: Any, *names: str, account: str = "T-1") -> list[dict[str, Any]]:
    said = {"operationType": "register_application", "operationStatus": "succeeded", "customerId": account}
    at = business.at(1).isoformat()
    return [{"id": name, "operationDate": at, "userPrincipalName": "ann@x.example", **said} for name in names]


def keep(business: Any, *names: str, account: str = "T-1") -> activity_log.Kept:
    page = records(business, *names, account=account)
    return activity_log.keep(business.ledger, "log", page, cursor={"after": names[-1]}, now=business.at(2))


def test_a_page_and_its_cursor_are_kept_together_and_a_record_once(business: Any) -> None:
    business.customer()
    monitors.expect(business.ledger, monitors.ACTIVITY, now=business.at(0))
    assert (keep(business, "a", "b", "b").new, keep(business, "b", "c").new) == (2, 1)
    (monitor,) = monitors.all_of(business.ledger)
    assert (monitor.cursor, monitor.unknown) == ({"after": "c"}, {"of an account that is no customer's": 3})
    assert service_accounts.link(business.ledger, "ACME", "T-1") == 3
    assert activity_log.audit(business.ledger, RULES, zone="UTC", now=business.at(3)) == ("ACME",)
    assert activity_log.audit(business.ledger, RULES, zone="UTC", now=business.at(3)) == ()
    (found,) = facts.history(business.ledger, "ACME")
    assert (found.id, found.body.count) == ("ACME/application_credential/2026-03-03", 3)  # type: ignore[attr-defined]
    assert activity_log.counted(business.ledger, since=timedelta(days=2), now=business.at(3)) == {
        "register_application": 3
    }
    forgetting.forget(business.ledger, "ACME", by="maria", now=business.at(4))
    assert {line.principal for line in activity_log.listed(business.ledger)} == {None}
    assert keep(business, "a").new == 0  # what is read again brings nobody's name back
    assert {line.principal for line in activity_log.listed(business.ledger)} == {None}


def test_readings_are_taken_once_and_stand_against_the_budget(business: Any) -> None:
    business.customer()
    service_accounts.link(business.ledger, "ACME", "T-1")
    reading = Measured(account="T-1", amount=Decimal("85.004"), currency="EUR", read_at=business.at(1))
    assert usage.take(business.ledger, [reading, reading], now=business.at(2)).accepted == 1
    assert usage.take(business.ledger, [reading], now=business.at(2)).accepted == 0
    (stands,) = usage.standings(business.ledger, now=business.at(2))
    assert stands.json() == {
        "customer": "ACME",
        "unbilled": {"EUR": "85.00"},
        "odd": False,
        "month": "2026-03",
        "currency": "EUR",
        "used": "85.00",
        "budget": "100.00",
        "agreed": False,
        "percent": "85.00",
        "level": 80,
        "forecast": None,
        "read_on": "2026-03-03",
    }


def test_a_level_is_claimed_once_whatever_else_is_read(business: Any) -> None:
    business.customer()
    for day, amount in ((1, "85.00"), (2, "86.00"), (3, "120.00"), (4, "90.00"), (5, "121.00")):
        reading = Measured(
            account="ACME", amount=Decimal(amount), currency="EUR", read_at=business.at(day, 9)
        )
        usage.take(business.ledger, [reading], now=business.at(day, 9))
        wanted = business.assess("ACME", business.at(day)).plan.effects
        for effect in wanted:
            business.send("ACME", effect.key, business.at(day, 11))
    with business.ledger.read() as session:
        claims = facts.read_claims(session, "ACME")
    steps = sorted(claim.step for claim in claims)
    assert steps == ["usage-alert", "usage-over", "usage-profile", "usage-warning"]


def test_silence_is_one_task_until_it_is_over(business: Any) -> None:
    monitors.expect(business.ledger, monitors.USAGE, now=business.at(0))
    alarms = [monitors.raise_alarms(business.ledger, now=business.at(days)) for days in (0, 1, 2)]
    assert alarms == [0, 1, 0]
    monitors.succeeded(business.ledger, monitors.USAGE, now=business.at(3))
    assert tasks.worklist(business.ledger) == []


def test_a_role_is_granted_by_a_command_and_its_task_ends(business: Any) -> None:
    business.customer()
    asked = {"grant": "G-1", "principal": "8e2f", "role": "Reader", "scope": "SUB-1", "reason": "audit"}
    granted = {**asked, "to": "2026-03-20"}

    def perform(name: str, data: dict[str, Any], day: int) -> commands.Done:
        return commands.perform(business.ledger, "ACME", name, data, now=business.at(day))

    perform("request_access", asked, 1)
    business.send("ACME", "access-decision/task", business.at(1, 11))
    with pytest.raises(Refused, match=r"Reader on SUB-1 is not granted: mfa \("):
        perform("grant_access", granted, 2)
    perform("note_safeguard", {"safeguard": "mfa", "holds": True}, 2)
    assert (
        perform("grant_access", granted, 2).words == "Granted Reader on SUB-1 as G-1 until 2026-03-20: audit."
    )
    assert perform("grant_access", granted, 2).already
    assert tasks.worklist(business.ledger) == []
    with pytest.raises(Refused, match="There was a grant G-1 already"):
        perform("grant_access", {**granted, "to": "2026-03-19"}, 3)
