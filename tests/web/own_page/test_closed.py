"""Who sees nothing of the customer's own page, and who is let in no more often than the limits say."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import httpx2 as httpx

from store import customers, own_pages
from store.own_pages import PageLinks
from tests.store.conftest import at
from tests.web.own_page.conftest import PUBLIC, SHORT, Visitor, seen
from web.app import application
from web.rate import SlidingWindow

FOREIGN_KEY = b"a key that is somebody else's, 32 bytes"


async def test_whatever_does_not_work_shows_one_page_that_is_about_nobody(visitor: Visitor) -> None:
    visitor.business.customer("GONE")
    gone, good = visitor.link("GONE"), visitor.link()
    with visitor.business.ledger.write() as session:
        customers.destroy_contact(session, "GONE")
    own_pages.revoke(visitor.business.ledger, "ACME", by="maria", now=at(4))
    old = visitor.link(on=at(4) - timedelta(days=91))
    foreign = PageLinks(visitor.business.ledger, keys=(FOREIGN_KEY,), public_url=SHORT, days=90)
    forged = foreign.url("ACME", at(4).date()).removeprefix(SHORT)
    answers = [await visitor.look(link) for link in (good, gone, old, forged, f"{good}x", "/c/x", "/c/%00")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "This link does not work" in seen(answers[0])
    for words in ("ACME", "GONE", "INV-1", "expired", "revoked"):
        assert words not in answers[0].text
    assert visitor.site.tally.take() == {("own_page", "token"): len(answers)}


async def test_a_link_that_does_not_work_takes_nothing_either(visitor: Visitor) -> None:
    link = visitor.link()
    own_pages.revoke(visitor.business.ledger, "ACME", by="maria", now=at(4))
    for action in ("promise", "dispute", "call", "preferences", "nothing"):
        answer = await visitor.ask(link, action, pay_on="2026-03-12")
        assert (answer.status_code, "does not work" in seen(answer)) == (404, True)
    assert visitor.account().promises == ()


async def test_it_speaks_the_language_of_the_browser_and_never_of_the_customer(visitor: Visitor) -> None:
    for accepted, title in (
        ("de-AT,de;q=0.9,en;q=0.8", "Dieser Link funktioniert nicht"),
        ("ko", "링크를 열 수 없습니다"),
        ("sv, fr;q=0.5", "Ce lien ne fonctionne pas"),
        ("", "This link does not work"),
        ("../../en;" * 999, "This link does not work"),
    ):
        assert title in seen(await visitor.look("/c/x", **{"Accept-Language": accepted}))


async def test_to_look_changes_nothing(visitor: Visitor) -> None:
    """Mail programs and scanners follow every link, and some send HEAD."""
    link = visitor.link()
    for action in ("promise", "dispute", "call", "preferences"):
        answer = await visitor.look(f"{link}/{action}?pay_on=2026-03-12")
        assert (answer.status_code, answer.headers["location"]) == (303, link)
    await visitor.client.head(link)
    assert visitor.account().promises == ()
    assert visitor.woken == []


async def test_a_form_that_another_site_sends_is_refused(visitor: Visitor) -> None:
    link = visitor.link()
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ):
        answer = await visitor.ask(link, "promise", headers=headers, pay_on="2026-03-12")
        assert answer.status_code == 403
    assert visitor.account().promises == ()


async def test_a_form_of_ours_is_taken_by_old_browsers_too(visitor: Visitor) -> None:
    link = visitor.link()
    given: tuple[dict[str, str], ...] = (
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": PUBLIC},
        {"Origin": SHORT},
        {},
    )
    for headers in given:
        answer = await visitor.ask(link, "promise", headers=headers, pay_on="2026-03-12")
        assert answer.status_code == 303


async def test_what_is_no_form_of_the_page_is_refused(visitor: Visitor) -> None:
    link = visitor.link()
    form = "application/x-www-form-urlencoded"
    for media_type, body in (
        ("application/json", b'{"pay_on": "2026-03-12"}'),
        ("text/plain", b"pay_on=2026-03-12"),
        (form, b"pay_on=2026-03-12\xff"),
        (form, b"&".join(b"a=%d" % n for n in range(50))),
    ):
        answer = await visitor.client.post(
            f"{link}/promise", content=body, headers={"Content-Type": media_type}
        )
        assert answer.status_code == 403
    assert (await visitor.ask(link, "delete")).status_code == 404
    large = await visitor.client.post(
        f"{link}/call", content=b"x" * (2 << 20), headers={"Content-Type": form}
    )
    assert large.status_code == 400
    assert visitor.account().promises == ()


async def test_no_page_is_kept_framed_scripted_or_told_to_others(visitor: Visitor) -> None:
    link = visitor.link()
    wrong = await visitor.ask(link, "promise", pay_on="never")
    right = await visitor.ask(link, "call", when="any")
    for answer in (await visitor.look(link), await visitor.look("/c/x"), wrong, right):
        headers = answer.headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert "javascript:" not in answer.text


async def test_the_stylesheet_is_named_by_its_content_and_kept(visitor: Visitor) -> None:
    page = await visitor.look(visitor.link())
    (style,) = [part.split('"')[0] for part in page.text.split('<link rel="stylesheet" href="')[1:]]
    sheet = await visitor.look(style)

    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["cache-control"]


async def test_the_short_address_is_a_host_of_ours_and_others_are_not(visitor: Visitor) -> None:
    link = visitor.link()
    for host, status in (("ar.example", 200), ("arrears.example", 200), ("elsewhere.example", 400)):
        assert (await visitor.look(link, Host=host)).status_code == status


# --- limits


def limited(visitor: Visitor, **limits: object) -> httpx.AsyncClient:
    pages = visitor.site.own_pages
    assert pages is not None
    site = replace(visitor.site, own_pages=replace(pages, **limits))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=application(site)), base_url=PUBLIC)


async def test_an_address_is_let_in_so_often_and_learns_nothing_by_being_refused(visitor: Visitor) -> None:
    link = visitor.link()
    async with limited(visitor, by_address=SlidingWindow(3, 60)) as client:
        answers = [await client.get(path) for path in (link, "/c/x", link, link, "/c/x", f"{link}/call")]

    assert [answer.status_code for answer in answers] == [200, 404, 200, 429, 429, 303]
    assert answers[3].text == answers[4].text
    assert 1 <= int(answers[3].headers["retry-after"]) <= 61
    assert "try again in a few minutes" in seen(answers[3])


async def test_a_link_is_opened_so_often_from_wherever(visitor: Visitor) -> None:
    visitor.business.customer("BETA")
    link, other = visitor.link(), visitor.link("BETA")
    async with limited(visitor, by_customer=SlidingWindow(2, 60)) as client:
        answers = [(await client.get(path)).status_code for path in (link, link, link, other)]
    assert answers == [200, 200, 429, 200]


async def test_only_so_much_is_changed_by_a_link(visitor: Visitor) -> None:
    link = visitor.link()
    async with limited(visitor, changes=SlidingWindow(1, 60)) as client:
        answers = [
            await client.post(f"{link}/call", data={"when": when, "words": ""}) for when in ("any", "morning")
        ]
        shown = await client.get(link)
    assert [answer.status_code for answer in answers] == [303, 429]
    assert shown.status_code == 200, "to look is another matter"


async def test_behind_a_proxy_it_is_who_asks_that_is_counted(visitor: Visitor) -> None:
    link = visitor.link()
    asked = [
        *("203.0.113.7", "198.51.100.9, 203.0.113.7", "203.0.113.8", "203.0.113.7"),
        *("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1", "nobody"),
        *("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
    ]

    async def statuses(**limits: object) -> list[int]:
        async with limited(visitor, by_address=SlidingWindow(1, 60), **limits) as client:
            headers = [{"X-Forwarded-For": each} for each in asked]
            return [(await client.get(link, headers=each)).status_code for each in headers]

    behind = await statuses(proxies=[ip_network("127.0.0.0/8")])
    assert behind == [200, 429, 200, 429, 200, 429, 200, 200, 200, 200]
    assert await statuses() == [200, *[429] * 9], "anybody may write such a header"


def test_a_window_slides_and_forgets() -> None:
    now = [0.0]
    window = SlidingWindow(2, 10, monotonic=lambda: now[0])
    assert [window.wait("a"), window.wait("a")] == [0, 0]
    now[0] = 4
    assert (window.wait("a"), window.wait("b")) == (6, 0)
    now[0] = 10
    assert [window.wait("a"), window.wait("a")] == [0, 0], "those that are refused count for nothing"
    assert window.wait("a") == 10


async def test_while_the_ledger_is_away_nothing_of_it_is_said(visitor: Visitor) -> None:
    link = visitor.link()

    class Away:
        def visit(self, token: str, today: object) -> None:
            raise RuntimeError("the ledger of ACME is away")

    async with limited(visitor, links=Away()) as client:
        answer = await client.get(link)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "31")
    assert "went wrong on our side" in seen(answer)
    assert "ACME" not in answer.text
