"""An endpoint of the seller's product to which events go, as Standard Webhooks says."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from domain.events.delivering import Answered
from providers.vendor_http import real_now
from providers.webhooks_out.posting import Posting

TIMEOUT_SECONDS = (2.0, 10.0)


class WebhookEndpoint:
    """One endpoint. Its name is made of its URL, and says nothing of it."""

    def __init__(self, *, url: str, secrets: Sequence[str], now: Callable[[], datetime] = real_now) -> None:
        self.name = "e-" + hashlib.sha256(url.encode()).hexdigest()[:8]
        self.host = urlsplit(url).netloc
        self._posting = Posting(url=url, secrets=secrets, timeout=TIMEOUT_SECONDS, now=now)

    def post(self, id_: str, body: str) -> Answered:
        """Send an event once."""
        reply = self._posting.post(id_, body.encode())
        return Answered(status=reply.status, words=reply.words, retry_after=reply.retry_after)
