"""Held contacts: what was kept back, by which rule, in which month, and for how many customers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.reports.sheet import Sheet, column


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """One time that something was kept back."""

    customer: str
    on: date
    step: str
    rule: str
    why: str


def held_sheet(held: Iterable[HeldBack]) -> Sheet:
    """Return holds by rule and month, with the newest one in words."""
    found: dict[tuple[str, str], list[HeldBack]] = {}
    for each in held:
        found.setdefault((each.rule, f"{each.on:%Y-%m}"), []).append(each)
    return Sheet(
        title="Held contacts",
        columns=(
            column("rule", words=True),
            column("month", words=True),
            column("times"),
            column("customers"),
            column("why", "such as", words=True),
        ),
        rows=tuple(
            (
                rule,
                month,
                len(of),
                len({each.customer for each in of}),
                max(of, key=_order).why,
            )
            for (rule, month), of in sorted(found.items())
        ),
        notes=("What is kept back for a while, and for the same reason, counts once.",),
        empty="Nothing was held.",
    )


def _order(each: HeldBack) -> tuple[date, str, str, str]:
    return each.on, each.customer, each.step, each.why


def held_listed(held: Iterable[HeldBack]) -> Sheet:
    """Return the holds themselves."""
    return Sheet(
        title="Holds",
        columns=(
            column("customer", words=True),
            column("on"),
            column("step", words=True),
            column("rule", words=True),
            column("why", words=True),
        ),
        rows=tuple(
            (each.customer, each.on, each.step, each.rule, each.why) for each in sorted(held, key=_order)
        ),
        empty="Nothing was held.",
    )
