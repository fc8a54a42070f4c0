"""The account of a partner: all that Partner Center has for it, under one path."""

from dataclasses import dataclass, field

from fastapi import APIRouter

from providers.loopback.callbacks import answered
from providers.loopback.partner_center.budgets import Budgets, budgets_router
from providers.loopback.partner_center.changing import Asked, changing_router
from providers.loopback.partner_center.login import Authority, login_router
from providers.loopback.partner_center.records import Records, reading_router
from providers.loopback.partner_center.security import Security, fraud_router, graph_router
from providers.loopback.partner_center.signing import Signer, certificates_router
from providers.loopback.partner_center.subscriptions import Subscriptions
from providers.loopback.partner_center.webhooks import Webhooks, webhooks_router

PREFIX = "/partner-center"
LOGIN = f"{PREFIX}/login"
GRAPH = f"{PREFIX}/graph"


@dataclass
class PartnerCenter(Records):
    """The account of a partner.

    Attributes:
        requests: what was asked about subscriptions, also where it was refused.
    """

    authority: Authority = field(default_factory=Authority)
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    requests: list[Asked] = field(default_factory=list)
    signer: Signer = field(default_factory=Signer)
    webhooks: Webhooks = field(init=False)
    security: Security = field(default_factory=Security)
    budgets: Budgets = field(default_factory=Budgets)

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self.signer, answered)

    @property
    def token(self) -> str:
        """The token that does for everything."""
        return self.authority.given

    def router(self) -> APIRouter:
        """Return all paths."""
        made = APIRouter()
        made.include_router(login_router(self.authority), prefix=LOGIN)
        made.include_router(reading_router(self, self.authority), prefix=PREFIX)
        changing = changing_router(self.subscriptions, self.authority, self.requests.append)
        made.include_router(changing, prefix=PREFIX)
        made.include_router(certificates_router(self.signer), prefix=PREFIX)
        made.include_router(webhooks_router(self.webhooks, self.authority), prefix=PREFIX)
        made.include_router(budgets_router(self.budgets, self.authority), prefix=PREFIX)
        made.include_router(fraud_router(self.security, self.authority), prefix=PREFIX)
        made.include_router(graph_router(self.security, self.authority), prefix=GRAPH)
        return made
