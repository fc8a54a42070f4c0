"""The condition of the database: which it is, and whether it keeps what it has confirmed."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text

from store.database import Ledger, newest_revision, revision_of


@dataclass(frozen=True, slots=True)
class Tables:
    """At which migration a database is, and at which this version's is; None where it has no tables."""

    there: str | None
    wanted: str


def tables(url: str) -> Tables:
    """Return how the tables stand; nothing is created or changed to find out."""
    return Tables(there=revision_of(url), wanted=newest_revision())


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a database says of itself.

    Attributes:
        wrong: what may lose a commit or stall, with the remedy.
    """

    version: str
    wrong: tuple[str, ...]


def condition(ledger: Ledger) -> Condition:
    """Ask the database."""
    if ledger.dialect == "sqlite":
        version, journal, synchronous = (
            _said(ledger, question)
            for question in ("SELECT sqlite_version()", "PRAGMA journal_mode", "PRAGMA synchronous")
        )
        return Condition(
            version=f"SQLite {version}, journal mode {journal}", wrong=(*_of_sqlite(journal, synchronous),)
        )
    version, commit, fsync = (
        _said(ledger, f"SHOW {setting}") for setting in ("server_version", "synchronous_commit", "fsync")
    )
    return Condition(version=f"PostgreSQL {version}", wrong=(*_of_postgresql(commit, fsync),))


def _of_sqlite(journal: str, synchronous: str) -> Iterator[str]:
    if journal != "wal":
        yield "write-ahead logging is off: put the file on a local disk, since network disks have none"
    if int(synchronous) < 2:
        yield "commits do not wait for the disk, so a loss of power may take a claim"


def _of_postgresql(commit: str, fsync: str) -> Iterator[str]:
    for name, value in (("synchronous_commit", commit), ("fsync", fsync)):
        if value == "off":
            yield f"{name} is off, so a loss of power may take a claim: switch it on"


def _said(ledger: Ledger, question: str) -> str:
    with ledger.read() as session:
        return str(session.connection().scalar(text(question)))
