"""Commanding: the form of each command, made of the command itself, and what was entered in it.

It goes the way of the Temporal UI's updates, so it works while no worker runs; the same again on one day is
done already, and nothing is written twice.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Request, Response
from starlette.exceptions import HTTPException

from domain.commands import COMMANDS, Command
from domain.finance_page import STAGES
from domain.forms import fields_of, input_of, offers_of, problems
from domain.roles import NEEDED
from store import commands, customers, dossier, policies
from store.assess import Assessment, peek
from store.errors import Refused, UnknownCustomer
from web.desk.customers import CustomerId, title_of
from web.desk.frame import HOME, Collector, Desk, Entered, Person, TheDesk, Viewer, demand, page, see_other

router = APIRouter(prefix="/customers/{customer}")


def _command(name: str) -> Command:
    if name not in COMMANDS:
        raise HTTPException(404)
    return COMMANDS[name]


@router.get("/do/{name}")
def form(request: Request, desk: TheDesk, person: Viewer, customer: CustomerId, name: str) -> Response:
    """Show the form of a command; what the address says besides is filled in."""
    command = _command(name)
    demand(person, NEEDED[name])
    return _form(desk, request, person, customer, command, dict(request.query_params))


def _form(
    desk: Desk,
    request: Request,
    person: Person,
    customer: str,
    command: Command,
    values: Mapping[str, str],
    *,
    wrong: list[str] | None = None,
    status: int = 200,
) -> Response:
    seen = peek(desk.ledger, customer, now=desk.now())
    return page(
        desk,
        request,
        person,
        "command",
        status=status,
        about=dossier.about(desk.ledger, customer, contact=False),
        seen=seen,
        stages=STAGES,
        command=command,
        title=title_of(command.name),
        fields=fields_of(command, offers=_offers(desk, command, seen), values=values),
        refused=seen.plan.allowed.get(command.name),
        wrong=wrong or [],
    )


def _offers(desk: Desk, command: Command, seen: Assessment) -> Mapping[str, tuple[str, ...]]:
    adopted = [row.name for row in policies.listed(desk.ledger) if row.position is not None]
    steps = [task.step for task in seen.open_tasks]
    return offers_of(command, seen.account, steps=steps, policies=adopted)


@router.post("/do/{name}")
def command(
    request: Request,
    desk: TheDesk,
    person: Viewer,
    customer: CustomerId,
    name: str,
    entered: Entered,
    afterwards: BackgroundTasks,
) -> Response:
    """Perform a command as this person."""
    asked = _command(name)
    demand(person, NEEDED[name])
    values = {field.name: entered.get(field.name) or "" for field in fields_of(asked)}
    given = input_of(asked, values)
    if wrong := problems(asked, given):
        return _form(desk, request, person, customer, asked, values, wrong=wrong, status=422)
    try:
        done = commands.perform(
            desk.ledger, customer, name, _signed(asked, given, person), now=desk.now(), check=desk.check
        )
    except Refused as refused:
        wrong = str(refused).splitlines()
        return _form(desk, request, person, customer, asked, values, wrong=wrong, status=422)
    answer = see_other(desk, person, _page_of(customer), done.words, wrong=done.wrong)
    if done.wake:
        afterwards.add_task(desk.woken, [customer])
    return answer


def _page_of(customer: str) -> str:
    return f"{HOME}customers/{customer}"


def _signed(command: Command, given: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return an input with its author, where a command names one."""
    return {**given, "by": person.name} if "by" in command.body.model_fields else dict(given)


_CONTACT = ("name", "email", "phone", "address")


@router.get("/contact")
def contact(request: Request, desk: TheDesk, person: Collector, customer: CustomerId) -> Response:
    """Show how a customer is reached, to be corrected."""
    known = dossier.about(desk.ledger, customer, contact=True)
    values = {name: getattr(known.contact, name) or "" for name in _CONTACT}
    return page(desk, request, person, "contact", about=known, values=values, wrong=[])


@router.post("/contact")
def correct_contact(
    request: Request,
    desk: TheDesk,
    person: Collector,
    customer: CustomerId,
    entered: Entered,
    afterwards: BackgroundTasks,
) -> Response:
    """Correct how a customer is reached; what was emptied is not known any more."""
    given = {name: entered.get(name) for name in _CONTACT}
    try:
        changed, news = customers.correct_contact(
            desk.ledger, customer, given, by=person.name, now=desk.now()
        )
    except UnknownCustomer:
        raise
    except Refused as refused:
        about = dossier.about(desk.ledger, customer, contact=True)
        values = {name: value or "" for name, value in given.items()}
        wrong = str(refused).splitlines()
        return page(desk, request, person, "contact", status=422, about=about, values=values, wrong=wrong)
    if news:
        afterwards.add_task(desk.woken, [customer])
    words = f"Changed {', '.join(changed)}." if changed else "Known already: nothing was changed."
    return see_other(desk, person, _page_of(customer), words)
