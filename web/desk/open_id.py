"""OpenID Connect: the provider at which people sign in, by the code flow with PKCE and a nonce."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.integrations.starlette_client import OAuth
from fastapi import Request, Response

DISCOVERY = "/.well-known/openid-configuration"
_SECONDS = 10.0


class SignInFailed(Exception):
    """The provider does not answer, or what came back cannot be believed; the message has no values."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whom the provider vouches for, and in which groups they are."""

    name: str
    groups: tuple[str, ...]


class OpenId:
    """One provider, by its issuer.

    Args:
        name_claim: which claim names a person in the journal; one that people cannot change themselves.
        groups_claim: which claim has the groups that they are in.
        scopes: what is asked for; `openid` always is.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str,
        name_claim: str,
        groups_claim: str,
        scopes: str,
    ) -> None:
        self._issuer, self._client_id = issuer, client_id
        self._name_claim, self._groups_claim = name_claim, groups_claim
        self._provider: Any = OAuth().register(
            "desk",
            server_metadata_url=issuer + DISCOVERY,
            client_id=client_id,
            client_secret=client_secret,
            client_kwargs={
                "scope": " ".join(dict.fromkeys(["openid", *scopes.split()])),
                "code_challenge_method": "S256",
                "timeout": _SECONDS,
            },
        )

    async def begin(self, request: Request, back: str) -> Response:
        """Send a browser to the provider; it comes back to `back`.

        Raises:
            SignInFailed: the provider does not answer, or is another one.
        """
        try:
            await self._known_issuer()
            response: Response = await self._provider.authorize_redirect(request, back)
        except SignInFailed:
            raise
        except Exception as error:  # whatever is wrong there: its words are not ours to show
            raise SignInFailed(
                f"the provider of sign-ins does not answer ({type(error).__name__})"
            ) from error
        return response

    async def finish(self, request: Request) -> Who:
        """Return who came back, after the provider's token about them was verified.

        Raises:
            SignInFailed: it did not begin in this browser, was refused, or cannot be verified.
        """
        try:
            issuer = await self._known_issuer()
            claims_options = {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": self._client_id},
            }
            token = await self._provider.authorize_access_token(request, claims_options=claims_options)
            claims: Mapping[str, Any] = token["userinfo"]
        except SignInFailed:
            raise
        except Exception as error:  # as above, and what a browser brings may be anybody's
            raise SignInFailed(f"what came back cannot be verified ({type(error).__name__})") from error
        return self._who(claims)

    async def _known_issuer(self) -> str:
        issuer = str((await self._provider.load_server_metadata()).get("issuer"))
        if issuer.rstrip("/") != self._issuer.rstrip("/"):
            raise SignInFailed("the provider calls itself by another name than DESK_OIDC_ISSUER")
        return issuer

    def _who(self, claims: Mapping[str, Any]) -> Who:
        name, groups = claims.get(self._name_claim), claims.get(self._groups_claim) or []
        if not isinstance(name, str) or not name:
            raise SignInFailed(f"the provider names nobody: it gives no claim {self._name_claim!r}")
        listed = [groups] if isinstance(groups, str) else groups
        return Who(name, tuple(map(str, listed)))
