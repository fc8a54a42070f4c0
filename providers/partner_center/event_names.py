"""What Partner Center calls its events, and what each of them is about here; asked for are these alone."""

from collections.abc import Mapping

from domain.hints import About

TEST = "test-created"
"""It tries whether events arrive."""

_ABOUT: Mapping[str, About] = {
    "subscription-updated": "subscription",
    "usagerecords-thresholdexceeded": "usage",
    "azure-fraud-event-detected": "fraud",
}
_ACCESS = ("granular-admin-", "dap-admin-")


def about(event: str) -> About:
    """Return what an event is about, however its name is written; `other` where nothing follows from it."""
    name = event.lower()
    return "access" if name.startswith(_ACCESS) else _ABOUT.get(name, "other")
