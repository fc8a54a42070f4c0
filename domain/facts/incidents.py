"""Facts of incidents, as far as a customer's plan has to know of them; the rest stands with the incident."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Name, Reason


class IncidentOpened(Body):
    """Fraud or misuse is being looked into: chasing rests, and nothing is given back by itself.

    Names the incident, what kind it is of, and nobody.
    """

    type: Literal["incident_opened"] = "incident_opened"
    incident: Name
    kind: Name
    category: Literal["fraud", "misuse"]
    by: Name | None = None


class IncidentClosed(Body):
    """The incident is over for this customer: from a fresh warning on, what is owed is chased again."""

    type: Literal["incident_closed"] = "incident_closed"
    incident: Name
    outcome: Reason | None = None
    by: Name | None = None
