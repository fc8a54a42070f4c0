"""What workflows and activities say to each other: small JSON, one object in and one out."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from domain.incidents.page import IncidentView
from domain.view import View


class Order(TypedDict):
    """An effect to perform: the key that it has in the customer's plan."""

    customer_id: str
    key: str


class Looked(TypedDict):
    """A customer's view, or the sentence why there is none and what to do.

    Attributes:
        unknown: there is no such customer.
        waits: nothing can be decided yet; not in the histories from before it was there.
    """

    view: View | None
    unknown: str
    waits: NotRequired[str]


Word = Literal["done", "unwanted", "refused", "deferred"]


class Answer(TypedDict):
    """What became of an effect.

    Attributes:
        answer: `done`; `unwanted`: a fresh plan no longer wants it; `refused`: a fact says why;
            `deferred`: not before `until`, an instant of workflow time.
        news: the news counter that the effect saw; None where it saw none.
        view: the account afterwards, so that nobody need look again.
    """

    answer: Word
    until: str | None
    news: int | None
    view: View | None


class SubscriptionView(TypedDict):
    """A subscription as its suspension sees it, and in words for the Temporal UI.

    Attributes:
        suspended: it is suspended or restricted, and may come back.
        wants: the activity that turns the switch as the plan wants it, where that is another one.
        over: it came back or ended just now.
    """

    suspended: bool
    details: str
    wants: NotRequired[str]
    over: NotRequired[bool]


class SwitchAnswer(TypedDict):
    """What became of a switch of the service, and how the service stands now."""

    answer: Literal["done", "unwanted", "deferred"]
    until: str | None
    says: str
    view: SubscriptionView


class OnboardingView(TypedDict):
    """A verification as its workflow sees it.

    Attributes:
        move: `check_here`, `ask`, `send`, `wait`, `call`, `review` or `conclude`; `over` when there is none.
        until: when to look again, in workflow time; of `wait`, and where a person may take too long.
        says: the move in words.
    """

    move: str
    until: str | None
    says: str
    details: str


class MoveAnswer(TypedDict):
    """What became of a move; put off until `until`, an instant of workflow time, where there is one."""

    until: str | None
    says: str


class IncidentLooked(TypedDict):
    """An incident's view, or the sentence that says that there is none."""

    view: IncidentView | None
    unknown: str


class IncidentAnswer(TypedDict):
    """What was done in an incident, in words."""

    says: str


class Went(TypedDict):
    """How far a run came; `wait_seconds` is the provider's wish before it is asked again."""

    more: bool
    wait_seconds: float
    words: str
