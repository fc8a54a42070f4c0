"""Contact law in the plan: what it lets through, what it holds, and what a person must find out for it."""

from collections.abc import Sequence

from domain.book import Debt
from domain.channels import TASK
from domain.effects import Effect, EffectDebt, Held, Wanted
from domain.own_steps import WHEREABOUTS
from domain.reasons import because
from domain.situation import Situation

FIND_OUT = frozenset({"contact.unknown_zone", "contact.no_opening", "contact.never"})
"""Why contact law closes a channel until a person finds something out, or changes it."""


def lawful(at: Situation, step: str, channel: str, debts: Sequence[Debt], wanted: Wanted) -> list[Debt]:
    """Return the debts about which a contact may be made now; note for the others what holds them.

    Debts that alone bar the contact are left out of it, each with its own hold.
    """
    barred = at.may_contact(channel, [debt.invoice for debt in debts], step)
    if barred is None:
        return list(debts)
    left = [debt for debt in debts if barred.debts and debt.invoice not in barred.debts]
    if not left:
        held = at.effect_debts(debts)
        wanted.hold(Held(step=step, channel=channel, debts=held, reason=barred.reason, until=barred.until))
        return []
    for debt in debts:
        alone = at.may_contact(channel, [debt.invoice], step) if debt not in left else None
        if alone is not None:
            held = at.effect_debts([debt])
            wanted.hold(Held(step=step, channel=channel, debts=held, reason=alone.reason, until=alone.until))
    return left


def find_out(at: Situation, held: Sequence[Held]) -> Wanted:
    """Return the task to find out what would make a contact lawful: one at a time, once a debt."""
    wanted = Wanted()
    missing = [each for each in held if each.reason.rule in FIND_OUT]
    if not missing or at.open_task(WHEREABOUTS):
        return wanted
    known = {key for claim in at.account.claims if claim.step == WHEREABOUTS for key in claim.debts}
    debts: dict[tuple[str, int], EffectDebt] = {
        (debt.key, debt.opening): debt for each in missing for debt in each.debts
    }
    new = tuple(debt for key, debt in debts.items() if key not in known)
    if not new:
        return wanted
    shut = at.closed()
    if shut is not None:
        wanted.later.append(shut[1])
        return wanted
    reason = because("task.whereabouts", step=missing[0].step, why=missing[0].reason.words)
    wanted.effects.append(Effect(kind="task", step=WHEREABOUTS, channel=TASK, debts=new, reason=reason))
    return wanted
