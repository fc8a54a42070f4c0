"""Customers: the list of them, and the pages of one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from domain.command_groups import GROUPS
from domain.commands import COMMANDS
from domain.contact_law.words import law_says
from domain.credit.view_words import credit_says
from domain.fact_words import fact_says
from domain.finance_page import STAGES
from domain.happenings import SHOWS
from domain.open_items import beside, open_items
from domain.roles import NEEDED, Role
from domain.simulation.forecast import forecast
from domain.view import SWITCHED_OFF
from domain.view_words import coming_says, effect_says, rests_say, wake_says
from domain.wording import Copy
from store import dossier, exchanges, heard
from store.assess import Assessment, peek
from store.errors import NoPolicy
from web.desk.frame import Desk, Person, TheDesk, Viewer, demand, page

CONTACTS: Role = "collector"
"""The lowest role that sees names and addresses: who works with customers has to."""

PAGE = 50
LATEST = 12
"""So many lines of what happened stand on the first page of a customer."""
HAPPENED_PAGE = 200
FORECAST_LINES = 8

router = APIRouter(prefix="/customers")

CustomerId = Annotated[str, Path(max_length=64)]
_After = Annotated[str, Query(max_length=64)]
_Search = Annotated[str, Query(max_length=128)]


@router.get("")
def listed(
    request: Request,
    desk: TheDesk,
    person: Viewer,
    search: _Search = "",
    stage: Annotated[str, Query(max_length=32)] = "",
    after: _After = "",
) -> Response:
    """List customers by their ids, a page at a time."""
    names = person.is_at_least(CONTACTS)
    found = dossier.listed(
        desk.ledger, search=search.strip(), stage=stage, after=after, limit=PAGE + 1, names=names
    )
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return page(
        desk,
        request,
        person,
        "customers",
        found=found[:PAGE],
        names=names,
        search=search.strip(),
        stage=stage,
        stages=STAGES,
        after=after,
        more=more,
    )


@dataclass(frozen=True, slots=True)
class Action:
    """One command as a page offers it.

    Attributes:
        refused: why it makes no sense now; None where it does.
        needs: the role that it needs and who looks has not; None where they may.
    """

    name: str
    title: str
    does: str
    refused: str | None
    needs: str | None


def actions(seen: Assessment, person: Person) -> Mapping[str, Sequence[Action]]:
    """Return the commands by their group."""
    return {
        group: [
            Action(
                name=name,
                title=title_of(name),
                does=COMMANDS[name].does,
                refused=seen.plan.allowed.get(name),
                needs=None if person.may(name) else NEEDED[name],
            )
            for name in names
        ]
        for group, names in GROUPS.items()
    }


def title_of(command: str) -> str:
    """Return what a command is called on a page."""
    return command.replace("_", " ").capitalize()


@router.get("/{customer}")
def customer(request: Request, desk: TheDesk, person: Viewer, customer: CustomerId) -> Response:
    """Show a customer: what is owed and why, what is next and why, what is held, what waits."""
    contact = person.is_at_least(CONTACTS)
    about = dossier.about(desk.ledger, customer, contact=contact)
    latest = dossier.happened(desk.ledger, customer, newest=LATEST)
    waiting = dossier.waiting(desk.ledger, customer)
    shown: dict[str, Any] = {"about": about, "latest": latest, "waiting": waiting}
    shown |= {"shows": SHOWS, "stages": STAGES}
    try:
        seen = peek(desk.ledger, customer, now=desk.now())
    except NoPolicy as none:
        return page(desk, request, person, "customer", seen=None, no_policy=str(none), **shown)
    return page(desk, request, person, "customer", seen=seen, no_policy="", **shown, **_now(seen, person))


def _now(seen: Assessment, person: Person) -> dict[str, Any]:
    """Return how a customer stands now, in words."""
    zone = ZoneInfo(seen.customer.timezone)
    today = seen.now.astimezone(zone).date()
    coming = forecast(seen.policy, seen.account, seen.now, lines=FORECAST_LINES)
    return {
        "today": today,
        "items": open_items(seen.account, seen.plan, today),
        "beside": beside(seen.account),
        "rests": rests_say(seen.account, seen.plan, today, most=None),
        "credit": credit_says(seen.account),
        "wanted": [(effect_says(effect), effect.reason.words) for effect in seen.plan.effects],
        "coming": [coming_says(line, zone) for line in coming],
        "wake": wake_says(seen.plan, zone),
        "switched_off": SWITCHED_OFF if seen.halted else "",
        "law": law_says(seen.account.law, today, house=seen.policy.contact.house),
        "actions": actions(seen, person),
    }


@router.get("/{customer}/timeline")
def timeline(
    request: Request,
    desk: TheDesk,
    person: Viewer,
    customer: CustomerId,
    first: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """Show everything that happened, the newest first."""
    about = dossier.about(desk.ledger, customer, contact=False)
    lines = dossier.happened(desk.ledger, customer)
    last = first + HAPPENED_PAGE
    return page(
        desk,
        request,
        person,
        "timeline",
        about=about,
        shows=SHOWS,
        lines=lines[first:last],
        total=len(lines),
        first=first,
        more=last if last < len(lines) else None,
    )


@router.get("/{customer}/facts")
def facts(
    request: Request,
    desk: TheDesk,
    person: Viewer,
    customer: CustomerId,
    before: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> Response:
    """Show the facts: each with its source, its day, and when we learned it."""
    about = dossier.about(desk.ledger, customer, contact=False)
    found = dossier.facts_before(desk.ledger, customer, before=before, limit=HAPPENED_PAGE + 1)
    more = found[HAPPENED_PAGE - 1].number if len(found) > HAPPENED_PAGE else None
    worded = [(fact, fact_says(fact.body)) for fact in found[:HAPPENED_PAGE]]
    return page(desk, request, person, "facts", about=about, found=worded, more=more)


@router.get("/{customer}/messages")
def messages(request: Request, desk: TheDesk, person: Viewer, customer: CustomerId) -> Response:
    """Show what was said to a customer, and what they answered."""
    contact = person.is_at_least(CONTACTS)
    about = dossier.about(desk.ledger, customer, contact=False)
    sent = dossier.messages(desk.ledger, customer)
    replies = heard.read(desk.ledger, customer) if contact else []
    return page(desk, request, person, "messages", about=about, sent=sent, replies=replies, may_read=contact)


@router.get("/{customer}/messages/{message}")
def message(request: Request, desk: TheDesk, person: Viewer, customer: CustomerId, message: str) -> Response:
    """Show one message, made again, and whether that is the one that went out."""
    sent = _sent(desk, customer, message)
    may_read = person.is_at_least(CONTACTS)
    made = desk.copy(customer, message, sent.words) if may_read else ""
    differs = made.differs(sent.words) if isinstance(made, Copy) and sent.words is not None else None
    return page(
        desk,
        request,
        person,
        "message",
        about=dossier.about(desk.ledger, customer, contact=False),
        sent=sent,
        made=made if isinstance(made, Copy) else None,
        why_not=made if isinstance(made, str) else "",
        differs=differs,
        may_read=may_read,
        needs=CONTACTS,
    )


def _sent(desk: Desk, customer: str, message: str) -> dossier.Sent:
    found = (each for each in dossier.messages(desk.ledger, customer) if each.claim.message == message)
    sent = next(found, None)
    if sent is None:
        raise HTTPException(404)
    return sent


_LETTER = {
    # A letter has a style of its own, and it may do nothing at all: no script, no form, nothing fetched.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'; sandbox"
    )
}


@router.get("/{customer}/messages/{message}/letter")
def letter(desk: TheDesk, person: Viewer, customer: CustomerId, message: str) -> Response:
    """Show the HTML half of an email as its reader saw it."""
    demand(person, CONTACTS)
    sent = _sent(desk, customer, message)
    made = desk.copy(customer, message, sent.words)
    if not isinstance(made, Copy) or made.message.html is None:
        raise HTTPException(404)
    return Response(made.message.html, media_type="text/html", headers=_LETTER)


@router.get("/{customer}/evidence")
def evidence(request: Request, desk: TheDesk, person: Viewer, customer: CustomerId) -> Response:
    """Show what proves what was done: policies, versions, reports of vendors, exchanges with providers."""
    may_read = person.is_at_least(CONTACTS)
    asked = [
        (kept, *(_readable(body) if may_read else "" for body in (kept.exchange.sent, kept.exchange.got)))
        for kept in reversed(exchanges.of(desk.ledger, customer))
    ]
    about = dossier.about(desk.ledger, customer, contact=False)
    found = dossier.evidence(desk.ledger, customer)
    return page(desk, request, person, "evidence", about=about, found=found, exchanges=asked)


def _readable(body: Any) -> str:
    """Return what was sent or came back as text; none where it was nothing, or was destroyed."""
    return "" if body is None else json.dumps(body, indent=2, ensure_ascii=False)
