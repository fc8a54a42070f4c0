"""Partner Center: each login that is set up, what its token says of itself, and one question under it.

To log in on behalf of a user uses the refresh token, which renews it: that is what it is for.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from domain.errors import SORTED
from domain.health import Part, Sight
from providers.partner_center.claims import claims_of, wrong_with
from providers.partner_center.login import Login
from providers.probes.asking import Asking, NoAnswer, reached, trouble
from providers.vendor_http import real_now

_APP: Part = "partner_center"
_USER: Part = "partner_center.user"


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
        self._base, self._resource, self._reads = base, resource, reads
        self._app, self._user = app, user

    def look(self) -> Iterator[Sight]:
        """Say what was seen."""
        today = real_now().date().isoformat()
        audit = ("/v1/auditrecords", {"startDate": today, "endDate": today, "size": "1"}, "audit records")
        usage = ("/v1/customers/usagerecords", {"size": "1"}, "usage records")
        if self._app is not None and self._app is not self._user:
            yield from self._logged_in(_APP, self._app, *audit)
        if self._user is None:
            yield Sight(_USER, "absent")
        else:
            yield from self._logged_in(_USER, self._user, *usage)

    def _logged_in(
        self, part: Part, login: Login, path: str, params: dict[str, str], what: str
    ) -> Iterator[Sight]:
        try:
            token = login.token()
        except SORTED as error:
            yield Sight(part, "said", {"why": str(error)})
            return
        if (wrong := wrong_with(token, resource=self._resource, mfa=part == _USER)) is not None:
            yield Sight(part, "said", {"why": f"its token will not do, {wrong}"})
            return
        yield Sight(part, "logged_in", {"left": _left(token)})
        if not self._reads:
            return
        try:
            answer = Asking(part=part, base=self._base, variable="PARTNER_CENTER_BASE", bearer=token).ask(
                path, params
            )
        except NoAnswer as none:
            yield none.sight
            return
        yield from reached(part, answer)
        wrong_there = trouble(part, answer, "its token", f"reading {what}")
        yield wrong_there or Sight(part, "granted", {"variable": "its token", "what": f"reading {what}"})


def _left(token: str) -> str:
    """Say how long a token holds, where it tells."""
    ends = (claims_of(token) or {}).get("exp")
    if not isinstance(ends, int):
        return ""
    left = datetime.fromtimestamp(ends, UTC) - real_now()
    return f", for {int(left.total_seconds() // 60)} minutes"
