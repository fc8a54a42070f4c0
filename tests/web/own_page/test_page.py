"""The customer's own page over HTTP: what is shown, what may be asked for, and who sees nothing."""

from datetime import timedelta

from tests.store.conftest import DUE
from tests.web.own_page.conftest import Visitor, seen


async def test_the_page_says_what_is_owed_why_and_how_to_pay(visitor: Visitor) -> None:
    page = await visitor.look(visitor.link())
    assert page.status_code == 200
    said = seen(page)
    for words in ("INV-1", "100.00 EUR", "2 March 2026", "4 days late", "To pay now", "ACME", "https://pay."):
        assert words in said
    assert "Acme Ltd" not in said


async def test_a_promise_is_taken_once(visitor: Visitor) -> None:
    link = visitor.link()
    pay_on = (DUE + timedelta(days=10)).isoformat()
    answer = await visitor.ask(link, "promise", pay_on=pay_on)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?done=promise")
    (promise,) = visitor.account().promises
    assert (promise.by, promise.pay_on.isoformat()) == ("customer", pay_on)
    assert visitor.woken == ["ACME"]
    assert "said that you will pay 100.00 EUR by 12 March 2026" in seen(await visitor.look(link))
    again = await visitor.ask(link, "promise", pay_on=pay_on)
    assert again.headers["location"].endswith("done=already")
    assert len(visitor.account().promises) == 1
