"""The tables of what the seller's own product is told: events, where they go, and how each got there."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from store.tables import Instant

# SQLite numbers rows by itself only in a column that is called INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


class EventRow(SQLModel, table=True):
    """One event for the seller's own product, written with what it tells of; `body` is what is sent."""

    __tablename__ = "events_out"
    __table_args__ = (UniqueConstraint("id"), Index("ix_events_out_customer_id", "customer_id"))

    number: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    id: str = Field(max_length=64)
    type: str
    customer_id: str | None = Field(default=None, foreign_key="customers.id", max_length=64)
    at: datetime = Field(sa_type=Instant)
    body: str


class EventEndpointRow(SQLModel, table=True):
    """Where events go. It is named by a digest of its URL, which may hold a secret and is not kept.

    Attributes:
        opened_at: what happened before is not told.
        named_at: when a worker whose settings name it was last at work.
        closed_at: the settings name it no more.
        shut_at: it takes nothing until a person says so; what is for it waits.
        failures: requests in a row that it did not take.
    """

    __tablename__ = "event_endpoints"

    name: str = Field(primary_key=True, max_length=64)
    host: str
    opened_at: datetime = Field(sa_type=Instant)
    named_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    shut_at: datetime | None = Field(default=None, sa_type=Instant)
    why: str | None = None
    failures: int = 0
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


_WAITING = text("state = 'waiting'")


class EventDeliveryRow(SQLModel, table=True):
    """One event on its way to one endpoint.

    Attributes:
        line: whose events are told in their order: the customer's, or without one those of the ledger.
        state: waiting, done, failed, or dropped where the endpoint was closed before.
        status: of the last answer; null where there was none.
    """

    __tablename__ = "event_deliveries"
    __table_args__ = (
        Index(
            "ix_event_deliveries_due", "endpoint", "next_at", sqlite_where=_WAITING, postgresql_where=_WAITING
        ),
        Index(
            "ix_event_deliveries_line",
            *("endpoint", "line", "number"),
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    endpoint: str = Field(primary_key=True, foreign_key="event_endpoints.name", max_length=64)
    number: int = Field(primary_key=True, foreign_key="events_out.number", sa_type=_NUMBER)
    line: str = Field(max_length=64)
    state: str
    attempts: int = 0
    next_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    status: int | None = None
