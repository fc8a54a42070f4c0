"""What a customer is told of that comes next, if nothing happens and every message is delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

from domain.account import Account
from domain.notice import NextStep
from domain.own_steps import is_about_fees, is_approval
from domain.policy import Policy
from domain.policy_steps import Switching, TaskStep
from domain.simulation.forecast import coming
from domain.simulation.timeline import Line
from domain.situation import Situation

_MOST = 6
"""So many steps are looked at: the customer does not meet every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What comes next, and on which day of the customer's."""

    on: date
    says: NextStep


def ahead(at: Situation, account: Account, step: str | None = None) -> Ahead | None:
    """Return what the customer notices next of an account, other than by a step; None if nothing."""
    told = (line for line in coming(at.policy, account, at.now) if line.effect != "charge")
    told = (line for line in islice(told, _MOST) if line.step != step and line.at > at.now)
    line = next((line for line in told if _concerns(at.policy, line.step or "")), None)
    return None if line is None else Ahead(on=at.calendar.local_date(line.at), says=_says(at.policy, line))


def _concerns(policy: Policy, step: str) -> bool:
    """Whether it is a step that the customer meets: approvals and what is proposed to finance are none."""
    proposed = {each.id for each in policy.proposals}
    return step not in proposed and not is_about_fees(step) and not is_approval(step)


_TURNS: Mapping[str, NextStep] = {
    "restrict": "restriction",
    "suspend": "suspension",
    "terminate": "termination",
}


def _says(policy: Policy, line: Line) -> NextStep:
    step = next((step for step in policy.steps if step.id == line.step), None)
    if isinstance(step, Switching):
        return _TURNS[step.kind]
    if isinstance(step, TaskStep) or line.effect == "task":
        return "task"
    return "final_notice" if line.step == policy.last_warning else "reminder"
