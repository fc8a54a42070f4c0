"""Which call needs which login: some are open to an app alone, some only to an app on behalf of a user.

Source: Microsoft's pages of each call. What is not in the table is open to both.
"""

from typing import Literal

Access = Literal["app", "user"]

_USER_ALONE = (
    "GET /v1/fraudEvents",
    "POST /v1/fraudEvents/subscription/*/status",
    "GET /v1/usagesummary",
    "GET /v1/customers/usagerecords",
    "GET /v1/customers/*/usagesummary",
    "GET /v1/customers/*/subscriptions/usagerecords",
    "GET /v1/customers/*/subscriptions/*/usagesummary",
    "GET /v1/customers/*/subscriptions/*/usagerecords/*",
    "GET /v1/customers/*/subscriptions/*/meterusagerecords",
    "GET /v1/customers/*/subscriptions/*/resourceusagerecords",
    "GET /v1/invoices/summaries",
    "GET /v1/invoices/*",
    "GET /v1/invoices/*/documents/statement",
    "GET /v1/customers/*/validationStatus",
    "POST /v1/customers/*/qualifications",
    "GET /v1/applicationmfaadoptionstatus",
    "GET /v1/partnerRequests",
    "GET /v1/nonMfaCompliantPartnerPrincipals",
)
_APP_TOO = ("GET /v1/invoices/summary",)
"""Would be taken for one of those above."""


def needs(method: str, path: str) -> Access:
    """Return the least login with which a call is answered; its query does not matter."""
    asked = f"{method} {path.partition('?')[0]}"
    if any(_matches(asked, each) for each in _APP_TOO):
        return "app"
    return "user" if any(_matches(asked, each) for each in _USER_ALONE) else "app"


def _matches(asked: str, template: str) -> bool:
    parts, wanted = asked.split("/"), template.split("/")
    return len(parts) == len(wanted) and all(
        part.casefold() == want.casefold() or want == "*" for part, want in zip(parts, wanted, strict=True)
    )
