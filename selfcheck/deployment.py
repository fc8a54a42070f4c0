"""What is here, on this machine: settings, and files that are read and written."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from tempfile import TemporaryFile

from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

import lawbooks
from composition import onboarding_files, refresh_token_age
from domain.clouds import CLOUDS
from domain.contact_law.whereabouts import Whereabouts
from domain.documents import BadDocument
from domain.errors import Misconfigured
from ending import Stop
from selfcheck.finding import Finding
from settings import Settings
from store import whereabouts
from store.database import Ledger, is_there

REFRESH_OLD_DAYS, REFRESH_URGENT_DAYS, REFRESH_LIVES_DAYS = 60, 80, 90
"""How old Partner Center's refresh token is said to be, is pressed for, and may become."""


def of_settings(settings: Settings) -> list[Finding]:
    """Say what the settings make of this deployment, and which variables look like one of ours."""
    found = [Finding(about="settings", ok=True, words=f"task queue {settings.task_queue}")]
    found += [Finding(about="settings", ok=True, words=words) for words in Settings.misspelt()]
    absent = {
        "FINANCE_EMAIL": (settings.finance_email, "the daily digest is only kept"),
        "PAGE_KEYS": (settings.page_keys, "no message links to a page of the customer's own"),
        "API_TOKENS": (settings.api_tokens, "there is no REST API"),
        "INCIDENT_WEBHOOK_SECRET": (settings.incident_webhook_secret, "no notice of an incident is taken"),
        "FACTS_WEBHOOK_SECRETS": (settings.facts_webhook_secrets, "no system reports by webhook"),
        "STRIPE_WEBHOOK_SECRET": (settings.stripe_webhook_secret, "no invoice or money comes from Stripe"),
    }
    for name, (value, words) in absent.items():
        if value is None:
            found.append(Finding(about=name, ok=True, words=f"not set: {words}"))
    return found


def of_files(settings: Settings) -> list[Finding]:
    """Look at the files that are read and written."""
    return [
        *_contact_law(settings),
        _onboarding_lists(settings),
        _outbox(settings),
        _cloud(settings),
        *refresh_token(settings),
    ]


def _contact_law(settings: Settings) -> Iterator[Finding]:
    """Say how surely the rules were read, and for how many customers some were not."""
    about = "contact law"
    try:
        books = lawbooks.books_of(settings)
    except (Stop, BadDocument, OSError) as error:
        yield Finding(about=about, ok=False, words=str(error))
        return
    yield Finding(about=about, ok=True, words="; ".join(books.confidence))
    for (country, region), count in sorted(_whereabouts(settings).items(), key=str):
        where = Whereabouts(region=region)
        for warning in books.warnings(country, where):
            who = "1 customer" if count == 1 else f"{count} customers"
            yield Finding(about=about, ok=True, words=f"{who}: {warning}")


def _onboarding_lists(settings: Settings) -> Finding:
    """Say what is wrong with the lists and tables that new customers are checked against."""
    wrong = []
    for read in onboarding_files(settings).all():
        try:
            read()
        except Misconfigured as why:
            wrong.append(str(why))
    return Finding(about="onboarding lists", ok=not wrong, words="; ".join(wrong) or "can be read")


def _whereabouts(settings: Settings) -> Mapping[tuple[str | None, str | None], int]:
    """Count the customers of each place; of a ledger that cannot be read nothing, it is a finding already."""
    try:
        if not is_there(settings.database_url):
            return {}
        with closing(Ledger(settings.database_url)) as ledger:
            return whereabouts.counted(ledger)
    except (SQLAlchemyError, CommandError):
        return {}


def _cloud(settings: Settings) -> Finding:
    """Say which cloud is ours, how we log in there, and what it does not have."""
    logins = (
        (settings.partner_center_token, "by a token that is given"),
        (settings.partner_center_refresh_token_file, "by an app, also on behalf of a user"),
        (settings.partner_center_tenant, "by an app alone"),
    )
    how = next((words for given, words in logins if given is not None), None)
    name = settings.partner_center_cloud or ("commercial" if how else None)
    if name is None:
        return Finding(about="cloud of Partner Center", ok=True, words="none is set up")
    cloud = CLOUDS[name]
    lacking = sorted(each.replace("_", " ") for each in CLOUDS["commercial"].offers - cloud.offers)
    without = f", which has no {', '.join(lacking)}" if lacking else ""
    words = f"{name} at {cloud.api}, {how or 'without a login'}{without}"
    return Finding(about="cloud of Partner Center", ok=True, words=words)


def refresh_token(settings: Settings) -> Iterator[Finding]:
    """Say how old Partner Center's refresh token is: unused for 90 days it holds no more."""
    about = "Partner Center's refresh token"
    try:
        age = refresh_token_age(settings, datetime.now(UTC))
    except Misconfigured as wrong:
        yield Finding(about=about, ok=False, words=str(wrong))
        return
    if age is None:
        return
    words = f"{age.days} days old; each use renews it"
    if age.days >= REFRESH_LIVES_DAYS:
        words = f"{age.days} days old and holds no more: consent again, see docs/partner-center.md"
    elif age.days >= REFRESH_URGENT_DAYS:
        words += f". It ends in {REFRESH_LIVES_DAYS - age.days} days: see today that a worker uses it"
    elif age.days >= REFRESH_OLD_DAYS:
        words += ", and nothing has used it for long: does a worker read usage?"
    yield Finding(about=about, ok=age.days < REFRESH_OLD_DAYS, words=words)


def _outbox(settings: Settings) -> Finding:
    """Try to write where messages go; a folder's rights do not tell it of every disk."""
    about = f"outbox {settings.outbox}"
    try:
        settings.outbox.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=settings.outbox):
            return Finding(about=about, ok=True, words="can be written")
    except OSError as error:
        words = f"cannot be written ({error.strerror or error}): no message goes out; set OUTBOX, or mend it"
        return Finding(about=about, ok=False, words=words)
