"""Customers of Stripe and what they are charged with, as facts; names and addresses as contact data alone."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain import facts
from domain.customer import known_zone
from domain.onboarding.application import Application
from domain.reported_facts import Report, Reported
from providers.stripe_account.instruments import Object, name_of
from providers.stripe_account.reading import SOURCE, Reading, currency, metadata, words

CUSTOMER, SEGMENT, TIMEZONE = "arrears_customer", "arrears_segment", "arrears_timezone"
"""In the metadata of a customer: who of ours it is, and what a policy knows him by."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_LINES = ("line1", "line2", "postal_code", "city", "state", "country")


def customer(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return who a customer is now."""
    application, said = _who(about)
    return Reported(
        source=SOURCE,
        customer=str(about["id"]),
        as_of=at,
        application=application,
        said=said,
        replaces=True,
        adds=reading.adds,
    )


def changed(about: Object, at: datetime, reading: Reading, *, before: Mapping[str, Any]) -> Reported | None:
    """Return who a customer is now, and what is charged from now on where that was chosen."""
    told = customer(about, at, reading)
    chosen = _default(about) if {"invoice_settings", "default_source"} & before.keys() else None
    if told is None or chosen is None:
        return told
    body = facts.CardAdded(instrument=chosen, by=SOURCE)
    return replace(told, reports=(Report(body=body, name=f"card_chosen:{chosen}:{_stamp(at)}", at=at),))


def deleted(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return that a customer is gone: Stripe ends the subscriptions, and nothing can be charged any more."""
    id = str(about["id"])
    gone = facts.CardRemoved(reason="the customer was deleted at Stripe", by=SOURCE)
    ended = facts.SubscriptionCancelled(by=SOURCE)
    reports = (
        Report(body=gone, name=f"card_removed:{id}", at=at),
        Report(body=ended, name=f"subscription_cancelled:{id}", at=at),
    )
    return Reported(source=SOURCE, customer=id, reports=reports, as_of=at)


def instrument_added(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return that a PaymentMethod may be charged, or that its data are new."""
    owner = name_of(about.get("customer"))
    if not owner:
        return None
    id, kind = str(about["id"]), str(about.get("type") or "card")
    shown = about.get(kind)
    network = words(shown, "brand") if isinstance(shown, Mapping) else None
    body = facts.CardAdded(instrument=id, network=network or (None if kind == "card" else kind), by=SOURCE)
    report = Report(body=body, name=f"card_added:{id}:{_stamp(at)}", at=at)
    return Reported(source=SOURCE, customer=owner, reports=(report,), as_of=at)


def instrument_changed(
    about: Object, at: datetime, reading: Reading, *, before: Mapping[str, Any]
) -> Reported | None:
    """Return that the data of a card are new, so that it is worth a charge; another address of it is not."""
    return instrument_added(about, at, reading) if "card" in before else None


def instrument_removed(
    about: Object, at: datetime, reading: Reading, *, before: Mapping[str, Any]
) -> Reported | None:
    """Return that a PaymentMethod may not be charged any more."""
    owner, id = name_of(before.get("customer") or about.get("customer")), str(about["id"])
    if not owner:
        return None
    body = facts.CardRemoved(instrument=id, reason="removed at Stripe", by=SOURCE)
    report = Report(body=body, name=f"card_removed:{id}:{_stamp(at)}", at=at)
    return Reported(source=SOURCE, customer=owner, reports=(report,), as_of=at)


def newcomer(about: Object) -> Application | None:
    """Return who the customer of an invoice is, as the invoice says it: for one whom nobody knows."""
    owner = name_of(about.get("customer"))
    if not owner:
        return None
    whole = about.get("customer")
    if isinstance(whole, Mapping):
        return _who(whole)[0]
    application = Application(
        customer_id=metadata(about, CUSTOMER) or owner,
        name=words(about, "customer_name"),
        email=words(about, "customer_email"),
        phone=words(about, "customer_phone"),
        address=_address(about.get("customer_address")),
        currency=currency(about),
    )
    return _placed(application, about, about.get("customer_address"))[0]


def _who(about: Object) -> tuple[Application, frozenset[str]]:
    application = Application(
        customer_id=metadata(about, CUSTOMER) or str(about["id"]),
        name=words(about, "name"),
        email=words(about, "email"),
        phone=words(about, "phone"),
        address=_address(about.get("address")),
        currency=currency(about) if words(about, "currency") else None,
    )
    return _placed(application, about, about.get("address"))


def _placed(application: Application, about: Object, address: Any) -> tuple[Application, frozenset[str]]:
    """Return an application with what a policy knows a customer by, and what of it is said.

    What cannot be used of it is left out: a wrong language must not keep anybody's invoice away.
    """
    locales = about.get("preferred_locales")
    first = locales[0] if isinstance(locales, list) and locales else None
    country = words(address, "country") if isinstance(address, Mapping) else None
    zone = metadata(about, TIMEZONE)
    given = {
        "language": first if isinstance(first, str) and _LANGUAGE.fullmatch(first) else None,
        "country": country if country and _COUNTRY.fullmatch(country) else None,
        "timezone": zone if zone and known_zone(zone) else None,
        "segment": metadata(about, SEGMENT),
    }
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(application, **said), frozenset(said)


def _address(address: Any) -> str | None:
    if not isinstance(address, Mapping):
        return None
    lines = [line for name in _LINES if (line := words(address, name))]
    return "\n".join(lines) or None


def _default(about: Object) -> str | None:
    settings = about.get("invoice_settings")
    chosen = settings.get("default_payment_method") if isinstance(settings, Mapping) else None
    return name_of(chosen) or name_of(about.get("default_source")) or None


def _stamp(at: datetime) -> int:
    return int(at.timestamp())
