"""What changes for whom when the same facts are played under another policy."""

from datetime import date
from typing import Any

from domain.backtest import Past
from domain.customer import Customer
from domain.policy import Policy
from domain.simulation.events import read_events
from domain.timeline_diff import Difference, differences
from tests.domain.playing import FINAL, FIRST, LADDER, SECOND, SUSPEND, invoice, paid, policy

UNTIL = date(2026, 5, 31)


def past(*events: dict[str, Any], name: str = "c-1", segment: str = "business") -> Past:
    customer = Customer(id=name, currency="EUR", segment=segment)
    return Past(customer=customer, channels=("email", "sms"), facts=tuple(read_events(customer, events)))


def diff(before: Policy, after: Policy, *pasts: Past) -> Difference:
    return differences(before, after, pasts, until=UNTIL)


def lines(found: Difference) -> list[str]:
    return [f"{each.customer} {change.words}" for each in found.changed for change in each.changes]


LATE = past(invoice(), paid("2026-03-20"))


def test_the_same_policy_changes_nothing() -> None:
    found = diff(policy(), policy(), LATE)
    assert (found.compared, found.changed, found.counts) == (1, [], {})


def test_a_step_moves() -> None:
    later = policy(FIRST, {**SECOND, "offset_days": 10}, FINAL, SUSPEND)
    found = diff(policy(), later, LATE)
    assert lines(found) == ["c-1 A second: 2026-03-10 becomes 2026-03-12 (+2 days)"]
    assert found.counts == {("second", "moves"): 1}


def test_a_step_vanishes_and_another_appears() -> None:
    other = policy({**FIRST, "id": "hello"}, SECOND, FINAL, SUSPEND)
    found = diff(policy(), other, LATE)
    assert lines(found) == [
        "c-1 A first vanishes: 2026-03-03 by email",
        "c-1 A hello appears: 2026-03-03 by email",
    ]


def test_the_channels_change_and_the_day_may_too() -> None:
    by_sms = policy(FIRST, {**SECOND, "channels": ["sms"], "offset_days": 9}, FINAL, SUSPEND)
    found = diff(policy(), by_sms, LATE)
    assert lines(found) == ["c-1 A second: 2026-03-10 becomes 2026-03-11 (+1 day), by sms, and was by email"]
    assert found.counts == {("second", "moves"): 1, ("second", "channels"): 1}
    twice = policy(FIRST, {**SECOND, "send": "all"}, FINAL, SUSPEND)
    assert lines(diff(policy(), twice, LATE)) == ["c-1 A second: by email and sms, and was by email"]


def test_a_suspension_and_the_return_are_the_services_own() -> None:
    back = past(invoice(), paid("2026-04-11"))
    found = diff(policy(), policy(*LADDER[:3]), back)
    assert lines(found) == [
        "c-1 suspend vanishes: 2026-04-01 by service",
        "c-1 suspended vanishes: 2026-04-01 by email",
        "c-1 reactivate vanishes: 2026-04-11 by service",
        "c-1 thanks vanishes: 2026-04-13 by email",
    ]
    sooner = policy(*LADDER[:3], {**SUSPEND, "offset_days": 27})
    assert lines(diff(policy(), sooner, back))[0] == "c-1 suspend: 2026-04-01 becomes 2026-03-30 (-2 days)"


def test_a_message_about_two_invoices_is_a_change_for_each() -> None:
    both = past(invoice(), invoice("B"), paid("2026-03-20"), paid("2026-03-20", name="Q", invoice="B"))
    assert diff(policy(FIRST, SECOND), policy(FIRST), both).counts == {("second", "vanishes"): 2}


def test_customers_for_whom_one_policy_is_not_are_counted() -> None:
    consumer = policy(**{"for": {"segments": ["consumer"]}})
    found = diff(policy(), consumer, LATE, past(segment="consumer"), past(segment="public"))
    assert (found.compared, found.only_first, found.only_second, found.neither) == (0, 1, 1, 1)
    assert "1 customers under the first policy alone" in found.words(most=1)


def test_parts_add_up_to_the_whole_in_order() -> None:
    pasts = [LATE, past(invoice("B"), name="c-2"), past(invoice("C"), name="c-3")]
    added = Difference()
    for each in pasts:
        added.add(diff(policy(), policy(FIRST), each))
    assert added == diff(policy(), policy(FIRST), *pasts)
    assert [each.customer for each in added.changed] == ["c-1", "c-2", "c-3"]


def test_as_text_and_as_json() -> None:
    pasts = [LATE, past(invoice("B"), name="c-2")]
    found = diff(policy(*LADDER[:3]), policy(FIRST, SECOND), *pasts)
    assert found.words(most=1).splitlines() == [
        "2 of 2 customers changed",
        "step    appears  vanishes     moves  channels",
        "final         0         2         0         0",
        "c-1:",
        "  A final vanishes: 2026-03-17 by email",
        "and 1 more customers: --json has them all",
    ]
    assert found.json()["by_customer"][1] == {
        "customer": "c-2",
        "changes": [
            {
                "invoice": "B",
                "step": "final",
                "what": ["vanishes"],
                "days": None,
                "before": {"on": "2026-03-17", "channels": ["email"]},
                "after": None,
            }
        ],
    }
