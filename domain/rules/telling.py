"""What the engine says of its own, gives to a person or writes down: each once, and about no debt."""

from collections.abc import Sequence

from domain.book import Debt
from domain.channels import BOOK, TASK
from domain.effects import Effect, EffectDebt, Held, Wanted
from domain.facts import Body
from domain.reasons import Reason
from domain.rules.contact import lawful
from domain.situation import Situation


def tell_once(
    at: Situation,
    step: str,
    about: EffectDebt,
    *,
    channels: Sequence[str],
    template: str,
    reason: Reason,
    debts: Sequence[Debt] = (),
) -> Wanted:
    """Return the message of a step about something that is no debt, until it went out once.

    Args:
        about: what the message counts by: no claim names it twice.
        debts: what it lists besides.
    """
    wanted = Wanted()
    key = (about.key, about.opening)
    begun = [
        claim
        for claim in at.account.claims
        if claim.step == step and claim.state != "released" and key in claim.debts
    ]
    tried = at.account.tried(begun)
    left = [c for c in channels if c not in tried and at.account.reach.get(c) == "ok"]
    if not left or any(claim.stands for claim in begun):
        return wanted
    # Without a channel that the law leaves open, the first one says why.
    channel = next((c for c in left if c not in at.contacting.shut), left[0])
    # No claim names a debt twice: what an earlier message of this step told of is not named again.
    new = [debt for debt in debts if not at.claims(debt, step)]
    barred = at.may_contact(channel, (), step)
    by_law = None if barred is None else (barred.reason, barred.until)
    shut = at.silenced() or at.closed() or by_law
    if shut is not None:
        named = (about, *at.effect_debts(new))
        wanted.hold(Held(step=step, channel=channel, debts=named, reason=shut[0], until=shut[1]))
        return wanted
    for passed_over in left[: left.index(channel)]:
        why = at.contacting.shut[passed_over]
        wanted.hold(Held(step=step, channel=passed_over, debts=(about,), reason=why))
    # What the law still has against some debts is no reason to keep the news back.
    named = (about, *at.effect_debts(lawful(at, step, channel, new, wanted) if new else []))
    effect = Effect(kind="notice", step=step, channel=channel, debts=named, reason=reason, template=template)
    wanted.effects.append(effect)
    return wanted


def tell(
    at: Situation,
    wanted: Wanted,
    *,
    step: str,
    about: EffectDebt,
    template: str,
    channels: Sequence[str],
    reason: Reason,
) -> None:
    """Ask for a message that is said once, unless this look asks for one of its step and channel already.

    What does not arrive goes out by the next channel; where none is left, a person has the task about it.
    """
    found = tell_once(at, step, about, channels=channels, template=template, reason=reason)
    if not any(_asked_already(wanted, step, effect.channel) for effect in found.effects):
        wanted.add(found)


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
