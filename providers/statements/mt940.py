"""MT940: statements of SWIFT, by the library mt-940, which knows the dialects of banks.

It takes any text and finds nothing in it without a word, and writes the lines that it cannot read to
the log: so balances are asked for, and its log is silent here.
"""

import logging
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import mt940

from domain.cash.lines import BankFile, BankLine, FileProblem, Statement, checked
from domain.money import Money, MoneyError

# The lines of customers that it cannot read stand in its messages; its loggers follow this one.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)

_OPTIONS = mt940.Options.all()
_SAYS_NOTHING = frozenset({"NOTPROVIDED", "NONREF", "NOREF", "KREF+", "NONE", ""})
_RETURNS = frozenset({"108", "109", "159", "184"})
"""German codes of booking (GVC) by which a direct debit or a transfer comes back."""
_CODE = re.compile(r"\b(A[CMGB][0-9]{2}|M[DS][0-9]{2}|R[CR][0-9]{2}|FF0[0-9]|SL01|BE0[0-9])\b")
"""Reason codes of returns (ISO 20022), where a bank puts them into its words."""


def read(content: bytes, *, file: str, encoding: str) -> BankFile:
    """Return what an MT940 file says; every problem is in the result, by line."""
    try:
        text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        remedy = "name its encoding, as in --encoding cp1252"
        return _refused(file, line, f"not {encoding} text: {remedy}")
    if "\0" in text:
        return _refused(file, 1, "a NUL byte: the file is damaged, or is not text; fetch it again")
    starts = [text.count("\n", 0, match.start()) + 1 for match in re.finditer(r"(?m)^:20:", text)]
    if not starts:
        return _refused(file, 1, "no MT940: there is no :20: at the beginning of a line")
    ends = [*starts[1:], text.count("\n") + 2]
    lines = text.split("\n")
    problems: list[FileProblem] = []
    statements: list[Statement] = []
    for start, end in zip(starts, ends, strict=True):
        block = "\n".join(lines[start - 1 : end - 1])
        try:
            statements.append(_statement(block, start))
        except _Wrong as wrong:
            problems.append(FileProblem(file=file, line=start + wrong.after, message=str(wrong)))
    return checked(file, statements, problems)


class _Wrong(Exception):
    """What is wrong, so many lines after the beginning of a statement."""

    def __init__(self, message: str, after: int = 0) -> None:
        super().__init__(message)
        self.after = after


def _refused(file: str, line: int, message: str) -> BankFile:
    return BankFile(problems=(FileProblem(file=file, line=line, message=message),))


def _statement(block: str, start: int) -> Statement:
    places = [block.count("\n", 0, match.start()) for match in re.finditer(r"(?m)^:61:", block)]
    try:
        found = mt940.models.Transactions(options=_OPTIONS)
        found.parse(block)
    except (ValueError, RuntimeError, TypeError, KeyError, ArithmeticError):
        # Its own words repeat the line, which is about a person.
        where = next((place for place in places if not _readable(block, place)), 0)
        raise _Wrong("a line that is no MT940: fetch the file from the bank again", where) from None
    if len(places) != len(found):
        raise _Wrong(f"{len(places)} lines :61:, and {len(found)} can be read: fetch the file again")
    said = found.data
    opening, closing = _balance(said, "opening"), _balance(said, "closing")
    account = str(said.get("account_identification") or "").strip()
    if not account:
        raise _Wrong("the statement names no account (:25:): fetch it from the bank again")
    if opening is None or closing is None:
        missing = ":60F:" if opening is None else ":62F:"
        raise _Wrong(
            f"the balance {missing} is missing: the file may be cut off; fetch it from the bank again"
        )
    if opening.currency != closing.currency:
        raise _Wrong(f"the balances are in {opening.currency} and {closing.currency}: fetch the file again")
    lines = [
        _line(each.data, opening.currency, start + place) for each, place in zip(found, places, strict=True)
    ]
    number, part = said.get("statement_number"), said.get("sequence_number")
    reference = str(said.get("transaction_reference") or "")
    return Statement(
        format="mt940",
        account=account,
        number="/".join(filter(None, (str(number or ""), str(part or "")))) or reference,
        currency=opening.currency,
        lines=tuple(lines),
        opening=opening,
        closing=closing,
        place=start,
    )


def _readable(block: str, place: int) -> bool:
    """Whether the line :61: at a place can be read by itself."""
    line = block.split("\n")[place]
    try:
        mt940.models.Transactions(options=_OPTIONS).parse(f":20:X\n:60F:C260101EUR0,\n{line}\n")
    except (ValueError, RuntimeError, TypeError, KeyError, ArithmeticError):
        return False
    return True


def _balance(said: Mapping[str, Any], which: str) -> Money | None:
    for kind in ("final_", "intermediate_", ""):
        found = said.get(f"{kind}{which}_balance")
        if found is not None:
            return _money(found.amount)
    return None


def _money(amount: Any) -> Money:
    try:
        return Money.of(amount.amount, amount.currency or "")
    except MoneyError as error:
        raise _Wrong(str(error)) from None


def _line(said: Mapping[str, Any], currency: str, place: int) -> BankLine:
    amount = _money(said["amount"])
    if amount.currency != currency:
        raise _Wrong(f"a line in {amount.currency} on an account in {currency}: fetch the file again")
    words = (said.get("purpose"), said.get("additional_purpose"), said.get("transaction_details"))
    text = " ".join((next((str(each) for each in words if each), "")).split())
    code = str(said.get("transaction_code") or "")
    mark = str(said.get("status") or "").upper()
    returned = mark in ("RC", "RD") or code in _RETURNS
    notes = f"{said.get('posting_text') or ''} {text}"
    reason = _CODE.search(notes.upper()) if returned else None
    own = re.search(r"/EREF/([^/]+)", text)
    value_on = said["date"]
    booked_on = said.get("entry_date") or value_on
    return BankLine(
        place=place,
        booked_on=_day(booked_on),
        value_on=_day(value_on),
        amount=amount,
        bank_ref=_said(said.get("bank_reference")),
        end_to_end=_said(said.get("end_to_end_reference"))
        or _said(own and own[1])
        or _said(said.get("customer_reference")),
        text=text,
        payer=_said(said.get("applicant_name")),
        payer_account=_said(said.get("applicant_iban") or said.get("gvc_applicant_iban")),
        returned=returned,
        reason=reason[0] if reason else None,
    )


def _day(said: Any) -> date:
    return date(said.year, said.month, said.day)  # The library's own kind of date is equal to nothing else.


def _said(reference: Any) -> str | None:
    text = " ".join(str(reference or "").split())
    return None if text.upper() in _SAYS_NOTHING else text
