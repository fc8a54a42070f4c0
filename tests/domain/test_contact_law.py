"""Contact law: each rule of the files by itself, then together. The source stands in the test.

Days: 2 March 2026 is a Monday; clocks in the United States go forward on Sunday 8 March and back on
Sunday 1 November 2026. New York is at UTC-5 in winter and UTC-4 in summer.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact_law.books import ContactBooks, read_books
from domain.contact_law.clauses import Contact
from domain.contact_law.law import NO_LAW, Barred, Law
from domain.contact_law.rules import Cap
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from tests.effort import examples

FOLDER = Path(__file__).parents[2] / "policies" / "contact"
SHIPPED = read_books({path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")})
NEW_YORK, CHICAGO, LOS_ANGELES = "America/New_York", "America/Chicago", "America/Los_Angeles"
RESOLUTION = timedelta(microseconds=1)


def only(*ids: str) -> ContactBooks:
    """The shipped law with these rules alone, so that no other one covers them."""
    books = [
        book.model_copy(update={"rules": tuple(rule for rule in book.rules if rule.id in ids)})
        for book in SHIPPED.books
    ]
    assert sum(len(book.rules) for book in books) == len(ids), f"not all of {ids} are shipped"
    return ContactBooks(tuple(books))


def written(rules: str) -> ContactBooks:
    """A law of the test's own, in Chicago's country."""
    return read_books({"t.yaml": f"law: t\ntitle: T\nas_of: 2026-11-22\nrules:\n{rules}"})


def consumer(zone: str = NEW_YORK, country: str | None = "US") -> Customer:
    return Customer(id="c-1", segment="consumer", country=country, timezone=zone)


def in_state(
    law: ContactBooks, region: str | None, zone: str = CHICAGO, *, zones: tuple[str, ...] = (), city: str = ""
) -> Law:
    where = Whereabouts(region=region, zones=zones, places=(city,) if city else ())
    return law.of(consumer(zone), where)


def local(text: str, zone: str = NEW_YORK) -> datetime:
    """An instant by the clock on a wall: `2026-03-02 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shown(at: datetime | None, zone: str = NEW_YORK) -> str | None:
    return None if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def contact(
    at: str,
    channel: str = "call",
    *debts: str,
    talked: bool = False,
    zone: str = NEW_YORK,
    occasion: str = "",
) -> Contact:
    return Contact(
        at=local(at, zone),
        channel=channel,
        debts=frozenset(debts or ("INV-1",)),
        conversation=talked,
        occasion=occasion,
    )


def next_at(
    law: Law,
    at: str,
    channel: str = "email",
    past: Iterable[Contact] = (),
    *,
    debts: Iterable[str] = ("INV-1",),
    zone: str = NEW_YORK,
    occasion: str = "",
) -> str | None:
    """When a contact is allowed that is wanted at a local time; in local time."""
    found = law.next_allowed(channel, debts, past, local(at, zone), occasion=occasion)
    barred = law.bars(channel, debts, past, local(at, zone), occasion=occasion)
    # The two questions have one answer.
    if found == local(at, zone):
        assert barred is None
    else:
        assert barred is not None
        assert barred.until == found
        assert barred.reason.words
    return shown(found, zone)


def reason(
    law: Law, at: str, channel: str = "email", past: Iterable[Contact] = (), debts: Iterable[str] = ("INV-1",)
) -> Barred:
    found = law.bars(channel, debts, past, local(at))
    assert found is not None
    return found


# --- hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("2026-03-02 07:59", "2026-03-02 08:00"),
        ("2026-03-02 08:00", "2026-03-02 08:00"),
        ("2026-03-02 20:59", "2026-03-02 20:59"),
        ("2026-03-02 21:00", "2026-03-03 08:00"),
        ("2026-03-01 12:00", "2026-03-01 12:00"),  # Regulation F knows no Sunday.
        # The clock goes forward in the night to Sunday 8 March, and back in the one to 1 November.
        ("2026-03-07 22:00", "2026-03-08 08:00"),
        ("2026-10-31 22:00", "2026-11-01 08:00"),
    ],
)
def test_12_cfr_1006_6_b_1_i_allows_eight_to_nine_at_the_consumers_place(wanted: str, allowed: str) -> None:
    law = only("us.regf.hours").of(consumer())

    assert next_at(law, wanted) == allowed


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("2026-03-02 08:00", "2026-03-02 11:00"),
        ("2026-03-02 10:59", "2026-03-02 11:00"),
        ("2026-03-02 11:00", "2026-03-02 11:00"),
        ("2026-03-02 20:59", "2026-03-02 20:59"),
        ("2026-03-02 21:00", "2026-03-03 11:00"),
        ("2026-03-07 21:00", "2026-03-08 11:00"),
        ("2026-10-31 21:00", "2026-11-01 11:00"),
    ],
)
def test_12_cfr_1006_6_b_1_i_holds_in_two_zones_at_once_from_eleven_to_nine_in_new_york(
    wanted: str, allowed: str
) -> None:
    """The golden case of the commentary: an address in New York, a telephone number of Los Angeles."""
    where = Whereabouts(region="US-NY", zones=(LOS_ANGELES,))
    law = only("us.regf.hours").of(consumer(), where)

    assert next_at(law, wanted) == allowed


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        # Arizona keeps its clock: three hours from New York in summer, two in winter.
        ("2026-03-07 21:30", "2026-03-08 11:00"),
        ("2026-03-06 21:30", "2026-03-07 10:00"),
        ("2026-10-31 21:30", "2026-11-01 10:00"),
        ("2026-10-30 21:30", "2026-10-31 11:00"),
    ],
)
def test_two_zones_of_which_one_changes_its_clock(wanted: str, allowed: str) -> None:
    law = only("us.regf.hours").of(consumer(), Whereabouts(zones=("America/Phoenix",)))

    assert next_at(law, wanted) == allowed


@pytest.mark.parametrize(
    ("rule", "region", "wanted", "allowed"),
    [
        ("from_eight_to_eight", "US-FL", "2026-03-02 20:00", "2026-03-03 08:00"),
        ("from_eight_to_eight", "US-MD", "2026-03-02 07:00", "2026-03-02 08:00"),
        ("from_eight_to_eight", "US-MA", "2026-03-02 20:30", "2026-03-03 08:00"),
        ("from_nine_to_eight", "US-CT", "2026-03-02 08:30", "2026-03-02 09:00"),
        ("from_nine_to_eight", "US-NV", "2026-03-02 20:00", "2026-03-03 09:00"),
        ("from_nine_to_nine", "US-MN", "2026-03-02 20:59", "2026-03-02 20:59"),
        ("from_nine_to_nine", "US-NM", "2026-03-02 21:00", "2026-03-03 09:00"),
    ],
)
def test_quiet_hours_of_states(rule: str, region: str, wanted: str, allowed: str) -> None:
    """Source: vendors' tables of state quiet hours, the tighter where they disagree."""
    law = in_state(only(f"us.states.{rule}"), region)

    assert next_at(law, wanted, zone=CHICAGO) == allowed


@pytest.mark.parametrize(
    ("rule", "region", "wanted", "allowed"),
    [
        # Texas: Sunday from noon. 1 March 2026 is a Sunday.
        ("us.tx.hours", "US-TX", "2026-03-01 09:00", "2026-03-01 12:00"),
        ("us.tx.hours", "US-TX", "2026-03-01 20:59", "2026-03-01 20:59"),
        ("us.tx.hours", "US-TX", "2026-03-02 09:00", "2026-03-02 09:00"),
        ("us.tx.hours", "US-TX", "2026-02-28 21:00", "2026-03-01 12:00"),
        # Rhode Island: 9 to 18, on weekends 10 to 17. 7 March is a Saturday.
        ("us.ri.hours", "US-RI", "2026-03-07 09:00", "2026-03-07 10:00"),
        ("us.ri.hours", "US-RI", "2026-03-07 17:00", "2026-03-08 10:00"),
        ("us.ri.hours", "US-RI", "2026-03-06 17:30", "2026-03-06 17:30"),
        ("us.ri.hours", "US-RI", "2026-03-06 18:00", "2026-03-07 10:00"),
        # Kentucky: from 10.
        ("us.ky.hours", "US-KY", "2026-03-02 09:00", "2026-03-02 10:00"),
        ("us.ky.hours", "US-KY", "2026-03-02 21:00", "2026-03-03 10:00"),
        # Pennsylvania: Saturday until noon.
        ("us.pa.hours", "US-PA", "2026-03-07 11:59", "2026-03-07 11:59"),
        ("us.pa.hours", "US-PA", "2026-03-07 12:00", "2026-03-08 08:00"),
    ],
)
def test_states_with_hours_of_their_own(rule: str, region: str, wanted: str, allowed: str) -> None:
    """Source: vendors' tables of state quiet hours."""
    assert next_at(in_state(only(rule), region), wanted, zone=CHICAGO) == allowed


@pytest.mark.parametrize(
    ("region", "wanted", "allowed"),
    [
        ("US-AL", "2026-03-01 12:00", "2026-03-02 08:00"),  # Sunday
        ("US-LA", "2026-03-01 12:00", "2026-03-02 08:00"),
        ("US-LA", "2026-02-17 12:00", "2026-02-18 08:00"),  # Mardi Gras, a holiday of Louisiana alone
        ("US-AL", "2026-02-17 12:00", "2026-02-17 12:00"),
        ("US-AL", "2026-04-27 12:00", "2026-04-28 08:00"),  # Confederate Memorial Day, of Alabama alone
        ("US-LA", "2026-04-27 12:00", "2026-04-27 12:00"),
        ("US-AL", "2026-12-24 20:00", "2026-12-26 08:00"),
        # Saturday 4 July is kept on Friday 3 July; Sunday follows.
        ("US-LA", "2026-07-02 20:00", "2026-07-06 08:00"),
        ("US-MS", "2026-03-01 12:00", "2026-03-01 12:00"),
    ],
)
def test_alabama_and_louisiana_have_no_sunday_and_no_holiday(region: str, wanted: str, allowed: str) -> None:
    """Source: vendors' tables of state quiet hours."""
    law = in_state(only("us.al_la.hours", "us.al_la.closed"), region)

    assert next_at(law, wanted, zone=CHICAGO) == allowed


def test_mississippi_has_no_sunday() -> None:
    """Source: vendors' tables of state quiet hours."""
    law = in_state(only("us.ms.hours", "us.ms.sunday"), "US-MS")

    assert next_at(law, "2026-02-28 20:00", zone=CHICAGO) == "2026-03-02 08:00"


def test_47_cfr_64_1200_c_1_is_about_calls_and_texts_of_everybody_and_not_about_email() -> None:
    business = Customer(id="b-1", country="US", timezone=NEW_YORK)
    law = only("us.tcpa.hours").of(business)

    assert next_at(law, "2026-03-02 07:00", "sms") == "2026-03-02 08:00"
    assert next_at(law, "2026-03-02 07:00", "call") == "2026-03-02 08:00"
    assert next_at(law, "2026-03-02 07:00", "email") == "2026-03-02 07:00"


# --- calls, caps and silence ---------------------------------------------------------------------

SEVEN_CALLS = [contact(f"2026-03-{day:02} 10:00") for day in range(2, 9)]


def test_12_cfr_1006_14_b_2_i_a_allows_seven_calls_in_seven_days_for_each_debt() -> None:
    law = only("us.regf.calls").of(consumer())

    assert next_at(law, "2026-03-08 12:00", "call", SEVEN_CALLS[:6]) == "2026-03-08 12:00"
    # The first call, of 2 March, leaves the seven days on 9 March.
    assert next_at(law, "2026-03-08 12:00", "call", SEVEN_CALLS) == "2026-03-09 00:00"
    assert next_at(law, "2026-03-08 12:00", "call", SEVEN_CALLS, debts=["INV-2"]) == "2026-03-08 12:00"
    assert next_at(law, "2026-03-08 12:00", "email", SEVEN_CALLS) == "2026-03-08 12:00"


def test_seven_calls_on_one_day_forbid_the_next_six() -> None:
    """12 CFR 1006.14(b)(2)(i)(A)"""
    law = only("us.regf.calls").of(consumer())
    calls = [contact(f"2026-03-02 {hour:02}:00") for hour in range(9, 16)]

    assert next_at(law, "2026-03-02 16:00", "call", calls) == "2026-03-09 00:00"


def test_a_cap_for_each_debt_says_which_debts_to_leave_out() -> None:
    law = only("us.regf.calls").of(consumer())

    barred = reason(law, "2026-03-08 12:00", "call", SEVEN_CALLS, ["INV-1", "INV-2"])

    assert barred.debts == {"INV-1"}
    assert barred.reason.words == (
        "us.regf.calls for US: 7 contacts by call within 7 days about INV-1,"
        " and 7 are allowed (12 CFR 1006.14(b)(2)(i)(A))"
    )
    assert law.bars("call", {"INV-2"}, SEVEN_CALLS, local("2026-03-08 12:00")) is None


def test_leaving_debts_out_is_no_help_where_the_hour_is_wrong_too() -> None:
    law = only("us.regf.calls", "us.regf.hours").of(consumer())

    assert reason(law, "2026-03-08 22:00", "call", SEVEN_CALLS).debts == frozenset()


@pytest.mark.parametrize(
    ("wanted", "allowed"),
    [
        ("2026-03-02 12:00", "2026-03-09 00:00"),
        ("2026-03-08 23:59", "2026-03-09 00:00"),
        ("2026-03-09 00:00", "2026-03-09 00:00"),
    ],
)
def test_12_cfr_1006_14_b_2_i_b_is_silent_for_seven_days_of_which_the_conversation_is_the_first(
    wanted: str, allowed: str
) -> None:
    law = only("us.regf.after_talk").of(consumer())
    talked = [contact("2026-03-02 10:00", talked=True)]

    assert next_at(law, wanted, "call", talked) == allowed
    assert next_at(law, wanted, "call", [contact("2026-03-02 10:00")]) == wanted
    assert next_at(law, wanted, "call", talked, debts=["INV-2"]) == wanted
    assert next_at(law, wanted, "email", talked) == wanted


def test_a_silence_says_what_was_talked_about_and_when() -> None:
    law = only("us.regf.after_talk").of(consumer())

    barred = reason(law, "2026-03-04 10:00", "call", [contact("2026-03-02 10:00", talked=True)])

    assert barred.reason.words == (
        "us.regf.after_talk for US: INV-1 was talked about on 2026-03-02,"
        " and no call may follow within 7 days (12 CFR 1006.14(b)(2)(i)(B))"
    )


def test_the_day_of_a_conversation_is_that_of_every_zone_where_the_consumer_may_be() -> None:
    """12 CFR 1006.14(b)(2)(i)(B): at 22:30 in Los Angeles it is the next day in New York."""
    law = only("us.regf.after_talk").of(consumer(LOS_ANGELES), Whereabouts(zones=(NEW_YORK,)))
    talked = [contact("2026-03-02 22:30", talked=True, zone=LOS_ANGELES)]

    # Day seven ends in Los Angeles on 8 March (summer time by then), in New York on 9 March.
    assert next_at(law, "2026-03-05 10:00", "call", talked) == "2026-03-10 00:00"


def test_940_cmr_7_04_1_f_allows_two_calls_or_texts_in_seven_days_for_each_debt() -> None:
    law = in_state(only("us.ma.contacts"), "US-MA", NEW_YORK)
    past = [contact("2026-03-02 10:00", "call"), contact("2026-03-04 10:00", "sms")]

    assert next_at(law, "2026-03-05 10:00", "sms", past) == "2026-03-09 00:00"
    assert next_at(law, "2026-03-05 10:00", "call", past) == "2026-03-09 00:00"
    assert next_at(law, "2026-03-05 10:00", "call", past[:1]) == "2026-03-05 10:00"
    assert next_at(law, "2026-03-05 10:00", "email", past) == "2026-03-05 10:00"
    assert next_at(law, "2026-03-05 10:00", "sms", past, debts=["INV-2"]) == "2026-03-05 10:00"
    # Letters by email are not counted.
    emails = [replace(each, channel="email") for each in past]
    assert next_at(law, "2026-03-05 10:00", "sms", emails) == "2026-03-05 10:00"
    elsewhere = in_state(only("us.ma.contacts"), "US-NH", NEW_YORK)
    assert next_at(elsewhere, "2026-03-05 10:00", "sms", past) == "2026-03-05 10:00"


def nyc_past(month: str, first: int) -> list[Contact]:
    return [
        contact(f"2026-{month}-{first + day:02} 10:00", channel, f"INV-{day}")
        for day, channel in enumerate(("email", "sms", "call"))
    ]


def test_6_rcny_5_77_allows_three_contacts_in_seven_days_by_all_channels_from_september_2026() -> None:
    law = in_state(only("us.nyc.contacts"), "US-NY", NEW_YORK, city="US-NYC")

    assert next_at(law, "2026-09-17 10:00", "email", nyc_past("09", 14)) == "2026-09-21 00:00"
    assert next_at(law, "2026-09-17 10:00", "email", nyc_past("09", 14)[:2]) == "2026-09-17 10:00"
    # Not before it is valid.
    assert next_at(law, "2026-08-20 10:00", "email", nyc_past("08", 17)) == "2026-08-20 10:00"


def test_a_rule_begins_at_the_customers_midnight_and_counts_what_was_before() -> None:
    """6 RCNY 5-77, from 2026-09-01"""
    law = in_state(only("us.nyc.contacts"), "US-NY", NEW_YORK, city="US-NYC")
    past = nyc_past("08", 28)

    assert next_at(law, "2026-08-31 23:59", "email", past) == "2026-08-31 23:59"
    assert next_at(law, "2026-09-01 00:00", "email", past) == "2026-09-04 00:00"


def test_a_rule_that_ends_holds_nothing_after_its_last_day() -> None:
    text = """
  - {id: t.old, kind: window, opens: 12:00, closes: 13:00, until: 2026-03-02, source: s, confidence: verified}
  - {id: t.new, kind: window, opens: 09:00, closes: 10:00, from: 2026-03-03, source: s, confidence: verified}
  - {id: t.ban, kind: closed, weekdays: [mon, tue, wed, thu, fri, sat, sun], from: 2026-04-01,
     until: 2026-04-30, source: s, confidence: verified}
"""
    law = written(text).of(consumer())

    assert next_at(law, "2026-03-02 09:30") == "2026-03-02 12:00"
    assert next_at(law, "2026-03-02 13:00") == "2026-03-03 09:00"
    assert next_at(law, "2026-03-31 11:00") == "2026-05-01 09:00"


def test_a_ban_without_an_end_is_ended_by_news_only() -> None:
    text = """
  - {id: t.ban, kind: closed, weekdays: [mon, tue, wed, thu, fri, sat, sun], source: s, confidence: verified}
"""
    assert next_at(written(text).of(consumer()), "2026-03-31 11:00") is None


@pytest.mark.parametrize(
    ("region", "on", "allowed"),
    [
        # Epiphany, of Bavaria and not of Berlin; Labour Day, of all Germany.
        ("DE-BY", "2026-01-06 10:00", "2026-01-07 00:00"),
        ("DE-BE", "2026-01-06 10:00", "2026-01-06 10:00"),
        (None, "2026-01-06 10:00", "2026-01-06 10:00"),
        ("DE-BY", "2026-05-01 10:00", "2026-05-02 00:00"),
        (None, "2026-05-01 10:00", "2026-05-02 00:00"),
    ],
)
@pytest.mark.parametrize("places", ["", "places: [DE], "])
def test_holidays_are_those_of_the_country_and_of_the_region_where_it_is_known(
    places: str, region: str | None, on: str, allowed: str
) -> None:
    text = f"  - {{id: t.holidays, kind: closed, {places}holidays: true, source: s, confidence: verified}}\n"
    law = written(text).of(consumer("Europe/Berlin", "DE"), Whereabouts(region=region))

    assert next_at(law, on, zone="Europe/Berlin") == allowed


def test_a_gap_in_days_ends_at_midnight_of_a_local_day() -> None:
    text = "  - {id: t.gap, kind: gap, days: 2, per: debt, source: s, confidence: verified}\n"
    law = written(text).of(consumer())
    past = [contact("2026-03-06 23:59", "email")]

    assert next_at(law, "2026-03-07 10:00", "sms", past) == "2026-03-08 00:00"
    assert next_at(law, "2026-03-07 10:00", "sms", past, debts=["INV-2"]) == "2026-03-07 10:00"
    assert reason(law, "2026-03-07 10:00", "sms", past).reason.words == (
        "t.gap for everybody: the last contact about INV-1 was on 2026-03-06, and 2 days must pass (s)"
    )


def test_a_contact_about_no_debt_counts_for_none_and_is_held_for_none() -> None:
    """Thanks for a payment is about no debt; what counts per customer counts it all the same."""
    text = """
  - {id: t.debt, kind: cap, most: 1, days: 7, per: debt, source: s, confidence: verified}
  - {id: t.all, kind: cap, most: 2, days: 7, source: s, confidence: verified}
"""
    law = written(text).of(consumer())
    thanks = Contact(at=local("2026-03-02 10:00"), channel="email")

    assert next_at(law, "2026-03-03 10:00", "email", [thanks]) == "2026-03-03 10:00"
    assert (
        next_at(law, "2026-03-03 10:00", "email", [contact("2026-03-02 10:00")], debts=[])
        == "2026-03-03 10:00"
    )
    assert next_at(law, "2026-03-03 10:00", "email", [thanks, thanks]) == "2026-03-09 00:00"


# --- the house -----------------------------------------------------------------------------------


def test_the_house_waits_48_hours_between_two_messages_to_one_customer() -> None:
    law = only("house.gap").of(consumer(country=None))
    past = [contact("2026-03-02 10:00", "email")]

    assert next_at(law, "2026-03-03 10:00", "sms", past, debts=["INV-2"]) == "2026-03-04 10:00"
    assert next_at(law, "2026-03-04 10:00", "email", past) == "2026-03-04 10:00"
    assert next_at(law, "2026-03-03 10:00", "call", past) == "2026-03-03 10:00"
    # The clock goes forward on 8 March: 48 hours are 48 hours.
    late = [contact("2026-03-07 10:00", "email")]
    assert next_at(law, "2026-03-08 10:00", "email", late) == "2026-03-09 11:00"


def test_48_hours_are_reckoned_in_real_time_whatever_zone_an_instant_was_written_in() -> None:
    law = only("house.gap").of(consumer(country=None))
    sent_at = datetime(2026, 3, 7, 10, tzinfo=ZoneInfo(NEW_YORK))

    found = law.next_allowed("sms", [], [Contact(at=sent_at, channel="email")], local("2026-03-08 10:00"))

    assert shown(found) == "2026-03-09 11:00"


def test_the_house_sends_one_message_a_day_and_three_a_week() -> None:
    law = only("house.daily", "house.weekly").of(consumer(country=None))
    past = [contact(f"2026-03-{day:02} 10:00", "email") for day in (2, 3, 4)]

    assert next_at(law, "2026-03-02 15:00", "sms", past[:1]) == "2026-03-03 00:00"
    assert next_at(law, "2026-03-05 10:00", "sms", past) == "2026-03-09 00:00"


def test_a_message_by_two_channels_is_one_contact_for_the_house_and_two_for_new_york_city() -> None:
    house, city = ("house.daily", "house.weekly", "house.gap"), "us.nyc.contacts"
    email = [contact("2026-09-14 10:00", "email", occasion="final_notice/INV-1")]
    before = [contact("2026-09-12 10:00", "email"), contact("2026-09-10 10:00", "email")]
    there = {"region": "US-NY", "zone": NEW_YORK, "city": "US-NYC"}
    same = {"occasion": "final_notice/INV-1"}

    law = in_state(only(*house), **there)
    assert next_at(law, "2026-09-14 10:01", "sms", email + before, **same) == "2026-09-14 10:01"
    assert next_at(law, "2026-09-14 10:01", "sms", email, occasion="other") == "2026-09-16 10:00"
    # On another day it is another contact.
    assert next_at(law, "2026-09-15 10:00", "sms", email, **same) == "2026-09-16 10:00"
    law = in_state(only(*house, city), **there)
    assert next_at(law, "2026-09-14 10:01", "sms", email + before, **same) == "2026-09-17 00:00"


def test_two_messages_by_two_channels_each_are_two_of_the_three_of_a_week() -> None:
    law = only("house.weekly").of(consumer(country=None))
    both = [("2026-03-02", "first"), ("2026-03-04", "second")]
    past = [
        contact(f"{day} 10:00", channel, occasion=step) for day, step in both for channel in ("email", "sms")
    ]

    assert next_at(law, "2026-03-06 10:00", "email", past, occasion="third") == "2026-03-06 10:00"
    third = contact("2026-03-06 10:00", "email", occasion="third")
    assert next_at(law, "2026-03-07 10:00", "email", [*past, third]) == "2026-03-09 00:00"


def test_of_several_rules_the_one_that_holds_longest_is_named() -> None:
    law = only("house.gap", "house.weekly", "us.regf.hours").of(consumer())
    past = [contact(f"2026-03-{day:02} 10:00", "email") for day in (2, 4, 6)]

    assert reason(law, "2026-03-06 22:00", "email", past[2:]).reason.values["law"] == "house.gap"
    assert reason(law, "2026-03-06 22:00", "email", past).reason.values["law"] == "house.weekly"
    assert reason(law, "2026-03-06 22:00", "email").reason.values["law"] == "us.regf.hours"


def test_the_house_writes_to_american_consumers_from_nine_to_eight_and_not_on_sundays() -> None:
    law = SHIPPED.of(consumer(), Whereabouts(region="US-NY", places=("US-ALB",)))

    assert next_at(law, "2026-03-02 08:30") == "2026-03-02 09:00"
    assert next_at(law, "2026-03-07 20:00") == "2026-03-09 09:00"
    assert law.first_opening("email", date(2026, 3, 8)) == local("2026-03-09 09:00")
    assert law.first_opening("email", date(2026, 3, 6)) == local("2026-03-06 09:00")


def test_the_tighter_of_house_and_state_holds() -> None:
    law = in_state(SHIPPED, "US-RI", NEW_YORK)

    assert next_at(law, "2026-03-06 18:00") == "2026-03-07 10:00"
    assert next_at(law, "2026-03-07 17:00") == "2026-03-09 09:00"


def test_businesses_have_the_houses_caps_and_no_hours() -> None:
    """Their hours are those of their policy."""
    law = SHIPPED.of(Customer(id="b-1", country="US", timezone=NEW_YORK), Whereabouts(region="US-KY"))

    assert next_at(law, "2026-03-01 03:00") == "2026-03-01 03:00"
    assert (
        next_at(law, "2026-03-01 03:00", "email", [contact("2026-02-28 10:00", "email")])
        == "2026-03-02 10:00"
    )


# --- what is not known ---------------------------------------------------------------------------


def test_without_a_zone_a_person_must_find_out() -> None:
    barred = reason(SHIPPED.of(consumer("UTC"), Whereabouts(region="US-KY")), "2026-03-02 12:00")

    assert barred.until is None
    assert barred.reason.rule == "contact.unknown_zone"
    assert barred.reason.words == (
        "us.regf.hours for US: nobody knows the customer's time zone, a person must find out"
        " (12 CFR 1006.6(b)(1)(i))"
    )


def test_the_zone_of_the_number_is_enough() -> None:
    law = SHIPPED.of(consumer("UTC"), Whereabouts(region="US-NY", places=("US-ALB",), zones=(NEW_YORK,)))

    assert law.zones == (NEW_YORK,)
    assert next_at(law, "2026-03-02 08:30") == "2026-03-02 09:00"
    # And the customer's days are those of that zone.
    assert NO_LAW.first_opening("email", date(2026, 3, 2)) == datetime(2026, 3, 2, tzinfo=UTC)
    alone = only("us.regf.calls").of(consumer("UTC"), Whereabouts(zones=(NEW_YORK,)))
    assert alone.first_opening("call", date(2026, 3, 2)) == local("2026-03-02 00:00")


def test_nobody_needs_a_zone_where_no_hours_are_law() -> None:
    law = SHIPPED.of(Customer(id="c-1", segment="consumer", country="DE", timezone="UTC"))

    assert next_at(law, "2026-03-01 03:00") == "2026-03-01 03:00"


def test_zones_without_an_hour_in_common_are_for_a_person() -> None:
    law = only("house.us_hours").of(consumer(), Whereabouts(zones=("Asia/Manila",)))

    barred = reason(law, "2026-03-02 12:00")

    assert barred.until is None
    assert barred.reason.words == (
        "no hour for email suits the law in every zone where the customer may be"
        " (America/New_York, Asia/Manila): a person must find out"
    )


def test_a_consumer_whose_state_nobody_knows_may_be_in_any_of_them() -> None:
    law = in_state(SHIPPED, None, NEW_YORK)

    assert next_at(law, "2026-03-02 09:00") == "2026-03-02 10:00"  # Kentucky
    assert next_at(law, "2026-03-02 18:00") == "2026-03-03 10:00"  # Rhode Island
    assert next_at(law, "2026-02-17 12:00") == "2026-02-18 10:00"  # Louisiana
    assert "US-RI, where the customer may be" in reason(law, "2026-03-02 18:00").reason.words


@pytest.mark.parametrize(
    ("region", "city", "held"),
    [
        ("US-NY", "US-NYC", True),
        ("US-NY", "US-ALB", False),  # A city is known, and it is another one.
        ("US-NY", "", True),
        (None, "", True),
        ("US-NJ", "", False),
    ],
)
def test_a_consumer_of_a_state_whose_city_nobody_knows_may_be_in_its_city(
    region: str | None, city: str, held: bool
) -> None:
    """6 RCNY 5-77"""
    law = in_state(only("us.nyc.contacts"), region, NEW_YORK, city=city)

    assert (law.bars("email", [], nyc_past("09", 14), local("2026-09-17 10:00")) is not None) == held


@pytest.mark.parametrize(
    ("country", "region", "warnings"),
    [
        ("US", "US-MA", ()),
        ("US", "US-WA", ("the contact law of US-WA has not been read: only the rules of US hold",)),
        ("US", None, ("no region of US is known: every region's rules hold, as far as they were read",)),
        ("DE", None, ("the contact law of DE has not been read: only the rules for everybody hold",)),
        ("JP", None, ("the contact law of JP has not been read: only the rules for everybody hold",)),
        (None, None, ("no country is known: only the rules for everybody hold",)),
        (None, "US-MA", ()),
    ],
)
def test_what_is_not_known_of_the_law_is_said(
    country: str | None, region: str | None, warnings: tuple[str, ...]
) -> None:
    assert SHIPPED.of(consumer(country=country), Whereabouts(region=region)).warnings == warnings


@pytest.mark.parametrize(
    ("first_party", "code", "allowed"),
    [(True, 1, True), (False, 44, True), (False, 1, False), (False, None, False)],
)
def test_only_a_creditor_in_its_own_name_sends_sms_to_north_america(
    first_party: bool, code: int | None, allowed: bool
) -> None:
    """Source: Twilio, error 30863."""
    where = Whereabouts(calling_code=code)
    law = only("us.twilio.first_party").of(consumer(), where, first_party=first_party)

    barred = law.bars("sms", ["INV-1"], [], local("2026-03-02 12:00"))

    assert (barred is None) == allowed
    assert barred is None or barred.until is None
    assert law.bars("email", ["INV-1"], [], local("2026-03-02 12:00")) is None


def test_no_law_forbids_nothing() -> None:
    assert NO_LAW.bars("sms", ["INV-1"], SEVEN_CALLS, local("2026-03-01 03:00")) is None
    assert NO_LAW.first_opening("sms", date(2026, 3, 1)) == datetime(2026, 3, 1, tzinfo=UTC)
    assert NO_LAW.closed_by("sms", local("2026-03-01 03:00")) == {"sms"}


# --- opting out, keeping -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "channel", "closes"),
    [
        ("2027-01-30 23:59", "sms", {"sms"}),
        ("2027-01-31 00:00", "sms", {"sms", "call"}),
        ("2027-01-31 00:00", "call", {"sms", "call"}),
        ("2027-01-31 00:00", "email", {"email"}),
    ],
)
def test_47_cfr_64_1200_a_10_closes_all_automated_streams_from_31_january_2027(
    at: str, channel: str, closes: set[str]
) -> None:
    assert SHIPPED.of(consumer()).closed_by(channel, local(at)) == closes


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Opt-Out", "opt  out", "Unsubscribe!", "stopall", "Revoke"]
)
def test_a_message_that_is_an_opt_out_word_is_an_opt_out(text: str) -> None:
    """47 CFR 64.1200(a)(10), and the house's own words."""
    assert SHIPPED.of(consumer()).opts_out("sms", text, local("2026-03-02 12:00"))


@pytest.mark.parametrize(
    "text", ["", "stop please", "do not stop", "I will pay at the end of the week", "ok"]
)
def test_a_person_reads_what_is_more_than_the_word(text: str) -> None:
    assert not SHIPPED.of(consumer()).opts_out("sms", text, local("2026-03-02 12:00"))


def test_12_cfr_1006_100_keeps_records_for_three_years() -> None:
    kept = SHIPPED.of(consumer()).retention(date(2026, 3, 2))
    assert kept is not None
    assert (kept.years, kept.source) == (3, "12 CFR 1006.100")
    assert SHIPPED.of(consumer(country="DE")).retention(date(2026, 3, 2)) is None


# --- properties ----------------------------------------------------------------------------------

ZONES = st.sampled_from(
    [
        NEW_YORK,
        CHICAGO,
        LOS_ANGELES,
        "America/Phoenix",
        "America/St_Johns",
        "Pacific/Honolulu",
        "America/Anchorage",
    ]
)
REGIONS = st.sampled_from(
    [None, "US-AL", "US-LA", "US-KY", "US-MA", "US-NY", "US-PA", "US-RI", "US-TX", "US-WA"]
)
DEBTS = st.frozensets(st.sampled_from(["INV-1", "INV-2"]), min_size=1)
CHANNELS = st.sampled_from(["email", "sms", "call"])
# Around both changes of the clock, and around the first day of New York City's rule.
INSTANTS = st.sampled_from(["2026-03-06", "2026-08-28", "2026-10-29", "2026-12-23"]).flatmap(
    lambda day: st.integers(min_value=0, max_value=8 * 24 * 60).map(
        lambda minutes: local(f"{day} 00:00") + timedelta(minutes=minutes)
    )
)


@st.composite
def laws(draw: st.DrawFn) -> Law:
    where = Whereabouts(region=draw(REGIONS), zones=tuple(draw(st.lists(ZONES, max_size=2))))
    return SHIPPED.of(consumer(draw(ZONES)), where)


@st.composite
def histories(draw: st.DrawFn, now: datetime) -> list[Contact]:
    ago = st.integers(min_value=0, max_value=9 * 24 * 60)
    return [
        Contact(
            at=now - timedelta(minutes=draw(ago)),
            channel=draw(CHANNELS),
            debts=draw(DEBTS),
            conversation=draw(st.booleans()),
            occasion=draw(st.sampled_from(["", "final"])),
        )
        for _ in range(draw(st.integers(min_value=0, max_value=8)))
    ]


@settings(deadline=None, max_examples=examples(80))
@given(data=st.data(), law=laws(), now=INSTANTS, channel=CHANNELS, debts=DEBTS)
def test_what_next_allowed_returns_is_allowed_and_nothing_earlier_is(
    data: st.DataObject, law: Law, now: datetime, channel: str, debts: frozenset[str]
) -> None:
    past = data.draw(histories(now))
    occasion = data.draw(st.sampled_from(["", "final"]))

    found = law.next_allowed(channel, debts, past, now, occasion=occasion)

    def allowed(at: datetime) -> bool:
        return law.bars(channel, debts, past, at, occasion=occasion) is None

    assert found is None or allowed(found)
    end = now + timedelta(days=30) if found is None else found
    if end > now:
        shares = st.lists(st.floats(min_value=0, max_value=1, exclude_max=True), max_size=5)
        samples = [now + (end - now) * share for share in data.draw(shares)]
        for at in [now, end - RESOLUTION, *samples]:
            assert at >= end or not allowed(at), at


@settings(deadline=None, max_examples=examples(40))
@given(data=st.data(), law=laws(), now=INSTANTS)
def test_no_cap_is_exceeded_when_only_allowed_contacts_are_made(
    data: st.DataObject, law: Law, now: datetime
) -> None:
    made: list[Contact] = []
    for _ in range(14):
        channel, debts = data.draw(CHANNELS), data.draw(DEBTS)
        at = law.next_allowed(channel, debts, made, now)
        if at is None:
            return
        made.append(Contact(at=at, channel=channel, debts=debts))
        now = at + timedelta(minutes=data.draw(st.integers(min_value=0, max_value=600)))

    for rule in law.rules:
        if isinstance(rule, Cap):
            for zone in law.zones:
                for debt in ["INV-1", "INV-2"] if rule.per == "debt" else [None]:
                    days = [
                        each.at.astimezone(ZoneInfo(zone)).date()
                        for each in made
                        if each.channel in rule.channels and (debt is None or debt in each.debts)
                    ]
                    # In every window that ends with a contact on a day on which the rule is valid.
                    for last in filter(rule.valid_on, days):
                        window = [day for day in days if last - timedelta(days=rule.days) < day <= last]
                        assert len(window) <= rule.most, (rule.id, zone, days)


def test_the_law_of_a_customer_is_kept_and_the_same_for_the_like() -> None:
    first, second = consumer(), replace(consumer(), id="c-2")

    assert SHIPPED.of(first) is SHIPPED.of(second)
