"""The decision table: which checks are made of a new customer, and what comes of their outcomes.

It is data that finance writes (docs/onboarding.md). A row is asked from the first on, and the first that
applies wins. Its hash is its version, and stands in the facts of every decision under it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from domain.documents import Fault, Faults, Flag, Whole
from domain.onboarding.checks import CHECKS
from domain.onboarding.findings import FINDINGS, PHONE_FINDINGS
from domain.policy_fields import Amounts, Country, Part, Segment, StepId, each_once
from domain.spelling import closest

Tier = Literal["normal", "elevated", "high", "unknown"]
Given = Literal["card", "identity", "company_number", "network", "device"]
Alike = Literal["network", "device", "card", "mail_domain", "mail_pattern", "everybody"]
RowOutcome = Literal["pass", "review", "fail", "none"]
_ACTIONS = ("approve", "prepay", "review", "reject")


def _known_check(name: str) -> str:
    if name not in CHECKS:
        near = closest(name, CHECKS)
        hint = f" (did you mean {near}?)" if near else f": use one of {', '.join(CHECKS)}"
        raise ValueError(f"{name!r} is no check{hint}")
    return name


def _known_finding(code: str) -> str:
    if code not in FINDINGS and code not in PHONE_FINDINGS:
        near = closest(code, [*FINDINGS, *PHONE_FINDINGS])
        hint = f" (did you mean {near}?)" if near else ": `starter.py onboarding checks` lists them"
        raise ValueError(f"nothing is ever found that is called {code!r}{hint}")
    return code


CheckId = Annotated[str, AfterValidator(_known_check), Field(json_schema_extra={"enum": list(CHECKS)})]
FindingId = Annotated[str, AfterValidator(_known_finding)]
Findings = Annotated[tuple[FindingId, ...], AfterValidator(each_once)]


class Band(Part):
    """Scores from one number up to, and without, another; one of them may be left out."""

    at_least: Whole | None = None
    below: Whole | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.at_least is None and self.below is None:
            raise ValueError("name at_least, below, or both")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError("no score is in this band: at_least must be less than below")
        return self


class When(Part):
    """What must be so; all that is named has to hold, and what is not named asks nothing.

    Attributes:
        any: a check came out as one of these.
        failed_from: so many checks failed, or more.
        outcomes: by check, how it came out; `none` is one that was not made.
        found: a check found one of these.
        scores: by check, the band that its score is in; a check without a score is in none.
        accepted: whether the customer accepted the collections policy.
        given: the application had all of these with it.
        segments, countries, tiers: the customer is of one of these.
        amount_from, amount_below: what the customer expects to spend a month; an amount that nobody
            knows, or in another currency, is neither.
    """

    any: tuple[Literal["pass", "review", "fail"], ...] = ()
    failed_from: Whole | None = Field(default=None, ge=1)
    outcomes: dict[CheckId, tuple[RowOutcome, ...]] = Field(default_factory=dict)
    found: Findings = ()
    scores: dict[CheckId, Band] = Field(default_factory=dict)
    accepted: Flag | None = None
    given: tuple[Given, ...] = ()
    segments: tuple[Segment, ...] = ()
    countries: tuple[Country, ...] = ()
    tiers: tuple[Tier, ...] = ()
    amount_from: Amounts = Field(default_factory=dict)
    amount_below: Amounts = Field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether it asks anything at all."""
        return self != When()


class Approve(Part):
    """Let the customer in; with a limit, on credit. Credit needs the accepted collections policy.

    Attributes:
        limit: of the credit, per currency; without it nothing is said of credit.
        terms_days: to pay an invoice within, on credit.
    """

    limit: Amounts = Field(default_factory=dict)
    terms_days: Whole | None = Field(default=None, ge=0, le=365)

    @model_validator(mode="after")
    def _whole_credit(self) -> Self:
        if bool(self.limit) != (self.terms_days is not None):
            raise ValueError("credit has a limit and terms_days: name both, or neither")
        return self


class Prepay(Part):
    """Let the customer in, who pays in advance; the first deposit is `deposit` at least, per currency."""

    deposit: Amounts = Field(default_factory=dict)


class Review(Part):
    """Let a person decide; with `second_person`, two of them, whatever the amount."""

    second_person: Flag = False


class Reject(Part):
    """Turn the customer away. `adverse`: what the customer is told; without it, all that failed."""

    adverse: Findings = ()


class Row(Part):
    """One row: when it applies, and what it comes to, which is one of the four."""

    id: StepId
    when: When = When()
    approve: Approve | None = None
    prepay: Prepay | None = None
    review: Review | None = None
    reject: Reject | None = None

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        named = [name for name in _ACTIONS if getattr(self, name) is not None]
        if len(named) != 1:
            says = " and ".join(named) if named else "none of them"
            raise ValueError(f"name one of approve, prepay, review or reject (like review: {{}}), not {says}")
        return self

    @property
    def action(self) -> str:
        """Which of the four it comes to."""
        return next(name for name in _ACTIONS if getattr(self, name) is not None)


class Made(Part):
    """A check that is made, and of whom."""

    check: CheckId
    when: When = When()


class Patience(Part):
    """How long a person may take over a step.

    Attributes:
        remind_after_hours: then a task says that a customer still waits; none without it.
        end_after_days: then the verification ends by itself; never without it.
        then: how it ends.
    """

    remind_after_hours: Whole | None = Field(default=None, ge=1, le=8760)
    end_after_days: Whole | None = Field(default=None, ge=1, le=365)
    then: Literal["reject", "prepay"] = "reject"


class Alikes(Part):
    """How many may apply alike within some hours.

    Attributes:
        most: so many are let through; of more, a person decides.
        burst: so many open the breaker, which a person closes; never without it.
    """

    per: Alike
    within_hours: Whole = Field(ge=1, le=720)
    most: Whole = Field(ge=1)
    burst: Whole | None = Field(default=None, ge=2)

    @model_validator(mode="after")
    def _burst_is_more(self) -> Self:
        if self.burst is not None and self.burst <= self.most:
            raise ValueError(f"a burst is more than {self.most}, which are let through")
        return self


class OnboardingRules(Part):
    """Who becomes a customer, and on which terms.

    Attributes:
        checks: those that are made, cheapest first whatever their order here; one may stand here twice,
            with other conditions.
        rows: the decision table.
        second_person_from: from these amounts on two people have to approve, per currency; an amount in a
            currency that is not named here needs two as well.
        review, call: how long a person may take to decide, and to call.
        velocity: how many may apply alike.
        form_seconds: a form that was filled in faster was not filled in by a person.
    """

    rules: StepId
    title: str = Field(min_length=1, max_length=200)
    checks: tuple[Made, ...] = Field(min_length=1)
    rows: tuple[Row, ...] = Field(min_length=1)
    second_person_from: Amounts = Field(default_factory=dict)
    review: Patience = Patience()
    call: Patience = Patience()
    velocity: tuple[Alikes, ...] = ()
    form_seconds: Whole = Field(default=3, ge=0, le=60)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if faults := [*self._ids(), *self._unreachable(), *self._unmade()]:
            raise Faults(*faults)
        return self

    def _ids(self) -> Iterator[Fault]:
        seen: set[str] = set()
        for place, row in enumerate(self.rows):
            if row.id in seen:
                yield Fault(path=("rows", place, "id"), message=f"another row is called {row.id!r}")
            seen.add(row.id)

    def _unreachable(self) -> Iterator[Fault]:
        for place, row in enumerate(self.rows[:-1]):
            if not row.when.asks and not (row.approve and row.approve.limit):
                yield Fault(
                    path=("rows", place),
                    message=f"{row.id} applies to everybody, so no row after it is ever asked:"
                    " move it to the end, or say when",
                )

    def _unmade(self) -> Iterator[Fault]:
        made = {each.check for each in self.checks}
        for place, row in enumerate(self.rows):
            for part in ("outcomes", "scores"):
                for name in getattr(row.when, part):
                    if name not in made:
                        yield Fault(
                            path=("rows", place, "when", part, name),
                            message=f"the check of {name} is never made: add it to checks",
                        )

    def wants(self, name: str) -> Iterable[When]:
        """Return on which conditions a check is made; any of them is enough."""
        return (each.when for each in self.checks if each.check == name)

    def canonical(self) -> str:
        """Return the content as JSON in one fixed form; what is left at its default is not in it."""
        content: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def version(self) -> str:
        """The first 12 hex digits of the SHA-256 of the canonical content."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:12]


AS_BEFORE = OnboardingRules(
    rules="as_before",
    title="Identifiers and a code by SMS; what is not sound is for a person",
    checks=(Made(check="identifiers"), Made(check="phone")),
    rows=(
        Row(id="failed", when=When(any=("fail",)), review=Review()),
        Row(id="for_review", when=When(any=("review",)), review=Review()),
        Row(id="passed", approve=Approve()),
    ),
)
"""Where nobody handed a table in: as it was before there were tables."""
