"""Links into the Temporal UI: the lists that finance keeps opening, and the forms that start a workflow."""

import json
from dataclasses import asdict

import typer

from commandline.values import AsJson
from domain.ui_links import CUSTOMER, INCIDENT, VIEWS, start_link, view_link
from settings import Settings

app = typer.Typer()


@app.command()
def views(as_json: AsJson = False) -> None:
    """Print the lists of the Temporal UI that finance keeps opening, as links, and the forms that start.

    TEMPORAL_UI says where the UI is. See docs/finance.md.
    """
    settings = Settings.from_env()
    ui, namespace = settings.temporal_ui.rstrip("/"), settings.temporal_namespace
    lists = [{**asdict(view), "link": ui + view_link(namespace, view)} for view in VIEWS.values()]
    forms = {kind: ui + start_link(namespace, settings.task_queue, kind) for kind in (CUSTOMER, INCIDENT)}
    if as_json:
        typer.echo(json.dumps({"views": lists, "start": forms}, indent=2))
        return
    for each in lists:
        typer.echo(f"{each['title']}: {each['shows']}\n  {each['link']}")
    for kind, link in forms.items():
        typer.echo(f"Start a {kind} by hand\n  {link}")
