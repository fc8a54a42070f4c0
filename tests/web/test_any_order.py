"""Callbacks as Twilio signs them, in any order and as often as anybody likes: the ledger ends the same."""

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.policy import Policy
from providers.twilio_door import TwilioDoor
from store import breakers, consents, facts, inbox, policies
from store.database import Ledger
from tests.effort import examples
from tests.store.conftest import Business, at
from tests.web.conftest import ACCOUNT, PUBLIC, TOKEN, Vendors

REPORTS = (
    *(("queued", ""), ("sending", ""), ("sent", ""), ("delivered", ""), ("teleported", "")),
    *(("undelivered", "30003"), ("undelivered", "30005"), ("failed", "21610"), ("undelivered", "30034")),
    *(("failed", "30007"), ("canceled", ""), ("undelivered", "99999")),
)
DOOR = TwilioDoor(account_sid=ACCOUNT, auth_token=TOKEN)
NUMBERS = itertools.count()


def texted(business: Business) -> tuple[str, str]:
    """A customer of its own, and the SMS that it got."""
    name = f"C{next(NUMBERS)}"
    business.customer(name)
    business.invoice(name, f"INV-{name}")
    business.send(name, "first/email", at(3))
    mail = business.begun(name, "second/email", at(10))
    business.confirm(name, mail.message, at(10), state="refused")
    return name, business.begun(name, "second/sms", at(10)).message


def told(business: Business, message: str, reports: list[tuple[str, str]], sender: str) -> None:
    """Take callbacks as they come, over the door that verifies them."""
    path = f"/webhooks/twilio/status?k={message}"
    for status, code in reports:
        said = {"AccountSid": ACCOUNT, "MessageSid": f"SM-{message}", "MessageStatus": status, "From": sender}
        raw, headers = Vendors().twilio(path, {**said, **({"ErrorCode": code} if code else {})})
        lower = {name.lower(): value for name, value in headers.items()}
        for report in DOOR.verify(raw, lower, PUBLIC + path, at(10, 12)):
            inbox.take(business.ledger, report, now=at(10, 12), code_version="test")  # type: ignore[arg-type]


def end(business: Business, name: str, message: str, sender: str) -> tuple[object, ...]:
    """Everything by which is decided; of several reasons for one fault the first one heard is kept."""
    account = business.assess(name, at(10, 13)).account
    (claim,) = [each for each in account.claims if each.message == message]
    bodies = [fact.body for fact in facts.history(business.ledger, name)]
    said = sorted((body.type, str(getattr(body, "fault", ""))) for body in bodies)
    waiting = consents.untold(business.ledger, now=at(11), limit=999)
    untold = [each.status for each in waiting if each.customer_id == name]
    with business.ledger.read() as session:
        stopped = breakers.is_open(session, "sms", sender)
    how = claim.state, claim.stands, claim.fault, claim.delivered_at
    return *how, account.reach, said, stopped, untold


@settings(
    max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(reports=st.sets(st.sampled_from(REPORTS), min_size=1), data=st.data())
def test_any_order_with_any_duplicates_ends_the_same(
    ledger: Ledger, policy: Policy, reports: set[tuple[str, str]], data: st.DataObject
) -> None:
    if not policies.listed(ledger):
        policies.adopt(ledger, policy, now=at(-60), by="maria")
    business, ends = Business(ledger, policy), list[tuple[object, ...]]()
    plain = sorted(reports)
    more = data.draw(st.lists(st.sampled_from(plain), max_size=5))
    for order in (plain, data.draw(st.permutations(plain + more))):
        name, message = texted(business)
        sender = f"+4477009{next(NUMBERS):05}"
        told(business, message, order, sender)
        ends.append(end(business, name, message, sender))
        again = end(business, name, message, sender)
        told(business, message, order, sender)
        assert end(business, name, message, sender) == again, "what is repeated changes nothing"
    assert ends[0] == ends[1]
