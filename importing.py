"""Importing a receivables export: read it completely, report every problem, then write it once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from domain.documents import BadDocument, read
from domain.receivables.imported import Import, ImportedCustomer
from domain.receivables.mapping import Mapping
from domain.receivables.reading import read_rows
from ending import Unreachable
from settings import Settings
from store import exports
from store.customers import ContactData
from store.database import Ledger
from store.errors import Refused
from store.facts import NewFact

WAKES_AT_ONCE = 20

Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows how far long work is: words and total in, and what is told how much is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import wrote.

    Attributes:
        contacts_changed: customers known already of whom the export has another name or address.
        customers_changed: and of whom it has another segment, country, time zone or language.
        workflows_woken: of the customers with new facts; the sweep wakes the others.
        refused: `file:line: sentence` for all that the ledger did not take as the file has it.
    """

    customers_added: int
    contacts_changed: int
    customers_changed: int
    facts_written: int
    facts_known_already: int
    workflows_woken: int
    refused: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """Return the figures; who was refused stands in the messages."""
        return {**asdict(self), "refused": len(self.refused)}

    def words(self) -> str:
        """Return the figures in a sentence."""
        return (
            f"{self.customers_added} customers added, {self.facts_written} facts written,"
            f" {self.facts_known_already} known already, {self.contacts_changed} contacts changed,"
            f" {self.customers_changed} customers changed,"
            f" {self.workflows_woken} workflows woken"
        )


# --- reading


def read_receivables(
    file: Path, mapping: Path, *, encoding: str = "utf-8-sig", today: date | None = None
) -> Import:
    """Read a CSV export by its mapping; nothing is written. Money from after `today` is warned of.

    Raises:
        Refused: the mapping is wrong, or the file is not text; each problem on a line.
    """
    rules = read_mapping(mapping)
    try:
        with file.open(encoding=encoding, newline="") as lines:
            return read_rows(lines, rules, file=str(file), today=today)
    except LookupError:
        raise Refused(f"--encoding: no encoding is called {encoding!r}: write utf-8 or cp1252") from None
    except UnicodeError as error:
        line = line_of_fault(file.read_bytes(), encoding)
        raise Refused(
            f"{file}:{line}: not {encoding} text ({getattr(error, 'reason', error)}):"
            " save it as UTF-8, or name its encoding, as in --encoding cp1252"
        ) from None
    except OSError as error:
        raise Refused(unreadable(file, error)) from None


def read_mapping(file: Path) -> Mapping:
    """Read a mapping document.

    Raises:
        Refused: with every problem, one a line.
    """
    try:
        return read(file.read_text(encoding="utf-8"), model=Mapping, name=str(file))
    except BadDocument as bad:
        raise Refused(str(bad)) from None
    except UnicodeDecodeError:
        line = line_of_fault(file.read_bytes(), "utf-8")
        raise Refused(f"{file}:{line}: not UTF-8 text: save the mapping as UTF-8") from None
    except OSError as error:
        raise Refused(unreadable(file, error)) from None


def unreadable(file: Path, error: OSError) -> str:
    """Return the sentence for a file that the system does not let us read."""
    return f"{file}: cannot be read ({error.strerror or error}): check the path and your rights to it"


def line_of_fault(content: bytes, encoding: str) -> int:
    """Return the line of the first byte that is not in this encoding; a reader counts from its own block."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    except UnicodeError:
        pass
    return 1


def counted(found: Import) -> dict[str, int]:
    """Return how many problems there are of each kind, the most frequent first."""
    return dict(Counter(problem.kind for problem in found.problems).most_common())


# --- writing


def new_facts(customer: ImportedCustomer) -> list[NewFact]:
    """Return the facts of an imported customer as the ledger takes them.

    The source is the import itself and not the file's name: the same invoice in a later export of
    the same system is the same fact.
    """
    return [
        NewFact(source="import", id=fact.id, happened_on=fact.happened_on, body=fact.body)
        for fact in customer.facts
    ]


def contact_of(customer: ImportedCustomer) -> ContactData:
    """Return the contact data that an export has."""
    return ContactData(
        name=customer.name, email=customer.email, phone=customer.phone, address=customer.address
    )


def import_receivables(
    ledger: Ledger, found: Import, *, file: Path, now: datetime, settings: Settings, bar: Bar
) -> Imported:
    """Write what was read, wake each touched customer once, and return what was done.

    Ended in the middle, it may be repeated: what is written stays and is known the next time, and
    the sweep wakes who was not woken.
    """
    everybody = _incoming(found)
    with bar("Writing customers", len(everybody)) as written:
        result = exports.record_in_bulk(ledger, everybody, now=now, progress=written, said=found.said)
    with bar("Waking workflows", len(result.touched)) as woken:
        woken_count = asyncio.run(wake_touched(settings, result.touched, woken)) if result.touched else 0
    return Imported(
        customers_added=result.added,
        contacts_changed=result.contacts,
        customers_changed=result.changed,
        facts_written=result.accepted,
        facts_known_already=result.already,
        workflows_woken=woken_count,
        refused=_sentences(found, result.refused, file),
    )


def compare_receivables(ledger: Ledger, found: Import, *, file: Path, now: datetime) -> tuple[str, ...]:
    """Return what an import would leave out, `file:line: sentence` each; nothing is written."""
    refused = exports.compare(ledger, _incoming(found), now=now, said=found.said)
    return _sentences(found, refused, file)


def _incoming(found: Import) -> list[exports.Imported]:
    return [
        exports.Imported(each.customer, contact_of(each), new_facts(each), each.where)
        for each in found.customers
    ]


def _sentences(found: Import, refused: Iterable[exports.Refusal], file: Path) -> tuple[str, ...]:
    """Name each by the line of its own row, in the order of the file."""
    customers = {each.customer.id: each for each in found.customers}
    placed = []
    for each in refused:
        customer = customers[each.customer_id]
        line = customer.lines.get(each.invoice or "", customer.line)
        placed += [(line, f"{file}:{line}: {why}") for why in each.why.splitlines()]
    return tuple(words for _, words in sorted(placed))


async def wake_touched(settings: Settings, customers: Sequence[str], progress: Callable[[int], None]) -> int:
    """Wake customers while Temporal answers, and return how many; the sweep wakes the others."""
    from composition import connected, waker  # here, so that --check need not load it

    done = 0
    with suppress(Unreachable):
        async with connected(settings) as client:
            wake = waker(client, settings.task_queue)
            while done < len(customers):
                some = customers[done : done + WAKES_AT_ONCE]
                await asyncio.gather(*(wake(customer_id) for customer_id in some))
                done += len(some)
                progress(done)
    return done
