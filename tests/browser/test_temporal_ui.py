"""The Temporal Web UI in a real browser, as finance uses it: by what is on the screen alone."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from composition import notices_of
from demo.incidents import ALERT
from demo.newcomers import NEWCOMERS
from domain.facts import PaymentReceived
from domain.ui_links import CUSTOMER, INCIDENT, VIEWS
from tests.browser.browsing import paging
from tests.browser.cast import NOW, Person, people
from tests.browser.stage import Stage, staged
from tests.browser.temporal_ui import TemporalUI

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HELD_UP = people("HAZEL", "BIRCH", "ALDER", "ASPEN")
"""Whom these tests need: a day late, with a broken promise, before its suspension, and after it."""


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> AsyncIterator[Stage]:
    """These customers. It asks for a browser first: without one nothing is played."""
    async with staged(tmp_path_factory.mktemp("stage"), HELD_UP) as played:
        await played.apply(each for each in NEWCOMERS if each.comes_to == "review")
        yield played


@pytest.fixture(scope="module")
async def ui(stage: Stage, browser: Any) -> AsyncIterator[TemporalUI]:
    """One page for all: the UI is a large program, which a browser loads once."""
    async with paging(browser) as page:
        yield TemporalUI(page=page, address=stage.server.ui)


async def test_a_customer_answers_at_a_glance(ui: TemporalUI) -> None:
    """Who, what is owed since when, what was said and arrived, what is next, and what waits for me."""
    shown = await ui.reads("customer/ALDER", "Final notice sent: 6,400.00 EUR overdue since 21 Apr 2026")
    words = await shown.locator("body").inner_text()
    for line in (
        "Customer ALDER",
        "INV-ALDER: 6,400.00 EUR, due 21 Apr 2026",
        "21 May 2026: final notice by email, delivered",
        "21 May 2026: final notice by SMS, delivered",
        "approve: suspend of 6,400.00 EUR needs a person’s approval from 5,000.00 EUR",
        'approve {"step": "suspend", "by": "maria"}',
    ):
        assert line in words, words
    shown = await ui.details("customer/BIRCH")
    await ui.sees(shown.get_by_text("1,640.00 EUR by 2026-05-25"))


async def test_every_saved_view_lists_whom_it_says(ui: TemporalUI, stage: Stage) -> None:
    """The server is asked for all of them, and some are opened as links."""
    expected = {
        "waiting": {"customer/ALDER", "customer/SCHROEDINGER"},
        "needs-approval": {"customer/ALDER"},
        "calls-today": {"customer/ALDER"},
        "new-customers": {"customer/SCHROEDINGER"},
        "final-notices": {"customer/ALDER", "customer/BIRCH"},
        "suspended": {"customer/ASPEN"},
        "broken-promises": {"customer/BIRCH"},
        "incidents": set(),
        "stuck": set(),
    }
    assert expected.keys() == VIEWS.keys()
    for name, ids in expected.items():
        found = [each.id async for each in stage.client.list_workflows(VIEWS[name].query)]
        assert set(found) == ids, name
        assert len(found) == len(ids), name
    for name in ("waiting", "broken-promises"):
        assert await ui.listed(VIEWS[name], count=len(expected[name])) == expected[name]


async def test_what_makes_no_sense_is_refused_with_a_sentence(ui: TemporalUI) -> None:
    await ui.refused("customer/HAZEL", "resume", {"by": "maria"}, "Cannot resume: Nothing is paused.")
    await ui.cancel()
    says = "Cannot promise: pay_on: "
    await ui.refused("customer/HAZEL", "promise", {"pay_on": "soon", "by": "maria"}, says)
    await ui.cancel()


async def test_a_promise_and_a_dispute_are_noted(ui: TemporalUI, stage: Stage) -> None:
    """Both examples stand on the customer's page, and are sent as they stand there."""
    shown = await ui.reads("customer/HAZEL", "Overdue: 340.00 EUR since 8 Jun 2026")
    await ui.update("customer/HAZEL", "dispute", await ui.example(shown, "dispute"))
    await stage.settled(["HAZEL"])
    shown = await ui.reads("customer/HAZEL", "Overdue: 240.00 EUR since 8 Jun 2026")
    await ui.sees(shown.get_by_text("Disputed INV-HAZEL: 100.00 EUR (D-7)"))
    await ui.update("customer/HAZEL", "promise", await ui.example(shown, "promise"))
    await stage.settled(["HAZEL"])
    shown = await ui.details("customer/HAZEL")
    pay_on = (stage.now + timedelta(days=14)).date()
    await ui.sees(shown.get_by_text(f"Promised 240.00 EUR by {pay_on}", exact=True))


async def test_a_suspension_is_approved_and_ends_when_the_money_arrives(ui: TemporalUI, stage: Stage) -> None:
    await ui.update("customer/ALDER", "approve", {"step": "suspend", "by": "maria"})
    await stage.settled(["ALDER"])
    await ui.reads("customer/ALDER", "Suspended: 6,400.00 EUR overdue since 21 Apr 2026")
    await ui.reads("suspension/ALDER", "Subscription ALDER is suspended since 10 Jun 2026")
    paid = PaymentReceived(payment="PAY-ALDER", amount="6400.00", currency="EUR")
    await stage.record(("ALDER", "PAY-ALDER", paid))
    await ui.reads("customer/ALDER", "Nothing overdue")
    await ui.reads("suspension/ALDER", "Subscription ALDER is in service")


async def test_a_service_is_given_back_by_hand(ui: TemporalUI, stage: Stage) -> None:
    shown = await ui.reads("customer/ASPEN", "Suspended: 1,150.00 EUR overdue since 19 Apr 2026")
    await ui.update("customer/ASPEN", "reactivate", await ui.example(shown, "reactivate"))
    await stage.settled(["ASPEN"])
    await ui.reads("customer/ASPEN", "Final notice sent: 1,150.00 EUR overdue since 19 Apr 2026")


async def test_a_customer_is_started_by_the_form_with_whatever_id_it_proposes(
    ui: TemporalUI, stage: Stage
) -> None:
    tulip = Person(id="TULIP", name="Tulip Bulbs", stage="current", amount="90.00", due_on=NOW.date())
    stage.add([tulip], now=stage.now)
    await ui.start(CUSTOMER, stage.settings.task_queue, {"customer_id": "TULIP"})
    await ui.reads("customer/TULIP", "Nothing overdue")


async def test_an_incident_is_started_by_the_form_with_whatever_id_it_proposes(
    ui: TemporalUI, stage: Stage
) -> None:
    alert = {**ALERT, "id": "a-pool", "subscriptionId": "BIRCH"}
    [notice] = notices_of(json.dumps([alert]).encode(), "graph")
    incident = stage.note(notice)
    await ui.start(INCIDENT, stage.settings.task_queue, {"incident_id": incident})
    await ui.reads(f"incident/{incident}", "Mining of cryptocurrency: received")


async def test_nothing_that_went_well_is_red(stage: Stage) -> None:
    for status in ("Failed", "Terminated", "Canceled", "TimedOut"):
        assert (await stage.client.count_workflows(f'ExecutionStatus="{status}"')).count == 0, status
