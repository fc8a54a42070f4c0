"""The verification of a new customer: its application, the checks, the decision table and the next move.

Read application, checks and findings, progress, rules, decision, next_move, in this order; what a single
check looks at stands in a file of its own.
"""

from domain.onboarding.application import Application
from domain.onboarding.checks import IDENTIFIERS, PHONE
from domain.onboarding.codes import CODE_VALID, COOL_DOWN, MOST_SENDS, MOST_TRIES, code_hash, code_of
from domain.onboarding.findings import PHONE_FINDINGS
from domain.onboarding.next_move import RETRIES, Move, Outcome, next_move
from domain.onboarding.progress import Check, CheckOutcome, Progress, Verdict, answer_words

__all__ = [
    "CODE_VALID",
    "COOL_DOWN",
    "IDENTIFIERS",
    "MOST_SENDS",
    "MOST_TRIES",
    "PHONE",
    "PHONE_FINDINGS",
    "RETRIES",
    "Application",
    "Check",
    "CheckOutcome",
    "Move",
    "Outcome",
    "Progress",
    "Verdict",
    "answer_words",
    "code_hash",
    "code_of",
    "next_move",
]
