"""An OpenID Connect provider: discovery, the code flow with PKCE, signed tokens, and keys that change.

It asks for no password: whoever comes chooses who they are. So it listens on this machine alone.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

PREFIX = "/oidc"
CODE_SECONDS = 60
TOKEN_SECONDS = 300
_ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge")


class SigningKey:
    """One key of the provider, by its id."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(4)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public(self) -> dict[str, str]:
        """Return what is published of it."""
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.id,
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }

    def token(self, claims: Mapping[str, Any]) -> str:
        """Return claims as a signed token."""
        head = _text(json.dumps({"alg": "RS256", "typ": "JWT", "kid": self.id}).encode())
        said = f"{head}.{_text(json.dumps(dict(claims)).encode())}"
        return f"{said}.{_text(self._key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@dataclass
class Code:
    """What a code was given for; it is good once."""

    person: str
    redirect_uri: str
    challenge: str
    nonce: str
    until: float


@dataclass
class OpenIdProvider:
    """One provider with one client.

    Attributes:
        people: who may sign in, each with their groups.
        redirect_uris: where the client lets people be sent back to; empty as long as nobody has said.
        changed: claims of the next tokens that are otherwise than they should be; None leaves one out.
        published: the keys that are published, once somebody asks; the last one signs, unless `signs` does.
        issuer: what it calls itself; without it, by the address at which it is asked.
        issued: how many tokens were given.
    """

    client_id: str = "arrears-desk"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    people: dict[str, tuple[str, ...]] = field(default_factory=dict)
    redirect_uris: list[str] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)
    published: list[SigningKey] = field(default_factory=list)
    signs: SigningKey | None = None
    issuer: str | None = None
    issued: int = 0
    _codes: dict[str, Code] = field(default_factory=dict)

    def kept(self) -> list[SigningKey]:
        """Return the keys that are published; the first one is made when it is needed."""
        if not self.published:
            self.published.append(SigningKey())
        return self.published

    def rotate(self) -> None:
        """Sign by a new key from now on, and publish it alone."""
        self.published = [SigningKey()]

    def code(self, person: str, asked: Mapping[str, str]) -> str:
        """Return a code for a person, after they said who they are."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(
            person=person,
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            nonce=asked["nonce"],
            until=time.time() + CODE_SECONDS,
        )
        return code

    def token(self, issuer: str, form: Mapping[str, str]) -> str | None:
        """Return a token for a code; None where the code is not good, or not theirs who bring it."""
        code = self._codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "")
        proven = _text(hashlib.sha256(verifier.encode()).digest())
        if code is None or code.until < time.time() or form.get("grant_type") != "authorization_code":
            return None
        if (code.redirect_uri, code.challenge) != (form.get("redirect_uri"), proven):
            return None
        self.issued += 1
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": issuer,
            "aud": self.client_id,
            "sub": hashlib.sha256(code.person.encode()).hexdigest(),
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": code.nonce,
            "preferred_username": code.person,
            "groups": list(self.people[code.person]),
            **self.changed,
        }
        signs = self.signs or self.kept()[-1]
        return signs.token({name: value for name, value in claims.items() if value is not None})

    def wrong(self, asked: Mapping[str, str]) -> str | None:
        """Say what is wrong with a request to sign somebody in."""
        missing = [name for name in _ASKED if not asked.get(name)]
        if missing:
            return f"there is no {', '.join(missing)}"
        if asked["client_id"] != self.client_id or asked["redirect_uri"] not in self.redirect_uris:
            return "nobody knows this client, or it is not to be sent back there"
        if asked["response_type"] != "code" or asked.get("code_challenge_method") != "S256":
            return "only codes are given, and only with S256"
        return None if "openid" in asked["scope"].split() else "openid is not asked for"


def openid_router(provider: OpenIdProvider) -> APIRouter:
    """Return the paths of the provider."""
    router = APIRouter(prefix=PREFIX)

    def issuer_of(request: Request) -> str:
        return provider.issuer or str(request.base_url).rstrip("/") + PREFIX

    @router.get("/.well-known/openid-configuration")
    def discovery(request: Request) -> dict[str, Any]:
        issuer = issuer_of(request)
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    @router.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [key.public() for key in provider.kept()]}

    @router.get("/authorize")
    def authorize(request: Request) -> Response:
        asked = dict(request.query_params)
        person = asked.pop("person", None)
        if (problem := provider.wrong(asked)) is not None:
            return HTMLResponse(f"<!doctype html><title>No</title><p>{escape(problem)}", 400)
        if person not in provider.people:
            return HTMLResponse(_choice(provider, asked))
        said = {"code": provider.code(person, asked), "state": asked["state"], "iss": issuer_of(request)}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(said)}", 302)

    @router.post("/token")
    async def token(request: Request) -> Response:
        shown = base64.b64encode(f"{provider.client_id}:{provider.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {shown}":
            return JSONResponse({"error": "invalid_client"}, 401)
        form = {name: str(value) for name, value in (await request.form()).items()}
        made = provider.token(issuer_of(request), form)
        if made is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = {"access_token": secrets.token_hex(16), "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return JSONResponse({**access, "id_token": made}, headers={"Cache-Control": "no-store"})

    return router


def _choice(provider: OpenIdProvider, asked: Mapping[str, str]) -> str:
    links = "".join(
        f'<li><a href="?{escape(urlencode({**asked, "person": name}))}">{escape(name)}</a></li>'
        for name in sorted(provider.people)
    )
    return f'<!doctype html><html lang="en"><title>Sign in</title><h1>Who are you?</h1><ul>{links}</ul>'


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(number: int) -> str:
    return _text(number.to_bytes((number.bit_length() + 7) // 8, "big"))
