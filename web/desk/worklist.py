"""The worklist: what waits for a person, the most urgent first, and what may be done about it here."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from pydantic import ValidationError

from domain.commands import REJECTED
from domain.roles import NEEDED
from domain.sentences import sentences
from domain.worklist.kinds import KINDS
from domain.worklist.ranking import GROUPS
from store import commands, worklist
from store.errors import Refused
from store.worklist import NOBODY, PAGE, Changed, Item, Sought
from web.desk.frame import (
    HOME,
    Collector,
    Desk,
    Entered,
    Form,
    Person,
    TheDesk,
    Viewer,
    demand,
    page,
    see_other,
)
from web.desk.sign_in import ours

HERE = f"{HOME}worklist"
_MINE, _NOBODYS, _OF = "mine", "nobodys", "of "
_WHOSE = (("", "everybody's"), (_MINE, "mine"), (_NOBODYS, "nobody's"))

router = APIRouter(prefix="/worklist")

_Choice = Annotated[str, Query(max_length=160)]


@router.get("")
def show(
    request: Request,
    desk: TheDesk,
    person: Viewer,
    whose: _Choice = "",
    kind: _Choice = "",
    group: _Choice = "",
    customer: _Choice = "",
    late: bool = False,
    snoozed: bool = False,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """Show one page of what waits."""
    sought = Sought(
        owner=_owner(whose, person),
        kind=next((each for each in KINDS if each == kind), None),
        group=next((each for each in GROUPS if each == group), None),
        customer=customer.strip() or None,
        late=late,
        snoozed=snoozed,
    )
    found = worklist.page(
        desk.ledger, desk.worklist, zone=desk.zone, now=desk.now(), sought=sought, offset=(number - 1) * PAGE
    )
    chosen = {"whose": whose, "kind": kind, "group": group, "customer": customer}
    asked = {name: value for name, value in chosen.items() if value}
    asked |= {name: "true" for name, value in (("late", late), ("snoozed", snoozed)) if value}
    return page(
        desk,
        request,
        person,
        "worklist",
        found=found,
        chosen=chosen,
        late=late,
        snoozed=snoozed,
        whose=[*_WHOSE, *((_OF + name, name) for name in found.owners)],
        kinds=[("", "all kinds"), *((each, each) for each in KINDS)],
        groups=[("", "all groups"), *((each, each) for each in GROUPS)],
        number=number,
        pages=max(1, -(-found.total // PAGE)),
        link=lambda to: f"{HERE}?{urlencode({**asked, 'page': to})}",
        back=f"{HERE}?{urlencode({**asked, 'page': number})}",
        says=ends,
    )


def _owner(whose: str, person: Person) -> str | None:
    if whose == _MINE:
        return person.name
    if whose == _NOBODYS:
        return NOBODY
    return whose.removeprefix(_OF) if whose.startswith(_OF) else None


_ENDS: Mapping[str, str] = {
    "switch": "ends at the blast guard: `starter.py go --allow-blast`",
    "bank": "ends with its bank line: `starter.py bank match` or `bank ignore`",
    "incident": "ends in its incident",
    "burst": "ends with its burst: `starter.py onboarding close-burst`",
    "by_itself": "ends by itself, once what it is about has changed",
}


def ends(item: Item) -> str:
    """Say how a task ends that ends elsewhere; empty where it ends here or at its customer."""
    return _ENDS.get(item.ending.way, "")


# --- what may be done ----------------------------------------------------------------------------


@router.post("/{number}/complete")
def complete(
    desk: TheDesk, person: Collector, number: int, form: Entered, afterwards: BackgroundTasks
) -> Response:
    """Say that a task is done; of a call, whether somebody was reached."""
    reached = {"yes": True, "no": False}.get(form.get("reached") or "")

    def act() -> Changed:
        outcome = form.get("outcome")
        return worklist.complete(
            desk.ledger, number, outcome=outcome, by=person.name, now=desk.now(), reached=reached
        )

    return _done(desk, person, form, afterwards, act)


@router.post("/{number}/snooze")
def snooze(
    desk: TheDesk, person: Collector, number: int, form: Entered, afterwards: BackgroundTasks
) -> Response:
    """Put a task off until a day; without one it is listed again now."""

    def act() -> Changed:
        until = _day(form.get("until"))
        reason = form.get("reason")
        return worklist.snooze(
            desk.ledger, number, until=until, by=person.name, now=desk.now(), reason=reason
        )

    return _done(desk, person, form, afterwards, act)


@router.post("/{number}/reassign")
def reassign(
    desk: TheDesk, person: Collector, number: int, form: Entered, afterwards: BackgroundTasks
) -> Response:
    """Give a task to somebody; without a name it is anybody's."""

    def act() -> Changed:
        owner = form.get("owner")
        return worklist.reassign(desk.ledger, number, owner=owner, by=person.name, now=desk.now())

    return _done(desk, person, form, afterwards, act)


@router.post("/approve")
def approve(desk: TheDesk, person: Collector, form: Entered, afterwards: BackgroundTasks) -> Response:
    """Answer an approval of a customer: yes, or no with a reason."""
    demand(person, NEEDED["approve"])

    def act() -> Changed:
        told = {"step": form.get("step"), "outcome": _answer(form), "by": person.name}
        given = {name: value for name, value in told.items() if value is not None}
        customer = form.get("customer") or ""
        done = commands.perform(desk.ledger, customer, "approve", given, now=desk.now())
        return Changed(words=done.words, already=done.already, wake=customer if done.wake else None)

    return _done(desk, person, form, afterwards, act)


def _answer(form: Form) -> str | None:
    if form.get("answer") != "no":
        return None
    reason = form.get("reason")
    if reason is None:
        raise Refused("Say why you do not approve: the reason is for whoever asked.")
    return REJECTED + reason


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise Refused("Write the day like 2026-12-03.") from None


def _done(
    desk: Desk, person: Person, form: Form, afterwards: BackgroundTasks, act: Callable[[], Changed]
) -> Response:
    """Do it, wake who has to look, and lead back to the list, which says what was done or why not."""
    back = ours(form.get("back") or HERE)
    try:
        changed = act()
    except Refused as refused:
        return see_other(desk, person, back, str(refused), wrong=True)
    except ValidationError as error:
        return see_other(desk, person, back, "; ".join(sentences(error)), wrong=True)
    if changed.wake is not None:
        afterwards.add_task(desk.woken, [changed.wake])
    return see_other(desk, person, back, changed.words)
