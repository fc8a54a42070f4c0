"""Playbooks as data: what a file may say, and what is wrong with one, by line and with a remedy."""

from typing import Any

import pytest

from domain.documents import BadDocument, read
from domain.incidents.kinds import KINDS
from domain.incidents.playbooks import Playbooks
from store.playbooks import FILE, shipped

TEXT = FILE.read_text(encoding="utf-8")


def problems(text: str) -> str:
    with pytest.raises(BadDocument) as caught:
        read(text, model=Playbooks, name="playbooks.yaml")
    return str(caught.value)


def test_there_is_one_for_every_kind() -> None:
    assert sorted(each.kind for each in shipped().playbooks) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_playbook_can_be_brought_to_its_end(kind: str) -> None:
    playbook = shipped().of(KINDS[kind])
    assert any(shipped().action(each).contains for each in playbook.actions)
    for branch in ("attacker", "compromised") if playbook.branches else ():
        assert any(shipped().action(each).contains for each in playbook.may(branch))
    assert playbook.acknowledge_hours == 1
    assert playbook.contain_hours <= 24 or kind == "default"


def line_of(part: str) -> int:
    return TEXT[: TEXT.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: spam", "kind: spamm", "playbooks.0.kind: 'spamm' is no kind of incident"),
        ("kind: spam", "kind: mining", "'mining' has a playbook already"),
        ("action: block_orders, after: contain", "action: suspend, after: contain",
         "'suspend' is never done while nobody answers: only block_orders and freeze_seats are"),
        ("approval: [suspend, terminate]", "approval: [suspend]", "'terminate' needs a second person"),
        ("action: block_orders, after: contain", "action: block_orders, after: lunch", "after"),
        ("tell_customer, call_customer, suspend", "tell_custmer, call_customer, suspend",
         "(did you mean tell_customer?)"),
        ("contain_hours: 4", "contain_hours: 0", "contain_hours"),
        ("contain_hours: 4", "contain_hours: four", "write a whole number, not 'four'"),
        ("id: freeze_seats", "id: block_orders", "'block_orders' stands here twice"),
        ("owners: [fraud_desk, fraud_lead, finance_lead]", "owners: []", "owners"),
        ("      en: ", "      it: ", "say it in en too"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(old: str, new: str, says: str) -> None:
    told = problems(TEXT.replace(old, new, 1))
    assert says in told
    at = line_of(old)
    lines = {int(line.split(":")[1]) for line in told.splitlines()}
    assert lines & {at, at + 1, at - 1, 1} or any(abs(line - at) < 20 for line in lines), told


@pytest.mark.parametrize(
    ("language", "begins"),
    [
        ("en", "We had a report"),
        ("de-AT", "Uns wurden"),
        ("ko", "고객님의"),
        ("fr_CA", "On nous"),
        ("sw", "We had"),
    ],
)
def test_the_customer_is_told_in_neutral_words_and_its_own_language(language: str, begins: str) -> None:
    words = shipped().of(KINDS["spam"]).words_for(language)
    assert words is not None
    assert words.startswith(begins)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_is_there_in_every_language_and_accuses_nobody(kind: str) -> None:
    told = shipped().of(KINDS[kind]).tell
    assert told is None or set(told) == {"en", "de", "fr", "ko"}
    if told is not None:
        assert not any(
            word in told["en"].lower() for word in ("fraud", "abuse", "crime", "illegal", "violat")
        )


def test_all_faults_are_told_together() -> None:
    text = TEXT.replace("kind: spam", "kind: spamm", 1).replace("contain_hours: 4", "contain_hours: 9999", 1)
    assert len(problems(text).splitlines()) >= 1


def test_what_an_earlier_file_had_is_still_a_name() -> None:
    action: Any = shipped().action("send_a_fax")
    assert (action.says, action.contains) == ("send a fax", False)
