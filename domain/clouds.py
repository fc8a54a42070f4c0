"""The clouds of Partner Center: where each answers, who logs one in, and what it does not offer.

Source: Microsoft's pages on the REST API, its activity log and its budgets, which list the commercial cloud
and the one of the US government alone. The login of the two others is told by third parties only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CloudName = Literal["commercial", "us_gov", "china_21vianet"]
Feature = Literal["subscriptions", "invoices", "budget", "usage", "activity_log"]

_ALL: frozenset[Feature] = frozenset({"subscriptions", "invoices", "budget", "usage", "activity_log"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One cloud; hosts are without a path."""

    api: str
    login: str
    offers: frozenset[Feature] = _ALL


CLOUDS: Mapping[CloudName, Cloud] = {
    "commercial": Cloud(
        api="https://api.partnercenter.microsoft.com", login="https://login.microsoftonline.com"
    ),
    "us_gov": Cloud(api="https://api.partnercenter.microsoft.com", login="https://login.microsoftonline.us"),
    "china_21vianet": Cloud(
        api="https://partner.partnercenterapi.microsoftonline.cn",
        login="https://login.partner.microsoftonline.cn",
        offers=_ALL - {"budget", "usage", "activity_log"},
    ),
}


class NotOffered(ValueError):
    """A cloud does not have what is asked of it; trying again would not help."""


def require(cloud: CloudName, feature: Feature) -> Cloud:
    """Return a cloud that offers a feature.

    Raises:
        NotOffered: it does not.
    """
    found = CLOUDS[cloud]
    if feature in found.offers:
        return found
    raise NotOffered(f"Partner Center of {cloud} has no {feature.replace('_', ' ')}: leave its settings out")
