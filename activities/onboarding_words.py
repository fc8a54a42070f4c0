"""The page of a verification that finance reads in the Temporal UI: why a customer waits, and what was found.

Nothing of it is personal data, and it is short: it stays in history once for every look.
"""

from collections.abc import Iterator

from domain.onboarding import MOST_SENDS, Check, Progress
from domain.onboarding.decision import Decided, checks_wanted, decide, explained
from domain.onboarding.findings import words_of
from store.onboarding import Standing


def details_of(standing: Standing, says: str) -> str:
    """Render the page."""
    customer, move = standing.customer.id, standing.move
    lines = [f"# Verification of {customer}: {says}", *_checks(standing.progress)]
    if move is None:
        return "\n\n".join(lines)
    if move.decided is not None:
        lines.append(_row(standing, move.decided))
    lines.append(
        f"Send `enter_code`, `called_back` and `review_onboarding` to the workflow customer/{customer}:"
        f" a person may decide at any time. In full: `starter.py onboarding explain {customer}`."
    )
    return "\n\n".join(lines)


def _row(standing: Standing, decided: Decided) -> str:
    rules = standing.rules
    row = "No row applies" if decided.row is None else f"Row **{decided.row.id}** applies"
    because = "; ".join(decided.because) or "it asks nothing"
    return f"{row} ({rules.rules} {rules.version}): {because}."


def _checks(progress: Progress) -> list[str]:
    lines = [f"- **{name}**: {check_words(check)}" for name, check in progress.in_order()]
    if progress.sends:
        lines.append(f"- codes sent: {progress.sends} of {MOST_SENDS}")
    if progress.unanswered:
        lines.append(f"- calls that nobody answered: {len(progress.unanswered)}")
    if progress.accepted is not None:
        lines.append(f"- collections policy accepted: {progress.accepted}")
    lines += [f"- {ruling.by} decided: {ruling.verdict}" for ruling in progress.rulings.values()]
    return ["\n".join(lines)] if lines else []


def check_words(check: Check) -> str:
    """Say how a check came out, why, and who says so."""
    why = f": {'; '.join(map(words_of, check.reasons))}" if check.reasons else ""
    known = ", ".join(_sources(check))
    return f"{check.outcome}{why}" + (f" ({known})" if known else "")


def _sources(check: Check) -> Iterator[str]:
    if check.score is not None:
        yield f"score {check.score}"
    if check.evidence is not None:
        yield check.evidence
    if check.provider is not None:
        yield f"by {check.provider}"


def explanation(standing: Standing) -> list[str]:
    """Return everything: each check, and the decision table row by row once it has been asked."""
    progress, rules, customer = standing.progress, standing.rules, standing.customer
    lines = [line.removeprefix("- ").replace("**", "") for line in "".join(_checks(progress)).splitlines()]
    if standing.move is not None and standing.move.decided is None:
        wanted = checks_wanted(rules, progress, customer)
        left = [name for name in wanted if progress.outcome(name) in (None, "error")]
        lines.append(f"the decision table {rules.rules} {rules.version} is asked after {', '.join(left)}")
        return lines
    lines += explained(decide(rules, progress, customer), rules)
    return lines
