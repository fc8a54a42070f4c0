"""The certificates with which Partner Center signs its webhooks: from known hosts, believed up to a root.

A request names the address of a certificate, and whoever asks us anything could name one. So only hosts of
a list are asked, by https, without a redirect, for few bytes and seconds, and not often. What comes back
counts when its chain ends at a root that is ours, and it is Microsoft's own.
"""

import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import certifi
import requests
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from domain.errors import Unverified
from providers.vendor_http import TIMEOUT_SECONDS, new_session

HOSTS = ("3psostorageacct.blob.core.windows.net",)
"""Where Microsoft's documentation has the certificate."""

ISSUERS = frozenset({"www.microsoft.com", "caissuers.microsoft.com", "cacerts.digicert.com"})
"""Who is asked for the certificate of an issuer, where a certificate comes alone. Asked by http too, as
certificates name them: what comes counts for nothing but a link in a chain up to a root that is ours."""

ORGANISATION = "Microsoft Corporation"
_ROOTS_OF = (ORGANISATION, "DigiCert Inc", "DigiCert, Inc.")
"""Whose roots stand behind Microsoft's services, as Microsoft tells its customers."""

MOST_BYTES = 32 * 1024
SECONDS = 5.0
"""So long all requests for one certificate may take."""

MOST_FETCHES, PER = 10, timedelta(minutes=1)
MOST_WAITING = 3
"""So many deliveries may wait for a certificate at once: other doors share their threads."""

RENEWED_AFTER = timedelta(minutes=10)
"""A certificate that is known for so long may have been changed at its address."""

_ODD = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
_BEFORE_ITS_END = timedelta(hours=1)
_MOST_LINKS = 3
_SHORTEST_KEY = 2048


class NoRoots(ValueError):
    """A file of roots cannot be used; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    key: RSAPublicKey
    fetched_at: datetime
    until: datetime


class Certificates:
    """Gives the key behind the address of a certificate.

    Args:
        roots: where a chain may end.
        hosts: who may be asked for a certificate.
        base: stands in for all hosts; None where they are asked themselves. With `shut` nobody is asked.
    """

    def __init__(
        self,
        *,
        roots: Sequence[x509.Certificate],
        hosts: Sequence[str] = HOSTS,
        base: str | None = None,
        shut: bool = False,
    ) -> None:
        self._store = Store(list(roots))
        self._hosts = frozenset(hosts)
        self._base = base
        self._shut = shut and base is None
        self._session = new_session()
        self._known: dict[str, _Known] = {}
        self._times: deque[datetime] = deque()
        self._one = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_WAITING)

    def key(self, url: str, now: datetime) -> RSAPublicKey:
        """Return the key of the certificate at an address, which may be one that is known.

        Raises:
            Unverified: it is not one that we believe, or cannot be had now.
        """
        known = self._known.get(url)
        return known.key if known is not None and now < known.until else self._fetch(url, now, known)

    def renewed(self, url: str, now: datetime) -> RSAPublicKey | None:
        """Return the key anew where the known one is some minutes old: it may have been changed since.

        None where it is not that old, so that whoever sends wrong signatures has nothing fetched.

        Raises:
            Unverified: as `key`.
        """
        known = self._known.get(url)
        if known is None or now < known.fetched_at + RENEWED_AFTER:
            return None
        return self._fetch(url, now, known)

    def _fetch(self, url: str, now: datetime, before: _Known | None) -> RSAPublicKey:
        if not _may_be_asked(url, ("https",), self._hosts):
            raise Unverified("certificate")
        if not self._room.acquire(blocking=False):
            raise Unverified("no_certificate")
        try:
            if not self._one.acquire(timeout=SECONDS):
                raise Unverified("no_certificate")
            try:
                return self._fetched_now(url, now, before)
            finally:
                self._one.release()
        finally:
            self._room.release()

    def _fetched_now(self, url: str, now: datetime, before: _Known | None) -> RSAPublicKey:
        """Fetch a certificate, unless somebody has fetched it while we waited for our turn."""
        known = self._known.get(url)
        if known is not None and known is not before and now < known.until:
            return known.key
        self._count(now)
        try:
            self._known[url] = self._believed(url, now)
        except (ValueError, TypeError, UnsupportedAlgorithm, *_ODD):
            raise Unverified("certificate") from None  # The library looks at many parts only when asked.
        return self._known[url].key

    def _count(self, now: datetime) -> None:
        """Count a fetch, unless there were too many: strangers could have us ask without an end."""
        while self._times and not now - PER < self._times[0] <= now:
            self._times.popleft()
        if len(self._times) >= MOST_FETCHES:
            raise Unverified("no_certificate")
        self._times.append(now)

    def _believed(self, url: str, now: datetime) -> _Known:
        deadline = time.monotonic() + SECONDS
        given = _read(self._get(url, deadline))
        if not given or _organisation(given[0]) != ORGANISATION:
            raise Unverified("certificate")
        leaf, links = given[0], given[1:]
        links += [] if links else [*self._issuers_of(leaf, deadline)]
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey) or key.key_size < _SHORTEST_KEY:
            raise Unverified("certificate")
        chain = self._chain(leaf, links, now)
        ends = min(each.not_valid_after_utc for each in chain)
        return _Known(key=key, fetched_at=now, until=ends - _BEFORE_ITS_END)

    def _chain(
        self, leaf: x509.Certificate, links: Sequence[x509.Certificate], now: datetime
    ) -> Sequence[x509.Certificate]:
        try:
            # What a certificate is for is asked of issuers alone: this one signs, and serves nobody.
            policy = (
                PolicyBuilder()
                .store(self._store)
                .time(now)
                .max_chain_depth(_MOST_LINKS)
                .extension_policies(
                    ca_policy=ExtensionPolicy.webpki_defaults_ca().may_be_present(
                        x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None
                    ),
                    ee_policy=ExtensionPolicy.permit_all(),
                )
            )
            return policy.build_client_verifier().verify(leaf, list(links)).chain
        except VerificationError:
            raise Unverified("certificate") from None

    def _issuers_of(self, leaf: x509.Certificate, deadline: float) -> Iterator[x509.Certificate]:
        """Yield the issuers up to below a root, as far as certificates say where they are."""
        child = leaf
        for _ in range(_MOST_LINKS):
            url = next(
                (url for url in _issuer_urls(child) if _may_be_asked(url, ("http", "https"), ISSUERS)), None
            )
            if url is None:
                return
            found = _read(self._get(url, deadline))
            if not found or found[0].subject == found[0].issuer:
                return
            child = found[0]
            yield child

    def _get(self, url: str, deadline: float) -> bytes:
        """Return what is at an address.

        Raises:
            Unverified: `certificate` where nothing there can be one, else `no_certificate`.
        """
        if self._shut:
            raise Unverified("no_certificate")
        if time.monotonic() > deadline:
            raise Unverified("no_certificate")
        try:
            with self._session.get(
                _at(self._base, url),
                headers={"Accept-Encoding": "identity"},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if 300 <= answer.status_code < 400:
                    raise Unverified("certificate")
                if answer.status_code != 200:
                    raise Unverified("no_certificate")
                return _limited(answer, deadline)
        except (requests.RequestException, OSError):
            raise Unverified("no_certificate") from None


def roots_in(pem: bytes) -> list[x509.Certificate]:
    """Return the roots of a PEM file.

    Raises:
        NoRoots: there is none, or one cannot be read.
    """
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise NoRoots("it holds no certificates in PEM") from None
    return found


def shipped_roots() -> list[x509.Certificate]:
    """Return, of the roots that come with the libraries, those that stand behind Microsoft's services."""
    return [
        root
        for block in _blocks(certifi.where())
        if (root := _parsed(block)) and _organisation(root) in _ROOTS_OF
    ]


def _blocks(path: str) -> Iterator[bytes]:
    begin = b"-----BEGIN CERTIFICATE-----"
    with open(path, "rb") as file:
        yield from (begin + block for block in file.read().split(begin)[1:])


def _parsed(block: bytes) -> x509.Certificate | None:
    """Return a root; None for one of the whole world's that the library objects to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return x509.load_pem_x509_certificate(block)
        except ValueError:
            return None


def _limited(answer: requests.Response, deadline: float) -> bytes:
    read = bytearray()
    while piece := answer.raw.read1(MOST_BYTES, decode_content=False):
        read += piece
        if len(read) > MOST_BYTES:
            raise Unverified("certificate")
        if time.monotonic() > deadline:
            raise Unverified("no_certificate")
    return bytes(read)


def _read(raw: bytes) -> list[x509.Certificate]:
    """Return the certificates in what was fetched, of whichever form; none where it holds none."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in raw:
            return x509.load_pem_x509_certificates(raw)
        return [x509.load_der_x509_certificate(raw)]
    except (ValueError, TypeError):
        return []


def _may_be_asked(url: str, schemes: Sequence[str], hosts: frozenset[str]) -> bool:
    try:
        asked = urlsplit(url)
        return (
            url.isascii()
            and asked.scheme in schemes
            and asked.netloc in hosts  # no port, no name and no password in it either
            and not asked.query  # One certificate could have any number of addresses.
            and not asked.fragment
        )
    except ValueError:
        return False


def _at(base: str | None, url: str) -> str:
    if base is None:
        return url
    asked, there = urlsplit(url), urlsplit(base)
    return urlunsplit((there.scheme, there.netloc, there.path.rstrip("/") + asked.path, asked.query, ""))


def _organisation(certificate: x509.Certificate) -> str:
    """Return the one organisation in the subject; one that has several has none that we believe."""
    named = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(named[0].value) if len(named) == 1 else ""


def _issuer_urls(certificate: x509.Certificate) -> Iterator[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for each in access:
        place = each.access_location
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS and isinstance(
            place, x509.UniformResourceIdentifier
        ):
            yield place.value
