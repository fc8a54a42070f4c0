"""The folder of a demo or a replay: emptied when it is ours, and nobody else's."""

from pathlib import Path

import pytest

from replay.folder import fresh
from store.errors import Refused


def test_a_new_folder_is_made_and_an_own_one_is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "demo"
    fresh(folder)
    (folder / "ledger.db").write_text("old")
    fresh(folder)
    assert not (folder / "ledger.db").exists()


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    fresh(tmp_path)
    fresh(tmp_path)


def test_what_somebody_else_keeps_in_a_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "books.txt").write_text("precious")
    with pytest.raises(Refused, match="is not empty, and no demo or replay made it: name another folder"):
        fresh(tmp_path)
    assert (tmp_path / "books.txt").read_text() == "precious"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="is a file: name a folder"):
        fresh(tmp_path / "file")
