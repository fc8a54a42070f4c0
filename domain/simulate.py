"""The simulator: drives `decide` through time, without a database, a server or a wait.

It answers "what would happen": for `policy simulate`, for the forecast that finance sees, and for
tests. Messages count as delivered when they are sent, unless an event says what became of them; an
event that only has a date says so when that day is over.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain import facts
from domain.account import Account, Service
from domain.account_fold import Building, build
from domain.channels import NO_DEBTS
from domain.claim import Claim
from domain.customer import Customer
from domain.decide import Decision, decide
from domain.effects import Effect, EffectDebt
from domain.facts import Fact
from domain.facts.dating import end_of_day, instant
from domain.money import Money, MoneyError
from domain.policy import Policy
from domain.reasons import Reason
from domain.sentences import sentences

OUTCOME_DAYS = 7
"""How long after a message an event may say what became of it."""

_OUTCOMES = (facts.Delivered, facts.Bounced)

HORIZON_DAYS = 800
"""How far a forecast looks."""


class CustomerInput(BaseModel):
    """The customer of a simulation; what is absent has the defaults of `Customer`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str | None = None
    segment: str = "business"
    country: str | None = None
    timezone: str = "UTC"
    language: str = "en"
    currency: str | None = None
    tags: tuple[str, ...] = ()

    def customer(self) -> Customer:
        """Return the customer as a plan knows it."""
        return Customer(**self.model_dump(exclude={"name"}))


class Scenario(BaseModel):
    """The input of `policy simulate`: a customer, its events, and the last day to play."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer: CustomerInput
    until: facts.Day
    events: tuple[dict[str, Any], ...] = Field(max_length=100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a timeline."""

    at: datetime
    kind: Literal["effect", "stage", "held"]
    stage: str
    effect: str | None = None
    step: str | None = None
    channel: str | None = None
    debts: tuple[EffectDebt, ...] = ()
    reason: Reason | None = None

    def json(self) -> dict[str, Any]:
        """Return the line in the simulation format."""
        return {
            "at": utc_text(self.at),
            "kind": self.kind,
            "stage": self.stage,
            "effect": self.effect,
            "step": self.step,
            "channel": self.channel,
            "debts": {d.invoice: d.amount.plain() for d in self.debts if d.invoice not in NO_DEBTS},
            "rule": self.reason.rule if self.reason else None,
            "why": self.reason.words if self.reason else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a simulation went: every line, and the account at its end."""

    lines: tuple[Line, ...]
    account: Account
    stage: str
    next: Line | None

    def json(self) -> dict[str, Any]:
        """Return the outcome in the simulation format."""
        balance: dict[str, Money] = {}
        for debt in self.account.debts:
            currency = debt.open.currency
            balance[currency] = balance.get(currency, Money.zero(currency)) + debt.open
        following = None
        if self.next is not None:
            following = {
                "at": utc_text(self.next.at),
                "effect": self.next.effect,
                "step": self.next.step,
            }
        return {
            "timeline": [line.json() for line in self.lines],
            "end": {
                "stage": self.stage,
                "balance": {currency: balance[currency].plain() for currency in sorted(balance)},
                "next": following,
            },
        }


def utc_text(at: datetime) -> str:
    """Write an instant as ISO 8601 in UTC: 2026-02-03T08:00:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_events(customer: Customer, events: Sequence[Mapping[str, Any]]) -> list[Fact]:
    """Turn events of the simulation format into facts, learned when they happened.

    Raises:
        ValueError: a problem per wrong event, one a line, each with its position.
    """
    history: dict[int, Fact] = {}
    problems: dict[int, str] = {}
    for number, event in enumerate(events):
        try:
            history[number] = _read_event(customer, number, event)
        except ValueError as error:
            problems[number] = f"events.{number}: {_words(error, event.get('type'))}"
    currencies = _currencies(fact.body for fact in history.values())
    for number, fact in history.items():
        try:
            _check_money(fact.body, currencies)
        except ValueError as error:
            problems[number] = f"events.{number}: {error}"
    if problems:
        raise ValueError("\n".join(problems[number] for number in sorted(problems)))
    return sorted(history.values(), key=_learned)


def _learned(fact: Fact) -> tuple[datetime, str, str]:
    return (fact.learned_at, fact.source, fact.id)


def _words(error: ValueError, name: object) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    models = {body.model_fields["type"].default: body for body in facts.Body.__subclasses__()}
    return "; ".join(sentences(error, model=models.get(name), tag=str(name)))


def _read_event(customer: Customer, number: int, event: Mapping[str, Any]) -> Fact:
    rest = {key: value for key, value in event.items() if key != "at"}
    if not isinstance(rest.get("type"), str):
        raise ValueError("every event needs a type, such as invoice_issued")
    happened_on, happened_at = read_at(event.get("at"), customer.timezone)
    if rest["type"] == "workers_down":
        on, at = read_at(rest.get("until"), customer.timezone, field="until")
        rest["until"] = at or datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(customer.timezone))
    body = facts.read_body(rest)
    if early := facts.ends_too_early(body, happened_on):
        raise ValueError(f"to: {early}")
    fact = Fact(
        source="event",
        id=f"{number:06d}",
        happened_on=happened_on,
        happened_at=happened_at,
        learned_at=datetime.max.replace(tzinfo=UTC),
        body=body,
    )
    outcome_of_the_day = happened_at is None and isinstance(body, facts.Delivered | facts.Bounced)
    learned = end_of_day if outcome_of_the_day else instant
    return replace(fact, learned_at=learned(fact, customer.timezone))


def read_at(value: object, zone: str, *, field: str = "at") -> tuple[date, datetime | None]:
    """Read a date, or an instant with its zone, as (day for the customer, instant or None).

    Raises:
        ValueError: neither a date nor an instant with an offset.
    """
    remedy = "write a date (2026-02-03) or an instant with its offset (2026-02-03T09:00:00Z)"
    if not isinstance(value, str):
        raise ValueError(f"{field}: {remedy}")
    only_date = len(value) == len("2026-02-03")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{field}: {value!r} is no time: {remedy}") from None
    if not facts.FIRST_DAY <= at.date() <= facts.LAST_DAY:
        raise ValueError(f"{field}: {value!r} is beyond all business: {remedy}")
    if only_date:
        return at.date(), None
    if at.tzinfo is None:
        raise ValueError(f"{field}: {value!r} has no offset: {remedy}")
    return at.astimezone(ZoneInfo(zone)).date(), at.astimezone(UTC)


def _currencies(bodies: Iterable[facts.Body]) -> dict[tuple[str, str], str]:
    """Return the currency of each invoice, payment and credit note, for the events that only name one."""
    found: dict[tuple[str, str], str] = {}
    for body in sorted(bodies, key=lambda body: isinstance(body, facts.CreditNote)):
        match body:
            case facts.InvoiceIssued():
                found.setdefault(("invoice", body.invoice), body.currency)
            case facts.PaymentReceived():
                found.setdefault(("payment", body.payment), body.currency)
            case facts.CreditNote() if ("invoice", body.invoice) in found:
                found.setdefault(("credit_note", body.credit_note), found["invoice", body.invoice])
            case _:
                pass
    return found


def _check_money(body: facts.Body, currencies: Mapping[tuple[str, str], str]) -> None:
    """Refuse an amount that its currency does not have, and what comes twice in two currencies.

    Raises:
        ValueError: the field and what is wrong with it.
    """
    amount, currency = getattr(body, "amount", None), _currency(body, currencies)
    if isinstance(amount, Decimal) and currency is not None:
        try:
            Money.of(amount, currency)
        except MoneyError as error:
            raise ValueError(f"amount: {error}") from None
    for kind, made_by in _MAKERS.items():
        name = str(getattr(body, kind, ""))
        first = currencies.get((kind, name), currency)
        if isinstance(body, made_by) and currency != first:
            words = kind.replace("_", " ")
            raise ValueError(f"currency: {words} {name} is in {first}: write that, or another {words}")


_MAKERS: Mapping[str, type[facts.Body]] = {
    "invoice": facts.InvoiceIssued,
    "payment": facts.PaymentReceived,
    "credit_note": facts.CreditNote,
}


def _currency(body: facts.Body, currencies: Mapping[tuple[str, str], str]) -> str | None:
    """Return the currency of an amount: its own, else that of what it is taken from."""
    own: str | None = getattr(body, "currency", None)
    # The cancelling of a credit note is in the credit note's currency, whatever invoice it names.
    kinds = ("invoice",) if isinstance(body, facts.CreditNote) else ("credit_note", "payment", "invoice")
    found = (currencies.get((kind, str(getattr(body, kind, "")))) for kind in kinds)
    return own or next(filter(None, found), None)


def simulate(
    policy: Policy,
    customer: Customer,
    history: Sequence[Fact],
    until: date,
    *,
    channels: tuple[str, ...] = ("email", "sms"),
    go_live_on: date | None = None,
) -> Outcome:
    """Play all facts through a policy, from the first until the end of `until`.

    Args:
        channels: those for which there is an address.
        go_live_on: steps before this day are not taken.
    """
    start = build(customer, [], channels=channels, go_live_on=go_live_on)
    return _Simulation(policy, start, history, channels).run(until)


def forecast(policy: Policy, account: Account, now: datetime, *, lines: int = 3) -> tuple[Line, ...]:
    """Return the next effects if nothing happens and every message is delivered."""
    return tuple(islice(coming(policy, account, now), lines))


def coming(policy: Policy, account: Account, now: datetime) -> Iterator[Line]:
    """Yield what is done next, one effect after the other; whoever has enough saves the rest."""
    horizon = now + timedelta(days=HORIZON_DAYS)
    on_their_way = [claim for claim in account.claims if _awaited(claim)]
    account = account.with_claims(replace(claim, delivered_at=now) for claim in on_their_way)
    while now < horizon:
        decision = decide(policy, account, now)
        for effect in decision.effects:
            yield _effect_line(effect, now, decision.stage)
            account = perform(account, effect, now)
        if not decision.effects:
            if decision.wake_at is None:
                return
            now = decision.wake_at


def perform(account: Account, effect: Effect, now: datetime, *, delivered: bool = True) -> Account:
    """Return the account after an effect went well."""
    claim = Claim(
        message=_message(account, effect),
        step=effect.step,
        channel=effect.channel,
        debts=tuple((debt.invoice, debt.opening) for debt in effect.debts),
        claimed_at=now,
        sent_at=now,
        delivered_at=now if delivered and effect.kind == "notice" else None,
        suspend_on=effect.suspend_on,
    )
    account = account.with_claims([claim])
    if effect.kind == "suspend":
        return replace(account, service=Service(suspended=True, since=now, times=account.service.times + 1))
    if effect.kind == "reactivate":
        return replace(account, service=Service(since=now, times=account.service.times))
    return account


def _message(account: Account, effect: Effect) -> str:
    """The reference under which an effect is performed here."""
    return effect.settles or f"{effect.key}/{len(account.claims)}"


def _awaited(claim: Claim) -> bool:
    """Whether a message went out and nobody has said yet whether it arrived."""
    is_message = claim.channel in ("email", "sms")
    return is_message and claim.stands and not claim.unsettled and claim.delivered_at is None


def _effect_line(effect: Effect, at: datetime, stage: str) -> Line:
    return Line(
        at=at,
        kind="effect",
        stage=stage,
        effect=effect.kind,
        step=effect.step,
        channel=effect.channel,
        debts=effect.debts,
        reason=effect.reason,
    )


class _Simulation:
    """The state of one simulation while it runs."""

    def __init__(
        self, policy: Policy, start: Account, history: Sequence[Fact], channels: tuple[str, ...]
    ) -> None:
        self.policy = policy
        self.customer = start.customer
        self.history = sorted(history, key=_learned)
        self.account = start
        self.building = Building(
            start.customer, channels=channels, go_live_on=start.go_live_on, allocation=policy.allocation
        )
        self.known = 0  # so many facts of the history have been learned
        self.outcomes = deque(fact for fact in self.history if isinstance(fact.body, _OUTCOMES))  # to come
        self.awaited: set[str] = set()  # messages of which one of these says what became
        self.downs: list[datetime] = []  # until when workers are down, as far as that is known
        self.lines: list[Line] = []
        self.stage = ""
        self.holds: set[tuple[str, ...]] = set()

    def run(self, until: date) -> Outcome:
        midnight = datetime(until.year, until.month, until.day, tzinfo=ZoneInfo(self.customer.timezone))
        end = (midnight + timedelta(days=1)).astimezone(UTC)
        now = self.history[0].learned_at if self.history else end
        while now < end:
            wake_at = self._at(now)
            upcoming = [self.history[self.known].learned_at] if self.known < len(self.history) else []
            now = min([*upcoming, *([wake_at] if wake_at else [])], default=end)
        following = forecast(self.policy, self.account, self._up_again(end), lines=1)
        return Outcome(
            lines=tuple(self.lines),
            account=self.account,
            stage=self.stage or decide(self.policy, self.account, end).stage,
            next=following[0] if following else None,
        )

    def _at(self, now: datetime) -> datetime | None:
        """Learn what is to be learned now, do what is wanted, and return when to look again."""
        self._learn(now)
        down_until = self._down_until(now)
        if down_until is not None:
            return down_until
        decision = decide(self.policy, self.account, now)
        self._note(decision, now)
        while decision.effects:
            for effect in decision.effects:
                self.lines.append(_effect_line(effect, now, decision.stage))
                delivered = not self._outcome_known(effect, now)
                if not delivered:
                    self.awaited.add(_message(self.account, effect))
                self.account = perform(self.account, effect, now, delivered=delivered)
            decision = decide(self.policy, self.account, now)
            self._note(decision, now)
        return decision.wake_at

    def _learn(self, now: datetime) -> None:
        before = self.known
        while self.known < len(self.history) and self.history[self.known].learned_at <= now:
            self.known += 1
        if self.known == before:
            return
        new = self.history[before : self.known]
        self.downs += [fact.body.until for fact in new if isinstance(fact.body, facts.WorkersDown)]
        while self.outcomes and self.outcomes[0].learned_at <= now:
            self.outcomes.popleft()
        account = self.building.learn(new, self.account.claims)
        self.account = replace(account, service=self.account.service)
        if self.awaited:
            # An outcome that could have meant several messages meant the newest: the others arrived.
            others = [claim for claim in account.claims if claim.message in self.awaited and _awaited(claim)]
            arrived = [claim for claim in others if not self._outcome_known(claim, claim.claimed_at)]
            self.awaited = {claim.message for claim in others} - {claim.message for claim in arrived}
            self.account = self.account.with_claims(replace(each, delivered_at=now) for each in arrived)

    def _down_until(self, now: datetime) -> datetime | None:
        self.downs = [until for until in self.downs if now < until]
        return self.downs[0] if self.downs else None

    def _up_again(self, now: datetime) -> datetime:
        """The first instant from `now` on at which something of ours runs."""
        while (down_until := self._down_until(now)) is not None:
            now = down_until
        return now

    def _outcome_known(self, sent: Effect | Claim, sent_at: datetime) -> bool:
        """Whether an event to come says what became of a message."""
        for fact in self.outcomes:
            if fact.learned_at > sent_at + timedelta(days=OUTCOME_DAYS):
                return False
            match fact.body:
                case facts.Delivered(step=step, channel=channel) | facts.Bounced(step=step, channel=channel):
                    if step in (None, sent.step) and channel in (None, sent.channel):
                        return True
        return False

    def _note(self, decision: Decision, now: datetime) -> None:
        """Write a line for a new stage, and one for each hold that was not there before."""
        if decision.stage != self.stage:
            self.stage = decision.stage
            self.lines.append(Line(at=now, kind="stage", stage=self.stage))
        holds = set()
        for held in decision.held:
            key = (held.step, held.channel, held.reason.words, *(debt.invoice for debt in held.debts))
            holds.add(key)
            if key not in self.holds:
                line = Line(
                    at=now,
                    kind="held",
                    stage=self.stage,
                    step=held.step,
                    channel=held.channel or None,
                    debts=held.debts,
                    reason=held.reason,
                )
                self.lines.append(line)
        self.holds = holds
