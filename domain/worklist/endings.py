"""How a task ends: which commands answer it, and with what of their input known already.

The words for it are those of whoever shows it: the command line, the Temporal UI, a page.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain import own_steps as steps

Way = Literal["command", "mended", "switch", "bank", "incident", "burst", "by_itself"]
"""By a command about its customer; of one about the whole ledger once a person says so; at the blast guard,
among the bank's lines, in its incident, with its burst; or by itself, once what it is about has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A command of `domain.commands` that answers a task, with what of its input is known."""

    command: str
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a task ends; `offers` has the commands that end it, the usual one first."""

    way: Way
    offers: tuple[Offer, ...] = ()

    def offer(self, command: str) -> Offer | None:
        """Return the offer of a command, where it is one of those that end the task."""
        return next((each for each in self.offers if each.command == command), None)


_ELSEWHERE: Mapping[str, Ending] = {
    steps.BLAST: Ending(way="switch"),
    steps.BANK_LINE: Ending(way="bank"),
    steps.INCIDENT: Ending(way="incident"),
    steps.BURST: Ending(way="burst"),
}
_ANSWERED: Mapping[str, tuple[Offer, ...]] = {
    steps.APPROVE: (Offer(command="approve"),),
    steps.REVIEW: (Offer(command="review_onboarding"),),
    steps.CALL_APPLICANT: (Offer(command="called_back"),),
}
_INSTEAD: Mapping[str, tuple[str, ...]] = {
    steps.USAGE_PROFILE: ("agree_usage",),
    steps.ACCESS_DECISION: ("grant_access", "revoke_access"),
    steps.ACCESS_OVER: ("revoke_access",),
}
"""What ends a task as well as `complete_task`, and is usually meant."""


def ending(step: str, *, said: str, whole: bool, debts: Collection[str] = ()) -> Ending:
    """Return how a task ends.

    Args:
        said: its kind, in the words of whoever opened it.
        whole: it is about the whole ledger, and not about a customer.
        debts: the invoices that it is about.
    """
    if (elsewhere := _ELSEWHERE.get(step)) is not None:
        return elsewhere
    if steps.ends_by_itself(step):
        return Ending(way="by_itself")
    if whole:
        return Ending(way="mended")
    if (answered := _ANSWERED.get(step)) is not None:
        return Ending(way="command", offers=answered)
    if steps.is_approval(step):
        approved = Offer(command="approve", given={"step": step.removeprefix(steps.approval_of(""))})
        return Ending(way="command", offers=(approved,))
    done = Offer(command="complete_task", given={"step": step})
    return Ending(way="command", offers=(*_instead(step, said, next(iter(debts), None)), done))


def completable(step: str) -> bool:
    """Whether a customer's task of this step ends once somebody says that it is done."""
    return ending(step, said="", whole=False).offer("complete_task") is not None


def _instead(step: str, said: str, about: str | None) -> tuple[Offer, ...]:
    """Return the commands that are usually meant, where a task is not just done."""
    if said == "hand-over":
        return (Offer(command="hand_over"),)
    if said == "write-off" and about is not None:
        return (Offer(command="write_off", given={"invoice": about}),)
    if about is not None and step == steps.CANCEL_FEE:
        return (Offer(command="cancel_fee", given={"fee": about}),)
    if about is not None and step == steps.INTEREST:
        return (Offer(command="book_fee", given={"invoice": about}),)
    if about is not None and step.startswith(steps.FEE):
        agreed = {"invoice": about, "kind": "fee", "step": step.removeprefix(steps.FEE)}
        return (Offer(command="book_fee", given=agreed),)
    return tuple(Offer(command=command) for command in _INSTEAD.get(step, ()))
