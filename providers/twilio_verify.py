"""Twilio Verify: brings a code to a telephone and knows itself whether the one entered is right.

To start again within ten minutes sends the same code, so a start may be repeated. A check may not: the
first right one uses the code up, and the next is told that there is none. Whether one was right is shown
among the attempts, where it is `converted`: that may be asked as often as anybody likes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import requests
from twilio.base.exceptions import TwilioException

from domain.errors import InDoubt, Refused, TryAgainLater
from domain.notice import Accepted, OneTimeCode
from providers.twilio_client import RoutedHttp, client, raise_sorted, raise_unanswered
from providers.twilio_codes import STARTS, VERIFY
from providers.vendor_http import SETTLE, real_now

_SKEW = timedelta(seconds=120)
_WITHOUT_SMS = frozenset({"landline"})
_ERRORS = (TwilioException, requests.RequestException, ValueError, KeyError, TypeError)


class TwilioVerify:
    """The verifier of telephone numbers.

    Args:
        service: the id of the Verify service, which begins with `VA`.
    """

    name = "twilio_verify"
    checks = True

    def __init__(
        self,
        *,
        account: str,
        key: str,
        secret: str,
        service: str,
        http: RoutedHttp | None = None,
        settle: timedelta = SETTLE,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self._http = http or RoutedHttp()
        self._client: Any = client(account, key, secret, self._http)
        self._service: Any = self._client.verify.v2.services(service)
        self._attempts: Any = self._client.verify.v2.verification_attempts
        self._service_id = service
        self._settle = settle
        self._now = now

    def send(self, code: OneTimeCode, *, to: str, at: datetime) -> Accepted:
        """Start a verification; the code is Twilio's own, and ours is not used."""
        if self.line_type(to) in _WITHOUT_SMS:
            raise Refused("the number is a landline", reaction="invalid_contact")
        try:
            started = self._service.verifications.create(to=to, channel="sms")
        except _ERRORS as error:
            raise_sorted(error, delay=self._http.asked_delay(self._now()), codes=STARTS)
        if self._http.last_status != 201 or not started.sid:
            raise InDoubt("Twilio Verify did not answer with 201")
        return Accepted(reference=code.reference, provider_ref=started.sid)

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        """Look for a verification of this number since then; errors as those of a `Courier`."""
        try:
            found = self._attempts.list(
                channel_data_to=to,
                date_created_after=since - _SKEW,
                verify_service_sid=self._service_id,
                limit=1,
            )
        except _ERRORS as error:
            raise_unanswered(error, delay=self._http.asked_delay(self._now()))
        if found:
            return Accepted(reference=reference, provider_ref=found[0].verification_sid)
        if (age := self._now() - since) < self._settle:
            raise TryAgainLater("Twilio Verify does not show it yet", delay=self._settle - age)
        raise InDoubt("Twilio Verify does not show it")

    def check(self, provider_ref: str, code: str) -> bool:
        """Say whether an entered code is right, asking once; errors as those of a `CodeCheck`."""
        try:
            checked = self._service.verification_checks.create(verification_sid=provider_ref, code=code)
        except _ERRORS as error:
            raise_sorted(error, delay=self._http.asked_delay(self._now()), codes=VERIFY)
        return bool(checked.status == "approved")

    def was_right(self, provider_ref: str) -> bool:
        """Say whether the right code was entered; errors as those of a `CodeCheck`."""
        try:
            found = self._attempts.list(verification_sid=provider_ref, status="converted", limit=1)
        except _ERRORS as error:
            raise_unanswered(error, delay=self._http.asked_delay(self._now()))
        return bool(found)

    def line_type(self, to: str) -> str | None:
        """Return what kind of line a number has, such as `mobile` or `landline`; None where nobody knows."""
        try:
            looked_up = self._client.lookups.v2.phone_numbers(to).fetch(fields="line_type_intelligence")
            return str(looked_up.line_type_intelligence["type"])
        except _ERRORS:
            return None
