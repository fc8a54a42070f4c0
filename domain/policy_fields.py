"""The fields of a policy: words, hours, amounts and channels, each with what may be written there."""

import re
from collections.abc import Callable
from datetime import time
from decimal import Decimal
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from domain.channels import Channel
from domain.documents import Fault, Faults
from domain.money import CURRENCIES, PLAIN, Money, MoneyError
from domain.spelling import closest


def _fits(pattern: str, remedy: str) -> Callable[[object], object]:
    def check(value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"{remedy}, not {value!r}")
        return value

    return check


# The validator has the sentence for people, the pattern is for the editors' JSON Schema.
_STEP, _WORD, _COUNTRY = "[a-z][a-z0-9_]{0,31}", "[a-z][a-z0-9_-]{0,63}", "[A-Z]{2}"
StepId = Annotated[
    str,
    Field(pattern=f"^{_STEP}$"),
    BeforeValidator(_fits(_STEP, "write up to 32 lower-case letters, digits and _, such as reminder_first")),
]
Segment = Annotated[
    str,
    Field(pattern=f"^{_WORD}$"),
    BeforeValidator(_fits(_WORD, "write a lower-case word such as business or consumer")),
]
Country = Annotated[
    str,
    Field(pattern=f"^{_COUNTRY}$"),
    BeforeValidator(_fits(_COUNTRY, "write a country as two capital letters such as DE or NO")),
]
Tag = Annotated[str, Field(min_length=1, max_length=64)]


def each_once(entries: tuple[str, ...]) -> tuple[str, ...]:
    faults = [
        Fault(path=(i,), message=f"{entry!r} stands here twice: name each once")
        for i, entry in enumerate(entries)
        if entry in entries[:i]
    ]
    if faults:
        raise Faults(*faults)
    return entries


Channels = Annotated[tuple[Channel, ...], Field(min_length=1), AfterValidator(each_once)]
Needs = Annotated[tuple[StepId, ...], AfterValidator(each_once)]


def _local(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("write local hours without an offset, like 09:00")
    return hour


Hour = Annotated[
    time,
    AfterValidator(_local),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}),
]


class Part(BaseModel):
    """A piece of a policy: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _check_amounts(amounts: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return the amounts with their currency's decimals, so that 50 and 50.00 are one version."""
    exact: dict[str, Decimal] = {}
    faults = []
    for currency, amount in amounts.items():
        if currency not in CURRENCIES:
            message = f"{currency!r} is no ISO 4217 currency code such as EUR"
            faults.append(Fault(path=(currency,), message=message, suggestion=closest(currency, CURRENCIES)))
            continue
        try:
            exact[currency] = Money.of(amount, currency).amount
        except MoneyError as error:
            faults.append(Fault(path=(currency,), message=f"{error}: round the amount"))
    if faults:
        raise Faults(*faults)
    return exact


_Amount = Annotated[
    Decimal,
    Field(ge=0),
    BeforeValidator(_fits(PLAIN.pattern, "write an amount like 1490.00")),
]
Amounts = Annotated[
    dict[str, _Amount],
    AfterValidator(_check_amounts),
    Field(json_schema_extra={"propertyNames": {"enum": sorted(CURRENCIES)}}),
]


def amount_in(amounts: dict[str, Decimal], currency: str) -> Money | None:
    """Return the amount that a table of amounts names for `currency`, or None where it names none."""
    amount = amounts.get(currency)
    return None if amount is None else _exact(amount, currency)


@lru_cache(maxsize=1024)
def _exact(amount: Decimal, currency: str) -> Money:
    # Kept, because a plan asks for the same few amounts of a policy all the time.
    return Money.of(amount, currency)
