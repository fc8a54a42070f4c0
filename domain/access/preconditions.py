"""What has to hold before a role is granted, and why a grant is refused."""

from datetime import timedelta

from domain.access.grants import AccessBook
from domain.facts import AccessGranted, AccessRequested, AccessRevoked
from domain.situation import Situation

# For every role, then for those with which one may do everything.
_FOR_EVERY_ROLE = ("mfa", "nothing_overdue")
_FOR_FULL_ROLES = ("budget", "alerts", "quota", "identity")

PRECONDITIONS = {
    "mfa": "sign-in needs a second factor",
    "nothing_overdue": "nothing is overdue",
    "budget": "a budget for usage is agreed",
    "alerts": "alerts on assignments of roles are on",
    "quota": "the quota is reduced to what is needed",
    "identity": "the customer's identity is verified",
}


def needed(at: Situation, role: str) -> tuple[str, ...]:
    """Return the preconditions of a role, by name."""
    full = at.policy.access.is_full(role)
    return (*_FOR_EVERY_ROLE, *_FOR_FULL_ROLES) if full else _FOR_EVERY_ROLE


def missing(at: Situation, role: str) -> tuple[str, ...]:
    """Return the preconditions of a role that do not hold; what nobody has looked at does not hold."""
    return tuple(name for name in needed(at, role) if not holds(at, name))


def holds(at: Situation, precondition: str) -> bool:
    """Whether a precondition holds now, as far as is known."""
    noted = at.account.access.safeguards.get(precondition)
    match precondition:
        case "nothing_overdue":
            return not at.overdue
        case "budget":
            return bool(at.account.usage_told) and at.account.usage.profile is not None
        case "identity" if noted is None:
            return at.account.onboarding in ("approved", "approved_prepayment")
        case _:
            return noted is not None and noted[1]


def in_words(names: tuple[str, ...]) -> str:
    """Say what does not hold: `mfa (sign-in needs a second factor)`, and so on."""
    return ", ".join(f"{name} ({PRECONDITIONS[name]})" for name in names)


def refused(at: Situation, body: AccessRequested | AccessGranted | AccessRevoked) -> str | None:
    """Return why a command about access may not be done now, or None."""
    book = at.account.access
    match body:
        case AccessRequested(grant=grant) if grant in book.taken:
            return f"There was a request or a grant {grant} already: give this one another name."
        case AccessRevoked(grant=grant) if grant not in book.requests and grant not in book.grants:
            known = ", ".join(sorted({*book.requests, *book.grants})) or "none"
            return f"No role is granted or requested as {grant}; there are: {known}."
        case AccessGranted():
            return _not_asked(book, body) or _too_long(at, body) or _unprotected(at, body)
        case _:
            return None


def _not_asked(book: AccessBook, body: AccessGranted) -> str | None:
    """Why a name cannot be granted: it is used up, or what was requested under it is something else."""
    if body.grant not in book.requests:
        used = body.grant in book.taken
        return f"There was a grant {body.grant} already: give this one another name." if used else None
    asked = book.requests[body.grant][1]
    wanted, given = (asked.principal, asked.role, asked.scope), (body.principal, body.role, body.scope)
    if wanted != given:
        return (
            f"{body.grant} was requested as {asked.role} on {asked.scope} for {asked.principal}: grant that."
        )
    return None


def _too_long(at: Situation, body: AccessGranted) -> str | None:
    terms = at.policy.access
    most = terms.full_days if terms.is_full(body.role) else terms.most_days
    longest = at.today + timedelta(days=most)
    if body.to < at.today:
        return f"{body.to} is over: a grant ends today or later."
    if body.to > longest:
        return f"{body.role} is granted for {most} days at most: until {longest}, and not until {body.to}."
    return None


def _unprotected(at: Situation, body: AccessGranted) -> str | None:
    lacking = missing(at, body.role)
    return f"{body.role} on {body.scope} is not granted: {in_words(lacking)}." if lacking else None
