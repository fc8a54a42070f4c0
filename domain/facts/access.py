"""Facts about who may administer a customer's services, and about what protects them.

Nobody is named: a principal is the id that the directory of the customer has for it. Names and addresses
are personal data, and facts are kept for ever.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator

from domain.facts.fact import Body
from domain.facts.fields import Day, Name, Reason


def _nobody(text: str) -> str:
    if "@" in text:
        raise ValueError("an address is personal data: write the object id that the directory has for it")
    return text


Principal = Annotated[Name, AfterValidator(_nobody)]
Safeguard = Literal["mfa", "alerts", "quota", "identity"]
"""What a person has to look at: sign-in with a second factor; alerts on assignments of roles; a quota that
was reduced to what is needed; who the customer is. The ledger itself knows of budgets and of debts."""


class SafeguardNoted(Body):
    """A person looked whether something protects the customer's services; the newest of each counts.

    Attributes:
        holds: whether it does.
        evidence: where that can be seen, such as the number of a report.
    """

    type: Literal["safeguard_noted"] = "safeguard_noted"
    safeguard: Safeguard
    holds: bool
    evidence: Reason | None = None
    by: Name | None = None


class AccessRequested(Body):
    """Somebody wants a role; nothing is granted by that."""

    type: Literal["access_requested"] = "access_requested"
    grant: Name
    principal: Principal
    role: Name
    scope: Name
    to: Day | None = None
    reason: Reason
    by: Name | None = None


class AccessGranted(Body):
    """A role was granted until the end of a day.

    Attributes:
        grant: its own name; that of the request where there was one.
        scope: the subscription or directory that the role is about.
        by: who approved it.
    """

    type: Literal["access_granted"] = "access_granted"
    grant: Name
    principal: Principal
    role: Name
    scope: Name
    to: Day
    reason: Reason
    by: Name | None = None


class AccessRevoked(Body):
    """A grant was taken back, or a request refused."""

    type: Literal["access_revoked"] = "access_revoked"
    grant: Name
    reason: Reason
    by: Name | None = None
