"""Subscriptions at providers: which of them a customer's service is, and what was done there."""

import dataclasses
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commandline.session import now_of, open_ledger
from commandline.values import AsJson, By, CustomerId
from ending import Stop
from settings import Settings

if TYPE_CHECKING:
    from store.exchanges import Kept
    from store.places import Linked

app = typer.Typer(
    no_args_is_help=True, help="Where a customer's service is kept, and what was asked and answered there."
)


class Provider(StrEnum):
    """Who keeps subscriptions, besides the ledger itself."""

    PARTNER_CENTER = "partner_center"
    STRIPE = "stripe"
    WEBHOOK = "webhook"


At = Annotated[Provider, typer.Option("--provider", help="who keeps it")]
Resource = Annotated[str, typer.Option(help="the subscription itself, as its provider calls it")]


@app.command()
def link(
    customer: CustomerId,
    provider: At,
    account: Annotated[str, typer.Option(help="whose it is there: a tenant, a customer")],
    resource: Resource,
    kind: Annotated[str, typer.Option(help="what it is there: licence, azure_plan ...")] = "",
    parent: Annotated[str | None, typer.Option(help="the subscription that it is an add-on of")] = None,
    by: By = "cli",
) -> None:
    """Say that a subscription at a provider is this customer's service, or a part of it.

    From then on suspending the customer suspends it there, and a payment brings it back as it was.
    """
    from domain.switching import Place
    from store import places
    from store.errors import Refused

    ledger = open_ledger(Settings.from_env())
    place = Place(
        customer=customer,
        provider=provider.value,
        account=account,
        resource=resource,
        kind=kind,
        parent=parent,
    )
    try:
        new = places.link(ledger, place, by=by, now=now_of(ledger))
    except Refused as refused:
        raise Stop(f"{customer}: {refused} Nothing was written.") from None
    typer.echo(f"{customer}: {resource} at {provider.value} is {'' if new else 'already '}linked")


@app.command()
def unlink(customer: CustomerId, provider: At, resource: Resource, by: By = "cli") -> None:
    """Say that a subscription at a provider is no part of this customer's service any more."""
    from store import places
    from store.errors import Refused

    ledger = open_ledger(Settings.from_env())
    try:
        places.unlink(ledger, customer, provider.value, resource, by=by, now=now_of(ledger))
    except Refused as refused:
        raise Stop(f"{customer}: {refused} Nothing was written.") from None
    typer.echo(f"{customer}: {resource} at {provider.value} is unlinked")


@app.command()
def show(
    customer: CustomerId,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="with every request that was made there, and its answer")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a customer's service is kept, and how it was seen there last."""
    from store import exchanges, places

    ledger = open_ledger(Settings.from_env())
    found = places.linked(ledger, customer)
    kept = exchanges.of(ledger, customer) if evidence else []
    if as_json:
        shown: dict[str, Any] = {"customer": customer, "places": [_json(each) for each in found]}
        if evidence:
            shown["evidence"] = [_evidence(each) for each in kept]
        typer.echo(json.dumps(shown, indent=2))
        return
    if not found:
        typer.echo(f"{customer}: kept by the ledger's own switch; `subscription link` names a provider")
    for each in found:
        typer.echo(_line(each))
    for one in kept:
        typer.echo(_exchange(one))


def _exchange(kept: "Kept") -> str:
    """One request and its answer: a line, and below it what was sent and what came back."""
    asked, bodies = kept.exchange, []
    for name, body in (("sent", asked.sent), ("got", asked.got)):
        if body is not None:
            bodies.append(f"    {name}: {json.dumps(body, ensure_ascii=False)}")
    answer = "no answer" if asked.status is None else str(asked.status)
    about = f", for {kept.message}" if kept.message else ""
    head = f"{kept.at:%d %b %Y %H:%M:%S} UTC {kept.place}: {asked.method} {asked.path} -> {answer}{about}"
    ids = f"    request {asked.request or '-'}, correlation {asked.correlation or '-'}"
    return "\n".join([head, ids, *bodies])


def _evidence(kept: "Kept") -> dict[str, Any]:
    return {
        "at": kept.at.isoformat(),
        "place": kept.place,
        "claim": kept.message,
        **dataclasses.asdict(kept.exchange),
    }


def _line(linked: "Linked") -> str:
    place = linked.place
    kind = f" ({place.kind})" if place.kind else ""
    add_on = f", add-on of {place.parent}" if place.parent else ""
    seen = "not looked at yet"
    if linked.seen_at is not None:
        seen = f"{linked.seen or 'on its way'} when seen at {linked.seen_at:%d %b %Y %H:%M} UTC"
    ends = f", its term ends on {linked.ends_on}" if linked.ends_on else ""
    return f"{place.provider} {place.resource}{kind} of {place.account}{add_on}: {seen}{ends}"


def _json(linked: "Linked") -> dict[str, Any]:
    place = linked.place
    return {
        "provider": place.provider,
        "account": place.account,
        "resource": place.resource,
        "kind": place.kind,
        "parent": place.parent,
        "linked_at": linked.linked_at.isoformat(),
        "linked_by": linked.linked_by,
        "seen": linked.seen,
        "seen_at": linked.seen_at and linked.seen_at.isoformat(),
        "ends_on": linked.ends_on and linked.ends_on.isoformat(),
    }
