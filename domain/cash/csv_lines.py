"""Bank lines from any CSV, by a mapping document; every problem is in the result, by line."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from domain.cash.csv_mapping import BankMapping
from domain.cash.lines import BankFile, BankLine, FileProblem, Statement, checked
from domain.money import Money
from domain.receivables.cells import currency_code, read_day, read_money
from domain.receivables.mapping import Source
from domain.receivables.records import Record, records_of
from domain.spelling import closest


def read_lines(lines: Iterable[str], mapping: BankMapping, *, file: str) -> BankFile:
    """Return the statements of a CSV: one for each account. `lines` are physical lines, ends kept."""
    reading = _Reading(mapping, file)
    coming = iter(lines)
    for _ in range(mapping.skip_lines):
        next(coming, None)
    records = records_of(coming, mapping.delimiter)
    header = next(records, None)
    if header is None:
        reading.wrong(1, "the file is empty: export it again, with its header line")
    elif reading.header(header):
        for record in records:
            reading.row(record)
        if not reading.rows and not reading.problems:
            reading.wrong(header.line, "there is a header and no row: export it again")
    return checked(file, reading.statements(), reading.problems)


class _Reading:
    """One file while it is read: its rows by account, and every problem."""

    def __init__(self, mapping: BankMapping, file: str) -> None:
        self.mapping, self.file = mapping, file
        self.problems: list[FileProblem] = []
        self.names: list[str] = []
        self.rows: dict[str, list[tuple[BankLine, Money | None]]] = {}

    def wrong(self, line: int, message: str) -> None:
        line += self.mapping.skip_lines
        self.problems.append(FileProblem(file=self.file, line=line, message=message))

    def header(self, record: Record) -> bool:
        """Take the header; False when rows cannot be read under it."""
        self.names = record.fields
        if record.broken:
            self.wrong(record.line, record.broken)
            return False
        for column, key in self.mapping.columns().items():
            if record.fields.count(column) == 1:
                continue
            guess = closest(column, [name for name in record.fields if name])
            hint = f" (did you mean {guess}?)" if guess else ""
            counted = "lacks" if column not in record.fields else "has more than once"
            self.wrong(
                record.line,
                f"the mapping reads column {column!r} for {key}, and the header {counted} it{hint}",
            )
        return not self.problems

    def row(self, record: Record) -> None:
        """Read one row, and keep it if nothing is wrong with it."""
        if record.broken:
            self.wrong(record.line, record.broken)
        elif len(record.fields) != len(self.names):
            counts = f"{len(record.fields)} fields where the header has {len(self.names)}"
            self.wrong(record.line, f"{counts}: put a field that holds the delimiter in quotes")
        else:
            self._keep(record.line, dict(zip(self.names, record.fields, strict=True)))

    def _keep(self, line: int, cells: dict[str, str]) -> None:
        try:
            account, currency = _value(self.mapping.account, cells), _value(self.mapping.currency, cells)
            read = self._line(line, cells, currency_code(currency))
            balance = self.mapping.balance and cells[self.mapping.balance]
            after = read_money(balance, read.amount.currency, self.mapping.amounts) if balance else None
        except ValueError as error:
            self.wrong(line, str(error))
            return
        rows = self.rows.setdefault(account, [])
        if rows and rows[0][0].amount.currency != currency:
            mixed = f"{currency} on an account in {rows[0][0].amount.currency}"
            self.wrong(line, f"{mixed}: an account is in one currency; export each by itself")
            return
        rows.append((read, after))

    def _line(self, line: int, cells: dict[str, str], currency: str) -> BankLine:
        rules = self.mapping

        def cell(column: str | None) -> str | None:
            return (cells[column] or None) if column is not None else None

        value_on, text = cell(rules.value_on), " ".join(filter(None, map(cells.get, rules.text)))
        undone = rules.returned is not None and cells[rules.returned.column] in rules.returned.yes
        return BankLine(
            place=line + rules.skip_lines,
            booked_on=read_day(cells[rules.booked_on], rules.dates),
            value_on=read_day(value_on, rules.dates) if value_on else None,
            amount=self._amount(cells, currency),
            bank_ref=cell(rules.bank_ref),
            end_to_end=cell(rules.end_to_end),
            structured=cell(rules.structured),
            text=text,
            payer=cell(rules.payer),
            payer_account=cell(rules.payer_account),
            returned=undone,
        )

    def _amount(self, cells: dict[str, str], currency: str) -> Money:
        rules = self.mapping
        if rules.amount is not None:
            return read_money(cells[rules.amount], currency, rules.amounts)
        credit, debit = cells[rules.credit or ""], cells[rules.debit or ""]
        if bool(credit) == bool(debit):
            raise ValueError(f"write one amount, in {rules.credit} or in {rules.debit}")
        amount = read_money(credit or debit, currency, rules.amounts)
        # Some banks put a sign before what went out, although the column says it already.
        return amount if credit else Money(-abs(amount.minor), currency)

    def statements(self) -> list[Statement]:
        """Return what was read, a statement an account."""
        return [self._statement(account, rows) for account, rows in self.rows.items()]

    def _statement(self, account: str, rows: Sequence[tuple[BankLine, Money | None]]) -> Statement:
        lines = [line for line, _ in rows]
        ordered = list(rows)
        if self.mapping.balance is not None and not self.problems:
            ordered = self._chained(rows)
        (first, after_first), (_, closing) = ordered[0], ordered[-1]
        return Statement(
            format="csv",
            account=account,
            number=None,
            currency=lines[0].amount.currency,
            lines=tuple(lines),
            opening=None if after_first is None else after_first - first.amount,
            closing=closing,
            place=lines[0].place,
        )

    def _chained(self, rows: Sequence[tuple[BankLine, Money | None]]) -> list[tuple[BankLine, Money | None]]:
        """Return the rows from the oldest to the newest; each balance must follow from the one before."""
        ways = [list(rows), list(reversed(rows))]
        breaks = [_break(way) for way in ways]
        if None in breaks:
            return ways[breaks.index(None)]
        broken = max(filter(None, breaks), key=lambda line: line.place)
        message = "the balance does not follow from the row before: a row is missing, or was changed"
        self.problems.append(
            FileProblem(file=self.file, line=broken.place, message=f"{message}; export it again")
        )
        return ways[0]


def _break(rows: Sequence[tuple[BankLine, Money | None]]) -> BankLine | None:
    """Return the first row whose balance does not follow; None where all do."""
    for (_, before), (line, after) in pairwise(rows):
        if before is not None and after is not None and before + line.amount != after:
            return line
    return None


def _value(source: Source, cells: dict[str, str]) -> str:
    """Return what a source says of a row.

    Raises:
        ValueError: nothing is there.
    """
    if source.fixed is not None:
        return source.fixed
    said = cells[source.column or ""]
    value = (source.translate or {}).get(said, said) or source.otherwise
    if not value:
        raise ValueError(
            f"{source.column}: nothing is written here: fill it in, or set otherwise in the mapping"
        )
    return value
