"""The key with which webhooks are signed, as Standard Webhooks writes it."""

import base64

SHORTEST, LONGEST = 24, 64


def signing_key(written: str) -> bytes:
    """Return the key of a secret: `whsec_`, or nothing, and base64, whose padding may be left out.

    Raises:
        ValueError: it is none; the words do not show it.
    """
    text = written.removeprefix("whsec_")
    key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"a key has {SHORTEST} to {LONGEST} bytes")
    return key
