"""What the decision table says of one customer: the first row that applies, with every value it looked at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.customer import Customer
from domain.money import Money
from domain.onboarding.checks import CHECKS
from domain.onboarding.progress import Progress
from domain.onboarding.rules import Band, OnboardingRules, Row, When
from domain.policy_fields import amount_in

ANYBODY = Customer(id="anybody")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a row asks, whether it is so, and what was found instead or indeed."""

    holds: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The row that applies, and why; `row` is None where none does, and then a person decides.

    Attributes:
        because: what the row asked, with the values.
        passed_over: the rows before it, each with the first thing that was not so.
        culprit: the check that made it a matter for a person, with its outcome.
        limit: of the credit that the row gives.
    """

    row: Row | None
    because: tuple[str, ...]
    passed_over: tuple[tuple[str, str], ...]
    culprit: tuple[str, str] | None = None
    limit: Money | None = None
    deposit: Money | None = None


def decide(rules: OnboardingRules, progress: Progress, who: Customer = ANYBODY) -> Decided:
    """Return the first row that applies."""
    passed_over: list[tuple[str, str]] = []
    for row in rules.rows:
        criteria = [*_criteria(row.when, progress, who), *_of_credit(row, progress, who)]
        missed = next((each.words for each in criteria if not each.holds), None)
        if missed is None:
            return Decided(
                row=row,
                because=tuple(each.words for each in criteria),
                passed_over=tuple(passed_over),
                culprit=_culprit(row.when, progress),
                limit=_in_currency(row.approve.limit if row.approve else {}, progress, who),
                deposit=_in_currency(row.prepay.deposit if row.prepay else {}, progress, who),
            )
        passed_over.append((row.id, missed))
    return Decided(row=None, because=("no row applies",), passed_over=tuple(passed_over))


def holds(when: When, progress: Progress, who: Customer = ANYBODY) -> bool:
    """Whether all that is asked is so."""
    return all(each.holds for each in _criteria(when, progress, who))


def _criteria(when: When, progress: Progress, who: Customer) -> Iterator[Criterion]:
    outcomes = {name: check.outcome for name, check in progress.in_order()}
    if when.any:
        alike = [f"{name} {outcome}" for name, outcome in outcomes.items() if outcome in when.any]
        found = ", ".join(alike) or "none"
        yield Criterion(bool(alike), f"checks that came out as {' or '.join(when.any)}: {found}")
    if when.failed_from is not None:
        failed = progress.failed
        words = f"{len(failed)} checks failed, asked are {when.failed_from} or more"
        yield Criterion(len(failed) >= when.failed_from, words)
    for name, wanted in when.outcomes.items():
        outcome = outcomes.get(name) or "none"
        yield Criterion(outcome in wanted, f"{name} is {outcome}, asked is {' or '.join(wanted)}")
    if when.found:
        common = [code for code in when.found if code in progress.found]
        words = f"found: {', '.join(common) or 'none'} of {', '.join(when.found)}"
        yield Criterion(bool(common), words)
    for name, band in when.scores.items():
        yield _score(name, band, progress)
    yield from _about(when, progress, who)


def _score(name: str, band: Band, progress: Progress) -> Criterion:
    check = progress.checks.get(name)
    score = check.score if check is not None else None
    asked = " and ".join(
        words
        for words in (
            None if band.at_least is None else f"at least {band.at_least}",
            None if band.below is None else f"below {band.below}",
        )
        if words
    )
    inside = (
        score is not None
        and (band.at_least is None or score >= band.at_least)
        and (band.below is None or score < band.below)
    )
    return Criterion(
        inside, f"the score of {name} is {'unknown' if score is None else score}, asked is {asked}"
    )


def _about(when: When, progress: Progress, who: Customer) -> Iterator[Criterion]:
    if when.accepted is not None:
        accepted = progress.accepted is not None
        words = f"the collections policy is {'accepted' if accepted else 'not accepted'}"
        yield Criterion(accepted == when.accepted, words)
    for name in when.given:
        yield Criterion(
            name in progress.given, f"{name} {'is' if name in progress.given else 'is not'} given"
        )
    for label, wanted, value in (
        ("segment", when.segments, who.segment),
        ("country", when.countries, who.country),
        ("tier", when.tiers, progress.tier),
    ):
        if wanted:
            yield Criterion(
                value in wanted, f"the {label} is {value or 'unknown'}, asked is {' or '.join(wanted)}"
            )
    if when.amount_from:
        least = _named(when.amount_from, progress.expects)
        reached = least is not None and progress.expects is not None and progress.expects >= least
        yield Criterion(reached, _amount_words(progress, when.amount_from, "from"))
    if when.amount_below:
        bound = _named(when.amount_below, progress.expects)
        under = bound is not None and progress.expects is not None and progress.expects < bound
        yield Criterion(under, _amount_words(progress, when.amount_below, "below"))


def _of_credit(row: Row, progress: Progress, who: Customer) -> Iterator[Criterion]:
    """Yield what every row asks that gives credit, whatever it says itself."""
    if row.approve is None or not row.approve.limit:
        return
    accepted = progress.accepted is not None
    words = "accepted" if accepted else "not accepted, and without that there is no credit"
    yield Criterion(accepted, f"the collections policy is {words}")
    limit = _in_currency(row.approve.limit, progress, who)
    currency = _currency(progress, who) or "a currency that nobody knows"
    yield Criterion(limit is not None, f"the limit in {currency} is {limit or 'not named'}")


def _culprit(when: When, progress: Progress) -> tuple[str, str] | None:
    """Return the first check that the row applies because of, with its outcome."""
    for name, check in progress.in_order():
        wanted = when.outcomes.get(name, ())
        found = set(check.reasons) & set(when.found)
        if check.outcome in when.any or (check.outcome in wanted and check.outcome != "pass") or found:
            return name, check.outcome
    if when.failed_from is not None and progress.failed:
        return progress.failed[0], "fail"
    return None


def needs_second(
    rules: OnboardingRules, progress: Progress, row: Row | None, *, limit: Money | None = None
) -> bool:
    """Whether two people have to approve: the row asks for it, or one of the amounts is large enough."""
    if row is not None and row.review is not None and row.review.second_person:
        return True
    amounts = [amount for amount in (progress.expects, limit) if amount is not None]
    return any(_large(rules.second_person_from, amount) for amount in amounts)


def _large(thresholds: Mapping[str, Decimal], amount: Money) -> bool:
    if not thresholds:
        return False
    threshold = amount_in(dict(thresholds), amount.currency)
    return threshold is None or amount >= threshold


def _named(amounts: Mapping[str, Decimal], expects: Money | None) -> Money | None:
    return None if expects is None else amount_in(dict(amounts), expects.currency)


def _currency(progress: Progress, who: Customer) -> str | None:
    """The currency of what is given: that of what the customer expects, else the customer's own."""
    return progress.expects.currency if progress.expects is not None else who.currency


def _in_currency(amounts: Mapping[str, Decimal], progress: Progress, who: Customer) -> Money | None:
    currency = _currency(progress, who)
    return None if currency is None else amount_in(dict(amounts), currency)


def _amount_words(progress: Progress, amounts: Mapping[str, Decimal], word: str) -> str:
    asked = " or ".join(f"{amount} {currency}" for currency, amount in amounts.items())
    return f"expected a month is {progress.expects or 'unknown'}, asked is {word} {asked}"


def explained(decided: Decided, rules: OnboardingRules) -> tuple[str, ...]:
    """Say in full how a row was found: itself with its values, and each one before it."""
    name = decided.row.id if decided.row is not None else "none, so a person decides"
    lines = [f"row {name} of {rules.rules} {rules.version}"]
    lines += [f"because {words}" for words in decided.because] or ["because it asks nothing"]
    lines += [f"not {row}: {words}" for row, words in decided.passed_over]
    return tuple(lines)


def checks_wanted(rules: OnboardingRules, progress: Progress, who: Customer = ANYBODY) -> tuple[str, ...]:
    """Return the checks that are to be made of this customer, as far as is known now, cheapest first."""
    return tuple(name for name in CHECKS if any(holds(when, progress, who) for when in rules.wants(name)))
