"""The books: the ledger as an activity uses it, with the business clock and the version of the code.

The instant of an activity is the one at which its attempt started: the law counts the moment of
sending, and a retry is a new moment.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NoReturn

from temporalio import activity

from activities.answers import Answer, Word
from domain.clock import BusinessClock
from domain.errors import InDoubt, Misconfigured, TryAgainLater
from domain.notice import Outcome
from domain.own_steps import VENDOR
from domain.ui_links import CALL
from domain.view import View, view_of
from domain.view_words import task_says
from domain.wording import Wording
from store import assess as assessing
from store import breakers, claims, tasks
from store.assess import Assessment, Rests
from store.claims import Begun, PutOff, Unwanted
from store.database import Ledger
from store.facts import NewFact

Clock = Callable[[], BusinessClock]
"""Reads the business clock; asked at each use, because a demo sets it."""

AT_WORK = timedelta(seconds=10)
"""Real time after which an attempt is over: the start-to-close of an effect. No vendor is called later."""

SWITCHING = timedelta(seconds=20)
"""The same of an attempt to turn a service: it asks several times, each for five seconds at most."""

SETTLED = timedelta(minutes=10)
"""Real time after which a vendor that cannot be asked leaves it in doubt whether it took something."""

RESTS = (AT_WORK, timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""Real time after the first attempt that came to nothing, the second, and so on; the last one stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What every activity that touches the ledger needs; `desk` is the address of finance's desk, if any."""

    ledger: Ledger
    clock: Clock
    code_version: str
    desk: str | None = None

    def now(self) -> datetime:
        """Return the business instant at which this attempt of the activity started."""
        return self.clock().business(activity.info().started_time)

    def at(self, workflow_time: str) -> datetime:
        """Return the business instant at an ISO instant of workflow time."""
        return self.clock().business(datetime.fromisoformat(workflow_time))

    def real(self, business: datetime) -> str:
        """Return the workflow time of a business instant, ISO."""
        return self.clock().real(business).isoformat()

    def assess(self, customer_id: str, now: datetime, *, put_off: Sequence[Rests] = ()) -> Assessment:
        """Plan for a customer and note it on the customer's row."""
        return assessing.assess(
            self.ledger, customer_id, now=now, code_version=self.code_version, put_off=put_off
        )

    def put_off(self, customer_id: str, key: str, now: datetime, *, until: datetime) -> Answer:
        """Answer that an effect waits until an instant: before it, nobody takes it for forgotten.

        Whatever else is wanted may be under way, or wait as well, as only the workflow knows.
        """
        assessment = assessing.assess(
            self.ledger,
            customer_id,
            now=now,
            code_version=self.code_version,
            put_off=[Rests(key=key, until=until)],
            others=self.lasting(SETTLED),
        )
        return self.answer("deferred", assessment, until=until)

    def begin(
        self, customer_id: str, key: str, now: datetime, *, sender: str = ""
    ) -> Begun | Unwanted | PutOff:
        """Claim an effect, if a fresh plan wants it; `sender` is from where a message would go out."""
        return claims.begin(
            self.ledger, customer_id, key, now=now, code_version=self.code_version, sender=sender
        )

    def at_work_until(self, begun: Begun, now: datetime, *, at_work: timedelta = AT_WORK) -> datetime | None:
        """Return until when a claim that was begun before is left alone; None when that is over.

        Somebody else may still be at work on it: a retry comes after its attempt, but a workflow that was
        reset or started anew comes at once. An effect that fails again and again rests longer each time.
        """
        over_at = begun.claimed_at + max(self.rest(begun), self.lasting(at_work))
        return over_at if begun.settle and now < over_at else None

    def rest(self, begun: Begun) -> timedelta:
        """Return how long, in business time, an attempt that came to nothing rests before the next."""
        return self.lasting(RESTS[min(begun.attempt, len(RESTS)) - 1])

    def lasting(self, real: timedelta) -> timedelta:
        """Return how much business time passes in a span of real time."""
        return real * self.clock().speed

    def confirm(
        self,
        begun: Begun,
        *,
        state: Literal["sent", "refused", "unknown"] = "sent",
        provider_ref: str | None = None,
        outcome: Outcome | None = None,
        new: Sequence[NewFact] = (),
        why: str = "",
        words: Wording | None = None,
    ) -> Assessment:
        """Write down how a claimed effect went; what it changed is an outcome, not news.

        `why` goes into the journal, where it is more than what the state says; `words` are kept of a message.
        """
        return claims.confirm(
            self.ledger,
            begun.customer.id,
            begun.message,
            state=state,
            now=begun.now,
            provider_ref=provider_ref,
            outcome=outcome,
            new=new,
            why=why,
            words=words,
            code_version=self.code_version,
        )

    def confirm_with_news(self, begun: Begun, *facts: NewFact) -> None:
        """Write down an outcome that another workflow has to hear of; the sweep finds a lost wake."""
        claims.confirm_with_news(
            self.ledger,
            begun.customer.id,
            begun.message,
            new=facts,
            now=begun.now,
            code_version=self.code_version,
        )

    def stop_sender(self, channel: str, sender: str, *, why: str, now: datetime) -> datetime:
        """Open the breaker of a sender; return when one message may try it again."""
        return breakers.trip(self.ledger, channel, sender, why=why, now=now, speed=self.clock().speed)

    def unasked(self, wrong: Misconfigured, *, since: datetime, now: datetime) -> NoReturn:
        """Raise what it means that a fault of ours keeps a vendor from being asked.

        Raises:
            TryAgainLater: it is asked again.
            InDoubt: what was begun at `since` is too old to wait for that; a task says what to mend.
        """
        if now - since < self.lasting(SETTLED):
            raise TryAgainLater(str(wrong)) from wrong
        with self.ledger.write() as session:
            tasks.open_once(session, VENDOR, str(wrong), now=now)
        raise InDoubt(str(wrong)) from wrong

    def release(self, begun: Begun, *, in_doubt: str = "") -> None:
        """Give a claim back whose effect did not happen, or that is repeated although it may have."""
        claims.release(
            self.ledger,
            begun.customer.id,
            begun.message,
            now=begun.now,
            code_version=self.code_version,
            in_doubt=in_doubt,
        )

    def answer(self, word: Word, assessment: Assessment, *, until: datetime | None = None) -> Answer:
        """Answer a workflow, with the fresh view so that nobody need look again."""
        return Answer(
            answer=word,
            until=None if until is None else self.real(until),
            news=assessment.news,
            view=self.view(assessment),
        )

    def view(self, assessment: Assessment) -> View:
        """Return the view of an assessment, as workflows get it."""
        return view_of(
            assessment.plan,
            account=assessment.account,
            now=assessment.now,
            news=assessment.news,
            case=assessment.case_number,
            policy=f"{assessment.policy_name}/{assessment.policy_version}",
            chosen=assessment.chosen,
            contacts=assessment.contacts,
            tasks=[
                task_says(task.step, task.why, task.owner, task.snoozed_until)
                for task in assessment.open_tasks
            ],
            owner=next((task.owner for task in assessment.open_tasks if task.owner), None),
            calls=any(task.kind == CALL for task in assessment.open_tasks),
            clock=self.clock(),
            halted=assessment.halted,
            revision=assessment.revision,
            desk=self.desk,
        )
