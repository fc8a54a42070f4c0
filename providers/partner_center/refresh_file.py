"""The file that keeps the refresh token: for its owner alone, and never half written.

Each use of a refresh token yields a new one, which lives for 90 days; the file is given the first one by
hand, as plain text, and holds JSON from its first use on. A lock beside it keeps processes apart.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.errors import Misconfigured, TryAgainLater

VARIABLE = "PARTNER_CENTER_REFRESH_TOKEN_FILE"
CONSENT = "consent again, see docs/partner-center.md, and write the new refresh token there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A refresh token, and since when it lives."""

    token: str = field(repr=False)
    since: datetime


class RefreshFile:
    """One file on this machine, or on one that all workers share."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Kept:
        """Return what is kept.

        Raises:
            Misconfigured: there is no such file, others may read it, or it holds no token.
        """
        try:
            found = self.path.stat()
            text = self.path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{VARIABLE} cannot be read ({type(error).__name__}): {CONSENT}") from None
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise Misconfigured(f"{VARIABLE} can be read by others: chmod 600 it")
        token, since = text, datetime.fromtimestamp(found.st_mtime, UTC)
        if text.startswith("{"):
            try:
                told = json.loads(text)
                token, since = str(told["refresh_token"]), datetime.fromisoformat(told["since"])
            except (ValueError, KeyError, TypeError):
                token = ""
        if not token or any(each.isspace() for each in token) or since.tzinfo is None:
            raise Misconfigured(f"{VARIABLE} holds no refresh token: {CONSENT}")
        return Kept(token=token, since=since)

    def keep(self, kept: Kept) -> None:
        """Put another token in its place: it is on the disk when this returns.

        Raises:
            Misconfigured: it cannot be written, so the login is not used either.
        """
        content = json.dumps({"refresh_token": kept.token, "since": kept.since.isoformat()})
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            words = f"{VARIABLE} cannot be written ({error.strerror}): let the workers write file and folder"
            raise Misconfigured(words) from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other process renew meanwhile.

        Raises:
            TryAgainLater: another one does at this moment.
            Misconfigured: the folder cannot be written.
        """
        try:
            handle = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            words = f"the folder of {VARIABLE} cannot be written ({error.strerror}): let the workers do so"
            raise Misconfigured(words) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise TryAgainLater(
                "another worker logs in to Partner Center", delay=timedelta(seconds=2)
            ) from None
        finally:
            os.close(handle)
