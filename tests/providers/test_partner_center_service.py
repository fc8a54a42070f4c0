"""A customer who does not pay, at a loopback Partner Center: the engine's own activities over real HTTP."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.answers import SwitchAnswer
from domain.switching import Place
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, refused, throttled, unwell
from providers.loopback.partner_center.subscriptions import Held, Subscriptions
from providers.loopback.server import Loopback
from providers.partner_center.azure import AzurePlans
from providers.partner_center.client import Client
from providers.partner_center.login import GivenToken
from providers.partner_center.switch import PartnerCenterSwitch
from store import exchanges, places
from tests.activities.turning_stage import Stage, at, prepare, stage

TENANT = "d8202a51-69f9-4228-b900-d0e081af17d7"
SUSPENDED_AT = at(20)
UNSURE = Fault(processed=True, status=500)
SCHEDULED = {"product": {"productId": "CFQ7TTC0LH18", "skuId": "0001"}, "quantity": 3}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


class Partner:
    """The stage of ACME with its subscriptions at Partner Center, whose clock goes with the engine's."""

    def __init__(self, stage: Stage, server: Loopback) -> None:
        self.stage, self.server = stage, server
        self.there: Subscriptions = server.partner_center.subscriptions
        self.there.held.clear()
        self.there.effects.clear()
        self.there.done.clear()
        self.there.lag = timedelta()
        self.now = SUSPENDED_AT
        self.there.now = lambda: self.now
        login = GivenToken(server.partner_center.token)
        client = Client(base=server.partner_center_base, app=login, user=login)
        azure = AzurePlans(client, may_cancel=False)
        stage.vendor = PartnerCenterSwitch(client, azure=azure, now=lambda: self.now)  # type: ignore[assignment]

    def link(self, parent: Held | None = None, *, kind: str = "licence", **given: Any) -> Held:
        above = None if parent is None else str(parent.resource["id"])
        held = self.there.add(TENANT, parentSubscriptionId=above, **given)
        place = Place(
            customer="ACME",
            provider="partner_center",
            account=TENANT,
            resource=str(held.resource["id"]),
            kind=kind,
            parent=above,
        )
        places.link(self.stage.ledger, place, by="test", now=at(-1))
        return held

    def until_over(self, kind: str, most: int = 40) -> SwitchAnswer:
        for _ in range(most):
            answer = self.stage.act(kind, self.now)
            if answer["answer"] != "deferred":
                return answer
            until = datetime.fromisoformat(answer["until"] or "")
            self.now = max(self.now + timedelta(milliseconds=100), until)
        raise AssertionError(f"not over: {answer}")

    def effects(self) -> list[tuple[str, str]]:
        return [(each.resource, each.what) for each in self.there.effects]


@pytest.fixture
def partner(prepared: Path, tmp_path: Path, server: Loopback) -> Iterator[Partner]:
    with stage(prepared, tmp_path) as made:
        yield Partner(made, server)


@pytest.mark.parametrize(
    "faults",
    [
        [DROPPED, LOST_REPLY, None, LOST_REPLY],
        pytest.param([throttled(57), unwell(503), refused(800082, 409), UNSURE], marks=pytest.mark.slow),
        pytest.param([refused(2055), refused(900278, 409), refused(800094, 500)], marks=pytest.mark.slow),
    ],
)
def test_who_does_not_pay_is_suspended_once_and_back_as_before(
    partner: Partner, faults: list[Fault | None]
) -> None:
    held = partner.link(scheduledNextTermInstructions=SCHEDULED)
    before, name = partner.there.shown(held), str(held.resource["id"])
    partner.server.faults.add("change", faults)
    assert partner.until_over("suspend")["answer"] == "done"
    assert (held.status, held.resource["autoRenewEnabled"]) == ("suspended", False)
    partner.stage.pay(partner.now)
    partner.now += timedelta(minutes=1)
    assert partner.until_over("reactivate")["answer"] == "done"
    assert partner.effects() == [(name, each) for each in ("suspended", "active", "changed", "changed")]
    after = partner.there.shown(held)
    assert {**after, "attributes": None} == {**before, "attributes": None}
    assert partner.stage.tasks() == []
    kept = [each.exchange for each in exchanges.of(partner.stage.ledger, "ACME")]
    assert partner.server.partner_center.token not in repr(kept)
    assert {each.status for each in kept if each.method == "PATCH"} >= {200}


@pytest.mark.slow
def test_what_takes_effect_later_is_waited_for(partner: Partner) -> None:
    held = partner.link()
    partner.there.lag = timedelta(minutes=20)
    assert partner.until_over("suspend")["answer"] == "done"
    assert partner.effects() == [(held.resource["id"], "suspended")]
    assert timedelta(minutes=20) <= partner.now - SUSPENDED_AT < timedelta(minutes=45)


@pytest.mark.slow
def test_money_that_comes_before_a_suspension_takes_effect_brings_it_back(partner: Partner) -> None:
    held = partner.link()
    partner.there.lag = timedelta(minutes=20)
    partner.stage.act("suspend", partner.now)
    partner.stage.pay(partner.now)
    partner.now += timedelta(minutes=1)
    assert partner.until_over("suspend")["answer"] == "done"
    assert (held.status, partner.effects()) == ("suspended", [(held.resource["id"], "suspended")])
    partner.there.lag = timedelta()
    assert partner.until_over("reactivate")["answer"] == "done"
    assert (held.status, held.resource["autoRenewEnabled"]) == ("active", True)


@pytest.mark.slow
def test_an_add_on_comes_back_after_its_base(partner: Partner) -> None:
    base = partner.link()
    add_on = partner.link(base)
    assert partner.until_over("suspend")["answer"] == "done"
    partner.stage.pay(partner.now)
    partner.now += timedelta(minutes=1)
    assert partner.until_over("reactivate")["answer"] == "done"
    assert (base.status, add_on.status, add_on.resource["autoRenewEnabled"]) == ("active", "active", True)
    back = [resource for resource, what in partner.effects() if what == "active"]
    assert back == [base.resource["id"], add_on.resource["id"]]


def test_near_the_end_of_its_term_nothing_is_suspended(partner: Partner) -> None:
    ends = date(2026, 3, 25)
    held = partner.link(commitmentEndDate=f"{ends}T00:00:00Z")
    answer = partner.stage.act("suspend", SUSPENDED_AT)
    assert (answer["answer"], partner.effects()) == ("deferred", [])
    assert datetime.fromisoformat(answer["until"] or "") == datetime(2026, 3, 26, tzinfo=UTC)
    assert held.status == "active"


def test_an_azure_plan_is_a_case_for_a_person(partner: Partner) -> None:
    held = partner.link(kind="azure_plan", billingType="usage")
    held.entitlements["a"] = {"id": "a", "status": "active"}
    assert partner.stage.act("suspend", SUSPENDED_AT)["answer"] == "deferred"
    [(step, why)] = partner.stage.tasks()
    assert "an unpaid bill is not" in why
    assert (partner.effects(), step) == ([], "service-switch")


def test_a_login_that_fails_changes_nothing_and_is_no_customers_fault(partner: Partner) -> None:
    held = partner.link()
    partner.server.partner_center.authority.given, given = "another", partner.server.partner_center.token
    try:
        assert partner.stage.act("suspend", SUSPENDED_AT)["answer"] == "deferred"
    finally:
        partner.server.partner_center.authority.given = given
    assert (held.status, partner.effects()) == ("active", [])
    assert partner.until_over("suspend")["answer"] == "done"
