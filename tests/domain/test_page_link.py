"""The link to a customer's own page: read back as it was made, and made by nobody else."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.page_link import LAST_DAY, LONGEST, PageLink, read, sealed

OLD, NEW = b"the old key, of thirty-two bytes at least", b"the new key, of thirty-two bytes at least"
UNTIL = date(2027, 2, 1)
LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

links = st.builds(
    PageLink,
    number=st.integers(1, 2**40),
    generation=st.integers(0, 2**20),
    until=st.dates(date(2020, 1, 1), LAST_DAY),
)


@given(links)
def test_a_link_says_what_was_sealed_and_is_no_longer_than_is_read(link: PageLink) -> None:
    token = sealed(link, [NEW])

    assert read(token, [NEW]) == link
    assert len(token) <= LONGEST
    assert set(token) <= set(LETTERS), "nothing that a telephone would take for the end of a link"


@given(links, st.data())
def test_a_letter_that_is_another_opens_nothing(link: PageLink, data: st.DataObject) -> None:
    token = sealed(link, [NEW])
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from(LETTERS).filter(lambda letter: letter != token[at]))

    assert read(token[:at] + letter + token[at + 1 :], [NEW]) is None


@given(st.text(max_size=60))
def test_whatever_somebody_types_opens_nothing_and_breaks_nothing(token: str) -> None:
    assert read(token, [OLD, NEW]) is None


def test_the_first_key_seals_and_all_are_accepted() -> None:
    link = PageLink(number=7, generation=0, until=UNTIL)

    assert read(sealed(link, [OLD]), [NEW, OLD]) == link
    assert sealed(link, [NEW, OLD]) == sealed(link, [NEW])
    assert read(sealed(link, [OLD]), [NEW]) is None


def test_the_same_link_has_the_same_token_and_another_day_another() -> None:
    link = PageLink(number=7, generation=0, until=UNTIL)
    later = PageLink(number=7, generation=0, until=UNTIL + timedelta(days=1))

    assert sealed(link, [NEW]) == sealed(PageLink(number=7, generation=0, until=UNTIL), [NEW])
    assert sealed(link, [NEW]) != sealed(later, [NEW])


@pytest.mark.parametrize(("number", "most"), [(1, 18), (127, 18), (16_383, 19), (2_000_000, 20)])
def test_a_text_message_has_room_for_it(number: int, most: int) -> None:
    for generation in (0, 127):
        for key in (OLD, NEW):
            link = PageLink(number=number, generation=generation, until=UNTIL)
            assert len(sealed(link, [key])) <= most


def test_a_day_beyond_what_two_bytes_hold_is_the_last_one() -> None:
    link = PageLink(number=1, generation=0, until=date(9999, 1, 1))
    found = read(sealed(link, [NEW]), [NEW])

    assert found is not None
    assert found.until == LAST_DAY
