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
from domain.own_steps import APPROVE, DATA_LOSS, FEE, RETURNED, REVIEW, TOLD, UNREACHABLE
from domain.plan import Plan
from domain.rest import FOREVER
from domain.simulation.timeline import Line

OWN_STEPS = {
    APPROVE: "ask for approval",
    DATA_LOSS: "warn of lost data",
    REVIEW: "ask for a decision",
    RETURNED: "bring the service back",
    TOLD: "word of the suspension",
    UNREACHABLE: "find another way to reach the customer",
}
"""What the engine does by itself, where its id would say too little."""

CHANNEL_WORDS = {"sms": "SMS"}

MOST_HOLDS = 4
MOST_RESTS = 2
MOST_DEBTS = 5
MOST_WORDS = 140
MOST_NAME = 40


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
    why = f", {_why(line.reason.words, line.step or '')}" if line.reason else ""
    return f"{_local(line.at, zone)}: {_by(line.step or '', line.channel)}{why}"[:MOST_WORDS]


def _why(words: str, step: str) -> str:
    """Return a reason without the step that it begins with: `final_notice: ...`, `call task call: ...`."""
    _, found, why = words.partition(f"task {step}: ")
    return why if found else words.removeprefix(f"{step}: ")


def _by(step: str, channel: str | None) -> str:
    """Say a step as people do: `final notice by email`, `ask for approval`."""
    words = step_says(step)
    if channel is None or channel in (*NO_DEBTS, TASK, CHARGE, PROVISION, BOOK):
        return words
    return f"{words} by {CHANNEL_WORDS.get(channel, channel)}"


def step_says(step: str) -> str:
    """Say a step's id in words: `final_notice` is a final notice, `approve` asks for approval."""
    if step in OWN_STEPS:
        return OWN_STEPS[step]
    if step.startswith(FEE):
        return f"fee for {step_says(step.removeprefix(FEE))}"
    return step.replace("_", " ").replace("-", " ")


def task_says(step: str, why: str, owner: str | None, snoozed_until: date | None) -> str:
    """Say what waits for a person: its step, a colon and why, and who does it when."""
    arranged = [f"{owner[:MOST_NAME]} does it"] if owner else []
    if snoozed_until is not None:
        arranged.append(f"put off until {day_says(snoozed_until)}")
    said = f" ({', '.join(arranged)})" if arranged else ""
    return f"{step}: {why}"[: MOST_WORDS - len(said)] + said


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
    words = [f"{step_says(held.step)}: {held.reason.words}"[:MOST_WORDS] for held in plan.held]
    return list(dict.fromkeys(words))[:MOST_HOLDS]


def contact_says(claim: Claim, zone: ZoneInfo) -> str:
    """Say what was sent, and how it went."""
    on = _local(claim.claimed_at, zone)
    if claim.channel == CHARGE:
        return f"{on}: {step_says(claim.step)}, {_answer_says(claim)}"
    state: str = claim.state
    if claim.delivered_at is not None:
        state = "delivered"
    if claim.bounced_at is not None:
        state = "bounced"
    return f"{on}: {_by(claim.step, claim.channel)}, {state}"


def _answer_says(claim: Claim) -> str:
    if claim.charged is None:
        return "not answered"
    return f"declined: {claim.charged.decline}" if claim.charged.declined else "taken"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return day_says(at.astimezone(zone).date())


def day_says(day: date) -> str:
    """Write a day: 3 Dec 2026."""
    return f"{day.day} {day:%b %Y}"
