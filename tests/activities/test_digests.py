"""The digest on its way to finance: made and sent once, settled by asking, and never lost in silence."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.digests import Digests
from composition import parts
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.notice import Accepted, Message
from domain.own_steps import UNREAD
from settings import Settings
from store import controls, digests, switches, tasks
from store.database import Ledger, migrate

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
ON = date(2026, 3, 10)


class Vendor:
    """A courier of email whose next answers are given."""

    sender = "billing@seller.example"

    def __init__(self) -> None:
        self.faults: list[Exception] = []
        self.sent: list[Message] = []
        self.found: Accepted | Exception | None = None

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(message)
        return Accepted(reference=message.reference, provider_ref=f"SG{len(self.sent)}")

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Scene:
    """A seller in Berlin whose finance has an address."""

    def __init__(self, ledger: Ledger, folder: Path, to: str | None = "finance@seller.example") -> None:
        self.ledger, self.vendor = ledger, Vendor()
        made = parts(Settings(outbox=folder), ledger)
        self.digests = Digests(
            books=made.books,
            letters=made.letters,
            courier=self.vendor,
            seller=made.seller,
            to=to,
            zone="Europe/Berlin",
        )

    def write(self, hours: float = 0) -> str:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=NOW + timedelta(hours=hours))
        said: str = environment.run(self.digests.write, {})
        return said

    def state(self, on: date = ON) -> str | None:
        kept = digests.kept(self.ledger, on)
        return kept and kept.state


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    yield ledger
    ledger.close()


@pytest.fixture
def scene(ledger: Ledger, tmp_path: Path) -> Scene:
    return Scene(ledger, tmp_path)


def test_a_digest_is_made_and_sent_once(scene: Scene) -> None:
    assert [scene.write(hours) for hours in (0, 1, 12)] == ["2026-03-10: sent"] * 3

    (message,) = scene.vendor.sent
    assert message.to == "finance@seller.example"
    assert message.subject == "Digest of 2026-03-10: all is well"
    assert "Waits for a person" in message.text
    assert "<h2>Waits for a person</h2>" in (message.html or "")
    with scene.ledger.read() as session:
        ran = {each.control.id: each.ran_at for each in controls.register(session, NOW)}
    assert (ran["S3"], ran["S27a"]) == (NOW, NOW)


def test_a_late_run_makes_the_one_that_was_due_and_then_the_days(scene: Scene) -> None:
    said = [scene.write(hours) for hours in (-3, 0, 21.9, 22.1)]
    assert said == ["2026-03-09: sent", "2026-03-10: sent", "2026-03-10: sent", "2026-03-11: sent"]
    assert len(scene.vendor.sent) == 3


def test_a_digest_that_comes_too_late_says_so_itself(scene: Scene) -> None:
    switches.set_go_live(scene.ledger, ON, by="maria", now=NOW)
    assert [scene.write(hours) for hours in (0, 24, 96)][-1] == "2026-03-14: sent"
    assert [message.subject.split(": ")[1] for message in scene.vendor.sent if message.subject] == [
        "all is well",
        "4 things need attention",  # nobody sweeps or watches here
        "5 things need attention",
    ]
    assert "S3 is overdue, it last ran 2026-03-11" in scene.vendor.sent[-1].text


def test_without_an_address_it_is_kept(ledger: Ledger, tmp_path: Path) -> None:
    scene = Scene(ledger, tmp_path, to=None)
    assert (scene.write(), scene.write(1)) == ("2026-03-10: kept",) * 2
    assert scene.vendor.sent == []


def test_what_the_vendor_cannot_take_now_waits_as_long_as_it_asks(scene: Scene) -> None:
    scene.vendor.faults = [TryAgainLater("busy", delay=timedelta(minutes=7))]
    with pytest.raises(ApplicationError, match="the digest waits: busy") as waits:
        scene.write()
    assert waits.value.next_retry_delay == timedelta(minutes=7)
    assert scene.state() == "made"
    assert scene.write(0.2) == "2026-03-10: sent"


def test_what_is_in_doubt_is_asked_about_before_anything_goes_out_again(scene: Scene) -> None:
    scene.vendor.faults = [InDoubt("no answer")]
    with pytest.raises(ApplicationError):
        scene.write()
    assert scene.state() == "claimed"

    scene.vendor.found = TryAgainLater("not in the log yet")
    with pytest.raises(ApplicationError, match="not in the log yet"):
        scene.write(0.5)
    scene.vendor.found = Accepted(reference="r", provider_ref="SG9")
    assert scene.write(1) == "2026-03-10: sent"
    assert scene.vendor.sent == []


@pytest.mark.parametrize("found", [None, InDoubt("the log does not show it")])
def test_where_the_vendor_knows_of_none_it_goes_out(scene: Scene, found: Exception | None) -> None:
    scene.vendor.faults, scene.vendor.found = [InDoubt("no answer")], found
    with pytest.raises(ApplicationError):
        scene.write()
    assert scene.write(0.5) == "2026-03-10: sent"
    assert len(scene.vendor.sent) == 1


def test_a_refusal_is_for_good_and_a_task(scene: Scene) -> None:
    scene.vendor.faults = [Refused("no such mailbox")]
    assert (scene.write(), scene.write(1)) == ("2026-03-10: refused",) * 2
    (task,) = tasks.worklist(scene.ledger)
    assert (task.step, task.why) == (UNREAD, "the daily digest does not arrive: no such mailbox")


def test_a_fault_of_ours_is_one_task_and_tried_again(scene: Scene) -> None:
    scene.vendor.faults = [Misconfigured("the key is wrong"), Misconfigured("the key is wrong")]
    for hours in (0, 0.5):
        with pytest.raises(ApplicationError, match="the key is wrong"):
            scene.write(hours)
    assert [task.step for task in tasks.worklist(scene.ledger)] == [UNREAD]
    assert scene.write(1) == "2026-03-10: sent"
