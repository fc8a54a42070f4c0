"""Partner Center: where its webhooks go, whether they arrive, and how budgets stand there."""

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from commandline.session import open_ledger
from commandline.values import AsJson
from ending import WRONG_USAGE, Stop
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.hints import Registered, Tried

PATH = "/webhooks/partner-center"
WAIT_SECONDS, TIMES = 2.0, 5

app = typer.Typer(no_args_is_help=True, help="Partner Center: its webhooks, and the budgets that it keeps.")
webhooks = typer.Typer(help="Where Partner Center sends its events.")
app.add_typer(webhooks, name="webhooks")


@app.command()
def budgets(as_json: AsJson = False) -> None:
    """Show how the budgets stand at the provider that were agreed with customers."""
    from store import budgets as kept

    settings = Settings.from_env()
    found = kept.all_of(open_ledger(settings))
    if as_json:
        listed = [
            {
                "customer": each.customer_id,
                "account": each.account,
                "agreed": each.wanted,
                "currency": each.currency,
                "there": each.read,
                "read_at": None if each.read_at is None else each.read_at.isoformat(),
                "says": each.says,
            }
            for each in found
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    for each in found:
        read = f", read {each.read_at:%d %b %H:%M} UTC" if each.read_at else ""
        there = f"{each.wanted} {each.currency} at {each.account}{read}" if each.account else "none there"
        typer.echo(f"{each.customer_id}: {each.says or there}")
    typer.echo(f"budgets: {len(found)}")
    if settings.partner_center_cloud == "china_21vianet":
        typer.echo("Partner Center of china_21vianet keeps no budgets: none is set there.")


@webhooks.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show where Partner Center sends its events now, and which."""
    if context.invoked_subcommand is not None:
        return
    with _answered():
        there = _registration().there()
    if as_json:
        typer.echo(
            json.dumps(None if there is None else {"url": there.url, "events": [*there.events]}, indent=2)
        )
        return
    typer.echo("no webhook is registered" if there is None else _words(there))


@webhooks.command()
def register(
    url: Annotated[str | None, typer.Option(help="without it PUBLIC_URL's door")] = None,
    replace: Annotated[bool, typer.Option(help="also where events go elsewhere until now")] = False,
) -> None:
    """Have events sent to this deployment. A partner has one registration: the one before it ends."""
    public = Settings.from_env().public_url
    wanted = url or (public.rstrip("/") + PATH if public else None)
    if wanted is None:
        raise Stop("there is no address to register: set PUBLIC_URL, or give --url", status=WRONG_USAGE)
    with _answered():
        registration = _registration()
        there = registration.there()
        if there is not None and there.url not in ("", wanted) and not replace:
            raise Stop(f"events go to {there.url}: with --replace they go to {wanted}. Nothing was changed.")
        typer.echo(_words(registration.register(wanted, instead=there is not None)))


@webhooks.command()
def test() -> None:
    """Have Partner Center send an event, and say whether it arrived. Twice a minute at most."""
    with _answered():
        registration = _registration()
        name = registration.attempt()
        for _ in range(TIMES):
            tried = registration.tried(name)
            if tried.answers:
                break
            time.sleep(WAIT_SECONDS)
    if not tried.answers:
        raise Stop(f"{name} is {tried.status or 'on its way'}: nothing was answered to it yet")
    typer.echo(f"{name}: {tried.status}, answered {', '.join(tried.answers)}")
    if not any(answer.startswith(("OK", "200")) for answer in tried.answers):
        raise Stop("it did not arrive: look at what `starter.py doctor` says was refused")


class Registration(Protocol):
    """The one registration of webhooks; errors as `domain.errors` sorts them."""

    def there(self) -> "Registered | None": ...

    def register(self, url: str, *, instead: bool) -> "Registered": ...

    def attempt(self) -> str: ...

    def tried(self, name: str) -> "Tried": ...


def _registration() -> Registration:
    from composition import webhook_registration

    found = webhook_registration(Settings.from_env())
    if found is None:
        raise Stop("Partner Center is not set up: see docs/partner-center-events.md", status=WRONG_USAGE)
    return found


@contextmanager
def _answered() -> "Iterator[None]":
    from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater

    try:
        yield
    except (TryAgainLater, Misconfigured, Refused, InDoubt) as error:
        raise Stop(f"{error}.") from None


def _words(there: "Registered") -> str:
    return f"{there.url}\n  " + "\n  ".join(there.events)
