"""The journal names the code that decided: a change anywhere in the domain is another version."""

from pathlib import Path

import pytest

import composition


@pytest.mark.parametrize("name", ["decide.py", "rules/suspension.py"])
def test_a_change_in_any_folder_of_the_domain_is_another_version(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "domain" / name
    file.parent.mkdir(parents=True)
    file.write_text("DAYS = 3\n", encoding="utf-8")
    monkeypatch.setattr(composition.deployment, "ROOT", tmp_path)
    before = composition.code_version()

    file.write_text("DAYS = 4\n", encoding="utf-8")

    assert composition.code_version() != before
