"""Settings may stand in a file, and each secret in one of its own; no error shows a value."""

from pathlib import Path

import pytest

from settings import BadSettings, Settings

SID = "AC" + "0" * 32
TWILIO = f"""\
# sends SMS
TWILIO_ACCOUNT_SID={SID}
export TWILIO_API_KEY = SK1
TWILIO_API_SECRET="hush 1 # still"

TWILIO_AUTH_TOKEN='hush-2'
TWILIO_FROM=+447700900000
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is named; it is nobody else's."""
    path = tmp_path / "arrears.env"
    path.touch(0o600)
    monkeypatch.setenv("ARREARS_ENV_FILE", str(path))
    return path


def refusal() -> str:
    with pytest.raises(BadSettings) as caught:
        Settings.from_env()
    assert "hush" not in str(caught.value)
    return str(caught.value)


def secret(of: str | None) -> str | None:
    found = getattr(Settings.from_env(), of or "")
    return None if found is None else found.get_secret_value()


def test_a_file_of_settings_is_read(file: Path) -> None:
    file.write_text(TWILIO)
    settings = Settings.from_env()
    assert (settings.twilio_account_sid, settings.sms_sender) == (SID, "+447700900000")
    assert secret("twilio_api_secret") == "hush 1 # still"
    assert secret("twilio_auth_token") == "hush-2"


def test_the_environment_wins(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("SELLER_NAME=Filed\nSELLER_LANGUAGE=de\nDATABASE_URL_FILE=/nowhere\n")
    monkeypatch.setenv("SELLER_NAME", "Said")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///here.db")
    settings = Settings.from_env()
    assert (settings.seller_name, settings.seller_language) == ("Said", "de")
    assert settings.database_url == "sqlite:///here.db"
    monkeypatch.setenv("SELLER_LANGUAGE", "of hush")
    assert refusal().startswith("SELLER_LANGUAGE: String should match")


def test_each_secret_may_stand_in_a_file_of_its_own(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stripe").write_text("hush-3\n")
    (tmp_path / "ledger").write_text("postgresql://a:hush@db/arrears\n")
    monkeypatch.setenv("STRIPE_API_KEY_FILE", str(tmp_path / "stripe"))
    file.write_text(f"DATABASE_URL_FILE={tmp_path / 'ledger'}\n")
    assert secret("stripe_api_key") == "hush-3"
    assert Settings.from_env().database_url == "postgresql://a:hush@db/arrears"


@pytest.mark.parametrize(
    ("mode", "words"), [(0o644, "holds secrets, and everybody may read it"), (0o602, "written by everybody")]
)
def test_a_file_that_is_open_to_everybody_is_refused(file: Path, mode: int, words: str) -> None:
    file.write_text("STRIPE_API_KEY=hush\n")
    file.chmod(mode)
    assert words in refusal()
    assert f"chmod 640 {file}" in refusal()


def test_without_secrets_everybody_may_read_it(file: Path) -> None:
    file.write_text("SELLER_NAME=Acme\nSTRIPE_API_KEY_FILE=\n")
    file.chmod(0o644)
    assert Settings.from_env().seller_name == "Acme"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("TWILIO_API_SECERT=hush", "TWILIO_API_SECERT is no setting: did you mean TWILIO_API_SECRET?"),
        ("STRIPE_API_KEY_FIEL=hush", "did you mean STRIPE_API_KEY_FILE?"),
        ("SENDGRID_REGION=hush", "SENDGRID_REGION is no setting: docs/operators.md has them all"),
        ("SELLER_NAME_FILE=hush", "SELLER_NAME is no secret, so set it itself"),
        ("hush", "write KEY=value, or # before a comment"),
        ("STRIPE_API_KEY='hush", "STRIPE_API_KEY: put the value between quotes"),
        ("STRIPE_API_KEY=hush # live", "STRIPE_API_KEY: put the value between quotes"),
        ("TWILIO_LOOKUP=hush", "TWILIO_LOOKUP: Input should be a valid boolean"),
        ("SENDGRID_STATUTORY_GROUP=hush", "SENDGRID_STATUTORY_GROUP: Input should be a valid integer"),
        ("ARREARS_ENV_FILE=hush", "is for the environment: a file of settings names no other"),
        ("\nSELLER_NAME=hush", "SELLER_NAME stands in line 1 already"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(file: Path, line: str, words: str) -> None:
    file.write_text(f"SELLER_NAME=Acme\n{line}\n")
    number = 3 if line.startswith("\n") else 2
    assert refusal().startswith(f"{file}:{number}: ")
    assert words in refusal()


def test_what_is_nobody_of_ours_is_let_be(file: Path) -> None:
    file.write_text("TZ=UTC\nPYTHONUNBUFFERED=1\n")
    assert Settings.from_env().seller_name == "Example Cloud"


def test_a_secret_that_cannot_be_read_is_named(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfehush")
    file.write_text(f"STRIPE_API_KEY_FILE={tmp_path / 'empty'}\nIDENTITY_KEY=hush\nIDENTITY_KEY_FILE=/hu\n")
    monkeypatch.setenv("API_TOKENS_FILE", "/nowhere/tokens")
    monkeypatch.setenv("SANCTIONS_KEY_FILE", str(tmp_path / "binary"))
    assert refusal().splitlines() == [
        "API_TOKENS_FILE: /nowhere/tokens: No such file or directory",
        f"SANCTIONS_KEY_FILE: {tmp_path / 'binary'} is not UTF-8 text",
        f"{file}:3: IDENTITY_KEY_FILE: IDENTITY_KEY is set as well: set one of the two",
        f"{file}:1: STRIPE_API_KEY_FILE: {tmp_path / 'empty'} is empty",
    ]


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_ENV_FILE", "/nowhere/arrears.env")
    assert refusal() == "ARREARS_ENV_FILE: /nowhere/arrears.env: No such file or directory"


def test_a_value_from_a_file_that_cannot_be_used_is_told_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keys").write_text("hush\n")
    monkeypatch.setenv("API_TOKENS_FILE", str(tmp_path / "keys"))
    assert refusal().startswith(f"{tmp_path / 'keys'}: API_TOKENS: entry 1 cannot be used")


def test_a_misspelt_variable_of_the_environment_is_no_error_but_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACOUNT_SID", "hush")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    Settings.from_env()
    assert [words for words in Settings.misspelt() if "TWILIO" in words] == [
        "TWILIO_ACOUNT_SID is no setting: did you mean TWILIO_ACCOUNT_SID?"
    ]
