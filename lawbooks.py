"""Contact law as a deployment has it: read from the folder that the settings name, once a process."""

from functools import lru_cache, partial
from pathlib import Path

from domain.contact_law.books import ContactBooks, LawOf, read_books
from ending import Stop
from settings import ROOT, Settings

SHIPPED = ROOT / "policies" / "contact"


def law_of(settings: Settings) -> LawOf:
    """Return what tells the law of one customer.

    Raises:
        Stop: the folder has no file.
        BadDocument: with every problem of every file.
    """
    return partial(books_of(settings).of, first_party=settings.first_party)


def books_of(settings: Settings) -> ContactBooks:
    """Return all rules that the deployment has; it raises as `law_of` does."""
    return _read((settings.contact_law or SHIPPED).resolve())


@lru_cache
def _read(folder: Path) -> ContactBooks:
    # Once a process: two laws are the same only if they are one object.
    files = {str(file): file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.yaml"))}
    if not files:
        raise Stop(f"CONTACT_LAW: {folder} has no .yaml file: name a folder of rules, or leave it out")
    return read_books(files)
