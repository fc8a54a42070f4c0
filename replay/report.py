"""What a replay did: in words, who got what and when, and every promise that was broken."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.figures import Figures
from store.journal import JournalLine

KEPT = (
    "every promise was kept: every invoice accounted for, nobody chased after paying, "
    "nobody suspended without delivered warnings, nothing twice"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """The figures of a replay under one policy.

    Attributes:
        seconds: how long it took.
        rows_with_errors: of the export, not played.
        left_out: customers whom the policy is not for.
        told: the file that says who got what, when and why.
        broken: a sentence for each promise that was not kept.
    """

    policy: str
    seconds: float
    figures: Figures
    rows_with_errors: int
    left_out: int
    told: Path
    broken: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        about = {"policy": self.policy, "seconds": round(self.seconds, 1), "broken": list(self.broken)}
        about |= {"rows_with_errors": self.rows_with_errors, "left_out": self.left_out}
        about["told"] = str(self.told)
        return about | self.figures.json()

    def words(self) -> str:
        """Return the report in words."""
        done = self.figures
        played = f"{done.customers} customers, {done.invoices} invoices, {done.open_invoices} still open"
        back = f"{done.returns} came back, with {done.debts_brought_back} debts overdue in between"
        lines = [
            f"policy {self.policy}: {played}, {self.seconds:.0f} s",
            f"messages: {counts(done.notices)}",
            f"tasks: {counts(done.tasks)}",
            f"held: {counts(done.holds)}",
            f"suspensions: {done.suspensions} of {done.suspended_customers} customers; {back}",
            f"who got what and when, and why: {self.told} (digest {done.timeline})",
        ]
        if self.rows_with_errors:
            lines.append(f"left out: {self.rows_with_errors} rows with errors")
        if self.left_out:
            lines.append(f"left out: {self.left_out} customers whom the policy is not for")
        lines += [f"BROKEN: {sentence}" for sentence in self.broken] or [KEPT]
        return "\n".join(lines)


def counts(counted: dict[str, int]) -> str:
    """Say counts in one line, with their sum: `5 (reminder_first 3, final_notice 2)`."""
    each = ", ".join(f"{name} {count}" for name, count in counted.items())
    return f"{sum(counted.values())} ({each})" if each else "none"


def tell(lines: Iterable[JournalLine], file: Path) -> None:
    """Write what was done and what was held as CSV, one line each, customer by customer."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["at", "customer", "what", "effect", "step", "channel", "invoices", "rule", "why"])
        for line in sorted(lines, key=lambda line: (line.customer_id or "", line.at)):
            if line.what in ("decided", "held"):
                invoices = " ".join(f"{invoice}={amount}" for invoice, amount in line.debts.items())
                writer.writerow(
                    [
                        *(line.at.isoformat(), line.customer_id, line.what, line.effect, line.step),
                        *(line.channel, invoices, line.rule, line.why),
                    ]
                )
