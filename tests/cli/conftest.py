"""The command line as a function: arguments in; status, standard output and standard error out."""

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import starter
from commandline.session import open_ledger
from domain.clock import BusinessClock
from settings import Settings
from store import clock

ROOT = Path(__file__).parents[2]
CLOSED = "127.0.0.1:1"
"""Nothing listens there, and it says so at once."""

TODAY = datetime(2026, 2, 10, 9, tzinfo=UTC)
"""A Tuesday, at ten in the morning in Berlin."""

MAPPING = """\
dates: [year-month-day]
customer: {id: Customer, name: Name, email: Email, country: Country, timezone: {fixed: Europe/Berlin}}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
settled_on: Settled
"""
HEADER = "Customer,Name,Email,Country,Invoice,Issued,Due,Amount,Currency,Settled"
ROW = "ACME,Acme Ltd,books@acme.example,DE,INV-1,2026-01-05,2026-02-04,100.00,EUR,"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command line came to."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs commands in this process, in a folder and with a ledger of the test's own."""

    folder: Path
    ledger: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Answer:
        self.capsys.readouterr()
        status = starter.main(arguments)
        out, err = self.capsys.readouterr()
        return Answer(status, out, err)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Return every row of every table; nothing where there is no ledger."""
        return contents(self.ledger)


def contents(ledger: Path) -> dict[str, list[tuple[object, ...]]]:
    if not ledger.exists():
        return {}
    connection = sqlite3.connect(ledger)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names.fetchall()}
    finally:
        connection.close()


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a deployment whose data is in `folder`, and without Temporal."""
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
        "TEMPORAL_ADDRESS": CLOSED,
        "USER": "maria",
        "COLUMNS": "100",
    }


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line before anything was done: there is no ledger yet."""
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return CommandLine(folder=tmp_path, ledger=tmp_path / "ledger.db", capsys=capsys)


@pytest.fixture(scope="session")
def ledger_of_acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with the business policy, and ACME who owes 100.00 EUR since 2026-02-04.

    Its clock says that it is about TODAY.
    """
    folder = tmp_path_factory.mktemp("acme")
    (folder / "map.yaml").write_text(MAPPING)
    (folder / "acme.csv").write_text(f"{HEADER}\n{ROW}\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder).items():
            patch.setenv(name, value)
        ledger = open_ledger(Settings.from_env())
        clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=TODAY))
        assert starter.main(["policy", "adopt", str(ROOT / "policies" / "business.yaml")]) == 0
        assert starter.main(["go-live", "2026-01-01"]) == 0
        assert starter.main(["import", str(folder / "acme.csv"), "--map", str(folder / "map.yaml")]) == 0
    return folder / "ledger.db"


@pytest.fixture
def acme(cli: CommandLine, ledger_of_acme: Path) -> CommandLine:
    """The command line on a ledger with one customer, ACME."""
    for path in ledger_of_acme.parent.glob("ledger.db*"):
        shutil.copy(path, cli.folder)
    return cli
