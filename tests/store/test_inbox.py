"""What vendors report, on both databases: once each, in any order, and before our own bookkeeping."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.delivery import Receipt
from domain.facts import Bounced, ContactChanged, Delivered, OptedIn, OptedOut, Paused, Replied
from domain.reaction import Reaction, Trouble
from domain.replies import Reply
from store import customers, doors, facts, heard, inbox, refusals, tasks
from store.assess import look
from store.database import Ledger
from store.facts import NewFact
from store.tables import ReplyRow

CODE = "test"


def receipt(
    message: str | None,
    state: Any = "delivered",
    reaction: Reaction | None = None,
    *,
    channel: str = "email",
    dedupe: str = "",
    **values: Any,
) -> Receipt:
    trouble = Trouble(reaction, f"it is {reaction}") if reaction else None
    return Receipt(
        source="vendor",
        dedupe=dedupe or f"{message}/{state}/{reaction}",
        channel=channel,
        reference=message,
        word=state,
        state=state,
        trouble=trouble,
        **values,
    )


def take(business: Any, event: Receipt, now: Any) -> inbox.Taken:
    return inbox.take(business.ledger, event, now=now, code_version=CODE)


def bodies(business: Any, customer: str = "ACME") -> list[Any]:
    return [
        fact.body for fact in facts.history(business.ledger, customer) if fact.source in ("claim", "vendor")
    ]


@pytest.fixture
def sent(business: Any) -> str:
    """An email of the first step that the vendor took and of which nothing is known."""
    business.customer()
    business.invoice("ACME")
    begun = business.begun("ACME", "first/email", business.at(3))
    business.confirm("ACME", begun.message, business.at(3), provider_ref="SG1")
    return str(begun.message)


def test_an_event_is_taken_once(business: Any, sent: str) -> None:
    assert take(business, receipt(sent), business.at(4)).known == "done"
    assert take(business, receipt(sent), business.at(5)).known == "again"
    assert take(business, receipt(sent, dedupe="another name for it"), business.at(5)).known == "done"
    assert [type(body) for body in bodies(business)] == [Delivered]


def test_an_event_is_found_by_the_vendors_own_name_for_the_message(business: Any, sent: str) -> None:
    taken = take(business, receipt(None, provider_ref="SG1"), business.at(4))
    assert taken.known == "done"
    assert bodies(business)[0].message == sent


def test_an_event_settles_a_claim_that_nobody_confirmed(business: Any) -> None:
    """The callback beats the answer of the vendor, or the worker died after it."""
    business.customer()
    business.invoice("ACME")
    begun = business.begun("ACME", "first/email", business.at(3))
    taken = take(business, receipt(begun.message, "accepted", provider_ref="SG1"), business.at(3, 11))
    assert taken == inbox.Taken(known="done", wake=("ACME",))
    with business.ledger.read() as session:
        (claim,) = facts.read_claims(session, "ACME")
    assert (claim.state, claim.provider_ref) == ("sent", "SG1")
    # What the worker says late changes nothing.
    business.confirm("ACME", begun.message, business.at(3, 12), provider_ref="SG1")


def test_a_receipt_that_changes_no_plan_wakes_nobody(business: Any, sent: str) -> None:
    business.assess("ACME", business.at(3))
    assert take(business, receipt(sent), business.at(3, 11)).wake == ()


def test_an_unknown_reference_is_kept_and_counted(business: Any) -> None:
    now = business.at(3)
    assert take(business, receipt("m-nobody"), now).known == "unknown"
    assert take(business, receipt("m-nobody"), now).known == "again"
    assert inbox.unknown_since(business.ledger, now - timedelta(days=1)) == {"vendor": 1}
    assert inbox.unknown_since(business.ledger, now + timedelta(days=1)) == {}


def test_a_hard_bounce_goes_to_the_next_channel_at_once(
    business: Any, wanted: Callable[..., list[str]]
) -> None:
    business.customer()
    business.invoice("ACME")
    business.send("ACME", "first/email", business.at(3))
    begun = business.begun("ACME", "second/email", business.at(10))
    business.confirm("ACME", begun.message, business.at(10), provider_ref="SG2")
    taken = take(business, receipt(begun.message, "failed", "invalid_contact"), business.at(10, 12))
    assert taken.wake == ("ACME",)
    assert wanted(business.assess("ACME", business.at(10, 12))) == ["second/sms"]


def test_a_soft_failure_tries_again_on_another_day_and_twice_is_a_wrong_address(
    business: Any, sent: str, wanted: Callable[..., list[str]]
) -> None:
    """`first` has email alone: reference.md 3, "one later try on another day; twice -> contact fault"."""
    take(business, receipt(sent, "failed", "soft_failure"), business.at(3, 12))
    assert wanted(business.assess("ACME", business.at(3, 13))) == []
    assert wanted(business.assess("ACME", business.at(4))) == ["first/email"]
    again = business.begun("ACME", "first/email", business.at(4))
    assert again.message != sent, "what is reported of the first is not to be taken for the second"
    business.confirm("ACME", again.message, business.at(4), provider_ref="SG2")
    take(business, receipt(again.message, "failed", "soft_failure"), business.at(4, 12))
    assessment = business.assess("ACME", business.at(5))
    assert assessment.account.reach["email"] == "invalid"
    assert wanted(assessment) == ["unreachable/task"]


def test_what_is_reported_late_of_the_first_attempt_says_nothing_of_the_second(
    business: Any, sent: str
) -> None:
    take(business, receipt(sent, "failed", "soft_failure"), business.at(3, 12))
    again = business.begun("ACME", "first/email", business.at(4))
    business.confirm("ACME", again.message, business.at(4), provider_ref="SG2")
    late = take(business, receipt(sent, "failed", "invalid_contact"), business.at(4, 12))
    assert late.known == "unknown"
    assert business.assess("ACME", business.at(4, 13)).account.reach["email"] == "ok"


def test_a_fault_of_ours_says_nothing_of_the_customer_and_is_told_once(business: Any, sent: str) -> None:
    for dedupe in ("a", "b"):
        event = receipt(sent, "failed", "configuration", dedupe=dedupe)
        take(business, event, business.at(3, 12))
    assessment = business.assess("ACME", business.at(4))
    assert assessment.account.reach["email"] == "ok"
    (task,) = [task for task in tasks.worklist(business.ledger) if task.customer_id is None]
    assert (task.step, task.why) == ("vendor", "vendor: it is configuration (failed)")


def test_a_failure_of_another_attempt_under_the_same_reference_is_none_of_this(
    business: Any, sent: str
) -> None:
    event = receipt(sent, "failed", "invalid_contact", provider_ref="SG0")
    assert take(business, event, business.at(4)).known == "done"
    assert bodies(business) == []


def test_an_opt_out_by_the_vendor_is_one_of_the_channel(business: Any, sent: str) -> None:
    take(business, receipt(sent, "failed", "opted_out"), business.at(4))
    assert business.assess("ACME", business.at(4)).account.reach["email"] == "opted_out"


def test_an_opt_out_without_a_message_is_found_by_address(business: Any) -> None:
    business.customer()
    event = receipt(None, "accepted", "opted_out", address="ACME@example.com")
    assert take(business, event, business.at(4)).known == "done"
    assert bodies(business) == [OptedOut(channel="email")]


def test_a_complaint_opts_out_pauses_and_asks_a_person(
    business: Any, sent: str, wanted: Callable[..., list[str]]
) -> None:
    taken = take(business, receipt(sent, "accepted", "complained"), business.at(4))
    assert taken.wake == ("ACME",)
    assert {type(body) for body in bodies(business)} == {OptedOut, Replied, Paused}
    assert wanted(business.assess("ACME", business.at(12))) == ["customer_reply/task"]


def test_a_deferral_of_a_day_goes_to_the_next_channel(
    business: Any, wanted: Callable[..., list[str]]
) -> None:
    business.customer()
    business.invoice("ACME")
    business.send("ACME", "first/email", business.at(3))
    begun = business.begun("ACME", "second/email", business.at(10))
    business.confirm("ACME", begun.message, business.at(10), provider_ref="SG2")
    take(business, receipt(begun.message, "waiting", "waiting", dedupe="1"), business.at(10, 12))
    assert wanted(business.assess("ACME", business.at(10, 13))) == []
    take(business, receipt(begun.message, "waiting", "waiting", dedupe="2"), business.at(11, 12))
    assert wanted(business.assess("ACME", business.at(11, 13))) == ["second/sms"]
    take(business, receipt(begun.message), business.at(11, 14))
    claims = business.assess("ACME", business.at(11, 15)).account.claims
    assert [claim.delivered_at is not None for claim in claims if claim.message == begun.message] == [True]


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_every_order_of_events_gives_the_same_end(business: Any, sent: str, order: tuple[int, ...]) -> None:
    events = [
        receipt(sent, "failed", "soft_failure"),
        receipt(sent, "failed", "invalid_contact"),
        receipt(sent, "delivered"),
    ]
    for index in order:
        take(business, events[index], business.at(4))
        take(business, events[order[0]], business.at(4))
    account = business.assess("ACME", business.at(5)).account
    (claim,) = [claim for claim in account.claims if claim.message == sent]
    assert (claim.stands, claim.fault, account.reach["email"]) == (False, None, "invalid")


# --- replies -------------------------------------------------------------------------------------


def reply(text: str, dedupe: str = "SM1", sender: str = "+4915112345678", **values: Any) -> Reply:
    return Reply(
        source="vendor", dedupe=dedupe, provider_ref=dedupe, channel="sms", sender=sender, text=text, **values
    )


def test_stop_is_heard_at_once_for_everyone_with_the_number(business: Any) -> None:
    business.customer("ACME")
    business.customer("BETA")
    told = heard.take(business.ledger, reply("Stop please"), now=business.at(3))
    assert (told.says, told.confirm) == ("stop", "en")
    for name in ("ACME", "BETA"):
        assert business.assess(name, business.at(3)).account.reach == {"email": "ok", "sms": "opted_out"}
    again = heard.take(business.ledger, reply("Stop please"), now=business.at(3))
    assert (again.taken.known, again.confirm) == ("again", None)


def test_what_the_vendor_answers_is_not_confirmed_twice(business: Any) -> None:
    business.customer()
    assert heard.take(business.ledger, reply("STOP"), now=business.at(3)).confirm is None


def test_start_takes_the_opt_out_back_and_nothing_else(business: Any) -> None:
    business.customer()
    heard.take(business.ledger, reply("STOP"), now=business.at(3))
    heard.take(business.ledger, reply("START", "SM2"), now=business.at(4))
    assert business.assess("ACME", business.at(4)).account.reach["sms"] == "ok"
    told = heard.take(business.ledger, reply("yes", "SM3"), now=business.at(5))
    assert told.says == "other", "there is nothing to take back"


def test_a_reply_with_content_is_a_task_and_its_text_goes_with_the_contact_data(
    business: Any, wanted: Callable[..., list[str]]
) -> None:
    business.customer()
    told = heard.take(business.ledger, reply("I paid yesterday"), now=business.at(3))
    assert (told.says, told.taken.wake) == ("paid", ("ACME",))
    assert wanted(business.assess("ACME", business.at(3))) == ["customer_reply/task"]
    business.send("ACME", "customer_reply/task", business.at(3))
    (task,) = tasks.worklist(business.ledger)
    assert (task.step, task.why) == ("customer_reply", "1 by sms to read: paid")
    assert [words.text for words in heard.read(business.ledger, "ACME")] == ["I paid yesterday"]
    assert "yesterday" not in str(facts.history(business.ledger, "ACME"))
    with business.ledger.write() as session:
        customers.destroy_contact(session, "ACME")
    assert heard.read(business.ledger, "ACME") == []


def test_words_of_somebody_who_is_forgotten_meanwhile_are_not_kept(
    business: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    business.customer()
    with business.ledger.write() as session:
        customers.destroy_contact(session, "ACME")
    monkeypatch.setattr(customers, "reached_at", lambda *_: ["ACME"])  # as it was looked up before
    told = heard.take(business.ledger, reply("I paid yesterday"), now=business.at(3))
    assert (told.taken.known, told.taken.wake) == ("unknown", ())
    assert heard.read(business.ledger, "ACME") == []
    assert facts.history(business.ledger, "ACME") == ()


def test_forgetting_again_destroys_words_that_were_left(business: Any) -> None:
    business.customer()
    with business.ledger.write() as session:
        customers.destroy_contact(session, "ACME")
        row = ReplyRow(customer_id="ACME", heard_at=business.at(3), channel="sms", says="paid", text="mine")
        session.add(row)
    with business.ledger.write() as session:
        customers.destroy_contact(session, "ACME")
    assert heard.read(business.ledger, "ACME") == []


def test_the_task_is_one_at_a_time_and_comes_again_for_new_words(
    business: Any, wanted: Callable[..., list[str]]
) -> None:
    from store import commands

    business.customer()
    for number, text in enumerate(("call me", "I dispute this")):
        heard.take(business.ledger, reply(text, f"SM{number}"), now=business.at(3))
    business.send("ACME", "customer_reply/task", business.at(3, 11))
    heard.take(business.ledger, reply("hello?", "SM7"), now=business.at(3, 12))
    assert wanted(business.assess("ACME", business.at(3, 13))) == []
    done = {"step": "customer_reply", "by": "maria"}
    commands.perform(business.ledger, "ACME", "complete_task", done, now=business.at(4))
    assert wanted(business.assess("ACME", business.at(4, 11))) == []
    heard.take(business.ledger, reply("hello again?", "SM8"), now=business.at(5))
    assert wanted(business.assess("ACME", business.at(5))) == ["customer_reply/task"]


def test_a_reply_from_a_number_of_nobody_is_counted_without_its_words(ledger: Ledger, business: Any) -> None:
    told = heard.take(business.ledger, reply("hello", sender="+4915199999999"), now=business.at(3))
    assert told.taken.known == "unknown"
    assert inbox.unknown_since(ledger, business.at(2)) == {"vendor": 1}


def test_a_click_unsubscribes_from_email_once_and_again_after_an_opt_in(business: Any, sent: str) -> None:
    assert heard.unsubscribe(business.ledger, "m-nobody", now=business.at(4)).known == "unknown"
    assert heard.unsubscribe(business.ledger, sent, now=business.at(4)).known == "done"
    assert heard.unsubscribe(business.ledger, sent, now=business.at(4)).known == "again"
    assert business.assess("ACME", business.at(4)).account.reach == {"email": "opted_out", "sms": "ok"}
    again = NewFact(source="cli", id="again", happened_at=business.at(5), body=OptedIn(channel="email"))
    doors.record(business.ledger, "ACME", [again], now=business.at(5))
    assert business.assess("ACME", business.at(5)).account.reach["email"] == "ok"
    assert heard.unsubscribe(business.ledger, sent, now=business.at(6)).known == "done"


def test_refusals_are_added_up_by_door_reason_and_day(ledger: Ledger, business: Any) -> None:
    day = business.at(0).date()
    refusals.add(ledger, {("twilio", "signature"): 2}, on=day)
    refusals.add(ledger, {("twilio", "signature"): 3, ("sendgrid", "stale"): 1}, on=day)
    assert refusals.since(ledger, day) == {("sendgrid", "stale"): 1, ("twilio", "signature"): 5}
    assert refusals.since(ledger, day + timedelta(days=1)) == {}


def test_messages_that_nobody_heard_of_are_found_for_the_poller(business: Any, sent: str) -> None:
    ask = {"after": timedelta(minutes=15), "within": timedelta(days=4), "limit": 10}
    assert inbox.waiting(business.ledger, ["email"], now=business.at(3, 10, 10), **ask) == []
    (waiting,) = inbox.waiting(business.ledger, ["email"], now=business.at(3, 11), **ask)
    assert (waiting.message, waiting.provider_ref, waiting.channel) == (sent, "SG1", "email")
    assert inbox.waiting(business.ledger, ["sms"], now=business.at(3, 11), **ask) == []
    take(business, receipt(sent), business.at(3, 12))
    assert inbox.waiting(business.ledger, ["email"], now=business.at(3, 13), **ask) == []


def test_a_new_address_forgets_what_failed_in_passing(business: Any, sent: str) -> None:
    take(business, receipt(sent, "failed", "soft_failure"), business.at(3, 12))
    business.record("ACME", ContactChanged(channel="email"), now=business.at(3, 13))
    assert bodies(business)[0] == Bounced(
        message=sent, step="first", channel="email", reason="it is soft_failure", fault="passing"
    )
    assert business.assess("ACME", business.at(3, 14)).account.reach["email"] == "ok"


def test_an_event_is_found_by_a_longer_name_than_the_vendor_answered_with(business: Any) -> None:
    business.customer()
    business.invoice("ACME")
    begun = business.begun("ACME", "first/email", business.at(3))
    business.confirm("ACME", begun.message, business.at(3), provider_ref="geopod.ismtpd.2")
    event = receipt(None, provider_ref="geopod.ismtpd.2.recvd-1.0")
    assert take(business, event, business.at(4)).known == "done"
    assert bodies(business)[0].message == begun.message


def test_an_opt_out_that_says_more_is_a_task_as_well(business: Any, wanted: Callable[..., list[str]]) -> None:
    business.customer()
    heard.take(business.ledger, reply("STOP"), now=business.at(3))
    assert wanted(business.assess("ACME", business.at(3))) == [], "the bare word leaves nothing to read"
    heard.take(business.ledger, reply("Stop it please", "SM2"), now=business.at(3))
    assert wanted(business.assess("ACME", business.at(3))) == [], "said again in other words"
    heard.take(business.ledger, reply("Stop texting me, I dispute this", "SM3"), now=business.at(3))
    assert wanted(business.assess("ACME", business.at(3))) == ["customer_reply/task"]
    assert bodies(business) == [OptedOut(channel="sms"), Replied(channel="sms", says="dispute")]


def test_whether_somebody_has_opted_out_is_what_the_account_says(business: Any, sent: str) -> None:
    """A click at an address that no longer counts as opted out opts out once more."""
    heard.unsubscribe(business.ledger, sent, now=business.at(4))
    business.record("ACME", OptedIn(channel="sms"), now=business.at(5))
    business.record("ACME", OptedIn(channel="email"), now=business.at(5))
    assert heard.unsubscribe(business.ledger, sent, now=business.at(6)).known == "done"
    assert business.assess("ACME", business.at(6)).account.reach["email"] == "opted_out"


def test_a_report_that_comes_late_ends_the_task_about_a_message_that_nobody_could_tell_of(
    business: Any,
) -> None:
    business.customer()
    business.invoice("ACME")
    begun = business.begun("ACME", "first/email", business.at(3))
    business.confirm("ACME", begun.message, business.at(3), state="unknown")
    business.send("ACME", "in-doubt-first-email/task", business.at(3))
    (task,) = tasks.worklist(business.ledger)
    assert (task.step, task.kind, task.debts) == ("in-doubt-first-email", "review", {"INV-1": "100.00"})

    take(business, receipt(begun.message), business.at(4))

    assert tasks.worklist(business.ledger) == []
    assert look(business.ledger, "ACME").account.claims[0].state == "sent"
