"""The overview: what a person sees who opens the desk in the morning."""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import pytest

from activities.books import Books
from domain.facts import Paused
from store import clock, overview, switches
from store.assess import peek
from store.database import Ledger
from tests.store.conftest import at
from tests.web.desk.conftest import Office
from web.desk.remembered import Remembered


def text_of(html: str) -> str:
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture
def seen(office: Office, office_with: Callable[..., Office], ledger: Ledger) -> Office:
    """The desk with the view that finance has of a customer."""
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")

    def view(customer_id: str) -> Mapping[str, Any]:
        return books.view(peek(ledger, customer_id, now=office.now[0]))

    made = office_with(view=view)
    made.now[0] = office.now[0]
    return made


def test_an_empty_ledger_has_an_overview(office: Office) -> None:
    said = text_of(office.browser("li").get("/desk/").text)

    assert "Nothing is open." in said
    assert "Nobody is waited for." in said
    assert "Nothing is stopped." in said


def test_what_is_owed_stands_by_stage_and_bucket(seen: Office) -> None:
    business = seen.business
    business.customer("ACME")
    business.invoice("ACME")
    business.customer("BETA")
    business.invoice("BETA", invoice="INV-B", amount="70.00")
    business.assess("ACME", at(4))
    seen.now[0] = at(4)

    html = seen.browser("li").get("/desk/").text

    rows = [text_of(row) for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)]
    acme = next(row for row in rows if "70.00" not in row and "EUR" in row)
    new = next(row for row in rows if "70.00" in row)
    assert new.split() == ["new", "1", "1", "70.00", "EUR", "70.00", "EUR"]
    assert acme.split()[1:3] == ["1", "1"]
    assert "Stage%20%3D%20%27new%27" in html


def test_what_comes_next_says_what_and_leads_to_the_workflow(seen: Office) -> None:
    seen.business.customer("ACME")
    seen.business.invoice("ACME")
    seen.business.assess("ACME", at(-5))
    seen.now[0] = at(-5)

    html = seen.browser("li").get("/desk/").text

    assert 'href="/desk/customers/ACME"' in html
    assert 'href="http://127.0.0.1:8233/namespaces/default/workflows/customer%2FACME"' in html
    assert escape(seen.desk.view("ACME")["wake_says"]) in html


def test_a_stop_is_the_first_thing_said(office: Office) -> None:
    switches.stop(office.ledger, reason="go-live moved", by="maria", now=at(4))

    html = office.browser("li").get("/desk/").text

    assert '<p class="wrong" role="alert">Stopped by maria: go-live moved; `go` ends it.</p>' in html


def test_what_is_held_is_counted_by_rule_and_who_is_late_too(office: Office) -> None:
    office.business.customer("ACME")
    office.business.invoice("ACME")
    office.business.record("ACME", Paused(to=at(9).date(), reason="asked"), now=at(3))
    office.business.assess("ACME", at(4))
    office.business.invoice("ACME", invoice="INV-2")
    office.now[0] = at(4, 12)

    said = text_of(office.browser("li").get("/desk/").text)

    held = overview.read(office.ledger, now=at(4, 12), today=at(4).date()).held
    assert held
    assert f"{held[0].rule} {held[0].times} {held[0].customers}" in said
    assert "1 customers should have been looked at and were not" in said


def test_the_overview_needs_somebody(office: Office) -> None:
    assert office.browser(None).get("/desk/").status_code == 401


def test_figures_are_reckoned_once_for_many() -> None:
    made: list[int] = []
    remembered: Remembered[int] = Remembered(seconds=3600)

    def make() -> int:
        made.append(1)
        return len(made)

    assert [remembered.get(make) for _ in range(3)] == [1, 1, 1]
    assert Remembered[int](seconds=0).get(make) == 2
