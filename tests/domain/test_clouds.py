"""The clouds of Partner Center."""

import pytest
from pydantic import ValidationError

from domain.clouds import CLOUDS, CloudName, Feature, NotOffered, require
from settings import Settings


@pytest.mark.parametrize(
    ("cloud", "api", "login"),
    [
        ("commercial", "https://api.partnercenter.microsoft.com", "https://login.microsoftonline.com"),
        ("us_gov", "https://api.partnercenter.microsoft.com", "https://login.microsoftonline.us"),
        (
            "china_21vianet",
            "https://partner.partnercenterapi.microsoftonline.cn",
            "https://login.partner.microsoftonline.cn",
        ),
    ],
)
def test_each_cloud_has_its_own_hosts(cloud: CloudName, api: str, login: str) -> None:
    assert (CLOUDS[cloud].api, CLOUDS[cloud].login) == (api, login)


@pytest.mark.parametrize("feature", ["budget", "usage", "activity_log"])
def test_what_a_cloud_does_not_offer_is_refused_with_a_sentence(feature: Feature) -> None:
    assert require("us_gov", feature) is CLOUDS["us_gov"]
    with pytest.raises(NotOffered, match=r"Partner Center of china_21vianet has no .*: leave its settings"):
        require("china_21vianet", feature)


def test_an_unknown_cloud_is_no_setting() -> None:
    with pytest.raises(ValidationError, match="'commercial', 'us_gov' or 'china_21vianet'"):
        Settings.model_validate({"partner_center_cloud": "germany"})
