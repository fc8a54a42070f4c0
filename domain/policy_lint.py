"""Lint: what a policy may say, but hardly means.

Validation refuses what cannot be understood; this finds what can be understood and would surprise
finance: a step that never happens, a suspension later than the policy says, an amount without
effect. An `error` keeps the policy from doing what it says; a `warning` is for a person to judge.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from domain.channels import EMAIL, Channel
from domain.contact_law.books import ContactBooks
from domain.interest.rates import Rates
from domain.interest.terms import CONSUMER
from domain.policy import Policy
from domain.policy_fields import amount_in
from domain.policy_lint_law import never_open, too_close, too_many
from domain.policy_order import comparable
from domain.policy_steps import (
    ANCHORS,
    HandOverStep,
    NoticeStep,
    SuspendStep,
    Switching,
    TaskStep,
    TerminateStep,
    When,
    presses,
)
from domain.policy_window import Weekday
from domain.spelling import closest

MOST_CLOSED_DAYS = 2
"""Of a week: a weekend, wherever it lies. More than these make steps wait long."""

Templates = Mapping[str, Collection[str]]
"""The names of the templates that exist, by channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to change, or to know.

    Attributes:
        rule: a stable name, such as `approval-missing`.
        step: the step's id; None when it is about the whole policy.
        message: a sentence with the remedy.
    """

    severity: Literal["error", "warning"]
    rule: str
    step: str | None
    message: str

    def __str__(self) -> str:
        place = f"{self.step}: " if self.step else ""
        return f"{self.severity}: {place}{self.message} [{self.rule}]"


def lint(
    policy: Policy,
    *,
    templates: Templates | None = None,
    rates: Rates | None = None,
    books: ContactBooks | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong or odd, errors first.

    Without `templates` their names are not checked, without `rates` not whether a country has any, and
    without `books` not what contact law does to the policy.
    """
    found = [
        *_never(policy),
        *(_templates(policy, templates) if templates is not None else ()),
        *_suspension(policy),
        *_last_warning(policy),
        *_unsubscribed(policy),
        *_ends(policy),
        *_gaps(policy),
        *_anchors(policy),
        *_window(policy),
        *_amounts(policy),
        *_interest(policy),
        *(_rates(policy, rates) if rates is not None else ()),
        *(_contact_law(policy, books) if books is not None else ()),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity))


def lint_together(policies: Sequence[Policy], *, adopted: Sequence[Policy] = ()) -> list[tuple[str, Finding]]:
    """Return what is wrong with policies side by side, by the name of the one to change.

    They stand in the order of choice: what replaces an adopted one takes its place, others come after.

    Args:
        adopted: what is switched on already, in the order of choice.
    """
    newer = {policy.policy: policy for policy in policies}
    names = [policy.policy for policy in adopted]
    others = [policy for policy in policies if policy.policy not in names]
    order = [*(newer.get(policy.policy, policy) for policy in adopted), *others]
    return [*_conflicts(order), *_arms(order)]


def _conflicts(order: Sequence[Policy]) -> Iterator[tuple[str, Finding]]:
    """Policies for whom an earlier one leaves nobody; an arm of an experiment gets customers otherwise."""
    arms = {arm.policy for policy in order if policy.experiment for arm in policy.experiment.arms}
    for i, later in enumerate(order):
        if later.policy in arms:
            continue
        for earlier in order[:i]:
            if earlier.audience.takes_all_of(later.audience):
                message = (
                    f"{earlier.policy} comes before it and is for everybody whom it is for: it never applies"
                )
                remedy = f"narrow `for` of {earlier.policy}, adopt {later.policy} first, or retire one"
                yield later.policy, _warning("conflicting-segments", None, f"{message}; {remedy}")
                break


def _arms(order: Sequence[Policy]) -> Iterator[tuple[str, Finding]]:
    """Arms of experiments whose policy is not there, or stands before the experiment and takes everybody."""
    by_name = {policy.policy: i for i, policy in enumerate(order)}
    for i, policy in enumerate(order):
        for arm in policy.experiment.arms if policy.experiment else ():
            place = by_name.get(arm.policy)
            if place is None:
                message = (
                    f"arm {arm.id} names policy {arm.policy!r}, which is not there: nobody is in that arm"
                )
                near = closest(arm.policy, by_name)
                remedy = f"did you mean {near}?" if near else f"adopt {arm.policy} with it"
                yield policy.policy, _error("arm-missing", None, f"{message}; {remedy}")
            elif place < i and order[place].audience.takes_all_of(policy.audience):
                message = (
                    f"arm {arm.id} is {arm.policy}, which comes before it and is for everybody whom it is for"
                )
                remedy = f"give {arm.policy} a `for` of its own, such as a tag that nobody has"
                yield policy.policy, _error("arm-first", None, f"{message}; {remedy}")


def _error(rule: str, step: str | None, message: str) -> Finding:
    return Finding(severity="error", rule=rule, step=step, message=message)


def _warning(rule: str, step: str | None, message: str) -> Finding:
    return Finding(severity="warning", rule=rule, step=step, message=message)


def _never(policy: Policy) -> Iterator[Finding]:
    """Steps whose conditions nobody can meet."""
    audience = policy.audience.segments
    for step in policy.steps:
        segments = step.when.segments
        if segments and audience and not set(segments) & set(audience):
            message = (
                f"it never happens: it is for segment {_or(segments)}, and the policy for {_or(audience)}"
            )
            yield _error("never", step.id, f"{message}; correct `when.segments`")
        both = [tag for tag in step.when.tags if tag in step.when.without_tags]
        if both and set(both) == set(step.when.tags):
            message = f"it never happens: tag {_or(both)} is both asked for and ruled out"
            yield _error("never", step.id, f"{message}; correct `when.tags` or `when.without_tags`")
        for currency, most in step.when.maximum.items():
            if most < step.when.minimum.get(currency, most):
                message = f"it never happens for {currency}: its maximum is below its minimum"
                yield _error("never", step.id, f"{message}; correct `when.maximum` or `when.minimum`")


def _templates(policy: Policy, templates: Templates) -> Iterator[Finding]:
    """Words that do not exist."""
    named: list[tuple[str | None, str, tuple[Channel, ...]]] = [
        (step.id, step.template, step.channels) for step in policy.notices
    ]
    turns = [step for step in policy.steps if isinstance(step, Switching)]
    named += [(step.id, step.tell, step.channels) for step in turns]
    if turns:
        named.append((None, policy.back.thanks, policy.back.channels))
    if policy.charges is not None:
        named.append((None, policy.charges.template, policy.charges.channels))
    for step, template, channels in named:
        for channel in channels:
            known = templates.get(channel, ())
            if template in known:
                continue
            near = closest(template, known)
            remedy = f"did you mean {near}?" if near else "add one, or take the channel out"
            message = f"there is no {channel} template {template!r}: {remedy}"
            yield _error("template-missing", step, message)


def _suspension(policy: Policy) -> Iterator[Finding]:
    """A suspension that comes later than the policy says, without a person, or never for some."""
    step = policy.suspension
    if step is None:
        return
    yield from _notice_period(policy, step)
    missing = [currency for currency in policy.minimum if currency not in step.approval]
    if missing:
        message = f"any amount in {_and(missing)} suspends without a person's approval"
        yield _warning("approval-missing", step.id, f"{message}; add {_and(missing)} to `approval`")
    for warning in policy.notices:
        if warning.id in policy.warnings and warning.when not in (When(), step.when):
            message = f"{step.id} needs it, so whoever does not meet its conditions is never suspended"
            yield _warning(
                "conditional-warning", warning.id, f"{message}; give {step.id} the same `when`, or none"
            )
    if policy.back.when == "below_minimum" and not policy.minimum:
        message = "return.when is below_minimum, and the policy names no minimum: nothing is below it"
        yield _warning("return-without-minimum", None, f"{message}; name a `minimum`, or use nothing_overdue")


def _notice_period(policy: Policy, step: SuspendStep) -> Iterator[Finding]:
    offsets = {notice.id: notice.offset_days for notice in policy.notices if comparable(notice, step)}
    if not set(step.needs_delivered) <= set(offsets):
        return  # Counted from another day, what comes last is not known.
    last = max(step.needs_delivered, key=lambda need: offsets[need])
    ends = offsets[last] + step.notice_days
    if ends > step.offset_days:
        message = (
            f"it cannot happen on day {step.offset_days}: {last} goes out on day {offsets[last]} at the "
            f"earliest and {step.notice_days} days of notice follow"
        )
        remedy = f"set `offset_days` to {ends} or more, or `notice_days` to less"
        yield _warning("notice-too-long", step.id, f"{message}; {remedy}")


def _last_warning(policy: Policy) -> Iterator[Finding]:
    """A suspension that may be announced by SMS alone."""
    step = next((notice for notice in policy.notices if notice.id == policy.last_warning), None)
    if step is None or (step.channels[0] == "email" or (step.send == "all" and "email" in step.channels)):
        return
    message = "it is the last warning before the suspension and may go out by SMS alone, which is no writing"
    yield _warning("not-in-writing", step.id, f"{message}; put email first in `channels`, or `send: all`")


def _unsubscribed(policy: Policy) -> Iterator[Finding]:
    """Warnings that a click on "unsubscribe" ends, and reminders that call themselves the law's."""
    needed = policy.warnings | policy.end_warnings
    for step in policy.notices:
        if step.id in needed and not step.statutory and step.channels == (EMAIL,):
            message = "whoever unsubscribes never gets it, and then neither what needs it"
            remedy = "write `statutory: true` if the law requires it, or add a channel"
            yield _warning("warning-unsubscribed", step.id, f"{message}; {remedy}")
        if step.statutory and step.id not in policy.unskippable:
            message = "it is statutory, and nothing that happens to the customer builds on it"
            remedy = "take `statutory` away unless a law requires this notice"
            yield _warning("statutory-unneeded", step.id, f"{message}; {remedy}")


def _ends(policy: Policy) -> Iterator[Finding]:
    """An end that comes later than the policy says, and debts given away of which nobody heard from us."""
    step, suspension = policy.termination, policy.suspension
    if step is not None and suspension is not None and comparable(step, suspension):
        first = suspension.offset_days + step.suspended_days
        if first > step.offset_days:
            message = (
                f"it cannot happen on day {step.offset_days}: {suspension.id} comes on day "
                f"{suspension.offset_days} at the earliest and lasts {step.suspended_days} days"
            )
            remedy = f"set `offset_days` to {first} or more, or `suspended_days` to less"
            yield _warning("end-too-early", step.id, f"{message}; {remedy}")
    if step is not None:
        yield from _owners(policy, step)
    for proposal in policy.proposals:
        if not proposal.needs_delivered:
            message = "debts may come to it of which the customer never heard from us"
            remedy = "name the notices that must have arrived in `needs_delivered`"
            yield _warning("unwarned-end", proposal.id, f"{message}; {remedy}")


def _owners(policy: Policy, end: TerminateStep) -> Iterator[Finding]:
    """An end after which nobody collects, or that what others collect never comes to."""
    place = policy.steps.index(end)
    if not any(proposal in policy.steps[place:] for proposal in policy.proposals):
        message = "what is owed then is chased by nobody, and no later step hands it over or writes it off"
        yield _warning("end-without-owner", end.id, f"{message}; add a hand_over or a write_off after it")
    for step in policy.steps[:place]:
        if isinstance(step, HandOverStep):
            message = f"what {step.id} has handed over before ends no subscription"
            yield _warning("end-after-hand-over", end.id, f"{message}; put {step.id} after it")


def _gaps(policy: Policy) -> Iterator[Finding]:
    """Messages that always wait for the minimum gap."""
    for earlier, later in pairwise(policy.notices):
        if not comparable(earlier, later):
            continue
        distance, gap = later.offset_days - earlier.offset_days, policy.minimum_gap_days
        if distance < gap and not _apart(earlier, later):
            message = (
                f"it comes {distance} days after {earlier.id}, and messages are {gap} days apart: "
                f"it waits until day {earlier.offset_days + gap}"
            )
            yield _warning("gap", later.id, f"{message}; move it, or lower `minimum_gap_days`")


def _anchors(policy: Policy) -> Iterator[Finding]:
    """Steps of which nobody knows the order, and days of grace that move one."""
    ladder = [step for step in policy.steps if not isinstance(step, TaskStep)]
    for earlier, later in pairwise(ladder):
        if not comparable(earlier, later) and later.anchor != "previous_delivered" and presses(earlier):
            message = (
                f"it counts from {ANCHORS[later.anchor]} and {earlier.id} from {ANCHORS[earlier.anchor]}: "
                f"whichever day comes first, {earlier.id} is left out once {later.id} went out"
            )
            yield _warning("order-unknown", later.id, f"{message}; give both the same `anchor`, or judge it")
    for step in policy.steps:
        if step.anchor == "due_date" and 0 <= step.offset_days <= policy.grace_days > 0:
            message = f"day {step.offset_days} is within the {policy.grace_days} days of grace"
            remedy = f"set `offset_days` to {policy.grace_days + 1} or more, or `grace_days` to less"
            yield _warning("within-grace", step.id, f"{message}: it waits for their end; {remedy}")


def _apart(one: NoticeStep, other: NoticeStep) -> bool:
    """Whether no customer gets both."""
    return any(
        first and second and not set(first) & set(second)
        for first, second in (
            (one.when.segments, other.when.segments),
            (one.when.countries, other.when.countries),
        )
    )


def _window(policy: Policy) -> Iterator[Finding]:
    """A window that is closed for more than a weekend."""
    closed = [day for day in get_args(Weekday) if day not in policy.window.weekdays]
    if len(closed) > MOST_CLOSED_DAYS:
        message = f"the window never opens on {_and(closed)}: what falls there waits for another day"
        yield _warning("closed-weekdays", None, f"{message}; add days to `window.weekdays`")


def _amounts(policy: Policy) -> Iterator[Finding]:
    """Amounts that another amount leaves without effect."""
    for currency in policy.tolerance:
        tolerance, minimum = amount_in(policy.tolerance, currency), amount_in(policy.minimum, currency)
        if tolerance and minimum and tolerance > minimum:
            message = f"the tolerance of {tolerance} is above the minimum of {minimum}, which has no effect"
            yield _warning("tolerance-above-minimum", None, f"{message}; lower the `tolerance`")
    for step in policy.steps:
        for currency in step.when.minimum:
            own, minimum = amount_in(step.when.minimum, currency), amount_in(policy.minimum, currency)
            if isinstance(step, NoticeStep) and own and minimum and own <= minimum:
                message = f"its minimum of {own} has no effect: the policy's is {minimum}"
                yield _warning("minimum-without-effect", step.id, f"{message}; raise it, or take it out")


def _interest(policy: Policy) -> Iterator[Finding]:
    """Customers of whom no interest is asked although the policy has it."""
    if policy.interest.basis == "none":
        return
    for segment in policy.audience.segments:
        if policy.interest.party(segment) is None:
            message = f"no interest or fee is ever proposed for segment {segment}"
            remedy = (
                "give consumers a policy of their own" if segment == CONSUMER else "add it to `b2b` or `b2g`"
            )
            yield _warning("interest-segment", None, f"{message}; {remedy}")


def _rates(policy: Policy, rates: Rates) -> Iterator[Finding]:
    """Countries whose law nobody has entered."""
    if policy.interest.basis != "statutory":
        return
    named = [*policy.audience.countries, *(each for step in policy.steps for each in step.when.countries)]
    for country in dict.fromkeys(named):
        table = rates.table_for(country)
        if table is None or not rates.rows(table):
            message = f"no rate of interest is known for {country}, so nothing is proposed there"
            yield _warning("rates-missing", None, f"{message}; enter its table under policies/rates/")


def _contact_law(policy: Policy, books: ContactBooks) -> Iterator[Finding]:
    """What contact law holds, whatever the policy says."""
    for message in never_open(policy, books):
        yield _warning("law-window", None, message)
    for step, message in too_many(policy, books):
        yield _warning("law-cap", step, message)
    for message in too_close(policy, books):
        yield _warning("law-gap", None, message)


def _and(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
