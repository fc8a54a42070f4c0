"""Links into the Temporal UI, from wherever it is served."""

import string

_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
WAITS_FOR_A_PERSON = "OpenTasks IS NOT NULL"
"""The filter of the Temporal UI that finance opens in the morning."""


def list_link(namespace: str, query: str) -> str:
    """Return the path of a filtered list in the Temporal UI."""
    return f"{_workflows(namespace)}?query={_in_url(query)}"


def workflow_link(namespace: str, workflow_id: str) -> str:
    """Return the path of a workflow in the Temporal UI: its newest run."""
    return f"{_workflows(namespace)}/{_in_url(workflow_id)}"


def start_link(namespace: str, task_queue: str) -> str:
    """Return the path of the form that starts a customer's workflow, filled as far as it can be."""
    return f"{_workflows(namespace)}/start-workflow?workflowType=CustomerLifecycle&taskQueue={task_queue}"


def _workflows(namespace: str) -> str:
    return f"/namespaces/{_in_url(namespace)}/workflows"


def _in_url(text: str) -> str:
    # urllib would do, but it also opens connections: the house rules keep it out of here.
    return "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())
