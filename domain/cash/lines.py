"""What a bank says: statements and their lines, whatever file they came in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from domain.money import Money

Format = Literal["camt", "mt940", "csv"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One booking on an account of ours. It prints nothing that may be about a person.

    Attributes:
        place: the line of the file on which it begins.
        amount: negative where money left the account.
        bank_ref: the bank's own id of it, where it has one.
        end_to_end: the id that whoever began the payment gave it.
        structured: a creditor reference, in a field of its own.
        text: what the payer wrote.
        payer, payer_account: who is on the other side.
        returned: the bank says that it undoes an earlier booking.
        reason: the code for that, such as AC04.
    """

    place: int
    booked_on: date
    value_on: date | None = None
    amount: Money
    bank_ref: str | None = None
    end_to_end: str | None = field(default=None, repr=False)
    structured: str | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    payer: str | None = field(default=None, repr=False)
    payer_account: str | None = field(default=None, repr=False)
    returned: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of one account in one currency.

    Attributes:
        number: the bank's own name for it; None in a CSV, which is a list of bookings.
        opening, closing: the balances before and after its lines.
        place: the line of the file on which it begins.
        interim: of a day that is not over; its balances may be missing.
    """

    format: Format
    account: str
    number: str | None
    currency: str
    lines: tuple[BankLine, ...]
    opening: Money | None = None
    closing: Money | None = None
    place: int = 1
    interim: bool = False

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day of its lines; None without lines."""
        days = [line.booked_on for line in self.lines]
        return (min(days), max(days)) if days else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """What is wrong at a line of a file; with an error nothing of the file is written."""

    file: str
    line: int
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'warning: ' if self.severity == 'warning' else ''}{self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """All that a file says: its statements, or why it cannot be used."""

    statements: tuple[Statement, ...] = ()
    problems: tuple[FileProblem, ...] = ()

    @property
    def errors(self) -> tuple[FileProblem, ...]:
        """The problems that keep the file out."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def unbalanced(statement: Statement) -> str | None:
    """Say why a statement contradicts itself: its lines do not lead from one balance to the other."""
    if statement.opening is None or statement.closing is None:
        if statement.format == "csv" or statement.interim:
            return None
        missing = "opening" if statement.opening is None else "closing"
        return f"the {missing} balance is missing: the file may be cut off; fetch it from the bank again"
    total = sum((line.amount.minor for line in statement.lines), statement.opening.minor)
    if total == statement.closing.minor:
        return None
    reached = Money(total, statement.currency)
    return (
        f"{statement.opening} and {len(statement.lines)} lines come to {reached}, and the closing balance is"
        f" {statement.closing}: the file is incomplete or was changed; fetch it from the bank again"
    )


def checked(file: str, statements: Sequence[Statement], problems: Sequence[FileProblem]) -> BankFile:
    """Return what was read with what is wrong with it as a whole, in the order of the file."""
    found = list(problems)
    # What could not be read is missing in the sum as well: one sentence is enough.
    if not any(problem.severity == "error" for problem in found):
        for statement in statements:
            if (why := unbalanced(statement)) is not None:
                found.append(FileProblem(file=file, line=statement.place, message=why))
        if not statements and not found:
            message = "there is no statement in it: export it again"
            found.append(FileProblem(file=file, line=1, message=message))
    return BankFile(
        statements=tuple(statements), problems=tuple(sorted(found, key=lambda problem: problem.line))
    )
