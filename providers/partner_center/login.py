"""The logins of Partner Center: a token that is given, an app alone, and an app on behalf of a user.

A token is kept until shortly before it ends, and one thread at a time gets a new one. What Microsoft answers
in words holds ids of tenants and of requests, so only its own codes are repeated.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn, Protocol

import requests

from domain.errors import Misconfigured, TryAgainLater
from providers.partner_center.claims import wrong_with
from providers.partner_center.refresh_file import CONSENT, VARIABLE, Kept, RefreshFile
from providers.vendor_http import TIMEOUT_SECONDS, new_session, real_now, retry_after

_EARLY_SECONDS = 300
"""By so much a token is replaced before its end, or by half its life where that is less."""
_STATED = re.compile(r"AADSTS[0-9]{3,8}")
_KNOWN = re.compile(r"[a-z_]{3,40}")
_RETRY = ("temporarily_unavailable", "server_error", "service_unavailable")


class Login(Protocol):
    """Who we are there."""

    remedy: str

    def token(self) -> str:
        """Return a token that holds for some minutes.

        Raises:
            TryAgainLater, Misconfigured: there is none.
        """

    def forget(self, token: str) -> None:
        """Not use a token again that was refused."""


class GivenToken:
    """A token that somebody got elsewhere, and renews there."""

    remedy = "PARTNER_CENTER_TOKEN: get a new one, with MFA"

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        """Return it."""
        return self._token

    def forget(self, token: str) -> None:
        """Keep it: there is no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The application at the authority that logs it in.

    Attributes:
        authority: its base URL, without the tenant.
        resource: whom the tokens are for.
    """

    authority: str
    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    resource: str


class _Renewed:
    """A token that is fetched again before it ends."""

    def __init__(self, app: App, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._session = new_session()
        self._lock = threading.Lock()
        self._kept: tuple[str, float] | None = None

    def token(self) -> str:
        with self._lock:
            if self._kept is None or self._clock() >= self._kept[1]:
                self._kept = self._fetched()
            return self._kept[0]

    def forget(self, token: str) -> None:
        with self._lock:
            if self._kept is not None and self._kept[0] == token:
                self._kept = None

    def _fetched(self) -> tuple[str, float]:
        raise NotImplementedError

    def _asked(self, form: Mapping[str, str], *, mfa: bool) -> tuple[str, float, Mapping[str, Any]]:
        """Return a token, until when it is used, and all that came with it."""
        app, began = self._app, self._clock()
        try:
            answer = self._session.post(
                f"{app.authority.rstrip('/')}/{app.tenant}/oauth2/token",
                data={"client_id": app.client_id, "client_secret": app.client_secret, **form},
                headers={"Accept": "application/json"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            words = f"the login of Partner Center cannot be reached ({type(error).__name__})"
            raise TryAgainLater(words) from None
        told = _object(answer)
        if answer.status_code != 200:
            _raise(answer, told)
        token, lives = told.get("access_token"), _seconds(told.get("expires_in"))
        if not isinstance(token, str) or not token:
            raise TryAgainLater("the login of Partner Center answered without a token")
        if (wrong := wrong_with(token, resource=app.resource, mfa=mfa)) is not None:
            raise Misconfigured(f"the token for Partner Center will not do, {wrong}: {CONSENT}")
        return token, began + lives - min(_EARLY_SECONDS, lives / 2), told


class AppOnly(_Renewed):
    """The app alone, by its secret."""

    remedy = "PARTNER_CENTER_CLIENT_ID: its application may do too little, see docs/partner-center.md"

    def _fetched(self) -> tuple[str, float]:
        form = {"grant_type": "client_credentials", "resource": self._app.resource}
        token, until, _ = self._asked(form, mfa=False)
        return token, until


class AppAndUser(_Renewed):
    """The app on behalf of a user who consented once, with MFA, by the refresh token of that."""

    remedy = f"{VARIABLE}: {CONSENT}"

    def __init__(
        self,
        app: App,
        *,
        file: RefreshFile,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        super().__init__(app, clock=clock)
        self.file = file
        self._now = now

    def _fetched(self) -> tuple[str, float]:
        with self.file.alone():
            kept = self.file.read()
            form = {
                "grant_type": "refresh_token",
                "refresh_token": kept.token,
                "resource": self._app.resource,
                "scope": "openid",
            }
            token, until, told = self._asked(form, mfa=True)
            # On the disk before the token is used: who dies in between has lost nothing.
            following = told.get("refresh_token")
            if isinstance(following, str) and following:
                self.file.keep(Kept(token=following, since=self._now()))
        return token, until


def _object(answer: requests.Response) -> Mapping[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(told: object) -> float:
    """The life of a token, which is a number or a text; short where it is neither."""
    return float(told) if isinstance(told, int | str) and str(told).isdecimal() else 60.0


def _raise(answer: requests.Response, told: Mapping[str, Any]) -> NoReturn:
    error = str(told.get("error", ""))
    stated = _STATED.search(str(told.get("error_description", "")))
    named = ", ".join([str(answer.status_code), *_KNOWN.findall(error)[:1], *([stated[0]] if stated else [])])
    status = answer.status_code
    if status in (408, 429) or status >= 500 or error in _RETRY:
        words, delay = (
            f"the login of Partner Center is unwell ({named})",
            retry_after(answer.headers, real_now()),
        )
        raise TryAgainLater(words) if delay is None else TryAgainLater(words, delay=delay)
    if error in ("invalid_grant", "interaction_required"):
        raise Misconfigured(f"the refresh token in {VARIABLE} does not hold any more ({named}): {CONSENT}")
    if error in ("invalid_client", "unauthorized_client"):
        raise Misconfigured(
            f"Partner Center's login does not take PARTNER_CENTER_CLIENT_ID and its secret ({named})"
        )
    raise Misconfigured(
        f"Partner Center's login refuses us ({named}): check PARTNER_CENTER_TENANT and the cloud"
    )
