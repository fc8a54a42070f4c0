"""The demo's new customers: they apply, read the code in their SMS and type it in; finance decides.

This happens on a clock that runs at real speed, since a code lives ten minutes, which at a day a
second are over in seven thousandths of one.
"""

import asyncio
from datetime import UTC, datetime

from activities.customers import Wake
from activities.onboarding import PhoneVerifier
from demo.sample import SampleCustomer
from demo.waiting import until
from domain import facts
from domain.notice import Accepted, OneTimeCode
from store import assess, clock, commands, onboarding, tasks
from store.database import Ledger


class ReadByApplicants:
    """A verifier that remembers the codes which it brings, for the applicants to read."""

    def __init__(self, verifier: PhoneVerifier) -> None:
        self.verifier = verifier
        self.name = verifier.name
        self.checks = verifier.checks
        self.codes: dict[str, str] = {}

    def send(self, code: OneTimeCode, *, to: str, at: datetime) -> Accepted:
        """Bring the code, and remember it."""
        accepted = self.verifier.send(code, to=to, at=at)
        self.codes[code.customer] = code.code
        return accepted

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        """Ask whether it went out."""
        return self.verifier.find(reference, to=to, since=since)


class Applicants:
    """Applies for the new customers of the sample, and brings their verification to its end."""

    def __init__(self, ledger: Ledger, read: ReadByApplicants, wake: Wake) -> None:
        self.ledger = ledger
        self.read = read
        self.wake = wake

    async def apply(self, each: SampleCustomer) -> None:
        """Bring about what the sample says of one verification."""
        application = each.application
        assert application is not None
        customer_id = each.customer.id
        await asyncio.to_thread(onboarding.apply, self.ledger, application, now=self._now())
        await self.wake(customer_id)
        for fact in each.facts:
            match fact.body:
                case facts.CodeAnswered():
                    await until(lambda: customer_id in self.read.codes)
                    await self._ask(customer_id, "enter_code", {"code": self.read.codes[customer_id]})
                case facts.OnboardingReviewed() as body:
                    await until(lambda: self._has_task(customer_id))
                    await self._ask(customer_id, "review_onboarding", facts.write_body(body))
        await until(lambda: self._outcome(customer_id) != "pending")

    async def _ask(self, customer_id: str, name: str, data: dict[str, str]) -> None:
        said = {key: value for key, value in data.items() if key != "type"}
        done = await asyncio.to_thread(
            commands.perform, self.ledger, customer_id, name, said, now=self._now()
        )
        if done.wake:
            await self.wake(customer_id)

    def _has_task(self, customer_id: str) -> bool:
        waiting = tasks.worklist(self.ledger)
        return any(task.customer_id == customer_id for task in waiting)

    def _outcome(self, customer_id: str) -> str | None:
        return assess.look(self.ledger, customer_id).account.onboarding

    def _now(self) -> datetime:
        return clock.read(self.ledger).business(datetime.now(UTC))
