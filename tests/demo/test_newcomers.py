"""The demo's newcomers fail for certain, and by free checks alone: no code is sent to them."""

from datetime import UTC, datetime

import pytest

from composition import checking
from demo.newcomers import NEWCOMERS, Newcomer
from domain.identifiers import check_identifiers
from domain.onboarding.alike import check_mail_domain
from settings import Settings

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("each", NEWCOMERS, ids=lambda each: each.application.customer_id)
def test_a_newcomer_fails_as_often_as_the_table_asks_for(each: Newcomer) -> None:
    disposable, version = checking(Settings()).lists.disposable()
    outcomes = [
        check_identifiers(each.application).outcome,
        check_mail_domain(each.application.email, disposable, version=version).outcome,
    ]
    assert outcomes.count("fail") == {"review": 1, "rejected": 2}[each.comes_to]
