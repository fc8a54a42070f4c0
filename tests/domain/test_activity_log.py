"""Records of the activity log, read liberally, and the rules that notice something in them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.account_fold import build
from domain.activity_log.records import KNOWN_KINDS, BadRecord, read_record
from domain.activity_log.rules import Audit, findings, read_audit
from domain.documents import BadDocument
from domain.simulation.events import read_events
from tests.domain.playing import CUSTOMER, effects, event, play

SHIPPED = read_audit(
    (Path(__file__).parents[2] / "policies" / "activity" / "audit.yaml").read_text(encoding="utf-8"),
    name="activity.yaml",
)
TUESDAY = datetime(2026, 3, 3, 10, tzinfo=UTC)
Raw = dict[str, Any]


def raw(kind: str, at: datetime = TUESDAY, name: str = "", status: str = "succeeded", **more: Any) -> Raw:
    said = {"operationType": kind, "operationDate": at.isoformat(), "operationStatus": status}
    return {"id": name or f"{kind}-{at.isoformat()}", "customerId": "T-1", **said, **more}


def role(name: str) -> list[Raw]:
    return [{"key": "RoleName", "value": name}]


def seats(before: int | None, after: int) -> dict[str, Any]:
    old = {} if before is None else {"resourceOldValue": f'{{"Quantity": {before}}}'}
    return {**old, "resourceNewValue": f'{{"Quantity": {after}, "Status": "active"}}'}


def found(*records: dict[str, Any], audit: Audit = SHIPPED, zone: str = "UTC") -> list[str]:
    read = [read_record(each) for each in records]
    return [f.name for f in findings(audit, read, frozenset(each.id for each in read), zone)]


def minutes(kind: str, count: int, apart: int, **more: Any) -> list[dict[str, Any]]:
    return [raw(kind, TUESDAY + timedelta(minutes=apart * n), f"{kind}-{n}", **more) for n in range(count)]


def users(values: list[str], field: str) -> list[dict[str, Any]]:
    return [
        raw("create_customer_user", TUESDAY, f"u-{n}", customizedData=[{"key": field, "value": value}])
        for n, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("records", "rules"),
    [
        ([raw("update_customer_user_licenses")], []),
        ([raw("renamed_tomorrow")], []),
        (
            [raw("add_user_member", customizedData=role("Global Admin"))],
            ["admin_role"],
        ),
        ([raw("add_user_member", customizedData=role("Reader"))], []),
        ([raw("granular_admin_relationship_activated")], ["delegated_admin"]),
        (minutes("reset_customer_user_password", 2, 1), []),
        (minutes("reset_customer_user_password", 3, 479), ["password_resets"]),
        (minutes("reset_customer_user_password", 3, 720), []),  # the third is a day after the first
        (minutes("create_order", 4, 1), []),
        (minutes("create_order", 5, 14), ["order_burst"]),
        (minutes("create_order", 5, 15), []),
        ([raw("update_subscription", **seats(10, 31))], ["seat_jump"]),
        ([raw("update_subscription", **seats(10, 30))], []),
        ([raw("update_subscription", **seats(2, 24))], []),
        ([raw("create_order", customizedData=[{"key": "Quantity-0", "value": "200"}])], []),
        (
            [raw("create_order", customizedData=[{"key": f"Quantity-{n}", "value": "200"} for n in (0, 1)])],
            ["many_seats"],
        ),
        (users([f"a@{n}.example" for n in "abc"], "UserPrincipalName"), []),
        (users([f"a@{n}.example" for n in "abcd"], "UserPrincipalName"), ["many_domains"]),
        (users([f"{n}@one.example" for n in "abcdef"], "UserPrincipalName"), []),
        (users(["DE", "FR", "US", "BR", "KR"], "UsageLocation"), ["many_places"]),
        ([raw("add_application_credential")], ["application_credential"]),
        ([raw("add_application_credential", status="failed")], []),
        ([raw("update_customer_billing_profile")], ["billing_profile"]),
        ([raw("azure_fraud_event_detected", status="progress")], ["fraud_event"]),
    ],
)
def test_what_the_rules_that_ship_notice(records: list[dict[str, Any]], rules: list[str]) -> None:
    assert [name.partition("/")[0] for name in found(*records)] == rules


def test_seats_that_are_sold_on_open_an_incident_of_pirated_resale() -> None:
    domains = users([f"a@{n}.example" for n in "abcd"], "UserPrincipalName")
    places = users(["DE", "FR", "US", "BR", "KR"], "UsageLocation")
    for records in (domains, places):
        read = [read_record(each) for each in records]
        (one,) = findings(SHIPPED, read, frozenset({each.id for each in read}), "UTC")
        assert one.rule.opens == "pirated_resale"


@pytest.mark.parametrize(
    ("at", "zone", "odd"),
    [
        ("2026-03-03T05:00:00Z", "UTC", True),
        ("2026-03-03T05:00:00Z", "Europe/Berlin", False),  # six o'clock there
        ("2026-03-03T21:30:00Z", "UTC", False),
        ("2026-03-03T21:30:00Z", "Europe/Berlin", True),
        ("2026-03-07T12:00:00Z", "UTC", True),  # a Saturday
    ],
)
def test_odd_hours_are_those_of_the_seller(at: str, zone: str, odd: bool) -> None:
    orders = [raw("create_order", datetime.fromisoformat(at), f"o-{n}") for n in range(3)]
    assert ("odd_hours" in [name.partition("/")[0] for name in found(*orders, zone=zone)]) == odd


def test_a_day_of_a_rule_is_one_finding_and_needs_something_new() -> None:
    resets = [read_record(each) for each in minutes("reset_customer_user_password", 6, 1)]
    (one,) = findings(SHIPPED, resets, frozenset({resets[-1].id}), "UTC")
    assert (one.name, len(one.records)) == ("password_resets/2026-03-03", 6)
    assert findings(SHIPPED, resets, frozenset(), "UTC") == []


@pytest.mark.parametrize(
    "written",
    [
        "2017-06-15T22:56:05.0589308Z",
        "2017-06-15T22:56:05",
        "2017-06-16T00:56:05+02:00",
        "6/15/2017 10:56:05 PM",
    ],
)
def test_instants_are_read_in_the_forms_that_occur(written: str) -> None:
    record = read_record({"id": "r", "operationType": "add_customer", "operationDate": written})
    assert record.at.replace(microsecond=0) == datetime(2017, 6, 15, 22, 56, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"id": "r"},
        {"id": "r", "operationDate": "soon"},
        {"id": "r", "operationDate": "0001-01-01T00:00:00Z"},  # as vendors write that there is none
        {"id": "r", "operationDate": "9999-12-31T23:59:59-08:00"},
        ["r"],
        "r",
    ],
)
def test_a_record_without_an_instant_is_none(wrong: Any) -> None:
    with pytest.raises(BadRecord):
        read_record(wrong)


def test_what_is_missing_or_strange_is_no_crash() -> None:
    strange = {
        "operationDate": "2026-03-03",
        "operationType": 7,
        "resourceNewValue": "no json",
        "resourceOldValue": ["x"],
        "customizedData": [None, {"key": "A"}, {"key": "B", "value": "b"}],
    }
    record = read_record(strange)
    assert (record.kind, record.account) == ("unknown", None)
    assert (dict(record.values), dict(record.before)) == ({"b": "b"}, {})
    assert record.id == read_record(dict(strange)).id  # named by what it says
    assert record.id != read_record({**strange, "operationType": "x"}).id
    assert "unknown" not in KNOWN_KINDS


def test_what_no_database_takes_is_in_no_text() -> None:
    record = read_record(raw("x\x00y", name="r\x00", customerId="T\ud800", userPrincipalName="a\udfff"))
    assert (record.id, record.kind, record.account, record.principal) == ("r?", "x?y", "T?", "a?")


def test_a_record_shows_nobody() -> None:
    assert "ann" not in repr(read_record(raw("x", userPrincipalName="ann@acme.example")))


def test_mistakes_in_the_rules_are_named_with_their_line() -> None:
    wrong, right = "about: fun\n    kind: [a]\n", "about: fraud\n    says: s\n    kinds: "
    text = f"rules:\n  - id: x\n    {wrong}  - id: x\n    {right}[]\n"
    with pytest.raises(BadDocument) as caught:
        read_audit(text, name="mine.yaml")
    assert str(caught.value).splitlines() == [
        "mine.yaml:2: rules.0.says: this key is required and missing",
        "mine.yaml:2: rules.0.kinds: this key is required and missing",
        "mine.yaml:3: rules.0.about: 'fun' is not one of fraud, misuse",
        "mine.yaml:4: rules.0.kind: nobody knows this key (did you mean kinds?)",
        "mine.yaml:8: rules.1.kinds: this needs at least 1 entries",
    ]
    one = f"  - id: x\n    {right}[a]\n"
    with pytest.raises(BadDocument, match=r"mine.yaml:6: rules.1.id: this id stands twice"):
        read_audit(f"rules:\n{one}{one}", name="mine.yaml")


def noticed(at: str, rule: str = "admin_role", says: str = "a role was given") -> dict[str, Any]:
    when = {"first_at": at, "last_at": at}
    return event(at, "activity_noticed", rule=rule, about="fraud", says=says, count=1, **when)


def test_what_is_noticed_is_one_task_until_it_is_done_and_then_the_next() -> None:
    outcome = play(
        noticed("2026-03-03T10:00:00Z"),
        noticed("2026-03-04T10:00:00Z", "order_burst"),
        event("2026-03-05T10:00:00Z", "task_completed", step="activity-review"),
        until="2026-03-10",
    )
    assert effects(outcome) == [
        "03-03 10:00 activity-review/task (activity)",
        "03-05 10:00 activity-review/task (activity)",
    ]
    reasons = [line.reason.words for line in outcome.lines if line.kind == "effect" and line.reason]
    assert reasons[1] == "1 to look at in the activity log (order_burst): a role was given"


def test_the_account_has_what_was_noticed() -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [noticed("2026-03-03T10:00:00Z")]))
    assert [each.rule for each in account.noticed] == ["admin_role"]
