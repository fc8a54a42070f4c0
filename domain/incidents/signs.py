"""Signs of fraud and misuse that the engine itself sees, each as a notice of an incident.

A burst of applications is counted, and about nobody. All else is a suspicion: a customer can cause it alone,
and must not stop his own dunning with it. So it is not trusted, and rests nothing until a person confirms it.
"""

from datetime import date

from domain.facts import Body, ChargedBack, PaymentFailed
from domain.incidents.incident import ENGINE
from domain.incidents.kinds import OTHER
from domain.incidents.notice import Notice
from domain.usage.watch import Standing

STOLEN = frozenset({"stolen_card", "lost_card", "pickup_card", "04", "07", "41", "43"})
"""Declines of a card that was reported: as Stripe words them, and as ISO 8583 numbers them."""

DISOWNED = frozenset({"fraudulent", "unrecognized", "10.1", "10.2", "10.3", "10.4", "10.5", "4837", "4863"})
"""Reasons of a chargeback of which the cardholder knows nothing: as Stripe, Visa and Mastercard name them."""


def of_burst(number: int, alike: str, count: int, within_hours: int) -> Notice:
    """Return the notice of a burst of applications that have one thing in common."""
    return Notice(
        source=ENGINE,
        id=f"burst/{number}",
        kind="account_burst",
        word=f"burst {number}",
        trusted=True,
        signs=(f"{count} applications within {within_hours} hours", f"one {alike.replace('_', ' ')}"),
    )


def of_fact(customer_id: str, body: Body, on: date) -> Notice | None:
    """Return the notice of a charge that was declined because the card was reported, once a card and day.

    So is one of money that was taken back because the cardholder knows nothing of it, once a payment.
    """
    if isinstance(body, ChargedBack) and body.reason in DISOWNED:
        return _suspicion(
            customer_id,
            kind="stolen_instrument",
            word=body.reason or "",
            about=f"payment/{body.payment}",
            when=on.isoformat(),
            signs=(f"charged back as {body.reason}",),
        )
    if not isinstance(body, PaymentFailed) or body.decline not in STOLEN:
        return None
    card = body.instrument or "card"
    return _suspicion(
        customer_id,
        kind="stolen_instrument",
        word=body.decline,
        about=f"card/{card}",
        when=on.isoformat(),
        signs=(f"declined as {body.decline}",),
    )


def of_usage(customer_id: str, stands: Standing) -> Notice:
    """Return the notice of a month of odd usage: a day far above the others is looked at for mining."""
    if (spike := stands.spike) is not None:
        signs = (f"one day cost far more than the days before it: {spike.on}",)
        return _suspicion(
            customer_id,
            kind="mining",
            word="spike",
            about="usage/spike",
            when=spike.on.isoformat(),
            signs=signs,
        )
    return _suspicion(
        customer_id,
        kind=OTHER,
        word="usage",
        about="usage/over",
        when=stands.month,
        signs=(f"usage of {stands.month} far above its budget",),
    )


def of_activity(customer_id: str, kind: str, rule: str, says: str, finding: str) -> Notice:
    """Return the notice of a finding in the activity log, once a finding."""
    return _suspicion(
        customer_id, kind=kind, word=rule, about=f"activity/{rule}", when=finding, signs=(says,)
    )


def _suspicion(
    customer_id: str, *, kind: str, word: str, about: str, when: str, signs: tuple[str, ...]
) -> Notice:
    """Name it by customer, matter and time; the same matter again adds to an incident that is still open."""
    return Notice(
        source=ENGINE,
        id=f"{customer_id}/{about}/{when}",
        kind=kind,
        word=word,
        customer=customer_id,
        signs=signs,
        text=about,
    )
