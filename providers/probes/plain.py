"""What can be looked at without a login: our own front door, hosts that are only there, what is absent."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from domain.health import Part, Sight
from providers.probes.asking import RENEWAL_DAYS, Asking, NoAnswer, reached, tls_of

HEALTH = "/healthz"


@dataclass(frozen=True, slots=True)
class Absent:
    """A part that is not set up."""

    part: Part

    def look(self) -> Iterator[Sight]:
        """Say so."""
        yield Sight(self.part, "absent")


@dataclass(frozen=True, slots=True)
class Host:
    """A host that answers, whatever it says: nothing of it can be asked for without changing or paying."""

    part: Part
    base: str

    def look(self) -> Iterator[Sight]:
        """Say whether it does."""
        try:
            yield from reached(self.part, Asking(part=self.part, base=self.base, variable="").ask(""))
        except NoAnswer as none:
            yield none.sight


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """The address at which vendors and customers reach us, as far as it can be reached from here."""

    public_url: str

    def look(self) -> Iterator[Sight]:
        """Say whether our own health answers there."""
        try:
            yield from self._health()
        except NoAnswer as none:
            yield none.sight

    def _health(self) -> Iterator[Sight]:
        answer = Asking(part="public_url", base=self.public_url, variable="PUBLIC_URL").ask(HEALTH)
        tls = tls_of(self.public_url)
        if answer.status != 200 or answer.body != {"status": "ok"}:
            what = f"GET {HEALTH}"
            yield Sight("public_url", "odd", {"host": answer.host, "status": answer.status, "what": what})
            return
        yield from reached("public_url", answer, tls)
        if urlsplit(self.public_url).scheme == "http":
            yield Sight("public_url", "plain", {"host": answer.host})
        if tls is not None and tls.days_left < RENEWAL_DAYS:
            yield Sight("public_url", "expiring", {"host": answer.host, "days": tls.days_left})
