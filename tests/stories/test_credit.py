"""Orders that are prepaid, and orders that wait because a limit is used up."""

from tests.stories.conftest import Play


async def test_an_order_is_prepaid_and_its_deposit_pays_the_first_invoice(play: Play) -> None:
    """
    No credit was approved: the order waits for its deposit, which is on its way before it settles. The
    first invoice comes late, and the deposit pays its part of it before anybody is reminded of the rest.

    2026-02-02        customer orders O-1 for 300.00 EUR
    2026-02-02        held provision-order: O-1 waits for its deposit: 0.00 EUR of 300.00 EUR have settled
    2026-02-02        we note: request-deposit
    2026-02-02        we email deposit-request
    2026-02-02        we ask a person: await-deposit
    2026-02-05        bank announces 300.00 EUR (P-1) for deposit O-1-D
    2026-02-09        customer pays 300.00 EUR (P-1) for deposit O-1-D
    2026-02-09        we provision an order
    2026-02-25        invoice INV-1 of 350.00 EUR for O-1, due 2026-02-20
    2026-02-25        we note: apply-deposit
    2026-02-25        held reminder_first: O-1-D pays INV-1 first
    2026-02-25        we email reminder_first about INV-1
    2026-02-27        customer pays 50.00 EUR (P-2)
    2026-04-30        the story ends
    """
    await play()


async def test_new_orders_wait_while_a_limit_is_used_up(play: Play) -> None:
    """
    At 100 percent of the limit the customer has a day; then new orders wait, until a payment makes room.

    2026-02-02        a limit of 1000.00 EUR is granted: two years of trade
    2026-02-03        invoice INV-1 of 900.00 EUR, due 2026-04-10
    2026-02-03        we note: note-exposure
    2026-02-03        we email credit-85
    2026-02-04        invoice INV-2 of 150.00 EUR, due 2026-04-10
    2026-02-04        we note: note-exposure
    2026-02-04        we email credit-100
    2026-02-05        we note: block-orders
    2026-02-09        customer orders O-1 for 300.00 EUR
    2026-02-09        held provision-order: O-1 waits: new orders are blocked since 2026-02-05: 1,050.00
                          EUR of the limit of 1,000.00 EUR are used
    2026-02-11        customer pays 900.00 EUR (P-1)
    2026-02-11        we provision an order
    2026-02-11        we note: note-exposure
    2026-02-11        we note: unblock-orders
    2026-02-13        customer pays 150.00 EUR (P-2)
    2026-03-30        the story ends
    """
    await play()
