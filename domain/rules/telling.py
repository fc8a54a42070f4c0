"""Messages of the engine's own that are said once: about the service, about usage."""

from collections.abc import Sequence

from domain.book import Debt
from domain.effects import Effect, EffectDebt, Held, Wanted
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
