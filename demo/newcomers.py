"""The demo's new customers who do not get in by themselves: one waits for a person, one is turned away.

Both fail a check that costs nothing, so that no code is paid for; why, says `starter.py onboarding explain`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from activities.customers import Wake
from demo.waiting import until
from domain.money import Money
from domain.onboarding import Application
from domain.onboarding.application import Particulars
from domain.onboarding.card import Card
from store import onboarding
from store.database import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody who applies, with what came along, and the move that the verification comes to."""

    application: Application
    more: Particulars
    comes_to: str


NEWCOMERS = (
    Newcomer(
        application=Application(
            customer_id="SCHROEDINGER",
            name="Schroedinger Box Rental GmbH",
            email="cat@schroedinger-boxes.example",
            phone="+49 176 04069018",
            address="Katzenweg 1, 37073 Göttingen",
            vat_id="DE136695978",  # its check digit is wrong, so a person looks
            country="DE",
            timezone="Europe/Berlin",
            currency="EUR",
        ),
        more=Particulars(
            card=Card(
                funding="credit",
                country="DE",
                cvc="pass",
                address="pass",
                authentication="authenticated",
                risk="normal",
                reference="ch_demo_1",
                fingerprint="fp-demo-1",
            ),
            expects=Money.of("900.00", "EUR"),
            accepts="business",
            network="192.0.2.17",
        ),
        comes_to="review",
    ),
    Newcomer(
        application=Application(
            customer_id="PHLOGISTON",
            name="Phlogiston Heating Supplies Ltd",
            email="vapour@mailinator.com",
            phone="+44 7700 900461",
            address="9 Vacant Lot, London",
            vat_id="GB123456789",
            country="GB",
            timezone="Europe/London",
            currency="GBP",
        ),
        more=Particulars(expects=Money.of("4000.00", "GBP"), network="198.51.100.7"),
        comes_to="rejected",
    ),
)


WAITING = tuple(each.application.customer_id for each in NEWCOMERS if each.comes_to == "review")
"""Those who wait for a person when all have applied."""


async def bring(ledger: Ledger, wake: Wake, now: Callable[[], datetime]) -> None:
    """Let all of them apply, until each waits for a person or is turned away."""
    await asyncio.gather(*(_apply(each, ledger, wake, now) for each in NEWCOMERS))


async def _apply(each: Newcomer, ledger: Ledger, wake: Wake, now: Callable[[], datetime]) -> None:
    customer_id = each.application.customer_id
    await asyncio.to_thread(onboarding.apply, ledger, each.application, now=now(), more=each.more)
    await wake(customer_id)
    await until(lambda: _stands(ledger, customer_id, now()) == each.comes_to)


def _stands(ledger: Ledger, customer_id: str, now: datetime) -> str | None:
    standing = onboarding.standing(ledger, customer_id, now=now)
    return standing.onboarding if standing.move is None else standing.move.kind
