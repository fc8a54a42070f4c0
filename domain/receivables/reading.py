"""Receivables from any CSV: a mapping document says what its columns mean, rows become facts.

One row is one invoice. Fact ids come from the invoice number alone, so reading a file again gives
the same facts. Messages name lines, columns, numbers and dates, never a customer's name or address.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date

from domain.contact_law.whereabouts import ANYWHERE
from domain.facts import InvoiceIssued
from domain.receivables.cells import Cells
from domain.receivables.imported import Import, ImportedCustomer, Kind, RowProblem, Severity
from domain.receivables.mapping import PLACES, WORDS, Mapping
from domain.receivables.records import Record, records_of
from domain.receivables.rows import Row, contact_of, customer_of, facts_of, invoice_of, where_of
from domain.spelling import closest


def read_rows(lines: Iterable[str], mapping: Mapping, *, file: str, today: date | None = None) -> Import:
    """Return the customers and facts of a CSV whose first line is its header.

    `lines` are physical lines, ends kept, as an open text file gives them; `file` is for messages.
    Money that arrives after `today` is odd, and warned of.
    Nothing is raised for bad content: every problem is in the result, by line.
    """
    reading = _Reading(mapping=mapping, file=file, today=today)
    records = records_of(lines, mapping.delimiter)
    header = next(records, None)
    if header is None:
        reading.problem(1, None, "the file is empty: export it again, with its header line", kind="file")
    elif reading.header(header):
        for record in records:
            reading.row(record)
        if not reading.rows:
            message = "there is a header and no row"
            reading.problem(header.line, None, message, kind="file", severity="warning")
    return reading.result()


@dataclass(slots=True, kw_only=True)
class _Reading:
    """The state of one import: the rows by invoice number, and every problem."""

    mapping: Mapping
    file: str
    today: date | None
    problems: list[RowProblem] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: int = 0
    by_invoice: dict[str, Row] = field(default_factory=dict)
    conflicting: set[str] = field(default_factory=set)

    def problem(
        self, line: int, column: str | None, message: str, *, kind: Kind, severity: Severity = "error"
    ) -> None:
        self.problems.append(
            RowProblem(
                file=self.file, line=line, column=column, message=message, kind=kind, severity=severity
            )
        )

    def header(self, record: Record) -> bool:
        """Take the header; False when rows cannot be read under it."""
        self.names = record.fields
        wanted = self.mapping.columns()
        missing = [column for column in wanted if column not in record.fields]
        if record.broken:
            self.problem(record.line, None, record.broken, kind="file")
        elif len(missing) == len(wanted):
            self.problem(record.line, None, self._no_header(record.fields), kind="file")
        else:
            for column in missing:
                guess = closest(column, [name for name in record.fields if name])
                hint = f" (did you mean {guess}?)" if guess else f"; it has {', '.join(record.fields)}"
                message = f"the mapping reads this column for {wanted[column]}, and the header lacks it{hint}"
                self.problem(record.line, column, message, kind="file")
            for column in wanted:
                if record.fields.count(column) > 1:
                    message = "two columns have this name: rename one of them"
                    self.problem(record.line, column, message, kind="file")
        return not self.problems

    def _no_header(self, fields: list[str]) -> str:
        used = self.mapping.delimiter
        other = next(
            (mark for mark in ";,\t|" if mark != used and len(fields) == 1 and mark in fields[0]), None
        )
        if other is not None:
            return f"the columns are separated by {other!r}, not by {used!r}: set delimiter in the mapping"
        return "this is no header: none of the mapping's columns is named here; add the line with their names"

    def row(self, record: Record) -> None:
        """Read one row, and keep it if nothing is wrong with it."""
        self.rows += 1
        if record.broken:
            self.problem(record.line, None, record.broken, kind="row")
            return
        if len(record.fields) != len(self.names):
            counts = f"{len(record.fields)} fields where the header has {len(self.names)}"
            message = f"{counts}: put a field that holds the delimiter in quotes"
            self.problem(record.line, None, message, kind="row")
            return
        named = dict(zip(self.names, record.fields, strict=True))
        cells = Cells(mapping=self.mapping, cells=named, today=self.today)
        customer = customer_of(cells)
        where = where_of(cells, country=customer.country) if customer else ANYWHERE
        contact = contact_of(cells, country=customer.country) if customer else None
        facts = facts_of(cells, country=customer.country if customer else None)
        for fault in cells.faults:
            self.problem(record.line, fault.column, fault.message, kind=fault.kind, severity=fault.severity)
        if customer is not None and contact is not None and facts and not cells.errors():
            row = Row(
                line=record.line,
                fields=record.fields,
                customer=customer,
                where=where,
                contact=contact,
                facts=facts,
            )
            self._keep(row)

    def _keep(self, row: Row) -> None:
        number = invoice_of(row)
        first = self.by_invoice.setdefault(number, row)
        column = self.mapping.invoice.number.column
        if first is row:
            return
        if first.fields == row.fields:
            message = f"the same row as line {first.line}: read once"
            self.problem(row.line, column, message, kind="duplicate", severity="warning")
            return
        if number not in self.conflicting:
            message = f"line {row.line} says something else about invoice {number}: keep one of them"
            self.problem(first.line, column, message, kind="contradiction")
        self.conflicting.add(number)
        message = f"line {first.line} says something else about invoice {number}: keep one of them"
        self.problem(row.line, column, message, kind="contradiction")

    def result(self) -> Import:
        """Return what was read: customers as they first appear, problems by line."""
        rows = [row for number, row in self.by_invoice.items() if number not in self.conflicting]
        by_customer: dict[str, list[Row]] = {}
        for row in rows:
            by_customer.setdefault(row.customer.id, []).append(row)
        customers = tuple(self._merged(rows_of) for rows_of in by_customer.values())
        problems = tuple(sorted(self.problems, key=lambda problem: problem.line))
        named = self.mapping.customer.model_fields_set
        said = {*named.intersection(WORDS), *(name for key, name in PLACES.items() if key in named)}
        return Import(
            customers=customers,
            problems=problems,
            rows=self.rows,
            accepted=len(rows),
            said=frozenset(said),
        )

    def _merged(self, rows: list[Row]) -> ImportedCustomer:
        """Return one customer of several rows; where they differ, the first that says something counts."""
        first, contact, where = rows[0], rows[0].contact, rows[0].where
        for row in rows[1:]:
            differing = [key for key in WORDS if getattr(row.customer, key) != getattr(first.customer, key)]
            for key, name in PLACES.items():
                known, value = getattr(where, name), getattr(row.where, name)
                if not known:
                    where = replace(where, **{name: value})
                elif value and value != known:
                    differing.append(key)
            for key, value in asdict(row.contact).items():
                known = getattr(contact, key)
                if known is None:
                    contact = replace(contact, **{key: value})
                elif value is not None and value != known:
                    differing.append(key)
            if differing:
                what = f"the customer's {', '.join(differing)}"
                message = f"{what} differs from line {first.line}, which counts: check both"
                column = self.mapping.customer.id.column
                self.problem(row.line, column, message, kind="customer", severity="warning")
        facts = sorted((fact for row in rows for fact in row.facts), key=lambda fact: fact.happened_on)
        currencies = {fact.body.currency for fact in facts if isinstance(fact.body, InvoiceIssued)}
        currency = first.customer.currency or (currencies.pop() if len(currencies) == 1 else None)
        return ImportedCustomer(
            line=first.line,
            customer=replace(first.customer, currency=currency),
            where=where,
            **asdict(contact),
            facts=tuple(facts),
            lines={invoice_of(row): row.line for row in rows},
        )
