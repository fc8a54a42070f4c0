"""One customer, one invoice. Written so that finance can read and correct it."""

from tests.stories.conftest import Play


async def test_acme_pays_before_the_due_date(play: Play) -> None:
    """
    Acme gets a word in advance because the invoice is large, and pays in time.

    2026-01-05        invoice INV-1 of 2500.00 EUR, due 2026-02-04
    2026-01-28        we email upcoming about INV-1
    2026-01-30        customer pays 2500.00 EUR (P-1)
    2026-04-30        the story ends
    """
    await play()


async def test_acme_pays_after_the_second_reminder(play: Play) -> None:
    """
    Acme forgets, is reminded twice, and pays in full. Nothing more is sent.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-01-28        held upcoming: upcoming is only for 1,000.00 EUR or more
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-18        customer pays 500.00 EUR (P-1)
    2026-05-18        the story ends
    """
    await play()


async def test_acme_is_suspended_and_comes_back(play: Play) -> None:
    """
    Acme reads nothing until the service stops. It pays, and everything is as before.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-23        we suspend the service for INV-1
    2026-03-23        we email suspended about INV-1
    2026-03-30        customer pays 500.00 EUR (P-1)
    2026-03-30        we bring the service back
    2026-03-30        we email thanks
    2026-06-30        the story ends
    """
    await play()


async def test_acme_never_pays_and_its_data_will_be_lost(play: Play) -> None:
    """
    Acme stays suspended. A week before its data is lost a person hears of it, once.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-23        we suspend the service for INV-1
    2026-03-23        we email suspended about INV-1
    2026-05-15        we ask a person: data_loss
    2026-08-31        the story ends
    """
    await play()
