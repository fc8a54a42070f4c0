"""The two gates of the desk: a reverse proxy that vouches for who asks, or a sign-in with us.

Neither is open by itself. What a request says of its sender counts only where the settings name the proxy
that says it, and where the connection comes from there.
"""

import hmac
import secrets
import time
from collections.abc import Collection, Sequence
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from fastapi import Request, Response
from pydantic import TypeAdapter, ValidationError

from domain.facts.fields import Name
from domain.roles import NO_PEOPLE, Appointed, Role
from web.desk.frame import HOME, NotAllowed, Person
from web.desk.seals import Seals

PROXY_SECRET = "x-arrears-proxy-secret"
"""The header in which a proxy shows what nobody but it and us knows."""
SESSION_LIVES = timedelta(hours=8)
"""A working day; then one signs in again."""
SESSION_COOKIE = "arrears_desk"
_SESSION = "session"
_NAME: TypeAdapter[str] = TypeAdapter(Name)

Network = IPv4Network | IPv6Network


def admitted(name: str, role: Role | None, session: str = "") -> Person:
    """Return a person who has a role.

    Raises:
        NotAllowed: there is none, or the name is no person's.
    """
    try:
        _NAME.validate_python(name)
    except ValidationError:
        raise NotAllowed("The name that you were signed in with cannot stand in a journal.") from None
    if name.strip().lower() in NO_PEOPLE:
        raise NotAllowed(f"{name!r} is an author of the journal already, and no person.")
    if role is None:
        raise NotAllowed(f"{name} has no role at this desk: ask whoever runs it for one.")
    return Person(name, role, session)


class ProxyGate:
    """Believes a reverse proxy, by its address, and by a secret where one is agreed.

    Args:
        networks: from where the proxy connects; nobody else is believed.
        user_header, groups_header: in which it says who asks, and in which groups they are, with commas.
    """

    signs_in = False

    def __init__(
        self,
        *,
        networks: Collection[Network],
        user_header: str,
        groups_header: str | None,
        secret: str | None,
        appointed: Appointed,
    ) -> None:
        self._networks, self._appointed = networks, appointed
        self._user_header, self._groups_header, self._secret = user_header, groups_header, secret

    def person(self, request: Request) -> Person | None:
        """Return whom the proxy vouches for; None where it is not the proxy that asks.

        Raises:
            NotAllowed: they have no role.
        """
        name = _said(request, self._user_header) if self._is_proxy(request) else None
        if not name:
            return None
        groups = _said(request, self._groups_header) if self._groups_header else None
        named = [group.strip() for group in (groups or "").split(",")]
        return admitted(name, self._appointed.role_of(name, named))

    def _is_proxy(self, request: Request) -> bool:
        address = _address(request)
        if address is None or not any(address in network for network in self._networks):
            return False
        if self._secret is None:
            return True
        shown = _said(request, PROXY_SECRET) or ""
        return hmac.compare_digest(shown.encode(), self._secret.encode())


def _address(request: Request) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(request.client.host) if request.client else None
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _said(request: Request, header: str) -> str | None:
    """Return what a header says; of one that is there twice, nobody knows which one the proxy wrote."""
    values = request.headers.getlist(header)
    try:
        return values[0].encode("latin-1").decode() if len(values) == 1 else None
    except UnicodeError:
        return None


class SessionGate:
    """Believes the sealed cookie that a sign-in leaves; roles are looked up anew at every request."""

    signs_in = True

    def __init__(self, *, seals: Seals, appointed: Appointed) -> None:
        self._seals, self._appointed = seals, appointed
        self._over: dict[str, float] = {}

    def person(self, request: Request) -> Person | None:
        """Return who has signed in; None where nobody has, or the session is over.

        Raises:
            NotAllowed: they have no role any more.
        """
        kept = self._seals.read(_SESSION, request.cookies.get(SESSION_COOKIE), lives=SESSION_LIVES)
        if kept is None:
            return None
        name, groups, session = kept
        if session in self._over:
            return None
        return admitted(name, self._appointed.role_of(name, groups), session)

    def enter(self, response: Response, name: str, groups: Sequence[str], *, secure: bool) -> None:
        """Begin a session; groups that no role is given to are not kept.

        Raises:
            NotAllowed: they have no role.
        """
        admitted(name, self._appointed.role_of(name, groups))
        known = [group for group in groups if group in self._appointed.groups]
        response.set_cookie(
            SESSION_COOKIE,
            self._seals.seal(_SESSION, [name, known, secrets.token_urlsafe(12)]),
            max_age=int(SESSION_LIVES.total_seconds()),
            path=HOME,
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    def leave(self, response: Response, person: Person) -> None:
        """End the session of a person; this process believes no copy of its cookie any more."""
        now = time.monotonic()
        self._over = {session: until for session, until in self._over.items() if until > now}
        self._over[person.session] = now + SESSION_LIVES.total_seconds()
        response.delete_cookie(SESSION_COOKIE, path=HOME)
