"""The words that customers read."""

from pathlib import Path
from typing import Annotated

import typer

from settings import ROOT

app = typer.Typer(help="The words that customers read.", no_args_is_help=True)


@app.command(name="preview")
def templates_preview(
    folder: Annotated[Path, typer.Option(help="where the page goes")] = Path("var/templates"),
) -> None:
    """Render every message in every language and channel, with invented facts, into one page."""
    from activities.rendering import Letters
    from activities.specimens import preview

    typer.echo(f"rendered: {preview(Letters(ROOT / 'templates'), folder)}")
