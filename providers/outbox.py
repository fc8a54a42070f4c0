"""The outbox: the embedded courier, which writes every message to files and says whether it arrived.

A message of an email is `<name>.eml`, with `.html` and `.txt` to look at; of an SMS `<name>.txt`. The
name is made of instant, channel, step and reference, never of personal data. A record under
`references/` says which name a reference has; the message went out once its file stands there.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from re import sub
from typing import Any

from domain.notice import Accepted, Message, Outcome, sms_segments

_INDEX = "index.jsonl"
_REFERENCES = "references"
_PREVIEW = 80
_PAGE_SECONDS = 1.0
"""So often the page is written anew at most, while messages go out."""


class _HeaderClasses(HeaderRegistry):
    """Makes the class of a header once; the library makes one for each header of each message."""

    @cache  # noqa: B019  # one object, and the few names of our own headers
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)


_LETTER = SMTP.clone(header_factory=_HeaderClasses())


def bounces_in_samples(to: str) -> bool:
    """Say whether a sample address bounces: email at `bounce.example`, numbers that end in 0000."""
    address = parseaddr(to)[1]
    if "@" in address:
        return address.lower().endswith("@bounce.example")
    return sub(r"\D", "", to).endswith("0000")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One message on the index page.

    Attributes:
        at: when it went out, UTC, in ISO 8601.
        title: the subject of an email, the beginning of an SMS.
    """

    at: str
    channel: str
    step: str
    reference: str
    customer: str
    title: str
    outcome: Outcome
    name: str

    @property
    def file(self) -> str:
        """The file that is the message itself; with it, the message is out."""
        return f"{self.name}.{'eml' if self.channel == 'email' else 'txt'}"

    def accepted(self) -> Accepted:
        """Return the answer to whoever handed the message over."""
        return Accepted(reference=self.reference, provider_ref=self.name, outcome=self.outcome)


class Outbox:
    """The courier that keeps every message in `folder`; threads and processes may share one folder."""

    sender = ""

    def __init__(
        self,
        folder: Path,
        *,
        bounces: Callable[[str], bool] = bounces_in_samples,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._bounces = bounces
        self._monotonic = monotonic
        self._page_due_at = monotonic()
        (folder / _REFERENCES).mkdir(parents=True, exist_ok=True)

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        """Write `message` to files; a reference that is out already is answered, not written again.

        Raises:
            ValueError: `at` has no zone, the reference is empty, or a header has a line break.
        """
        if at.tzinfo is None:
            raise ValueError("give `at` with its zone: a message is dated by an instant")
        if not message.reference:
            raise ValueError("a message needs a reference: without one it cannot be found again")
        with self._lock():
            earlier = self._entry(message.reference)
            if earlier is not None and self._is_out(earlier):
                return earlier.accepted()
            entry = self._new_entry(message, at.astimezone(UTC))
            files = _files(message, entry)
            if earlier is not None:
                self._remove_views(earlier)
            self._write(f"{_REFERENCES}/{_digest(message.reference)}.json", json.dumps(asdict(entry)))
            for name, content in files:
                self._write(name, content, durable=name == entry.file)
            self._append([entry])
            self._refresh_page()
        return entry.accepted()

    def find(self, reference: str, *, to: str = "", since: datetime | None = None) -> Accepted | None:
        """Return what became of the message with this reference; None if it never went out.

        Address and instant are for those who cannot look by reference.
        """
        entry = self._entry(reference)
        return entry.accepted() if entry is not None and self._is_out(entry) else None

    def write_index(self) -> Path:
        """Write the page that lists all messages, newest first, and return its path.

        It finds messages again whose line in the index was lost; the page that `deliver` keeps does not.
        """
        with self._lock():
            entries = self._indexed()
            lost = [entry for entry in self._records() if entry.reference not in entries]
            self._append(lost)
            self._write_page([*entries.values(), *lost])
        return self._folder / "index.html"

    def _refresh_page(self) -> None:
        """Write the page anew, unless that was done a moment ago; it takes a small part of the time."""
        began = self._monotonic()
        if began < self._page_due_at:
            return
        self._write_page(self._indexed().values())
        took = self._monotonic() - began
        self._page_due_at = began + max(_PAGE_SECONDS, 20 * took)

    def _write_page(self, entries: Iterable[_Entry]) -> None:
        out = sorted(filter(self._is_out, entries), key=lambda entry: entry.name, reverse=True)
        self._write("index.html", _page(out), durable=False)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the folder alone. Each caller opens the file anew, so threads wait for each other too."""
        with open(self._folder / ".lock", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _new_entry(self, message: Message, at: datetime) -> _Entry:
        instant = at.strftime("%Y%m%dT%H%M%S%fZ")
        words = (instant, message.channel, _safe(message.step), _safe(message.reference))
        return _Entry(
            at=at.isoformat(timespec="seconds"),
            channel=message.channel,
            step=message.step,
            reference=message.reference,
            customer=message.customer,
            title=message.subject or message.text[:_PREVIEW],
            outcome="bounced" if self._bounces(message.to) else "delivered",
            name="-".join((*words, _digest(message.reference)[:8])),
        )

    def _remove_views(self, entry: _Entry) -> None:
        """Remove what an attempt left behind that was killed before its message was out."""
        for suffix in ("txt", "html"):
            (self._folder / f"{entry.name}.{suffix}").unlink(missing_ok=True)

    def _is_out(self, entry: _Entry) -> bool:
        return (self._folder / entry.file).exists()

    def _entry(self, reference: str) -> _Entry | None:
        try:
            text = (self._folder / _REFERENCES / f"{_digest(reference)}.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return _Entry(**json.loads(text))

    def _records(self) -> Iterator[_Entry]:
        for path in sorted((self._folder / _REFERENCES).glob("*.json")):
            entry = _Entry(**json.loads(path.read_text(encoding="utf-8")))
            if self._is_out(entry):
                yield entry

    def _indexed(self) -> dict[str, _Entry]:
        """Return the index by reference; a line that a kill cut short is passed over."""
        path = self._folder / _INDEX
        entries: dict[str, _Entry] = {}
        for line in path.read_bytes().splitlines() if path.exists() else ():
            try:
                entry = _Entry(**json.loads(line))
            except (ValueError, TypeError):
                continue
            entries[entry.reference] = entry
        return entries

    def _append(self, entries: Sequence[_Entry]) -> None:
        """Add lines to the index, on lines of their own even after one that was cut short."""
        lines = "".join(json.dumps(asdict(entry)) + "\n" for entry in entries)
        with open(self._folder / _INDEX, "a+b") as file:
            if file.tell() and not _ends_line(file.fileno()):
                lines = "\n" + lines
            file.write(lines.encode())

    def _write(self, name: str, content: str | bytes, *, durable: bool = True) -> None:
        """Write a file whole or not at all; called under the lock. Without `durable` power may take it."""
        path = self._folder / name
        waiting = path.with_name(f".{path.name}.new")
        with open(waiting, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
            if durable:
                file.flush()
                os.fsync(file.fileno())
        waiting.replace(path)


def _files(message: Message, entry: _Entry) -> list[tuple[str, str | bytes]]:
    """Return the files of a message with their contents; the last is the one that counts."""
    if message.channel != "email":
        return [(entry.file, _text_message(message, entry))]
    views: list[tuple[str, str | bytes]] = [(f"{entry.name}.txt", message.text)]
    if message.html is not None:
        views.append((f"{entry.name}.html", message.html))
    return [*views, (entry.file, _letter(message, entry).as_bytes())]


def _headers(message: Message, entry: _Entry) -> list[tuple[str, str]]:
    headers = [
        ("Date", format_datetime(datetime.fromisoformat(entry.at))),
        ("From", message.sender),
        ("To", message.to),
        ("X-Arrears-Reference", message.reference),
        *message.headers,
    ]
    broken = [name for name, value in headers if len(value.splitlines()) > 1]
    if broken:
        raise ValueError(f"line break in header {broken[0]}: a header is one line")
    return headers


def _letter(message: Message, entry: _Entry) -> EmailMessage:
    letter = EmailMessage(policy=_LETTER)
    letter.set_content(message.text, cte="quoted-printable")
    if message.html is not None:
        letter.add_alternative(message.html, subtype="html", cte="quoted-printable")
    domain = parseaddr(message.sender)[1].rpartition("@")[2] or "outbox.invalid"
    letter["Message-ID"] = f"<{_digest(message.reference)}@{domain}>"
    letter["Subject"] = message.subject or ""
    for name, value in _headers(message, entry):
        letter[name] = value
    return letter


def _text_message(message: Message, entry: _Entry) -> str:
    headers = [*_headers(message, entry), ("X-Arrears-Segments", str(sms_segments(message.text)))]
    return "".join(f"{name}: {value}\n" for name, value in headers) + f"\n{message.text}\n"


def _digest(reference: str) -> str:
    return sha256(reference.encode()).hexdigest()[:32]


def _safe(word: str) -> str:
    """Return `word` as a part of a file name; what distinguishes it is the digest that follows."""
    return sub(r"[^A-Za-z0-9._]+", "_", word)[:48]


def _ends_line(descriptor: int) -> bool:
    return os.pread(descriptor, 1, os.fstat(descriptor).st_size - 1) == b"\n"


def _page(entries: Sequence[_Entry]) -> str:
    """Return the list as one page that needs nothing from outside, and no script to be read."""
    rows = "".join(map(_row, entries))
    count = f"{len(entries):,} message{'' if len(entries) == 1 else 's'}, newest first, times in UTC."
    return _PAGE_HEAD + f'<p class="muted">{count}</p>\n' + _PAGE_TABLE + rows + _PAGE_END


def _row(entry: _Entry) -> str:
    email = entry.channel == "email"
    views = ("html", "txt", "eml") if email else ("txt",)
    sent = escape(entry.at[:19].replace("T", " "))
    links = " ".join(f'<a href="{escape(entry.name)}.{view}">{view}</a>' for view in views)
    return (
        f'<tr data-channel="{escape(entry.channel)}">'
        f'<td class="at"><time datetime="{escape(entry.at)}">{sent}</time></td>'
        f"<td>{escape(entry.channel)}</td><td>{escape(entry.customer)}</td><td>{escape(entry.step)}</td>"
        f'<td class="title"><a href="{escape(entry.name)}.{views[0]}">{escape(entry.title)}</a></td>'
        f'<td><span class="{escape(entry.outcome)}">{escape(entry.outcome)}</span></td>'
        f'<td class="ref">{escape(entry.reference)}</td><td class="files">{links}</td></tr>\n'
    )


_PAGE_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outbox</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --muted: #57606a; --line: #d0d7de;
  --link: #0b5cad; --soft: #f3f5f7; --good: #1a7f37; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --muted: #9aa4af; --line: #30363d; --link: #79b8ff;
    --soft: #161b22; --good: #56d364; --bad: #ff8a80; }
}
body { margin: 0 auto; max-width: 1400px; padding: 24px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
h1 { margin: 0; }
a { color: var(--link); }
.muted { color: var(--muted); margin: 0 0 16px; }
form { display: flex; flex-wrap: wrap; gap: 12px; align-items: end; margin: 0 0 16px; }
form[hidden] { display: none; }
form .muted { margin: 0 0 6px; }
label { display: grid; gap: 2px; color: var(--muted); font-size: 13px; }
input, select, button { font: inherit; padding: 6px 10px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--soft); color: var(--ink); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; white-space: nowrap; }
th { color: var(--muted); font-size: 13px; }
.title { white-space: normal; min-width: 20rem; }
.at, .ref { font-variant-numeric: tabular-nums; }
.ref { max-width: 16rem; overflow: hidden; text-overflow: ellipsis; color: var(--muted); }
.delivered { color: var(--good); }
.bounced { color: var(--bad); font-weight: 600; }
</style>
</head>
<body>
<h1>Outbox</h1>
"""

_PAGE_TABLE = """<form id="filter" hidden>
<label>Customer, step, subject or reference<input id="words" type="search" autocomplete="off"></label>
<label>Channel<select id="channel"><option value="">all</option></select></label>
<button id="order" type="button">Oldest first</button>
<output id="shown" class="muted"></output>
</form>
<div class="scroll">
<table>
<thead><tr><th scope="col">Sent</th><th scope="col">Channel</th><th scope="col">Customer</th>
<th scope="col">Step</th><th scope="col">Message</th><th scope="col">Outcome</th>
<th scope="col">Reference</th><th scope="col">Files</th></tr></thead>
<tbody id="rows">
"""

_PAGE_END = """</tbody>
</table>
</div>
<script>
const rows = document.getElementById("rows"), all = Array.from(rows.rows);
const texts = all.map(row => row.textContent.toLowerCase());
const words = document.getElementById("words"), channel = document.getElementById("channel");
const order = document.getElementById("order"), shown = document.getElementById("shown");
for (const name of new Set(all.map(row => row.dataset.channel))) channel.add(new Option(name, name));
function filter() {
  const wanted = words.value.trim().toLowerCase();
  let count = 0;
  all.forEach((row, i) => {
    row.hidden = !(texts[i].includes(wanted) && (!channel.value || row.dataset.channel === channel.value));
    count += row.hidden ? 0 : 1;
  });
  shown.textContent = count + " of " + all.length + " shown";
}
words.addEventListener("input", filter);
channel.addEventListener("change", filter);
order.addEventListener("click", () => {
  rows.append(...Array.from(rows.rows).reverse());
  order.textContent = order.textContent === "Oldest first" ? "Newest first" : "Oldest first";
});
document.getElementById("filter").addEventListener("submit", event => event.preventDefault());
document.getElementById("filter").hidden = false;
filter();
</script>
</body>
</html>
"""
