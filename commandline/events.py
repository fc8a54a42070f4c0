"""Events: what the seller's own product is told, how far each came, and what it may be told."""

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commandline.session import now_of, open_ledger
from commandline.values import AsJson, By
from ending import Stop
from settings import Settings

if TYPE_CHECKING:
    from store.event_deliveries import Endpoint, Listed

app = typer.Typer(help="See what the seller's product is told, and tell it again.", no_args_is_help=True)

EventId = Annotated[str, typer.Argument(metavar="ID", help="as `events list` shows it, like evt_1f2e...")]


@app.command(name="list")
def list_events(
    customer: Annotated[str | None, typer.Option(help="of this customer alone")] = None,
    unsent: Annotated[bool, typer.Option("--unsent", help="only what has not arrived everywhere")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="so many, the newest")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the endpoints and the newest events, with how far each came."""
    from store import event_deliveries

    ledger = open_ledger(Settings.from_env())
    endpoints = event_deliveries.endpoints(ledger)
    found = event_deliveries.listed(ledger, customer=customer, unsent=unsent, limit=limit)
    if as_json:
        said = {"endpoints": [*map(_endpoint, endpoints)], "events": [*map(_event, found)]}
        typer.echo(json.dumps(said, indent=2))
        return
    if not endpoints:
        typer.echo("there is no endpoint: set EVENTS_URL and EVENTS_SECRET, and start the worker anew")
    for endpoint in endpoints:
        typer.echo(_endpoint_line(endpoint))
    for event in found:
        typer.echo(f"{event.id}  {event.at:%Y-%m-%d %H:%M}  {event.type:<24} {_far(event)}")


@app.command()
def show(event: EventId, as_json: AsJson = False) -> None:
    """Show an event: what is sent, and how far it came on its way to each endpoint."""
    from store import event_deliveries

    found = _found(lambda: event_deliveries.shown(open_ledger(Settings.from_env()), event))
    if as_json:
        typer.echo(json.dumps(_event(found), indent=2))
        return
    typer.echo(f"{found.id}: {found.type}, {found.at:%Y-%m-%d %H:%M} UTC")
    typer.echo(json.dumps(json.loads(found.body), indent=2, ensure_ascii=False))
    for way in found.deliveries:
        answered = "no answer yet" if way.status is None else f"the last answer was {way.status}"
        then = f", again at {way.next_at:%Y-%m-%d %H:%M} UTC" if way.state == "waiting" else ""
        typer.echo(f"{way.endpoint}: {way.state} after {way.attempts} attempts, {answered}{then}")


@app.command()
def replay(event: EventId, by: By = "cli") -> None:
    """Send an event once more to every endpoint, under the same id."""
    from store import event_deliveries

    ledger = open_ledger(Settings.from_env())
    names = _found(lambda: event_deliveries.replay(ledger, event, now=now_of(ledger), by=by))
    typer.echo(f"{event}: goes out again to {', '.join(names)} within a minute or so")


@app.command()
def resume(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="as `events list` shows it")],
    by: By = "cli",
) -> None:
    """Send to an endpoint again that was shut, or at once to one that rests, with all that waits for it."""
    from store import event_deliveries

    ledger = open_ledger(Settings.from_env())
    waiting = _found(lambda: event_deliveries.resume(ledger, endpoint, now=now_of(ledger), by=by))
    typer.echo(f"{endpoint}: sent to again; {waiting} events wait for it")


@app.command(name="test")
def try_out() -> None:
    """Send a test event to each address of EVENTS_URL now, and say what it answers; nothing is written."""
    import uuid
    from datetime import UTC, datetime

    from composition import event_endpoints
    from domain.events.catalogue import TEST
    from domain.events.event import Event

    endpoints = event_endpoints(Settings.from_env())
    if not endpoints:
        raise Stop("there is no endpoint: set EVENTS_URL and EVENTS_SECRET", status=2)
    event = Event(type=TEST, cause=uuid.uuid4().hex, customer=None, at=datetime.now(UTC), data={})
    failed = 0
    for endpoint in endpoints:
        began = time.monotonic()
        answered = endpoint.post(event.id, event.body)
        failed += not answered.taken
        word = "taken" if answered.taken else "not taken"
        took = time.monotonic() - began
        typer.echo(f"{endpoint.name} at {endpoint.host}: {word}, {answered.words} after {took:.1f} s")
    if failed:
        raise Stop(f"{failed} of {len(endpoints)} endpoints did not take {event.id}")


@app.command()
def catalogue(as_json: AsJson = False) -> None:
    """Print every event that there is, when it is told, and what it says."""
    from domain.events.catalogue import CATALOGUE

    if as_json:
        typer.echo(json.dumps([_kind(each) for each in CATALOGUE], indent=2))
        return
    for kind in CATALOGUE:
        typer.echo(f"{kind.type}: {kind.when}")
        for field in kind.fields:
            typer.echo(f"    {field.name}{'' if field.always else '?'}: {field.says}")


def _found(ask: Any) -> Any:
    from store.errors import Refused

    try:
        return ask()
    except Refused as refused:
        raise Stop(str(refused)) from None


def _kind(kind: Any) -> dict[str, Any]:
    fields = [{"name": each.name, "says": each.says, "always": each.always} for each in kind.fields]
    return {"type": kind.type, "when": kind.when, "fields": fields, "example": dict(kind.example)}


def _endpoint_line(endpoint: "Endpoint") -> str:
    if endpoint.closed_at is not None:
        how = f"not set since {endpoint.closed_at:%Y-%m-%d}"
    elif endpoint.shut_at is not None:
        how = f"shut since {endpoint.shut_at:%Y-%m-%d %H:%M}, {endpoint.why}"
    elif endpoint.failures:
        how = f"{endpoint.failures} failures in a row"
    else:
        how = "well"
    oldest = "" if endpoint.oldest_at is None else f", the oldest of {endpoint.oldest_at:%Y-%m-%d %H:%M}"
    return f"{endpoint.name} at {endpoint.host}: {how}; {endpoint.waiting} events wait{oldest}"


def _far(event: "Listed") -> str:
    words = [f"{way.state}" + (f" ({way.status})" if way.status else "") for way in event.deliveries]
    return f"{event.customer or '-'}  {', '.join(words)}"


def _endpoint(endpoint: "Endpoint") -> dict[str, Any]:
    return {
        "endpoint": endpoint.name,
        "host": endpoint.host,
        "open": endpoint.closed_at is None,
        "shut_at": _iso(endpoint.shut_at),
        "why": endpoint.why,
        "failures": endpoint.failures,
        "answered_at": _iso(endpoint.answered_at),
        "waiting": endpoint.waiting,
        "oldest_at": _iso(endpoint.oldest_at),
    }


def _event(event: "Listed") -> dict[str, Any]:
    ways: Sequence[Any] = event.deliveries
    return {
        "id": event.id,
        "type": event.type,
        "customer": event.customer,
        "at": _iso(event.at),
        "body": json.loads(event.body),
        "deliveries": [
            {
                "endpoint": way.endpoint,
                "state": way.state,
                "attempts": way.attempts,
                "next_at": _iso(way.next_at) if way.state == "waiting" else None,
                "status": way.status,
            }
            for way in ways
        ],
    }


def _iso(at: Any) -> str | None:
    return None if at is None else at.isoformat()
