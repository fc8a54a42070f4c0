"""The words that customers read."""

from pathlib import Path
from typing import Annotated

import typer

from settings import ROOT

app = typer.Typer(help="The words that customers read.", no_args_is_help=True)


@app.command(name="render")
def templates_render(
    folder: Annotated[Path, typer.Option(help="where the page goes")] = Path("var/templates"),
) -> None:
    """Render every template with sample data into one page."""
    from activities.rendering import Letters, render_all

    typer.echo(f"rendered: {render_all(Letters(ROOT / 'templates'), folder)}")
