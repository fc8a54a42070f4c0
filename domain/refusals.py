"""Why a command makes no sense now: the sentence, the same wherever it was asked for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain import facts
from domain.access.preconditions import refused
from domain.account import OPTED_OUT
from domain.book import Book, Debt
from domain.channels import CHANNELS, TASK
from domain.commands import COMMANDS, FeeEntry, Input
from domain.contacts import CALL
from domain.credit.refusals import allowed_of_credit, refused_of_credit
from domain.interest.booking import booking, forbidden
from domain.money import Money, MoneyError
from domain.override import in_force
from domain.own_steps import APPROVE, CALL_APPLICANT, REVIEW, approval_of, is_answered, is_approval
from domain.plan_refusals import ending_refused, plan_refused
from domain.promises import Promise, asked_for, promise, worth_resting
from domain.rest import FOREVER, Rest, Withheld
from domain.rules.approval import still_to_approve
from domain.rules.credit import settled_tasks
from domain.rules.interest import over
from domain.rules.suspension import not_yet, over_threshold, requested
from domain.situation import Situation

Refusal = str | None
_REVIEW_ENDS = "A review ends with a decision: use review_onboarding, or `starter.py review`."
_CALL_ENDS = "A call ends with what came of it: use called_back, or `starter.py onboarding called`."
_APPROVAL_ENDS = (
    "An approval ends with an answer: use approve, or `starter.py approve`, which --reject makes a no."
)
_TOLD_OF = (*CHANNELS, CALL)
"""What a customer may want nothing more by."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def allowed(at: Situation) -> dict[str, Refusal]:
    """Return for each command None, or the sentence why it makes no sense now for anything."""
    service = at.account.service
    answers: dict[str, Refusal] = dict.fromkeys(COMMANDS)
    if not any(rest.to_come(at.today) for rest in at.account.pauses):
        answers["resume"] = "Nothing is paused."
    if not any(rest.to_come(at.today) for rest in at.account.exemptions):
        answers["end_exemption"] = "Nothing is exempt."
    if not _releasable(at):
        answers["release"] = _nothing_to_release(at)
    if not any(debt.open for debt in at.account.debts):
        answers["promise"] = "Nothing is open that could be promised."
        answers["agree_plan"] = "Nothing is open that could be paid in instalments."
    if OPTED_OUT not in at.account.reach.values():
        answers["opt_in"] = "The customer has opted out of nothing."
    if not at.plans:
        answers["end_plan"] = "No instalment plan is current."
    if in_force(at.account.override, at.today) is None:
        answers["end_use_policy"] = "Nobody chose a policy for this customer."
    answers["approve"] = _approve(at)
    answers["suspend"] = "The service is suspended already." if service.suspended else _suspend(at)
    answers["reactivate"] = _reactivate(at)
    if not any(rest.to_come(at.today) for rest in at.account.handed_over):
        answers["take_back"] = "Nothing is handed over."
    if at.account.cancelled_on is not None or service.ended:
        answers["cancel_subscription"] = _gone(at)
    if not any(debt.open for debt in at.account.debts):
        answers["write_off"] = answers["hand_over"] = "Nothing is open."
        answers["dispute"] = "Nothing is open that could be disputed."
    if not at.account.disputes:
        answers["resolve_dispute"] = "Nothing is disputed."
    if not any(debt.state == "written_off" for debt in at.account.debts):
        answers["undo_write_off"] = "Nothing has been written off."
    answers["book_fee"] = forbidden(at)
    if not any(debt.open and debt.about for debt in at.account.open_debts):
        answers["waive_fee"] = "No fee is open."
    if not at.account.fees:
        answers["cancel_fee"] = "No fee is booked."
    answers["complete_task"] = _complete(at)
    answers.update(allowed_of_credit(at))
    if at.account.onboarding != "pending":
        answers["enter_code"] = answers["review_onboarding"] = "Nobody is being verified here."
        answers["called_back"] = answers["review_onboarding"]
    elif not at.account.verification.takes_a_code(at.now):
        answers["enter_code"] = "No code is waited for."
    return answers


def _releasable(at: Situation) -> list[Rest]:
    """The holds that a person set and may end."""
    return [rest for rest in at.account.holds if rest.to_come(at.today) and not isinstance(rest, Withheld)]


def _nothing_to_release(at: Situation) -> str:
    if at.account.incidents:
        return f"Incident {at.account.incidents[0]} keeps everything back: it ends when that is closed."
    if at.account.elsewhere_on is not None:
        return "Others suspended the service: it ends when they give it back (suspended_elsewhere)."
    return "Nothing is on hold."


def lapses_at(at: Situation) -> datetime | None:
    """Return when time alone may lift a refusal of `allowed`: a notice ends, an announced day comes."""
    step = at.policy.suspension
    if step is None or at.account.service.suspended:
        return None
    held = [not_yet(at, step, debt) for debt in at.overdue if debt.main and not at.stands(debt, step.id)]
    return min((until for _, until in filter(None, held) if until is not None), default=None)


def refusal(at: Situation, name: str, body: Input) -> Refusal:
    """Return why this very command may not be done now, or None. Decided again in the transaction."""
    general = _ends_otherwise(at, body) or allowed(at)[name] or _ends_too_early(at, body)
    if general is not None:
        return general
    invoices = {debt.invoice: debt for debt in at.account.debts}
    match body:
        case FeeEntry() | facts.FeeWaived() | facts.FeeCancelled():
            return _fee(at, body)
        case facts.Paused():
            return _pause(at, body)
        case facts.PromiseMade():
            return _promise(at, body)
        case facts.PlanAgreed():
            return plan_refused(at, body)
        case facts.PlanEnded():
            return ending_refused(at, body)
        case facts.HoldReleased(reason=str(reason)):
            reasons = sorted({rest.reason for rest in _releasable(at)})
            if reason not in reasons:
                return f"No hold is for {reason!r}; there is {', '.join(map(repr, reasons))}."
        case facts.Approved(step=str(step)) if step not in _waiting(at):
            return f"No step {step!r} waits for approval."
        case facts.TaskCompleted(step=None) if all(map(is_answered, _open_tasks(at))):
            return f"Name the task that is done: open is {', '.join(sorted(_open_tasks(at)))}."
        case facts.TaskCompleted(step=str(step)) if step not in _open_tasks(at):
            return f"No task {step!r} is open; open are {', '.join(sorted(_open_tasks(at)))}."
        case facts.WrittenOff(invoice=invoice) | facts.DisputeOpened(invoice=invoice):
            debt = invoices.get(invoice)
            if debt is None:
                return _unknown(invoice)
            if not debt.open:
                return f"Invoice {invoice} is {debt.state.replace('_', ' ')}: nothing is open on it."
            if isinstance(body, facts.WrittenOff):
                return _unapproved(at, "write_off", [d for d in at.open_debts if d.invoice == invoice])
            return _too_much(body.amount, debt, "disputed")
        case facts.DisputeResolved(dispute=dispute) if dispute not in at.account.disputes:
            return f"No dispute {dispute!r} is open; open are {', '.join(at.account.disputes)}."
        case facts.DisputeResolved(invoice=str(invoice)):
            if invoice not in invoices:
                return _unknown(invoice)
            if invoices[invoice].open and invoice not in at.account.disputed:
                return f"Invoice {invoice} is not disputed."
        case facts.ExemptionEnded(invoice=invoice):
            ending = [rest for rest in at.account.exemptions if rest.to_come(at.today)]
            if not any(rest.invoice == invoice for rest in ending):
                return f"Invoice {invoice} is not exempt." if invoice else "The customer is not exempt."
        case facts.WriteOffUndone(invoice=invoice):
            if invoice not in invoices:
                return _unknown(invoice)
            if invoices[invoice].state != "written_off":
                return f"Invoice {invoice} has not been written off."
        case facts.Exempted(invoice=str(invoice)) if invoice not in invoices:
            return _unknown(invoice)
        case facts.Exempted():
            return _exempt(at, body)
        case _:
            return _end(at, body)
    return None


def _credit(at: Situation) -> Refusal:
    if at.account.verification.accepted is not None:
        return None
    return (
        "Credit needs the accepted collections policy: use accept_policy first, or approve without a limit."
    )


def _end(at: Situation, body: Input) -> Refusal:
    match body:
        case facts.OnboardingReviewed(limit=limit) if limit is not None:
            return _credit(at)
        case facts.OptedOut() | facts.OptedIn():
            return _opting(at, body)
        case facts.HandedOver():
            return _hand_over(at, body)
        case facts.TakenBack(invoice=str(invoice)):
            return _take_back(at, invoice)
        case facts.SuspendedElsewhere(outcome=outcome):
            return _elsewhere(at, ended=outcome == "ended")
        case facts.AccessRequested() | facts.AccessGranted() | facts.AccessRevoked():
            return refused(at, body)
        case facts.Body():
            return refused_of_credit(at, body)
        case _:
            return None


def _opting(at: Situation, body: facts.OptedOut | facts.OptedIn) -> Refusal:
    """Why an opt-out says nothing new; one of the list alone may be followed by one of everything."""
    reach, left = at.account.reach, at.account.unsubscribed
    if body.channel is not None and body.channel not in _TOLD_OF:
        return f"There is no channel {body.channel!r}: use one of {', '.join(_TOLD_OF)}."
    if isinstance(body, facts.OptedIn):
        return None if reach.get(body.channel) == OPTED_OUT else f"Nobody has opted out of {body.channel}."
    asked = CHANNELS if body.channel is None else (body.channel,)
    if all(reach.get(each) == left.get(each, OPTED_OUT) == OPTED_OUT for each in asked):
        return f"The customer has opted out of {body.channel or 'every channel'} already."
    return None


def _ends_too_early(at: Situation, body: Input) -> Refusal:
    early = facts.ends_too_early(body, at.today) if isinstance(body, facts.Body) else None
    return None if early is None else f"{early[0].upper()}{early[1:]}."


def _fee(at: Situation, body: FeeEntry | facts.FeeWaived | facts.FeeCancelled) -> Refusal:
    """Why a fee cannot be booked, given up or taken back."""
    if isinstance(body, FeeEntry):
        booked = booking(at, body)
        return booked if isinstance(booked, str) else None
    debt = next((debt for debt in at.account.debts if debt.invoice == body.fee), None)
    if debt is None or debt.about is None:
        return f"There is no fee {body.fee} of this customer."
    if debt.state == "void":
        return f"Fee {body.fee} is cancelled already."
    if isinstance(body, facts.FeeCancelled):
        return None
    if not debt.open:
        return f"Nothing is open on fee {body.fee}."
    return _too_much(body.amount, debt, "waived")


def _too_much(amount: Decimal | None, debt: Debt, done: str) -> Refusal:
    """Why an amount cannot be disputed of a debt, or waived."""
    try:
        asked = debt.open if amount is None else Money.of(amount, debt.open.currency)
    except MoneyError as error:
        return f"{error}."
    if asked > debt.open:
        return f"{asked} cannot be {done}: {debt.open} are open on invoice {debt.invoice}."
    return None


def _unknown(invoice: str) -> str:
    return f"Invoice {invoice} is not known for this customer."


def _pause(at: Situation, body: facts.Paused) -> Refusal:
    if at.pause is not None and body.to is not None and at.pause.last >= body.to:
        return f"Already paused until {_until(at.pause)}."
    return None


def _promise(at: Situation, body: facts.PromiseMade) -> Refusal:
    """Why a promise would not be worth a rest: too long, too many, or of more than is owed."""
    terms = at.policy.promises
    if (body.pay_on - at.today).days > terms.max_days:
        last = at.today + timedelta(days=terms.max_days)
        return f"A promise is for {terms.max_days} days at most: agree on a day until {last}."
    if body.amount is None and at.plans:
        return "An instalment plan is current: say which amount was promised."
    trial = _as_promised(at, body)
    if trial is None:
        return "The amount needs the currency of something open: add it, like EUR."
    asked = trial.asked
    owed = sum(debt.open.minor for debt in at.account.debts if asked and debt.open.currency == asked.currency)
    if asked is not None and asked.minor > owed:
        return f"{asked} cannot be promised: {Money(owed, asked.currency)} are open."
    promises = [*at.account.promises, trial]
    if trial not in worth_resting(promises, terms, at.today, at.tolerances):
        return f"{terms.most} promises about these debts were not kept: another one rests nothing."
    return None


def _as_promised(at: Situation, body: facts.PromiseMade) -> Promise | None:
    """The promise as the account would have it; None for an amount that is in no currency of a debt."""
    account = at.account
    book = Book(debts=account.debts, entries=tuple(account.entries), unapplied=account.unapplied)
    try:
        asked = asked_for(body, book.debts, account.customer.currency)
    except MoneyError:
        return None
    if asked is not None and asked.currency not in {debt.open.currency for debt in account.open_debts}:
        return None
    return promise(book, made_on=at.today, pay_on=body.pay_on, by=body.by or "finance", asked=asked)


def _exempt(at: Situation, body: facts.Exempted) -> Refusal:
    same = [rest for rest in at.account.exemptions if rest.invoice == body.invoice and rest.holds(at.today)]
    longest = max(same, key=lambda rest: rest.last, default=None)
    if longest is not None and body.to is not None and longest.last >= body.to:
        return f"Already exempt until {_until(longest)}."
    return None


def _until(rest: Rest) -> str:
    return "further notice" if rest.last == FOREVER else str(rest.last)


def _hand_over(at: Situation, body: facts.HandedOver) -> Refusal:
    """Why a debt cannot be handed over: it is paid, with others already, or waits for a person's approval."""
    named = [debt for debt in at.account.debts if debt.invoice == body.invoice]
    if body.invoice is not None and not named:
        return _unknown(body.invoice)
    late = [debt for debt in at.open_debts if at.claimable(debt) and debt.days_late(at.today) > 0]
    debts = [debt for debt in late if body.invoice in (None, debt.invoice) and at.collector(debt) is None]
    if not debts:
        return f"Nothing of {body.invoice or 'the customer'} is past due that could be handed over."
    return _unapproved(at, "hand_over", debts)


def _unapproved(at: Situation, kind: str, debts: Sequence[Debt]) -> Refusal:
    """Why debts cannot be handed over, or written off, without the approval that the policy asks for."""
    steps = [step for step in at.policy.proposals if step.kind == kind and at.meant_for(step)]
    over = next((found for step in steps if (found := still_to_approve(at, step, debts))), None)
    if over is None:
        return None
    return f"{over[0]} needs approval from {over[1]}: use approve once the policy asks for it."


def _take_back(at: Situation, invoice: str) -> Refusal:
    named = [debt for debt in at.open_debts if debt.invoice == invoice]
    rests = [(debt, rest) for debt in named if (rest := at.collector(debt)) is not None]
    if any(debt.about is None or rest.invoice == invoice for debt, rest in rests):
        return None
    if rests:
        return f"Fee {invoice} is with invoice {named[0].about}: take that back."
    return f"Invoice {invoice} is not handed over."


def _elsewhere(at: Situation, *, ended: bool) -> Refusal:
    known = at.account.elsewhere_on is not None
    if ended and not known:
        return "Nobody else has the service suspended."
    return "It is known already that others suspended the service." if known and not ended else None


def _gone(at: Situation) -> Refusal:
    """Why there is nothing to turn on or off any more."""
    if at.account.service.ended:
        return "The subscription has ended for good."
    return "The subscription was cancelled." if at.account.cancelled_on is not None else None


def _reactivate(at: Situation) -> Refusal:
    if not at.has_service:
        return _gone(at)
    if not at.account.service.down:
        return "The service is not suspended."
    if at.account.incidents:
        return f"Incident {at.account.incidents[0]} is open: it is closed before the service comes back."
    return None if at.account.elsewhere_on is None else "Others suspended the service: ask them."


def _waiting(at: Situation) -> set[str]:
    """The steps that may be approved: the suspension, and those whose approval was asked for."""
    asked = {step.id for step in at.policy.steps if approval_of(step.id) in _tasks_of(at)}
    return asked | ({at.policy.suspension.id} if at.policy.suspension else set())


def _approve(at: Situation) -> Refusal:
    if any(step.startswith(approval_of("")) and _asked_for(at, step) for step in _tasks_of(at)):
        return None
    return _approve_suspension(at)


def _asked_for(at: Situation, approval: str) -> bool:
    """Whether an approval that was asked for still matters: something that it is about is owed."""
    claims = [claim for claim in at.account.claims if claim.step == approval and claim.stands]
    return any(at.matters(*key) for claim in claims for key in claim.debts)


def _approve_suspension(at: Situation) -> Refusal:
    step = at.policy.suspension
    if step is None:
        return "This policy has no step that needs approval."
    if over_threshold(at, step, [debt for debt in at.overdue if debt.main]) is None:
        return "Nothing waits for approval: what is overdue is below the threshold."
    return None


def _suspend(at: Situation) -> Refusal:
    step = at.policy.suspension
    if step is None:
        return "This policy never suspends."
    if not at.has_service:
        return _gone(at)
    if at.account.elsewhere_on is not None:
        return "Others suspended the service already."
    if requested(at):
        return "The suspension has been asked for already."
    overdue = [debt for debt in at.overdue if debt.main]
    if not overdue:
        return "No main debt is overdue."
    held = [not_yet(at, step, debt) for debt in overdue if not at.stands(debt, step.id)]
    if not held:
        return "The service has been suspended for these debts before: only a new one can suspend it again."
    if None in held:
        return None
    reasons = sorted({reason.words for reason, _ in filter(None, held)})
    return f"Nobody is suspended without warning: {'; '.join(reasons)}."


def _ends_otherwise(at: Situation, body: Input) -> Refusal:
    """Why this very task cannot be completed: it wants an answer of its own."""
    step = body.step if isinstance(body, facts.TaskCompleted) else None
    if step in (REVIEW, CALL_APPLICANT):
        return _REVIEW_ENDS if step == REVIEW else _CALL_ENDS
    if step == APPROVE:
        return _APPROVAL_ENDS if _approve_suspension(at) is None else None
    return _APPROVAL_ENDS if step and is_approval(step) and _asked_for(at, step) else None


def _complete(at: Situation) -> Refusal:
    """Why no task can be completed: none is open, or only such as end with an answer."""
    if _open_tasks(at):
        return None
    return _APPROVAL_ENDS if any(map(is_approval, _tasks_of(at))) else "No task is open."


def _open_tasks(at: Situation) -> set[str]:
    """Return the steps with an open task that ends when the work is done.

    An approval that nothing waits for any more is one: it has no answer.
    """
    tasks = _tasks_of(at) - {REVIEW, CALL_APPLICANT}
    if _approve_suspension(at) is None:
        tasks.discard(APPROVE)
    return {step for step in tasks if step == APPROVE or not is_approval(step) or not _asked_for(at, step)}


def _tasks_of(at: Situation) -> set[str]:
    done = at.account.tasks_done
    moot = {(each.step, each.invoice) for each in over(at)}
    settled = dict(settled_tasks(at)) if at.account.credit else {}
    return {
        claim.step
        for claim in at.account.claims
        if claim.channel == TASK
        and claim.stands
        and claim.claimed_at > done.get(claim.step, _NEVER)
        and claim.message not in settled
        and not (moot and all((claim.step, invoice) in moot for invoice in claim.invoices))
    }
