"""One-click unsubscribing (RFC 8058): links that say which message they were in, signed, and nothing else."""

from itsdangerous import BadData, URLSafeSerializer

PATH = "/u/"
"""Where `serve` takes these links."""


class OneClick:
    """Makes and reads the links of one ledger; they never end, as people unsubscribe from old messages."""

    def __init__(self, *, key: bytes, public_url: str) -> None:
        self._signer = URLSafeSerializer(key, salt="one-click-unsubscribe")
        self._base = public_url.rstrip("/") + PATH

    def headers(self, reference: str) -> tuple[tuple[str, str], ...]:
        """Return the headers of an email that carries this reference."""
        return (
            ("List-Unsubscribe", f"<{self._base}{self._signer.dumps(reference)}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )

    def read(self, token: str) -> str | None:
        """Return the reference that a token stands for; None for a token that is not ours."""
        try:
            reference = self._signer.loads(token)
        except (BadData, ValueError):
            return None
        return reference if isinstance(reference, str) else None
