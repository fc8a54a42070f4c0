"""One customer, one invoice. Written so that finance can read and correct it."""

from tests.stories.conftest import Play


async def test_acme_pays_after_the_second_reminder(play: Play) -> None:
    """
    Acme forgets, is reminded twice, and pays in full. Nothing more is sent.

    2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about INV-1
    2026-02-16        we email reminder_second about INV-1
    2026-02-18        customer pays 500.00 EUR (P-1)
    2026-05-18        the story ends
    """
    await play()
