"""Seals: what a browser keeps for us and gives back is signed, so that nobody else can have made it."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer


class Seals:
    """Signs values for one purpose each; the first key signs, and all of them verify."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)

    def seal(self, purpose: str, value: Any) -> str:
        """Return a value as text that can be read by everybody, and made by us alone."""
        text = self._serializer(purpose).dumps(value)
        return text if isinstance(text, str) else text.decode()

    def read(self, purpose: str, text: str | None, *, lives: timedelta) -> Any:
        """Return the value of a sealed text; None where it is not ours, of another purpose, or too old."""
        if not text:
            return None
        try:
            return self._serializer(purpose).loads(text, max_age=int(lives.total_seconds()))
        except BadData:
            return None

    def key_for(self, purpose: str) -> str:
        """Return a key of its own for a purpose, where something else signs."""
        return hmac.new(self._keys[0].encode(), f"arrears {purpose}".encode(), hashlib.sha256).hexdigest()

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        # The library signs with the last of them.
        return URLSafeTimedSerializer(
            self._keys[::-1], salt=f"arrears {purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )
