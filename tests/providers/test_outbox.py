"""The outbox writes each message once, whole, and finds it again after a kill at any moment."""

import json
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from subprocess import Popen

import pytest

from domain.notice import Accepted, Message
from providers.outbox import Outbox, bounces_in_samples

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
EMAIL = Message(
    channel="email",
    step="reminder_first",
    reference="R-1",
    customer="C-1042",
    to="robin@winter.example",
    sender="Harbourlight Cloud <billing@harbourlight.example>",
    subject="Reminder: invoice INV-1042 für März",
    text="Dear Robin,\n\n1,490.00 EUR – please.\n",
    html="<!DOCTYPE html>\n<p>Dear Robin, <b>1,490.00 EUR</b> – please.</p>\n",
    headers=(("Auto-Submitted", "auto-generated"), ("Content-Language", "en")),
)
SMS = Message(
    channel="sms",
    step="reminder_first",
    reference="R-2",
    customer="C-1043",
    to="+447700900123",
    sender="Harbourlight",
    subject=None,
    text="Harbourlight Cloud: invoice INV-1042 was due.",
)


class Killed(Exception):
    """Stands for SIGKILL at the moment at which it is raised."""


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path)


def the_only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def listed(box: Outbox) -> list[str]:
    """The references on the index page, from top to bottom."""
    return re.findall(r'<td class="ref">(.*?)</td>', box.write_index().read_text(encoding="utf-8"))


def killing_at(box: Outbox, monkeypatch: pytest.MonkeyPatch, stage: int) -> Callable[[], int]:
    """Raise `Killed` at the `stage`-th change of a file; return how many there were."""
    changes = [0]
    real = Path.replace

    def replace_or_die(self: Path, target: Path) -> Path:
        changes[0] += 1
        if changes[0] == stage:
            raise Killed
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace_or_die)
    return lambda: changes[0]


def test_an_email_parses_back_with_both_parts(box: Outbox, tmp_path: Path) -> None:
    box.deliver(EMAIL, at=AT)
    letter = message_from_bytes(the_only(tmp_path, "*.eml").read_bytes(), policy=policy.default)
    assert isinstance(letter, EmailMessage)
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == EMAIL.text
    assert html.get_content().replace("\r\n", "\n") == EMAIL.html
    assert letter["Subject"] == EMAIL.subject
    assert letter["To"] == EMAIL.to
    assert letter["From"] == EMAIL.sender
    assert letter["Date"].datetime == AT
    assert letter["X-Arrears-Reference"] == "R-1"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Content-Language"] == "en"
    assert re.fullmatch(r"<[0-9a-f]{32}@harbourlight\.example>", letter["Message-ID"])
    assert letter["List-Unsubscribe"] is None


def test_an_email_has_views_to_look_at(box: Outbox, tmp_path: Path) -> None:
    accepted = box.deliver(EMAIL, at=AT)
    assert (tmp_path / f"{accepted.provider_ref}.html").read_text(encoding="utf-8") == EMAIL.html
    assert (tmp_path / f"{accepted.provider_ref}.txt").read_text(encoding="utf-8") == EMAIL.text


def test_an_sms_is_a_text_file_with_header_lines(box: Outbox, tmp_path: Path) -> None:
    box.deliver(SMS, at=AT)
    head, _, text = the_only(tmp_path, "*-sms-*.txt").read_text(encoding="utf-8").partition("\n\n")
    assert text == f"{SMS.text}\n"
    assert head.splitlines() == [
        "Date: Wed, 04 Mar 2026 09:30:00 +0000",
        "From: Harbourlight",
        "To: +447700900123",
        "X-Arrears-Reference: R-2",
        "X-Arrears-Segments: 1",
    ]


def test_file_names_sort_by_instant_and_hold_no_personal_data(box: Outbox, tmp_path: Path) -> None:
    local = AT.astimezone(timezone(timedelta(hours=9)))
    hostile = replace(EMAIL, reference="../a b/é", step="x/../y")
    names = [
        box.deliver(replace(SMS, reference="z"), at=AT).provider_ref,
        box.deliver(replace(SMS, reference="a"), at=local + timedelta(milliseconds=1)).provider_ref,
        box.deliver(hostile, at=AT + timedelta(days=1)).provider_ref,
    ]
    assert names == sorted(names)
    assert names[0].startswith("20260304T093000000000Z-sms-reminder_first-z-")
    for path in tmp_path.rglob("*"):
        assert path.resolve().is_relative_to(tmp_path.resolve())
        assert re.fullmatch(r"[A-Za-z0-9._-]+", path.name)
        assert "robin" not in path.name
    assert box.find("../a b/é") is not None


def test_the_same_reference_again_is_answered_not_written(box: Outbox, tmp_path: Path) -> None:
    first = box.deliver(EMAIL, at=AT)
    again = Outbox(tmp_path).deliver(replace(EMAIL, text="other"), at=AT + timedelta(hours=1))
    assert again == first
    assert len(list(tmp_path.glob("*.eml"))) == 1
    assert listed(box) == ["R-1"]


def test_references_that_look_alike_in_a_file_name_are_two_messages(box: Outbox, tmp_path: Path) -> None:
    for reference in ("r/1", "r:1", "R/1", "r_1", "x" * 300, "x" * 301):
        box.deliver(replace(EMAIL, reference=reference), at=AT)
    assert len(list(tmp_path.glob("*.eml"))) == 6


def test_find_answers_what_became_of_a_message(box: Outbox) -> None:
    assert box.find("R-1") is None
    accepted = box.deliver(EMAIL, at=AT)
    assert accepted == Accepted(reference="R-1", provider_ref=accepted.provider_ref, outcome="delivered")
    assert box.find("R-1") == accepted
    assert box.find("R-2") is None


@pytest.mark.parametrize(
    ("to", "bounces"),
    [
        ("robin@winter.example", False),
        ("robin@bounce.example", True),
        ("Robin <Robin@Bounce.Example>", True),
        ("robin@notbounce.example", False),
        ("robin@bounce.example.com", False),
        ("bounce0000@winter.example", False),
        ("+447700900000", True),
        ("+44 7700 90 00 00", True),
        ("+447700900001", False),
        ("+447000012345", False),
    ],
)
def test_sample_addresses_bounce_by_rule(box: Outbox, to: str, bounces: bool) -> None:
    assert bounces_in_samples(to) == bounces
    message = replace(EMAIL if "@" in to else SMS, to=to)
    assert box.deliver(message, at=AT).outcome == ("bounced" if bounces else "delivered")
    found = box.find(message.reference)
    assert found is not None
    assert found.outcome == ("bounced" if bounces else "delivered")


def test_another_rule_may_decide_what_bounces(tmp_path: Path) -> None:
    box = Outbox(tmp_path, bounces=lambda to: to == EMAIL.to)
    assert box.deliver(EMAIL, at=AT).outcome == "bounced"
    assert box.deliver(SMS, at=AT).outcome == "delivered"


@pytest.mark.parametrize("garbage", [b'{"at": "2026-0', b"null\n", b"\xff\xfe\n", b"[]\n\n", b'{"at": 1}\n'])
def test_a_garbage_line_in_the_index_costs_nothing(box: Outbox, tmp_path: Path, garbage: bytes) -> None:
    box.deliver(EMAIL, at=AT)
    with open(tmp_path / "index.jsonl", "ab") as file:
        file.write(garbage)
    box.deliver(SMS, at=AT + timedelta(hours=1))
    lines = (tmp_path / "index.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
    assert json.loads(lines[-1])["reference"] == "R-2"
    assert listed(box) == ["R-2", "R-1"]


@pytest.mark.parametrize("loss", ["", "cut"])
def test_a_message_without_an_index_line_is_found_and_listed(box: Outbox, tmp_path: Path, loss: str) -> None:
    box.deliver(SMS, at=AT)
    accepted = box.deliver(EMAIL, at=AT)
    index = tmp_path / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-20] if loss else b"")
    assert box.find("R-1") == accepted
    assert sorted(listed(box)) == ["R-1", "R-2"]
    assert sorted(listed(box)) == ["R-1", "R-2"]


@pytest.mark.parametrize("message", [EMAIL, SMS], ids=["email", "sms"])
def test_killed_at_any_change_the_message_goes_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Message
) -> None:
    stages = 4 if message.channel == "email" else 2
    for stage in range(1, stages + 3):  # after the last stage of the message comes the page
        folder = tmp_path / str(stage)
        box = Outbox(folder)
        with monkeypatch.context() as patch:
            changes = killing_at(box, patch, stage)
            if stage <= stages + 1:
                with pytest.raises(Killed):
                    box.deliver(message, at=AT)
                assert (box.find(message.reference) is None) == (stage <= stages)
            else:
                box.deliver(message, at=AT)
                assert changes() == stages + 1
        later = AT + timedelta(hours=1)
        accepted = Outbox(folder).deliver(message, at=later)
        assert box.find(message.reference) == accepted
        assert listed(box) == [message.reference]
        primary = "eml" if message.channel == "email" else "txt"
        assert the_only(folder, f"*.{primary}").name == f"{accepted.provider_ref}.{primary}"
        # The views that the killed attempt had written are gone.
        assert {path.stem for path in folder.glob("2026*")} == {accepted.provider_ref}
        went_out_at = later if stage <= stages else AT
        assert accepted.provider_ref.startswith(went_out_at.strftime("%Y%m%dT%H%M%S"))


def test_threads_deliver_each_reference_once(box: Outbox, tmp_path: Path) -> None:
    messages = [replace(EMAIL, reference=f"T-{n % 10}") for n in range(80)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda message: box.deliver(message, at=AT), messages))
    assert len({answer.provider_ref for answer in answers}) == 10
    assert len(list(tmp_path.glob("*.eml"))) == 10
    assert len((tmp_path / "index.jsonl").read_text().splitlines()) == 10


DELIVER_TEN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from domain.notice import Message
from providers.outbox import Outbox
for n in range(10):
    message = Message(channel="sms", step="s", reference=f"P-{n}", customer="C-1", to="+447700900123",
                      sender="Harbourlight", subject=None, text="Hello")
    Outbox(Path(sys.argv[1])).deliver(message, at=datetime(2026, 3, 4, tzinfo=UTC))
"""


def test_processes_deliver_each_reference_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DELIVER_TEN, str(tmp_path)]
    processes = [Popen(command, cwd=Path(__file__).parents[2]) for _ in range(3)]
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    assert len(list(tmp_path.glob("*-sms-*.txt"))) == 10
    assert len((tmp_path / "index.jsonl").read_text().splitlines()) == 10


def test_the_index_page_lists_newest_first_with_working_links(box: Outbox, tmp_path: Path) -> None:
    box.deliver(EMAIL, at=AT)
    box.deliver(SMS, at=AT + timedelta(days=1))
    page = box.write_index().read_text(encoding="utf-8")
    assert re.findall(r'<td class="ref">(.*?)</td>', page) == ["R-2", "R-1"]
    links = re.findall(r'href="(.*?)"', page)
    assert len(links) == 6
    assert all((tmp_path / link).is_file() for link in links)
    assert "C-1042" in page
    assert not re.search(r"<link|\ssrc=|https?:", page)


def test_the_page_is_kept_while_messages_go_out(tmp_path: Path) -> None:
    clock = [0.0]
    box, page = Outbox(tmp_path, monotonic=lambda: clock[0]), tmp_path / "index.html"
    box.deliver(replace(EMAIL, reference="T-1"), at=AT)
    assert "T-1" in page.read_text(encoding="utf-8")
    box.deliver(replace(EMAIL, reference="T-2"), at=AT)
    assert "T-2" not in page.read_text(encoding="utf-8")
    clock[0] = 1.5
    box.deliver(replace(EMAIL, reference="T-3"), at=AT)
    assert {"T-1", "T-2", "T-3"} == set(re.findall(r"T-\d", page.read_text(encoding="utf-8")))


def test_the_index_page_escapes_what_customers_wrote(box: Outbox) -> None:
    hostile = "<script>alert(1)</script>"
    box.deliver(replace(EMAIL, subject=hostile, reference=hostile, customer=hostile, step=hostile), at=AT)
    page = box.write_index().read_text(encoding="utf-8")
    assert hostile not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_empty_outbox_has_an_index_page(box: Outbox) -> None:
    assert "0 messages" in box.write_index().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("message", "at", "remedy"),
    [
        (replace(EMAIL, reference=""), AT, "needs a reference"),
        (EMAIL, AT.replace(tzinfo=None), "with its zone"),
        (replace(EMAIL, to="a@b.example\r\nBcc: c@d.example"), AT, "line break in header To"),
        (replace(SMS, sender="A\nTo: x"), AT, "line break in header From"),
        (replace(EMAIL, headers=(("X-A", "b\nc"),)), AT, "line break in header X-A"),
    ],
)
def test_what_is_no_message_is_refused_before_anything_is_written(
    box: Outbox, tmp_path: Path, message: Message, at: datetime, remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy):
        box.deliver(message, at=at)
    assert box.find(message.reference) is None
    assert not list(tmp_path.glob("*.*"))[1:]
    assert not list((tmp_path / "references").iterdir())
