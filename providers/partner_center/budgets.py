"""Monthly budgets of Azure usage at Partner Center, one for each customer. They watch, and cap nothing."""

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote

from domain.errors import Refused, TryAgainLater
from providers.partner_center.client import Client

_FIELDS = ("amount", "usagespendingbudget")
"""The documented answer is no JSON and has one name, Microsoft's library the other."""


class PartnerCenterBudgets:
    """The budgets of a partner's customers."""

    name = "partner_center"

    def __init__(self, client: Client) -> None:
        self._client = client

    def budget(self, account: str) -> Decimal | None:
        """Return the budget of a customer's tenant; None where it has none.

        Raises:
            TryAgainLater, Misconfigured, Refused: it was not read.
        """
        body = self._client.get(_path(account)).body
        told = {str(name).lower(): value for name, value in body.items()} if isinstance(body, Mapping) else {}
        found = next((told[name] for name in _FIELDS if name in told), ...)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | Decimal):
            raise TryAgainLater("Partner Center answered with something that is no budget")
        return Decimal(found)

    def set_budget(self, account: str, amount: Decimal | None, *, request: str) -> None:
        """Set the budget of a customer's tenant, or with None take it away.

        Raises:
            TryAgainLater, Misconfigured, Refused: it was not set.
            InDoubt: it may have been.
        """
        body = {"Amount": amount, "Attributes": {"ObjectType": "SpendingBudget"}}
        self._client.change("PATCH", _path(account), body, request=request)


def _path(account: str) -> str:
    if not account.strip("."):
        raise Refused("a customer without a tenant has no budget")
    return f"/v1/customers/{quote(account, safe='')}/usagebudget"
