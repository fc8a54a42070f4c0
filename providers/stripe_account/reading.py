"""How the objects of Stripe are read: who may be added, whose days count, and whether Stripe can be asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from domain.facts.fields import Invoice
from providers.stripe_account.amounts import from_stripe
from providers.stripe_account.instruments import Object, name_of

SOURCE = "stripe"
CUSTOMER = "customer"
"""Who tried a card that is not left with us: what customers try themselves does not count on the ladder."""

_INVOICE: TypeAdapter[str] = TypeAdapter(Invoice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How objects are read.

    Attributes:
        zone: the seller's, in which a due date is the day that Stripe shows him.
        adds: whether customers of Stripe whom nobody knows become ours.
        asks: whether Stripe can be asked afterwards about what an event does not say.
    """

    zone: str = "UTC"
    adds: bool = True
    asks: bool = True

    def day(self, seconds: Any) -> date:
        """Return the day of an instant, for the seller."""
        return instant(seconds).astimezone(ZoneInfo(self.zone)).date()


def instant(seconds: Any) -> datetime:
    """Return an instant that Stripe writes as seconds since 1970.

    Raises:
        ValueError: it is none.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds < 1 << 33:
        raise ValueError("no instant")
    return datetime.fromtimestamp(seconds, UTC)


def moment(about: Object, name: str) -> datetime | None:
    """Return when an object reached a state, as its `status_transitions` say; None where it did not."""
    seconds = (about.get("status_transitions") or {}).get(name)
    return None if seconds is None else instant(seconds)


def amount(about: Object, minor: Any) -> Decimal:
    """Return an amount of an object in major units of its currency.

    Raises:
        ValueError: it is none, or the currency is not known.
    """
    if isinstance(minor, bool) or not isinstance(minor, int):
        raise ValueError("no amount")
    return from_stripe(minor, str(about["currency"])).amount


def currency(about: Object) -> str:
    """Return the currency of an object, as facts write it."""
    return str(about["currency"]).upper()


def minor(about: Object, name: str) -> int:
    """Return a number of minor units; nothing where an older version of the API has no such field."""
    value = about.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def words(about: Object, name: str) -> str | None:
    """Return a field as text; None where there is none."""
    value = about.get(name)
    return value if isinstance(value, str) and value else None


def metadata(about: Object, name: str) -> str | None:
    """Return what the seller has written on an object."""
    said = about.get("metadata")
    return words(said, name) if isinstance(said, Mapping) else None


def invoice_name(about: Object) -> str:
    """Return what an invoice is called in facts: its number, which is printed on it and named by who pays.

    One whose number cannot be a name here is called by its id.
    """
    try:
        return _INVOICE.validate_python(about.get("number"))
    except ValidationError:
        return str(about["id"])


def money_behind(about: Object) -> tuple[str, ...]:
    """Return the names of the money that an object is about, the surest first."""
    names = (name_of(about.get("payment_intent")), name_of(about.get("charge")))
    return tuple(name for name in names if name)


def listed(value: Any) -> Iterator[Object]:
    """Yield what a list of Stripe holds; nothing where it is not expanded."""
    data = value.get("data") if isinstance(value, Mapping) else value
    if isinstance(data, list):
        yield from (each for each in data if isinstance(each, Mapping))
