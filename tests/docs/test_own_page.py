"""docs/own-page.md: its commands run, and its settings and numbers are those of the program."""

import re
import shlex
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

import starter
from activities.specimens import SPECIMEN_PAGE
from domain.customer import Customer
from settings import Settings
from store import customers
from store.customers import ContactData
from store.database import Ledger, migrate
from web.own_page.app import MOST_BY_ADDRESS, MOST_BY_CUSTOMER, MOST_CHANGES

PAGE = (Path(__file__).parents[2] / "docs" / "own-page.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^starter\.py ([^#\n]+)", PAGE, re.MULTILINE)


def test_its_commands_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    with closing(Ledger(url, durable=False)) as ledger, ledger.write() as session:
        contact = ContactData(email="ar@acme.example")
        customers.add(session, Customer(id="ACME"), contact, now=datetime.now(UTC))
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("PUBLIC_URL", "https://arrears.example.com")
    monkeypatch.setenv("PAGE_KEYS", "k" * 64)
    run = CliRunner()
    printed = [run.invoke(starter.app, shlex.split(command)) for command in COMMANDS]

    assert [(answer.exit_code, answer.exception) for answer in printed] == [(0, None)] * 2
    assert re.fullmatch(r"https://arrears\.example\.com/c/\w+\n", printed[0].output)
    assert "revoked every link" in printed[1].output


def test_its_settings_are_settings() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE)
    ours = [name.upper() for name in Settings.model_fields if name.startswith("page_")]
    assert sorted(rows) == sorted(ours)


def test_its_numbers_are_those_that_count() -> None:
    limits = (
        f"{MOST_BY_ADDRESS} requests a minute",
        f"{MOST_BY_CUSTOMER} an hour",
        f"{MOST_CHANGES}\nchanges an hour",
    )
    for words in (*limits, f"a link of {len(SPECIMEN_PAGE)} letters"):
        assert words in PAGE
