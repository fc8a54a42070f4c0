"""Where a customer may be: what the ledger keeps of it for contact law, beside the customer's own words.

Of a telephone number only its area is kept here: zones and calling code. The number stays with the
contact data, which can be destroyed.
"""

from dataclasses import replace

from sqlalchemy import func
from sqlmodel import col, select

from domain.contact_law.whereabouts import ANYWHERE, Whereabouts, located
from store.database import Ledger
from store.tables import CustomerRow


def read(row: CustomerRow, phone: str | None) -> Whereabouts:
    """Return where a customer may be; `phone` is asked only where its area was never written down."""
    where = Whereabouts(region=row.region, places=tuple(row.places))
    if row.zones is None:
        return located(where, phone)
    return replace(where, zones=tuple(row.zones), calling_code=row.calling_code)


def counted(ledger: Ledger) -> dict[tuple[str | None, str | None], int]:
    """Return how many customers there are by country and region."""
    places = select(CustomerRow.country, CustomerRow.region, func.count())
    grouped = places.group_by(col(CustomerRow.country), col(CustomerRow.region))
    with ledger.read() as session:
        return {(country, region): count for country, region, count in session.exec(grouped)}


def note(row: CustomerRow, where: Whereabouts) -> None:
    """Write down region and cities."""
    row.region, row.places = where.region, list(where.places)


def note_phone(row: CustomerRow, phone: str | None) -> None:
    """Write down the area of a telephone number, or that there is none."""
    area = located(ANYWHERE, phone)
    row.zones, row.calling_code = list(area.zones), area.calling_code
