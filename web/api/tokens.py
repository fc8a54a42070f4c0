"""Tokens: which program calls. A program's name is the source of the facts that it reports."""

import hashlib
import hmac
from collections.abc import Mapping


class Tokens:
    """The programs that may call, by name, each with its token; only hashes of them are kept."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._digests = {name: _digest(token) for name, token in tokens.items()}

    def __bool__(self) -> bool:
        """Whether anybody may call at all."""
        return bool(self._digests)

    def caller(self, token: str) -> str | None:
        """Return the name of who has this token; None where it is nobody's.

        Every token is compared, and none faster than another.
        """
        digest = _digest(token)
        names = [name for name, known in self._digests.items() if hmac.compare_digest(known, digest)]
        return names[0] if names else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
