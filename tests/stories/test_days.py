"""When: offices, weekends, holidays, zones, and days on which we were down."""

from tests.stories.conftest import Play


async def test_an_old_invoice_that_arrives_on_a_friday_evening(play: Play) -> None:
    """
    The invoice comes in late, after office hours, and a part is paid on Saturday: the reminder waits
    for Monday.

    2026-02-13 18:30  invoice INV-1 of 500.00 EUR, due 2026-02-10
    2026-02-13        held reminder_first: outside 09:00 to 17:00 in Europe/Berlin
    2026-02-14        customer pays 100.00 EUR (P-1)
    2026-02-14        held reminder_first: no messages on Saturday
    2026-02-16        we email reminder_first about INV-1
    2026-02-18        customer pays 400.00 EUR (P-2)
    2026-04-30        the story ends
    """
    await play()


async def test_golden_week_in_tokyo(play: Play) -> None:
    """
    In Japan nothing goes out during Golden Week, which is longer this year.

    customer in Asia/Tokyo
    country JP

    2026-03-30        invoice INV-1 of 50000 JPY, due 2026-05-01
    2026-05-05        customer pays 10000 JPY (P-1)
    2026-05-05        held reminder_first: no messages on Children's Day
    2026-05-07        we email reminder_first about INV-1
    2026-05-11        we email reminder_second about INV-1
    2026-05-18        we text reminder_third about INV-1
    2026-05-20        customer pays 40000 JPY (P-2)
    2026-06-30        the story ends
    """
    await play()


async def test_evenings_in_sao_paulo(play: Play) -> None:
    """
    What happens late in the evening in São Paulo is of that day there, although Europe has the next.

    customer in America/Sao_Paulo
    country BR

    2026-03-02        invoice INV-1 of 500.00 USD, due 2026-04-11
    2026-04-14        we email reminder_first about INV-1
    2026-04-14 22:30  customer disputes INV-1 (D-1)
    2026-04-14        held reminder_second: invoice INV-1 is disputed
    2026-04-14 23:30  finance resolves D-1
    2026-04-22        we email reminder_second about INV-1
    2026-04-28        we text reminder_third about INV-1
    2026-04-28 23:30  customer pays 500.00 USD (P-1)
    2026-06-30        the story ends
    """
    await play()


async def test_five_weeks_of_downtime(play: Play) -> None:
    """
    We are down for five weeks. Afterwards the second reminder goes out first, because no warning is
    ever skipped, then the final notice, and the service stops ten whole days after that.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-12        the workers stop
    2026-03-02        invoice INV-2 of 100.00 EUR, due 2026-04-30
    2026-03-20        the workers are back
    2026-03-20        we email reminder_second about INV-1
    2026-03-20        held final_notice: the last message went out on 2026-03-20; the next may
                          follow from 2026-03-23
    2026-03-23        held suspend: final_notice has not been delivered for INV-1
    2026-03-23        we email final_notice about INV-1
    2026-03-23        we text final_notice about INV-1
    2026-03-23        held suspend: final_notice was delivered on 2026-03-23: 10 days of notice end
                          on 2026-04-02
    2026-04-02        we suspend the service for INV-1
    2026-04-02        we email suspended about INV-1
    2026-04-20        customer pays 600.00 EUR (P-1)
    2026-04-20        we bring the service back
    2026-04-20        we email thanks
    2026-05-30        the story ends
    """
    await play()
