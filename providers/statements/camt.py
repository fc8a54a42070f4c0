"""camt.053 and camt.052: ISO 20022 statements and interim reports in XML, of any version, by lxml.

Element names are read without their namespace, so every version and every prefix is understood. A
document type is refused before anything else: no bank writes one, and entities are made for attacks.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from domain.cash.lines import BankFile, BankLine, FileProblem, Statement, checked
from domain.money import Money, MoneyError

_NO_TYPE = "it has a document type or entities, which no bank writes: fetch the file from the bank again"
_SAYS_NOTHING = frozenset({"NOTPROVIDED", "NONREF", "NOTAVAILABLE", "NONE", "NA", "-", ""})


class _Wrong(Exception):
    """What is wrong at an element."""


def read(content: bytes, *, file: str) -> BankFile:
    """Return what a camt file says; every problem is in the result, by line."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return _refused(file, 1, _NO_TYPE)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        remedy = "the file is cut off or damaged; fetch it from the bank again"
        return _refused(file, line, f"no readable XML: {remedy}")
    if root.getroottree().docinfo.doctype:  # In another encoding the words above look otherwise.
        return _refused(file, 1, _NO_TYPE)
    if not (found := [*_all(root, "BkToCstmrStmt/Stmt"), *_all(root, "BkToCstmrAcctRpt/Rpt")]):
        kind = etree.QName(root).namespace or "no namespace"
        return _refused(file, root.sourceline, f"no camt.053 or camt.052 ({kind[:80]}): export one of these")
    reading = _Reading(file)
    statements = [statement for each in found if (statement := reading.statement(each)) is not None]
    return checked(file, statements, reading.problems)


def _refused(file: str, line: int, message: str) -> BankFile:
    return BankFile(problems=(FileProblem(file=file, line=line, message=message),))


class _Reading:
    """One file while it is read; what is wrong is collected."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[FileProblem] = []

    def statement(self, element: Any) -> Statement | None:
        interim = _tag(element) == "Rpt"
        account = _text(element, "Acct/Id/IBAN") or _text(element, "Acct/Id/Othr/Id")
        opening, closing = self._balance(element, "OPBD", "PRCD"), self._balance(element, "CLBD")
        if not account:
            self._wrong(element, "the statement names no account (Acct/Id): fetch it from the bank again")
            return None
        lines = [line for entry in _all(element, "Ntry") for line in self._entry(entry)]
        amounts = [each for each in (opening, closing, *(line.amount for line in lines)) if each is not None]
        currencies = sorted({each.currency for each in amounts})
        if len(currencies) > 1:
            words = f"the statement mixes {' and '.join(currencies)}: a statement is in one currency"
            self._wrong(element, words)
            return None
        own = _text(element, "Acct/Ccy")
        if not currencies and own is None:
            return None  # Nothing is in it, and nothing is missed.
        return Statement(
            format="camt",
            account=account,
            number=_text(element, "Id"),
            currency=currencies[0] if currencies else str(own),
            lines=tuple(lines),
            opening=opening,
            closing=closing,
            place=element.sourceline,
            interim=interim,
        )

    def _wrong(self, element: Any, message: str, *, warning: bool = False) -> None:
        severity = "warning" if warning else "error"
        self.problems.append(
            FileProblem(file=self.file, line=element.sourceline, message=message, severity=severity)  # type: ignore[arg-type]
        )

    def _balance(self, statement: Any, *codes: str) -> Money | None:
        """Return the balance of the first of these kinds that there is."""
        for code in codes:
            for balance in _all(statement, "Bal"):
                if _text(balance, "Tp/CdOrPrtry/Cd") == code:
                    try:
                        return _money(balance)
                    except _Wrong as wrong:
                        self._wrong(balance, str(wrong))
        return None

    def _entry(self, entry: Any) -> Iterator[BankLine]:
        status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
        if status != "BOOK":
            told = f"an entry of status {status or 'unknown'} is not booked yet, and left out"
            self._wrong(entry, told, warning=True)
            return
        try:
            yield from _lines(entry)
        except _Wrong as wrong:
            self._wrong(entry, str(wrong))


def _lines(entry: Any) -> Iterator[BankLine]:
    """Yield the payments of an entry: those of its details where they come to its amount, else the entry."""
    whole = _money(entry)
    details = _all(entry, "NtryDtls/TxDtls")
    amounts = [_amount_of(detail, whole) for detail in details]
    parts = [amount for amount in amounts if amount is not None]
    if len(details) == 1:
        yield _line(entry, details[0], whole)
    elif details and len(parts) == len(details) and sum(part.minor for part in parts) == whole.minor:
        for detail, part in zip(details, parts, strict=True):
            yield _line(entry, detail, part)
    else:
        yield _line(entry, entry, whole)


def _amount_of(detail: Any, whole: Money) -> Money | None:
    """Return what a detail is of an entry, in the account's currency; an instructed amount is not that."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        for found in _all(detail, path):
            if found.get("Ccy") != whole.currency:
                continue
            amount = _read_money(found.text, whole.currency)
            way = _text(detail, "CdtDbtInd")
            negative = way == "DBIT" if way else whole.minor < 0
            return -amount if negative else amount
    return None


def _line(entry: Any, detail: Any, amount: Money) -> BankLine:
    other = "Dbtr" if amount.minor >= 0 else "Cdtr"
    if reversed_ := _text(entry, "RvslInd") in ("true", "1"):
        other = "Cdtr" if other == "Dbtr" else "Dbtr"  # Who they are is said of the payment that is undone.
    reason = _text(detail, "RtrInf/Rsn/Cd") or _text(detail, "RtrInf/Rsn/Prtry")
    words = [each.text for each in _all(detail, "RmtInf/Ustrd") if each.text]
    structured = [each.text for each in _all(detail, "RmtInf/Strd/CdtrRefInf/Ref") if each.text]
    additional = [_text(detail, "AddtlTxInf")] if detail is not entry else []
    if not words and not structured:
        additional.append(_text(entry, "AddtlNtryInf"))
    account = f"RltdPties/{other}Acct/Id"
    return BankLine(
        place=detail.sourceline,
        booked_on=_day(entry, "BookgDt") or _missing(entry),
        value_on=_day(entry, "ValDt"),
        amount=amount,
        bank_ref=_said(_text(detail, "Refs/AcctSvcrRef")) or _said(_text(entry, "AcctSvcrRef")),
        end_to_end=_said(_text(detail, "Refs/EndToEndId")),
        structured=" ".join(structured) or None,
        text=" ".join(" ".join(filter(None, [*words, *additional])).split()),
        payer=_text(detail, f"RltdPties/{other}/Nm") or _text(detail, f"RltdPties/{other}/Pty/Nm"),
        payer_account=_text(detail, f"{account}/IBAN") or _text(detail, f"{account}/Othr/Id"),
        returned=reversed_ or reason is not None,
        reason=reason,
    )


def _missing(entry: Any) -> date:
    raise _Wrong("the entry has no booking date (BookgDt): fetch the file from the bank again")


def _money(element: Any) -> Money:
    """Return the amount of an entry or a balance; a debit is negative."""
    amounts = _all(element, "Amt")
    way = _text(element, "CdtDbtInd")
    if not amounts or way not in ("CRDT", "DBIT"):
        raise _Wrong("an amount needs Amt and CdtDbtInd: fetch the file from the bank again")
    amount = _read_money(amounts[0].text, amounts[0].get("Ccy"))
    return amount if way == "CRDT" else -amount


def _read_money(text: str | None, currency: str | None) -> Money:
    try:
        return Money.of((text or "").strip(), currency or "")
    except MoneyError as error:
        raise _Wrong(str(error)) from None


def _day(element: Any, name: str) -> date | None:
    """Return a day, of a date or of an instant: the bank's own day, whatever its zone."""
    text = _text(element, f"{name}/Dt") or _text(element, f"{name}/DtTm")
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _Wrong(f"{name} {text[:10]!r} is no day: fetch the file from the bank again") from None


def _said(reference: str | None) -> str | None:
    """Return a reference, unless it is one of the words that say that there is none."""
    return None if reference is None or reference.upper() in _SAYS_NOTHING else reference


def _all(element: Any, path: str) -> list[Any]:
    return list(element.findall("/".join(f"{{*}}{name}" for name in path.split("/"))))


def _text(element: Any, path: str) -> str | None:
    found = next((each.text for each in _all(element, path) if each.text), None)
    return " ".join(found.split()) or None if found else None


def _tag(element: Any) -> str:
    return str(etree.QName(element).localname)
