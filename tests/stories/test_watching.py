"""What is watched: usage against its budget, and who may administer."""

from tests.stories.conftest import Play


async def test_a_customer_uses_more_than_was_agreed(play: Play) -> None:
    """
    Acme expects to use 1,000 euros a month, so its budget is 1,200. It is warned, hears that all is used up,
    and at half as much again somebody looks for misuse. The next month begins anew.

    2026-02-26        customer has a new email
    2026-02-27        finance agrees on usage of 1000.00 EUR a month
    2026-03-04        2026-03 has cost 959.99 EUR so far
    2026-03-05        2026-03 has cost 960.00 EUR so far
    2026-03-05        we email usage-warning
    2026-03-06        2026-03 has cost 1200.00 EUR so far
    2026-03-06        we ask a person: usage-over
    2026-03-06        we email usage-alert
    2026-03-06 15:00  2026-03 has cost 1200.00 EUR so far
    2026-03-09        2026-03 has cost 1800.00 EUR so far
    2026-03-09        we ask a person: usage-odd
    2026-03-09        we email usage-alert
    2026-03-16        we email usage-warning
    2026-03-23        we email usage-warning
    2026-03-30        we email usage-warning
    2026-04-02        2026-04 has cost 100.00 EUR so far
    2026-04-20        the story ends
    """
    await play()


async def test_a_role_is_granted_for_a_time(play: Play) -> None:
    """
    A role is granted once sign-in is safe. Somebody is reminded of its end, reviews it, and takes it back.

    2026-03-02        customer has a new email
    2026-03-02 13:00  finance notes that mfa holds
    2026-03-02 14:00  finance grants G-1 until 2026-03-10: audit
    2026-03-03        we ask a person: access-ends
    2026-03-09        we ask a person: access-ends
    2026-03-09        we ask a person: access-review
    2026-03-11        we ask a person: access-over
    2026-03-12        finance revokes G-1: the audit is over
    2026-03-30        the story ends
    """
    await play()
