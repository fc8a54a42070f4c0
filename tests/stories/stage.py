"""Where a story is played: the real workflows over a ledger, and the simulator over the same facts."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import WorkflowUpdateFailedError

from activities.messages import Courier
from activities.service import Switch
from composition import parts
from domain import facts
from domain.channels import NO_DEBTS
from domain.documents import read
from domain.facts import Bounced, Fact, WorkersDown
from domain.notice import Accepted, Message
from domain.policy import Policy
from domain.simulation.play import simulate
from replay.player import MOMENT, Player, player
from settings import ROOT, Settings
from store import blast, customers, doors, journal, policies, sweep, switches
from store import facts as ledger_facts
from store.database import Ledger, migrate
from store.facts import NewFact
from tests.stories.story import CHANNELS, NEW_ADDRESSES, Happening, Story

VERBS = {
    "email": "email",
    "sms": "text",
    "task": "ask a person:",
    "charge": "charge the card:",
    "book": "note:",
}
ENDS = {"down": ("up",), "stop": ("go", "allow")}
NO_VENDORS: Mapping[str, Switch] = {}


def policy_named(name: str) -> Policy:
    own = Path(__file__).parent / f"{name}.yaml"
    file = own if own.exists() else ROOT / "policies" / f"{name}.yaml"
    return read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)


@dataclass(slots=True, kw_only=True)
class Stage:
    """A ledger with one customer, and the workflows over it, while a story is played.

    Attributes:
        down: nothing of ours runs: time passes, facts arrive, and nobody looks.
    """

    story: Story
    ledger: Ledger
    playing: Player
    down: bool = False

    @property
    def workflow(self) -> Any:
        return self.playing.env.client.get_workflow_handle(f"customer/{self.story.customer.id}")

    async def play(self) -> None:
        """Let everything happen at its instant, through the doors that production has."""
        happenings = self.story.happenings
        await self.playing.begin(happenings[0].at - MOMENT)
        for (at, kind), group in groupby(happenings, key=lambda each: (each.at, each.kind)):
            await self._until(at)
            if kind == "fact":
                await self._record(at, list(group))
            else:
                for each in group:
                    await self._happens(each)
            await self._until(at + MOMENT)
        await self._until(self.story.until)

    async def _until(self, at: datetime) -> None:
        """Let time pass; while nothing of ours runs, the server's clock stands and ours goes on."""
        await (self.playing.begin(at) if self.down else self.playing.sleep_until(at))

    async def _wake(self) -> None:
        if not self.down:
            await self.playing.wake(self.story.customer.id)

    async def _record(self, at: datetime, group: Sequence[Happening]) -> None:
        new = [NewFact(source=each.source, id=_name(each), happened_at=at, body=each.body) for each in group]
        if isinstance(new[0].body, facts.ContactChanged):
            self._change_contact(new[0].body.channel, at)
            await self._wake()
        elif doors.record(self.ledger, self.story.customer.id, new, now=at).wake:
            await self._wake()

    def _change_contact(self, channel: str, at: datetime) -> None:
        with self.ledger.write() as session:
            row = customers.lock(session, self.story.customer.id)
            changed = {CHANNELS[channel]: NEW_ADDRESSES[channel]}
            customers.change_contact(session, row, replace(self.story.contact, **changed), now=at)

    async def _happens(self, it: Happening) -> None:
        match it.kind:
            case "command":
                data = {key: value for key, value in it.said.items() if key != "type"}
                await self.workflow.execute_update(it.command, data)
            case "refused":
                with pytest.raises(WorkflowUpdateFailedError) as refused:
                    await self.workflow.execute_update(it.said["command"], {"reason": "because"})
                said = str(refused.value.cause)
                assert said == f"Cannot {it.said['command']}: {it.said['words']}", said
            case "stop":
                switches.stop(self.ledger, reason=it.said["reason"], by="finance", now=it.at)
            case "go":
                switches.go(self.ledger, by="finance", now=it.at)
                await self._sweep(it.at)
            case "allow":
                blast.allow(self.ledger, by="finance", now=it.at)
                await self._sweep(it.at)
            case "limit":
                switches.set_blast_limit(self.ledger, int(it.said["limit"]), by="finance", now=it.at)
            case "down":
                self.down = True
            case "up":
                self.down = False
                await self._sweep(it.at)

    async def _sweep(self, at: datetime) -> None:
        if sweep.due(self.ledger, now=at, limit=1):
            await self._wake()


class Silent:
    """The outbox, silent at first about a message of which the story says itself what became."""

    def __init__(self, outbox: Courier, story: Story) -> None:
        self.outbox, self.sender = outbox, outbox.sender
        bodies = [each.body for each in story.happenings if each.kind == "fact"]
        self.told = [(body.step, body.channel) for body in bodies if isinstance(body, Bounced)]

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        accepted = self.outbox.deliver(message, at=at)
        if (message.step, message.channel) not in self.told:
            return accepted
        self.told.remove((message.step, message.channel))
        return replace(accepted, outcome=None)

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        return self.outbox.find(reference, to=to, since=since)


@asynccontextmanager
async def staged(
    story: Story, policy: Policy, folder: Path, *, vendors: Mapping[str, Switch] = NO_VENDORS
) -> AsyncIterator[Stage]:
    """Set the stage for a story: a fresh ledger, a server and workers; `vendors` keep subscriptions."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    first = story.happenings[0].at
    policies.adopt(ledger, policy, now=first - timedelta(days=1), by="story")
    switches.set_go_live(ledger, story.go_live_on, by="story", now=first - timedelta(days=1))
    with ledger.write() as session:
        customers.add(session, story.customer, story.contact, now=first - timedelta(hours=1))
    made = parts(Settings(database_url=url, outbox=folder / "outbox", bank=folder / "bank"), ledger)
    silent = Silent(made.couriers["email"], story)
    switched = {**made.switches, **vendors}
    async with player(replace(made, couriers=dict.fromkeys(CHANNELS, silent), switches=switched)) as playing:
        yield Stage(story=story, ledger=ledger, playing=playing)
    ledger.close()


def done(ledger: Ledger, zone: ZoneInfo, customer_id: str | None = None) -> list[str]:
    """What the journal says that we did, to one customer or all, in the words of the stories."""
    return sorted(
        _transcript(line.at, zone, line.effect, line.step, line.channel, list(line.debts))
        for line in journal.read(ledger)
        if line.what == "decided" and customer_id in (None, line.customer_id)
    )


def held(ledger: Ledger, zone: ZoneInfo) -> list[str]:
    """What the journal says was held, and why."""
    return sorted(
        f"{line.at.astimezone(zone):%Y-%m-%d} held {line.step}: {line.why}"
        for line in journal.read(ledger)
        if line.what == "held"
    )


def simulated(story: Story, policy: Policy | Sequence[Policy], ledger: Ledger) -> list[str]:
    """What the simulator says for the same facts; the ledger tells it which messages came back."""
    outcome = simulate(
        policy,
        story.customer,
        [*_facts(story), *_down(story), *_bounced(ledger, story)],
        story.until.astimezone(story.zone).date(),
        channels=tuple(channel for channel, name in CHANNELS.items() if getattr(story.contact, name)),
        go_live_on=story.go_live_on,
    )
    return sorted(
        _transcript(
            line.at, story.zone, line.effect, line.step, line.channel, [d.invoice for d in line.debts]
        )
        for line in outcome.lines
        if line.kind == "effect"
    )


def _facts(story: Story) -> Iterator[Fact]:
    for each in story.happenings:
        if each.kind in ("fact", "command"):
            yield replace(_fact(each.at, story.zone, _name(each), each.body), source=each.source)


def _down(story: Story) -> Iterator[Fact]:
    """To the simulator, a stop is like workers that are away: it has no switches."""
    for number, each in enumerate(story.happenings):
        ends = ENDS.get(each.kind, ())
        until = next((later.at for later in story.happenings[number:] if later.kind in ends), None)
        if until is not None:
            yield _fact(each.at, story.zone, f"down/{number}", WorkersDown(until=until))


def _bounced(ledger: Ledger, story: Story) -> Iterator[Fact]:
    for fact in ledger_facts.history(ledger, story.customer.id):
        ours = fact.source != "story"  # the story's own are among its facts
        if ours and isinstance(fact.body, Bounced) and fact.happened_at is not None:
            body = Bounced(channel=fact.body.channel, step=fact.body.step)
            yield _fact(fact.happened_at, story.zone, fact.id, body)


def _fact(at: datetime, zone: ZoneInfo, name: str, body: facts.Body) -> Fact:
    on: date = at.astimezone(zone).date()
    return Fact(source="story", id=name, happened_on=on, happened_at=at, learned_at=at, body=body)


def _name(each: Happening) -> str:
    return f"{each.at:%Y%m%d%H%M} {' '.join(map(str, each.said.values()))}"[:100]


def _transcript(
    at: datetime, zone: ZoneInfo, effect: str | None, step: str | None, channel: str | None, debts: list[str]
) -> str:
    day = f"{at.astimezone(zone):%Y-%m-%d}"
    about = ", ".join(sorted(debt for debt in debts if debt not in NO_DEBTS))
    if effect == "restrict":
        return f"{day} we restrict the service for {about}"
    if effect == "terminate":
        return (
            f"{day} we end the subscription for {about}" if about else f"{day} we put the subscription away"
        )
    if effect == "suspend":
        return f"{day} we suspend the service for {about}"
    if effect == "provision":
        return f"{day} we provision an order"
    if effect == "reactivate":
        return f"{day} we bring the service back"
    return f"{day} we {VERBS[str(channel)]} {step}" + (f" about {about}" if about else "")
