"""Why: every decision names a rule by its id, with the values that made it apply.

The sentences stand here, once, so that the journal, the Temporal UI, the command line and the
simulator explain in the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SENTENCES: Mapping[str, str] = {
    # Why something is done.
    "step.before_due": "{step}: due on {due_on}, in {days} days",
    "step.due": "{step}: {days} days past due, the policy says day {offset}",
    "step.late": "{step}: {days} days past due; it was due on day {offset} and could not go out earlier",
    "step.broken_promise": "{step}: the promise of {promise} was not kept",
    "step.ended_plan": "{step}: the plan to pay {plan} is over",
    "step.won_dispute": "{step}: dispute {dispute} was decided for us",
    "step.next_channel": "{step} by {channel}, because {failed} does not reach the customer",
    "step.again": "{step} by {channel} once more: the message before did not arrive",
    "step.statutory": (
        "{step} by {channel}, {days} days past due, although the customer unsubscribed: the law requires it"
    ),
    "step.settle": "{step} by {channel} was begun at {since}: find out whether it went out",
    "task.due": "{task} task {step}: {days} days past due, the policy says day {offset}",
    "task.unreachable": "nobody can be reached for {step}: {channels}",
    "task.reply": "{count} by {channel} to read: {says}",
    "task.whereabouts": "{step} waits for a person: {why}",
    "task.data_loss": "the data of the suspended service is lost on {on}: export it or agree on another day",
    "task.dispute": "dispute {dispute} of {amount} on {invoice} is open since {on}: {owner} is to answer",
    "task.credit_note": (
        "dispute {dispute} was lost on {on}, and {amount} on {invoice} are not credited:"
        " {owner} is to write the credit note"
    ),
    "task.twice": (
        "{amount} came in from the bank as {payment} and by {source} as {other}:"
        " if it is the same money, take the bank's back"
    ),
    "task.unsent": "{step} by {channel} failed {failed} times: the log of the workers says why",
    "task.withheld": "nothing is owed that would keep the service down, and it is not given back: {why}",
    "task.warning_lost": (
        "{warning} for {invoices} came back after {step}: nobody was warned."
        " Bring the service back, or reach the customer"
    ),
    "task.in_doubt": (
        "nobody can tell whether {step} by {channel} went out on {on}: ask the vendor;"
        " what builds on its delivery waits"
    ),
    "task.after_end": "{invoices} is open again after our chasing had ended: decide what becomes of it",
    "task.approval": "{step} of {amount} needs a person's approval from {threshold}",
    "task.interest": "{asked} on {invoice} to {until}: {formula}; {basis}{withheld}",
    "task.fee": "{amount} on {invoice} for {step}; {basis}{withheld}",
    "task.cancel_fee": "{fee} of {amount} is to be cancelled: {why}",
    # How usage stands against its monthly budget.
    "usage.warning": "{used} used of {month}: {percent} % of the budget of {budget}, a warning at {level} %",
    "usage.alert": "{used} used of {month}: {percent} % of the budget of {budget}, an alert at {level} %",
    "usage.forecast": "{used} used of {month} by {on}: {forecast} if it goes on so, of a budget of {budget}",
    "usage.over": "{used} used of {month}, {percent} % of the budget of {budget}: agree on another one",
    "usage.odd": "{used} used of {month}, {percent} % of the budget of {budget}: look for fraud or misuse",
    "usage.spike": "{cost} used on {on}, usual is {usual} a day: look for fraud or misuse",
    "usage.no_profile": "usage of {month} was reported and none was agreed: agree on a profile",
    "usage.no_budget": "usage of {month} is in {currency}, which has no budget: agree on a profile in it",
    "usage.review": "the profile of usage was agreed on {on}: agree on it again, that was due on {due_on}",
    # What the log of activities and the roles of administration give people to do.
    "activity.noticed": "{count} to look at in the activity log ({rules}): {says}",
    "access.decision": "{grants} to decide about: {role} on {scope}; {missing}",
    "access.ends": "{grants}: ask again where it is needed longer, else let it end",
    "access.over": "{grants}: over, so take the role back in the directory and say so",
    "access.review": "review of {count} granted roles, {grants}; {missing}",
    "suspend.due": "{step}: {days} days past due, last warning delivered on {delivered_on}",
    "suspend.requested": "{step}: asked for by {by}",
    "suspend.told": "the service was suspended on {on}",
    "restrict.due": "{step}: {days} days past due, the policy says day {offset}: no new orders",
    "restrict.told": "the service was restricted on {on}",
    "terminate.due": "{step}: suspended since {on}, and the customer was warned of the end",
    "terminate.cancelled": "the subscription was cancelled on {on}: nothing is left that could come back",
    "terminate.told": "the subscription was ended on {on}",
    "terminate.thanks": "what was owed when the subscription ended on {on} is settled",
    "return.settled": "nothing overdue is left that would keep the service suspended",
    "return.below_minimum": "what is overdue is below {minimum}",
    "return.requested": "asked for by {by}",
    "return.thanks": "the service came back on {on}",
    "charge.retry": "{step}: {days} days after the failure of {failed_on}, the policy says day {offset}",
    "charge.new_card": "{step}: a card was added on {on}",
    "charge.before": "{step}: a last attempt before {next}",
    "charge.ask": "{step}: the card was declined with {decline}, only another card or other data can help",
    # What is ordered, prepaid and owed on credit.
    "provision.prepaid": "{order} is prepaid: it may be provisioned",
    "provision.credit": "the credit of {limit}, approved by {by}, covers {order}",
    "deposit.request": "{deposit} of {amount} is asked for before {order} is provisioned",
    "deposit.ask": "{deposit} of {amount} is to come by {due_on}, {received} have",
    "deposit.apply": "{amount} of {deposit} pay {invoice}, before anybody is chased for it",
    "order.cancel": "{order} is cancelled: {deposit} did not come by {due_on}",
    "order.cancelled": "{order} was cancelled because its deposit did not come",
    "exposure.reached": "{used} of the limit of {limit} are used, {percent} %: level {level} is reached",
    "exposure.left": "{used} of the limit of {limit} are used, {percent} %: the level is {level} again",
    "exposure.tell": "{used} of the limit of {limit} are used: the customer hears of {level} %",
    "exposure.block": "{used} of the limit of {limit} are used, {percent} %, and the hours to pay are over",
    "exposure.unblock": "the limit that was used up on {on} is not any more",
    "deposit.await": "{deposit} of {amount} is to come by {due_on}, {received} have: watch for it",
    "deposit.missing": (
        "{order} was cancelled: {received} of a deposit of {asked} had come; talk to the customer"
    ),
    "deposit.back": "{left} of {deposit} are left of cancelled {order}: refund them, or apply them",
    "deposit.over": "{over} more than asked came for {deposit}: refund it, or leave it as a security",
    "review.promises": "{broken} promises were not kept: look at the limit of {limit}",
    "review.late": "{invoice} is {days} days past due: look at the limit of {limit}",
    "review.report": "{provider} says {now}, before it was {was}: look at the limit of {limit}",
    "review.yearly": "the limit of {limit} was granted on {on} by {by}: look at it again",
    "review.never_paid": (
        "{invoice}, the first, is {days} days past due, nothing was ever paid, {channels} reach nobody,"
        " and usage of {usage} goes on: decide whether the final notice goes out at once"
    ),
    # How the verification of a new customer goes.
    "onboarding.begin": "a new customer is to be verified",
    "onboarding.check": "what the customer wrote has not been checked",
    "onboarding.check_of": "{check} has not been checked",
    "onboarding.send": "code {attempt} of {of} is to be sent",
    "onboarding.code": "code {attempt} of {of} was sent, and may still be tried {left} times",
    "onboarding.cool_down": "code {attempt} of {of} is sent after a rest",
    "onboarding.retry": "{check} could not be checked, {errors} times by now",
    "onboarding.unanswered": "{sends} codes were sent and none was entered in time",
    "onboarding.review": "the check of {check} came out as {outcome}",
    "onboarding.passed": "every check was passed",
    "onboarding.reviewed": "a person decided: {verdict}",
    # What comes next in an incident.
    "incident.acknowledge": "{owner} is to acknowledge it by {by}",
    "incident.contain": "{owner} is to stop the harm by {by}, or find that there is none",
    "incident.respond": "{owner} is to answer whoever reported it by {by}",
    "incident.close": "{owner} is to close it by {by}",
    "incident.open": "a person is to go on",
    "incident.late": "nobody did {level} it by {by}",
    "incident.limited": "{action}: nobody did {level} it by {by}, and the playbook allows that much",
    "incident.unverified": "no channel that can be trusted has confirmed it: it is for people alone",
    "incident.refund": "{days} days after it began: ask the vendor to give back what it has cost",
    "incident.over": "it was closed by {by}",
    "onboarding.row": "row {row} of the decision table {rules} applies",
    "onboarding.row_review": "row {row} of the decision table {rules} asks for a person",
    "onboarding.no_row": "no row of the decision table {rules} applies",
    "onboarding.second_person": "{by} decided {verdict}, and a second person has to",
    "onboarding.call": "call {attempt} of {of}, to a number from an independent source, is to be made",
    "onboarding.uncalled": "nobody called the customer in time",
    "onboarding.nobody": "nobody decided for {days} days",
    "onboarding.late": "{step} waits for a person for too long: {why}",
    # What becomes of a message that may have gone out.
    "doubt.repeat": "not even asking could tell, and it goes out again: {by}",
    "doubt.never": "not even asking could tell, and it does not go out again: {by}",
    # Who gets which policy, and why not the one before.
    "assigned.match": "it is the first policy for {audience}",
    "assigned.override": "{by} chose it until {until}: {reason}",
    "assigned.arm": "arm {arm} of experiment {experiment} in {policy}, the first policy for {audience}",
    "assigned.hold_out": "held out of experiment {experiment} in it, the first policy for {audience}",
    "assigned.no_arm": "arm {arm} of experiment {experiment} is {policy}, which is not adopted: it stands in",
    "assigned.changed": "policy {policy} instead of {before_policy}: {why}",
    "assigned.adopted": "it was adopted for this customer",
    "assigned.none": "no adopted policy is for this customer",
    "passed.condition": "{policy} is only for {condition}",
    "passed.not_adopted": "{policy}, which {by} chose, is not adopted any more",
    # Why something is not done, or not yet.
    "hold.minimum": "{amount} overdue is below the minimum of {minimum}",
    "hold.condition": "{step} is only for {condition}",
    "hold.exempt": "exempt until {until}: {reason}",
    "hold.paused": "paused until {until}: {reason}",
    "hold.complaint": "an email was called spam on {on}, and a person has to look first",
    "hold.promised": "promised {promise}; nothing presses until {until}",
    "hold.absolute": "nothing may be said or done until {until}: {reason}",
    "hold.suspended": "the service is suspended: {step} announces nothing new",
    "hold.handed_over": "{invoice} was handed over to {to} on {on}",
    "hold.ended": "the subscription ended on {on}: {step} is not sent any more",
    "hold.elsewhere": "others suspended the service on {on}: we neither suspend it nor bring it back",
    # What only the provider of a subscription knows.
    "switch.others": "{resource} at {provider} was suspended by others ({who}): it is theirs to give back",
    "switch.ended": "{resource} at {provider} has ended",
    "switch.busy": "{resource} at {provider} cannot be changed before {until}",
    "switch.under_way": "{resource} at {provider} is on its way from one state to another",
    "switch.asked": "{resource} at {provider} was asked to become {to}, and is {seen}",
    "switch.lost": "what {resource} at {provider} was asked to become was not answered",
    "switch.failed": "{resource} at {provider} could not be asked: {why}",
    "switch.refused": "{resource} at {provider} was to become {to}, and that was refused: {why}",
    "switch.term": (
        "the term of {resource} ends on {on}: what is suspended then does not come back,"
        " so that nothing is in its last {days} days"
    ),
    "switch.too_long": "{why}; that is so since {since}, and it is looked at rarely now: see to it there",
    "switch.left": "{resource} at {provider} is active again, and not as it was before: {what}",
    "switch.given_back": "others have given back what they had suspended",
    "switch.brought_back": (
        "{resource} at {provider} was brought back by somebody else, while we had it suspended:"
        " it is not suspended again by itself"
    ),
    "switch.stray": (
        "{resource} at {provider} is suspended by a request of ours whose answer was lost,"
        " and nothing wants it: bring it back there"
    ),
    "switch.dry_run": "a dry run: {what}, and nothing was changed",
    "hold.incident": "incident {incident} is open: nothing is given back by itself",
    "hold.disputed": "invoice {invoice} is disputed",
    "hold.lost": "dispute {dispute} was lost: {amount} on {invoice} are to be credited",
    "hold.in_flight": "payment {payment} of {amount} is on its way",
    "hold.in_question": "{amount} came in and may be for this, a person decides until {until}: {why}",
    "hold.twice": "{amount} came in as {payment} and as {other}: a person says until {until} whether twice",
    "hold.gap": "the last message went out on {last_on}; the next may follow from {until}",
    "hold.not_delivered": "{needed} has not been delivered for {invoice}",
    "hold.notice_period": "{needed} was delivered on {delivered_on}: {days} days of notice end on {until}",
    "hold.announced": "the suspension was announced for {until}",
    "hold.approval": "{amount} needs approval from {threshold}",
    "hold.before_go_live": "{step} fell on {on}, before the ledger went live on {go_live_on}",
    "hold.unreachable": "no channel reaches the customer: {channels}",
    "hold.another_day": "{failed} failed and may work another day: {step} goes out again from {on}",
    "hold.side_debt": "invoice {invoice} is a side debt and never suspends the main service",
    "order.onboarding": "{order} waits: the verification of the customer is {onboarding}",
    "order.service": "{order} waits: the service is {how}, and nothing new is provisioned",
    "order.blocked": "{order} waits: new orders are blocked since {on}: {reason}",
    "order.credit": "{order} of {amount} is {missing} more than the limit leaves",
    "order.deposit": "{order} waits for its deposit: {received} of {asked} have settled",
    "order.in_flight": "{order} waits: payment {payment} of {amount} is on its way and has not settled",
    "deposit.first": "{deposit} pays {invoice} first",
    "hold.charge_first": "{charge} of {invoice} comes first, and has not been answered",
    "charge.no_card": "there is no card that could be charged",
    "charge.hard": "the card was declined for good: {decline}",
    "charge.customer": "the card was declined, and only the customer can change that: {decline}",
    "charge.unknown": "the card was declined with {decline}, and nobody has said what that means",
    "charge.charged_back": "money was charged back on {on}: a card from before is not charged",
    "charge.unanswered": "{charge} has not been answered",
    "charge.deadline": "the first charge failed on {failed_on}, and after {days} days no other follows",
    "charge.declines": "charges of {invoice} were declined {most} times, and no other follows",
    "charge.cap": "the card was charged {most} times within {days} days, and no more are allowed ({source})",
    "hold.stopped": "all outward effects are stopped since {since}: {reason}",
    "sender.stopped": "{channel} from {sender} is stopped since {since}: {why}",
    "hold.blast": "{wanted} effects within the hour exceed {limit}: a person must approve",
    # Why a task of the worklist is a quick win, at risk, or better left alone.
    "quick.cash": "money has come in, and what it pays is not known: naming that ends the chasing for it",
    "quick.approval": "one answer, and the engine goes on by itself",
    "quick.answer": "nothing is overdue: an answer is all it takes",
    "quick.habit": "{overdue} overdue for {days} days, from somebody who as a rule pays by day {habit}",
    "quick.small": "{overdue} overdue for {days} days, and nothing speaks against a payment",
    "risk.everybody": "it is about the whole ledger: every customer may wait for it",
    "risk.incident": "an incident is open, and its clocks run",
    "risk.unreachable": "nobody there hears from us, so no warning counts: {overdue} overdue",
    "risk.dispute": "what is disputed rests until it is answered: {overdue} overdue beside it",
    "risk.stage": "{overdue} overdue for {days} days, in stage {stage}",
    "risk.promises": "promises that were not kept: {broken}; {overdue} overdue for {days} days",
    "risk.never_paid": "{overdue} overdue for {days} days, from somebody who has never paid anything",
    "risk.habit": "{overdue} overdue for {days} days, from somebody who as a rule pays on day {habit}",
    "risk.old": "{overdue} overdue, for {days} days by now",
    "risk.large": "{overdue} overdue for {days} days, which is much",
    "alone.snoozed": "put off until {until}",
    "alone.rests": "chasing rests: {why}",
    "alone.settled": "nothing is overdue any more that may be asked for",
    # Whose the money of a bank line is, and why a person has to say so.
    "cash.named": "{amount} is what is open on {invoices}, which it names",
    "cash.part": "it names {invoice}, and {amount} is a part of the {open} that are open",
    "cash.known_exact": "it came from an account of {customer}, and {amount} is what is open on {invoices}",
    "cash.called_exact": "it is from {customer} by its words, and {amount} is what is open on {invoices}",
    "cash.known": "it came from an account of {customer}, who owes {open}",
    "cash.more": "it came from an account of {customer}, who owes {open}, and it is {amount}",
    "cash.otherwise": "it names {invoices}, on which {open} is open, and it is {amount}",
    "cash.other_currency": "it names {invoices}, which is in {currency}",
    "cash.called": "it is from {customer} by its words, and {amount} fits none of their invoices alone",
    "cash.amount": "{amount} is what is open on {invoices}, and nothing else speaks for it",
    "cash.twice": "{amount} came in by {source} as {payment} on {on}: it may be the same money",
    "cash.repeated": "it says the same as bank line {line}, which is of another statement",
    "cash.nobody": "it names no invoice that is known, and comes from nobody who is",
    "cash.returned": "the bank took {payment} back ({code})",
    "cash.went_out": "{amount} went out to an account of {customer}: it may be a refund",
    "cash.no_original": "the bank took money back ({code}), and nobody knows which payment",
    # Why no interest on late payment is proposed, or less of it.
    "interest.none": "the policy asks for no interest",
    "interest.segment": "no interest is asked of customers of segment {segment}",
    "interest.country": "no table of rates is for customers of {country}",
    "interest.scope": "table {table} is not for {party}",
    "interest.row": "table {table} has no row {row}: no interest for {first} to {last}",
    "interest.start_row": "table {table} has no row {row}: no interest on what went late on {first}",
    "interest.disputed": "{amount} of {invoice} is disputed: no interest on it while it is",
    "interest.paused": "paused from {first} to {last}, and the policy lets interest rest",
    "interest.tier": "{invoice} is in {currency}, the tiers of the compensation are in {tiers}",
    "interest.cap": "{amount} exceeds the cap of {cap} for an invoice, of which {booked} is booked",
    "interest.no_fee": "the policy has no fee for {step} in {currency}",
    # What the law of a place, or the house's own limits on contact, keep back.
    "contact.window": "{law} for {place}: outside {opens} to {closes} in {zone} ({source})",
    "contact.closed": "{law} for {place}: no contact on {day} in {zone} ({source})",
    "contact.cap": (
        "{law} for {place}: {made} contacts by {channels} within {days} days about {about},"
        " and {most} are allowed ({source})"
    ),
    "contact.gap": (
        "{law} for {place}: the last contact about {about} was on {last_on}, and {gap} must pass ({source})"
    ),
    "contact.silence": (
        "{law} for {place}: {about} was talked about on {talked_on},"
        " and no {channels} may follow within {days} days ({source})"
    ),
    "contact.first_party": "{law} for {place}: no {channel} on behalf of another creditor ({source})",
    "contact.unknown_zone": (
        "{law} for {place}: nobody knows the customer's time zone, a person must find out ({source})"
    ),
    "contact.no_opening": (
        "no hour for {channel} suits the law in every zone where the customer may be ({zones}):"
        " a person must find out"
    ),
    "contact.turn": "{step} goes first, and waits for contact law until {until}",
    "contact.no_calls": "the customer wants no calls",
    "contact.never": (
        "the window of the policy and the law of where the customer is never let {channel} through"
        " at one time: {why}"
    ),
    "window.hours": "outside {opens} to {closes} in {zone}",
    "window.weekday": "no messages on {day}",
    "window.holiday": "no messages on {holiday}",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule id and its values; `words` is the sentence."""

    rule: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The sentence with its values filled in.

        Raises:
            KeyError: the rule is not in SENTENCES, or lacks one of its values.
        """
        return SENTENCES[self.rule].format_map(self.values)


def because(rule: str, **values: object) -> Reason:
    """Return a reason; values are kept as text."""
    return Reason(rule, {name: str(value) for name, value in values.items()})
