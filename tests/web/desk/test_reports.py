"""The pages of reports: what they show, where a figure leads, and what may be had as a file."""

import csv
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from domain.facts import InvoiceIssued, PaymentReceived, PromiseMade
from domain.policy import Policy
from domain.reports.conversion import NoRate
from drawing import receivables
from store import policies
from store.database import Ledger
from store.reporting.catalogue import REPORTS
from tests.store.conftest import Business, at
from tests.web.desk.conftest import Office
from web.desk.making import Making

RATES = "title: Ours\nbasis: made up\nrates: {current: 0, d1_30: 0.1, d31_60: 0.2, d61_90: 0.5, d91_plus: 1}"


@pytest.fixture(scope="module")
def ledger(template: Path, tmp_path_factory: pytest.TempPathFactory, policy: Policy) -> Iterator[Ledger]:
    """One for all, since reports only read.

    ACME owes 100.00 since some days, and promised a part; BOLT owes dollars that are not due; of CALM we
    learned late that all was paid.
    """
    path = tmp_path_factory.mktemp("reports") / "ledger.db"
    shutil.copy(template, path)
    ledger = Ledger(f"sqlite:///{path}", durable=False)
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    business = Business(ledger, policy)
    for name in ("ACME", "BOLT", "CALM"):
        business.customer(name)
    business.invoice("ACME", "INV-1")
    dollars = InvoiceIssued(invoice="US-1", amount="20.00", currency="USD", due_on="2026-04-01")
    business.record("BOLT", dollars, now=at(0))
    francs = InvoiceIssued(invoice="CH-1", amount="50.00", currency="CHF", due_on="2026-03-02")
    business.record("CALM", francs, now=at(0))
    business.record("ACME", PromiseMade(pay_on=at(3).date(), amount="30.00"), now=at(1))
    paid = PaymentReceived(payment="P-1", amount="50.00", currency="CHF")
    business.record("CALM", paid, now=at(4, 9), on=at(2).date())
    yield ledger
    ledger.close()


@pytest.fixture
def books(office_with: Callable[..., Office]) -> Office:
    return office_with(drawing=receivables, making=Making(patience=60))


def links(html: str) -> dict[str, str]:
    """Where each link of a page leads, by its words."""
    found = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', html)
    return {unescape(words).strip(): unescape(there) for there, words in found}


def test_every_report_is_listed_and_can_be_seen(books: Office) -> None:
    browser = books.browser("li")
    listed = links(browser.get("/desk/reports").text)
    for offered in REPORTS.values():
        assert listed[offered.title] == f"/desk/reports/{offered.name}"
        seen = browser.get(f"/desk/reports/{offered.name}")
        assert (seen.status_code, offered.says in unescape(seen.text)) == (200, True), offered.name


def test_a_figure_leads_to_its_items_and_these_to_their_customers(books: Office) -> None:
    browser = books.browser()
    ageing = re.findall(r'href="([^"]+)">100.00 EUR<', browser.get("/desk/reports/ageing").text)
    there = unescape(ageing[0])
    assert there.endswith("list=1&only.currency=EUR&only.bucket=d1_30#items")
    items = browser.get(there).text
    assert links(items)["ACME"] == "/desk/customers/ACME"
    assert "1 item<" in items
    assert "BOLT" not in items
    promises = links(browser.get("/desk/reports/promises").text)
    assert "outcome" in promises["30.00 EUR"]
    assert "INV-1" in browser.get(promises["30.00 EUR"]).text


def test_a_file_has_what_the_page_shows(books: Office) -> None:
    browser = books.browser()
    page = browser.get("/desk/reports/ageing?as_of=2026-03-06&list=1&only.bucket=current").text
    there = links(page)
    answer = browser.get(there["CSV"])
    assert answer.headers["content-disposition"] == 'attachment; filename="ageing-2026-03-06.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["customer"], row["open"]) == ("BOLT", "20.00")
    told = json.loads(browser.get(there["JSON"]).text)
    assert (told["as_of"], [each["customer"] for each in told["list"]]) == ("2026-03-06", ["BOLT"])


def test_a_page_stands_alone(books: Office) -> None:
    browser = books.browser()
    for path in ("ageing/page", "board"):
        answer = browser.get(f"/desk/reports/{path}")
        assert answer.status_code == 200
        assert "style-src 'unsafe-inline'" in answer.headers["content-security-policy"]
        assert "<svg" in answer.text
        assert "src=" not in answer.text


def test_reports_in_one_currency_show_their_rates(books: Office) -> None:
    browser = books.browser()
    missing = browser.get("/desk/reports/ageing?in=EUR")
    assert missing.status_code == 422
    assert "there is money in USD" in missing.text
    seen = browser.get("/desk/reports/ageing?in=eur&rate=USD%3D0.5").text
    assert "all in EUR" in seen
    assert "1 USD = 0.5 EUR" in seen
    assert "110.00 EUR" in seen


def test_the_loss_allowance_asks_for_rates(books: Office) -> None:
    browser = books.browser()
    assert "State your loss rates" in browser.get("/desk/reports/allowance").text
    seen = browser.client.get(
        "/desk/reports/allowance", params={"rates": RATES}, headers=browser.headers
    ).text
    assert "10.00 EUR" in seen
    wrong = browser.client.get(
        "/desk/reports/allowance", params={"rates": "rates: {current: 7}"}, headers=browser.headers
    )
    assert wrong.status_code == 422
    assert "a rate is a fraction of one" in wrong.text


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("as_of=yesterday", "As of: write a day like 2026-03-31"),
        ("as_of=0001-01-01", "As of: write a day like 2026-03-31"),
        ("as_of=9999-12-31", "As of: write a day like 2026-03-31"),
        ("known_at=9999-12-31T23:59", "As known at: write an instant like"),
        ("known_at=noon", "As known at: write an instant like"),
        ("months=0", "Months: write a number from 1 to 120"),
        ("months=9999999999999999999999", "Months: write a number from 1 to 120"),
        ("in=EURO", "unknown currency"),
        ("rate=USD%3D2", "say into which currency"),
        ("in=EUR&rate=USD", "has no rate above 0"),
    ],
)
def test_what_cannot_be_read_is_said_and_no_file_is_made(books: Office, asked: str, says: str) -> None:
    browser = books.browser()
    page = browser.get(f"/desk/reports/dso?{asked}")
    assert (page.status_code, says in unescape(page.text)) == (422, True)
    assert browser.get(f"/desk/reports/dso/csv?{asked}").status_code == 422


def test_a_report_is_as_it_was_known(books: Office) -> None:
    browser = books.browser()
    asked = "/desk/reports/ageing?as_of=2026-03-05"
    assert "50.00 CHF" not in browser.get(asked).text
    assert "50.00 CHF" in browser.get(f"{asked}&known_at=2026-03-06T08:00").text


@pytest.mark.parametrize("path", ["nothing", "nothing/csv", "ageing/pdf"])
def test_there_are_no_other_reports(books: Office, path: str) -> None:
    assert books.browser().get(f"/desk/reports/{path}").status_code == 404


def test_nobody_draws_where_nothing_was_given_to_draw_with(office_with: Callable[..., Office]) -> None:
    assert office_with().browser().get("/desk/reports/board").status_code == 404


# --- what takes long -----------------------------------------------------------------------------


def test_a_report_that_takes_long_is_made_while_others_work(office_with: Callable[..., Office]) -> None:
    making, release = Making(patience=0), threading.Event()
    making.soon("before it", release.wait)
    browser = office_with(making=making).browser()
    try:
        answer = browser.get("/desk/reports/ageing?as_of=2026-03-06&list=1")
        assert (answer.status_code, answer.headers["refresh"]) == (202, "3")
        assert 'href="/desk/reports/ageing?as_of=2026-03-06&amp;list=1"' in answer.text
        assert browser.get("/desk/customers").status_code == 200
    finally:
        release.set()


def test_a_report_is_made_once_for_all_who_ask_meanwhile() -> None:
    making, release, made = Making(patience=0.01), threading.Event(), list[str]()

    def make() -> str:
        release.wait()
        made.append("once")
        return "made"

    try:
        assert [making.soon("a", make) for _ in range(5)] == [None] * 5
    finally:
        release.set()
    while (found := making.soon("a", make)) is None:
        pass
    assert (found, made) == ("made", ["once"])


def test_what_goes_wrong_in_the_making_is_said_to_who_asked() -> None:
    making = Making(patience=60)

    def fail() -> str:
        raise NoRate("there is none")

    with pytest.raises(NoRate, match="there is none"):
        making.soon("a", fail)
    assert making.soon("b", lambda: "another") == "another"
