"""Reports of what customers said: promises, disputes, the cash that is to come; and of suspensions.

What is older than the months that are shown is in them only while it is open.
"""

from domain.book import Book
from domain.facts import Fact, PlanAgreed, PlanEnded, PromiseMade
from domain.instalment_plans import agreed_plans
from domain.posting import post
from domain.promises import Promise, told
from domain.reports import disputed, expected, promised, suspended
from domain.reports.expected import Expected
from domain.reports.sheet import Report
from store.reporting.reading import Reading


def promises(reading: Reading, *, grace_days: int) -> Report:
    """Return how many promises were kept, and how much of the money."""
    as_of = reading.asked.as_of
    found = [
        one
        for customer, known in reading.facts_of("promise_made")
        for each in _promises(reading, customer, known, _book(reading, customer, known))
        for one in promised.given(customer, each, as_of=as_of, grace_days=grace_days)
        if one.outcome == "open" or one.pay_on >= reading.first_on
    ]
    sheet = promised.promises_sheet(found, grace_days=grace_days)
    return reading.report("promises", sheet, promised.promises_listed(found), grace_days=grace_days)


def disputes(reading: Reading) -> Report:
    """Return how many disputes were opened, won and lost, and how long an answer took."""
    found = [
        each
        for customer, known in reading.facts_of("dispute_opened")
        for each in disputed.contested(customer, known, _book(reading, customer, known))
        if each.resolved_on is None or each.opened_on >= reading.first_on
    ]
    sheet = disputed.disputes_sheet(found, as_of=reading.asked.as_of)
    return reading.report("disputes", sheet, disputed.disputes_listed(found))


def suspensions(reading: Reading) -> Report:
    """Return how many services were suspended, and how soon they came back."""
    found = [
        each
        for customer, known in reading.facts_of("subscription_suspended")
        for each in suspended.suspended(customer, known)
        if each.lasts or each.suspended_on >= reading.first_on
    ]
    sheet = suspended.suspensions_sheet(found, as_of=reading.asked.as_of)
    return reading.report("suspensions", sheet, suspended.suspensions_listed(found))


def forecast(reading: Reading, *, weeks: int) -> Report:
    """Return the cash that is to come by week: promised, by plan, and by due date."""
    asked, found, agreed = reading.asked, list[Expected](), set[str]()
    for customer, known in reading.facts_of("promise_made", "plan_agreed"):
        agreed.add(customer)
        book = _book(reading, customer, known)
        about = [(f.happened_on, f.body) for f in known if isinstance(f.body, PlanAgreed | PlanEnded)]
        plans = agreed_plans(book, about, reading.customers[customer].currency)
        said = _promises(reading, customer, known, book)
        found += expected.by_agreements(customer, book, plans, said, asked.as_of)
    others = (item for item in reading.open_items if item.customer not in agreed)
    found += expected.by_invoices(others, asked.as_of)
    sheet = expected.forecast_sheet(found, as_of=asked.as_of, weeks=weeks, conversion=asked.conversion)
    listed = expected.forecast_listed(found, as_of=asked.as_of, weeks=weeks) if asked.listed else None
    return reading.report("forecast", sheet, listed, weeks=weeks)


def _book(reading: Reading, customer: str, known: list[Fact]) -> Book:
    return post(known, allocation=reading.customers[customer].allocation)


def _promises(reading: Reading, customer: str, known: list[Fact], book: Book) -> list[Promise]:
    own = reading.customers[customer].currency
    said = ((fact.happened_on, fact.body) for fact in known)
    return [told(book, on, body, own) for on, body in said if isinstance(body, PromiseMade)]
