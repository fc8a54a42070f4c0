"""Contact law in the plan, played through the simulator: what is held, until when, and by which rule.

Days: 2 March 2026 is a Monday; clocks in the United States go forward on Sunday 8 March and back on
Sunday 1 November 2026. The invoices are due on 2 March; the window of the policy is wide open, from 8:00 to
22:00 on every day, so that what holds is the law. Times are those on the customer's wall.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.account_fold import build
from domain.contact_law.books import read_books
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.plan import plan
from domain.policy import Policy
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome
from tests.domain.playing import Event, event, invoice
from tests.domain.playing import policy as policy_of

FOLDER = Path(__file__).parents[2] / "policies" / "contact"
SHIPPED = read_books({path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")})
NEW_YORK, CHICAGO, LOS_ANGELES = "America/New_York", "America/Chicago", "America/Los_Angeles"
ALWAYS = {
    "opens": "08:00",
    "closes": "22:00",
    "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "holidays": False,
}
A = invoice("A", currency="USD")


def notice(name: str, day: int, *channels: str, **more: Any) -> Mapping[str, Any]:
    step = {"kind": "notice", "id": name, "offset_days": day, "template": name}
    return {**step, "channels": list(channels or ("email",)), **more}


def call(name: str, day: int) -> Mapping[str, Any]:
    return {"kind": "task", "id": name, "offset_days": day, "task": "call"}


def talked(at: str, step: str = "call", *, reached: bool | None = None) -> Event:
    return event(at, "task_completed", step=step, reached=reached)


def policy(*steps: Mapping[str, Any], **more: Any) -> Policy:
    return policy_of(*steps, **{"window": ALWAYS, "minimum_gap_days": 1, **more})


def played(
    *events: Event,
    under: Policy,
    where: Whereabouts,
    zone: str = NEW_YORK,
    segment: str = "consumer",
    country: str | None = "US",
    first_party: bool = True,
    until: str = "2026-04-30",
) -> Outcome:
    customer = Customer(id="c-1", segment=segment, country=country, timezone=zone, currency="USD")
    law = SHIPPED.of(customer, where, first_party=first_party)
    history = read_events(customer, events or (A,))
    return simulate(under, customer, history, date.fromisoformat(until), law=law)


def told(outcome: Outcome, zone: str = NEW_YORK) -> list[str]:
    """What was done, and what was held by which rule: `03-04 08:00 held first/email A: us.regf.hours`."""
    lines = []
    for line in outcome.lines:
        if line.kind == "stage":
            continue
        at = f"{line.at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}"
        debts = ",".join(debt.invoice for debt in line.debts if debt.invoice != "service")
        what = f"{line.step}/{line.channel or '-'} {debts}".strip()
        assert line.reason is not None
        rule = line.reason.values.get("law", line.reason.rule)
        lines.append(f"{at} {what}" if line.kind == "effect" else f"{at} held {what}: {rule}")
    return lines


ELSEWHERE = Whereabouts(region="US-IL")


# --- hours


def test_12_cfr_1006_6_in_every_zone_of_the_customer() -> None:
    """12 CFR 1006.6(b)(1), comment 1-2: with New York and Los Angeles it is 11:00 to 21:00 in New York."""
    both = Whereabouts(region="US-IL", zones=(LOS_ANGELES,))
    assert told(played(under=policy(notice("first", 2)), where=both)) == [
        "03-04 08:00 held first/email A: us.regf.hours",
        "03-04 11:00 first/email A",
    ]


def test_a_held_contact_names_the_rule_and_its_citation() -> None:
    both = Whereabouts(region="US-IL", zones=(LOS_ANGELES,))
    (held,) = [
        line for line in played(under=policy(notice("first", 2)), where=both).lines if line.kind == "held"
    ]
    assert held.reason is not None
    assert held.reason.words == (
        "us.regf.hours for US: outside 08:00 to 21:00 in America/Los_Angeles (12 CFR 1006.6(b)(1)(i))"
    )


def test_texas_on_a_sunday_on_which_the_clocks_go_forward() -> None:
    """Vendors' tables of state quiet hours: Texas, Sunday from noon; noon of 8 March is at 17:00 UTC."""
    outcome = played(under=policy(notice("first", 6)), where=Whereabouts(region="US-TX"), zone=CHICAGO)
    assert told(outcome, "UTC") == [
        "03-08 13:00 held first/email A: us.tx.hours",
        "03-08 17:00 first/email A",
    ]


def test_texas_on_a_sunday_on_which_the_clocks_go_back() -> None:
    late = invoice("A", due="2026-10-26", currency="USD")
    outcome = played(
        late,
        under=policy(notice("first", 6)),
        where=Whereabouts(region="US-TX"),
        zone=CHICAGO,
        until="2026-11-03",
    )
    assert told(outcome, "UTC") == [
        "11-01 14:00 held first/email A: us.tx.hours",
        "11-01 18:00 first/email A",
    ]


def test_it_goes_out_at_the_first_instant_that_law_and_window_both_allow() -> None:
    """Texas, Sunday from noon; the policy's own window closes at eleven, and opens on Monday at ten."""
    window = {**ALWAYS, "opens": "10:00", "closes": "11:00"}
    outcome = played(
        under=policy(notice("first", 6), window=window), where=Whereabouts(region="US-TX"), zone=CHICAGO
    )
    assert told(outcome, CHICAGO) == [
        "03-08 10:00 held first/email A: us.tx.hours",
        "03-09 10:00 first/email A",
    ]


def test_a_window_that_never_meets_the_law_is_for_a_person() -> None:
    """Vendors' tables of state quiet hours: Kentucky from ten."""
    window = {**ALWAYS, "opens": "08:00", "closes": "10:00"}
    outcome = played(under=policy(notice("first", 2), window=window), where=Whereabouts(region="US-KY"))
    assert told(outcome) == [
        "03-04 08:00 held first/email A: contact.never",
        "03-04 08:00 whereabouts/task A",
    ]


# --- calls


CALLS = policy(notice("first", 2), call("call", 20), call("again", 24))
CALLED = ["03-04 08:00 first/email A", "03-22 08:00 call/task A"]


def test_12_cfr_1006_14_seven_calls_in_seven_days() -> None:
    """12 CFR 1006.14(b)(2)(i)(A): after seven calls within seven days the next waits for the first to age."""
    tried = [talked(f"2026-03-{day}T15:00:00Z", reached=False) for day in (16, 16, 17, 18, 19, 20, 21)]
    assert told(played(A, *tried, under=CALLS, where=ELSEWHERE))[1:3] == [
        "03-22 08:00 held call/call A: us.regf.calls",
        "03-23 08:00 call/task A",
    ]


def test_12_cfr_1006_14_six_calls_hold_no_seventh() -> None:
    tried = [talked(f"2026-03-{day}T15:00:00Z", reached=False) for day in (16, 17, 18, 19, 20, 21)]
    assert told(played(A, *tried, under=CALLS, where=ELSEWHERE))[:2] == CALLED


def test_12_cfr_1006_14_silence_after_a_conversation() -> None:
    """12 CFR 1006.14(b)(2)(i)(B): reached on the 23rd, which is day one; no call until the 30th."""
    talk = talked("2026-03-23T15:00:00Z", reached=True)
    assert told(played(A, talk, under=CALLS, where=ELSEWHERE)) == [
        *CALLED,
        "03-26 08:00 held again/call A: us.regf.after_talk",
        "03-30 08:00 again/task A",
    ]


def test_a_day_without_an_hour_is_a_conversation_of_that_day() -> None:
    talk = talked("2026-03-23", reached=True)
    assert told(played(A, talk, under=CALLS, where=ELSEWHERE))[2:] == [
        "03-26 08:00 held again/call A: us.regf.after_talk",
        "03-30 08:00 again/task A",
    ]


@pytest.mark.parametrize("reached", [False, None])
def test_a_call_that_reached_nobody_asks_for_no_silence(reached: bool | None) -> None:
    vain = talked("2026-03-23T15:00:00Z", reached=reached)
    assert told(played(A, vain, under=CALLS, where=ELSEWHERE)) == [*CALLED, "03-26 08:00 again/task A"]


def test_a_conversation_is_about_the_debts_of_its_task_alone() -> None:
    """12 CFR 1006.14(b)(2)(ii): per debt. B came later and was not talked about."""
    later = invoice("B", due="2026-03-06", currency="USD")
    talk = talked("2026-03-23T15:00:00Z", reached=True)
    assert told(played(A, later, talk, under=CALLS, where=ELSEWHERE)) == [
        "03-04 08:00 first/email A",
        "03-08 08:00 first/email B",
        "03-22 08:00 call/task A",
        "03-26 08:00 held again/call A: us.regf.after_talk",
        "03-26 08:00 call/task B",
        "03-30 08:00 again/task A,B",
    ]


def test_a_conversation_is_about_the_newest_task_of_its_step() -> None:
    later = invoice("B", due="2026-03-06", currency="USD")
    under = policy(notice("first", 2), call("call", 20), call("again", 26))
    talk = talked("2026-03-27T15:00:00Z", reached=True)
    assert told(played(A, later, talk, under=under, where=ELSEWHERE))[2:] == [
        "03-22 08:00 call/task A",
        "03-26 08:00 call/task B",
        "03-28 08:00 again/task A",
        "04-01 08:00 held again/call B: us.regf.after_talk",
        "04-03 08:00 again/task B",
    ]


def test_a_customer_who_wants_no_calls_is_not_called_once_a_stop_closes_every_channel() -> None:
    """47 CFR 64.1200(a)(10), from 31 January 2027: a stop by SMS is one for calls as well."""
    due = invoice("A", due="2027-03-01", currency="USD")
    stop = event("2027-03-02T15:00:00Z", "opted_out", channel="sms")
    outcome = played(due, stop, under=CALLS, where=ELSEWHERE, until="2027-04-30")
    assert told(outcome) == [
        "03-03 08:00 first/email A",
        "03-21 08:00 held call/task A: contact.no_calls",
        "03-25 08:00 held again/task A: contact.no_calls",
    ]


# --- counts


MASSACHUSETTS = Whereabouts(region="US-MA")


def test_940_cmr_7_04_two_contacts_in_seven_days() -> None:
    """940 CMR 7.04(1)(f): two by call and SMS within seven days; emails are not counted."""
    under = policy(*(notice(f"sms_{day}", day, "sms") for day in (2, 4, 6)), notice("mail", 7))
    assert told(played(under=under, where=MASSACHUSETTS)) == [
        "03-04 08:00 sms_2/sms A",
        "03-06 08:00 sms_4/sms A",
        "03-08 08:00 held sms_6/sms A: us.ma.contacts",
        "03-09 08:00 mail/email A",
    ]


def test_a_message_that_came_back_is_no_contact() -> None:
    """940 CMR 7.04(1)(f): what reached nobody is not one of the two."""
    under = policy(notice("first", 2, "sms"), notice("second", 4, "sms"))
    back = event("2026-03-04T15:00:00Z", "bounced", step="first")
    anew = event("2026-03-04T20:00:00Z", "contact_changed", channel="sms")
    done = told(played(A, back, anew, under=under, where=MASSACHUSETTS))
    assert [line for line in done if "sms" in line] == [
        "03-04 08:00 first/sms A",
        "03-04 15:00 first/sms A",
        "03-06 08:00 second/sms A",
    ]


def test_a_call_counts_with_messages_in_massachusetts() -> None:
    """940 CMR 7.04(1)(f): a call, tried or not in vain, and an SMS are two."""
    under = policy(notice("first", 2, "sms"), call("call", 4), notice("second", 6, "sms"))
    call_made = talked("2026-03-06T15:00:00Z")
    assert told(played(A, call_made, under=under, where=MASSACHUSETTS)) == [
        "03-04 08:00 first/sms A",
        "03-06 08:00 call/task A",
        "03-08 08:00 held second/sms A: us.ma.contacts",
        "03-11 08:00 second/sms A",
    ]


def test_a_debt_that_alone_bars_a_message_is_left_out_of_it() -> None:
    """940 CMR 7.04(1)(f) counts per debt: the SMS goes out about B, and A has its own hold."""
    under = policy(notice("first", 2, "sms"), notice("second", 4, "sms"), notice("third", 6, "sms"))
    later = invoice("B", due="2026-03-02", currency="USD") | {"at": "2026-03-07"}
    assert told(played(A, later, under=under, where=MASSACHUSETTS)) == [
        "03-04 08:00 first/sms A",
        "03-06 08:00 second/sms A",
        "03-07 00:00 held second/- B: window.hours",
        "03-07 08:00 second/sms B",
        "03-08 08:00 held third/sms A: us.ma.contacts",
        "03-08 08:00 third/sms B",
        "03-08 08:00 held third/- A: hold.gap",
        "03-09 08:00 held third/sms A: us.ma.contacts",
        "03-11 08:00 third/sms A",
    ]


NEW_YORK_CITY = Whereabouts(region="US-NY", places=("US-NYC",))
FOUR = policy(*(notice(f"mail_{day}", day) for day in (2, 3, 4, 5)))


@pytest.mark.parametrize(
    ("due", "held"),
    [
        # Valid from 1 September: three in seven days, and what was sent before it counts.
        ("2026-08-28", ["09-02 08:00 held mail_5/email A: us.nyc.contacts", "09-06 08:00 mail_5/email A"]),
        ("2026-08-26", ["08-31 08:00 mail_5/email A"]),
    ],
)
def test_6_rcny_5_77_three_contacts_in_seven_days(due: str, held: list[str]) -> None:
    """6 RCNY 5-77, from 1 September 2026."""
    late = invoice("A", due=due, currency="USD")
    outcome = played(late, under=FOUR, where=NEW_YORK_CITY, until="2026-09-30")
    assert told(outcome)[3:] == held


def test_messages_that_are_wanted_at_one_instant_count_for_each_other() -> None:
    """6 RCNY 5-77: two were sent, and of the last warning by email and SMS one makes three."""
    late = invoice("A", due="2026-09-01", currency="USD")
    last = notice("last", 4, "email", "sms", send="all")
    under = policy(notice("mail_2", 2), notice("mail_3", 3), last, minimum_gap_days=1)
    assert told(played(late, under=under, where=NEW_YORK_CITY, until="2026-09-30")) == [
        "09-03 08:00 mail_2/email A",
        "09-04 08:00 mail_3/email A",
        "09-05 08:00 held last/sms A: us.nyc.contacts",
        "09-05 08:00 last/email A",
    ]


# --- channels


def test_a_channel_that_opens_again_is_waited_for_and_never_swapped() -> None:
    """940 CMR 7.04(1)(f): the policy prefers SMS, which is full until the 11th; email would be open."""
    under = policy(notice("first", 2, "sms"), notice("second", 4, "sms"), notice("third", 6, "sms", "email"))
    assert told(played(under=under, where=MASSACHUSETTS))[2:] == [
        "03-08 08:00 held third/sms A: us.ma.contacts",
        "03-11 08:00 third/sms A",
    ]


def test_a_channel_that_only_news_can_open_gives_way_to_the_next_and_is_named() -> None:
    """Twilio, error 30863: no SMS to North America on behalf of another creditor."""
    under = policy(notice("first", 2, "sms", "email"))
    assert told(
        played(under=under, where=Whereabouts(region="US-IL", calling_code=1), first_party=False)
    ) == [
        "03-04 08:00 held first/sms A: us.twilio.first_party",
        "03-04 08:00 first/email A",
    ]


def test_without_another_channel_a_person_gets_the_task() -> None:
    outcome = played(under=policy(notice("first", 2, "sms")), where=ELSEWHERE, first_party=False)
    assert told(outcome) == [
        "03-04 08:00 held first/- A: hold.unreachable",
        "03-04 08:00 unreachable/task A",
    ]
    assert [line.reason.words for line in outcome.lines if line.effect == "task" and line.reason] == [
        "nobody can be reached for first: sms closed by us.twilio.first_party"
    ]


def test_the_milder_message_lets_the_graver_one_go_first() -> None:
    """Texas, Sunday from noon: else the milder message would cost the graver one its gap."""
    later = invoice("B", due="2026-03-06", currency="USD")
    under = policy(notice("first", 2), notice("second", 6))
    outcome = played(A, later, under=under, where=Whereabouts(region="US-TX"), zone=CHICAGO)
    assert told(outcome, CHICAGO)[2:7] == [
        "03-08 08:00 held second/email A: us.tx.hours",
        "03-08 08:00 held first/- B: contact.turn",
        "03-08 12:00 held first/- B: hold.gap",
        "03-08 12:00 second/email A",
        "03-09 08:00 held first/email B: us.tx.hours",
    ]


# --- where somebody is


def test_a_consumer_whose_zone_nobody_knows_is_for_a_person_once() -> None:
    """12 CFR 1006.6(b)(1): hours are the consumer's own; UTC is what stands where nothing is known."""
    under = policy(notice("first", 2), notice("second", 6, "sms"), call("call", 8))
    assert told(played(under=under, where=ELSEWHERE, zone="UTC"), "UTC") == [
        "03-04 08:00 held first/email A: us.regf.hours",
        "03-04 08:00 whereabouts/task A",
        "03-08 08:00 held second/sms A: us.regf.hours",
        "03-10 08:00 held call/call A: us.regf.hours",
    ]


def test_a_new_debt_asks_nothing_while_the_task_is_open() -> None:
    later = invoice("B", due="2026-03-10", currency="USD")
    outcome = played(A, later, under=policy(notice("first", 2)), where=ELSEWHERE, zone="UTC")
    assert [line for line in told(outcome, "UTC") if "task" in line] == ["03-04 08:00 whereabouts/task A"]


def test_a_new_debt_asks_again_once_the_task_was_done_in_vain() -> None:
    later = invoice("B", due="2026-03-10", currency="USD")
    done = event("2026-03-05T12:00:00Z", "task_completed", step="whereabouts", outcome="no idea")
    outcome = played(A, later, done, under=policy(notice("first", 2)), where=ELSEWHERE, zone="UTC")
    assert [line for line in told(outcome, "UTC") if "task" in line] == [
        "03-04 08:00 whereabouts/task A",
        "03-12 08:00 whereabouts/task B",
    ]


def test_a_business_without_a_zone_is_written_to_by_email() -> None:
    """47 CFR 64.1200(c)(1) protects the called, not who gets an email: SMS waits for a person."""
    under = policy(notice("first", 2, "sms", "email"), **{"for": {"segments": ["business"]}})
    outcome = played(under=under, where=ELSEWHERE, zone="UTC", segment="business")
    assert told(outcome, "UTC") == [
        "03-04 08:00 held first/sms A: us.tcpa.hours",
        "03-04 08:00 first/email A",
        "03-04 08:00 whereabouts/task A",
    ]


@pytest.mark.parametrize("country", [None, "DE"])
def test_where_no_law_was_read_the_window_alone_holds(country: str | None) -> None:
    outcome = played(under=FOUR, where=Whereabouts(), zone="UTC", country=country)
    assert told(outcome, "UTC") == [f"03-0{day} 08:00 mail_{day - 2}/email A" for day in (4, 5, 6, 7)]


# --- the house's own limits


def test_the_house_s_limits_hold_only_where_the_policy_wants_them() -> None:
    """house.gap: 48 hours between two messages of which no law is known."""
    under = policy(notice("first", 2), notice("second", 3), contact={"house": True})
    assert told(played(under=under, where=Whereabouts(), zone="UTC", country="DE"), "UTC") == [
        "03-04 08:00 first/email A",
        "03-05 08:00 held second/email A: house.gap",
        "03-06 08:00 second/email A",
    ]


def test_the_channels_of_one_step_are_one_contact_to_the_house() -> None:
    """house.daily: one a day, of which email and SMS of one step are one."""
    under = policy(notice("first", 2, "email", "sms", send="all"), contact={"house": True})
    assert told(played(under=under, where=Whereabouts(), zone="UTC", country="DE"), "UTC") == [
        "03-04 08:00 first/email A",
        "03-04 08:00 first/sms A",
    ]


# --- news of the service


WARNED = policy(
    notice("first", 2),
    {
        "kind": "suspend",
        "id": "suspend",
        "offset_days": 6,
        "notice_days": 1,
        "needs_delivered": ["first"],
        "channels": ["email"],
    },
)


def test_the_suspension_is_no_contact_and_its_news_is_one() -> None:
    """Texas, Sunday from noon: the service stops at eight, and the customer hears of it at noon."""
    assert told(played(under=WARNED, where=Whereabouts(region="US-TX"), zone=CHICAGO), CHICAGO)[2:] == [
        "03-08 08:00 suspend/service A",
        "03-08 08:00 held suspended/email A: us.tx.hours",
        "03-08 12:00 suspended/email A",
    ]


def test_the_news_of_the_service_takes_the_next_channel_where_only_news_can_open_the_first() -> None:
    step = {**WARNED.steps[1].model_dump(), "channels": ["sms", "email"]}
    under = policy(notice("first", 2), step)
    outcome = played(under=under, where=ELSEWHERE, first_party=False)
    assert told(outcome)[2:] == [
        "03-08 08:00 held suspended/sms: us.twilio.first_party",
        "03-08 08:00 suspended/email A",
    ]


# --- what the plan says


def test_the_plan_holds_until_law_and_window_allow_and_foresees_that_instant() -> None:
    customer = Customer(id="c-1", segment="consumer", country="US", timezone=CHICAGO, currency="USD")
    law = SHIPPED.of(customer, Whereabouts(region="US-TX"))
    account = build(customer, read_events(customer, [A]), law=law)
    noon = datetime(2026, 3, 8, 17, tzinfo=UTC)

    made = plan(policy(notice("first", 6)), account, datetime(2026, 3, 8, 13, tzinfo=UTC))

    assert ([held.until for held in made.held], made.wake_at, made.effects) == ([noon], noon, ())
    assert [(line.step, line.at) for line in made.forecast] == [("first", noon)]
