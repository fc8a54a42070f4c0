"""Where subscriptions are kept, on the command line."""

import json

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
