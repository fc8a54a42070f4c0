"""Times in which somebody is left alone: disputes, pauses, exemptions, money in question, complaints."""

from tests.stories.conftest import Play


async def test_only_the_disputed_part_rests(play: Play) -> None:
    """
    Acme contests a part of one invoice and all of another. Only the rest is chased; when the first
    dispute is settled, all of that invoice is, and the other one is credited. Two weeks are too long for
    an answer: a person is reminded.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-01-05        invoice INV-2 of 200.00 EUR, due 2026-02-04
    2026-02-05        customer disputes 300.00 of INV-1 (D-1)
    2026-02-05        customer disputes INV-2 (D-2)
    2026-02-05        held reminder_first: invoice INV-2 is disputed
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-19        we ask a person: dispute_answer about INV-1
    2026-02-19        we ask a person: dispute_answer about INV-2
    2026-02-20        finance resolves D-1
    2026-02-23        we text reminder_third about INV-1
    2026-02-25        finance credits 200.00 on INV-2 (C-1)
    2026-03-05        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_a_pause_moves_the_whole_ladder(play: Play) -> None:
    """
    Finance gives Acme time over the first reminder. The days of the pause do not count as lateness,
    so every later step moves by as many.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-05        finance pauses until 2026-02-20: asked for time
    2026-02-05        held reminder_first: paused until 2026-02-20: asked for time
    2026-02-23        we email reminder_first about INV-1
    2026-03-02        we email reminder_second about INV-1
    2026-03-06        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_a_pause_is_ended_early(play: Play) -> None:
    """
    Finance meant to wait for long, but hears that Acme will not pay.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-12        finance pauses until 2026-04-30: waits for its own customer
    2026-02-12        held reminder_second: paused until 2026-04-30: waits for its own customer
    2026-03-02        finance resumes
    2026-03-04        we email reminder_second about INV-1
    2026-03-11        we text reminder_third about INV-1
    2026-03-24        we email final_notice about INV-1
    2026-03-24        we text final_notice about INV-1
    2026-03-30        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_an_exempt_invoice_is_left_alone_and_grows_older(play: Play) -> None:
    """
    One of two invoices is exempt for a month. It is not asked for, but it grows older meanwhile.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-01-05        invoice INV-2 of 700.00 EUR, due 2026-02-04
    2026-02-02        finance exempts INV-1 until 2026-02-28: paid in kind
    2026-02-05        held reminder_first: exempt until 2026-02-28: paid in kind
    2026-02-09        we email reminder_first about INV-2
    2026-02-16        we email reminder_second about INV-2
    2026-02-23        we text reminder_third about INV-2
    2026-03-01        held reminder_second: no messages on Sunday
    2026-03-02        we email reminder_second about INV-1
    2026-03-02        held reminder_third: the last message went out on 2026-03-02; the next may
                          follow from 2026-03-04
    2026-03-04        we text reminder_third about INV-1
    2026-03-04        customer pays 1200.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_an_exempt_customer_hears_nothing(play: Play) -> None:
    """
    Acme is a strategic account for a while: nothing goes out until finance ends it.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-12        finance exempts: strategic account
    2026-02-12        held reminder_second: exempt until undone: strategic account
    2026-03-12        finance ends the exemption
    2026-03-12        we email reminder_second about INV-1
    2026-03-12        held final_notice: the last message went out on 2026-03-12; the next may
                          follow from 2026-03-16
    2026-03-16        we email final_notice about INV-1
    2026-03-16        we text final_notice about INV-1
    2026-03-20        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_a_promise_that_is_broken_and_one_that_is_kept(play: Play) -> None:
    """
    Acme promises to pay and does not: when the grace is over, the next reminder goes out. The second
    promise is kept, and nothing more is said.

    2026-01-05        invoice INV-1 of 90.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-11        customer promises by 2026-02-18
    2026-02-16        held reminder_second: promised 90.00 EUR by 2026-02-18; nothing presses until 2026-02-20
    2026-02-23        we email reminder_second about INV-1
    2026-02-24        customer promises by 2026-03-05
    2026-03-04        customer pays 90.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_nothing_is_said_to_a_customer_on_hold(play: Play) -> None:
    """
    Acme is represented by an attorney for three weeks, and then is not. What was not said is said.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-06        finance holds: attorney
    2026-02-06        held reminder_first: nothing may be said or done until released: attorney
    2026-02-27        finance releases
    2026-03-02        we email reminder_first about INV-1
    2026-03-06        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_a_second_debt_is_not_warned_of_a_suspension_that_has_happened(play: Play) -> None:
    """
    Acme is suspended for one invoice while another grows late. That one is asked for, but nobody
    announces a suspension that has happened; both are paid, and the service is back.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-02-24        invoice INV-2 of 80.00 EUR, due 2026-02-25
    2026-03-02        we email reminder_first about INV-2
    2026-03-06        we email final_notice about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-09        we email reminder_second about INV-2
    2026-03-16        we text reminder_third about INV-2
    2026-03-23        we suspend the service for INV-1
    2026-03-23        we email suspended about INV-1, INV-2
    2026-03-27        held final_notice: the service is suspended: final_notice announces nothing new
    2026-04-10        customer pays 580.00 EUR (P-1)
    2026-04-10        we bring the service back
    2026-04-10        we email thanks
    2026-05-30        the story ends
    """
    await play()


async def test_a_dispute_that_is_lost_waits_for_its_credit_note(play: Play) -> None:
    """
    Acme was right: the invoice was wrong. It is not asked for while its credit note is written;
    another one is.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-01-05        invoice INV-2 of 90.00 EUR, due 2026-02-04
    2026-02-05        customer disputes INV-1 (D-1)
    2026-02-09        we email reminder_first about INV-2
    2026-02-10        finance resolves D-1 as lost
    2026-02-10        held reminder_first: dispute D-1 was lost: 500.00 EUR on INV-1 are to be credited
    2026-02-12        finance credits 500.00 on INV-1 (C-1)
    2026-02-12        customer pays 90.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_a_person_says_whose_money_is_and_whether_it_came_twice(play: Play) -> None:
    """
    Money comes in that may be for Acme, and nothing presses until a person has said that it is. Then the card
    brings as much, maybe the same money: what is left waits until a person has looked.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-01-05        invoice INV-2 of 700.00 EUR, due 2026-02-04
    2026-02-06        the bank's file has 500.00 EUR of somebody (Q-1) until 2026-02-20: it names nobody
    2026-02-09        held reminder_first: 500.00 EUR came in and may be for this, a person decides
                          until 2026-02-20: it names nobody
    2026-02-11        somebody says whose Q-1 is
    2026-02-11        the bank's file has 500.00 EUR (P-1) for INV-1
    2026-02-11        we email reminder_first about INV-2
    2026-02-13        customer pays 500.00 EUR (P-2)
    2026-02-13        we ask a person: money-twice
    2026-02-16        held reminder_second: 500.00 EUR came in as P-1 and as P-2: a person says
                          until 2026-02-20 whether twice
    2026-02-19        finance has done the money-twice
    2026-02-19        we email reminder_second about INV-2
    2026-02-20        customer pays 200.00 EUR (P-3)
    2026-03-20        the story ends
    """
    await play()


async def test_an_email_that_is_called_spam_is_the_last_until_a_person_has_looked(play: Play) -> None:
    """
    Acme calls the reminder spam. Nothing goes out, however late it is, until a person has looked.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-10        customer writes by email, which says spam
    2026-02-10        we ask a person: customer_reply about INV-1
    2026-02-10        held reminder_second: an email was called spam on 2026-02-10, and a person has to
                          look first
    2026-02-20        finance has done the customer_reply
    2026-02-20        we email reminder_second about INV-1
    2026-02-22        customer pays 500.00 EUR (P-1)
    2026-03-20        the story ends
    """
    await play()
