"""Incidents: notices are taken as by the other doors, and read without anything that somebody wrote."""

from typing import Annotated, Any

from fastapi import BackgroundTasks, FastAPI, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from domain.facts.fields import Name
from domain.incidents.kinds import kind_of
from domain.incidents.notice import Notice
from store import incidents
from store.errors import Refused
from store.intake import NAMELESS
from web.api import answers
from web.api.bodies import At, CustomerId
from web.api.pages import After, Limit
from web.api.parts import Api
from web.api.reports import Key


class IncidentBody(BaseModel):
    """A notice of fraud, misuse or enforcement.

    Attributes:
        id: names the notice within your system; the header Idempotency-Key does so too.
        kind: such as `spam` or `stolen_instrument`; one that nobody knows is kept as it was written.
        text: what happened; kept apart, and destroyed with the customer's contact data.
        at: when it began, where that is known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: Name | None = None
    kind: Name
    customer: CustomerId | None = None
    subscription: Name | None = None
    text: str = Field(default="", max_length=100_000)
    at: At | None = None


def add_incidents(app: FastAPI, parts: Api, by: Any) -> None:
    """Add the path at which notices of incidents are taken and incidents are read."""

    def notice(
        body: IncidentBody, caller: str, response: Response, later: BackgroundTasks, key: Key = None
    ) -> answers.IncidentNoticed:
        """Take a notice of an incident: it opens one, or adds to the one that is known."""
        name = body.id or key
        if name is None:
            raise Refused(NAMELESS)
        taken = incidents.take(parts.ledger, _notice(body, name, f"api:{caller}"), now=parts.now())
        response.status_code = 201 if taken.known == "new" else 200
        if taken.wake:
            later.add_task(parts.woken_incident, taken.incident)
        if taken.customer is not None:
            later.add_task(parts.woken, [taken.customer])
        return answers.IncidentNoticed(incident=taken.incident, status=taken.known)

    def incidents_page(
        open_only: Annotated[bool, Query(alias="open")] = False, after: After = "", limit: Limit = 100
    ) -> answers.IncidentPage:
        """List incidents by id, without anything that somebody wrote about them."""
        found = incidents.paged(parts.ledger, only_open=open_only, after=after, limit=limit)
        items = [answers.incident_item(each) for each in found]
        return answers.IncidentPage(items=items, next=items[-1].incident if len(items) == limit else None)

    notice.__annotations__["caller"] = by
    known: dict[int | str, dict[str, Any]] = {
        200: {"model": answers.IncidentNoticed, "description": "Known already"}
    }
    app.add_api_route("/incidents", notice, methods=["POST"], status_code=201, responses=known)
    app.add_api_route("/incidents", incidents_page, methods=["GET"])


def _notice(body: IncidentBody, name: str, source: str) -> Notice:
    """Return what was told; whoever has a token is trusted, as whoever has the webhook's secret."""
    return Notice(
        source=source,
        id=name,
        kind=kind_of(body.kind).name,
        word=body.kind,
        trusted=True,
        customer=body.customer,
        subscription=body.subscription,
        occurred_at=body.at,
        text=body.text,
    )
