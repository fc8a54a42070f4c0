"""`events`: what the product is told, seen and sent again from the command line; and the settings of it."""

import json
from collections.abc import Iterator

import pytest

from commandline.session import open_ledger
from composition import event_endpoints, product_switch
from domain.events.catalogue import CATALOGUE
from domain.facts import Paused
from providers.loopback.faults import Fault
from providers.loopback.server import Loopback
from settings import BadSettings, Settings
from store import doors, event_deliveries
from store.facts import NewFact
from tests.cli.conftest import TODAY, CommandLine

SECRET = "whsec_" + "c2VjcmV0" * 4


@pytest.fixture(scope="module")
def product() -> Iterator[Loopback]:
    with Loopback() as vendors:
        yield vendors


@pytest.fixture
def told(acme: CommandLine) -> str:
    """A ledger whose product is told, with one event; its id."""
    ledger = open_ledger(Settings.from_env())
    event_deliveries.set_up(ledger, {"e-1": "app.example"}, now=TODAY)
    new = NewFact(source="test", id="1", happened_at=TODAY, body=Paused(reason="asked for time"))
    doors.record(ledger, "ACME", [new], now=TODAY)
    [event] = event_deliveries.listed(ledger, customer="ACME")
    return event.id


def test_without_an_endpoint_it_says_what_to_set(acme: CommandLine) -> None:
    listed = acme("events", "list")
    assert (listed.status, listed.out.strip()) == (
        0,
        "there is no endpoint: set EVENTS_URL and EVENTS_SECRET, and start the worker anew",
    )
    assert acme("events", "test").status == 2


def test_events_are_listed_and_shown(acme: CommandLine, told: str) -> None:
    lines = acme("events", "list", "--customer", "ACME").out.splitlines()
    assert lines[0] == "e-1 at app.example: well; 1 events wait, the oldest of 2026-02-10 09:00"
    assert lines[1].split() == [told, "2026-02-10", "09:00", "chasing.rests", "ACME", "waiting"]
    shown = acme("events", "show", told)
    assert '"what": "pause"' in shown.out
    assert "e-1: waiting after 0 attempts, no answer yet, again at 2026-02-10 09:00 UTC" in shown.out
    as_json = json.loads(acme("events", "list", "--json").out)
    assert (as_json["endpoints"][0]["waiting"], as_json["events"][0]["id"]) == (1, told)
    assert json.loads(acme("events", "show", told, "--json").out)["deliveries"][0]["state"] == "waiting"


def test_an_event_is_sent_again_and_an_endpoint_is_sent_to_again(acme: CommandLine, told: str) -> None:
    assert acme("events", "replay", told).out.startswith(f"{told}: goes out again to e-1")
    assert acme("events", "resume", "e-1").out.strip() == "e-1: sent to again; 1 events wait for it"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "evt_no"), "There is no event 'evt_no'"),
        (("replay", "evt_no"), "There is no event 'evt_no'"),
        (("resume", "e-no"), "There is no endpoint e-no"),
    ],
)
def test_what_there_is_not_is_said(
    acme: CommandLine, told: str, arguments: tuple[str, ...], words: str
) -> None:
    answer = acme("events", *arguments)
    assert answer.status == 1
    assert words in answer.err


def test_the_catalogue_is_printed(acme: CommandLine) -> None:
    assert acme("events", "catalogue").out.startswith("notice.sent: A message to the customer was taken")
    assert [kind["type"] for kind in json.loads(acme("events", "catalogue", "--json").out)] == [
        kind.type for kind in CATALOGUE
    ]


def test_a_test_event_says_what_was_answered(
    acme: CommandLine, product: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in product.product_environment().items():
        monkeypatch.setenv(name, value)
    taken = acme("events", "test")
    assert taken.status == 0, taken.err
    assert "taken, it answers 204" in taken.out
    assert [event.type for event in product.product.events] == ["events.test"]
    product.faults.add("event", [Fault(status=500)])
    refused = acme("events", "test")
    assert (refused.status, "not taken, it answers 500" in refused.out) == (1, True)
    monkeypatch.setenv("EVENTS_SECRET", SECRET)
    assert "not taken, it answers 401" in acme("events", "test").out
    assert product_switch(Settings.from_env()) is not None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"EVENTS_URL": "https://x.example/e"}, "What the seller's product is told is set up by half"),
        (
            {"SERVICE_SECRET": SECRET},
            "The seller's product as a switch is set up by half: set SERVICE_URL too",
        ),
        (
            {"EVENTS_URL": "https://x.example/e,http://x.example/e"},
            "EVENTS_URL: address 2 is not https: only on this machine it may be http",
        ),
        ({"EVENTS_URL": "https://me:hush@x.example/"}, "EVENTS_URL: address 1 holds a user or a fragment"),
        ({"EVENTS_URL": "file:///etc/passwd"}, "EVENTS_URL: address 1 is no URL of http or https"),
        ({"EVENTS_URL": "https://[::1/"}, "EVENTS_URL: address 1 is no URL"),
        ({"SERVICE_URL": "http://169.254.169.254/latest"}, "SERVICE_URL: address 1 is not https"),
        ({"SERVICE_URL": "https://a.example/,https://b.example/"}, "SERVICE_URL: write one address"),
        ({"EVENTS_SECRET": "hush"}, "EVENTS_SECRET: write whsec_ and a key of 24 to 64 bytes in base64"),
        ({"EVENTS_SECRET": "whsec_" + "A" * 33}, "EVENTS_SECRET: write whsec_ and a key"),  # no base64
        ({"EVENTS_SECRET": "whsec_" + "A" * 88}, "EVENTS_SECRET: write whsec_ and a key"),  # 66 bytes
        ({"EVENTS_SECRET": ","}, "EVENTS_SECRET: write whsec_ and a key of 24 to 64 bytes in base64"),
        ({"FACTS_WEBHOOK_SECRETS": f"Billing={SECRET}"}, "FACTS_WEBHOOK_SECRETS: entry 1 cannot be used"),
        ({"FACTS_WEBHOOK_SECRETS": f"a={SECRET},b=hush"}, "FACTS_WEBHOOK_SECRETS: entry 2 cannot be used"),
        ({"FACTS_WEBHOOK_SECRETS": f"a={SECRET},b={SECRET}"}, "each system has a secret of its own"),
    ],
)
def test_settings_that_cannot_be_used_are_named_without_their_values(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], words: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as caught:
        Settings.from_env()
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_address_or_a_secret_is_in_no_words_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "EVENTS_URL", "https://x.example/hush-path, http://[::1]:8080/e, https://x.example/hush-path"
    )
    monkeypatch.setenv("EVENTS_SECRET", f"{SECRET},{SECRET[:-1]}B")
    settings = Settings.from_env()
    assert "hush" not in repr(settings)
    assert [each.host for each in event_endpoints(settings)] == ["x.example", "[::1]:8080"]
