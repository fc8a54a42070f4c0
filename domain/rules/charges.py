"""Charges: when the card of a customer is tried again, and when it is left alone.

One attempt at a time, of the oldest invoice first: at once on a new card, on the days of the ladder, and
once more before a step about an overdue invoice. A card that only the customer can mend, or nobody, is
not tried again: the customer is asked for another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.account import Account
from domain.book import Debt
from domain.calendar import Calendar, SendWindow
from domain.channels import CHARGE
from domain.charges.card_fold import ANSWERED_WITHIN
from domain.charges.cards import Attempt, Card
from domain.charges.declines import AGAIN, DeclineClass, classify
from domain.charges.networks import caps_of
from domain.claim import Claim
from domain.effects import Effect, EffectDebt, Held, Wanted
from domain.policy_charges import ASK_STEP, CHARGE_STEP, Charges
from domain.reasons import Reason, because
from domain.rules.contact import lawful
from domain.rules.ladder import gap_after_reminder, gap_from
from domain.rules.unsent import FAILED_OFTEN
from domain.situation import Situation

HeldBack = tuple[Reason, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """An attempt that the ladder or a new card asks for."""

    debt: Debt
    step: str
    reason: Reason
    new_card: bool = False


def charges(at: Situation) -> Wanted:
    """Return the next attempt to charge a card, or the request for another, and what holds them."""
    wanted = Wanted()
    terms = at.policy.charges
    if terms is None or not (at.account.wallet.cards or at.account.wallet.failures):
        return wanted
    due = sorted((debt for debt in at.debts if _is_due(at, debt, wanted)), key=_oldest)
    for debt in due:
        wish = _new_card(at, debt) or _retry(at, terms, debt, wanted)
        if wish is None:
            continue
        held = _held(at, terms, debt, new_card=wish.new_card)
        if held is None and not any(effect.kind == "charge" for effect in wanted.effects):
            wanted.effects.append(_effect(at, debt, wish.step, wish.reason))
        elif held is not None:
            reason, until = held
            debts = at.effect_debts([debt])
            wanted.hold(Held(step=wish.step, channel=CHARGE, debts=debts, reason=reason, until=until))
    _disputed(at, wanted)
    _ask_for_a_card(at, terms, due, wanted)
    return wanted


def charge_first(at: Situation, wanted: Wanted) -> None:
    """Let the steps of the policy wait for a charge of what they are about, made now or not yet answered.

    Called when all rules have spoken: a last attempt is made only before what is really about to happen.
    """
    terms = at.policy.charges
    if terms is None or not at.account.wallet.cards:
        return
    steps = {step.id for step in at.policy.steps}
    pressing = [effect for effect in wanted.effects if effect.step in steps]
    for effect in pressing:
        held = _waits_for(at, terms, effect, wanted)
        if held is not None:
            reason, until = held
            wanted.effects.remove(effect)
            wanted.hold(
                Held(step=effect.step, channel=effect.channel, debts=effect.debts, reason=reason, until=until)
            )


def _waits_for(at: Situation, terms: Charges, effect: Effect, wanted: Wanted) -> HeldBack | None:
    """Why a step waits: for a message that asks for another card, or for a charge."""
    if effect.kind == "notice" and any(each.step.startswith(ASK_STEP) for each in wanted.effects):
        return gap_from(at, at.today)
    named = {(debt.key, debt.opening) for debt in effect.debts}
    debts = sorted((debt for debt in at.overdue if (debt.key, debt.opening) in named), key=_oldest)
    invoices = {debt.invoice for debt in debts}
    for claim in _unanswered(at):
        if claim.invoices[0] in invoices:
            until = claim.claimed_at + ANSWERED_WITHIN
            return because("hold.charge_first", charge=claim.step, invoice=claim.invoices[0]), until
    charge = next((each for each in wanted.effects if each.kind == "charge"), None)
    step = f"{CHARGE_STEP}before_{effect.step}"
    for debt in debts:
        charged_now = charge is not None and charge.debts[0].key == debt.key
        if not charged_now and not _last_attempt(at, terms, debt, step):
            continue
        if charge is None:
            charge = _effect(at, debt, step, because("charge.before", step=step, next=effect.step))
            wanted.effects.append(charge)
        if not _failing(at, charge.step, charge.debts[0]):
            reason = because("hold.charge_first", charge=charge.step, invoice=charge.debts[0].invoice)
            return reason, None
    return None


def _last_attempt(at: Situation, terms: Charges, debt: Debt, step: str) -> bool:
    """Whether a card is to be tried once more before a step."""
    return (
        terms.before_steps
        and not at.claims(debt, step)
        and not _failing(at, step, debt)
        and not _tried_today(at, debt)
        and _held(at, terms, debt) is None
    )


def _failing(at: Situation, step: str, debt: Debt | EffectDebt) -> bool:
    """Whether this charge could not even be asked for, again and again: nothing waits for it any more."""
    key = (debt.key, debt.opening)
    return any(
        claim.step == step and key in claim.debts and claim.attempt >= FAILED_OFTEN
        for claim in at.account.claims
        if claim.channel == CHARGE and claim.state == "released"
    )


def _effect(at: Situation, debt: Debt, step: str, reason: Reason) -> Effect:
    """An attempt to take what is open and undisputed, less what the customer has paid on account."""
    card = at.account.wallet.card_at(at.now)
    amount = min(at.account.chased(debt), at.net(debt.open.currency, [debt]))
    return Effect(
        kind="charge",
        step=step,
        channel=CHARGE,
        debts=(EffectDebt(invoice=debt.invoice, opening=debt.opening, amount=amount, part=debt.part),),
        reason=reason,
        instrument=card.instrument if card else "",
    )


# --- which attempt is next -----------------------------------------------------------------------


def _is_due(at: Situation, debt: Debt, wanted: Wanted) -> bool:
    """Whether money of this debt may be taken: never before it is due."""
    if debt.due_on <= at.today:
        return True
    if _failures(at, debt):
        wanted.later.append(_opening(at, debt.due_on))
    return False


def _new_card(at: Situation, debt: Debt) -> _Wish | None:
    """A card added since the debt is late, or since a charge of it failed, is tried at once, once."""
    card = at.account.wallet.card_at(at.now)
    if card is None:
        return None
    step = f"{CHARGE_STEP}card_{card.number}"
    added_on = at.calendar.local_date(card.added_at)
    failed = _failures(at, debt)
    new = added_on > debt.due_on or (failed and failed[0].at < card.added_at)
    if not new or added_on < debt.opened_on or at.claims(debt, step) or at.before_go_live(added_on):
        return None
    reason = because("charge.new_card", step=step, on=added_on)
    return _Wish(debt=debt, step=step, reason=reason, new_card=True)


def _retry(at: Situation, terms: Charges, debt: Debt, wanted: Wanted) -> _Wish | None:
    """The highest rung of the ladder that has been reached; what was missed is not made up for."""
    failed = _failures(at, debt)
    if not failed:
        return None
    failed_on = at.calendar.local_date(failed[0].at)
    days = [failed_on + timedelta(days=day) for day in terms.retry_days]
    begun = max((i for i in range(len(days)) if at.claims(debt, _rung(i))), default=-1)
    left = [(i, max(day, debt.due_on)) for i, day in enumerate(days) if i > begun]
    reached = [(i, day) for i, day in left if day <= at.today and not at.before_go_live(day)]
    to_come = [day for _, day in left if day > at.today]
    if to_come:
        wanted.later.append(_opening(at, to_come[0]))
    if not reached:
        return None
    opens_at = _opening(at, at.today + timedelta(days=_tried_today(at, debt)))
    if at.now < opens_at:
        wanted.later.append(opens_at)
        return None
    i, _ = reached[-1]
    gone = (at.today - failed_on).days
    reason = because(
        "charge.retry", step=_rung(i), days=gone, failed_on=failed_on, offset=terms.retry_days[i]
    )
    return _Wish(debt=debt, step=_rung(i), reason=reason)


def _rung(i: int) -> str:
    return f"{CHARGE_STEP}{i + 1}"


def _failures(at: Situation, debt: Debt) -> list[Attempt]:
    """The engine's own attempts at this opening of a debt that came to nothing, in order."""
    return [
        each
        for each in at.account.attempted.get(debt.invoice, ())
        if each.counts and each.declined and at.calendar.local_date(each.at) >= debt.opened_on
    ]


def _tried_today(at: Situation, debt: Debt) -> bool:
    """Whether the engine has tried this debt today: two attempts on one day are never right."""
    attempts = at.account.attempted.get(debt.invoice, ())
    return any(each.counts and at.calendar.local_date(each.at) == at.today for each in attempts)


def _opening(at: Situation, day: date) -> datetime:
    """The first instant of a day at which a retry may run: contact hours are for messages."""
    terms = at.policy.charges
    window = SendWindow(
        opens=terms.hour if terms else time.min, closes=time.max, weekdays=frozenset(range(7))
    )
    return Calendar(zone=at.account.customer.timezone, window=window, country=None).opening(day)


def _oldest(debt: Debt) -> tuple[date, str]:
    return debt.due_on, debt.key


# --- what holds an attempt -----------------------------------------------------------------------


def _held(at: Situation, terms: Charges, debt: Debt, *, new_card: bool = False) -> HeldBack | None:
    """Why a debt is not charged now, the longest lasting reason first.

    Args:
        new_card: it is tried whatever the backstops say.
    """
    card = at.account.wallet.card_at(at.now)
    unusable = _unusable(at, terms, card)
    if unusable is not None or card is None:
        return unusable
    stopped = None if new_card else _stopped(at, terms, debt)
    if stopped is not None:
        return stopped, None
    little = at.too_little(debt.open.currency, [debt])
    if little is not None:
        return little, None
    return at.resting([debt]) or _in_doubt(at) or _capped(at, card)


def _unusable(at: Situation, terms: Charges, card: Card | None) -> HeldBack | None:
    """Why a card is not tried any more, whatever it is for."""
    if card is None:
        return because("charge.no_card"), None
    charged_back_at = at.account.wallet.charged_back_at
    if charged_back_at is not None and card.added_at <= charged_back_at:
        return because("charge.charged_back", on=at.calendar.local_date(charged_back_at)), None
    kind, decline = declined_as(at.account, terms, card)
    match kind:
        case "hard":
            return because("charge.hard", decline=decline), None
        case "customer":
            return because("charge.customer", decline=decline), None
        case "unknown":
            return because("charge.unknown", decline=decline), None
    return None


def declined_as(account: Account, terms: Charges, card: Card) -> tuple[DeclineClass | None, str]:
    """Return how a card was declined if that forbids to try it again, and with which code.

    A hard decline is for ever; others end when the customer adds the card anew, with other data.
    """
    found: tuple[DeclineClass | None, str] = None, ""
    for each in reversed(account.attempts):
        if not each.declined or each.instrument != card.instrument:
            continue
        kind = classify(each.decline, card.network, terms.declines)
        if kind == "hard":
            return kind, each.decline or ""
        if found[0] is None and kind not in AGAIN and each.at >= card.added_at:
            found = kind, each.decline or ""
    return found


def _stopped(at: Situation, terms: Charges, debt: Debt) -> Reason | None:
    """The backstops: so many days, and so many declines."""
    failed = _failures(at, debt)
    if not failed:
        return None
    failed_on = at.calendar.local_date(failed[0].at)
    if at.today >= failed_on + timedelta(days=terms.stop_days):
        return because("charge.deadline", days=terms.stop_days, failed_on=failed_on)
    if len(failed) >= terms.stop_declines:
        return because("charge.declines", invoice=debt.invoice, most=terms.stop_declines)
    return None


def _unanswered(at: Situation) -> Iterable[Claim]:
    """The charges that were begun and not answered: of those that are not in doubt, for a day."""
    return (
        claim
        for claim in at.account.claims
        if claim.channel == CHARGE
        and claim.charged is None
        and claim.stands
        and at.now < claim.claimed_at + ANSWERED_WITHIN
    )


def _in_doubt(at: Situation) -> HeldBack | None:
    """An attempt whose outcome nobody knows comes first: nothing is charged beside it."""
    for claim in at.account.claims:
        if claim.channel == CHARGE and claim.unsettled:
            return because("charge.unanswered", charge=claim.step), None
    for claim in _unanswered(at):
        return because("charge.unanswered", charge=claim.step), claim.claimed_at + ANSWERED_WITHIN
    return None


def _capped(at: Situation, card: Card) -> HeldBack | None:
    """The cap of the card's network that is reached, the one that lasts longest."""
    made = [each.at for each in at.account.attempts if each.instrument in (None, card.instrument)]
    held: list[tuple[datetime, Reason]] = []
    for cap in caps_of(card.network):
        until = cap.full_until(made, at.now)
        if until is not None:
            days = cap.within.days
            reason = because("charge.cap", most=cap.most, days=days, source=cap.source)
            held.append((until, reason))
    if not held:
        return None
    until, reason = max(held, key=lambda each: each[0])
    return reason, until


def _disputed(at: Situation, wanted: Wanted) -> None:
    """Note that a debt whose charge failed is not tried again because it is disputed as a whole."""
    for debt in at.open_debts:
        if at.account.contested(debt) and not at.chaseable(debt) and _failures(at, debt):
            reason, debts = because("hold.disputed", invoice=debt.invoice), at.effect_debts([debt])
            wanted.hold(Held(step=f"{CHARGE_STEP}retry", channel=CHARGE, debts=debts, reason=reason))


# --- asking for another card ---------------------------------------------------------------------


def _ask_for_a_card(at: Situation, terms: Charges, due: list[Debt], wanted: Wanted) -> None:
    """Ask the customer for another card, once a card: nothing but that helps after such a decline."""
    card = at.account.wallet.card_at(at.now)
    kind, decline = (None, "") if card is None else declined_as(at.account, terms, card)
    if card is None or kind is None:
        return
    step = f"{ASK_STEP}{card.number}"
    failed = [debt for debt in due if _failures(at, debt)]
    begun = [claim for debt in failed for claim in at.claims(debt, step)]
    tried = at.account.tried(begun)
    left = [c for c in terms.channels if c not in tried and at.account.reach.get(c) == "ok"]
    channel = next((c for c in left if c not in at.contacting.shut), next(iter(left), None))
    too_little = at.too_little_of(failed)
    debts = [debt for debt in failed if too_little[debt.open.currency] is None]
    if channel is None or not debts or any(claim.stands for claim in begun):
        return
    named = at.effect_debts(debts)
    held = at.resting(debts) or gap_after_reminder(at, own=step) or at.closed()
    if held is not None:
        wanted.hold(Held(step=step, channel=channel, debts=named, reason=held[0], until=held[1]))
        return
    named = at.effect_debts(lawful(at, step, channel, debts, wanted))
    if named:
        reason, template = because("charge.ask", step=step, decline=decline), terms.template
        wanted.effects.append(
            Effect(kind="notice", step=step, channel=channel, debts=named, reason=reason, template=template)
        )
