"""Vendors' webhooks, end to end: signed as the vendors sign, over HTTP, into the ledger and the plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import pytest
from twilio.request_validator import RequestValidator

from domain.facts import Bounced, ContactInvalid, Delivered, OptedOut
from providers.twilio_door import TwilioDoor
from store import breakers, consents, customers, facts, heard, inbox, tasks
from tests.store.conftest import at, keys
from tests.web.conftest import ACCOUNT, FORM, PUBLIC, SHARED_KEYS, TOKEN, Web
from web.app import application


def outcomes(web: Web) -> list[Any]:
    history = facts.history(web.business.ledger, "ACME")
    return [f.body for f in history if isinstance(f.body, Delivered | Bounced | ContactInvalid | OptedOut)][
        1:
    ]


async def test_a_status_callback_settles_the_claim_and_says_that_it_arrived(web: Web, texted: str) -> None:
    for status in ("sent", "queued", "delivered", "delivered"):
        answer = await web.status(texted, MessageStatus=status)
        assert (answer.status_code, answer.text) == (200, "")
    (delivered,) = outcomes(web)
    assert delivered == Delivered(message=texted, step="second", channel="sms")
    claim = web.business.assess("ACME", at(11)).account.claims[-1]
    assert (claim.message, claim.state, claim.provider_ref) == (texted, "sent", "SM1")
    assert set(web.woken) == {"ACME"}


async def test_a_number_that_does_not_exist_is_no_channel_any_more(web: Web, texted: str) -> None:
    await web.status(texted, MessageStatus="undelivered", ErrorCode="30005")
    account = web.business.assess("ACME", at(10, 13)).account
    assert account.reach["sms"] == "invalid"
    assert web.woken == ["ACME"]


async def test_a_telephone_that_is_switched_off_is_tried_on_another_day(web: Web, texted: str) -> None:
    await web.status(texted, MessageStatus="undelivered", ErrorCode="30003")
    assert keys(web.business.assess("ACME", at(10, 13))) == []
    assert keys(web.business.assess("ACME", at(11))) == ["second/sms"]


async def test_stop_at_the_carrier_is_an_opt_out(web: Web, texted: str) -> None:
    await web.status(texted, MessageStatus="failed", ErrorCode="21610")
    assert web.business.assess("ACME", at(11)).account.reach["sms"] == "opted_out"
    assert consents.untold(web.business.ledger, now=at(11), limit=9) == [], "Twilio has heard it"


async def test_a_sender_that_is_not_registered_is_a_task_for_the_operator(web: Web, texted: str) -> None:
    await web.status(texted, MessageStatus="undelivered", ErrorCode="30034")
    assert web.business.assess("ACME", at(10, 13)).account.reach["sms"] == "ok"
    (task,) = [task for task in tasks.worklist(web.business.ledger) if task.customer_id is None]
    assert "10DLC" in task.why


@pytest.mark.parametrize("fields", [{}, {"MessagingServiceSid": "MG1"}])
async def test_a_sender_that_a_callback_names_is_stopped(
    fields: dict[str, str], web: Web, texted: str
) -> None:
    sender = {"From": "+447700900000", **fields}
    await web.status(texted, MessageStatus="undelivered", ErrorCode="30034", **sender)
    (held,) = breakers.holding(web.business.ledger)
    assert held.startswith(f"sms from {fields.get('MessagingServiceSid', '+447700900000')} is stopped")
    assert keys(web.business.assess("ACME", at(11))) == ["second/sms"], "and nothing is held against ACME"


async def test_a_status_nobody_knows_is_kept_and_shown(web: Web, texted: str) -> None:
    answer = await web.status(texted, MessageStatus="teleported", Unheard="of")
    assert answer.status_code == 200
    assert outcomes(web) == []


async def test_a_status_of_a_message_that_is_not_ours_is_counted(web: Web) -> None:
    assert (await web.status("m-of-somebody", MessageStatus="delivered")).status_code == 200
    assert (await web.status(None, MessageStatus="delivered")).status_code == 200
    assert inbox.unknown_since(web.business.ledger, at(0)) == {"twilio": 1}, "the same message and status"


async def test_events_of_sendgrid_are_taken_by_our_reference(web: Web, mailed: str) -> None:
    event = {
        "rid": mailed,
        "sg_message_id": "SG1.recvd-1",
        "email": "ACME@example.com",
        "timestamp": 1772791200,
    }
    answer = await web.events(
        {**event, "event": "processed"},
        {**event, "event": "open", "sg_machine_open": True},
        {**event, "event": "bounce", "type": "bounce", "reason": "550 no such user", "status": "5.1.1"},
        {"event": "delivered", "rid": 7},
        "no event",
        {"no": "event"},
        {"event": ""},
    )
    assert (answer.status_code, answer.text) == (200, "")
    account = web.business.assess("ACME", at(4)).account
    assert account.reach["email"] == "invalid"
    assert inbox.unknown_since(web.business.ledger, at(0)) == {"sendgrid": 1}


@pytest.mark.parametrize(
    ("event", "reach"),
    [
        ({"event": "bounce", "type": "blocked", "bounce_classification": "Reputation"}, "ok"),
        ({"event": "bounce", "type": "blocked", "bounce_classification": "Technical"}, "ok"),
        ({"event": "dropped", "reason": "Bounced Address"}, "invalid"),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, "opted_out"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "opted_out"),
        ({"event": "spamreport"}, "opted_out"),
        ({"event": "group_unsubscribe", "asm_group_id": 12345}, "ok"),
        ({"event": "unsubscribe"}, "opted_out"),
        ({"event": "deferred", "attempt": "3"}, "ok"),
    ],
    ids=lambda value: "-".join(str(v) for v in value.values()) if isinstance(value, dict) else value,
)
async def test_each_event_of_the_reference_has_its_reaction(
    web: Web, mailed: str, event: dict[str, Any], reach: str
) -> None:
    await web.events({**event, "rid": mailed, "sg_message_id": "SG1.x", "timestamp": 1772791200})
    assert web.business.assess("ACME", at(5)).account.reach["email"] == reach


async def test_an_event_of_yesterday_is_taken_and_one_of_last_week_is_not(web: Web, mailed: str) -> None:
    event = {"event": "delivered", "rid": mailed, "sg_message_id": "SG1.x", "timestamp": 1772791200}
    hour = timedelta(hours=1)
    assert (await web.events(event, signed_at=web.now[0] - 25 * hour)).status_code == 200
    assert (await web.events(event, signed_at=web.now[0] - 27 * hour)).status_code == 403
    assert (await web.events(event, signed_at=web.now[0] + hour)).status_code == 403
    assert web.site.tally.take() == {("sendgrid", "stale"): 1, ("sendgrid", "future"): 1}


async def test_twilio_s_own_words_are_answered_by_twilio_alone(web: Web) -> None:
    web.business.customer()
    answer = await web.inbound("STOP")
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response />")
    assert web.business.assess("ACME", at(4)).account.reach["sms"] == "opted_out"


async def test_stop_in_other_words_is_confirmed_once(web: Web) -> None:
    web.business.customer(language="de")
    first, again = await web.inbound("Bitte keine SMS mehr!"), await web.inbound("Bitte keine SMS mehr!")
    assert "<Message>Example Cloud: Sie erhalten keine SMS mehr" in first.text
    assert again.text.endswith("<Response />")
    assert web.business.assess("ACME", at(4)).account.reach["sms"] == "opted_out"


async def test_advanced_opt_out_says_what_it_took_the_words_for(web: Web) -> None:
    web.business.customer()
    await web.inbound("ARRET", OptOutType="STOP")
    assert web.business.assess("ACME", at(4)).account.reach["sms"] == "opted_out"


async def test_a_reply_wakes_the_workflow_for_its_task(web: Web) -> None:
    web.business.customer()
    answer = await web.inbound("I paid yesterday 💶")
    assert answer.text.endswith("<Response />")
    assert web.woken == ["ACME"]
    assert [words.says for words in heard.read(web.business.ledger, "ACME")] == ["paid"]


async def test_a_wake_that_fails_is_left_to_the_sweep(web: Web, texted: str) -> None:
    async def wake(customer_id: str) -> None:
        raise RuntimeError("Temporal is away")

    object.__setattr__(web.site, "wake", wake)
    assert (await web.status(texted, MessageStatus="delivered")).status_code == 200
    assert len(outcomes(web)) == 1


async def test_one_click_unsubscribes_and_looking_does_not(web: Web, mailed: str) -> None:
    """RFC 8058: nothing happens on GET; the POST needs no login."""
    headers = dict(web.site.links.headers(mailed))  # type: ignore[union-attr]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{PUBLIC}/u/")
    page = await web.client.get(link)
    assert "<button>" in page.text
    assert web.business.assess("ACME", at(4)).account.reach["email"] == "ok"
    done = await web.client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert (done.status_code, "no more emails" in done.text) == (200, True)
    assert web.business.assess("ACME", at(4)).account.reach == {"email": "opted_out", "sms": "ok"}
    assert (await web.client.post(link)).status_code == 200


async def test_a_link_that_is_not_ours_is_a_page_and_counted(web: Web, mailed: str) -> None:
    for token in ("x", mailed, "%00", "é", "a.b.c", "." * 3000):
        assert (await web.client.get(f"/u/{token}")).status_code == 404
        assert (await web.client.post(f"/u/{token}")).status_code == 404
    assert web.site.tally.take() == {("unsubscribe", "token"): 12}


async def test_health_is_answered_and_nothing_else_is_shown(web: Web) -> None:
    assert (await web.client.get("/healthz")).json() == {"status": "ok"}
    for path in ("/", "/docs", "/openapi.json", "/twilio", "/webhooks/twilio/status/"):
        assert (await web.client.get(path)).status_code == 404
    assert (await web.client.get("/webhooks/twilio/status")).status_code == 405


@pytest.mark.parametrize("event", ["group_unsubscribe", "group_resubscribe"])
async def test_what_a_customer_wants_of_other_mail_says_nothing_of_ours(web: Web, event: str) -> None:
    """Only statutory letters have a group, and SendGrid itself drops those: the event changes nothing."""
    web.business.customer()
    if event == "group_resubscribe":
        await web.events({"event": "unsubscribe", "email": "acme@example.com", "timestamp": 1772791100})
    before = facts.history(web.business.ledger, "ACME")
    await web.events(
        {"event": event, "email": "acme@example.com", "asm_group_id": 7, "timestamp": 1772791200}
    )
    assert facts.history(web.business.ledger, "ACME") == before
    assert inbox.unknown_since(web.business.ledger, at(0)) == {"sendgrid": 1}


async def test_an_opt_out_by_address_reaches_everybody_there_and_names_nobody(web: Web) -> None:
    for name in ("ACME", "BETA"):
        web.business.customer(name)
        with web.business.ledger.write() as session:
            row = customers.lock(session, name)
            data = replace(customers.contact(session, name), email="Billing@Example.com")
            customers.change_contact(session, row, data, now=at(0))
    event = {"event": "unsubscribe", "email": "billing@example.COM", "timestamp": 1772791200}
    await web.events(event)
    for name in ("ACME", "BETA"):
        assert web.business.assess(name, at(4)).account.reach["email"] == "opted_out"
        assert "example.com" not in str(facts.history(web.business.ledger, name)).lower()


async def test_health_is_answered_whatever_host_is_asked(web: Web) -> None:
    """A load balancer asks by address."""
    for host in ("10.0.0.7:8080", "anything.example"):
        assert (await web.client.get("/healthz", headers={"Host": host})).status_code == 200
        assert (await web.client.get("/u/x", headers={"Host": host})).status_code == 400


async def test_where_one_cannot_be_woken_nobody_else_is_waited_for(web: Web) -> None:
    asked = list[str]()

    async def wake(customer_id: str) -> None:
        asked.append(customer_id)
        raise RuntimeError("Temporal is away")

    object.__setattr__(web.site, "wake", wake)
    for name in ("ACME", "BETA"):
        web.business.customer(name)
    await web.inbound("I paid yesterday")
    assert asked == ["ACME"]


async def test_a_shared_key_is_changed_without_touching_the_auth_token(web: Web) -> None:
    """Old and new sign side by side for a while; then the old one is taken out."""
    old, new = SHARED_KEYS
    path = "/webhooks/twilio/status"
    said = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "MessageStatus": "delivered"}

    async def answers(key: str, secret: str, keys: dict[str, str]) -> int:
        door = TwilioDoor(account_sid=ACCOUNT, auth_token=TOKEN, shared_keys=keys)
        site = replace(web.site, doors={"twilio": door})
        signature = RequestValidator(secret).compute_signature(PUBLIC + path, said, "HMAC_SHA256")
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key={key},algorithm=HMAC_SHA256"
        transport = httpx.ASGITransport(app=application(site))
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            return (await client.post(path, content=urlencode(said).encode(), headers=headers)).status_code

    only_new = {new: SHARED_KEYS[new]}
    assert [await answers(key, secret, SHARED_KEYS) for key, secret in SHARED_KEYS.items()] == [200, 200]
    assert [await answers(key, secret, only_new) for key, secret in SHARED_KEYS.items()] == [403, 200]
    assert await answers(old, SHARED_KEYS[new], SHARED_KEYS) == 403
    assert (await web.status("m-1", MessageStatus="delivered")).status_code == 200, (
        "the token signs as before"
    )
