"""Running it: a look at everything that it needs, and a demo."""

import asyncio
import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from commandline.values import AsJson
from ending import Stop
from settings import Settings

app = typer.Typer()


class Vendors(StrEnum):
    """Whom the demo reaches."""

    OUTBOX = "outbox"
    LOOPBACK = "loopback"


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="ask neither vendors nor Temporal")] = False,
    as_json: AsJson = False,
) -> None:
    """Check settings, ledger, vendors and Temporal; say what is missing and what then does not work.

    Nothing is changed, and nothing secret is shown. Exit status: 0 all is well, 1 something is broken.
    """
    from selfcheck import examine

    settings = Settings.from_env()
    findings = asyncio.run(examine(settings, offline=offline))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            then = f"; until then {finding.then}" if finding.then else ""
            typer.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.about}: {finding.words}{then}")
    if not all(finding.ok for finding in findings):
        raise Stop("something needs attention: see the lines marked BAD")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen at")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="port to listen at")] = 8080,
) -> None:
    """Take vendors' webhooks and the clicks of customers who unsubscribe; Ctrl-C stops.

    PUBLIC_URL says where it is reached from outside. See docs/webhooks.md.
    """
    from commandline.serving import serving
    from commandline.session import open_ledger

    settings = Settings.from_env()
    asyncio.run(serving(settings, open_ledger(settings), host=host, port=port))


@app.command()
def demo(
    days: Annotated[int, typer.Option(min=1, max=400, help="business days to play")] = 120,
    speed: Annotated[float, typer.Option(min=0.1, max=4, help="business days a second")] = 1.0,
    keep: Annotated[bool, typer.Option("--keep", help="leave everything running until Ctrl-C")] = False,
    folder: Annotated[Path, typer.Option(help="where its database and messages go; emptied first")] = Path(
        "var/demo"
    ),
    vendors: Annotated[
        Vendors, typer.Option(help="who is reached: the outbox, or every vendor by its SDK, on this machine")
    ] = Vendors.OUTBOX,
) -> None:
    """Play a sample business on a real Temporal server and watch."""
    from demo.play import play

    loopback = vendors is Vendors.LOOPBACK
    raise SystemExit(play(days=days, days_a_second=speed, keep=keep, folder=folder, loopback=loopback))


@app.command()
def vendors(
    public_url: Annotated[
        str, typer.Option(help="where `serve` listens, which they call back")
    ] = "http://127.0.0.1:8080",
) -> None:
    """Run stand-ins of every vendor on this machine until Ctrl-C; print the settings to export.

    See docs/sandboxes.md.
    """
    from demo.vendors import by_hand

    by_hand(public_url.rstrip("/"))
