"""Bank lines in the ledger, on both databases: what becomes of each, and that no money is lost or doubled."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from domain.cash.lines import BankLine, Statement
from domain.facts import Fact, InvoiceIssued, PaymentInFlight, PaymentReceived, WrittenOff, kind_of
from domain.money import Money
from domain.policy import Policy
from store import doors, facts, invariants, policies, tasks
from store.bank import answering, reading, recording, settling
from store.bank.lines import Kept
from store.database import Ledger, migrate
from store.errors import Refused
from store.facts import NewFact
from store.forgetting import forget
from store.tables import BankDetailRow, BankPayerRow, CustomerRow
from tests.effort import examples
from tests.store.conftest import Business, at

DAY = date(2026, 3, 3)
NOW = at(1)
IBAN = "DE02100500000054540402"


def line(amount: str, text: str = "", *, on: date = DAY, currency: str = "EUR", **more: object) -> BankLine:
    return BankLine(place=1, booked_on=on, amount=Money.of(amount, currency), text=text, **more)


def statement(*lines: BankLine, number: str | None = "1", account: str = "DE1") -> Statement:
    currency = lines[0].amount.currency
    return Statement(format="camt", account=account, number=number, currency=currency, lines=lines)


def take(ledger: Ledger, *statements: Statement) -> settling.Settled:
    recording.record(ledger, statements, file="s.xml", now=NOW, by="maria")
    return settling.settle(ledger, now=NOW)


def all_lines(ledger: Ledger) -> list[Kept]:
    return [kept for each in reading.statements(ledger) for kept in reading.of_statement(ledger, each.id)]


def states(ledger: Ledger) -> dict[str, str]:
    return {kept.amount.plain(): kept.state for kept in all_lines(ledger)}


def bank_facts(ledger: Ledger, customer: str) -> list[Fact]:
    return [fact for fact in facts.history(ledger, customer) if fact.source == "bank"]


def kinds(ledger: Ledger, customer: str) -> list[str]:
    return [kind_of(fact.body) for fact in bank_facts(ledger, customer)]


def open_on(ledger: Ledger, customer: str) -> dict[str, str]:
    with ledger.read() as session:
        account = facts.account_of(session, session.get_one(CustomerRow, customer))
    return {debt.invoice: debt.open.plain() for debt in account.open_debts}


def on_its_way(ledger: Ledger, customer: str) -> list[str]:
    with ledger.read() as session:
        account = facts.account_of(session, session.get_one(CustomerRow, customer))
    return [money.payment for money in account.in_flight]


def filled(business: Business) -> Business:
    """ACME owes INV-1 of 100.00 and INV-2042 of 250.00; BOLT owes B-7701 of 60.00."""
    for name, invoice, amount in (("ACME", "INV-1", "100.00"), ("BOLT", "B-7701", "60.00")):
        business.customer(name)
        business.invoice(name, invoice, amount)
    business.invoice("ACME", "INV-2042", "250.00")
    return business


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, policy: Policy) -> Path:
    """An SQLite ledger of ACME and BOLT, to be copied."""
    path = tmp_path_factory.mktemp("bank") / "l.db"
    migrate(f"sqlite:///{path}")
    made = Ledger(f"sqlite:///{path}", durable=False)
    policies.adopt(made, policy, now=at(-60), by="maria")
    filled(Business(made, policy))
    made.close()
    return path


@pytest.fixture
def acme(template: Path, tmp_path: Path, policy: Policy) -> Iterator[Business]:
    """The business on SQLite."""
    shutil.copy(template, tmp_path / "l.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.db'}", durable=False)
    yield Business(ledger, policy)
    ledger.close()


@pytest.fixture
def everywhere(business: Business) -> Business:
    """The business on both databases."""
    return filled(business)


def test_what_is_certain_becomes_payments_and_the_rest_is_shown(everywhere: Business) -> None:
    settled = take(
        everywhere.ledger,
        statement(
            line("250.00", "INV-2042", payer_account=IBAN),
            line("60.00", "thank you"),
            line("12.00", "interest"),
            line("-9.00", "fee"),
        ),
    )

    assert states(everywhere.ledger) == {
        "250.00": "applied",
        "60.00": "asked",
        "12.00": "unapplied",
        "-9.00": "outgoing",
    }
    assert settled.touched == {"ACME", "BOLT"}
    (paid,) = bank_facts(everywhere.ledger, "ACME")
    assert paid.body == PaymentReceived(payment=paid.id, amount="250.00", currency="EUR", invoice="INV-2042")
    assert open_on(everywhere.ledger, "ACME") == {"INV-1": "100.00"}
    assert [str(each) for each in reading.sums(reading.unapplied(everywhere.ledger))] == ["72.00 EUR"]
    assert invariants.broken(everywhere.ledger) == []


def test_several_invoices_are_paid_each_by_what_is_open(acme: Business) -> None:
    take(acme.ledger, statement(line("350.00", "INV-1 INV-2042", payer_account=IBAN)))
    # INV-1 is too short a number for words, and with the amount it is not.
    assert open_on(acme.ledger, "ACME") == {}
    assert sorted(fact.body.invoice for fact in bank_facts(acme.ledger, "ACME")) == ["INV-1", "INV-2042"]


def test_a_file_imported_twice_changes_nothing(everywhere: Business) -> None:
    made = statement(line("250.00", "INV-2042"), line("12.00"), line("12.00"), line("60.00"))
    take(everywhere.ledger, made)
    before = [reading.listed(kept) for kept in all_lines(everywhere.ledger)]

    again = recording.record(everywhere.ledger, [made], file="copy.xml", now=at(2), by="maria")
    settled = settling.settle(everywhere.ledger, now=at(2))

    assert (again.lines, again.known_already) == (0, 4)
    assert (dict(settled.states), settled.touched) == ({}, set())
    assert [reading.listed(kept) for kept in all_lines(everywhere.ledger)] == before


def test_an_account_is_learned_within_one_import_whatever_the_order_of_lines(acme: Business) -> None:
    early = line("40.00", "thank you", payer_account=IBAN)
    take(acme.ledger, statement(early, line("250.00", "INV-2042", payer_account=IBAN)))

    assert states(acme.ledger) == {"40.00": "applied", "250.00": "applied"}
    assert open_on(acme.ledger, "ACME") == {"INV-1": "60.00"}


def test_what_waited_for_its_invoice_is_applied_by_the_next_import(acme: Business) -> None:
    take(acme.ledger, statement(line("33.00", "NEW-3301")))
    assert states(acme.ledger) == {"33.00": "unapplied"}

    acme.invoice("BOLT", "NEW-3301", "33.00")
    assert dict(settling.settle(acme.ledger, now=NOW).states) == {"applied": 1}


def test_chasing_of_every_candidate_waits_until_a_person_decides(everywhere: Business) -> None:
    everywhere.invoice("ACME", "INV-3042", "60.00")
    take(everywhere.ledger, statement(line("60.00", "thank you")))
    held = everywhere.assess("BOLT", at(4)).plan.held

    assert kinds(everywhere.ledger, "ACME") == kinds(everywhere.ledger, "BOLT") == ["money_in_question"]
    assert "hold.in_question" in [each.reason.rule for each in held]
    (task,) = tasks.worklist(everywhere.ledger)
    assert (task.customer_id, task.step) == (None, "bank-line")
    done = answering.match(everywhere.ledger, 1, ["B-7701"], by="maria", now=at(4))
    assert set(done.touched) == {"ACME", "BOLT"}
    assert kinds(everywhere.ledger, "ACME") == ["money_in_question", "money_decided"]
    assert kinds(everywhere.ledger, "BOLT") == ["money_in_question", "money_decided", "payment_received"]
    assert tasks.worklist(everywhere.ledger) == []
    assert not open_on(everywhere.ledger, "BOLT")


def test_two_imports_at_once_settle_every_line_once(
    everywhere: Business, together: Callable[..., list[object]]
) -> None:
    made = statement(line("250.00", "INV-2042"), line("60.00", "B-7701"), line("5.00"))
    done = together([lambda: take(everywhere.ledger, made), lambda: take(everywhere.ledger, made)])

    assert not [each for each in done if isinstance(each, Exception)]
    assert states(everywhere.ledger) == {"250.00": "applied", "60.00": "applied", "5.00": "unapplied"}
    assert open_on(everywhere.ledger, "ACME") == {"INV-1": "100.00"}


# --- the same money through two doors


def test_money_that_a_webhook_brought_before_is_held_back_and_asked_about(acme: Business) -> None:
    card = PaymentReceived(payment="ch_1", amount="250.00", currency="EUR", invoice="INV-2042")
    doors.record(
        acme.ledger, "ACME", [NewFact(source="stripe", id="ch_1", happened_on=DAY, body=card)], now=NOW
    )
    take(acme.ledger, statement(line("250.00", "INV-2042", on=DAY + timedelta(days=2))))

    (kept,) = reading.unapplied(acme.ledger)
    assert kept.state == "asked"
    assert "came in by stripe as ch_1" in kept.decision.why
    assert open_on(acme.ledger, "ACME") == {"INV-1": "100.00"}
    assert "hold.in_question" in [each.reason.rule for each in acme.assess("ACME", at(4)).plan.held]
    answering.ignore(acme.ledger, kept.id, reason="the same money", by="maria", now=at(4))
    assert "hold.in_question" not in [each.reason.rule for each in acme.assess("ACME", at(4)).plan.held]


def test_a_line_that_another_statement_has_too_is_asked_about(acme: Business) -> None:
    paid = line("40.00", "INV-2042")
    take(acme.ledger, statement(paid, number="1"))
    take(acme.ledger, statement(paid, number="2"))

    assert [kept.state for kept in all_lines(acme.ledger)] == ["applied", "asked"]
    assert open_on(acme.ledger, "ACME")["INV-2042"] == "210.00"


def test_two_files_of_other_formats_with_the_same_money_are_asked_about(acme: Business) -> None:
    take(acme.ledger, statement(line("40.00", "INV-2042", bank_ref="A"), number="1"))
    take(acme.ledger, statement(line("40.00", "Invoice INV-2042", bank_ref="other"), number=None))

    assert [kept.state for kept in all_lines(acme.ledger)] == ["applied", "asked"]


def test_two_payments_of_one_statement_are_two(acme: Business) -> None:
    take(acme.ledger, statement(line("40.00", "INV-2042"), line("40.00", "INV-2042")))

    assert [kept.state for kept in all_lines(acme.ledger)] == ["applied", "applied"]


# --- returns


def test_a_returned_payment_is_charged_back(acme: Business) -> None:
    take(acme.ledger, statement(line("250.00", "INV-2042", end_to_end="E-1")))
    back = line("-253.50", end_to_end="E-1", returned=True, reason="MD06")
    take(acme.ledger, statement(back, number="2"))

    assert kinds(acme.ledger, "ACME") == ["payment_received", "charged_back"]
    assert open_on(acme.ledger, "ACME")["INV-2042"] == "250.00"  # the bank's fee is no debt of theirs


def test_a_direct_debit_that_was_on_its_way_has_failed(acme: Business) -> None:
    debit = PaymentInFlight(payment="DD-9", amount="60.00", currency="EUR", invoice="B-7701")
    doors.record(acme.ledger, "BOLT", [NewFact(source="psp", id="x", happened_on=DAY, body=debit)], now=NOW)
    take(acme.ledger, statement(line("-60.00", end_to_end="DD-9", returned=True, reason="AM04")))

    (failed,) = bank_facts(acme.ledger, "BOLT")
    assert (failed.body.payment, failed.body.invoice, failed.body.decline) == ("DD-9", "B-7701", "AM04")


@pytest.mark.parametrize("invoice", ["B-7701", None])
def test_a_direct_debit_that_has_come_in_is_not_on_its_way_any_more(
    invoice: str | None, acme: Business
) -> None:
    """Else nobody would be chased for it once it was returned, or for anything else."""
    debit = PaymentInFlight(payment="DD-9", amount="60.00", currency="EUR", invoice=invoice)
    doors.record(acme.ledger, "BOLT", [NewFact(source="psp", id="x", happened_on=DAY, body=debit)], now=NOW)
    take(acme.ledger, statement(line("60.00", "B-7701", end_to_end="DD-9")))
    assert (open_on(acme.ledger, "BOLT"), on_its_way(acme.ledger, "BOLT")) == ({}, [])

    back = line("-60.00", end_to_end="DD-9", returned=True, reason="AM04")
    take(acme.ledger, statement(back, number="2"))
    assert kinds(acme.ledger, "BOLT") == ["payment_received", "charged_back"]
    assert open_on(acme.ledger, "BOLT") == {"B-7701": "60.00"}
    assert on_its_way(acme.ledger, "BOLT") == []


def test_a_direct_debit_that_comes_in_before_its_customer_is_locked_is_charged_back(
    acme: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    debit = {"payment": "DD-9", "amount": "60.00", "currency": "EUR", "invoice": "B-7701"}
    flying = NewFact(source="psp", id="x", happened_on=DAY, body=PaymentInFlight(**debit))
    came = NewFact(source="psp", id="y", happened_on=DAY, body=PaymentReceived(**debit))
    doors.record(acme.ledger, "BOLT", [flying], now=NOW)
    locks = settling.customers.lock

    def late(session: Session, customer: str) -> CustomerRow:
        """Lock a customer for whom another door wrote while this one waited for the lock."""
        row = locks(session, customer)
        if customer == "BOLT":
            doors.record_locked(session, row, [came], now=NOW)
        return row

    monkeypatch.setattr(settling.customers, "lock", late)
    take(acme.ledger, statement(line("-60.00", end_to_end="DD-9", returned=True, reason="AM04")))
    assert kinds(acme.ledger, "BOLT") == ["charged_back"]
    assert open_on(acme.ledger, "BOLT") == {"B-7701": "60.00"}


def test_a_direct_debit_that_was_taken_for_anothers_is_matched_again_under_a_name_of_its_own(
    acme: Business,
) -> None:
    debit = PaymentInFlight(payment="DD-9", amount="60.00", currency="EUR", invoice="B-7701")
    doors.record(acme.ledger, "BOLT", [NewFact(source="psp", id="x", happened_on=DAY, body=debit)], now=NOW)
    take(acme.ledger, statement(line("60.00", "B-7701", end_to_end="DD-9")))
    answering.unmatch(acme.ledger, 1, reason="not theirs", by="maria", now=at(2))
    assert open_on(acme.ledger, "BOLT") == {"B-7701": "60.00"}
    answering.match(acme.ledger, 1, ["B-7701"], by="maria", now=at(3))
    assert (open_on(acme.ledger, "BOLT"), on_its_way(acme.ledger, "BOLT")) == ({}, [])
    back = line("-60.00", end_to_end="DD-9", returned=True, reason="AM04")
    take(acme.ledger, statement(back, number="2"))
    assert open_on(acme.ledger, "BOLT") == {"B-7701": "60.00"}


def test_a_return_of_nobody_knows_what_is_asked_about_and_a_person_names_the_payment(acme: Business) -> None:
    take(acme.ledger, statement(line("250.00", "INV-2042")))
    (paid,) = bank_facts(acme.ledger, "ACME")
    take(acme.ledger, statement(line("-250.00", returned=True), number="2"))

    (kept,) = reading.unapplied(acme.ledger)
    answering.match(acme.ledger, kept.id, [paid.id], by="maria", now=at(4))
    assert kinds(acme.ledger, "ACME") == ["payment_received", "charged_back"]


def test_money_that_went_to_a_customers_account_may_be_a_refund(acme: Business) -> None:
    take(acme.ledger, statement(line("250.00", "INV-2042", payer_account=IBAN)))
    (paid,) = bank_facts(acme.ledger, "ACME")
    take(acme.ledger, statement(line("-50.00", payer_account=IBAN), number="2"))

    (kept,) = reading.unapplied(acme.ledger)
    assert "it may be a refund" in kept.decision.why
    answering.match(acme.ledger, kept.id, [paid.id], by="maria", now=at(4))
    assert kinds(acme.ledger, "ACME") == ["payment_received", "refunded"]
    assert open_on(acme.ledger, "ACME")["INV-2042"] == "50.00"


# --- people


def test_a_match_can_be_taken_back_and_made_again(acme: Business) -> None:
    take(acme.ledger, statement(line("250.00", "INV-2042", payer_account=IBAN)))
    answering.unmatch(acme.ledger, 1, reason="it was BOLT's", by="maria", now=at(2))

    assert open_on(acme.ledger, "ACME")["INV-2042"] == "250.00"
    assert dict(settling.settle(acme.ledger, now=at(2)).states) == {}  # it is not matched so again
    with acme.ledger.read() as session:
        assert session.exec(select(BankPayerRow)).all() == []
    answering.match(acme.ledger, 1, ["BOLT"], by="maria", now=at(3))
    assert not open_on(acme.ledger, "BOLT")
    answering.unmatch(acme.ledger, 1, reason="no, it was theirs", by="maria", now=at(3))
    answering.match(acme.ledger, 1, ["INV-2042"], by="maria", now=at(3))
    assert open_on(acme.ledger, "ACME") == {"INV-1": "100.00"}
    assert open_on(acme.ledger, "BOLT") == {"B-7701": "60.00"}


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["INV-9"], "no invoice and no customer 'INV-9'"),
        (["INV-1", "B-7701"], "A line is from one customer, and these are of ACME and BOLT"),
        (["USD-1"], "USD-1 is in USD, and the line in EUR"),
    ],
)
def test_a_wrong_target_is_refused_and_nothing_is_written(
    acme: Business, targets: Sequence[str], words: str
) -> None:
    body = {"invoice": "USD-1", "amount": "5.00", "currency": "USD", "due_on": "2026-03-02"}
    new = NewFact(source="test", id="USD-1", happened_on=DAY, body=InvoiceIssued(**body))
    doors.record(acme.ledger, "ACME", [new], now=NOW)
    take(acme.ledger, statement(line("12.00", "thank you")))

    with pytest.raises(Refused, match=words):
        answering.match(acme.ledger, 1, targets, by="maria", now=NOW)
    assert states(acme.ledger) == {"12.00": "unapplied"}


def test_what_is_decided_is_refused_with_the_way_back(acme: Business) -> None:
    take(acme.ledger, statement(line("250.00", "INV-2042"), line("12.00")))

    with pytest.raises(Refused, match="bank unmatch 1"):
        answering.match(acme.ledger, 1, ["BOLT"], by="maria", now=NOW)
    with pytest.raises(Refused, match="bank unmatch 1"):
        answering.ignore(acme.ledger, 1, reason="no", by="maria", now=NOW)
    with pytest.raises(Refused, match="only what it has paid"):
        answering.unmatch(acme.ledger, 2, reason="no", by="maria", now=NOW)
    with pytest.raises(Refused, match="no bank line 99"):
        answering.ignore(acme.ledger, 99, reason="no", by="maria", now=NOW)
    answering.ignore(acme.ledger, 2, reason="interest", by="maria", now=NOW)
    with pytest.raises(Refused, match="ignored already: interest"):
        answering.ignore(acme.ledger, 2, reason="no", by="maria", now=NOW)


# --- personal data


def personal(ledger: Ledger) -> tuple[list[str | None], int]:
    with ledger.read() as session:
        details = session.exec(select(BankDetailRow.payer)).all()
        return sorted(map(str, details)), len(session.exec(select(BankPayerRow)).all())


def written_off(invoice: str) -> NewFact:
    return NewFact(source="test", id=f"{invoice}/off", happened_on=DAY, body=WrittenOff(invoice=invoice))


def test_forgetting_destroys_what_a_customer_wrote_at_the_bank(everywhere: Business) -> None:
    paid = line("60.00", "B-7701 for Petra", payer="Petra Beispiel", payer_account=IBAN)
    take(everywhere.ledger, statement(paid, line("-3.00", "salary of Paul", payer="Paul"), line("12.00")))
    assert personal(everywhere.ledger) == (["None", "Petra Beispiel"], 1)

    assert forget(everywhere.ledger, "BOLT", by="maria", now=at(400))
    assert personal(everywhere.ledger) == (["None"], 0)
    answering.ignore(everywhere.ledger, 3, reason="interest", by="maria", now=at(401))
    assert personal(everywhere.ledger) == ([], 0)
    bodies = [fact.body.model_dump_json() for fact in bank_facts(everywhere.ledger, "BOLT")]
    assert not any("Petra" in each or IBAN in each for each in bodies)


@pytest.mark.parametrize("known", [True, False])
def test_forgetting_destroys_what_came_with_a_payment_that_was_taken_back(
    acme: Business, known: bool
) -> None:
    take(acme.ledger, statement(line("60.00", "B-7701", end_to_end="E-1")))
    name = "Petra Beispiel"
    back = line("-60.00", "back", payer=name, returned=True, end_to_end="E-1" if known else None)
    take(acme.ledger, statement(back, number="2"))
    (paid, *_) = bank_facts(acme.ledger, "BOLT")
    if not known:
        answering.match(acme.ledger, 2, [paid.id], by="maria", now=at(4))
    doors.record(acme.ledger, "BOLT", [written_off("B-7701")], now=at(5))
    assert "Petra Beispiel" in personal(acme.ledger)[0]

    assert forget(acme.ledger, "BOLT", by="maria", now=at(9000))
    assert personal(acme.ledger)[0] == []


def test_forgetting_leaves_what_somebody_else_wrote_whose_money_was_taken_for_the_customers(
    acme: Business,
) -> None:
    take(acme.ledger, statement(line("60.00", "B-7701", payer="Paul Muster")))
    answering.unmatch(acme.ledger, 1, reason="it is not BOLT's", by="maria", now=at(2))
    doors.record(acme.ledger, "BOLT", [written_off("B-7701")], now=at(5))

    assert forget(acme.ledger, "BOLT", by="maria", now=at(9000))
    assert personal(acme.ledger)[0] == ["Paul Muster"]


def test_nobody_is_forgotten_while_money_may_be_theirs(acme: Business) -> None:
    acme.invoice("ACME", "INV-3042", "60.00")
    take(acme.ledger, statement(line("60.00", "thank you")))
    take(acme.ledger, statement(line("60.00", "B-7701"), number="2"))
    with pytest.raises(Refused, match="money came in that may be the customer's"):
        forget(acme.ledger, "BOLT", by="maria", now=at(400))


# --- properties


lines_drawn = st.lists(
    st.builds(
        lambda minor, text, payer, ref: BankLine(
            place=1,
            booked_on=DAY,
            amount=Money(minor, "EUR"),
            text=text,
            payer_account=payer,
            bank_ref=ref,
        ),
        minor=st.sampled_from([10_000, 25_000, 6_000, 1_000, -500, 35_000]),
        text=st.sampled_from(["INV-1", "INV-2042", "B-7701", "", "ACME", "INV-2042 B-7701"]),
        payer=st.sampled_from([None, IBAN, "GB33BUKB20201555555555"]),
        ref=st.sampled_from([None, "R1", "R2", "R3"]),
    ),
    min_size=1,
    max_size=6,
)


def outcome(ledger: Ledger) -> tuple[int, int]:
    """Return what came in, and what is left open; every line is in one state, and no money is lost."""
    lines = [kept for kept in all_lines(ledger) if kept.row.minor > 0]
    applied = 0
    for kept in lines:
        parts = [
            Money.of(each["amount"], "EUR").minor
            for each in (kept.decision.payments if kept.decision else [])
        ]
        assert sum(parts) == (kept.row.minor if kept.state == "applied" else 0)
        applied += sum(parts)
    waiting = sum(kept.row.minor for kept in reading.unapplied(ledger) if kept.row.minor > 0)
    assert applied + waiting == sum(kept.row.minor for kept in lines)
    received = [
        Money.of(fact.body.amount, "EUR").minor
        for who in ("ACME", "BOLT")
        for fact in bank_facts(ledger, who)
        if isinstance(fact.body, PaymentReceived)
    ]
    assert sum(received) == applied
    assert invariants.broken(ledger) == []
    return len(lines), applied + waiting


@settings(max_examples=examples(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines_drawn, st.integers(0, 6), st.booleans())
def test_no_money_is_lost_or_doubled_however_files_overlap(
    template: Path, tmp_path: Path, drawn: list[BankLine], cut: int, turned: bool
) -> None:
    """Two lists of bookings that overlap, in either order and twice, come to what the whole list does."""
    whole, parts = statement(*drawn, number=None), []
    for some in (drawn[: max(cut, 1)], drawn):
        parts.append(statement(*some, number=None))
    results = []
    for way in ([whole], [*(reversed(parts) if turned else parts), whole]):
        path = tmp_path / "l.db"
        for old in tmp_path.glob("l.db*"):
            old.unlink()
        shutil.copy(template, path)
        ledger = Ledger(f"sqlite:///{path}", durable=False)
        for each in way:
            take(ledger, each)
        results.append(outcome(ledger))
        ledger.close()

    assert results[0] == results[1]
