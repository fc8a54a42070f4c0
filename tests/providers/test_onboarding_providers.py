"""Who knows something of a new customer, over real HTTP at the loopback: Stripe, Twilio Lookup, a bureau."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from composition import checking
from domain.errors import Misconfigured, Refused, TryAgainLater
from domain.onboarding.card import Card
from domain.onboarding.outside import CreditReport, IdentityProof, Listed
from domain.onboarding.phone_line import Line
from providers.generic_bureau import GenericBureau, GenericIdentities, GenericSanctions
from providers.loopback.faults import DROPPED, GARBLED, REDIRECTED, Fault, unwell
from providers.loopback.onboarding import LATE, Reply
from providers.loopback.server import Loopback
from providers.onboarding_files import OnboardingFiles
from providers.stripe_cards import StripeCards
from providers.twilio_client import RoutedHttp
from providers.twilio_lookup import TwilioLookup
from settings import Settings

REPORT = {"reference": "R1", "reported_on": "2026-01-01", "score": 80, "insolvent": False, "name": "Acme"}
PROOF = {
    "reference": "ID-1",
    "subject": "p1",
    "level": "high",
    "expires_on": "2030-01-01",
    "revoked": False,
}


@pytest.fixture(scope="module")
def vendors() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


def bureau_of(vendors: Loopback, key: str | None = None) -> GenericBureau:
    return GenericBureau(base=vendors.base, key=key or vendors.knowing.key)


def ask(vendors: Loopback, *replies: Reply) -> CreditReport | None:
    vendors.knowing.say("DE HRB1", *replies)
    return bureau_of(vendors).report(country="DE", number="HRB 1")


def test_a_report_is_read(vendors: Loopback) -> None:
    assert ask(vendors, Reply(REPORT)) == CreditReport(
        reference="R1", reported_on=date(2026, 1, 1), score=80, name="Acme"
    )
    assert ask(vendors, Reply(status=404)) is None


@pytest.mark.parametrize(
    ("reply", "error", "delay"),
    [
        (LATE, TryAgainLater, timedelta(minutes=15)),
        (Reply(status=202, retry_after=90), TryAgainLater, timedelta(seconds=90)),
        (Reply(status=429, retry_after=7), TryAgainLater, timedelta(seconds=7)),
        (Reply(status=503), TryAgainLater, timedelta(minutes=5)),
        (Reply(status=400), Refused, None),
        (Reply(status=403), Misconfigured, None),
        (Reply({"reference": "R1"}), TryAgainLater, timedelta(minutes=5)),
        (Reply({**REPORT, "reported_on": "soon"}), TryAgainLater, timedelta(minutes=5)),
    ],
)
def test_what_a_bureau_answers_is_sorted(
    vendors: Loopback, reply: Reply, error: type[Exception], delay: timedelta | None
) -> None:
    with pytest.raises(error) as caught:
        ask(vendors, reply)
    assert getattr(caught.value, "delay", None) == delay


@pytest.mark.parametrize("fault", [DROPPED, GARBLED, unwell(502), Fault(processed=True, cut=True)])
def test_a_broken_answer_is_asked_for_again(vendors: Loopback, fault: Fault) -> None:
    vendors.faults.add("look_up", [Fault(status=200, body=fault.body) if fault.body else fault])
    with pytest.raises(TryAgainLater):
        ask(vendors, Reply(REPORT))
    assert ask(vendors, Reply(REPORT)) is not None


def test_a_wrong_key_and_a_redirect_are_faults_of_ours(vendors: Loopback) -> None:
    with pytest.raises(Misconfigured):
        bureau_of(vendors, key="wrong").report(country="DE", number="HRB 1")
    vendors.faults.add("look_up", [REDIRECTED])
    with pytest.raises(Misconfigured):
        ask(vendors, Reply(REPORT))


@pytest.mark.parametrize(
    ("said", "level", "revoked"),
    [({}, "high", False), ({"level": "gold"}, "low", False), ({"revoked": None}, "high", True)],
)
def test_a_proof_of_identity_is_read_and_what_is_not_said_is_not_good(
    vendors: Loopback, said: dict[str, Any], level: str, revoked: bool
) -> None:
    vendors.knowing.say("ID-1", Reply({**PROOF, **said}))
    proof = GenericIdentities(base=vendors.base, key=vendors.knowing.key).proof("ID-1")
    expected = {"reference": "ID-1", "subject": "p1", "expires_on": date(2030, 1, 1)}
    assert proof == IdentityProof(**expected, level=level, revoked=revoked)  # type: ignore[arg-type]


def sanctions_of(vendors: Loopback, key: str | None = None) -> GenericSanctions:
    return GenericSanctions(base=vendors.base, key=key or vendors.knowing.key)


def test_a_list_of_sanctions_is_read_whole(vendors: Loopback) -> None:
    entries = [{"id": "SDN-1", "names": ["Nemo Trading", "Nobody Ltd"]}, {"id": "SDN-2", "names": ["Ogygia"]}]
    vendors.knowing.say("sanctions", Reply({"version": "2026-11-20", "entries": entries}))
    found, version = sanctions_of(vendors).entries()
    assert version == "2026-11-20"
    assert found == (
        Listed(id="SDN-1", names=("Nemo Trading", "Nobody Ltd")),
        Listed(id="SDN-2", names=("Ogygia",)),
    )
    with pytest.raises(Misconfigured):
        sanctions_of(vendors, key="wrong").entries()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"version": "1", "entries": [{"id": "SDN-1", "names": []}]},
        {"version": "1", "entries": [{"id": "SDN-1", "names": ["ok", 7]}]},
        {"version": "1", "entries": ["SDN-1"]},
        {"entries": []},
    ],
)
def test_a_list_of_sanctions_that_cannot_be_read_passes_nobody(
    vendors: Loopback, said: dict[str, Any]
) -> None:
    vendors.knowing.say("sanctions", Reply(said))
    with pytest.raises(TryAgainLater):
        sanctions_of(vendors).entries()


def cards_of(vendors: Loopback, key: str | None = None) -> StripeCards:
    return StripeCards(key=key or vendors.knowing.stripe_key, base=vendors.base)


def test_a_payment_method_of_stripe_is_read(vendors: Loopback) -> None:
    method = {
        "object": "payment_method",
        "id": "pm_1",
        "type": "card",
        "card": {"funding": "prepaid", "country": "DE", "checks": {"cvc_check": "pass"}},
    }
    vendors.knowing.say("pm_1", Reply(method))
    assert cards_of(vendors).card("pm_1") == Card(
        funding="prepaid", country="DE", cvc="pass", reference="pm_1"
    )
    assert cards_of(vendors).card("pm_2") is None


def test_long_numbers_in_what_stripe_answers_are_no_card_numbers(vendors: Loopback) -> None:
    charge = {
        "object": "charge",
        "id": "ch_1",
        "billing_details": {"phone": "004915123456789"},
        "payment_method_details": {
            "type": "card",
            "card": {"funding": "credit", "country": "DE", "network_transaction_id": "104557651805572"},
        },
    }
    vendors.knowing.say("ch_1", Reply(charge))
    assert cards_of(vendors).card("ch_1") == Card(funding="credit", country="DE", reference="ch_1")


def test_what_nobody_can_read_of_stripe_is_asked_again(vendors: Loopback) -> None:
    vendors.knowing.say("pm_1", Reply({"object": "source"}))
    with pytest.raises(TryAgainLater):
        cards_of(vendors).card("pm_1")


def test_stripe_with_a_wrong_key_or_reference_is_a_fault_of_ours(vendors: Loopback) -> None:
    with pytest.raises(Misconfigured):
        cards_of(vendors, key="sk_wrong").card("ch_1")
    with pytest.raises(Misconfigured):
        cards_of(vendors).card("tok_1")


def test_twilio_lookup_says_kind_country_and_validity(vendors: Loopback) -> None:
    twilio = vendors.twilio
    http = RoutedHttp({"lookups": vendors.base})
    lookup = TwilioLookup(account=twilio.account, key=twilio.key, secret=twilio.secret, http=http)
    twilio.line_types |= {"+4930123456": "nonFixedVoip", "+49111": "invalid"}
    twilio.line_countries |= {"+4930123456": "DE"}

    assert lookup.line("+4930123456") == Line(type="nonFixedVoip", country="DE")
    assert lookup.line("+49111") == Line(type="invalid", country=None, valid=False)
    vendors.faults.add("look_up", [unwell()])
    with pytest.raises(TryAgainLater):
        lookup.line("+4930123456")


def test_the_settings_choose_who_is_asked(vendors: Loopback) -> None:
    given = {
        **{name.lower(): value for name, value in vendors.environment().items()},
        "twilio_lookup": True,
        "stripe_api_key": "sk_test",
        "stripe_base": vendors.base,
        "credit_bureau_url": vendors.base,
        "credit_bureau_key": "k",
        "identity_url": vendors.base,
        "identity_key": "k",
        "sanctions_url": vendors.base,
        "sanctions_key": "k",
    }
    ports = checking(Settings.model_validate(given))
    embedded = checking(Settings())

    chosen = [ports.bureau, ports.identities, ports.cards, ports.lines, ports.sanctions]
    names = ["bureau", "identity_provider", "stripe", "twilio_lookup", "sanctions_list"]
    assert [port.name for port in chosen] == names
    assert not any(port.here for port in chosen)
    assert embedded.bureau.here
    assert embedded.lines.name == "number_plan"


def test_a_file_is_read_again_when_it_changed_and_says_what_is_wrong(tmp_path: Path) -> None:
    files, path = OnboardingFiles(tmp_path), tmp_path / "sanctions.csv"
    with pytest.raises(Misconfigured, match=r"sanctions.csv cannot be read"):
        files.entries()
    path.write_text("id,name,aliases\nL-1,Acme,\n", encoding="utf-8")
    before, version = files.entries()
    path.write_text("id,name,aliases\nL-1,Acme,\nL-2,Bolt,Bolz\n", encoding="utf-8")
    after, newer = files.entries()
    path.write_text("name\n", encoding="utf-8")

    assert (len(before), len(after), version == newer) == (1, 2, False)
    with pytest.raises(Misconfigured, match=r"sanctions.csv:1: the first line must be id,name,aliases"):
        files.entries()
