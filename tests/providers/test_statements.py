"""Files of banks: each format as banks write it, and everything that must not pass for one."""

from datetime import date
from pathlib import Path

import pytest

from domain.cash.lines import BankFile, BankLine
from providers.statements import camt, mt940

SAMPLES = Path(__file__).parents[2] / "samples" / "bank"
CAMT = (SAMPLES / "statement.camt.xml").read_bytes()
STA = (SAMPLES / "statement.sta").read_bytes()


def camt_of(content: bytes) -> BankFile:
    return camt.read(content, file="s.xml")


def mt940_of(content: bytes, encoding: str = "utf-8") -> BankFile:
    return mt940.read(content, file="s.sta", encoding=encoding)


def lines_of(found: BankFile) -> list[BankLine]:
    assert found.errors == (), [str(each) for each in found.problems]
    return [line for statement in found.statements for line in statement.lines]


def said(found: BankFile) -> str:
    return "\n".join(map(str, found.problems))


# --- camt


def test_camt_is_read_with_who_paid_and_by_which_reference() -> None:
    found = camt_of(CAMT)
    (statement,) = found.statements
    first, _, third, interest, fee = lines_of(found)

    assert (statement.account, statement.number) == ("DE02500105170137075030", "STMT-2026-070")
    assert (str(statement.opening), str(statement.closing)) == ("10,000.00 EUR", "12,275.65 EUR")
    assert (str(first.amount), first.booked_on, first.bank_ref) == (
        "990.00 EUR",
        date(2026, 4, 10),
        "B-70001",
    )
    assert (first.payer, first.end_to_end) == ("Baeckerei Lindgruen GmbH", None)
    assert (third.structured, third.end_to_end, third.text) == ("RF5720260018", "NT-118", "")
    assert (interest.text, str(fee.amount)) == ("Interest 1st quarter", "-20.00 EUR")


def test_any_version_and_any_prefix_is_read_alike() -> None:
    prefixed = CAMT.replace(b"xmlns=", b"xmlns:n=").replace(b"</", b"</n:")
    prefixed = prefixed.replace(b"<", b"<n:").replace(b"<n:/n:", b"</n:").replace(b"<n:?", b"<?")
    newer = CAMT.replace(b"053.001.02", b"053.001.12")

    assert lines_of(camt_of(prefixed)) == lines_of(camt_of(newer)) == lines_of(camt_of(CAMT))


def entry(amount: str, details: str, more: str = "") -> str:
    booked = "<BookgDt><Dt>2026-02-01</Dt></BookgDt>"
    status = "" if "<Sts>" in more else "<Sts>BOOK</Sts>"
    way = "<CdtDbtInd>CRDT</CdtDbtInd>" if "<CdtDbtInd>" not in more else ""
    head = f'<Amt Ccy="EUR">{amount}</Amt>{way}{more}{status}{booked}<AcctSvcrRef>R</AcctSvcrRef>'
    return f"<Ntry>{head}<NtryDtls>{details}</NtryDtls></Ntry>" if details else f"<Ntry>{head}</Ntry>"


def report(*entries: str) -> bytes:
    """An interim report, which needs no balances."""
    account = "<Acct><Id><IBAN>DE1</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    inner = f"<Rpt><Id>1</Id>{account}{''.join(entries)}</Rpt>"
    space = "urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"
    return f'<Document xmlns="{space}"><BkToCstmrAcctRpt>{inner}</BkToCstmrAcctRpt></Document>'.encode()


def detail(amounts: str, words: str) -> str:
    return f"<TxDtls>{amounts}<RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls>"


def in_euro(amount: str) -> str:
    return f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>'


def test_a_batch_becomes_its_payments_only_where_they_come_to_the_entry() -> None:
    parts = detail(in_euro("40.00"), "INV-1") + detail(in_euro("60.00"), "INV-2")

    whole = lines_of(camt_of(report(entry("100.00", parts))))
    other = lines_of(camt_of(report(entry("110.00", parts))))

    assert [(str(each.amount), each.text) for each in whole] == [
        ("40.00 EUR", "INV-1"),
        ("60.00 EUR", "INV-2"),
    ]
    assert [str(each.amount) for each in other] == ["110.00 EUR"]


def test_an_instructed_amount_in_another_currency_is_not_what_came_in() -> None:
    amounts = (
        '<AmtDtls><InstdAmt><Amt Ccy="USD">100.00</Amt></InstdAmt>'
        '<TxAmt><Amt Ccy="EUR">90.00</Amt></TxAmt></AmtDtls>'
    )
    (line,) = lines_of(camt_of(report(entry("90.00", detail(amounts, "INV-1")))))

    assert str(line.amount) == "90.00 EUR"


def test_returns_say_so_with_their_reason_and_pending_entries_are_left_out() -> None:
    reason = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
    refs = "<Refs><EndToEndId>E-1</EndToEndId></Refs>"
    returned = entry("10.00", f"<TxDtls>{refs}{reason}</TxDtls>", "<CdtDbtInd>DBIT</CdtDbtInd>")
    undone = entry("11.00", "", "<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>")
    pending = entry("12.00", "", "<Sts>PDNG</Sts>")

    found = camt_of(report(returned, undone, pending))
    first, second = lines_of(found)

    assert (str(first.amount), first.returned, first.reason, first.end_to_end) == (
        "-10.00 EUR",
        True,
        "AC04",
        "E-1",
    )
    assert (str(second.amount), second.returned) == ("-11.00 EUR", True)
    assert "status PDNG is not booked yet, and left out" in said(found)


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><x>&lol2;</x></Document>"""
SECRET = b"""<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd"><Document/>"""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "document type or entities, which no bank writes"),
        (SECRET, "document type or entities, which no bank writes"),
        (BOMB.decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16"), "document type"),
        (CAMT[: len(CAMT) // 2], "no readable XML: the file is cut off or damaged"),
        (b"<html><body>Please log in</body></html>", "no camt.053 or camt.052 (no namespace)"),
        (CAMT.replace(b'<Amt Ccy="EUR">990.00', b'<Amt Ccy="EUR">991.00'), "come to 12,276.65 EUR"),
        (CAMT.replace(b"<Cd>CLBD</Cd>", b"<Cd>CLAV</Cd>"), "the closing balance is missing"),
        (CAMT.replace(b'Ccy="EUR">39.90', b'Ccy="USD">39.90'), "mixes EUR and USD"),
        (CAMT.replace(b'Ccy="EUR">39.90', b'Ccy="EUR">39.905'), "EUR has 2 decimals"),
        (CAMT.replace(b'Ccy="EUR">39.90', b'Ccy="XXQ">39.90'), "unknown currency 'XXQ'"),
        (CAMT.replace(b"<Dt>2026-04-10</Dt></BookgDt>", b"<Dt>2026-13-10</Dt></BookgDt>"), "is no day"),
        (CAMT.replace(b"<IBAN>DE02500105170137075030</IBAN>", b""), "names no account"),
        (CAMT.decode().replace("Petra", "Pétra").encode("cp1252"), "no readable XML"),
    ],
)
def test_a_camt_file_that_cannot_be_trusted_is_refused_with_line_and_remedy(
    content: bytes, words: str
) -> None:
    found = camt_of(content)

    assert found.errors
    assert words in said(found)
    assert all(str(each).startswith("s.xml:") for each in found.problems)
    assert "Petra" not in said(found)


def test_all_that_is_wrong_is_said_together_each_at_its_line() -> None:
    bad = CAMT.replace(b'Ccy="EUR">39.90', b'Ccy="XXQ">39.90').replace(b'Ccy="EUR">55.00', b'Ccy="EUR">5.555')
    places = [problem.line for problem in camt_of(bad).errors]

    assert len(places) == 2
    assert places == sorted(set(places))


# --- MT940


def test_mt940_is_read_with_returns_and_german_fields() -> None:
    found = mt940_of(STA)
    (statement,) = found.statements
    paid, returned = lines_of(found)

    assert (statement.account, statement.number) == ("50010517/0137075030", "00071/001")
    assert (str(paid.amount), paid.bank_ref, paid.end_to_end) == ("1,490.00 EUR", "B-71001", "BL-2207")
    assert (paid.text, paid.payer) == ("Anzahlung, Rechnung folgt", "BAECKEREI LINDGRUEN")
    assert (paid.payer_account, paid.returned) == ("DE88100900001234567892", False)
    assert (str(returned.amount), returned.returned, returned.reason) == ("-1,210.75 EUR", True, "AC04")
    assert returned.end_to_end == "NT-118"
    assert [line.place for line in statement.lines] == [5, 7]


def sta(*lines: str, opening: str = "C260201EUR0,00", closing: str = "C260201EUR0,00") -> bytes:
    head = [":20:X", ":25:NL01BANK0123456789", ":28C:1/1", f":60F:{opening}"]
    return "\r\n".join([*head, *lines, f":62F:{closing}", "-", ""]).encode()


def test_the_words_of_a_dutch_bank_and_a_reversed_credit() -> None:
    words = "/EREF/E-77/ORDP//NAME/Jansen/REMI/USTD//Factuur 2026 0042/"
    content = sta(
        ":61:2602010201C10,00NTRFNONREF//R1",
        f":86:{words}",
        ":61:2602010201RC4,00NTRFNONREF//R2",
        closing="C260201EUR6,00",
    )
    first, second = lines_of(mt940_of(content))

    assert (first.end_to_end, "Factuur 2026 0042" in first.text) == ("E-77", True)
    assert (str(second.amount), second.returned) == ("-4.00 EUR", True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no MT940"),
        (b"Dear customer, your statement is online.", "no MT940"),
        (STA[: STA.index(b":62F:")], "the balance :62F: is missing: the file may be cut off"),
        (STA.replace(b"CR1490,00", b"CR1490,01"), "the file is incomplete or was changed"),
        (STA.replace(b":61:2604130413CR1490,00", b":61:nonsense"), "s.sta:5: a line that is no MT940"),
        (STA.replace(b"BAECKEREI", "BÄCKEREI".encode("cp1252")), "s.sta:6: not utf-8 text"),
        (STA.replace(b":62F:C260413EUR", b":62F:C260413USD"), "the balances are in EUR and USD"),
        (STA.replace(b":25:50010517/0137075030\n", b""), "names no account"),
        (STA.replace(b"2604130413CR", b"2613130413CR"), "a line that is no MT940"),
    ],
)
def test_an_mt940_file_that_cannot_be_trusted_is_refused(content: bytes, words: str) -> None:
    found = mt940_of(content)

    assert found.errors
    assert words in said(found)
    assert "LINDGRUEN" not in said(found)


def test_another_encoding_is_read_when_it_is_named() -> None:
    content = STA.replace(b"BAECKEREI", "BÄCKEREI".encode("cp1252"))

    assert lines_of(mt940_of(content, "cp1252"))[0].payer == "BÄCKEREI LINDGRUEN"


def test_what_cannot_be_read_is_written_to_no_log(caplog: pytest.LogCaptureFixture) -> None:
    mt940_of(STA.replace(b":61:2604130413CR1490,00", b":61:nonsense LINDGRUEN"))

    assert caplog.records == []
