"""Incidents of fraud and misuse: reporting one, reading what vendors say, and what people do about it."""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from commandline.session import now_of, open_ledger, wake, wake_incident
from commandline.values import AsJson, By, instant, reason_words
from ending import Stop
from settings import Settings

if TYPE_CHECKING:
    from domain.incidents.notice import Notice
    from store.incidents import Listed, Taken

app = typer.Typer(
    no_args_is_help=True, help="Fraud, misuse and enforcement: from the notice to the response."
)

IncidentId = Annotated[str, typer.Argument(help="the incident's id, as `incident list` shows it")]
Note = Annotated[
    str | None, typer.Option("--note", parser=reason_words, metavar="WORDS", help="what is to be noted")
]
File = Annotated[Path, typer.Argument(help="the file to read", exists=True, dir_okay=False, readable=True)]


class Format(StrEnum):
    """What a file of notices is."""

    MAIL = "mail"
    PARTNER_CENTER = "partner_center"
    GRAPH = "graph"


@app.command()
def report(
    kind: Annotated[str, typer.Argument(help="spam, hacking, ddos, mining, malware ... or any other word")],
    about: Annotated[str, typer.Option("--id", help="what names it, like the number of the complaint")],
    customer: Annotated[str | None, typer.Option(help="which customer of ours, where that is known")] = None,
    subscription: Annotated[str | None, typer.Option(help="its subscription, as the vendor calls it")] = None,
    event: Annotated[str | None, typer.Option(help="the vendor's own name of what happened")] = None,
    severity: Annotated[
        Literal["informational", "low", "medium", "high"] | None, typer.Option(help="how bad it is")
    ] = None,
    began: Annotated[
        datetime | None, typer.Option(parser=instant, metavar="INSTANT", help="when it began")
    ] = None,
    suspended: Annotated[
        bool, typer.Option("--suspended", help="the vendor has suspended the service")
    ] = False,
    text: Annotated[str, typer.Option(metavar="WORDS", help="the notice itself; personal data")] = "",
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Report an incident by hand. One that is known gets one more notice, and nobody is woken twice."""
    from domain.incidents.kinds import kind_of
    from domain.incidents.notice import Notice

    notice = Notice(
        source="hand",
        id=about,
        kind=kind_of(kind).name,
        word=kind,
        trusted=True,
        customer=customer,
        subscription=subscription,
        event=event,
        severity=severity,
        occurred_at=began,
        suspended=suspended,
        signs=(f"reported by {by}",),
        text=text,
    )
    _take([notice], as_json=as_json)


@app.command(name="read")
def read_file(
    file: File,
    format: Annotated[
        Format, typer.Option("--format", help="an email, or what an API of Microsoft's answered")
    ],
    as_json: AsJson = False,
) -> None:
    """Read notices from a file: an email (.eml), or fraud events and alerts as the API answers them.

    Nobody can tell who sent an email: what it says is unverified until the API or a person confirms it.
    """
    from composition import notices_of

    _take(notices_of(file.read_bytes(), format.value), as_json=as_json)


def _take(notices: "list[Notice]", *, as_json: bool) -> None:
    from store import incidents

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    now = now_of(ledger)
    taken = [incidents.take(ledger, notice, now=now) for notice in notices]
    for each in taken:
        woken = _woken(settings, each)
        if not as_json:
            words = {"new": "is new", "more": "was known: noted", "again": "was told before"}[each.known]
            typer.echo(f"{each.incident}: {words}{woken}")
    if as_json:
        typer.echo(json.dumps([{"incident": each.incident, "known": each.known} for each in taken], indent=2))


def _woken(settings: Settings, taken: "Taken") -> str:
    """Wake whom a notice concerns; where Temporal does not answer, say that the sweep will."""
    said = wake_incident(settings, taken.incident) if taken.wake else ""
    return (wake(settings, taken.customer) if taken.customer and not said else "") or said


@app.command(name="list")
def list_(
    closed: Annotated[bool, typer.Option("--all", help="those too that are closed")] = False,
    as_json: AsJson = False,
) -> None:
    """List the open incidents, the oldest first, each with what is to be done until when."""
    from store import incidents

    ledger = open_ledger(Settings.from_env())
    found = incidents.listed(ledger, now=now_of(ledger), closed=closed)
    if as_json:
        typer.echo(json.dumps([_json(each) for each in found], indent=2))
        return
    for each in found:
        incident = each.incident
        trust = "" if incident.trusted else ", unverified"
        who = incident.customer or "nobody known"
        typer.echo(f"{incident.id} {incident.state}: {incident.title} about {who}{trust}")
        typer.echo(f"    {each.move.reason.words}")
    typer.echo(f"incidents: {len(found)}")


def _json(each: "Listed") -> dict[str, Any]:
    incident = each.incident
    return {
        "incident": incident.id,
        "state": incident.state,
        "kind": incident.kind.name,
        "word": incident.word,
        "category": incident.kind.category.value,
        "class": incident.kind.risk.value,
        "customer": incident.customer,
        "subscription": incident.subscription,
        "verified": incident.trusted,
        "test": incident.test,
        "severity": incident.severity or None,
        "received": incident.received_at.isoformat(),
        "notices": incident.notices,
        "owner": incident.owner,
        "verdict": incident.verdict,
        "actions": [taken.action for taken in incident.actions],
        "next": each.move.reason.words,
        "until": None if each.move.until is None else each.move.until.isoformat(),
    }


@app.command()
def show(
    incident: IncidentId,
    text: Annotated[
        bool, typer.Option("--text", help="the notices too, as they came: personal data")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show an incident: how far it is, what is to be checked and done, and its whole history."""
    from domain.incidents.page import details
    from store import incidents, playbooks

    ledger = open_ledger(Settings.from_env())
    entries = incidents.history(ledger, incident)
    found = incidents.read(ledger, incident, now=now_of(ledger))
    notices = incidents.texts(ledger, incident) if text else []
    if as_json:
        history = [
            {"at": e.at.isoformat(), "what": e.what, "by": e.by, "note": e.note, **e.data} for e in entries
        ]
        whole = _json(found) | {"history": history}
        typer.echo(json.dumps(whole | ({"texts": notices} if text else {}), indent=2))
        return
    typer.echo(details(found.incident, playbooks.shipped(), found.move, language=found.language))
    typer.echo("\nHistory")
    for entry in entries:
        said = ", ".join(f"{name} {value}" for name, value in entry.data.items())
        note = f": {entry.note}" if entry.note else ""
        typer.echo(f"  {entry.at:%d %b %Y %H:%M} {entry.what} by {entry.by} {said}{note}".rstrip())
    for words in notices:
        typer.echo(f"\n{words}")


def _command(incident_id: str, name: str, **data: Any) -> None:
    """Perform a command about an incident, as the Temporal UI's update of the same name does."""
    from store import incidents
    from store.errors import Refused

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    given = {key: value for key, value in data.items() if value is not None}
    try:
        done = incidents.perform(ledger, incident_id, name, given, now=now_of(ledger))
    except Refused as refused:
        raise Stop(f"{incident_id}: {refused}") from None
    woken = "" if done.already else wake_incident(settings, incident_id)
    if done.customer and not woken:
        woken = wake(settings, done.customer)
    typer.echo(f"{incident_id}: {done.words}{woken}")


@app.command()
def acknowledge(incident: IncidentId, note: Note = None, by: By = "cli") -> None:
    """Say that you have seen it and work on it."""
    _command(incident, "acknowledge", note=note, by=by)


@app.command()
def assign(
    incident: IncidentId,
    customer: Annotated[str | None, typer.Option(help="which customer of ours it is about")] = None,
    subscription: Annotated[
        str | None, typer.Option(help="which subscription, as the vendor calls it")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="who works on it")] = None,
    note: Note = None,
    by: By = "cli",
) -> None:
    """Say which customer it is about, or who works on it."""
    _command(incident, "assign", customer=customer, subscription=subscription, owner=owner, note=note, by=by)


@app.command()
def review(
    incident: IncidentId,
    verdict: Annotated[
        Literal["confirmed", "legitimate", "false_alarm"], typer.Argument(help="what you found")
    ],
    branch: Annotated[
        Literal["attacker", "compromised"] | None,
        typer.Option(help="whether the customer does the harm, or suffers it"),
    ] = None,
    document: Annotated[
        str | None, typer.Option(help="the approval on file that makes it legitimate")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="what it is, where the notice did not know")] = None,
    note: Note = None,
    by: By = "cli",
) -> None:
    """Say what you found: confirmed, legitimate or a false alarm."""
    _command(
        incident, "review", verdict=verdict, branch=branch, document=document, kind=kind, note=note, by=by
    )


ActionName = Annotated[str, typer.Argument(help="an action of the playbook, as `incident show` lists them")]


@app.command()
def approve(incident: IncidentId, action: ActionName, note: Note = None, by: By = "cli") -> None:
    """Allow an action that needs a second person."""
    _command(incident, "approve", action=action, note=note, by=by)


@app.command()
def act(incident: IncidentId, action: ActionName, note: Note = None, by: By = "cli") -> None:
    """Take an action: orders are blocked by this command, of all others you say that they are done."""
    _command(incident, "act", action=action, note=note, by=by)


@app.command()
def respond(
    incident: IncidentId,
    says: Annotated[str, typer.Argument(parser=reason_words, metavar="WORDS", help="what was answered")],
    note: Note = None,
    by: By = "cli",
) -> None:
    """Note what whoever reported it was answered."""
    _command(incident, "respond", says=says, note=note, by=by)


@app.command()
def close(
    incident: IncidentId,
    refund: Annotated[
        Literal["requested", "none"] | None, typer.Option(help="whether the vendor was asked for money back")
    ] = None,
    note: Note = None,
    by: By = "cli",
) -> None:
    """Close an incident: the customer is chased again, from a fresh warning on."""
    _command(incident, "close", refund=refund, note=note, by=by)


@app.command()
def playbooks(
    check: Annotated[
        Path | None, typer.Option(help="a file to check instead", exists=True, dir_okay=False, readable=True)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what is done about each kind of incident; with --check say what is wrong with a file."""
    from domain.documents import BadDocument, read
    from domain.incidents.playbooks import Playbooks
    from store.playbooks import shipped

    try:
        known = (
            shipped() if check is None else read(check.read_text("utf-8"), model=Playbooks, name=check.name)
        )
    except UnicodeDecodeError:
        raise Stop(f"{check}: save the file as UTF-8 text", status=2) from None
    except BadDocument as error:
        raise Stop(str(error)) from None
    if as_json:
        typer.echo(known.model_dump_json(indent=2))
        return
    for each in known.playbooks:
        by_itself = [f"{one.action} after {one.after}" for one in each.unanswered] or ["nothing"]
        typer.echo(f"{each.kind}: {', '.join(each.owners)}")
        typer.echo(f"    acknowledge {each.acknowledge_hours} h, contain {each.contain_hours} h")
        typer.echo(f"    when nobody answers: {', '.join(by_itself)}")
        typer.echo(f"    with a second person: {', '.join(each.approval) or 'nothing'}")
