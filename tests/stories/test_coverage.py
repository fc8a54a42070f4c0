"""Every effect and every hold appears in a story: what finance never read, finance never corrected."""

import re

import pytest

from domain.reasons import SENTENCES
from tests.stories.story import told

HOLDS = sorted(rule for rule in SENTENCES if rule.startswith(("hold.", "window.")))
EFFECTS = {
    "a notice before the due date": r"we email upcoming about INV-1",
    "a notice by email": r"we email reminder_first about INV-1",
    "a notice by sms": r"we text reminder_third about INV-1",
    "a charge of a card": r"we charge the card: charge_1 about INV-1",
    "a request for another card": r"we email card_update_1 about INV-1",
    "a call": r"we ask a person: call about INV-1",
    "an approval": r"we ask a person: approve about INV-1",
    "a customer who cannot be reached": r"we ask a person: unreachable about INV-1",
    "a customer who answers": r"we ask a person: customer_reply about INV-1",
    "a warning that data will be lost": r"we ask a person: data_loss",
    "a restriction": r"we restrict the service for INV-1",
    "the word that it is restricted": r"we (email|text) service-restricted about INV-1",
    "the approval of another step": r"we ask a person: approve-\w+ about INV-1",
    "a hand-over": r"we ask a person: agency about INV-1",
    "a proposal to write off": r"we ask a person: give_up about INV-1",
    "the end of a subscription": r"we end the subscription for INV-1",
    "the word that it ended": r"we (email|text) service-ended about INV-1",
    "a debt that is open again after the end": r"we ask a person: after-end about INV-1",
    "a cancelled subscription that is put away": r"we put the subscription away",
    "a suspension": r"we suspend the service for INV-1",
    "the word that it is suspended": r"we (email|text) suspended about INV-1",
    "the return of the service": r"we bring the service back",
    "thanks": r"we (email|text) thanks",
    "an order that is provisioned": r"we provision an order",
    "a deposit that is asked for": r"we (email|text) deposit-request",
    "a limit that is used up": r"we (email|text) credit-100",
    "what the plan decides about credit": r"we note: block-orders",
}


STORIES = told()


@pytest.mark.parametrize("rule", HOLDS)
def test_a_story_tells_of_this_hold(rule: str) -> None:
    sentence = re.sub(r"\\{\w+\\}", ".+", re.escape(SENTENCES[rule]))
    lines = [line for story in STORIES.values() for line in story.holds]
    assert any(re.fullmatch(rf"\S+ held \w+: {sentence}", line) for line in lines)


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_story_tells_of_this_effect(effect: str) -> None:
    lines = [line for story in STORIES.values() for line in story.expected]
    assert any(re.fullmatch(rf"\S+ {EFFECTS[effect]}", line) for line in lines)


def test_a_story_tells_of_one_notice_by_both_channels_on_one_day() -> None:
    day = "2026-03-06"
    both = {f"{day} we email final_notice about INV-1", f"{day} we text final_notice about INV-1"}
    assert any(both <= set(story.expected) for story in STORIES.values())


@pytest.mark.parametrize("name", STORIES)
def test_a_story_says_what_we_do_and_when_it_ends(name: str) -> None:
    assert STORIES[name].expected
    assert STORIES[name].until > STORIES[name].happenings[-1].at
