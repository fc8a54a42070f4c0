"""Partner Center and Graph: each login that is set up, what its token says, and one question under it.

To log in on behalf of a user uses the refresh token, which renews it: that is what it is for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import SORTED
from domain.health import Part, Sight
from providers.partner_center.alerts import ALERTS
from providers.partner_center.claims import claims_of, wrong_with
from providers.partner_center.login import Login
from providers.probes.asking import Asking, NoAnswer, reached, trouble
from providers.vendor_http import real_now

_APP: Part = "partner_center"
_USER: Part = "partner_center.user"
_GRAPH: Part = "partner_center.graph"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked under a login, which changes nothing."""

    path: str
    params: dict[str, str]
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Host:
    """Whom tokens are for, and where it is reached: a base, and the variable that names it."""

    resource: str
    base: str | None
    variable: str


class PartnerCenterProbe:
    """Looks at the account of a partner.

    Args:
        resource: whom tokens are for.
        app, user: who logs in; for a token that is given both are the same. No user: an app alone.
        reads: whether this cloud has audit records and usage.
    """

    def __init__(
        self, *, base: str, resource: str, app: Login | None, user: Login | None, reads: bool
    ) -> None:
        self._host = _Host(resource=resource, base=base, variable="PARTNER_CENTER_BASE")
        self._reads = reads
        self._app, self._user = app, user

    def look(self) -> Iterator[Sight]:
        """Say what was seen."""
        today = real_now().date().isoformat()
        of_today = {"startDate": today, "endDate": today, "size": "1"}
        audit = _Question(path="/v1/auditrecords", params=of_today, what="audit records")
        usage = _Question(path="/v1/customers/usagerecords", params={"size": "1"}, what="usage records")
        if self._app is not None and self._app is not self._user:
            yield from _logged_in(_APP, self._app, self._host, audit if self._reads else None)
        if self._user is None:
            yield Sight(_USER, "absent")
        else:
            yield from _logged_in(_USER, self._user, self._host, usage if self._reads else None)


class GraphProbe:
    """Looks at Microsoft Graph, where alerts of fraud are read by the app.

    Args:
        base: None where no host may be asked.
    """

    def __init__(self, *, base: str | None, resource: str, app: Login) -> None:
        self._host = _Host(resource=resource, base=base, variable="PARTNER_CENTER_GRAPH_BASE")
        self._app = app

    def look(self) -> Iterator[Sight]:
        """Say what was seen."""
        alerts = _Question(path=ALERTS, params={"$top": "1"}, what="partner security alerts")
        yield from _logged_in(_GRAPH, self._app, self._host, alerts)


def _logged_in(part: Part, login: Login, host: _Host, question: _Question | None) -> Iterator[Sight]:
    """Log in, look at the token, and ask under it."""
    try:
        token = login.token()
    except SORTED as error:
        yield Sight(part, "said", {"why": str(error)})
        return
    if (wrong := wrong_with(token, resource=host.resource, mfa=part == _USER)) is not None:
        yield Sight(part, "said", {"why": f"its token will not do, {wrong}"})
        return
    yield Sight(part, "logged_in", {"left": _left(token)})
    if question is None:
        return
    asking = Asking(part=part, base=host.base, variable=host.variable, bearer=token)
    try:
        answer = asking.ask(question.path, question.params)
    except NoAnswer as none:
        yield none.sight
        return
    yield from reached(part, answer)
    what = f"reading {question.what}"
    wrong_there = trouble(part, answer, "its token", what)
    yield wrong_there or Sight(part, "granted", {"variable": "its token", "what": what})


def _left(token: str) -> str:
    """Say how long a token holds, where it tells."""
    ends = (claims_of(token) or {}).get("exp")
    if not isinstance(ends, int):
        return ""
    left = datetime.fromtimestamp(ends, UTC) - real_now()
    return f", for {int(left.total_seconds() // 60)} minutes"
