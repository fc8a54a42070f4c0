"""The tables of the ledger: one class a table, one line a column, the reason where it is not plain.

Instants are aware and UTC on every database; a date stays a date. Amounts are minor units in 64
bits. Closed sets of words are text, so that a word of a later version can still be read.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Index, Integer, UniqueConstraint, text
from sqlalchemy.types import DateTime, TypeDecorator
from sqlmodel import Field, SQLModel

from domain.customer import Customer

# Before the first table: a constraint without a name cannot be dropped on SQLite.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware instant: refuses a naive one, stores UTC, returns aware UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what the database stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone: the ledger takes aware instants only")
        at = value.astimezone(UTC)
        # SQLite keeps text: without an offset it is of one width and sorts as time.
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant, aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows by itself only in a column that is called INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
DEFAULT_BLAST_LIMIT = 500
_UNASSESSED = text("revision > assessed_revision")
_OWED = text("open_minor > 0")
_OPEN = text("closed_at IS NULL")
_CUSTOMER = "customers.id"


class CustomerRow(SQLModel, table=True):
    """One customer, without personal data, and the state of our work for it. This row is the lock.

    Attributes:
        revision: raised by every transaction that appends facts or touches claims.
        assessed_revision: the revision that the last assessment saw.
        news: raised by facts that are no outcome of an effect of ours.
        last_now: the newest instant at which it was assessed or learned something.
        signature: of the last plan, to see whether a new fact changes it.
        holds_seen: of the holds that the last assessment journaled.
        halted: an effect was put off by a switch; `go` wakes this customer.
        policy_version: pinned by the open case, else null.
        chosen: the policy that was chosen last, and why; `domain.assignment.Choice` as JSON.
        allocation: the rule by which the entries were posted.
        region, places: state and cities as contact law names them, such as US-NY and US-NYC.
        zones, calling_code: of the telephone number's area; null where that was never looked at.
        standing: how the customer stands for the worklist, as JSON; null where no task was open.
    """

    __tablename__ = "customers"
    __table_args__ = (
        # The sweep: each of its two questions is one index, and the first is empty when all is well.
        Index("ix_customers_unassessed", "id", sqlite_where=_UNASSESSED, postgresql_where=_UNASSESSED),
        Index("ix_customers_wake_at", "wake_at"),
        # Finance's list of a stage, a page at a time.
        Index("ix_customers_stage_id", "stage", "id"),
    )

    id: str = Field(primary_key=True, max_length=64)
    segment: str
    country: str | None = None
    timezone: str
    language: str
    currency: str | None = None
    tags: list[str] = Field(sa_type=JSON)
    size: str | None = None
    risk: str | None = None
    created_at: datetime = Field(sa_type=Instant)
    revision: int = Field(sa_type=BigInteger)
    assessed_revision: int = Field(default=0, sa_type=BigInteger)
    news: int = Field(sa_type=BigInteger)
    last_now: datetime = Field(sa_type=Instant)
    wake_at: datetime | None = Field(default=None, sa_type=Instant)
    stage: str | None = None
    signature: str | None = None
    holds_seen: str | None = None
    case_number: int = 0
    case_open: bool = False
    halted: bool = Field(default=False, index=True)
    policy_version: str | None = Field(default=None, foreign_key="policies.version")
    chosen: dict[str, str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    allocation: str = "oldest_due"
    region: str | None = None
    places: list[str] = Field(default_factory=list, sa_type=JSON)
    zones: list[str] | None = Field(default=None, sa_type=JSON)
    calling_code: int | None = None
    standing: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))

    def customer(self) -> Customer:
        """Return the customer as a plan knows it."""
        return Customer(
            id=self.id,
            segment=self.segment,
            country=self.country,
            timezone=self.timezone,
            language=self.language,
            currency=self.currency,
            tags=tuple(self.tags),
            size=self.size,
            risk=self.risk,
        )


class ContactRow(SQLModel, table=True):
    """How to reach a customer: personal data, in a row of its own that can be destroyed."""

    __tablename__ = "contact_data"
    __table_args__ = (
        # Whoever writes to us is known by number or address alone.
        Index("ix_contact_data_phone", "phone"),
        Index("ix_contact_data_email", "email"),
    )

    customer_id: str = Field(primary_key=True, foreign_key=_CUSTOMER, max_length=64)
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    vat_id: str | None = None


class OwnPageRow(SQLModel, table=True):
    """A customer's own page: the number that links to it say, and how often those were revoked."""

    __tablename__ = "own_pages"
    __table_args__ = (UniqueConstraint("customer_id"),)

    number: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, max_length=64)
    generation: int = 0


class FactRow(SQLModel, table=True):
    """One fact, for ever; `body` is what `domain.facts.write_body` gives, as JSON."""

    __tablename__ = "facts"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    number: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    kind: str = Field(index=True)
    source: str
    source_id: str
    happened_on: date
    happened_at: datetime | None = Field(default=None, sa_type=Instant)
    learned_at: datetime = Field(sa_type=Instant)
    body: str


class EntryRow(SQLModel, table=True):
    """One signed posting; those of a debt sum to what is open on it, at any date and knowledge.

    A posting that later knowledge takes back stays, and is negated by one of the same day.
    `invoice` is null for unapplied money; that of a `deposit` is a liability until it is applied.
    """

    __tablename__ = "entries"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    invoice: str | None = None
    currency: str
    minor: int = Field(sa_type=BigInteger)
    happened_on: date
    learned_at: datetime = Field(sa_type=Instant)
    source: str
    fact: str
    deposit: str | None = None


class DebtRow(SQLModel, table=True):
    """What is open on an invoice now: a projection of the facts, proven equal to a rebuild."""

    __tablename__ = "debts"
    __table_args__ = (
        UniqueConstraint("invoice"),
        # Over the years few debts of many are open, and lists want those alone.
        Index("ix_debts_open", "customer_id", sqlite_where=_OWED, postgresql_where=_OWED),
    )

    customer_id: str = Field(primary_key=True, foreign_key=_CUSTOMER, max_length=64)
    invoice: str = Field(primary_key=True)
    currency: str
    original_minor: int = Field(sa_type=BigInteger)
    open_minor: int = Field(sa_type=BigInteger)
    issued_on: date
    due_on: date
    main: bool
    opening: int
    opened_on: date
    state: str


class ClaimRow(SQLModel, table=True):
    """One debt of one effect that was begun; the rows of one message are one claim.

    The constraint is the promise: overlapping debt sets collide. A released row is taken over by
    the next attempt; a refused or bounced one is too, once the address has changed.

    Attributes:
        position: the order of the debts within the message.
        debt: the invoice, or `service` for effects on the service itself.
    """

    __tablename__ = "claims"
    __table_args__ = (
        UniqueConstraint("customer_id", "debt", "opening", "step", "channel", name="uq_claims_one_each"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    message: str = Field(index=True)
    position: int
    customer_id: str = Field(foreign_key=_CUSTOMER, max_length=64)
    debt: str
    opening: int
    step: str
    channel: str
    kind: str
    state: str
    attempt: int
    claimed_at: datetime = Field(sa_type=Instant, index=True)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    provider_ref: str | None = Field(default=None, index=True)
    suspend_on: date | None = None
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    policy_version: str = Field(foreign_key="policies.version")
    code_version: str


class PolicyRow(SQLModel, table=True):
    """One adopted policy, by the hash of its content.

    Attributes:
        position: its place in the choice, first match wins; null once a newer version of the same
            name was adopted.
    """

    __tablename__ = "policies"

    version: str = Field(primary_key=True)
    name: str
    title: str
    content: str
    segments: list[str] = Field(sa_type=JSON)
    adopted_at: datetime = Field(sa_type=Instant)
    adopted_by: str
    position: int | None = None


class CaseRow(SQLModel, table=True):
    """One delinquency that was worked on, numbered per customer from 1."""

    __tablename__ = "cases"

    customer_id: str = Field(primary_key=True, foreign_key=_CUSTOMER, max_length=64)
    number: int = Field(primary_key=True)
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    policy_version: str = Field(foreign_key="policies.version")


class JournalRow(SQLModel, table=True):
    """One line of what was decided, held, done or switched, and why.

    Attributes:
        what: decided, held, outcome, command, switch or note.
        debts: invoice to amount in major units.
        key: what must not be written twice has one.
    """

    __tablename__ = "journal"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str | None = Field(default=None, foreign_key=_CUSTOMER, index=True, max_length=64)
    at: datetime = Field(sa_type=Instant, index=True)
    what: str
    effect: str | None = None
    step: str | None = None
    channel: str | None = None
    debts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    rule: str | None = None
    reason: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    why: str
    message: str | None = Field(default=None, index=True)
    policy_version: str | None = None
    code_version: str | None = None
    actor: str
    key: str | None = Field(default=None, unique=True)


class TaskRow(SQLModel, table=True):
    """Work for a person; without a customer it is about the whole ledger.

    Attributes:
        owner: who does it, in a name of ours; null while nobody has taken it.
        snoozed_until: somebody put it off until this day.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("message"),
        Index("ix_tasks_open", "customer_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str | None = Field(default=None, foreign_key=_CUSTOMER, index=True, max_length=64)
    step: str
    kind: str
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    why: str
    debts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    outcome: str | None = None
    closed_by: str | None = None
    message: str | None = None
    owner: str | None = Field(default=None, max_length=128)
    snoozed_until: date | None = None


class SubscriptionRow(SQLModel, table=True):
    """The ledger's own switch on a service; `snapshot` is what it was before a suspension."""

    __tablename__ = "subscriptions"

    id: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    state: str
    changed_at: datetime = Field(sa_type=Instant)
    snapshot: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class PlaceRow(SQLModel, table=True):
    """A subscription at a provider that belongs to a customer's service.

    Attributes:
        seen: its state when it was last looked at; null where that was on its way, or never.
        look_at: when it is to be looked at again, by nobody's asking.
    """

    __tablename__ = "places"

    provider: str = Field(primary_key=True, max_length=32)
    resource: str = Field(primary_key=True, max_length=200)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    account: str
    kind: str
    parent: str | None = None
    linked_at: datetime = Field(sa_type=Instant)
    linked_by: str
    seen: str | None = None
    seen_at: datetime | None = Field(default=None, sa_type=Instant)
    ends_on: date | None = None
    look_at: datetime = Field(sa_type=Instant, index=True)


class SnapshotRow(SQLModel, table=True):
    """A subscription as it was before we first changed it, whole: what is to come back.

    Attributes:
        message: of the claim that changed it first.
        content: null once it was destroyed.
        over_at: it is back, or nothing was changed after all; null while it may be needed.
    """

    __tablename__ = "snapshots"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    provider: str
    resource: str
    message: str
    taken_at: datetime = Field(sa_type=Instant)
    content: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    over_at: datetime | None = Field(default=None, sa_type=Instant)


class TurnRow(SQLModel, table=True):
    """What was done at one place for one claim, a line at a time.

    Attributes:
        claim: the claim's message and attempt.
        what: `asked`: a request that changes something; `taken` or `refused`: how that was answered;
            `waits`: it is waited for; `stands`: as wished.
        request: of `asked`, the UUID that the request carries, written before it leaves; of `taken`, its.
        over_at: of `asked`, when it was answered, or seen to have taken effect; null where nobody knows.
    """

    __tablename__ = "turns"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    provider: str
    resource: str
    claim: str
    to: str
    what: str
    at: datetime = Field(sa_type=Instant)
    request: str | None = None
    over_at: datetime | None = Field(default=None, sa_type=Instant)
    says: str = ""


class ExchangeRow(SQLModel, table=True):
    """One request to a provider of subscriptions, and its answer: evidence.

    Attributes:
        message: of the claim for which it was made; null of a look that nobody claimed.
        sent, got: null once they were destroyed, cut where they were too long.
    """

    __tablename__ = "exchanges"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    provider: str
    resource: str
    message: str | None = None
    at: datetime = Field(sa_type=Instant)
    method: str
    path: str
    request: str
    correlation: str
    status: int | None = None
    sent: Any = Field(default=None, sa_type=JSON, nullable=True)
    got: Any = Field(default=None, sa_type=JSON, nullable=True)


class ProvisionRow(SQLModel, table=True):
    """What the ledger's own switch has provisioned: one row an order, for ever.

    Attributes:
        reference: of the claim that did it.
    """

    __tablename__ = "provisions"

    customer_id: str = Field(primary_key=True, foreign_key=_CUSTOMER, max_length=64)
    order: str = Field(primary_key=True)
    subscription: str
    reference: str
    provisioned_at: datetime = Field(sa_type=Instant)


class SwitchesRow(SQLModel, table=True):
    """The safety switches, one row.

    Attributes:
        blast_limit: messages and service effects within one business hour.
        blast_since: the guard tripped then, and holds until a person allows it.
        blast_allowed: so many effects, begun after `blast_allowed_at`, are not held against the limit.
    """

    __tablename__ = "switches"

    id: int = Field(default=1, primary_key=True)
    stopped: bool = False
    stopped_since: datetime | None = Field(default=None, sa_type=Instant)
    stopped_reason: str | None = None
    stopped_by: str | None = None
    go_live_on: date | None = None
    blast_limit: int = DEFAULT_BLAST_LIMIT
    blast_since: datetime | None = Field(default=None, sa_type=Instant)
    blast_allowed: int | None = None
    blast_allowed_at: datetime | None = Field(default=None, sa_type=Instant)
    blast_allowed_until: datetime | None = Field(default=None, sa_type=Instant)
    blast_allowed_by: str | None = None


class BreakerRow(SQLModel, table=True):
    """A sender of ours that a vendor refuses, or refused: one for each channel and address.

    Attributes:
        why: what is to be mended.
        failures: attempts in a row that met the fault.
        tried_at: the last of them, or the one under way.
        retry_at: one message may try again then.
        closed_at: when the sender worked again; null while it is stopped.
        by_report: what was reported of a message has opened it, and only a message that arrives closes it.
    """

    __tablename__ = "breakers"

    channel: str = Field(primary_key=True)
    sender: str = Field(primary_key=True)
    why: str
    failures: int = 0
    opened_at: datetime = Field(sa_type=Instant)
    tried_at: datetime = Field(sa_type=Instant)
    retry_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    by_report: bool = False


class ClockRow(SQLModel, table=True):
    """Where business time stands against real time; no row in production."""

    __tablename__ = "clock"

    id: int = Field(default=1, primary_key=True)
    real_at: datetime = Field(sa_type=Instant)
    business_at: datetime = Field(sa_type=Instant)
    speed: float


class InboxRow(SQLModel, table=True):
    """One event that a vendor reported, once: what it was about, and what became of it; no personal data.

    Attributes:
        dedupe: names the event within its source, in a digest.
        customer_id: None where nobody is known whom it is about.
        word: the vendor's own word for what happened.
        outcome: `done`, or `unknown` where no message or customer of ours is known.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("source", "dedupe"),
        Index("ix_inbox_outcome_heard_at", "outcome", "heard_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    source: str
    dedupe: str
    heard_at: datetime = Field(sa_type=Instant)
    word: str
    customer_id: str | None = Field(default=None, foreign_key=_CUSTOMER, index=True, max_length=64)
    message: str | None = None
    provider_ref: str | None = None
    outcome: str


class RefusalRow(SQLModel, table=True):
    """How many requests a door refused on a day, and why: no more is kept of them."""

    __tablename__ = "refusals"

    door: str = Field(primary_key=True)
    why: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    count: int


class ReplyRow(SQLModel, table=True):
    """What a customer wrote: personal data, destroyed with the contact data."""

    __tablename__ = "replies"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    heard_at: datetime = Field(sa_type=Instant)
    channel: str
    says: str
    text: str


class ConsentRow(SQLModel, table=True):
    """What became of telling the vendor of SMS of an opt-out, or of what takes one back.

    Attributes:
        fact: the number of the fact that says it.
        state: told, heard (by the vendor itself), moot (nothing to tell), refused, or waiting.
        next_at: of what waits, when it is tried again.
        at: when this was so.
    """

    __tablename__ = "consents"

    fact: int = Field(primary_key=True, foreign_key="facts.number", sa_type=BigInteger)
    state: str
    tries: int
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    at: datetime = Field(sa_type=Instant)


class BankStatementRow(SQLModel, table=True):
    """One statement of a bank, as it was read; never changed.

    Attributes:
        key: what it is known by: the same statement again has nothing new.
        first_on, last_on: the days of its lines.
    """

    __tablename__ = "bank_statements"
    __table_args__ = (UniqueConstraint("key"), Index("ix_bank_statements_account", "account", "last_on"))

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    key: str
    file: str
    format: str
    account: str
    number: str | None = None
    currency: str
    opening_minor: int | None = Field(default=None, sa_type=BigInteger)
    closing_minor: int | None = Field(default=None, sa_type=BigInteger)
    first_on: date
    last_on: date
    imported_at: datetime = Field(sa_type=Instant)
    imported_by: str


class BankLineRow(SQLModel, table=True):
    """One line of a statement, without personal data; never changed. This row is its lock.

    Attributes:
        key: what it is known by in every file that has it.
        content: the same for lines that say the same.
        reference, payer: digests of what the payment calls itself, and of the account it came from.
    """

    __tablename__ = "bank_lines"
    __table_args__ = (UniqueConstraint("key"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    statement_id: int = Field(foreign_key="bank_statements.id", index=True, sa_type=BigInteger)
    key: str
    content: str = Field(index=True)
    booked_on: date
    value_on: date | None = None
    currency: str
    minor: int = Field(sa_type=BigInteger)
    bank_ref: str | None = None
    reference: str | None = Field(default=None, index=True)
    payer: str | None = None
    returned: bool
    reason: str | None = None


class BankDetailRow(SQLModel, table=True):
    """What a payer wrote, and who it is: personal data, destroyed with that of the customer."""

    __tablename__ = "bank_details"

    line_id: int = Field(primary_key=True, foreign_key="bank_lines.id", sa_type=BigInteger)
    customer_id: str | None = Field(default=None, foreign_key=_CUSTOMER, index=True, max_length=64)
    text: str
    structured: str | None = None
    end_to_end: str | None = None
    payer: str | None = None


class BankDecisionRow(SQLModel, table=True):
    """What was concluded from a line, by the engine or by a person; the newest counts.

    Attributes:
        state: applied, returned, unapplied, asked, unmatched, ignored or outgoing.
        payments: the payments that it became, with their invoices and amounts.
        candidates: for whom something spoke, and what.
    """

    __tablename__ = "bank_decisions"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    line_id: int = Field(foreign_key="bank_lines.id", index=True, sa_type=BigInteger)
    at: datetime = Field(sa_type=Instant)
    by: str
    state: str
    customer_id: str | None = Field(default=None, foreign_key=_CUSTOMER, index=True, max_length=64)
    score: int | None = None
    why: str
    payments: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    candidates: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)


class BankPayerRow(SQLModel, table=True):
    """An account from which a customer has paid, as a digest: learned from matches that are certain."""

    __tablename__ = "bank_payers"

    payer: str = Field(primary_key=True)
    customer_id: str = Field(primary_key=True, foreign_key=_CUSTOMER, max_length=64)
    learned_at: datetime = Field(sa_type=Instant)


class MonitorRow(SQLModel, table=True):
    """A watch that runs by itself: how far it has come, and when it last went through.

    Attributes:
        expected_since: from when on it has been expected to run.
        cursor: where it goes on, as the monitor itself wrote it.
        why: what kept its last run from going through; null after one that did.
        unknown: what it found that nobody could be told about, by name, in its last run.
    """

    __tablename__ = "monitors"

    name: str = Field(primary_key=True)
    expected_since: datetime = Field(sa_type=Instant)
    began_at: datetime | None = Field(default=None, sa_type=Instant)
    succeeded_at: datetime | None = Field(default=None, sa_type=Instant)
    cursor: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    why: str | None = None
    unknown: dict[str, int] = Field(default_factory=dict, sa_type=JSON)


class ServiceAccountRow(SQLModel, table=True):
    """Which customer of ours an account at a provider is; without a row it is that of the same id."""

    __tablename__ = "service_accounts"

    account: str = Field(primary_key=True, max_length=128)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)


class BudgetRow(SQLModel, table=True):
    """The budget of a customer at the provider of usage: what was asked for there, and what was read back.

    Attributes:
        profile: the number of the newest fact of what was agreed, as far as it was looked at.
        wanted, read: amounts in major units; null where there is none.
        asked_at, request: when it was last asked for, and the id of that request.
        says: what keeps it from being as it should be; empty where nothing does.
        look_at: when it is looked at again, by nobody's asking.
    """

    __tablename__ = "budgets"

    customer_id: str = Field(primary_key=True, foreign_key=_CUSTOMER, max_length=64)
    account: str | None = None
    profile: int = Field(sa_type=BigInteger)
    wanted: str | None = None
    currency: str | None = None
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    request: str | None = None
    read: str | None = None
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    says: str
    look_at: datetime = Field(sa_type=Instant)


class ActivityRow(SQLModel, table=True):
    """One record of a provider's activity log, for ever; no personal data.

    Attributes:
        customer_id: null while nobody of ours is known to have this account.
        actor: who did it, as a digest under a key of this ledger: the same person, and nobody's name.
        audited: whether the rules have seen it.
    """

    __tablename__ = "activities"
    __table_args__ = (
        UniqueConstraint("source", "record"),
        Index("ix_activities_audited", "audited"),
        Index("ix_activities_customer_id_happened_at", "customer_id", "happened_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    source: str
    record: str
    account: str | None = None
    customer_id: str | None = Field(default=None, foreign_key=_CUSTOMER, max_length=64)
    kind: str
    resource: str
    status: str
    happened_at: datetime = Field(sa_type=Instant)
    heard_at: datetime = Field(sa_type=Instant)
    actor: str | None = None
    audited: bool = False


class ActivityDetailRow(SQLModel, table=True):
    """A record of the activity log as it came: personal data, destroyed with the contact data."""

    __tablename__ = "activity_details"

    activity_id: int = Field(primary_key=True, foreign_key="activities.id", sa_type=_NUMBER)
    raw: dict[str, Any] = Field(sa_type=JSON)


class VerificationRow(SQLModel, table=True):
    """One check of an onboarding; `evidence` holds no personal data."""

    __tablename__ = "verifications"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    kind: str
    state: str
    code_hash: str | None = None
    attempts: int = 0
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    evidence: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class IncidentRow(SQLModel, table=True):
    """One incident, and when its workflow is to look; what happened is its entries. This row is a lock.

    It is taken after that of the customer, where one is known.

    Attributes:
        source, source_id: the channel of the notice that it began with, and that notice in a digest: who
            complains may name it as he likes, and as long.
        wake_at: when its workflow should have looked; null where only a person can go on, or it is over.
    """

    __tablename__ = "incidents"
    __table_args__ = (UniqueConstraint("source", "source_id"), Index("ix_incidents_wake_at", "wake_at"))

    id: str = Field(primary_key=True, max_length=64)
    source: str
    source_id: str
    customer_id: str | None = Field(default=None, foreign_key=_CUSTOMER, index=True, max_length=64)
    kind: str
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    wake_at: datetime | None = Field(default=None, sa_type=Instant)


class IncidentNameRow(SQLModel, table=True):
    """By which names an incident is known, in digests: a notice, an event of a vendor's, or what was said."""

    __tablename__ = "incident_names"

    name: str = Field(primary_key=True)
    incident_id: str = Field(foreign_key="incidents.id", index=True, max_length=64)


class IncidentEntryRow(SQLModel, table=True):
    """One line of an incident's history, for ever; `key` is what it must not be written twice by."""

    __tablename__ = "incident_entries"
    __table_args__ = (UniqueConstraint("incident_id", "key"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    incident_id: str = Field(foreign_key="incidents.id", index=True, max_length=64)
    key: str
    what: str
    at: datetime = Field(sa_type=Instant)
    by: str
    note: str = ""
    data: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class IncidentTextRow(SQLModel, table=True):
    """A notice as it came: personal data perhaps, destroyed with the contact data."""

    __tablename__ = "incident_texts"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    incident_id: str = Field(foreign_key="incidents.id", index=True, max_length=64)
    heard_at: datetime = Field(sa_type=Instant)
    source: str
    text: str


class ApplicationRow(SQLModel, table=True):
    """What came with an application for its checks: personal data, destroyed with the contact data.

    Attributes:
        card: what the processor said of the payment instrument, as JSON; never a card number.
        identity: the identity provider's reference.
    """

    __tablename__ = "applications"

    customer_id: str = Field(primary_key=True, foreign_key=_CUSTOMER, max_length=64)
    card: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    card_reference: str | None = None
    identity: str | None = None
    company_number: str | None = None
    form_seconds: int | None = None


class TraitRow(SQLModel, table=True):
    """What a new customer may have in common with others, as a hash under the ledger's secret."""

    __tablename__ = "traits"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind", "hash"),
        Index("ix_traits_kind_hash_at", "kind", "hash", "at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    customer_id: str = Field(foreign_key=_CUSTOMER, max_length=64)
    kind: str
    hash: str
    at: datetime = Field(sa_type=Instant)


class BurstRow(SQLModel, table=True):
    """A burst of applications alike: while it is open nobody of them is let in by itself."""

    __tablename__ = "bursts"
    __table_args__ = (Index("ix_bursts_kind_hash", "kind", "hash"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    kind: str
    hash: str
    opened_at: datetime = Field(sa_type=Instant)
    count: int
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None


class OnboardingRulesRow(SQLModel, table=True):
    """One adoption of a decision table; the newest is the one in force."""

    __tablename__ = "onboarding_rules"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    version: str = Field(index=True)
    name: str
    content: str
    adopted_at: datetime = Field(sa_type=Instant)
    adopted_by: str


class IdentityRow(SQLModel, table=True):
    """Which ledger this is, at random: two ledgers on one queue would mix their customers.

    Attributes:
        code_key: the secret under which one-time codes are made and kept, as hex.
    """

    __tablename__ = "identity"

    id: int = Field(default=1, primary_key=True)
    identity: str
    code_key: str


class ControlTurnRow(SQLModel, table=True):
    """One turn of a control's switch; the newest counts, and only until its time is over.

    Attributes:
        until: off until then; null where it was switched on.
    """

    __tablename__ = "control_turns"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    control: str = Field(index=True, max_length=16)
    at: datetime = Field(sa_type=Instant)
    by: str
    reason: str
    until: datetime | None = Field(default=None, sa_type=Instant)


class ControlRunRow(SQLModel, table=True):
    """That a control ran on a day (UTC): its first run of it.

    Attributes:
        by: who did it and says so; null where the engine did.
    """

    __tablename__ = "control_runs"

    control: str = Field(primary_key=True, max_length=16)
    on: date = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)
    by: str | None = None
    note: str | None = None


class WordsRow(SQLModel, table=True):
    """In which words a message went out: enough to prove a copy of it right, and no copy.

    Attributes:
        asked: the customer's language; `language` is the one that it was written in.
        version: of the words that ship, a digest of all files under `templates/`.
        sha256: of the message as it was handed over.
    """

    __tablename__ = "words"

    message: str = Field(primary_key=True)
    customer_id: str = Field(foreign_key=_CUSTOMER, index=True, max_length=64)
    at: datetime = Field(sa_type=Instant, index=True)
    channel: str
    template: str
    asked: str
    language: str
    version: str
    sha256: str


class DigestRow(SQLModel, table=True):
    """The digest of one day: made once, sent at most once for sure.

    Attributes:
        on: the day on which it is read; it tells of the days from `since` until the one before.
        state: made, claimed, sent, refused, or kept where nobody is to get it.
        reference: carried by the message, so that the vendor can be asked for it.
    """

    __tablename__ = "digests"

    on: date = Field(primary_key=True)
    since: date
    made_at: datetime = Field(sa_type=Instant)
    content: str
    state: str
    reference: str
    claimed_at: datetime | None = Field(default=None, sa_type=Instant)
    provider_ref: str | None = None
