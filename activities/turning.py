"""One attempt to turn a service at its places: look, ask one of them to change, and look again.

At most one request that changes something goes out in an attempt, under a UUID that is written down before.
Whatever keeps a place from being as wished is waited for, with growing rests, and becomes a task in time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from activities.books import SETTLED, Books
from activities.once import Mark, without_words
from domain import turning
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.own_steps import SWITCH, SWITCH_LEFT, SWITCH_ODD, VENDOR
from domain.reasons import Reason
from domain.switching import Exchange, Note, Place, Seen, SubscriptionState, Turn
from domain.turning import Finding
from store import customers, exchanges, places, tasks, turns
from store.turns import Ask, Course

if TYPE_CHECKING:
    from activities.service import Switch

ENOUGH_SECONDS = 14.0
"""After so long an attempt asks nobody any more: whoever is asked has five seconds, and the attempt twenty.

So one whose every answer takes all of its five seconds is still asked to change something.
"""

AT_ONCE = timedelta()
NO_COURSE = Course()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """Every place is as wished, and was seen so; `ends_on` is the first day on which a term ends."""

    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Not yet: try again at a business instant."""

    until: datetime
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Others have suspended it: nothing is done."""

    place: Place
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """There is nothing left to turn."""

    place: Place
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """It is no longer wanted, and everything is as it was before."""


Outcome = Stands | Later | Others | Ended | Undone


class Turning:
    """One attempt to have a customer's service stand as `to` says, wherever it is kept."""

    def __init__(
        self,
        *,
        books: Books,
        switches: Mapping[str, "Switch"],
        mark: Mark,
        customer_id: str,
        zone: str,
        to: SubscriptionState,
        now: datetime,
        monotonic: Callable[[], float],
    ) -> None:
        self.books = books
        self.switches = switches
        self.mark = mark
        self.customer_id = customer_id
        self.zone = zone
        self.to = to
        self.now = now
        self.monotonic = monotonic
        self.began = monotonic()
        self.seen: dict[turns.Key, Seen] = {}
        self.has_asked = False
        with books.ledger.read() as session:
            self.places = turning.in_order(places.of(session, customer_id), to)
            self.before = turns.snapshots(session, customer_id)

    def keep_to_the_ledger(self) -> None:
        """Turn nothing but the ledger's own switch: at providers others have ended the subscription."""
        self.places = (places.own(self.customer_id),)

    # --- before a claim --------------------------------------------------------------------------

    def guard(self) -> Later | Others | Ended | None:
        """Return what keeps this turn back before anything is claimed; None where nothing does.

        On the way down whatever holds one place holds all of them: half a service helps nobody. On the way
        up each comes back that can.
        """
        waiting, free = list[Later](), 0
        for place in self.places:
            looked = self._look(place, None)
            found = None if isinstance(looked, Later) else self._finding(place, looked)
            if found is not None and found.verdict == "others":
                return Others(place=place, says=_words(found))
            if isinstance(looked, Later):
                waiting.append(looked)
            elif found is not None and found.verdict == "waits":
                waiting.append(self._wait(place, found))
            else:
                free += 1
            if waiting and self.to != "active":
                return waiting[0]
        if self.to != "terminated" and self._all_ended():
            return Ended(place=self.places[0], says=self.says())
        if waiting and not free:
            return waiting[0]
        if not waiting and not self._late:
            self._waited()
        return None

    def says(self) -> str:
        """Say what would be asked of which place, as it was seen."""
        seen = [(place, self.seen[turns.key(place)].state) for place in self.places]
        return ", ".join(f"{place.resource} at {place.provider} ({state}) {self.to}" for place, state in seen)

    def rehearsed(self) -> str:
        """Say what each place would be asked first, as it was seen, or why it would not be asked."""
        return ", ".join(
            f"{place.resource} at {place.provider} ({self.seen[turns.key(place)].state}) {self.to}"
            f" by {self._rehearsed(place)}"
            for place in self.places
        )

    def _rehearsed(self, place: Place) -> str:
        seen = self.seen[turns.key(place)]
        turn = Turn(place=place, to=self.to, seen=seen, before=None, request="", at=self.now)
        try:
            with without_words():
                return self.switches[place.provider].rehearsed(turn)
        except (Refused, TryAgainLater, Misconfigured) as trouble:
            return f"nothing: {trouble}"

    # --- under a claim ---------------------------------------------------------------------------

    def has_begun(self, claim: str) -> bool:
        """Whether anything was asked for a claim."""
        return any(course.asks for course in self._courses(claim).values())

    def turn(self, claim: str, message: str) -> Outcome:
        """Go on until every place is as wished, as far as one request brings it."""
        self._keep_before(message)
        courses = self._courses(claim)
        standing = {each for each, course in courses.items() if course.stands}
        waiting = list[Later]()
        for place in self.places:
            course = courses.get(turns.key(place), NO_COURSE)
            if course.stands or not self._ready(place, course, courses, standing):
                continue
            outcome = self._at(place, claim, message, course)
            if outcome is None:
                standing.add(turns.key(place))
            elif isinstance(outcome, Later):
                waiting.append(outcome)
            else:
                return outcome
            if self.has_asked and len(standing) < len(self.places):
                return outcome or self._go_on(place)
        if waiting:
            return min(waiting, key=lambda each: each.until)
        if self.to == "active" and self._all_ended():
            return Ended(place=self.places[0], says=self.says())
        return self._done()

    def withdraw(self, claim: str, message: str) -> Outcome:
        """Find out what became of a turn that is no longer wanted, asking for nothing more.

        Where something was turned it counts as done, and the plan brings it back; only what has ended is
        brought to its end. What was not answered is waited for, and what was taken and is not seen yet: it
        may be done yet.
        """
        turned, courses = False, self._courses(claim)
        for place in self.places:
            looked = self._look(place, message)
            if isinstance(looked, Later):
                return looked
            asks = courses.get(turns.key(place), NO_COURSE).asks
            partly = any(ask.taken for ask in asks) and bool(self._lost_of_active(place, looked))
            if asks and looked.state != self.to and self._may_come(place, looked, asks, partly=partly):
                return self._wait(place, Finding(verdict="waits", reason=turning.unanswered(place)))
            turned = turned or partly or (bool(asks) and looked.state == self.to)
        if turned:
            return self.turn(claim, message) if self.to == "terminated" else self._done()
        with self.books.ledger.write() as session:
            for place in self.places:
                turns.answered(session, place, now=self.now)
                if self.seen[turns.key(place)].state == "active":  # Else an earlier turn has it down.
                    turns.given_back(session, place, now=self.now, by=claim)
            turns.waited(session, self.customer_id, now=self.now)
        return Undone()

    def take_back(self, claim: str, message: str) -> Outcome:
        """Bring back at once what was turned for a claim that is no longer wanted.

        For a rest, such as a dispute, that comes while some of several places are down: no plan brings them
        back, since the debt is not paid, and half a service is not what anybody was warned of.
        """
        if not self.has_begun(_back(claim)):
            withdrawn = self.withdraw(claim, message)
            if not isinstance(withdrawn, Stands):
                return withdrawn
        way_back = Turning(
            books=self.books,
            switches=self.switches,
            mark=self.mark,
            customer_id=self.customer_id,
            zone=self.zone,
            to="active",
            now=self.now,
            monotonic=self.monotonic,
        )
        way_back.began, way_back.seen = self.began, self.seen
        outcome = way_back.turn(_back(claim), message)
        return Undone() if isinstance(outcome, Stands) else outcome

    def is_taken_back(self, claim: str) -> bool:
        """Whether what a claim has turned is being brought back: that is brought to its end first."""
        return self.has_begun(_back(claim))

    def _may_come(self, place: Place, looked: Seen, asks: Sequence[Ask], *, partly: bool) -> bool:
        """Whether what a place was asked may yet be done, of which nothing, or not all, is seen."""
        if looked.state is None:
            return True
        seen_by = SETTLED if partly else turning.patience(place)
        return any(
            self._young(ask.at, seen_by if ask.taken else SETTLED)
            for ask in asks
            if ask.taken or ask.over_at is None
        )

    def _lost_of_active(self, place: Place, looked: Seen) -> Sequence[str]:
        """What a place lost that is active all the same, such as what runs in an Azure plan."""
        return self._missing(place, looked) if looked.state == "active" else ()

    def _courses(self, claim: str) -> Mapping[turns.Key, Course]:
        with self.books.ledger.read() as session:
            return turns.courses(session, self.customer_id, claim)

    def _keep_before(self, message: str) -> None:
        """Keep every place as it is before the first request that changes something."""
        if self.to == "active" or all(turns.key(place) in self.before for place in self.places):
            return
        with self.books.ledger.write() as session:
            for place in self.places:
                seen = self.seen.get(turns.key(place))
                if seen is not None and seen.state == "active":
                    turns.keep(session, place, message, seen.resource, now=self.now)
            self.before = turns.snapshots(session, self.customer_id)

    def _ready(
        self, place: Place, course: Course, courses: Mapping[turns.Key, Course], standing: set[turns.Key]
    ) -> bool:
        """Whether it is a place's turn: add-ons before what they belong to, and on the way back after it.

        An add-on that cannot be suspended by itself goes with what it belongs to.
        """
        parent = (place.provider, place.parent or "")
        if place.parent is not None and (self.to == "active" or course.refused):
            return parent in standing or all(turns.key(each) != parent for each in self.places)
        add_ons = [turns.key(each) for each in self.places if each.parent == place.resource]
        left = [each for each in add_ons if each not in standing and not courses.get(each, NO_COURSE).refused]
        return self.to == "active" or not left

    def _all_ended(self) -> bool:
        """Whether every place has ended, so that there is nothing left to turn."""
        states = [seen.state for seen in self.seen.values()]
        return len(states) == len(self.places) and set(states) == {"terminated"}

    def _go_on(self, place: Place) -> Later:
        return Later(until=self.now, says=f"{place.resource} at {place.provider} was asked to be {self.to}")

    def _at(self, place: Place, claim: str, message: str, course: Course) -> Outcome | None:
        """Bring one place further; None where it is as wished."""
        looked = self._look(place, message)
        if isinstance(looked, Later):
            return looked
        found = self._finding(place, looked)
        if found.verdict == "turn" and self._given_up(place, looked, course):
            found = Finding(verdict="stands")
        match found.verdict:
            case "stands":
                self._stands(place, claim)
                return None
            case "ended":
                self._tell(_words(found), step=SWITCH_ODD)
                self._stands(place, claim)
                return None
            case "others":
                return Others(place=place, says=_words(found))
            case "waits":
                return self._wait(place, found)
        if (rests := self._resting(place, looked, course)) is not None:
            return rests
        return self._ask(place, claim, message, looked)

    def _ask(self, place: Place, claim: str, message: str, seen: Seen) -> Outcome | None:
        """Ask a place to change, by one request, and look whether it did; None where it is as wished."""
        if self.has_asked:
            return self._go_on(place)
        if self._late:
            return self._put_off(place, _slow())
        self.has_asked = True
        with self.books.ledger.write() as session:
            if self.to != "active" and turns.key(place) not in self.before:
                turns.keep(session, place, message, seen.resource, now=self.now)
                self.before = turns.snapshots(session, self.customer_id)
            request = turns.ask(session, place, claim, self.to, seen=seen.state or "", now=self.now)
        self.mark("asked")
        turn = Turn(
            place=place,
            to=self.to,
            seen=seen,
            before=self._to_come_back(place, message),
            request=request.name,
            at=self.now,
        )
        if (trouble := self._trouble(turn, claim, message, repeated=request.repeated)) is not None:
            return trouble
        self.mark("turned")
        with self.books.ledger.write() as session:
            turns.taken(session, place, claim, self.to, request.name, now=self.now)
        if self._late:
            return self._go_on(place)
        del self.seen[turns.key(place)]
        looked = self._look(place, message)
        if isinstance(looked, Later):
            return looked
        if self._finding(place, looked).verdict == "stands":
            self._stands(place, claim)
            return None
        if self._nearer(turn, looked):
            return self._go_on(place)
        return self._not_yet(place, looked)

    def _to_come_back(self, place: Place, message: str) -> Mapping[str, Any] | None:
        """What was there before something of ours was turned; None where this turn is the first."""
        before = self.before.get(turns.key(place))
        first = before is None or (self.to != "active" and before.message == message)
        return None if first or before is None else before.content

    def _trouble(self, turn: Turn, claim: str, message: str, *, repeated: bool) -> Later | None:
        """Ask; return what follows where that was not taken.

        That a repetition was not served says nothing of the request before it, whose answer was lost.
        """
        place = turn.place
        try:
            with without_words():
                self.switches[place.provider].turn(turn, note=self._note(place, message))
        except InDoubt as doubt:
            return self._put_off(place, doubt)
        except Refused as refused:
            with self.books.ledger.write() as session:
                turns.answered(session, place, now=self.now)
                turns.refused(session, place, claim, self.to, why=str(refused), now=self.now)
            if self._goes_along(place) or turn.seen.state == self.to:
                return self._go_on(place)
            return self._for_a_person(place, turning.refused(place, self.to, refused))
        except (TryAgainLater, Misconfigured) as trouble:
            if not repeated:
                with self.books.ledger.write() as session:
                    turns.answered(session, place, now=self.now)
            return self._put_off(place, trouble)
        return None

    def _goes_along(self, place: Place) -> bool:
        """Whether an add-on that says no may still go down with what it belongs to."""
        seen = self.seen.get((place.provider, place.parent or ""))
        return self.to != "active" and place.parent is not None and (seen is None or seen.state != self.to)

    # --- looking ---------------------------------------------------------------------------------

    def _look(self, place: Place, message: str | None) -> Seen | Later:
        """Look at a place, once in an attempt."""
        key = turns.key(place)
        if key in self.seen:
            return self.seen[key]
        switch = self.switches.get(place.provider)
        if self._late and self.seen:
            return self._put_off(place, _slow())
        if switch is None:
            wrong = Misconfigured(f"nobody is set up who turns subscriptions at {place.provider}")
            return self._put_off(place, wrong)
        try:
            with without_words():
                seen = switch.look(place, note=self._note(place, message))
        except Refused as refused:
            return self._for_a_person(place, turning.failed(place, refused))
        except (TryAgainLater, Misconfigured, InDoubt) as trouble:
            return self._put_off(place, trouble)
        self.seen[key] = seen
        if place.provider != places.OWN:
            with self.books.ledger.write() as session:
                places.saw(session, place, seen, now=self.now)
        return seen

    def _note(self, place: Place, message: str | None) -> Note:
        def keep(exchange: Exchange) -> None:
            exchanges.keep(self.books.ledger, place, message, exchange, now=self.now)

        return keep

    def _finding(self, place: Place, seen: Seen) -> Finding:
        """Say what is to be done at a place; the ledger's own switch is nobody else's."""
        ours = place.provider == places.OWN or turns.key(place) in self.before
        found = turning.finding(place, seen, self.to, ours=ours, now=self.now, zone=self.zone)
        if found.verdict == "turn" and self.to == "active" and seen.state == "active":
            return found if self._missing(place, seen) else Finding(verdict="stands")
        return found

    def _missing(self, place: Place, seen: Seen) -> Sequence[str]:
        """What of a place that is active is not back."""
        before = self.before.get(turns.key(place))
        if before is None or before.content is None:
            return ()
        return self.switches[place.provider].differs(before.content, seen)

    def _given_up(self, place: Place, seen: Seen, course: Course) -> bool:
        """Whether it is active again, and the rest was asked for often enough: a person restores that."""
        if self.to != "active" or seen.state != "active":
            return False
        if sum(ask.seen == "active" for ask in course.asks) < turning.MOST_RESTORES and not course.refused:
            return False
        self._tell(turning.left(place, self._missing(place, seen)).words, step=SWITCH_LEFT)
        return True

    def _nearer(self, turn: Turn, looked: Seen) -> bool:
        """Whether a request has brought a place nearer: then the next one follows at once."""
        if looked.state != turn.seen.state:
            return looked.state is not None
        differs = self.switches[turn.place.provider].differs
        return turn.before is not None and differs(turn.before, looked) != differs(turn.before, turn.seen)

    # --- waiting ---------------------------------------------------------------------------------

    @property
    def _late(self) -> bool:
        return self.monotonic() - self.began > ENOUGH_SECONDS

    def _young(self, at: datetime, within: timedelta) -> bool:
        return self.now - at < self.books.lasting(within)

    def _resting(self, place: Place, seen: Seen, course: Course) -> Later | None:
        """Rest between two requests of which the first has changed nothing yet."""
        if not course.asks:
            return None
        last = course.asks[-1]
        if last.over_at is None or last.seen != (seen.state or "") or seen.state == self.to:
            return None  # Its answer was lost, or it has moved since: go on.
        if self.now - last.at < self.books.lasting(turning.LEAST_REST):
            return self._not_yet(place, seen)
        return None

    def _not_yet(self, place: Place, seen: Seen) -> Later:
        reason = turning.asked(place, seen, self.to)
        return self._wait(place, Finding(verdict="waits", reason=reason))

    def _put_off(self, place: Place, trouble: TryAgainLater | Misconfigured | InDoubt) -> Later:
        if isinstance(trouble, Misconfigured):
            with self.books.ledger.write() as session:
                tasks.open_once(session, VENDOR, str(trouble), now=self.now)
        least = trouble.delay if isinstance(trouble, TryAgainLater) else AT_ONCE
        found = Finding(verdict="waits", reason=turning.failed(place, trouble))
        return self._wait(place, found, least=least)

    def _for_a_person(self, place: Place, reason: Reason) -> Later:
        """Tell a person of a refusal; it is tried again all the same, for they may mend it there."""
        self._tell(reason.words)
        return self._wait(place, Finding(verdict="waits", reason=reason), least=turning.MOST_REST)

    def _wait(self, place: Place, found: Finding, *, least: timedelta = AT_ONCE) -> Later:
        """Wait for what ends by itself, or rest, longer each time; a person hears of what takes too long."""
        says = _words(found)
        if found.until is not None:
            return Later(until=found.until, says=says)
        with self.books.ledger.write() as session:
            since = turns.waits(session, place, self.to, why=says, now=self.now)
        waited = (self.now - since) / self.books.clock().speed
        if told := turning.too_long(place, waited):
            self._tell(turning.overdue(says, since).words, once=True)
        rest = max(least, turning.rest(waited, self.to, told=told))
        return Later(until=self.now + self.books.lasting(rest), says=says)

    def _tell(self, why: str, *, step: str = SWITCH, once: bool = False) -> None:
        """Open a task for a person; `once` a turn, whatever its words."""
        with self.books.ledger.write() as session:
            customers.lock(session, self.customer_id)
            tasks.open_of_customer(session, self.customer_id, step, why, now=self.now, one=once)

    # --- what is done ----------------------------------------------------------------------------

    def _stands(self, place: Place, claim: str) -> None:
        with self.books.ledger.write() as session:
            turns.stands(session, place, claim, self.to, now=self.now)
            if self.to in ("active", "terminated"):
                turns.given_back(session, place, now=self.now, by=claim if self.to == "active" else None)

    def _waited(self) -> None:
        with self.books.ledger.write() as session:
            turns.waited(session, self.customer_id, now=self.now)

    def _done(self) -> Stands:
        """Everything stands: the tasks about its way there are over."""
        with self.books.ledger.write() as session:
            turns.waited(session, self.customer_id, now=self.now)
            over = "it stands as wished"
            tasks.close(
                session, customer_id=self.customer_id, step=SWITCH, now=self.now, outcome=over, by="engine"
            )
        ends = [each.ends_on for each in places.linked(self.books.ledger, self.customer_id)]
        return Stands(ends_on=min((on for on in ends if on is not None), default=None))


def _back(claim: str) -> str:
    """Return the name under which places are asked to come back that a claim has turned."""
    return f"{claim}/back"


def _slow() -> TryAgainLater:
    return TryAgainLater("it takes its time to answer", delay=turning.LEAST_REST)


def _words(found: Finding) -> str:
    return "" if found.reason is None else found.reason.words
