"""Alerts of a provider: read from it into notices, and told to it again once people have found what it was.

What a provider is told is owed from the response on, and settled by two entries of the incident: that it is
being told, written before it is; and how it stands there, read afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.incidents.incident import Entry, Incident, Verdict
from domain.incidents.notice import LONGEST_WORD, Notice

Outcome = Literal["fraud", "legitimate", "ignore"]
OUTCOMES: Mapping[Verdict, Outcome] = {
    "confirmed": "fraud",
    "legitimate": "legitimate",
    "false_alarm": "ignore",
}
"""What each verdict is for a provider."""

ANSWERING, ANSWERED, UNANSWERED = "answering", "answered", "unanswered"
RESOLVED = "resolved"
GIVE_UP_AFTER = timedelta(days=1)
"""So long a provider may take what it is told and show nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert by the provider's own names."""

    event: str
    subscription: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsPage:
    """Some alerts; `after` asks for the next ones, and is None behind the last."""

    notices: Sequence[Notice]
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """How an alert stands at its provider; `words` are the provider's own."""

    resolved: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a provider is to be told of one alert; `since` when it was begun, None where it was not."""

    alert: Alert
    outcome: Outcome
    since: datetime | None

    def given_up(self, now: datetime) -> bool:
        """Whether it was told for so long in vain that a person has to look."""
        return self.since is not None and now - self.since >= GIVE_UP_AFTER


def owed(incident: Incident, entries: Sequence[Entry], source: str) -> list[Owed]:
    """Return what the provider `source` is to be told of its alerts in this incident, in their order."""
    if incident.verdict is None or (incident.responded is None and incident.closed is None):
        return []
    newest: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.at):
        if entry.what == "noticed" and entry.data.get("source") == source and "event" in entry.data:
            newest[entry.data["event"]] = entry
    over = {each.data["event"] for each in entries if each.what in (ANSWERED, UNANSWERED)}
    begun = {each.data["event"]: each.at for each in entries if each.what == ANSWERING}
    return [
        Owed(
            alert=Alert(event=event, subscription=entry.data.get("subscription")),
            outcome=OUTCOMES[incident.verdict],
            since=begun.get(event),
        )
        for event, entry in newest.items()
        if event not in over and entry.data.get("status") != RESOLVED and len(event) < LONGEST_WORD
    ]
