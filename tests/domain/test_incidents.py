"""Incidents: what is known of one, what comes next, and what people may do; a table for each promise.

Partner Center, section 11: M1, G1, S7, S8, S9a to S9f, S11a, S11c, S12e, S20, S23.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import BusinessClock
from domain.incidents import commands
from domain.incidents.incident import ENGINE, LIMITED, Entry, Incident, incident_of
from domain.incidents.kinds import KINDS, kind_of
from domain.incidents.moves import DONE_BY_ENGINE, Move, deadlines, next_move
from domain.incidents.notice import Notice
from domain.incidents.page import details, task_of, view_of
from domain.risk import RiskCategory, RiskClass
from store.playbooks import shipped
from tests.effort import examples

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLAYBOOKS = shipped()
HOUR = timedelta(hours=1)
CLOCK = BusinessClock(real_at=AT, business_at=AT)


def notice(kind: str = "mining", **more: Any) -> Notice:
    given = {"source": "webhook", "id": "C-1", "kind": kind_of(kind).name, "word": kind, "trusted": True}
    return Notice(**{**given, **more})


def told(each: Notice, at: datetime = AT) -> Entry:
    return Entry(key=each.key, what="noticed", at=at, by=each.source, data=each.said)


def entry(what: str, hours: float = 0, by: str = "maria", note: str = "", **data: str) -> Entry:
    key = f"{what}/{hours}/{sorted(data.items())}"
    return Entry(key=key, what=what, at=AT + hours * HOUR, by=by, note=note, data=data)


ACME = entry("assigned", by=ENGINE, customer="ACME")


def made(*entries: Entry, kind: str = "mining", **more: Any) -> Incident:
    return incident_of("inc-1", [told(notice(kind, **more)), ACME, *entries])


def comes(incident: Incident, hours: float) -> Move:
    return next_move(incident, PLAYBOOKS, AT + hours * HOUR)


def perform(incident: Incident, name: str, **data: Any) -> str | None:
    """Why a command is refused; None when it may be done."""
    return commands.refusal(incident, PLAYBOOKS, name, commands.read(name, data))


# --- kinds ---------------------------------------------------------------------------------------

ABUSE = ("spam", "hacking", "ddos", "mining", "malware", "pirated_resale", "other")
FRAUD = ("stolen_instrument", "false_billing", "account_burst")


def test_every_kind_is_of_one_category_and_one_class() -> None:
    """M1. Late money is of the same class as fraud, and goes the way of collections all the same."""
    assert {kind.name for kind in KINDS.values() if kind.category is RiskCategory.MISUSE} == set(ABUSE)
    assert {kind.name for kind in KINDS.values() if kind.category is RiskCategory.FRAUD} == set(FRAUD)
    assert [kind.name for kind in KINDS.values() if not kind.rests_dunning] == ["default"]
    theft = {kind.name for kind in KINDS.values() if kind.risk is RiskClass.THEFT_OF_SERVICE}
    assert theft == {*FRAUD, "default"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Mining", "mining"), ("pirated resale", "pirated_resale"), ("DDoS", "ddos"), ("phishing", "other")],
)
def test_a_word_that_nobody_knows_is_kept(word: str, kind: str) -> None:
    """G1: the list is open, and nothing is refused for its kind."""
    incident = made(kind=word)
    assert incident.kind.name == kind
    assert incident.word == word
    assert (word in incident.title) == (kind == "other")
    assert word in details(incident, PLAYBOOKS, comes(incident, 0))


def test_a_kind_of_notice_from_a_later_version_is_shown_and_no_crash() -> None:
    entries = [told(notice()), entry("something_new", 1, data="x")]
    assert incident_of("inc-1", entries).state == "received"


# --- one incident by several ways ----------------------------------------------------------------

SUBSCRIPTION = "2a7064fb-1e33-4007-974e-352cb3f2c805"
ENTITY = "2edeb5b1-766f-4209-9271-3ddf27755afa"


def test_two_channels_name_one_event() -> None:
    """S7: Partner Center writes subscription_entity, Graph subscription-entity, others the entity alone."""
    names = {
        notice(subscription=SUBSCRIPTION, event=event, source=source).event_name
        for source, event in (
            ("partner_center", f"{SUBSCRIPTION}_{ENTITY}"),
            ("graph", f"{SUBSCRIPTION.upper()}-{ENTITY}"),
            ("mail", ENTITY),
        )
    }
    assert len(names) == 1
    assert notice(subscription="other", event=ENTITY).event_name not in names


def test_the_same_words_about_somebody_else_are_another_incident() -> None:
    one, other = (notice(customer=who, text="Stop  this\nspam!") for who in ("ACME", "HAFEN"))
    assert one.content_name != other.content_name
    assert one.content_name == notice(customer="ACME", text="stop this spam! ", id="C-2").content_name
    assert notice(customer="ACME").content_name is None


def test_an_id_names_nobody() -> None:
    assert notice(id="hans.meier@acme.example").incident.startswith("inc-")
    assert "meier" not in notice(id="hans.meier@acme.example").incident


def test_what_can_be_trusted_says_what_it_is() -> None:
    mail = told(notice("spam", source="mail", trusted=False, suspended=True, test=False))
    alert = told(notice("mining", source="graph", id="a", severity="high"), AT + HOUR)
    one, other = (incident_of("inc-1", entries) for entries in permutations([mail, alert]))
    assert one == other
    assert (one.kind.name, one.trusted, one.grave, one.suspended) == ("mining", True, True, False)
    assert one.received_at == AT


def test_a_test_of_the_vendors_is_shown_and_nothing_is_done_for_it() -> None:
    tried = made(test=True)
    assert tried.test
    assert all(comes(tried, hours).kind != "limit" for hours in (0, 2, 30, 100))
    assert not incident_of("inc-1", [told(notice(test=True)), told(notice(id="real"))]).test


# --- what comes next -----------------------------------------------------------------------------

SEEN, FOUND = entry("acknowledged", 0.5), entry("reviewed", 2, verdict="confirmed", branch="compromised")
STOPPED, ANSWERED = entry("acted", 3, action="remove_resources"), entry("responded", 5)
LATE_1 = entry("escalated", 1, by=ENGINE, level="acknowledge")
LATE_24 = entry("escalated", 24, by=ENGINE, level="contain")
BLOCKED = entry("limited", 1, by=ENGINE, action="block_orders")
FROZEN = entry("limited", 24, by=ENGINE, action="freeze_seats")


@pytest.mark.parametrize(
    ("entries", "hours", "kind", "what", "until"),
    [
        # Nobody acknowledges: within the hour nothing, then orders are blocked and the next one is told.
        ([], 0, "wait", None, 1),
        ([], 0.9, "wait", None, 1),
        ([], 1, "limit", "block_orders", None),
        ([BLOCKED], 1, "escalate", "acknowledge", None),
        ([BLOCKED, LATE_1], 1, "wait", None, 24),
        ([BLOCKED, LATE_1], 23.9, "wait", None, 24),
        # Nobody contains: seats are frozen, the next one is told, and from then on every day.
        ([BLOCKED, LATE_1], 24, "limit", "freeze_seats", None),
        ([BLOCKED, LATE_1, FROZEN], 24, "escalate", "contain", None),
        ([BLOCKED, LATE_1, FROZEN, LATE_24], 24, "wait", None, 48),
        ([BLOCKED, LATE_1, FROZEN, LATE_24], 48, "remind", "acknowledge", None),
        # Seen in time: nothing is done before the day is over.
        ([SEEN], 23, "wait", None, 24),
        ([SEEN], 24, "limit", "freeze_seats", None),
        # Reviewed is not contained.
        ([SEEN, FOUND], 23, "wait", None, 24),
        ([SEEN, FOUND], 24, "limit", "freeze_seats", None),
        # Contained: whoever reported it waits for two days, then the next one is told.
        ([SEEN, FOUND, STOPPED], 4, "wait", None, 51),
        ([SEEN, FOUND, STOPPED], 51, "escalate", "respond", None),
        # What stops no harm does not count as containing it.
        ([SEEN, FOUND, entry("acted", 3, action="tell_customer")], 24, "limit", "freeze_seats", None),
        # A cleared one needs an answer only.
        ([SEEN, entry("reviewed", 2, verdict="legitimate", document="A-1")], 24, "wait", None, 50),
        ([SEEN, entry("reviewed", 2, verdict="false_alarm")], 50, "escalate", "respond", None),
        # Answered: two weeks to close it, for the customer is not chased meanwhile.
        ([SEEN, FOUND, STOPPED, ANSWERED], 6, "wait", None, 5 + 336),
        ([SEEN, FOUND, STOPPED, ANSWERED], 5 + 336, "escalate", "close", None),
        # The refund: on day 45 somebody hears of it, once.
        ([SEEN, FOUND, STOPPED, ANSWERED, entry("escalated", 400, by=ENGINE, level="close"),
          entry("reminded", 1079, by=ENGINE)], 45 * 24, "refund", None, None),
        ([SEEN, FOUND, STOPPED, ANSWERED, entry("closed", 6)], 9999, "over", None, None),
    ],
)  # fmt: skip
def test_what_comes_next(
    entries: Sequence[Entry], hours: float, kind: str, what: str | None, until: float | None
) -> None:
    move = comes(made(*entries), hours)
    assert (move.kind, move.action or move.level) == (kind, what)
    assert move.until == (None if until is None else AT + until * HOUR)
    assert move.reason.words


@pytest.mark.parametrize(
    ("kind", "after_an_hour", "after_a_day"),
    [
        ("spam", [], ["block_orders"]),
        ("hacking", ["block_orders"], ["block_orders", "freeze_seats"]),
        ("ddos", ["block_orders"], ["block_orders", "freeze_seats"]),
        ("mining", ["block_orders"], ["block_orders", "freeze_seats"]),
        ("malware", ["block_orders"], ["block_orders", "freeze_seats"]),
        ("pirated_resale", [], ["freeze_seats"]),
        ("stolen_instrument", ["block_orders"], ["block_orders"]),
        ("false_billing", [], ["block_orders"]),
        ("default", [], []),
        ("account_burst", [], []),
        ("other", [], ["block_orders"]),
    ],
)
def test_what_each_playbook_does_by_itself(
    kind: str, after_an_hour: list[str], after_a_day: list[str]
) -> None:
    for hours, expected in ((1, after_an_hour), (24, after_a_day)):
        done, _ = played(made(kind=kind), AT + hours * HOUR)
        assert [each.action for each in done.actions] == expected
        assert done.escalated[0] == "acknowledge"


def played(incident: Incident, now: datetime) -> tuple[Incident, list[Move]]:
    """The incident after all that the engine does until an instant, when nobody answers."""
    entries = [told(notice(incident.kind.name)), ACME]
    moves, at = list[Move](), AT
    for _ in range(200):
        current = incident_of("inc-1", entries)
        move = next_move(current, PLAYBOOKS, at)
        if move.kind not in DONE_BY_ENGINE:
            if move.until is None or move.until > now:
                return current, moves
            at = move.until
            continue
        moves.append(move)
        entries.append(made_by_engine(move, at))
    raise AssertionError("the engine never rests")


def made_by_engine(move: Move, at: datetime) -> Entry:
    what = {"mark": "unverified", "limit": "limited", "escalate": "escalated", "remind": "reminded"}
    data = {name: value for name, value in (("action", move.action), ("level", move.level)) if value}
    key = f"{move.kind}/{move.action or move.level}/{at}"
    return Entry(key=key, what=what.get(move.kind, "refund_due"), at=at, by=ENGINE, data=data)


def test_nobody_answers_for_a_week() -> None:
    """S20, S23: the next owner each time, then a reminder a day, and nothing but orders is touched."""
    incident, moves = played(made(), AT + timedelta(days=7))
    assert [move.kind for move in moves] == ["limit", "escalate", "limit", "escalate", *["remind"] * 6]
    assert incident.taken == set(LIMITED)
    assert incident.state == "received"
    words = task_of(incident, PLAYBOOKS)
    assert words is not None
    assert "finance_lead is to acknowledge it by 02 Mar 10:00 UTC" in words


@pytest.mark.parametrize(
    ("said", "grave"),
    [
        ({}, False),
        ({"severity": "medium"}, False),
        ({"severity": "high"}, True),
        ({"confidence": "high"}, True),
    ],
)
def test_a_grave_one_says_so_in_its_task(said: dict[str, str], grave: bool) -> None:
    """S8."""
    words = task_of(made(**said), PLAYBOOKS)
    assert words is not None
    assert ("about ACME, grave: fraud_desk" in words) == grave


@pytest.mark.parametrize(
    "entries",
    [
        [told(notice(source="mail", trusted=False)), ACME],
        [told(notice())],  # nobody knows which customer it is about
        [told(notice(test=True)), ACME],
        [told(notice()), ACME, entry("reviewed", 0.5, verdict="legitimate", document="A-1")],
    ],
)
def test_nothing_is_done_by_itself_without_ground(entries: Sequence[Entry]) -> None:
    for hours in (1, 24, 100):
        assert comes(incident_of("inc-1", entries), hours).kind != "limit"


def test_what_came_by_mail_is_for_people_after_an_hour_and_for_the_playbook_once_it_is_confirmed() -> None:
    """S7: without a match at the API within an hour nobody but people acts on it."""
    mail = told(notice(source="mail", id="m", trusted=False))
    incident = incident_of("inc-1", [mail, ACME])
    assert comes(incident, 0.5).kind == "wait"
    assert comes(incident, 1).kind == "mark"
    assert "UNVERIFIED: nothing is done by itself" in details(incident, PLAYBOOKS, comes(incident, 0.5))
    marked = incident_of("inc-1", [mail, ACME, entry("unverified", 1, by=ENGINE)])
    assert "UNVERIFIED: for people alone" in details(marked, PLAYBOOKS, comes(marked, 1))
    assert [comes(marked, 1).kind, comes(marked, 24).kind] == ["escalate", "escalate"]
    matched = incident_of("inc-1", [mail, ACME, told(notice(source="graph", id="a"), AT + 2 * HOUR)])
    assert comes(matched, 2).action == "block_orders"
    by_person = incident_of(
        "inc-1", [mail, ACME, entry("reviewed", 2, verdict="confirmed", branch="attacker")]
    )
    assert by_person.trusted


# --- what people may do --------------------------------------------------------------------------

CLEARED = entry("reviewed", 2, verdict="false_alarm")
HACKED = entry("reviewed", 2, verdict="confirmed", branch="attacker")
ALLOWED = entry("approved", 3, by="paul", action="suspend")
ONCE = entry("acted", 3, action="block_orders")


@pytest.mark.parametrize(
    ("kind", "entries", "name", "data", "refused"),
    [
        ("spam", [], "acknowledge", {}, None),
        ("spam", [SEEN], "acknowledge", {}, "maria has acknowledged it already."),
        ("spam", [], "review", {"verdict": "confirmed"}, None),
        ("hacking", [], "review", {"verdict": "confirmed"}, 'Say whether the customer is the "attacker"'),
        ("hacking", [], "review", {"verdict": "confirmed", "branch": "attacker"}, None),
        ("spam", [], "review", {"verdict": "confirmed", "branch": "attacker"}, "Of spam nobody asks"),
        ("other", [], "review", {"verdict": "confirmed", "kind": "hacking"}, "Say whether the customer"),
        # S9d: the vendor's approval on file makes mining legitimate, and nothing else does.
        ("mining", [], "review", {"verdict": "legitimate"}, "It is legitimate with the vendor's written"),
        ("mining", [], "review", {"verdict": "legitimate", "document": "MS-77"}, None),
        ("mining", [], "review", {"verdict": "false_alarm"}, None),
        ("spam", [], "act", {"action": "block_orders"}, None),
        ("spam", [ONCE], "act", {"action": "block_orders"}, "'block_orders' was done already."),
        ("spam", [], "act", {"action": "unblock_orders"}, "Orders are not blocked by this."),
        ("spam", [ONCE], "act", {"action": "unblock_orders"}, None),
        ("spam", [], "act", {"action": "dance"}, "'dance' is not what the playbook has for this"),
        ("spam", [CLEARED], "act", {"action": "block_orders"}, "Nothing was found wrong"),
        # S9b: an attacker's keys are not ours to change, and a victim's service is not ended.
        ("hacking", [HACKED], "act", {"action": "reset_credentials"}, "'reset_credentials' is not what"),
        ("hacking", [FOUND], "act", {"action": "reset_credentials"}, None),
        ("hacking", [FOUND], "act", {"action": "terminate"}, "'terminate' is not what"),
        # S23: what is more than orders needs a second person.
        ("spam", [], "act", {"action": "suspend"}, "'suspend' follows a review: review first."),
        ("hacking", [HACKED], "act", {"action": "suspend"}, "'suspend' needs a second person"),
        ("hacking", [HACKED, ALLOWED], "act", {"action": "suspend", "by": "paul"}, "paul allowed 'suspend'"),
        ("hacking", [HACKED, ALLOWED], "act", {"action": "suspend", "by": "maria"}, None),
        ("hacking", [HACKED], "approve", {"action": "dance"}, "'dance' needs no second person here"),
        ("default", [], "approve", {"action": "suspend"}, "Nothing here needs a second person."),
        ("spam", [], "respond", {"says": "x"}, "Nothing was done about it yet: review first."),
        ("spam", [FOUND], "respond", {"says": "x"}, "Nothing was done about it yet: act first."),
        ("spam", [CLEARED], "respond", {"says": "x"}, None),
        ("spam", [ONCE], "respond", {"says": "x"}, None),
        ("spam", [ONCE], "close", {}, "Whoever reported it has had no answer yet: respond first."),
        ("pirated_resale", [FOUND, ONCE, ANSWERED], "close", {}, None),
        ("mining", [FOUND, ONCE, ANSWERED], "close", {}, "Say whether the vendor was asked for money"),
        ("mining", [FOUND, ONCE, ANSWERED], "close", {"refund": "none"}, None),
        ("mining", [HACKED, ONCE, ANSWERED], "close", {}, None),
        ("spam", [entry("closed", 9)], "act", {"action": "block_orders"}, "It was closed by maria."),
        ("spam", [], "assign", {"customer": "HAFEN"}, "It is about ACME already"),
        ("spam", [], "assign", {"owner": "paul"}, None),
    ],
)
def test_what_may_be_done(
    kind: str, entries: Sequence[Entry], name: str, data: dict[str, Any], refused: str | None
) -> None:
    answer = perform(made(*entries, kind=kind), name, **data)
    assert answer is None if refused is None else answer is not None and answer.startswith(refused), answer


def test_without_a_customer_orders_are_nobodys() -> None:
    unknown = incident_of("inc-1", [told(notice("account_burst"))])
    assert perform(unknown, "act", action="block_orders") == (
        "Nobody knows which customer it is about: assign it first."
    )
    assert perform(unknown, "act", action="stop_provisioning") is None


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_example_is_right(name: str) -> None:
    assert commands.wrong(name, dict(commands.COMMANDS[name].example)) is None


@pytest.mark.parametrize(
    ("name", "data", "mistake"),
    [
        ("review", {}, "verdict"),
        ("review", {"verdict": "maybe"}, "verdict"),
        ("review", {"verdict": "confirmed", "kind": "minning"}, "did you mean 'mining'?"),
        ("act", {"action": "block_orders", "by": "arrears"}, "'arrears' is the engine itself"),
        ("assign", {}, "say whom it is about"),
        ("respond", {"says": " "}, "says"),
        ("close", [], "write one JSON object"),
        ("close", {"refunds": "none"}, "refund"),
    ],
)
def test_a_wrong_input_is_told_with_an_example(name: str, data: Any, mistake: str) -> None:
    told = commands.wrong(name, data)
    assert told is not None
    assert mistake in told
    assert "An example: {" in told


def test_the_four_states_have_actor_time_and_note() -> None:
    """S20."""
    acted = entry("acted", 3, by="paul", note="at the vendor", action="remove_resources")
    steps = [SEEN, FOUND, acted, ANSWERED]
    states = [made(*steps[:count]).state for count in range(len(steps) + 1)]
    assert states == ["received", "received", "reviewed", "acted", "responded"]
    page = details(made(*steps), PLAYBOOKS, comes(made(*steps), 6))
    assert "- acknowledged by maria on 02 Mar 2026 09:30 UTC" in page
    assert "- reviewed as confirmed, the customer is compromised by maria on 02 Mar 2026 11:00 UTC" in page
    assert "- remove_resources by paul on 02 Mar 2026 12:00 UTC: at the vendor" in page
    assert "- responded by maria on 02 Mar 2026 14:00 UTC" in page


# --- promises ------------------------------------------------------------------------------------

NOTICES = [
    notice(),
    notice(source="graph", id="a", severity="high", event="E"),
    notice("spam", source="mail", id="m", trusted=False),
    notice("sorcery", source="hand", id="h", severity="low"),
    notice(id="t", test=True),
]
DONE: list[tuple[str, dict[str, Any]]] = [
    ("acknowledge", {}),
    ("review", {"verdict": "confirmed", "branch": "compromised"}),
    ("review", {"verdict": "confirmed"}),
    ("review", {"verdict": "false_alarm"}),
    ("approve", {"action": "suspend", "by": "paul"}),
    ("act", {"action": "suspend"}),
    ("act", {"action": "suspend", "by": "paul"}),
    ("act", {"action": "block_orders"}),
    ("act", {"action": "unblock_orders"}),
    ("act", {"action": "tell_customer"}),
    ("respond", {"says": "done"}),
    ("close", {"refund": "none"}),
    ("close", {}),
]
ORDER = ["received", "reviewed", "acted", "responded", "closed"]
HAPPENS = st.one_of(
    st.tuples(st.just("notice"), st.sampled_from(NOTICES)),
    st.tuples(st.just("command"), st.sampled_from(DONE)),
    st.tuples(st.just("hours"), st.sampled_from([0.5, 1, 6, 24, 24 * 15, 24 * 46])),
)


def told_and_done(happenings: Iterable[tuple[str, Any]]) -> Iterable[tuple[list[Entry], datetime]]:
    """Let it happen as the store lets it; yield the entries after each."""
    entries, now = [told(NOTICES[0]), ACME], AT
    for kind, value in happenings:
        match kind:
            case "notice":
                entries.append(told(value, now))
            case "command":
                incident = incident_of("inc-1", entries)
                read = commands.read(*value)
                if commands.refusal(incident, PLAYBOOKS, value[0], read) is None:
                    entries.append(
                        Entry(
                            key=commands.key_of(value[0], read, entries),
                            what=commands.WHAT[value[0]],
                            at=now,
                            by=read.by,
                            note=commands.note_of(read),
                            data=commands.data_of(read),
                        )
                    )
            case "hours":
                now += value * HOUR
        for _ in range(30):
            move = next_move(incident_of("inc-1", entries), PLAYBOOKS, now)
            if move.kind not in DONE_BY_ENGINE:
                break
            entries.append(made_by_engine(move, now))
        else:
            raise AssertionError(f"the engine does not come to rest: {move}")
        yield entries, now


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(HAPPENS, max_size=12), st.integers(0, 999))
def test_whatever_happens_in_whatever_order(happenings: list[tuple[str, Any]], seed: int) -> None:
    chance, before = Random(seed), 0
    for entries, now in told_and_done(happenings):
        incident = incident_of("inc-1", entries)
        shuffled = [*entries, *entries]
        chance.shuffle(shuffled)
        assert incident_of("inc-1", shuffled) == incident

        state = ORDER.index(incident.state)
        assert state >= before, "nothing goes back"
        before = state

        by_engine = {each.action for each in incident.actions if not each.by_person}
        assert by_engine <= set(LIMITED), "the engine touches orders alone"
        for each in incident.actions:
            if each.action in PLAYBOOKS.of(incident.kind).approval:
                assert incident.approved[each.action].by != each.by, "a second person"

        move = next_move(incident, PLAYBOOKS, now)
        assert move.until is None or move.until > now, "no wait is over already"
        if incident.state != "closed":
            assert move.until is not None, "an open incident is looked at again"
            assert deadlines(incident, PLAYBOOKS), "somebody is to do something"
            assert task_of(incident, PLAYBOOKS) is not None
        view = view_of(incident, PLAYBOOKS, move, CLOCK)
        assert len(view["details"].encode()) < 8_000
