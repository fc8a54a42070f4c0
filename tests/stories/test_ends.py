"""How chasing ends: restricted, suspended, handed over, terminated, written off."""

from tests.stories.conftest import Play


async def test_a_restriction_comes_back_with_the_money(play: Play) -> None:
    """
    Acme cannot order anything new for two days, pays, and is thanked.

    policy full

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-03
    2026-02-06        we email reminder_first about INV-1
    2026-02-20        we email final_notice about INV-1
    2026-02-23        we restrict the service for INV-1
    2026-02-23        we email service-restricted about INV-1
    2026-02-25        customer pays 500.00 EUR (P-1)
    2026-02-25        we bring the service back
    2026-02-25        we email thanks
    2026-04-30        the story ends
    """
    await play()


async def test_a_subscription_is_ended_step_by_step_and_nothing_brings_it_back(play: Play) -> None:
    """
    Large sums wait for a person before the restriction, and the end of a subscription always does. What
    Acme pays in the end is booked; the write-off that was proposed is then moot.

    policy full

    2026-01-05        invoice INV-1 of 2500.00 EUR, due 2026-02-03
    2026-02-06        we email reminder_first about INV-1
    2026-02-20        we email final_notice about INV-1
    2026-02-23        we ask a person: approve-restrict about INV-1
    2026-02-23        held restrict: 2,500.00 EUR needs approval from 2,000.00 EUR
    2026-02-24 10:00  finance approves restrict
    2026-02-24        we restrict the service for INV-1
    2026-02-24        we email service-restricted about INV-1
    2026-03-05        we suspend the service for INV-1
    2026-03-05        we email suspended about INV-1
    2026-04-06        we email last_call about INV-1
    2026-05-04        we ask a person: approve-terminate about INV-1
    2026-05-04        held terminate: 2,500.00 EUR needs approval from 0.00 EUR
    2026-05-06 10:00  finance approves terminate
    2026-05-06        we end the subscription for INV-1
    2026-05-06        we email service-ended about INV-1
    2026-06-03        we ask a person: give_up about INV-1
    2026-06-10        customer pays 2500.00 EUR (P-1)
    2026-06-10        we email thanks
    2026-06-24        bank takes P-1 back
    2026-06-24        we ask a person: after-end about INV-1
    2026-08-31        the story ends
    """
    await play()


async def test_what_an_agency_gives_up_is_warned_of_afresh(play: Play) -> None:
    """
    Acme's debt goes to an agency, which gives up after a month. The service stays suspended meanwhile.

    policy full

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-03
    2026-02-06        we email reminder_first about INV-1
    2026-02-20        we email final_notice about INV-1
    2026-02-23        we restrict the service for INV-1
    2026-02-23        we email service-restricted about INV-1
    2026-03-05        we suspend the service for INV-1
    2026-03-05        we email suspended about INV-1
    2026-04-06        we email last_call about INV-1
    2026-04-14        we ask a person: agency about INV-1
    2026-04-15        finance hands INV-1 over to Northern
    2026-05-15        finance takes INV-1 back
    2026-05-15        we email reminder_first about INV-1
    2026-05-18        we email last_call about INV-1
    2026-05-18        customer pays 500.00 EUR (P-1)
    2026-05-18        we bring the service back
    2026-05-18        we email thanks
    2026-08-31        the story ends
    """
    await play()


async def test_what_others_collect_we_leave_alone(play: Play) -> None:
    """
    The agency has the debt before the final notice.

    policy full

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-03
    2026-02-06        we email reminder_first about INV-1
    2026-02-10        finance hands INV-1 over to Northern
    2026-02-10        held final_notice: INV-1 was handed over to Northern on 2026-02-10
    2026-08-31        the story ends
    """
    await play()


async def test_what_others_suspended_is_theirs_to_give_back(play: Play) -> None:
    """
    The fraud desk suspends Acme before we would: the switch is left alone, and nobody is chased for a service
    that others took away. What was announced before is said anew.

    policy full

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-03
    2026-02-06        we email reminder_first about INV-1
    2026-02-20        we email final_notice about INV-1
    2026-02-20        others suspend the service
    2026-02-20        held suspend: nothing may be said or done until released: others suspended the service
    2026-03-10 12:00  others give the service back
    2026-03-10        we email reminder_first about INV-1
    2026-03-12        customer pays 500.00 EUR (P-1)
    2026-04-30        the story ends
    """
    await play()


async def test_a_cancelled_subscription_is_put_away_and_its_debt_chased_on(play: Play) -> None:
    """
    Acme cancels while it is restricted: no payment brings back what is gone, and the final notice
    announces nothing.

    policy full

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-03
    2026-02-06        we email reminder_first about INV-1
    2026-02-20        we email final_notice about INV-1
    2026-02-23        we restrict the service for INV-1
    2026-02-23        we email service-restricted about INV-1
    2026-02-25        customer cancels the subscription
    2026-02-25        we put the subscription away
    2026-04-14        we ask a person: agency about INV-1
    2026-05-04        customer pays 500.00 EUR (P-1)
    2026-08-31        the story ends
    """
    await play()


async def test_a_younger_debt_is_not_chased_after_the_end(play: Play) -> None:
    """
    A second invoice had only been reminded of when the subscription ended.

    policy full

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-03
    2026-02-06        we email reminder_first about INV-1
    2026-02-20        we email final_notice about INV-1
    2026-02-23        we restrict the service for INV-1
    2026-02-23        we email service-restricted about INV-1
    2026-03-05        we suspend the service for INV-1
    2026-03-05        we email suspended about INV-1
    2026-04-06        we email last_call about INV-1
    2026-04-14        we ask a person: agency about INV-1
    2026-04-20        invoice INV-2 of 300.00 EUR, due 2026-04-30
    2026-05-04        we ask a person: approve-terminate about INV-1
    2026-05-04        we email reminder_first about INV-2
    2026-05-06 10:00  finance approves terminate
    2026-05-06        we end the subscription for INV-1
    2026-05-06        we email service-ended about INV-1, INV-2
    2026-05-06        held final_notice: the subscription ended on 2026-05-06: final_notice is not sent
                          any more
    2026-06-03        we ask a person: give_up about INV-1
    2026-08-31        the story ends
    """
    await play()


async def test_a_payment_brings_nothing_back_while_an_incident_is_open(play: Play) -> None:
    """
    Acme is suspended when its computers are found mining. It pays, which brings nothing back: finance hears
    why. The end of the incident does.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-23        we suspend the service for INV-1
    2026-03-23        we email suspended about INV-1
    2026-03-25 12:00  incident inc-1 of mining is opened
    2026-03-26        customer pays 500.00 EUR (P-1)
    2026-03-26        we ask a person: return-withheld
    2026-03-26        held reactivate: incident inc-1 is open: nothing is given back by itself
    2026-03-27 12:00  incident inc-1 is closed
    2026-03-27        we bring the service back
    2026-03-27        we email thanks
    2026-05-18        the story ends
    """
    await play()


async def test_a_payment_brings_nothing_back_that_others_suspended_too(play: Play) -> None:
    """
    Acme is suspended by us, and then by the vendor as well. It pays: the switch is not ours alone.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-23        we suspend the service for INV-1
    2026-03-23        we email suspended about INV-1
    2026-03-25 12:00  others suspend the service
    2026-03-26        customer pays 500.00 EUR (P-1)
    2026-03-26        we ask a person: return-withheld
    2026-03-26        held reactivate: others suspended the service on 2026-03-25: we neither suspend it
                          nor bring it back
    2026-03-27 12:00  others give the service back
    2026-03-27        we bring the service back
    2026-03-27        we email thanks
    2026-05-18        the story ends
    """
    await play()
