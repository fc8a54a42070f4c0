"""The worklist: what waits, in its order, and what may be done about it; it works while no worker runs."""

import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape

import pytest
from sqlmodel import col, select

from domain.documents import read
from domain.own_steps import ODD_TURN
from domain.policy import Policy
from store import policies, tasks
from store.tables import JournalRow, TaskRow
from tests.store.conftest import POLICY, at, keys
from tests.web.desk.conftest import Browser, Office
from tests.web.desk.test_overview import text_of

LIST = "/desk/worklist"


def opened(office: Office, customer: str | None, step: str, kind: str, when: datetime, why: str = "x") -> int:
    """Open a task, as the engine does."""
    with office.ledger.write() as session:
        row = TaskRow(
            customer_id=customer, step=step, kind=kind, opened_at=when, why=why, message=f"{customer}/{step}"
        )
        tasks.add(session, row)
        session.flush()
        return row.id or 0


def journal_of(office: Office, step: str) -> list[tuple[str, str]]:
    """Who did what about a step."""
    with office.ledger.read() as session:
        found = select(JournalRow).where(JournalRow.step == step, JournalRow.what == "command")
        return [(row.actor, row.why) for row in session.exec(found.order_by(col(JournalRow.id)))]


def task(office: Office, number: int) -> TaskRow:
    with office.ledger.read() as session:
        return session.get_one(TaskRow, number)


@pytest.fixture
def acme(office: Office) -> Office:
    """A customer who is late, with a call to make and an approval to give."""
    office.business.customer("ACME")
    office.business.invoice("ACME")
    office.business.send("ACME", "first/email", at(3))
    office.business.send("ACME", "second/email", at(10))
    office.now[0] = at(19)
    return office


@pytest.fixture
def call(acme: Office) -> int:
    """The number of the call that the engine asked for."""
    acme.business.send("ACME", "call/task", at(15))
    with acme.ledger.read() as session:
        return session.exec(select(TaskRow.id).where(TaskRow.step == "call")).one() or 0


def filled(browser: Browser, action: str, fields: Mapping[str, str], page: str = LIST) -> str:
    """Fill a form of the list in, send it, and return what the page then says."""
    answer = browser.send(page, action, **fields)
    assert answer.status_code == 200, text_of(answer.text)
    return unescape(answer.text)


def test_the_list_says_who_what_since_when_why_and_by_when(acme: Office, call: int) -> None:
    html = acme.browser("li").get(LIST).text

    said = text_of(html)
    assert "1 task, 1 late" in said
    for words in ("call", "15 days past due", "nobody", "late"):
        assert words in said
    assert 'href="/desk/customers/ACME"' in html
    assert 'href="http://127.0.0.1:8233/namespaces/default/workflows/customer%2FACME"' in html


def test_a_viewer_sees_and_does_nothing(acme: Office, call: int) -> None:
    li, maria = acme.browser("li"), acme.browser("maria")

    assert "<details>" not in li.get(LIST).text
    fields = {"token": acme.desk.seals.seal("form", ["li", ""])}
    for verb in ("complete", "snooze", "reassign"):
        assert li.post(f"{LIST}/{call}/{verb}", fields).status_code == 403
    assert "<details>" in maria.get(LIST).text
    assert task(acme, call).closed_at is None


def test_a_call_is_done_with_whether_somebody_was_reached(acme: Office, call: int) -> None:
    carl = acme.browser("carl", groups="collectors")

    said = filled(carl, f"{LIST}/{call}/complete", {"reached": "yes", "outcome": "will pay"})

    assert '<p class="done" role="status">Completed call, somebody was reached: will pay.</p>' in said
    assert journal_of(acme, "call") == [("carl", "completed call, somebody was reached: will pay")]
    done = task(acme, call)
    assert (done.closed_by, done.outcome) == ("carl", "will pay")
    assert acme.woken == ["ACME"]


def test_twice_the_same_is_said_kindly_and_done_once(acme: Office, call: int) -> None:
    carl = acme.browser("carl", groups="collectors")
    action, fields = f"{LIST}/{call}/complete", {"reached": "no", "outcome": "no answer"}
    form = {**carl.form_of(LIST, action), **fields}

    carl.post(action, form)
    again = carl.get(carl.post(action, form).headers["location"]).text

    assert 'role="alert">No task' in again or 'role="status">Already done' in again
    assert len(journal_of(acme, "call")) == 1


def test_a_task_is_put_off_and_back(acme: Office, call: int) -> None:
    carl = acme.browser("carl", groups="collectors")
    day = at(25).date().isoformat()

    said = filled(carl, f"{LIST}/{call}/snooze", {"until": day, "reason": "on holiday"})

    assert f"Put call off until {day}: on holiday." in said
    assert "1 more is put off" in text_of(said)
    back = filled(carl, f"{LIST}/{call}/snooze", {"until": ""}, page=f"{LIST}?snoozed=true")
    assert "Put call back on the list." in back
    assert [who for who, _ in journal_of(acme, "call")] == ["carl", "carl"]


def test_a_task_is_taken_and_given_and_found_by_whose_it_is(acme: Office, call: int) -> None:
    carl = acme.browser("carl", groups="collectors")

    said = filled(carl, f"{LIST}/{call}/reassign", {"owner": "carl"})

    assert "Gave call to carl." in said
    assert task(acme, call).owner == "carl"
    assert "1 task" in text_of(carl.get(f"{LIST}?whose=mine").text)
    assert "Nothing waits" in carl.get(f"{LIST}?whose=nobodys").text
    assert "1 task" in text_of(carl.get(f"{LIST}?whose=of+carl").text)
    given = filled(carl, f"{LIST}/{call}/reassign", {"owner": "paul"}, page=f"{LIST}?whose=mine")
    assert "Nothing waits of what you asked for." in text_of(given)


@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("snooze", {"until": "tomorrow"}, "Write the day like 2026-12-03."),
        ("complete", {"outcome": "x" * 600}, "outcome"),
        pytest.param(
            "snooze", {"until": "2026-12-03", "reason": "x" * 501}, "reason", marks=pytest.mark.slow
        ),
        pytest.param("reassign", {"owner": "x" * 200}, "owner", marks=pytest.mark.slow),
    ],
)
def test_what_cannot_be_taken_says_why_and_writes_nothing(
    acme: Office, call: int, verb: str, fields: dict[str, str], words: str
) -> None:
    said = filled(acme.browser("maria"), f"{LIST}/{call}/{verb}", fields)

    alert = re.search(r'<p class="wrong" role="alert">(.*?)</p>', said)
    assert alert is not None
    assert words in alert[1]
    assert journal_of(acme, "call") == []


def test_an_approval_is_answered_by_who_may(acme: Office) -> None:
    opened(acme, "ACME", "approve", "approval", at(10), "the suspension waits")

    carl, anna = acme.browser("carl", groups="collectors"), acme.browser("anna", groups="heads")

    assert "worklist/approve" not in carl.get(LIST).text
    token = {"token": acme.desk.seals.seal("form", ["carl", ""]), "customer": "ACME"}
    assert carl.post(f"{LIST}/approve", token).status_code == 403
    html = anna.get(LIST).text
    assert html.count(f'action="{LIST}/approve"') == 2
    # Without a step that waits the transaction refuses, whatever the list says.
    answer = anna.send(LIST, f"{LIST}/approve")
    assert 'role="alert"' in answer.text
    assert "Say why you do not approve" in unescape(anna.send(LIST, f"{LIST}/approve", answer="no").text)


def test_a_task_about_the_whole_ledger_is_mended_or_says_where_it_ends(office: Office) -> None:
    odd = opened(office, None, ODD_TURN, "review", at(3), "facts contradict each other")
    opened(office, None, "blast", "approval", at(3), "too much at once")
    office.now[0] = at(4)
    maria = office.browser("maria")

    html = maria.get(LIST).text
    assert "everybody" in html
    assert "starter.py go --allow-blast" in html
    said = filled(maria, f"{LIST}/{odd}/complete", {"outcome": "booked twice"})

    assert "booked twice" in said
    assert task(office, odd).closed_by == "maria"
    assert office.woken == []


@pytest.mark.slow
def test_the_list_is_paged_and_keeps_what_was_asked_for(office: Office) -> None:
    for number in range(60):
        office.business.customer(f"C{number:02}")
        opened(office, f"C{number:02}", "reply", "review", at(3), "wrote to us")
    office.now[0] = at(4)
    li = office.browser("li")

    first = li.get(f"{LIST}?kind=review").text

    assert "page 1 of 2" in first
    assert "/desk/worklist?kind=review&amp;page=2" in first
    second = text_of(li.get(f"{LIST}?kind=review&page=2").text)
    assert "page 2 of 2" in second
    assert len(re.findall(r"wrote to us", second)) == 10


@pytest.mark.parametrize("query", ["page=0", "page=x", "late=maybe", "kind=" + "x" * 200])
def test_an_address_that_cannot_be_read_has_a_page(office: Office, query: str) -> None:
    assert office.browser("li").get(f"{LIST}?{query}").status_code == 404


def test_one_is_led_back_to_the_desk_alone(acme: Office, call: int) -> None:
    maria = acme.browser("maria")
    form = maria.form_of(LIST, f"{LIST}/{call}/reassign")

    answer = maria.post(f"{LIST}/{call}/reassign", {**form, "back": "https://elsewhere.example/desk/"})

    assert answer.headers["location"] == "/desk/"


def test_the_overview_says_what_waits(acme: Office, call: int) -> None:
    said = text_of(acme.browser("li").get("/desk/").text)

    assert "1 task , 1 late" in said


def test_a_suspension_that_waits_is_approved_on_the_list(office: Office) -> None:
    waits = POLICY.replace("notice_days: 7", "notice_days: 7, approval: {EUR: 1}")
    policies.adopt(office.ledger, read(waits, model=Policy, name="test.yaml"), now=at(-50), by="maria")
    office.business.customer("ACME")
    office.business.invoice("ACME")
    for step, day in (("first/email", 3), ("second/email", 10), ("call/task", 15), ("final/email", 20)):
        office.business.send("ACME", step, at(day))
    asked = keys(office.business.assess("ACME", at(30)))
    assert len(asked) == 1, asked
    office.business.send("ACME", asked[0], at(30))
    office.now[0] = at(30, 11)
    anna = office.browser("anna", groups="heads")

    no = filled(
        anna, f"{LIST}/approve", {"answer": "no", "reason": "they called"}, page=f"{LIST}?kind=approval"
    )
    assert "they called" in no
    assert "Nothing waits of what you asked for" in no
    with office.ledger.read() as session:
        whys = session.exec(select(JournalRow.why).where(JournalRow.actor == "anna")).all()
    assert len(whys) == 1
    assert "did not approve" in whys[0]
    assert office.woken == ["ACME"]
