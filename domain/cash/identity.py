"""By what a bank line is known again: digests under a key of the ledger, from which nobody reads an account.

Banks number their bookings in ways of their own, or not at all. A line with the bank's id is the same
line in whatever file it stands. One without is known by its content, and equal ones are counted: within
a numbered statement, or without a number within the account, because a list of bookings may overlap.
"""

import hmac
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.cash.lines import BankLine, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a line is known by.

    Attributes:
        key: of this line alone, in every file that has it.
        content: of every line that says the same, in whatever statement.
    """

    key: str
    content: str


def marks(statement: Statement, secret: bytes) -> list[Mark]:
    """Return what each line of a statement is known by, in order."""
    seen: Counter[str] = Counter()
    found = []
    for line in statement.lines:
        content = digest(secret, statement.account, *_content(line))
        if line.bank_ref is not None:
            stem = digest(secret, statement.account, line.bank_ref, str(line.booked_on), *_amount(line))
        else:
            stem = digest(secret, content, statement.number or "")
        seen[stem] += 1
        found.append(Mark(key=digest(secret, stem, str(seen[stem])), content=content))
    return found


def statement_key(statement: Statement, lines: Iterable[Mark], secret: bytes) -> str:
    """Return what a whole statement is known by: the same again has nothing new."""
    balances = [str(each) for each in (statement.opening, statement.closing)]
    return digest(secret, statement.account, statement.number or "", *balances, *(each.key for each in lines))


def account_key(account: str | None, secret: bytes) -> str | None:
    """Return what the account of a payer is known by; None where the bank names none."""
    compact = re.sub(r"[^0-9A-Z]", "", (account or "").upper())
    return digest(secret, "payer", compact) if compact else None


def reference_key(reference: str | None, secret: bytes) -> str | None:
    """Return what a payment is known by that names itself; None where it does not."""
    return digest(secret, "reference", reference.strip()) if reference and reference.strip() else None


def digest(secret: bytes, *parts: str) -> str:
    """Return a digest of these parts, each with its length: no two lists of parts run together."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.new(secret, text.encode(), "sha256").hexdigest()[:32]


def _amount(line: BankLine) -> tuple[str, str]:
    return str(line.amount.minor), line.amount.currency


def _content(line: BankLine) -> tuple[str, ...]:
    """What a line says, as two exports of one bank write it alike."""
    said = (line.end_to_end, line.structured, " ".join(line.text.split()), line.payer_account)
    return (str(line.booked_on), str(line.value_on), *_amount(line), *(each or "" for each in said))
