"""The commands in groups, as people look for them: what waits first, what is rare last.

Every page that offers commands takes the order from here.
"""

from collections.abc import Iterable, Iterator, Mapping

from domain.commands import Command

OTHERS = "Anything else"

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Answer what waits": (
        *("approve", "complete_task", "reassign_task", "snooze_task"),
        *("review_onboarding", "called_back", "enter_code"),
    ),
    "The customer pays, or contests": (
        *("promise", "agree_plan", "end_plan"),
        *("dispute", "resolve_dispute"),
    ),
    "Let it rest": ("pause", "resume", "exempt", "end_exemption", "hold", "release", "opt_out", "opt_in"),
    "The service": ("suspend", "reactivate", "suspended_elsewhere", "cancel_subscription"),
    "Interest and fees": ("book_fee", "waive_fee", "cancel_fee"),
    "Give it up, or to others": ("hand_over", "take_back", "write_off", "undo_write_off"),
    "Credit and orders": (
        *("grant_credit", "end_credit", "place_order", "cancel_order", "request_deposit"),
        *("apply_deposit", "refund_deposit", "block_orders", "unblock_orders"),
    ),
    "The policy": ("use_policy", "end_use_policy", "adopt_policy", "accept_policy"),
    "Usage and access": (
        *("agree_usage", "note_safeguard"),
        *("request_access", "grant_access", "revoke_access"),
    ),
}


def grouped(commands: Iterable[Command]) -> Iterator[tuple[str, list[Command]]]:
    """Yield the title of each group with those of the commands that are in it; empty groups are left out."""
    given = {command.name: command for command in commands}
    for title, names in GROUPS.items():
        if found := [given.pop(name) for name in names if name in given]:
            yield title, found
    if given:
        yield OTHERS, list(given.values())
