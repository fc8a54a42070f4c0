"""The language of the stories: what finance may write in a docstring, and what each line means.

A story begins with a few words and a header (`customer in Asia/Tokyo`, `policy consumer`, `email
bounces`), then has one dated line for everything that happens, in order. Lines that begin with `we`
are what the engine must do, all of it and nothing else; `held` lines are holds that must be in the
journal, with their sentence; every other line is something that happens to us. A line without a
date continues the one above.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

from domain import facts
from domain.cash.doors import BANK
from domain.commands import COMMANDS
from domain.customer import Customer
from domain.facts import Body
from store.customers import ContactData

MONEY = r"(?P<amount>[\d.]+) (?P<currency>[A-Z]{3})"
INVOICE = r"(?P<invoice>[A-Z]+-\d+)"
PAYMENT = r"(?P<payment>P-\d+)"
REASON = r": (?P<reason>.+)"
BANK_FILE = "the bank's file"
# What happens, as finance writes it; the fact that it means, and what the words leave open.
FACTS: list[tuple[str, str, dict[str, Any]]] = [
    (rf"invoice {INVOICE} of {MONEY}, due (?P<due_on>\S+)", "invoice_issued", {}),
    (rf"side invoice {INVOICE} of {MONEY}, due (?P<due_on>\S+)", "invoice_issued", {"main": False}),
    (rf"{INVOICE} is corrected to (?P<amount>[\d.]+)", "invoice_corrected", {}),
    (rf"{INVOICE} is corrected to be due (?P<due_on>\S+)", "invoice_corrected", {}),
    (rf"{INVOICE} is voided", "invoice_voided", {}),
    (rf"customer pays {MONEY} \({PAYMENT}\)(?: for {INVOICE})?", "payment_received", {}),
    (rf"bank announces {MONEY} \({PAYMENT}\)(?: for {INVOICE})?", "payment_in_flight", {}),
    (rf"customer orders (?P<order>O-\d+) for {MONEY}", "order_placed", {}),
    (rf"invoice {INVOICE} of {MONEY} for (?P<order>O-\d+), due (?P<due_on>\S+)", "invoice_issued", {}),
    (rf"customer pays {MONEY} \({PAYMENT}\) for deposit (?P<deposit>\S+)", "payment_received", {}),
    (rf"bank announces {MONEY} \({PAYMENT}\) for deposit (?P<deposit>\S+)", "payment_in_flight", {}),
    (rf"a limit of (?P<limit>[\d.]+) (?P<currency>[A-Z]{{3}}) is granted{REASON}", "credit_granted", {}),
    (rf"{BANK_FILE} has {MONEY} \({PAYMENT}\)(?: for {INVOICE})?", "payment_received", {}),
    (
        rf"{BANK_FILE} has {MONEY} of somebody \((?P<question>Q-\d+)\) until (?P<to>\S+){REASON}",
        "money_in_question",
        {},
    ),
    (r"somebody says whose (?P<question>Q-\d+) is", "money_decided", {}),
    (rf"{PAYMENT} fails", "payment_failed", {}),
    (r"customer adds card (?P<instrument>\S+)", "card_added", {}),
    (rf"the charge of {INVOICE} is declined: (?P<decline>\w+)", "payment_failed", {"by": "engine"}),
    (rf"finance refunds {PAYMENT}", "refunded", {}),
    (rf"bank takes {PAYMENT} back", "charged_back", {}),
    (rf"bank returns {PAYMENT}", "chargeback_reversed", {}),
    (rf"finance credits (?P<amount>[\d.]+) on {INVOICE} \((?P<credit_note>C-\d+)\)", "credit_note", {}),
    (rf"finance cancels (?P<credit_note>C-\d+) on {INVOICE}", "credit_note_cancelled", {}),
    (rf"finance writes {INVOICE} off", "write_off", {}),
    (rf"finance undoes the write-off of {INVOICE}", "write_off_undone", {}),
    (rf"customer disputes (?:(?P<amount>[\d.]+) of )?{INVOICE} \((?P<dispute>D-\d+)\)", "dispute_opened", {}),
    (r"finance resolves (?P<dispute>D-\d+)(?: as (?P<outcome>won|lost))?", "dispute_resolved", {}),
    (rf"finance pauses until (?P<to>\S+){REASON}", "paused", {}),
    (r"finance resumes", "resumed", {}),
    (rf"finance exempts(?: {INVOICE})?(?: until (?P<to>\S+))?{REASON}", "exempted", {}),
    (rf"finance ends the exemption(?: of {INVOICE})?", "exemption_ended", {}),
    (rf"finance holds(?: until (?P<to>\S+))?{REASON}", "hold_set", {}),
    (r"finance releases", "hold_released", {}),
    (r"customer promises (?:(?P<amount>[\d.]+) )?by (?P<pay_on>\S+)", "promise_made", {}),
    (r"finance approves(?: (?P<step>\w+))?", "approved", {}),
    (r"others suspend the service", "suspended_elsewhere", {}),
    (r"others give the service back", "suspended_elsewhere", {"outcome": "ended"}),
    (
        r"incident (?P<incident>\S+) of (?P<kind>\w+) is opened",
        "incident_opened",
        {"category": "misuse"},
    ),
    (r"incident (?P<incident>\S+) is closed", "incident_closed", {}),
    (r"customer cancels the subscription", "subscription_cancelled", {}),
    (rf"finance hands {INVOICE} over to (?P<to>\w+)", "handed_over", {}),
    (rf"finance takes {INVOICE} back", "taken_back", {}),
    (r"finance has done the (?P<step>[\w-]+)", "task_completed", {}),
    (rf"finance suspends{REASON}", "suspend_requested", {}),
    (rf"finance reactivates{REASON}", "reactivate_requested", {}),
    (r"customer opts out of (?P<channel>email|sms)", "opted_out", {}),
    (r"customer wants (?P<channel>email|sms) again", "opted_in", {}),
    (r"customer writes by (?P<channel>email|sms), which says (?P<says>\w+)", "replied", {}),
    (r"(?P<step>\w+) by (?P<channel>email|sms) fails in passing", "bounced", {"fault": "passing"}),
    (r"customer has a new (?P<channel>email|sms)", "contact_changed", {}),
    (
        r"finance agrees on usage of (?P<expected>[\d.]+) (?P<currency>[A-Z]{3}) a month",
        "usage_profile_agreed",
        {"review_on": "2026-12-01"},
    ),
    (rf"(?P<month>\d{{4}}-\d\d) has cost {MONEY} so far", "usage_reported", {}),
    (r"finance notes that mfa holds", "safeguard_noted", {"safeguard": "mfa", "holds": True}),
    (
        rf"finance grants (?P<grant>G-\d+) until (?P<to>\S+){REASON}",
        "access_granted",
        {"principal": "8e2f-41", "role": "Reader", "scope": "SUB-1"},
    ),
    (rf"finance revokes (?P<grant>G-\d+){REASON}", "access_revoked", {}),
]
# What else happens: to the engine itself, or in vain.
EVENTS: Mapping[str, str] = {
    "stop": rf"finance stops everything{REASON}",
    "go": r"finance says go",
    "allow": r"finance says go, beyond the limit",
    "limit": r"finance allows (?P<limit>\d+) effects? an hour",
    "down": r"the workers stop",
    "up": r"the workers are back",
    "refused": r"finance cannot (?P<command>\w+): (?P<words>.+)",
}
COMMAND_OF = {
    facts.kind_of(each.body.model_construct()): each.name
    for each in COMMANDS.values()
    if issubclass(each.body, Body)
}
HEADER = re.compile(r"(customer in|policy|segment|country|go-live|email|sms) (\S+)")
LINE = re.compile(r"(?P<on>\d{4}-\d\d-\d\d)(?: (?P<at>\d\d:\d\d))?\s+(?P<says>.+)")
CHANNELS = {"email": "email", "sms": "phone"}
ADDRESSES = {
    "email": {"works": "ap@acme.example", "bounces": "ap@bounce.example", "missing": None},
    "sms": {"works": "+4915112345678", "bounces": "+4915112340000", "missing": None},
}
NEW_ADDRESSES = {"email": "accounts@acme.example", "sms": "+4915187654321"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happens: a fact at a door, a `command` of finance's, or an event.

    Attributes:
        kind: `fact`, `command`, or a name of EVENTS.
        said: the words of the line by name, or the JSON of the fact.
        source: by which door a fact comes.
    """

    at: datetime
    kind: str
    said: dict[str, Any]
    command: str = ""
    source: str = "story"

    @property
    def body(self) -> Body:
        return facts.read_body(self.said)


class Story:
    """A parsed docstring: who it is about, what happens, and what we must do."""

    def __init__(self, text: str) -> None:
        self.customer = Customer(id="ACME", timezone="Europe/Berlin", country="DE", currency="EUR")
        self.policy = "business"
        self.contact = ContactData(name="Acme Ltd", email="ap@acme.example", phone="+4915112345678")
        self.go_live_on: date | None = None
        self.happenings: list[Happening] = []
        self.expected: list[str] = []
        self.holds: list[str] = []
        self.ends_on: date | None = None
        for line in _lines(text):
            self._read(line)
        instants = [each.at for each in self.happenings]
        assert instants == sorted(instants), "a story is told in order"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.customer.timezone)

    @property
    def until(self) -> datetime:
        """The end of the story's last day; it says when that is, so that nothing is overlooked."""
        assert self.ends_on is not None, "a story says when it ends: `2026-05-18 the story ends`"
        return datetime.combine(self.ends_on, time(23), self.zone).astimezone(UTC)

    def _read(self, line: str) -> None:
        header, dated = HEADER.fullmatch(line), LINE.fullmatch(line)
        if dated is not None:
            self._happens(dated["on"], dated["at"] or "12:00", dated["says"].strip())
        elif header is not None:
            self._about(header[1], header[2])

    def _about(self, name: str, value: str) -> None:
        match name:
            case "policy":
                self.policy = value
            case "customer in":
                self.customer = replace(self.customer, timezone=value)
            case "segment" | "country":
                self.customer = replace(self.customer, **{name: value})
            case "go-live":
                self.go_live_on = date.fromisoformat(value)
            case _:
                self.contact = replace(self.contact, **{CHANNELS[name]: ADDRESSES[name][value]})

    def _happens(self, on: str, at: str, says: str) -> None:
        if says == "the story ends":
            self.ends_on = date.fromisoformat(on)
        elif says.startswith("we "):
            self.expected.append(f"{on} {says}")
        elif says.startswith("held "):
            self.holds.append(f"{on} {says}")
        else:
            local = datetime.combine(date.fromisoformat(on), time.fromisoformat(at), self.zone)
            self.happenings.append(_happening(local.astimezone(UTC), says))


def told() -> dict[str, Story]:
    """Every story of this folder, by the name of its test."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and [each.arg for each in node.args.args] == ["play"]:
                found[node.name] = Story(ast.get_docstring(node) or "")
    return found


def _lines(text: str) -> list[str]:
    """The lines of a story; under a dated one, a line without a date continues it."""
    lines: list[str] = []
    for line in dedent(text).splitlines():
        if lines and LINE.fullmatch(lines[-1]) and line.strip() and not LINE.fullmatch(line.strip()):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.strip())
    return lines


def _happening(at: datetime, says: str) -> Happening:
    for pattern, kind, fixed in FACTS:
        found = re.fullmatch(pattern, says)
        if found is not None:
            said = {"type": kind, **fixed, **_given(found)}
            command = COMMAND_OF.get(kind, "") if says.startswith("finance") else ""
            return Happening(
                at=at,
                kind="command" if command else "fact",
                said=said,
                command=command,
                source=BANK if says.startswith(BANK_FILE) else "story",
            )
    for kind, pattern in EVENTS.items():
        found = re.fullmatch(pattern, says)
        if found is not None:
            return Happening(at=at, kind=kind, said=_given(found))
    raise AssertionError(f"the story does not know this line: {says}")


def _given(found: re.Match[str]) -> dict[str, Any]:
    return {key: value for key, value in found.groupdict().items() if value is not None}
