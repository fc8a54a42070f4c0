"""What is open, in the order in which money asks for it: by number, by customer, by amount."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from domain.cash.references import digits, plain
from domain.money import Money

K = TypeVar("K")
V = TypeVar("V")
# Words that say what kind of company it is: payers and banks leave them out, or shorten them.
_FORMS = frozenset(
    "AB AG APS AS BV BVBA CO CORP EK EURL EV GBR GMBH INC KG KGAA LIMITED LLC LLP LTD NV OG OHG OY OYJ PLC"
    " PTY SA SARL SAS SE SL SNC SP SPA SPZOO SRL SRO UG UND AND THE".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An invoice or a fee, and what is open on it: nothing where it is settled."""

    customer: str
    invoice: str
    open: Money


@dataclass(frozen=True, kw_only=True)
class Receivables:
    """The invoices that money may be for, and by what their customers are known.

    Attributes:
        accounts: the customers whose payments came from an account, by what the account is known by.
        names: the customers by `name_key`.
    """

    items: Mapping[str, Sequence[Open]]
    accounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def by_plain(self) -> Mapping[str, Sequence[Open]]:
        """Every invoice by its number without signs and blanks."""
        return _grouped((plain(item.invoice), item) for item in self._all)

    @cached_property
    def by_digits(self) -> Mapping[str, Sequence[Open]]:
        """Every invoice by the digits of its number."""
        return _grouped((digits(item.invoice), item) for item in self._all)

    @cached_property
    def by_amount(self) -> Mapping[Money, Sequence[Open]]:
        """Every invoice on which something is open, by how much."""
        return _grouped((item.open, item) for item in self._all if item.open.minor > 0)

    @cached_property
    def by_customer_id(self) -> Mapping[str, Sequence[str]]:
        """Every customer by the plain form of the id."""
        return _grouped((plain(customer), customer) for customer in self.items)

    @cached_property
    def _all(self) -> tuple[Open, ...]:
        return tuple(item for items in self.items.values() for item in items)

    def owed_by(self, customer: str, currency: str) -> list[Open]:
        """Return what is open of a customer in a currency."""
        owing = self.items.get(customer, ())
        return [item for item in owing if item.open.currency == currency and item.open.minor > 0]


def name_key(name: str | None) -> str:
    """Return a name as two people write it alike: without accents, signs, case and legal form; or nothing."""
    spelled = (name or "").upper().replace("Ä", "AE").replace("Ö", "OE").replace("Ü", "UE").replace("ß", "SS")
    bare = "".join(each for each in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(each))
    words = [word for word in re.findall(r"[^\W_]+", bare) if word not in _FORMS]
    return " ".join(words) if sum(map(len, words)) >= 4 else ""


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
