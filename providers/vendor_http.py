"""How a request leaves the house: once, to a known host, for five seconds at most, and without a word.

No retry: whoever repeats a POST sends a second message. No proxy and no `.netrc` of the machine. No
redirect, which would make another request of it. Nothing is logged: URLs hold telephone numbers, and
headers the key.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

from domain.errors import Misconfigured

TIMEOUT_SECONDS = (1.5, 3.0)
"""To connect, and to wait for an answer: together less than the five seconds that a courier has."""

SETTLE = timedelta(minutes=10)
"""Real time after which a vendor shows every message that it took; longer than any lag that is known."""

MOST_DELAY = timedelta(hours=6)

_POOL = 32
# At DEBUG they write telephone numbers, letters and the key of the account.
for _name in ("urllib3", "python_http_client", "twilio"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def new_session() -> requests.Session:
    """Return a session with the manners above, except the timeout, which each request has to name."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=_POOL, max_retries=0))
    return session


def routed(url: str, bases: Mapping[str, str] | None) -> str:
    """Return the URL at the base that stands in for its host; as it is where there are no bases.

    Args:
        bases: by the first label of the host, such as `api` or `verify`. With any, all others are shut.

    Raises:
        Misconfigured: no base stands in for this host.
    """
    if bases is None:
        return url
    asked = urlsplit(url)
    base = bases.get(asked.netloc.partition(".")[0])
    if base is None:
        raise Misconfigured(f"no base URL is set for {asked.netloc}, and with one set no other host is asked")
    there = urlsplit(base)
    return urlunsplit((there.scheme, there.netloc, there.path.rstrip("/") + asked.path, asked.query, ""))


def never_left(error: requests.RequestException) -> bool:
    """Whether the request certainly did not reach the vendor: there was no connection."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def retry_after(headers: Mapping[str, str] | None, now: datetime) -> timedelta | None:
    """Return the delay that a vendor asks for, in seconds or as a date; None where it does not."""
    said = (headers or {}).get("Retry-After", "").strip()
    if said.isdecimal():
        return min(timedelta(seconds=int(said[:9])), MOST_DELAY)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return min(max(at - now, timedelta()), MOST_DELAY)


def real_now() -> datetime:
    """Return the real instant: vendors live in no other time."""
    return datetime.now(UTC)
