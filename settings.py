"""The environment, read once, frozen, and handed on. Nobody else reads it."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.customer import known_zone

VERSION = "0.1.0"
ROOT = Path(__file__).parent


class BadSettings(ValueError):
    """The environment holds values that cannot be used; one line each, without the values."""


class Settings(BaseSettings):
    """What differs between two deployments.

    Attributes:
        contact_law: a folder of rules of contact in place of those that ship.
        first_party: whether the debts are our own; SMS for another creditor is barred in places.
        database_url: the ledger; SQLite by default, PostgreSQL in production.
        temporal_address, temporal_namespace: where Temporal answers.
        task_queue: of the workflows; effects have queues of their own that begin with it.
        outbox: the folder of the embedded email and SMS channel.
        bank: the folder of the embedded bank, which knows test cards only.
        temporal_ui: where the Temporal Web UI is, for links.
        seller_*: who writes to the customers; `seller_timezone` decides which day a report is of,
            `seller_language` in which language a policy's document is written.
    """

    model_config = SettingsConfigDict(env_prefix="", frozen=True, extra="ignore")

    database_url: str = Field(default="sqlite:///var/arrears.db", repr=False)  # it may hold a password
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    task_queue: str = Field(default="arrears", pattern=r"^[a-z][a-z0-9-]*$")
    temporal_ui: str = "http://127.0.0.1:8233"
    outbox: Path = Path("var/outbox")
    bank: Path = Path("var/bank")
    contact_law: Path | None = None
    first_party: bool = True
    seller_name: str = "Example Cloud"
    seller_email: str = "billing@seller.example"
    seller_phone: str = "+44 20 7946 0000"
    seller_payment_url: str = "https://pay.seller.example"
    seller_address: str = "1 Example Street, London"
    seller_timezone: str = "UTC"
    seller_language: str = Field(default="en", pattern=r"^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")
    seller_account: str = "IBAN GB33 BUKB 2020 1555 5555 55"

    @field_validator("temporal_address")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or "/" in host or not port.isdecimal() or int(port) > 65535:
            raise ValueError("write a host and a port, like 127.0.0.1:7233")
        return value

    @field_validator("seller_timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if not known_zone(value):
            raise ValueError("write an IANA time zone, like Europe/Berlin")
        return value

    @classmethod
    def from_env(cls) -> "Settings":
        """Read the environment.

        Raises:
            BadSettings: a variable cannot be used; the message names each and never shows a value.
        """
        try:
            return cls()
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=False)
            lines = [
                f"{'.'.join(str(part) for part in detail['loc']).upper()}: "
                f"{detail['msg'].removeprefix('Value error, ')}"
                for detail in details
            ]
            raise BadSettings("\n".join(lines)) from None
