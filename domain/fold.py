"""A fold over facts in their order, also when one comes late: what is long past is not folded again."""

from collections.abc import Callable, Iterable
from copy import copy
from datetime import date, timedelta
from typing import Any, Generic, Protocol, Self, TypeVar

from domain.facts import Fact

Key = tuple[date, *tuple[Any, ...]]
"""What facts are ordered by: the day first."""

_LATE = timedelta(days=1)
"""What comes late is mostly of today or, as an outcome that only has a date, of yesterday."""


class Copied(Protocol):
    """The state of a fold."""

    def copy(self) -> Self:
        """Return the same state, which facts that are taken here do not change."""
        ...


State = TypeVar("State", bound=Copied)


def apart(state: State) -> State:
    """Return a copy that has dictionaries, lists and sets of its own, with the same in them."""
    other = copy(state)
    for name, value in vars(state).items():
        if isinstance(value, dict | list | set):
            setattr(other, name, value.copy())
    return other


class Fold(Generic[State]):
    """The state after all facts so far, as if they had come in their order.

    A second state lags behind, by the days of which a fact may still come: from there it goes on
    when one does. To take these facts twice is cheaper than to copy the state every day.

    Attributes:
        state: of all facts so far.
    """

    def __init__(self, start: Callable[[], State], take: Callable[[State, Fact, Key], None]) -> None:
        self._start, self._take = start, take
        self._facts: list[tuple[Key, Fact]] = []
        self._lagging, self._past = start(), 0  # so many of the facts are in the state that lags
        self.state = start()

    def add(self, new: Iterable[tuple[Key, Fact]]) -> None:
        """Take in facts, each with its key."""
        coming = sorted(new, key=_key)
        if not coming:
            return
        if self._facts and _key(coming[0]) < _key(self._facts[-1]):
            coming = sorted([*self._back_to(_key(coming[0])), *coming], key=_key)
        for key, fact in coming:
            self._take(self.state, fact, key)
        self._facts += coming
        self._follow()

    def _back_to(self, key: Key) -> list[tuple[Key, Fact]]:
        """Return to a state before `key`, and give the facts that came after it."""
        if self._past and key < _key(self._facts[self._past - 1]):
            self._lagging, self._past = self._start(), 0
        self.state = self._lagging.copy()
        again = self._facts[self._past :]
        del self._facts[self._past :]
        return again

    def _follow(self) -> None:
        settled = _key(self._facts[-1])[0] - _LATE
        while (keyed := self._facts[self._past])[0][0] < settled:
            self._take(self._lagging, keyed[1], keyed[0])
            self._past += 1


def _key(keyed: tuple[Key, Fact]) -> Key:
    return keyed[0]
