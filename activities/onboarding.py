"""Onboarding: looking at an application, checking it, sending codes, and the outcome.

Every move is decided again in the transaction that writes it, so a move that is asked for twice is
done once. A code is claimed before it is sent, and carries the reference of its claim.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Protocol

from temporalio import activity

from activities.answers import MoveAnswer, OnboardingView
from activities.books import AT_WORK, RESTS, Books
from activities.customers import Wake
from activities.messages import Courier
from activities.onboarding_checks import OnboardingChecks
from activities.onboarding_words import details_of
from activities.once import Mark, unmarked, without_words
from activities.rendering import Letters
from domain.channels import ONBOARDING
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.facts import Checked
from domain.notice import Accepted, OneTimeCode, Seller
from domain.onboarding import CODE_VALID, MOST_SENDS, PHONE_FINDINGS, Verdict
from domain.onboarding.findings import words_of
from store import onboarding, verifications
from store.claims import Begun, PutOff, Unwanted
from store.errors import NoPolicy, UnknownCustomer
from store.onboarding import Standing
from store.verifications import CHANNEL, CodeBegun


class PhoneVerifier(Protocol):
    """Brings a code to a telephone, and can be asked later whether it went out.

    `name` stands in the facts of the check; `checks` says that the code is the vendor's, who alone knows
    whether an entered one is right. Errors as those of a `Courier`; with the reaction `verification` it sends
    this number nothing for now, which says nothing of the number: a person decides.
    """

    name: str
    checks: bool

    def send(self, code: OneTimeCode, *, to: str, at: datetime) -> Accepted: ...

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None: ...


class CodeByMessage:
    """The embedded verifier: the code is a message like any other, by whatever delivers those."""

    checks = False

    def __init__(self, *, letters: Letters, courier: Courier, name: str = "message") -> None:
        self.letters = letters
        self.courier = courier
        self.name = name

    def send(self, code: OneTimeCode, *, to: str, at: datetime) -> Accepted:
        """Hand the code over in the words of the template `onboarding_code`."""
        return self.courier.deliver(self.letters.code(code, to=to, sender=code.seller.name), at=at)

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        """Ask whether it went out."""
        return self.courier.find(reference, to=to, since=since)


class Onboarding:
    """What the verification of a new customer does."""

    def __init__(
        self,
        *,
        books: Books,
        verifier: PhoneVerifier,
        checks: OnboardingChecks,
        seller: Seller,
        wake: Wake,
        mark: Mark = unmarked,
    ) -> None:
        self.books = books
        self.verifier = verifier
        self.checks = checks
        self.seller = seller
        self.wake = wake
        self.mark = mark

    @activity.defn(name="Look at the application")
    async def look(self, order: dict[str, str]) -> OnboardingView:
        """Say how far the verification is, and its next move; the first look claims the verification."""
        customer_id = order["customer_id"]
        view, claimed = await asyncio.to_thread(self._looked, customer_id, order["now"])
        if claimed:
            await self.wake(customer_id)
        return view

    def _looked(self, customer_id: str, at: str) -> tuple[OnboardingView, bool]:
        now = self.books.at(at)
        try:
            claimed = self._claim(customer_id, now)
            standing = onboarding.standing(self.books.ledger, customer_id, now=now)
        except (UnknownCustomer, NoPolicy) as unknown:
            return OnboardingView(move="over", until=None, says=str(unknown), details=str(unknown)), False
        if isinstance(claimed, PutOff):
            until, says = self.books.real(claimed.until), claimed.reason.words
            view = OnboardingView(move="wait", until=until, says=says, details=details_of(standing, says))
            return view, False
        return self._view(standing), claimed

    def _claim(self, customer_id: str, now: datetime) -> bool | PutOff:
        """Claim the verification; True when this is what did it."""
        begun = self.books.begin(customer_id, f"{ONBOARDING}/{ONBOARDING}", now)
        match begun:
            case PutOff():
                return begun
            case Begun():
                # Nothing goes out: to be looked at is all that was claimed, also by an earlier attempt.
                self.books.confirm_with_news(begun)
                return True
        return False

    def _view(self, standing: Standing) -> OnboardingView:
        move = standing.move
        if move is None:
            says = "Nobody is being verified here."
            if standing.onboarding is not None:
                says = f"The verification is over: {standing.onboarding.replace('_', ' with ')}."
            return OnboardingView(move="over", until=None, says=says, details=details_of(standing, says))
        says = move.reason.words
        until = None if move.until is None else self.books.real(move.until)
        kind: str = move.kind
        if kind == "check":
            more = onboarding.particulars_of(self.books.ledger, standing.customer.id)
            kind = "check_here" if self.checks.is_here(move.check, more) else "ask"
        return OnboardingView(move=kind, until=until, says=says, details=details_of(standing, says))

    @activity.defn(name="Check the application")
    async def check_here(self, order: dict[str, str]) -> MoveAnswer:
        """Make all checks that are next and need nobody outside, in one go."""
        return await self._check_here(order["customer_id"])

    @activity.defn(name="Check identifiers")
    async def check_identifiers(self, order: dict[str, str]) -> MoveAnswer:
        """Do the same under the name that histories from before have."""
        return await self._check_here(order["customer_id"])

    async def _check_here(self, customer_id: str) -> MoveAnswer:
        made, recorded = await asyncio.to_thread(self.checks.make_those_here, customer_id)
        if recorded.wake:
            await self.wake(customer_id)
        return MoveAnswer(until=None, says=_found(made))

    @activity.defn(name="Ask a provider")
    async def ask(self, order: dict[str, str]) -> MoveAnswer:
        """Ask one provider for the check that is next, if it still is."""
        customer_id = order["customer_id"]
        made, recorded, delay = await asyncio.to_thread(self.checks.ask, customer_id)
        if isinstance(recorded, PutOff):
            return MoveAnswer(until=self.books.real(recorded.until), says=recorded.reason.words)
        if recorded.wake:
            await self.wake(customer_id)
        # The provider's own delay counts where it is longer than ours: the wait is the workflow's.
        until = None if delay is None else self.books.real(self.books.now() + self.books.lasting(delay))
        return MoveAnswer(until=until, says=_found([made] if made else []))

    @activity.defn(name="Send the code")
    async def send_code(self, order: dict[str, str]) -> MoveAnswer:
        """Send the next code, if it is still time for one. Never twice: see `store.verifications`."""
        customer_id = order["customer_id"]
        answer, news = await asyncio.to_thread(self._send, customer_id)
        if news:
            await self.wake(customer_id)
        return answer

    def _send(self, customer_id: str) -> tuple[MoveAnswer, bool]:
        now = self.books.now()
        begun = verifications.begin(
            self.books.ledger,
            customer_id,
            now=now,
            at_work=AT_WORK * self.books.clock().speed,
            code_version=self.books.code_version,
        )
        match begun:
            case Unwanted(why=why):
                # An earlier attempt may have died after it confirmed, and before it told anybody.
                return MoveAnswer(until=None, says=f"Not sent: {why}."), True
            case PutOff(until=until, reason=reason):
                return MoveAnswer(until=self.books.real(until), says=reason.words), False
        self.mark("claimed")
        return self._deliver(begun, now), True

    def _deliver(self, begun: CodeBegun, now: datetime) -> MoveAnswer:
        try:
            accepted = self._found(begun, now)
        except TryAgainLater as later:
            return self._unknown(begun, now + self.books.lasting(later.delay))
        try:
            if accepted is None:
                if not begun.contact.phone:
                    return self._give_up(begun, "no_phone", now, outcome="fail")
                with without_words():
                    accepted = self.verifier.send(self._code(begun), to=begun.contact.phone, at=now)
        except InDoubt:
            return self._unknown(begun, now + self.books.lasting(AT_WORK))
        except TryAgainLater as later:
            return self._give_up(begun, "unwell", now, until=now + self.books.lasting(later.delay))
        except Misconfigured:
            return self._give_up(begun, "misconfigured", now, until=now + self.books.lasting(RESTS[-1]))
        except Refused as refused:
            if refused.reaction == "verification":
                return self._give_up(begun, "code_withheld", now, outcome="review", why=str(refused))
            return self._give_up(begun, "number_refused", now, outcome="fail")
        self.mark("sent")
        verifications.confirm(
            self.books.ledger,
            begun.customer.id,
            begun.attempt,
            provider=self.verifier.name,
            provider_ref=accepted.provider_ref,
            theirs=self.verifier.checks,
            bounced=accepted.outcome == "bounced",
            now=now,
            code_version=self.books.code_version,
        )
        self.mark("confirmed")
        return MoveAnswer(until=None, says=f"Code {begun.attempt} of {MOST_SENDS} was sent.")

    def _found(self, begun: CodeBegun, now: datetime) -> Accepted | None:
        """What became of an earlier attempt; where nobody can tell, the same code goes out again."""
        if not begun.settle:
            return None
        since = self.books.clock().real(begun.since)
        try:
            with without_words():
                try:
                    return self.verifier.find(begun.reference, to=begun.contact.phone or "", since=since)
                except Misconfigured as wrong:
                    self.books.unasked(wrong, since=begun.since, now=now)
        except InDoubt:
            return None

    def _unknown(self, begun: CodeBegun, until: datetime) -> MoveAnswer:
        """Leave the claim of a code as it is: nobody knows yet whether it went out."""
        says = f"It is not known yet whether code {begun.attempt} went out."
        return MoveAnswer(until=self.books.real(until), says=says)

    def _give_up(
        self,
        begun: CodeBegun,
        reason: str,
        now: datetime,
        *,
        outcome: Literal["review", "fail", "error"] = "error",
        until: datetime | None = None,
        why: str = "",
    ) -> MoveAnswer:
        verifications.give_up(
            self.books.ledger,
            begun.customer.id,
            begun.attempt,
            outcome=outcome,
            reason=reason,
            why=why,
            provider=self.verifier.name,
            now=now,
            code_version=self.books.code_version,
            not_before=until,
        )
        # The vendor's own delay counts where it is longer than ours: the wait is the workflow's.
        return MoveAnswer(
            until=None if until is None else self.books.real(until), says=PHONE_FINDINGS[reason]
        )

    def _code(self, begun: CodeBegun) -> OneTimeCode:
        return OneTimeCode(
            channel=CHANNEL,
            language=begun.customer.language,
            reference=begun.reference,
            customer=begun.customer.id,
            seller=self.seller,
            addressee=begun.contact.name or "",
            code=begun.code,
            expires_minutes=int(CODE_VALID.total_seconds() // 60),
        )

    @activity.defn(name="Conclude onboarding")
    async def conclude(self, order: dict[str, str]) -> MoveAnswer:
        """Write the outcome down, if the verification is at its end."""
        customer_id = order["customer_id"]
        verdict = await asyncio.to_thread(self._conclude, customer_id)
        await self.wake(customer_id)
        return MoveAnswer(until=None, says="concluded before" if verdict is None else verdict)

    def _conclude(self, customer_id: str) -> Verdict | None:
        now, code_version = self.books.now(), self.books.code_version
        return onboarding.conclude(self.books.ledger, customer_id, now=now, code_version=code_version)


def _found(made: Iterable[Checked]) -> str:
    """Say how checks came out, in a line."""
    lines = []
    for body in made:
        why = f": {'; '.join(map(words_of, body.reasons))}" if body.reasons else ""
        lines.append(f"{body.check} {body.outcome}{why}")
    return ", ".join(lines) or "checked before"
