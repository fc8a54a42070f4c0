"""The provider at which finance signs in: whether it is there, and is the one that the settings name."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.health import Sight
from providers.probes.asking import Asking, NoAnswer, reached

DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class OpenIdProbe:
    """Reads what the provider publishes; whether our secret is right shows only when somebody signs in."""

    issuer: str

    def look(self) -> Iterator[Sight]:
        """Say whether people can be sent there."""
        base = self.issuer.rstrip("/")
        try:
            answer = Asking(part="desk", base=base, variable="DESK_OIDC_ISSUER").ask(DISCOVERY)
        except NoAnswer as none:
            yield none.sight
            return
        named = answer.body.get("issuer") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not isinstance(named, str):
            values: dict[str, str | int] = {
                "host": answer.host,
                "status": answer.status,
                "what": f"GET {DISCOVERY}",
            }
            yield Sight("desk", "odd", values)
        elif named.rstrip("/") != base:
            why = f"the provider calls itself {named}: set DESK_OIDC_ISSUER to that, if it is the right one"
            yield Sight("desk", "said", {"why": why})
        else:
            yield from reached("desk", answer)
