"""The frame of every page: who asks, what the desk knows, how a page is made and a form is taken.

A subject (customers, worklist, ...) is an `APIRouter` in a file of its own. Its functions take what they
need as arguments: `TheDesk`, a person of at least some role (`Viewer`, `Collector`, `Approver`, `Admin`),
and with a form `Entered`, which has been checked when they run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from domain.reports.sheet import Report
from domain.roles import Role, may, reaches
from domain.wording import Copy, Wording
from domain.worklist.rules import WorklistRules
from store.database import Ledger
from store.verifications import CodeCheck
from web.desk import drawn
from web.desk.making import Making
from web.desk.open_id import OpenId
from web.desk.remembered import Remembered
from web.desk.seals import Seals
from web.doors import FORM, SECONDS, Refused, read_body

HOME = "/desk/"
FORM_LIVES = timedelta(hours=12)
"""So long a form may stand open before it is sent."""
SAID_LIVES = timedelta(minutes=5)
MOST_FIELDS = 200
_TOKEN, _SAID = "form", "said"
SAID_COOKIE = "arrears_said"


@dataclass(frozen=True, slots=True)
class Person:
    """Who has signed in; `session` names the sign-in, where people sign in with us."""

    name: str
    role: Role
    session: str = ""

    def may(self, command: str) -> bool:
        """Whether this person may give a command of `domain.commands`."""
        return may(self.role, command)

    def is_at_least(self, role: Role) -> bool:
        """Whether this person has a role, or a higher one."""
        return reaches(self.role, role)


class Gate(Protocol):
    """Says who asks: by what a proxy vouches for, or by who has signed in with us.

    Attributes:
        signs_in: whether people sign in and out with us.
    """

    @property
    def signs_in(self) -> bool: ...

    def person(self, request: Request) -> Person | None:
        """Return who asks; None where nobody vouches for them.

        Raises:
            NotAllowed: they are known, and have no role.
        """
        ...


class Drawing(Protocol):
    """Draws reports as pages of HTML that stand alone: nothing is fetched, and they print."""

    def report_page(self, report: Report) -> str: ...

    def receivables_page(self, reports: Mapping[str, Report], *, seller: str) -> str: ...


CopyOf = Callable[[str, str, Wording | None], Copy | str]
"""Makes a message to a customer again, by its reference and the words that were kept, or says why not."""


def nothing_copied(customer_id: str, message: str, kept: Wording | None) -> Copy | str:
    """Copy nothing: where there are no words nothing can be made again."""
    return "Messages are not made again here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the pages are made of.

    Attributes:
        now: the business instant of this moment.
        view: what finance sees of a customer; raises `store.errors.Refused` where there is nothing to see.
        woken: wakes the workflows of customers; given to `BackgroundTasks`, it runs after the answer.
        check: asks the vendor that sent a code whether an entered one is right.
        temporal_ui, namespace: where links to workflows lead.
        public_url: where browsers reach us; forms come from there.
        seller: whose desk it is.
        zone: in which instants are shown, and days begin.
        worklist: by when tasks are done, and in which order they are listed.
        copy: makes a message to a customer again.
        drawing: draws reports as pages that stand alone; None where nothing draws.
        open_id: the provider at which people sign in, where they sign in with us.
        figures: what the overview shows, which is not reckoned anew for everybody.
        making: makes the reports.
    """

    ledger: Ledger
    gate: Gate
    seals: Seals
    now: Callable[[], datetime]
    view: Callable[[str], Mapping[str, Any]]
    woken: Callable[[Sequence[str]], Awaitable[None]]
    check: CodeCheck | None = None
    temporal_ui: str
    namespace: str
    public_url: str
    seller: str
    zone: ZoneInfo
    worklist: WorklistRules
    code_version: str = ""
    copy: CopyOf = nothing_copied
    drawing: Drawing | None = None
    open_id: OpenId | None = None
    figures: Remembered[Any] = field(default_factory=Remembered)
    making: Making = field(default_factory=Making)

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https alone."""
        return self.public_url.startswith("https://")


class NotSignedIn(Exception):
    """Nobody vouches for who asks."""


class NotAllowed(Exception):
    """Who asks is known, and may not do this; the message says what would be needed."""


class Forged(Exception):
    """A form is not one that we gave to this person; the message says what to do."""


def desk_of(request: Request) -> Desk:
    """Return the desk that a request is for."""
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]


def signed_in(request: Request, desk: TheDesk) -> Person:
    """Return who asks.

    Raises:
        NotSignedIn: nobody vouches for them.
        NotAllowed: they have no role.
    """
    person = desk.gate.person(request)
    if person is None:
        raise NotSignedIn
    return person


SignedIn = Annotated[Person, Depends(signed_in)]


def demands(role: Role) -> Callable[..., Person]:
    """Return a dependency that gives the person who asks, and refuses who has not at least this role."""

    def person_of(person: SignedIn) -> Person:
        demand(person, role)
        return person

    return person_of


def demand(person: Person, role: Role) -> None:
    """Refuse a person who has not at least this role.

    Raises:
        NotAllowed: with both roles.
    """
    if not person.is_at_least(role):
        raise NotAllowed(f"This needs the role {role}: {person.name} is {person.role}.")


Viewer = SignedIn
Collector = Annotated[Person, Depends(demands("collector"))]
Approver = Annotated[Person, Depends(demands("approver"))]
Admin = Annotated[Person, Depends(demands("admin"))]


@dataclass(frozen=True, slots=True)
class Form:
    """What was entered, by the names of the fields; blanks around it are left out."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """Return what a field says; None where it is empty or not there."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        """Return all that fields of this name say."""
        return [text for text in (each.strip() for each in self.fields.get(name, ())) if text]


def token_of(desk: Desk, person: Person) -> str:
    """Return the token that a form of this person carries."""
    return desk.seals.seal(_TOKEN, [person.name, person.session])


async def guarded(request: Request, person: SignedIn) -> Form:
    """Read a form that this person was given by us: sent from our own pages, and with our token.

    Raises:
        Forged: it is from elsewhere, of somebody else, or too old.
    """
    desk = desk_of(request)
    if not _from_our_pages(desk, request):
        raise Forged("This form was sent from another site: nothing was done.")
    form = Form(await _fields(request))
    said = desk.seals.read(_TOKEN, form.get("token"), lives=FORM_LIVES)
    if said != [person.name, person.session]:
        raise Forged("This form is too old, or was made for somebody else: open the page again.")
    return form


Entered = Annotated[Form, Depends(guarded)]


def _from_our_pages(desk: Desk, request: Request) -> bool:
    """Whether a browser says that it sends from a page of ours; an old one says it by the origin alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin, ours = request.headers.get("origin"), urlsplit(desk.public_url)
    return origin is not None and origin == f"{ours.scheme}://{ours.netloc}"


async def _fields(request: Request) -> dict[str, list[str]]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != FORM:
        raise Forged("This is no form of ours: nothing was done.")
    try:
        async with asyncio.timeout(SECONDS):
            raw = await read_body(request.stream(), request.headers.get("content-length"))
        return parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except (Refused, TimeoutError, ValueError):
        raise Forged("This form is too large, or did not arrive whole: nothing was done.") from None


def page(
    desk: Desk, request: Request, person: Person | None, template: str, *, status: int = 200, **values: Any
) -> HTMLResponse:
    """Return a page: `values` are what its template says, and what every page knows is there too.

    What `see_other` said before is shown once.
    """
    said = None
    if person is not None:
        found = desk.seals.read(_SAID, request.cookies.get(SAID_COOKIE), lives=SAID_LIVES)
        said = found[1:] if found is not None and found[0] == person.name else None
    html = drawn.page(
        template,
        desk=desk,
        person=person,
        path=request.url.path,
        token=token_of(desk, person) if person else "",
        said=said,
        **values,
    )
    response = HTMLResponse(html, status)
    if said is not None:
        response.delete_cookie(SAID_COOKIE, path=HOME)
    return response


def see_other(desk: Desk, person: Person, path: str, words: str, *, wrong: bool = False) -> Response:
    """Send a browser on to a page, after a form; the page shows `words` once, as a refusal if `wrong`."""
    response = RedirectResponse(path, status_code=303)
    response.set_cookie(
        SAID_COOKIE,
        desk.seals.seal(_SAID, [person.name, words, wrong]),
        max_age=int(SAID_LIVES.total_seconds()),
        path=HOME,
        secure=desk.secure,
        httponly=True,
        samesite="lax",
    )
    return response
