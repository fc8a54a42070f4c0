"""Delivery: what a vendor reports of a message, and how far that takes it, in whatever order it comes.

Reports come twice, late, in any order, and before our own bookkeeping. Each kind of outcome is one fact
of a message, and the strongest outcome stands: so the same reports give the same end in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from domain.claim import Claim
from domain.facts import Body, Bounced, Delivered, Fault, OptedOut, Paused, Replied
from domain.reaction import Reaction, Trouble

State = Literal["accepted", "waiting", "delivered", "failed", "canceled"]

SLOW_AFTER = timedelta(hours=24)
"""A message that is put off for so long goes out by the next channel as well."""

SPAM = "spam"
"""What a complaint is called among the things that a customer says."""

_MOST_PARTS = 8
"""More than a vendor puts behind a name; what has more is not from one."""

_STRENGTH: Mapping[Fault | None, int] = {"slow": 1, "ours": 2, "passing": 3, None: 4}
_FAULTS: Mapping[Reaction, Fault] = {
    "retry_later": "ours",
    "expired": "ours",
    "content": "ours",
    "configuration": "ours",
    "opted_out": "ours",
    "soft_failure": "passing",
    "in_doubt": "passing",
}
OPERATORS: frozenset[Reaction] = frozenset({"content", "configuration"})
"""Reactions of which whoever runs the engine has to hear, once for all customers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a vendor reports of one message.

    Attributes:
        dedupe: names the event within its source; a repeated report has the same.
        at: when it happened, where the vendor says so.
        reference: ours, where the message carried it back; `provider_ref` is the vendor's.
        address: for events about an address, of which no message of ours is known; personal data.
        sender: from where the message went out, where the vendor says so and a fault of ours is the sender's.
        word: the vendor's own word, kept although nobody may know it.
        trouble: what the report calls for; None where all is well.
    """

    source: str
    dedupe: str
    at: datetime | None = None
    channel: str
    reference: str | None = None
    provider_ref: str | None = None
    address: str | None = field(default=None, repr=False)
    sender: str | None = None
    word: str
    state: State
    trouble: Trouble | None = None

    @property
    def reaction(self) -> Reaction | None:
        """What it calls for."""
        return self.trouble.reaction if self.trouble else None

    @property
    def about_the_customer(self) -> bool:
        """Whether it says what the customer wants, whatever became of the message."""
        return self.reaction in ("opted_out", "unsubscribed", "complained")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A fact that a report is, with the name it has within the ledger: two reports of it are one fact."""

    name: str
    body: Body


def outcomes(receipt: Receipt, claim: Claim | None, now: datetime) -> tuple[Outcome, ...]:
    """Return the facts that a report about a message is; `claim` is None where none of ours is known."""
    found = [Outcome(name=name, body=body) for name, body in _preferences(receipt)]
    if claim is None or not claim.is_message or _of_another_attempt(receipt, claim):
        return tuple(found)
    about = {"message": claim.message, "step": claim.step, "channel": claim.channel}
    if receipt.state == "delivered":
        return (Outcome(name=f"{claim.message}/delivered", body=Delivered(**about)), *found)
    failed = _failure(receipt, claim, now)
    if failed is not None:
        name, fault = failed
        reason = receipt.trouble.says if receipt.trouble else receipt.word
        body = Bounced(**about, reason=reason, fault=fault)
        found.insert(0, Outcome(name=f"{claim.message}/{name}", body=body))
    return tuple(found)


def _of_another_attempt(receipt: Receipt, claim: Claim) -> bool:
    """Whether it is about an earlier attempt under the same reference: its failure says nothing of this."""
    theirs, ours = receipt.provider_ref, claim.provider_ref
    if theirs is None or ours in (None, claim.message) or receipt.state == "delivered":
        return False  # Where the vendor gave no name, our own reference stands for it.
    return theirs not in names_of(ours) and ours not in names_of(theirs)


def names_of(provider_ref: str) -> tuple[str, ...]:
    """Return the names under which a message may be known, the longest first.

    An event may carry the name that the vendor answered with, and more behind a dot: so may the name itself.
    """
    parts = provider_ref.split(".")
    shortest = max(len(parts) - _MOST_PARTS, 1)
    return tuple(".".join(parts[:count]) for count in range(len(parts), shortest - 1, -1))


def _failure(receipt: Receipt, claim: Claim, now: datetime) -> tuple[str, Fault | None] | None:
    """Return how a message failed: the name of the fact, and the fault that says nothing of the address."""
    if receipt.state == "waiting":
        # A report that comes late says how it was then, not that it still is.
        at = min(receipt.at or now, now)
        return ("slow", "slow") if at - claim.claimed_at >= SLOW_AFTER else None
    if receipt.state == "canceled":
        return "ours", "ours"
    if receipt.state != "failed":
        return None
    reaction = receipt.reaction or "soft_failure"
    if reaction == "invalid_contact":
        return "bounced", None
    fault = _FAULTS.get(reaction, "passing")
    return fault, fault


def _preferences(receipt: Receipt) -> list[tuple[str, Body]]:
    """Return the facts of what the customer wants, as an opt-out by a vendor's door says it."""
    channel = receipt.channel
    match receipt.reaction:
        case "opted_out":
            return [(receipt.dedupe, OptedOut(channel=channel))]
        case "unsubscribed":
            return [(receipt.dedupe, OptedOut(channel=channel, scope="list"))]
        case "complained":
            paused = Paused(reason="the customer called our email spam: a person looks first")
            return [
                (receipt.dedupe, OptedOut(channel=channel, scope="list")),
                (f"{receipt.dedupe}/says", Replied(channel=channel, says=SPAM)),
                (f"{receipt.dedupe}/pause", paused),
            ]
        case _:
            return []


def after(claim: Claim, said: Delivered | Bounced, at: datetime) -> Claim:
    """Return a claim after an outcome; one that a stronger outcome overrules changes nothing.

    A mailbox may take a message and give it back: a bounce for good overrules that it was delivered. An SMS
    that was delivered has arrived. What failed without saying anything of the address gives way to both.
    """
    at = max(at, claim.claimed_at)
    arrived_for_good = claim.channel == "sms" and said.message is not None
    if isinstance(said, Delivered):
        claim = replace(claim, delivered_at=claim.delivered_at or at)
        if claim.fault is not None or arrived_for_good:
            claim = replace(claim, bounced_at=None, fault=None)
        return claim
    if claim.delivered_at is not None and (said.fault is not None or arrived_for_good):
        return claim
    if claim.bounced_at is None or _STRENGTH[said.fault] > _STRENGTH[claim.fault]:
        return replace(claim, bounced_at=at, fault=said.fault)
    return claim
