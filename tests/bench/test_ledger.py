"""The ledger of the benchmarks is what its facts say, and both ways to age it have the same totals."""

from datetime import date, timedelta

import pytest

from bench import _ledger, ageing
from domain.ageing import Balance, age
from domain.instalments import falls_due
from domain.posting import post
from store import customers, facts, reports
from store.database import Ledger
from store.invariants import broken

TODAY = date(2026, 6, 30)
MANY = 16
"""Among the first are one who pays in instalments, one whose due date was moved, and some who are late."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    url = f"sqlite:///{tmp_path_factory.mktemp('bench') / 'ledger.db'}"
    _ledger.fill(url, many=MANY, today=TODAY)
    return Ledger(url)


def test_it_breaks_no_promise(ledger: Ledger) -> None:
    assert broken(ledger) == []


def test_its_ageing_is_that_of_a_rebuild_from_its_facts(ledger: Ledger) -> None:
    assert customers.ids(ledger) == [_ledger.name_of(number) for number in range(MANY)]
    for as_of in (TODAY, TODAY - timedelta(days=40)):
        balances = []
        for name in customers.ids(ledger):
            book = post([fact for fact in facts.history(ledger, name) if fact.happened_on <= as_of])
            for debt in book.debts:
                dues = falls_due(debt, debt.open)
                balances += [Balance(open=due.amount, due_on=due.due_on) for due in dues]
            balances += [Balance(open=-money, due_on=None) for money in book.unapplied]
        assert reports.ageing(ledger, as_of=as_of) == age(balances, as_of)


@pytest.mark.parametrize(("as_of", "known_at"), [(TODAY, None), (ageing.BEFORE, ageing.KNOWN)])
def test_the_sql_beside_it_has_the_same_totals(ledger: Ledger, as_of, known_at) -> None:
    made = ageing.report(ledger, as_of, known_at)
    assert made == ageing.direct(ledger, as_of, known_at)
    assert any(owed for owed, _ in made.values())
