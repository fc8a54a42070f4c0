"""Reports: each with all that it may be asked for, from every figure to its items, and as files."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from domain.ageing import BUCKETS, HEADINGS
from domain.money import Money
from domain.reports.aged import ageing_sheet
from domain.reports.conversion import NoRate
from domain.reports.drill import ANY, NONE, OR, Behind, behind, narrowed
from domain.reports.sheet import Cell, Report, Sheet, shown
from store import reports as ageing
from store.errors import Refused
from store.reporting.board import board
from store.reporting.catalogue import REPORTS, Offered
from store.reporting.reading import reading
from web.desk.frame import HOME, Desk, TheDesk, Viewer, page
from web.desk.making import BeingMade
from web.desk.report_asking import NUMBERS, ONLY, Question, question

MOST_LISTED = 500
"""So many single items a page shows; the file has all of them."""

_STANDS_ALONE = {
    # Such a page has its style in itself, and fetches nothing.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
}

_T = TypeVar("_T")

router = APIRouter(prefix="/reports")


@router.get("")
def offered(request: Request, desk: TheDesk, person: Viewer) -> Response:
    """List the reports."""
    return page(desk, request, person, "reports", reports=list(REPORTS.values()), today=_today(desk))


@router.get("/board")
def whole_board(request: Request, desk: TheDesk, person: Viewer) -> Response:
    """Return every report of one day on one page that stands alone, to be kept, printed or sent."""
    if desk.drawing is None:
        raise HTTPException(404)
    asked = question(None, request.query_params, today=_today(desk), zone=desk.zone)
    if asked.wrong:
        raise Refused("\n".join(asked.wrong))

    def make() -> Mapping[str, Report]:
        with reading(desk.ledger, asked.asked) as found:
            return board(found, asked.terms)

    html = desk.drawing.receivables_page(_soon(desk, "board", asked, make), seller=desk.seller)
    return Response(html, media_type="text/html", headers=_STANDS_ALONE)


@router.get("/{name}")
def report(request: Request, desk: TheDesk, person: Viewer, name: str) -> Response:
    """Show a report; each figure leads to the items that it counts or adds up."""
    offer, asked = _asked(desk, request, name)
    wrong = list(asked.wrong)
    try:
        made = None if wrong else _made(desk, offer, asked)
    except NoRate as missing:
        made, wrong = None, [f"In one currency: {missing}"]
    return page(
        desk,
        request,
        person,
        "report",
        status=422 if wrong else 200,
        offer=offer,
        numbers={name: NUMBERS[name] for name in offer.terms if name in NUMBERS},
        asked=asked,
        today=_today(desk),
        wrong=wrong,
        needs_rates="rates" in offer.terms and asked.terms.loss_rates is None,
        report=made,
        lines=[] if made is None else _lines(name, asked, made),
        listed=_listed(made, asked),
        narrowed_to=_narrowed_to(asked),
        most=MOST_LISTED,
        files=_files(name, asked),
        all_items=_address(name, asked, {"list": "1"}) + "#items",
    )


@router.get("/{name}/csv")
def as_csv(request: Request, desk: TheDesk, person: Viewer, name: str) -> Response:
    """Return a report as CSV, or its list where that was asked for."""
    return _file(_as_asked(desk, request, name), "csv", "text/csv; charset=utf-8")


@router.get("/{name}/json")
def as_json(request: Request, desk: TheDesk, person: Viewer, name: str) -> Response:
    """Return a report as JSON."""
    return _file(_as_asked(desk, request, name), "json", "application/json")


@router.get("/{name}/page")
def as_page(request: Request, desk: TheDesk, person: Viewer, name: str) -> Response:
    """Return a report as a page that stands alone, with its plot."""
    if desk.drawing is None:
        raise HTTPException(404)
    html = desk.drawing.report_page(_as_asked(desk, request, name))
    return Response(html, media_type="text/html", headers=_STANDS_ALONE)


def _today(desk: Desk) -> date:
    return desk.now().astimezone(desk.zone).date()


def _asked(desk: Desk, request: Request, name: str) -> tuple[Offered, Question]:
    if name not in REPORTS:
        raise HTTPException(404)
    offer = REPORTS[name]
    return offer, question(offer, request.query_params, today=_today(desk), zone=desk.zone)


def _made(desk: Desk, offer: Offered, asked: Question) -> Report | None:
    """Make a report; None where it needs something that was not said.

    Raises:
        NoRate: it was to be in one currency, and a rate is missing.
        BeingMade: that takes a while.
    """
    if "rates" in offer.terms and asked.terms.loss_rates is None:
        return None
    made = _soon(desk, offer.name, asked, lambda: _whole(desk, offer, asked))
    return made if made.listed is None else replace(made, listed=narrowed(made.listed, asked.only))


def _soon(desk: Desk, name: str, asked: Question, make: Callable[[], _T]) -> _T:
    """Return what is made of a question, made once for all who ask it.

    Raises:
        BeingMade: that takes a while.
    """
    made = desk.making.soon(repr((name, asked.asked, asked.terms)), make)
    if made is None:
        raise BeingMade(name)
    return made


def _whole(desk: Desk, offer: Offered, asked: Question) -> Report:
    """Make a report with its whole list."""
    day, known_at = asked.asked.as_of, asked.asked.known_at
    if offer.name == "ageing" and not asked.asked.listed and asked.asked.conversion is None:
        # The database adds up: no single invoice is read.
        sheet = ageing_sheet(ageing.ageing(desk.ledger, as_of=day, known_at=known_at))
        return Report(name=offer.name, as_of=day, known_at=known_at, sheet=sheet)
    with reading(desk.ledger, asked.asked) as found:
        return offer.made(found, asked.terms)


def _as_asked(desk: Desk, request: Request, name: str) -> Report:
    """Make a report for a file.

    Raises:
        Refused: what it was asked for is wrong, or not enough.
    """
    offer, asked = _asked(desk, request, name)
    if asked.wrong:
        raise Refused("\n".join(asked.wrong))
    try:
        made = _made(desk, offer, asked)
    except NoRate as missing:
        raise Refused(str(missing)) from None
    if made is None:
        raise Refused("Loss rates: this report needs those of finance.")
    return made


def _file(report: Report, ending: str, media_type: str) -> Response:
    content = report.csv() if ending == "csv" else json.dumps(report.json(), indent=2, ensure_ascii=False)
    name = f"{report.name}-{report.as_of}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


# --- what a page shows ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell: what it says, where it leads, whether it is words, and whose page it names."""

    says: str
    leads: str | None = None
    words: bool = False
    customer: str | None = None


def _lines(name: str, asked: Question, report: Report) -> list[list[Shown]]:
    """Return the lines of a report, each figure with the way to its items."""
    columns = report.sheet.columns
    return [
        [
            Shown(_says(cell), _way(name, asked, leads.get(column.key)), column.words)
            for column, cell in zip(columns, row, strict=True)
        ]
        for row, leads in zip(report.sheet.rows, behind(report), strict=True)
    ]


_BUCKETS = dict(zip(BUCKETS, HEADINGS, strict=False))
"""How the buckets of a list are called in the table above it."""


def _says(cell: Cell) -> str:
    if isinstance(cell, Money):
        return f"{shown(cell)} {cell.currency}"
    return _BUCKETS.get(cell, cell) if isinstance(cell, str) else shown(cell)


def _narrowed_to(asked: Question) -> list[str]:
    """Say what narrows a list, in words."""
    words = {ANY: "given", NONE: "none"}
    return [
        f"{column.replace('_', ' ')} "
        + " or ".join(words.get(each, _BUCKETS.get(each, each)) for each in value.split(OR))
        for column, value in asked.only.items()
    ]


def _way(name: str, asked: Question, found: Behind | None) -> str | None:
    if found is None:
        return None
    only = {f"{ONLY}{column}": value for column, value in found.only.items()}
    return f"{_address(name, asked, {'as_of': found.as_of.isoformat(), 'list': '1', **only})}#items"


def _listed(report: Report | None, asked: Question) -> tuple[Sheet, list[list[Shown]]] | None:
    """Return the list behind a report, as far as it is shown; customers lead to their pages."""
    if report is None or report.listed is None:
        return None
    sheet = report.listed
    rows = [
        [
            Shown(_says(cell), words=column.words, customer=str(cell) if column.key == "customer" else None)
            for column, cell in zip(sheet.columns, row, strict=True)
        ]
        for row in sheet.rows[:MOST_LISTED]
    ]
    return sheet, rows


def _address(name: str, asked: Question, more: Mapping[str, str], *, file: str = "") -> str:
    """Return where a report is, asked for the same with more; what narrows its list is left out."""
    kept = {key: said for key, said in asked.said.items() if said and not key.startswith(ONLY)}
    return f"{HOME}reports/{name}{file}?{urlencode({**kept, **more})}"


def _files(name: str, asked: Question) -> Sequence[tuple[str, str]]:
    """Return what may be had as a file, and where: the list as narrow as it is shown."""
    only = {f"{ONLY}{column}": value for column, value in asked.only.items()}
    kinds = {"csv": "CSV", "json": "JSON", "page": "Page with its plot, to keep or print"}
    return [(words, _address(name, asked, only, file=f"/{kind}")) for kind, words in kinds.items()]
