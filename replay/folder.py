"""The folder that a demo or a replay fills: emptied when it is ours, and nobody else's."""

import shutil
from pathlib import Path

from store.errors import Refused

_OURS = ".arrears"
"""A file of this name marks a folder that may be emptied again."""


def fresh(folder: Path) -> None:
    """Make `folder`, or empty it when an earlier demo or replay made it.

    Raises:
        Refused: something else is in it; nothing was touched.
    """
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file: name a folder")
    if folder.exists() and any(folder.iterdir()) and not (folder / _OURS).exists():
        raise Refused(f"{folder} is not empty, and no demo or replay made it: name another folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _OURS).touch()
