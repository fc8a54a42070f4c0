"""How a process ends: a status, a sentence for what a person can mend, and no shutdown that may crash."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from settings import BadSettings

REFUSED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class Stop(Exception):
    """Ends a process with a sentence on standard error and a status."""

    def __init__(self, words: str, status: int = REFUSED) -> None:
        super().__init__(words)
        self.status = status


class Unreachable(Stop):
    """Temporal does not answer, or refuses us; `why` says so, with the remedy."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"Temporal at {address} {why}")
        self.why = why


def status_of(run: Callable[[], int]) -> int:
    """Run a program and return its status; an error that a person can mend becomes a sentence.

    Any other error is a bug and goes on up, to show where.
    """
    try:
        return run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        ended = _told(error)
        if ended is None:
            raise
    words, status = ended
    if words:
        print(words, file=sys.stderr)
    return status


def _told(error: Exception) -> tuple[str, int] | None:
    """Return sentence and status for an error that a person can mend, and None for a bug."""
    match error:
        case Stop():
            return str(error), error.status
        case BadSettings():
            return str(error), WRONG_USAGE
        case BrokenPipeError():
            return "", REFUSED  # Whoever read our output has enough.
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return f"{where}{error.strerror or error}: check the path and your rights to it", REFUSED
        case UnicodeError():
            return _text_words(error), WRONG_USAGE
        case _:
            return _told_by_others(error)


def _told_by_others(error: Exception) -> tuple[str, int] | None:
    """Do so for the errors of modules that are loaded only once something was raised."""
    from alembic.util.exc import CommandError
    from pydantic import ValidationError
    from sqlalchemy.exc import SQLAlchemyError

    from domain.documents import BadDocument
    from domain.money import MoneyError
    from domain.sentences import sentences
    from store.errors import NoLedger, Refused

    match error:
        case Refused() | MoneyError() | BadDocument():
            return str(error), REFUSED
        case NoLedger():
            return str(error), WRONG_USAGE
        case ValidationError():
            return "\n".join(sentences(error)), WRONG_USAGE
        case SQLAlchemyError() | CommandError():
            return ledger_words(error), REFUSED
        case _:
            return None


def _text_words(error: UnicodeError) -> str:
    match error:
        case UnicodeEncodeError(encoding="utf-8"):
            return "an argument is not UTF-8 text: write it in UTF-8"
        case UnicodeEncodeError():
            return f"the output cannot be written as {error.encoding}: set PYTHONIOENCODING=utf-8"
        case _:
            return "a file is not UTF-8 text: save it as UTF-8"


def ledger_words(error: Exception) -> str:
    """Say what is wrong with the ledger, without the statement: its values are personal data."""
    cause = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
    if "locate revision" in str(error):
        return "the ledger was written by a newer version of Arrears: use that version"
    return f"the ledger cannot be used ({cause}): check DATABASE_URL, and that it can be read and written"


def leave(status: int) -> NoReturn:
    """Exit without interpreter shutdown, in which a Temporal client may abort.

    Source: github.com/temporalio/sdk-python/issues/300.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    os._exit(status)
