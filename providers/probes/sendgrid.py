"""SendGrid: what the API key may do, and whether the account has a log."""

from collections.abc import Iterator

from domain.health import Sight
from providers.probes.asking import Asking, NoAnswer, reached, trouble

SCOPES = ("mail.send",)
"""What the key is asked for; that of the log has no published name, so the log itself is asked."""

_QUERY = {"query": "to_email='nobody@doctor.invalid'", "limit": 1}


class SendGridProbe:
    """Looks at an account."""

    def __init__(self, *, api_key: str, base: str | None, logs_base: str | None) -> None:
        self._account = Asking(part="sendgrid", base=base, variable="SENDGRID_BASE", bearer=api_key)
        self._log = Asking(part="sendgrid.log", base=logs_base, variable="SENDGRID_LOGS_BASE", bearer=api_key)

    def look(self) -> Iterator[Sight]:
        """Say what was seen."""
        for each in (self._scopes, self._logs):
            try:
                yield from each()
            except NoAnswer as none:
                yield none.sight

    def _scopes(self) -> Iterator[Sight]:
        answer = self._account.ask("/v3/scopes")
        yield from reached("sendgrid", answer)
        if (wrong := trouble("sendgrid", answer, "SENDGRID_API_KEY", "GET /v3/scopes")) is not None:
            yield wrong
            return
        held = answer.body.get("scopes") if isinstance(answer.body, dict) else None
        lacking = [scope for scope in SCOPES if scope not in (held if isinstance(held, list) else [])]
        what = ", ".join(lacking or SCOPES)
        values = {"variable": "SENDGRID_API_KEY", "what": what}
        yield Sight("sendgrid", "forbidden" if lacking else "granted", values)

    def _logs(self) -> Iterator[Sight]:
        answer = self._log.ask("/v3/logs", post=_QUERY)
        wrong = trouble("sendgrid.log", answer, "SENDGRID_API_KEY", "reading Email Logs")
        yield wrong or Sight("sendgrid.log", "usable", {"variable": "SENDGRID_API_KEY", "more": ""})
