"""The part of a policy that says what lateness costs: interest by law, by contract, or none.

Never for consumers. What comes out of it is proposed to finance, who books or declines it.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.documents import Fault, Faults, Flag
from domain.interest.rates import Number, Party, as_fraction
from domain.policy_fields import Amounts, Part, Segment, StepId
from domain.spelling import closest

CONSUMER = "consumer"


def _step_or_days(value: object) -> object:
    # Whoever writes a number means days; a union would answer that it is no text either.
    days = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,6}", value) else value
    if type(days) is int and 1 <= days <= 3650:
        return days
    if isinstance(days, str) and re.fullmatch("[a-z][a-z0-9_]{0,31}", days):
        return days
    raise ValueError(f"write a step's id, or 1 to 3650 days past due, not {value!r}")


StepOrDays = Annotated[StepId | Annotated[int, Field(ge=1, le=3650)], BeforeValidator(_step_or_days)]


def _short(percent: Decimal) -> Decimal:
    """Return 9 for 9.00, so that both are one version of a policy."""
    return Decimal(f"{percent.normalize():f}")


class Interest(Part):
    """What lateness costs: interest, a compensation, or a fee for a reminder.

    Attributes:
        basis: `statutory` takes rate and compensation from the tables of the law; `contract` what is
            agreed here; `none` proposes nothing. One excludes the other.
        b2b: segments that are businesses; never consumer.
        b2g: segments that are public authorities.
        compensation: whether to propose the fixed sum that the law adds to its interest.
        runs_in_pauses: whether interest also runs while chasing is paused, as the law has it.
        propose_at: the id of the step, or the days past due, at which finance gets the proposal.
        annual_percent: the agreed rate, in percent a year.
        fees: the agreed fee for a step, per step and currency.
        cap: most of agreed interest and fees for one invoice, per currency.
        clause: where it is agreed, as proposals quote it.
    """

    basis: Literal["statutory", "contract", "none"] = "none"
    b2b: tuple[Segment, ...] = ("business",)
    b2g: tuple[Segment, ...] = ()
    compensation: Flag = False
    runs_in_pauses: Flag = True
    propose_at: StepOrDays | None = None
    # One percent at least: 0.09 is a fraction that somebody wrote for 9 %.
    annual_percent: Annotated[Number, Field(ge=1, lt=100), AfterValidator(_short)] | None = None
    fees: dict[StepId, Amounts] = Field(default_factory=dict)
    cap: Amounts = Field(default_factory=dict)
    clause: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = [*self._wrong_segments(), *self._wrong_keys()]
        if faults:
            raise Faults(*faults)
        return self

    def _wrong_segments(self) -> Iterator[Fault]:
        for key in ("b2b", "b2g"):
            for i, segment in enumerate(getattr(self, key)):
                if segment == CONSUMER:
                    message = "no interest is asked of consumers here: take this segment out"
                    yield Fault(path=(key, i), message=message)
        for i, segment in enumerate(self.b2g):
            if segment in self.b2b:
                yield Fault(
                    path=("b2g", i), message=f"{segment!r} stands under b2b too: keep it in one of them"
                )

    def _wrong_keys(self) -> Iterator[Fault]:
        agreed = [key for key in ("annual_percent", "fees", "cap", "clause") if getattr(self, key)]
        if self.basis != "contract":
            for key in agreed:
                yield Fault(
                    path=(key,), message=f"{key} is for basis: contract, and this basis is {self.basis}"
                )
        elif self.annual_percent is None and not self.fees:
            yield Fault(
                path=("basis",), message="a contract agrees on annual_percent or on fees: write one of them"
            )
        elif self.clause is None:
            yield Fault(path=("basis",), message="write the clause where it is agreed: proposals quote it")
        if self.compensation and self.basis != "statutory":
            message = f"the compensation belongs to basis: statutory, and this basis is {self.basis}"
            yield Fault(path=("compensation",), message=message)
        proposes = self.basis == "statutory" or self.annual_percent is not None
        if proposes and self.propose_at is None:
            yield Fault(path=("basis",), message="write propose_at: the step or the days at which to propose")

    def wrong_steps(self, known: Mapping[str, int]) -> Iterator[Fault]:
        """Yield what names a step that the policy does not have, or one before the debt is late.

        For the policy's own validator; `known` is each step with its days from the due date.
        """
        named: list[tuple[tuple[str, ...], str]] = [(("fees", step), step) for step in self.fees]
        if isinstance(self.propose_at, str):
            named.append((("propose_at",), self.propose_at))
        for path, step in named:
            if step not in known:
                message = f"{step!r} is no step of this policy"
                yield Fault(path=path, message=message, suggestion=closest(step, known))
            elif known[step] <= 0:
                message = f"step {step!r} comes before the debt is late: name one after the due date"
                yield Fault(path=path, message=message)

    def party(self, segment: str) -> Party | None:
        """Return what a customer of this segment is to us; None for consumers and whoever is not named."""
        if segment == CONSUMER:
            return None
        if segment in self.b2b:
            return "b2b"
        return "b2g" if segment in self.b2g else None

    @property
    def annual_rate(self) -> Decimal | None:
        """The agreed rate as a fraction of one."""
        return None if self.annual_percent is None else as_fraction(self.annual_percent)
