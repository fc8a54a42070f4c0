"""What an import gives: customers with their facts by day, and every problem by line."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.facts import Body

Severity = Literal["error", "warning"]
Kind = Literal[
    "amount",
    "contact",
    "contradiction",
    "currency",
    "customer",
    "date",
    "dispute",
    "duplicate",
    "file",
    "invoice number",
    "negative amount",
    "row",
]
"""What a problem is about: the many problems of a large file are counted by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What is wrong at a line; a row with an error is not imported, one with a warning is."""

    file: str
    line: int
    column: str | None
    message: str
    kind: Kind
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " + (f"{self.column}: " if self.column else "")
        return f"{place}{'warning: ' if self.severity == 'warning' else ''}{self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBody:
    """A fact that nobody has learned yet; `id` is the same each time the file is read."""

    id: str
    happened_on: date
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCustomer:
    """One customer of a file, with facts by day.

    Attributes:
        line: where the customer first stands in the file.
        where: what contact law asks of where the customer is; the zones of the telephone are not in it.
        name, email, phone, address: personal data; `phone` is in international form.
        lines: where each invoice stands.
    """

    line: int
    customer: Customer
    where: Whereabouts
    name: str | None
    email: str | None
    phone: str | None
    address: str | None
    facts: tuple[DatedBody, ...]
    lines: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """All that a file says: `rows` are data rows, `accepted` those whose facts are here.

    Attributes:
        said: of `mapping.WORDS` and `PLACES` those that the mapping names; the others are our defaults for
            who is new.
    """

    customers: tuple[ImportedCustomer, ...]
    problems: tuple[RowProblem, ...]
    rows: int
    accepted: int
    said: frozenset[str] = frozenset()

    @property
    def errors(self) -> tuple[RowProblem, ...]:
        """The problems that kept a row, or the whole file, out."""
        return tuple(problem for problem in self.problems if problem.severity == "error")
