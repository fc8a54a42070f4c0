"""What contact law will do to a policy: hours that never meet its window, and more contacts than it allows.

The words of findings; `domain.policy_lint` gives them a name. Only the customers whom a policy and a rule
are both for count.
"""

from collections.abc import Iterator, Sequence
from math import ceil

from domain.contact_law.books import ContactBooks
from domain.contact_law.clauses import WEEKDAYS
from domain.contact_law.rules import Cap, Gap, Rule, Window
from domain.contacts import CALL
from domain.policy import Policy
from domain.policy_steps import NoticeStep, Step, Switching, TaskStep


def never_open(policy: Policy, books: ContactBooks) -> Iterator[str]:
    """Say for whom the window of the policy and the hours of the law never meet."""
    for rule in _rules(policy, books):
        channels = sorted(_channels(policy) & set(rule.channels))
        if isinstance(rule, Window) and channels and not any(_meet(policy, rule, day) for day in range(7)):
            yield (
                f"nothing by {' or '.join(channels)} ever goes out {_where(rule)}: {rule.id} opens from"
                f" {rule.opens:%H:%M} to {rule.closes:%H:%M} ({rule.source}), when the window is closed;"
                " widen `window`"
            )


def too_many(policy: Policy, books: ContactBooks) -> Iterator[tuple[str, str]]:
    """Say by step which contacts about one debt are more than the law allows, and so wait."""
    for rule in _rules(policy, books):
        if not isinstance(rule, Cap):
            continue
        days = [
            (step.offset_days, step.id)
            for step in policy.steps
            if step.anchor == "due_date"  # How far steps of other anchors are apart is not known.
            for _ in range(_contacts(step, rule, policy))
        ]
        for i, (day, step) in enumerate(sorted(days)):
            within = [each for each, _ in sorted(days)[: i + 1] if each > day - rule.days]
            if len(within) > rule.most:
                allowed = f"{rule.most} contacts by {' or '.join(rule.channels)} within {rule.days} days"
                message = f"{_where(rule)} it waits: {rule.id} allows {allowed} ({rule.source})"
                yield step, f"{message}, and it is number {len(within)}; move it, or let it wait"
                break


def too_close(policy: Policy, books: ContactBooks) -> Iterator[str]:
    """Say which gaps of the law are longer than the policy's."""
    for rule in _rules(policy, books):
        if isinstance(rule, Gap) and not {CALL}.issuperset(rule.channels):
            days = rule.days or ceil((rule.hours or 0) / 24)
            if policy.minimum_gap_days < days:
                gap = f"{rule.hours} hours" if rule.hours else f"{days} days"
                asks = f"{rule.id} asks for {gap} {_where(rule)} ({rule.source})"
                yield (
                    f"messages are {policy.minimum_gap_days} days apart, and {asks}: the later one waits;"
                    f" raise `minimum_gap_days` to {days}"
                )


def _rules(policy: Policy, books: ContactBooks) -> Iterator[Rule]:
    """The rules that may be about customers of the policy, today's and those to come."""
    segments, countries = policy.audience.segments, policy.audience.countries
    for rule in (rule for book in books.books for rule in book.rules):
        protected = not segments or not rule.protects or set(segments) & set(rule.protects)
        placed = not countries or not rule.places or set(countries) & {place[:2] for place in rule.places}
        ours = rule.confidence == "proposal" and not policy.contact.house
        if protected and placed and not ours:
            yield rule


def _where(rule: Rule) -> str:
    return f"in {' or '.join(rule.places)}" if rule.places else "anywhere"


def _channels(policy: Policy) -> set[str]:
    found = {channel for step in policy.notices for channel in step.channels}
    return found | {CALL for step in policy.tasks if step.task == CALL}


def _meet(policy: Policy, rule: Window, weekday: int) -> bool:
    if WEEKDAYS[weekday] not in policy.window.weekdays:
        return False
    hours = rule.days.get(WEEKDAYS[weekday], rule)
    return max(hours.opens, policy.window.opens) < min(hours.closes, policy.window.closes)


def _contacts(step: Step, rule: Cap, policy: Policy) -> int:
    """How many contacts of a rule a step is, about one debt and when every message arrives."""
    if isinstance(step, Switching):
        named: Sequence[str] = step.channels[:1]  # Its news; of the first channel that reaches the customer.
    elif isinstance(step, TaskStep):
        named = [CALL] if step.task == CALL else []
    elif not isinstance(step, NoticeStep):
        named = []
    else:
        named = step.channels if step.send == "all" else step.channels[:1]
    counted = sum(channel in rule.channels for channel in named)
    return min(counted, 1) if rule.together else counted
