"""How hard properties are tried: a third of the examples in `make test`, all of them in `make test-all`."""

import os

THOROUGH = "ARREARS_THOROUGH"


def examples(most: int) -> int:
    """Return so many examples that a property is tried with."""
    return most if os.environ.get(THOROUGH) else min(most, max(10, most // 3))
