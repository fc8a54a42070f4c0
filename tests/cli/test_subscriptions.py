"""Where subscriptions are kept, on the command line."""

import json

from commandline.session import open_ledger
from domain.switching import Exchange, Place
from settings import Settings
from store import exchanges
from tests.cli.conftest import TODAY

LINK = ("subscription", "link", "ACME", "--provider", "partner_center", "--account", "T-1")


def test_a_subscription_is_linked_shown_and_unlinked(acme) -> None:
    assert acme("subscription", "show", "ACME").out.startswith("ACME: kept by the ledger's own switch")
    linked = acme(*LINK, "--resource", "S-1", "--kind", "licence", "--by", "Mara")
    assert (linked.status, linked.out) == (0, "ACME: S-1 at partner_center is linked\n")
    assert acme(*LINK, "--resource", "S-1", "--kind", "licence").out.endswith("is already linked\n")

    refused = acme(*LINK, "--resource", "S-2", "--parent", "S-9")
    assert (refused.status, "link it before its add-ons" in refused.err) == (1, True)
    shown = json.loads(acme("subscription", "show", "ACME", "--json").out)
    assert [(each["resource"], each["linked_by"]) for each in shown["places"]] == [("S-1", "Mara")]
    assert acme("subscription", "show", "ACME").out == (
        "partner_center S-1 (licence) of T-1: not looked at yet\n"
    )

    gone = acme("subscription", "unlink", "ACME", "--provider", "partner_center", "--resource", "S-1")
    assert (gone.status, gone.out) == (0, "ACME: S-1 at partner_center is unlinked\n")
    assert acme("subscription", "show", "NOBODY").status == 1


def test_the_evidence_shows_each_request_with_its_answer(acme) -> None:
    place = Place(customer="ACME", provider="partner_center", account="T-1", resource="S-1")
    told = Exchange(
        method="PATCH",
        path="/v1/subscriptions/S-1",
        request="r-1",
        correlation="c-1",
        status=200,
        sent={"status": "suspended"},
        got=None,
    )
    exchanges.keep(open_ledger(Settings.from_env()), place, "m-1", told, now=TODAY)

    assert acme("subscription", "show", "ACME", "--evidence").out.splitlines()[1:] == [
        "10 Feb 2026 09:00:00 UTC partner_center S-1: PATCH /v1/subscriptions/S-1 -> 200, for m-1",
        "    request r-1, correlation c-1",
        '    sent: {"status": "suspended"}',
    ]
    [one] = json.loads(acme("subscription", "show", "ACME", "--evidence", "--json").out)["evidence"]
    assert (one["claim"], one["status"], one["sent"]) == ("m-1", 200, {"status": "suspended"})
    assert "evidence" not in json.loads(acme("subscription", "show", "ACME", "--json").out)
