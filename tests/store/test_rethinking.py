"""What another version of the code would plan otherwise, at the instant of the last look."""

from dataclasses import replace

from commandline.progress import bar
from store import what_if


def looked_at(business):
    """Two customers: one is to be reminded, one has sent word that nobody has looked at."""
    for name in ("ACME", "BOLT"):
        business.customer(name)
        business.invoice(name, f"INV-{name}")
        business.assess(name, business.at(3))
    business.invoice("BOLT", "INV-2")
    return business


def test_the_same_code_plans_the_same_and_what_nobody_looked_at_is_left_out(business):
    assert what_if.rethinking(looked_at(business).ledger, bar=bar) == (1, [])


def test_code_that_reminds_nobody_is_shown_for_whom(business, monkeypatch):
    looked_at(business)
    as_it_is = what_if.plan
    monkeypatch.setattr(
        what_if, "plan", lambda *given: replace(as_it_is(*given), effects=(), stage="current")
    )
    looked, (found,) = what_if.rethinking(business.ledger, bar=bar)
    assert (looked, found.customer_id, found.wants) == (1, "ACME", ())
    assert found.looked_at == business.at(3)
    assert found.words.startswith(
        "ACME: overdue -> current at 05 Mar 2026 10:00 UTC; this version wants nothing,"
    )
    assert found.json()["before"] == "overdue"
