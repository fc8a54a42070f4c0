"""The activity log of the provider: what it has, the rules of the audit, and whose accounts there are."""

import json
from datetime import timedelta
from typing import Annotated

import typer

from commandline.session import now_of, open_ledger
from commandline.values import AsJson, CustomerId
from settings import Settings

app = typer.Typer(
    help="Look at what administrators did, and at the rules that watch it.", no_args_is_help=True
)


@app.command(name="list")
def list_records(
    customer: Annotated[str | None, typer.Argument(help="one customer; without it everything")] = None,
    kind: Annotated[str | None, typer.Option(help="an operation, like add_user_member")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="the newest so many")] = 50,
    as_json: AsJson = False,
) -> None:
    """List records, the newest first. Who did it is personal data: kept with the contact data."""
    from store import activity_log

    ledger = open_ledger(Settings.from_env())
    lines = activity_log.listed(ledger, customer_id=customer, kind=kind, limit=limit)
    if as_json:
        listed = [
            {
                "at": line.at.isoformat(),
                "customer": line.customer_id,
                "account": line.account,
                "kind": line.kind,
                "resource": line.resource,
                "status": line.status,
                "record": line.record,
                "principal": line.principal,
            }
            for line in lines
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    for line in lines:
        whose = line.customer_id or f"account {line.account or 'unknown'}"
        who = f" by {line.principal}" if line.principal else ""
        typer.echo(f"{line.at:%d %b %Y %H:%M} {whose}: {line.kind} {line.status}{who} ({line.record})")
    typer.echo(f"records: {len(lines)}")


@app.command(name="rules")
def list_rules(as_json: AsJson = False) -> None:
    """List the rules of the audit; a mistake in the file is named with its line."""
    from composition import audit_rules

    audit = audit_rules(Settings.from_env())
    if as_json:
        typer.echo(json.dumps(audit.model_dump(mode="json", exclude_none=True)["rules"], indent=2))
        return
    for rule in audit.rules:
        many = f", {rule.at_least} within {rule.within_hours} hours" if rule.at_least > 1 else ""
        typer.echo(f"{rule.id} ({rule.about}): {rule.says} ({', '.join(rule.kinds)}{many})")
    typer.echo(f"rules: {len(audit.rules)}")


@app.command(name="link")
def link(
    customer: CustomerId,
    account: Annotated[str, typer.Argument(help="the id that the provider has for the customer")],
) -> None:
    """Say that an account at the provider is a customer's, with its usage, its records and what it told."""
    from store import outside, service_accounts

    ledger = open_ledger(Settings.from_env())
    waiting = service_accounts.link(ledger, customer, account)
    outside.try_again(ledger, now=now_of(ledger))  # The sweep wakes whom it changes.
    typer.echo(f"{customer}: account {account} is theirs; records that wait for the audit: {waiting}")


@app.command(name="kinds")
def kinds(
    days: Annotated[int, typer.Option(min=1, max=3650, help="heard of within so many days")] = 30,
    as_json: AsJson = False,
) -> None:
    """Count the records by kind; those that nobody has described to us are marked."""
    from domain.activity_log.records import KNOWN_KINDS
    from store import activity_log

    ledger = open_ledger(Settings.from_env())
    found = activity_log.counted(ledger, since=timedelta(days=days), now=now_of(ledger))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for kind, count in found.items():
        typer.echo(f"{count} {kind}{'' if kind in KNOWN_KINDS else ' (unknown)'}")
    typer.echo(f"kinds: {len(found)}")
