"""New customers in the ledger: applications, codes, answers and outcomes, on both databases."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from domain import errors, facts
from domain.errors import TryAgainLater
from domain.onboarding import MOST_TRIES, Application, code_of
from store import commands, customers, doors, journal, onboarding, switches, tasks, verifications
from store import facts as ledger_facts
from store.claims import PutOff, Unwanted
from store.database import Ledger
from store.errors import Refused, UnknownCustomer
from store.facts import NewFact
from store.tables import FactRow, JournalRow, VerificationRow
from store.verifications import CodeBegun

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AT_WORK, CODE = timedelta(seconds=10), "test"
APPLICATION = Application(
    customer_id="HAFEN",
    name="Hafenküche GmbH",
    email="Post@HAFENKUECHE.example",
    phone="01512 3456789",
    address="Am Sandtorkai 1, 20457 Hamburg",
    vat_id="DE136695976",
    country="DE",
    timezone="Europe/Berlin",
    currency="EUR",
)

Together = Callable[[list[Callable[[], Any]]], list[Any]]


def minute(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


FREE = ("identifiers", "mail_domain", "velocity", "links", "region", "sanctions", "phone_line")


def came_out(outcome: Any, *names: str) -> list[facts.Checked]:
    """Facts of checks, all with this outcome."""
    return [
        facts.Checked(check=name, outcome=outcome, provider="offline", ruleset="test-1") for name in names
    ]


@pytest.fixture
def applied(business: Any) -> Ledger:
    """A ledger in which Hafen has applied and passed every check before the code."""
    ledger: Ledger = business.ledger
    onboarding.apply(ledger, APPLICATION, now=START)
    assert onboarding.checked(ledger, "HAFEN", came_out("pass", *FREE), now=START).accepted == len(FREE)
    return ledger


def begin(ledger: Ledger, now: datetime) -> CodeBegun | Unwanted | PutOff:
    return verifications.begin(ledger, "HAFEN", now=now, at_work=AT_WORK, code_version=CODE)


def send(ledger: Ledger, now: datetime, *, bounced: bool = False) -> CodeBegun:
    begun = begin(ledger, now)
    assert isinstance(begun, CodeBegun), begun
    confirm(ledger, begun, now, bounced=bounced)
    return begun


def confirm(ledger: Ledger, begun: CodeBegun, now: datetime, *, bounced: bool = False) -> bool:
    return verifications.confirm(
        ledger,
        "HAFEN",
        begun.attempt,
        provider="test",
        provider_ref="p-1",
        bounced=bounced,
        now=now,
        code_version=CODE,
    )


def give_up(
    ledger: Ledger, begun: CodeBegun, now: datetime, outcome: Any, not_before: datetime | None = None
) -> bool:
    return verifications.give_up(
        ledger,
        "HAFEN",
        begun.attempt,
        outcome=outcome,
        reason="unwell",
        provider="test",
        now=now,
        code_version=CODE,
        not_before=not_before,
    )


def enter(ledger: Ledger, code: str, now: datetime) -> commands.Done:
    return commands.perform(ledger, "HAFEN", "enter_code", {"code": code}, now=now)


def wrong(begun: CodeBegun, number: int = 1) -> str:
    return f"{(int(begun.code) + number) % 1_000_000:06d}"


def bodies(ledger: Ledger) -> list[facts.Body]:
    return [fact.body for fact in ledger_facts.history(ledger, "HAFEN")]


# --- applications --------------------------------------------------------------------------------


def test_an_application_becomes_a_customer_who_is_verified(business: Any) -> None:
    recorded = onboarding.apply(business.ledger, APPLICATION, now=START)

    assessment = business.assess("HAFEN", START)
    assert recorded == doors.Recorded(accepted=1, already=0, wake=True)
    assert assessment.plan.stage == "onboarding"
    assert [effect.key for effect in assessment.plan.effects] == ["onboarding/onboarding"]


def test_contact_data_is_kept_apart_and_in_its_standard_form(business: Any) -> None:
    onboarding.apply(business.ledger, APPLICATION, now=START)

    with business.ledger.read() as session:
        contact = customers.contact(session, "HAFEN")
        told = [row.body for row in session.exec(select(FactRow))]
    assert (contact.phone, contact.email) == ("+4915123456789", "Post@hafenkueche.example")
    assert contact.vat_id == "DE136695976"
    assert told == ['{"type":"onboarding_started"}']


def test_the_same_application_again_changes_nothing(business: Any) -> None:
    onboarding.apply(business.ledger, APPLICATION, now=START)

    again = onboarding.apply(business.ledger, APPLICATION, now=minute(9))

    assert again == doors.Recorded(accepted=0, already=1, wake=False)
    assert len(ledger_facts.history(business.ledger, "HAFEN")) == 1


def test_many_at_once_are_one_application(business: Any, together: Together) -> None:
    results = together([lambda: onboarding.apply(business.ledger, APPLICATION, now=START)] * 4)

    assert sorted(result.accepted for result in results) == [0, 0, 0, 1]
    assert len(ledger_facts.history(business.ledger, "HAFEN")) == 1


def test_a_customer_of_long_standing_is_not_verified(business: Any) -> None:
    business.customer("HAFEN")

    with pytest.raises(Refused, match="HAFEN is a customer already"):
        onboarding.apply(business.ledger, APPLICATION, now=START)
    assert bodies(business.ledger) == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("customer_id", "a b", "cannot be a customer id"),
        ("timezone", "Berlin", "no known time zone"),
        ("country", "ZZ", "'ZZ' is no country of ISO 3166"),
        ("country", "germany", "no country code"),
        ("segment", "Big Ones", "cannot be a segment"),
        ("email", "post(at)hafen", "the email address cannot exist: write it like"),
        ("name", "Hafen\0", "the name has characters that cannot be printed"),
        ("name", "H" * 201, "the name is longer than 200 characters"),
        ("address", "Am Hafen 1\x1b[2J\nHamburg", "the address has characters that cannot be printed"),
        ("vat_id", "D" * 33, "the vat id is longer than 32 characters"),
    ],
)
def test_an_application_that_cannot_be_used_is_refused(
    business: Any, field: str, value: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        onboarding.apply(business.ledger, Application(**{**asdict(APPLICATION), field: value}), now=START)
    assert customers.ids(business.ledger) == []


def test_all_that_is_wrong_with_an_application_is_said_together(business: Any) -> None:
    wrong = replace(APPLICATION, country="ZZ", timezone="Berlin", email="post", segment="", name="\n")

    with pytest.raises(Refused) as refused:
        onboarding.apply(business.ledger, wrong, now=START)

    assert len(str(refused.value).splitlines()) == 5


def test_another_application_while_one_is_pending_is_refused_with_what_differs(business: Any) -> None:
    onboarding.apply(business.ledger, APPLICATION, now=START)
    other = replace(APPLICATION, email="other@hafenkueche.example", vat_id=None, language="de")

    with pytest.raises(Refused, match="already, with another email and vat id and language: nothing") as said:
        onboarding.apply(business.ledger, other, now=minute(9))

    assert "hafenkueche" not in str(said.value)
    assert onboarding.application_of(business.ledger, "HAFEN").vat_id == "DE136695976"


def test_what_is_checked_is_what_was_written(applied: Ledger) -> None:
    known = onboarding.application_of(applied, "HAFEN")

    assert asdict(known) == asdict(APPLICATION) | {
        "phone": "+4915123456789",
        "email": "Post@hafenkueche.example",
    }


def test_the_identifiers_are_checked_once(applied: Ledger) -> None:
    failed = came_out("fail", "identifiers")

    assert not onboarding.checked(applied, "HAFEN", failed, now=minute(1)).accepted
    assert onboarding.standing(applied, "HAFEN", now=minute(1)).progress.outcome("identifiers") == "pass"


def test_an_unknown_customer_is_answered_by_a_sentence(ledger: Ledger) -> None:
    with pytest.raises(UnknownCustomer, match=r"starter\.py onboard"):
        onboarding.standing(ledger, "NOBODY", now=START)


# --- sending -------------------------------------------------------------------------------------


def test_an_attempt_that_was_cut_short_is_settled_with_the_same_code(applied: Ledger) -> None:
    first = begin(applied, START)
    second = begin(applied, minute(1))

    assert isinstance(first, CodeBegun)
    assert isinstance(second, CodeBegun)
    assert (first.settle, second.settle) == (False, True)
    assert (first.code, first.reference) == (second.code, second.reference)


def test_many_at_once_begin_one_code(applied: Ledger, together: Together) -> None:
    begun = together([lambda: begin(applied, START)] * 4)

    assert [each.settle for each in begun if isinstance(each, CodeBegun)] == [False]
    assert [each.until for each in begun if isinstance(each, PutOff)] == [START + AT_WORK] * 3
    with applied.read() as session:
        assert len(session.exec(select(VerificationRow)).all()) == 1


def test_while_a_code_is_out_no_other_is_begun(applied: Ledger) -> None:
    send(applied, START)

    begun = begin(applied, minute(1))

    assert begun == Unwanted(why="code 1 of 3 was sent, and may still be tried 5 times")


def test_a_code_that_went_out_is_confirmed_once(applied: Ledger) -> None:
    begun = send(applied, START)

    assert not confirm(applied, begun, minute(1))
    assert [body for body in bodies(applied) if isinstance(body, facts.CodeSent)] == [
        facts.CodeSent(channel="sms", attempt=1)
    ]


def test_a_late_confirmation_does_not_reopen_an_answered_code(applied: Ledger) -> None:
    begun = send(applied, START)
    enter(applied, begun.code, minute(1))

    assert not confirm(applied, begun, minute(9))
    with applied.read() as session:
        [row] = session.exec(select(VerificationRow)).all()
        assert (row.state, row.expires_at) == ("answered", minute(10))


def test_the_next_code_is_another_one(applied: Ledger) -> None:
    first, second = send(applied, START), send(applied, minute(40))

    assert (first.attempt, second.attempt) == (1, 2)
    assert first.code == code_of(applied.code_key, first.reference)
    assert first.reference != second.reference


def test_a_courier_that_is_away_costs_no_code(applied: Ledger) -> None:
    begun = begin(applied, START)
    assert isinstance(begun, CodeBegun)
    assert give_up(applied, begun, START, "error")

    again = begin(applied, minute(15))

    assert isinstance(again, CodeBegun)
    assert (again.attempt, again.settle, again.reference) == (1, False, begun.reference)


def test_a_number_that_takes_no_messages_goes_to_a_person(applied: Ledger) -> None:
    begun = begin(applied, START)
    assert isinstance(begun, CodeBegun)
    assert give_up(applied, begun, START, "fail")

    move = onboarding.standing(applied, "HAFEN", now=START).move
    assert move is not None
    assert move.kind == "review"


def test_a_code_that_bounced_goes_to_a_person(applied: Ledger) -> None:
    send(applied, START, bounced=True)

    standing = onboarding.standing(applied, "HAFEN", now=START)
    assert standing.move is not None
    assert standing.move.kind == "review"
    assert standing.progress.checks["phone"].reasons == ("code_bounced",)


def test_the_switch_holds_codes_back_and_go_has_the_customer_looked_at(applied: Ledger) -> None:
    switches.stop(applied, reason="drill", by="maria", now=START)
    held = begin(applied, START)
    woken = switches.go(applied, by="maria", now=minute(1))

    assert isinstance(held, PutOff)
    assert held.reason.rule == "hold.stopped"
    assert woken == 1
    assert isinstance(begin(applied, minute(1)), CodeBegun)


# --- answers -------------------------------------------------------------------------------------


def test_the_right_code_approves(applied: Ledger) -> None:
    begun = send(applied, START)

    done = enter(applied, begun.code, minute(3))

    assert done == commands.Done(words="The code is right.", wake=True, already=False)
    assert onboarding.conclude(applied, "HAFEN", now=minute(3), code_version=CODE) == "approved"
    assert onboarding.conclude(applied, "HAFEN", now=minute(4), code_version=CODE) is None
    ended = bodies(applied)[-1]
    assert isinstance(ended, facts.Onboarded)
    assert (ended.outcome, ended.by, ended.row) == ("approved", "arrears", "passed")


def test_a_wrong_code_costs_a_try_and_the_same_again_does_not(applied: Ledger) -> None:
    begun = send(applied, START)

    words = [enter(applied, wrong(begun), minute(n)).words for n in (1, 2)]

    assert words == [
        "That code is wrong: 4 tries are left.",
        "Entered already: That code is wrong: 4 tries are left.",
    ]


def test_after_too_many_wrong_codes_the_right_one_comes_too_late(applied: Ledger) -> None:
    begun = send(applied, START)
    for number in range(1, MOST_TRIES + 1):
        last = enter(applied, wrong(begun, number), minute(1))

    assert last.words.endswith("no try is left: another code is sent in 30 minutes.")
    with pytest.raises(Refused, match=r"No code is waited for\."):
        enter(applied, begun.code, minute(2))


def test_many_at_once_get_no_further_tries(applied: Ledger, together: Together) -> None:
    begun = send(applied, START)

    codes = [wrong(begun, number) for number in range(1, 9)]
    results = together([lambda code=code: enter(applied, code, minute(1)) for code in codes])

    answered = [result for result in results if isinstance(result, commands.Done)]
    assert len(answered) == MOST_TRIES
    assert all(isinstance(result, commands.Done | Refused) for result in results)


def test_a_code_is_right_until_it_expires(applied: Ledger) -> None:
    begun = send(applied, START)

    with pytest.raises(Refused, match=r"No code is waited for\."):
        enter(applied, begun.code, minute(10))
    assert enter(applied, begun.code, minute(9.99)).words == "The code is right."


def test_a_code_of_an_earlier_message_is_wrong(applied: Ledger) -> None:
    first = send(applied, START)
    send(applied, minute(40))

    assert enter(applied, first.code, minute(41)).words == "That code is wrong: 4 tries are left."


def test_no_code_is_taken_before_one_went_out(applied: Ledger) -> None:
    with pytest.raises(Refused, match=r"No code is waited for\."):
        enter(applied, "123456", START)
    begun = begin(applied, START)
    assert isinstance(begun, CodeBegun)
    with pytest.raises(Refused, match=r"No code is waited for\."):
        enter(applied, begun.code, START)


def test_no_code_is_kept_in_clear(applied: Ledger) -> None:
    begun = send(applied, START)
    enter(applied, wrong(begun), minute(1))
    enter(applied, begun.code, minute(2))

    with applied.read() as session:
        rows = [
            *session.exec(select(FactRow)),
            *session.exec(select(JournalRow)),
            *session.exec(select(VerificationRow)),
        ]
        kept = "\n".join(f"{row.model_dump()}" for row in rows)
    assert wrong(begun) not in kept
    assert begun.code not in kept
    assert begun.code not in repr(begun)


def test_answers_are_in_the_journal(applied: Ledger) -> None:
    begun = send(applied, START)
    enter(applied, wrong(begun), minute(1))

    said = [line.why for line in journal.read(applied, "HAFEN") if line.what == "command"]
    assert said == ["enter_code: That code is wrong: 4 tries are left."]


# --- reviews -------------------------------------------------------------------------------------


def review(business: Any) -> None:
    """Bring Hafen to a person, with the task that asks for the decision."""
    onboarding.apply(business.ledger, APPLICATION, now=START)
    business.send("HAFEN", "onboarding/onboarding", START)
    made = [*came_out("fail", "identifiers"), *came_out("pass", *FREE[1:-1])]
    onboarding.checked(business.ledger, "HAFEN", made, now=START)
    business.send("HAFEN", "onboarding_review/task", minute(1))


def test_a_review_is_a_task_that_its_decision_closes(business: Any) -> None:
    review(business)
    waiting = tasks.worklist(business.ledger)

    decision = {"outcome": "approve_prepayment", "note": "known to us", "by": "maria"}
    done = commands.perform(business.ledger, "HAFEN", "review_onboarding", decision, now=minute(9))

    assert [(task.step, task.kind, task.why) for task in waiting] == [
        ("onboarding_review", "review", "the check of identifiers came out as fail")
    ]
    assert done.words == "Decided to approve with prepayment: known to us."
    assert tasks.worklist(business.ledger) == []
    assert (
        onboarding.conclude(business.ledger, "HAFEN", now=minute(9), code_version=CODE)
        == "approved_prepayment"
    )


def test_a_review_cannot_be_ticked_off(business: Any) -> None:
    review(business)

    with pytest.raises(Refused):
        commands.perform(business.ledger, "HAFEN", "complete_task", {"by": "maria"}, now=minute(9))
    ticked = {"step": "onboarding_review", "by": "maria"}
    with pytest.raises(Refused):
        commands.perform(business.ledger, "HAFEN", "complete_task", ticked, now=minute(9))
    assert len(tasks.worklist(business.ledger)) == 1


def test_all_tasks_done_leaves_the_review(business: Any) -> None:
    review(business)
    with business.ledger.write() as session:
        closed = tasks.close(session, customer_id="HAFEN", step=None, now=minute(9), outcome=None, by="x")

    assert closed == 0


def test_nothing_is_concluded_before_its_time(applied: Ledger) -> None:
    assert onboarding.conclude(applied, "HAFEN", now=minute(1), code_version=CODE) is None


def test_one_fact_more_of_another_kind_leaves_the_verification_as_it_is(applied: Ledger) -> None:
    before = onboarding.standing(applied, "HAFEN", now=minute(1)).move
    issued = facts.InvoiceIssued(invoice="INV-1", amount="9.00", currency="EUR", due_on="2026-04-01")
    new = NewFact(source="test", id="INV-1", happened_at=minute(1), body=issued)
    doors.record(applied, "HAFEN", [new], now=minute(1))

    assert onboarding.standing(applied, "HAFEN", now=minute(1)).move == before


def test_a_vendor_that_wants_a_rest_gets_it_whoever_asks_in_between(applied: Ledger) -> None:
    begun = begin(applied, START)
    assert isinstance(begun, CodeBegun)
    give_up(applied, begun, START, "error", not_before=minute(20))

    early, later = begin(applied, minute(19)), begin(applied, minute(20))

    assert isinstance(early, PutOff)
    assert early.until == minute(20)
    assert isinstance(later, CodeBegun)


# --- codes that a vendor checks ------------------------------------------------------------------


class Vendor:
    """A vendor that knows the code, and counts how often it is asked; `was_right` by its attempts."""

    def __init__(self, *answers: bool | Exception, attempts: bool | Exception = False) -> None:
        self.answers, self.attempts = list(answers), attempts
        self.asked: list[tuple[str, str]] = []

    def check(self, provider_ref: str, code: str) -> bool:
        self.asked.append((provider_ref, code))
        return self._said(self.answers.pop(0))

    def was_right(self, provider_ref: str) -> bool:
        return self._said(self.attempts)

    def _said(self, answer: bool | Exception) -> bool:
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def theirs(applied: Ledger) -> CodeBegun:
    """A code that was sent by a vendor who alone knows it."""
    begun = begin(applied, START)
    assert isinstance(begun, CodeBegun)
    verifications.confirm(
        applied,
        "HAFEN",
        begun.attempt,
        provider="twilio_verify",
        provider_ref="VE1",
        theirs=True,
        bounced=False,
        now=START,
        code_version=CODE,
    )
    return begun


def test_a_code_of_a_vendor_is_checked_there_and_once(applied: Ledger, theirs: CodeBegun) -> None:
    vendor = Vendor(False, True)

    def entered(code: str) -> commands.Done:
        given = {"code": code}
        return commands.perform(applied, "HAFEN", "enter_code", given, now=minute(1), check=vendor)

    assert entered("111111").wrong
    again = entered("111111")
    assert (again.wrong, again.already) == (True, True)
    assert not entered("222222").wrong
    assert vendor.asked == [("VE1", "111111"), ("VE1", "222222")]
    answers = [body.ok for body in bodies(applied) if isinstance(body, facts.CodeAnswered)]
    assert answers == [False, True]


def test_our_own_code_is_no_key_where_the_vendor_has_one(applied: Ledger, theirs: CodeBegun) -> None:
    given = {"code": theirs.code}
    with pytest.raises(Refused, match="set TWILIO_VERIFY here too"):
        commands.perform(applied, "HAFEN", "enter_code", given, now=minute(1))
    done = commands.perform(applied, "HAFEN", "enter_code", given, now=minute(1), check=Vendor(False))
    assert done.wrong


@pytest.mark.parametrize(
    "error", [TryAgainLater("enter it again"), errors.Refused("it has expired"), errors.Misconfigured("key")]
)
def test_a_code_that_cannot_be_checked_costs_no_try(
    error: Exception, applied: Ledger, theirs: CodeBegun
) -> None:
    with pytest.raises(Refused, match=f"cannot be checked: {error}"):
        commands.perform(
            applied, "HAFEN", "enter_code", {"code": "111111"}, now=minute(1), check=Vendor(error)
        )
    assert [body for body in bodies(applied) if isinstance(body, facts.CodeAnswered)] == []


def entered(ledger: Ledger, vendor: Vendor, at: datetime) -> str:
    try:
        given = {"code": "111111"}
        return commands.perform(ledger, "HAFEN", "enter_code", given, now=at, check=vendor).words
    except Refused as refused:
        return str(refused)


UNSURE = "It is not known yet whether the code is right: enter it again."


def test_a_check_in_doubt_is_not_repeated_but_asked_about(applied: Ledger, theirs: CodeBegun) -> None:
    """A retry that comes while the first may still be at work, or a person who enters it again."""
    vendor = Vendor(errors.InDoubt("no answer"))
    assert entered(applied, vendor, minute(1)) == UNSURE
    assert entered(applied, vendor, minute(1) + timedelta(seconds=5)) == UNSURE
    vendor.attempts = TryAgainLater("Twilio cannot be reached")
    assert "Twilio cannot be reached" in entered(applied, vendor, minute(2))
    vendor.attempts = True
    assert entered(applied, vendor, minute(3)) == "The code is right."
    assert vendor.asked == [("VE1", "111111")], "the vendor was asked once to check it"


def test_what_was_not_right_then_is_checked_again_once_nobody_is_at_work(
    applied: Ledger, theirs: CodeBegun
) -> None:
    vendor = Vendor(errors.InDoubt("no answer"), False)
    assert entered(applied, vendor, minute(1)) == UNSURE
    assert entered(applied, vendor, minute(1) + verifications.ASKED) == (
        "That code is wrong: 4 tries are left."
    )
    assert len(vendor.asked) == 2


def test_a_code_that_is_used_up_was_right_where_the_attempts_say_so(
    applied: Ledger, theirs: CodeBegun
) -> None:
    vendor = Vendor(errors.Refused("the code was used", reaction="verification"), attempts=True)
    assert entered(applied, vendor, minute(1)) == "The code is right."
