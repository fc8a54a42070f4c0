"""The words that customers read."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from commandline.values import AsJson
from ending import Stop
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


@app.command(name="build")
def templates_build() -> None:
    """Compile the layouts of emails, written in MJML, to the templates that are rendered when one is sent."""
    from activities.layouts import BadLayout, build

    try:
        written = build(ROOT / "templates")
    except BadLayout as bad:
        raise Stop(str(bad)) from None
    for path in written:
        typer.echo(f"compiled: {path.relative_to(ROOT)}")


@app.command(name="lint")
def templates_lint(as_json: AsJson = False) -> None:
    """Check the words of all languages: what is missing, untranslated, not said, or too long for an SMS."""
    from activities.rendering import BadTemplate, Letters
    from activities.template_lint import lint

    try:
        findings = lint(ROOT / "templates")
    except BadTemplate as bad:
        raise Stop(str(bad)) from None
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            typer.echo(str(finding))
        languages = Letters(ROOT / "templates").languages
        typer.echo(f"{len(languages)} languages ({', '.join(languages)}), findings: {len(findings)}")
    if findings:
        raise Stop(f"findings: {len(findings)}; mend the words")
