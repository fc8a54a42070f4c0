"""The pages of customers: who is found, what is shown and to whom, and what a person may do there."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from domain.facts import DisputeOpened, InvoiceIssued
from domain.notice import Message
from domain.wording import Copy, Wording
from store import facts, journal
from tests.store.conftest import at
from tests.web.desk.conftest import Office

WORDS = Wording(
    channel="email", template="reminder_first", asked="en", language="en", version="v1", sha256="ab" * 32
)
MADE = Message(
    channel="email",
    step="first",
    reference="m",
    customer="ACME",
    to="a@acme.example",
    sender="b@seller.example",
    subject="Your invoice <INV-1>",
    text="Dear Acme Ltd, please pay.",
    html="<p style='color:red'>Dear Acme Ltd</p>",
)


@pytest.fixture
def acme(office: Office) -> Office:
    """A customer who was reminded once."""
    office.business.customer()
    office.business.invoice("ACME", "INV-1")
    begun = office.business.begun("ACME", "first/email", at(3))
    office.business.confirm("ACME", begun.message, at(3), outcome="delivered", words=WORDS)
    return office


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- the list ------------------------------------------------------------------------------------


def test_a_customer_is_found_and_named_to_who_may_see_names(acme: Office) -> None:
    seen = acme.browser("paul", groups="collectors").get("/desk/customers?search=acme+ltd").text
    assert "Acme Ltd" in seen
    assert "Reminded" in seen
    assert "100.00 EUR" in seen
    hidden = acme.browser("li").get("/desk/customers?search=ACME").text
    assert "ACME" in hidden
    assert "Acme Ltd" not in hidden
    assert "Nobody is found" in acme.browser("li").get("/desk/customers?search=acme+ltd").text


def test_the_list_goes_on_behind_the_last_of_a_page(acme: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        acme.business.customer(f"C-{number:02}")
    first = acme.browser().get("/desk/customers?search=c-").text
    more = re.search(r'href="(/desk/customers\?[^"]*after=[^"]*)" rel="next"', first)
    assert more is not None
    second = acme.browser().get(more[1].replace("&amp;", "&")).text
    assert ("C-49" in first, "C-50" in first) == (True, False)
    assert ("C-50" in second, "C-59" in second, 'rel="next"' in second) == (True, True, False)


# --- one customer --------------------------------------------------------------------------------


def test_a_customer_answers_at_a_glance(acme: Office) -> None:
    html = acme.browser("paul", groups="collectors").get("/desk/customers/ACME").text
    seen = text_of(html)
    assert "ACME: Reminded, 100.00 EUR overdue since 2 Mar 2026" in seen
    assert "Acme Ltd · ACME@example.com" in seen
    assert "second by email" in seen
    assert "first by email for INV-1 100.00 delivered" in seen
    assert 'href="http://127.0.0.1:8233/namespaces/default/workflows/customer%2FACME"' in html
    assert "/desk/customers/ACME/do/promise" in html
    # What makes no sense now is said with its sentence, and not offered.
    assert "Nothing is paused." in seen
    assert "/do/resume" not in html


def test_who_may_not_is_offered_nothing_and_told_who_may(acme: Office) -> None:
    html = acme.browser("li").get("/desk/customers/ACME").text
    assert "/do/" not in html
    assert "Acme Ltd" not in html
    assert "Promise: collector" in text_of(html)
    collector = acme.browser("paul", groups="collectors").get("/desk/customers/ACME").text
    assert "/do/write_off" not in collector
    assert "Write off: approver" in text_of(collector)


def test_nobody_has_no_page(acme: Office) -> None:
    answer = acme.browser().get("/desk/customers/NOBODY")
    assert answer.status_code == 404
    assert "There is no such customer" in answer.text


def test_what_happened_facts_and_evidence_have_pages(acme: Office) -> None:
    acme.business.pay("ACME", "30.00", now=at(4))
    browser = acme.browser()
    timeline = text_of(browser.get("/desk/customers/ACME/timeline").text)
    assert (
        timeline.index("payment received")
        < timeline.index("first by email")
        < timeline.index("INV-1, amount")
    )
    known = text_of(browser.get("/desk/customers/ACME/facts").text)
    assert "invoice issued: invoice INV-1, amount 100.00 EUR, due on 2 Mar 2026 test INV-1" in known
    proof = text_of(browser.get("/desk/customers/ACME/evidence").text)
    assert acme.business.policy.version in proof
    assert "No vendor reported anything" in proof


# --- messages ------------------------------------------------------------------------------------


def with_copies(office_with: Callable[..., Office], made: Copy | str) -> Office:
    return office_with(copy=lambda customer, message, kept: made)


def test_a_message_is_made_again_and_proven(acme: Office, office_with: Callable[..., Office]) -> None:
    browser = acme.browser()
    listed = browser.get("/desk/customers/ACME/messages").text
    link = re.search(r'href="(/desk/customers/ACME/messages/[^"]+)"', listed)
    assert link is not None
    same = with_copies(office_with, Copy(message=MADE, words=WORDS)).browser().get(link[1]).text
    assert "This is the message that went out: the digest is the same." in same
    assert "Your invoice &lt;INV-1&gt;" in same
    other = Wording(
        channel="email", template="reminder_first", asked="en", language="en", version="v2", sha256="cd"
    )
    changed = with_copies(office_with, Copy(message=MADE, words=other)).browser().get(link[1]).text
    assert "the words have changed since: v1 then, v2 now" in changed
    assert WORDS.sha256 in changed
    not_made = with_copies(office_with, "It cannot be made.").browser().get(link[1]).text
    assert "It cannot be made." in not_made


def test_a_letter_is_shown_where_it_can_do_nothing(acme: Office, office_with: Callable[..., Office]) -> None:
    (claim,) = facts_claims(acme)
    office = with_copies(office_with, Copy(message=MADE, words=WORDS))
    path = f"/desk/customers/ACME/messages/{claim}/letter"
    answer = office.browser().get(path)
    assert answer.text == MADE.html
    assert answer.headers["content-security-policy"].endswith("sandbox")
    assert office.browser("li").get(path).status_code == 403
    assert "Dear Acme" not in office.browser("li").get(path.removesuffix("/letter")).text
    assert office.browser().get("/desk/customers/ACME/messages/m-none/letter").status_code == 404


def facts_claims(office: Office) -> list[str]:
    with office.ledger.read() as session:
        return [claim.message for claim in facts.read_claims(session, "ACME")]


# --- commands ------------------------------------------------------------------------------------


def test_a_command_is_given_in_the_name_of_who_is_signed_in(acme: Office) -> None:
    browser = acme.browser("paul", groups="collectors")
    form = "/desk/customers/ACME/do/promise"
    seen = browser.send(form, form, pay_on="2026-03-12", amount="50.00")
    assert "Noted a promise of 50.00 by 2026-03-12." in seen.text
    assert "Promised 50.00 EUR" in text_of(seen.text)
    line = journal.read(acme.ledger, "ACME")[-1]
    assert (line.what, line.actor) == ("command", "paul")
    assert acme.woken == ["ACME"]


def test_the_same_again_is_done_already(acme: Office) -> None:
    browser = acme.browser("paul", groups="collectors")
    form = "/desk/customers/ACME/do/promise"
    browser.send(form, form, pay_on="2026-03-12")
    again = browser.send(form, form, pay_on="2026-03-12")
    assert "Already done: noted a promise" in again.text
    assert sum(line.what == "command" for line in journal.read(acme.ledger, "ACME")) == 1
    assert acme.woken == ["ACME"]


def test_what_is_wrong_is_said_beside_what_was_entered(acme: Office) -> None:
    browser = acme.browser("paul", groups="collectors")
    form = "/desk/customers/ACME/do/pause"
    answer = browser.send(form, form, to="2026-03-20")
    assert answer.status_code == 422
    assert "Why: this is missing" in answer.text
    assert 'value="2026-03-20"' in answer.text
    refused = browser.send(form, form, to="2026-03-01", reason="asked for time")
    assert refused.status_code == 422
    assert "would end on 2026-03-01, before it begins" in refused.text
    assert [line.what for line in journal.read(acme.ledger, "ACME")].count("command") == 0


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_command_of_a_higher_role_is_not_taken(acme: Office, method: str) -> None:
    browser = acme.browser("paul", groups="collectors")
    path = "/desk/customers/ACME/do/write_off"
    token = browser.form_of("/desk/customers/ACME/do/promise")["token"]
    fields = {"token": token, "invoice": "INV-1"}
    answer = browser.get(path) if method == "get" else browser.post(path, fields)
    assert answer.status_code == 403
    assert "needs the role approver" in answer.text


def test_a_command_that_makes_no_sense_says_so_instead_of_a_form(acme: Office) -> None:
    seen = acme.browser().get("/desk/customers/ACME/do/resume").text
    assert "Nothing is paused." in seen
    assert 'action="/desk/customers/ACME/do/resume"' not in seen


def test_fields_offer_what_makes_sense_and_take_what_the_address_says(acme: Office) -> None:
    acme.business.record("ACME", DisputeOpened(dispute="D-1", invoice="INV-1", amount="20.00"), now=at(4))
    browser = acme.browser()
    seen = browser.get("/desk/customers/ACME/do/resolve_dispute").text
    assert re.search(r'name="dispute" value="D-1"', seen)
    filled = browser.get("/desk/customers/ACME/do/promise?pay_on=2026-03-30").text
    assert 'name="pay_on" value="2026-03-30"' in filled


@pytest.mark.parametrize("path", ["do/nothing", "do/pause/x", "messages/m-none"])
def test_there_are_no_other_pages(acme: Office, path: str) -> None:
    assert acme.browser().get(f"/desk/customers/ACME/{path}").status_code == 404


def test_contact_data_is_corrected_and_the_journal_says_only_what_kind(acme: Office) -> None:
    browser = acme.browser("paul", groups="collectors")
    form = "/desk/customers/ACME/contact"
    assert "ACME@example.com" in browser.get(form).text
    wrong = browser.send(form, form, name="Acme Ltd", email="no address")
    assert wrong.status_code == 422
    done = browser.send(form, form, name="Acme Ltd", email="new@example.com", phone="+4915112345678")
    assert "Changed email." in done.text
    assert "new@example.com" not in str(journal.read(acme.ledger, "ACME"))
    assert acme.woken == ["ACME"]
    assert acme.browser("li").get(form).status_code == 403


def test_what_a_customer_is_called_is_not_code(acme: Office) -> None:
    script = "<script>alert(1)</script>"
    acme.business.record(
        "ACME",
        InvoiceIssued(invoice=script, amount="1.00", currency="EUR", due_on="2026-03-02"),
        now=at(4),
    )
    for path in ("", "/timeline", "/facts", "/do/write_off"):
        assert script not in acme.browser().get(f"/desk/customers/ACME{path}").text


def test_a_customer_without_a_policy_is_shown_all_the_same(acme: Any) -> None:
    acme.business.customer("PRIVATE", segment="consumer")
    seen = acme.browser().get("/desk/customers/PRIVATE").text
    assert "no adopted policy" in seen.lower()


# --- what waits ----------------------------------------------------------------------------------


def test_what_waits_leads_to_the_command_that_ends_it(acme: Office) -> None:
    acme.business.send("ACME", "second/email", at(10))
    acme.business.send("ACME", "call/task", at(15))
    acme.now[0] = at(15, 12)
    browser = acme.browser("paul", groups="collectors")
    seen = browser.get("/desk/customers/ACME").text
    assert "/desk/customers/ACME/do/complete_task?step=call" in seen
    form = "/desk/customers/ACME/do/complete_task"
    assert 'name="step" value="call"' in browser.get(f"{form}?step=call").text
    done = browser.send(form, form, step="call", reached="yes", outcome="will pay")
    assert "Completed call, somebody was reached: will pay." in done.text
    assert "complete_task?" not in done.text


def test_a_task_is_taken_and_put_off(acme: Office) -> None:
    acme.business.send("ACME", "second/email", at(10))
    acme.business.send("ACME", "call/task", at(15))
    acme.now[0] = at(15, 12)
    browser = acme.browser("paul", groups="collectors")
    taking, putting = (f"/desk/customers/ACME/do/{name}_task" for name in ("reassign", "snooze"))
    assert "paul does it" in browser.send(taking, taking, step="call", owner="paul").text
    assert "put off until" in browser.send(putting, putting, step="call", until="2026-03-20").text
