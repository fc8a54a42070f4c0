"""The environment, read once, frozen, and handed on. Nobody else reads it."""

import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.clouds import CloudName
from domain.customer import known_zone
from domain.page_link import SHORTEST_KEY
from domain.roles import ROLES, Appointed, Role, highest
from domain.signing_key import signing_key
from environment import BadEnvironment, Names, gathered

VERSION = "0.1.0"
ROOT = Path(__file__).parent


_BASE = r"^https?://[^\s?#]+[^\s?#/]$"
_CALLER = re.compile(r"[a-z][a-z0-9-]{0,31}")
_SHORTEST_TOKEN = 24
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{6,}", re.ASCII)
_STRIPE_KEY = re.compile(r"[rs]k_(live|test)_", re.ASCII)
_ON_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_EVENTS = ("events_url", "events_secret")
_SERVICE = ("service_url", "service_secret")
_TWILIO = ("twilio_account_sid", "twilio_api_key", "twilio_api_secret", "twilio_auth_token")
_BUREAU = ("credit_bureau_url", "credit_bureau_key")
_IDENTITY = ("identity_url", "identity_key")
_SANCTIONS = ("sanctions_url", "sanctions_key")
_APP = ("partner_center_tenant", "partner_center_client_id", "partner_center_client_secret")
_DESK_PROXY = ("desk_proxy_addresses", "desk_proxy_user_header")
_DESK_OIDC = ("desk_oidc_issuer", "desk_oidc_client_id", "desk_oidc_client_secret")
_HEADER = r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$"
_SENDGRID = ("sendgrid_api_key", "sendgrid_from", "sendgrid_webhook_key")


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
        twilio_*: the account that sends SMS: an API key, a sender (a number or a Messaging Service), and
            the auth token with which Twilio signs what it calls back with. All of them or none.
        twilio_shared_keys: keys with which Twilio signs instead, by id: `id=secret,id=secret`.
        twilio_verify: the Verify service that brings codes to telephones; without it, ours does.
        twilio_lookup: whether Twilio is asked, for money, what kind of line a telephone number is.
        onboarding_files: a folder of lists and tables of onboarding in place of those that ship.
        stripe_api_key: with which Stripe is asked what a card is; a restricted key that may read is enough.
        stripe_webhook_secret: of the endpoint of Stripe's webhooks; several, separated by commas, while it is
            changed. `stripe_mode` says whether its events are of real money, where no key of the API says so.
        stripe_new_customers: whether customers of Stripe whom nobody knows become ours.
        stripe_charges: whether cards are charged through Stripe, by the same key, which then may do more.
        stripe_pause: what Stripe does with the invoices of a subscription that is suspended.
        credit_bureau_*, identity_*, sanctions_*: who is asked about companies, persons and names, in place of
            the files.
        twilio_consents: whether Twilio is told of opt-outs that it did not hear; not every account can.
        sendgrid_*: the account that sends email, its verified sender, and the public key of its events.
        sendgrid_statutory_group: the unsubscribe group of email that the law requires.
        suspension: with `dry-run` no service is turned down, and what would be done is written down.
        partner_center_token: a bearer token for Partner Center, that somebody renews elsewhere. In its place:
        partner_center_tenant, _client_id, _client_secret: the app that logs in there by itself.
        partner_center_refresh_token_file: where that app keeps the refresh token of a user's consent.
        partner_center_cancel_azure: whether Azure subscriptions may be cancelled, as compromised, to suspend.
        partner_center_alerts: where Microsoft's alerts of fraud are read; without it from Graph where the app
            is set up, else fraud events where there is a token.
        partner_center_webhook_hosts: from whom the certificates of its webhooks are fetched, with commas.
        partner_center_webhook_roots: a PEM file of those roots alone at which their chains may end.
        usage_folder, activity_folder: where files stand in for a provider's usage and activity log.
        activity_rules: a file of rules for the activity log in place of the one that ships.
        worklist_rules: a file of service levels and of the worklist's order in place of the one that ships.
        *_base: where a product of a vendor answers instead; with any of them no other host is asked.
        api_tokens: which programs may use the REST API, as `name=token`, separated by commas; without it
            there is none.
        finance_email: who reads the daily digest; without it the digest is only kept.
        partner_center_cloud: whose Partner Center is ours; without it, none.
        incident_webhook_secret: with which notices of incidents are signed, as Standard Webhooks says.
        facts_webhook_secrets: with which other systems sign what they report, as `name=whsec_...`, separated
            by commas; a name may have two while its secret changes.
        events_url: where the seller's product is told of events, one address or several with commas.
        events_secret: with which events are signed, `whsec_...`; two with a comma while it changes.
        service_url, service_secret: where the seller's product turns its services down and up, signed so too.
        desk_keys: with which finance's pages seal what a browser keeps, as `page_keys`.
        desk_people, desk_groups: who has which role there, as `name=role`, separated by commas.
        desk_proxy_addresses: from where a reverse proxy connects that says who asks, addresses or networks;
            _user_header, _groups_header: in which headers; _secret: what it shows in a header of its own.
        desk_oidc_*: the provider of OpenID Connect at which people sign in, in place of a proxy; its claims
            that name a person and their groups, and the scopes to ask for.
        public_url: where the vendors reach our webhooks; without it they are told of none.
        page_keys: with which the links to the customers' own pages are sealed, each random and long, with
            commas: the first seals, all are accepted. Without one, messages link to no page.
        page_url: with which those links begin where that is another address than `public_url`, such as a
            shorter one for text messages; it has to lead to the same server.
        page_proxies: from where reverse proxies connect, addresses or networks with commas: who asks for a
            page is who they say; without it, it is who connects.
        page_days: so long a link to such a page works after the day of its message.
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
    twilio_account_sid: str | None = Field(default=None, pattern=r"^AC[0-9a-zA-Z]{32}$")
    twilio_api_key: SecretStr | None = None
    twilio_api_secret: SecretStr | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_shared_keys: SecretStr | None = None
    twilio_from: str | None = None
    twilio_messaging_service: str | None = Field(default=None, pattern=r"^MG[0-9a-zA-Z]{32}$")
    twilio_verify: str | None = Field(default=None, pattern=r"^VA[0-9a-zA-Z]{32}$")
    twilio_api_base: str | None = Field(default=None, pattern=_BASE)
    twilio_verify_base: str | None = Field(default=None, pattern=_BASE)
    twilio_lookups_base: str | None = Field(default=None, pattern=_BASE)
    twilio_lookup: bool = False
    onboarding_files: Path | None = None
    stripe_api_key: SecretStr | None = None
    stripe_base: str | None = Field(default=None, pattern=_BASE)
    stripe_webhook_secret: SecretStr | None = None
    stripe_mode: Literal["live", "test"] | None = None
    stripe_new_customers: bool = True
    stripe_charges: bool = False
    stripe_pause: Literal["keep_as_draft", "void", "mark_uncollectible"] = "keep_as_draft"
    credit_bureau_url: str | None = Field(default=None, pattern=_BASE)
    credit_bureau_key: SecretStr | None = None
    identity_url: str | None = Field(default=None, pattern=_BASE)
    identity_key: SecretStr | None = None
    sanctions_url: str | None = Field(default=None, pattern=_BASE)
    sanctions_key: SecretStr | None = None
    twilio_accounts_base: str | None = Field(default=None, pattern=_BASE)
    twilio_consents: bool = True
    sendgrid_api_key: SecretStr | None = None
    sendgrid_from: str | None = None
    sendgrid_webhook_key: str | None = None
    sendgrid_statutory_group: int | None = Field(default=None, ge=1)
    sendgrid_base: str | None = Field(default=None, pattern=_BASE)
    sendgrid_logs_base: str | None = Field(default=None, pattern=_BASE)
    finance_email: str | None = Field(default=None, pattern=r"^[^\s@<>]+@[^\s@<>]+$", repr=False)
    partner_center_cloud: CloudName | None = None
    incident_webhook_secret: SecretStr | None = None
    suspension: Literal["on", "dry-run"] = "on"
    facts_webhook_secrets: SecretStr | None = None
    events_url: str | None = Field(default=None, repr=False)  # a path may hold a secret
    events_secret: SecretStr | None = None
    service_url: str | None = Field(default=None, repr=False)
    service_secret: SecretStr | None = None
    partner_center_token: SecretStr | None = None
    partner_center_tenant: str | None = Field(default=None, pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{2,100}$")
    partner_center_client_id: str | None = Field(default=None, pattern=r"^[0-9A-Fa-f-]{36}$")
    partner_center_client_secret: SecretStr | None = None
    partner_center_refresh_token_file: Path | None = None
    partner_center_cancel_azure: bool = False
    partner_center_base: str | None = Field(default=None, pattern=_BASE)
    partner_center_login_base: str | None = Field(default=None, pattern=_BASE)
    partner_center_graph_base: str | None = Field(default=None, pattern=_BASE)
    partner_center_alerts: Literal["graph", "fraud_events", "none"] | None = None
    partner_center_webhook_hosts: str = Field(
        default="3psostorageacct.blob.core.windows.net", pattern=r"^[a-z0-9.-]+(,[a-z0-9.-]+)*$"
    )
    partner_center_webhook_roots: Path | None = None
    partner_center_webhook_cert_base: str | None = Field(default=None, pattern=_BASE)
    usage_folder: Path = Path("var/usage")
    activity_folder: Path = Path("var/activity")
    activity_rules: Path | None = None
    worklist_rules: Path | None = None
    desk_keys: SecretStr | None = None
    desk_people: str | None = None
    desk_groups: str | None = None
    desk_proxy_addresses: str | None = None
    desk_proxy_user_header: str | None = Field(default=None, pattern=_HEADER)
    desk_proxy_groups_header: str | None = Field(default=None, pattern=_HEADER)
    desk_proxy_secret: SecretStr | None = None
    desk_oidc_issuer: str | None = None
    desk_oidc_client_id: str | None = None
    desk_oidc_client_secret: SecretStr | None = None
    desk_oidc_name_claim: str = "preferred_username"
    desk_oidc_groups_claim: str = "groups"
    desk_oidc_scopes: str = "profile"
    public_url: str | None = Field(default=None, pattern=_BASE)
    api_tokens: SecretStr | None = None
    page_keys: SecretStr | None = None
    page_url: str | None = Field(default=None, pattern=_BASE)
    page_proxies: str | None = None
    page_days: int = Field(default=90, ge=1, le=3650)
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

    @field_validator("twilio_shared_keys")
    @classmethod
    def _keys_by_id(cls, value: SecretStr | None) -> SecretStr | None:
        pairs = [] if value is None else value.get_secret_value().split(",")
        if not all(re.fullmatch(r"\s*[A-Za-z0-9_-]+=\S+\s*", pair, re.ASCII) for pair in pairs):
            raise ValueError("write each key with its id, id=secret, and a comma between two")
        return value

    @property
    def shared_keys(self) -> dict[str, str]:
        """The secrets of Twilio's shared keys by id."""
        given = "" if self.twilio_shared_keys is None else self.twilio_shared_keys.get_secret_value()
        pairs = (pair.strip().partition("=") for pair in given.split(",") if pair.strip())
        return {id_: secret for id_, _, secret in pairs}

    @model_validator(mode="after")
    def _whole_vendors(self) -> Self:
        """A vendor is set up whole or not at all: half of one would send nothing, or hear nothing."""
        problems = [_half(self, "Twilio", _TWILIO), _half(self, "SendGrid", _SENDGRID)]
        if self.twilio_account_sid and (self.twilio_from is None) == (self.twilio_messaging_service is None):
            problems.append("set either TWILIO_FROM or TWILIO_MESSAGING_SERVICE, and not both")
        if self.twilio_shared_keys and not self.twilio_account_sid:
            problems.append(f"TWILIO_SHARED_KEYS needs the account: set {_names(_TWILIO)} too")
        if self.twilio_verify and not self.twilio_account_sid:
            problems.append(f"TWILIO_VERIFY needs the account: set {_names(_TWILIO)} too")
        asked = {
            "A credit bureau": _BUREAU,
            "An identity provider": _IDENTITY,
            "A list of sanctions": _SANCTIONS,
            "What the seller's product is told": _EVENTS,
            "The seller's product as a switch": _SERVICE,
        }
        for vendor, names in asked.items():
            problems.append(_half(self, vendor, names))
        if self.stripe_charges and not self.stripe_api_key:
            problems.append("STRIPE_CHARGES needs the account: set STRIPE_API_KEY too")
        if self.stripe_webhook_secret and self.stripe_live is None:
            problems.append("STRIPE_WEBHOOK_SECRET needs a mode: set STRIPE_MODE to live or test")
        if self.stripe_mode and self.stripe_live is not (self.stripe_mode == "live"):
            problems.append("STRIPE_MODE is not that of STRIPE_API_KEY: correct one of them")
        if self.twilio_lookup and not self.twilio_account_sid:
            problems.append(f"TWILIO_LOOKUP needs the account: set {_names(_TWILIO)} too")
        problems.append(_half(self, "Partner Center's app", _APP))
        if self.partner_center_refresh_token_file and not self.partner_center_tenant:
            problems.append(f"PARTNER_CENTER_REFRESH_TOKEN_FILE needs the app: set {_names(_APP)} too")
        if self.partner_center_token and self.partner_center_tenant:
            problems.append(f"set either PARTNER_CENTER_TOKEN or {_names(_APP)}, and not both")
        if (self.page_keys or self.page_url) and not self.public_url:
            problems.append("PAGE_KEYS and PAGE_URL need the address of `serve`: set PUBLIC_URL too")
        if self.page_url and not self.page_keys:
            problems.append("PAGE_URL needs a key that seals the links: set PAGE_KEYS too")
        if self.partner_center_tenant and self.partner_center_base and not self.partner_center_login_base:
            problems.append("with PARTNER_CENTER_BASE set, PARTNER_CENTER_LOGIN_BASE stands in too: set it")
        problems += [_half(self, "The desk's proxy", _DESK_PROXY), _half(self, "OpenID Connect", _DESK_OIDC)]
        problems.append(_desk(self))
        if told := [problem for problem in problems if problem]:
            raise ValueError("; ".join(told))
        return self

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _secrets(cls, value: SecretStr | None) -> SecretStr | None:
        given = [] if value is None else value.get_secret_value().split(",")
        if not all(_WEBHOOK_SECRET.fullmatch(each.strip()) for each in given):
            raise ValueError("write each secret as Stripe shows it, whsec_..., and a comma between two")
        return value

    @property
    def stripe_secrets(self) -> tuple[str, ...]:
        """The secrets with which Stripe signs its webhooks."""
        given = "" if self.stripe_webhook_secret is None else self.stripe_webhook_secret.get_secret_value()
        return tuple(each.strip() for each in given.split(",") if each.strip())

    @property
    def stripe_live(self) -> bool | None:
        """Whether Stripe's money is real, as the key or else the mode says; None where nobody does."""
        key = "" if self.stripe_api_key is None else self.stripe_api_key.get_secret_value()
        mode = _STRIPE_KEY.match(key)
        said = self.stripe_mode if mode is None else mode[1]
        return None if said is None else said == "live"

    @field_validator("api_tokens")
    @classmethod
    def _callers(cls, value: SecretStr | None) -> SecretStr | None:
        pairs = [] if value is None else _pairs(value.get_secret_value())
        for number, (name, token) in enumerate(pairs, start=1):
            if not _CALLER.fullmatch(name) or len(token) < _SHORTEST_TOKEN:
                raise ValueError(
                    f"entry {number} cannot be used: write name=token, the name in lower-case letters,"
                    f" the token random and of at least {_SHORTEST_TOKEN} characters"
                )
        for part in (0, 1):
            if len({pair[part] for pair in pairs}) < len(pairs):
                raise ValueError("each program has a name and a token of its own: two are alike")
        return value

    @field_validator("facts_webhook_secrets")
    @classmethod
    def _reporters(cls, value: SecretStr | None) -> SecretStr | None:
        pairs = [] if value is None else _pairs(value.get_secret_value())
        for number, (name, secret) in enumerate(pairs, start=1):
            if not _CALLER.fullmatch(name) or not _can_sign(secret):
                raise ValueError(
                    f"entry {number} cannot be used: write name=whsec_... and a comma between two"
                )
        if len({secret for _, secret in pairs}) < len(pairs):
            raise ValueError("each system has a secret of its own: two are alike")
        return value

    @field_validator("page_keys", "desk_keys")
    @classmethod
    def _long_keys(cls, value: SecretStr | None) -> SecretStr | None:
        several = [] if value is None else _several(value.get_secret_value())
        if value is not None and (not several or min(map(len, several)) < SHORTEST_KEY):
            raise ValueError(
                f"write a random key of at least {SHORTEST_KEY} characters, such as"
                " `openssl rand -hex 32` prints; two with a comma between them"
            )
        return value

    @field_validator("page_proxies")
    @classmethod
    def _page_proxies(cls, value: str | None) -> str | None:
        try:
            list(map(ip_network, _several(value or "")))
        except ValueError:
            raise ValueError("write addresses or networks, like 10.0.0.9 or 10.0.0.0/24") from None
        return value

    @property
    def page_proxy_networks(self) -> list[IPv4Network | IPv6Network]:
        """From where a reverse proxy connects that says who asks for a page."""
        return list(map(ip_network, _several(self.page_proxies or "")))

    @property
    def page_secrets(self) -> list[str]:
        """With which the links to the customers' own pages are sealed, the one that seals first."""
        return _several(self.page_keys.get_secret_value()) if self.page_keys else []

    @field_validator("events_secret", "service_secret")
    @classmethod
    def _signing(cls, value: SecretStr | None) -> SecretStr | None:
        several = [] if value is None else _several(value.get_secret_value())
        if value is not None and (not several or not all(map(_can_sign, several))):
            raise ValueError(
                "write whsec_ and a key of 24 to 64 bytes in base64; two with a comma between them"
            )
        return value

    @field_validator("events_url", "service_url")
    @classmethod
    def _told_at(cls, value: str | None) -> str | None:
        several = [] if value is None else _several(value)
        for number, url in enumerate(several, start=1):
            if (wrong := _unsafe(url)) is not None:
                raise ValueError(f"address {number} {wrong}")
        if value is not None and not several:
            raise ValueError("write an address, like https://app.example/arrears")
        return value

    @field_validator("service_url")
    @classmethod
    def _one_product(cls, value: str | None) -> str | None:
        if value is not None and len(_several(value)) > 1:
            raise ValueError("write one address: a service is kept in one place")
        return value

    @field_validator("desk_people", "desk_groups")
    @classmethod
    def _roles(cls, value: str | None) -> str | None:
        for number, (name, role) in enumerate(_pairs(value or ""), start=1):
            if not name or role not in ROLES:
                raise ValueError(
                    f"entry {number} cannot be used: write name=role, of which there are {', '.join(ROLES)}"
                )
        return value

    @field_validator("desk_proxy_addresses")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        for number, text in enumerate(_several(value or ""), start=1):
            try:
                ip_network(text)
            except ValueError:
                raise ValueError(f"entry {number} is no address or network, like 10.0.0.0/24") from None
        if value is not None and not _several(value):
            raise ValueError("write the address of the proxy, like 10.0.0.9")
        return value

    @field_validator("desk_oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value is not None and (wrong := _unsafe(value)) is not None:
            raise ValueError(wrong)
        return value

    @property
    def desk_secrets(self) -> list[str]:
        """With which finance's pages seal, the one that seals first."""
        return _several(self.desk_keys.get_secret_value()) if self.desk_keys else []

    @property
    def desk_url(self) -> str | None:
        """Where finance's desk is; None where nobody is let in, or where it has no public address."""
        opened = self.desk_proxy_user_header or self.desk_oidc_issuer
        return f"{self.public_url}/desk" if self.public_url and opened else None

    @property
    def desk_networks(self) -> list[IPv4Network | IPv6Network]:
        """From where a proxy connects that says who asks."""
        return [ip_network(text) for text in _several(self.desk_proxy_addresses or "")]

    @property
    def desk_appointed(self) -> Appointed:
        """Who has which role at the desk."""
        people, groups = _pairs(self.desk_people or ""), _pairs(self.desk_groups or "")
        return Appointed(people=_as_roles(people), groups=_as_roles(groups))

    @property
    def reporters(self) -> list[tuple[str, str]]:
        """The names of the systems that report by webhook, each with a secret."""
        given = self.facts_webhook_secrets
        return [] if given is None else _pairs(given.get_secret_value())

    @property
    def event_urls(self) -> list[str]:
        """Where the seller's product is told of events."""
        return list(dict.fromkeys(_several(self.events_url or "")))

    @property
    def event_secrets(self) -> list[str]:
        """With which events are signed."""
        return _several(self.events_secret.get_secret_value()) if self.events_secret else []

    @property
    def service_secrets(self) -> list[str]:
        """With which what is asked of the seller's product is signed."""
        return _several(self.service_secret.get_secret_value()) if self.service_secret else []

    @property
    def callers(self) -> dict[str, str]:
        """The tokens of the programs that may use the REST API, by their names."""
        return dict(_pairs(self.api_tokens.get_secret_value())) if self.api_tokens else {}

    @property
    def sms_sender(self) -> str:
        """The number or Messaging Service that SMS come from; empty without Twilio."""
        return self.twilio_messaging_service or self.twilio_from or ""

    @property
    def standing_in(self) -> bool:
        """Whether any base URL stands in for a vendor's: then no host is asked that none is set for."""
        return any(value is not None for name, value in self if name.endswith("_base"))

    @field_validator("seller_timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if not known_zone(value):
            raise ValueError("write an IANA time zone, like Europe/Berlin")
        return value

    @classmethod
    def from_env(cls) -> "Settings":
        """Read the environment, and the files that it names.

        Raises:
            BadSettings: a variable cannot be used; the message names each and never shows a value.
        """
        try:
            found = gathered(os.environ, cls.names())
        except BadEnvironment as error:
            raise BadSettings(str(error)) from None
        given: dict[str, Any] = {name.lower(): value for name, value in found.values.items()}
        try:
            return cls(**given)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False, include_context=False)
            lines = [_line(detail["loc"], detail["msg"], found.places) for detail in details]
            raise BadSettings("\n".join(lines)) from None

    @classmethod
    def names(cls) -> Names:
        """Return the variables that there are, and which of them are secret."""
        all_ = frozenset(name.upper() for name in cls.model_fields)
        hidden = {name.upper() for name, info in cls.model_fields.items() if _is_secret(info.annotation)}
        return Names(all=all_, secret=frozenset({*hidden, "DATABASE_URL"}))

    @classmethod
    def misspelt(cls) -> list[str]:
        """Return a sentence for each variable of the environment that looks like one of ours and is none."""
        names = cls.names()
        told = (names.strange(name.upper()) for name in sorted(os.environ))
        return [words for words in told if words is not None]


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or SecretStr in get_args(annotation)


def _line(place: tuple[int | str, ...], words: str, files: Mapping[str, str]) -> str:
    """Say what is wrong, after the variable where it is one alone, and the file where it is in one."""
    said, name = words.removeprefix("Value error, "), ".".join(map(str, place)).upper()
    where = f"{files[name]}: " if name in files else ""
    return f"{where}{name}: {said}" if place else said


def _pairs(text: str) -> list[tuple[str, str]]:
    entries = (entry.strip().partition("=") for entry in text.split(",") if entry.strip())
    return [(name.strip(), token.strip()) for name, _, token in entries]


def _as_roles(pairs: list[tuple[str, str]]) -> dict[str, Role]:
    """Return the highest role that is written for each name."""
    found: dict[str, Role] = {}
    for name, written in pairs:
        role = next(role for role in ROLES if role == written)
        found[name] = highest([role, *([found[name]] if name in found else [])]) or role
    return found


def _can_sign(secret: str) -> bool:
    try:
        return bool(signing_key(secret))
    except ValueError:
        return False


def _several(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _unsafe(url: str) -> str | None:
    """Say why nothing is to be sent to an address of the seller's product."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", url):
        return "is no URL of http or https"
    if parts.username is not None or parts.fragment:
        return "holds a user or a fragment: leave that out"
    if parts.scheme == "http" and host not in _ON_THIS_MACHINE:
        return "is not https: only on this machine it may be http"
    return None


def _desk(settings: Settings) -> str | None:
    """Say what finance's pages lack, where somebody is to be let in."""
    proxy, provider = settings.desk_proxy_addresses is not None, settings.desk_oidc_issuer is not None
    if proxy and provider:
        return "people come to the desk through a proxy or by OpenID Connect: set one of the two"
    if not proxy and not provider:
        return None
    if settings.desk_keys is None:
        return "the desk needs a key: set DESK_KEYS"
    if not settings.desk_people and not settings.desk_groups:
        return "nobody has a role at the desk: set DESK_PEOPLE or DESK_GROUPS"
    return None


def _half(settings: Settings, vendor: str, names: tuple[str, ...]) -> str | None:
    """Say what is missing of a vendor of which something is set."""
    missing = tuple(name for name in names if getattr(settings, name) is None)
    if not missing or len(missing) == len(names):
        return None
    return f"{vendor} is set up by half: set {_names(missing)} too"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(name.upper() for name in names)
