"""Reactions: what is to be done about a message that did not go out or did not arrive.

A closed vocabulary. Which of a vendor's codes calls for which reaction stands with the vendor, under
`providers/`; what a reaction does to the plan are facts, in `domain.facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Reaction = Literal[
    "retry_later",
    "soft_failure",
    "expired",
    "waiting",
    "in_doubt",
    "invalid_contact",
    "opted_out",
    "unsubscribed",
    "complained",
    "content",
    "configuration",
    "verification",
]
REACTIONS: tuple[Reaction, ...] = get_args(Reaction)

DOES: Mapping[Reaction, str] = {
    "retry_later": "it was not processed: try the same channel again after a rest",
    "soft_failure": "try once more on another day, and the next channel meanwhile; twice is a wrong contact",
    "expired": "it grew too old on its way and was not sent: plan it anew",
    "waiting": "the vendor goes on trying: wait a day, then use the next channel",
    "in_doubt": "it may have gone out: ask the vendor before anything is sent again",
    "invalid_contact": "the address reaches nobody: use the next channel and ask for another address",
    "opted_out": "the customer wants no more of this channel: write it down and use another",
    "unsubscribed": "the customer left the list: only what the law requires goes there, use another channel",
    "complained": "stop what the law does not require, and let a person look before any further contact",
    "content": "the message itself is at fault: correct the template, and use the next channel",
    "configuration": "our account or sender is at fault: stop this sender, tell the operator, keep the cases",
    "verification": "tell the person who verifies a number; never try again by itself",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a vendor's code means: the reaction, and the sentence for whoever has to act on it."""

    reaction: Reaction
    says: str
