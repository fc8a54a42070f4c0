"""What would be wise about a decision table that has no mistake."""

from collections.abc import Iterator
from itertools import takewhile

from domain.onboarding.findings import FINDINGS
from domain.onboarding.rules import OnboardingRules, Row


def advice(rules: OnboardingRules) -> tuple[str, ...]:
    """Return what would be wise, a sentence each."""
    return tuple(_advice(rules))


def _advice(rules: OnboardingRules) -> Iterator[str]:
    last = rules.rows[-1]
    if last.when.asks:
        yield f"the last row, {last.id}, does not apply to everybody: of who is left over a person decides"
    early = next((row for row in _before_failures(rules) if row.action == "approve"), None)
    if early is not None:
        yield f"{early.id} approves before a row asks whether a check failed: put one before it, any: [fail]"
    for row in rules.rows:
        if row.action == "reject" and row.when.tiers and not row.when.any and row.when.failed_from is None:
            yield f"{row.id} rejects because of a country: a tier may add checks, and is no reason by itself"
    made = {each.check for each in rules.checks}
    if "sanctions" in made and not any("sanctions_match" in row.when.found for row in rules.rows):
        words = FINDINGS["sanctions_match"].words
        yield f"no row asks for sanctions_match ({words}): say how many people have to decide then"
    if rules.review.remind_after_hours is None:
        yield "nobody is reminded of a review that lies: add review: {remind_after_hours: 24}"


def _before_failures(rules: OnboardingRules) -> Iterator[Row]:
    """Yield the rows that are asked before the first one that applies to whatever failed."""
    return takewhile(lambda row: "fail" not in row.when.any or len(row.when.model_fields_set) > 1, rules.rows)
