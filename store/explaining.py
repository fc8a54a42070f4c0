"""Why a customer is under its policy, and what holds or moves its next contact; nothing is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.assignment import Choice, who
from domain.effects import Held
from domain.plan import Plan, plan
from domain.policy import Policy
from domain.simulation.timeline import Line, utc_text
from store import clock, customers, facts
from store.database import Ledger
from store.errors import NoPolicy
from store.facts import Loaded
from store.tables import CustomerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One customer's policy, and what it wants.

    Attributes:
        policy: None when no adopted policy is for the customer.
        pinned: by the open case, or adopted for the next one, in words; else None.
        choice: what would be chosen if nothing was pinned.
        override: a person's choice, in words, whether or not it counts yet.
        plan: None without a policy.
    """

    customer_id: str
    who: str
    policy: Policy | None
    pinned: str | None
    choice: Choice
    override: str | None
    plan: Plan | None

    def lines(self) -> list[str]:
        """Say it in lines."""
        lines = [f"{self.customer_id}: {self.who}"]
        if self.policy is None:
            lines.append(f"policy: none, {self.choice.reason.words}")
        else:
            why = self.pinned or self.choice.reason.words
            lines.append(f"policy: {self.policy.policy} {self.policy.version}, {why}")
        if self.pinned:
            next_one = self.choice.policy.policy if self.choice.policy else "none"
            lines.append(f"the next case: {next_one}, {self.choice.reason.words}")
        if self.override:
            lines.append(f"by hand: {self.override}")
        lines += [f"passed over: {each.reason.words}" for each in self.choice.passed_over]
        if self.plan is not None:
            lines += [f"wanted now: {each.step} by {each.channel}" for each in self.plan.effects]
            lines += [f"held: {_held(each)}" for each in self.plan.held]
            lines += [f"next: {_coming(each)}" for each in self.plan.forecast[:1]]
        return lines

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "customer": self.customer_id,
            "policy": self.policy and self.policy.policy,
            "version": self.policy and self.policy.version,
            "pinned": self.pinned,
            "choice": self.choice.json(),
            "override": self.override,
            "passed_over": [
                {"policy": each.policy, "rule": each.reason.rule, "why": each.reason.words}
                for each in self.choice.passed_over
            ],
            "held": [
                {
                    "step": each.step,
                    "rule": each.reason.rule,
                    "why": each.reason.words,
                    "until": each.until and utc_text(each.until),
                }
                for each in (self.plan.held if self.plan else ())
            ],
            "next": [line.json() for line in (self.plan.forecast if self.plan else ())],
        }


def _held(held: Held) -> str:
    until = f" (until {held.until:%d %b %Y %H:%M} UTC)" if held.until else ""
    return f"{held.step}: {held.reason.rule}: {held.reason.words}{until}"


def _coming(line: Line) -> str:
    why = f": {line.reason.rule}: {line.reason.words}" if line.reason else ""
    return f"{line.at:%d %b %Y %H:%M} UTC {line.step} by {line.channel}{why}"


def explain(ledger: Ledger, customer_id: str, *, now: datetime) -> Explanation:
    """Explain one customer's policy.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        now = clock.instant_for(session, row, now)
        history = facts.read(session, row.id)
        choice = facts.chosen_for(session, row, history, now=now)
        try:
            loaded = facts.load(session, row, now=now)
        except NoPolicy:
            loaded = None
        made = loaded.account.override if loaded else None
        return Explanation(
            customer_id=row.id,
            who=who(row.customer()),
            policy=loaded.policy if loaded else None,
            pinned=_pinned(row, loaded),
            choice=choice,
            override=None if made is None else made.words,
            plan=plan(loaded.policy, loaded.account, now) if loaded else None,
        )


def _pinned(row: CustomerRow, loaded: Loaded | None) -> str | None:
    if loaded is None or loaded.choice is not None:
        return None
    return f"pinned by case {row.case_number}" if row.case_open else "adopted for the next case"
