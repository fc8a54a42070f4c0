"""The recovery report as a table, beside the other reports of a page."""

from decimal import Decimal

from domain.recovery import Recovery
from domain.reports.sheet import Sheet, column


def recovery_sheet(found: Recovery) -> Sheet:
    """Return cohorts by month, group and currency."""
    return Sheet(
        title="Recovery of what became overdue",
        columns=(
            column("currency", "", words=True),
            column("cohort", "overdue in", words=True),
            column("group", words=True),
            column("overdue"),
            column("debts"),
            column("recovered"),
            column("recovered_debts", "debts"),
            column("settled_otherwise"),
            column("ratio_percent", "recovered %"),
            column("closed_on", "closes on"),
            column("closed", words=True),
        ),
        rows=tuple(
            (
                each.overdue.currency,
                f"{each.month:%Y-%m}",
                each.group or "all",
                each.overdue,
                each.debts,
                each.came_in,
                each.recovered_debts,
                each.settled_otherwise,
                None if each.ratio is None else Decimal(each.ratio),
                each.closed_on,
                "yes" if each.closed else "no",
            )
            for each in found.cohorts
        ),
        notes=(
            f"Recovered: money that came in within {found.within_days} days after the due date.",
            "A month is closed once its last debt has had its days, and is not to be compared before.",
        ),
        empty="No debt became overdue in this time.",
    )
