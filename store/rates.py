"""The tables of the law on late payment: read once a process from `policies/rates/`, for every account.

They are never pinned: a new row counts for every customer from the next start on.
"""

from functools import cache
from pathlib import Path

from domain.interest.rates import Rates, read_rates

FOLDER = Path(__file__).parents[1] / "policies" / "rates"


@cache
def shipped() -> Rates:
    """Return the tables.

    Raises:
        BadDocument: with every problem of every file.
    """
    files = sorted(FOLDER.glob("*.yaml"))
    return read_rates({path.name: path.read_text(encoding="utf-8") for path in files})
