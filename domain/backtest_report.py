"""A backtest as people and machines read it: sections of figures, a column for each policy."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from domain.backtest import Backtest, Cash, Tally, cash
from domain.money import Money
from domain.policy import Policy

CONTACTS = ((0, 0), (1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (21, 50), (51, None))
"""How notices per customer are grouped: first and last of each group."""

DAYS = ((None, -1), (0, 0), (1, 7), (8, 14), (15, 30), (31, 60), (61, None))
"""How days from due to paid are grouped."""

MOST_SHOWN = 10
"""So many customers are named to people; to machines `MOST_NAMED`."""

HISTORY = (
    "The payments are those of the past: they happened under the reminders that went out then, and stay on"
    " their days whatever is played here. Messages count as delivered when they are sent. Nobody approves"
    " anything: what waits for a person goes on waiting."
)
"""What a backtest is, and is not."""

MONEY_IN = "Money in "

Bounds = tuple[int | None, int | None]
Rows = tuple[tuple[str, tuple[str, ...]], ...]
"""Lines of a label and a value for each policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Figures of one kind."""

    kind: Literal["played", "notices", "tasks", "suspensions", "holds", "contacts", "paid", "money"]
    title: str
    rows: Rows


def sections(backtest: Backtest) -> tuple[Section, ...]:
    """Return all figures as text, in the order in which one asks for them."""
    tallies = backtest.tried.tallies
    steps = _steps(backtest.policies, tallies)
    found = [
        Section(kind="played", title="Who was played", rows=_played(backtest)),
        Section(kind="notices", title="Messages by step and channel", rows=_notices(tallies, steps)),
        Section(kind="tasks", title="Tasks by step", rows=_counted(tallies, steps, lambda t: t.tasks)),
        Section(kind="suspensions", title="Suspensions", rows=_suspensions(tallies)),
        Section(kind="holds", title="Held back by rule", rows=_holds(tallies)),
        Section(kind="contacts", title="Customers by messages", rows=_contacts(tallies)),
        Section(kind="paid", title="Invoices by days from due to paid, as it was", rows=_paid(tallies)),
        *(
            Section(kind="money", title=f"{MONEY_IN}{currency}", rows=_money(backtest, currency))
            for currency in sorted({currency for tally in tallies for currency in tally.money})
        ),
    ]
    return tuple(section for section in found if section.rows)


def notes(backtest: Backtest) -> tuple[str, ...]:
    """Return what one must know to read the figures."""
    said = [HISTORY, backtest.assumption.words]
    for policy, tally in zip(backtest.policies, backtest.tried.tallies, strict=True):
        if tally.not_for:
            whom = ", ".join(f"{count} of segment {name}" for name, count in sorted(tally.not_for.items()))
            words = f"Not played under {policy.policy} {policy.version}, which is not for them: {whom}."
            said.append(words)
    first, *others = backtest.policies
    if any(set(other.audience.segments) != set(first.audience.segments) for other in others):
        said.append("The policies are for different segments: their columns count different customers.")
    return tuple(said)


def words(backtest: Backtest) -> str:
    """Return the whole backtest as text with aligned columns."""
    names = [f"{policy.policy} {policy.version}" for policy in backtest.policies]
    found = sections(backtest)
    label = max(len(name) for section in found for name, _ in section.rows) + 2
    values = [value for section in found for _, row in section.rows for value in row]
    width = max(map(len, [*names, *values]))
    since = min(tally.since for tally in backtest.tried.tallies)
    lines = [f"{backtest.source}: {since} to {backtest.until}", ""]
    lines.append(" " * (label + 2) + "  ".join(name.rjust(width) for name in names))
    for section in found:
        lines.append(section.title)
        for name, row in section.rows:
            lines.append(f"  {name.ljust(label)}" + "  ".join(value.rjust(width) for value in row))
    lines += ["", *(line for line in (most_contacted(backtest), shift_words(backtest)) if line)]
    return "\n".join([*lines, "", *notes(backtest)])


def most_contacted(backtest: Backtest) -> str:
    """Return who got most messages under each policy, in a line each; empty when nobody got any."""
    lines = []
    for policy, tally in zip(backtest.policies, backtest.tried.tallies, strict=True):
        named = ", ".join(f"{each.customer} {each.notices}" for each in tally.named[:MOST_SHOWN])
        if named:
            lines.append(f"Most messages under {policy.policy} {policy.version}: {named}")
    return "\n".join(lines)


def shift_words(backtest: Backtest) -> str:
    """Say in a sentence what the second policy changes; empty when there is one, or nobody is under both."""
    shift = backtest.tried.shift
    if not shift.customers:
        return ""
    first, second = (f"{policy.policy} {policy.version}" for policy in backtest.policies)
    same = shift.customers - shift.more - shift.fewer
    return (
        f"From {first} to {second}, customers under both: {shift.customers}. More messages get {shift.more},"
        f" fewer {shift.fewer}, as many {same}. Suspended under both: {shift.suspended_by_both}, only under"
        f" {first}: {shift.suspended_by_first}, only under {second}: {shift.suspended_by_second}."
    )


def _played(backtest: Backtest) -> Rows:
    tallies = backtest.tried.tallies
    return (
        ("customers", _column(tallies, lambda tally: tally.customers)),
        ("customers whom it is not for", _column(tallies, lambda tally: tally.not_for.total())),
        ("customers who got a message", _column(tallies, lambda t: t.customers - t.contacts[0])),
        ("invoices", _column(tallies, lambda tally: tally.invoices)),
        ("invoices still open", _column(tallies, lambda tally: tally.open)),
    )


def _notices(tallies: Sequence[Tally], steps: Sequence[str]) -> Rows:
    keys = {key for tally in tallies for key in tally.notices}
    rows = [
        (f"{step}, {channel}", tuple(f"{tally.notices[step, channel]:,}" for tally in tallies))
        for step, channel in sorted(keys, key=lambda key: (steps.index(key[0]), key[1]))
    ]
    return (("all", _column(tallies, lambda tally: tally.notices.total())), *rows)


def _suspensions(tallies: Sequence[Tally]) -> Rows:
    ends = {
        "restrictions": _column(tallies, lambda tally: tally.restrictions),
        "subscriptions ended": _column(tallies, lambda tally: tally.terminations),
    }
    return (
        *((name, column) for name, column in ends.items() if any(each != "0" for each in column)),
        ("suspensions", _column(tallies, lambda tally: tally.suspensions)),
        ("customers suspended", _column(tallies, lambda tally: tally.suspended_customers)),
        ("returns", _column(tallies, lambda tally: tally.returns)),
        ("days suspended, all together", _column(tallies, lambda tally: tally.suspended_days)),
        ("suspended on the last day", _column(tallies, lambda tally: tally.suspended_at_end)),
    )


def _paid(tallies: Sequence[Tally]) -> Rows:
    middle = tuple("" if not tally.paid else f"{_median(tally.paid):g}" for tally in tallies)
    return (("median", middle), *_grouped(tallies, DAYS, lambda tally: tally.paid))


def _median(days: Counter[int]) -> float:
    return median(days.elements())


def _money(backtest: Backtest, currency: str) -> Rows:
    tallies = backtest.tried.tallies
    nothing = Money.zero(currency)
    none = Cash(paid=nothing, late_days=nothing, brought_days=nothing, on_average=nothing, month_ends={})
    each = [cash(tally, backtest.assumption, until=backtest.until).get(currency, none) for tally in tallies]
    mean = [
        Money(round(sum(money.minor for money in one.month_ends.values()) / months), currency)
        if (months := _months(backtest, tally))
        else nothing
        for one, tally in zip(each, tallies, strict=True)
    ]
    most = [max(one.month_ends.values(), key=lambda money: money.minor, default=nothing) for one in each]
    return (
        ("paid", tuple(f"{one.paid.amount:,f}" for one in each)),
        ("paid late, amount x days", tuple(f"{one.late_days.amount:,f}" for one in each)),
        ("brought forward, amount x days", tuple(f"{one.brought_days.amount:,f}" for one in each)),
        ("that is, of the lateness", tuple(_percent(one) for one in each)),
        ("more in hand on an average day", tuple(f"{one.on_average.amount:,f}" for one in each)),
        ("more in hand at an average month end", tuple(f"{money.amount:,f}" for money in mean)),
        ("more in hand at the best month end", tuple(f"{money.amount:,f}" for money in most)),
    )


def _percent(one: Cash) -> str:
    return f"{100 * one.brought_days.minor / one.late_days.minor:.1f} %" if one.late_days else ""


def _months(backtest: Backtest, tally: Tally) -> int:
    """How many month ends the period has before its last day."""
    if not tally.customers:
        return 0
    return (backtest.until.year - tally.since.year) * 12 + backtest.until.month - tally.since.month


def group_names(groups: Iterable[Bounds]) -> list[str]:
    """Return the names of groups: `early`, `1 to 7`, `61 and more`."""
    return [_group_name(first, last) for first, last in groups]


def _group_name(first: int | None, last: int | None) -> str:
    if first is None:
        return "early" if last == -1 else f"up to {last}"
    if last is None:
        return f"{first} and more"
    return str(first) if first == last else f"{first} to {last}"


def grouped(counted: Mapping[int, int], groups: Iterable[Bounds]) -> list[int]:
    """Return how many of what was counted by number fall into each group."""
    return [
        sum(
            count
            for number, count in counted.items()
            if (first is None or number >= first) and (last is None or number <= last)
        )
        for first, last in groups
    ]


def _grouped(
    tallies: Sequence[Tally], groups: Sequence[Bounds], counted: Callable[[Tally], Counter[int]]
) -> Rows:
    columns = [grouped(counted(tally), groups) for tally in tallies]
    rows = zip(group_names(groups), zip(*columns, strict=True), strict=True)
    return tuple((name, tuple(f"{count:,}" for count in counts)) for name, counts in rows if any(counts))


def _counted(
    tallies: Sequence[Tally], order: Sequence[str], counted: Callable[[Tally], Counter[str]]
) -> Rows:
    names = sorted({name for tally in tallies for name in counted(tally)}, key=order.index)
    return tuple((name, tuple(f"{counted(tally)[name]:,}" for tally in tallies)) for name in names)


def _holds(tallies: Sequence[Tally]) -> Rows:
    """The rules by how often they held, the most frequent first."""
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally.holds)
    order = sorted(total, key=lambda rule: (-total[rule], rule))
    return _counted(tallies, order, lambda tally: tally.holds)


def _contacts(tallies: Sequence[Tally]) -> Rows:
    return _grouped(tallies, CONTACTS, lambda tally: tally.contacts)


def _column(tallies: Iterable[Tally], value: Callable[[Tally], int]) -> tuple[str, ...]:
    return tuple(f"{value(tally):,}" for tally in tallies)


def _steps(policies: Iterable[Policy], tallies: Iterable[Tally]) -> list[str]:
    """Return every step that happened: in the order of the policies, then what the engine adds."""
    wanted = [step.id for policy in policies for step in policy.steps]
    for tally in tallies:
        wanted += sorted({step for step, _ in tally.notices} | set(tally.tasks))
    return list(dict.fromkeys(wanted))


def json_values(backtest: Backtest) -> dict[str, Any]:
    """Return the backtest for machines: amounts are decimal strings, days are ISO dates."""
    shift, tallies = backtest.tried.shift, backtest.tried.tallies
    compared = None
    if shift.customers:
        compared = {name: getattr(shift, name) for name in shift.__slots__}
    return {
        "source": backtest.source,
        "since": min(tally.since for tally in tallies).isoformat()
        if any(t.customers for t in tallies)
        else None,
        "until": backtest.until.isoformat(),
        "customers": backtest.customers,
        "assumption": {
            "reaction_days": backtest.assumption.days,
            "share": str(backtest.assumption.share),
            "words": backtest.assumption.words,
        },
        "notes": list(notes(backtest)),
        "policies": [
            _policy_json(backtest, policy, tally)
            for policy, tally in zip(backtest.policies, tallies, strict=True)
        ],
        "compared": compared,
    }


def _policy_json(backtest: Backtest, policy: Policy, tally: Tally) -> dict[str, Any]:
    notices: dict[str, dict[str, int]] = {}
    for step in _steps([policy], [tally]):
        by_channel = {channel: count for (of, channel), count in sorted(tally.notices.items()) if of == step}
        if by_channel:
            notices[step] = by_channel
    return {
        "policy": policy.policy,
        "version": policy.version,
        "title": policy.title,
        "customers": tally.customers,
        "not_for": dict(sorted(tally.not_for.items())),
        "invoices": tally.invoices,
        "open_invoices": tally.open,
        "notices": {
            "total": tally.notices.total(),
            "by_step": notices,
            "by_month": dict(sorted(tally.months.items())),
        },
        "tasks": dict(sorted(tally.tasks.items())),
        "suspensions": tally.suspensions,
        "returns": tally.returns,
        "restrictions": tally.restrictions,
        "terminations": tally.terminations,
        "suspended_customers": tally.suspended_customers,
        "suspended_at_end": tally.suspended_at_end,
        "suspended_days": tally.suspended_days,
        "held": dict(sorted(tally.holds.items())),
        "contacts_per_customer": {str(number): tally.contacts[number] for number in sorted(tally.contacts)},
        "most_contacted": [
            {
                "customer": each.customer,
                "notices": each.notices,
                "tasks": each.tasks,
                "suspensions": each.suspensions,
            }
            for each in tally.named
        ],
        "suspended": tally.suspended,
        "days_from_due_to_paid": {str(days): tally.paid[days] for days in sorted(tally.paid)},
        "cash": {
            currency: _cash_json(each)
            for currency, each in cash(tally, backtest.assumption, until=backtest.until).items()
        },
    }


def _cash_json(each: Cash) -> dict[str, Any]:
    return {
        "paid": each.paid.plain(),
        "paid_late_amount_days": each.late_days.plain(),
        "brought_forward_amount_days": each.brought_days.plain(),
        "more_in_hand_on_average": each.on_average.plain(),
        "more_in_hand_at_month_ends": {
            on.isoformat(): money.plain() for on, money in each.month_ends.items()
        },
    }
