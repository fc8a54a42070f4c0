"""A provider that is asked by a GET and answers with JSON: what may come back, sorted.

Nothing is changed by asking, so what is in doubt is asked again. 202 says that there is no answer yet, 404
that nobody knows what was asked about; `Retry-After` is heard.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

import requests

from domain.errors import Misconfigured, Refused, TryAgainLater
from providers.vendor_http import TIMEOUT_SECONDS, new_session, real_now, retry_after

NOT_READY = timedelta(minutes=15)


class AskedByHttp:
    """One base URL under one key."""

    def __init__(
        self,
        *,
        vendor: str,
        base: str,
        headers: Mapping[str, str],
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.vendor = vendor
        self._base = base.rstrip("/")
        self._headers = dict(headers)
        self._session = new_session()
        self._now = now

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Return the object that is answered; None where nobody knows what was asked about.

        Raises:
            TryAgainLater: no answer, or none yet.
            Misconfigured: our key, or where we ask.
            Refused: the question itself.
        """
        try:
            answer = self._session.get(
                f"{self._base}{path}",
                params=dict(params or {}),
                headers=self._headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TryAgainLater(f"{self.vendor} did not answer: {type(error).__name__}") from None
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            self._raise(answer)
        return self._object(answer)

    def _object(self, answer: requests.Response) -> dict[str, Any]:
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TryAgainLater(f"{self.vendor} answered what nobody can read")
        return found

    def _raise(self, answer: requests.Response) -> NoReturn:
        status = answer.status_code
        delay = retry_after(answer.headers, self._now())
        if status == 202:
            raise TryAgainLater(f"{self.vendor} has no answer yet", delay=delay or NOT_READY)
        if status == 429 or status >= 500:
            more = {} if delay is None else {"delay": delay}
            raise TryAgainLater(f"{self.vendor} is unwell ({status})", **more)
        if status in (401, 403) or 300 <= status < 400:
            raise Misconfigured(f"{self.vendor} refuses our key or our address ({status})")
        raise Refused(f"{self.vendor} refuses the question ({status})")
