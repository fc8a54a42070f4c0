"""A service that a vendor keeps: its suspension takes its time there, and comes back with the money."""

from datetime import timedelta
from pathlib import Path

from domain.facts import SubscriptionReactivated, SubscriptionSuspended
from domain.switching import Place
from store import facts, invariants, places
from tests.activities.turning_stage import VENDOR, Vendor
from tests.stories.stage import done, policy_named, simulated, staged
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
2026-03-10 12:00  customer pays 500.00 EUR (P-1)
2026-03-10        we bring the service back
2026-03-10        we email thanks
2026-03-20        the story ends
"""


async def test_what_a_vendor_keeps_is_suspended_and_comes_back_as_it_was(tmp_path: Path) -> None:
    story, policy = Story(STORY), policy_named("full")
    vendor, name = Vendor(slow=3, held={"S-1": {"id": "S-1", "status": "active", "renews": True}}), "S-1"
    async with staged(story, policy, tmp_path, vendors={VENDOR: vendor}) as stage:
        customer = story.customer.id
        place = Place(customer=customer, provider=VENDOR, account="T-1", resource=name, kind="licence")
        places.link(stage.ledger, place, by="test", now=story.happenings[0].at)
        await stage.play()
        live, promised = done(stage.ledger, story.zone), simulated(story, policy, stage.ledger)
        told = {type(fact.body): fact for fact in facts.history(stage.ledger, customer)}
        broken = invariants.broken(stage.ledger)

    assert live == sorted(story.expected)
    assert (promised, broken) == (live, [])
    assert [(to, resource) for resource, to, _ in vendor.requests] == [
        ("restricted", name),
        ("suspended", name),
        ("active", name),
        ("True", name),
    ]
    assert vendor.held[name] == {"id": name, "status": "active", "renews": True}
    paid = max(each.at for each in story.happenings if each.kind == "fact")
    back = told[SubscriptionReactivated].happened_at
    assert SubscriptionSuspended in told
    assert back is not None
    assert back - paid < timedelta(minutes=1)
