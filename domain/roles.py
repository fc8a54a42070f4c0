"""Roles: what each person at finance's desk may do. Whoever has a role may do all that a lower one may."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from domain.commands import COMMANDS

Role = Literal["viewer", "collector", "approver", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""The lowest first."""

MEANS: Mapping[Role, str] = {
    "viewer": "sees everything that finance sees, and changes nothing",
    "collector": "also works with customers: calls, promises, disputes, pauses, tasks",
    "approver": "also decides about money, credit and services: approvals, write-offs, suspensions",
    "admin": "also decides under which rules: policies, access, switches",
}

NO_PEOPLE = frozenset({"engine", "arrears", "customer"})
"""Authors in the journal that are no people: nobody at the desk is called so."""

_COLLECTOR = """
    pause resume hold opt_out opt_in promise agree_plan end_plan complete_task snooze_task reassign_task
    dispute resolve_dispute
    cancel_subscription suspended_elsewhere enter_code called_back accept_policy agree_usage note_safeguard
    request_access place_order cancel_order request_deposit apply_deposit
""".split()
"""What a talk with the customer comes to, and what keeps harm away: it can be taken back."""

_APPROVER = """
    exempt end_exemption release approve suspend reactivate write_off undo_write_off book_fee waive_fee
    cancel_fee hand_over take_back review_onboarding grant_credit end_credit refund_deposit block_orders
    unblock_orders
""".split()
"""What costs money, or somebody the service."""

_ADMIN = "use_policy end_use_policy adopt_policy grant_access revoke_access".split()

NEEDED: Mapping[str, Role] = {
    **dict.fromkeys(_COLLECTOR, "collector"),
    **dict.fromkeys(_APPROVER, "approver"),
    **dict.fromkeys(_ADMIN, "admin"),
}
"""The lowest role that may give each command of `domain.commands`."""


def reaches(role: Role, needed: Role) -> bool:
    """Whether a role may do what another one may."""
    return ROLES.index(role) >= ROLES.index(needed)


def may(role: Role, command: str) -> bool:
    """Whether a role may give a command.

    Raises:
        KeyError: there is no such command.
    """
    return reaches(role, NEEDED[command])


def commands_of(role: Role) -> list[str]:
    """Return the commands that a role may give, in the order of `domain.commands`."""
    return [name for name in COMMANDS if may(role, name)]


def highest(roles: Iterable[Role]) -> Role | None:
    """Return the highest of some roles; None of none."""
    return max(roles, key=ROLES.index, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointed:
    """Who has which role: people by their names, and all who are in a group."""

    people: Mapping[str, Role] = field(default_factory=dict)
    groups: Mapping[str, Role] = field(default_factory=dict)

    def role_of(self, name: str, groups: Iterable[str]) -> Role | None:
        """Return the highest role that somebody has; None for whom nobody gave one."""
        held = [self.groups[group] for group in groups if group in self.groups]
        return highest([*held, *([self.people[name]] if name in self.people else [])])
