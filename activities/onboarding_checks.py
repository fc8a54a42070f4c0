"""The checks of a new customer, each from whoever knows: ourselves, a file that finance fills, or a provider.

What is here is checked in one go; what has to be asked elsewhere has a queue of its own. A provider that
does not answer makes an error, which is neither a pass nor a failure. Asking is repeated after a crash.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from activities.books import RESTS, Books
from activities.once import without_words
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.facts import Checked
from domain.identifiers import RULESET as IDENTIFIERS_RULESET
from domain.identifiers import check_identifiers
from domain.onboarding import Application, alike, card, next_move, outside, phone_line
from domain.onboarding.answered import Answered, answered
from domain.onboarding.application import Particulars
from domain.onboarding.card import Card
from domain.onboarding.outside import CreditReport, IdentityProof, Listed, TierRow
from domain.onboarding.phone_line import Line
from domain.onboarding.progress import LEDGER
from domain.own_steps import VENDOR
from store import onboarding, tasks
from store.claims import PutOff
from store.doors import Recorded
from store.onboarding import Standing

OFFLINE = "offline"


class CreditBureau(Protocol):
    """Says what a company is good for; None is that it knows no such company.

    Of this and the other providers: `name` stands in the facts, `here` says that nobody outside is asked,
    and errors are TryAgainLater, Refused, Misconfigured or InDoubt.
    """

    name: str
    here: bool

    def report(self, *, country: str, number: str) -> CreditReport | None: ...


class IdentityProvider(Protocol):
    """Says who stands behind a reference; None is that it knows no such proof."""

    name: str
    here: bool

    def proof(self, reference: str) -> IdentityProof | None: ...


class CardRisk(Protocol):
    """Says what a payment instrument is; None is that it knows no such one."""

    name: str
    here: bool

    def card(self, reference: str) -> Card | None: ...


class PhoneLines(Protocol):
    """Says what kind of line a telephone number is; None is that it cannot tell."""

    name: str
    here: bool

    def line(self, phone: str) -> Line | None: ...


class SanctionsList(Protocol):
    """Has the names on a list, and the version of it; `here` where nobody outside is asked for it."""

    name: str
    here: bool

    def entries(self) -> tuple[Sequence[Listed], str]: ...


class HouseLists(Protocol):
    """Has the seller's own lists, each with its version: mail domains, and the tiers of countries."""

    def disposable(self) -> tuple[frozenset[str], str]: ...
    def shared(self) -> tuple[frozenset[str], str]: ...
    def tiers(self) -> tuple[Sequence[TierRow], str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPorts:
    """Whoever knows something of a new customer."""

    bureau: CreditBureau
    identities: IdentityProvider
    cards: CardRisk
    lines: PhoneLines
    sanctions: SanctionsList
    lists: HouseLists


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What the checks of one customer look at, at one instant."""

    application: Application
    more: Particulars
    standing: Standing


Made = tuple[Answered, str, str]
"""What a check came to, who answered, and by which rules."""


class OnboardingChecks:
    """Makes the checks of new customers."""

    def __init__(self, *, books: Books, ports: CheckPorts) -> None:
        self.books = books
        self.ports = ports
        self._make: Mapping[str, Callable[[Looking], Made]] = {
            "identifiers": self._identifiers,
            "mail_domain": self._mail_domain,
            "velocity": self._velocity,
            "links": self._links,
            "region": self._region,
            "sanctions": self._sanctions,
            "card": self._card,
            "phone_line": self._phone_line,
            "identity": self._identity,
            "credit_report": self._credit_report,
        }

    def is_here(self, check: str | None, more: Particulars) -> bool:
        """Whether nobody outside has to be asked for a check."""
        ports = self.ports
        asked: dict[str, bool] = {
            "card": ports.cards.here or more.card is not None or more.card_reference is None,
            "phone_line": ports.lines.here,
            "identity": ports.identities.here or more.identity is None,
            "credit_report": ports.bureau.here,
            "sanctions": ports.sanctions.here,
        }
        return asked.get(check or "", True)

    def make_those_here(self, customer_id: str) -> tuple[list[Checked], Recorded]:
        """Make all checks that are next and need nobody outside, cheapest first, and note them together."""
        looking = self._looking(customer_id)
        standing = looking.standing
        progress, made = standing.progress, list[Checked]()
        while standing.onboarding == "pending":
            move = next_move(progress, standing.now, standing.rules, standing.customer)
            if move.kind != "check" or move.check is None or not self.is_here(move.check, looking.more):
                break
            body, _ = self.checked(move.check, looking)
            made.append(body)
            progress = progress.after(body, standing.now)
        return made, onboarding.checked(self.books.ledger, customer_id, made, now=standing.now)

    def ask(self, customer_id: str) -> tuple[Checked | None, Recorded | PutOff, timedelta | None]:
        """Ask a provider for the next check, if it is still wanted; with the delay that it wishes for."""
        looking = self._looking(customer_id)
        move, now = looking.standing.move, looking.standing.now
        if move is None or move.kind != "check" or move.check is None:
            return None, Recorded(accepted=0, already=1, wake=True), None
        shut = onboarding.put_off(self.books.ledger, customer_id, now=now)
        if shut is not None:
            return None, shut, None
        body, delay = self.checked(move.check, looking)
        return body, onboarding.checked(self.books.ledger, customer_id, [body], now=now), delay

    def _looking(self, customer_id: str) -> Looking:
        ledger = self.books.ledger
        return Looking(
            application=onboarding.application_of(ledger, customer_id),
            more=onboarding.particulars_of(ledger, customer_id),
            standing=onboarding.standing(ledger, customer_id, now=self.books.now()),
        )

    def checked(self, check: str, looking: Looking) -> tuple[Checked, timedelta | None]:
        """Make one check; what cannot be done is an error, with the delay that was wished for.

        Every check that we make or ask for passes here.
        """
        try:
            with without_words():
                result, provider, ruleset = self._make[check](looking)
        except (TryAgainLater, InDoubt, Refused) as error:
            delay = error.delay if isinstance(error, TryAgainLater) else None
            return self._error(check, "unwell"), delay
        except Misconfigured as wrong:
            self._tell(wrong, looking)
            return self._error(check, "misconfigured"), RESTS[-1]
        body = Checked(
            check=check,
            outcome=result.outcome,
            score=result.score,
            reasons=result.reasons,
            evidence=result.evidence,
            provider=provider,
            ruleset=ruleset,
        )
        return body, None

    def _error(self, check: str, reason: str) -> Checked:
        names = {
            "card": self.ports.cards.name,
            "phone_line": self.ports.lines.name,
            "identity": self.ports.identities.name,
            "credit_report": self.ports.bureau.name,
            "sanctions": self.ports.sanctions.name,
        }
        provider = names.get(check, OFFLINE)
        return Checked(check=check, outcome="error", reasons=(reason,), provider=provider, ruleset="none")

    def _tell(self, wrong: Misconfigured, looking: Looking) -> None:
        """Let somebody mend it: no customer is to blame, and every other one would fare the same."""
        with self.books.ledger.write() as session:
            tasks.open_once(session, VENDOR, str(wrong), now=looking.standing.now)

    # --- what we know ourselves

    def _identifiers(self, looking: Looking) -> Made:
        result = check_identifiers(looking.application)
        return Answered(outcome=result.outcome, reasons=result.reasons), OFFLINE, IDENTIFIERS_RULESET

    def _mail_domain(self, looking: Looking) -> Made:
        domains, version = self.ports.lists.disposable()
        result = alike.check_mail_domain(looking.application.email, domains, version=version)
        return result, OFFLINE, alike.MAIL_RULESET

    def _velocity(self, looking: Looking) -> Made:
        standing = looking.standing
        counts, burst = onboarding.count_alike(self.books.ledger, standing.customer.id, now=standing.now)
        seconds = looking.more.form_seconds
        result = alike.check_velocity(standing.rules, counts, burst=burst, seconds=seconds)
        return result, LEDGER, alike.VELOCITY_RULESET

    def _links(self, looking: Looking) -> Made:
        linked = onboarding.linked(self.books.ledger, looking.standing.customer.id)
        return alike.check_links(linked), LEDGER, alike.LINKS_RULESET

    def _region(self, looking: Looking) -> Made:
        rows, version = self.ports.lists.tiers()
        result = outside.check_region(
            rows,
            country=looking.application.country,
            today=looking.standing.now.date(),
            version=version,
        )
        return result, OFFLINE, outside.REGION_RULESET

    # --- what others know

    def _sanctions(self, looking: Looking) -> Made:
        entries, version = self.ports.sanctions.entries()
        result = outside.check_sanctions(entries, name=looking.application.name, version=version)
        return result, self.ports.sanctions.name, outside.SANCTIONS_RULESET

    def _card(self, looking: Looking) -> Made:
        known, provider, linked = looking.more.card, "application", False
        if known is None and looking.more.card_reference is not None:
            known, provider = self.ports.cards.card(looking.more.card_reference), self.ports.cards.name
            if known is not None and known.fingerprint:
                linked = self._linked_by(looking, "card", known.fingerprint)
        result = card.check_card(known, looking.application.country, linked=linked)
        return result, provider, card.RULESET

    def _phone_line(self, looking: Looking) -> Made:
        phone = looking.application.phone
        line = self.ports.lines.line(phone) if phone else None
        result = phone_line.check_line(line, looking.application.country)
        return result, self.ports.lines.name, phone_line.RULESET

    def _identity(self, looking: Looking) -> Made:
        ports = self.ports
        if looking.more.identity is None:
            return answered(["identity_missing"]), ports.identities.name, outside.IDENTITY_RULESET
        proof = ports.identities.proof(looking.more.identity)
        linked = proof is not None and self._linked_by(looking, "person", proof.subject)
        result = outside.check_identity(proof, today=looking.standing.now.date(), linked=linked)
        return result, ports.identities.name, outside.IDENTITY_RULESET

    def _linked_by(self, looking: Looking, kind: str, value: str) -> bool:
        standing = looking.standing
        return onboarding.linked_by(self.books.ledger, standing.customer.id, kind, value, now=standing.now)

    def _credit_report(self, looking: Looking) -> Made:
        ports, application = self.ports, looking.application
        number = looking.more.company_number or application.vat_id
        if number is None or application.country is None:
            return answered(["report_missing"]), ports.bureau.name, outside.REPORT_RULESET
        report = ports.bureau.report(country=application.country, number=number)
        result = outside.check_report(report, name=application.name, today=looking.standing.now.date())
        return result, ports.bureau.name, outside.REPORT_RULESET
