"""docs/events.md: the catalogue and the rests are the code's, and the receiver takes what we send."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain import facts
from domain.events.catalogue import CATALOGUE, TEST, EventKind
from domain.events.delivering import RESTS
from domain.events.event import Event
from domain.events.from_facts import TOLD
from domain.switching import Exchange, Place, Seen, Turn
from providers.webhooks_out.endpoint import WebhookEndpoint
from providers.webhooks_out.switch import LOOK, TURNS, ProductSwitch

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
SECRET = "whsec_" + "c2VjcmV0" * 4
OTHER = "whsec_" + "b3RoZXIh" * 4


def row(kind: EventKind) -> str:
    fields = [f"`{each.name}`{'' if each.always else ' (or not)'}: {each.says}" for each in kind.fields]
    return f"| `{kind.type}` | {kind.when} | {'; '.join(fields) or 'nothing more'} |"


def test_the_catalogue_on_the_page_is_that_of_the_code() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z_]+\.[a-z_]+` \| [A-Z`]", line)]
    assert rows == [row(kind) for kind in CATALOGUE]
    assert len({kind.type for kind in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.type)
def test_an_example_has_the_fields_of_its_kind(kind: EventKind) -> None:
    always = {each.name for each in kind.fields if each.always}
    given = set(kind.example) - {"customer"}
    assert always <= given <= {each.name for each in kind.fields}
    assert ("customer" in kind.example) == (kind.type != TEST)


def test_every_fact_that_is_told_is_told_in_the_fields_of_the_catalogue() -> None:
    kinds = {kind.type: kind for kind in CATALOGUE}
    for body, told in TOLD.items():
        named = {each.name for each in kinds[told.type].fields} | {"fault"}
        assert {*told.fields, *told.says} <= named, body
        assert not {"by", "reason"} & {*told.fields}
        assert issubclass(body, facts.Body)


def test_the_rests_on_the_page_are_those_of_the_code() -> None:
    hours = [int(rest / timedelta(hours=1)) for rest in RESTS[3:]]
    said = f"5 seconds, 5 and 30 minutes, then {', '.join(map(str, hours[:-1]))} and {hours[-1]} hours"
    assert said in PAGE
    assert [rest.total_seconds() for rest in RESTS[:3]] == [5, 300, 1800]
    assert timedelta(days=3) < sum(RESTS, timedelta()) < timedelta(days=3.5)


def test_every_type_that_a_product_is_asked_stands_in_the_table() -> None:
    rows = re.findall(r"^\| `(service\.[a-z]+)` \|", PAGE, re.MULTILINE)
    assert set(rows) == {LOOK, *TURNS.values()}


@dataclass(frozen=True)
class Receiver:
    base: str
    process: "subprocess.Popen[str]"

    def endpoint(self, secret: str = SECRET) -> WebhookEndpoint:
        return WebhookEndpoint(url=f"{self.base}/events", secrets=[secret])

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """The receiver of the page, as whoever copies it would run it."""
    (source,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path_factory.mktemp("receiver") / "receiver.py"
    path.write_text(source, encoding="utf-8")
    environment = {**os.environ, "EVENTS_SECRET": SECRET, "SERVICE_SECRET": OTHER, "PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, str(path)], stdout=subprocess.PIPE, env=environment, text=True
    )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        assert words[:2] == ["listening", "on"]
        yield Receiver(base=f"http://127.0.0.1:{words[2]}", process=process)
    finally:
        process.kill()
        process.communicate()


def test_the_receiver_takes_an_event_once_and_none_of_another_secret(receiver: Receiver) -> None:
    event = Event(type="notice.sent", cause="x", customer="ACME", at=datetime.now(UTC), data={})
    assert receiver.endpoint(OTHER).post(event.id, event.body).status == 401
    for _ in range(2):
        assert receiver.endpoint().post(event.id, event.body).taken
    other = Event(type="notice.delivered", cause="x", customer="ACME", at=datetime.now(UTC), data={})
    receiver.endpoint().post(other.id, other.body)
    assert [receiver.line(), receiver.line()] == ["notice.sent ACME", "notice.delivered ACME"]


def test_the_receiver_is_a_switch(receiver: Receiver) -> None:
    switch, kept = ProductSwitch(url=f"{receiver.base}/service", secrets=[OTHER]), list[Exchange]()
    place = Place(customer="ACME", provider="webhook", account="acct-1", resource="svc-1")
    before = switch.look(place, note=kept.append)
    assert before.state == "active"
    down = Turn(
        place=place,
        to="suspended",
        seen=Seen(state="active"),
        before=None,
        request="r-1",
        at=datetime.now(UTC),
    )
    for _ in range(2):
        switch.turn(down, note=kept.append)
    assert switch.look(place, note=kept.append).state == "suspended"
    back = Turn(
        place=place,
        to="active",
        seen=Seen(state="suspended"),
        before=before.resource,
        request="r-2",
        at=datetime.now(UTC),
    )
    switch.turn(back, note=kept.append)
    after = switch.look(place, note=kept.append)
    assert (after.state, switch.differs(before.resource, after)) == ("active", [])


def test_the_request_on_the_page_is_what_is_sent(receiver: Receiver) -> None:
    (told,) = (
        json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    )
    kept: list[Exchange] = []
    place = Place(customer="ACME", provider="webhook", account="acct-1", resource="svc-1")
    turn = Turn(
        place=place,
        to="suspended",
        seen=Seen(state="active"),
        before=None,
        request=told["id"],
        at=datetime(2026, 4, 1, 8, tzinfo=UTC),
    )
    ProductSwitch(url=f"{receiver.base}/service", secrets=[OTHER]).turn(turn, note=kept.append)
    assert kept[0].sent == told
