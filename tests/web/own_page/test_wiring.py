"""What is wired together: the site opens the link of a message, and without a key there is none."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from temporalio.testing import ActivityEnvironment

from activities.messages import Messages
from composition import parts, site
from domain.clock import BusinessClock
from domain.notice import sms_segments
from domain.policy import Policy
from settings import BadSettings, Settings
from store import clock, policies
from store.database import Ledger
from tests.store.conftest import Business, at
from tests.web.own_page.conftest import PUBLIC, SHORT, seen

KEYS = f"{'new-key-' * 4}, {'old-key-' * 4}"


@pytest.fixture
def business(ledger: Ledger, policy: Policy) -> Business:
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    business = Business(ledger, policy)
    business.customer()
    business.invoice("ACME")
    return business


def settings(folder: Path, **given: Any) -> Settings:
    return Settings(outbox=folder / "outbox", bank=folder / "bank", **given)


def send(business: Business, settings: Settings, key: str, day: int) -> str:
    """Send a notice by the outbox, and return what the customer reads of it."""
    made = parts(settings, business.ledger)
    messages = Messages(
        books=made.books,
        letters=made.letters,
        couriers=made.couriers,
        seller=made.seller,
        page=made.page,
        monotonic=lambda: 0.0,  # However slow the machine, no claim grows old.
    )
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at(day))
    assert environment.run(messages.send, {"customer_id": "ACME", "key": key})["answer"] == "done"
    if key.endswith("sms"):
        (text,) = settings.outbox.glob("*.txt")
        return text.read_text(encoding="utf-8").partition("\n\n")[2]
    (letter,) = settings.outbox.glob("*.eml")
    mail = message_from_bytes(letter.read_bytes(), policy=default)
    halves = [mail.get_body((kind,)) for kind in ("plain", "html")]
    return "\n".join(half.get_content() for half in halves if half is not None)


async def test_the_link_of_an_email_opens_the_page_of_who_was_written_to(
    business: Business, tmp_path: Path
) -> None:
    given = settings(tmp_path, public_url=PUBLIC, page_keys=KEYS)
    letter = send(business, given, "first/email", 3)
    links = set(re.findall(rf"{PUBLIC}/c/\w+", letter))
    assert len(links) == 1, "both halves have the same"
    assert letter.count(*links) == 2

    clock.set_clock(business.ledger, BusinessClock(real_at=datetime.now(UTC), business_at=at(5)))

    async def nobody(name: str) -> None:
        raise AssertionError(f"{name} was woken by a look")

    app = site(given, business.ledger, nobody, nobody, nobody, public_url="http://127.0.0.1:1")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC) as client:
        page = await client.get(*links)
    assert page.status_code == 200
    assert "customer number ACME" in seen(page)


def test_a_text_message_has_the_short_address_in_place_of_the_payment_link(
    business: Business, tmp_path: Path
) -> None:
    business.send("ACME", "first/email", at(3))
    begun = business.begun("ACME", "second/email", at(10))
    business.confirm("ACME", begun.message, at(10), state="refused")
    given = settings(tmp_path, public_url=PUBLIC, page_keys=KEYS, page_url=SHORT)
    text = send(business, given, "second/sms", 10)

    (link,) = re.findall(r"https?://\S+", text)
    assert re.fullmatch(rf"{SHORT}/c/\w{{15,20}}", link)
    assert sms_segments(text) <= 2


@pytest.mark.parametrize("given", [{}, {"public_url": PUBLIC}])
async def test_where_no_key_is_set_nothing_is_linked_and_nothing_served(
    business: Business, tmp_path: Path, given: dict[str, str]
) -> None:
    without = settings(tmp_path, **given)
    letter = send(business, without, "first/email", 3)
    assert "/c/" not in letter
    assert "Your page" not in letter

    async def nobody(name: str) -> None:
        pass

    app = site(without, business.ledger, nobody, nobody, nobody, public_url=PUBLIC)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC) as client:
        answers = [await client.get(path) for path in ("/c/x", "/c.css")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "does not work" not in seen(answers[0])


def test_the_payment_link_may_name_the_customer(business: Business, tmp_path: Path) -> None:
    given = settings(tmp_path, seller_payment_url="https://pay.example/?account={customer}")
    assert "https://pay.example/?account=ACME" in send(business, given, "first/email", 3)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"PAGE_KEYS": "k" * 32}, "set PUBLIC_URL too"),
        (
            {"PUBLIC_URL": PUBLIC, "PAGE_KEYS": "tooshort-secret"},
            "PAGE_KEYS: write a random key of at least 32",
        ),
        ({"PUBLIC_URL": PUBLIC, "PAGE_KEYS": "k" * 32 + ",tooshort-secret"}, "at least 32 characters"),
        ({"PUBLIC_URL": PUBLIC, "PAGE_KEYS": ","}, "at least 32 characters"),
        ({"PUBLIC_URL": PUBLIC, "PAGE_URL": SHORT}, "set PAGE_KEYS too"),
        ({"PAGE_PROXIES": "the proxy"}, "PAGE_PROXIES: write addresses or networks"),
    ],
)
def test_settings_that_cannot_be_used_are_named_without_the_key(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], problem: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=problem) as caught:
        Settings.from_env()
    assert "tooshort-secret" not in str(caught.value)
    assert "k" * 32 not in str(caught.value)
