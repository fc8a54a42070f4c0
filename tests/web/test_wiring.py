"""What is wired together: the links in our emails are those that the web reads."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.messages import Messages
from composition import doors, one_click, parts
from domain.policy import Policy
from settings import Settings
from store import policies
from store.database import Ledger
from tests.store.conftest import Business, at
from tests.web.conftest import PUBLIC


def test_every_email_can_be_unsubscribed_from_by_its_headers(
    ledger: Ledger, policy: Policy, tmp_path: Path
) -> None:
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    business = Business(ledger, policy)
    business.customer()
    business.invoice("ACME")
    settings = Settings(public_url=PUBLIC, outbox=tmp_path / "outbox", bank=tmp_path / "bank")
    made = parts(settings, ledger)
    messages = Messages(
        books=made.books,
        letters=made.letters,
        couriers=made.couriers,
        seller=made.seller,
        headers=made.headers,
    )
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at(3))
    answer = environment.run(messages.send, {"customer_id": "ACME", "key": "first/email"})
    assert answer["answer"] == "done"
    (letter,) = (tmp_path / "outbox").glob("*.eml")
    read = message_from_bytes(letter.read_bytes(), policy=default)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = read["List-Unsubscribe"].strip("<>").replace(" ", "")
    assert link.startswith(f"{PUBLIC}/u/")
    assert "ACME" not in link
    (claim,) = business.assess("ACME", at(4)).account.claims
    assert one_click(settings, ledger).read(link.rpartition("/")[2]) == claim.message


def test_without_an_address_of_ours_there_is_no_link_and_without_keys_no_door(
    ledger: Ledger, tmp_path: Path
) -> None:
    settings = Settings(outbox=tmp_path / "outbox", bank=tmp_path / "bank")
    assert parts(settings, ledger).headers("m-1") == ()
    assert doors(settings) == {}
