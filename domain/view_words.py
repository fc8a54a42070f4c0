"""The words of a view: what is owed, held, said and to come, a line each."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.account import Account
from domain.book import Debt
from domain.channels import BOOK, CHARGE, NO_DEBTS, PROVISION, TASK
from domain.claim import Claim
from domain.effects import Effect
from domain.money import per_currency
from domain.plan import Plan
from domain.rest import FOREVER
from domain.simulation.timeline import Line

MOST_HOLDS = 4
MOST_RESTS = 2
MOST_DEBTS = 5
MOST_WORDS = 140


def effect_says(effect: Effect) -> str:
    """Say in one line what an effect is about: `reminder_first by email: 250.00 EUR`."""
    totals = per_currency(debt.amount for debt in effect.debts if debt.invoice not in NO_DEBTS)
    amounts = ", ".join(str(total) for total in totals)
    what = _by(effect.step, effect.channel)
    if effect.settles is not None:
        what = f"find out about {what}"
    return f"{what}: {amounts}" if amounts else what


def line_says(line: Line, zone: ZoneInfo) -> str:
    """Say in one line what a forecast line means: `final_notice by email on 3 Dec 2026`."""
    return f"{_by(line.step or '', line.channel)} on {_local(line.at, zone)}"


def coming_says(line: Line, zone: ZoneInfo) -> str:
    """Say what comes and why: `3 Dec 2026: final_notice by email, 30 days past due, ...`."""
    why = f", {line.reason.words.removeprefix(f'{line.step}: ')}" if line.reason else ""
    return f"{_local(line.at, zone)}: {_by(line.step or '', line.channel)}{why}"[:MOST_WORDS]


def _by(step: str, channel: str | None) -> str:
    return step if channel in (*NO_DEBTS, TASK, CHARGE, PROVISION, BOOK, None) else f"{step} by {channel}"


def open_says(debts: Iterable[Debt]) -> list[str]:
    """Say what is open, the oldest due first, and how many more there are."""
    owed = sorted(debts, key=lambda debt: (debt.due_on, debt.key))
    words = [f"{debt.key}: {debt.open}, due {day_says(debt.due_on)}" for debt in owed[:MOST_DEBTS]]
    return words if len(owed) <= MOST_DEBTS else [*words, f"and {len(owed) - MOST_DEBTS} more"]


def rests_say(account: Account, plan: Plan, today: date, *, most: int | None = MOST_RESTS) -> list[str]:
    """Say which holds, pauses and exemptions hold today or will, which plans count, what was promised."""
    kinds = ((account.holds, "On hold"), (account.pauses, "Paused"), (account.exemptions, "Exempt"))
    words = []
    for rests, kind in kinds:
        for rest in rests:
            if rest.to_come(today):
                since = "" if rest.first <= today else f" from {day_says(rest.first)}"
                until = "" if rest.last == FOREVER else f" until the end of {day_says(rest.last)}"
                about = f" {rest.invoice}" if rest.invoice else ""
                words.append(f"{kind}{about}{since}{until}: {rest.reason}"[:MOST_WORDS])
    words += [f"Pays {agreed}" for agreed in plan.agreed]
    words += [f"Disputed {each.words}" for each in account.dispute_cases if each.told.resolved_on is None]
    words += [f"Promised {each.words}" for each in account.promises if each.pay_on >= today]
    return words[:most]


def wake_says(plan: Plan, zone: ZoneInfo) -> str:
    """Say when the account is looked at again, and what for."""
    if plan.wake_at is None:
        return ""
    coming = next((line for line in plan.forecast if line.at == plan.wake_at), None)
    if coming is None:
        held = next((held for held in plan.held if held.until == plan.wake_at), None)
        why = f": {held.step} waits, {held.reason.words}" if held else ""
        return f"look again on {_local(plan.wake_at, zone)}{why}"[:MOST_WORDS]
    unless = " unless paid" if coming.effect in ("notice", "restrict", "suspend", "terminate") else ""
    return line_says(coming, zone) + unless


def held_says(plan: Plan) -> list[str]:
    """Say what is held back, and why, each once."""
    words = [f"{held.step}: {held.reason.words}"[:MOST_WORDS] for held in plan.held]
    return list(dict.fromkeys(words))[:MOST_HOLDS]


def contact_says(claim: Claim, zone: ZoneInfo) -> str:
    """Say what was sent, and how it went."""
    on = _local(claim.claimed_at, zone)
    if claim.channel == CHARGE:
        return f"{on}: {claim.step}, {_answer_says(claim)}"
    state: str = claim.state
    if claim.delivered_at is not None:
        state = "delivered"
    if claim.bounced_at is not None:
        state = "bounced"
    return f"{on}: {claim.step} by {claim.channel}, {state}"


def _answer_says(claim: Claim) -> str:
    if claim.charged is None:
        return "not answered"
    return f"declined: {claim.charged.decline}" if claim.charged.declined else "taken"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return day_says(at.astimezone(zone).date())


def day_says(day: date) -> str:
    """Write a day: 3 Dec 2026."""
    return f"{day.day} {day:%b %Y}"
