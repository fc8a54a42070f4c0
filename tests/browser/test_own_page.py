"""The customer's own page in a real browser: on a telephone, without JavaScript, and by the keyboard."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from composition import page_links, site
from domain.clock import BusinessClock
from domain.documents import read
from domain.policy import Policy
from settings import Settings
from store import clock, facts, heard, policies
from store.database import Ledger
from tests.browser.browsing import accessible, expect, paging
from tests.browser.stage import serving
from tests.kill.staging import free_ports
from tests.store.conftest import POLICY, Business, at

pytestmark = pytest.mark.slow

TOO_SMALL = """
[...document.querySelectorAll("button, summary, input:not([type=hidden]), select, main .button")]
  .filter(each => each.closest("label") === null && each.getBoundingClientRect().height < 44)
  .map(each => each.outerHTML.slice(0, 80))
"""


@dataclass
class Served:
    """A site that listens, and the link of a message to each customer."""

    business: Business
    settings: Settings

    def link(self, name: str) -> str:
        links = page_links(self.settings, self.business.ledger)
        assert links is not None
        return links.url(name, at(4).date())


@pytest.fixture
async def served(ledger: Ledger, tmp_path: Path) -> AsyncIterator[Served]:
    policy = read(POLICY, model=Policy, name="test.yaml")
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=at(4)))
    business = Business(ledger, policy)
    for name, language in (("ACME", "en"), ("BETA", "de"), ("GAMMA", "fr"), ("DELTA", "ko")):
        business.customer(name, language=language)
        business.invoice(name, f"{name}-1", "100.00")
        business.invoice(name, f"{name}-2", "1490.00")
    port = free_ports().grpc
    settings = Settings(public_url=f"http://127.0.0.1:{port}", page_keys="k" * 32, outbox=tmp_path / "outbox")

    async def nobody(name: str) -> None:
        """Wake nobody: no worker runs."""

    app = site(settings, ledger, nobody, nobody, nobody, public_url="")
    async with serving(app, port=port):
        yield Served(business, settings)


async def test_a_customer_with_a_telephone_and_no_script_says_all_that_there_is_to_say(
    served: Served, phone: Any
) -> None:
    """Promise, dispute, ask for a call, change the language and unsubscribe: one link, no login."""
    ledger = served.business.ledger
    await phone.goto(served.link("ACME"))
    await expect(phone.get_by_text("To pay now: 1,590.00 EUR")).to_be_visible()

    await phone.get_by_text("I will pay on another day").click()
    await phone.get_by_label("Day of the payment").fill("2026-03-12")
    await phone.locator("#promise").get_by_label("Amount").fill("100,00")
    await phone.get_by_role("button", name="Tell us this day").click()
    await expect(phone.get_by_role("status")).to_have_text(
        "Thank you. We have noted the day, and do not remind you until then."
    )

    await phone.get_by_text("Something is wrong with an invoice").click()
    await phone.get_by_label("Which invoice").select_option("ACME-2")
    await phone.get_by_label("What is wrong").select_option("The amount is wrong")
    await phone.get_by_label("Amount in question").fill("90")
    await phone.get_by_role("button", name="Contest this invoice").click()
    await expect(phone.get_by_text("90.00 EUR of it is being checked")).to_be_visible()

    await phone.get_by_text("Please call me").click()
    await phone.get_by_label("In the morning").check()
    await phone.get_by_role("button", name="Ask for a call").click()
    await expect(phone.get_by_role("status")).to_have_text("Thank you. One of us will call you.")

    await phone.get_by_text("Language, messages and unsubscribing").click()
    await phone.get_by_label("Language", exact=True).select_option("Deutsch")
    await phone.get_by_label("By text message").uncheck()
    await phone.get_by_role("button", name="Save").click()
    await expect(phone.get_by_role("status")).to_have_text("Gespeichert.")
    await expect(phone.get_by_role("heading", level=1)).to_have_text("Ihr Konto")

    kinds = [fact.body.type for fact in facts.history(ledger, "ACME") if fact.source != "test"]
    assert kinds == ["promise_made", "dispute_opened", "replied", "opted_out"]
    assert [words.says for words in heard.read(ledger, "ACME")] == ["call_me"]


async def test_what_is_wrong_is_said_where_it_is_and_what_was_entered_stays(
    served: Served, phone: Any
) -> None:
    await phone.goto(served.link("ACME"))
    await phone.get_by_text("Something is wrong with an invoice").click()
    await phone.get_by_label("Amount in question").fill("5000")
    await phone.get_by_label("What should we know?").fill("Ten times too much.")
    await phone.get_by_role("button", name="Contest this invoice").click()

    await expect(phone.get_by_role("alert")).to_contain_text("Nothing was changed.")
    amount = phone.get_by_label("Amount in question")
    await expect(amount).to_be_focused()
    await expect(amount).to_have_value("5000")
    await expect(phone.get_by_label("What should we know?")).to_have_value("Ten times too much.")
    assert heard.read(served.business.ledger, "ACME") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_read_it_in_every_language_on_a_small_telephone(
    served: Served, browser: Any, scheme: str
) -> None:
    async with paging(browser, viewport={"width": 320, "height": 640}, color_scheme=scheme) as page:
        for name in ("ACME", "BETA", "GAMMA", "DELTA"):
            await page.goto(served.link(name))
            for part in await page.locator("summary").all():
                await part.click()
            await accessible(page)
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 320, f"{name} is {width} wide: a telephone has to be moved sideways"
            small = await page.evaluate(TOO_SMALL)
            assert small == [], "too small for a thumb"
        await page.goto(served.link("ACME") + "x")
        await accessible(page)


async def test_the_keyboard_alone_is_enough(served: Served, page: Any) -> None:
    await page.goto(served.link("ACME"))
    summary = page.locator("#call summary")
    await summary.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.type("About the contract")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Thank you. One of us will call you.")
    (words,) = heard.read(served.business.ledger, "ACME")
    assert words.text == "Please call me (in the morning). About the contract"
