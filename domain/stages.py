"""Which stage may follow which: the life of a customer as a table.

A stage is derived from the facts at each look, so nothing can set a wrong one; a turn that is not in the
table says that facts contradict each other, and a person is told. Money moves a customer freely among
the stages of an open debt. Three doors open in one direction only: nobody comes back into the
verification, nobody leaves a rejection, and nothing brings back what has ended.
"""

from collections.abc import Mapping

_OWING = frozenset({"current", "overdue", "reminder", "final_notice", "handed_over"})
_SERVED = _OWING | {"restricted", "suspended"}

MAY_FOLLOW: Mapping[str, frozenset[str]] = {
    "onboarding": frozenset({"rejected", "current", "overdue"}),
    "rejected": frozenset(),
    # Somebody may be entered some time before the verification begins.
    "current": _SERVED | {"terminated", "onboarding"},
    "overdue": _SERVED | {"terminated"},
    "reminder": _SERVED | {"terminated"},
    "final_notice": _SERVED | {"terminated"},
    "handed_over": _SERVED | {"terminated"},
    "restricted": _SERVED | {"terminated"},
    # What is suspended comes back or ends; it is not restricted instead.
    "suspended": _OWING | {"terminated"},
    "terminated": frozenset(),
}
"""The stages that may follow each, besides itself."""


def may_follow(before: str | None, after: str) -> bool:
    """Whether a stage may follow another one; the first may be any, of an unknown one nothing is known."""
    if before is None or before == after or before not in MAY_FOLLOW or after not in MAY_FOLLOW:
        return True
    return after in MAY_FOLLOW[before]
