"""Every command in README.md and the guides is run, on a ledger where it makes sense, and ends with status 0.

Each runs on a copy of its own of one ledger, after the commands that lead up to it.
"""

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

import starter
from commandline.session import open_ledger
from domain.clock import BusinessClock
from domain.facts import SubscriptionSuspended
from domain.own_steps import ODD_TURN
from settings import Settings
from store import assess, claims, clock, event_deliveries, tasks
from store.facts import NewFact

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TODAY = datetime(2026, 4, 10, 10, tzinfo=UTC)
CLOSED = "127.0.0.1:1"
"""Nothing listens there, and it says so at once."""


def written(page: Path) -> Iterator[str]:
    """Yield the commands of a page, in blocks and in sentences, without what a shell does to them."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```(?:sh|console|text)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if (found := re.match(r"(?:\$ )?(?:\.venv/bin/python )?starter\.py( .*)", line)) is not None:
                yield re.split(r"  +#| > | &$", found[1])[0].strip()
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for inline in re.findall(r"`(?:\.venv/bin/python )?starter\.py ([^`]+)`", prose):
        yield re.sub(r"\s+", " ", inline.split(" > ")[0]).strip()


def group_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words begin with, and the words that are left."""
    found, rest = typer.main.get_command(starter.app), words
    while rest and rest[0] in getattr(found, "commands", {}):
        found, rest = found.commands[rest[0]], rest[1:]  # type: ignore[attr-defined]
    return found, rest


def only_named(example: str) -> bool:
    """Whether a sentence names a command, and says nothing of what it is given."""
    words = shlex.split(example)
    command, rest = group_of(words)
    bare = not rest and any(each.required for each in command.params)
    return bare or any(re.fullmatch(r"[A-Z]+", word) and word in METAVARS for word in words)


METAVARS = {"CUSTOMER", "ACCOUNT", "ID", "ENDPOINT", "DATE", "N", "COMMAND"}
ALL = dict.fromkeys(each for page in PAGES for each in written(page))
EXAMPLES = [each for each in ALL if not only_named(each)]

ELSEWHERE = {
    "serve": "tests/web/test_serving.py",
    "demo": "tests/demo/test_play.py",
    "vendors": "tests/demo/test_play.py",
    "replay": "tests/cli/test_import.py",
    "events test": "tests/cli/test_events.py",
    "partner-center webhooks": "tests/cli/test_partner_center.py",
    "import --watch /srv/arrears/drop": "tests/cli/test_bank.py",
    "enter-code": "tests/cli/test_commands.py",
    "doctor": "tests/cli/test_doctor.py",
    "templates lint": "tests/cli/test_commands.py",
    "templates preview": "tests/cli/test_commands.py",
}
"""Commands that go on until Ctrl-C, need servers of their own or take long, and the tests that run them."""

OWED = "invoice ACME INV-1042 1490.00 EUR --due 2026-03-31"
LATE = "invoice ACME INV-1044 6000.00 EUR --issued 2026-01-10 --due 2026-02-12"
CHASED = "(chased for {} days)"
"""Stands for what the engine does by itself as days go by: what falls due is sent, and arrives."""

CHASED_FOR = re.escape(CHASED).replace(r"\{\}", "([0-9]+)")

APPLIED = "onboard NEWCO --name 'Newco Ltd' --email books@newco.example --phone +442079460123"
ORDERED = "order place ACME ORD-2041 300.00 EUR --first-month 120.00"
DEPOSITED = [
    ORDERED,
    "deposit request ACME ORD-2041-D 420.00 EUR --order ORD-2041",
    "pay ACME 420.00 EUR --payment BANK-9 --deposit ORD-2041-D",
]
MINING = "incident report mining --id C-77 --customer ACME"
ACTED = [
    MINING,
    "incident review inc-0123456789ab confirmed --branch compromised",
    "incident act inc-0123456789ab keep_evidence",
]
ON_TERMS = ["policy adopt terms.yaml", "policy use ACME terms --reason signed", LATE, CHASED.format(10)]
CHARGED = [*ON_TERMS, "fee book ACME INV-1042 --kind interest --amount 25.00 --reason agreed"]
REQUESTED = "access request ACME G-7 --principal 8e2f-41 --role Reader --scope SUB-1 --reason audit"
NOTHING_OWED = "pay ACME 1499.00 EUR --payment BANK-1"

BEFORE: dict[str, list[str]] = {
    "resume": ["pause ACME --reason 'asked for time' --to 2026-04-15"],
    "approve": [LATE, CHASED.format(60)],
    "suspend": [LATE, CHASED.format(60)],
    "reactivate": [CHASED.format(45)],
    "forget": [NOTHING_OWED],
    "task ACME call": [LATE, CHASED.format(10)],
    "task ACME interest": ON_TERMS,
    "review": [APPLIED],
    "onboarding explain": [APPLIED],
    "onboarding called": [APPLIED],
    "onboarding accept": [APPLIED],
    "credit end": ["credit grant ACME 5000.00 EUR --terms 30 --reason 'two years of trade'"],
    "order cancel": [ORDERED],
    "order unblock": ["order block ACME --reason 'under investigation'"],
    "deposit request": [ORDERED],
    "deposit": DEPOSITED,
    "bank unmatch": ["bank import statement.xml", "bank match LINE INV-1042"],
    "bank": ["bank import statement.xml"],
    "access grant": [NOTHING_OWED, "access safeguard ACME mfa", REQUESTED],
    "access revoke": [REQUESTED],
    "events show": ["pause ACME --reason 'asked for time' --to 2026-04-15"],
    "events replay": ["pause ACME --reason 'asked for time' --to 2026-04-15"],
    "fee book": ON_TERMS,
    "fee": CHARGED,
    "incident respond": ACTED,
    "incident close": [*ACTED, "incident respond inc-0123456789ab 'resolved as fraud at the vendor'"],
    "incident": [MINING],
    "policy retire compressed": ["policy adopt policies/compressed.yaml"],
    "policy use ACME compressed": ["policy adopt policies/compressed.yaml"],
    "subscription unlink": [
        "subscription link ACME --provider partner_center --account 0c39d6d5 --resource a4f1 --kind licence"
    ],
    "subscription link ACME --provider partner_center --account 0c39d6d5 --resource b7c2": [
        "subscription link ACME --provider partner_center --account 0c39d6d5 --resource a4f1 --kind licence"
    ],
    "usage billed ACME 2026-11": ["invoice ACME INV-77 640.00 EUR --due 2026-04-30"],
    "snooze 17 --back": [LATE, CHASED.format(10), "snooze 17 --until 2026-12-03 --reason 'on holiday'"],
    "snooze": [LATE, CHASED.format(10)],
    "reassign": [LATE, CHASED.format(10)],
    "elsewhere ACME --ended": ["elsewhere ACME --why 'fraud desk'"],
}
"""What leads up to an example, by how it begins; the first that fits counts."""


REFUSED = {"onboarding close-burst 1": "No burst 1 is open"}
"""Examples that are well written, and about nothing that a test brings about in a moment."""


def elsewhere(example: str) -> str | None:
    return next((test for start, test in ELSEWHERE.items() if f"{example} ".startswith(f"{start} ")), None)


def environment(folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
        "TEMPORAL_ADDRESS": CLOSED,
        "USER": "maria",
        "PUBLIC_URL": "https://arrears.example",
        "PAGE_KEYS": "a key of a test that is long enough to seal",
    }


MAPPING = """\
dates: [year-month-day]
customer: {id: Customer, name: Name, email: Email, phone: Phone, country: Country}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
settled_on: Settled
"""
ROWS = """\
Customer,Name,Email,Phone,Country,Invoice,Issued,Due,Amount,Currency,Settled
ACME,Acme Ltd,books@acme.example,+442079460123,GB,INV-1043,2026-03-01,2026-06-30,9.00,EUR,
YANKEE,Yankee Inc,books@yankee.example,+12125550123,US,INV-1,2026-03-01,2026-06-30,9.00,EUR,
"""
NOTICED = {
    "eventId": "11111111-2222-4333-8444-555555555555_aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    "eventTime": "2026-04-09T08:15:00",
    "eventType": "NetworkConnectionsToCryptoMiningPools",
    "subscriptionId": "11111111-2222-4333-8444-555555555555",
    "eventStatus": "Active",
}
MAIL = "From: Partner Fraud <no-reply@vendor.example>\nSubject: Notice\n\nunsolicited messages\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the guides name, and a ledger with ACME, who owes since 2026-03-31."""
    folder = tmp_path_factory.mktemp("guides")
    for name in ("policies", "samples", "templates"):
        (folder / name).symlink_to(ROOT / name)
    copies = {
        "receivables.csv": "receivables.csv",
        "mapping.yaml": "receivables.mapping.yaml",
        "statement.xml": "bank/statement.camt.xml",
        "bookings.csv": "bank/statement.csv",
        "bank.mapping.yaml": "bank/bank.mapping.yaml",
    }
    for name, sample in copies.items():
        shutil.copy(ROOT / "samples" / sample, folder / name)
    terms = (ROOT / "samples" / "policies" / "terms.yaml").read_text(encoding="utf-8")
    (folder / "terms.yaml").write_text(terms.replace("[terms]", "[business]"), encoding="utf-8")
    (folder / "acme.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "acme.csv").write_text(ROWS, encoding="utf-8")
    (folder / "events.json").write_text(json.dumps([NOTICED]), encoding="utf-8")
    (folder / "notice.eml").write_text(MAIL, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in environment(folder).items():
            patch.setenv(name, value)
        ledger = open_ledger(Settings.from_env())
        clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=TODAY))
        event_deliveries.set_up(ledger, {"e-1f2e3d4c": "app.example"}, now=TODAY)
        with ledger.write() as session:
            tasks.open_once(session, ODD_TURN, "a turn that no life should take", now=TODAY)
        ledger.close()
        for line in (
            "policy adopt policies/business.yaml policies/consumer.yaml",
            "go-live 2026-01-01",
            "import acme.csv --map acme.yaml",
            OWED,
        ):
            assert starter.main(shlex.split(line)) == 0, line
    return folder


def chase(days: int) -> None:
    """Do what the engine wants, day by day: messages arrive, and services are turned."""
    ledger = open_ledger(Settings.from_env())
    for day in range(days + 1):
        now = TODAY + timedelta(days=day)
        wanted = assess.assess(ledger, "ACME", now=now, code_version="test").plan.effects
        for effect in wanted:
            begun = claims.begin(ledger, "ACME", effect.key, now=now, code_version="test")
            if not isinstance(begun, claims.Begun):
                continue
            turned = SubscriptionSuspended(subscription="ACME")
            new = [NewFact(source="test", id=begun.message, happened_at=now, body=turned)]
            claims.confirm(
                ledger,
                "ACME",
                begun.message,
                state="sent",
                now=now,
                code_version="test",
                outcome="delivered" if effect.kind == "notice" else None,
                new=new if effect.kind == "suspend" else (),
            )
    clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=now))
    ledger.close()


def named(example: str, listed: Callable[[str], Any]) -> str:
    """Put the names of this ledger in the place of those that a guide made up."""
    if "inc-0123456789ab" in example:
        return example.replace("inc-0123456789ab", listed("incident list --json")[0]["incident"])
    if re.match(r"(snooze|reassign|mended) 17\b", example) is not None:
        asked = f"worklist --json{' --snoozed' if '--back' in example else ''}"
        whose = None if example.startswith("mended") else "ACME"
        numbers = [each["task"] for each in listed(asked) if each["customer"] == whose]
        return example.replace("17", str(numbers[0]), 1)
    if example.startswith("contact ACME --timezone America"):
        return example.replace("ACME", "YANKEE")  # Regions are those of a country.
    if "evt_" in example:
        return re.sub(r"evt_\w+", listed("events list --json")["events"][0]["id"], example)
    if (line := re.match(r"bank \w+ (17|18|LINE|3)\b", example)) is not None:
        number = "1" if line[1] == "3" else str(listed("bank unapplied --json")[0]["line"])
        number = "1" if example.startswith("bank unmatch") else number
        return example.replace(line[1], number, 1)
    return example


@pytest.mark.slow
@pytest.mark.parametrize("example", [each for each in EXAMPLES if elsewhere(each) is None])
def test_an_example_runs(
    example: str,
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "here"
    shutil.copytree(prepared, folder, symlinks=True)
    monkeypatch.chdir(folder)
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)

    def run(line: str) -> str:
        capsys.readouterr()
        status = starter.main(shlex.split(line))
        out, err = capsys.readouterr()
        if line in REFUSED:
            assert (status, REFUSED[line] in err) == (1, True), err
        else:
            assert status == 0, f"{line}: {err or out}"
        return out

    for line in next((lines for start, lines in BEFORE.items() if example.startswith(start)), []):
        if (days := re.fullmatch(CHASED_FOR, line)) is not None:
            chase(int(days[1]))
        else:
            run(named(line, lambda asked: json.loads(run(asked))))
    run(named(example, lambda asked: json.loads(run(asked))))


def test_what_is_run_elsewhere_is_run_there() -> None:
    for start, test in ELSEWHERE.items():
        words = start.split()
        text = (ROOT / test).read_text(encoding="utf-8")
        assert all(f'"{word}"' in text for word in words[:2] if not word.startswith("/")), (start, test)
