"""`doctor`: what is set up and what works, in words; nothing is changed, and nothing secret is shown."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from providers.loopback.server import Loopback
from store import condition
from store.database import Ledger
from tests.cli.conftest import ROOT, TODAY

TEXT = "%Y-%m-%d %H:%M:%S.000000"
SECRETS = ("loopback-secret", "loopback-auth-token", "SG.loopback", "sk_test_loopback", "MFkw")


@pytest.fixture
def vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Vendors that are set up and well."""
    with Loopback() as loopback:
        for name, value in loopback.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("STRIPE_API_KEY", loopback.knowing.stripe_key)
        monkeypatch.setenv("STRIPE_BASE", loopback.base)
        yield loopback


def findings(cli, *options: str) -> dict[str, list[tuple[bool, str]]]:
    """Return what was found, by what it is about."""
    told: dict[str, list[tuple[bool, str]]] = {}
    for each in json.loads(cli("doctor", "--json", *options).out):
        told.setdefault(each["about"], []).append((each["ok"], each["words"]))
    return told


def test_every_vendor_is_asked_and_no_secret_is_shown(acme, vendors: Loopback) -> None:
    answer = acme("doctor")
    assert "ok  SendGrid: SENDGRID_API_KEY may do all that is asked of it: mail.send\n" in answer.out
    assert "ok  Twilio's auth token: TWILIO_AUTH_TOKEN can be used\n" in answer.out
    assert "ok  Stripe: STRIPE_API_KEY is a key of test mode: no money moves" in answer.out
    assert not [secret for secret in SECRETS if secret in answer.out + answer.err]
    assert (answer.status, "BAD Temporal at " in answer.out) == (1, True)


def test_what_is_broken_says_what_then_does_not_work(acme, vendors: Loopback) -> None:
    vendors.sendgrid.scopes = []
    told = acme("doctor").out
    assert (
        "BAD SendGrid: SENDGRID_API_KEY lacks a permission: mail.send; until then no email goes out\n" in told
    )
    found = json.loads(acme("doctor", "--json").out)
    assert {"no email goes out"} == {each["then"] for each in found if each["about"] == "SendGrid"} - {""}


def test_offline_asks_nobody_and_ends_with_0_where_all_is_well(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in Loopback().environment().items():
        monkeypatch.setenv(name, "http://127.0.0.1:1" if name.endswith("_BASE") else value)
    assert cli("policy", "adopt", str(ROOT / "policies" / "business.yaml")).status == 0
    answer = cli("doctor", "--offline")
    assert "ok  vendors and Temporal: not asked, since nobody is: --offline\n" in answer.out
    assert (answer.status, answer.err) == (0, ""), answer.out


def test_what_is_not_set_up_says_what_is_done_instead(cli) -> None:
    found = findings(cli)
    assert found["SendGrid"] == [(True, "not set up: emails go to the outbox, and nobody gets them")]
    assert found["PUBLIC_URL"][0][1].startswith("not set up: vendors are told of no webhook")
    assert found["API_TOKENS"] == [(True, "not set: there is no REST API")]


def test_your_own_product_is_looked_at_and_a_shut_endpoint_is_told(
    acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert findings(acme)["EVENTS_URL"] == [(True, "not set up: your product is told of no events")]
    secret = "whsec_" + "c2VjcmV0" * 4
    with Loopback() as loopback:
        for name, value in loopback.product_environment().items():
            monkeypatch.setenv(name, secret if name.endswith("SECRET") else f"{value}?hush")
        found, host = findings(acme), loopback.base.removeprefix("http://").partition("/")[0]
    assert found["EVENTS_URL"][0][1].startswith(f"{host} answers in ")
    assert found["SERVICE_URL"][0][1].startswith(f"{host} answers in ")
    assert findings(acme)["SERVICE_URL"][0][0] is False
    shut = "2026-04-01 10:00:00.000000"
    given = {"name": "e-1", "host": "hooks.example", "opened_at": shut, "shut_at": shut, "failures": 3}
    insert(acme.ledger, "event_endpoints", why="it answers 410 Gone", **given)
    told = acme("doctor").out
    words = (
        "shut, it answers 410 Gone: mend it, then `starter.py events resume e-1`; until then nothing is sent"
    )
    assert f"BAD events for e-1 at hooks.example: {words}" in told
    assert "hush" not in told


def test_a_variable_that_is_nearly_one_of_ours_is_named(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDGRID_API_KEYS", "hush")
    answer = cli("doctor")
    assert "ok  settings: SENDGRID_API_KEYS is no setting: did you mean SENDGRID_API_KEY" in answer.out
    assert "hush" not in answer.out


def test_the_database_says_which_it_is_and_whether_it_keeps_what_it_confirmed(acme) -> None:
    assert findings(acme)["database"] == [(True, f"SQLite {sqlite3.sqlite_version}, journal mode wal")]
    with_no_disk = Ledger(f"sqlite:///{acme.ledger}", durable=False)
    assert condition.condition(with_no_disk).wrong == (
        "commits do not wait for the disk, so a loss of power may take a claim",
    )
    with_no_disk.close()


@pytest.mark.parametrize(
    ("revision", "words"),
    [("0001", "stop old workers; the first worker or command"), ("9999", "written by a newer version")],
)
def test_a_ledger_of_another_version_is_told_and_let_be(acme, revision: str, words: str) -> None:
    connection = sqlite3.connect(acme.ledger)
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    (ledger,) = findings(acme)["ledger (sqlite)"]
    assert (ledger[0], words in ledger[1]) == (False, True)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]
    connection.close()


def test_messages_of_which_nothing_comes_back_are_an_alarm(acme, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SENDGRID_API_KEY", "SENDGRID_WEBHOOK_KEY"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("SENDGRID_FROM", "ar@acme.example")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SENDGRID_BASE", "http://127.0.0.1:1")
    quiet = findings(acme)
    assert quiet["webhooks heard this week"] == [(True, "none")]
    assert "webhooks of sendgrid" not in quiet
    went_out(acme.ledger, ago=timedelta(hours=1))
    assert "webhooks of sendgrid" not in findings(acme), "it may still come"
    went_out(acme.ledger, ago=timedelta(hours=5))
    ((ok, words),) = findings(acme)["webhooks of sendgrid"]
    assert (ok, words.startswith("nothing came from sendgrid although 1 messages went out")) == (False, True)
    came(acme.ledger, "sendgrid", ago=timedelta(hours=3))
    heard = findings(acme)
    assert "webhooks of sendgrid" not in heard
    assert heard["webhooks heard this week"] == [(True, "1 from sendgrid, last 3 hours ago")]


# --- what nobody else writes so quickly


def went_out(ledger: Path, *, ago: timedelta) -> None:
    """Have an email gone out."""
    insert(
        ledger,
        "claims",
        message=f"m-{ago}",
        position=0,
        customer_id="ACME",
        debt=f"INV-{ago}",
        opening=1,
        step="first",
        channel="email",
        kind="notice",
        state="sent",
        attempt=1,
        claimed_at=(TODAY - ago).strftime(TEXT),
        amount_minor=1,
        currency="EUR",
        policy_version=version_of(ledger),
        code_version="test",
    )


def came(ledger: Path, source: str, *, ago: timedelta) -> None:
    """Have a vendor called back."""
    at = (TODAY - ago).strftime(TEXT)
    insert(ledger, "inbox", source=source, dedupe="1", heard_at=at, word="delivered", outcome="done")


def version_of(ledger: Path) -> object:
    connection = sqlite3.connect(ledger)
    try:
        return connection.execute("SELECT version FROM policies").fetchone()[0]
    finally:
        connection.close()


def insert(ledger: Path, table: str, **values: object) -> None:
    connection = sqlite3.connect(ledger)
    try:
        places = ", ".join("?" * len(values))
        connection.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values())
        )
        connection.commit()
    finally:
        connection.close()
