"""The money of events: an event that only names an invoice or a payment has its currency from there."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from domain import facts
from domain.money import Money, MoneyError


def currencies_of(bodies: Iterable[facts.Body]) -> dict[tuple[str, str], str]:
    """Return the currency of each invoice, payment and credit note, for the events that only name one."""
    found: dict[tuple[str, str], str] = {}
    for body in sorted(bodies, key=lambda body: isinstance(body, facts.CreditNote)):
        match body:
            case facts.InvoiceIssued():
                found.setdefault(("invoice", body.invoice), body.currency)
            case facts.FeeBooked():
                found.setdefault(("fee", body.fee), body.currency)
                found.setdefault(("invoice", body.fee), body.currency)
            case facts.PaymentReceived():
                found.setdefault(("payment", body.payment), body.currency)
            case facts.DepositRequested():
                found.setdefault(("deposit", body.deposit), body.currency)
            case facts.CreditNote() if ("invoice", body.invoice) in found:
                found.setdefault(("credit_note", body.credit_note), found["invoice", body.invoice])
            case _:
                pass
    return found


def check_money(body: facts.Body, currencies: Mapping[tuple[str, str], str]) -> None:
    """Refuse an amount that its currency does not have, and what comes twice in two currencies.

    Raises:
        ValueError: the field and what is wrong with it.
    """
    currency = _currency(body, currencies)
    for each in getattr(body, "instalments", None) or ():
        if currency is not None:
            try:
                Money.of(each.amount, currency)
            except MoneyError as error:
                raise ValueError(f"instalments: {error}") from None
    if wrong := facts.wrong_instalments(body):
        raise ValueError(f"instalments: {wrong}")
    for name, amount in body:
        if isinstance(amount, Decimal) and currency is not None:
            try:
                Money.of(amount, currency)
            except MoneyError as error:
                raise ValueError(f"{name}: {error}") from None
    for kind, made_by in _MAKERS.items():
        name = str(getattr(body, kind, ""))
        first = currencies.get((kind, name), currency)
        if isinstance(body, made_by) and currency != first:
            words = kind.replace("_", " ")
            raise ValueError(f"currency: {words} {name} is in {first}: write that, or another {words}")


_MAKERS: Mapping[str, type[facts.Body]] = {
    "invoice": facts.InvoiceIssued,
    "payment": facts.PaymentReceived,
    "credit_note": facts.CreditNote,
    "fee": facts.FeeBooked,
    "deposit": facts.DepositRequested,
}


def _currency(body: facts.Body, currencies: Mapping[tuple[str, str], str]) -> str | None:
    """Return the currency of an amount: its own, else that of what it is taken from."""
    own: str | None = getattr(body, "currency", None)
    # The cancelling of a credit note is in the credit note's currency, whatever invoice it names.
    kinds = (
        ("invoice",)
        if isinstance(body, facts.CreditNote)
        else ("credit_note", "payment", "fee", "deposit", "invoice")
    )
    found = (currencies.get((kind, str(getattr(body, kind, "")))) for kind in kinds)
    return own or next(filter(None, found), None)
