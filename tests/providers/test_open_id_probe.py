"""The probe at the provider of OpenID Connect: there, another one, or away."""

from collections.abc import Iterator

import pytest

from composition import probes
from providers.loopback.oidc import PREFIX
from providers.loopback.server import Loopback
from providers.probes.open_id import OpenIdProbe
from settings import Settings


@pytest.fixture(scope="module")
def provider() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def said(issuer: str) -> list[str]:
    return [f"{sight.code}: {sight.words}" for sight in OpenIdProbe(issuer).look()]


def test_a_provider_that_is_there_says_who_it_is(provider: Loopback) -> None:
    codes = [sight.code for sight in OpenIdProbe(f"{provider.base}{PREFIX}/").look()]

    assert codes[0] == "reached"
    assert set(codes[1:]) <= {"clock"}


def test_what_is_no_provider_or_another_one_is_said(
    provider: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(provider.base)[0].startswith("odd: ")
    # Under this name it answers too, and its tokens would be of another.
    named = provider.base.replace("127.0.0.1", "localhost") + PREFIX
    own = f"{provider.base}{PREFIX}"
    monkeypatch.setattr(provider.openid, "issuer", own)
    words = f"the provider calls itself {own}: set DESK_OIDC_ISSUER to that, if it is the right one"
    assert said(named) == [f"said: {words}"]
    assert said("http://127.0.0.1:1")[0].startswith("unreachable: ")


def test_who_is_asked_follows_from_the_settings(provider: Loopback) -> None:
    def asked(**given: str) -> list[str]:
        made = Settings(**given)  # type: ignore[arg-type]
        return [sight.code for probe in probes(made) for sight in probe.look() if sight.part == "desk"]

    desk = {name.lower(): value for name, value in provider.desk_environment("http://127.0.0.1:9").items()}
    proxied = {"desk_keys": "k" * 32, "desk_people": "maria=admin", "desk_proxy_addresses": "10.0.0.9"}
    assert asked() == ["absent"]
    assert asked(**desk)[0] == "reached"
    assert asked(**proxied, desk_proxy_user_header="X-User") == []
