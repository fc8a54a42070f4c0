"""Arrears on the command line.

Every command takes --help. Those that print data take --json. Exit status: 0 done, 1 refused or not
found, 2 wrong usage. Commands write to the ledger and work while no worker runs; the workflow is
woken when Temporal answers, else by the next sweep.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

import typer  # noqa: E402

from commandline import (  # noqa: E402
    customers,
    policies,
    receivables,
    reports,
    running,
    switches,
    templates,
)
from commandline.session import Stop, closing  # noqa: E402
from settings import BadSettings  # noqa: E402

app = typer.Typer(
    name="starter.py",
    help=__doc__,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for group in (customers, switches, receivables, running):
    app.add_typer(group.app)
app.add_typer(policies.app, name="policy")
app.add_typer(reports.app, name="report")
app.add_typer(templates.app, name="templates")


def leave(status: int) -> NoReturn:
    """Exit without interpreter shutdown, in which a Temporal client may abort.

    Source: github.com/temporalio/sdk-python/issues/300.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # whoever read our output has enough
            stream.flush()
    os._exit(status)


def ledger_errors() -> tuple[type[Exception], ...]:
    """Return what a database may raise; loaded only once something was raised."""
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    return SQLAlchemyError, CommandError


def ledger_words(error: Exception) -> str:
    """Say what is wrong with the ledger, without the statement: its values are personal data."""
    cause = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
    if "locate revision" in str(error):
        return "the ledger was written by a newer version of Arrears: use that version"
    return f"the ledger cannot be used ({cause}): check DATABASE_URL, and that it can be read and written"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, with the process's arguments or these, and return its exit status."""
    from pydantic import ValidationError

    from domain.documents import sentences
    from domain.money import MoneyError
    from store.errors import Refused

    try:
        with closing:
            app(arguments, prog_name="starter.py", standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Stop as stopped:
        words, status = str(stopped), stopped.status
    except (Refused, MoneyError) as refused:
        words, status = str(refused), 1
    except ValidationError as wrong:
        words, status = "\n".join(sentences(wrong)), 2
    except BadSettings as bad:
        words, status = str(bad), 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        words, status = f"{where}{error.strerror or error}: check the path and your rights to it", 1
    except ledger_errors() as error:
        words, status = ledger_words(error), 1
    else:
        return 0
    typer.echo(words, err=True)
    return status


if __name__ == "__main__":
    leave(main())
