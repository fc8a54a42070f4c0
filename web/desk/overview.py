"""The overview: what is owed, waits, is held and goes out next, and whether the engine is well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from domain.ageing import HEADINGS
from store import overview, worklist
from store.errors import Refused
from store.overview import Next, Overview
from store.reporting import morning
from store.worklist import Page
from web.desk.frame import Desk, TheDesk, Viewer, page

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A customer who is looked at next, and what the plan says about it."""

    next: Next
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The overview, as it is remembered for a while."""

    at: datetime
    overview: Overview
    waits: Page
    coming: Sequence[Coming]


@router.get("/")
def show(request: Request, desk: TheDesk, person: Viewer) -> Response:
    """Show how everything stands."""
    figures = desk.figures.get(lambda: _figures(desk))
    return page(
        desk,
        request,
        person,
        "overview",
        figures=figures,
        headings=HEADINGS[:-1],
        stopped=morning.stopped(desk.ledger),
        most_behind=overview.MOST_BEHIND,
    )


def _figures(desk: Desk) -> Figures:
    now = desk.now()
    waits = worklist.page(desk.ledger, desk.worklist, zone=desk.zone, now=now, limit=0)
    found = overview.read(desk.ledger, now=now, today=now.astimezone(desk.zone).date())
    return Figures(at=now, overview=found, waits=waits, coming=[_coming(desk, each) for each in found.next])


def _coming(desk: Desk, each: Next) -> Coming:
    """Say what comes as the customer's own page does; of whom nothing can be planned, why."""
    try:
        says = str(desk.view(each.customer).get("wake_says", ""))
    except Refused as refused:
        says = str(refused)
    return Coming(next=each, says=says)
