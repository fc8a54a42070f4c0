"""The customers' own pages: a link to hand out, and the end of every link."""

import typer

from commandline.session import now_of, open_ledger
from commandline.values import By, CustomerId
from ending import WRONG_USAGE, Stop
from settings import Settings

app = typer.Typer(help="The customers' own pages, behind the link in every message.", no_args_is_help=True)


@app.command(name="link")
def page_link(customer: CustomerId, by: By = "cli") -> None:
    """Print a link to a customer's own page, as a message of today would have it; the journal says who did.

    Whoever has it sees what the customer owes and may speak in the customer's name: send it to nobody else.
    """
    from composition import page_links

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    links = page_links(settings, ledger)
    if links is None:
        raise Stop("no message links to a page: set PUBLIC_URL and PAGE_KEYS", status=WRONG_USAGE)
    typer.echo(links.hand_out(customer, by=by, now=now_of(ledger)))


@app.command(name="revoke")
def page_revoke(customer: CustomerId, by: By = "cli") -> None:
    """Let no link work any more that a customer was ever sent; the next message has a new one."""
    from store import own_pages

    ledger = open_ledger(Settings.from_env())
    own_pages.revoke(ledger, customer, by=by, now=now_of(ledger))
    typer.echo(f"{customer}: revoked every link to the page; the next message has a new one")
