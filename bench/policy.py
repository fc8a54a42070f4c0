"""What the pure rules cost: decisions a second by open debts, and a backtest by the number of invoices.

Each figure stands beside one of the same run, so that a slow machine changes both: a decision about many
debts as a ratio to one about a single debt, an invoice of a large backtest as a ratio to one of the
smallest. 1.0 for the second means that the cost grows in step with the invoices.

    python -m bench.policy [--export FILE --map MAPPING] [--sizes 10000 30000 100000] [--jobs 2]

The export may also stand in BENCH_EXPORT and BENCH_MAP; without one it is that of samples/. Each
backtest runs in a process of its own, whose peak of memory is measured, and ends after --limit seconds.
Costs are of processor time, which other work on the machine hardly changes.
"""

import argparse
import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from domain.account import Account
from domain.account_fold import build
from domain.backtest import Past, as_it_happened, last_day
from domain.calendar import use_pinned_zones
from domain.customer import Customer
from domain.decide import decide
from domain.documents import read
from domain.facts import Fact, InvoiceIssued, PaymentReceived
from domain.plan import plan
from domain.policy import Policy
from importing import read_mapping, read_receivables
from replay.backtest import pasts_of, play
from settings import ROOT

SIZES = (10_000, 30_000, 100_000)
INVOICES_A_CUSTOMER = 12
FIRST_DAY = date(2025, 1, 6)
DEBTS = (1, 10, 100)
SECONDS_A_MEASUREMENT = 1.5
BANK = time(10, tzinfo=UTC)
WHOSE = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def business() -> Policy:
    """Return the policy of the benchmark."""
    text = (ROOT / "policies" / "business.yaml").read_text(encoding="utf-8")
    return read(text, model=Policy, name="business.yaml")


# --- decisions


def indebted(debts: int) -> tuple[Account, datetime]:
    """Return a customer with so many open invoices, the newest of them 12 days late, and the moment."""
    due_on = date(2025, 6, 2)
    history = [
        Fact(
            source="bench",
            id=f"I{number}",
            happened_on=due_on - timedelta(days=30),
            happened_at=None,
            learned_at=datetime.combine(due_on - timedelta(days=30), BANK),
            body=InvoiceIssued(
                invoice=f"I{number}",
                amount=Decimal(100),
                currency="EUR",
                due_on=due_on - timedelta(days=number % 9),
            ),
        )
        for number in range(debts)
    ]
    customer = Customer(id="c-1", timezone="Europe/Berlin", country="DE", currency="EUR")
    return build(customer, history), datetime(2025, 6, 14, 10, tzinfo=UTC)


def rate(work: Any, policy: Policy, account: Account, now: datetime) -> float:
    """Return how often a second, of processor time, something is decided."""
    work(policy, account, now)  # what is loaded once is not measured
    began, done = process_time(), 0
    while (took := process_time() - began) < SECONDS_A_MEASUREMENT:
        work(policy, account, now)
        done += 1
    return done / took


def decisions() -> None:
    """Print decisions a second by the number of open debts."""
    policy = business()
    for name, work in (("decide", decide), ("plan", plan)):
        base = 0.0
        for debts in DEBTS:
            account, now = indebted(debts)
            # Each is a new account, as after a fact: what an account remembers of itself is not kept.
            found = rate(lambda p, a, n, work=work: work(p, _fresh(a), n), policy, account, now)
            base = base or found
            ratio = f"{base / found:.2f} times the cost of one debt"
            print(f"{name}, {debts} open debts: {found:,.0f} a second, {ratio}")


def _fresh(account: Account) -> Account:
    return account.with_claims(())


# --- backtests


def synthetic(invoices: int) -> Iterator[Past]:
    """Yield customers with an invoice a month over a year, of which every third is paid late or never.

    Who pays when follows from the numbers alone, so that each run is the same.
    """
    customers = invoices // INVOICES_A_CUSTOMER
    for number in range(customers):
        customer = Customer(id=f"c-{number}", timezone="Europe/Berlin", country="DE", currency="EUR")
        history = [
            fact
            for month in range(INVOICES_A_CUSTOMER)
            for fact in _invoice(
                number, month, late_days=(-3, 0, 2, -8, 14, -1, 25, 0, -5, 60)[(number + month) % 10]
            )
        ]
        yield as_it_happened(customer, history, channels=("email", "sms"))


def _invoice(number: int, month: int, *, late_days: int) -> Iterator[Fact]:
    name = f"I{number}-{month}"
    issued_on = FIRST_DAY + timedelta(days=30 * month + number % 28)
    due_on = issued_on + timedelta(days=30)
    amount = Decimal(20 + (number * 7 + month * 13) % 900)
    yield _fact(name, issued_on, InvoiceIssued(invoice=name, amount=amount, currency="EUR", due_on=due_on))
    paid = PaymentReceived(payment=f"P-{name}", amount=amount, currency="EUR", invoice=name)
    yield _fact(f"P-{name}", due_on + timedelta(days=late_days), paid)


def _fact(name: str, on: date, body: InvoiceIssued | PaymentReceived) -> Fact:
    return Fact(
        source="bench",
        id=name,
        happened_on=on,
        happened_at=None,
        learned_at=datetime.combine(on, BANK),
        body=body,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One backtest: what it played, and what that took."""

    invoices: int
    customers: int
    seconds: float
    busy_seconds: float
    megabytes: float

    @property
    def cost(self) -> float:
        """Seconds of processor time an invoice."""
        return self.busy_seconds / max(self.invoices, 1)


def measure(pasts: Any, count: int, until: date, jobs: int) -> Measured:
    """Play customers, and return time and the peak of memory of this process and its largest child."""
    began, busy = perf_counter(), _busy()
    tried = play([business()], pasts, until=until, days=5, jobs=jobs, progress=lambda done: None)
    seconds = perf_counter() - began
    peaks = [resource.getrusage(who).ru_maxrss for who in WHOSE]
    return Measured(
        invoices=tried.tallies[0].invoices,
        customers=count,
        seconds=seconds,
        busy_seconds=_busy() - busy,
        megabytes=sum(peaks) / 1024,
    )


def _busy() -> float:
    """Seconds of processor time of this process, and of those that it has waited for."""
    used = [resource.getrusage(who) for who in WHOSE]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _export(file: str, mapping: str, jobs: int) -> Measured:
    use_pinned_zones()
    pasts = pasts_of(read_receivables(Path(file), Path(mapping)), read_mapping(Path(mapping)))
    return measure(pasts, len(pasts), last_day(pasts) or FIRST_DAY, jobs)


def _synthetic(invoices: int, jobs: int) -> Measured:
    use_pinned_zones()
    until = FIRST_DAY + timedelta(days=30 * (INVOICES_A_CUSTOMER + 4))
    return measure(synthetic(invoices), invoices // INVOICES_A_CUSTOMER, until, jobs)


def alone(limit: float, work: Any, *arguments: object) -> Measured | None:
    """Measure in a process of its own; None where it is not done within the limit, and then it ends."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, work, arguments))
    process.start()
    try:
        return here.recv() if here.poll(limit) else None
    finally:
        process.kill()
        process.join()


def _answer(there: Any, work: Any, arguments: tuple[object, ...]) -> None:
    there.send(work(*arguments))


def tell(name: str, found: Measured | None, limit: float, base: Measured | None = None) -> None:
    """Print one backtest."""
    if found is None:
        print(f"{name}: not done after {limit:.0f} s")
        return
    ratio = f", {found.cost / base.cost:.2f} times the cost of one of the smallest" if base else ""
    print(
        f"{name}: {found.invoices:,} invoices of {found.customers:,} customers in {found.seconds:.1f} s"
        f" ({found.busy_seconds:.1f} s busy), {found.cost * 1e3:.2f} ms an invoice{ratio},"
        f" {found.megabytes:.0f} MB at most"
    )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--export", default=os.environ.get("BENCH_EXPORT"))
    options.add_argument("--map", default=os.environ.get("BENCH_MAP"))
    options.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--limit", type=float, default=900, help="seconds that one backtest may take")
    return options.parse_args()


def main() -> None:
    """Measure and print."""
    asked = arguments()
    decisions()
    export = asked.export or str(ROOT / "samples" / "receivables.csv")
    mapping = asked.map or str(ROOT / "samples" / "receivables.mapping.yaml")
    if Path(export).is_file() and Path(mapping).is_file():
        tell(
            f"backtest of {Path(export).name}",
            alone(asked.limit, _export, export, mapping, asked.jobs),
            asked.limit,
        )
    else:
        print(f"backtest of {Path(export).name}: left out, there is no such file or mapping here")
    base = None
    for size in asked.sizes:
        found = alone(asked.limit, _synthetic, size, asked.jobs)
        tell("backtest of a made-up year", found, asked.limit, base)
        base = base or found


if __name__ == "__main__":
    use_pinned_zones()
    main()
