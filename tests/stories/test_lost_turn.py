"""The workflow that turns a service is lost by itself: who has paid gets the service back all the same."""

from datetime import timedelta
from pathlib import Path

from domain.errors import TryAgainLater
from domain.facts import PaymentReceived
from domain.switching import Place
from store import doors, places, sweep
from store.facts import NewFact
from tests.activities.turning_stage import VENDOR, Vendor
from tests.stories.stage import policy_named, staged
from tests.stories.story import Story

STORY = """
policy full

2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-03
2026-02-06        we email reminder_first about INV-1
2026-02-20        we email final_notice about INV-1
2026-02-23        we restrict the service for INV-1
2026-02-23        we email service-restricted about INV-1
2026-03-05        we suspend the service for INV-1
2026-03-05        we email suspended about INV-1
2026-03-10        the story ends
"""


async def test_a_return_whose_workflow_is_lost_is_begun_anew_when_the_sweep_wakes(tmp_path: Path) -> None:
    story, policy = Story(STORY), policy_named("full")
    vendor = Vendor(held={"S-1": {"id": "S-1", "status": "active", "renews": True}})
    async with staged(story, policy, tmp_path, vendors={VENDOR: vendor}) as stage:
        customer = story.customer.id
        place = Place(customer=customer, provider=VENDOR, account="T-1", resource="S-1", kind="licence")
        places.link(stage.ledger, place, by="test", now=story.happenings[0].at)
        await stage.play()
        down = dict(vendor.held["S-1"])

        paid, body = (
            story.until,
            PaymentReceived(payment="P-1", amount="500.00", currency="EUR", invoice="INV-1"),
        )
        vendor.look_faults = [TryAgainLater("unwell", delay=timedelta(minutes=5))]
        fact = NewFact(source="test", id="P-1", happened_at=paid, body=body)
        assert doors.record(stage.ledger, customer, [fact], now=paid).wake
        await stage.playing.wake(customer)
        await stage.playing.sleep_until(paid + timedelta(minutes=1))
        waits = dict(vendor.held["S-1"])
        await stage.playing.env.client.get_workflow_handle(f"suspension/{customer}").terminate("lost")

        swept = paid + timedelta(minutes=8)
        await stage.playing.sleep_until(swept)
        due = sweep.due(stage.ledger, now=swept, limit=10)
        await stage.playing.wake(customer)
        await stage.playing.sleep_until(swept + timedelta(minutes=1))

    assert (down["status"], waits["status"], due) == ("suspended", "suspended", [customer])
    assert vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}
