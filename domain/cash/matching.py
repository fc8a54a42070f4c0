"""What a bank line pays: every customer for whom something speaks, how much speaks for each, and why.

A reference that the payer wrote says most, then the account that it came from, then who the payer says
to be. The amount decides which invoices; alone it proves nothing, because many owe the same. Only one
customer with much said for it, and nobody near it, is certain: all else is for a person.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from domain.cash.lines import BankLine
from domain.cash.receivables import Open, Receivables, name_key
from domain.cash.references import digits, names, payloads, plain
from domain.money import Money
from domain.reasons import Reason, because

CERTAIN = 80
"""What speaks so much for a customer is enough, unless another one is near."""
MARGIN = 15
"""Whoever is behind by no more is near."""
MOST_BY_AMOUNT = 5
"""An amount that more than so many invoices have speaks for none of them."""
MOST_SHOWN = 5
"""So many candidates are for a person to choose from; of more, nothing is known."""
SHORT = 4
"""A number of fewer signs stands in any text: it counts only with the amount that is open."""
MOST_SUMS = 20_000
"""So many sums are looked at for a set of invoices; where there are more, none is unique enough."""

Verdict = Literal["certain", "unclear", "nobody"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A customer that a line may be from.

    Attributes:
        parts: how much pays which invoice; what they leave of the amount names none.
        about: the invoices that it is about, also where the amount does not fit.
        score: how much speaks for it, up to 100.
    """

    customer: str
    parts: tuple[tuple[str, Money], ...] = ()
    about: tuple[str, ...] = ()
    score: int
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What may be concluded from a line; candidates stand in the order of what speaks for them."""

    verdict: Verdict
    candidates: tuple[Candidate, ...] = ()


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What speaks for one customer: invoices that are named, and by what else it is known."""

    named: list[Open] = field(default_factory=list)
    account: bool = False
    called: bool = False
    amount: bool = False


def match(line: BankLine, known: Receivables, payer: str | None = None) -> Match:
    """Say what a line of incoming money pays; `payer` is what its account is known by."""
    found = [
        _candidate(customer, each, line, known) for customer, each in evidence(line, known, payer).items()
    ]
    ranked = sorted(filter(None, found), key=lambda each: (-each.score, each.customer))
    if not ranked:
        return Match(verdict="nobody")
    first, others = ranked[0], ranked[1:]
    alone = all(first.score - other.score > MARGIN for other in others)
    if first.score >= CERTAIN and alone:
        return Match(verdict="certain", candidates=(first,))
    return Match(verdict="unclear", candidates=tuple(ranked[:MOST_SHOWN]))


def evidence(line: BankLine, known: Receivables, payer: str | None) -> Mapping[str, Evidence]:
    """Return what speaks for whom, by customer."""
    found: dict[str, Evidence] = {}

    def of(customer: str) -> Evidence:
        return found.setdefault(customer, Evidence())

    for item in _named(line, known):
        of(item.customer).named.append(item)
    for customer in known.accounts.get(payer or "", ()):
        of(customer).account = True
    called = {*known.names.get(name_key(line.payer), ()), *_called(line, known)}
    for customer in called:
        of(customer).called = True
    same = known.by_amount.get(line.amount, ())
    for item in same if len(same) <= MOST_BY_AMOUNT else ():
        of(item.customer).amount = True
    return found


def _words(line: BankLine) -> str:
    return " | ".join(filter(None, (line.text, line.structured, line.end_to_end)))


def _named(line: BankLine, known: Receivables) -> list[Open]:
    """Return the invoices that a line names, each once; a number inside a longer one is not named."""
    runs = [
        (first, last, items) for first, last, key in names(_words(line)) if (items := known.by_plain.get(key))
    ]
    whole = [
        item
        for first, last, items in runs
        if not any(a <= first and last <= b and (a, b) != (first, last) for a, b, _ in runs)
        for item in items
    ]
    carried = [*payloads(_words(line)), *payloads(line.structured or "", structured=True)]
    for payload in carried:
        # By its digits alone where the number has others: references often have no letters.
        found = known.by_plain.get(payload) or (known.by_digits.get(payload) if payload.isdecimal() else None)
        whole += found or ()
    return list({item.invoice: item for item in whole if item.invoice}.values())


def _called(line: BankLine, known: Receivables) -> Iterator[str]:
    """Yield the customers whose ids stand in the words."""
    for _, _, key in names(_words(line)):
        if len(key) >= SHORT:
            yield from known.by_customer_id.get(key, ())


def _candidate(customer: str, seen: Evidence, line: BankLine, known: Receivables) -> Candidate | None:
    owed = known.owed_by(customer, line.amount.currency)
    if seen.named and (found := _by_reference(customer, seen, line)) is not None:
        return found
    if seen.account or seen.called:
        return _by_customer(customer, seen, line, owed)
    if not seen.amount:
        return None
    same = [item.invoice for item in owed if item.open == line.amount]
    parts = ((same[0], line.amount),) if len(same) == 1 else ()
    reason = because("cash.amount", amount=line.amount, invoices=_list(same))
    return Candidate(customer=customer, parts=parts, about=tuple(same), score=40, reason=reason)


def _by_reference(customer: str, seen: Evidence, line: BankLine) -> Candidate | None:
    """What is said by the invoices that a line names; None where they are too short to mean anything."""
    amount, named = line.amount, [item for item in seen.named if item.open.currency == line.amount.currency]
    owing = [item for item in named if item.open.minor > 0]
    about, invoices = tuple(item.invoice for item in seen.named), _list([item.invoice for item in seen.named])
    total = Money(sum(item.open.minor for item in owing), amount.currency)
    short = all(_short(item.invoice) for item in seen.named)
    if owing and amount == total:
        parts = tuple((item.invoice, item.open) for item in owing)
        reason = because("cash.named", amount=amount, invoices=_list([item.invoice for item in owing]))
        return Candidate(
            customer=customer, parts=parts, about=about, score=88 if short else 100, reason=reason
        )
    if short:
        return None
    if not named:
        reason = because("cash.other_currency", invoices=invoices, currency=seen.named[0].open.currency)
        return Candidate(customer=customer, about=about, score=55, reason=reason)
    if len(named) == len(owing) == 1 and amount < total:
        reason = because("cash.part", invoice=owing[0].invoice, amount=amount, open=total)
        parts = ((owing[0].invoice, amount),)
        return Candidate(customer=customer, parts=parts, about=about, score=92, reason=reason)
    reason = because("cash.otherwise", invoices=invoices, amount=amount, open=total)
    return Candidate(customer=customer, about=about, score=60, reason=reason)


def _by_customer(customer: str, seen: Evidence, line: BankLine, owed: Sequence[Open]) -> Candidate:
    """What is said by who a line is from: which invoices, is for the amount to say."""
    amount, total = line.amount, Money(sum(item.open.minor for item in owed), line.amount.currency)
    if chosen := unique_set(owed, amount):
        invoices = _list([item.invoice for item in chosen])
        if seen.account:
            reason = because("cash.known_exact", customer=customer, amount=amount, invoices=invoices)
        else:
            reason = because("cash.called_exact", customer=customer, amount=amount, invoices=invoices)
        parts = tuple((item.invoice, item.open) for item in chosen)
        about, score = tuple(item.invoice for item in chosen), 90 if seen.account else 85
        return Candidate(customer=customer, parts=parts, about=about, score=score, reason=reason)
    if not seen.account:
        return Candidate(
            customer=customer, score=50, reason=because("cash.called", customer=customer, amount=amount)
        )
    if amount <= total:
        return Candidate(
            customer=customer, score=80, reason=because("cash.known", customer=customer, open=total)
        )
    reason = because("cash.more", customer=customer, open=total, amount=amount)
    return Candidate(customer=customer, score=60, reason=reason)


def unique_set(owed: Sequence[Open], amount: Money) -> tuple[Open, ...]:
    """Return the only set of invoices that comes to an amount; none where there is none, or another one."""
    ways: dict[int, tuple[int, ...] | None] = {
        0: ()
    }  # of each sum its only set, and None where there are two
    for number, item in enumerate(owed):
        for total, chosen in list(ways.items()):
            reached = total + item.open.minor
            if reached <= amount.minor:
                ways[reached] = None if reached in ways or chosen is None else (*chosen, number)
        if len(ways) > MOST_SUMS:
            return ()
    return tuple(owed[number] for number in ways.get(amount.minor) or ())


def _short(invoice: str) -> bool:
    compact = plain(invoice)
    return len(compact) < SHORT or (compact == digits(invoice) and len(compact) <= SHORT)


def _list(invoices: Sequence[str]) -> str:
    return " and ".join([", ".join(invoices[:-1]), invoices[-1]] if len(invoices) > 1 else invoices)
