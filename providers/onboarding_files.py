"""The embedded providers of onboarding: lists and tables that finance fills, in one folder.

A file is read again when it has changed, so that a new line counts without a restart. One that cannot be
read stops its check, which is then for a person, and says what to mend.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar, cast

from domain.errors import Misconfigured
from domain.onboarding import lists
from domain.onboarding.card import Card
from domain.onboarding.lists import BadList
from domain.onboarding.outside import CreditReport, IdentityProof, Listed, TierRow
from domain.onboarding.phone_line import Line, line_offline

T = TypeVar("T")


class _Folder:
    """The files of a folder, each read once as long as it stays as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()
        self._known: dict[str, tuple[tuple[int, int], Any, str]] = {}

    def read(self, name: str, parse: Callable[..., T]) -> tuple[T, str]:
        """Return what a file says, and the version of it.

        Raises:
            Misconfigured: it is not there, or cannot be used.
        """
        path = self.folder / name
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            with self._lock:
                known = self._known.get(name)
                if known is None or known[0] != stamp:
                    text = path.read_text(encoding="utf-8")
                    known = (stamp, parse(text, name=name), lists.version_of(text))
                    self._known[name] = known
            return cast(T, known[1]), known[2]
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{path} cannot be read: {type(error).__name__}") from None
        except BadList as wrong:
            raise Misconfigured(f"{self.folder}: {wrong}") from None


class OnboardingFiles:
    """Credit reports, proofs of identity, cards, sanctions, mail domains and tiers, each in a file."""

    name = "file"
    here = True

    def __init__(self, folder: Path) -> None:
        self._files = _Folder(folder)

    def all(self) -> tuple[Callable[[], object], ...]:
        """Return what reads each file, to see that all of them can be."""
        tables: tuple[tuple[str, Callable[..., object]], ...] = (
            (lists.REPORTS, lists.read_reports),
            (lists.IDENTITIES, lists.read_identities),
            (lists.CARDS, lists.read_cards),
        )
        others = (self.entries, self.disposable, self.shared, self.tiers)
        return (*(partial(self._files.read, name, parse) for name, parse in tables), *others)

    def report(self, *, country: str, number: str) -> CreditReport | None:
        """Return the report of `credit_reports.csv` on a company."""
        table: Mapping[tuple[str, str], CreditReport]
        table, _ = self._files.read(lists.REPORTS, lists.read_reports)
        return table.get((country, lists.tidy_number(number)))

    def proof(self, reference: str) -> IdentityProof | None:
        """Return the proof of `identities.csv`."""
        table, _ = self._files.read(lists.IDENTITIES, lists.read_identities)
        return table.get(reference)

    def card(self, reference: str) -> Card | None:
        """Return the card of `cards.csv`."""
        table, _ = self._files.read(lists.CARDS, lists.read_cards)
        return table.get(reference)

    def entries(self) -> tuple[Sequence[Listed], str]:
        """Return the names of `sanctions.csv`."""
        return self._files.read(lists.SANCTIONS, lists.read_sanctions)

    def disposable(self) -> tuple[frozenset[str], str]:
        """Return the mail domains of `disposable_domains.txt`."""
        return self._files.read(lists.DISPOSABLE, lists.read_domains)

    def shared(self) -> tuple[frozenset[str], str]:
        """Return the mail domains of `shared_domains.txt`."""
        return self._files.read(lists.SHARED, lists.read_domains)

    def tiers(self) -> tuple[Sequence[TierRow], str]:
        """Return the tiers of `region_tiers.csv`."""
        return self._files.read(lists.TIERS, lists.read_tiers)


class NumberPlan:
    """Says from the plan of numbers alone what kind of line a telephone number is."""

    name = "number_plan"
    here = True

    def line(self, phone: str) -> Line | None:
        """Return the line; what was ported keeps the kind that it had."""
        return line_offline(phone)
