"""Partner Center's errors: what each means for whoever asked, keyed by status and code.

A code alone is not enough, since some stand for two things under two statuses. Bodies come in several
shapes, and an answer may have none. Source: Microsoft's page of error codes; the remedies are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, NoReturn

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater

Remedy = Literal[
    "retry",
    "unclear",
    "look_again",
    "wait_a_day",
    "impossible",
    "order",
    "gone",
    "stopped",
    "sandbox",
    "auth",
    "refused",
]
"""What follows.

`retry`: nothing was done, ask again. `unclear`: it may have been done. `look_again`: it changed meanwhile, so
read and decide anew. `wait_a_day`: something runs there. `impossible`: it stands so already, or cannot any
more, which reading it tells. `order`: something else comes first. `gone`: customer or subscription are not
ours. `stopped`: Microsoft's risk or credit management said no, which is for a person. `sandbox`: only where
nothing is real. `auth`: our login or its rights. `refused`: anything else that will not change by itself.
"""

APP_ALONE = 900329
"""The code of what is not answered to an app alone."""
UNDER_WAY = 900278
"""The code of what something else is being done with, by us or by others."""
SOON = timedelta(seconds=10)
ORDER = timedelta(minutes=10)
"""A cancelled Azure subscription is shown as such about ten minutes later; a parent may take as long."""
DAY = timedelta(hours=24)
PATIENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What an answer means."""

    remedy: Remedy
    says: str
    status: int
    code: int | None = None

    @property
    def words(self) -> str:
        """The sentence, with what the provider's support asks for."""
        code = "" if self.code is None else f", code {self.code}"
        return f"{self.says} ({self.status}{code})"


CODES: Mapping[tuple[int, int], tuple[Remedy, str]] = {
    (400, 2001): ("impossible", "the quantity of a suspended subscription cannot be changed"),
    (400, 2011): ("impossible", "the subscription was deleted, so nothing of it can be changed"),
    (400, 2055): ("look_again", "the subscription was changed by somebody else meanwhile"),
    (400, 800002): ("refused", "Partner Center does not understand what it was sent"),
    (400, 800018): ("sandbox", "the integration sandbox is full"),
    (400, 800025): ("stopped", "the credit line at Microsoft is too small for this"),
    (400, 800040): ("impossible", "the status cannot be changed from what it is to this one"),
    (400, 800063): ("refused", "this order cannot be cancelled: its subscriptions can be suspended"),
    (400, 800091): ("impossible", "the subscription is suspended, so nothing else of it can be changed"),
    (400, 800093): ("refused", "this subscription cannot be renewed by itself"),
    (400, 800096): ("impossible", "the status of this subscription cannot be changed"),
    (400, 900116): ("sandbox", "the integration sandbox takes no more Azure plans"),
    (400, 900118): ("refused", "the customer's id is none that Partner Center knows: correct the place"),
    (400, 900127): ("sandbox", "this cannot be done in the integration sandbox"),
    (400, 900277): ("impossible", "the subscription is about to expire, so nothing of it can be changed"),
    (400, 900279): ("impossible", "nothing of this subscription can be changed any more"),
    (400, 900280): ("wait_a_day", "nothing of this subscription can be changed now: its term may be renewed"),
    (400, 900307): ("refused", "Partner Center takes no such reason for a cancellation"),
    (400, 900311): ("impossible", "the subscription was changed too often: ask Partner Center's support"),
    (401, 800001): ("auth", "Partner Center was given no token"),
    (401, 900420): ("auth", "the token is for another audience than Partner Center"),
    (401, 400): ("auth", "Partner Center refuses our login"),
    (403, 2032): ("auth", "Partner Center does not allow this to our login"),
    (403, 20002): ("gone", "there is no reseller relationship with this customer"),
    (403, 800023): ("stopped", "the credit line at Microsoft is too small for this"),
    (403, 800039): ("auth", "our own reseller program at Microsoft is not active"),
    (403, 800069): ("stopped", "Microsoft's risk management stopped it: nothing is to be repeated blindly"),
    (403, 800073): ("stopped", "Microsoft reviews this customer's account: look again in some days"),
    (403, 800074): ("stopped", "Microsoft reviews this customer's account: look again in some days"),
    (403, 800075): ("stopped", "Microsoft did not approve this customer's account: check what it is told"),
    (403, 800112): ("refused", "the customer still has Azure subscriptions of the old kind"),
    (403, 900105): ("refused", "a suspended Azure subscription cannot be moved to an Azure plan"),
    (403, 900115): ("order", "the Azure plan still has active Azure subscriptions: they are cancelled first"),
    (403, 900121): ("stopped", "the credit limit at Microsoft is too small for this"),
    (403, 900124): ("auth", "our company has not accepted the Microsoft Partner Agreement"),
    (403, 900149): ("auth", "our own program at Microsoft is not active"),
    (403, 900150): ("auth", "the role of our login may not do this"),
    (403, 900159): ("gone", "this is no customer of ours, or no Azure subscription of the customer"),
    (403, 900263): ("refused", "this cannot be done with a subscription of the old kind"),
    (403, 900308): ("auth", "our login has too few rights for this: see docs/partner-center.md"),
    (403, 900309): ("auth", "Conditional Access blocks our login: allow its application and its address"),
    (403, 900322): ("sandbox", "this cannot be bought in the integration sandbox"),
    (403, 900329): ("auth", "this is not answered to an app alone: set PARTNER_CENTER_REFRESH_TOKEN_FILE"),
    (403, 900416): ("stopped", "Microsoft has locked the account of this customer"),
    (404, 20003): ("gone", "there is no such subscription of this customer"),
    (404, 800111): ("gone", "there is no such Azure subscription of this customer"),
    (409, 27009): ("order", "an add-on cannot come back before the subscription that it belongs to"),
    (409, 800060): ("look_again", "an order of this customer is being worked on"),
    (409, 800082): ("retry", "the subscription is not ready to be changed"),
    (409, 900278): ("wait_a_day", "something is being done with this subscription already"),
    (412, 2055): ("look_again", "the subscription was changed by somebody else meanwhile"),
    (417, 800036): ("look_again", "the subscription was changed by somebody else meanwhile"),
    (500, 800003): ("unclear", "Partner Center failed without saying why"),
    (500, 800094): ("look_again", "the change did not succeed at Partner Center"),
    (500, 900192): ("unclear", "Partner Center failed without saying why"),
}  # fmt: skip

STATUSES: Mapping[int, tuple[Remedy, str]] = {
    401: ("auth", "Partner Center refuses our login"),
    403: ("auth", "Partner Center does not allow this to our login"),
    404: ("gone", "Partner Center does not know what was asked about"),
    408: ("unclear", "Partner Center took too long"),
    409: ("look_again", "something else is being done at Partner Center"),
    412: ("look_again", "the subscription was changed by somebody else meanwhile"),
    417: ("look_again", "the subscription was changed by somebody else meanwhile"),
    429: ("retry", "Partner Center asks for patience"),
}
"""What a status means by itself, where there is no code or one that nobody knows."""

MFA = "Partner Center wants a login that was made with multi-factor authentication"


def trouble_of(status: int, *, reason: str, body: Any) -> Trouble:
    """Return what an answer that is no success means.

    Args:
        reason: the words beside the status, which alone say that a login lacks MFA.
        body: as it was read; None where there was none, or none that can be read.
    """
    code = code_of(body)
    if status == 401 and "mfa" in reason.casefold():
        return Trouble(remedy="auth", says=MFA, status=status, code=code)
    known = None if code is None else CODES.get((status, code))
    if known is None and status == 403 and code not in (None, status):
        # A code that nobody knows is about this request: it must not stop the work for everybody else.
        known = ("refused", "Partner Center does not allow what is asked for")
    remedy, says = known or STATUSES.get(status) or _by_its_hundred(status)
    return Trouble(remedy=remedy, says=says, status=status, code=code)


def _by_its_hundred(status: int) -> tuple[Remedy, str]:
    if status >= 500:
        return "unclear", "Partner Center is unwell"
    if 300 <= status < 400:
        return "auth", "Partner Center answers elsewhere: correct PARTNER_CENTER_CLOUD"
    return "refused", "Partner Center refuses what is asked for"


def code_of(body: Any) -> int | None:
    """Return the code of an error: a number or a text, in the body or one level below, in any case."""
    if not isinstance(body, Mapping):
        return None
    named = {str(name).casefold(): value for name, value in body.items()}
    for name in ("code", "errorcode"):
        found = named.get(name)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
        if isinstance(found, str) and found.strip().isdecimal() and len(found) < 12:
            return int(found)
    for name in ("error", "innererror"):
        if (inner := code_of(named.get(name))) is not None:
            return inner
    return None


def raise_sorted(trouble: Trouble, *, changing: bool, delay: timedelta | None = None) -> NoReturn:
    """Raise what a trouble means to whoever asked.

    Args:
        changing: whether something was to be changed; reading again never harms.
        delay: the wait that the answer asks for.

    Raises:
        TryAgainLater, Refused, Misconfigured, InDoubt: in words without anything personal.
    """
    words = trouble.words
    match trouble.remedy:
        case "unclear" if changing:
            raise InDoubt(words)
        case "retry" | "unclear":
            raise TryAgainLater(words, delay=delay or PATIENCE)
        case "look_again":
            raise TryAgainLater(words, delay=delay or SOON)
        case "wait_a_day":
            raise TryAgainLater(words, delay=DAY)
        case "order":
            raise TryAgainLater(words, delay=delay or ORDER)
        case "auth":
            raise Misconfigured(words)
        case _:
            raise Refused(words)
