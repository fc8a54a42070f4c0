"""How a probe asks: one request, once, and what its answer says of host, certificate and clock."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from domain.health import Code, Part, Sight
from providers.vendor_http import TIMEOUT_SECONDS, new_session, real_now

MOST_SKEW_SECONDS = 60
"""Webhooks are refused at five minutes; a clock that is one off will not stay there."""

RENEWAL_DAYS = 14


class Probe(Protocol):
    """Looks at one vendor, changes nothing there, and says what it saw."""

    def look(self) -> Iterator[Sight]: ...


class NoAnswer(Exception):
    """There was none; `sight` says why."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight.words)
        self.sight = sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer.

    Attributes:
        ahead_seconds: of our clock before theirs; None where they do not say what time it is.
    """

    url: str
    status: int
    seconds: float
    ahead_seconds: int | None
    body: Any = field(repr=False)

    @property
    def host(self) -> str:
        """Who answered."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Asks at one base URL, under one login.

    Attributes:
        base: None where none is set and another one is.
        variable: that names the base.
    """

    part: Part
    base: str | None
    variable: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    bearer: str | None = field(default=None, repr=False)

    def ask(
        self, path: str, params: Mapping[str, str] | None = None, *, post: Mapping[str, Any] | None = None
    ) -> Answer:
        """Get a path; or post a question to it, where the vendor takes questions so.

        Raises:
            NoAnswer: nobody is there, or nobody may be asked.
        """
        if self.base is None:
            raise NoAnswer(Sight(self.part, "shut", {"variable": self.variable}))
        url = f"{self.base.rstrip('/')}{path}"
        headers = {} if self.bearer is None else {"Authorization": f"Bearer {self.bearer}"}
        asked_at, began = real_now(), perf_counter()
        try:
            answer = new_session().request(
                "GET" if post is None else "POST",
                url,
                params=params,
                json=post,
                auth=self.login,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise self._no_answer("untrusted", url, error) from None
        except requests.RequestException as error:
            raise self._no_answer("unreachable", url, error) from None
        seconds = perf_counter() - began
        theirs = _date(answer.headers.get("Date"))
        # They write whole seconds, which are half a second old on average.
        ahead = None if theirs is None else round((asked_at - theirs).total_seconds() + seconds / 2 - 0.5)
        return Answer(
            url=url, status=answer.status_code, seconds=seconds, ahead_seconds=ahead, body=_json(answer)
        )

    def _no_answer(self, code: Code, url: str, error: requests.RequestException) -> NoAnswer:
        return NoAnswer(Sight(self.part, code, {"host": host_of(url), "why": _why(error)}))


def reached(part: Part, answer: Answer, tls: "Tls | None" = None) -> Iterator[Sight]:
    """Say who answered how fast and by which TLS, and how far its clock is from ours."""
    secured = tls or tls_of(answer.url)
    by = f", by {secured.version}" if secured is not None else ""
    yield Sight(part, "reached", {"host": answer.host, "seconds": f"{answer.seconds:.2f}", "by": by})
    ahead = answer.ahead_seconds
    if ahead is not None:
        way = "ahead" if ahead > 0 else "behind"
        code: Code = "clock" if abs(ahead) <= MOST_SKEW_SECONDS else "clock_off"
        yield Sight(part, code, {"seconds": abs(ahead), "way": way})


def trouble(part: Part, answer: Answer, variable: str, what: str) -> Sight | None:
    """Return what is wrong by the status of an answer; None where it is as it should be.

    Args:
        what: is asked for, in words.
    """
    values: dict[str, str | int] = {
        "host": answer.host,
        "variable": variable,
        "status": answer.status,
        "what": what,
    }
    match answer.status:
        case 200:
            return None
        case 401:
            return Sight(part, "refused", values)
        case 403:
            return Sight(part, "forbidden", values)
        case 404:
            return Sight(part, "missing", values)
        case status if status == 429 or status >= 500:
            return Sight(part, "unwell", values)
        case _:
            return Sight(part, "odd", values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How a host is reached safely, and until when its certificate counts."""

    version: str
    days_left: int


def tls_of(url: str, context: ssl.SSLContext | None = None) -> Tls | None:
    """Return what a host offers; None where there is no TLS, or it cannot be told."""
    asked = urlsplit(url)
    if asked.scheme != "https" or asked.hostname is None:
        return None
    connect, read = TIMEOUT_SECONDS
    try:
        with socket.create_connection((asked.hostname, asked.port or 443), timeout=connect) as plain:
            plain.settimeout(read)
            trusting = context or ssl.create_default_context()
            with trusting.wrap_socket(plain, server_hostname=asked.hostname) as secured:
                ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
                left = datetime.fromtimestamp(ends, UTC) - real_now()
                return Tls(version=str(secured.version()), days_left=left.days)
    except (OSError, KeyError, ValueError):
        return None


def host_of(url: str) -> str:
    """Return the host and port that a URL names."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _why(error: requests.RequestException) -> str:
    """The innermost reason, which names no path and no parameter."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(error).__name__


def _date(text: str | None) -> datetime | None:
    try:
        said = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return said if said.tzinfo is not None else None


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
