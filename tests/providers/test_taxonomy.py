"""Each code of a vendor has its reaction: the tables of the reference, word by word."""

import pytest

from domain.reaction import DOES, REACTIONS
from providers import sendgrid_events, twilio_codes
from providers.sendgrid_events import trouble_of_event, trouble_of_status
from providers.twilio_codes import VERIFY, trouble_of

MESSAGES = {
    "retry_later": "20429 14107 21611 20503 30001 30017 30022",
    "soft_failure": "30003 30004 30008 30410 30485 30450 30453",
    "configuration": (
        "20003 20005 20010 21606 21603 21408 21612 21701 21702 21703 21704 21705 21608 30002 30018 30023"
        " 30024 30027 30032 30034 30037 30040 30041 30042 30454"
    ),
    "invalid_contact": "21211 21214 21217 21614 21635 30005 30006",
    "opted_out": "21610",
    "content": "21602 21604 21617 21619 30007 30019 30038 35114 35115 35116 35117",
    "expired": "30036",
}
VERIFICATIONS = {
    "retry_later": "20429 20503 60212",
    "configuration": "20003 60204 60207 60217 60223 60228 60238",
    "invalid_contact": "60200 60205",
    "verification": "60202 60203 20404 60410 60605",
}


def rows(table: dict[str, str]) -> list[tuple[int, str]]:
    return [(int(code), reaction) for reaction, codes in table.items() for code in codes.split()]


def test_each_reaction_says_what_it_does() -> None:
    assert set(DOES) == set(REACTIONS)


@pytest.mark.parametrize(("code", "reaction"), rows(MESSAGES))
def test_a_code_of_messages_has_its_reaction(code: int, reaction: str) -> None:
    assert trouble_of(code).reaction == reaction
    assert trouble_of(code, status=400).reaction == reaction


@pytest.mark.parametrize(("code", "reaction"), rows(VERIFICATIONS))
def test_a_code_of_verify_has_its_reaction(code: int, reaction: str) -> None:
    assert trouble_of(code, codes=VERIFY).reaction == reaction


def test_no_code_is_in_the_tables_that_is_not_tested() -> None:
    assert set(twilio_codes.MESSAGES) == {code for code, _ in rows(MESSAGES)}
    assert set(twilio_codes.VERIFY) == {code for code, _ in rows(VERIFICATIONS)}


@pytest.mark.parametrize(
    ("code", "status", "reaction"),
    [
        (99999, 400, "content"),
        (99999, 401, "configuration"),
        (20404, 404, "configuration"),
        (None, 403, "configuration"),
        (None, 429, "retry_later"),
        (None, 500, "in_doubt"),
        (20503, 503, "in_doubt"),
        (None, 302, "in_doubt"),
        (99999, 0, "soft_failure"),
    ],
)
def test_a_code_that_nobody_knows_goes_by_its_status(code: int | None, status: int, reaction: str) -> None:
    assert trouble_of(code, status=status).reaction == reaction


@pytest.mark.parametrize(
    ("status", "reaction"),
    [
        *[(400, "content"), (413, "content"), (422, "content")],
        *[(status, "configuration") for status in (401, 403, 404)],
        *[(429, "retry_later"), (500, "in_doubt"), (503, "in_doubt"), (302, "in_doubt")],
    ],
)
def test_a_status_of_sendgrid_has_its_reaction(status: int, reaction: str) -> None:
    assert trouble_of_status(status).reaction == reaction


@pytest.mark.parametrize(
    ("event", "kind", "classification", "reason", "reaction"),
    [
        ("processed", "", "", "", None),
        ("delivered", "", "", "", None),
        ("open", "", "", "", None),
        ("click", "", "", "", None),
        ("never heard of", "", "", "", None),
        ("deferred", "", "", "450 try later", "waiting"),
        ("bounce", "bounce", "Invalid Address", "550 no such user", "invalid_contact"),
        ("bounce", "bounce", "Mailbox Unavailable", "", "invalid_contact"),
        ("bounce", "bounce", "", "", "invalid_contact"),
        ("bounce", "blocked", "Content", "", "content"),
        ("bounce", "blocked", "Frequency or Volume Too High", "", "configuration"),
        ("bounce", "blocked", "Reputation", "", "configuration"),
        ("bounce", "blocked", "Invalid Address", "", "soft_failure"),
        ("bounce", "blocked", "Mailbox Unavailable", "", "soft_failure"),
        ("bounce", "blocked", "Technical", "", "soft_failure"),
        ("bounce", "blocked", "Unclassified", "", "soft_failure"),
        ("bounce", "blocked", "a new one", "", "soft_failure"),
        ("dropped", "", "", "Bounced Address", "invalid_contact"),
        ("dropped", "", "", "Invalid", "invalid_contact"),
        ("dropped", "", "", "Unsubscribed Address", "opted_out"),
        ("dropped", "", "", "Spam Reporting Address", "opted_out"),
        ("dropped", "", "", "Recipient List over Package Quota", "configuration"),
        ("dropped", "", "", "Invalid SMTPAPI header", "content"),
        ("dropped", "", "", "Spam Content (if Spam Checker app is enabled)", "content"),
        ("dropped", "", "", "a new one", "soft_failure"),
        ("spamreport", "", "", "", "complained"),
        ("unsubscribe", "", "", "", "unsubscribed"),
        ("group_unsubscribe", "", "", "", None),
        ("group_resubscribe", "", "", "", None),
    ],
)
def test_an_event_has_its_reaction(
    event: str, kind: str, classification: str, reason: str, reaction: str | None
) -> None:
    trouble = trouble_of_event(event, kind=kind, classification=classification, reason=reason)
    assert (trouble and trouble.reaction) == reaction


def test_every_sentence_is_one() -> None:
    tables = (twilio_codes.MESSAGES, twilio_codes.VERIFY, sendgrid_events.STATUSES, sendgrid_events.EVENTS)
    more = (sendgrid_events.BLOCKED, sendgrid_events.DROPPED)
    assert all(trouble.says for table in (*tables, *more) for trouble in table.values())
