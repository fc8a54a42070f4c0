"""Measures how many new customers a second are verified, and what one costs in history.

Everything is real, as in bench/cycles.py: a Temporal dev server, the workers of `worker.py` in this process,
an SQLite ledger and the outbox. A customer applies, the checks are made, the code that went out is entered at
once, and the decision table decides: it is over when the verification's workflow is. Bare workflows run
before each round, since rates on a shared machine swing: the ratio holds.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

from temporalio.client import Client  # noqa: E402

from activities.onboarding import PhoneVerifier  # noqa: E402
from bench._bare import Bare  # noqa: E402
from bench._driver import drive  # noqa: E402
from bench.cycles import BARE_QUEUE, PATIENCE_SECONDS, POLICY, bare_worker  # noqa: E402
from composition import connect, parts, waker, workers  # noqa: E402
from domain.documents import read  # noqa: E402
from domain.notice import Accepted, OneTimeCode  # noqa: E402
from domain.onboarding import Application  # noqa: E402
from domain.onboarding.rules import OnboardingRules  # noqa: E402
from domain.policy import Policy  # noqa: E402
from ending import leave  # noqa: E402
from replay.cost import Cost, cost_of_verification  # noqa: E402
from settings import Settings  # noqa: E402
from store import commands, onboarding, policies  # noqa: E402
from store.database import Ledger, migrate  # noqa: E402
from store.errors import Refused  # noqa: E402

Job = Callable[[str], Awaitable[object]]


class ReadAtOnce:
    """A verifier that tells whoever waits for it which code went out."""

    def __init__(self, verifier: PhoneVerifier) -> None:
        self.verifier = verifier
        self.name = verifier.name
        self.checks = verifier.checks
        self._loop = asyncio.get_running_loop()
        self._codes: dict[str, asyncio.Future[str]] = {}

    def code(self, customer_id: str) -> "asyncio.Future[str]":
        """Return what will be the code; ask before the customer applies."""
        return self._codes.setdefault(customer_id, self._loop.create_future())

    def send(self, code: OneTimeCode, *, to: str, at: datetime) -> Accepted:
        """Bring the code, and tell of it a moment later: it is confirmed after this."""
        accepted = self.verifier.send(code, to=to, at=at)
        self._loop.call_soon_threadsafe(self._codes[code.customer].set_result, code.code)
        return accepted

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        """Ask whether it went out."""
        return self.verifier.find(reference, to=to, since=since)


class Bench:
    """One run, while server and workers are there."""

    def __init__(self, client: Client, queue: str, ledger: Ledger, codes: ReadAtOnce) -> None:
        self.client = client
        self.ledger = ledger
        self.codes = codes
        self.wake = waker(client, queue)
        self.rates: list[float] = []
        self.bare: list[float] = []
        self.cost = Cost()

    async def run(self, *, count: int, in_flight: int, rounds: int) -> None:
        """Measure all rounds; a small one is thrown away before."""
        for number in range(rounds + 1):
            many = count if number else in_flight
            bare = await self._complete(self._bare, [f"bare/{number}/{i}" for i in range(many)], in_flight)
            ids = [f"N{number}-{i}" for i in range(many)]
            rate = await self._complete(self._verify, ids, in_flight)
            if number:
                self.rates.append(rate)
                self.bare.append(bare)
                print(f"round {number} of {rounds} is done", file=sys.stderr, flush=True)
        self.cost = await cost_of_verification(self.client, ids[-1])

    async def _complete(self, job: Job, ids: Sequence[str], in_flight: int) -> float:
        """Do a job for everyone, so many in flight; return how many a second."""
        waiting, began = iter(ids), perf_counter()

        async def one_after_the_other() -> None:
            for each in waiting:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await job(each)

        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(one_after_the_other())
        return len(ids) / (perf_counter() - began)

    async def _bare(self, workflow_id: str) -> None:
        await self.client.execute_workflow(Bare.run, workflow_id, id=workflow_id, task_queue=BARE_QUEUE)

    async def _verify(self, customer_id: str) -> None:
        code = self.codes.code(customer_id)
        await asyncio.to_thread(self._apply, customer_id)
        await self.wake(customer_id)
        entered = await code
        await self._enter(customer_id, entered)
        await self.wake(customer_id)
        says = await self.client.get_workflow_handle(f"onboarding/{customer_id}").result()
        assert says == "The verification is over: approved.", says

    def _apply(self, customer_id: str) -> None:
        number = sum(ord(char) * 31**place for place, char in enumerate(customer_id)) % 10_000_000
        application = Application(
            customer_id=customer_id,
            name=f"Customer {customer_id}",
            email=f"ap@{customer_id.lower()}.example",
            phone=f"+49151{number:08d}",
            address="1 Example Street, 20457 Hamburg",
            vat_id="DE136695976",
            country="DE",
        )
        onboarding.apply(self.ledger, application, now=datetime.now(UTC))

    async def _enter(self, customer_id: str, code: str) -> None:
        while True:
            try:
                await asyncio.to_thread(
                    commands.perform,
                    self.ledger,
                    customer_id,
                    "enter_code",
                    {"code": code},
                    now=datetime.now(UTC),
                )
            except Refused:  # it went out, and is not confirmed yet
                await asyncio.sleep(0.005)
            else:
                return


TABLE = """
rules: bench
title: The checks that everybody has, without the limit on how many apply at once
checks:
  - check: identifiers
  - check: mail_domain
  - check: velocity
  - check: links
  - check: region
  - check: sanctions
  - check: phone_line
  - check: phone
rows:
  - {id: failed, when: {any: [fail]}, review: {}}
  - {id: for_review, when: {any: [review]}, review: {}}
  - {id: passed, approve: {}}
velocity: [{per: network, within_hours: 1, most: 5}]
"""


def report(bench: Bench) -> str:
    """Return the lines: rates a second, the ratio to the bare workflows of the same minute, and the cost."""
    ratios = [rate / bare for rate, bare in zip(bench.rates, bench.bare, strict=True)]
    cost = bench.cost
    return "\n".join(
        (
            f"bare workflow: one activity, done          {_spread(bench.bare, 1)} a second",
            f"new customer: applied, checked, approved   {_spread(bench.rates, 1)} a second",
            f"ratio to bare                              {_spread(ratios, 3)}",
            f"one verification: {cost.events} events, {cost.actions} actions, {cost.bytes} bytes of history",
        )
    )


def _spread(values: Sequence[float], places: int) -> str:
    return "median {:.{p}f}, {:.{p}f} to {:.{p}f}".format(median(values), min(values), max(values), p=places)


async def measure(settings: Settings, *, count: int, in_flight: int, rounds: int) -> str:
    """Run workers over a new ledger, and return the lines."""
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url, durable=False)
    now = datetime.now(UTC)
    policy = read(POLICY.read_text(encoding="utf-8"), model=Policy, name=POLICY.name)
    policies.adopt(ledger, policy, now=now, by="bench")
    onboarding.adopt(ledger, read(TABLE, model=OnboardingRules, name="bench.yaml"), now=now, by="bench")
    client = await connect(settings)
    made = parts(settings, ledger)
    codes = ReadAtOnce(made.verifier)
    bench = Bench(client, settings.task_queue, ledger, codes)
    async with AsyncExitStack() as running:
        ours = workers(client, settings.task_queue, replace(made, verifier=codes))
        for worker in [*ours, bare_worker(client)]:
            await running.enter_async_context(worker)
        await bench.run(count=count, in_flight=in_flight, rounds=rounds)
    ledger.close()
    return report(bench)


def main() -> int:
    """Run as the command line says; return the exit status."""
    return drive(measure, doc=__doc__, per="new customers in each round", count=60, in_flight=15)


if __name__ == "__main__":
    leave(main())
