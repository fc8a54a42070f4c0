"""What is wanted now: `decide` is the one place in which all rules meet.

Precedence: an effect whose outcome nobody knows is settled before anything else of its kind is
begun; the return of a service comes before everything that presses; then its end, suspension and
restriction, news of it, tasks and reminders, which are independent of each other, but that the steps
of the policy wait for a charge of what they are about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.account import Account
from domain.channels import BOOK, CHARGE, ONBOARDING, PROVISION, SERVICE, TASK
from domain.claim import Claim
from domain.effects import Effect, EffectKind, Held, Wanted
from domain.override import in_force
from domain.own_steps import CLOSED, RETURNED
from domain.policy import Policy
from domain.policy_steps import NoticeStep, presses
from domain.reasons import because
from domain.rest import FOREVER
from domain.rules.access import access
from domain.rules.activity import activity
from domain.rules.admission import admission
from domain.rules.charges import charge_first, charges
from domain.rules.contact import find_out
from domain.rules.credit import credit, deposit_first
from domain.rules.data_loss import data_loss
from domain.rules.disputes import disputes
from domain.rules.doors import doors
from domain.rules.in_doubt import in_doubt
from domain.rules.interest import interest
from domain.rules.ladder import reminders
from domain.rules.proposals import proposals
from domain.rules.reactivation import reactivation
from domain.rules.replies import replies
from domain.rules.restriction import restriction
from domain.rules.service_news import news_of_the_service
from domain.rules.suspension import suspension
from domain.rules.tasks import tasks
from domain.rules.termination import after_the_end, termination
from domain.rules.unsent import unsent
from domain.rules.usage import usage
from domain.rules.warning_lost import warning_lost
from domain.rules.withheld import withheld
from domain.situation import Situation

RULES = (
    *(admission, reactivation, withheld, termination, suspension, restriction, news_of_the_service),
    *(warning_lost, data_loss, credit, disputes, tasks, replies, doors, usage, activity, access),
    *(interest, proposals, after_the_end, unsent, in_doubt, charges, reminders),
)
"""The rules that ask for effects, the most pressing first."""

CHASING = frozenset({tasks, interest, charges, reminders, data_loss})
"""Those that ask customers, or people of ours, to pay or to save data: of what ends now nobody is asked."""


_WORKED_ON = ("reminder", "final_notice", "restricted", "suspended")
"""The stages in which a case is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is wanted now, what is held, and when to look again.

    Attributes:
        stage: as `stage_of` gives it.
        wake_at: later than now, or None when only news can change anything.
        case_open: whether a delinquency is being worked on.
    """

    stage: str
    effects: tuple[Effect, ...]
    held: tuple[Held, ...]
    wake_at: datetime | None
    case_open: bool


def decide(policy: Policy, account: Account, now: datetime) -> Decision:
    """Decide for one account at one instant. `now` is never taken before the newest fact's."""
    if account.newest_at is not None and now < account.newest_at:
        now = account.newest_at
    at = Situation(policy=policy, account=account, now=now)
    wanted = Wanted()
    for rule in RULES:
        if rule in CHASING and _ends(wanted):
            continue
        found = rule(at)
        wanted.add(found)
        at = at.having_said(found.effects)
    charge_first(at, wanted)
    deposit_first(at, wanted)
    wanted.add(find_out(at, wanted.held))
    effects = _settle_first(at, wanted.effects)
    wake_at = min((later for later in [*wanted.later, *_turns(at)] if later > now), default=None)
    stage = stage_of(at)
    pressing = any(_presses(policy, effect) for effect in effects)
    return Decision(
        stage=stage,
        effects=tuple(effects),
        held=tuple(wanted.held),
        wake_at=wake_at,
        case_open=stage in _WORKED_ON or pressing,
    )


def _ends(wanted: Wanted) -> bool:
    """Whether the subscription is to be ended now, and not only put away."""
    return any(effect.kind == "terminate" and effect.step != CLOSED for effect in wanted.effects)


def stage_of(at: Situation) -> str:
    """Return the customer's stage, the gravest first.

    It follows the facts: once the worst debt is paid it is that of the others.
    """
    if at.account.onboarding == "pending":
        return "onboarding"
    if at.account.onboarding == "rejected":
        return "rejected"
    if at.ended_on is not None:
        return "terminated"
    if at.account.service.down and at.has_service:
        return "suspended" if at.account.service.suspended else "restricted"
    if not at.overdue:
        return "handed_over" if any(map(at.collector, at.open_debts)) else "current"
    steps = [step for step in at.policy.notices if presses(step)]
    begun = {step.id for step in steps for debt in at.overdue if at.stands(debt, step.id)}
    if at.policy.last_warning in begun:
        return "final_notice"
    return "reminder" if begun else "overdue"


def _turns(at: Situation) -> Iterator[datetime]:
    """Yield the instants at which time alone changes what is overdue, exempt or at rest."""
    rests = (*at.pauses, *at.promised, *at.account.holds, *at.account.exemptions, *at.account.handed_over)
    for rest in rests:
        if at.today < rest.first <= rest.last:
            yield at.calendar.start_of(rest.first)
        elif rest.holds(at.today) and rest.last < FOREVER:
            yield at.calendar.end_of(rest.last)
    override = in_force(at.account.override, at.today)
    if override is not None and override.last < FOREVER:
        yield at.calendar.end_of(override.last)
    for question in at.account.questions:
        if question.rest.holds(at.today):
            yield at.calendar.end_of(question.rest.last)
    for double in at.twice:
        yield at.calendar.end_of(double.waits_until(at.calendar.local_date(double.learned_at)))
    for plan in at.plans:
        # It may be missed when the grace of an instalment is over, or by what was taken back today.
        for day in (*plan.deadlines(at.policy.plans), plan.left[-1][0]):
            if at.today <= day:
                yield at.calendar.end_of(day)
    for debt in at.open_debts:
        if at.today <= debt.due_on:
            yield at.calendar.end_of(debt.due_on)


def _settle_first(at: Situation, effects: list[Effect]) -> list[Effect]:
    """Put unsettled claims first; nothing is begun beside one of the same step and channel."""
    settling = [_settle(at, claim) for claim in at.account.claims if claim.unsettled]
    keys = {effect.key for effect in settling}
    unique = {effect.key: effect for effect in settling}
    return [*unique.values(), *(effect for effect in effects if effect.key not in keys)]


def _settle(at: Situation, claim: Claim) -> Effect:
    kind: EffectKind = "notice"
    if claim.channel == TASK:
        kind = "task"
    elif claim.channel == SERVICE:
        kind = claim.kind or _turn(at.policy, claim.step)
    elif claim.channel == ONBOARDING:
        kind = "onboard"
    elif claim.channel == CHARGE:
        kind = "charge"
    elif claim.channel in (PROVISION, BOOK):
        kind = "provision" if claim.channel == PROVISION else "book"
    reason = because(
        "step.settle", step=claim.step, channel=claim.channel, since=claim.claimed_at.isoformat()
    )
    return Effect(
        kind=kind,
        step=claim.step,
        channel=claim.channel,
        debts=at.named(claim.debts),
        reason=reason,
        suspend_on=claim.suspend_on,
        settles=claim.message,
    )


def _turn(policy: Policy, step: str) -> EffectKind:
    """Which turn of the service's switch a step is."""
    if step == RETURNED:
        return "reactivate"
    if step == CLOSED or (policy.termination is not None and step == policy.termination.id):
        return "terminate"
    if policy.restriction is not None and step == policy.restriction.id:
        return "restrict"
    return "suspend"


def _presses(policy: Policy, effect: Effect) -> bool:
    """Whether an effect belongs to a case: everything but friendly words before the due date."""
    steps = {step.id: step for step in policy.steps}
    step = steps.get(effect.step)
    if step is None:
        return effect.kind in ("reactivate", "restrict", "suspend", "terminate")
    return not isinstance(step, NoticeStep) or presses(step)
