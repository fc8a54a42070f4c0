"""The consumer policy: later, slower and gentler."""

from tests.stories.conftest import Play


async def test_a_household_comes_back_with_a_small_rest(play: Play) -> None:
    """
    A household is reminded over two months, loses its service, and has it back when the rest is small.

    policy consumer
    segment consumer

    2026-01-05        invoice INV-1 of 90.00 EUR, due 2026-02-04
    2026-01-30        we email upcoming about INV-1
    2026-02-09        we email reminder_first about INV-1
    2026-02-19        we email reminder_second about INV-1
    2026-03-06        we text reminder_third about INV-1
    2026-03-21        we text final_notice about INV-1
    2026-03-21        we email final_notice about INV-1
    2026-04-10        we suspend the service for INV-1
    2026-04-10        we email suspended about INV-1
    2026-05-05        customer pays 85.00 EUR (P-1)
    2026-05-05        we bring the service back
    2026-05-05        we email thanks
    2026-06-30        the story ends
    """
    await play()
