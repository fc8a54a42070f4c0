"""Subscriptions at Partner Center, suspended and brought back over real HTTP at a loopback of it."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InDoubt, Refused, TryAgainLater
from domain.switching import Exchange, Place, Seen, SubscriptionState, Turn
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, refused, slow, throttled, unwell
from providers.loopback.partner_center.account import PREFIX
from providers.loopback.partner_center.subscriptions import Held, Subscriptions
from providers.loopback.server import Loopback
from providers.partner_center import exact_json
from providers.partner_center.azure import AzurePlans
from providers.partner_center.client import Client
from providers.partner_center.login import GivenToken
from providers.partner_center.resource import changed, etag, holds, term_ends_on, value
from providers.partner_center.switch import PartnerCenterSwitch

CUSTOMER = "d8202a51-69f9-4228-b900-d0e081af17d7"
SAMPLES = Path(__file__).parents[3] / "shared/reference/partner-center-samples"
SCHEDULED = {"product": {"productId": "CFQ7TTC0LH18", "skuId": "0001", "termDuration": "P1Y"}, "quantity": 3}


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def there(server: Loopback) -> Subscriptions:
    found = server.partner_center.subscriptions
    found.held.clear()
    found.effects.clear()
    found.done.clear()
    found.lag = found.entitlement_lag = timedelta()
    found.now = lambda: datetime.now(UTC)
    server.partner_center.requests.clear()
    return found


class Asked:
    """The switch as the engine asks it: a look, then a turn under a request of its own."""

    def __init__(self, server: Loopback, *, may_cancel: bool = False) -> None:
        client = Client(
            base=server.partner_center_base, app=GivenToken(server.partner_center.authority.given)
        )
        self.seconds = 0.0
        azure = AzurePlans(client, may_cancel=may_cancel, clock=lambda: self.seconds)
        self.subscriptions = server.partner_center.subscriptions
        self.switch = PartnerCenterSwitch(client, azure=azure, now=lambda: self.subscriptions.now())
        self.exchanges: list[Exchange] = []

    def look(self, held: Held, kind: str = "licence") -> Seen:
        return self.switch.look(place(held, kind), note=self.exchanges.append)

    def turn(
        self, held: Held, to: SubscriptionState, before: Any = None, *, kind: str = "licence", **given: Any
    ) -> None:
        seen = given.get("seen") or self.look(held, kind)
        made = Turn(
            place=place(held, kind),
            to=to,
            seen=seen,
            before=before,
            request=given.get("request") or str(uuid.uuid4()),
            at=datetime.now(UTC),
        )
        self.switch.turn(made, note=self.exchanges.append)

    def bring_back(self, held: Held, before: Any, kind: str = "licence") -> int:
        """Turn until all is as it was; return how often."""
        for turns in range(1, 9):
            self.turn(held, "active", before, kind=kind)
            seen = self.look(held, kind)
            if seen.state == "active" and not self.switch.differs(before, seen):
                return turns
        raise AssertionError("it does not come back")


def place(held: Held, kind: str = "licence") -> Place:
    return Place(
        customer="ACME",
        provider="partner_center",
        account=held.customer,
        resource=str(held.resource["id"]),
        kind=kind,
    )


@pytest.fixture
def asked(server: Loopback, there: Subscriptions) -> Asked:
    return Asked(server)


def effects(there: Subscriptions) -> list[str]:
    return [each.what for each in there.effects]


def rehearsed(asked: Asked, held: Held, to: SubscriptionState, kind: str = "licence") -> str:
    seen = asked.look(held, kind)
    made = Turn(place=place(held, kind), to=to, seen=seen, before=None, request="", at=datetime.now(UTC))
    return asked.switch.rehearsed(made)


def test_what_would_be_asked_is_said_and_not_asked(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER)
    path = f"/v1/customers/{CUSTOMER}/subscriptions/{held.resource['id']}"
    words = f"PATCH {path} with status suspended, autoRenewEnabled False"
    assert rehearsed(asked, held, "suspended") == words
    assert [exchange.method for exchange in asked.exchanges] == ["GET"]
    asked.turn(held, "suspended")
    [sent] = [each for each in asked.exchanges if each.method != "GET"]
    assert (f"{sent.method} {sent.path}", sent.sent["status"]) == (f"PATCH {path}", "suspended")  # type: ignore[index]
    assert rehearsed(asked, held, "suspended") == "nothing: it stands so"


def test_what_would_be_asked_of_an_azure_plan_is_its_first_subscription(
    server: Loopback, there: Subscriptions
) -> None:
    held = there.add(CUSTOMER, billingType="usage", unitType="usage-based")
    held.entitlements |= {name: {"id": name, "status": "active"} for name in ("e-1", "e-2")}
    with pytest.raises(Refused, match="PARTNER_CENTER_CANCEL_AZURE"):
        rehearsed(Asked(server), held, "suspended", "azure_plan")
    words = rehearsed(Asked(server, may_cancel=True), held, "suspended", "azure_plan")
    assert words.endswith("/azureEntitlements/e-1/cancel, the first of 2 before the plan")
    assert there.effects == []


# --- there and back ------------------------------------------------------------------------------


def test_a_licence_is_suspended_and_comes_back_as_it_was(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER, scheduledNextTermInstructions=SCHEDULED, somethingNew={"kept": [1, None]})
    before = asked.look(held)
    assert (before.state, before.ends_on) == ("active", term_ends_on(held.resource))
    assert asked.switch.differs(before.resource, before) == []
    asked.turn(held, "suspended")
    down = asked.look(held)
    assert (down.state, down.by_others) == ("suspended", None)
    assert (value(down.resource, "autoRenewEnabled"), value(down.resource, "somethingNew")) == (
        False,
        {"kept": [1, None]},
    )
    assert asked.switch.differs(before.resource, down) == [
        "its renewal at the end of the term",
        "what was scheduled for its next term",
    ]
    assert asked.bring_back(held, before.resource) == 3
    back = asked.look(held)
    assert effects(there) == ["suspended", "active", "changed", "changed"]
    for name in before.resource:
        if name != "attributes":
            assert value(back.resource, name) == value(before.resource, name), name


def test_what_renewed_not_by_itself_before_does_not_afterwards(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER, autoRenewEnabled=False)
    before = asked.look(held).resource
    asked.turn(held, "suspended")
    assert asked.bring_back(held, before) == 1
    assert effects(there) == ["suspended", "active"]


def test_what_was_scheduled_for_another_term_is_not_put_back(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER, nextChargeInstructions=SCHEDULED)
    before = {**asked.look(held).resource, "scheduledNextTermInstructions": SCHEDULED}
    assert asked.switch.differs(before, asked.look(held)) == ["what was scheduled for its next term"]
    before["commitmentEndDate"] = "2025-01-01T00:00:00Z"
    assert asked.switch.differs(before, asked.look(held)) == []
    asked.turn(held, "suspended")
    assert value(asked.look(held).resource, "nextChargeInstructions") == SCHEDULED


def test_what_is_on_its_way_is_waited_for(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER, status="pending")
    with pytest.raises(TryAgainLater, match="on its way"):
        asked.turn(held, "suspended")
    assert effects(there) == []


def test_a_turn_that_is_asked_for_again_changes_nothing(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER)
    for _ in range(2):
        asked.turn(held, "suspended")
    before = asked.look(held).resource
    asked.bring_back(held, before)
    asked.turn(held, "active", before)
    assert effects(there) == ["suspended", "active"]


def test_the_whole_resource_goes_back_under_its_etag(
    server: Loopback, asked: Asked, there: Subscriptions
) -> None:
    held = there.add(CUSTOMER, strange=[{"Deep": 1.25}])
    seen = asked.look(held)
    asked.turn(held, "suspended", seen=seen)
    sent = server.partner_center.requests[-1]
    assert (sent.method, sent.path) == (
        "PATCH",
        f"{PREFIX}/v1/customers/{CUSTOMER}/subscriptions/{held.resource['id']}",
    )
    assert sent.body == {**seen.resource, "status": "suspended", "autoRenewEnabled": False}
    assert sent.headers["if-match"] == f'"{etag(seen.resource)}"'
    assert sent.headers["ms-contract-version"] == "v1"
    assert sent.headers["ms-partnercenter-application"] == "Arrears"
    last = asked.exchanges[-1]
    assert (last.status, last.request, last.correlation) == (
        200,
        sent.headers["ms-requestid"],
        sent.headers["ms-correlationid"],
    )
    assert json.loads(json.dumps([last.sent, last.got]))[0] == sent.body
    assert "Bearer" not in repr(asked.exchanges)


def test_what_takes_effect_later_is_under_way(asked: Asked, there: Subscriptions) -> None:
    held, now = there.add(CUSTOMER), datetime.now(UTC)
    there.lag = timedelta(minutes=5)
    asked.turn(held, "suspended")
    assert (asked.exchanges[-1].status, asked.look(held).state, effects(there)) == (202, "active", [])
    with pytest.raises(TryAgainLater, match=r"being done .*\(409, code 900278\)") as caught:
        asked.turn(held, "suspended")
    assert caught.value.delay == timedelta(minutes=10)
    there.now = lambda: now + timedelta(minutes=6)
    assert (asked.look(held).state, effects(there)) == ("suspended", ["suspended"])


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Active", "active"),
        ("pending", None),
        ("none", None),
        ("something new", None),
        ("expired", "terminated"),
        ("disabled", "terminated"),
        ("deleted", "terminated"),
    ],
)
def test_every_status_is_read(
    asked: Asked, there: Subscriptions, status: str, state: SubscriptionState | None
) -> None:
    assert asked.look(there.add(CUSTOMER, status=status)).state == state


@pytest.mark.parametrize(
    ("reasons", "others"),
    [
        (["PartnerSuspended"], None),
        (["CustomerCancellation"], None),
        (["Fraud", "Billing"], "Fraud, Billing"),
        ([], None),
        (None, None),
        ("Fraud", None),
    ],
)
def test_who_else_suspended_it_is_told(
    asked: Asked, there: Subscriptions, reasons: Any, others: str | None
) -> None:
    held = there.add(CUSTOMER, status="suspended", suspensionReasons=reasons)
    assert asked.look(held).by_others == others


# --- what does not come back, or not now ---------------------------------------------------------


def test_after_its_term_a_suspended_subscription_does_not_come_back(
    asked: Asked, there: Subscriptions
) -> None:
    held = there.add(CUSTOMER)
    before = asked.look(held).resource
    asked.turn(held, "suspended")
    there.now = lambda: datetime.now(UTC) + timedelta(days=202)
    assert asked.look(held).state == "terminated"
    with pytest.raises(Refused, match="is disabled: such a one can neither"):
        asked.turn(held, "active", before)


def test_while_its_term_is_renewed_nothing_is_turned(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER, commitmentEndDate="2026-03-01T00:00:00Z")
    held.renewing = True
    there.now = lambda: datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
    assert asked.look(held).busy_until == datetime(2026, 3, 3, tzinfo=UTC)
    with pytest.raises(TryAgainLater, match="being renewed") as caught:
        asked.turn(held, "suspended")
    assert caught.value.delay == timedelta(hours=21)
    there.now = lambda: datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    assert asked.look(held).busy_until is None
    with pytest.raises(TryAgainLater, match="900280") as caught:
        asked.turn(held, "suspended")
    assert caught.value.delay == timedelta(hours=24)


def test_a_term_without_an_end_has_none(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER, commitmentEndDate="9999-12-14T00:00:00Z")
    assert (asked.look(held).ends_on, asked.look(held).busy_until) == (None, None)


def test_add_ons_go_with_their_base_and_come_back_after_it(asked: Asked, there: Subscriptions) -> None:
    base = there.add(CUSTOMER)
    add_on = there.add(CUSTOMER, parentSubscriptionId=base.resource["id"])
    before = asked.look(add_on).resource
    asked.turn(base, "suspended")
    assert asked.look(add_on).state == "suspended"
    with pytest.raises(TryAgainLater, match=r"an add-on cannot come back before .*27009"):
        asked.turn(add_on, "active", before)
    asked.turn(base, "active")
    asked.bring_back(add_on, before)
    assert asked.look(add_on).state == "active"


def test_it_is_cancelled_only_in_its_first_days(asked: Asked, there: Subscriptions) -> None:
    fresh = there.add(
        CUSTOMER, cancellationAllowedUntilDate=f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT23:59:00Z}"
    )
    asked.turn(fresh, "terminated")
    asked.turn(fresh, "terminated")
    assert (asked.look(fresh).state, effects(there)) == ("terminated", ["deleted"])
    old = there.add(CUSTOMER)
    with pytest.raises(Refused, match="ends with its term, on "):
        asked.turn(old, "terminated")
    with pytest.raises(Refused, match="restricts no subscription"):
        asked.turn(old, "restricted")
    assert effects(there) == ["deleted"]


def test_what_is_not_ours_is_refused(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER)
    with pytest.raises(Refused, match=r"no such subscription of this customer \(404, code 20003\)"):
        asked.look(Held(customer=CUSTOMER, resource={"id": str(uuid.uuid4())}))
    with pytest.raises(Refused, match=r"\(404\)"):
        asked.look(Held(customer=CUSTOMER, resource={"id": "../../../invoices"}))
    assert asked.exchanges[-1].path.endswith(f"/{CUSTOMER}/subscriptions/..%2F..%2F..%2Finvoices")
    with pytest.raises(Refused, match=r"no reseller relationship .*\(403, code 20002\)"):
        asked.look(Held(customer="elsewhere", resource=held.resource))


# --- what goes wrong on the way ------------------------------------------------------------------


def test_who_changed_it_meanwhile_is_looked_at_again(asked: Asked, there: Subscriptions) -> None:
    held = there.add(CUSTOMER)
    seen = asked.look(held)
    held.versions += 1
    with pytest.raises(TryAgainLater, match=r"changed by somebody else .*\(412, code 2055\)") as caught:
        asked.turn(held, "suspended", seen=seen)
    assert caught.value.delay == timedelta(seconds=10)
    asked.turn(held, "suspended")
    assert effects(there) == ["suspended"]


@pytest.mark.parametrize("fault", [LOST_REPLY, Fault(processed=True, status=504)])
def test_a_lost_answer_is_asked_again_without_a_second_effect(
    server: Loopback, asked: Asked, there: Subscriptions, fault: Fault
) -> None:
    held, request = there.add(CUSTOMER), str(uuid.uuid4())
    seen = asked.look(held)
    server.faults.add("change", [fault])
    with pytest.raises(InDoubt):
        asked.turn(held, "suspended", seen=seen, request=request)
    asked.turn(held, "suspended", seen=seen, request=request)
    first, second = [each for each in server.partner_center.requests if each.method == "PATCH"]
    assert first.headers["ms-requestid"] == second.headers["ms-requestid"]
    assert first.headers["ms-correlationid"] != second.headers["ms-correlationid"]
    assert effects(there) == ["suspended"]


def test_each_step_of_one_turn_is_a_request_of_its_own(
    server: Loopback, asked: Asked, there: Subscriptions
) -> None:
    """Also where the engine gives them one id: else the second would pass for the first one repeated."""
    held, request = there.add(CUSTOMER), str(uuid.uuid4())
    before = asked.look(held).resource
    asked.turn(held, "suspended", request=request)
    for _ in range(2):
        asked.turn(held, "active", before, request=request)
    assert effects(there) == ["suspended", "active", "changed"]
    assert len(there.done) == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (DROPPED, InDoubt),
        (unwell(503), InDoubt),
        (refused(800094, 500), TryAgainLater),
        (throttled(57), TryAgainLater),
        (refused(900311, 400), Refused),
        (refused(900280, 400), TryAgainLater),
    ],
)
def test_what_fails_is_sorted_and_leaves_all_as_it_was(
    server: Loopback, asked: Asked, there: Subscriptions, fault: Fault, error: type[Exception]
) -> None:
    held = there.add(CUSTOMER)
    server.faults.add("change", [fault])
    with pytest.raises(error) as caught:
        asked.turn(held, "suspended")
    if fault.retry_after:
        assert isinstance(caught.value, TryAgainLater)
        assert caught.value.delay == timedelta(seconds=57)
    assert (asked.look(held).state, effects(there)) == ("active", [])


def test_a_status_that_is_there_already_is_a_success(
    server: Loopback, asked: Asked, there: Subscriptions
) -> None:
    held = there.add(CUSTOMER)
    seen = asked.look(held)
    asked.turn(held, "suspended")
    server.faults.add("change", [refused(800040, 400)])
    asked.turn(held, "suspended", seen=seen)
    assert effects(there) == ["suspended"]


@pytest.mark.slow
def test_an_answer_that_does_not_come_is_in_doubt_within_five_seconds(
    server: Loopback, asked: Asked, there: Subscriptions
) -> None:
    held = there.add(CUSTOMER)
    server.faults.add("change", [slow(4.0)])
    with pytest.raises(InDoubt):
        asked.turn(held, "suspended")
    assert asked.look(held).state == "suspended"


# --- Azure plans ---------------------------------------------------------------------------------


def plan(there: Subscriptions, *names: str) -> Held:
    held = there.add(CUSTOMER, billingType="usage", productType={"id": "Azure"})
    held.entitlements |= {each: {"id": each, "friendlyName": "x", "status": "active"} for each in names}
    return held


def test_an_azure_plan_is_not_suspended_for_money(asked: Asked, there: Subscriptions) -> None:
    for kind in ("azure_plan", ""):
        with pytest.raises(Refused, match=r"compromised.*unpaid bill is not.*PARTNER_CENTER_CANCEL_AZURE"):
            asked.turn(plan(there, "a"), "suspended", kind=kind)
    assert effects(there) == []
    empty = plan(there)
    asked.turn(empty, "suspended", kind="azure_plan")
    assert asked.look(empty, "azure_plan").state == "suspended"


def test_an_azure_plan_goes_after_what_is_in_it_and_all_comes_back(
    server: Loopback, there: Subscriptions
) -> None:
    asked, held = Asked(server, may_cancel=True), plan(there, "a", "b", "c")
    held.entitlements["c"]["status"] = "suspended"
    before = asked.look(held, "azure_plan").resource
    for _ in range(3):
        asked.turn(held, "suspended", kind="azure_plan")
    assert effects(there) == ["suspended", "suspended", "suspended"]
    assert [each.resource for each in there.effects] == ["a", "b", held.resource["id"]]
    cancelled = next(each for each in server.partner_center.requests if each.method == "POST")
    assert cancelled.body == {"cancellationReason": "compromise"}
    assert cancelled.path.endswith("/azureEntitlements/a/cancel")
    down = asked.look(held, "azure_plan")
    assert asked.switch.differs(before, down)[-1] == "2 of its Azure subscriptions"
    asked.bring_back(held, before, "azure_plan")
    assert [each["status"] for each in held.entitlements.values()] == ["active", "active", "suspended"]
    assert not any("arrears" in json.dumps(each.body) for each in server.partner_center.requests)


def test_a_cancellation_that_is_not_shown_yet_is_not_asked_for_again(
    server: Loopback, there: Subscriptions
) -> None:
    asked, held, now = Asked(server, may_cancel=True), plan(there, "a"), datetime.now(UTC)
    there.entitlement_lag = timedelta(minutes=10)
    for _ in range(3):
        asked.turn(held, "suspended", kind="azure_plan")
    assert [each.method for each in server.partner_center.requests].count("POST") == 1
    there.now = lambda: now + timedelta(minutes=11)
    asked.turn(held, "suspended", kind="azure_plan")
    assert asked.look(held, "azure_plan").state == "suspended"


def test_a_plan_whose_subscriptions_are_still_active_waits(
    server: Loopback, asked: Asked, there: Subscriptions
) -> None:
    held = plan(there)
    seen = asked.look(held, "azure_plan")
    held.entitlements["new"] = {"id": "new", "status": "active"}
    with pytest.raises(TryAgainLater, match="900115") as caught:
        asked.turn(held, "suspended", kind="azure_plan", seen=seen)
    assert caught.value.delay == timedelta(minutes=10)


# --- reading -------------------------------------------------------------------------------------


def test_numbers_come_back_as_they_went() -> None:
    content = b'{"a": 1.10, "b": 120.5682999999996, "c": 0.1234567890123456789012, "d": [1, true, null, "x"]}'
    read = exact_json.read(content)
    assert json.loads(exact_json.written(read), parse_float=Decimal) == read
    assert exact_json.plain(read, inexact=lambda each: each) == {**read, "a": 1.1, "b": 120.5682999999996}
    for bad in (b"NaN", b'{"a": Infinity}', b"[" * 100_000, b"\xff"):
        with pytest.raises(ValueError):
            exact_json.read(bad)


def test_names_are_found_in_any_case() -> None:
    resource = {"Status": "active", "Attributes": {"Etag": "e", "ObjectType": "Subscription"}}
    assert (value(resource, "status"), etag(resource)) == ("active", "e")
    assert changed(resource, status="suspended", autoRenewEnabled=False) == {
        **resource,
        "Status": "suspended",
        "autoRenewEnabled": False,
    }
    assert holds({"A": [{"b": "X", "more": 1}]}, {"a": [{"B": "x", "c": None}]})
    assert not holds({"a": [1]}, {"a": [1, 2]})


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="Microsoft's examples lie beside the work of the project")
@pytest.mark.parametrize("name", ["subscription_new_commerce", "subscription_suspend_response"])
def test_microsofts_own_examples_go_there_and_back(asked: Asked, there: Subscriptions, name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(exact_json.written(sample)) == sample
    body = changed(sample, status="suspended")
    assert {key.casefold() for key in body} == {key.casefold() for key in sample}
    assert value(body, "links") == value(sample, "links")
    given = {key[:1].lower() + key[1:]: each for key, each in sample.items()}
    held = there.add(CUSTOMER, **(given | {"commitmentEndDate": "2099-01-01T00:00:00Z", "status": "active"}))
    before = asked.look(held).resource
    asked.turn(held, "suspended")
    asked.bring_back(held, before)
    assert {**asked.look(held).resource, "attributes": None} == {**before, "attributes": None}
