"""Every report of one day, from one reading: what a page for the board shows."""

from collections.abc import Mapping

from domain.reports.sheet import Report
from store.reporting.catalogue import REPORTS, Terms
from store.reporting.reading import Reading


def board(reading: Reading, terms: Terms) -> Mapping[str, Report]:
    """Return every report by its name, in the order in which they are shown."""
    return {
        offered.name: offered.made(reading, terms)
        for offered in REPORTS.values()
        if terms.loss_rates is not None or "rates" not in offered.terms
    }
