"""Subscriptions that are paid by card: what is charged again, and what the customer hears of it."""

from tests.stories.conftest import Play


async def test_a_card_is_tried_again_and_once_more_before_the_customer_hears_of_it(play: Play) -> None:
    """
    The card has no funds. It is tried again after one and three days, and once more before the first
    reminder, which waits for the answer. Then Acme pays by transfer, and nothing is charged any more.

    policy card
    segment subscription

    2026-02-02        customer adds card test_soft
    2026-02-02        invoice INV-1 of 49.00 EUR, due 2026-03-02
    2026-03-02 08:00  the charge of INV-1 is declined: soft
    2026-03-03        we charge the card: charge_1 about INV-1
    2026-03-05        we charge the card: charge_2 about INV-1
    2026-03-06        held reminder_first: charge_before_reminder_first of INV-1 comes first, and has
                      not been answered
    2026-03-06        we charge the card: charge_before_reminder_first about INV-1
    2026-03-06        we email reminder_first about INV-1
    2026-03-07        we charge the card: charge_3 about INV-1
    2026-03-07        customer pays 49.00 EUR (P-1)
    2026-04-30        the story ends
    """
    await play()


async def test_a_card_that_has_expired_is_not_tried_again_until_there_is_another(play: Play) -> None:
    """
    The card has expired: only Acme can help, and is asked. The new one is charged at once, and then as the
    policy says; a retry of the same morning is the attempt before the reminder.

    policy card
    segment subscription

    2026-02-02        customer adds card test_expired_card
    2026-02-02        invoice INV-1 of 49.00 EUR, due 2026-03-02
    2026-03-02 08:00  the charge of INV-1 is declined: expired_card
    2026-03-02        we email card_update_1 about INV-1
    2026-03-05 10:00  customer adds card test_soft
    2026-03-05        we charge the card: charge_card_2 about INV-1
    2026-03-06        we charge the card: charge_2 about INV-1
    2026-03-06        we email reminder_first about INV-1
    2026-03-07        we charge the card: charge_3 about INV-1
    2026-03-07        customer pays 49.00 EUR (P-1)
    2026-04-30        the story ends
    """
    await play()
