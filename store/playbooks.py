"""The playbooks: read once a process from `policies/incidents/playbooks.yaml`, for every incident.

They are never pinned: what an open incident is to do follows the file from the next start on.
"""

from functools import cache
from pathlib import Path

from domain.documents import read
from domain.incidents.playbooks import Playbooks

FILE = Path(__file__).parents[1] / "policies" / "incidents" / "playbooks.yaml"


@cache
def shipped() -> Playbooks:
    """Return the playbooks.

    Raises:
        BadDocument: with every problem of the file.
    """
    return read(FILE.read_text(encoding="utf-8"), model=Playbooks, name=FILE.name)
