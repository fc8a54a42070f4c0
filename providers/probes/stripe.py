"""Stripe: of which mode the key is, and whether it may read what is read.

An object that there is not is asked for: a key that may read its kind is told that there is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from domain.health import Sight
from providers.probes.asking import Asking, NoAnswer, reached, trouble

Kind = Literal[
    "payment methods",
    "charges",
    "customers",
    "invoices",
    "payment intents",
    "events",
    "disputes",
    "refunds",
    "credit notes",
    "subscriptions",
]
_NOBODY: Mapping[Kind, str] = {
    "payment methods": "/v1/payment_methods/pm_doctor",
    "charges": "/v1/charges/ch_doctor",
    "customers": "/v1/customers/cus_doctor",
    "invoices": "/v1/invoices/in_doctor",
    "payment intents": "/v1/payment_intents/pi_doctor",
    "events": "/v1/events/evt_doctor",
    "disputes": "/v1/disputes/du_doctor",
    "refunds": "/v1/refunds/re_doctor",
    "credit notes": "/v1/credit_notes/cn_doctor",
    "subscriptions": "/v1/subscriptions/sub_doctor",
}
"""One of each kind that there is not."""

_KEY = "STRIPE_API_KEY"
_MODES = {"live": "", "test": ": no money moves, and only events of test mode are taken"}


class StripeProbe:
    """Looks at an account, and whether the key may read these kinds of objects."""

    def __init__(self, *, key: str, base: str | None, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._asking = Asking(part="stripe", base=base, variable="STRIPE_BASE", bearer=key)
        self._mode = key.split("_")[1] if key.count("_") > 1 else ""

    def look(self) -> Iterator[Sight]:
        """Say what was seen."""
        try:
            yield from self._reads()
        except NoAnswer as none:
            yield none.sight

    def _reads(self) -> Iterator[Sight]:
        first = True
        allowed: list[str] = []
        for what in self._kinds:
            answer = self._asking.ask(_NOBODY[what])
            if first:
                yield from reached("stripe", answer)
                first = False
            if answer.status == 404:
                allowed.append(what)
            elif (wrong := trouble("stripe", answer, _KEY, f"reading {what}")) is not None:
                yield wrong
                if wrong.code == "refused":
                    return
        if len(allowed) == len(self._kinds):
            yield Sight("stripe", "granted", {"variable": _KEY, "what": f"reading {', '.join(allowed)}"})
        if self._mode in _MODES:
            yield Sight("stripe", "mode", {"variable": _KEY, "mode": self._mode, "more": _MODES[self._mode]})
