"""Usage and activity logs: Partner Center, or files that stand in for it."""

from typing import TYPE_CHECKING

from activities.monitoring import ActivityLog, UsageSource
from domain.activity_log.rules import Audit, read_audit
from domain.clouds import require
from ending import Stop
from providers.drop_folder import ActivityFiles, UsageFiles
from settings import ROOT, Settings

if TYPE_CHECKING:
    from providers.partner_center import PartnerCenter


def partner_center(settings: Settings) -> "PartnerCenter | None":
    """Return Partner Center, where there is a token for it.

    Raises:
        NotOffered: that cloud has neither usage nor activity logs.
    """
    if settings.partner_center_token is None:
        return None
    from providers.partner_center import PartnerCenter

    cloud = require(settings.partner_center_cloud or "commercial", "activity_log")
    own = None if settings.standing_in else cloud.api
    base = settings.partner_center_base or own
    if base is None:
        return None
    return PartnerCenter(token=settings.partner_center_token.get_secret_value(), base=base)


def usage_source(settings: Settings) -> UsageSource:
    """Return what tells the usage of customers: Partner Center, else files."""
    return partner_center(settings) or UsageFiles(settings.usage_folder)


def activity_log(settings: Settings) -> ActivityLog:
    """Return what tells what administrators did: Partner Center, else files."""
    return partner_center(settings) or ActivityFiles(settings.activity_folder)


def audit_rules(settings: Settings) -> Audit:
    """Return the rules by which the activity log is audited.

    Raises:
        BadDocument: with every problem of the file.
        Stop: there is no such file.
    """
    file = settings.activity_rules or ROOT / "policies" / "activity" / "audit.yaml"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"ACTIVITY_RULES: {file}: {error}: name a file of rules, or leave it out") from None
    return read_audit(text, name=str(file.name))
