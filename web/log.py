"""The log of the web server: what went wrong and where, without a stack trace and without values."""

import logging
import traceback
from pathlib import Path


class Traceless(logging.Filter):
    """Shortens an exception to its type and place: its words and frames may hold what a request held.

    uvicorn logs one whenever a client breaks the protocol while it is answered.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record, and let it pass."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            record.msg, record.args = "%s (%s)", (record.getMessage().strip(), where(error))
            record.exc_info = record.exc_text = None
        return True


def where(error: BaseException) -> str:
    """Return type and place of an error."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
