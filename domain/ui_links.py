"""Links into the Temporal UI, from wherever it is served, and the lists that finance keeps opening.

The list shows every run of a workflow, and an earlier case is an earlier run, which keeps the attributes
that it had. So whatever asks who is somewhere asks for what runs.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass

from domain.own_steps import APPROVE, REVIEW

_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_RUNS = 'ExecutionStatus="Running"'
CALL = "call"
BROKEN_PROMISE = "broken-promise"
"""Among the tags of a customer who did not pay what was promised, and still owes it."""

CUSTOMER, INCIDENT = "CustomerLifecycle", "RiskIncident"
"""The types of workflow that people start by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A list in the Temporal UI that has a name.

    Attributes:
        shows: whom it lists.
        query: the filter, as the UI takes it.
    """

    name: str
    title: str
    shows: str
    query: str


def running(query: str) -> str:
    """Return the filter of what is so now; without it, the list has earlier cases as well."""
    return f"{query} AND {_RUNS}"


VIEWS: Mapping[str, SavedView] = {
    view.name: view
    for view in (
        SavedView(
            name="waiting",
            title="Waits for a person",
            shows="every customer and incident with a task that is open",
            query=running("OpenTasks IS NOT NULL"),
        ),
        SavedView(
            name="needs-approval",
            title="Needs approval",
            shows="a suspension, or another step, that waits for a yes",
            query=running(f'OpenTasks="{APPROVE}"'),
        ),
        SavedView(
            name="calls-today",
            title="Calls today",
            shows="customers to be called",
            query=running(f'OpenTasks="{CALL}"'),
        ),
        SavedView(
            name="new-customers",
            title="New customers to decide",
            shows="verifications that wait for a person",
            query=running(f'OpenTasks="{REVIEW}"'),
        ),
        SavedView(
            name="final-notices",
            title="Final notices",
            shows="customers who were told the day of the suspension",
            query=running('Stage="final_notice"'),
        ),
        SavedView(
            name="suspended",
            title="Suspended",
            shows="customers without service",
            query=running('Stage="suspended"'),
        ),
        SavedView(
            name="broken-promises",
            title="Broken promises",
            shows="customers who did not pay what they promised, and still owe it",
            query=running(f'Tags="{BROKEN_PROMISE}"'),
        ),
        SavedView(
            name="incidents",
            title="Incidents",
            shows="fraud, misuse and enforcement that is not closed",
            query=running(f'WorkflowType="{INCIDENT}"'),
        ),
        SavedView(
            name="stuck",
            title="Stuck",
            shows="workflows that cannot go on: for whoever operates it",
            query=running("TemporalReportedProblems IS NOT NULL"),
        ),
    )
}
"""What finance keeps opening, in the order in which a day goes."""


def view_link(namespace: str, view: SavedView) -> str:
    """Return the path of a saved view in the Temporal UI."""
    return list_link(namespace, view.query)


def list_link(namespace: str, query: str) -> str:
    """Return the path of a filtered list in the Temporal UI."""
    return f"{_workflows(namespace)}?query={_in_url(query)}"


def workflow_link(namespace: str, workflow_id: str) -> str:
    """Return the path of a workflow in the Temporal UI: its newest run."""
    return f"{_workflows(namespace)}/{_in_url(workflow_id)}"


def start_link(namespace: str, task_queue: str, workflow_type: str = CUSTOMER) -> str:
    """Return the path of the form that starts a workflow, filled as far as it can be."""
    queue, kind = _in_url(task_queue), _in_url(workflow_type)
    return f"{_workflows(namespace)}/start-workflow?workflowType={kind}&taskQueue={queue}"


def desk_link(desk: str, customer_id: str) -> str:
    """Return the address of a customer at finance's desk."""
    return f"{desk}/customers/{_in_url(customer_id)}"


def _workflows(namespace: str) -> str:
    return f"/namespaces/{_in_url(namespace)}/workflows"


def _in_url(text: str) -> str:
    # urllib would do, but it also opens connections: the house rules keep it out of here.
    return "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())
