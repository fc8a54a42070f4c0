"""The ledger: its tables and database, and what in it waits, is silent, held or missing."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from domain.documents import BadDocument
from domain.interest.rates import Rates
from ending import ledger_words
from selfcheck.finding import Finding
from settings import Settings
from store import (
    alike,
    breakers,
    claims,
    clock,
    condition,
    controls,
    echoes,
    event_deliveries,
    inbox,
    monitors,
    onboarding_rules,
    outside,
    policies,
    rates,
    refusals,
    sweep,
    switches,
)
from store.database import Ledger, migrate

ROW_AHEAD = timedelta(days=30)
"""So long before a rate of interest runs out `doctor` asks for the next row."""

UNSETTLED = timedelta(minutes=15)
"""Longer than a vendor is asked before an effect counts as unknown or is done again."""

WEEK = timedelta(days=7)
ECHO = timedelta(hours=2)
"""So long a vendor may take to tell of a message."""


def of_ledger(settings: Settings) -> list[Finding]:
    """Look at the ledger; one that is not there yet is made, and one of another version is let be."""
    about = f"ledger ({settings.database_url.split('://', 1)[0]})"
    try:
        tables = condition.tables(settings.database_url)
        if tables.there not in (None, tables.wanted):
            return [_other_version(about, tables)]
        migrate(settings.database_url)
        with closing(Ledger(settings.database_url)) as ledger:
            identity = Finding(about=about, ok=True, words=f"identity {ledger.identity}")
            looks = (_work, _doors, _events, _monitors, _policies, _rates, _onboarding, _switches, _controls)
            found = [finding for look in looks for finding in look(ledger)]
            return [identity, *_database(ledger), *found, *_echoes(ledger, _expected(settings))]
    except (SQLAlchemyError, CommandError, OSError) as error:
        return [Finding(about=about, ok=False, words=ledger_words(error))]


def _other_version(about: str, tables: condition.Tables) -> Finding:
    """Say how its tables differ; a look brings nobody's ledger to another version."""
    if str(tables.there) > tables.wanted:
        words = "it was written by a newer version of Arrears: use that version"
    else:
        words = (
            f"its tables are those of {tables.there}, and this version has {tables.wanted}: stop old workers;"
            " the first worker or command of this version brings them up to date"
        )
    return Finding(about=about, ok=False, words=words, then="workers of two versions hinder each other")


def _database(ledger: Ledger) -> Iterator[Finding]:
    found = condition.condition(ledger)
    yield Finding(about="database", ok=True, words=found.version)
    for wrong in found.wrong:
        yield Finding(about="database", ok=False, words=wrong, then="a message may go out twice")


def _work(ledger: Ledger) -> Iterator[Finding]:
    now = clock.read(ledger).business(datetime.now(UTC))
    waiting = sweep.due(ledger, now=now, limit=1000)
    words = f"{len(waiting)} customers wait for a look" + (": do workers run?" if waiting else "")
    yield Finding(about="sweep", ok=not waiting, words=words)
    open_claims = claims.unsettled(ledger, before=now - UNSETTLED)
    words = f"{len(open_claims)} effects of which nobody knows the outcome for a quarter of an hour"
    yield Finding(about="claims", ok=not open_claims, words=words)


def _doors(ledger: Ledger) -> Iterator[Finding]:
    """Say what the doors refused this week, and what was about nobody we know; neither is a fault of ours."""
    since = clock.read(ledger).business(datetime.now(UTC)) - WEEK
    refused = refusals.since(ledger, since.date())
    told = ", ".join(f"{count} at {door} ({why})" for (door, why), count in refused.items())
    yield Finding(about="webhooks refused this week", ok=True, words=told or "none")
    unknown = inbox.unknown_since(ledger, since)
    told = ", ".join(f"{count} of {source}" for source, count in unknown.items())
    yield Finding(about="webhooks about nobody we know", ok=True, words=told or "none")
    yield _untaken(ledger)


def _untaken(ledger: Ledger) -> Finding:
    """Say what systems outside have told that could not be taken yet, and for what the first of it waits."""
    waiting = outside.waiting(ledger)
    if not waiting:
        return Finding(about="told and not taken yet", ok=True, words="nothing")
    counts = Counter(each.source for each in waiting)
    told = ", ".join(f"{count} of {source}" for source, count in sorted(counts.items()))
    words = f"{told}; since {waiting[0].heard_at:%d %b %H:%M} UTC: {waiting[0].why}"
    return Finding(about="told and not taken yet", ok=True, words=words)


def _events(ledger: Ledger) -> Iterator[Finding]:
    """Say of each endpoint of the seller's product what waits for it, and which was shut."""
    for each in event_deliveries.endpoints(ledger):
        if each.closed_at is not None:
            continue
        about = f"events for {each.name} at {each.host}"
        if each.shut_at is None:
            oldest = "" if each.oldest_at is None else f", the oldest since {each.oldest_at:%d %b %H:%M} UTC"
            yield Finding(about=about, ok=True, words=f"{each.waiting} wait{oldest}")
        else:
            words = f"shut, {each.why}: mend it, then `starter.py events resume {each.name}`"
            yield Finding(about=about, ok=False, words=words, then=f"nothing is sent, {each.waiting} wait")


def _expected(settings: Settings) -> dict[str, str]:
    """Return by channel which vendor is to call back about messages: it is set up, and knows where to."""
    vendors = {"email": ("sendgrid", settings.sendgrid_api_key), "sms": ("twilio", settings.twilio_api_key)}
    called = settings.public_url is not None
    return {channel: name for channel, (name, key) in vendors.items() if called and key is not None}


def _echoes(ledger: Ledger, expected: Mapping[str, str]) -> Iterator[Finding]:
    """Say what each door heard lately, and of which vendor nothing came although messages went out."""
    now = clock.read(ledger).business(datetime.now(UTC))
    found = echoes.heard(ledger, since=now - WEEK)
    told = ", ".join(
        f"{each.count} from {source}, last {_ago(now - each.last_at)}" for source, each in found.items()
    )
    yield Finding(about="webhooks heard this week", ok=True, words=told or "none")
    out = echoes.sent(ledger, since=now - WEEK, before=now - ECHO)
    for channel, source in expected.items():
        if out.get(channel) and source not in found:
            words = (
                f"nothing came from {source} although {out[channel]} messages went out:"
                " does it know PUBLIC_URL, and does `serve` run?"
            )
            then = "what arrived is known late, by asking, and neither replies nor opt-outs are heard"
            yield Finding(about=f"webhooks of {source}", ok=False, words=words, then=then)


def _ago(passed: timedelta) -> str:
    """Say how long ago something was, in the largest unit that tells something."""
    minutes = max(0, int(passed / timedelta(minutes=1)))
    for size, unit in ((24 * 60, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit} ago"
    return f"{minutes} minutes ago"


def _monitors(ledger: Ledger) -> Iterator[Finding]:
    """Say which watch has gone silent, and what the others could tell nobody about."""
    now = clock.read(ledger).business(datetime.now(UTC))
    silent = {each.name for each in monitors.silent(ledger, now=now)}
    for monitor in monitors.all_of(ledger):
        if monitor.name in silent:
            yield Finding(about=f"monitor {monitor.name}", ok=False, words=monitor.words)
            continue
        told = ", ".join(f"{count} {word}" for word, count in sorted(monitor.unknown.items()))
        last = f"{monitor.succeeded_at:%d %b %Y %H:%M} UTC" if monitor.succeeded_at else "not yet"
        words = f"last went through: {last}" + (f"; of no use: {told}" if told else "")
        yield Finding(about=f"monitor {monitor.name}", ok=True, words=words)


def _policies(ledger: Ledger) -> Iterator[Finding]:
    adopted = [row for row in policies.listed(ledger) if row.position is not None]
    if not adopted:
        words = "none is adopted, so nobody is written to: `starter.py policy adopt FILE` does it"
        yield Finding(about="policies", ok=False, words=words)
        return
    yield Finding(about="policies", ok=True, words=", ".join(row.name for row in adopted))
    with ledger.read() as session:
        left = policies.uncovered(session)
    for segment, count in sorted(left.items()):
        words = (
            f"{count} customers are of segment {segment}, which no adopted policy is for, with all it asks"
        )
        yield Finding(about="policies", ok=False, words=words)


def _onboarding(ledger: Ledger) -> Iterator[Finding]:
    with ledger.read() as session:
        rules = onboarding_rules.in_force(session)
    yield Finding(about="onboarding", ok=True, words=f"decision table {rules.rules} {rules.version} decides")
    open_ = len(alike.listed(ledger))
    words = f"{open_} are open" + (": `starter.py onboarding bursts`" if open_ else "")
    yield Finding(about="bursts of applications", ok=not open_, words=words)


def _rates(ledger: Ledger) -> Iterator[Finding]:
    """Name the rows of interest by law that customers' countries need now, or soon."""
    try:
        tables = rates.shipped()
    except BadDocument as error:
        yield Finding(about="rates", ok=False, words=f"nobody is looked at before they are mended: {error}")
        return
    with ledger.read() as session:
        countries = policies.countries_with_interest_by_law(session)
    today = clock.read(ledger).business(datetime.now(UTC)).date()
    lacking = dict.fromkeys(filter(None, (_lacking(tables, country, today) for country in countries)))
    for words in lacking:
        yield Finding(about="rates", ok=False, words=f"{words}: without it no interest is proposed")
    if countries and not lacking:
        yield Finding(about="rates", ok=True, words=f"interest by law for {', '.join(countries)}")


def _lacking(tables: Rates, country: str, today: date) -> str | None:
    """Say which row of a country's table is missing, or will be in a month."""
    table = tables.table_for(country)
    if table is None:
        return f"no table in policies/rates/ is for {country}"
    file = f"policies/rates/{table.rows_of or table.table}.yaml"
    if (row := tables.lacking(table, today)) is not None:
        return f"{file} lacks row {row}"
    row = tables.lacking(table, today + ROW_AHEAD)
    return None if row is None else f"{file} will lack row {row} within {ROW_AHEAD.days} days"


def _controls(ledger: Ledger) -> Iterator[Finding]:
    """Name the controls that are off or did not run when they should; a person decided the first."""
    now = clock.read(ledger).business(datetime.now(UTC))
    with ledger.read() as session:
        found = controls.register(session, now)
    for each in found:
        for words in each.words:
            yield Finding(about="control", ok=each.off is not None or not each.overdue, words=words)
    if not any(each.words for each in found):
        yield Finding(about="controls", ok=True, words=f"{len(found)} are on, and ran when they should")


def _switches(ledger: Ledger) -> Iterator[Finding]:
    holding = [*switches.holding(switches.read(ledger)), *breakers.holding(ledger)]
    for words in holding:
        yield Finding(about="switch", ok=False, words=words)
    if not holding:
        yield Finding(about="switch", ok=True, words="go")
