"""The clock of disputes: who is to answer hears of it, and whoever is to write a credit note."""

from datetime import date, timedelta

from domain.channels import TASK
from domain.disputes import Dispute
from domain.effects import Effect, EffectDebt, Held, Wanted
from domain.own_steps import DISPUTE_ANSWER, DISPUTE_CREDIT
from domain.reasons import Reason, because
from domain.situation import Situation


def disputes(at: Situation) -> Wanted:
    """Return the task about the first dispute whose days are over: each has one, and one more when lost."""
    wanted, terms = Wanted(), at.policy.disputes
    if not at.account.dispute_cases or (terms.answer_days, terms.credit_days) == (None, None):
        return wanted
    for dispute in at.account.dispute_cases:
        due = _due(at, dispute)
        if due is None:
            continue
        step, day, reason = due
        begun = at.account.begun.get((dispute.key, dispute.told.times, step), ())
        if begun:
            continue
        if at.opening(day) > at.now:
            wanted.later.append(at.opening(day))
        elif (silenced := at.silenced()) is not None:
            debts = _about(dispute)
            wanted.hold(Held(step=step, channel=TASK, debts=debts, reason=silenced[0], until=silenced[1]))
        elif not wanted.effects:  # One task of a step at a time: the next one follows at the next look.
            effect = Effect(kind="task", step=step, channel=TASK, debts=_about(dispute), reason=reason)
            wanted.effects.append(effect)
    return wanted


def _due(at: Situation, dispute: Dispute) -> tuple[str, date, Reason] | None:
    """Return the step of the task about a dispute, the day on which it falls, and its sentence."""
    told, terms = dispute.told, at.policy.disputes
    if told.resolved_on is None and terms.answer_days is not None:
        reason = because(
            "task.dispute",
            dispute=told.dispute,
            invoice=told.invoice,
            amount=dispute.amount,
            on=told.opened_on,
            owner=dispute.owner,
        )
        return DISPUTE_ANSWER, told.opened_on + timedelta(days=terms.answer_days), reason
    if told.resolved_on is not None and dispute.lost and terms.credit_days is not None:
        reason = because(
            "task.credit_note",
            dispute=told.dispute,
            invoice=told.invoice,
            amount=dispute.amount,
            on=told.resolved_on,
            owner=dispute.owner,
        )
        return DISPUTE_CREDIT, told.resolved_on + timedelta(days=terms.credit_days), reason
    return None


def _about(dispute: Dispute) -> tuple[EffectDebt, ...]:
    """What a claim about a dispute counts by: the dispute of this invoice, and how often it was opened."""
    told = dispute.told
    return (EffectDebt(invoice=told.invoice, opening=told.times, amount=dispute.amount, part=dispute.part),)
