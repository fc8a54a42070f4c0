"""What is said, given to a person or written down about no debt: each once."""

from collections.abc import Sequence

from domain.channels import BOOK, TASK, Channel
from domain.effects import Effect, EffectDebt, Held, Wanted
from domain.facts import Body
from domain.reasons import Reason
from domain.situation import Situation


def tell(
    at: Situation,
    wanted: Wanted,
    *,
    step: str,
    about: EffectDebt,
    template: str,
    channels: Sequence[Channel],
    reason: Reason,
) -> None:
    """Ask for a message, by the first channel that reaches the customer, or note what holds it.

    What does not arrive goes out by the next channel; where none is left, a person has the task about it.
    """
    begun = at.account.begun.get((about.key, about.opening, step), ())
    if any(claim.stands for claim in begun):
        return
    tried = at.account.tried(begun)
    left = [each for each in channels if each not in tried and at.account.reach.get(each) == "ok"]
    if not left:
        return
    # Without a channel that the law leaves open, the first one says why.
    channel = next((each for each in left if each not in at.contacting.shut), left[0])
    if _asked_already(wanted, step, channel):
        return
    barred = at.may_contact(channel, (), step)
    by_law = None if barred is None else (barred.reason, barred.until)
    shut = at.silenced() or at.closed() or by_law
    if shut is not None:
        wanted.hold(Held(step=step, channel=channel, debts=(about,), reason=shut[0], until=shut[1]))
        return
    effect = Effect(
        kind="notice", step=step, channel=channel, debts=(about,), reason=reason, template=template
    )
    wanted.effects.append(effect)


def task(at: Situation, wanted: Wanted, *, step: str, about: EffectDebt, reason: Reason) -> None:
    """Ask a person for something; nobody is asked while nothing may be done."""
    if at.account.begun.get((about.key, about.opening, step)) or _asked_already(wanted, step, TASK):
        return
    if at.silenced() is None:
        wanted.effects.append(Effect(kind="task", step=step, channel=TASK, debts=(about,), reason=reason))


def book(at: Situation, wanted: Wanted, *, step: str, about: EffectDebt, body: Body, reason: Reason) -> None:
    """Ask for a fact to be written down, or note that nothing may be done."""
    if at.account.begun.get((about.key, about.opening, step)) or _asked_already(wanted, step, BOOK):
        return
    if (silenced := at.silenced()) is not None:
        wanted.hold(Held(step=step, channel=BOOK, debts=(about,), reason=silenced[0], until=silenced[1]))
        return
    effect = Effect(kind="book", step=step, channel=BOOK, debts=(about,), reason=reason, body=body)
    wanted.effects.append(effect)


def _asked_already(wanted: Wanted, step: str, channel: str) -> bool:
    """Whether this look asks for the step already: a plan has one of a step and channel at most."""
    return any(effect.key == f"{step}/{channel}" for effect in wanted.effects)
