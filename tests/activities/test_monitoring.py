"""What watches by itself, as functions of an instant: nothing lost, nothing doubled, silence is an alarm."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from activities.books import Books
from activities.monitoring import OFF, Monitoring
from domain.activity_log.records import RecordsPage
from domain.activity_log.rules import read_audit
from domain.customer import Customer
from domain.documents import read
from domain.errors import Misconfigured, Refused, TryAgainLater
from domain.facts import ActivityNoticed, IncidentOpened, UsageReported
from domain.policy import Policy
from domain.usage.measured import Measured, ReadingsPage
from providers.drop_folder import ActivityFiles, UsageFiles
from providers.loopback.faults import throttled
from providers.loopback.server import Loopback
from providers.partner_center.client import Client
from providers.partner_center.login import GivenToken
from providers.partner_center.reading import PartnerCenter
from store import (
    activity_log,
    clock,
    controls,
    customers,
    facts,
    forgetting,
    incidents,
    monitors,
    policies,
    service_accounts,
    tasks,
)
from store.customers import ContactData
from store.database import Ledger, migrate
from store.tables import ActivityDetailRow, ActivityRow
from tests.effort import examples

ROOT = Path(__file__).parents[2]
RULES = read_audit(
    (ROOT / "policies" / "activity" / "audit.yaml").read_text(encoding="utf-8"), name="activity.yaml"
)
BUSINESS = read(
    (ROOT / "policies" / "business.yaml").read_text(encoding="utf-8"), model=Policy, name="b.yaml"
)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "template.db"
    migrate(f"sqlite:///{path}")
    ledger = Ledger(f"sqlite:///{path}", durable=False)
    policies.adopt(ledger, BUSINESS, now=NOON - timedelta(days=90), by="maria")
    contact = ContactData(name="Acme Ltd", email="ap@acme.example")
    with ledger.write() as session:
        began = NOON - timedelta(days=89)
        customers.add(session, Customer(id="ACME", currency="EUR"), contact, now=began)
    ledger.close()
    return path


@pytest.fixture
def opening(template: Path, tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    opened: list[Ledger] = []

    def new() -> Ledger:
        path = tmp_path / f"ledger-{len(opened)}.db"
        shutil.copy(template, path)
        opened.append(Ledger(f"sqlite:///{path}", durable=False))
        return opened[-1]

    yield new
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(opening: Callable[[], Ledger]) -> Ledger:
    return opening()


class Log:
    """A log in memory, by page, that may fail in any way at any page."""

    name = "memory"

    def __init__(self, records: list[dict[str, Any]], size: int = 3) -> None:
        self.all, self.size = records, size
        self.faults: list[Exception | None] = []
        self.asked: list[tuple[date, date, str | None]] = []

    def records(self, since: date, until: date, after: str | None) -> RecordsPage:
        self.asked.append((since, until, after))
        if self.faults and (fault := self.faults.pop(0)) is not None:
            raise fault
        days = (since.isoformat(), until.isoformat())
        there = [each for each in self.all if days[0] <= each.get("operationDate", days[0])[:10] <= days[1]]
        start = int(after or 0)
        end = start + self.size
        return RecordsPage(records=there[start:end], after=str(end) if end < len(there) else None)


class Usage:
    def __init__(self, *pages: list[Measured]) -> None:
        self.pages, self.faults = list(pages), list[Exception]()

    def readings(self, after: str | None) -> ReadingsPage:
        if self.faults:
            raise self.faults.pop(0)
        number = int(after or 0)
        following = str(number + 1) if number + 1 < len(self.pages) else None
        return ReadingsPage(readings=self.pages[number] if self.pages else (), after=following)


async def nobody(customer_id: str) -> None:
    """Wake nobody."""


def watching(ledger: Ledger, log: Any = None, usage: Any = None, **more: Any) -> Monitoring:
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    source, log = usage or Usage([]), log or Log([])
    return Monitoring(books=books, usage_source=source, log=log, rules=RULES, zone="UTC", wake=nobody, **more)


def record(
    name: str, at: datetime = NOON, kind: str = "add_application_credential", **more: Any
) -> dict[str, Any]:
    when = at.isoformat().replace("+00:00", "Z")
    said = {
        "operationType": kind,
        "operationDate": when,
        "operationStatus": "succeeded",
        "customerId": "ACME",
    }
    return {"id": name, **said, "userPrincipalName": "ann@acme.example", **more}


def kept(ledger: Ledger) -> list[str]:
    return sorted(line.record for line in activity_log.listed(ledger, limit=1000))


def noticed(ledger: Ledger) -> list[str]:
    found = (fact.body for fact in facts.history(ledger, "ACME"))
    return [body.rule for body in found if isinstance(body, ActivityNoticed)]


def cursor(ledger: Ledger) -> Mapping[str, Any]:
    return next(each.cursor for each in monitors.all_of(ledger) if each.name == monitors.ACTIVITY)


# --- the activity log


def test_the_first_run_reads_as_far_back_as_a_log_reaches_and_the_next_a_day_over(ledger: Ledger) -> None:
    log = Log([record("r-1")])
    watch = watching(ledger, log)
    assert watch.activity_at(NOON)[0] == {"more": False, "wait_seconds": 0.0, "words": "1 new records"}
    watch.activity_at(NOON + timedelta(days=2))
    watch.activity_at(NOON + timedelta(days=300))
    days = [((NOON.date() - since).days, (until - NOON.date()).days) for since, until, _ in log.asked]
    assert days == [(89, 0), (1, 2), (-211, 300)]
    assert kept(ledger) == ["r-1"]
    opened, *lost = [task.why for task in tasks.worklist(ledger)]
    assert re.fullmatch("inc-[0-9a-f]{12}: hacking about ACME, unverified: .*", opened)
    assert lost == ["the activity log before 2026-10-07 was never read"]


def test_what_is_found_is_a_fact_once_and_wakes(ledger: Ledger) -> None:
    log = Log([record(f"r-{n}", NOON - timedelta(minutes=n)) for n in range(7)])
    watch = watching(ledger, log)
    assert watch.activity_at(NOON)[1] == ("ACME",)
    assert watch.activity_at(NOON)[1] == ()
    assert noticed(ledger) == ["application_credential", "odd_hours"][:1]
    log.all.append(record("late", NOON - timedelta(hours=1)))  # of the same day: the same finding
    watch.activity_at(NOON + timedelta(hours=6))
    assert noticed(ledger) == ["application_credential"]
    assert len(kept(ledger)) == 8


def test_a_grave_finding_opens_an_incident_once_that_rests_nothing(ledger: Ledger) -> None:
    watch = watching(ledger, Log([record("r-1"), record("r-2", kind="add_user_member")]))
    for days in range(2):
        watch.activity_at(NOON + timedelta(days=days))
    [opened] = [each.incident for each in incidents.listed(ledger, now=NOON)]
    assert (opened.kind.name, opened.customer, opened.trusted) == ("hacking", "ACME", False)
    assert (opened.notices, opened.word) == (1, "application_credential")
    assert not any(isinstance(each.body, IncidentOpened) for each in facts.history(ledger, "ACME"))


def test_unknown_kinds_and_accounts_are_kept_and_counted(ledger: Ledger) -> None:
    log = Log([record("a", kind="renamed_tomorrow"), record("b", customerId="T-9"), {"id": "c"}])
    watching(ledger, log).activity_at(NOON)
    assert kept(ledger) == ["a", "b"]
    (monitor,) = monitors.all_of(ledger)
    assert monitor.unknown == {
        "kind renamed_tomorrow": 1,
        "of an account that is no customer's": 1,
        "a record needs the instant at which it happened": 1,
    }


def test_an_account_that_is_linked_later_is_audited_then(ledger: Ledger) -> None:
    watch = watching(ledger, Log([record("b", customerId="T-9")]))
    watch.activity_at(NOON)
    assert noticed(ledger) == []
    assert service_accounts.link(ledger, "ACME", "T-9") == 1
    assert watch.activity_at(NOON)[1] == ("ACME",)
    assert noticed(ledger) == ["application_credential"]


def test_who_did_it_goes_with_the_contact_data(ledger: Ledger) -> None:
    watching(ledger, Log([record("r-1")])).activity_at(NOON)
    assert [line.principal for line in activity_log.listed(ledger)] == ["ann@acme.example"]
    assert forgetting.forget(ledger, "ACME", by="maria", now=NOON)
    (line,) = activity_log.listed(ledger)
    assert (line.kind, line.principal) == ("add_application_credential", None)
    with ledger.read() as session:
        assert session.exec(select(ActivityDetailRow)).all() == []
        assert "ann" not in str(session.exec(select(ActivityRow)).one())


def test_what_passes_is_waited_for_and_what_is_refused_begins_anew(ledger: Ledger) -> None:
    log = Log([record(f"r-{n}") for n in range(9)])
    watch = watching(ledger, log)
    log.faults = [None, TryAgainLater("busy", delay=timedelta(seconds=57))]
    went, _ = watch.activity_at(NOON)
    assert went == {"more": True, "wait_seconds": 57.0, "words": "busy"}
    assert cursor(ledger)["after"] == "3"
    log.faults = [Refused("what page?")]
    assert watch.activity_at(NOON)[0]["more"] is False
    assert "after" not in cursor(ledger)
    assert monitors.all_of(ledger)[0].succeeded_at is None
    assert watch.activity_at(NOON)[0]["words"] == "6 new records"
    assert kept(ledger) == [f"r-{n}" for n in range(9)]


def test_a_fault_of_ours_is_a_task_at_once(ledger: Ledger) -> None:
    log = Log([])
    log.faults = [Misconfigured("get a new token")]
    watching(ledger, log).activity_at(NOON)
    assert [(task.step, task.why) for task in tasks.worklist(ledger)] == [("vendor", "get a new token")]


def test_a_long_log_is_read_in_several_turns(ledger: Ledger) -> None:
    ticks = iter(range(0, 1000, 3))
    watch = watching(ledger, Log([record(f"r-{n}") for n in range(12)]), monotonic=lambda: float(next(ticks)))
    turns = 1
    while watch.activity_at(NOON)[0]["more"]:
        turns += 1
    assert turns == 2
    assert len(kept(ledger)) == 12


class Crash(BaseException):
    """The process dies."""


@given(
    happened=st.lists(st.integers(0, 3 * 24), min_size=1, max_size=8),
    late=st.lists(st.integers(0, 20), max_size=8),
    size=st.integers(1, 3),
    plan=st.lists(st.sampled_from(["go", "crash", "crash_in_audit", "busy", "refused"]), max_size=6),
)
@settings(
    max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_cursor_loses_and_doubles_nothing(
    opening: Callable[[], Ledger], happened: list[int], late: list[int], size: int, plan: list[str]
) -> None:
    """Records of three days, some shown up to twenty hours late; runs that die anywhere."""
    ledger = opening()
    shown: list[tuple[datetime, dict[str, Any]]] = []
    for number, hour in enumerate(happened):
        at = NOON + timedelta(hours=hour)
        delay = late[number] if number < len(late) else 0
        shown.append((at + timedelta(hours=delay), record(f"r-{number:02}", at)))
    log = Log([], size)
    watch = watching(ledger, log)
    for turn in range(10):
        now = NOON + timedelta(hours=12 * turn)
        log.all = [each for visible, each in shown if visible <= now]
        log.faults = _faults(plan[turn % len(plan)] if plan and turn < 8 else "go")
        _run(watch, now, dies=bool(plan) and turn < 8 and plan[turn % len(plan)] == "crash_in_audit")
    assert kept(ledger) == sorted(each["id"] for _, each in shown)
    days = {each["operationDate"][:10] for _, each in shown}
    assert noticed(ledger).count("application_credential") == len(days)
    ledger.close()


def _faults(how: str) -> list[Any]:
    second = {"crash": Crash(), "busy": TryAgainLater("busy"), "refused": Refused("no")}.get(how)
    return [None, second] if second is not None else []


def _run(watch: Monitoring, now: datetime, *, dies: bool) -> None:
    if dies:
        watch._audit = _die  # type: ignore[method-assign]
    try:
        watch.activity_at(now)
    except Crash:
        pass
    finally:
        vars(watch).pop("_audit", None)


def _die(now: datetime) -> tuple[str, ...]:
    raise Crash


# --- usage


def measured(amount: str, at: datetime = NOON, account: str = "ACME", currency: str = "EUR") -> Measured:
    return Measured(account=account, amount=Decimal(amount), currency=currency, read_at=at)


def reported(ledger: Ledger) -> list[str]:
    found = (fact.body for fact in facts.history(ledger, "ACME"))
    return [f"{b.month} {b.amount}" for b in found if isinstance(b, UsageReported)]


def test_readings_become_facts_once_and_page_by_page(ledger: Ledger) -> None:
    usage = Usage(
        [measured("120.5682")], [measured("130.00", NOON + timedelta(days=1)), measured("1", account="T-9")]
    )
    watch = watching(ledger, usage=usage)
    went, whom = watch.usage_at(NOON + timedelta(days=1))
    assert (went["words"], whom) == ("2 new readings", ("ACME",))
    assert watch.usage_at(NOON + timedelta(days=1))[0]["words"] == "0 new readings"
    assert reported(ledger) == ["2026-03 120.57", "2026-03 130.00"]
    (monitor,) = monitors.all_of(ledger)
    assert monitor.unknown == {"of an account that is no customer's": 1}


def test_who_never_used_anything_has_no_facts(ledger: Ledger) -> None:
    watch = watching(ledger, usage=Usage([measured("0")]))
    watch.usage_at(NOON)
    assert reported(ledger) == []
    watching(ledger, usage=Usage([measured("1.00"), measured("0", NOON + timedelta(hours=1))])).usage_at(NOON)
    watching(ledger, usage=Usage([measured("0", NOON + timedelta(hours=2))])).usage_at(NOON)
    assert reported(ledger) == ["2026-03 1.00", "2026-03 0.00"]


def test_a_reading_that_cannot_be_keeps_no_other_back(ledger: Ledger) -> None:
    watching(ledger, usage=Usage([measured("5", currency=""), measured("6")])).usage_at(NOON)
    assert reported(ledger) == ["2026-03 6.00"]
    assert monitors.all_of(ledger)[0].unknown == {"with an amount or currency that cannot be": 1}


# --- silence


@pytest.mark.parametrize(("hours", "silent"), [(23, False), (24, True), (100, True)])
def test_a_monitor_that_has_gone_silent_is_an_alarm_until_it_runs(
    ledger: Ledger, hours: int, silent: bool
) -> None:
    """Whatever keeps it: the question is asked of the ledger, not of the schedule."""
    watch = watching(ledger)
    watch.activity_at(NOON)
    later = NOON + timedelta(hours=hours)
    monitors.raise_alarms(ledger, now=later)
    monitors.raise_alarms(ledger, now=later)
    steps = [task.step for task in tasks.worklist(ledger)]
    assert steps == (["monitor"] if silent else [])
    watch.activity_at(later)
    assert tasks.worklist(ledger) == []


def test_a_monitor_that_never_ran_is_an_alarm_too(ledger: Ledger) -> None:
    monitors.expect(ledger, monitors.USAGE, now=NOON)
    monitors.expect(ledger, monitors.USAGE, now=NOON + timedelta(hours=20))
    usage = Usage([])
    usage.faults = [TryAgainLater("the provider is away")]
    watching(ledger, usage=usage).usage_at(NOON + timedelta(hours=23))
    assert monitors.raise_alarms(ledger, now=NOON + timedelta(hours=24)) == 1
    (task,) = tasks.worklist(ledger)
    assert task.why == "nobody has watched usage against budgets since it was set up (the provider is away)"


def test_a_monitor_that_is_off_is_not_expected_to_run(ledger: Ledger) -> None:
    """The register tells of it while it is off; after that it has a day to run, as a new one has."""
    day, watch = timedelta(days=1), watching(ledger)
    watch.activity_at(NOON)
    until = NOON + 5 * day
    controls.switch_off(ledger, "S22", by="maria", reason="a new tenant", until=until, now=NOON + day / 2)
    assert watch.activity_at(NOON + day)[0]["words"] == OFF
    raised = [monitors.raise_alarms(ledger, now=NOON + n * day / 2) for n in (2, 9, 10, 11)]
    assert (raised, tasks.worklist(ledger)) == ([0] * 4, [])
    assert monitors.raise_alarms(ledger, now=NOON + 6 * day) == 1
    (task,) = tasks.worklist(ledger)
    assert task.why.startswith("nobody has watched activity logs since 10 Mar 2026 12:00 UTC")


def test_a_monitor_that_is_switched_on_again_has_a_day_to_run(ledger: Ledger) -> None:
    day = timedelta(days=1)
    monitors.expect(ledger, monitors.USAGE, now=NOON)
    controls.switch_off(ledger, "S21c", by="maria", reason="why", until=NOON + 9 * day, now=NOON)
    controls.switch_on(ledger, "S21c", by="maria", now=NOON + 5 * day)
    assert [monitors.raise_alarms(ledger, now=NOON + n * day / 2) for n in (11, 12)] == [0, 1]


# --- the adapters


def test_files_of_a_folder_are_read_in_their_order(ledger: Ledger, tmp_path: Path) -> None:
    shutil.copy(ROOT / "samples" / "usage.csv", tmp_path / "1.csv")
    shutil.copy(ROOT / "samples" / "activity.json", tmp_path / "1.json")
    (tmp_path / "2.json").write_text(
        '[{"id": "z", "operationDate": "2026-03-10T10:00:00Z"}]', encoding="utf-8"
    )
    watch = watching(ledger, ActivityFiles(tmp_path), UsageFiles(tmp_path))
    assert watch.usage_at(NOON)[1] == ("ACME",)
    watch.activity_at(NOON)
    assert reported(ledger) == ["2026-03 41.20", "2026-03 96.75"]
    assert len(kept(ledger)) == 4
    (tmp_path / "3.json").write_text("{", encoding="utf-8")
    assert "3.json" in watch.activity_at(NOON)[0]["words"]
    (tmp_path / "3.csv").write_text("account,amount\nACME,1\n", encoding="utf-8")
    words = watch.usage_at(NOON)[0]["words"]
    assert words == "3.csv:1: the column currency, read_at is missing"


def test_a_reading_of_no_day_is_refused_with_its_line(tmp_path: Path) -> None:
    rows = "account,amount,currency,read_at\nACME,1,EUR,0001-01-01T00:00:00Z\n"
    (tmp_path / "1.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(Refused, match=r"1.csv:2: 0001-01-01 is no day on which usage is read"):
        UsageFiles(tmp_path).readings(None)


def test_partner_center_is_read_over_http_with_patience(ledger: Ledger) -> None:
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    with Loopback() as loopback:
        center = loopback.partner_center
        center.page_size = 2
        center.audit += [record(f"r-{n}", today - timedelta(minutes=n)) for n in range(5)]
        reading = {"resourceId": "ACME", "totalCost": 12.4, "currencyCode": "EUR"}
        center.usage.append({**reading, "lastModifiedDate": today.isoformat()})
        login = GivenToken(center.token)
        source = PartnerCenter(Client(base=loopback.partner_center_base, app=login, user=login))
        watch = watching(ledger, source, source)
        loopback.faults.add("read", [None, throttled(57)])
        went, _ = watch.activity_at(today)
        assert (went["more"], went["wait_seconds"]) == (True, 57.0)
        assert watch.activity_at(today)[0]["words"] == "3 new records"
        assert watch.usage_at(today)[1] == ("ACME",)
    assert kept(ledger) == [f"r-{n}" for n in range(5)]
    assert reported(ledger) == [f"{today:%Y-%m} 12.40"]
