"""The bank: the embedded cashier, which charges test cards and keeps every charge in files.

A test card's name says what it answers: `test_paid`, `test_in_flight`, or `test_` and the code of a decline,
such as `test_expired_card`. Several are answered in turn, `test_soft+soft+paid`, and the last one stays.
After a colon anything may follow, so that each customer has a card of its own: `test_paid:ACME`.
No other card is charged: nobody's ledger shall book money that no bank has taken.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from domain.cashier import Charge, Receipt
from domain.errors import TryAgainLater
from domain.money import Money

_TEST = "test_"


class Bank:
    """The bank that keeps its charges in `folder`, one file each; threads and processes may share one."""

    sender = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def charge(self, charge: Charge, *, at: datetime) -> Receipt:
        """Charge a test card; a reference that was charged before is answered, not charged again.

        Raises:
            TryAgainLater: it is no test card, and only a real cashier can charge it.
        """
        if not charge.instrument.startswith(_TEST):
            raise TryAgainLater("the embedded bank charges test cards only: configure a real cashier")
        with self._lock():
            earlier = self._made(charge.reference)
            if earlier is not None:
                return earlier
            made = sum(each["instrument"] == charge.instrument for each in self._charges())
            record = {
                "reference": charge.reference,
                "at": at.astimezone(UTC).isoformat(),
                "customer": charge.customer,
                "invoice": charge.invoice,
                "instrument": charge.instrument,
                "minor": charge.amount.minor,
                "currency": charge.amount.currency,
                "answer": _answer(charge.instrument, made),
            }
            self._write(charge.reference, record)
        return _receipt(record)

    def find(self, charge: Charge, *, since: datetime) -> Receipt | None:
        """Return what became of the charge with this reference; None if there was none."""
        return self._made(charge.reference)

    def _made(self, reference: str) -> Receipt | None:
        try:
            text = self._path(reference).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return _receipt(json.loads(text))

    def references(self) -> list[str]:
        """Return the reference of every charge, sorted."""
        return sorted(str(each["reference"]) for each in self._charges())

    def _charges(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self._folder.glob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))

    def _path(self, reference: str) -> Path:
        return self._folder / f"{sha256(reference.encode()).hexdigest()[:32]}.json"

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the folder alone. Each caller opens the file anew, so threads wait for each other too."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with open(self._folder / ".lock", "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _write(self, reference: str, record: dict[str, Any]) -> None:
        """Write a charge whole or not at all."""
        path = self._path(reference)
        waiting = path.with_suffix(".new")
        with open(waiting, "w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)


def _answer(instrument: str, made: int) -> str:
    """What a test card answers after so many charges."""
    answers = instrument.removeprefix(_TEST).partition(":")[0].split("+")
    return answers[min(made, len(answers) - 1)]


def _receipt(record: dict[str, Any]) -> Receipt:
    answer = str(record["answer"])
    reference = str(record["reference"])
    declined = answer not in ("paid", "in_flight")
    return Receipt(
        reference=reference,
        provider_ref=f"bank-{reference}",
        instrument=str(record["instrument"]),
        amount=Money(int(record["minor"]), str(record["currency"])),
        outcome="declined" if declined else "paid" if answer == "paid" else "in_flight",
        decline=answer if declined else None,
    )
