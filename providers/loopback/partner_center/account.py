"""The account of a partner: all that Partner Center has for it, under one path."""

from dataclasses import dataclass, field

from fastapi import APIRouter

from providers.loopback.partner_center.login import Authority, login_router
from providers.loopback.partner_center.records import Records, reading_router

PREFIX = "/partner-center"
LOGIN = f"{PREFIX}/login"


@dataclass
class PartnerCenter(Records):
    """The account of a partner."""

    authority: Authority = field(default_factory=Authority)

    @property
    def token(self) -> str:
        """The token that does for everything."""
        return self.authority.given

    def router(self) -> APIRouter:
        """Return all paths."""
        made = APIRouter()
        made.include_router(login_router(self.authority), prefix=LOGIN)
        made.include_router(reading_router(self, self.authority), prefix=PREFIX)
        return made
