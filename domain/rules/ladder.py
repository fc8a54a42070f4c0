"""The ladder: which message goes out now, for which debts, by which channel.

Each debt climbs by itself. One message goes out at a time: the most severe step that any debt has
reached, listing every debt that has reached it; the others wait for the minimum gap.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.book import Debt
from domain.channels import TASK
from domain.claim import Claim
from domain.effects import Effect, Held, Wanted
from domain.own_steps import RESERVED, UNREACHABLE
from domain.policy_steps import NoticeStep, Step, SuspendStep, counted, presses
from domain.reasons import Reason, because
from domain.rest import FOREVER
from domain.rules import edited
from domain.rules.again import again, another_day
from domain.rules.contact import FIND_OUT, lawful
from domain.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    """The step that one debt has reached, and the channels left for it."""

    debt: Debt
    step: NoticeStep
    day: date
    channels: tuple[str, ...]
    begun: bool


def reminders(at: Situation) -> Wanted:
    """Return the messages wanted now, what holds the others, and when to look again."""
    wanted = Wanted()
    for debt in at.open_debts:
        _leave_alone(at, debt, wanted)
    rungs = [rung for debt in at.debts if (rung := _rung(at, debt, wanted)) is not None]
    behind: tuple[Reason, datetime] | None = None
    for step in reversed(at.policy.notices):
        group = [rung for rung in rungs if rung.step.id == step.id]
        if not group:
            continue
        if behind is None:
            behind = _send(at, step, group, wanted)
        else:
            debts = at.effect_debts(rung.debt for rung in group)
            wanted.hold(Held(step=step.id, debts=debts, reason=behind[0], until=behind[1]))
    return wanted


def _leave_alone(at: Situation, debt: Debt, wanted: Wanted) -> None:
    """Note what keeps an overdue debt from being asked for, from its next step on."""
    if not debt.open or debt.days_late(at.today) <= 0:
        return
    exemption = at.exemption(debt)
    if exemption is None and at.paused() is None and at.chaseable(debt):
        return
    climb = (step for step in at.climb if isinstance(step, NoticeStep | SuspendStep))
    ladder = [step for step in climb if presses(step)]
    begun = max((i for i, step in enumerate(ladder) if at.claims(debt, step.id)), default=-1)
    if begun + 1 == len(ladder):
        return
    step = ladder[begun + 1]
    held = None
    if exemption is not None:
        until_on = None if exemption.last == FOREVER else exemption.last
        reason = because("hold.exempt", until=until_on or "undone", reason=exemption.reason)
        held = reason, at.after(exemption)
    elif not at.chaseable(debt):
        reason_or_none = _with_others(at, step, debt) or at.not_asked(debt)
        held = None if reason_or_none is None else (reason_or_none, None)
    elif (at.step_on(step, debt) or date.max) > at.today:
        held = at.paused()  # A step that has been reached is held where it would go out.
    if held is not None:
        reason, until = held
        wanted.hold(Held(step=step.id, debts=at.effect_debts([debt]), reason=reason, until=until))


def _with_others(at: Situation, step: Step, debt: Debt) -> Reason | None:
    """Why we do not ask any more for what is owed."""
    if (collector := at.collector(debt)) is not None:
        to, on = collector.reason, collector.first
        return because("hold.handed_over", invoice=debt.invoice, to=to, on=on)
    if at.left_on(debt) is not None:
        return because("hold.ended", step=step.id, on=at.ended_on)
    return None


def _rung(at: Situation, debt: Debt, wanted: Wanted) -> _Rung | None:
    """Return the step that `debt` has reached and not yet had, noting when the next one falls."""
    ladder = at.ladder(debt)
    begun = max((i for i, step in enumerate(ladder) if at.claims(debt, step.id)), default=-1)
    lost = _lost(at, debt, ladder[: begun + 1])
    if lost is not None and (lost.channels or not at.claims(debt, UNREACHABLE)):
        return lost
    if begun >= 0 and (channels := _channels_left(at, ladder[begun], debt)):
        day = at.step_on(ladder[begun], debt) or at.today
        return _Rung(debt=debt, step=ladder[begun], day=day, channels=channels, begun=True)
    passed = begun
    if at.account.adopted_at is not None:
        passed = max(begun, edited.passed_by(at, debt, ladder))
        if (missing := edited.missing(at, debt, ladder, passed)) is not None:
            step, day = missing
            return _Rung(debt=debt, step=step, day=day, channels=_channels_left(at, step, debt), begun=False)
    due: list[tuple[NoticeStep, date]] = []
    warns_of_the_end = at.warns_of_the_end(debt)
    for step in ladder[passed + 1 :]:
        if warns_of_the_end and _announces_nothing(at, step):
            continue  # What follows warns of more than the suspension that has happened.
        day_or_none = at.step_on(step, debt)
        if day_or_none is None and (waits := at.waits_for_delivery(step, debt)) is not None:
            wanted.hold(Held(step=step.id, debts=at.effect_debts([debt]), reason=waits))
            if step.id in _unskippable(at):
                break
        if day_or_none is None or (step.offset_days < 0 and at.today >= debt.due_on):
            continue
        if day_or_none > at.today:
            wanted.later.append(at.opening(day_or_none))
            if at.in_order or step.id in _unskippable(at):
                break
            continue
        if at.before_go_live(day_or_none):
            wanted.hold(_too_old(at, step, debt, day_or_none))
            continue
        if (unmet := at.unmet(step, debt)) is not None:
            wanted.hold(Held(step=step.id, debts=at.effect_debts([debt]), reason=unmet))
            continue
        due.append((step, day_or_none))
    if not due:
        return lost or (_failed(at, debt, ladder[begun]) if begun >= 0 else None)
    step, day = _pick(at, debt, due)
    channels = _channels_left(at, step, debt)
    return _Rung(debt=debt, step=step, day=day, channels=channels, begun=False)


def _lost(at: Situation, debt: Debt, begun: Sequence[NoticeStep]) -> _Rung | None:
    """Return the first message that came back although a step to come builds on it, however late we hear."""
    if not begun:
        return None
    to_come = [step for step in at.climb if not at.claims(debt, step.id)]
    needed = {each for step in to_come for need in step.needs_delivered for each in at.stand_ins(need)}
    for step in begun:
        came_back = at.claims(debt, step.id) and not any(at.stands(debt, s) for s in at.stand_ins(step.id))
        moot = step.offset_days < 0 and at.today >= debt.due_on
        if step.id in needed and came_back and not moot:
            day, channels = at.step_on(step, debt) or at.today, _channels_left(at, step, debt)
            return _Rung(debt=debt, step=step, day=day, channels=channels, begun=True)
    return None


def _failed(at: Situation, debt: Debt, step: NoticeStep) -> _Rung | None:
    """Return a step that was tried by every channel and reached nobody: a person must know."""
    moot = step.offset_days < 0 and at.today >= debt.due_on
    if moot or at.stands(debt, step.id):
        return None
    return _Rung(debt=debt, step=step, day=at.step_on(step, debt) or at.today, channels=(), begun=True)


def _pick(at: Situation, debt: Debt, due: Sequence[tuple[NoticeStep, date]]) -> tuple[NoticeStep, date]:
    """Choose among the steps that are due: the highest that may go out, never past a warning not yet sent.

    Under `most_severe` only the last warning counts so, because nothing may stand for it. A promise that
    was broken, a plan that is over and a dispute that was won bring the next step, however many have fallen
    due meanwhile.
    """
    since = _last_reminded_at(at)
    if at.broken_promise(debt, since) or at.ended_plan(debt, since) or at.won_dispute(debt, since):
        return due[0]
    unskippable = _unskippable(at)
    until = next((i for i, (step, _) in enumerate(due) if step.id in unskippable), len(due) - 1)
    ready = [each for each in due[: until + 1] if at.undelivered(debt, each[0].needs_delivered) is None]
    return ready[-1] if ready else due[0]


def _unskippable(at: Situation) -> Collection[str | None]:
    """The notices that nothing may overtake."""
    return {at.policy.last_warning} if at.policy.lateness == "most_severe" else at.policy.unskippable


def _channels_left(at: Situation, step: NoticeStep, debt: Debt) -> tuple[str, ...]:
    """Return the channels by which a step is still to go out for a debt."""
    begun = at.claims(debt, step.id)
    # What only news can open is no channel now; one that opens by itself is waited for (docs/decisions/0015).
    left = [ch for ch in _reaching(at, step, debt) if ch not in at.contacting.shut]
    standing = [claim for claim in begun if claim.stands]
    if step.send == "first":
        return () if standing else tuple(left[:1])
    if standing:
        # A channel that becomes reachable later does not repeat an old step.
        if edited.before_it(at, standing):
            return ()
        first = min(at.calendar.local_date(claim.claimed_at) for claim in standing)
        if at.today > first + timedelta(days=at.policy.minimum_gap_days):
            return ()
    return tuple(left)


def _reaching(at: Situation, step: NoticeStep, debt: Debt) -> list[str]:
    """Return the channels of a step that reach the customer and were not used up for a debt."""
    begun = at.claims(debt, step.id)
    tried = at.account.tried(begun)
    untried: list[str] = [ch for ch in step.channels if ch not in tried and at.reaches(step, ch)]
    return untried or again(at, step, begun)


def _send(
    at: Situation, step: NoticeStep, group: list[_Rung], wanted: Wanted
) -> tuple[Reason, datetime] | None:
    """Ask for the message of one step, or note what holds it; return what the milder ones wait for."""
    group = _worth_chasing(at, step, group, wanted)
    group = _warned_before(at, step, group, wanted)
    if not group:
        return None
    debts = at.effect_debts(rung.debt for rung in group)
    held = _announces_nothing(at, step) or at.resting(rung.debt for rung in group)
    if held is None:
        group = _reached(at, group, wanted)
        if not group:
            return None
        debts = at.effect_debts(rung.debt for rung in group)
        held = _too_soon(at, group) or at.closed()
    if held is not None:
        reason, until = held
        wanted.hold(Held(step=step.id, debts=debts, reason=reason, until=until))
        return None
    return _go_out(at, step, group, wanted)


def _go_out(
    at: Situation, step: NoticeStep, group: list[_Rung], wanted: Wanted
) -> tuple[Reason, datetime] | None:
    """Ask for the message by each channel as far as contact law lets it through."""
    suspend_on = announced(at, [rung.debt for rung in group]) if step.id == at.policy.last_warning else None
    sent, waits = False, at
    _note_shut(at, step, group, wanted)
    for channel in step.channels:
        rungs = [rung for rung in group if channel in rung.channels]
        debts = lawful(waits, step.id, channel, [rung.debt for rung in rungs], wanted) if rungs else []
        lawful_keys = {debt.key for debt in debts}
        rungs = [rung for rung in rungs if rung.debt.key in lawful_keys]
        if rungs:
            effect = Effect(
                kind="notice",
                step=step.id,
                channel=channel,
                debts=at.effect_debts(debts),
                reason=_why(at, channel, rungs),
                template=step.template,
                suspend_on=suspend_on,
            )
            wanted.effects.append(effect)
            sent, waits = True, waits.having_said([effect])
    return _behind(at, step, wanted, sent=sent)


def _note_shut(at: Situation, step: NoticeStep, group: list[_Rung], wanted: Wanted) -> None:
    """Note each channel that a debt would take, were it not closed by contact law until there is news."""
    for channel, reason in at.contacting.shut.items():
        passed_over = [
            rung.debt
            for rung in group
            if channel in (reaching := _reaching(at, step, rung.debt))
            and (step.send == "all" or reaching.index(channel) < reaching.index(rung.channels[0]))
        ]
        if passed_over:
            debts = at.effect_debts(passed_over)
            wanted.hold(Held(step=step.id, channel=channel, debts=debts, reason=reason))


def _behind(at: Situation, step: NoticeStep, wanted: Wanted, *, sent: bool) -> tuple[Reason, datetime] | None:
    """What a milder message waits for: the gap, or the turn of this one if contact law lets it out sooner."""
    gap = gap_from(at, at.today)
    if sent:
        return gap
    held = [each.until for each in wanted.held if each.step == step.id and each.until is not None]
    turn = min(held, default=None)
    if turn is None or turn > gap[1]:
        return None
    return because("contact.turn", step=step.id, until=at.calendar.local_date(turn)), turn


def _announces_nothing(at: Situation, step: NoticeStep) -> tuple[Reason, datetime | None] | None:
    """A suspension that has happened is not announced again for another debt."""
    if step.id != at.policy.last_warning or not at.account.service.suspended:
        return None
    return because("hold.suspended", step=step.id), None


def _worth_chasing(at: Situation, step: NoticeStep, group: list[_Rung], wanted: Wanted) -> list[_Rung]:
    """Leave out currencies in which less than the policy's minimum is owed."""
    worth, too_little = [], at.too_little_of([rung.debt for rung in group])
    for rung in group:
        reason = too_little[rung.debt.open.currency]
        if reason is None:
            worth.append(rung)
        else:
            wanted.hold(Held(step=step.id, debts=at.effect_debts([rung.debt]), reason=reason))
    return worth


def _warned_before(at: Situation, step: NoticeStep, group: list[_Rung], wanted: Wanted) -> list[_Rung]:
    """Leave out debts whose earlier message this step builds on and which has not been delivered."""
    ready = []
    for rung in group:
        need = None if rung.begun else at.undelivered(rung.debt, step.needs_delivered)
        if need is None:
            ready.append(rung)
            continue
        reason = because("hold.not_delivered", needed=need, invoice=rung.debt.invoice)
        wanted.hold(Held(step=step.id, debts=at.effect_debts([rung.debt]), reason=reason))
    return ready


def _reached(at: Situation, group: list[_Rung], wanted: Wanted) -> list[_Rung]:
    """Leave out debts for which no channel is left: a person gets the task, the message is held."""
    debts = [rung.debt for rung in group if not rung.channels]
    if not debts:
        return group
    step = group[0].step
    debts = _another_day(at, step, _placed(at, step, debts, wanted), wanted)
    channels = ", ".join(_state(at, step, channel) for channel in step.channels)
    new = [debt for debt in debts if not at.claims(debt, UNREACHABLE)]
    shut = at.closed() if new else None  # The task is opened when the message would have gone out.
    if new and shut is None and all(effect.step != UNREACHABLE for effect in wanted.effects):
        effect = Effect(
            kind="task",
            step=UNREACHABLE,
            channel=TASK,
            debts=at.effect_debts(new),
            reason=because("task.unreachable", step=step.id, channels=channels),
        )
        wanted.effects.append(effect)
    if debts:
        reason = because("hold.unreachable", channels=channels)
        until = None if shut is None else shut[1]
        wanted.hold(Held(step=step.id, debts=at.effect_debts(debts), reason=reason, until=until))
    return [rung for rung in group if rung.channels]


def _another_day(at: Situation, step: NoticeStep, debts: list[Debt], wanted: Wanted) -> list[Debt]:
    """Leave out debts whose message failed in a way that another day may mend."""
    left = []
    for debt in debts:
        begun = at.claims(debt, step.id)
        day = another_day(at, step, begun)
        if day is None:
            left.append(debt)
            continue
        failed = " and ".join(dict.fromkeys(claim.channel for claim in begun if claim.fault))
        reason = because("hold.another_day", step=step.id, failed=failed, on=day)
        held = at.effect_debts([debt])
        wanted.hold(Held(step=step.id, debts=held, reason=reason, until=at.opening(day)))
    return left


def _placed(at: Situation, step: NoticeStep, debts: list[Debt], wanted: Wanted) -> list[Debt]:
    """Leave out debts whose channels wait for somebody to find out where the customer is."""
    shut = {channel: why for channel, why in at.contacting.shut.items() if why.rule in FIND_OUT}
    for channel, reason in shut.items():
        waiting = [debt for debt in debts if channel in _reaching(at, step, debt)]
        if waiting:
            held = at.effect_debts(waiting)
            wanted.hold(Held(step=step.id, channel=channel, debts=held, reason=reason))
    return [debt for debt in debts if not set(shut) & set(_reaching(at, step, debt))]


def _state(at: Situation, step: NoticeStep, channel: str) -> str:
    """Say whether a channel reaches the customer: `sms opted out`, `sms closed by us.twilio.first_party`."""
    reach = at.account.reach.get(channel, "missing")
    if channel in at.account.unsubscribed:
        if not step.statutory:
            return f"{channel} unsubscribed: only what the law requires goes there"
        reach = at.account.unsubscribed[channel]
    reason = at.contacting.shut.get(channel)
    if reach == "ok" and reason is not None:
        return f"{channel} closed by {reason.values.get('law', 'contact law')}"
    return f"{channel} {reach}".replace("_", " ")


def _too_soon(at: Situation, group: list[_Rung]) -> tuple[Reason, datetime | None] | None:
    """The minimum gap to the last message; further channels of the same step need none to each other."""
    return gap_after_reminder(at, own=group[0].step.id if all(rung.begun for rung in group) else None)


def gap_after_reminder(at: Situation, *, own: str | None) -> tuple[Reason, datetime] | None:
    """The minimum gap to the last message that is not of this step; None when it is over."""
    newest_first = reversed(at.account.claims)
    sent = (claim for claim in newest_first if _is_reminder(claim) and claim.stands and claim.step != own)
    last = next(sent, None)
    if last is None:
        return None
    last_on = at.calendar.local_date(last.claimed_at)
    return gap_from(at, last_on) if at.today < _free_on(at, last_on) else None


def gap_from(at: Situation, last_on: date) -> tuple[Reason, datetime]:
    """Why no other message follows yet on one of this day, and until when."""
    until = at.opening(_free_on(at, last_on))
    return because("hold.gap", last_on=last_on, until=at.calendar.local_date(until)), until


def _last_reminded_at(at: Situation) -> datetime | None:
    sent = (claim for claim in reversed(at.account.claims) if _is_reminder(claim) and claim.stands)
    return next((claim.claimed_at for claim in sent), None)


def _is_reminder(claim: Claim) -> bool:
    """Whether a claim is a message of the policy's ladder, as gaps count them."""
    return claim.is_message and claim.step not in RESERVED


def _free_on(at: Situation, last_on: date) -> date:
    """The first day for another step after a message of `last_on`: two on one day are never right."""
    return last_on + timedelta(days=max(at.policy.minimum_gap_days, 1))


def _too_old(at: Situation, step: NoticeStep, debt: Debt, day: date) -> Held:
    reason = because("hold.before_go_live", step=step.id, on=day, go_live_on=at.account.go_live_on)
    return Held(step=step.id, debts=at.effect_debts([debt]), reason=reason)


def announced(at: Situation, debts: Sequence[Debt]) -> date | None:
    """The day of suspension that a last warning sent now announces: the first that is possible."""
    suspension = at.policy.suspension
    if suspension is None or not at.has_service:
        return None
    notice_ends = at.calendar.days_after(at.now, suspension.notice_days)
    main = [debt for debt in debts if debt.main and not _never_suspends(at, suspension, debt)]
    if not main:
        return None
    days = [at.step_on(suspension, debt) for debt in main]
    # Days that an open pause freezes are not known yet; nothing goes out while it holds. What counts from
    # the delivery of this very message counts from today.
    soonest = timedelta(days=suspension.offset_days if suspension.anchor == "previous_delivered" else 0)
    first_day = min((day for day in days if day is not None), default=at.today + soonest)
    return at.calendar.local_date(max(at.opening(first_day), at.calendar.next_open(notice_ends)))


def _never_suspends(at: Situation, step: SuspendStep, debt: Debt) -> bool:
    """Whether the suspension counts from something that has not happened to this debt."""
    return step.anchor == "first_failed_charge" and at.counts_from(step, debt) is None


def _why(at: Situation, channel: str, group: list[_Rung]) -> Reason:
    oldest = min(group, key=lambda rung: (rung.debt.due_on, rung.debt.invoice))
    step, debt = oldest.step, oldest.debt
    if channel in at.account.unsubscribed:
        return because("step.statutory", step=step.id, channel=channel, days=debt.days_late(at.today))
    failed = [claim.channel for claim in at.claims(debt, step.id) if not claim.stands]
    if oldest.begun and failed:
        if channel in failed:
            return because("step.again", step=step.id, channel=channel)
        return because("step.next_channel", step=step.id, channel=channel, failed=" and ".join(failed))
    broken = at.broken_promise(debt, since=_last_reminded_at(at))
    if broken is not None:
        return because("step.broken_promise", step=step.id, promise=broken.reason)
    ended = at.ended_plan(debt, since=_last_reminded_at(at))
    if ended is not None:
        return because("step.ended_plan", step=step.id, plan=ended.words)
    won = at.won_dispute(debt, since=_last_reminded_at(at))
    if won is not None:
        return because("step.won_dispute", step=step.id, dispute=won.told.dispute)
    days = debt.days_late(at.today)
    if step.offset_days < 0:
        return because("step.before_due", step=step.id, due_on=debt.due_on, days=-days)
    late = at.today > at.calendar.local_date(at.opening(oldest.day))
    if late:
        return because("step.late", step=step.id, days=days, offset=counted(step))
    return because("step.due", step=step.id, days=days, offset=counted(step))
