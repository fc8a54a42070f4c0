"""What an access token says of itself, read to tell an operator what is wrong before Partner Center does.

Nothing is decided by it: Partner Center verifies its tokens, and one that cannot be read here is left to it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any


def claims_of(token: str) -> Mapping[str, Any] | None:
    """Return the claims of a JSON Web Token; None of anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def wrong_with(token: str, *, resource: str, mfa: bool) -> str | None:
    """Say why a token will not do; None where it will, or where that cannot be told.

    Args:
        resource: whom it has to be for, as a URL; one that names its audience by an id is not compared.
        mfa: whether it has to be from a login with MFA.
    """
    claims = claims_of(token)
    if claims is None:
        return None
    audience = str(claims.get("aud", "")).rstrip("/").casefold()
    if audience.startswith("http") and audience != resource.rstrip("/").casefold():
        return f"it is for another audience than {resource}"
    means = claims.get("amr")
    if mfa and "mfa" not in (means if isinstance(means, list) else []):
        return "its login was made without multi-factor authentication"
    return None
