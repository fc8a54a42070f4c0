"""Playbooks: what is checked and done about each kind of incident, how fast, and by whom; as data.

`policies/incidents/playbooks.yaml` holds them. What may be done while nobody answers is limited to orders:
no playbook lets the engine suspend or end a service.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from domain.documents import Document, Fault, Faults, Flag, Whole
from domain.incidents.incident import LIMITED, SUSPEND, TERMINATE
from domain.incidents.kinds import KINDS, Kind
from domain.spelling import closest

Words = Annotated[str, Field(min_length=1, max_length=300)]
Owner = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
ActionId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
ENGLISH = "en"
Level = Literal["acknowledge", "contain", "respond", "close"]
_Hours = Annotated[Whole, Field(ge=1, le=24 * 60)]


class Action(Document):
    """One thing that can be done about an incident.

    Attributes:
        says: what it is, for people.
        contains: it stops the harm, so that the clock of containing stops too.
    """

    id: ActionId
    says: Words
    contains: Flag = False


class Unanswered(Document):
    """What the engine does by itself when a time has passed and nobody has answered."""

    action: ActionId
    after: Literal["acknowledge", "contain"]


class Branches(Document):
    """Which actions there are, depending on whether the customer does harm or suffers it."""

    attacker: tuple[ActionId, ...]
    compromised: tuple[ActionId, ...]


class Playbook(Document):
    """What is checked and done about one kind of incident.

    Attributes:
        owners: who is told, and after each time that nobody answered who is told next.
        acknowledge_hours, contain_hours: from the first notice on.
        respond_hours: from when it is contained, or found to be nothing.
        close_hours: from the response on.
        check: what a reviewer looks at.
        unanswered: what the engine does by itself.
        actions: what people may do; those of `approval` only once another person has allowed it.
        branches: whether the review has to say who does the harm, and which actions there are then.
        legitimate_with: the document that makes it legitimate; without it no review finds so.
        tell: what the customer is told, in neutral words, by language; nothing where nobody is to be warned.
        refund_days: so many days after it began a person hears that the vendor can be asked for money back.
    """

    kind: str
    owners: Annotated[tuple[Owner, ...], Field(min_length=1)]
    acknowledge_hours: _Hours = 1
    contain_hours: _Hours = 24
    respond_hours: _Hours = 48
    close_hours: _Hours = 336
    check: Annotated[tuple[Words, ...], Field(min_length=1)]
    unanswered: tuple[Unanswered, ...] = ()
    actions: Annotated[tuple[ActionId, ...], Field(min_length=1)]
    approval: tuple[ActionId, ...] = ()
    branches: Branches | None = None
    legitimate_with: Words | None = None
    tell: Mapping[Language, Words] | None = None
    refund_days: Annotated[Whole, Field(ge=1, le=365)] | None = None

    def may(self, branch: str | None) -> tuple[str, ...]:
        """The actions that people may take, in the branch that a review has named."""
        if self.branches is None or branch is None:
            return self.actions
        chosen = self.branches.attacker if branch == "attacker" else self.branches.compromised
        return tuple(each for each in self.actions if each in chosen)

    def words_for(self, language: str) -> str | None:
        """What a customer of a language is told; in English where nobody has written it in theirs."""
        if self.tell is None:
            return None
        return self.tell.get(language.lower().replace("_", "-").partition("-")[0], self.tell[ENGLISH])

    def owner(self, level: int) -> str:
        """Who is told after so many escalations."""
        return self.owners[min(level, len(self.owners) - 1)]


class Playbooks(Document):
    """The whole file: every action, and a playbook for every kind."""

    actions: Annotated[tuple[Action, ...], Field(min_length=1)]
    playbooks: Annotated[tuple[Playbook, ...], Field(min_length=1)]

    def of(self, kind: Kind) -> Playbook:
        """Return the playbook of a kind; there is one for each."""
        return next(each for each in self.playbooks if each.kind == kind.name)

    def action(self, name: str) -> Action:
        """Return an action; one that an earlier version of the file had is only its name."""
        found = next((each for each in self.actions if each.id == name), None)
        return found or Action(id=name, says=name.replace("_", " "))

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = [*_wrong_actions(self), *_wrong_kinds(self), *_wrong_orders(self)]
        if faults:
            raise Faults(*faults)
        return self


def _wrong_actions(file: Playbooks) -> Iterator[Fault]:
    """Find actions that stand twice, and names that are none."""
    ids = [each.id for each in file.actions]
    for i, name in enumerate(ids):
        if name in ids[:i]:
            yield Fault(path=("actions", i, "id"), message=f"{name!r} stands here twice: name each once")
    for i, playbook in enumerate(file.playbooks):
        for path, name in _named(playbook):
            known = ids if path[0] == "actions" else [each for each in playbook.actions if each in ids]
            if name not in known:
                where = "actions at the top" if path[0] == "actions" else "actions of this playbook"
                message = f"{name!r} is not among the {where}: add it there, or name one of them"
                yield Fault(path=("playbooks", i, *path), message=message, suggestion=closest(name, known))


def _named(playbook: Playbook) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every action that a playbook names, with its place."""
    for part in ("actions", "approval"):
        for j, name in enumerate(getattr(playbook, part)):
            yield (part, j), name
    if playbook.branches is not None:
        for part in ("attacker", "compromised"):
            for j, name in enumerate(getattr(playbook.branches, part)):
                yield ("branches", part, j), name


def _wrong_kinds(file: Playbooks) -> Iterator[Fault]:
    """Find kinds that nobody knows, that stand twice, or that have no playbook."""
    named = [each.kind for each in file.playbooks]
    for i, kind in enumerate(named):
        path = ("playbooks", i, "kind")
        if kind not in KINDS:
            message = f"{kind!r} is no kind of incident: use one of {', '.join(KINDS)}"
            yield Fault(path=path, message=message, suggestion=closest(kind, KINDS))
        elif kind in named[:i]:
            yield Fault(path=path, message=f"{kind!r} has a playbook already: keep one of them")
    if missing := [kind for kind in KINDS if kind not in named]:
        yield Fault(path=("playbooks",), message=f"there is none for {', '.join(missing)}: add one for each")


def _wrong_orders(file: Playbooks) -> Iterator[Fault]:
    """Find what the engine must never do by itself, and what must never be done by one person alone."""
    for i, playbook in enumerate(file.playbooks):
        for j, each in enumerate(playbook.unanswered):
            if each.action not in LIMITED:
                message = (
                    f"{each.action!r} is never done while nobody answers: only {' and '.join(LIMITED)} are"
                )
                yield Fault(path=("playbooks", i, "unanswered", j, "action"), message=message)
        for j, name in enumerate(playbook.actions):
            if name in (SUSPEND, TERMINATE) and name not in playbook.approval:
                message = f"{name!r} needs a second person: name it under approval too"
                yield Fault(path=("playbooks", i, "actions", j), message=message)
        if playbook.tell is not None and ENGLISH not in playbook.tell:
            message = f"say it in {ENGLISH} too: it is for every language that is not here"
            yield Fault(path=("playbooks", i, "tell"), message=message)
        if playbook.contain_hours < playbook.acknowledge_hours:
            message = "to contain cannot be due before to acknowledge: write more hours"
            yield Fault(path=("playbooks", i, "contain_hours"), message=message)
