"""What finance decides: approvals, suspending by hand, the safety switches."""

from tests.stories.conftest import Play


async def test_a_large_debt_needs_approval(play: Play) -> None:
    """
    Acme owes a lot: a person calls, and the service stops only when finance has approved.

    2026-01-05        invoice INV-1 of 6000.00 EUR, due 2026-02-04
    2026-01-28        we email upcoming about INV-1
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-02-25        we ask a person: call about INV-1
    2026-03-02        finance has done the call
    2026-03-06        we text final_notice about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-23        held suspend: 6,000.00 EUR needs approval from 5,000.00 EUR
    2026-03-23        we ask a person: approve about INV-1
    2026-03-25        finance approves
    2026-03-25        we suspend the service for INV-1
    2026-03-25        we email suspended about INV-1
    2026-04-10        customer pays 6000.00 EUR (P-1)
    2026-04-10        we bring the service back
    2026-04-10        we email thanks
    2026-05-30        the story ends
    """
    await play()


async def test_finance_cannot_suspend_before_the_warnings(play: Play) -> None:
    """
    Finance is in a hurry, and is told three times why not yet. Later it gives the service back
    although Acme has not paid; for this debt it does not stop again.

    2026-01-05        invoice INV-1 of 6000.00 EUR, due 2026-02-04
    2026-01-28        we email upcoming about INV-1
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-18        finance cannot suspend: Nobody is suspended without warning: final_notice has
                          not been delivered for INV-1.
    2026-02-23        we text reminder_third about INV-1
    2026-02-25        we ask a person: call about INV-1
    2026-03-06        we email final_notice about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-10        finance cannot suspend: Nobody is suspended without warning: final_notice was
                          delivered on 2026-03-06: 10 days of notice end on 2026-03-16.
    2026-03-16        finance cannot suspend: Nobody is suspended without warning: the suspension
                          was announced for 2026-03-23.
    2026-03-23        held suspend: 6,000.00 EUR needs approval from 5,000.00 EUR
    2026-03-23        we ask a person: approve about INV-1
    2026-03-24        finance suspends: repeated default
    2026-03-24        we suspend the service for INV-1
    2026-03-24        we email suspended about INV-1
    2026-04-01        finance reactivates: agreed with the customer
    2026-04-01        we bring the service back
    2026-04-02        finance cannot suspend: The service has been suspended for these debts before:
                          only a new one can suspend it again.
    2026-06-30        the story ends
    """
    await play()


async def test_finance_stops_everything(play: Play) -> None:
    """
    The letters name a wrong bank account. Nothing goes out until that is mended; then the highest
    reminder that is due goes out, and the one below it is not sent any more.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-05        finance stops everything: the letters name a wrong account
    2026-02-09        held reminder_first: all outward effects are stopped since 2026-02-05 11:00
                          UTC: the letters name a wrong account
    2026-02-16        held reminder_second: all outward effects are stopped since 2026-02-05 11:00
                          UTC: the letters name a wrong account
    2026-02-18        finance says go
    2026-02-18        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-02        customer pays 500.00 EUR (P-1)
    2026-04-30        the story ends
    """
    await play()


async def test_more_than_the_limit_needs_a_person(play: Play) -> None:
    """
    Finance allows one message an hour, as one does after a new policy. The final notice goes out by
    two channels: the second one waits until a person has looked.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-05        finance allows 1 effect an hour
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-23        we text reminder_third about INV-1
    2026-03-06        we text final_notice about INV-1
    2026-03-06        held final_notice: 2 effects within the hour exceed 1: a person must approve
    2026-03-06 11:30  finance says go, beyond the limit
    2026-03-06        we email final_notice about INV-1
    2026-03-12        customer pays 500.00 EUR (P-1)
    2026-04-30        the story ends
    """
    await play()


async def test_what_was_due_before_the_ledger_went_live_is_not_sent(play: Play) -> None:
    """
    The ledger goes live in March. Letters that were due before are not sent late; the first to go
    out is the next one of each invoice, and whoever was never reminded gets no final notice.

    go-live 2026-03-01

    2026-02-20        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-20        invoice INV-2 of 400.00 EUR, due 2026-02-25
    2026-02-20        held reminder_first: reminder_first fell on 2026-02-07, before the ledger went
                          live on 2026-03-01
    2026-02-20        held reminder_second: reminder_second fell on 2026-02-14, before the ledger
                          went live on 2026-03-01
    2026-02-20        held upcoming: upcoming fell on 2026-02-18, before the ledger went live on
                          2026-03-01
    2026-02-23        held reminder_third: reminder_third fell on 2026-02-21, before the ledger went
                          live on 2026-03-01
    2026-03-02        held reminder_first: reminder_first fell on 2026-02-28, before the ledger went
                          live on 2026-03-01
    2026-03-06        held final_notice: reminder_second has not been delivered for INV-1
    2026-03-09        we email reminder_second about INV-2
    2026-03-16        we text reminder_third about INV-2
    2026-03-20        customer pays 400.00 EUR (P-1) for INV-2
    2026-03-23        held suspend: final_notice has not been delivered for INV-1
    2026-04-30        the story ends
    """
    await play()
