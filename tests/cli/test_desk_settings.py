"""The settings of finance's desk: nobody is let in by default, and half a way in is none."""

from collections.abc import Callable

import pytest

from settings import BadSettings, Settings

KEY = "hush: a key of thirty-two characters or more"
PROXY = {
    "DESK_KEYS": KEY,
    "DESK_PEOPLE": "maria=admin",
    "DESK_PROXY_ADDRESSES": "10.0.0.9, 10.1.0.0/16, ::1",
    "DESK_PROXY_USER_HEADER": "X-Forwarded-User",
}
PROVIDER = {
    "DESK_KEYS": KEY,
    "DESK_GROUPS": "finance=collector,heads=approver,finance=viewer",
    "DESK_OIDC_ISSUER": "https://id.example/",
    "DESK_OIDC_CLIENT_ID": "arrears",
    "DESK_OIDC_CLIENT_SECRET": "hush",
}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    def reading(given: dict[str, str]) -> Settings:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        return Settings.from_env()

    return reading


def without(given: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if name not in names}


def test_a_desk_behind_a_proxy(read: Callable[..., Settings]) -> None:
    settings = read(PROXY)

    assert [str(network) for network in settings.desk_networks] == ["10.0.0.9/32", "10.1.0.0/16", "::1/128"]
    assert settings.desk_appointed.people == {"maria": "admin"}
    assert "hush" not in repr(settings)


def test_a_desk_with_a_provider(read: Callable[..., Settings]) -> None:
    settings = read({**PROVIDER, "PUBLIC_URL": "https://a.example", "DESK_KEYS": f"{'a' * 32}, {'b' * 32}"})

    # Of two roles for one group the higher counts.
    assert settings.desk_appointed.groups == {"finance": "collector", "heads": "approver"}
    assert settings.desk_secrets == ["a" * 32, "b" * 32]
    assert settings.desk_url == "https://a.example/desk"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (without(PROXY, "DESK_PROXY_USER_HEADER"), "The desk's proxy is set up by half"),
        (without(PROVIDER, "DESK_OIDC_CLIENT_SECRET"), "OpenID Connect is set up by half"),
        ({**PROXY, **PROVIDER}, "people come to the desk through a proxy or by OpenID Connect: set one"),
        (without(PROXY, "DESK_KEYS"), "the desk needs a key: set DESK_KEYS"),
        (without(PROVIDER, "DESK_GROUPS"), "nobody has a role at the desk: set DESK_PEOPLE or DESK_GROUPS"),
        ({**PROXY, "DESK_KEYS": "hush"}, "DESK_KEYS: write a random key of at least 32 characters"),
        ({**PROXY, "DESK_PEOPLE": "maria"}, "DESK_PEOPLE: entry 1 cannot be used: write name=role"),
        ({**PROXY, "DESK_GROUPS": "a=admin,b=owner"}, "DESK_GROUPS: entry 2 cannot be used"),
        ({**PROXY, "DESK_PROXY_ADDRESSES": "10.0.0.9/8"}, "DESK_PROXY_ADDRESSES: entry 1 is no address"),
        ({**PROXY, "DESK_PROXY_ADDRESSES": "proxy.example"}, "DESK_PROXY_ADDRESSES: entry 1 is no address"),
        ({**PROXY, "DESK_PROXY_ADDRESSES": " "}, "DESK_PROXY_ADDRESSES: write the address"),
        ({**PROXY, "DESK_PROXY_USER_HEADER": "X User"}, "DESK_PROXY_USER_HEADER: String should match"),
        ({**PROVIDER, "DESK_OIDC_ISSUER": "http://id.example"}, "DESK_OIDC_ISSUER: is not https"),
    ],
)
def test_half_a_way_in_is_none(read: Callable[..., Settings], given: dict[str, str], words: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read(given)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)
