"""Every reason is a sentence, every sentence has a use, and each of its values is seen in it."""

import ast
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from string import Formatter

import pytest

from domain.calendar import Calendar, SendWindow
from domain.reasons import SENTENCES, Reason, because

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted([*(ROOT / "domain").rglob("*.py"), *(ROOT / "store").rglob("*.py")])


def named_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every `because(...)` of the deciding code and of the ledger's switches, with its place."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "because":
                yield f"{path.parent.name}/{path.name}:{node.lineno}", node


@pytest.mark.parametrize(
    ("rule", "name"), [(rule, name) for rule in SENTENCES for name in sorted(named_in(SENTENCES[rule]))]
)
def test_a_sentence_changes_with_each_of_its_values(rule: str, name: str) -> None:
    values = {each: f"<{each}>" for each in named_in(SENTENCES[rule])}
    before = Reason(rule, values).words

    after = Reason(rule, {**values, name: "something else"}).words

    assert before != after
    assert after.count("something else") == SENTENCES[rule].count(f"{{{name}}}")


@pytest.mark.parametrize("rule", SENTENCES)
def test_a_rule_is_named_by_its_family_and_says_something_of_its_own(rule: str) -> None:
    family, _, name = rule.partition(".")
    same = [other for other, sentence in SENTENCES.items() if sentence == SENTENCES[rule]]

    families = {
        *("step", "task", "suspend", "return", "onboarding", "hold", "contact", "window", "interest"),
        *("provision", "deposit", "order", "exposure", "review"),
        *("usage", "activity", "access"),
        *("charge", "assigned", "passed", "sender", "restrict", "terminate", "doubt", "cash", "incident"),
        *("switch", "quick", "risk", "alone"),
    }
    assert family in families
    assert name
    assert same == [rule]


def test_every_reason_names_a_rule_outright_with_exactly_its_values() -> None:
    for place, call in calls():
        rule = ast.literal_eval(call.args[0]) if isinstance(call.args[0], ast.Constant) else None
        assert rule is not None, f"{place}: write the rule's id in the call, so that it can be found"
        assert rule in SENTENCES, f"{place}: {rule} has no sentence in domain/reasons.py"
        given = {keyword.arg for keyword in call.keywords}
        assert given == named_in(SENTENCES[rule]), f"{place}: {rule} is not given what its sentence names"


def test_every_sentence_is_used() -> None:
    used = {ast.literal_eval(call.args[0]) for _, call in calls()}
    windows = {rule for rule in SENTENCES if rule.startswith("window.")}

    assert used | windows == set(SENTENCES)
    assert not used & windows, "the calendar gives these, see below"


@pytest.mark.parametrize(
    ("at", "rule", "words"),
    [
        ("2026-03-02T04:00+00:00", "window.hours", "outside 09:00 to 17:00 in Europe/Sofia"),
        ("2026-03-07T12:00+00:00", "window.weekday", "no messages on Saturday"),
        ("2026-03-03T12:00+00:00", "window.holiday", "no messages on Liberation Day"),
    ],
)
def test_what_the_calendar_says_is_a_sentence_too(at: str, rule: str, words: str) -> None:
    window = SendWindow(opens=time(9), closes=time(17), weekdays=frozenset(range(5)))
    sofia = Calendar(zone="Europe/Sofia", window=window, country="BG")

    shut = sofia.closed(datetime.fromisoformat(at))

    assert shut is not None
    assert set(shut.values) == named_in(SENTENCES[rule])
    assert (shut.rule, Reason(shut.rule, shut.values).words) == (rule, words)


def test_values_are_kept_as_text() -> None:
    reason = because("step.due", step="first", days=3, offset=1)

    assert reason.values == {"step": "first", "days": "3", "offset": "1"}
    assert reason.words == "first: 3 days past due, the policy says day 1"


def test_a_sentence_without_one_of_its_values_is_an_error() -> None:
    with pytest.raises(KeyError):
        _ = because("step.due", step="first", days=3).words
    with pytest.raises(KeyError):
        _ = because("step.dreamt").words


@pytest.mark.parametrize("text", ["{braces}", "100 %", "{0}", "{step.__class__}"])
def test_what_a_person_wrote_is_never_a_format(text: str) -> None:
    assert because("hold.paused", until="resumed", reason=text).words == f"paused until resumed: {text}"
