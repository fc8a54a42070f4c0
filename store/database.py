"""The database: one `Ledger` a process, its transactions, and its migrations.

SQLite gives a read-then-write lock in one way only: `BEGIN IMMEDIATE`, behind a lock of this
process because the busy handler sleeps. On PostgreSQL the customer's row is locked (`customers.lock`).
"""

import secrets
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session

from domain.contact_law.books import LawOf, lawless
from store.errors import NoLedger
from store.tables import DEFAULT_BLAST_LIMIT, IdentityRow

# Alembic is loaded only where there is something to migrate: most commands find nothing.
if TYPE_CHECKING:
    from alembic.config import Config

LAW_OF = "law_of"
"""Under which a session carries what tells the law of a customer."""

TOLD_SINCE = "told_since"
"""Under which all sessions of a ledger share since when the seller's product is told, once that was read."""

BUSY_SECONDS = 30
"""How long a connection of another process may hold SQLite's lock before we give up."""

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any fixed number: it keeps two migrations of one PostgreSQL database apart.
_MIGRATION_LOCK = 7_266_453
# One a database file, since several ledgers of a process may share it.
_gates: defaultdict[str, Lock] = defaultdict(Lock)


def read_url(url: str) -> URL:
    """Return the parsed `DATABASE_URL`.

    Raises:
        NoLedger: neither a SQLite file nor a PostgreSQL database.
    """
    remedy = "write sqlite:///path/to/ledger.db or postgresql://user:password@host/database"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise NoLedger(f"DATABASE_URL is no database address: {remedy}") from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise NoLedger(f"DATABASE_URL names {parsed.get_backend_name()!r}: {remedy}")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise NoLedger(f"DATABASE_URL names no file, and a ledger in memory is lost: {remedy}")
    return parsed


def migrate(url: str) -> None:
    """Bring the database at `url` to this version's tables, creating it where that is a file.

    All of it happens in one transaction, one process at a time. A database that has them is only read.
    """
    if is_there(url):
        return
    from alembic import command

    with migrating(url) as config:
        command.upgrade(config, "head")
        connection: Connection = config.attributes["connection"]
        if connection.scalar(text("SELECT count(*) FROM identity")) == 0:
            new = text("INSERT INTO identity (id, identity, code_key) VALUES (1, :identity, :code_key)")
            connection.execute(new, {"identity": uuid.uuid4().hex, "code_key": secrets.token_hex(32)})
            switches = text("INSERT INTO switches (id, stopped, blast_limit) VALUES (1, false, :limit)")
            connection.execute(switches, {"limit": DEFAULT_BLAST_LIMIT})


def is_there(url: str) -> bool:
    """Whether there is a ledger of this version; nothing is created to find out."""
    return revision_of(url) == newest_revision()


def newest_revision() -> str:
    """Return the revision of the last migration: their files are named by it, in order."""
    return max(path.name.partition("_")[0] for path in _MIGRATIONS.glob("versions/[0-9]*.py"))


def revision_of(url: str) -> str | None:
    """Return the revision that a database is at; None where there are no tables yet."""
    parsed = read_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).exists():
        return None  # To connect would create it.
    engine = _engine(parsed)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    finally:
        engine.dispose()


@contextmanager
def migrating(url: str) -> Iterator["Config"]:
    """Give Alembic a connection in a transaction, with an engine that nothing else uses.

    On SQLite a changed table is dropped and made anew, and with foreign keys on that would empty the
    tables that point to it; so they are off here, and checked before the commit.
    """
    from alembic.config import Config

    parsed = read_url(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite:
        Path(str(parsed.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(parsed, foreign_keys=False)
    config = Config(stdout=sys.stdout)  # Its default is that of when Alembic was loaded.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        with engine.execution_options(writes=True).begin() as connection:
            if not sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config.attributes["connection"] = connection
            yield config
            if sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).all()):
                raise RuntimeError(
                    f"the migration left {len(broken)} rows that point to nothing: {broken[:3]}"
                )
    finally:
        engine.dispose()


def _engine(url: URL, *, foreign_keys: bool = True, durable: bool = True) -> Engine:
    # The values of a statement are personal data, and its errors end in logs and histories.
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, pool_size=10, max_overflow=20, hide_parameters=True)

    def connected(connection: Any, _: object) -> None:
        # The driver would send its own BEGIN, and only before the first write: too late.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'NORMAL'}",
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def upsert(session: Session, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that may say what to do about a row that is there already, on either database."""
    return sqlite.insert(table) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(table)


class Ledger:
    """The ledger behind one database URL: `sqlite:///path` or `postgresql://...`.

    Without `durable` SQLite waits for no disk, and a loss of power may take the last commits: a claim that
    is lost so is a second message. For demos, replays and tests, where it is several times faster.

    Args:
        law_of: tells the contact law of a customer; without it there is none, as in tests.

    Raises:
        NoLedger: the URL is of neither kind.
    """

    def __init__(self, url: str, *, durable: bool = True, law_of: LawOf = lawless) -> None:
        parsed = read_url(url)
        self.url = url
        self._info: dict[Any, Any] = {LAW_OF: law_of, TOLD_SINCE: {}}
        self._engine = _engine(parsed, durable=durable)
        self._gate: AbstractContextManager[Any] = nullcontext()
        self._writing: Engine = self._engine
        self._reading: Engine = self._engine
        if parsed.get_backend_name() == "sqlite":
            self._gate = _gates[str(Path(str(parsed.database)).resolve())]
            self._writing = self._engine.execution_options(writes=True)
        else:
            # One moment for all statements of a report, as SQLite gives by itself.
            self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def dialect(self) -> str:
        """Which database it is: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @cached_property
    def identity(self) -> str:
        """The random id that the ledger got when it was created."""
        with self.read() as session:
            return session.get_one(IdentityRow, 1).identity

    @cached_property
    def code_key(self) -> bytes:
        """The secret under which one-time codes are made and kept; it never leaves the process."""
        with self.read() as session:
            return bytes.fromhex(session.get_one(IdentityRow, 1).code_key)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write; commits at the end, rolls back on an error.

        Nothing is flushed by a query: what one writes and then reads is flushed by name.
        """
        unbound = Session(self._writing, autoflush=False, expire_on_commit=False, info=self._info)
        with self._gate, unbound as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads, all of it as of one moment."""
        with Session(self._reading, autoflush=False, info=self._info) as session:
            yield session
            session.expunge_all()  # What was read may be used afterwards; what was changed is not kept.

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
