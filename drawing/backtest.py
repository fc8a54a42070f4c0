"""The page of a backtest: the assumption first, then every figure, with a plot where one helps."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from xml.etree.ElementTree import Element

from domain.backtest import Backtest, Tally, cash
from domain.backtest_report import (
    CONTACTS,
    DAYS,
    MONEY_IN,
    MOST_SHOWN,
    Bounds,
    Section,
    group_names,
    grouped,
    notes,
    sections,
    shift_words,
)
from drawing.elements import Child, element
from drawing.pages import figure, legend, page, table
from drawing.plots import Series, lying, standing


def backtest_page(backtest: Backtest) -> str:
    """Return the backtest as one HTML page."""
    names = [f"{policy.policy} {policy.version}" for policy in backtest.policies]
    titles = [f"{policy.title} ({name})" for policy, name in zip(backtest.policies, names, strict=True)]
    since = min(tally.since for tally in backtest.tried.tallies)
    about = f"{backtest.source}, {since} to {backtest.until}, {backtest.customers:,} customers"
    shift = shift_words(backtest)
    content: list[Child] = [
        element("p", about, class_="quiet"),
        legend(titles),
        element("p", shift) if shift else None,
        *(element("p", note, class_="note") for note in notes(backtest)),
        _months(backtest, names),
    ]
    for section in sections(backtest):
        drawn = _plot(backtest, section, names)
        content.append(_section(section.title, drawn, table(["", *names], section.rows)))
        if section.kind == "money":
            content.append(_month_ends(backtest, names, section.title.removeprefix(MONEY_IN)))
    content.append(_most_contacted(backtest, names))
    return page(f"Backtest: {' and '.join(policy.title for policy in backtest.policies)}", *content)


def _section(title: str, drawn: Element | None, *content: Child) -> Element:
    return element("section", element("h2", title), figure(drawn) if drawn is not None else None, *content)


def _plot(backtest: Backtest, section: Section, names: Sequence[str]) -> Element | None:
    match section.kind:
        case "notices" | "holds":
            return _bars(section, names)
        case "contacts":
            return _groups(backtest, section, names, CONTACTS, lambda tally: tally.contacts)
        case "paid":
            # What customers did is the same under two policies for the same customers.
            first, *others = backtest.tried.tallies
            shown = names[:1] if all(other.paid == first.paid for other in others) else names
            return _groups(backtest, section, shown, DAYS, lambda tally: tally.paid)
        case _:
            return None


def _bars(section: Section, names: Sequence[str]) -> Element:
    rows = [(label, values) for label, values in section.rows if label != "all"]
    series = [
        Series(name=name, values=[int(values[i].replace(",", "")) for _, values in rows])
        for i, name in enumerate(names)
    ]
    return lying(section.title, [label for label, _ in rows], series)


def _groups(
    backtest: Backtest,
    section: Section,
    names: Sequence[str],
    groups: Sequence[Bounds],
    counted: Callable[[Tally], Mapping[int, int]],
) -> Element:
    series = [
        Series(name=name, values=grouped(counted(tally), groups))
        for name, tally in zip(names, backtest.tried.tallies, strict=False)
    ]
    return standing(section.title, group_names(groups), series)


def _months(backtest: Backtest, names: Sequence[str]) -> Element | None:
    tallies = backtest.tried.tallies
    found = sorted({month for tally in tallies for month in tally.months})
    if not found:
        return None
    months = _every_month(found[0], found[-1])
    series = [
        Series(name=name, values=[tally.months[month] for month in months])
        for name, tally in zip(names, tallies, strict=True)
    ]
    return _section("Messages per month", standing("Messages per month", months, series))


def _every_month(first: str, last: str) -> list[str]:
    months = [first]
    while months[-1] < last:
        year, month = map(int, months[-1].split("-"))
        months.append(f"{year + month // 12}-{month % 12 + 1:02}")
    return months


def _month_ends(backtest: Backtest, names: Sequence[str], currency: str) -> Element | None:
    """The money brought before each month's end, as far as the assumption holds."""
    found = [
        cash(tally, backtest.assumption, until=backtest.until).get(currency)
        for tally in backtest.tried.tallies
    ]
    brought = [each.month_ends if each else {} for each in found]
    ends: list[date] = sorted({on for each in brought for on in each})
    if not ends:
        return None
    series = [
        Series(
            name=name,
            values=[float(each[on].amount) if on in each else 0 for on in ends],
            texts=[str(each[on]) if on in each else f"0 {currency}" for on in ends],
        )
        for name, each in zip(names, brought, strict=True)
    ]
    title = f"More {currency} in hand at the end of a month, as assumed"
    return _section(title, standing(title, [f"{on:%Y-%m}" for on in ends], series, unit=currency))


def _most_contacted(backtest: Backtest, names: Sequence[str]) -> Element | None:
    tallies = backtest.tried.tallies
    shown = [
        table(
            [name, "messages", "tasks", "suspensions"],
            [
                (each.customer, (f"{each.notices:,}", f"{each.tasks:,}", f"{each.suspensions:,}"))
                for each in tally.named[:MOST_SHOWN]
            ],
        )
        for name, tally in zip(names, tallies, strict=True)
        if tally.named
    ]
    return element("section", element("h2", "Customers with most messages"), *shown) if shown else None
