"""Partner Center over HTTP: one request, its headers and its evidence, and the answer or what it means.

Nothing is repeated here. A request that changes something carries an id that its caller gives: the same
again says that it is a repetition, and has no second effect.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import requests

from domain.errors import InDoubt, Misconfigured, TryAgainLater
from domain.switching import Exchange, Note
from providers.partner_center import exact_json
from providers.partner_center.calls import needs
from providers.partner_center.errors import APP_ALONE, Trouble, raise_sorted, trouble_of
from providers.partner_center.login import Login
from providers.vendor_http import TIMEOUT_SECONDS, never_left, new_session, real_now, retry_after

SECONDS = 5.0
"""What an activity has for a call, its login included."""
_SOON = timedelta(seconds=1)
_LEAST_SECONDS = 1.0
"""With less left to wait for an answer nothing is begun."""
_MOST_BYTES = 8 << 20
APPLICATION = "Arrears"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        body: as it was read, fractions as Decimals; None where there is none, or none that can be read.
        trouble: what it means where it is no success.
        delay: the wait that it asks for.
    """

    status: int
    body: Any
    trouble: Trouble | None = None
    delay: timedelta | None = None


def deadline() -> float:
    """Return until when a call, or several together, may last from now on."""
    return time.monotonic() + SECONDS


def unnoted(exchange: Exchange) -> None:
    """Keep nothing: what is only read in bulk is no evidence of anything."""


class Client:
    """One account at one base URL.

    Args:
        app, user: the logins that there are; one that does for both stands in both places.
    """

    def __init__(
        self,
        *,
        base: str,
        app: Login | None = None,
        user: Login | None = None,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self._base = base.rstrip("/")
        self._app, self._user = app, user
        self._session = new_session()
        self._now = now
        self._not_alone: set[str] = set()

    @property
    def base(self) -> str:
        """Where it is asked."""
        return self._base

    @property
    def logins(self) -> tuple[Login | None, Login | None]:
        """The app alone, and the one on behalf of a user."""
        return self._app, self._user

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        note: Note = unnoted,
        by: float | None = None,
    ) -> Answer:
        """Return what is there, in full; `path` begins with /v1 or what stands in its place.

        Raises:
            TryAgainLater, Refused, Misconfigured: it was not read.
        """
        asked = f"{path}?{urlencode(params)}" if params else path
        return self.succeeded(self.send("GET", asked, headers=headers, note=note, by=by), changing=False)

    def change(
        self,
        method: Literal["PATCH", "POST", "PUT", "DELETE"],
        path: str,
        body: Mapping[str, Any] | None,
        *,
        request: str,
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
        note: Note = unnoted,
        by: float | None = None,
    ) -> Answer:
        """Change something, once for each `request`.

        Raises:
            TryAgainLater, Refused, Misconfigured: it was not changed.
            InDoubt: it may have been.
        """
        answer = self.send(method, path, body, request=request, etag=etag, headers=headers, note=note, by=by)
        return self.succeeded(answer, changing=True)

    def succeeded(self, answer: Answer, *, changing: bool) -> Answer:
        """Return an answer that is a success.

        Raises:
            TryAgainLater, Refused, Misconfigured, InDoubt: it is none.
        """
        if answer.trouble is not None:
            raise_sorted(answer.trouble, changing=changing, delay=answer.delay)
        return answer

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        request: str | None = None,
        etag: str | None = None,
        headers: Mapping[str, str] | None = None,
        note: Note = unnoted,
        by: float | None = None,
    ) -> Answer:
        """Send one request and return its answer, also where it is no success.

        Args:
            request: the id of it; a new one where none is given.
            by: the deadline for several calls together, as `deadline()` gives it.

        Raises:
            TryAgainLater, Misconfigured: nothing was sent, or nothing was changed by it.
            InDoubt: there is no answer to what was to change something.
        """
        by = deadline() if by is None else by
        login = self._login(method, path)
        token = login.token()
        # What a login took is missing here; its token is kept, so the next attempt has all of it.
        left = by - time.monotonic() - TIMEOUT_SECONDS[0]
        if left < _LEAST_SECONDS:
            raise TryAgainLater("there is too little time left to ask Partner Center", delay=_SOON)
        call = _Call(
            method=method,
            path=path,
            body=body,
            request=request or str(uuid.uuid4()),
            correlation=str(uuid.uuid4()),
        )
        try:
            answer = self._session.request(
                method,
                f"{self._base}{path}",
                data=None if body is None else exact_json.written(dict(body)).encode(),
                headers={**call.headers(token, etag), **(headers or {})},
                timeout=(TIMEOUT_SECONDS[0], min(TIMEOUT_SECONDS[1], left)),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            note(call.exchange(None, None))
            words = f"Partner Center cannot be reached ({type(error).__name__})"
            if method == "GET" or never_left(error):
                raise TryAgainLater(words) from None
            raise InDoubt(f"Partner Center did not answer: {type(error).__name__}") from None
        read = _read(answer)
        note(call.exchange(answer.status_code, read))
        return self._answer(answer, read, method, login, token)

    def _answer(self, answer: requests.Response, read: Any, method: str, login: Login, token: str) -> Answer:
        trouble = None
        if not 200 <= answer.status_code < 300:
            trouble = trouble_of(answer.status_code, reason=answer.reason or "", body=read)
        elif method == "GET" and read is None:
            raise TryAgainLater("Partner Center answered with something that is no JSON")
        if trouble is not None:
            trouble = self._about_login(trouble, method, login, token)
        return Answer(
            status=answer.status_code,
            body=read,
            trouble=trouble,
            delay=retry_after(answer.headers, self._now()),
        )

    def _about_login(self, trouble: Trouble, method: str, login: Login, token: str) -> Trouble:
        """Draw from a trouble what it says of the login.

        Raises:
            TryAgainLater: another login will do.
        """
        if trouble.code == APP_ALONE and self._user not in (None, login):
            # Where Microsoft's page of a call says otherwise, its answer counts.
            self._not_alone.add(method)
            raise TryAgainLater(f"{trouble.words}: asked again on behalf of a user", delay=_SOON)
        if trouble.status != 401:
            return trouble
        login.forget(token)
        return replace(trouble, says=f"{trouble.says}. {login.remedy}")

    def _login(self, method: str, path: str) -> Login:
        if needs(method, path) == "user":
            if self._user is None:
                raise Misconfigured(
                    "Partner Center answers this only to an app on behalf of a user:"
                    " set PARTNER_CENTER_REFRESH_TOKEN_FILE"
                )
            return self._user
        login = self._user if method in self._not_alone else self._app or self._user
        if login is None:
            raise Misconfigured("there is no login for Partner Center: set PARTNER_CENTER_TENANT and its app")
        return login


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One request as it goes out."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    request: str
    correlation: str

    def headers(self, token: str, etag: str | None) -> dict[str, str]:
        matching = {} if etag is None else {"If-Match": quoted(etag)}
        typed = {} if self.body is None else {"Content-Type": "application/json"}
        return {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "MS-RequestId": self.request,
            "MS-CorrelationId": self.correlation,
            "MS-Contract-Version": "v1",
            "MS-PartnerCenter-Application": APPLICATION,
            **matching,
            **typed,
        }

    def exchange(self, status: int | None, got: Any) -> Exchange:
        said = exact_json.plain(got)
        return Exchange(
            method=self.method,
            path=self.path,
            request=self.request,
            correlation=self.correlation,
            status=status,
            sent=None if self.body is None else exact_json.plain(dict(self.body)),
            got=said if said is None or isinstance(said, dict | list | str) else str(said),
        )


def quoted(etag: str) -> str:
    """Return an etag as a header has it: in double quotes, which it may have already."""
    return f'"{etag.strip().removeprefix("W/").strip(chr(34))}"'


def _read(answer: requests.Response) -> Any:
    if not answer.content or len(answer.content) > _MOST_BYTES:
        return None
    try:
        return exact_json.read(answer.content)
    except ValueError:
        return None
