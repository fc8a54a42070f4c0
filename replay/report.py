"""What a replay did, in words, and every promise that was broken."""

from dataclasses import dataclass
from typing import Any

from store.figures import Figures

KEPT = (
    "every promise was kept: every invoice accounted for, nobody chased after paying, "
    "nobody suspended without delivered warnings, nothing twice"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """The figures of a replay under one policy."""

    policy: str
    seconds: float
    figures: Figures
    broken: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        about = {"policy": self.policy, "seconds": round(self.seconds, 1), "broken": list(self.broken)}
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
            f"timeline: {done.timeline}",
        ]
        lines += [f"BROKEN: {sentence}" for sentence in self.broken] or [KEPT]
        return "\n".join(lines)


def counts(counted: dict[str, int]) -> str:
    """Say counts in one line, with their sum: `5 (reminder_first 3, final_notice 2)`."""
    each = ", ".join(f"{name} {count}" for name, count in counted.items())
    return f"{sum(counted.values())} ({each})" if each else "none"
