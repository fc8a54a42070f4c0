"""Money that comes in parts, goes back, or is only promised by the bank."""

from tests.stories.conftest import Play


async def test_acme_pays_in_parts(play: Play) -> None:
    """
    Acme pays in parts. Each letter asks for what is left; the last rest is too small for a letter.

    2026-01-05        invoice INV-1 of 2500.00 EUR, due 2026-02-04
    2026-01-28        we email upcoming about INV-1
    2026-02-09        we email reminder_first about INV-1
    2026-02-10        customer pays 600.00 EUR (P-1)
    2026-02-16        we email reminder_second about INV-1
    2026-02-20        customer pays 1880.00 EUR (P-2)
    2026-02-23        held reminder_third: 20.00 EUR overdue is below the minimum of 25.00 EUR
    2026-03-06        held final_notice: 20.00 EUR overdue is below the minimum of 25.00 EUR
    2026-03-23        held suspend: final_notice has not been delivered for INV-1
    2026-03-24        customer pays 19.50 EUR (P-3)
    2026-04-30        the story ends
    """
    await play()


async def test_several_invoices_in_two_currencies_share_their_letters(play: Play) -> None:
    """
    Acme owes euros and yen. One letter lists every invoice that has reached the same step; the
    youngest follows by itself, never sooner than two days after another letter.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-01-05        invoice INV-2 of 90000 JPY, due 2026-02-06
    2026-01-12        invoice INV-3 of 300.00 EUR, due 2026-02-11
    2026-02-07        held reminder_first: no messages on Saturday
    2026-02-09        we email reminder_first about INV-1, INV-2
    2026-02-16        held reminder_first: the last message went out on 2026-02-16; the next may
                          follow from 2026-02-18
    2026-02-16        we email reminder_second about INV-1, INV-2
    2026-02-18        we email reminder_first about INV-3
    2026-02-23        held reminder_second: the last message went out on 2026-02-23; the next may
                          follow from 2026-02-25
    2026-02-23        we text reminder_third about INV-1, INV-2
    2026-02-24        customer pays 800.00 EUR (P-1)
    2026-03-02        customer pays 90000 JPY (P-2) for INV-2
    2026-04-30        the story ends
    """
    await play()


async def test_a_chargeback_gives_a_fresh_warning(play: Play) -> None:
    """
    Acme paid after the first reminder, and a month later its bank takes the money back. The debt is
    open again, and is warned of afresh; then the bank decides for us.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-12        customer pays 500.00 EUR (P-1)
    2026-03-02        bank takes P-1 back
    2026-03-02        we email reminder_second about INV-1
    2026-03-02        held reminder_third: the last message went out on 2026-03-02; the next may
                          follow from 2026-03-04
    2026-03-04        we text reminder_third about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-20        bank returns P-1
    2026-05-30        the story ends
    """
    await play()


async def test_a_refund_opens_the_debt_again(play: Play) -> None:
    """
    The wrong payment was refunded: Acme owes the money again, and pays it once more.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-03        customer pays 500.00 EUR (P-1)
    2026-02-10        finance refunds P-1
    2026-02-10        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-20        customer pays 500.00 EUR (P-2)
    2026-04-30        the story ends
    """
    await play()


async def test_money_on_its_way_holds_the_suspension(play: Play) -> None:
    """
    The due date turns out to have been nine days earlier, but the day that was announced to Acme
    stands. On that day a payment is announced, and the service stays; it fails.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-10        INV-1 is corrected to be due 2026-01-26
    2026-03-12        held suspend: final_notice was delivered on 2026-03-06: 10 days of notice end
                          on 2026-03-16
    2026-03-16        held suspend: the suspension was announced for 2026-03-23
    2026-03-20        bank announces 500.00 EUR (P-1)
    2026-03-23        held suspend: payment P-1 of 500.00 EUR is on its way
    2026-03-27        P-1 fails
    2026-03-27        we suspend the service for INV-1
    2026-03-27        we email suspended about INV-1
    2026-04-20        customer pays 500.00 EUR (P-2)
    2026-04-20        we bring the service back
    2026-04-20        we email thanks
    2026-06-30        the story ends
    """
    await play()


async def test_invoices_that_finance_gives_up_are_not_chased(play: Play) -> None:
    """
    One invoice is voided, one is credited, one is written off. Two of these are taken back later,
    and each of those is warned afresh.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-01-05        invoice INV-2 of 300.00 EUR, due 2026-02-04
    2026-01-05        invoice INV-3 of 200.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1, INV-2, INV-3
    2026-02-10        INV-1 is voided
    2026-02-12        finance credits 300.00 on INV-2 (C-1)
    2026-02-16        we email reminder_second about INV-3
    2026-02-17        finance writes INV-3 off
    2026-03-02        finance undoes the write-off of INV-3
    2026-03-02        we email reminder_second about INV-3
    2026-03-02        held reminder_third: the last message went out on 2026-03-02; the next may
                          follow from 2026-03-04
    2026-03-04        we text reminder_third about INV-3
    2026-03-04        finance cancels C-1 on INV-2
    2026-03-04        held reminder_second: the last message went out on 2026-03-04; the next may
                          follow from 2026-03-06
    2026-03-06        held reminder_second: the last message went out on 2026-03-06; the next may
                          follow from 2026-03-09
    2026-03-06        we text final_notice about INV-3
    2026-03-06        we email final_notice about INV-3
    2026-03-09        we email reminder_second about INV-2
    2026-03-09        held final_notice: the last message went out on 2026-03-09; the next may
                          follow from 2026-03-11
    2026-03-11        we email final_notice about INV-2
    2026-03-11        we text final_notice about INV-2
    2026-03-20        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_a_side_debt_never_suspends_the_service(play: Play) -> None:
    """
    A workshop that Acme booked once is chased like any invoice, but the service does not stop for it.

    2026-01-05        side invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-23        held suspend: invoice INV-1 is a side debt and never suspends the main service
    2026-03-30        customer pays 500.00 EUR (P-1)
    2026-04-30        the story ends
    """
    await play()
