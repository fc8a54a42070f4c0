"""Letters that do not arrive: the next channel, a person, and nobody suspended unwarned."""

from tests.stories.conftest import Play


async def test_a_customer_who_wants_no_email_gets_texts(play: Play) -> None:
    """
    Acme wants no email any more. Texts go on, and warn it as well.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-10        customer opts out of email
    2026-02-16        we text reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-23        we suspend the service for INV-1
    2026-03-23        we text suspended about INV-1
    2026-04-10        customer pays 500.00 EUR (P-1)
    2026-04-10        we bring the service back
    2026-04-10        we text thanks
    2026-05-30        the story ends
    """
    await play()


async def test_nobody_is_suspended_without_a_warning_that_arrived(play: Play) -> None:
    """
    The address bounces, so a person is asked to find another, and texts go out instead. Then Acme
    wants no texts either: nothing reaches it, and so the service goes on. With a new address the
    final notice goes out, and ten days later the service stops.

    email bounces

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-09        held reminder_first: no channel reaches the customer: email invalid
    2026-02-09        we ask a person: unreachable about INV-1
    2026-02-16        we text reminder_second about INV-1
    2026-02-20        customer opts out of sms
    2026-02-23        held reminder_third: no channel reaches the customer: sms opted out, email
                          invalid
    2026-03-06        held final_notice: no channel reaches the customer: email invalid, sms opted
                          out
    2026-03-23        held suspend: final_notice has not been delivered for INV-1
    2026-04-01        customer has a new email
    2026-04-01        we email final_notice about INV-1
    2026-04-01        held suspend: final_notice was delivered on 2026-04-01: 10 days of notice end
                          on 2026-04-13
    2026-04-13        we suspend the service for INV-1
    2026-04-13        we email suspended about INV-1
    2026-05-11        customer pays 500.00 EUR (P-1)
    2026-05-11        we bring the service back
    2026-05-11        we email thanks
    2026-05-30        the story ends
    """
    await play()


async def test_a_letter_that_comes_back_goes_out_by_text_at_once(play: Play) -> None:
    """
    The invoice comes in when it is late already. Its first letter bounces, and goes out by text on
    the same day.

    email bounces

    2026-02-16        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-16        we email reminder_second about INV-1
    2026-02-16        we text reminder_second about INV-1
    2026-02-18        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_no_address_at_all(play: Play) -> None:
    """
    There is neither an address nor a number: a person gets the task, once.

    email missing
    sms missing

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        held reminder_first: no channel reaches the customer: email missing
    2026-02-09        we ask a person: unreachable about INV-1
    2026-02-16        held reminder_second: no channel reaches the customer: email missing, sms
                          missing
    2026-03-20        customer pays 500.00 EUR (P-1)
    2026-05-30        the story ends
    """
    await play()


async def test_a_customer_who_answers_is_heard(play: Play) -> None:
    """
    Acme writes that it has paid: a person reads it, once, while the reminders go on. It says stop to
    texts, and takes that back in time for the third reminder.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-10 09:00  customer writes by sms, which says paid
    2026-02-10        we ask a person: customer_reply about INV-1
    2026-02-10 11:00  customer writes by sms, which says other
    2026-02-11        finance has done the customer_reply
    2026-02-12        customer opts out of sms
    2026-02-16        we email reminder_second about INV-1
    2026-02-20        customer wants sms again
    2026-02-23        we text reminder_third about INV-1
    2026-02-24        customer pays 500.00 EUR (P-1)
    2026-03-30        the story ends
    """
    await play()


async def test_a_letter_that_fails_in_passing_goes_out_again_on_another_day(play: Play) -> None:
    """
    The mailbox is full. The first reminder has no other channel, so it goes out again the next day, and
    arrives.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-09 15:00  reminder_first by email fails in passing
    2026-02-09        held reminder_first: email failed and may work another day: reminder_first goes
                          out again from 2026-02-10
    2026-02-10        we email reminder_first about INV-1
    2026-02-12        customer pays 500.00 EUR (P-1)
    2026-03-20        the story ends
    """
    await play()
