"""Who may administer a customer's services: requests, grants, and what has to hold before."""

import json
from datetime import date
from typing import Annotated, Literal

import typer

from commandline.session import command, now_of, open_ledger
from commandline.values import AsJson, By, CustomerId, Reason, day
from settings import Settings

app = typer.Typer(help="Grant roles of administration, for as long as is needed.", no_args_is_help=True)

Grant = Annotated[str, typer.Argument(help="the name of the request or grant, like G-7")]
Principal = Annotated[str, typer.Option(help="the object id of whoever gets it; no name, no address")]
Role = Annotated[str, typer.Option(help="the role, like Reader or Owner")]
Scope = Annotated[str, typer.Option(help="the subscription or directory that it is about")]


@app.command(name="request")
def request(
    customer: CustomerId,
    grant: Grant,
    principal: Principal,
    role: Role,
    scope: Scope,
    reason: Reason,
    to: Annotated[date | None, typer.Option(parser=day, metavar="DATE", help="until when")] = None,
    by: By = "cli",
) -> None:
    """Ask for a role; a task asks a person to decide."""
    until = None if to is None else to.isoformat()
    said = {"grant": grant, "principal": principal, "role": role, "scope": scope, "to": until}
    command(customer, "request_access", {**said, "reason": reason, "by": by})


@app.command(name="grant")
def grant_role(
    customer: CustomerId,
    grant: Grant,
    principal: Principal,
    role: Role,
    scope: Scope,
    to: Annotated[date, typer.Option(parser=day, metavar="DATE", help="its last day")],
    reason: Reason,
    by: By = "cli",
) -> None:
    """Grant a role until the end of a day; a refusal names every precondition that is missing."""
    said = {"grant": grant, "principal": principal, "role": role, "scope": scope, "to": to.isoformat()}
    command(customer, "grant_access", {**said, "reason": reason, "by": by})


@app.command(name="revoke")
def revoke(customer: CustomerId, grant: Grant, reason: Reason, by: By = "cli") -> None:
    """Say that a role was taken back in the directory, or refuse a request."""
    command(customer, "revoke_access", {"grant": grant, "reason": reason, "by": by})


@app.command(name="safeguard")
def safeguard(
    customer: CustomerId,
    name: Annotated[
        Literal["mfa", "alerts", "quota", "identity"], typer.Argument(help="what a person looked at")
    ],
    holds: Annotated[bool, typer.Option("--holds/--missing", help="what they found")] = True,
    evidence: Annotated[str | None, typer.Option(metavar="WORDS", help="where that can be seen")] = None,
    by: By = "cli",
) -> None:
    """Note whether something protects the customer's services; the newest of each counts."""
    command(customer, "note_safeguard", {"safeguard": name, "holds": holds, "evidence": evidence, "by": by})


@app.command(name="show")
def show(customer: CustomerId, as_json: AsJson = False) -> None:
    """Show what is requested and granted, and which preconditions hold."""
    from domain.access.preconditions import PRECONDITIONS, holds, missing
    from store import access

    ledger = open_ledger(Settings.from_env())
    at = access.situation(ledger, customer, now=now_of(ledger))
    book = at.account.access
    standing = {name: holds(at, name) for name in PRECONDITIONS}
    if as_json:
        shown = {
            "preconditions": standing,
            "requests": [
                {**body.model_dump(mode="json", exclude={"type"}), "missing": missing(at, body.role)}
                for _, body in book.requests.values()
            ],
            "grants": [
                {"grant": each.name, "principal": each.principal, "role": each.role, "scope": each.scope}
                | {"from": each.first.isoformat(), "to": each.last.isoformat(), "by": each.by}
                | {"over": each.last < at.today}
                for each in book.grants.values()
            ],
        }
        typer.echo(json.dumps(shown, indent=2))
        return
    for name, held in standing.items():
        typer.echo(f"{'holds' if held else 'missing'}: {name} ({PRECONDITIONS[name]})")
    for _, body in book.requests.values():
        lacking = ", ".join(missing(at, body.role)) or "nothing"
        typer.echo(f"requested: {body.grant}, {body.role} on {body.scope}; missing: {lacking}")
    for each in book.grants.values():
        typer.echo(f"{'over' if each.last < at.today else 'granted'}: {each} by {each.by}")
