"""The tables of what systems outside tell: their names, how their objects stand, and what waits."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

from store.tables import Instant


class OutsideNameRow(SQLModel, table=True):
    """What a name of a system outside stands for here: of a customer, an invoice or a payment.

    Attributes:
        ours: its name in our facts.
        invoice: of a payment, the invoice that it is for, in their name or in ours.
        as_of: the newest state that was taken of it.
        paid: of an invoice, all that was paid on it there, once somebody said so, as a decimal.
    """

    __tablename__ = "outside_names"
    __table_args__ = (Index("ix_outside_names_source_kind_ours", "source", "kind", "ours"),)

    source: str = Field(primary_key=True, max_length=32)
    theirs: str = Field(primary_key=True, max_length=128)
    kind: str
    ours: str
    customer_id: str = Field(foreign_key="customers.id", index=True, max_length=64)
    invoice: str | None = None
    as_of: datetime | None = Field(default=None, sa_type=Instant)
    paid: str | None = None


class OutsideWaitingRow(SQLModel, table=True):
    """What a system outside reported and could not be taken yet; gone once it is. No personal data.

    Attributes:
        needs: the name of theirs that nobody knows; null where it waits for something else.
        customer_id: whom it is about, where that is known.
        told: what was reported, as `domain.reported_facts.write` writes it.
        asked_at: when the system was last asked about it.
        stale: whether it may be out of date, and waits for what it needs to be read again.
        tried_at: when it was last tried again by the sweep.
    """

    __tablename__ = "outside_waiting"
    __table_args__ = (Index("ix_outside_waiting_source_needs", "source", "needs"),)

    id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer(), "sqlite")
    )
    source: str
    heard_at: datetime = Field(sa_type=Instant)
    word: str
    needs: str | None = None
    customer_id: str | None = Field(default=None, foreign_key="customers.id", index=True, max_length=64)
    why: str
    told: dict[str, Any] = Field(sa_type=JSON)
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    stale: bool = False
    tried_at: datetime | None = Field(default=None, sa_type=Instant)


class OutsideStateRow(SQLModel, table=True):
    """The newest state of an object of a system outside that was told or read: see `domain.staleness`.

    Attributes:
        read_at: when what was read last was heard; null where nobody has read it.
    """

    __tablename__ = "outside_states"

    source: str = Field(primary_key=True, max_length=32)
    theirs: str = Field(primary_key=True, max_length=128)
    as_of: datetime = Field(sa_type=Instant)
    final: bool
    read_at: datetime | None = Field(default=None, sa_type=Instant)
